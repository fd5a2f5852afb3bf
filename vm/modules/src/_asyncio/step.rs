//! A task's step: the coroutine runs until it waits for something or ends.

use core::mem::offset_of;

use super::future::{self, Future, PENDING};
use super::outcome::Outcome;
use super::task::Task;
use super::{awaited, imports, running};
use crate::prelude::*;
use vm::types::cfunction;
use vm::types::generator::resume::{self, Sent};
use vm::types::generator::{self};

/// What the loop calls for the next step of a task.
#[repr(C)]
pub struct Step {
    ob_base: PyObject,
    task: Slot,
    /// The exception to throw into the coroutine.
    exception: Slot,
    vectorcall: vectorcallfunc,
}

static_type!(Step, STEP);

static GETSET: &[PyGetSetDef] = &[getset!("__self__", |s: &Step| Ok(s.task.get()))];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Step>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .vectorcall_offset(offset_of!(Step, vectorcall))
        .dealloc_drop::<Step>()
        .tp_traverse(|s: &Step, v: &mut Visitor| {
            v.slot(&s.task)?;
            v.slot(&s.exception)
        })
        .tp_clear(|s: &Step| {
            s.task.set(None);
            s.exception.set(None);
        })
        .new_disallowed()
        .getset(GETSET);
}

fn call_step(s: &Step, args: Args<'_>) -> Result<()> {
    if !args.keyword_values.is_empty() {
        return raise!(TypeError, "function takes no keyword arguments");
    }
    if !args.positional.is_empty() {
        return raise!(TypeError, "function takes no positional arguments");
    }
    match s.task.get() {
        // SAFETY: only tasks are put there.
        Some(task) => step(unsafe { task.cast() }, s.exception.get()),
        None => Ok(()),
    }
}

/// Has the loop take the task's next step.
pub fn call_soon(t: &Task, exception: Option<Ref>) -> Result<()> {
    let s = Step {
        ob_base: header(),
        task: t.as_obj().new_ref().into(),
        exception: Slot::new(exception),
        vectorcall: vectorcall(call_step),
    };
    let s = create(&STEP, s)?;
    future::call_soon(
        held(&t.future.event_loop),
        s.as_obj(),
        None,
        t.context.borrow(),
    )
}

/// Does `then` after what gave `result`, also if that failed; of two errors the second is raised, with the first as its context.
pub fn also(result: Result<()>, then: impl FnOnce() -> Result<()>) -> Result<()> {
    let Err(raised) = result else {
        return then();
    };
    let first = err::catch(raised);
    match then() {
        Ok(()) => Err(err::reraise(first)),
        Err(raised) => {
            let second = err::catch(raised);
            if !second.is_same(&first) {
                vm::types::exceptions::base::set_context(&second, Some(first));
            }
            Err(err::reraise(second))
        }
    }
}

/// One step, with the task as the current one.
fn step(t: &Task, exception: Option<Ref>) -> Result<()> {
    let event_loop = held(&t.future.event_loop).new_ref();
    running::enter_task(&event_loop, t.as_obj())?;
    also(run(t, exception), || {
        running::leave_task(&event_loop, t.as_obj())
    })
}

/// What the loop calls when what the task waits for is done.
static WAKE_UP: &[PyMethodDef] = &[o!("task_wakeup", wake_up, "")];

fn wake_up(t: &Task, done: &Obj) -> Result<()> {
    let keep = t.to_ref();
    let outcome = outcome_of(&keep, done);
    match outcome {
        Ok(Outcome::Result(_)) => step(&keep, None),
        Ok(Outcome::Exception(e)) => step(&keep, Some(e)),
        Err(raised) => step(&keep, Some(err::catch(raised))),
    }
}

fn outcome_of(t: &Task, done: &Obj) -> Result<Outcome> {
    if let Some(future) = native(done) {
        awaited::discard(future, t.as_obj())?;
        return future.outcome();
    }
    if let Some(future) = done.downcast::<Future>() {
        awaited::discard(future, t.as_obj())?;
    }
    call::method(done, intern!("result"), &[]).map(Outcome::Result)
}

/// The future or task that an object is, if nobody can have changed what its methods do.
fn native(o: &Obj) -> Option<&Future> {
    let exact = o.is_exact::<Future>() || o.is_exact::<Task>();
    // SAFETY: tasks are futures.
    exact.then(|| unsafe { o.cast() })
}

