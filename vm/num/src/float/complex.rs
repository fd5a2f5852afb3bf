//! Complex numbers to and from text.

use super::parse::without_underscores;
use super::{Code, Flags, format, parse_prefix};

/// `repr(real + imag*1j)`.
pub fn repr_complex(real: f64, imag: f64) -> String {
    let part = |value, sign| {
        format(
            value,
            Code::Repr,
            0,
            Flags {
                sign,
                ..Flags::default()
            },
        )
    };
    if real == 0.0 && real.is_sign_positive() {
        return format!("{}j", part(imag, false));
    }
    // The imaginary part's sign is the operator, which NaN lacks.
    let plus = if imag.is_nan() { "+" } else { "" };
    format!("({}{plus}{}j)", part(real, false), part(imag, true))
}

/// `complex(text)`: the real and imaginary parts.
pub fn parse_complex(text: &[u8]) -> Option<(f64, f64)> {
    let text = crate::digits::trim_space(text);
    let clean;
    let mut text = if text.contains(&b'_') {
        clean = without_underscores(text)?;
        &clean[..]
    } else {
        text
    };
    if let [b'(', inner @ .., b')'] = text {
        text = crate::digits::trim_space(inner);
    }
    match parse_prefix(text) {
        Some((first, end)) => match &text[end..] {
            [] => Some((first, 0.0)),
            [b'j' | b'J'] => Some((0.0, first)),
            rest @ [b'+' | b'-', ..] => Some((first, imaginary(rest)?)),
            _ => None,
        },
        None => Some((0.0, imaginary(text)?)),
    }
}

/// A whole imaginary part with its `j`, whose digits may be missing.
fn imaginary(text: &[u8]) -> Option<f64> {
    let (value, end) = match (parse_prefix(text), text) {
        (Some(found), _) => found,
        (None, [b'-', ..]) => (-1.0, 1),
        (None, [b'+', ..]) => (1.0, 1),
        (None, _) => (1.0, 0),
    };
    matches!(&text[end..], [b'j' | b'J']).then_some(value)
}
