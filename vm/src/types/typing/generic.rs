//! `typing.Generic`: the base of generic classes. Its rules are in the `typing` module.

use layout::*;

use crate::err::{Result, raise};
use crate::import;
use crate::method::*;
use crate::object::*;
use crate::protocol::{call, object};
use crate::types::type_::TypeBuilder;

/// The type.
pub static GENERIC: PyTypeObject = PyTypeObject::statically_declared();

#[repr(C)]
struct Generic {
    ob_base: PyObject,
}

impl Layout for Generic {
    fn type_object() -> &'static PyTypeObject {
        &GENERIC
    }
}

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Generic>()
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
        .methods(METHODS);
    b.type_object().tp_new.set(PyBaseObject_Type.tp_new.get());
}

static METHODS: &[PyMethodDef] = &[
    class_method(varargs_kw!(
        "__class_getitem__",
        |cls: &Obj, args: Args<'_>| delegate("_generic_class_getitem", cls, args),
        ""
    )),
    class_method(varargs_kw!(
        "__init_subclass__",
        |cls: &Obj, args: Args<'_>| delegate("_generic_init_subclass", cls, args),
        ""
    )),
];

/// Calls a class method that `typing` has as a function.
fn delegate(name: &str, cls: &Obj, args: Args<'_>) -> Result {
    let typing = import::import("typing")?;
    let f = object::getattr_str(&typing, name)?;
    let all: Vec<&Obj> = core::iter::once(cls)
        .chain(args.positional.iter().copied())
        .chain(args.keyword_values.iter().copied())
        .collect();
    let names = args.names.map_or(core::ptr::null_mut(), AsObj::as_ptr);
    // SAFETY: a slice of references is an array of objects; the keywords' values come last.
    unsafe { call::vectorcall(&f, all.as_ptr().cast(), args.positional.len() + 1, names) }
}

/// `Generic[params]` for a class with type parameters.
pub fn subscript(params: &Obj) -> Result {
    let Some(params) = params.downcast::<PyTupleObject>() else {
        return raise!(SystemError, "type parameters are no tuple");
    };
    let params = super::unpack_tuples(params)?;
    super::ask_typing("_GenericAlias", &[GENERIC.as_obj(), params.as_obj()])
}
