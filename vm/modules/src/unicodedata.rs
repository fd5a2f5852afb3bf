//! `unicodedata`: the character database of Unicode 16, and of 3.2.0 for `stringprep`.
//!
//! One table of functions serves the module and the `UCD` objects: which version is meant depends on what they are called
//! on. Invariant: what Unicode 16 doesn't assign is unassigned, whatever newer tables know.

use layout::{Layout, PyMethodDef, PyObject, PyTypeObject, PyUnicodeObject};
use rustpython_unicode::{
    LookupResult, NormalizeForm, Ucd, is_normalized as check_normalized, normalize as normalized,
};
use rustpython_wtf8::{CodePoint, Wtf8Buf};
use vm::args::expect;
use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::buffer;
use vm::types::str_::args::{string, type_in_message};
use vm::types::str_::{self, StrExt};
use vm::types::type_::TypeBuilder;
use vm::types::{float, int, module, type_};

pub static MODULE: ModuleDef = ModuleDef {
    name: "unicodedata",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    fastcall!(
        "decimal",
        decimal,
        "($self, chr, default=<unrepresentable>, /)"
    ),
    fastcall!("digit", digit, "($self, chr, default=<unrepresentable>, /)"),
    fastcall!(
        "numeric",
        numeric,
        "($self, chr, default=<unrepresentable>, /)"
    ),
    o!("category", category, "($self, chr, /)"),
    o!("bidirectional", bidirectional, "($self, chr, /)"),
    o!("combining", combining, "($self, chr, /)"),
    o!("mirrored", mirrored, "($self, chr, /)"),
    o!("east_asian_width", east_asian_width, "($self, chr, /)"),
    o!("decomposition", decomposition, "($self, chr, /)"),
    fastcall!("name", name, "($self, chr, default=<unrepresentable>, /)"),
    o!("lookup", lookup, "($self, name, /)"),
    fastcall!("is_normalized", is_normalized, "($self, form, unistr, /)"),
    fastcall!("normalize", normalize, "($self, form, unistr, /)"),
];

static UCD: PyTypeObject = PyTypeObject::statically_declared();

/// An older version of the database.
#[repr(C)]
struct OldUcd {
    ob_base: PyObject,
}

impl Layout for OldUcd {
    fn type_object() -> &'static PyTypeObject {
        &UCD
    }
}

fn define(b: &mut TypeBuilder) {
    b.basicsize::<OldUcd>()
        .new_disallowed()
        .methods(METHODS)
        .getset(GETSET);
}

static GETSET: &[layout::PyGetSetDef] = &[getset!("unidata_version", |_: &OldUcd| Ok("3.2.0"))];

fn exec(m: &Obj) -> Result<()> {
    if UCD.tp_flags.get() & layout::Py_TPFLAGS_READY == 0 {
        define(&mut TypeBuilder::start(&UCD, c"unicodedata.UCD"));
        type_::ready(&UCD)?;
    }
    module::add(m, "UCD", UCD.as_obj())?;
    module::add(
        m,
        "unidata_version",
        str_::new(text::chars::UNICODE_VERSION).as_obj(),
    )?;
    module::add(
        m,
        "ucd_3_2_0",
        create(&UCD, OldUcd { ob_base: header() })?.as_obj(),
    )
}

/// A version of the database.
#[derive(Clone, Copy)]
struct Version {
    modern: bool,
    ucd: Ucd,
}

impl Version {
    fn of(this: &Obj) -> Version {
        let modern = !this.is::<OldUcd>();
        Version {
            modern,
            ucd: Ucd::new(modern),
        }
    }

    /// Whether this version has the character.
    fn knows(self, c: u32) -> bool {
        if self.modern {
            text::chars::is_assigned(c)
        } else {
            rustpython_unicode::data::membership_3_2(c)
        }
    }
}

fn point(c: u32) -> CodePoint {
    CodePoint::from_u32(c).unwrap_or_else(|| CodePoint::from('\u{fffd}'))
}

