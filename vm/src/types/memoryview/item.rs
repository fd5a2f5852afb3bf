//! Items of a view: which formats there are, and how an item becomes an object and an object an item.

use core::ffi::{CStr, c_char};

use layout::{Py_buffer, PyBytesObject};

use crate::err::{Raised, Result, clear, exc, matches, raise};
use crate::object::*;
use crate::protocol::number;
use crate::types::bytes::{self, BytesExt};
use crate::types::float;
use crate::types::int::{self, IntExt};

/// The size of a native single-character format and the format itself without a prefix, as a static string.
pub fn native(format: &CStr) -> Option<(u8, usize, &'static CStr)> {
    let text = format.to_bytes();
    let text = text.strip_prefix(b"@").unwrap_or(text);
    let &[c] = text else { return None };
    let (size, name) = match c {
        b'c' => (1, c"c"),
        b'b' => (1, c"b"),
        b'B' => (1, c"B"),
        b'?' => (1, c"?"),
        b'h' => (2, c"h"),
        b'H' => (2, c"H"),
        b'e' => (2, c"e"),
        b'i' => (4, c"i"),
        b'I' => (4, c"I"),
        b'f' => (4, c"f"),
        b'l' => (8, c"l"),
        b'L' => (8, c"L"),
        b'q' => (8, c"q"),
        b'Q' => (8, c"Q"),
        b'n' => (8, c"n"),
        b'N' => (8, c"N"),
        b'd' => (8, c"d"),
        b'P' => (8, c"P"),
        _ => return None,
    };
    Some((c, size, name))
}

pub fn is_byte_format(c: u8) -> bool {
    matches!(c, b'b' | b'B' | b'c')
}

/// The format of a view; none means bytes.
pub fn format(view: &Py_buffer) -> &CStr {
    if view.format.is_null() {
        return c"B";
    }
    // SAFETY: an exporter's format is a C string that lives as long as its view.
    unsafe { CStr::from_ptr(view.format.cast::<c_char>()) }
}

/// The one character of the view's format; items of others can't be made into objects.
pub fn single(view: &Py_buffer) -> Result<u8> {
    let text = format(view).to_bytes();
    match text.strip_prefix(b"@").unwrap_or(text) {
        &[c] => Ok(c),
        _ => raise!(
            NotImplementedError,
            "memoryview: unsupported format {}",
            format(view).to_string_lossy()
        ),
    }
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    core::array::from_fn(|i| bytes[i])
}

/// A half-precision number, widened.
pub fn from_half(bits: u16) -> f64 {
    let (sign, exponent, fraction) = (
        bits >> 15,
        i32::from(bits >> 10 & 31),
        f64::from(bits & 1023),
    );
    let magnitude = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    };
    if sign == 1 { -magnitude } else { magnitude }
}

/// Rounds to half precision, ties to even; `None` if a finite number is too large.
pub fn to_half(x: f64) -> Option<u16> {
    let sign = u16::from(x.is_sign_negative()) << 15;
    let m = x.abs();
    if m.is_nan() {
        return Some(sign | 0x7e00);
    }
    if m.is_infinite() {
        return Some(sign | 0x7c00);
    }
    if m < 2f64.powi(-14) {
        // Subnormal, or rounding up to the least normal number: the same bit pattern either way.
        return Some(sign | (m * 2f64.powi(24)).round_ties_even() as u16);
    }
    let exponent = ((m.to_bits() >> 52) as i32) - 1023;
    if exponent > 15 {
        return None;
    }
    // From 1024 to 2048, where rounding up carries into the exponent as it should.
    let fraction = (m * 2f64.powi(10 - exponent)).round_ties_even() as i32 - 1024;
    let bits = ((exponent + 15) << 10) + fraction;
    if bits >= 0x7c00 {
        None
    } else {
        Some(sign | bits as u16)
    }
}

/// The object for an item.
pub fn unpack(c: u8, item: &[u8]) -> Result {
    let i = |n: i64| Ok(int::from_i64(n).into_obj());
    let u = |n: u64| Ok(int::from_u64(n).into_obj());
    let f = |x: f64| Ok(float::new(x).into_obj());
    match c {
        b'B' => i(item[0].into()),
        b'b' => i((item[0] as i8).into()),
        b'h' => i(i16::from_ne_bytes(array(item)).into()),
        b'H' => i(u16::from_ne_bytes(array(item)).into()),
        b'i' => i(i32::from_ne_bytes(array(item)).into()),
        b'I' => i(u32::from_ne_bytes(array(item)).into()),
        b'l' | b'q' | b'n' => i(i64::from_ne_bytes(array(item))),
        b'L' | b'Q' | b'N' | b'P' => u(u64::from_ne_bytes(array(item))),
        b'e' => f(from_half(u16::from_ne_bytes(array(item)))),
        b'f' => f(f32::from_ne_bytes(array(item)).into()),
        b'd' => f(f64::from_ne_bytes(array(item))),
        b'?' => Ok(bool_(item[0] != 0)),
        b'c' => Ok(bytes::single(item[0]).into_obj()),
        _ => raise!(
            NotImplementedError,
            "memoryview: format {} not supported",
            c as char
        ),
    }
}

