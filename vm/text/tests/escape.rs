//! Format languages against CPython's results (`escape_cases.txt`, written by `escape_cases.py`).

use text::escape::{
    Amount, Field, FieldName, Key, Part, Percent, PercentPiece, Piece, Pieces, Problem,
};
use text::{Buf, Str};

fn parse(text: Str<'_>) -> Result<String, &'static str> {
    let shown = |range| text.slice(range).to_string_lossy();
    let pieces: Result<Vec<_>, &str> = Pieces::new(text)
        .map(|piece| {
            let Piece { literal, field } = piece?;
            let rest = match field {
                None => "None,None,None".into(),
                Some(Field {
                    name,
                    conversion,
                    spec,
                    nested,
                }) => {
                    let spec = shown(spec);
                    assert_eq!(nested, spec.contains('{'));
                    let conversion = conversion
                        .and_then(char::from_u32)
                        .map_or("None".into(), String::from);
                    format!("{},{spec},{conversion}", shown(name))
                }
            };
            Ok(format!("{},{rest}", shown(literal)))
        })
        .collect();
    Ok(pieces?.join("|"))
}

fn split(text: Str<'_>) -> Result<String, &'static str> {
    let shown = |key| match key {
        Key::Index(index) => index.to_string(),
        Key::Name(range) => format!("'{}", text.slice(range).to_string_lossy()),
    };
    let (first, rest) = FieldName::split(text)?;
    let mut out = vec![shown(first)];
    for part in rest {
        out.push(match part? {
            Part::Attribute(range) => format!(".{}", shown(Key::Name(range))),
            Part::Item(key) => format!("[{}", shown(key)),
        });
    }
    Ok(out.join("|"))
}

/// Formats with `%`; the integer is converted by Rust, whose texts of these small cases agree.
fn percent(format: &str, value: i128) -> String {
    let Some(PercentPiece::Spec(spec)) = Percent::new(Str::Latin1(format.as_bytes())).next() else {
        panic!("{format}")
    };
    assert_eq!(spec.problem, None);
    let number = |amount| {
        if let Amount::Fixed(number) = amount {
            number
        } else {
            0
        }
    };
    let magnitude = value.unsigned_abs();
    let (prefix, digits) = match spec.conversion as u8 {
        b'o' => ("0o", format!("{magnitude:o}")),
        b'x' => ("0x", format!("{magnitude:x}")),
        b'X' => ("0X", format!("{magnitude:X}")),
        _ => ("", magnitude.to_string()),
    };
    let sign = if value < 0 { "-" } else { "" };
    let prefix = if spec.alternate { prefix } else { "" };
    let text = format!(
        "{sign}{prefix}{digits:0>precision$}",
        precision = number(spec.precision)
    );
    spec.pad_number(&text, number(spec.width))
}

#[test]
fn agrees_with_cpython() {
    for line in include_str!("escape_cases.txt").lines() {
        let [op, input, expected] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let buf = Buf::from(input);
        let error = |message| format!("ValueError: {message}");
        let found = match op {
            "format" => parse(buf.as_str()).unwrap_or_else(error),
            "name" => split(buf.as_str()).unwrap_or_else(error),
            _ => {
                let (format, value) = input.split_once('=').unwrap();
                percent(format, value.parse().unwrap())
            }
        };
        assert_eq!(found, expected, "{op} {input:?}");
    }
}

#[test]
fn percent_problems() {
    let spec = |text: &str| {
        let specs = |piece| {
            if let PercentPiece::Spec(spec) = piece {
                Some(spec)
            } else {
                None
            }
        };
        Percent::new(Str::Latin1(text.as_bytes()))
            .find_map(specs)
            .unwrap()
    };
    assert_eq!(spec("a%").problem, Some(Problem::Incomplete));
    assert_eq!(spec("%(a").problem, Some(Problem::IncompleteKey));
    assert_eq!(spec("%(a(b))s").key, Some(2..6));
    assert_eq!(spec("%*.*").problem, Some(Problem::Incomplete));
    assert_eq!(spec("%*.*").width, Amount::Argument);
    assert_eq!(
        spec("%99999999999999999999d").problem,
        Some(Problem::WidthTooBig)
    );
    assert_eq!(
        spec("%.2147483648d").problem,
        Some(Problem::PrecisionTooBig)
    );
    assert_eq!(
        spec("%hhd").unsupported(),
        "unsupported format character 'h' (0x68) at index 2"
    );
    assert_eq!(
        spec("%(a)%").unsupported(),
        "unsupported format character '%' (0x25) at index 4"
    );
}
