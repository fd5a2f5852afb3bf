//! Entering a generator: `next`, `send`, and what comes back.

use layout::*;

use super::Generator;
use crate::err::{self, Raised, Result, exc};
use crate::frame::phase;
use crate::interp::{self, unwind};
use crate::object::*;
use crate::protocol::call;
use crate::raise;
use crate::stackref::StackRef;
use crate::state as threads;

/// What a generator answered.
pub enum Sent {
    Yielded(Ref),
    Returned(Ref),
}

/// Enters a generator with a value, or, with `throw`, with the exception that is set. `closing` is for `close`.
pub fn send(
    g: &Generator,
    value: Option<&Obj>,
    throw: bool,
    closing: bool,
) -> Result<Option<Sent>> {
    let ts = threads::current();
    match g.frame_state.get() {
        phase::CREATED if value.is_some_and(|v| !v.is_none()) => {
            return raise!(
                TypeError,
                "can't send non-None value to a just-started {}",
                g.kind()
            );
        }
        phase::EXECUTING => {
            err::clear();
            return raise!(ValueError, "{} already executing", g.kind());
        }
        _ => {}
    }
    if g.is_finished() {
        if g.is_coroutine() && !closing {
            // A coroutine that has run is not to be awaited again, nor does it see what is thrown in.
            err::clear();
            return raise!(RuntimeError, "cannot reuse already awaited coroutine");
        }
        if throw {
            return Err(Raised::assume());
        }
        return Ok(value.is_some().then(|| Sent::Returned(none())));
    }
    unwind::check_room(ts)?;
    let keep = g.as_obj().new_ref();
    let word: StackRef =
        value.map_or_else(|| StackRef::owned(none()), |v| StackRef::owned(v.new_ref()));
    let frame = g.resume(ts, word);
    if throw {
        chain_context(g);
    }
    // SAFETY: the frame was suspended and is now prepared.
    let answer = unsafe { interp::eval_frame(ts, frame, throw) };
    let suspended = !g.is_finished();
    drop(keep);
    let answer = answer?;
    if suspended {
        return Ok(Some(Sent::Yielded(answer)));
    }
    Ok(Some(Sent::Returned(answer)))
}

/// The exception that is thrown in gets what the generator is handling as its context.
fn chain_context(g: &Generator) {
    if g.exc_state.exc_value.borrow_obj().is_none_or(Obj::is_none) {
        return;
    }
    if let Some(exception) = err::take() {
        let _: Raised = err::set_exception(exception);
    }
}

/// `tp_iternext`: exhaustion without a value is no exception.
pub fn next(g: &Generator) -> Result<Option<Ref>> {
    match send(g, None, false, false)? {
        Some(Sent::Yielded(value)) => Ok(Some(value)),
        Some(Sent::Returned(value)) if !value.is_none() => Err(set_stop_iteration(&value)),
        _ => Ok(None),
    }
}

/// Raises `StopIteration` with a value, which is kept as one argument whatever it is.
pub fn set_stop_iteration(value: &Obj) -> Raised {
    match call::call1(exc::StopIteration.as_obj(), value) {
        Ok(exception) => err::set_exception(exception),
        Err(raised) => raised,
    }
}

/// The method `send`, and the end of `throw` and `next` of a coroutine: returning is an exception.
pub fn as_method(g: &Generator, sent: Option<Sent>) -> Result {
    match sent {
        Some(Sent::Yielded(value)) => Ok(value),
        Some(Sent::Returned(value)) if !value.is_none() => Err(set_stop_iteration(&value)),
        _ if g.is_async_generator() => Err(err::set_object(&exc::StopAsyncIteration, NONE())),
        _ => Err(err::set_object(&exc::StopIteration, NONE())),
    }
}

/// The value of the `StopIteration` that is set; other errors pass.
pub fn stop_iteration_value(raised: Raised) -> Result {
    if !err::matches(&exc::StopIteration) {
        return Err(raised);
    }
    let exception = err::catch(raised);
    // SAFETY: just checked.
    Ok(unsafe { exception.cast::<PyStopIterationObject>() }
        .value
        .get_ref()
        .unwrap_or_else(none))
}

/// `am_send`.
///
/// # Safety
/// `o` is a generator or coroutine, `value` an object, `answer` a place for the answer.
pub unsafe extern "C" fn am_send(
    o: *mut PyObject,
    value: *mut PyObject,
    answer: *mut *mut PyObject,
) -> PySendResult {
    // SAFETY: the caller's.
    unsafe { answer_send(send((*o).cast(), Some(&*value), false, false), answer) }
}

/// What `am_send` answers for `sent`.
///
/// # Safety
/// `answer` is a place for the answer.
pub unsafe fn answer_send(sent: Result<Option<Sent>>, answer: *mut *mut PyObject) -> PySendResult {
    let (kind, result) = match sent {
        Ok(Some(Sent::Yielded(value))) => (PYGEN_NEXT, value.into_raw()),
        Ok(Some(Sent::Returned(value))) => (PYGEN_RETURN, value.into_raw()),
        Ok(None) => (PYGEN_RETURN, none().into_raw()),
        Err(_) => (PYGEN_ERROR, core::ptr::null_mut()),
    };
    // SAFETY: the caller's.
    unsafe { *answer = result };
    kind
}
