//! What compiled code calls beside the interpreter's handlers.

use layout::{PyListObject, PyObject};
use vm::object::{self, Ref};
use vm::types::dict::values::Values;
use vm::types::list::{ListExt, ListIter};
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

/// # Safety
/// `iterator` is a list's or a tuple's, which have one layout.
pub unsafe extern "C" fn exhausted(iterator: *mut PyObject) {
    // SAFETY: the caller's.
    unsafe { (*iterator.cast::<ListIter>()).finish() };
}

/// # Safety
/// `values` are valid inline values, whose value `index` has just been set for the first time.
pub unsafe extern "C" fn note_added(values: *const Values, index: u32) {
    // SAFETY: the caller's.
    unsafe { (*values).note_added(index as usize) };
}

/// # Safety
/// The reference is the list's from now on.
pub unsafe extern "C" fn append(list: *const PyListObject, item: *mut PyObject) {
    // SAFETY: the caller's.
    unsafe { ListExt::push(&*list, Ref::from_owned(item)) };
}