fn character(function: &str, which: &str, o: &Obj) -> Result<u32> {
    match o.downcast::<PyUnicodeObject>() {
        Some(s) if s.len() == 1 => Ok(s.char_at(0)),
        Some(s) => raise!(
            TypeError,
            "{function}(): {which} must be a unicode character, not a string of length {}",
            s.len()
        ),
        None => raise!(
            TypeError,
            "{function}() {which} must be a unicode character, not {}",
            type_in_message(o)
        ),
    }
}

/// The answer for a character, or the default, or an error.
fn or_default(answer: Option<Ref>, args: &[&Obj], complaint: &str) -> Result {
    match (answer, args.get(1)) {
        (Some(answer), _) => Ok(answer),
        (None, Some(default)) => Ok(default.new_ref()),
        (None, None) => raise!(ValueError, "{complaint}"),
    }
}

fn decimal(this: &Obj, args: &[&Obj]) -> Result {
    expect("decimal", args, 1..=2)?;
    let (version, c) = (
        Version::of(this),
        character("decimal", "argument 1", args[0])?,
    );
    let value = if version.modern {
        text::chars::decimal_value(c).map(i64::from)
    } else {
        version
            .ucd
            .decimal(point(c))
            .filter(|_| version.knows(c))
            .map(|n| n as i64)
    };
    or_default(
        value.map(|n| int::from_i64(n).into_obj()),
        args,
        "not a decimal",
    )
}

fn digit(_: &Obj, args: &[&Obj]) -> Result {
    expect("digit", args, 1..=2)?;
    let value = text::chars::digit_value(character("digit", "argument 1", args[0])?);
    or_default(
        value.map(|n| int::from_i64(n.into()).into_obj()),
        args,
        "not a digit",
    )
}

fn numeric(this: &Obj, args: &[&Obj]) -> Result {
    expect("numeric", args, 1..=2)?;
    let (version, c) = (
        Version::of(this),
        character("numeric", "argument 1", args[0])?,
    );
    let value = if version.modern {
        text::chars::numeric_value(c)
    } else {
        version.ucd.numeric(point(c)).filter(|_| version.knows(c))
    };
    or_default(
        value.map(|x| float::new(x).into_obj()),
        args,
        "not a numeric character",
    )
}

fn category(this: &Obj, chr: &Obj) -> Result<&'static str> {
    let (version, c) = (Version::of(this), character("category", "argument", chr)?);
    Ok(if version.knows(c) {
        version.ucd.category(point(c))
    } else {
        "Cn"
    })
}

fn bidirectional(this: &Obj, chr: &Obj) -> Result<&'static str> {
    let (version, c) = (
        Version::of(this),
        character("bidirectional", "argument", chr)?,
    );
    Ok(match version.knows(c) {
        // The tables have no surrogates, which are left to right.
        true if (0xd800..0xe000).contains(&c) => "L",
        true => version.ucd.bidirectional(point(c)),
        false => "",
    })
}

fn combining(this: &Obj, chr: &Obj) -> Result<u8> {
    let (version, c) = (Version::of(this), character("combining", "argument", chr)?);
    Ok(if version.knows(c) {
        version.ucd.combining(point(c))
    } else {
        0
    })
}

fn mirrored(this: &Obj, chr: &Obj) -> Result<i32> {
    let (version, c) = (Version::of(this), character("mirrored", "argument", chr)?);
    Ok(if version.knows(c) {
        version.ucd.mirrored(point(c))
    } else {
        0
    })
}

fn east_asian_width(this: &Obj, chr: &Obj) -> Result<&'static str> {
    let version = Version::of(this);
    Ok(version
        .ucd
        .east_asian_width(point(character("east_asian_width", "argument", chr)?)))
}

/// The syllables of Hangul, which are composed by rule.
const HANGUL: u32 = 0xac00;
const HANGUL_END: u32 = 0xd7a4;

