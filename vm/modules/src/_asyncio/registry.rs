//! The tasks that there are: those of this module in a list that keeps none alive, all others in a `WeakSet`, and those
//! that are run at once while they are made in a set.
//!
//! Invariants: the links lie in the tasks themselves, as the complements of addresses, which the collector does not take
//! for references. A task leaves the list when it is done and at the latest in its finaliser: who is in it has not been
//! finalised, so that a reference taken from the list is seen by the collector before the task is gone.

use core::cell::Cell;
use core::ptr;

use super::future::{self, Future, PENDING};
use super::task::Task;
use super::{imports, running};
use crate::prelude::*;
use vm::types::set::{self, SetExt as _};

/// A task's place in the list.
pub struct Link {
    previous: Cell<Hidden>,
    next: Cell<Hidden>,
    linked: Cell<bool>,
}

/// An address that does not look like one.
#[derive(Clone, Copy)]
struct Hidden(usize);

impl Hidden {
    const NONE: Hidden = Hidden(0);

    fn of(task: &Task) -> Hidden {
        Hidden(!(ptr::from_ref(task) as usize))
    }

    fn task<'a>(self) -> Option<&'a Task> {
        if self.0 == 0 {
            return None;
        }
        // SAFETY: tasks in the list are alive; they leave it before they die.
        Some(unsafe { &*(!self.0 as *const Task) })
    }
}

static FIRST: Global<Hidden> = Global::new(Hidden::NONE);
static OTHERS: Global<*mut PyObject> = Global::new(ptr::null_mut());
static EAGER: Global<*mut PyObject> = Global::new(ptr::null_mut());

/// Adds a task to the list.
pub fn add(task: &Task) {
    if task.link.linked.replace(true) {
        return;
    }
    let first = FIRST.get();
    task.link.previous.set(Hidden::NONE);
    task.link.next.set(first);
    if let Some(next) = first.task() {
        next.link.previous.set(Hidden::of(task));
    }
    FIRST.set(Hidden::of(task));
}

/// Takes a task out of the list, if it is in it.
pub fn remove(task: &Task) {
    if !task.link.linked.replace(false) {
        return;
    }
    let (previous, next) = (task.link.previous.get(), task.link.next.get());
    previous.task().map_or(&*FIRST, |t| &t.link.next).set(next);
    if let Some(next) = next.task() {
        next.link.previous.set(previous);
    }
}

/// The object in a static that is made at its first use.
fn made_once(place: &Global<*mut PyObject>, make: impl FnOnce() -> Result) -> Result<&'static Obj> {
    if place.get().is_null() {
        let made = make()?;
        if place.get().is_null() {
            place.set(made.into_raw());
        }
    }
    // SAFETY: its reference is never given up.
    Ok(unsafe { &*place.get() })
}

fn others() -> Result<&'static Obj> {
    made_once(&OTHERS, || call::call0(imports::WEAK_SET.get()?))
}

fn eager() -> Result<&'static PySetObject> {
    let set = made_once(&EAGER, || set::new_set(None).map(Ref::into_obj))?;
    // SAFETY: only a set is put there.
    Ok(unsafe { set.cast() })
}

/// Enters a task that waits for its turn.
pub fn register(task: &Obj) -> Result<()> {
    match task.downcast::<Task>() {
        Some(task) => add(task),
        None => drop(call::method(others()?, intern!("add"), &[task])?),
    }
    Ok(())
}

/// Undoes [`register`].
pub fn unregister(task: &Obj) -> Result<()> {
    match task.downcast::<Task>() {
        Some(task) => remove(task),
        None => drop(call::method(others()?, intern!("discard"), &[task])?),
    }
    Ok(())
}

/// Enters a task that is run while it is made.
pub fn register_eager(task: &Obj) -> Result<()> {
    eager()?.add(task)
}

/// Undoes [`register_eager`].
pub fn unregister_eager(task: &Obj) -> Result<()> {
    eager()?.discard(task).map(drop)
}

/// References to all tasks in the list.
fn listed() -> Vec<Ref> {
    let mut tasks = Vec::new();
    let mut at = FIRST.get();
    while let Some(task) = at.task() {
        if task.as_obj().ob_refcnt.get() != 0 {
            gc::weakref_read(task.as_ptr());
            tasks.push(task.to_ref().into_obj());
        }
        at = task.link.next.get();
    }
    tasks
}

/// A set of a loop's tasks that are not done.
pub fn all_tasks(l: Option<&Obj>) -> Result {
    let l = match l.filter(|l| !l.is_none()) {
        Some(l) => l.new_ref(),
        None => running::require()?,
    };
    let mut tasks = proto::to_vec(eager()?.as_obj())?;
    tasks.extend(listed());
    tasks.extend(proto::to_vec(others()?)?);
    let wanted = set::new_set(None)?;
    for task in tasks {
        if is_pending(&task)? && future::loop_of(&task)?.is_same(&l) {
            wanted.add(&task)?;
        }
    }
    Ok(wanted.into_obj())
}

fn is_pending(task: &Obj) -> Result<bool> {
    if let Some(future) = task.downcast::<Future>().filter(|_| task.is::<Task>()) {
        return Ok(future.state.get() == PENDING);
    }
    let done = call::method(task, intern!("done"), &[])?;
    Ok(!proto::is_true(&done)?)
}
