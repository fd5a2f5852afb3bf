//! Trial deletion: which of a set of objects are referred to from outside of it.
//!
//! Each candidate has a word in a side table, which holds its count. Subtracting every reference that one
//! candidate holds to another leaves the references from outside; what these reach is alive, and the rest is garbage.
//! Invariant: while a `Trial` lives, the words of its candidates and no others are not zero, and an object that is freed stops being one.

use crate::heap::pages::RANGE;
use crate::host::type_of;
use core::cell::Cell;
use core::ffi::{c_int, c_void};
use layout::{PyObject, visitproc};

const CANDIDATE: u32 = 1 << 31;
const REACHED: u32 = 1 << 30;
const COUNT: u32 = REACHED - 1;

/// The candidates of a collection.
pub struct Trial {
    pub candidates: Vec<*mut PyObject>,
}

impl Trial {
    pub fn new() -> Trial {
        Trial {
            candidates: Vec::new(),
        }
    }

    /// Makes a tracked object a candidate.
    #[inline]
    pub fn add(&mut self, object: *mut PyObject) {
        set(object, CANDIDATE);
        self.candidates.push(object);
    }

    /// Splits `objects`, which are candidates, into those that are referred to from outside of them, directly or not, and
    /// the rest. The former are candidates no more; the latter keep their order.
    pub fn split(&self, objects: &[*mut PyObject]) -> (Vec<*mut PyObject>, Vec<*mut PyObject>) {
        let alive = || {
            objects
                .iter()
                .copied()
                .filter(|&object| is_candidate(object))
        };
        for object in alive() {
            // SAFETY: candidates are alive, so the header can be read.
            let count = unsafe { (*object).ob_refcnt.get() };
            set(object, CANDIDATE | count.min(COUNT));
        }
        for object in alive() {
            traverse(object, subtract, core::ptr::null_mut());
        }
        let mut reached = Vec::new();
        for object in alive() {
            if get(object) & COUNT != 0 && get(object) & REACHED == 0 {
                set(object, get(object) | REACHED);
                reached.push(object);
            }
        }
        let mut next = 0;
        while let Some(&object) = reached.get(next) {
            traverse(object, reach, (&raw mut reached).cast());
            next += 1;
        }
        reached.iter().for_each(|&object| self.dismiss(object));
        let dead = alive().collect();
        (reached, dead)
    }

    /// Ends the candidacy of `object`: it counts as outside from now on.
    pub fn dismiss(&self, object: *mut PyObject) {
        set(object, 0);
    }

    /// Takes out of `objects` whatever `first` reaches among them; returns that, `first` included.
    pub fn closure(&self, first: Vec<*mut PyObject>) -> Vec<*mut PyObject> {
        let mut reached = first;
        for &object in &reached {
            set(object, get(object) | REACHED);
        }
        let mut next = 0;
        while let Some(&object) = reached.get(next) {
            traverse(object, reach, (&raw mut reached).cast());
            next += 1;
        }
        reached
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        for &object in &self.candidates {
            self.dismiss(object);
        }
        RANGE.give_back_words(self.candidates.len());
    }
}

/// Whether `object` is a candidate and has not been freed since.
pub fn is_candidate(object: *mut PyObject) -> bool {
    get(object) & CANDIDATE != 0
}

/// The object was freed: whatever is allocated there next is no candidate.
#[inline]
pub fn forget(address: usize) {
    RANGE.word(address).set(0);
}

#[inline]
fn word<'a>(address: usize) -> Option<&'a Cell<u32>> {
    RANGE.contains(address).then(|| RANGE.word(address))
}

#[inline]
fn get(object: *mut PyObject) -> u32 {
    word(object as usize).map_or(0, Cell::get)
}

#[inline]
fn set(object: *mut PyObject, value: u32) {
    if let Some(word) = word(object as usize) {
        word.set(value);
    }
}

fn traverse(object: *mut PyObject, visit: visitproc, argument: *mut c_void) {
    if let Some(traverse) = type_of(object).tp_traverse.get() {
        // SAFETY: the slot's own type, a live object, and a visitor that neither allocates objects nor frees any.
        unsafe { traverse(object, visit, argument) };
    }
}

unsafe extern "C" fn subtract(object: *mut PyObject, _: *mut c_void) -> c_int {
    if let Some(word) = word(object as usize)
        && word.get() & CANDIDATE != 0
        && word.get() & COUNT != 0
    {
        word.set(word.get() - 1);
    }
    0
}

unsafe extern "C" fn reach(object: *mut PyObject, reached: *mut c_void) -> c_int {
    if let Some(word) = word(object as usize)
        && word.get() & (CANDIDATE | REACHED) == CANDIDATE
    {
        word.set(word.get() | REACHED);
        // SAFETY: `split` and `closure` pass their list, and hold no reference to it during the traversal.
        unsafe { (*reached.cast::<Vec<*mut PyObject>>()).push(object) };
    }
    0
}
