//! `round(x, ndigits)` for floats: to the decimal place, from the float's exact value.

use super::parse;

/// The rounded value, which is infinite if it is too large for a float.
pub fn round(value: f64, ndigits: i64) -> f64 {
    // No float has a digit past these places, or reaches them.
    if value == 0.0 || !value.is_finite() || ndigits > 323 {
        return value;
    }
    if ndigits < -308 {
        return 0.0 * value;
    }
    let rounded = if ndigits >= 0 {
        parse(format!("{:.1$}", value.abs(), ndigits as usize).as_bytes()).unwrap_or(value.abs())
    } else {
        to_tens(value.abs(), -ndigits as usize)
    };
    rounded.copysign(value)
}

fn to_tens(value: f64, places: usize) -> f64 {
    let whole = format!("{:.0}", value.trunc());
    let sticky = value.fract() != 0.0;
    if whole.len() < places {
        return 0.0;
    }
    let (kept, dropped) = whole.split_at(whole.len() - places);
    let (first, rest) = dropped.split_at(1);
    let rest = sticky || rest.bytes().any(|digit| digit != b'0');
    let odd = kept.bytes().last().is_some_and(|digit| digit & 1 != 0);
    let up = match first.cmp("5") {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => rest || odd,
        std::cmp::Ordering::Greater => true,
    };
    let mut digits: Vec<u8> = std::iter::once(b'0').chain(kept.bytes()).collect();
    if up {
        for digit in digits.iter_mut().rev() {
            if *digit < b'9' {
                *digit += 1;
                break;
            }
            *digit = b'0';
        }
    }
    digits.extend_from_slice(format!("e{places}").as_bytes());
    parse(&digits).unwrap_or(value)
}
