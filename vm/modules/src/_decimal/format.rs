//! `Decimal.__format__`.

use super::current;
use super::number::Decimal;
use crate::prelude::*;
use ::decimal::{Context as Settings, Dec, Kind, Rounding};
use num::format_spec::{self, Align, Spec};
use vm::format as formats;
use vm::types::str_::StrExt as _;

/// `__format__(spec)`; a dict with the locale's conventions may follow.
pub fn format(d: &Decimal, args: &[&Obj]) -> Result {
    args::expect("__format__", args, 1..=2)?;
    let Some(text) = str_::of(args[0]) else {
        return raise!(TypeError, "format arg must be str");
    };
    let c = current::context()?;
    let value = d.value();
    if text.is_empty() {
        return proto::str(d.as_obj());
    }
    let spec = match formats::parse(text, 0, Align::Right, "decimal.Decimal") {
        Ok(spec) => spec,
        Err(_) if err::clear_if(&exc::ValueError) => return invalid(),
        Err(raised) => return Err(raised),
    };
    let code = match u8::try_from(spec.code) {
        Ok(0) => None,
        Ok(code) if b"eEfFgGn%".contains(&code) => Some(code),
        _ => return invalid(),
    };
    let (negative, body) = magnitude(&value, &spec, code, &c.settings.get(), c.capitals.get());
    let padded = format_spec::format_magnitude(&spec, negative, body, formats::locale);
    formats::finish(Ok(padded))
}

fn invalid() -> Result {
    raise!(ValueError, "invalid format string")
}

/// The text of the number without its sign, and whether it is negative.
fn magnitude(
    value: &Dec,
    spec: &Spec,
    code: Option<u8>,
    settings: &Settings,
    capitals: bool,
) -> (bool, String) {
    let percent = if code == Some(b'%') { "%" } else { "" };
    if value.kind != Kind::Finite {
        let text = value.abs().to_text(::decimal::Notation::Scientific, true);
        return (value.negative, text + percent);
    }
    let mut value = value.clone();
    if code == Some(b'%') {
        value.exp += 2;
    }
    let rounding = settings.rounding;
    if let Some(precision) = spec.precision {
        value = rounded(value, code, precision as i64, rounding);
    }
    // A zero of a fixed number of places has no exponent.
    if value.coeff.is_zero() && value.exp > 0 && matches!(code, Some(b'f' | b'F' | b'%')) {
        value.exp = 0;
    }
    let negative = value.negative && !(spec.no_negative_zero && value.coeff.is_zero());
    let digits = value.coeff.to_string();
    let len = digits.len() as i64;
    let left = value.exp + len;
    let point = match code {
        Some(b'e' | b'E') if value.coeff.is_zero() && spec.precision.is_some() => {
            1 - spec.precision.unwrap_or(0) as i64
        }
        Some(b'e' | b'E') => 1,
        Some(b'f' | b'F' | b'%') => left,
        _ if value.exp <= 0 && left > -6 => left,
        _ => 1,
    };
    let (whole, fraction) = split(&digits, point);
    let upper = match code {
        Some(code) => code.is_ascii_uppercase(),
        None => capitals,
    };
    let mut out = whole;
    if !fraction.is_empty() || spec.alternate {
        out.push('.');
        out.push_str(&fraction);
    }
    let exponent = left - point;
    if exponent != 0 || matches!(code, Some(b'e' | b'E')) {
        out.push_str(&format!("{}{exponent:+}", if upper { 'E' } else { 'e' }));
    }
    out.push_str(percent);
    (negative, out)
}

/// The digits before and behind the point.
fn split(digits: &str, point: i64) -> (String, String) {
    let len = digits.len() as i64;
    if point < 0 {
        return (
            "0".into(),
            "0".repeat(point.unsigned_abs() as usize) + digits,
        );
    }
    if point > len {
        let zeros = "0".repeat((point - len) as usize);
        return (format!("{digits}{zeros}"), String::new());
    }
    let (whole, fraction) = digits.split_at(point as usize);
    let whole = if whole.is_empty() { "0" } else { whole };
    (whole.into(), fraction.into())
}

/// The number with the digits that a precision asks for.
fn rounded(value: Dec, code: Option<u8>, precision: i64, rounding: Rounding) -> Dec {
    match code {
        Some(b'e' | b'E') => to_digits(value, precision + 1, rounding),
        Some(b'f' | b'F' | b'%') => value.rescaled(-precision, rounding).unwrap_or(value),
        _ if value.digits() > precision.max(1) => to_digits(value, precision.max(1), rounding),
        _ => value,
    }
}

/// The number with so many digits.
fn to_digits(value: Dec, count: i64, rounding: Rounding) -> Dec {
    if value.coeff.is_zero() {
        return value;
    }
    let exp = value.adjusted() + 1 - count;
    let Some(result) = value.rescaled(exp, rounding) else {
        return value;
    };
    match result.digits() > count {
        // 9.99 became 10.0.
        true => result.rescaled(exp + 1, rounding).unwrap_or(result),
        false => result,
    }
}
