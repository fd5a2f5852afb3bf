//! The computed attributes of futures.

use super::awaited;
use super::future::{CANCELLED, FINISHED, Future};
use crate::prelude::*;
use vm::types::list::{self, ListExt as _};

pub static GETSET: &[PyGetSetDef] = &[
    getset!("_state", |f: &Future| {
        f.check_initialised()?;
        Ok(match f.state.get() {
            CANCELLED => intern!("CANCELLED"),
            FINISHED => intern!("FINISHED"),
            _ => intern!("PENDING"),
        }
        .new_ref())
    }),
    getset!(
        "_asyncio_future_blocking",
        |f: &Future| Ok(f.is_initialised() && f.blocking.get()),
        set_blocking
    ),
    getset!("_loop", |f: &Future| Ok(f.event_loop.get())),
    getset!("_callbacks", callbacks),
    getset!("_result", |f: &Future| {
        f.check_initialised()?;
        Ok(f.result.get())
    }),
    getset!("_exception", |f: &Future| {
        f.check_initialised()?;
        Ok(f.exception.get())
    }),
    getset!(
        "_log_traceback",
        |f: &Future| {
            f.check_initialised()?;
            Ok(f.log_traceback.get())
        },
        set_log_traceback
    ),
    getset!("_source_traceback", |f: &Future| Ok(f
        .source_traceback
        .get())),
    getset!(
        "_cancel_message",
        |f: &Future| Ok(f.cancel_message.get()),
        set_cancel_message
    ),
    getset!("_asyncio_awaited_by", awaited::waiters),
];

/// The value that an attribute is set to; it cannot be deleted.
pub fn assigned<'a>(o: &Obj, name: &str, value: Option<&'a Obj>) -> Result<&'a Obj> {
    match value {
        Some(value) => Ok(value),
        None => raise!(
            AttributeError,
            "attribute '{name}' of '{}' objects cannot be deleted",
            o.tp_name()
        ),
    }
}

fn set_blocking(f: &Future, value: Option<&Obj>) -> Result<()> {
    let value = assigned(f.as_obj(), "_asyncio_future_blocking", value)?;
    f.check_initialised()?;
    f.blocking.set(proto::is_true(value)?);
    Ok(())
}

fn set_log_traceback(f: &Future, value: Option<&Obj>) -> Result<()> {
    let value = assigned(f.as_obj(), "_log_traceback", value)?;
    if proto::is_true(value)? {
        return raise!(ValueError, "_log_traceback can only be set to False");
    }
    f.check_initialised()?;
    f.log_traceback.set(false);
    Ok(())
}

fn set_cancel_message(f: &Future, value: Option<&Obj>) -> Result<()> {
    let value = assigned(f.as_obj(), "_cancel_message", value)?;
    f.cancel_message.set(Some(value.new_ref()));
    Ok(())
}

fn callbacks(f: &Future) -> Result<Option<Ref>> {
    f.check_initialised()?;
    let mut all = Vec::new();
    if let Some(callback) = f.callback.get() {
        let context = f.context.get().unwrap_or_else(none);
        all.push(tuple::from_array([callback, context]).into_obj());
    }
    if let Some(more) = f.callbacks.borrow().and_then(Obj::downcast::<PyListObject>) {
        all.extend(more.items().iter().cloned());
    }
    Ok((!all.is_empty()).then(|| list::from_vec(all).into_obj()))
}
