//! `list.sort`: stable, adaptive, and calling nothing but `__lt__`.
//!
//! The items leave the list while they are sorted, so that Python code called meanwhile sees an empty list and cannot
//! disturb them. Keys of one simple type (small ints, floats, strings) have a total order that runs no Python code, and
//! go to the standard library's stable sort. All others are merged run by run (powersort's policy, with galloping), and
//! the first error stops the sort with the list still a permutation of what it was.

use core::cmp::Ordering;

use super::*;
use crate::protocol::{call, object};
use crate::types::float;
use crate::types::int::IntExt as _;
use crate::types::str_::{StrData, StrExt as _};

/// In `allocated` while the list is being sorted; any change to the list replaces it.
const SORTING: isize = -1;

/// The method.
pub(super) fn sort_method(l: &PyListObject, [key, reverse]: [Option<&Obj>; 2]) -> Result<()> {
    let reverse = reverse.map_or(Ok(false), args::to_bool)?;
    sort(l, key.filter(|k| !k.is_none()), reverse)
}

/// `l.sort(key=key, reverse=reverse)`
pub fn sort(l: &PyListObject, key: Option<&Obj>, reverse: bool) -> Result<()> {
    let mut items = take(l);
    l.allocated.set(SORTING);
    let outcome = sort_items(&mut items, key, reverse);
    let modified = l.allocated.get() != SORTING;
    l.allocated
        .set(if modified { l.allocated.get() } else { 0 });
    let intruders = take(l);
    let stored = put(l, items);
    drop(intruders);
    outcome.and(stored)?;
    if modified {
        return raise!(ValueError, "list modified during sort");
    }
    Ok(())
}

/// Sorts references where they are.
pub fn sort_items(items: &mut Vec<Ref>, key: Option<&Obj>, reverse: bool) -> Result<()> {
    let mut keys = Vec::new();
    if let Some(key) = key {
        keys.reserve_exact(items.len());
        for item in items.iter() {
            keys.push(call::call1(key, item)?);
        }
    }
    // Equal items keep their order when reversed, too: reverse, sort, reverse.
    if reverse {
        items.reverse();
        keys.reverse();
    }
    let mut entries: Vec<Entry> = if key.is_some() {
        items
            .iter()
            .zip(&keys)
            .map(|(v, k)| Entry {
                key: k.as_ptr(),
                value: v.as_ptr(),
            })
            .collect()
    } else {
        items
            .iter()
            .map(|v| Entry {
                key: v.as_ptr(),
                value: v.as_ptr(),
            })
            .collect()
    };
    let outcome = sort_entries(&mut entries);
    // SAFETY: the entries are a permutation of the items: each reference moves to its place.
    unsafe {
        for (i, entry) in entries.iter().enumerate() {
            items
                .as_mut_ptr()
                .cast::<*mut PyObject>()
                .add(i)
                .write(entry.value);
        }
    }
    if reverse {
        items.reverse();
    }
    outcome
}

/// An item and its key, both borrowed from the vectors that own them.
#[derive(Clone, Copy)]
struct Entry {
    key: *mut PyObject,
    value: *mut PyObject,
}

impl Entry {
    fn key(&self) -> &Obj {
        // SAFETY: the keys outlive the sort.
        unsafe { &*self.key }
    }
}

fn sort_entries(entries: &mut [Entry]) -> Result<()> {
    let Some(first) = entries.first() else {
        return Ok(());
    };
    let ty = first.key().ty();
    let uniform = entries.iter().all(|e| ptr::eq(e.key().ty(), ty));
    if uniform && (sort_ints(entries) || sort_floats(entries) || sort_strings(entries)) {
        return Ok(());
    }
    merge_sort(entries, &mut |a, b| less(a.key(), b.key()))
}

/// `a < b`, as a truth value.
fn less(a: &Obj, b: &Obj) -> Result<bool> {
    let answer = object::rich_compare(a, b, CompareOp::Lt)?;
    if answer.is_same(TRUE()) {
        Ok(true)
    } else if answer.is_same(FALSE()) {
        Ok(false)
    } else {
        object::is_true(&answer)
    }
}

