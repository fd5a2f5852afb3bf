//! `PyCapsule`: a C pointer that travels between extensions.

use core::cell::Cell;
use core::ffi::{CStr, c_char, c_void};
use core::ptr;

use layout::*;

use super::type_::TypeBuilder;
use crate::err::{Result, raise};
use crate::object::*;

/// The function that a dying capsule calls.
pub type Destructor = unsafe extern "C" fn(*mut PyObject);

/// A pointer with a name.
#[repr(C)]
pub struct Capsule {
    ob_base: PyObject,
    /// The pointer, never null.
    pub pointer: Cell<*mut c_void>,
    /// Its name, kept by whoever made the capsule.
    pub name: Cell<*const c_char>,
    /// Anything the maker wants to find again.
    pub context: Cell<*mut c_void>,
    /// Called when the capsule dies.
    pub destructor: Cell<Option<Destructor>>,
}

impl Layout for Capsule {
    fn type_object() -> &'static PyTypeObject {
        &PyCapsule_Type
    }
}

/// Fills in `PyCapsule`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Capsule>()
        .destructible()
        .tp_dealloc(dealloc)
        .tp_repr(|c: &Capsule| {
            Ok(match name(c) {
                Some(n) => format!("<capsule object \"{n}\" at {:p}>", c.as_ptr()),
                None => format!("<capsule object NULL at {:p}>", c.as_ptr()),
            })
        })
        .generic_attributes()
        .new_disallowed();
}

/// The capsule's name.
pub fn name(c: &Capsule) -> Option<&str> {
    let p = c.name.get();
    if p.is_null() {
        None
    } else {
        // SAFETY: the maker keeps the name alive as long as the capsule.
        unsafe { CStr::from_ptr(p) }.to_str().ok()
    }
}

unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: a dying capsule; its destructor may look at it.
    unsafe {
        if let Some(f) = (*o).cast::<Capsule>().destructor.get() {
            f(o);
        }
        free_builtin(o);
    }
}

/// A new capsule.
pub fn new(
    pointer: *mut c_void,
    name: *const c_char,
    destructor: Option<Destructor>,
) -> Result<Ref<Capsule>> {
    if pointer.is_null() {
        return raise!(ValueError, "PyCapsule_New called with null pointer");
    }
    let value = Capsule {
        ob_base: header(),
        pointer: Cell::new(pointer),
        name: Cell::new(name),
        context: Cell::new(ptr::null_mut()),
        destructor: Cell::new(destructor),
    };
    create(&PyCapsule_Type, value)
}
