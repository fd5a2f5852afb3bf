//! Sweeping: what is not marked is free.
//!
//! Only side tables are read and written, a word at a time: the cells themselves are not touched, and which of a span's cells
//! are free is found out when they are needed. A span without live cells returns to the free pages.

use super::lists;
use super::pages::{PARTIAL, RANGE};
use super::runs::Returned;
use super::spans::{ALLOCATED, Span, TRACKED, spans};
use core::cell::Cell;
use core::sync::atomic::Ordering::Relaxed;

/// What is live in the heap.
#[derive(Clone, Copy, Default, Debug)]
pub struct Usage {
    /// Bytes in live cells, buffers included.
    pub bytes: usize,
    /// Live objects.
    pub objects: usize,
}

impl Usage {
    fn add(&mut self, span: Span, live: usize) {
        self.bytes += live * span.cell_size();
        self.objects += if span.is_buffer() { 0 } else { live };
    }
}

/// A word with `byte` in each of its bytes.
const fn everywhere(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// For each eight mark bits, the state bytes that are kept.
static KEPT: [u64; 256] = {
    let mut table = [0; 256];
    let mut bits = 0;
    while bits < table.len() {
        let mut bit = 0;
        while bit < 8 {
            if bits >> bit & 1 != 0 {
                table[bits] |= 0xff << (8 * bit);
            }
            bit += 1;
        }
        bits += 1;
    }
    table
};

/// How many bytes of the words have `flag`, which is one bit.
fn count(words: &[Cell<u64>], flag: u8) -> usize {
    let ones = everywhere(1);
    words
        .chunks(u8::MAX as usize)
        .map(|words| {
            let sums: u64 = words
                .iter()
                .map(|word| word.get() >> flag.trailing_zeros() & ones)
                .sum();
            sums.to_ne_bytes()
                .iter()
                .map(|&sum| usize::from(sum))
                .sum::<usize>()
        })
        .sum()
}

/// How many cells of the span are handed out.
fn count_allocated(span: Span) -> usize {
    if span.is_large() {
        return usize::from(RANGE.state(span.object(0)).get() & ALLOCATED != 0);
    }
    let (first, granules) = span.granules();
    count(RANGE.state_words(first, granules), ALLOCATED)
}

/// Counts what is live, without changing anything.
pub fn usage() -> Usage {
    let mut usage = Usage::default();
    spans().for_each(|span| usage.add(span, count_allocated(span)));
    usage
}

/// Frees every cell that is not marked. Returns what is live, and how many tracked objects were freed.
pub(crate) fn sweep() -> (Usage, usize) {
    let mut freed = 0;
    let usage = rebuild(|span| {
        let (live, tracked) = if span.is_large() {
            sweep_large(span)
        } else {
            sweep_cells(span)
        };
        freed += tracked;
        live
    });
    (usage, freed)
}

/// Builds all lists anew from the state bytes; spans without live cells return to the free pages.
pub(crate) fn rebuild_lists() -> Usage {
    rebuild(count_allocated)
}

/// `live` settles a span's state bytes and says how many of its cells are live.
fn rebuild(mut live: impl FnMut(Span) -> usize) -> Usage {
    lists::all().for_each(lists::List::forget);
    let mut usage = Usage::default();
    let mut returned = Returned::new();
    for span in spans() {
        span.first.unset(PARTIAL);
        let live = live(span);
        usage.add(span, live);
        if live == 0 {
            returned.add(span.vacate());
        } else if live < span.cells() {
            lists::at(usize::from(span.first.list.get())).put_partial(span);
        }
    }
    returned.finish();
    usage
}

fn sweep_large(span: Span) -> (usize, usize) {
    let address = span.object(0);
    if RANGE.marked.get(RANGE.granule(address)) {
        return (1, 0);
    }
    let before = RANGE.state(address).replace(0);
    (0, usize::from(before & TRACKED != 0))
}

/// Live cells of the span, and tracked ones that were freed. Marks are set where objects begin, and nowhere else.
fn sweep_cells(span: Span) -> (usize, usize) {
    let (first, granules) = span.granules();
    let marks = RANGE.marked.words(first, granules);
    let states = RANGE.state_words(first, granules);
    let live: u32 = marks
        .iter()
        .map(|word| word.load(Relaxed).count_ones())
        .sum();
    let tracked_before = count(states, TRACKED);
    if live == 0 {
        states.iter().for_each(|word| word.set(0));
        return (0, tracked_before);
    }
    for (marks, states) in marks.iter().zip(states.chunks_exact(8)) {
        let marks = marks.load(Relaxed).to_le_bytes();
        for (state, marks) in states.iter().zip(marks) {
            state.set(state.get() & KEPT[usize::from(marks)]);
        }
    }
    (live as usize, tracked_before - count(states, TRACKED))
}
