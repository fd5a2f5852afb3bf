//! `coroutine`: a generator that is awaited; and the iterator that `__await__` of one answers.

use core::mem::offset_of;

use layout::*;

use super::generator::resume::{Sent, am_send, as_method, send};
use super::generator::throw::{arguments, close, throw};
use super::generator::{self, Generator, attributes};
use super::type_::TypeBuilder;
use super::{int, tuple};
use crate::err::{self, Result, raise};
use crate::frame::Frame;
use crate::object::*;
use crate::protocol::object;
use crate::state::ThreadState;
use crate::{fastcall, getset, noargs, o};

/// A generator whose type is `coroutine`.
#[repr(transparent)]
pub struct Coroutine(pub Generator);

impl Layout for Coroutine {
    fn type_object() -> &'static PyTypeObject {
        &PyCoro_Type
    }
}

/// Fills in `coroutine`.
pub fn define(b: &mut TypeBuilder) {
    generator::common(b);
    b.tp_repr(|g: &Coroutine| Ok(generator::repr(&g.0, "coroutine")))
        .am_await(|g: &Coroutine| new_wrapper(g.as_obj()))
        .am_send(am_send)
        .methods(METHODS)
        .getset(GETSET);
}

static METHODS: &[PyMethodDef] = &[
    o!("send", attributes::send_method, ""),
    fastcall!("throw", attributes::throw_method, ""),
    noargs!("close", |g: &Generator| close(g), ""),
    noargs!("__sizeof__", attributes::sizeof, ""),
    crate::method::class_method(o!(
        "__class_getitem__",
        super::genericalias::class_getitem,
        ""
    )),
];

static GETSET: &[PyGetSetDef] = &[
    getset!("__name__", attributes::get_name, attributes::set_name),
    getset!(
        "__qualname__",
        attributes::get_qualname,
        attributes::set_qualname
    ),
    getset!("cr_await", attributes::get_delegate),
    getset!("cr_running", attributes::is_running),
    getset!("cr_frame", attributes::get_frame),
    getset!("cr_code", attributes::get_code),
    getset!("cr_suspended", attributes::is_suspended),
    getset!("cr_origin", |g: &Generator| Ok(g
        .origin_or_finalizer
        .get_ref())),
];

// ---- Awaiting ----

/// What `await` iterates over: a coroutine itself, or what `__await__` answers.
pub fn awaitable_iter(o: &Obj) -> Result {
    if is_coroutine(o) {
        return Ok(o.new_ref());
    }
    // SAFETY: null or a table of the type.
    let getter =
        unsafe { o.ty().tp_as_async.get().as_ref() }.and_then(|slots| slots.am_await.get());
    let Some(getter) = getter else {
        return raise!(TypeError, "'{}' object can't be awaited", o.tp_name());
    };
    // SAFETY: a slot of the object's own type.
    let it = unsafe { err::from_owned(getter(o.as_ptr())) }?;
    if is_coroutine(&it) {
        return raise!(TypeError, "__await__() returned a coroutine");
    }
    if !object::is_iterator(&it) {
        return raise!(
            TypeError,
            "__await__() returned non-iterator of type '{}'",
            it.tp_name()
        );
    }
    Ok(it)
}

fn is_coroutine(o: &Obj) -> bool {
    o.is_exact::<Coroutine>() || generator::is_iterable_coroutine(o)
}

// ---- Where a coroutine was made, and that nobody awaited it ----

/// Notes the calls that led here, if the thread wants them noted.
pub fn note_origin(ts: &ThreadState, g: &Generator) {
    let depth = ts.base.coroutine_origin_tracking_depth.get();
    if depth <= 0 {
        return;
    }
    let mut calls = Vec::new();
    // SAFETY: the coroutine's own frame is being left; its callers are alive.
    let mut frame = unsafe { Frame::first_complete((*crate::frame::current(ts)).previous) };
    while let Some(this) = frame.take_if(|_| calls.len() < depth as usize) {
        let code = this.code();
        let file = code.co_filename.get_ref().unwrap_or_else(none);
        let name = code.co_name.get_ref().unwrap_or_else(none);
        let line = this
            .line()
            .map_or_else(none, |line| int::from_i64(i64::from(line)).into_obj());
        calls.push(tuple::from_vec(vec![file, line, name]).into_obj());
        // SAFETY: as above.
        frame = unsafe { Frame::first_complete(this.previous) };
    }
    g.origin_or_finalizer
        .set_ref(Some(tuple::from_vec(calls).into_obj()));
}

// ---- coroutine_wrapper ----

/// The iterator of a coroutine.
#[repr(C)]
pub struct Wrapper {
    ob_base: PyObject,
    coroutine: Slot,
}

/// Its type.
pub static WRAPPER: PyTypeObject = PyTypeObject::statically_declared();

impl Layout for Wrapper {
    fn type_object() -> &'static PyTypeObject {
        &WRAPPER
    }
}

/// Fills in `coroutine_wrapper`.
pub fn define_wrapper(b: &mut TypeBuilder) {
    b.basicsize::<Wrapper>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .new_disallowed()
        .generic_attributes()
        .dealloc_drop::<Wrapper>()
        .tp_traverse(|w: &Wrapper, v: &mut Visitor| v.slot(&w.coroutine))
        .tp_clear(|w: &Wrapper| w.coroutine.set(None))
        .iter_self()
        .tp_iternext(wrapper_next)
        .methods(WRAPPER_METHODS);
    debug_assert!(offset_of!(Wrapper, coroutine) == 16);
}

static WRAPPER_METHODS: &[PyMethodDef] = &[
    o!(
        "send",
        |w: &Wrapper, value: &Obj| attributes::send_method(inner(&coroutine_of(w)), value),
        ""
    ),
    fastcall!(
        "throw",
        |w: &Wrapper, given: &[&Obj]| {
            let (tp, value, traceback) = arguments(given)?;
            throw(inner(&coroutine_of(w)), true, tp, value, traceback)
        },
        ""
    ),
    noargs!("close", |w: &Wrapper| close(inner(&coroutine_of(w))), ""),
];

fn new_wrapper(coroutine: &Obj) -> Result {
    Ok(create(
        &WRAPPER,
        Wrapper {
            ob_base: header(),
            coroutine: coroutine.new_ref().into(),
        },
    )?
    .into_obj())
}

fn coroutine_of(w: &Wrapper) -> Ref {
    w.coroutine.get().unwrap_or_else(none)
}

fn inner(coroutine: &Ref) -> &Generator {
    // SAFETY: wrappers are made of coroutines, and cleared when they are garbage only.
    unsafe { coroutine.cast() }
}

fn wrapper_next(w: &Wrapper) -> Result<Option<Ref>> {
    let coroutine = coroutine_of(w);
    match send(inner(&coroutine), None, false, false)? {
        Some(Sent::Returned(value)) if value.is_none() => Ok(None),
        sent => as_method(inner(&coroutine), sent).map(Some),
    }
}
