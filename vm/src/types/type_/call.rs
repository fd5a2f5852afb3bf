//! Calling a type: `tp_new`, then `tp_init`; and `__new__` as a method of builtin types.

use core::ptr;

use layout::*;

use super::{is_subtype, name_of};
use crate::err::{self, Result, raise};
use crate::method::{Args, borrowed};
use crate::object::*;
use crate::protocol::call;
use crate::types::dict::{self, DictExt as _};
use crate::types::tuple::{self, TupleExt as _};
use crate::types::{cfunction, type_};

/// `tp_call` of `type`: `cls(*args, **kwargs)`.
pub fn type_call(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    if ptr::eq(tp, &PyType_Type) {
        let n = args.items().len();
        if n == 1 && kwargs.is_none_or(|k| k.len() == 0) {
            return Ok(args.items()[0].ty().as_obj().new_ref());
        }
        if n != 3 {
            return raise!(TypeError, "type() takes 1 or 3 arguments");
        }
    }
    let Some(new) = tp.tp_new.get() else {
        return raise!(TypeError, "cannot create '{}' instances", type_name(tp));
    };
    let kw = kwargs.map_or(ptr::null_mut(), |k| k.as_ptr());
    // SAFETY: slots of the type itself.
    let made = unsafe { err::from_owned(new(ptr::from_ref(tp).cast_mut(), args.as_ptr(), kw)) }?;
    let made_type = made.ty();
    if is_subtype(made_type, tp)
        && let Some(init) = made_type.tp_init.get()
    {
        // SAFETY: as above.
        err::from_status(unsafe { init(made.as_ptr(), args.as_ptr(), kw) })?;
    }
    Ok(made)
}

/// `tp_vectorcall` of `type`: `type(x)` without a tuple.
pub fn type_vectorcall(meta: &PyTypeObject, args: Args<'_>) -> Result {
    if args.positional.len() == 1 && args.names.is_none() {
        return Ok(args.positional[0].ty().as_obj().new_ref());
    }
    let (tuple, kwargs) = call::to_tuple_and_dict(&args)?;
    type_call(meta, &tuple, kwargs.as_deref())
}

/// `__new__` of a builtin type, as a function whose self is the type.
unsafe extern "C" fn call_new(
    this: *mut PyObject,
    args: *mut PyObject,
    kwargs: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: made by `new_wrapper`: self is a type, args a tuple, kwargs a dict or null.
    let (this, args, kw) = unsafe {
        (
            borrowed::<PyTypeObject>(this),
            borrowed::<PyTupleObject>(args),
            kwargs.cast::<PyDictObject>().as_ref(),
        )
    };
    err::into_raw(new_method(this, args, kw))
}

fn new_method(owner: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let owner_name = type_name(owner);
    let Some(first) = args.items().first() else {
        return raise!(TypeError, "{owner_name}.__new__(): not enough arguments");
    };
    let Some(tp) = first.downcast::<PyTypeObject>() else {
        return raise!(
            TypeError,
            "{owner_name}.__new__(X): X is not a type object ({})",
            first.tp_name()
        );
    };
    if !is_subtype(tp, owner) {
        let sub = type_name(tp);
        return raise!(
            TypeError,
            "{owner_name}.__new__({sub}): {sub} is not a subtype of {owner_name}"
        );
    }
    // `object.__new__(dict)` would make a dict without a dict's insides: the nearest builtin base must agree.
    let mut native = tp;
    while native
        .tp_new
        .get()
        .is_some_and(|f| f as usize == slot_new_address())
    {
        match type_::bases::base(native) {
            Some(b) => native = b,
            None => break,
        }
    }
    if native.tp_new.get().map(|f| f as usize) != owner.tp_new.get().map(|f| f as usize) {
        let sub = type_name(tp);
        if native.tp_new.get().is_none() {
            return raise!(TypeError, "cannot create '{sub}' instances");
        }
        return raise!(
            TypeError,
            "{owner_name}.__new__({sub}) is not safe, use {}.__new__()",
            type_name(native)
        );
    }
    let rest: Vec<Ref> = args.items()[1..].to_vec();
    let rest = tuple::from_vec(rest);
    let Some(new) = owner.tp_new.get() else {
        return raise!(TypeError, "cannot create '{}' instances", type_name(tp));
    };
    let kw = kwargs.map_or(ptr::null_mut(), |k| k.as_ptr());
    // SAFETY: a slot of a base of tp.
    unsafe { err::from_owned(new(ptr::from_ref(tp).cast_mut(), rest.as_ptr(), kw)) }
}

/// The slot function that classes with a `__new__` of their own have.
fn slot_new_address() -> usize {
    crate::slots::table()
        .iter()
        .find(|row| crate::slots::row_name(row) == "__new__")
        .map_or(0, |row| row.function as usize)
}

static NEW: PyMethodDef = PyMethodDef {
    ml_name: c"__new__".as_ptr(),
    // SAFETY: the flags say that it takes keywords.
    ml_meth: Some(unsafe { core::mem::transmute::<PyCFunctionWithKeywords, PyCFunction>(call_new) }),
    ml_flags: METH_VARARGS | METH_KEYWORDS,
    ml_doc: c"__new__($type, *args, **kwargs)\n--\n\nCreate and return a new object.  See help(type) for accurate signature.".as_ptr(),
};

/// The `__new__` that a readied type with a `tp_new` shows.
pub fn new_wrapper(tp: &PyTypeObject) -> Ref {
    cfunction::new(ptr::from_ref(&NEW).cast_mut(), Some(tp.as_obj()), None)
}

/// Whether this is a builtin type's `__new__`.
pub fn is_new_wrapper(o: &Obj) -> bool {
    o.downcast_exact::<PyCFunctionObject>()
        .is_some_and(|f| ptr::eq(f.m_ml.get(), &NEW))
}

/// Copies keyword arguments into a dict, or none if there are none.
pub fn keyword_dict(args: &Args<'_>) -> Result<Option<Ref<PyDictObject>>> {
    if args.names.is_none() {
        return Ok(None);
    }
    let d = dict::new();
    for (name, value) in args.keywords() {
        d.set(name, value)?;
    }
    Ok(Some(d))
}

/// The type's qualified name, for messages.
pub fn display_name(tp: &PyTypeObject) -> String {
    name_of(tp)
}
