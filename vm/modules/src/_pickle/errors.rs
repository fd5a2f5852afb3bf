//! The exceptions of pickling.

use core::fmt;
use core::ptr;

use crate::prelude::*;
use vm::types::type_;

type Class = Global<*const PyTypeObject>;

static PICKLING: Class = Global::new(ptr::null());
static UNPICKLING: Class = Global::new(ptr::null());

/// Makes the classes.
pub fn add(m: &Obj) -> Result<()> {
    let base = class(m, "PickleError", &exc::Exception)?;
    PICKLING.set(class(m, "PicklingError", base)?);
    UNPICKLING.set(class(m, "UnpicklingError", base)?);
    Ok(())
}

fn class(m: &Obj, name: &str, base: &PyTypeObject) -> Result<&'static PyTypeObject> {
    let made = type_::new_exception("_pickle", name, &[base])?;
    module::add(m, name, &made)?;
    // SAFETY: its reference is never given up.
    Ok(unsafe { &*made.into_raw().cast::<PyTypeObject>() })
}

fn raised(class: &Class, message: fmt::Arguments<'_>) -> err::Raised {
    // SAFETY: set to a class that lives as long as the process.
    let class = unsafe { class.get().as_ref() }.unwrap_or(&exc::Exception);
    err::new(class, message)
}

/// `PicklingError`
#[cold]
pub fn pickling<T>(message: fmt::Arguments<'_>) -> Result<T> {
    Err(raised(&PICKLING, message))
}

/// `UnpicklingError`
#[cold]
pub fn unpickling<T>(message: fmt::Arguments<'_>) -> Result<T> {
    Err(raised(&UNPICKLING, message))
}

/// Whether an `UnpicklingError` is set.
pub fn is_unpickling() -> bool {
    // SAFETY: as above.
    unsafe { UNPICKLING.get().as_ref() }.is_some_and(err::matches)
}

/// Says of the exception that is set, if any, what was being pickled.
pub fn noted<T>(result: Result<T>, note: impl FnOnce() -> String) -> Result<T> {
    if result.is_err() {
        vm::types::exceptions::base::add_note(&note());
    }
    result
}

/// The name of an object's type, as messages of pickling have it.
pub fn type_of(o: &Obj) -> String {
    type_::fully_qualified_name(o.ty())
}
