//! Questions about objects and their side flags, answered from the address.
//!
//! Objects in static storage have no side flags: they are never tracked, and marking them does nothing.

use super::pages::{LISTED, Page, RANGE, WATCHED};
use super::spans::{
    ALLOCATED, FINALIZED, GENERATION, REFERENCED_WEAKLY, RETIRED, Span, TRACKED, YOUNG, find_live,
    spans,
};
use crate::control;
use crate::hidden::Hidden;
use crate::managers::{self, conservative};
use layout::PyObject;

/// The object that begins at `address`, if one does.
#[inline]
pub fn is_object(address: usize) -> Option<*mut PyObject> {
    find_object(address).filter(|&object| object as usize == address)
}

/// The live object whose cell holds `address`, its prefix included.
#[inline]
pub fn find_object(address: usize) -> Option<*mut PyObject> {
    let (span, object) = find_live(address)?;
    (!span.is_buffer()).then_some(object as *mut PyObject)
}

/// The bytes that `object` may use, as it was allocated, rounded up to its cell. 0 outside the heap.
pub fn object_size(object: *const PyObject) -> usize {
    match Span::containing(object as usize) {
        Some(span) => span.cell_size() - span.offset(),
        None => 0,
    }
}

#[inline(always)]
fn has(object: *const PyObject, flag: u8) -> bool {
    let address = object as usize;
    RANGE.contains(address) && RANGE.state(address).get() & flag != 0
}

#[inline(always)]
fn update(object: *const PyObject, clear: u8, set: u8) {
    let address = object as usize;
    if RANGE.contains(address) {
        let state = RANGE.state(address);
        state.set(state.get() & !clear | set);
    }
}

/// Makes `object` known to the cycle collector, as `PyObject_GC_Track` does. It may be tracked already.
#[inline]
pub fn track(object: *mut PyObject) {
    if is_tracked(object) {
        return;
    }
    update(object, GENERATION, TRACKED | YOUNG);
    if RANGE.contains(object as usize) {
        note_tracked(object as usize);
    }
}

/// As `track`, for an object that was allocated in the heap just now and has no flags yet.
#[inline(always)]
pub fn track_new(object: *mut PyObject) {
    let address = object as usize;
    debug_assert!(RANGE.contains(address) && RANGE.state(address).get() == ALLOCATED);
    RANGE.state(address).set(ALLOCATED | TRACKED | YOUNG);
    note_tracked(address);
}

/// Where references are counted, the cycle collector has to find its young objects again.
#[inline(always)]
fn note_tracked(address: usize) {
    if managers::counts() {
        let number = RANGE.page_number(address);
        let page = RANGE.page(number);
        if !page.has(LISTED) {
            list_page(page, number);
        }
        control::count_tracked();
    } else {
        control::count_young();
    }
}

#[cold]
#[inline(never)]
fn list_page(page: &Page, number: usize) {
    page.set(LISTED);
    control::list_young_page(number);
}

/// Hides `object` from the cycle collector, as `PyObject_GC_UnTrack` does. It may be untracked already.
#[inline]
pub fn untrack(object: *mut PyObject) {
    let address = object as usize;
    if !RANGE.contains(address) {
        return;
    }
    let state = RANGE.state(address);
    if state.get() & TRACKED != 0 {
        state.set(state.get() & !(TRACKED | GENERATION));
        control::count_untracked();
    }
}

#[inline]
pub fn is_tracked(object: *const PyObject) -> bool {
    has(object, TRACKED)
}

/// Whether `tp_finalize` has run.
#[inline]
pub fn is_finalized(object: *const PyObject) -> bool {
    has(object, FINALIZED)
}

#[inline]
pub fn set_finalized(object: *mut PyObject) {
    update(object, 0, FINALIZED);
}

/// Says that a weak reference to `object` was made, so that its death is noticed even if it is `Kind::Plain`.
#[inline]
pub fn note_weakref(object: *mut PyObject) {
    update(object, 0, REFERENCED_WEAKLY);
    if let Some(span) = Span::containing(object as usize) {
        span.first.set(WATCHED);
    }
}

/// Calls `f` with every tracked object, and, under a generation, only with those of it. Objects that are already condemned
/// are left out. `f` may allocate and free.
pub fn for_each_tracked(generation: Option<usize>, mut f: impl FnMut(*mut PyObject)) {
    let wanted = |object| {
        let state = RANGE.state(object).get();
        let aged = generation.is_none_or(|index| control::generation_of(state) == Some(index));
        state & TRACKED != 0 && aged && !conservative::is_condemned(object)
    };
    for_each_that(wanted, &mut f);
}

/// Calls `f` with every live object whose type is known, tracked or not. `f` may allocate and free.
pub fn for_each_object(mut f: impl FnMut(*mut PyObject)) {
    let wanted = |address: usize| {
        let retired = RANGE.state(address).get() & RETIRED != 0;
        has_type(address) && !retired && !conservative::is_condemned(address)
    };
    for_each_that(wanted, &mut f);
}

/// Whether `f` holds for some object that was not freed yet: those that wait for their death rites count. `f` must not
/// allocate or free.
pub fn any_object(mut f: impl FnMut(*mut PyObject) -> bool) -> bool {
    spans().filter(|span| !span.is_buffer()).any(|span| {
        span.allocated()
            .any(|object| has_type(object) && f(object as *mut PyObject))
    })
}

fn has_type(address: usize) -> bool {
    // SAFETY: callers name cells that are handed out, whose header can be read.
    unsafe { !(*(address as *mut PyObject)).ob_type.get().is_null() }
}

/// Calls `f` with every object whose type is known, condemned or not, unless its dealloc was called. `f` neither allocates nor
/// frees.
pub(crate) fn for_each_typed(mut f: impl FnMut(*mut PyObject)) {
    for span in spans().filter(|span| !span.is_buffer()) {
        for address in span.allocated() {
            if has_type(address) && RANGE.state(address).get() & RETIRED == 0 {
                f(address as *mut PyObject);
            }
        }
    }
}

/// Lists the wanted objects first: what `f` does may change the spans.
fn for_each_that(wanted: impl Fn(usize) -> bool, f: &mut dyn FnMut(*mut PyObject)) {
    let mut found = Hidden::new();
    for span in spans().filter(|span| !span.is_buffer()) {
        span.allocated()
            .filter(|&object| wanted(object))
            .for_each(|object| found.push(object));
    }
    for &object in found.as_slice() {
        if is_object(object).is_some() && wanted(object) {
            f(object as *mut PyObject);
        }
    }
}
