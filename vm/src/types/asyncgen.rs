//! `async_generator`: a coroutine that yields. What its methods answer are awaitables, each good for one use; a value that
//! is yielded comes out of the generator in a wrapper, which tells it from what the generator itself awaits.

use core::cell::Cell;

use layout::*;

use super::generator::resume::{as_method, send, set_stop_iteration};
use super::generator::throw::{arguments, throw};
use super::generator::{self, Generator, attributes};
use super::tuple;
use super::tuple::TupleExt as _;
use super::type_::{self, TypeBuilder};
use crate::err::{self, Raised, Result, exc, raise};
use crate::object::*;
use crate::protocol::call;
use crate::state as threads;
use crate::warn;
use crate::{fastcall, getset, noargs, o};

/// A generator whose type is `async_generator`.
#[repr(transparent)]
pub struct AsyncGenerator(pub Generator);

impl Layout for AsyncGenerator {
    fn type_object() -> &'static PyTypeObject {
        &PyAsyncGen_Type
    }
}

/// Fills in `async_generator`.
pub fn define(b: &mut TypeBuilder) {
    generator::common(b);
    b.tp_repr(|g: &AsyncGenerator| Ok(generator::repr(&g.0, "async_generator")))
        .am_aiter(|g: &AsyncGenerator| Ok(g.as_obj().new_ref()))
        .am_anext(|g: &Generator| new_asend(g, None))
        .methods(METHODS)
        .getset(GETSET);
}

static METHODS: &[PyMethodDef] = &[
    o!(
        "asend",
        |g: &Generator, value: &Obj| new_asend(g, Some(value)),
        ""
    ),
    fastcall!("athrow", athrow, ""),
    noargs!("aclose", |g: &Generator| new_athrow(g, None), ""),
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
    getset!("ag_await", attributes::get_delegate),
    getset!("ag_running", |g: &Generator| Ok(g.running_async.get() != 0)),
    getset!("ag_frame", attributes::get_frame),
    getset!("ag_code", attributes::get_code),
    getset!("ag_suspended", attributes::is_suspended),
];

fn athrow(g: &Generator, given: &[&Obj]) -> Result {
    crate::args::expect("athrow", given, 1..=3)?;
    if given.len() > 1 {
        warn::warn(
            &exc::DeprecationWarning,
            1,
            "the (type, exc, tb) signature of athrow() is deprecated, use the single-arg signature instead.",
        )?;
    }
    new_athrow(g, Some(tuple::from_slice(given).into_obj()))
}

/// Tells the event loop's hooks of a generator that is used for the first time.
fn init_hooks(g: &Generator) -> Result<()> {
    if g.hooks_inited.replace(1) != 0 {
        return Ok(());
    }
    let ts = threads::current();
    if let Some(finalizer) = ts.base.async_gen_finalizer.get_ref() {
        g.origin_or_finalizer.set_ref(Some(finalizer));
    }
    match ts.base.async_gen_firstiter.get_ref() {
        Some(hook) => call::call1(&hook, g.as_obj()).map(drop),
        None => Ok(()),
    }
}

/// Gives a dying generator to the loop's finaliser, if there is one.
pub fn hand_to_finalizer(g: &Generator) -> bool {
    let Some(finalizer) = g.origin_or_finalizer.get_ref() else {
        return false;
    };
    if g.closed.get() != 0 {
        return false;
    }
    err::preserved(|| {
        if call::call1(&finalizer, g.as_obj()).is_err() {
            err::write_unraisable(Some(g.as_obj()), None);
        }
    });
    true
}

// ---- Values that are yielded ----

/// A value on its way out of the generator.
#[repr(C)]
pub struct Wrapped {
    ob_base: PyObject,
    value: Slot,
}

/// Its type.
pub static WRAPPED: PyTypeObject = PyTypeObject::statically_declared();

impl Layout for Wrapped {
    fn type_object() -> &'static PyTypeObject {
        &WRAPPED
    }
}

/// Fills in `async_generator_wrapped_value`.
pub fn define_wrapped(b: &mut TypeBuilder) {
    b.basicsize::<Wrapped>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .new_disallowed()
        .generic_attributes()
        .dealloc_drop::<Wrapped>()
        .tp_traverse(|w: &Wrapped, v: &mut Visitor| v.slot(&w.value));
}

