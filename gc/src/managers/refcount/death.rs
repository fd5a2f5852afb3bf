//! What becomes of garbage cycles, in CPython's order: legacy finalizers keep theirs alive; weak references are cleared and
//! their callbacks called; finalizers run; what they resurrected lives on; the rest is cleared, and falls apart by counting.

use super::trial::{Trial, is_candidate};
use crate::control::{self, DEBUG_COLLECTABLE, DEBUG_SAVEALL, DEBUG_UNCOLLECTABLE};
use crate::heap::{is_finalized, is_tracked, set_finalized};
use crate::host::{host, type_of};
use crate::managers::Collected;
use layout::PyObject;

type Objects = Vec<*mut PyObject>;

/// Buries `dead`, which only themselves refer to.
pub fn run(trial: &Trial, dead: Objects) -> Collected {
    let (kept, dead) = set_legacy_apart(trial, dead);
    dead.iter()
        .for_each(|&object| debug_cycle(DEBUG_COLLECTABLE, "collectable", object));
    host().handle_weakrefs(&dead, &|object| is_candidate(object));
    dead.iter().for_each(|&object| finalize(object));
    let dead = trial.split_again(&dead);
    host().clear_weakrefs_quietly(&dead);
    delete(&dead);
    keep_legacy(&kept);
    Collected {
        collected: dead.len(),
        uncollectable: kept.len(),
    }
}

/// Takes out the objects with a legacy finalizer and what they reach: nobody knows in which order to delete these.
fn set_legacy_apart(trial: &Trial, dead: Objects) -> (Objects, Objects) {
    let legacy: Objects = dead
        .iter()
        .copied()
        .filter(|&object| host().has_legacy_finalizer(object))
        .collect();
    if legacy.is_empty() {
        return (legacy, dead);
    }
    let kept = trial.closure(legacy);
    kept.iter().for_each(|&object| trial.dismiss(object));
    let rest = dead
        .into_iter()
        .filter(|&object| is_candidate(object))
        .collect();
    (kept, rest)
}

fn keep_legacy(kept: &[*mut PyObject]) {
    for &object in kept {
        debug_cycle(DEBUG_UNCOLLECTABLE, "uncollectable", object);
        if control::get_debug() & DEBUG_SAVEALL != 0 || host().has_legacy_finalizer(object) {
            host().append_garbage(object);
        }
    }
}

fn finalize(object: *mut PyObject) {
    if is_candidate(object) && !is_finalized(object) && host().has_finalizer(object) {
        set_finalized(object);
        holding(object, || host().finalize(object));
    }
}

/// Breaks the cycles. Each object may be gone by the time its turn comes.
fn delete(dead: &[*mut PyObject]) {
    for &object in dead {
        if !is_candidate(object) || !is_tracked(object) {
            continue;
        }
        if control::get_debug() & DEBUG_SAVEALL != 0 {
            host().append_garbage(object);
        } else {
            holding(object, || host().clear(object));
        }
    }
}

/// Calls `f` while a counted reference keeps `object` alive.
fn holding(object: *mut PyObject, f: impl FnOnce()) {
    // SAFETY: the caller checked that the object has not been freed.
    let header = unsafe { &*object };
    if header.is_immortal() {
        return f();
    }
    header.ob_refcnt.set(header.ob_refcnt.get() + 1);
    f();
    let count = header.ob_refcnt.get() - 1;
    header.ob_refcnt.set(count);
    if count == 0 {
        host().dealloc(object);
    }
}

fn debug_cycle(flag: u32, what: &str, object: *mut PyObject) {
    if control::get_debug() & flag == 0 {
        return;
    }
    // SAFETY: a type's name is a C string.
    let name = unsafe { core::ffi::CStr::from_ptr(type_of(object).tp_name.get()) };
    let name = name.to_string_lossy();
    host().debug_line(&format!("gc: {what} <{name} {object:p}>"));
}