/// The two or three letters of a syllable.
fn hangul_decomposition(c: u32) -> String {
    let (vowels, finals) = (21, 28);
    let syllable = c - HANGUL;
    let (lead, rest) = (syllable / (vowels * finals), syllable % (vowels * finals));
    let (vowel, last) = (rest / finals, rest % finals);
    let open = format!("{:04X} {:04X}", 0x1100 + lead, 0x1161 + vowel);
    match last {
        0 => open,
        _ => format!("{open} {:04X}", 0x11a7 + last),
    }
}

fn decomposition(this: &Obj, chr: &Obj) -> Result<String> {
    let (version, c) = (
        Version::of(this),
        character("decomposition", "argument", chr)?,
    );
    Ok(match c {
        _ if !version.knows(c) => String::new(),
        HANGUL..HANGUL_END => hangul_decomposition(c),
        _ => version.ucd.decomposition(point(c)),
    })
}

fn name(this: &Obj, args: &[&Obj]) -> Result {
    expect("name", args, 1..=2)?;
    let (version, c) = (Version::of(this), character("name", "argument 1", args[0])?);
    let found = text::names::name(c).filter(|_| version.knows(c));
    or_default(
        found.map(|name| str_::new(&name).into_obj()),
        args,
        "no such name",
    )
}

fn lookup(this: &Obj, name: &Obj) -> Result {
    let version = Version::of(this);
    let name = match name.downcast::<PyUnicodeObject>() {
        Some(s) => s.as_str()?.to_owned(),
        None => String::from_utf8_lossy(buffer::simple(name)?.bytes()).into_owned(),
    };
    if name.len() > 256 {
        return raise!(KeyError, "name too long");
    }
    match version.ucd.lookup(&name) {
        Some(LookupResult::Character(c))
            if version.knows(c.into()) && !is_misspelt(&name, c.into()) =>
        {
            Ok(str_::from_char(c.into()).into_obj())
        }
        Some(LookupResult::Sequence(sequence)) => Ok(str_::new(sequence).into_obj()),
        _ => raise!(KeyError, "undefined character name '{name}'"),
    }
}

/// Whether a name that is made by rule is not quite as the rule makes it.
fn is_misspelt(given: &str, c: u32) -> bool {
    const BY_RULE: [&str; 4] = [
        "CJK UNIFIED IDEOGRAPH-",
        "CJK COMPATIBILITY IDEOGRAPH-",
        "TANGUT IDEOGRAPH-",
        "HANGUL SYLLABLE ",
    ];
    let given = given.to_uppercase();
    BY_RULE.iter().any(|rule| given.starts_with(rule))
        && text::names::name(c).is_none_or(|name| name != given)
}

fn form_and_text<'a>(
    function: &str,
    args: &[&'a Obj],
) -> Result<(NormalizeForm, &'a PyUnicodeObject)> {
    expect(function, args, 2..=2)?;
    let form = string(function, "argument 1", args[0])?;
    let text = string(function, "argument 2", args[1])?;
    match form.to_string_lossy().parse() {
        Ok(form) => Ok((form, text)),
        Err(()) => raise!(ValueError, "invalid normalization form"),
    }
}

fn wtf8(s: &PyUnicodeObject) -> Wtf8Buf {
    s.chars().map(point).collect()
}

fn is_normalized(_: &Obj, args: &[&Obj]) -> Result<bool> {
    let (form, s) = form_and_text("is_normalized", args)?;
    Ok(s.is_ascii() || check_normalized(form, &wtf8(s)))
}

fn normalize(_: &Obj, args: &[&Obj]) -> Result {
    let (form, s) = form_and_text("normalize", args)?;
    if s.is_ascii() {
        return Ok(str_::unchanged(s)?.into_obj());
    }
    let text = wtf8(s);
    if check_normalized(form, &text) {
        return Ok(str_::unchanged(s)?.into_obj());
    }
    let codes: Vec<u32> = normalized(form, &text)
        .code_points()
        .map(|c| c.to_u32())
        .collect();
    Ok(str_::from_chars(&codes).into_obj())
}