/// An object as the bytes of an item; only the first `size` of them count.
pub fn pack(c: u8, o: &Obj) -> Result<([u8; 8], usize)> {
    let mut out = [0; 8];
    let mut put = |bytes: &[u8]| {
        out[..bytes.len()].copy_from_slice(bytes);
        (out, bytes.len())
    };
    match c {
        b'b' => Ok(put(
            &(signed(c, o, i8::MIN.into(), i8::MAX.into())? as i8).to_ne_bytes()
        )),
        b'h' => Ok(put(&(signed(c, o, i16::MIN.into(), i16::MAX.into())?
            as i16)
            .to_ne_bytes())),
        b'i' => Ok(put(&(signed(c, o, i32::MIN.into(), i32::MAX.into())?
            as i32)
            .to_ne_bytes())),
        b'l' | b'q' | b'n' => Ok(put(&signed(c, o, i64::MIN, i64::MAX)?.to_ne_bytes())),
        b'B' => Ok(put(&[unsigned(c, o, u8::MAX.into())? as u8])),
        b'H' => Ok(put(&(unsigned(c, o, u16::MAX.into())? as u16).to_ne_bytes())),
        b'I' => Ok(put(&(unsigned(c, o, u32::MAX.into())? as u32).to_ne_bytes())),
        b'L' | b'Q' | b'N' => Ok(put(&unsigned(c, o, u64::MAX)?.to_ne_bytes())),
        b'P' => Ok(put(&address(c, o)?.to_ne_bytes())),
        b'd' => Ok(put(&real(c, o)?.to_ne_bytes())),
        b'f' => Ok(put(&(real(c, o)? as f32).to_ne_bytes())),
        b'e' => match to_half(real(c, o)?) {
            Some(bits) => Ok(put(&bits.to_ne_bytes())),
            None => Err(bad_value(c)),
        },
        b'?' => Ok(put(&[u8::from(crate::protocol::object::is_true(o)?)])),
        b'c' => match o.downcast::<PyBytesObject>().map(BytesExt::as_slice) {
            Some(&[byte]) => Ok(put(&[byte])),
            Some(_) => Err(bad_value(c)),
            None => Err(bad_type(c)),
        },
        _ => raise!(
            NotImplementedError,
            "memoryview: format {} not supported",
            c as char
        ),
    }
}

fn bad_value(c: u8) -> Raised {
    crate::err::new(
        &exc::ValueError,
        format_args!("memoryview: invalid value for format '{}'", c as char),
    )
}

fn bad_type(c: u8) -> Raised {
    crate::err::new(
        &exc::TypeError,
        format_args!("memoryview: invalid type for format '{}'", c as char),
    )
}

/// Names the format in an error of a conversion.
fn explained<T>(c: u8, result: Result<T>) -> Result<T> {
    result.map_err(|raised| {
        if matches(&exc::TypeError) {
            clear();
            bad_type(c)
        } else if matches(&exc::OverflowError) || matches(&exc::ValueError) {
            clear();
            bad_value(c)
        } else {
            raised
        }
    })
}

fn integer(c: u8, o: &Obj) -> Result<Ref<layout::PyLongObject>> {
    explained(
        c,
        number::index(o).map(|n| {
            // SAFETY: `index` answers with an int.
            unsafe { n.into_cast() }
        }),
    )
}

fn signed(c: u8, o: &Obj, min: i64, max: i64) -> Result<i64> {
    integer(c, o)?
        .to_i64()
        .filter(|n| (min..=max).contains(n))
        .ok_or_else(|| bad_value(c))
}

fn unsigned(c: u8, o: &Obj, max: u64) -> Result<u64> {
    integer(c, o)?
        .to_u64()
        .filter(|&n| n <= max)
        .ok_or_else(|| bad_value(c))
}

fn address(c: u8, o: &Obj) -> Result<u64> {
    let n = integer(c, o)?;
    n.to_u64()
        .or_else(|| n.to_i64().map(|n| n as u64))
        .ok_or_else(|| bad_value(c))
}

fn real(c: u8, o: &Obj) -> Result<f64> {
    explained(c, number::as_f64(o))
}