// ---- The step itself ----

/// Runs the coroutine, and sees to what it answers.
pub fn run(t: &Task, exception: Option<Ref>) -> Result<()> {
    if t.future.state.get() != PENDING {
        return Err(already_done(t, exception));
    }
    let mut exception = exception;
    if t.must_cancel.get() {
        let is_cancellation = match &exception {
            Some(e) => imports::is_cancelled_error(e)?,
            None => false,
        };
        if !is_cancellation {
            exception = Some(t.future.make_cancelled_error()?);
        }
        t.must_cancel.set(false);
    }
    t.waiter.set(None);
    let Some(coroutine) = t.coroutine.get() else {
        return raise!(RuntimeError, "uninitialized Task object");
    };
    let sent = match exception {
        None => send(&coroutine),
        Some(e) => throw(&coroutine, &e),
    };
    match sent {
        Ok(Sent::Yielded(answer)) => handle_answer(t, &answer),
        Ok(Sent::Returned(value)) => finish(t, &value),
        Err(raised) => fail(t, raised),
    }
}

#[cold]
fn already_done(t: &Task, exception: Option<Ref>) -> err::Raised {
    let exception = exception.unwrap_or_else(none);
    match (proto::repr(t.as_obj()), proto::repr(&exception)) {
        (Ok(task), Ok(e)) => imports::invalid_state(&format!(
            "__step(): already done: {} {}",
            str_lossy(&task),
            str_lossy(&e)
        )),
        (Err(raised), _) | (_, Err(raised)) => raised,
    }
}

fn send(coroutine: &Obj) -> Result<Sent> {
    // SAFETY: a live object, which is kept for longer than the call.
    let generator = unsafe { generator::of(coroutine.as_ptr()) };
    if let Some(g) = generator.filter(|g| !g.is_async_generator()) {
        let sent = resume::send(g, Some(NONE()), false, false)?;
        return Ok(sent.unwrap_or_else(|| Sent::Returned(none())));
    }
    // SAFETY: a type's table of slots lives as long as it does.
    let am_send =
        unsafe { coroutine.ty().tp_as_async.get().as_ref() }.and_then(|a| a.am_send.get());
    if let Some(am_send) = am_send {
        let mut answer = core::ptr::null_mut();
        // SAFETY: a slot of the object's own type; it answers with an owned reference or an error.
        return unsafe {
            match am_send(coroutine.as_ptr(), NONE().as_ptr(), &mut answer) {
                PYGEN_NEXT => err::from_owned(answer).map(Sent::Yielded),
                PYGEN_RETURN => err::from_owned(answer).map(Sent::Returned),
                _ => Err(err::Raised::assume()),
            }
        };
    }
    let sent = if proto::is_iterator(coroutine) {
        match coroutine.ty().tp_iternext.get() {
            // SAFETY: a slot of the object's own type.
            Some(next) => match unsafe { Ref::from_owned_opt(next(coroutine.as_ptr())) } {
                None if !err::occurred() => return Ok(Sent::Returned(none())),
                None => Err(err::Raised::assume()),
                Some(value) => Ok(value),
            },
            None => return Ok(Sent::Returned(none())),
        }
    } else {
        call::method(coroutine, intern!("send"), &[NONE()])
    };
    or_returned(sent)
}

fn throw(coroutine: &Obj, e: &Obj) -> Result<Sent> {
    or_returned(call::method(coroutine, intern!("throw"), &[e]))
}

/// `StopIteration` is a return.
fn or_returned(sent: Result) -> Result<Sent> {
    match sent {
        Ok(value) => Ok(Sent::Yielded(value)),
        Err(raised) => resume::stop_iteration_value(raised).map(Sent::Returned),
    }
}

fn finish(t: &Task, value: &Obj) -> Result<()> {
    if t.must_cancel.replace(false) {
        // Cancelled right before the coroutine returned.
        let message = t.future.cancel_message.get();
        return t.future.cancel(message.as_deref()).map(drop);
    }
    t.future.set_result(value)
}

fn fail(t: &Task, raised: err::Raised) -> Result<()> {
    let e = err::catch(raised);
    if imports::is_cancelled_error(&e)? {
        t.future.cancelled_error.set(Some(e));
        return t.future.cancel(None).map(drop);
    }
    t.future.set_exception(&e)?;
    if is_instance_of(&e, &exc::KeyboardInterrupt) || is_instance_of(&e, &exc::SystemExit) {
        return Err(err::reraise(e));
    }
    Ok(())
}

