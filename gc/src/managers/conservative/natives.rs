//! Which blocks of native memory a trace has reached.
//!
//! For each page of the native allocator that a word leads to there are two rows of bits: the blocks that need no scan, as
//! they were reached before or are free, and those that are condemned. Free blocks matter: each links to the next, so one
//! stale word would bring back everything that ever died in its page.

use crate::hidden::{Hidden, HiddenMap};
use crate::native::{self, Block};

pub struct Natives {
    /// For each page, where its rows begin in `bits`.
    pages: HiddenMap,
    /// The number of blocks; then the two rows.
    bits: Hidden<u64>,
    /// The process has one thread.
    alone: bool,
}

impl Natives {
    pub const fn new() -> Natives {
        Natives {
            pages: HiddenMap::new(),
            bits: Hidden::new(),
            alone: false,
        }
    }

    /// Forgets everything, for a new trace. `alone` says that the process has one thread.
    pub fn begin(&mut self, alone: bool) {
        self.pages.clear();
        self.bits.clear();
        self.alone = alone;
    }

    /// Notes that `block` was reached, and says whether it is to be scanned.
    #[inline]
    pub fn reach(&mut self, block: &Block) -> bool {
        let rows = match self.pages.get(block.page) {
            Some(rows) => rows,
            None => self.add(block),
        };
        let word = &mut self.bits.as_mut_slice()[rows + 1 + block.index / 64];
        let bit = 1 << (block.index % 64);
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    #[cold]
    fn add(&mut self, block: &Block) -> usize {
        let rows = self.bits.as_slice().len();
        let words = block.capacity.div_ceil(64);
        self.bits.push(block.capacity as u64);
        self.bits.extend(2 * words, 0);
        self.pages.insert(block.page, rows);
        let row = &mut self.bits.as_mut_slice()[rows + 1..][..words];
        native::note_free_blocks(block, row, self.alone);
        rows
    }

    /// Notes that `block`, which was reached, is condemned.
    pub fn condemn(&mut self, block: &Block) {
        if let Some((word, bit)) = self.condemned_bit(block) {
            self.bits.as_mut_slice()[word] |= bit;
        }
    }

    pub fn is_condemned(&self, block: &Block) -> bool {
        self.condemned_bit(block)
            .is_some_and(|(word, bit)| self.bits.as_slice()[word] & bit != 0)
    }

    fn condemned_bit(&self, block: &Block) -> Option<(usize, u64)> {
        let rows = self.pages.get(block.page)?;
        let count = self.bits.as_slice()[rows] as usize;
        let words = count.div_ceil(64);
        (block.index < count)
            .then(|| (rows + 1 + words + block.index / 64, 1 << (block.index % 64)))
    }
}
