//! Who waits for a future: nobody, one waiter, or a set of them.

use super::future::Future;
use crate::prelude::*;
use vm::types::set::{self, SetExt as _};

/// Calls `f` with the two arguments of a function, if both are futures of this module.
pub fn pair(name: &str, args: &[&Obj], f: fn(&Future, &Obj) -> Result<()>) -> Result<()> {
    args::expect(name, args, 2..=2)?;
    match args[0].downcast::<Future>() {
        Some(future) if args[1].is::<Future>() => f(future, args[1]),
        _ => Ok(()),
    }
}

/// Notes that `waiter` waits for the future.
pub fn add(future: &Future, waiter: &Obj) -> Result<()> {
    match future.awaited_by.get() {
        None => future.awaited_by.set(Some(waiter.new_ref())),
        Some(set) if future.is_awaited_by_set.get() => as_set(&set).add(waiter)?,
        Some(other) => {
            let set = set::new_set(None)?;
            set.add(&other)?;
            set.add(waiter)?;
            future.awaited_by.set(Some(set.into_obj()));
            future.is_awaited_by_set.set(true);
        }
    }
    Ok(())
}

/// Notes that `waiter` waits no longer.
pub fn discard(future: &Future, waiter: &Obj) -> Result<()> {
    match future.awaited_by.get() {
        Some(set) if future.is_awaited_by_set.get() => as_set(&set).discard(waiter).map(drop),
        Some(one) if one.is_same(waiter) => {
            future.awaited_by.set(None);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A frozenset of the waiters.
pub fn waiters(future: &Future) -> Result<Option<Ref>> {
    let Some(waiters) = future.awaited_by.get() else {
        return Ok(None);
    };
    if future.is_awaited_by_set.get() {
        return Ok(Some(set::new_frozenset(Some(&waiters))?.into_obj()));
    }
    let one = tuple::from_slice(&[&waiters]);
    Ok(Some(set::new_frozenset(Some(one.as_obj()))?.into_obj()))
}

fn as_set(o: &Obj) -> &PySetObject {
    // SAFETY: the flag beside the field says that a set is in it.
    unsafe { o.cast() }
}