/// Wraps a value that is yielded.
pub fn wrap(value: &Obj) -> Result {
    Ok(create(
        &WRAPPED,
        Wrapped {
            ob_base: header(),
            value: value.new_ref().into(),
        },
    )?
    .into_obj())
}

/// What an awaitable answers: a wrapped value ends the awaiting, anything else is awaited further.
fn unwrap(g: &Generator, answer: Result) -> Result {
    match answer {
        Err(raised) => {
            if err::matches(&exc::StopAsyncIteration) || err::matches(&exc::GeneratorExit) {
                g.closed.set(1);
            }
            g.running_async.set(0);
            Err(raised)
        }
        Ok(value) => match value.downcast_exact::<Wrapped>() {
            Some(wrapped) => {
                g.running_async.set(0);
                Err(set_stop_iteration(
                    &wrapped.value.get().unwrap_or_else(none),
                ))
            }
            None => Ok(value),
        },
    }
}

fn send_in(g: &Generator, value: Option<&Obj>) -> Result {
    let sent = send(g, value, false, false)?;
    as_method(g, sent)
}

// ---- asend() and __anext__() ----

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Started,
    Closed,
}

/// What `asend` and `__anext__` answer.
#[repr(C)]
pub struct ASend {
    ob_base: PyObject,
    generator: Slot,
    value: Slot,
    state: Cell<State>,
}

impl Layout for ASend {
    fn type_object() -> &'static PyTypeObject {
        &_PyAsyncGenASend_Type
    }
}

/// Fills in `async_generator_asend`.
pub fn define_asend(b: &mut TypeBuilder) {
    b.basicsize::<ASend>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .destructible()
        .new_disallowed()
        .generic_attributes()
        .tp_dealloc(finalized_dealloc::<ASend>)
        .tp_traverse(|a: &ASend, v: &mut Visitor| {
            v.slot(&a.generator)?;
            v.slot(&a.value)
        })
        .tp_finalize(|a: &ASend| {
            if a.state.get() == State::New {
                warn_unawaited(&a.generator, "asend");
            }
        })
        .iter_self()
        .tp_iternext(|a: &ASend| asend_send(a, None).map(Some))
        .am_await(|a: &ASend| Ok(a.as_obj().new_ref()))
        .methods(ASEND_METHODS);
}

static ASEND_METHODS: &[PyMethodDef] = &[
    o!(
        "send",
        |a: &ASend, value: &Obj| asend_send(a, Some(value)),
        ""
    ),
    fastcall!("throw", asend_throw, ""),
    noargs!(
        "close",
        |a: &ASend| close_awaitable(a.state.get(), || asend_throw(
            a,
            &[exc::GeneratorExit.as_obj()]
        )),
        ""
    ),
];

fn new_asend(g: &Generator, value: Option<&Obj>) -> Result {
    init_hooks(g)?;
    let made = ASend {
        ob_base: header(),
        generator: g.as_obj().new_ref().into(),
        value: Slot::new(value.map(Obj::new_ref)),
        state: Cell::new(State::New),
    };
    Ok(create(&_PyAsyncGenASend_Type, made)?.into_obj())
}

fn generator_of(slot: &Slot) -> Ref<Generator> {
    // SAFETY: awaitables are made with an asynchronous generator, which they keep.
    unsafe {
        slot.get()
            .expect("an awaitable has its generator")
            .into_cast()
    }
}

/// Starts an awaitable, unless the generator is busy with another one.
fn start(state: &Cell<State>, g: &Generator, what: &str) -> Result<()> {
    if g.running_async.get() != 0 {
        state.set(State::Closed);
        return raise!(
            RuntimeError,
            "{}(): asynchronous generator is already running",
            what
        );
    }
    state.set(State::Started);
    Ok(())
}

fn used_up(what: &str) -> Result {
    raise!(RuntimeError, "cannot reuse already awaited {}", what)
}

fn asend_send(a: &ASend, value: Option<&Obj>) -> Result {
    let g = generator_of(&a.generator);
    let mut value = value.map(Obj::new_ref);
    match a.state.get() {
        State::Closed => return used_up("__anext__()/asend()"),
        State::New => {
            start(&a.state, &g, "anext")?;
            if value.as_ref().is_none_or(|v| v.is_none()) {
                value = a.value.get();
            }
        }
        State::Started => {}
    }
    g.running_async.set(1);
    let answer = unwrap(&g, send_in(&g, value.as_deref()));
    if answer.is_err() {
        a.state.set(State::Closed);
    }
    answer
}

