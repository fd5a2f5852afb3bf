//! `float.__format__`.

use super::layout::{number, sign};
use super::{Conventions, Error, Locale, Padded, Spec};
use crate::float::{Code, Flags, format};

/// The text of a float's magnitude and whether a minus sign is due, as a specification's code,
/// precision and flags ask for.
pub(super) fn magnitude(spec: &Spec, value: f64, type_name: &str) -> Result<(bool, String), Error> {
    let precision = spec.precision;
    if precision.is_some_and(|precision| precision > crate::float::MAX_PRECISION) {
        return Err(Error::value("precision too big"));
    }
    let mut flags = Flags {
        alternate: spec.alternate,
        no_negative_zero: spec.no_negative_zero,
        ..Flags::default()
    };
    let mut digits = precision.unwrap_or(6);
    let mut value = value;
    let code = match char::from_u32(spec.code) {
        Some('\0') => {
            flags.add_dot_0 = type_name == "float";
            digits = precision.unwrap_or(0);
            if precision.is_some() {
                Code::General
            } else {
                Code::Repr
            }
        }
        Some(code @ ('e' | 'E' | 'f' | 'F' | 'g' | 'G')) => {
            flags.upper = code.is_ascii_uppercase();
            match code.to_ascii_lowercase() {
                'e' => Code::Exponent,
                'f' => Code::Fixed,
                _ => Code::General,
            }
        }
        Some('n') => Code::General,
        Some('%') if type_name == "float" => {
            value *= 100.0;
            Code::Fixed
        }
        _ => return Err(Error::unknown_code(spec.code, type_name)),
    };
    let mut text = format(value, code, digits, flags);
    let negative = text.starts_with('-');
    if negative {
        text.remove(0);
    }
    if spec.code == u32::from('%') {
        text.push('%');
    }
    Ok((negative, text))
}

/// Formats a float under a specification whose default code is none. `locale` is asked for `n`
/// only.
pub fn format_float(
    spec: &Spec,
    value: f64,
    locale: impl FnOnce() -> Locale,
) -> Result<Padded, Error> {
    let (negative, text) = magnitude(spec, value, "float")?;
    Ok(format_magnitude(spec, negative, text, locale))
}

/// Lays out the ASCII text of a number's magnitude under a specification; `locale` is asked for `n` only.
pub fn format_magnitude(
    spec: &Spec,
    negative: bool,
    text: String,
    locale: impl FnOnce() -> Locale,
) -> Padded {
    let own;
    let style = if spec.code == u32::from('n') {
        own = locale();
        own.conventions()
    } else {
        Conventions::of(spec.grouping)
    };
    number(spec, sign(spec.sign, negative).into(), text, style)
}
