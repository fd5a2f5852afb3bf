//! Integers of C, their bit fields, and truth values.

use super::Extent;
use crate::prelude::*;

/// Some bits of an integer: `width` of them from bit `low` on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Bits {
    pub low: u8,
    pub width: u8,
}

impl Bits {
    fn mask(self) -> u64 {
        u64::MAX >> (64 - u32::from(self.width).clamp(1, 64))
    }
}

/// An integer type of C.
pub trait Integer: Copy {
    const SIGNED: bool;
    fn to_object(raw: u64) -> Ref;
}

macro_rules! integers {
    ($($int:ident $wide:ident $make:ident $signed:literal;)*) => {$(
        impl Integer for $int {
            const SIGNED: bool = $signed;
            #[inline]
            fn to_object(raw: u64) -> Ref {
                int::$make($wide::from(raw as $int)).into_obj()
            }
        }
    )*};
}

integers! {
    i8 i64 from_i64 true;
    u8 i64 from_i64 false;
    i16 i64 from_i64 true;
    u16 i64 from_i64 false;
    i32 i64 from_i64 true;
    u32 i64 from_i64 false;
    i64 i64 from_i64 true;
    u64 u64 from_u64 false;
}

/// The bytes of a `T` as a number, zero-extended.
///
/// # Safety
/// A `T` can be read there.
#[inline]
unsafe fn load<T, const SWAP: bool>(at: *const u8) -> u64 {
    let mut raw = [0u8; 8];
    let n = size_of::<T>();
    // SAFETY: the caller's; a T has at most eight bytes.
    unsafe { ptr::copy_nonoverlapping(at, raw.as_mut_ptr(), n) };
    if SWAP != cfg!(target_endian = "big") {
        raw[..n].reverse();
    }
    u64::from_le_bytes(raw)
}

/// # Safety
/// A `T` can be written there.
#[inline]
unsafe fn store<T, const SWAP: bool>(at: *mut u8, value: u64) {
    let mut raw = value.to_le_bytes();
    let n = size_of::<T>();
    if SWAP != cfg!(target_endian = "big") {
        raw[..n].reverse();
    }
    // SAFETY: the caller's.
    unsafe { ptr::copy_nonoverlapping(raw.as_ptr(), at, n) };
}

/// # Safety
/// A `T` can be read there.
pub unsafe fn get<T: Integer, const SWAP: bool>(at: *const u8, extent: Extent) -> Result {
    // SAFETY: the caller's.
    let raw = unsafe { load::<T, SWAP>(at) };
    let Some(bits) = extent.bits else {
        return Ok(T::to_object(raw));
    };
    let field = (raw >> bits.low) & bits.mask();
    let negative = T::SIGNED && field >> (bits.width - 1) & 1 == 1;
    Ok(T::to_object(if negative {
        field | !bits.mask()
    } else {
        field
    }))
}

/// # Safety
/// A `T` can be written there.
pub unsafe fn set<T: Integer, const SWAP: bool>(
    at: *mut u8,
    value: &Obj,
    extent: Extent,
) -> Result {
    let value = number::index_int(value)?.to_u64_wrapping();
    let value = match extent.bits {
        None => value,
        Some(bits) => {
            // SAFETY: the caller's; what can be written can be read.
            let before = unsafe { load::<T, SWAP>(at) };
            let mask = bits.mask() << bits.low;
            before & !mask | (value << bits.low) & mask
        }
    };
    // SAFETY: the caller's.
    unsafe { store::<T, SWAP>(at, value) };
    Ok(none())
}

/// # Safety
/// A byte can be read there.
pub unsafe fn bool_get(at: *const u8, _: Extent) -> Result {
    // SAFETY: the caller's.
    Ok(bool_(unsafe { *at } != 0))
}

/// # Safety
/// A byte can be written there.
pub unsafe fn bool_set(at: *mut u8, value: &Obj, _: Extent) -> Result {
    let value = proto::is_true(value)?;
    // SAFETY: the caller's.
    unsafe { *at = value.into() };
    Ok(none())
}

/// A truth value whose true is -1.
///
/// # Safety
/// Two bytes can be read there.
pub unsafe fn variant_bool_get(at: *const u8, _: Extent) -> Result {
    // SAFETY: the caller's.
    Ok(bool_(unsafe { load::<i16, false>(at) } != 0))
}

/// # Safety
/// Two bytes can be written there.
pub unsafe fn variant_bool_set(at: *mut u8, value: &Obj, _: Extent) -> Result {
    let value = if proto::is_true(value)? { u64::MAX } else { 0 };
    // SAFETY: the caller's.
    unsafe { store::<i16, false>(at, value) };
    Ok(none())
}