fn asend_throw(a: &ASend, given: &[&Obj]) -> Result {
    let g = generator_of(&a.generator);
    match a.state.get() {
        State::Closed => return used_up("__anext__()/asend()"),
        State::New => {
            start(&a.state, &g, "anext")?;
            g.running_async.set(1);
        }
        State::Started => {}
    }
    let (tp, value, traceback) = arguments(given)?;
    let answer = unwrap(&g, throw(&g, true, tp, value, traceback));
    if answer.is_err() {
        a.state.set(State::Closed);
    }
    answer
}

/// Closes an awaitable by throwing `GeneratorExit` in.
fn close_awaitable(state: State, throw: impl FnOnce() -> Result) -> Result {
    if state == State::Closed {
        return Ok(none());
    }
    match throw() {
        Ok(_) => raise!(RuntimeError, "coroutine ignored GeneratorExit"),
        Err(raised) => {
            if [
                &exc::StopIteration,
                &exc::StopAsyncIteration,
                &exc::GeneratorExit,
            ]
            .into_iter()
            .any(err::clear_if)
            {
                return Ok(none());
            }
            Err(raised)
        }
    }
}

// ---- athrow() and aclose() ----

/// What `athrow` and `aclose` answer.
#[repr(C)]
pub struct AThrow {
    ob_base: PyObject,
    generator: Slot,
    /// What to throw; nothing for `aclose`.
    given: Slot,
    state: Cell<State>,
}

/// Its type.
pub static ATHROW: PyTypeObject = PyTypeObject::statically_declared();

impl Layout for AThrow {
    fn type_object() -> &'static PyTypeObject {
        &ATHROW
    }
}

/// Fills in `async_generator_athrow`.
pub fn define_athrow(b: &mut TypeBuilder) {
    b.basicsize::<AThrow>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .destructible()
        .new_disallowed()
        .generic_attributes()
        .tp_dealloc(finalized_dealloc::<AThrow>)
        .tp_traverse(|a: &AThrow, v: &mut Visitor| {
            v.slot(&a.generator)?;
            v.slot(&a.given)
        })
        .tp_finalize(|a: &AThrow| {
            if a.state.get() == State::New {
                warn_unawaited(
                    &a.generator,
                    if a.given.borrow().is_some() {
                        "athrow"
                    } else {
                        "aclose"
                    },
                );
            }
        })
        .iter_self()
        .tp_iternext(|a: &AThrow| athrow_send(a, NONE()).map(Some))
        .am_await(|a: &AThrow| Ok(a.as_obj().new_ref()))
        .methods(ATHROW_METHODS);
}

static ATHROW_METHODS: &[PyMethodDef] = &[
    o!("send", athrow_send, ""),
    fastcall!("throw", athrow_throw, ""),
    noargs!(
        "close",
        |a: &AThrow| close_awaitable(a.state.get(), || athrow_throw(
            a,
            &[exc::GeneratorExit.as_obj()]
        )),
        ""
    ),
];

fn new_athrow(g: &Generator, given: Option<Ref>) -> Result {
    init_hooks(g)?;
    let made = AThrow {
        ob_base: header(),
        generator: g.as_obj().new_ref().into(),
        given: Slot::new(given),
        state: Cell::new(State::New),
    };
    Ok(create(&ATHROW, made)?.into_obj())
}

fn what(a: &AThrow) -> &'static str {
    if a.given.borrow().is_some() {
        "athrow"
    } else {
        "aclose"
    }
}