/// Sorts by keys that `get` finds in every entry, or answers `false` if it does not.
fn sort_by_keys<'a, K: Copy>(
    entries: &'a mut [Entry],
    get: impl Fn(&'a Obj) -> Option<K>,
    order: impl Fn(&K, &K) -> Ordering,
) -> bool {
    let mut keyed = Vec::with_capacity(entries.len());
    for entry in entries.iter() {
        // SAFETY: the keys outlive the sort.
        let Some(key) = get(unsafe { &*entry.key }) else {
            return false;
        };
        keyed.push((key, *entry));
    }
    keyed.sort_by(|a, b| order(&a.0, &b.0));
    for (entry, (_, sorted)) in entries.iter_mut().zip(keyed) {
        *entry = sorted;
    }
    true
}

fn sort_ints(entries: &mut [Entry]) -> bool {
    sort_by_keys(
        entries,
        |o| o.downcast_exact::<PyLongObject>().and_then(|n| n.to_i64()),
        i64::cmp,
    )
}

fn sort_floats(entries: &mut [Entry]) -> bool {
    let number = |o: &Obj| {
        o.downcast_exact::<PyFloatObject>()
            .map(float::value)
            .filter(|x| !x.is_nan())
    };
    sort_by_keys(entries, number, |a, b| {
        a.partial_cmp(b).unwrap_or(Ordering::Equal)
    })
}

fn sort_strings(entries: &mut [Entry]) -> bool {
    fn latin1(o: &Obj) -> Option<&[u8]> {
        match o.downcast_exact::<PyUnicodeObject>()?.data() {
            StrData::Latin1(bytes) => Some(bytes),
            _ => None,
        }
    }
    sort_by_keys(entries, latin1, |a, b| a.cmp(b))
        || sort_by_keys(
            entries,
            |o| o.downcast_exact::<PyUnicodeObject>(),
            |a, b| str_::compare(a, b),
        )
}

// ---- Merging runs ----

/// A stretch already sorted, and the merge tree's level at which it meets the one before it.
struct Run {
    start: usize,
    len: usize,
    power: u32,
}

/// One side winning this often in a row makes a merge search ahead instead of comparing one by one.
const MIN_GALLOP: usize = 7;

/// Sorts with a comparison that may fail. An error leaves a permutation.
fn merge_sort<T: Copy>(v: &mut [T], less: &mut impl FnMut(&T, &T) -> Result<bool>) -> Result<()> {
    let n = v.len();
    let min_run = min_run(n);
    let (mut runs, mut spare) = (Vec::<Run>::new(), Vec::new());
    let mut start = 0;
    while start < n {
        let rest = &mut v[start..];
        let mut len = natural_run(rest, less)?;
        let forced = min_run.min(rest.len());
        if len < forced {
            insertion_sort(&mut rest[..forced], len, less)?;
            len = forced;
        }
        if let Some(last) = runs.last() {
            let power = power(last.start, last.len, len, n);
            while runs.len() > 1 && runs[runs.len() - 2].power > power {
                merge_top(v, &mut runs, &mut spare, less)?;
            }
            if let Some(last) = runs.last_mut() {
                last.power = power;
            }
        }
        runs.push(Run {
            start,
            len,
            power: 0,
        });
        start += len;
    }
    while runs.len() > 1 {
        merge_top(v, &mut runs, &mut spare, less)?;
    }
    Ok(())
}

/// The length below which runs are filled up: such that `n` divides into a little less than a power of two of them.
fn min_run(mut n: usize) -> usize {
    let mut odd = 0;
    while n >= 64 {
        odd |= n & 1;
        n >>= 1;
    }
    n + odd
}

