//! Allocation: take a cell from the list of its kind, prefix and size class.
//!
//! A cell that was freed is popped, else the list's run of free cells is shortened by one: this is the whole fast path, in the
//! interpreter and in compiled code. Where both are used up the list is refilled; there a collection may be triggered, and
//! nowhere else.

use super::classes::{self, GRANULE, LARGEST_CELL, LARGEST_LINEAR};
use super::lists::{self, List};
use super::pages::{ALONE, Kind, PAGE, PARTIAL, PREFIXED, RANGE};
use super::spans::{ALLOCATED, Span};
use crate::arch::call_quietly;
use crate::gil::Gil;
use crate::managers;
use crate::stress;
use core::cell::Cell;
use layout::{PyObject, PyTypeObject};

/// Bytes of free cells that were given to lists, and of large cells, since a manager last asked.
static GROWTH: Gil<Cell<usize>> = Gil::new(Cell::new(0));

pub(crate) fn note_growth(bytes: usize) {
    GROWTH.set(GROWTH.get() + bytes);
}

/// Bytes that were made available since `reset_growth`.
pub(crate) fn growth() -> usize {
    GROWTH.get()
}

pub(crate) fn reset_growth() {
    GROWTH.set(0);
}

static BIRTH_REFCNT: Gil<Cell<u32>> = Gil::new(Cell::new(1));

/// The reference count that an object is born with: 1, or the immortal one where nobody counts.
#[inline(always)]
pub fn birth_refcnt() -> u32 {
    BIRTH_REFCNT.get()
}

pub(crate) fn set_birth_refcnt(count: u32) {
    BIRTH_REFCNT.set(count);
}

/// A new object of `size` bytes, behind `prefix` (0, 8 or 16) bytes for the managed dict pointer (at -8) and the weak
/// reference list (at -16). All of it is zeroed, except for the reference count, which is `birth_refcnt()`. The address is a
/// multiple of 16. Null if there is no memory. May collect.
#[inline]
pub fn allocate_object(size: usize, prefix: usize, kind: Kind) -> *mut PyObject {
    debug_assert!(prefix <= 16 && kind != Kind::Buffer && size >= size_of::<PyObject>());
    let offset = if prefix == 0 { 0 } else { GRANULE };
    let object = allocate(size.saturating_add(offset), offset, kind, true).cast::<PyObject>();
    if !object.is_null() {
        // SAFETY: the cell is new, zeroed, aligned and at least as big as the header.
        unsafe { (*object).ob_refcnt.set(birth_refcnt()) };
    }
    object
}

/// A new object of type `tp`, of `size` bytes and without a prefix, whose header is complete and whose other bytes are
/// anything: the caller writes all that `tp_traverse` and `tp_dealloc` look at before it allocates again. Null if there is no
/// memory. May collect.
#[inline(always)]
pub fn allocate_unfilled(size: usize, kind: Kind, tp: *mut PyTypeObject) -> *mut PyObject {
    debug_assert!(kind != Kind::Buffer && size >= size_of::<PyObject>());
    let object = allocate(size, 0, kind, false).cast::<PyObject>();
    if !object.is_null() {
        // SAFETY: the cell is new, aligned and at least as big as the header.
        unsafe {
            (*object).ob_refcnt.set(birth_refcnt());
            (*object).ob_overflow.set(0);
            (*object).ob_flags.set(0);
            (*object).ob_type.set(tp);
        }
    }
    object
}

/// A new zeroed buffer of at least `size` bytes, for one object to own. Null if there is no memory. May collect.
#[inline]
pub fn allocate_buffer(size: usize) -> *mut u8 {
    allocate(size, 0, Kind::Buffer, true)
}

#[inline(always)]
fn allocate(size: usize, offset: usize, kind: Kind, zeroed: bool) -> *mut u8 {
    if size <= LARGEST_LINEAR {
        let class = classes::linear_class_of(size);
        let list = lists::at(lists::number(class, offset, kind));
        let size = classes::linear_size(class);
        if let Some(cell) = list.take(size) {
            return hand_out(cell, size, offset, zeroed);
        }
    }
    let rest = offset << KIND_BITS | kind as usize;
    // SAFETY: the arguments are what the function wants.
    unsafe { call_quietly(allocate_rarely, size, rest) as *mut u8 }
}

const KIND_BITS: u32 = 8;

/// [`allocate_slow`], with the offset and the kind in one argument.
unsafe extern "C" fn allocate_rarely(size: usize, rest: usize) -> usize {
    let kind = match rest & ((1 << KIND_BITS) - 1) {
        1 => Kind::Plain,
        2 => Kind::Destructible,
        _ => Kind::Buffer,
    };
    allocate_slow(size, rest >> KIND_BITS, kind) as usize
}

#[inline(always)]
fn hand_out(cell: *mut u8, size: usize, offset: usize, zeroed: bool) -> *mut u8 {
    // SAFETY: the cell was free, has the size of its class, and an offset is smaller than any cell that has one.
    let object = unsafe {
        if zeroed {
            zero(cell, size);
        }
        cell.add(offset)
    };
    RANGE.state(object as usize).set(ALLOCATED);
    object
}