fn athrow_send(a: &AThrow, value: &Obj) -> Result {
    let g = generator_of(&a.generator);
    if a.state.get() == State::Closed {
        return used_up("aclose()/athrow()");
    }
    if g.is_finished() {
        a.state.set(State::Closed);
        return Err(err::set_object(&exc::StopIteration, NONE()));
    }
    let given = a.given.get();
    if a.state.get() == State::Started {
        let answer = send_in(&g, Some(value));
        return if given.is_some() {
            unwrap(&g, answer)
        } else {
            finish_close(a, &g, answer)
        };
    }
    if g.running_async.get() == 0 {
        if g.closed.get() != 0 {
            a.state.set(State::Closed);
            return Err(err::set_object(&exc::StopAsyncIteration, NONE()));
        }
        if !value.is_none() {
            return raise!(
                RuntimeError,
                "can't send non-None value to a just-started coroutine"
            );
        }
    }
    start(&a.state, &g, what(a))?;
    g.running_async.set(1);
    match given {
        None => {
            g.closed.set(1);
            let answer = throw(&g, false, exc::GeneratorExit.as_obj(), None, None);
            finish_close(a, &g, answer)
        }
        Some(given) => {
            // SAFETY: made as a tuple of one to three.
            let items = unsafe { given.cast::<PyTupleObject>() }.items();
            let at = |index: usize| items.get(index).map(|o| o.as_obj());
            let answer = throw(&g, false, &items[0], at(1), at(2));
            unwrap(&g, answer).map_err(|raised| ended(a, &g, raised, false))
        }
    }
}

/// `aclose`: the generator must not yield again.
fn finish_close(a: &AThrow, g: &Generator, answer: Result) -> Result {
    match answer {
        Ok(value) if value.is_exact::<Wrapped>() => {
            g.running_async.set(0);
            a.state.set(State::Closed);
            raise!(RuntimeError, "async generator ignored GeneratorExit")
        }
        Ok(value) => Ok(value),
        Err(raised) => Err(ended(a, g, raised, true)),
    }
}

/// The generator is done. For `aclose`, that is as it should be.
fn ended(a: &AThrow, g: &Generator, raised: Raised, closing: bool) -> Raised {
    g.running_async.set(0);
    a.state.set(State::Closed);
    if closing && (err::clear_if(&exc::StopAsyncIteration) || err::clear_if(&exc::GeneratorExit)) {
        return err::set_object(&exc::StopIteration, NONE());
    }
    raised
}

fn athrow_throw(a: &AThrow, given: &[&Obj]) -> Result {
    let g = generator_of(&a.generator);
    match a.state.get() {
        State::Closed => return used_up("aclose()/athrow()"),
        State::New => {
            start(&a.state, &g, what(a))?;
            g.running_async.set(1);
        }
        State::Started => {}
    }
    let (tp, value, traceback) = arguments(given)?;
    let answer = throw(&g, true, tp, value, traceback);
    if a.given.borrow().is_some() {
        return unwrap(&g, answer).map_err(|raised| ended(a, &g, raised, false));
    }
    finish_close(a, &g, answer)
}

// ---- Death ----

/// Warns of an awaitable that nobody awaited.
fn warn_unawaited(generator: &Slot, method: &str) {
    let Some(g) = generator.get() else { return };
    // SAFETY: the slot holds an asynchronous generator.
    let name = unsafe { g.cast::<Generator>() }
        .qualname
        .get_ref()
        .unwrap_or_else(none);
    err::preserved(|| {
        let text = format!(
            "coroutine method '{}' of {} was never awaited",
            method,
            repr_lossy(&name)
        );
        if warn::warn(&exc::RuntimeWarning, 1, &text).is_err() {
            err::write_unraisable(Some(&g), None);
        }
    });
}

/// For an awaitable of an asynchronous generator, whether its death has to be noticed: nobody has awaited it, which calls for
/// a warning.
///
/// # Safety
/// `o` is an object whose memory is still there.
pub unsafe fn is_death_noticed(o: *mut PyObject) -> Option<bool> {
    // SAFETY: the caller's; the type says which layout the object has.
    unsafe {
        let tp = (*o).ob_type.get().cast_const();
        if core::ptr::eq(tp, &raw const _PyAsyncGenASend_Type) {
            Some((*o).cast::<ASend>().state.get() == State::New)
        } else if core::ptr::eq(tp, &raw const ATHROW) {
            Some((*o).cast::<AThrow>().state.get() == State::New)
        } else {
            None
        }
    }
}

unsafe extern "C" fn finalized_dealloc<T: Layout>(o: *mut PyObject) {
    // SAFETY: the last reference is gone; the type's struct is T.
    unsafe {
        if type_::subtype::finalize_before_dealloc(o) {
            return;
        }
        dealloc_drop::<T>(o);
    }
}
