//! Functions to call at shutdown, last registered first: what the `atexit` module keeps.

use core::cell::RefCell;
use core::ffi::c_void;

use crate::err;
use crate::object::*;
use crate::protocol::call;
use layout::*;

/// A registered call.
pub struct Entry {
    /// The function.
    pub function: Ref,
    /// Its positional arguments.
    pub args: Ref<PyTupleObject>,
    /// Its keyword arguments.
    pub kwargs: Option<Ref<PyDictObject>>,
}

struct Entries(RefCell<Vec<Entry>>);

// SAFETY: touched under the global interpreter lock.
unsafe impl Sync for Entries {}

static ENTRIES: Entries = Entries(RefCell::new(Vec::new()));

type Native = unsafe extern "C" fn(*mut c_void);

struct Natives(RefCell<Vec<(Native, *mut c_void)>>);

// SAFETY: touched under the global interpreter lock.
unsafe impl Sync for Natives {}

static NATIVES: Natives = Natives(RefCell::new(Vec::new()));

/// Adds a call of a C function, which is made when no Python code runs any more.
pub fn register_native(function: Native, data: *mut c_void) {
    NATIVES.0.borrow_mut().push((function, data));
}

/// Calls the C functions, last registered first.
pub fn run_native() {
    loop {
        let Some((function, data)) = NATIVES.0.borrow_mut().pop() else {
            return;
        };
        // SAFETY: function and data were registered together.
        unsafe { function(data) };
    }
}

/// Adds a call.
pub fn register(entry: Entry) {
    ENTRIES.0.borrow_mut().push(entry);
}

/// How many calls are registered.
pub fn count() -> usize {
    ENTRIES.0.borrow().len()
}

/// Forgets all calls.
pub fn clear() {
    drop(ENTRIES.0.take());
}

/// Takes the entries out, to look at them while Python code may run.
pub fn take() -> Vec<Entry> {
    ENTRIES.0.take()
}

/// Puts entries back in front of those registered meanwhile.
pub fn put_back(mut entries: Vec<Entry>) {
    let newer = ENTRIES.0.take();
    entries.extend(newer);
    *ENTRIES.0.borrow_mut() = entries;
}

/// Makes the calls, last registered first; errors are reported and do not stop the others.
pub fn run() {
    loop {
        let Some(e) = ENTRIES.0.borrow_mut().pop() else {
            return;
        };
        if call::call_tuple_dict(&e.function, &e.args, e.kwargs.as_deref()).is_err() {
            let message = format!(
                "Exception ignored in atexit callback {}",
                repr_lossy(&e.function)
            );
            err::write_unraisable(None, Some(&message));
        }
    }
}
