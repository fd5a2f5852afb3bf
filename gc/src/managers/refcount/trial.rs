//! Trial deletion: which of a set of objects are referred to from outside of it.
//!
//! The candidates are the tracked objects of some pages, up to a generation. Each has a word in a side table, which holds its
//! count. Subtracting every reference that one candidate holds to another leaves the references from outside; what these
//! reach is alive, and the rest is garbage. Invariant: while a `Trial` lives, the words of its candidates, and no others, are
//! not zero. An object that is found alive, or freed, is a candidate no more.

use crate::control;
use crate::gil::Gil;
use crate::heap::pages::{GRANULES_PER_PAGE, RANGE};
use crate::heap::spans::TRACKED;
use crate::host::type_of;
use core::cell::{Cell, RefCell};
use core::ffi::{c_int, c_void};
use layout::{PyObject, visitproc};
use std::collections::HashMap;

const CANDIDATE: u16 = 1 << 15;
/// A word with this count says that the count is too high for a word.
const HIGH: u16 = CANDIDATE - 1;

/// The counts that are too high for words.
static HIGH_COUNTS: Gil<RefCell<Option<HashMap<usize, u32>>>> = Gil::new(RefCell::new(None));

/// The candidates of a collection.
pub struct Trial {
    pages: Vec<u32>,
    oldest: usize,
    /// All of them as they were at first, unless everything is examined: they would take much memory then, and are found
    /// easily.
    listed: Option<Vec<*mut PyObject>>,
    /// How many there were at first.
    pub candidates: usize,
}

impl Trial {
    /// Makes the tracked objects that begin in these pages, up to the generation `oldest`, candidates.
    pub fn new(pages: Vec<u32>, oldest: usize) -> Trial {
        let mut trial = Trial {
            pages,
            oldest,
            listed: None,
            candidates: 0,
        };
        let lists = oldest < control::GENERATIONS - 1;
        let mut listed = Vec::new();
        let mut count = 0;
        trial.search(|object| {
            set_count(object);
            count += 1;
            if lists {
                listed.push(object);
            }
        });
        trial.candidates = count;
        trial.listed = lists.then_some(listed);
        trial
    }

    /// Calls `f` with each object that was a candidate at first. None of them has been freed yet.
    pub fn for_each_tracked(&self, f: impl FnMut(*mut PyObject)) {
        match &self.listed {
            Some(listed) => listed.iter().copied().for_each(f),
            None => self.search(f),
        }
    }

    /// Calls `f` with each tracked object of the generations that are examined, in the order of addresses in each page.
    fn search(&self, mut f: impl FnMut(*mut PyObject)) {
        let tracked = u64::from_ne_bytes([TRACKED; 8]);
        for &number in &self.pages {
            let first = number as usize * GRANULES_PER_PAGE;
            let states = RANGE.state_words(first, GRANULES_PER_PAGE);
            for (index, states) in states.iter().enumerate() {
                if states.get() & tracked == 0 {
                    continue;
                }
                for (granule, state) in states.get().to_ne_bytes().into_iter().enumerate() {
                    let examined = control::generation_of(state)
                        .is_some_and(|generation| generation <= self.oldest);
                    if state & TRACKED != 0 && examined {
                        let granule = first + index * 8 + granule;
                        f(RANGE.granule_address(granule) as *mut PyObject);
                    }
                }
            }
        }
    }

    /// Ends the candidacy of all that are referred to from outside, directly or not. Returns the rest.
    pub fn split(&self) -> Vec<*mut PyObject> {
        split(|f| {
            self.for_each_tracked(|object| {
                if is_candidate(object) {
                    f(object);
                }
            })
        })
    }

    /// As `split`, of these candidates alone, whose counts may have changed.
    pub fn split_again(&self, objects: &[*mut PyObject]) -> Vec<*mut PyObject> {
        let candidates = || {
            objects
                .iter()
                .copied()
                .filter(|&object| is_candidate(object))
        };
        candidates().for_each(set_count);
        split(|f| candidates().for_each(f))
    }

    /// Ends the candidacy of `object`: it counts as outside from now on.
    pub fn dismiss(&self, object: *mut PyObject) {
        set(object, 0);
    }

