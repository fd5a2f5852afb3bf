//! Code memory: one reserved range, of which each page is either writable or executable, never both.
//!
//! One range makes a place in compiled code a number of 32 bits. Only the holder of the interpreter's lock compiles or runs
//! compiled code, so pages may stop being executable for the moment in which code is written to them. Freed blocks are kept
//! by address, merged with their neighbours and handed out again, first fit.

use std::cell::RefCell;
use std::collections::BTreeMap;

const RANGE: usize = 256 << 20;
const PAGE: usize = 4096;
const ALIGN: usize = 32;

/// A block: where it begins in the range, and its length.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    pub offset: u32,
    pub len: u32,
}

struct Range {
    base: usize,
    /// Where nothing has been handed out yet.
    top: usize,
    free: BTreeMap<u32, u32>,
    used: usize,
}

/// The memory that all compiled code lies in.
pub struct CodeMemory(RefCell<Range>);

// SAFETY: used under the interpreter's lock only.
unsafe impl Sync for CodeMemory {}

impl CodeMemory {
    /// Reserves the range; nothing if the system refuses.
    pub fn reserve() -> Option<CodeMemory> {
        // SAFETY: a fresh mapping.
        let base = unsafe {
            libc::mmap(
                core::ptr::null_mut(),
                RANGE,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        (base != libc::MAP_FAILED).then(|| {
            CodeMemory(RefCell::new(Range {
                base: base as usize,
                // A place is never 0.
                top: ALIGN,
                free: BTreeMap::new(),
                used: 0,
            }))
        })
    }

    pub fn base(&self) -> usize {
        self.0.borrow().base
    }

    /// Bytes in use.
    pub fn used(&self) -> usize {
        self.0.borrow().used
    }

    /// Puts code into the range; nothing if it is full.
    pub fn place(&self, code: &[u8]) -> Option<Block> {
        let mut range = self.0.borrow_mut();
        let len = code.len().next_multiple_of(ALIGN);
        let offset = range.take(len)?;
        let start = range.base + offset;
        let first = start & !(PAGE - 1);
        let bytes = (start + len).next_multiple_of(PAGE) - first;
        // SAFETY: the pages are in the range, and no code in them runs meanwhile.
        unsafe {
            if libc::mprotect(first as *mut _, bytes, libc::PROT_READ | libc::PROT_WRITE) != 0 {
                return None;
            }
            core::ptr::copy_nonoverlapping(code.as_ptr(), start as *mut u8, code.len());
            if libc::mprotect(first as *mut _, bytes, libc::PROT_READ | libc::PROT_EXEC) != 0 {
                return None;
            }
        }
        range.used += len;
        Some(Block {
            offset: offset as u32,
            len: len as u32,
        })
    }

    /// Takes a block back, in which nothing runs any more.
    pub fn release(&self, block: Block) {
        let mut range = self.0.borrow_mut();
        range.used -= block.len as usize;
        let (mut offset, mut len) = (block.offset, block.len);
        if let Some((&before, &bytes)) = range.free.range(..offset).next_back()
            && before + bytes == offset
        {
            range.free.remove(&before);
            (offset, len) = (before, bytes + len);
        }
        if let Some(bytes) = range.free.remove(&(offset + len)) {
            len += bytes;
        }
        range.free.insert(offset, len);
    }
}

impl Range {
    fn take(&mut self, len: usize) -> Option<usize> {
        let fitting = self.free.iter().find(|(_, bytes)| **bytes as usize >= len);
        if let Some((&offset, &bytes)) = fitting {
            self.free.remove(&offset);
            if bytes as usize > len {
                self.free.insert(offset + len as u32, bytes - len as u32);
            }
            return Some(offset as usize);
        }
        let offset = self.top;
        if offset + len > RANGE {
            return None;
        }
        self.top += len;
        Some(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_used_again() {
        let memory = CodeMemory::reserve().unwrap();
        let first = memory.place(&[0xc3; 40]).unwrap();
        let second = memory.place(&[0xc3; 40]).unwrap();
        let third = memory.place(&[0xc3; 10]).unwrap();
        assert_eq!(first.len, 64);
        memory.release(first);
        memory.release(second);
        let again = memory.place(&[0xc3; 100]).unwrap();
        assert_eq!(again.offset, first.offset);
        assert!(third.offset > again.offset);
        assert_eq!(memory.used(), 128 + 32);
    }
}