// ---- What the coroutine waits for ----

fn handle_answer(t: &Task, answer: &Obj) -> Result<()> {
    if answer.is_same(t.as_obj()) {
        return complain(t, &["Task cannot await on itself: ", ""], &[t.as_obj()]);
    }
    if let Some(future) = native(answer) {
        return wait_for_native(t, future);
    }
    if answer.is_none() {
        return call_soon(t, None);
    }
    let blocking = proto::getattr_opt(answer, intern!("_asyncio_future_blocking"))?;
    if let Some(blocking) = blocking.filter(|b| !b.is_none()) {
        return wait_for_other(t, answer, &blocking);
    }
    if core::ptr::eq(answer.ty(), &PyGen_Type) {
        let text = &[
            "yield was used instead of yield from for generator in task ",
            " with ",
            "",
        ];
        return complain(t, text, &[t.as_obj(), answer]);
    }
    complain(t, &["Task got bad yield: ", ""], &[answer])
}

fn waker(t: &Task) -> Ref {
    cfunction::new(WAKE_UP.as_ptr().cast_mut(), Some(t.as_obj()), None)
}

fn wait_for_native(t: &Task, future: &Future) -> Result<()> {
    if !held(&future.event_loop).is_same(held(&t.future.event_loop)) {
        return different_loop(t, future.as_obj());
    }
    if !future.blocking.get() {
        return yielded(t, future.as_obj());
    }
    awaited::add(future, t.as_obj())?;
    future.blocking.set(false);
    future.add_callback(&waker(t), held(&t.context))?;
    t.waiter.set(Some(future.as_obj().new_ref()));
    if t.must_cancel.get() {
        let message = t.future.cancel_message.get();
        let cancelled = match future.as_obj().downcast::<Task>() {
            Some(task) => super::task_methods::cancel(task, message.as_deref())?,
            None => future.cancel(message.as_deref())?,
        };
        if cancelled {
            t.must_cancel.set(false);
        }
    }
    Ok(())
}

fn wait_for_other(t: &Task, answer: &Obj, blocking: &Obj) -> Result<()> {
    if let Some(future) = answer.downcast::<Future>() {
        awaited::add(future, t.as_obj())?;
    }
    let blocking = proto::is_true(blocking)?;
    if !future::loop_of(answer)?.is_same(held(&t.future.event_loop)) {
        return different_loop(t, answer);
    }
    if !blocking {
        return yielded(t, answer);
    }
    proto::setattr(answer, intern!("_asyncio_future_blocking"), Some(FALSE()))?;
    let add = proto::getattr(answer, intern!("add_done_callback"))?;
    call::call_kw(&add, &[&waker(t)], &[("context", held(&t.context))])?;
    t.waiter.set(Some(answer.new_ref()));
    if t.must_cancel.get() {
        let message = t.future.cancel_message.get().unwrap_or_else(none);
        let cancel = proto::getattr(answer, intern!("cancel"))?;
        let cancelled = call::call_kw(&cancel, &[], &[("msg", &message)])?;
        if proto::is_true(&cancelled)? {
            t.must_cancel.set(false);
        }
    }
    Ok(())
}

fn different_loop(t: &Task, answer: &Obj) -> Result<()> {
    let text = &["Task ", " got Future ", " attached to a different loop"];
    complain(t, text, &[t.as_obj(), answer])
}

fn yielded(t: &Task, answer: &Obj) -> Result<()> {
    let text = &[
        "yield was used instead of yield from in task ",
        " with ",
        "",
    ];
    complain(t, text, &[t.as_obj(), answer])
}

/// Throws a `RuntimeError` into the coroutine at its next step; `text` goes around the reprs of `objects`.
#[cold]
fn complain(t: &Task, text: &[&str], objects: &[&Obj]) -> Result<()> {
    let mut w = str_::Writer::new();
    for (i, part) in text.iter().enumerate() {
        w.push_str(part);
        if let Some(o) = objects.get(i) {
            push_text(&mut w, &*proto::repr(o)?);
        }
    }
    let message = w.finish()?;
    let e = call::call1(exc::RuntimeError.as_obj(), message.as_obj())?;
    call_soon(t, Some(e))
}
