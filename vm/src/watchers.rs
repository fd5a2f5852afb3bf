//! Watchers: C functions that are told of changes of types, contexts, functions and code (`PyType_Watch`,
//! `PyContext_AddWatcher`, `PyFunction_AddWatcher`, `PyCode_AddWatcher`).
//!
//! A watcher that fails is reported as unraisable; what it was told of goes on. Watchers of dicts are with the dicts.

use core::cell::Cell;
use core::ffi::c_int;

use layout::*;

use crate::err::{self, Result, raise};
use crate::object::*;
use crate::protocol::object;
use crate::types::str_;

const MAX: usize = 8;

/// The watchers of one kind, by number.
pub struct Watchers<F> {
    kind: &'static str,
    /// Numbers below are kept for the interpreter.
    first: usize,
    callbacks: [Cell<Option<F>>; MAX],
    /// How many there are.
    count: Cell<usize>,
}

// SAFETY: only touched while the global interpreter lock is held.
unsafe impl<F> Sync for Watchers<F> {}

/// Watchers of types.
pub static TYPES: Watchers<PyType_WatchCallback> = Watchers::new("type", 1);
/// Watchers of contexts.
pub static CONTEXTS: Watchers<PyContext_WatchCallback> = Watchers::new("context", 0);
/// Watchers of functions.
pub static FUNCTIONS: Watchers<PyFunction_WatchCallback> = Watchers::new("func", 0);
/// Watchers of code objects.
pub static CODES: Watchers<PyCode_WatchCallback> = Watchers::new("code", 0);

impl<F: Copy> Watchers<F> {
    const fn new(kind: &'static str, first: usize) -> Watchers<F> {
        Watchers {
            kind,
            first,
            callbacks: [const { Cell::new(None) }; MAX],
            count: Cell::new(0),
        }
    }

    /// Whether there is any.
    #[inline(always)]
    pub fn any(&self) -> bool {
        self.count.get() != 0
    }

    /// Registers a callback and answers its number.
    pub fn add(&self, callback: F) -> Result<usize> {
        let free = (self.first..MAX).find(|&i| self.callbacks[i].get().is_none());
        let Some(i) = free else {
            return raise!(RuntimeError, "no more {} watcher IDs available", self.kind);
        };
        self.callbacks[i].set(Some(callback));
        self.count.set(self.count.get() + 1);
        Ok(i)
    }

    /// The messages about functions begin small.
    fn worded(&self, usual: &'static str, of_functions: &'static str) -> &'static str {
        if self.kind == "func" {
            of_functions
        } else {
            usual
        }
    }

    /// The number, if it is a watcher's.
    pub fn check(&self, id: c_int) -> Result<usize> {
        let Some(callback) = usize::try_from(id).ok().and_then(|i| self.callbacks.get(i)) else {
            let invalid = self.worded("Invalid", "invalid");
            return raise!(ValueError, "{invalid} {} watcher ID {id}", self.kind);
        };
        if callback.get().is_none() {
            let no = self.worded("No", "no");
            return raise!(ValueError, "{no} {} watcher set for ID {id}", self.kind);
        }
        Ok(id as usize)
    }

    /// Unregisters a callback.
    pub fn clear(&self, id: c_int) -> Result<()> {
        self.callbacks[self.check(id)?].set(None);
        self.count.set(self.count.get() - 1);
        Ok(())
    }

    /// Calls those that `wanted` names; `what` words the report of a failure.
    fn tell(&self, wanted: u8, call: impl Fn(F) -> c_int, what: impl Fn(usize) -> String) {
        for (i, callback) in self.callbacks.iter().enumerate() {
            let Some(callback) = callback.get().filter(|_| wanted >> i & 1 != 0) else {
                continue;
            };
            err::preserved(|| {
                if call(callback) < 0 {
                    err::write_unraisable(None, Some(&what(i)));
                }
            });
        }
    }
}

fn shown(o: &Obj) -> String {
    match object::repr(o) {
        Ok(text) => str_::to_string_lossy(&text),
        Err(_) => {
            err::clear();
            format!("<{} object at {:p}>", o.tp_name(), o.as_ptr())
        }
    }
}

/// Starts or stops the watching of one type.
pub fn watch_type(id: c_int, tp: &Obj, on: bool) -> Result<()> {
    let Some(tp) = tp.downcast::<PyTypeObject>() else {
        return raise!(ValueError, "Cannot watch non-type");
    };
    let bit = 1u8 << TYPES.check(id)?;
    let present = tp.tp_watched.get();
    if on {
        // Without a version nothing would be told of a change.
        crate::types::type_::version(tp);
        tp.tp_watched.set(present | bit);
    } else {
        tp.tp_watched.set(present & !bit);
    }
    Ok(())
}

/// Tells that a watched type is changing.
#[cold]
pub fn type_modified(tp: &PyTypeObject) {
    TYPES.tell(
        tp.tp_watched.get(),
        // SAFETY: the callback takes a type.
        |callback| unsafe { callback(core::ptr::from_ref(tp).cast_mut()) },
        |i| {
            let shown = shown(tp.as_obj());
            format!("Exception ignored in type watcher callback #{i} for {shown}")
        },
    );
}

/// Tells that another context runs now.
#[cold]
pub fn context_switched(to: &Obj) {
    CONTEXTS.tell(
        u8::MAX,
        // SAFETY: the callback takes a context or None.
        |callback| unsafe { callback(Py_CONTEXT_SWITCHED, to.as_ptr()) },
        |_| {
            let shown = shown(to);
            format!("Exception ignored in Py_CONTEXT_SWITCHED watcher callback for {shown}")
        },
    );
}

/// Tells of an event of a function: made, about to be changed to have `value`, about to die.
#[cold]
pub fn function_event(event: PyFunction_WatchEvent, f: &PyFunctionObject, value: Option<&Obj>) {
    static NAMES: [&str; 5] = [
        "CREATE",
        "DESTROY",
        "MODIFY_CODE",
        "MODIFY_DEFAULTS",
        "MODIFY_KWDEFAULTS",
    ];
    let value = value.map_or(core::ptr::null_mut(), Obj::as_ptr);
    FUNCTIONS.tell(
        u8::MAX,
        // SAFETY: the callback takes an event, a function and the new value or null.
        |callback| unsafe { callback(event, core::ptr::from_ref(f).cast_mut(), value) },
        |_| {
            let name = f.func_qualname.borrow_obj().map_or_else(String::new, str_lossy);
            let event = NAMES[event as usize];
            format!("Exception ignored in PyFunction_EVENT_{event} watcher callback for function {name} at {f:p}")
        },
    );
}

/// Tells of an event of a code object: made, or about to die.
#[cold]
pub fn code_event(event: PyCodeEvent, code: &PyCodeObject) {
    CODES.tell(
        u8::MAX,
        // SAFETY: the callback takes an event and a code object.
        |callback| unsafe { callback(event, core::ptr::from_ref(code).cast_mut()) },
        |_| {
            let event = if event == PY_CODE_EVENT_CREATE {
                "CREATE"
            } else {
                "DESTROY"
            };
            let shown = shown(code.as_obj());
            format!("Exception ignored in PY_CODE_EVENT_{event} watcher callback for {shown}")
        },
    );
}
