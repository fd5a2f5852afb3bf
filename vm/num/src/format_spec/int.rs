//! `int.__format__`.

use super::layout::{pad, sign, whole};
use super::{Conventions, Error, Locale, Padded, Spec, format_float};
use crate::digits;
use crate::int::Ref;

/// Formats an integer under a specification whose default code is `d`. `limit` is that of
/// `sys.set_int_max_str_digits` (0: none); `locale` is asked for `n` only.
pub fn format_int(
    spec: &Spec,
    value: Ref,
    limit: usize,
    locale: impl FnOnce() -> Locale,
) -> Result<Padded, Error> {
    let code = char::from_u32(spec.code).unwrap_or(char::REPLACEMENT_CHARACTER);
    match code {
        'b' | 'c' | 'd' | 'o' | 'x' | 'X' | 'n' => {}
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%' => {
            let value = value
                .to_f64()
                .ok_or_else(|| Error::overflow("int too large to convert to float"))?;
            return format_float(spec, value, locale);
        }
        _ => return Err(Error::unknown_code(spec.code, "int")),
    }
    let refuse = |what: &str| {
        Err(Error::value(format!(
            "{what} not allowed in integer format specifier"
        )))
    };
    if spec.precision.is_some() {
        return refuse("Precision");
    }
    if spec.no_negative_zero {
        return refuse("Negative zero coercion (z)");
    }
    let (prefix, text) = match code {
        'c' => return character(spec, value),
        'b' => ("0b", digits::to_radix(value.digits, 2)),
        'o' => ("0o", digits::to_radix(value.digits, 8)),
        'x' => ("0x", digits::to_radix(value.digits, 16)),
        'X' => (
            "0X",
            digits::to_radix(value.digits, 16).to_ascii_uppercase(),
        ),
        _ => {
            let text = digits::to_decimal_checked(value.digits, limit);
            ("", text.map_err(|error| Error::value(error.message()))?)
        }
    };
    let mut head = String::from(sign(spec.sign, value.negative));
    if spec.alternate {
        head.push_str(prefix);
    }
    let own;
    let style = if code == 'n' {
        own = locale();
        own.conventions()
    } else {
        Conventions::of(spec.grouping)
    };
    if !style.groups() {
        return Ok(pad(spec, head, text, None));
    }
    Ok(whole(spec, head, &text, "", style))
}

fn character(spec: &Spec, value: Ref) -> Result<Padded, Error> {
    if spec.sign.is_some() {
        return Err(Error::value(
            "Sign not allowed with integer format specifier 'c'",
        ));
    }
    if spec.alternate {
        return Err(Error::value(
            "Alternate form (#) not allowed with integer format specifier 'c'",
        ));
    }
    let code = value
        .to_i64()
        .ok_or_else(|| Error::overflow("Python int too large to convert to C long"))?;
    match u32::try_from(code) {
        Ok(code) if code <= 0x10_ffff => Ok(pad(spec, String::new(), String::new(), Some(code))),
        _ => Err(Error::overflow("%c arg not in range(0x110000)")),
    }
}
