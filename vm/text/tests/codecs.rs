//! Codecs against CPython's results (`codecs_cases.txt`, written by `codecs_cases.py`).

use text::codecs::errors::{Errors, Known, KnownFor};
use text::codecs::{self, ByteOrder, Fault, bytes_escape, charmap};
use text::{Buf, Str};

fn bytes(hex: &str) -> Vec<u8> {
    match hex {
        "-" => vec![],
        _ => (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect(),
    }
}

fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "-".into();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text(codes: &str) -> Buf {
    match codes {
        "-" => Buf::default(),
        _ => Buf::from_codes(
            codes
                .split('.')
                .map(|code| u32::from_str_radix(code, 16).unwrap()),
        ),
    }
}

fn codes(text: Str<'_>) -> String {
    if text.is_empty() {
        return "-".into();
    }
    text.codes()
        .map(|code| format!("{code:x}"))
        .collect::<Vec<_>>()
        .join(".")
}

fn show(fault: Fault) -> String {
    format!(
        "{} {} {} {}",
        fault.encoding, fault.start, fault.end, fault.reason
    )
}

fn table() -> Buf {
    let head = (0..0x70).map(|code| if code % 7 == 0 { 0xfffe } else { code });
    Buf::from_codes(head.chain([0x100, 0x20ac, 0x1f600, 0x78, 0x78]))
}

fn order(name: &str) -> ByteOrder {
    match &name[6..] {
        "" => ByteOrder::Native,
        "-le" => ByteOrder::Little,
        _ => ByteOrder::Big,
    }
}

fn decode(name: &str, errors: &str, last: bool, input: &[u8]) -> Result<(Buf, usize), Fault> {
    let mut known = Known(Errors::from_name(errors).unwrap());
    match name {
        "utf-8" => codecs::utf8::decode(input, last, &mut known),
        "ascii" => codecs::single::decode_ascii(input, &mut known),
        "utf-7" => codecs::utf7::decode(input, last, &mut known),
        "unicode_escape" => {
            let bullet = |name: &str| (name == "BULLET").then_some(0x2022);
            codecs::unicode_escape::decode(input, last, &mut known, bullet)
                .map(|unescaped| (unescaped.text, unescaped.consumed))
        }
        "raw_unicode_escape" => codecs::raw_unicode_escape::decode(input, last, &mut known),
        "charmap" => charmap::decode(input, table().as_str(), &mut known),
        _ if name.starts_with("utf-16") => {
            codecs::utf16::decode(input, order(name), last, &mut known)
                .map(|(text, taken, _)| (text, taken))
        }
        _ => codecs::utf32::decode(input, order(name), last, &mut known)
            .map(|(text, taken, _)| (text, taken)),
    }
}

fn encode(name: &str, errors: &str, text: Str<'_>) -> Result<Vec<u8>, Fault> {
    let mut known = KnownFor(Errors::from_name(errors).unwrap(), text);
    match name {
        "utf-8" => codecs::utf8::encode(text, &mut known),
        "ascii" => codecs::single::encode_ascii(text, &mut known),
        "latin-1" => codecs::single::encode_latin1(text, &mut known),
        "utf-7" => Ok(codecs::utf7::encode(text)),
        "unicode_escape" => Ok(codecs::unicode_escape::encode(text)),
        "raw_unicode_escape" => Ok(codecs::raw_unicode_escape::encode(text)),
        "charmap" => charmap::encode(
            text,
            &charmap::EncodingMap::new(table().as_str()),
            &mut known,
        ),
        _ if name.starts_with("utf-16") => codecs::utf16::encode(text, order(name), &mut known),
        _ => codecs::utf32::encode(text, order(name), &mut known),
    }
}

fn run(op: &str, name: &str, errors: &str, last: bool, input: &str) -> String {
    match op {
        "decode" => decode(name, errors, last, &bytes(input)).map_or_else(show, |(text, taken)| {
            format!("{} {taken}", codes(text.as_str()))
        }),
        "encode" => {
            encode(name, errors, text(input).as_str()).map_or_else(show, |bytes| hex(&bytes))
        }
        "escape_decode" => {
            let bad_hex = match errors {
                "strict" => bytes_escape::BadHex::Strict,
                "ignore" => bytes_escape::BadHex::Ignore,
                _ => bytes_escape::BadHex::Replace,
            };
            bytes_escape::decode(&bytes(input), bad_hex)
                .map_or_else(|error| error.message(), |(bytes, _)| hex(&bytes))
        }
        "escape_encode" => hex(&bytes_escape::encode(&bytes(input))),
        "bytes_repr" => text::escape::bytes_repr(&bytes(input)),
        _ => panic!("unknown operation {op}"),
    }
}

#[test]
fn agrees_with_cpython() {
    let mut wrong = 0;
    for line in include_str!("codecs_cases.txt").lines() {
        let [op, name, errors, last, input, expected] = line.split('\t').collect::<Vec<_>>()[..]
        else {
            panic!("{line}")
        };
        let found = run(op, name, errors, last == "1", input);
        if found != expected {
            wrong += 1;
            eprintln!(
                "{op} {name} {errors} {last} {input}\n  expected {expected}\n  found    {found}"
            );
        }
    }
    assert_eq!(wrong, 0, "cases differ");
}
