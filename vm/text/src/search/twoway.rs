//! Crochemore and Perrin's two-way matching, for wide characters: linear time, constant space.
//!
//! The needle is cut at a critical position. Its right part is compared left to right, and a
//! mismatch there shifts past what matched; then its left part is compared, and a mismatch there
//! shifts by the period. For a periodic needle, the prefix known to match is remembered.

use crate::kinds::Char;

pub(super) struct TwoWay<'n, C> {
    needle: &'n [C],
    cut: usize,
    period: usize,
    periodic: bool,
}

/// Start of the maximal suffix under an order of characters, and its period.
fn maximal_suffix<C: Char>(needle: &[C], reversed: bool) -> (usize, usize) {
    let (mut left, mut right, mut offset, mut period) = (0, 1, 0, 1);
    while right + offset < needle.len() {
        let (a, b) = (needle[right + offset], needle[left + offset]);
        if a == b {
            if offset + 1 == period {
                right += period;
                offset = 0;
            } else {
                offset += 1;
            }
        } else if (a < b) != reversed {
            right += offset + 1;
            offset = 0;
            period = right - left;
        } else {
            left = right;
            right += 1;
            offset = 0;
            period = 1;
        }
    }
    (left, period)
}

impl<'n, C: Char> TwoWay<'n, C> {
    /// The needle is not empty.
    pub(super) fn new(needle: &'n [C]) -> Self {
        let (cut, period) = maximal_suffix(needle, false).max(maximal_suffix(needle, true));
        let periodic =
            needle.len() >= cut + period && needle[..cut] == needle[period..period + cut];
        let period = if periodic {
            period
        } else {
            cut.max(needle.len() - cut) + 1
        };
        Self {
            needle,
            cut,
            period,
            periodic,
        }
    }

    pub(super) fn find(&self, hay: &[C]) -> Option<usize> {
        let needle = self.needle;
        let (mut at, mut known) = (0, 0);
        while at + needle.len() <= hay.len() {
            let window = &hay[at..at + needle.len()];
            let start = self.cut.max(known);
            if let Some(miss) = (start..needle.len()).find(|&i| needle[i] != window[i]) {
                at += miss - self.cut + 1;
                known = 0;
            } else if (known..self.cut).rev().any(|i| needle[i] != window[i]) {
                at += self.period;
                known = if self.periodic {
                    needle.len() - self.period
                } else {
                    0
                };
            } else {
                return Some(at);
            }
        }
        None
    }
}
