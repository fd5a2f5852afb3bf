//! `anext_awaitable`: what `anext(it, default)` answers: awaits the next item, or gives the default where there is none.

use layout::*;

use super::coroutine::awaitable_iter;
use super::generator::resume::set_stop_iteration;
use super::type_::TypeBuilder;
use crate::err::{self, Raised, Result, exc, raise};
use crate::object::*;
use crate::protocol::{call, object};
use crate::{fastcall, intern, noargs, o};

/// The awaitable of the item, and the default.
#[repr(C)]
pub struct AnextAwaitable {
    ob_base: PyObject,
    wrapped: Slot,
    default: Slot,
}

/// Its type.
pub static ANEXT_AWAITABLE: PyTypeObject = PyTypeObject::statically_declared();

impl Layout for AnextAwaitable {
    fn type_object() -> &'static PyTypeObject {
        &ANEXT_AWAITABLE
    }
}

/// Fills in `anext_awaitable`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<AnextAwaitable>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .new_disallowed()
        .generic_attributes()
        .dealloc_drop::<AnextAwaitable>()
        .tp_traverse(|a: &AnextAwaitable, v: &mut Visitor| {
            v.slot(&a.wrapped)?;
            v.slot(&a.default)
        })
        .iter_self()
        .tp_iternext(next)
        .am_await(|a: &AnextAwaitable| Ok(a.as_obj().new_ref()))
        .methods(METHODS);
}

static METHODS: &[PyMethodDef] = &[
    o!("send", |a: &AnextAwaitable, value: &Obj| forward(a, intern!("send"), &[value]), ""),
    fastcall!("throw", |a: &AnextAwaitable, given: &[&Obj]| forward(a, intern!("throw"), given), ""),
    noargs!("close", |a: &AnextAwaitable| forward(a, intern!("close"), &[]), ""),
];

/// Wraps the awaitable of an item.
pub fn new(awaitable: &Obj, default: &Obj) -> Result {
    let made = AnextAwaitable {
        ob_base: header(),
        wrapped: awaitable.new_ref().into(),
        default: default.new_ref().into(),
    };
    Ok(create(&ANEXT_AWAITABLE, made)?.into_obj())
}

/// The iterator behind the awaitable. A coroutine is none: it is awaited once more.
fn iterator(a: &AnextAwaitable) -> Result {
    let it = awaitable_iter(&a.wrapped.get().unwrap_or_else(none))?;
    if it.ty().tp_iternext.get().is_some() {
        return Ok(it);
    }
    // SAFETY: null or a table of the type.
    let getter = unsafe { it.ty().tp_as_async.get().as_ref() }.and_then(|slots| slots.am_await.get());
    let Some(getter) = getter else {
        return raise!(TypeError, "'{}' object can't be awaited", it.tp_name());
    };
    // SAFETY: a slot of the object's own type.
    let inner = unsafe { err::from_owned(getter(it.as_ptr())) }?;
    if !object::is_iterator(&inner) {
        return raise!(TypeError, "{}.__await__() must return an iterable, not {}", it.tp_name(), inner.tp_name());
    }
    Ok(inner)
}

/// The end of the asynchronous iterator is the default.
fn or_default(a: &AnextAwaitable, raised: Raised) -> Raised {
    if err::clear_if(&exc::StopAsyncIteration) {
        return set_stop_iteration(&a.default.get().unwrap_or_else(none));
    }
    raised
}

fn next(a: &AnextAwaitable) -> Result<Option<Ref>> {
    let it = iterator(a)?;
    let Some(iternext) = it.ty().tp_iternext.get() else { return Ok(None) };
    // SAFETY: a slot of the iterator's own type.
    let item = unsafe { iternext(it.as_ptr()) };
    if item.is_null() && err::occurred() {
        return Err(or_default(a, Raised::assume()));
    }
    // SAFETY: the slot answers with an owned reference or null.
    Ok(unsafe { Ref::from_owned_opt(item) })
}

fn forward(a: &AnextAwaitable, method: &Obj, given: &[&Obj]) -> Result {
    let it = iterator(a)?;
    call::method(&it, method, given).map_err(|raised| or_default(a, raised))
}
