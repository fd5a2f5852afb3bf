//! The methods and attributes of tasks.

use core::cell::Cell;

use super::future::PENDING;
use super::future_attributes::assigned;
use super::imports::{TASK_GET_STACK, TASK_PRINT_STACK};
use super::task::Task;
use crate::prelude::*;

pub static METHODS: &[PyMethodDef] = &[
    o!(
        "set_result",
        |_: &Task, _: &Obj| -> Result<()> {
            raise!(RuntimeError, "Task does not support set_result operation")
        },
        "($self, result, /)"
    ),
    o!(
        "set_exception",
        |_: &Task, _: &Obj| -> Result<()> {
            raise!(
                RuntimeError,
                "Task does not support set_exception operation"
            )
        },
        "($self, exception, /)"
    ),
    keywords!(
        "cancel",
        |t: &Task, [message]: [Option<&Obj>; 1]| cancel(t, message),
        "($self, /, msg=None)"
    ),
    noargs!(
        "cancelling",
        |t: &Task| Ok(t.cancels_requested.get()),
        "($self, /)"
    ),
    noargs!("uncancel", uncancel, "($self, /)"),
    keywords!(
        "get_stack",
        |t: &Task, [limit]: [Option<&Obj>; 1]| {
            call::call(
                TASK_GET_STACK.get()?,
                &[t.as_obj(), limit.unwrap_or(NONE())],
            )
        },
        "($self, /, *, limit=None)"
    ),
    keywords!(
        "print_stack",
        |t: &Task, [limit, file]: [Option<&Obj>; 2]| {
            let (limit, file) = (limit.unwrap_or(NONE()), file.unwrap_or(NONE()));
            call::call(TASK_PRINT_STACK.get()?, &[t.as_obj(), limit, file])
        },
        "($self, /, *, limit=None, file=None)"
    ),
    noargs!("get_name", name, "($self, /)"),
    o!("set_name", set_name, "($self, value, /)"),
    noargs!("get_coro", |t: &Task| Ok(t.coroutine.get()), "($self, /)"),
    noargs!("get_context", |t: &Task| Ok(t.context.get()), "($self, /)"),
];

pub static GETSET: &[PyGetSetDef] = &[
    getset!(
        "_log_destroy_pending",
        |t: &Task| Ok(t.log_destroy_pending.get()),
        set_log_destroy_pending
    ),
    getset!("_must_cancel", |t: &Task| Ok(t.must_cancel.get())),
    getset!("_coro", |t: &Task| Ok(t.coroutine.get())),
    getset!("_fut_waiter", |t: &Task| Ok(t.waiter.get())),
];

fn set_log_destroy_pending(t: &Task, value: Option<&Obj>) -> Result<()> {
    let value = assigned(t.as_obj(), "_log_destroy_pending", value)?;
    t.log_destroy_pending.set(proto::is_true(value)?);
    Ok(())
}

/// Asks the task to end itself; whether it can.
pub fn cancel(t: &Task, message: Option<&Obj>) -> Result<bool> {
    t.future.log_traceback.set(false);
    if t.future.state.get() != PENDING {
        return Ok(false);
    }
    t.cancels_requested.set(t.cancels_requested.get() + 1);
    let message = message.unwrap_or(NONE());
    if let Some(waiter) = t.waiter.get() {
        let cancel = proto::getattr(&waiter, intern!("cancel"))?;
        let cancelled = call::call_kw(&cancel, &[], &[("msg", message)])?;
        if proto::is_true(&cancelled)? {
            return Ok(true);
        }
    }
    t.must_cancel.set(true);
    t.future.cancel_message.set(Some(message.new_ref()));
    Ok(true)
}

fn uncancel(t: &Task) -> Result<i32> {
    let left = t.cancels_requested.get() - 1;
    if left >= 0 {
        t.cancels_requested.set(left);
        if left == 0 {
            t.must_cancel.set(false);
        }
    }
    Ok(t.cancels_requested.get())
}

// ---- Names ----

static NAMELESS: Global<i64> = Global::new(0);

/// Gives a new task its name, or a number for one.
pub fn set_initial_name(t: &Task, name: Option<&Obj>) -> Result<()> {
    match name.filter(|n| !n.is_none()) {
        Some(name) => set_name(t, name),
        None => {
            let counter: &Cell<i64> = &NAMELESS;
            counter.set(counter.get() + 1);
            t.name.set(Some(int::from_i64(counter.get()).into_obj()));
            Ok(())
        }
    }
}

fn name(t: &Task) -> Result<Option<Ref>> {
    if let Some(number) = t.name.borrow().and_then(int::i64_of) {
        t.name
            .set(Some(str_::new(&format!("Task-{number}")).into_obj()));
    }
    Ok(t.name.get())
}

fn set_name(t: &Task, name: &Obj) -> Result<()> {
    let name = match name.is_exact::<PyUnicodeObject>() {
        true => name.new_ref(),
        false => proto::str(name)?,
    };
    t.name.set(Some(name));
    Ok(())
}