/// Zeroes a cell. The sizes of cells are small and often unknown to the compiler, so a loop is better than a call.
///
/// # Safety
/// The `size` bytes from `cell` on can be written; both are multiples of 16.
#[inline(always)]
unsafe fn zero(cell: *mut u8, size: usize) {
    let words = cell.cast::<u64>();
    let mut index = 0;
    while index < size / size_of::<u64>() {
        // SAFETY: the caller's promise. Volatile, lest the compiler make it a call after all.
        unsafe {
            words.add(index).write_volatile(0);
            words.add(index + 1).write_volatile(0);
        }
        index += 2;
    }
}

#[cold]
#[inline(never)]
fn allocate_slow(size: usize, offset: usize, kind: Kind) -> *mut u8 {
    RANGE.reserve();
    stress::tick();
    if size > LARGEST_CELL {
        return allocate_large(size, offset, kind);
    }
    let class = classes::class_of(size);
    let bytes = classes::cell_size(class);
    let list = lists::at(lists::number(class, offset, kind));
    let Some(cell) = list.take_slowly(class, offset, kind) else {
        return core::ptr::null_mut();
    };
    // SAFETY: a free cell of that size.
    unsafe { cell.write_bytes(0, bytes) };
    hand_out(cell, bytes, offset, false)
}

#[inline(never)]
fn allocate_large(size: usize, offset: usize, kind: Kind) -> *mut u8 {
    if size > RANGE.reserved.get() {
        return core::ptr::null_mut();
    }
    let pages = size.div_ceil(PAGE);
    managers::before_growth(pages * PAGE);
    let Some(span) = Span::create(pages as u32, 0, 0, kind, offset) else {
        return core::ptr::null_mut();
    };
    note_growth(span.bytes());
    let object = span.object(0);
    RANGE.state(object).set(ALLOCATED);
    object as *mut u8
}

/// Returns the memory of a live cell at once: the state byte is cleared, and the cell can be handed out again.
///
/// # Safety
/// `object` is the address of a live cell of `span`, which nothing uses from now on.
#[inline]
pub(crate) unsafe fn release_cell(span: Span, object: usize) {
    debug_assert!(RANGE.state(object).get() & ALLOCATED != 0, "freed twice");
    RANGE.state(object).set(0);
    if span.is_large() {
        span.release();
    } else if !span.first.has(PARTIAL) {
        let list = lists::at(usize::from(span.first.list.get()));
        // SAFETY: the cell was live, so it is in no list, and the caller gave it up.
        unsafe { list.push((object - span.offset()) as *mut u8) };
    }
}

/// As `release_cell`, for a cell anywhere in the heap whose page says all by itself. False, with nothing done, if it does not.
///
/// # Safety
/// As `release_cell`.
#[inline(always)]
pub(crate) unsafe fn release_small_cell(object: usize) -> bool {
    let page = RANGE.page(RANGE.page_number(object));
    let flags = page.flags.get();
    if flags & (ALONE | PARTIAL) != ALONE {
        return false;
    }
    debug_assert!(RANGE.state(object).get() & ALLOCATED != 0, "freed twice");
    RANGE.state(object).set(0);
    let list = lists::at(usize::from(page.list.get()));
    let cell = object - usize::from(flags & PREFIXED);
    // SAFETY: the caller's promise.
    unsafe { list.push(cell as *mut u8) };
    true
}

/// What compiled code needs to allocate one size of object inline, as `allocate_object` does. The addresses are good for the
/// life of the process.
#[derive(Clone, Copy, Debug)]
pub struct InlineAllocation {
    /// The address of the word that holds the first freed cell, or null. To take it: store the word it points to back.
    pub freed: usize,
    /// The address of the word that holds the next cell of the run. To take it: add `cell_size`.
    pub cursor: usize,
    /// The address of the word that holds the end of the run: if the cursor is equal to it, there is none.
    pub limit: usize,
    /// How many bytes from the taken cell are to be zeroed, unless they are all written.
    pub cell_size: usize,
    /// Bytes from the cell to the object.
    pub offset: usize,
    /// The state byte of an object is at `states + object / 16` (with wrap-around) and becomes `state`.
    pub states: usize,
    pub state: u8,
}

/// How to allocate such an object inline; `None` for sizes that only a call serves.
pub fn inline_allocation(size: usize, prefix: usize, kind: Kind) -> Option<InlineAllocation> {
    let offset = if prefix == 0 { 0 } else { GRANULE };
    let size = size + offset;
    (size <= LARGEST_LINEAR).then(|| {
        let class = classes::linear_class_of(size);
        let words = lists::at(lists::number(class, offset, kind)).words();
        InlineAllocation {
            freed: words.freed,
            cursor: words.cursor,
            limit: words.limit,
            cell_size: classes::linear_size(class),
            offset,
            states: RANGE.states_from_zero(),
            state: ALLOCATED,
        }
    })
}

/// Takes the cells from every fast path's reach, so that stress sees the next allocation.
pub(crate) fn hold_all_cells() {
    lists::all().for_each(List::hold);
}
