//! Pointers that debuggers and profilers hang on code objects (PEP 523: `PyUnstable_Code_SetExtra`).
//!
//! Whoever uses them asks for an index once; each code object has an array of as many pointers as it needs.

use core::cell::{Cell, RefCell};
use core::ffi::c_void;
use core::mem::size_of;

use layout::*;

/// Frees what an index's user has stored.
pub type Free = Option<unsafe extern "C" fn(*mut c_void)>;

/// As many users there may be at once (`MAX_CO_EXTRA_USERS`).
const MAX: usize = 255;

struct Users(RefCell<Vec<Free>>);

// SAFETY: used under the lock.
unsafe impl Sync for Users {}

static USERS: Users = Users(RefCell::new(Vec::new()));

/// The array of a code object.
#[repr(C)]
struct Extras {
    count: usize,
    pointers: [Cell<*mut c_void>; 0],
}

/// An index of one's own, if there is one left; `free` is called for each pointer whose code object dies.
pub fn request_index(free: Free) -> Option<usize> {
    let mut users = USERS.0.borrow_mut();
    if users.len() >= MAX {
        return None;
    }
    users.push(free);
    Some(users.len() - 1)
}

fn stored(code: &PyCodeObject) -> &[Cell<*mut c_void>] {
    // SAFETY: null, or the array that `set` has made, with its length before it.
    unsafe {
        let extras = code.co_extra.get().cast::<Extras>();
        if extras.is_null() {
            return &[];
        }
        core::slice::from_raw_parts((&raw const (*extras).pointers).cast(), (*extras).count)
    }
}

/// What is stored at an index: null if nothing is. None if the index is nobody's.
pub fn get(code: &PyCodeObject, index: isize) -> Option<*mut c_void> {
    let index = check(index)?;
    Some(
        stored(code)
            .get(index)
            .map_or(core::ptr::null_mut(), Cell::get),
    )
}

/// Stores a pointer; what was there is freed. None if the index is nobody's.
pub fn set(code: &PyCodeObject, index: isize, value: *mut c_void) -> Option<()> {
    let index = check(index)?;
    if stored(code).len() <= index {
        grow(code, USERS.0.borrow().len());
    }
    let cell = &stored(code)[index];
    let before = cell.replace(value);
    release(index, before);
    Some(())
}

fn check(index: isize) -> Option<usize> {
    usize::try_from(index)
        .ok()
        .filter(|&i| i < USERS.0.borrow().len())
}

fn grow(code: &PyCodeObject, count: usize) {
    let before = stored(code);
    let size = size_of::<Extras>() + count * size_of::<*mut c_void>();
    // SAFETY: fresh, zeroed memory from `malloc`, large enough for the array; collectors that scan look there.
    unsafe {
        let extras = libc::calloc(1, size).cast::<Extras>();
        assert!(!extras.is_null(), "out of memory");
        (*extras).count = count;
        let to = (&raw mut (*extras).pointers).cast::<*mut c_void>();
        core::ptr::copy_nonoverlapping(before.as_ptr().cast(), to, before.len());
        libc::free(code.co_extra.replace(extras.cast()));
    }
}

fn release(index: usize, value: *mut c_void) {
    let free = USERS.0.borrow()[index];
    if let Some(free) = free.filter(|_| !value.is_null()) {
        // SAFETY: the user's own function, for the pointer that it has stored.
        unsafe { free(value) };
    }
}

/// Frees what is stored on a dying code object.
pub fn free(code: &PyCodeObject) {
    if code.co_extra.get().is_null() {
        return;
    }
    for (index, cell) in stored(code).iter().enumerate() {
        release(index, cell.replace(core::ptr::null_mut()));
    }
    // SAFETY: made by `grow`, used no more.
    unsafe { libc::free(code.co_extra.replace(core::ptr::null_mut())) };
}
