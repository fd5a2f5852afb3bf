//! `float`, `double`, and complex numbers of them.

use super::Extent;
use crate::prelude::*;
use vm::types::{complex, float};

/// A floating-point type of C that Rust has too.
pub trait Float: Copy {
    fn widen(self) -> f64;
    fn narrow(x: f64) -> Self;
    fn swap(self) -> Self;
}

impl Float for f32 {
    fn widen(self) -> f64 {
        self.into()
    }
    fn narrow(x: f64) -> f32 {
        x as f32
    }
    fn swap(self) -> f32 {
        f32::from_bits(self.to_bits().swap_bytes())
    }
}

impl Float for f64 {
    fn widen(self) -> f64 {
        self
    }
    fn narrow(x: f64) -> f64 {
        x
    }
    fn swap(self) -> f64 {
        f64::from_bits(self.to_bits().swap_bytes())
    }
}

/// # Safety
/// A `T` can be read there.
unsafe fn load<T: Float, const SWAP: bool>(at: *const u8) -> f64 {
    // SAFETY: the caller's.
    let x = unsafe { at.cast::<T>().read_unaligned() };
    if SWAP { x.swap() } else { x }.widen()
}

/// # Safety
/// A `T` can be written there.
unsafe fn store<T: Float, const SWAP: bool>(at: *mut u8, x: f64) {
    let x = T::narrow(x);
    // SAFETY: the caller's.
    unsafe {
        at.cast::<T>()
            .write_unaligned(if SWAP { x.swap() } else { x });
    }
}

/// # Safety
/// A `T` can be read there.
pub unsafe fn float_get<T: Float, const SWAP: bool>(at: *const u8, _: Extent) -> Result {
    // SAFETY: the caller's.
    Ok(float::new(unsafe { load::<T, SWAP>(at) }).into_obj())
}

/// # Safety
/// A `T` can be written there.
pub unsafe fn float_set<T: Float, const SWAP: bool>(at: *mut u8, value: &Obj, _: Extent) -> Result {
    let x = number::as_f64(value)?;
    // SAFETY: the caller's.
    unsafe { store::<T, SWAP>(at, x) };
    Ok(none())
}

/// # Safety
/// Two `T` can be read there.
pub unsafe fn complex_get<T: Float, const SWAP: bool>(at: *const u8, _: Extent) -> Result {
    // SAFETY: the caller's.
    let (real, imag) = unsafe { (load::<T, SWAP>(at), load::<T, SWAP>(at.add(size_of::<T>()))) };
    Ok(complex::new(real, imag).into_obj())
}

/// # Safety
/// Two `T` can be written there.
pub unsafe fn complex_set<T: Float, const SWAP: bool>(
    at: *mut u8,
    value: &Obj,
    _: Extent,
) -> Result {
    let z = complex::value_of(value)?;
    // SAFETY: the caller's.
    unsafe {
        store::<T, SWAP>(at, z.real);
        store::<T, SWAP>(at.add(size_of::<T>()), z.imag);
    }
    Ok(none())
}
