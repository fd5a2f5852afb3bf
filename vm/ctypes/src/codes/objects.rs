//! `void *` and `PyObject *`.

use super::Extent;
use crate::prelude::*;

/// `void *`: an int, or `None` for null.
///
/// # Safety
/// A pointer can be read there.
pub unsafe fn void_p_get(at: *const u8, _: Extent) -> Result {
    // SAFETY: the caller's.
    match unsafe { at.cast::<usize>().read_unaligned() } {
        0 => Ok(none()),
        address => Ok(int::from_usize(address).into_obj()),
    }
}

/// # Safety
/// A pointer can be written there.
pub unsafe fn void_p_set(at: *mut u8, value: &Obj, _: Extent) -> Result {
    let address = if value.is_none() {
        0
    } else if let Some(n) = value.downcast::<PyLongObject>() {
        to_address(n)
    } else {
        return raise!(TypeError, "cannot be converted to pointer");
    };
    // SAFETY: the caller's.
    unsafe { at.cast::<usize>().write_unaligned(address) };
    Ok(none())
}

/// `PyObject *`.
///
/// # Safety
/// A pointer can be read there, null or to a live object.
pub unsafe fn object_get(at: *const u8, _: Extent) -> Result {
    // SAFETY: the caller's.
    unsafe {
        match at.cast::<*mut PyObject>().read_unaligned().as_ref() {
            Some(o) => Ok(o.new_ref()),
            None => raise!(ValueError, "PyObject is NULL"),
        }
    }
}

/// # Safety
/// A pointer can be written there.
pub unsafe fn object_set(at: *mut u8, value: &Obj, _: Extent) -> Result {
    // SAFETY: the caller's.
    unsafe { at.cast::<*mut PyObject>().write_unaligned(value.as_ptr()) };
    Ok(value.new_ref())
}