/// The depth, in a binary division of the whole, of the first cut between the middles of two neighbouring runs.
fn power(start: usize, len: usize, next: usize, n: usize) -> u32 {
    let mut a = 2 * start + len;
    let mut b = a + len + next;
    let mut depth = 0;
    loop {
        depth += 1;
        if a >= n {
            a -= n;
            b -= n;
        } else if b >= n {
            return depth;
        }
        a <<= 1;
        b <<= 1;
    }
}

/// How far `v` is sorted from its start. A falling stretch is turned round first; equal items in it keep their order.
fn natural_run<T: Copy>(
    v: &mut [T],
    less: &mut impl FnMut(&T, &T) -> Result<bool>,
) -> Result<usize> {
    let rising = |v: &[T], from: usize, less: &mut dyn FnMut(&T, &T) -> Result<bool>| {
        let mut len = from;
        while len < v.len() && !less(&v[len], &v[len - 1])? {
            len += 1;
        }
        Ok(len)
    };
    let mut len = rising(v, 1, less)?;
    if len >= v.len() {
        return Ok(v.len());
    }
    if len > 1 {
        if less(&v[0], &v[len - 1])? {
            return Ok(len);
        }
        // All equal so far.
        v[..len].reverse();
    }
    len += 1;
    // How many of the last items equal the one before them.
    let mut equal = 0;
    while len < v.len() {
        if less(&v[len], &v[len - 1])? {
            v[len - 1 - equal..len].reverse();
            equal = 0;
        } else if less(&v[len - 1], &v[len])? {
            break;
        } else {
            equal += 1;
        }
        len += 1;
    }
    v[len - 1 - equal..len].reverse();
    v[..len].reverse();
    rising(v, len, less)
}

