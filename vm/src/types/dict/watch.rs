//! Dict watchers (`PyDict_Watch`): callbacks that are told of a watched dict's changes before they happen.
//!
//! The low eight bits of a dict's `_ma_watcher_tag` name its watchers. Numbers 0 and 1 are kept for the interpreter.
//! A watcher that fails is reported as unraisable; the change goes on.

use core::cell::Cell;

use layout::*;

use crate::err::{self, Raised, Result};
use crate::object::*;
use crate::raise;

const MAX: usize = 8;
const FIRST_FREE: usize = 2;

/// The events by number, as messages name them.
const EVENTS: [&str; 6] = [
    "ADDED",
    "MODIFIED",
    "DELETED",
    "CLONED",
    "CLEARED",
    "DEALLOCATED",
];

struct Watchers([Cell<Option<PyDict_WatchCallback>>; MAX]);
// SAFETY: only touched while the global interpreter lock is held.
unsafe impl Sync for Watchers {}

static WATCHERS: Watchers = Watchers([const { Cell::new(None) }; MAX]);

/// Whether anybody watches the dict.
#[inline(always)]
pub fn is_watched(d: &PyDictObject) -> bool {
    d._ma_watcher_tag.get() & 0xff != 0
}

/// Tells the dict's watchers what is about to change.
#[inline(always)]
pub fn notify(d: &PyDictObject, event: PyDict_WatchEvent, key: Option<&Obj>, value: Option<&Obj>) {
    if is_watched(d) {
        notify_slow(d, event, key, value);
    }
}

#[cold]
#[inline(never)]
fn notify_slow(d: &PyDictObject, event: PyDict_WatchEvent, key: Option<&Obj>, value: Option<&Obj>) {
    let raw = |o: Option<&Obj>| o.map_or(core::ptr::null_mut(), |o| o.as_ptr());
    let bits = d._ma_watcher_tag.get();
    for (i, watcher) in WATCHERS.0.iter().enumerate() {
        if bits & (1 << i) == 0 {
            continue;
        }
        let Some(callback) = watcher.get() else {
            continue;
        };
        // SAFETY: the callback takes objects or null, as the event says.
        if unsafe { callback(event, d.as_ptr(), raw(key), raw(value)) } < 0 {
            let what = EVENTS.get(event as usize).unwrap_or(&"unknown");
            let message = format!(
                "Exception ignored in PyDict_EVENT_{what} watcher callback for <dict at {:p}>",
                d.as_ptr()
            );
            err::write_unraisable(None, Some(&message));
        }
    }
}

/// Registers a callback and answers its number.
pub fn add(callback: PyDict_WatchCallback) -> Result<usize> {
    for (i, watcher) in WATCHERS.0.iter().enumerate().skip(FIRST_FREE) {
        if watcher.get().is_none() {
            watcher.set(Some(callback));
            return Ok(i);
        }
    }
    raise!(RuntimeError, "no more dict watcher IDs available")
}

fn check(id: isize) -> core::result::Result<usize, Raised> {
    if !(0..MAX as isize).contains(&id) {
        return raise!(ValueError, "Invalid dict watcher ID {}", id);
    }
    if WATCHERS.0[id as usize].get().is_none() {
        return raise!(ValueError, "No dict watcher set for ID {}", id);
    }
    Ok(id as usize)
}

/// Unregisters a callback.
pub fn clear(id: isize) -> Result<()> {
    WATCHERS.0[check(id)?].set(None);
    Ok(())
}

/// Starts or stops the watching of one dict.
pub fn watch(id: isize, dict: &Obj, on: bool) -> Result<()> {
    let Some(d) = dict.downcast::<PyDictObject>() else {
        return raise!(ValueError, "Cannot watch non-dictionary");
    };
    let bit = 1u64 << check(id)?;
    let tag = d._ma_watcher_tag.get();
    d._ma_watcher_tag
        .set(if on { tag | bit } else { tag & !bit });
    Ok(())
}
