//! The block that a `bytearray` keeps its bytes in: growing, shrinking, replacing a part.
//!
//! Invariant: `ob_start` lies in the block `ob_bytes` of `ob_alloc` bytes, `ob_size` bytes and a zero follow it; an object
//! without a block points at a static zero. Bytes deleted at the front are only skipped. While views of the block are out
//! (`ob_exports`), it neither moves nor changes its length.

use core::ops::Range;
use core::ptr::null_mut;

use layout::{_PyByteArray_empty_string, PyByteArrayObject};

use crate::err::{self, Result, raise};
use crate::object::*;
use crate::protocol::buffer;

#[expect(clippy::len_without_is_empty, reason = "nobody asks")]
pub trait ByteArrayExt {
    /// Valid until the object changes.
    fn as_slice(&self) -> &[u8];
    fn len(&self) -> usize;
    /// Lets `f` write to the bytes; it runs no Python code.
    fn write<R>(&self, f: impl FnOnce(&mut [u8]) -> R) -> R;
    fn check_resizable(&self) -> Result<()>;
    fn resize(&self, len: usize) -> Result<()>;
    /// Replaces the bytes of a range by others, of any number, that lie elsewhere.
    fn replace_range(&self, range: Range<usize>, with: &[u8]) -> Result<()>;
    fn push(&self, byte: u8) -> Result<()>;
    fn extend_from(&self, bytes: &[u8]) -> Result<()>;
}

fn start(b: &PyByteArrayObject) -> *mut u8 {
    match b.ob_start.get() {
        p if p.is_null() => _PyByteArray_empty_string.as_ptr().cast(),
        p => p.cast(),
    }
}

fn set_len(b: &PyByteArrayObject, len: usize) {
    b.ob_base.ob_size.set(len as isize);
    if !b.ob_bytes.get().is_null() {
        // SAFETY: a block has room for a zero after the bytes.
        unsafe { start(b).add(len).write(0) };
    }
}

/// Moves the bytes to a block of `alloc` bytes, dropping what was skipped at the front.
fn move_to(b: &PyByteArrayObject, alloc: usize, len: usize) -> Result<()> {
    let old = b.ob_bytes.get();
    // SAFETY: the block is this object's, of `ob_alloc` bytes, and no view of it is out.
    let block = unsafe {
        if start(b).cast() == old && !old.is_null() {
            libc::realloc(old.cast(), alloc)
        } else {
            let block = libc::malloc(alloc);
            if !block.is_null() {
                block
                    .cast::<u8>()
                    .copy_from_nonoverlapping(start(b), b.len().min(len));
                libc::free(old.cast());
            }
            block
        }
    };
    if block.is_null() {
        return Err(err::no_memory());
    }
    b.ob_bytes.set(block.cast());
    b.ob_start.set(block.cast());
    b.ob_alloc.set(alloc as isize);
    Ok(())
}

impl ByteArrayExt for PyByteArrayObject {
    #[inline]
    fn as_slice(&self) -> &[u8] {
        // SAFETY: the object's bytes.
        unsafe { core::slice::from_raw_parts(start(self), self.len()) }
    }

    #[inline]
    fn len(&self) -> usize {
        self.ob_base.ob_size.get() as usize
    }

    fn write<R>(&self, f: impl FnOnce(&mut [u8]) -> R) -> R {
        // SAFETY: the object's bytes, which nobody else touches while `f` runs.
        f(unsafe { core::slice::from_raw_parts_mut(start(self), self.len()) })
    }

    fn check_resizable(&self) -> Result<()> {
        if buffer::is_held(|| self.ob_exports.get() > 0, |o| o.is_same(self.as_obj())) {
            return raise!(
                BufferError,
                "Existing exports of data: object cannot be re-sized"
            );
        }
        Ok(())
    }

    fn resize(&self, len: usize) -> Result<()> {
        if len == self.len() {
            return Ok(());
        }
        self.check_resizable()?;
        let alloc = self.ob_alloc.get() as usize;
        let skipped = if self.ob_bytes.get().is_null() {
            0
        } else {
            start(self) as usize - self.ob_bytes.get() as usize
        };
        if len + skipped < alloc {
            if len >= alloc / 2 {
                set_len(self, len);
                return Ok(());
            }
            move_to(self, len + 1, len)?;
        } else {
            let roomy = if len <= alloc + alloc / 8 {
                len + (len >> 3) + if len < 9 { 3 } else { 6 }
            } else {
                len + 1
            };
            if roomy > isize::MAX as usize {
                return Err(err::no_memory());
            }
            move_to(self, roomy, len)?;
        }
        set_len(self, len);
        Ok(())
    }

    fn replace_range(&self, range: Range<usize>, with: &[u8]) -> Result<()> {
        let (len, removed, added) = (self.len(), range.len(), with.len());
        let tail = range.end..len;
        if added < removed {
            self.check_resizable()?;
            if range.start == 0 {
                // SAFETY: skipping bytes of our own.
                self.ob_start
                    .set(unsafe { start(self).add(removed - added) }.cast());
                set_len(self, len - (removed - added));
            } else {
                self.write(|bytes| bytes.copy_within(tail, range.start + added));
            }
            // The block shrinks if it has become much too large; its length is right either way.
            set_len(self, len - (removed - added));
            self.shrink_slow()?;
        } else if added > removed {
            let Some(new_len) = len
                .checked_add(added - removed)
                .filter(|&n| n < isize::MAX as usize)
            else {
                return Err(err::no_memory());
            };
            self.resize(new_len)?;
            self.write(|bytes| bytes.copy_within(tail, range.start + added));
        }
        self.write(|bytes| bytes[range.start..range.start + added].copy_from_slice(with));
        Ok(())
    }

    fn push(&self, byte: u8) -> Result<()> {
        let len = self.len();
        if len == isize::MAX as usize {
            return raise!(OverflowError, "cannot add more objects to bytearray");
        }
        self.resize(len + 1)?;
        self.write(|bytes| bytes[len] = byte);
        Ok(())
    }

    fn extend_from(&self, bytes: &[u8]) -> Result<()> {
        let len = self.len();
        if bytes.len() > isize::MAX as usize - len {
            return Err(err::no_memory());
        }
        self.resize(len + bytes.len())?;
        self.write(|to| to[len..].copy_from_slice(bytes));
        Ok(())
    }
}

trait Shrink {
    fn shrink_slow(&self) -> Result<()>;
}

impl Shrink for PyByteArrayObject {
    fn shrink_slow(&self) -> Result<()> {
        let len = self.len();
        if len < self.ob_alloc.get() as usize / 2 && len + 1 < self.ob_alloc.get() as usize {
            move_to(self, len + 1, len)?;
            set_len(self, len);
        }
        Ok(())
    }
}

/// Frees the block at death.
pub fn free(b: &PyByteArrayObject) {
    let block = b.ob_bytes.replace(null_mut());
    // SAFETY: null, or the block of an object that is going away.
    unsafe { libc::free(block.cast()) };
}
