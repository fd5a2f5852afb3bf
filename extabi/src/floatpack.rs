//! `cpython/floatobject.h`: floats as bytes.

use core::ffi::{c_char, c_int};

use vm::err::{Result, raise};
use vm::object::*;
use vm::protocol::{call, number, object};
use vm::types::{bytes, float, str_};

const EXPONENT: u64 = 0x7ff << 52;

/// A NaN of a width with so many bits of mantissa, with its sign and what fits of its payload: quiet if nothing does.
fn narrow_nan(x: f64, width: u32, mantissa: u32) -> u64 {
    let payload = (x.to_bits() & ((1 << 52) - 1)) >> (52 - mantissa);
    let exponent = ((1u64 << (width - 1)) - 1) & !((1u64 << mantissa) - 1);
    let payload = if payload == 0 {
        1 << (mantissa - 1)
    } else {
        payload
    };
    (x.to_bits() >> 63) << (width - 1) | exponent | payload
}

/// The double with the sign and payload of a narrower NaN.
fn widened_nan(bits: u64, width: u32, mantissa: u32) -> f64 {
    let payload = bits & ((1 << mantissa) - 1);
    f64::from_bits((bits >> (width - 1)) << 63 | EXPONENT | payload << (52 - mantissa))
}

fn half(x: f64) -> Result<[u8; 2]> {
    if x.is_nan() {
        return Ok((narrow_nan(x, 16, 10) as u16).to_le_bytes());
    }
    let format = str_::new("<e");
    let packed = call::call_method(
        &*vm::import::import("_struct")?,
        "pack",
        &[format.as_obj(), float::new(x).as_obj()],
    )?;
    let packed = bytes::build::slice_of(&packed).unwrap_or_default();
    Ok([packed[0], packed[1]])
}

fn single(x: f64) -> Result<[u8; 4]> {
    if x.is_nan() {
        return Ok((narrow_nan(x, 32, 23) as u32).to_le_bytes());
    }
    let narrow = x as f32;
    if narrow.is_infinite() && x.is_finite() {
        return raise!(OverflowError, "float too large to pack with f format");
    }
    Ok(narrow.to_le_bytes())
}

fn unpacked_half(bytes: [u8; 2]) -> Result<f64> {
    let bits = u64::from(u16::from_le_bytes(bytes));
    if bits & 0x7c00 == 0x7c00 && bits & 0x3ff != 0 {
        return Ok(widened_nan(bits, 16, 10));
    }
    let format = str_::new("<e");
    let data = bytes::new(&bytes);
    let parts = call::call_method(
        &*vm::import::import("_struct")?,
        "unpack",
        &[format.as_obj(), data.as_obj()],
    )?;
    number::as_f64(&*object::sequence_item(&parts, 0)?)
}

fn unpacked_single(bytes: [u8; 4]) -> f64 {
    let x = f32::from_le_bytes(bytes);
    match x.is_nan() {
        true => widened_nan(u64::from(x.to_bits()), 32, 23),
        false => f64::from(x),
    }
}

unsafe fn store<const N: usize>(packed: Result<[u8; N]>, p: *mut c_char, little: c_int) -> c_int {
    let Ok(mut packed) = packed else { return -1 };
    if little == 0 {
        packed.reverse();
    }
    // SAFETY: the caller passes room for as many bytes.
    unsafe { p.cast::<[u8; N]>().write_unaligned(packed) };
    0
}

unsafe fn load<const N: usize>(p: *const c_char, little: c_int) -> [u8; N] {
    // SAFETY: the caller passes as many bytes.
    let mut packed = unsafe { p.cast::<[u8; N]>().read_unaligned() };
    if little == 0 {
        packed.reverse();
    }
    packed
}

api! {
    fn PyFloat_Pack2(x: f64, p: *mut c_char, little: c_int) -> c_int { store(half(x), p, little) }
    fn PyFloat_Pack4(x: f64, p: *mut c_char, little: c_int) -> c_int { store(single(x), p, little) }
    fn PyFloat_Pack8(x: f64, p: *mut c_char, little: c_int) -> c_int { store(Ok(x.to_le_bytes()), p, little) }
    fn PyFloat_Unpack2(p: *const c_char, little: c_int) -> f64 { unpacked_half(load(p, little)).unwrap_or(-1.0) }
    fn PyFloat_Unpack4(p: *const c_char, little: c_int) -> f64 { unpacked_single(load(p, little)) }
    fn PyFloat_Unpack8(p: *const c_char, little: c_int) -> f64 { f64::from_le_bytes(load(p, little)) }
}