/// Sorts `v`, the first `sorted` items of which are.
fn insertion_sort<T: Copy>(
    v: &mut [T],
    sorted: usize,
    less: &mut impl FnMut(&T, &T) -> Result<bool>,
) -> Result<()> {
    for i in sorted..v.len() {
        let item = v[i];
        let (mut low, mut high) = (0, i);
        while low < high {
            let middle = low + (high - low) / 2;
            if less(&item, &v[middle])? {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        v.copy_within(low..i, low + 1);
        v[low] = item;
    }
    Ok(())
}

/// How many of the first `n` indices hold, where those that hold come first. Cheap if they are few.
fn gallop(n: usize, mut holds: impl FnMut(usize) -> Result<bool>) -> Result<usize> {
    let mut bound = 1;
    while bound <= n && holds(bound - 1)? {
        bound *= 2;
    }
    let (mut low, mut high) = (bound / 2, if bound <= n { bound - 1 } else { n });
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle)? {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// Merges the last two runs.
fn merge_top<T: Copy>(
    v: &mut [T],
    runs: &mut Vec<Run>,
    spare: &mut Vec<T>,
    less: &mut impl FnMut(&T, &T) -> Result<bool>,
) -> Result<()> {
    let (Some(right), Some(left)) = (runs.pop(), runs.last_mut()) else {
        return Ok(());
    };
    let (start, middle, end) = (left.start, right.start, right.start + right.len);
    left.len += right.len;
    // What the left run has below the right one's first item is in place; so is the right one's end above the left.
    let skip = gallop(middle - start, |i| Ok(!less(&v[middle], &v[start + i])?))?;
    let start = start + skip;
    if start == middle {
        return Ok(());
    }
    let keep = gallop(end - middle, |i| {
        Ok(!less(&v[end - 1 - i], &v[middle - 1])?)
    })?;
    let v = &mut v[start..end - keep];
    let middle = middle - start;
    if middle <= v.len() - middle {
        merge_up(v, middle, spare, less)
    } else {
        merge_down(v, middle, spare, less)
    }
}

/// Merges from the front, with the left part set aside.
fn merge_up<T: Copy>(
    v: &mut [T],
    middle: usize,
    spare: &mut Vec<T>,
    less: &mut impl FnMut(&T, &T) -> Result<bool>,
) -> Result<()> {
    spare.clear();
    spare.extend_from_slice(&v[..middle]);
    // Always `to + (middle - i) == j`: what is left of the spare fits before `j`.
    let (mut i, mut j, mut to) = (0, middle, 0);
    let mut merge = || -> Result<()> {
        let (mut left_wins, mut right_wins) = (0, 0);
        while i < middle && j < v.len() {
            if less(&v[j], &spare[i])? {
                v[to] = v[j];
                (j, to, left_wins, right_wins) = (j + 1, to + 1, 0, right_wins + 1);
            } else {
                v[to] = spare[i];
                (i, to, left_wins, right_wins) = (i + 1, to + 1, left_wins + 1, 0);
            }
            if right_wins >= MIN_GALLOP && i < middle {
                let n = gallop(v.len() - j, |k| less(&v[j + k], &spare[i]))?;
                v.copy_within(j..j + n, to);
                (j, to, right_wins) = (j + n, to + n, 0);
            } else if left_wins >= MIN_GALLOP && j < v.len() {
                let n = gallop(middle - i, |k| Ok(!less(&v[j], &spare[i + k])?))?;
                v[to..to + n].copy_from_slice(&spare[i..i + n]);
                (i, to, left_wins) = (i + n, to + n, 0);
            }
        }
        Ok(())
    };
    let outcome = merge();
    v[to..to + middle - i].copy_from_slice(&spare[i..middle]);
    outcome
}

/// Merges from the back, with the right part set aside.
fn merge_down<T: Copy>(
    v: &mut [T],
    middle: usize,
    spare: &mut Vec<T>,
    less: &mut impl FnMut(&T, &T) -> Result<bool>,
) -> Result<()> {
    spare.clear();
    spare.extend_from_slice(&v[middle..]);
    // `i` of the left part and `j` of the spare are left; they fill the first `i + j` places.
    let (mut i, mut j) = (middle, spare.len());
    let mut merge = || -> Result<()> {
        let (mut left_wins, mut right_wins) = (0, 0);
        while i > 0 && j > 0 {
            if less(&spare[j - 1], &v[i - 1])? {
                v[i + j - 1] = v[i - 1];
                (i, left_wins, right_wins) = (i - 1, left_wins + 1, 0);
            } else {
                v[i + j - 1] = spare[j - 1];
                (j, left_wins, right_wins) = (j - 1, 0, right_wins + 1);
            }
            if left_wins >= MIN_GALLOP && j > 0 {
                let n = gallop(i, |k| less(&spare[j - 1], &v[i - 1 - k]))?;
                v.copy_within(i - n..i, i + j - n);
                (i, left_wins) = (i - n, 0);
            } else if right_wins >= MIN_GALLOP && i > 0 {
                let n = gallop(j, |k| Ok(!less(&spare[j - 1 - k], &v[i - 1])?))?;
                v[i + j - n..i + j].copy_from_slice(&spare[j - n..j]);
                (j, right_wins) = (j - n, 0);
            }
        }
        Ok(())
    };
    let outcome = merge();
    v[i..i + j].copy_from_slice(&spare[..j]);
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pseudo-random numbers with many ties and runs.
    fn sample(n: usize, spread: u64) -> Vec<(u64, usize)> {
        let mut x = 88172645463325252u64;
        (0..n)
            .map(|i| {
                x ^= x << 13;
                x ^= x >> 7;
                x ^= x << 17;
                (if i % 100 < 60 { i as u64 } else { x % spread }, i)
            })
            .collect()
    }

    #[test]
    fn sorts_stably() {
        for n in [0, 1, 2, 3, 63, 64, 65, 100, 1000, 5000] {
            for spread in [1, 10, 1 << 40] {
                let mut v = sample(n, spread);
                let mut expected = v.clone();
                expected.sort_by_key(|e| e.0);
                assert!(merge_sort(&mut v, &mut |a, b| Ok(a.0 < b.0)).is_ok());
                assert_eq!(v, expected);
            }
        }
    }
}
