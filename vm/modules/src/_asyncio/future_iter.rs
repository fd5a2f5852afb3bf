//! What `await future` iterates over: the future itself, once, if it is not done; then its result ends the iteration.

use super::future::{Future, PENDING};
use crate::prelude::*;
use vm::types::exceptions::base;
use vm::types::generator::resume::{Sent, answer_send, set_stop_iteration};
use vm::types::generator::throw;

/// An iterator over a future.
#[repr(C)]
pub struct FutureIter {
    ob_base: PyObject,
    /// The future, until its result was taken.
    future: Slot,
}

static_type!(FutureIter, FUTURE_ITER);

static METHODS: &[PyMethodDef] = &[
    o!("send", |i: &FutureIter, _: &Obj| method_next(i), ""),
    fastcall!("throw", throw_in, ""),
    noargs!(
        "close",
        |i: &FutureIter| {
            i.future.set(None);
            Ok(())
        },
        ""
    ),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<FutureIter>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .dealloc_drop::<FutureIter>()
        .tp_traverse(|i: &FutureIter, v: &mut Visitor| v.slot(&i.future))
        .tp_clear(|i: &FutureIter| i.future.set(None))
        .iter_self()
        .tp_iternext(next)
        .am_send(send)
        .new_disallowed()
        .methods(METHODS);
}

/// `iter(future)`, and what `await` makes of it.
pub fn new(f: &Future) -> Result {
    f.check_initialised()?;
    let i = FutureIter {
        ob_base: header(),
        future: f.as_obj().new_ref().into(),
    };
    Ok(create(&FUTURE_ITER, i)?.into_obj())
}

/// The next answer; none of one that is used up.
fn advance(i: &FutureIter) -> Result<Option<Sent>> {
    let Some(future) = i.future.get() else {
        return Ok(None);
    };
    // SAFETY: only futures are put there.
    let future = unsafe { future.into_cast::<Future>() };
    if future.state.get() == PENDING {
        if !future.blocking.replace(true) {
            return Ok(Some(Sent::Yielded(future.into_obj())));
        }
        return raise!(RuntimeError, "await wasn't used with future");
    }
    i.future.set(None);
    future.value().map(|value| Some(Sent::Returned(value)))
}

fn next(i: &FutureIter) -> Result<Option<Ref>> {
    match advance(i)? {
        Some(Sent::Yielded(value)) => Ok(Some(value)),
        Some(Sent::Returned(value)) if !value.is_none() => Err(set_stop_iteration(&value)),
        _ => Ok(None),
    }
}

fn method_next(i: &FutureIter) -> Result {
    match next(i)? {
        Some(value) => Ok(value),
        None => Err(err::set_object(&exc::StopIteration, NONE())),
    }
}

/// `am_send`; what is sent is of no interest.
unsafe extern "C" fn send(
    o: *mut PyObject,
    _: *mut PyObject,
    answer: *mut *mut PyObject,
) -> PySendResult {
    // SAFETY: a slot of this type.
    let sent = advance(unsafe { borrowed(o) });
    // SAFETY: the caller gives a place for the answer.
    unsafe { answer_send(sent, answer) }
}

fn throw_in(i: &FutureIter, given: &[&Obj]) -> Result {
    let (class, value, traceback) = throw::arguments(given)?;
    let value = value.filter(|v| !v.is_none());
    let traceback = traceback.filter(|t| !t.is_none());
    if traceback.is_some_and(|t| !t.is::<PyTracebackObject>()) {
        return raise!(TypeError, "throw() third argument must be a traceback");
    }
    let e = thrown(class, value)?;
    if let Some(traceback) = traceback {
        base::base(&e).traceback.set_ref(Some(traceback.new_ref()));
    }
    i.future.set(None);
    Err(err::reraise(e))
}

/// The exception that the first two arguments of `throw` stand for.
fn thrown(given: &Obj, value: Option<&Obj>) -> Result {
    if given.is::<PyBaseExceptionObject>() {
        if value.is_some() {
            return raise!(
                TypeError,
                "instance exception may not have a separate value"
            );
        }
        return Ok(given.new_ref());
    }
    let class = given
        .downcast::<PyTypeObject>()
        .filter(|c| has_flag(c, Py_TPFLAGS_BASE_EXC_SUBCLASS));
    let Some(class) = class else {
        return raise!(
            TypeError,
            "exceptions must be classes deriving BaseException or instances of such a class"
        );
    };
    let raised = err::set_object(class, value.unwrap_or(NONE()));
    Ok(err::catch(raised))
}
