//! What `anext(it, default)` answers: awaiting it gives the next item, or the default at the end.

use layout::*;

use super::type_::TypeBuilder;
use crate::err::{self, Result, exc, raise};
use crate::object::*;
use crate::protocol::call;

/// `anext_awaitable`.
pub static ANEXT_AWAITABLE: PyTypeObject = PyTypeObject::statically_declared();

/// An awaitable around another.
#[repr(C)]
pub struct AnextAwaitable {
    ob_base: PyObject,
    wrapped: Slot,
    default: Slot,
}

impl Layout for AnextAwaitable {
    fn type_object() -> &'static PyTypeObject {
        &ANEXT_AWAITABLE
    }
}

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    static METHODS: &[PyMethodDef] = &[
        crate::o!(
            "send",
            |a: &AnextAwaitable, v: &Obj| forward(a, "send", &[v]),
            ""
        ),
        crate::fastcall!(
            "throw",
            |a: &AnextAwaitable, v: &[&Obj]| forward(a, "throw", v),
            ""
        ),
        crate::noargs!("close", |a: &AnextAwaitable| forward(a, "close", &[]), ""),
    ];
    b.basicsize::<AnextAwaitable>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .dealloc_drop::<AnextAwaitable>()
        .tp_traverse(|a: &AnextAwaitable, v: &mut Visitor| {
            v.slot(&a.wrapped)?;
            v.slot(&a.default)
        })
        .am_await(|a: &AnextAwaitable| Ok(a.as_obj().new_ref()))
        .iter_self()
        .tp_iternext(next)
        .generic_attributes()
        .methods(METHODS)
        .new_disallowed();
}

/// `anext(it, default)`, whose `__anext__` gave `awaitable`.
pub fn new(awaitable: &Obj, default: &Obj) -> Result {
    let value = AnextAwaitable {
        ob_base: header(),
        wrapped: Slot::new(Some(awaitable.new_ref())),
        default: Slot::new(Some(default.new_ref())),
    };
    create(&ANEXT_AWAITABLE, value).map(Ref::into_obj)
}

/// The iterator that runs the wrapped awaitable.
fn iterator(a: &AnextAwaitable) -> Result {
    let wrapped = a.wrapped.get().unwrap_or_else(none);
    let it = crate::types::coroutine::awaitable_iter(&wrapped)?;
    // A coroutine answers itself, which is no iterator: its wrapper is.
    if it.ty().tp_iternext.get().is_none() {
        // SAFETY: suites are null or valid; slots belong to the object's own type.
        unsafe {
            let Some(f) = it
                .ty()
                .tp_as_async
                .get()
                .as_ref()
                .and_then(|s| s.am_await.get())
            else {
                return raise!(
                    TypeError,
                    "object {} can't be used in 'await' expression",
                    it.tp_name()
                );
            };
            return err::from_owned(f(it.as_ptr()));
        }
    }
    Ok(it)
}

/// The end of the asynchronous iterator gives the default.
fn ended(a: &AnextAwaitable, raised: err::Raised) -> err::Raised {
    if !err::clear_if(&exc::StopAsyncIteration) {
        return raised;
    }
    let default = a.default.get().unwrap_or_else(none);
    err::stop_iteration(Some(&default))
}

fn next(a: &AnextAwaitable) -> Result<Option<Ref>> {
    let it = iterator(a)?;
    let Some(f) = it.ty().tp_iternext.get() else {
        return raise!(TypeError, "'{}' object is not an iterator", it.tp_name());
    };
    // SAFETY: a slot of the iterator's own type. StopIteration carries the result and stays set.
    match unsafe { err::from_owned(f(it.as_ptr())) } {
        Ok(item) => Ok(Some(item)),
        Err(raised) => Err(ended(a, raised)),
    }
}

fn forward(a: &AnextAwaitable, method: &str, args: &[&Obj]) -> Result {
    let it = iterator(a)?;
    call::call_method(&it, method, args).map_err(|raised| ended(a, raised))
}
