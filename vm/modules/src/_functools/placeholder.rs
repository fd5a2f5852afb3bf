//! `Placeholder`: stands, among a partial's arguments, for one that the call will give.

use crate::prelude::*;
use vm::types::dict::DictExt as _;

/// The type.
pub static PLACEHOLDER_TYPE: PyTypeObject = PyTypeObject::statically_declared();

static PLACEHOLDER: PyObject =
    PyObject::statically_immortal((&raw const PLACEHOLDER_TYPE).cast_mut());

static METHODS: &[PyMethodDef] = &[noargs!(
    "__reduce__",
    |_: &Obj| Ok("Placeholder"),
    "($self, /)"
)];

/// The only instance.
pub fn placeholder() -> &'static Obj {
    &PLACEHOLDER
}

/// Whether `o` is the placeholder.
pub fn is_placeholder(o: &Obj) -> bool {
    o.is_same(&PLACEHOLDER)
}

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.tp_repr(|_: &Obj| Ok("Placeholder"))
        .tp_new(new)
        .methods(METHODS);
}

fn new(_: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    if !args.is_empty() || kwargs.is_some_and(|k| k.len() > 0) {
        return raise!(TypeError, "PlaceholderType takes no arguments");
    }
    Ok(placeholder().new_ref())
}
