//! The loop and the task that run in a thread.
//!
//! Invariant: a thread has a current task only while it has a loop that runs.

use super::imports::EVENT_LOOP_POLICY;
use crate::prelude::*;
use vm::state::{self, ThreadState};
use vm::threads;

/// The loop that runs in this thread.
pub fn current() -> Option<Ref> {
    state::current().running_loop.get_ref()
}

/// The loop that runs in this thread; an error where there is none.
pub fn require() -> Result {
    match current() {
        Some(l) => Ok(l),
        None => raise!(RuntimeError, "no running event loop"),
    }
}

/// The loop that runs in this thread, or the one that the policy gives.
pub fn get_event_loop() -> Result {
    if let Some(l) = current() {
        return Ok(l);
    }
    let policy = call::call0(EVENT_LOOP_POLICY.get()?)?;
    call::method(&policy, intern!("get_event_loop"), &[])
}

/// Makes `l` the loop that runs in this thread; `None` for none.
pub fn set(l: &Obj) -> Result<()> {
    let l = Some(l).filter(|l| !l.is_none()).map(Obj::new_ref);
    state::current().running_loop.set_ref(l);
    Ok(())
}

/// The state of this thread, in which `l` has to run.
fn running(l: &Obj) -> Result<&'static ThreadState> {
    let ts = state::current();
    if ts.running_loop.borrow_obj().is_some_and(|r| r.is_same(l)) {
        return Ok(ts);
    }
    let text = proto::repr(l)?;
    raise!(
        RuntimeError,
        "loop {} is not the running loop",
        str_lossy(&text)
    )
}

/// Makes `task` the current task of its loop.
pub fn enter_task(l: &Obj, task: &Obj) -> Result<()> {
    let ts = running(l)?;
    if let Some(other) = ts.running_task.get_ref() {
        let (task, other) = (proto::repr(task)?, proto::repr(&other)?);
        return raise!(
            RuntimeError,
            "Cannot enter into task {} while another task {} is being executed.",
            str_lossy(&task),
            str_lossy(&other)
        );
    }
    ts.running_task.set_ref(Some(task.new_ref()));
    Ok(())
}

/// Ends what [`enter_task`] began.
pub fn leave_task(l: &Obj, task: &Obj) -> Result<()> {
    let ts = running(l)?;
    if !ts
        .running_task
        .borrow_obj()
        .is_some_and(|t| t.is_same(task))
    {
        let entered = ts.running_task.get_ref().unwrap_or_else(none);
        let (task, entered) = (proto::repr(task)?, proto::repr(&entered)?);
        return raise!(
            RuntimeError,
            "Invalid attempt to leave task {} while task {} is entered.",
            str_lossy(&task),
            str_lossy(&entered)
        );
    }
    ts.running_task.set_ref(None);
    Ok(())
}

/// Makes `task` (or none, for `None`) the current one, and returns the one before.
pub fn swap_task(l: &Obj, task: &Obj) -> Result<Option<Ref>> {
    let ts = running(l)?;
    let before = ts.running_task.take_ref();
    ts.running_task
        .set_ref(Some(task).filter(|t| !t.is_none()).map(Obj::new_ref));
    Ok(before)
}

/// The current task of a loop, whichever thread it runs in; of this thread's loop without one.
pub fn current_task(l: Option<&Obj>) -> Result<Option<Ref>> {
    let ts = state::current();
    let l = match l.filter(|l| !l.is_none()) {
        None => {
            require()?;
            return Ok(ts.running_task.get_ref());
        }
        Some(l) => l,
    };
    let runs = |ts: &ThreadState| ts.running_loop.borrow_obj().is_some_and(|r| r.is_same(l));
    if runs(ts) {
        return Ok(ts.running_task.get_ref());
    }
    let other = threads::states().into_iter().find(|ts| runs(ts));
    Ok(other.and_then(|ts| ts.running_task.get_ref()))
}
