//! What compiled code calls beside the interpreter's handlers.

use layout::PyObject;
use vm::object::{self, Ref};
use vm::types::{float, int};

pub extern "C" fn box_int(value: i64) -> *mut PyObject {
    Ref::into_raw(int::from_i64(value).into_obj())
}

pub extern "C" fn box_float(value: f64) -> *mut PyObject {
    Ref::into_raw(float::new(value).into_obj())
}

/// # Safety
/// `number` is an int or a float that nothing refers to any more.
pub unsafe extern "C" fn free_number(number: *mut PyObject) {
    // SAFETY: the caller's: its deallocation is no more than this.
    unsafe { gc::free_object(number) };
}

/// # Safety
/// Nothing refers to the object any more.
pub unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: the caller's.
    unsafe { object::dealloc(o) };
}
