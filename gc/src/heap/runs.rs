//! Runs of free pages: where spans come from and where they return to.
//!
//! Free runs are kept by address, so that neighbours join, and by length, so that the best fit is found. The run that was
//! taken from last is kept apart: most spans are one page, and the next one follows it. Memory is kept, and zeroed when it is
//! used again by what wants zeroed memory. It goes back to the kernel when somebody asks for that (`trim`), and when much of it
//! has come from long spans.

use super::pages::{DIRTY, PAGE, RANGE};
use crate::gil::Gil;
use core::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Spans of at least this many pages are long. When the long ones that came back have more than `MUCH` bytes, all but
/// `SOME` bytes of free memory go to the kernel.
const LONG: u32 = 64;
const MUCH: usize = 32 << 20;
const SOME: usize = 8 << 20;

#[derive(Default)]
struct Runs {
    by_start: BTreeMap<u32, u32>,
    by_length: BTreeSet<(u32, u32)>,
    /// The run that was taken from last, which is in neither of these: its start and its length.
    current: (u32, u32),
    /// Pages of long spans that came back since the last `trim`.
    from_long: usize,
}

impl Runs {
    /// Takes `length` pages from the current run, or from the best one, which then becomes the current run.
    fn take(&mut self, length: u32) -> Option<usize> {
        if self.current.1 < length {
            let (found, start) = self.by_length.range((length, 0)..).next().copied()?;
            self.remove(start, found);
            let before = core::mem::replace(&mut self.current, (start, found));
            self.insert(before.0, before.1);
        }
        let start = self.current.0;
        self.current = (start + length, self.current.1 - length);
        Some(start as usize)
    }

    /// Puts the current run back.
    fn settle(&mut self) {
        let (start, length) = core::mem::take(&mut self.current);
        self.join(start, length);
    }

    /// Adds a run, joined with its neighbours.
    fn join(&mut self, mut start: u32, mut length: u32) {
        let before = self.by_start.range(..start).next_back();
        if let Some((&first, &count)) = before
            && first + count == start
        {
            self.remove(first, count);
            start = first;
            length += count;
        }
        if let Some(&count) = self.by_start.get(&(start + length)) {
            self.remove(start + length, count);
            length += count;
        }
        self.insert(start, length);
    }

    /// Counts the pages of a span that came back if it is long. Says whether there are many now.
    fn note_long(&mut self, length: u32) -> bool {
        if length >= LONG {
            self.from_long += length as usize;
        }
        self.from_long * PAGE > MUCH
    }

    /// How many free pages have memory. The current run was settled.
    fn dirty(&self) -> usize {
        let pages = |(&start, &length): (&u32, &u32)| start as usize..(start + length) as usize;
        self.by_start
            .iter()
            .flat_map(pages)
            .filter(|&number| RANGE.page(number).has(DIRTY))
            .count()
    }

    fn insert(&mut self, start: u32, length: u32) {
        if length == 0 {
            return;
        }
        self.by_start.insert(start, length);
        self.by_length.insert((length, start));
    }

    fn remove(&mut self, start: u32, length: u32) {
        self.by_start.remove(&start);
        self.by_length.remove(&(length, start));
    }
}

static RUNS: Gil<RefCell<Option<Runs>>> = Gil::new(RefCell::new(None));

fn with<R>(f: impl FnOnce(&mut Runs) -> R) -> R {
    f(RUNS.borrow_mut().get_or_insert_default())
}

/// Takes a run of `length` pages, zeroed if `zeroed`. `None` means that the reservation is used up.
pub fn take(length: u32, zeroed: bool) -> Option<usize> {
    let start = with(|runs| runs.take(length)).or_else(|| extend(length))?;
    prepare(start, length, zeroed);
    Some(start)
}

/// Takes the `length` pages that begin at page `start`, zeroed, if all of them are free.
pub fn take_at(start: usize, length: u32) -> bool {
    let taken = with(|runs| {
        if start == RANGE.pages() {
            return extend(length).is_some();
        }
        runs.settle();
        let start = start as u32;
        let Some(&found) = runs.by_start.get(&start) else {
            return false;
        };
        if found < length {
            return false;
        }
        runs.remove(start, found);
        if found > length {
            runs.insert(start + length, found - length);
        }
        true
    });
    if taken {
        prepare(start, length, true);
    }
    taken
}

fn prepare(start: usize, length: u32, zeroed: bool) {
    for number in start..start + length as usize {
        let page = RANGE.page(number);
        if page.has(DIRTY) && zeroed {
            // SAFETY: the page is free, so nothing else uses its memory.
            unsafe { core::ptr::write_bytes(RANGE.page_address(number) as *mut u8, 0, PAGE) };
        }
        page.set(DIRTY);
    }
}

/// Grows the used part of the range.
fn extend(length: u32) -> Option<usize> {
    let used = RANGE.used.get();
    let bytes = length as usize * PAGE;
    if RANGE.reserved.get() - used < bytes {
        return None;
    }
    RANGE.used.set(used + bytes);
    Some(used / PAGE)
}

/// Gives memory of free pages back to the kernel, from the end of the heap on, so that about `kept` bytes of it are left.
pub fn trim(kept: usize) {
    with(|runs| {
        runs.settle();
        runs.from_long = 0;
        let mut excess = runs.dirty().saturating_sub(kept / PAGE);
        for (&start, &length) in runs.by_start.iter().rev() {
            if excess == 0 {
                return;
            }
            let length = length as usize;
            // Whole runs only, unless a long one is more than enough.
            let part = excess.next_multiple_of(LONG as usize).min(length);
            excess = excess.saturating_sub(return_memory(start as usize + length - part, part));
        }
    });
}

/// Gives the memory of free pages back. Says how many of them had any.
fn return_memory(start: usize, length: usize) -> usize {
    let pages = || (start..start + length).map(|number| RANGE.page(number));
    let dirty = pages().filter(|page| page.has(DIRTY)).count();
    if dirty == 0 {
        return 0;
    }
    let address = RANGE.page_address(start) as *mut libc::c_void;
    // SAFETY: the pages are ours and free. If the advice is refused they stay dirty.
    if unsafe { libc::madvise(address, length * PAGE, libc::MADV_DONTNEED) } == 0 {
        pages().for_each(|page| page.unset(DIRTY));
    }
    dirty
}

/// Takes back a run whose descriptors say that it is free.
pub fn give_back(start: usize, length: u32) {
    let much = with(|runs| {
        runs.settle();
        runs.join(start as u32, length);
        runs.note_long(length)
    });
    if much {
        trim(SOME);
    }
}

/// Spans that return together, in address order: neighbours are given back as one.
pub struct Returned {
    start: usize,
    length: u32,
}

impl Returned {
    pub fn new() -> Returned {
        with(Runs::settle);
        Returned {
            start: 0,
            length: 0,
        }
    }

    /// Adds a vacated span: its first page and how many it has.
    pub fn add(&mut self, (start, length): (usize, u32)) {
        if length >= LONG {
            return give_back(start, length);
        }
        if self.start + self.length as usize != start {
            self.flush();
            self.start = start;
        }
        self.length += length;
    }

    fn flush(&mut self) {
        let length = core::mem::take(&mut self.length);
        if length != 0 {
            with(|runs| runs.join(self.start as u32, length));
        }
    }

    pub fn finish(mut self) {
        self.flush();
    }
}
