//! The types of `None`, `NotImplemented` and `Ellipsis`.

use layout::*;

use super::type_::TypeBuilder;
use crate::args;
use crate::err::{Result, raise};
use crate::object::*;
use crate::types::tuple::TupleExt as _;

/// Fills in `NoneType`.
pub fn define_none(b: &mut TypeBuilder) {
    b.tp_repr(|_: &Obj| Ok("None"))
        .tp_hash(|_: &Obj| Ok(0xfca8_6420))
        .tp_richcompare(super::object_::object_compare)
        .nb_bool(|_: &Obj| Ok(false))
        .tp_new(
            |_: &PyTypeObject, a: &PyTupleObject, k: Option<&PyDictObject>| {
                only("NoneType", NONE(), a, k)
            },
        )
        .tp_dealloc(never)
        .generic_attributes();
}

/// Fills in `NotImplementedType`.
pub fn define_not_implemented(b: &mut TypeBuilder) {
    static METHODS: &[PyMethodDef] = &[crate::noargs!(
        "__reduce__",
        |_: &Obj| Ok("NotImplemented"),
        "($self, /)"
    )];
    b.tp_repr(|_: &Obj| Ok("NotImplemented"))
        .nb_bool(|_: &Obj| {
            raise!(
                TypeError,
                "NotImplemented should not be used in a boolean context"
            )
        })
        .tp_new(
            |_: &PyTypeObject, a: &PyTupleObject, k: Option<&PyDictObject>| {
                only("NotImplementedType", NOT_IMPLEMENTED(), a, k)
            },
        )
        .tp_dealloc(never)
        .generic_attributes()
        .methods(METHODS);
}

/// Fills in `ellipsis`.
pub fn define_ellipsis(b: &mut TypeBuilder) {
    static METHODS: &[PyMethodDef] = &[crate::noargs!(
        "__reduce__",
        |_: &Obj| Ok("Ellipsis"),
        "($self, /)"
    )];
    b.tp_repr(|_: &Obj| Ok("Ellipsis"))
        .tp_new(
            |_: &PyTypeObject, a: &PyTupleObject, k: Option<&PyDictObject>| {
                only("EllipsisType", ELLIPSIS(), a, k)
            },
        )
        .tp_dealloc(never)
        .generic_attributes()
        .methods(METHODS);
}

/// The constructor of a type with one instance.
fn only(name: &str, instance: &Obj, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    args::no_keywords(name, kwargs)?;
    if !args.items().is_empty() {
        return raise!(TypeError, "{name} takes no arguments");
    }
    Ok(instance.new_ref())
}

/// `tp_dealloc`: an extension that drops a reference too many finds the singleton as it was.
unsafe extern "C" fn never(o: *mut PyObject) {
    // SAFETY: the singleton is static.
    unsafe { (*o).ob_refcnt.set(_Py_IMMORTAL_INITIAL_REFCNT) };
}
