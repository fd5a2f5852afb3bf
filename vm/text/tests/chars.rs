//! Every property of every code point against CPython: the constants are what
//! `chars_checksums.py` prints.

use text::{Buf, Str, case, chars, escape, names};

const ALPHA: u64 = 0xbb0af8ee46912039;
const DECIMAL: u64 = 0x4ce362bc3ede2561;
const DIGIT: u64 = 0x19bba7ed4bdda12d;
const NUMERIC: u64 = 0x6a56c33898a5a1e5;
const ALNUM: u64 = 0x5c614670e48ec86e;
const SPACE: u64 = 0x910838d6e6c7b908;
const PRINTABLE: u64 = 0x229d768ed25c2559;
const LOWER: u64 = 0xcf89da727e4eed32;
const UPPER: u64 = 0x980a02bcd289ce8f;
const TITLE: u64 = 0xae686807687aea26;
const START: u64 = 0xed2c14ccf3938a36;
const CONTINUE: u64 = 0xd76f49e29444c821;
const BREAK: u64 = 0xe67ad09177d8fd5f;
const TO_LOWER: u64 = 0xe3950d57defa9109;
const TO_UPPER: u64 = 0xdb0630a98b613587;
const TO_TITLE: u64 = 0xb0d46d0c9754a66b;
const TO_FOLD: u64 = 0x36c475079cdb2c16;
const SWAPPED: u64 = 0xfb3c8f6a1b390eee;
const CAPITALIZED: u64 = 0xb0d46d0c9754a66b;
const SIMPLE_LOWER: u64 = 0x760a45dd4c5b52f2;
const SIMPLE_UPPER: u64 = 0x87058ecce25a84b5;
const SIMPLE_TITLE: u64 = 0xda2de68a3aad5913;
const DIGIT_VALUE: u64 = 0xbe1d51e9af99413b;
const DECIMAL_VALUE: u64 = 0xb56a5d6c4c16b7bb;
const NUMERIC_VALUE: u64 = 0x857f05e941d036dc;
const NAME: u64 = 0x44634065ba52c2af;
const REPR: u64 = 0xb7f87aab703e4e71;
const ASCII: u64 = 0xfd4d8195ac7ba27b;
const SIGMA: u64 = 0x47e0a010dd561bc1;

fn fnv(values: impl Iterator<Item = u64>) -> u64 {
    values.fold(0xcbf2_9ce4_8422_2325, |state, value| {
        (state ^ value).wrapping_mul(0x100_0000_01b3)
    })
}

fn all() -> impl Iterator<Item = u32> {
    0..=0x10_ffff
}

fn flag(property: impl Fn(u32) -> bool) -> u64 {
    fnv(all().map(|code| u64::from(property(code))))
}

fn number(property: impl Fn(u32) -> u32) -> u64 {
    fnv(all().map(|code| u64::from(property(code))))
}

fn mapping(convert: impl Fn(Str<'_>) -> Buf) -> u64 {
    fnv(all().flat_map(|code| {
        let converted = convert(Str::Ucs4(&[code]));
        converted
            .as_str()
            .codes()
            .map(u64::from)
            .collect::<Vec<_>>()
    }))
}

#[test]
fn predicates() {
    assert_eq!(flag(chars::is_alpha), ALPHA, "alpha");
    assert_eq!(flag(chars::is_decimal), DECIMAL, "decimal");
    assert_eq!(flag(chars::is_digit), DIGIT, "digit");
    assert_eq!(flag(chars::is_numeric), NUMERIC, "numeric");
    assert_eq!(flag(chars::is_alnum), ALNUM, "alnum");
    assert_eq!(flag(chars::is_space), SPACE, "space");
    assert_eq!(flag(chars::is_printable), PRINTABLE, "printable");
    assert_eq!(flag(chars::is_lower), LOWER, "lower");
    assert_eq!(flag(chars::is_upper), UPPER, "upper");
    assert_eq!(
        flag(|code| case::is_title(Str::Ucs4(&[code]))),
        TITLE,
        "title"
    );
    assert_eq!(flag(chars::is_identifier_start), START, "identifier start");
    assert_eq!(flag(chars::is_identifier_continue), CONTINUE, "identifier");
    assert_eq!(flag(chars::is_line_break), BREAK, "line break");
}

#[test]
fn mappings() {
    assert_eq!(mapping(case::lower), TO_LOWER, "lower");
    assert_eq!(mapping(case::upper), TO_UPPER, "upper");
    assert_eq!(mapping(case::title), TO_TITLE, "title");
    assert_eq!(mapping(case::casefold), TO_FOLD, "casefold");
    assert_eq!(mapping(case::swapcase), SWAPPED, "swapcase");
    assert_eq!(mapping(case::capitalize), CAPITALIZED, "capitalize");
    assert_eq!(number(chars::simple_lower), SIMPLE_LOWER, "simple lower");
    assert_eq!(number(chars::simple_upper), SIMPLE_UPPER, "simple upper");
    assert_eq!(number(chars::simple_title), SIMPLE_TITLE, "simple title");
    let sigma = |text: Str<'_>| {
        let code = text.at(0);
        case::lower(Str::Ucs4(&[0x41, code, 0x3a3, code, 0x3a3, code, 0x41]))
    };
    assert_eq!(mapping(sigma), SIGMA, "final sigma");
}

#[test]
fn values() {
    assert_eq!(
        number(|code| chars::digit_value(code).unwrap_or(255)),
        DIGIT_VALUE,
        "digit"
    );
    assert_eq!(
        number(|code| chars::decimal_value(code).unwrap_or(255)),
        DECIMAL_VALUE,
        "decimal"
    );
    let numeric = |code| (chars::numeric_value(code).unwrap_or(-1.0) * 320.0) as i64 as u64;
    assert_eq!(fnv(all().map(numeric)), NUMERIC_VALUE, "numeric");
}

#[test]
fn quoting() {
    assert_eq!(mapping(escape::repr), REPR, "repr");
    assert_eq!(mapping(escape::ascii_repr), ASCII, "ascii");
}

#[test]
fn naming() {
    let name = |code| names::name(code).unwrap_or("?".into());
    assert_eq!(
        fnv(all()
            .flat_map(|code| name(code).into_bytes())
            .map(u64::from)),
        NAME,
        "name"
    );
    for code in all().step_by(97) {
        if let Some(name) = names::name(code) {
            assert_eq!(names::lookup(&name), Some(code), "{name}");
        }
    }
    assert_eq!(names::lookup("LINE feed"), Some(10));
    assert_eq!(names::lookup("no such name"), None);
}

#[test]
fn numbers_of_other_scripts() {
    let text = Buf::from(" \u{661}\u{a0}x\u{e9}\u{1d7d9}");
    assert_eq!(&*text::decimal::to_ascii(text.as_str()), b" 1 x?1");
}