    /// Ends the candidacy of what `first` reaches among the candidates; returns that, `first` included.
    pub fn closure(&self, first: Vec<*mut PyObject>) -> Vec<*mut PyObject> {
        first.iter().for_each(|&object| self.dismiss(object));
        let mut reached = first;
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
        if let Some(listed) = &self.listed {
            listed.iter().for_each(|&object| self.dismiss(object));
        } else if self.pages.len() * GRANULES_PER_PAGE > COUNTS_KEPT {
            RANGE.give_back_counts();
        } else {
            let pages = self.pages.iter().map(|&number| number as usize);
            pages.for_each(|number| RANGE.clear_counts(number));
        }
        HIGH_COUNTS.replace(None);
    }
}

/// A collection that looked at more granules than this gives the memory of the words back.
const COUNTS_KEPT: usize = 1 << 20;

/// `each` calls its argument with each candidate of a set.
fn split(each: impl Fn(&mut dyn FnMut(*mut PyObject))) -> Vec<*mut PyObject> {
    each(&mut |object| traverse(object, subtract, core::ptr::null_mut()));
    let mut reached = Vec::new();
    each(&mut |object| {
        if get(object) == CANDIDATE {
            return;
        }
        set(object, 0);
        reached.push(object);
        while let Some(object) = reached.pop() {
            traverse(object, reach, (&raw mut reached).cast());
        }
    });
    let mut dead = Vec::new();
    each(&mut |object| dead.push(object));
    dead
}

/// Whether `object` is a candidate and has not been freed since.
pub fn is_candidate(object: *mut PyObject) -> bool {
    get(object) & CANDIDATE != 0
}

/// The object was freed: whatever is allocated there next is no candidate.
#[inline]
pub fn forget(address: usize) {
    RANGE.count(address).set(0);
}

#[inline]
fn word<'a>(object: *mut PyObject) -> Option<&'a Cell<u16>> {
    let address = object as usize;
    RANGE.contains(address).then(|| RANGE.count(address))
}

#[inline]
fn get(object: *mut PyObject) -> u16 {
    word(object).map_or(0, Cell::get)
}

#[inline]
fn set(object: *mut PyObject, value: u16) {
    if let Some(word) = word(object) {
        word.set(value);
    }
}

/// Gives a candidate the count of its header.
#[inline]
fn set_count(object: *mut PyObject) {
    // SAFETY: candidates are alive, so the header can be read.
    let count = unsafe { (*object).ob_refcnt.get() };
    if count < u32::from(HIGH) {
        set(object, CANDIDATE | count as u16);
    } else {
        set(object, CANDIDATE | HIGH);
        let mut high = HIGH_COUNTS.borrow_mut();
        high.get_or_insert_default().insert(object as usize, count);
    }
}

fn traverse(object: *mut PyObject, visit: visitproc, argument: *mut c_void) {
    if let Some(traverse) = type_of(object).tp_traverse.get() {
        // SAFETY: the slot's own type, a live object, and a visitor that neither allocates objects nor frees any.
        unsafe { traverse(object, visit, argument) };
    }
}

unsafe extern "C" fn subtract(object: *mut PyObject, _: *mut c_void) -> c_int {
    if let Some(word) = word(object) {
        match word.get() {
            0..=CANDIDATE => {}
            u16::MAX => subtract_high(object, word),
            count => word.set(count - 1),
        }
    }
    0
}

#[cold]
fn subtract_high(object: *mut PyObject, word: &Cell<u16>) {
    let mut high = HIGH_COUNTS.borrow_mut();
    if let Some(count) = high.get_or_insert_default().get_mut(&(object as usize)) {
        *count -= 1;
        if *count < u32::from(HIGH) {
            word.set(CANDIDATE | *count as u16);
        }
    }
}

unsafe extern "C" fn reach(object: *mut PyObject, reached: *mut c_void) -> c_int {
    if let Some(word) = word(object)
        && word.get() != 0
    {
        word.set(0);
        // SAFETY: `split` and `closure` pass their list, and hold no reference to it during the traversal.
        unsafe { (*reached.cast::<Vec<*mut PyObject>>()).push(object) };
    }
    0
}
