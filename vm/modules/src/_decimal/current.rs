//! The context that is in force: a context variable, whose value is kept at hand.

use core::cell::Cell;
use core::ptr;

use super::context::{self, Context};
use crate::prelude::*;
use vm::state::{self, ThreadState};
use vm::types::context::{ContextVar, var};

static VARIABLE: Global<*const ContextVar> = Global::new(ptr::null());

/// The last value that was looked up, and where that holds: in a thread, until it enters or leaves a context.
struct Last {
    thread: Cell<*const ThreadState>,
    version: Cell<u64>,
    context: Slot,
}

// SAFETY: touched under the global interpreter lock.
unsafe impl Sync for Last {}

static LAST: Last = Last {
    thread: Cell::new(ptr::null()),
    version: Cell::new(0),
    context: Slot::empty(),
};

/// Makes the context variable.
pub fn start() -> Result<()> {
    if VARIABLE.get().is_null() {
        VARIABLE.set(
            var::named("decimal_context")?
                .into_raw()
                .cast_const()
                .cast(),
        );
    }
    Ok(())
}

fn variable() -> &'static ContextVar {
    // SAFETY: set when the module was made, and never given up.
    unsafe { &*VARIABLE.get() }
}

fn remember(c: &Context) {
    let ts = state::current();
    LAST.thread.set(ts);
    LAST.version.set(ts.base.context_ver.get());
    LAST.context.set(Some(c.as_obj().new_ref()));
}

/// The context in force.
#[inline]
pub fn get() -> Result<Ref> {
    let ts = state::current();
    if ptr::eq(LAST.thread.get(), ts)
        && LAST.version.get() == ts.base.context_ver.get()
        && let Some(c) = LAST.context.get()
    {
        return Ok(c);
    }
    look_up()
}

/// The context in force, as what it is.
#[inline]
pub fn context() -> Result<Ref<Context>> {
    // SAFETY: nothing else is ever in force.
    get().map(|c| unsafe { c.into_cast() })
}

#[cold]
fn look_up() -> Result<Ref> {
    if let Some(c) = var::get(variable(), None)? {
        if let Some(c) = c.downcast::<Context>() {
            remember(c);
        }
        return Ok(c);
    }
    let made = context::copy(context::default())?;
    made.status.set(0);
    put(&made)?;
    Ok(made.into_obj())
}

fn put(c: &Context) -> Result<()> {
    var::set(variable(), c.as_obj())?;
    remember(c);
    Ok(())
}

/// Puts a context in force; the templates are copied.
pub fn set(o: &Obj) -> Result<()> {
    let Some(c) = o.downcast::<Context>() else {
        return raise!(TypeError, "argument must be a context");
    };
    if context::is_template(c) {
        let copy = context::copy(c)?;
        copy.status.set(0);
        return put(&copy);
    }
    put(c)
}

/// The context that an argument gives, or the one in force.
#[inline]
pub fn given(o: Option<&Obj>) -> Result<Ref<Context>> {
    match o.filter(|o| !o.is_none()) {
        None => context(),
        Some(o) => match o.downcast::<Context>() {
            Some(c) => Ok(c.to_ref()),
            None => raise!(TypeError, "optional argument must be a context"),
        },
    }
}
