//! Size classes: which cell sizes exist, and which one serves a request.
//!
//! Up to 512 bytes every multiple of 16 is a class; above, four classes for each doubling, so a cell wastes a fifth at the
//! most. Spans of small cells are one page; spans of bigger ones are eight, so that their tails waste little.

use super::pages::PAGE;

/// Every cell begins at a multiple of this many bytes, and so does every object.
pub const GRANULE: usize = 16;
/// The largest cell that shares a span with others, in bytes. Bigger requests get pages of their own.
pub const LARGEST_CELL: usize = 32 * 1024;
/// The largest cell of the classes that are 16 bytes apart.
pub const LARGEST_LINEAR: usize = LINEAR * GRANULE;
/// How many size classes there are.
pub const CLASSES: usize = 56;

const LINEAR: usize = 32;
const SMALL: usize = 1024;

/// The class that serves `bytes`, which is at most `LARGEST_LINEAR`.
#[inline(always)]
pub const fn linear_class_of(bytes: usize) -> usize {
    bytes.saturating_sub(1) / GRANULE
}

/// The cell size of a class that `linear_class_of` gave.
#[inline(always)]
pub const fn linear_size(class: usize) -> usize {
    (class + 1) * GRANULE
}

/// The class that serves `bytes`, which is at most `LARGEST_CELL`.
#[inline(always)]
pub const fn class_of(bytes: usize) -> usize {
    let last = linear_class_of(bytes);
    if last < LINEAR {
        return last;
    }
    let doubling = last.ilog2() as usize;
    let step = (last - (1 << doubling)) >> (doubling - 2);
    LINEAR + (doubling - 5) * 4 + step
}

/// The cell size of `class`, in bytes.
#[inline(always)]
pub const fn cell_size(class: usize) -> usize {
    if class < LINEAR {
        return linear_size(class);
    }
    let doubling = (class - LINEAR) / 4 + 5;
    let step = (class - LINEAR) % 4 + 1;
    ((1 << doubling) + (step << (doubling - 2))) * GRANULE
}

/// How many pages a span of `class` takes.
pub const fn span_pages(class: usize) -> usize {
    if cell_size(class) <= SMALL { 1 } else { 8 }
}

/// What turns a division by the cell size into a multiplication and a shift by 32; exact for offsets within a span.
pub const fn reciprocal(cell_size: usize) -> u32 {
    (1u64 << 32).div_ceil(cell_size as u64) as u32
}

const _: () = assert!(cell_size(CLASSES - 1) == LARGEST_CELL);
const _: () = assert!(class_of(LARGEST_CELL) == CLASSES - 1);
const _: () = assert!(span_pages(CLASSES - 1) * PAGE >= 4 * LARGEST_CELL);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_fits_its_class_and_no_smaller_one() {
        for bytes in 1..=LARGEST_CELL {
            let class = class_of(bytes);
            assert!(cell_size(class) >= bytes);
            assert!(class == 0 || cell_size(class - 1) < bytes);
        }
        assert_eq!(class_of(0), 0);
    }

    #[test]
    fn the_reciprocal_divides_exactly_within_a_span() {
        for class in 0..CLASSES {
            let size = cell_size(class);
            for offset in 0..span_pages(class) * PAGE {
                let quotient = (offset as u64 * u64::from(reciprocal(size))) >> 32;
                assert_eq!(quotient as usize, offset / size);
            }
        }
    }
}
