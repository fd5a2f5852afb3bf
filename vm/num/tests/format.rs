//! Texts of numbers against CPython's (`format_cases.txt`, written by `format_cases.py`).

use num::float;
use num::format_spec::{self as spec, Align, Error, ErrorKind, Locale, Padded, Spec};
use num::int::Int;

fn value(bits: &str) -> f64 {
    f64::from_bits(u64::from_str_radix(bits, 16).unwrap())
}

fn bits(value: f64) -> String {
    format!("{:016x}", value.to_bits())
}

/// Undoes Python's `ascii`, as code points.
fn unescape(text: &str) -> Vec<u32> {
    let mut out = vec![];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(u32::from(c));
            continue;
        }
        let len = match chars.next().unwrap() {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            'n' => {
                out.push(10);
                continue;
            }
            other => panic!("escape {other}"),
        };
        let digits: String = chars.by_ref().take(len).collect();
        out.push(u32::from_str_radix(&digits, 16).unwrap());
    }
    out
}

fn escape(codes: impl Iterator<Item = u32>) -> String {
    codes
        .map(|code| match code {
            32..127 => (code as u8 as char).to_string(),
            10 => "\\n".into(),
            0..256 => format!("\\x{code:02x}"),
            256..0x10000 => format!("\\u{code:04x}"),
            _ => format!("\\U{code:08x}"),
        })
        .collect()
}

fn show(result: Result<Padded, Error>) -> String {
    match result {
        Ok(padded) => {
            let text = escape(padded.codes());
            assert_eq!(padded.codes().count(), padded.len());
            if let Ok(ascii) = padded.into_ascii() {
                assert_eq!(escape(ascii.chars().map(u32::from)), text);
            }
            text
        }
        Err(Error {
            kind: ErrorKind::Value,
            message,
        }) => format!("ValueError: {message}"),
        Err(Error {
            kind: ErrorKind::Overflow,
            message,
        }) => format!("OverflowError: {message}"),
    }
}

fn parse(text: &str, code: u8, align: Align, type_name: &str) -> Result<Spec, Error> {
    let decimal = |code: u32| match code {
        0x30..=0x39 => Some(code - 0x30),
        0x660..=0x669 => Some(code - 0x660),
        _ => None,
    };
    Spec::parse(&unescape(text), code, align, type_name, decimal)
}

fn decimal(text: &str) -> Int {
    let (negative, digits) = num::digits::parse_int(text.as_bytes(), 10, 0).unwrap();
    Int::new(negative, digits)
}

fn text_layout(spec: &str, text: &str) -> String {
    match parse(spec, b's', Align::Left, "str")
        .and_then(|spec| Ok((spec.fill, spec.layout_text(text.len())?)))
    {
        Ok((fill, (left, kept, right))) => {
            let fill = |count| std::iter::repeat_n(fill, count);
            escape(
                fill(left)
                    .chain(text[..kept].bytes().map(u32::from))
                    .chain(fill(right)),
            )
        }
        Err(error) => show(Err(error)),
    }
}

fn bytes(text: &str) -> Vec<u8> {
    unescape(text).into_iter().map(|code| code as u8).collect()
}

fn run(fields: &[&str]) -> String {
    let locale = Locale::default;
    match *fields {
        ["repr", x] => float::repr(value(x)),
        ["hash", x] => num::hash::hash_f64(value(x)).unwrap().to_string(),
        ["hex", x] => float::hex(value(x)),
        ["round", x, n] => {
            let rounded = float::round(value(x), n.parse().unwrap());
            match rounded.is_infinite() {
                true => "OverflowError: rounded value too large to represent".into(),
                false => bits(rounded),
            }
        }
        ["float", text, x] => show(
            parse(text, 0, Align::Right, "float")
                .and_then(|spec| spec::format_float(&spec, value(x), locale)),
        ),
        ["int", text, x] => show(
            parse(text, b'd', Align::Right, "int")
                .and_then(|spec| spec::format_int(&spec, decimal(x).as_ref(), 4300, locale)),
        ),
        ["complex", text, re, im] => show(
            parse(text, 0, Align::Right, "complex")
                .and_then(|spec| spec::format_complex(&spec, value(re), value(im), locale)),
        ),
        ["str", spec, text] => text_layout(spec, text),
        ["complex_repr", re, im] => float::repr_complex(value(re), value(im)),
        ["parse", text] => match float::parse_literal(&bytes(text)) {
            Some(value) => bits(if value.is_nan() { f64::NAN } else { value }),
            None => "ValueError: could not convert string to float: ".into(),
        },
        ["parse_complex", text] => match float::parse_complex(&bytes(text)) {
            Some((re, im)) => format!("{} {}", bits(re), bits(im)),
            None => "ValueError: complex() arg is a malformed string".into(),
        },
        ["from_hex", text] => match float::from_hex(&bytes(text)) {
            Ok(value) => bits(value),
            Err(float::HexError::TooLarge) => {
                format!("OverflowError: {}", float::HexError::TooLarge.message())
            }
            Err(error) => format!("ValueError: {}", error.message()),
        },
        _ => panic!("{fields:?}"),
    }
}

#[test]
fn agrees_with_cpython() {
    let mut wrong = 0;
    for line in include_str!("format_cases.txt").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let (expected, fields) = fields.split_last().unwrap();
        let found = run(fields);
        let agrees = if fields[0] == "parse" && expected.starts_with("ValueError") {
            expected.starts_with(&found)
        } else {
            *expected == found
        };
        if !agrees {
            wrong += 1;
            eprintln!(
                "{}\n  expected {expected}\n  found    {found}",
                fields.join(" ")
            );
        }
    }
    assert_eq!(wrong, 0, "cases differ");
}

#[test]
fn locales() {
    let show = |text: &str, separator: &str, grouping: &[u8]| {
        let locale = || Locale {
            decimal_point: "·".into(),
            thousands_sep: separator.into(),
            grouping: grouping.into(),
        };
        let int = parse(text, b'd', Align::Right, "int").unwrap();
        let int = spec::format_int(&int, decimal("12345678").as_ref(), 0, locale).unwrap();
        let float = parse(text, 0, Align::Right, "float").unwrap();
        let float = spec::format_float(&float, 1234.5, locale).unwrap();
        [int, float].map(|padded| {
            padded
                .codes()
                .filter_map(char::from_u32)
                .collect::<String>()
        })
    };
    assert_eq!(show("n", ".", &[3, 3]), ["12.345.678", "1.234·5"]);
    assert_eq!(show("n", ".", &[3, 2, 0]), ["1.23.45.678", "1.234·5"]);
    assert_eq!(show("n", ".", &[3, 127]), ["12345.678", "1.234·5"]);
    assert_eq!(show("n", "", &[3]), ["12345678", "1234·5"]);
    assert_eq!(show("012n", "’", &[3]), ["0’012’345’678", "00’001’234·5"]);
}
