//! Runs of free pages: where spans come from and where they return to.
//!
//! Free runs are kept by address, so that neighbours join, and by length, so that the best fit is found. Memory of long runs
//! goes back to the kernel at once; that of short ones is kept, and zeroed when it is used again.

use super::pages::{DIRTY, PAGE, RANGE};
use crate::gil::Gil;
use core::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Free runs of at least this many pages give their memory back.
const RETURNED: u32 = 64;

#[derive(Default)]
struct Runs {
    by_start: BTreeMap<u32, u32>,
    by_length: BTreeSet<(u32, u32)>,
}

impl Runs {
    fn insert(&mut self, start: u32, length: u32) {
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
    let start = with(|runs| {
        let found = runs.by_length.range((length, 0)..).next().copied();
        if let Some((found, start)) = found {
            runs.remove(start, found);
            if found > length {
                runs.insert(start + length, found - length);
            }
            return Some(start as usize);
        }
        extend(length)
    })?;
    prepare(start, length, zeroed);
    Some(start)
}

/// Takes the `length` pages that begin at page `start`, zeroed, if all of them are free.
pub fn take_at(start: usize, length: u32) -> bool {
    let taken = with(|runs| {
        if start == RANGE.pages() {
            return extend(length).is_some();
        }
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

/// Takes back a run whose descriptors say that it is free.
pub fn give_back(start: usize, length: u32) {
    if length >= RETURNED {
        let address = RANGE.page_address(start) as *mut libc::c_void;
        // SAFETY: the pages are ours and free. If the advice is refused they stay dirty.
        let done =
            unsafe { libc::madvise(address, length as usize * PAGE, libc::MADV_DONTNEED) == 0 };
        if done {
            (start..start + length as usize).for_each(|number| RANGE.page(number).unset(DIRTY));
        }
    }
    with(|runs| {
        let mut start = start as u32;
        let mut length = length;
        let before = runs.by_start.range(..start).next_back();
        if let Some((&first, &count)) = before
            && first + count == start
        {
            runs.remove(first, count);
            start = first;
            length += count;
        }
        if let Some(&count) = runs.by_start.get(&(start + length)) {
            runs.remove(start + length, count);
            length += count;
        }
        runs.insert(start, length);
    });
}
