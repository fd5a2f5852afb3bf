//! `Task`: a future that runs a coroutine, one step for each turn of the loop.

use core::cell::Cell;

use super::future::{self, Future, PENDING};
use super::imports::{IS_COROUTINE, TASK_REPR};
use super::registry::{self, Link};
use super::{running, step, task_methods};
use crate::prelude::*;
use vm::types::context;

/// A task. Its struct starts with that of its base.
#[repr(C)]
pub struct Task {
    pub future: Future,
    /// What the coroutine waits for.
    pub waiter: Slot,
    pub coroutine: Slot,
    /// A str, or the number of a task that was given no name, while nobody has asked for it.
    pub name: Slot,
    pub context: Slot,
    pub cancels_requested: Cell<i32>,
    pub must_cancel: Cell<bool>,
    pub log_destroy_pending: Cell<bool>,
    pub link: Link,
}

static_type!(Task, TASK);

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Task>()
        .base(&future::FUTURE)
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE)
        .destructible()
        .tp_dealloc(dealloc)
        .tp_traverse(|t: &Task, v: &mut Visitor| {
            for slot in t.slots() {
                v.slot(slot)?;
            }
            t.future.visit(v)
        })
        .tp_clear(|t: &Task| {
            for slot in t.slots() {
                slot.set(None);
            }
            t.future.clear();
        })
        .tp_finalize(finalize)
        .tp_new(
            |tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>| {
                alloc::<Task>(tp).map(Ref::into_obj)
            },
        )
        .tp_init(init)
        .tp_repr(|t: &Task| {
            t.future.check_initialised()?;
            call::call1(TASK_REPR.get()?, t.as_obj())
        })
        .text_signature(method_doc!(
            "Task",
            "(coro, *, loop=None, name=None, context=None, eager_start=False)"
        ))
        .methods(task_methods::METHODS)
        .getset(task_methods::GETSET);
}

impl Task {
    fn slots(&self) -> [&Slot; 4] {
        [&self.waiter, &self.coroutine, &self.name, &self.context]
    }
}

/// `tp_finalize`: a task that dies before it is done is reported.
fn finalize(t: &Task) {
    registry::remove(t);
    let f = &t.future;
    if f.state.get() == PENDING && t.log_destroy_pending.get() {
        let message = str_::new("Task was destroyed but it is pending!");
        f.report(&[
            ("task", Some(t.as_obj().new_ref())),
            ("message", Some(message.into_obj())),
            ("source_traceback", f.source_traceback.get()),
        ]);
    }
    future::finalize(f);
}

unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: as the slot's contract; a task that the finaliser brought back may have been entered again since.
    unsafe {
        if vm::types::type_::subtype::finalize_before_dealloc(o) {
            return;
        }
        registry::remove(borrowed(o));
        dealloc_drop::<Task>(o);
    }
}

/// Whether a task can run `o`.
fn is_coroutine(o: &Obj) -> Result<bool> {
    if core::ptr::eq(o.ty(), &PyCoro_Type) {
        return Ok(true);
    }
    let answer = call::call1(IS_COROUTINE.get()?, o)?;
    proto::is_true(&answer)
}

fn init(t: &Task, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    static SIGNATURE: Signature = Signature::new(
        "Task",
        "(coro, *, loop=None, name=None, context=None, eager_start=False)",
    );
    let [coroutine, event_loop, name, context, eager_start] = SIGNATURE.bind(args, kwargs)?;
    let (coroutine, given) = (required(coroutine), |o: Option<&Obj>| {
        o.filter(|o| !o.is_none()).map(Obj::new_ref)
    });
    let eager_start = eager_start.map_or(Ok(false), proto::is_true)?;
    t.future.init(event_loop)?;
    if !is_coroutine(coroutine)? {
        t.log_destroy_pending.set(false);
        let text = proto::repr(coroutine)?;
        return raise!(
            TypeError,
            "a coroutine was expected, got {}",
            str_lossy(&text)
        );
    }
    let context = match given(context) {
        Some(context) => context,
        None => context::copy_current()?.into_obj(),
    };
    t.context.set(Some(context));
    t.waiter.set(None);
    t.must_cancel.set(false);
    t.log_destroy_pending.set(true);
    t.cancels_requested.set(0);
    t.coroutine.set(Some(coroutine.new_ref()));
    task_methods::set_initial_name(t, name)?;
    if eager_start {
        let answer = call::method(held(&t.future.event_loop), intern!("is_running"), &[])?;
        if proto::is_true(&answer)? {
            return start_eagerly(t);
        }
    }
    step::call_soon(t, None)?;
    registry::add(t);
    Ok(())
}

/// Runs the first step at once, as the current task.
fn start_eagerly(t: &Task) -> Result<()> {
    let event_loop = held(&t.future.event_loop).new_ref();
    let before = running::swap_task(&event_loop, t.as_obj())?;
    let ran = run_first_step(t);
    let after = step::also(ran, || {
        let before = before.as_deref().unwrap_or(NONE());
        running::swap_task(&event_loop, before).map(drop)
    });
    if t.future.state.get() == PENDING {
        registry::add(t);
    } else {
        t.coroutine.set(None);
    }
    after
}

fn run_first_step(t: &Task) -> Result<()> {
    registry::register_eager(t.as_obj())?;
    let Some(context) = t.context.get().filter(|c| c.is::<context::Context>()) else {
        let _ = registry::unregister_eager(t.as_obj());
        return raise!(TypeError, "a Context was expected");
    };
    // SAFETY: just checked.
    let context = unsafe { context.into_cast::<context::Context>() };
    let ran = match context::enter(&context) {
        Ok(()) => step::also(step::run(t, None), || context::exit(&context)),
        Err(raised) => Err(raised),
    };
    step::also(ran, || registry::unregister_eager(t.as_obj()))
}
