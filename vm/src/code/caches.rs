//! Inline caches: what the interpreter learned at an instruction, in a side table of its code object.
//!
//! The first cache unit of an instruction holds the number of its entry, or 0 while the code is cold. The table is made when
//! the code has shown that it runs more than once. Entries hold borrowed pointers, which are only followed after the
//! versions beside them have proved that their objects are still in place; so they keep nothing alive.

use core::cell::Cell;
use core::ptr;

use layout::*;

use super::{instructions, units};
use crate::frame::CodeUnit;
use crate::opcodes::{BASE, CACHES, op};
use crate::tier;

/// One entry. What the fields mean is up to the instruction's form; the interpreter and compiled code agree on them in
/// `interp::specialize`.
#[repr(C)]
pub struct InlineCache {
    pub counter: Cell<u16>,
    /// How often the instruction has been specialised.
    pub forms: Cell<u16>,
    pub version: Cell<u32>,
    pub object: Cell<*mut PyObject>,
    pub index: Cell<u32>,
    pub second_version: Cell<u32>,
    pub extra: Cell<usize>,
}

const _: () = assert!(size_of::<InlineCache>() == 32);

/// A table's header; the entries follow. It hangs off `co_executors`, which nothing outside the runtime looks into.
#[repr(C)]
pub struct CacheTable {
    pub len: usize,
    /// The compiled code, null until there is some.
    pub compiled: Cell<*mut tier::Compiled>,
    /// Entries and turns of loops since it was last compiled.
    pub heat: Cell<u32>,
    /// How often it has been compiled.
    pub attempts: Cell<u32>,
    reserved: usize,
    entries: [InlineCache; 0],
}

const _: () = assert!(size_of::<CacheTable>() == 32);

/// A counter that fires when it reaches zero, and waits exponentially longer after each failure: value << 4 | exponent.
pub mod counter {
    /// The first attempt comes soon after the code has warmed up.
    pub const INITIAL: u16 = 1 << 4 | 1;
    /// How many misses a specialised instruction survives.
    pub const COOLDOWN: u16 = 52 << 4;
    const MAX_EXPONENT: u16 = 12;

    /// The counter after a failed attempt.
    pub fn backed_off(counter: u16) -> u16 {
        let exponent = (counter & 15).min(MAX_EXPONENT - 1) + 1;
        ((1 << exponent) - 1) << 4 | exponent
    }
}

impl InlineCache {
    /// A cache that knows nothing yet.
    pub const fn empty() -> InlineCache {
        InlineCache {
            counter: Cell::new(0),
            forms: Cell::new(0),
            version: Cell::new(0),
            object: Cell::new(ptr::null_mut()),
            index: Cell::new(0),
            second_version: Cell::new(0),
            extra: Cell::new(0),
        }
    }

    /// Counts an execution of the generic form; `true` when it is time to specialise.
    #[inline(always)]
    pub fn tick(&self) -> bool {
        let counter = self.counter.get();
        if counter < 16 {
            return true;
        }
        self.counter.set(counter - 16);
        false
    }

    pub fn succeeded(&self) {
        self.counter.set(counter::COOLDOWN);
        self.forms.set(self.forms.get().saturating_add(1));
    }

    /// Whether no form of the instruction has been looked for yet.
    pub fn is_untried(&self) -> bool {
        self.forms.get() == 0 && self.counter.get() & 15 == counter::INITIAL & 15
    }

    /// Whether a form of the instruction has failed there since it was chosen, or forms keep giving way to others.
    pub fn has_missed(&self) -> bool {
        self.forms.get() > 2 || self.counter.get() < counter::COOLDOWN
    }

    pub fn failed(&self) {
        self.counter.set(counter::backed_off(self.counter.get()));
    }
}

/// The table of a warm code object.
#[inline(always)]
pub fn table(code: &PyCodeObject) -> Option<&CacheTable> {
    // SAFETY: null, or made by `warm_up` and owned by the code.
    unsafe { code.co_executors.get().cast::<CacheTable>().as_ref() }
}

/// The entry that a cache unit names.
///
/// # Safety
/// `number` was read from a cache unit of `code`, and is not 0.
#[inline(always)]
pub unsafe fn entry(code: &PyCodeObject, number: CodeUnit) -> &InlineCache {
    // SAFETY: entry n lies n * 32 bytes behind the header's start.
    unsafe {
        &*code
            .co_executors
            .get()
            .cast::<InlineCache>()
            .add(usize::from(number))
    }
}

/// Gives each instruction that can be specialised its entry. Instructions beyond the 65535th keep none.
#[cold]
#[inline(never)]
pub fn warm_up(code: &PyCodeObject) {
    if !code.co_executors.get().is_null() || !code._co_monitoring.get().is_null() {
        return;
    }
    let start = instructions(code).cast_mut();
    let count = units(code);
    let sites = each(start, count)
        .filter(|&(_, opcode)| is_adaptive(opcode))
        .take(0xffff)
        .count();
    let bytes = size_of::<CacheTable>() + sites * size_of::<InlineCache>();
    let table = gc::allocate_buffer(bytes).cast::<CacheTable>();
    if table.is_null() {
        return;
    }
    // SAFETY: fresh memory of `bytes` bytes; instruction offsets lie inside the code.
    unsafe {
        (*table).len = sites;
        let mut number = 0;
        for (offset, opcode) in each(start, count) {
            if opcode == op::RESUME && !tier::is_on() {
                start.add(offset).cast::<u8>().write(op::RESUME_CHECK);
            } else if is_adaptive(opcode) && number < sites {
                number += 1;
                (*table.cast::<InlineCache>().add(number))
                    .counter
                    .set(counter::INITIAL);
                start.add(offset + 1).write(number as CodeUnit);
            }
        }
    }
    code.co_executors.set(table.cast());
}

/// Whether an entry is kept for the instruction. Jumps have their own use for their cache unit.
fn is_adaptive(opcode: u8) -> bool {
    CACHES[opcode as usize] != 0
        && !matches!(
            opcode,
            op::JUMP_BACKWARD
                | op::POP_JUMP_IF_FALSE
                | op::POP_JUMP_IF_TRUE
                | op::POP_JUMP_IF_NONE
                | op::POP_JUMP_IF_NOT_NONE
        )
}

/// Offsets and generic opcodes of the instructions, caches skipped.
fn each(start: *const CodeUnit, count: usize) -> impl Iterator<Item = (usize, u8)> {
    let mut at = 0;
    core::iter::from_fn(move || {
        if at >= count {
            return None;
        }
        // SAFETY: `at` is inside the code.
        let opcode = BASE[unsafe { *start.add(at) } as u8 as usize];
        let found = (at, opcode);
        at += 1 + usize::from(CACHES[opcode as usize]);
        Some(found)
    })
}

/// Frees the table.
pub fn free(code: &PyCodeObject) {
    tier::discard(code);
    let table = code.co_executors.replace(ptr::null_mut());
    if !table.is_null() {
        // SAFETY: made by `warm_up` as a buffer, and taken out of the code.
        unsafe { gc::free_buffer(table.cast()) };
    }
}
