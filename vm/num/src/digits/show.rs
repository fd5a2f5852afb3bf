//! Magnitudes to text in any base from 2 to 36.

use super::natural::to_natural;
use super::{Digits, SHIFT, bit_length, divrem_small, to_u64, trim};
use malachite_base::num::conversion::traits::ToStringBase;

/// Digits from which malachite's conversion pays.
const THRESHOLD: usize = 32;
/// CPython never checks results shorter than this.
pub(super) const LIMIT_FLOOR: usize = 640;

/// The result would be longer than `sys.get_int_max_str_digits()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyDigits {
    pub limit: usize,
}

impl TooManyDigits {
    /// The text of the ValueError.
    pub fn message(self) -> String {
        format!(
            "Exceeds the limit ({} digits) for integer string conversion; \
             use sys.set_int_max_str_digits() to increase the limit",
            self.limit
        )
    }
}

pub fn to_decimal(digits: &[u32]) -> String {
    let digits = trim(digits);
    if let Some(small) = to_u64(digits) {
        return small.to_string();
    }
    if digits.len() >= THRESHOLD {
        return to_natural(digits).to_string();
    }
    decimal_simple(digits)
}

/// Quadratic in the number of digits.
pub(super) fn decimal_simple(digits: &[u32]) -> String {
    // Base 10**9, least significant first: each digit is folded into all of what it precedes.
    let mut groups: Vec<u32> = Vec::with_capacity(digits.len() + digits.len() / 100 + 1);
    for &digit in digits.iter().rev() {
        let mut carry = u64::from(digit);
        for group in &mut groups {
            carry += u64::from(*group) << SHIFT;
            *group = (carry % 1_000_000_000) as u32;
            carry /= 1_000_000_000;
        }
        while carry != 0 {
            groups.push((carry % 1_000_000_000) as u32);
            carry /= 1_000_000_000;
        }
    }
    let mut out = Vec::with_capacity(groups.len() * 9);
    if let Some((top, rest)) = groups.split_last() {
        out.extend_from_slice(top.to_string().as_bytes());
        for &group in rest.iter().rev() {
            let mut group = group;
            let end = out.len();
            out.resize(end + 9, b'0');
            for byte in out[end..].iter_mut().rev() {
                *byte = b'0' + (group % 10) as u8;
                group /= 10;
            }
        }
    }
    ascii(out)
}

/// `to_decimal` under the limit that `sys.set_int_max_str_digits` sets (0: none), refusing huge
/// values before any work is done.
pub fn to_decimal_checked(digits: &[u32], limit: usize) -> Result<String, TooManyDigits> {
    let len = trim(digits).len();
    let bits = SHIFT as usize;
    let suspicious = len >= 10 * LIMIT_FLOOR / (3 * bits) + 2;
    if limit > 0 && suspicious && limit / (3 * bits) <= (len - 11) / 10 {
        return Err(TooManyDigits { limit });
    }
    let text = to_decimal(digits);
    if limit > 0 && text.len() > limit && text.len() > LIMIT_FLOOR {
        return Err(TooManyDigits { limit });
    }
    Ok(text)
}

/// Text in a base from 2 to 36, lower case, without prefix.
pub fn to_radix(digits: &[u32], base: u32) -> String {
    assert!((2..=36).contains(&base), "base out of range");
    let digits = trim(digits);
    if digits.is_empty() {
        return "0".into();
    }
    match base {
        10 => to_decimal(digits),
        _ if base.is_power_of_two() => to_binary_radix(digits, base.trailing_zeros()),
        _ if digits.len() >= THRESHOLD => to_natural(digits).to_string_base(base as u8),
        _ => {
            let mut rest = Digits::from(digits);
            let mut out = Vec::new();
            while !rest.is_empty() {
                out.push(symbol(divrem_small(&mut rest, base)));
                rest.trim();
            }
            out.reverse();
            ascii(out)
        }
    }
}

fn to_binary_radix(digits: &[u32], bits_each: u32) -> String {
    let len = bit_length(digits).div_ceil(u64::from(bits_each)) as usize;
    let mut out = vec![b'0'; len];
    let mut places = out.iter_mut().rev();
    let (mut acc, mut bits) = (0u64, 0);
    for &digit in digits {
        acc |= u64::from(digit) << bits;
        bits += SHIFT;
        while bits >= bits_each {
            let Some(place) = places.next() else { break };
            *place = symbol(acc as u32 & ((1 << bits_each) - 1));
            acc >>= bits_each;
            bits -= bits_each;
        }
    }
    if let Some(place) = places.next() {
        *place = symbol(acc as u32 & ((1 << bits_each) - 1));
    }
    ascii(out)
}

fn symbol(value: u32) -> u8 {
    b"0123456789abcdefghijklmnopqrstuvwxyz"[value as usize]
}

fn ascii(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}
