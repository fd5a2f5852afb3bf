//! Where the unpickler gets its bytes: from what it was given, or from a file in pieces.
//!
//! A file is asked for as much as the pickle needs next, or, if it can `peek`, looked into further than that; what was used
//! of that is then read, so that the file stands behind the pickle in the end. Invariant: `at <= len`, and the memory at
//! `start` is that of `owner`, which keeps it in place.

use core::cell::{Cell, UnsafeCell};
use core::ptr;

use super::errors::{self, unpickling};
use crate::prelude::*;
use vm::protocol::buffer::{self, Buffer};

/// How far a file is looked into.
const PEEK: usize = 128 * 1024;

/// What keeps the bytes.
enum Owner {
    Nothing,
    Object(#[allow(dead_code)] Ref, Buffer),
}

/// The bytes, and the file's methods.
pub struct Reader {
    owner: UnsafeCell<Owner>,
    start: Cell<*const u8>,
    len: Cell<usize>,
    at: Cell<usize>,
    /// Where the frame ends that the next byte is in, or the bytes.
    limit: Cell<usize>,
    in_frame: Cell<bool>,
    /// How many of the bytes were read from the file, not merely looked at.
    read_so_far: Cell<usize>,
    pub read: Slot,
    readline: Slot,
    peek: Slot,
}

impl Reader {
    /// Nothing to read.
    pub fn new() -> Reader {
        Reader {
            owner: UnsafeCell::new(Owner::Nothing),
            start: Cell::new(ptr::null()),
            len: Cell::new(0),
            at: Cell::new(0),
            limit: Cell::new(0),
            in_frame: Cell::new(false),
            read_so_far: Cell::new(0),
            read: Slot::empty(),
            readline: Slot::empty(),
            peek: Slot::empty(),
        }
    }

    /// The references it holds.
    pub fn slots(&self) -> [&Slot; 3] {
        [&self.read, &self.readline, &self.peek]
    }

    /// Shows the collector the owner of the bytes.
    pub fn visit(&self, v: &mut Visitor) -> Visit {
        // SAFETY: the lock is held, and no borrow of the owner outlives a call.
        match unsafe { &*self.owner.get() } {
            Owner::Nothing => Ok(()),
            Owner::Object(o, view) => {
                v.visit(o)?;
                v.visit_ptr(view.view().obj)
            }
        }
    }

    /// Forgets the bytes.
    pub fn release(&self) {
        self.start.set(ptr::null());
        self.in_frame.set(false);
        for counter in [&self.len, &self.at, &self.limit, &self.read_so_far] {
            counter.set(0);
        }
        // SAFETY: as above; the old owner is dropped after it was replaced.
        drop(unsafe { ptr::replace(self.owner.get(), Owner::Nothing) });
    }

    /// Reads from the bytes of an object.
    pub fn set_bytes(&self, o: &Obj) -> Result<()> {
        let view = buffer::simple(o)?;
        let (start, len) = (view.bytes().as_ptr(), view.bytes().len());
        // SAFETY: as above.
        let before = unsafe { ptr::replace(self.owner.get(), Owner::Object(o.new_ref(), view)) };
        self.start.set(start);
        self.len.set(len);
        self.limit.set(len);
        self.at.set(0);
        drop(before);
        Ok(())
    }

    /// Reads from a file.
    pub fn set_file(&self, file: &Obj) -> Result<()> {
        self.peek.set(proto::getattr_opt(file, intern!("peek"))?);
        self.readline
            .set(proto::getattr_opt(file, intern!("readline"))?);
        self.read.set(proto::getattr_opt(file, intern!("read"))?);
        if self.read.borrow().is_none() || self.readline.borrow().is_none() {
            self.read.set(None);
            return raise!(
                AttributeError,
                "file must have 'read' and 'readline' attributes"
            );
        }
        Ok(())
    }

    /// Whether there is a file.
    pub fn has_file(&self) -> bool {
        self.read.borrow().is_some()
    }

    /// The next `n` bytes, to be used before anything else is read.
    #[inline]
    pub fn take(&self, n: usize) -> Result<&[u8]> {
        if n > self.limit.get() - self.at.get() {
            self.leave_frame(n)?;
        }
        let at = self.at.get();
        self.at.set(at + n);
        if n == 0 {
            return Ok(&[]);
        }
        // SAFETY: so many bytes are there.
        Ok(unsafe { core::slice::from_raw_parts(self.start.get().add(at), n) })
    }

    /// The next bytes as an array.
    #[inline]
    pub fn array<const N: usize>(&self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        bytes.copy_from_slice(self.take(N)?);
        Ok(bytes)
    }

    /// Begins a frame of `n` bytes.
    pub fn begin_frame(&self, n: usize) -> Result<()> {
        let (at, limit) = (self.at.get(), self.limit.get());
        if self.in_frame.get() && at < limit {
            return unpickling(format_args!(
                "beginning of a new frame before end of current frame"
            ));
        }
        if n > self.len.get() - at {
            self.fetch(n)?;
        }
        self.limit.set(self.at.get() + n);
        self.in_frame.set(true);
        Ok(())
    }

    /// Goes on behind the frame, if it is used up, and makes sure that `n` bytes are there.
    #[cold]
    fn leave_frame(&self, n: usize) -> Result<()> {
        if self.in_frame.get() {
            if self.at.get() < self.limit.get() {
                return unpickling(format_args!("pickle exhausted before end of frame"));
            }
            self.in_frame.set(false);
            self.limit.set(self.len.get());
        }
        if n > self.len.get() - self.at.get() {
            self.fetch(n)?;
        }
        Ok(())
    }

    #[cold]
    fn fetch(&self, n: usize) -> Result<()> {
        if !self.has_file() {
            return truncated();
        }
        self.skip_consumed()?;
        if self.look(n)? {
            return Ok(());
        }
        let got = self.ask(&self.read, Some(n))?;
        if got < n { truncated() } else { Ok(()) }
    }

    /// Reads from the file what was so far only looked at, as far as it was used.
    pub fn skip_consumed(&self) -> Result<()> {
        let used = self.at.get() - self.read_so_far.get();
        let Some(read) = self.read.get().filter(|_| used > 0) else {
            return Ok(());
        };
        call::call1(&read, int::from_usize(used).as_obj())?;
        self.read_so_far.set(self.at.get());
        Ok(())
    }

    /// Looks into the file; whether that has shown `n` bytes.
    fn look(&self, n: usize) -> Result<bool> {
        let Some(peek) = self.peek.get().filter(|_| n < PEEK) else {
            return Ok(false);
        };
        let seen = match call::call1(&peek, int::from_usize(PEEK).as_obj()) {
            Ok(seen) => seen,
            Err(_) if err::clear_if(&exc::NotImplementedError) => {
                self.peek.set(None);
                return Ok(false);
            }
            Err(raised) => return Err(raised),
        };
        self.set_bytes(&seen)?;
        self.read_so_far.set(0);
        if self.len.get() >= n {
            return Ok(true);
        }
        self.len.set(0);
        self.limit.set(0);
        Ok(false)
    }

    /// Has the file read; how many bytes have come.
    fn ask(&self, method: &Slot, n: Option<usize>) -> Result<usize> {
        let Some(method) = method.get() else {
            return Ok(0);
        };
        let got = match n {
            Some(n) => call::call1(&method, int::from_usize(n).as_obj())?,
            None => call::call0(&method)?,
        };
        self.set_bytes(&got)?;
        self.read_so_far.set(self.len.get());
        Ok(self.len.get())
    }

    /// The next line, with its end.
    pub fn line(&self) -> Result<&[u8]> {
        if self.at.get() == self.limit.get() {
            self.leave_frame(0)?;
        }
        if let Some(n) = self.line_length() {
            return self.take(n);
        }
        self.leave_frame(0)?;
        if !self.has_file() {
            return truncated();
        }
        self.skip_consumed()?;
        if !self.look(1)? || self.line_length().is_none() {
            let got = self.ask(&self.readline, None)?;
            // SAFETY: so many bytes are there.
            let ends = got > 0 && unsafe { *self.start.get().add(got - 1) } == b'\n';
            if !ends {
                return truncated();
            }
        }
        match self.line_length() {
            Some(n) => self.take(n),
            None => truncated(),
        }
    }

    fn line_length(&self) -> Option<usize> {
        let left = self.limit.get() - self.at.get();
        if left == 0 {
            return None;
        }
        // SAFETY: so many bytes are there.
        let rest =
            unsafe { core::slice::from_raw_parts(self.start.get().add(self.at.get()), left) };
        memchr::memchr(b'\n', rest).map(|i| i + 1)
    }

    /// The next line without its end, which must have something before it.
    pub fn text(&self) -> Result<&[u8]> {
        match self.line()? {
            [text @ .., _] if !text.is_empty() => Ok(text),
            _ => truncated(),
        }
    }
}

/// The error of a pickle that ends too early.
#[cold]
fn truncated<T>() -> Result<T> {
    unpickling(format_args!("pickle data was truncated"))
}

/// The error of one that ends before it starts.
pub fn or_end_of_file<T>(result: Result<T>) -> Result<T> {
    if result.is_err() && errors::is_unpickling() {
        err::clear();
        return raise!(EOFError, "Ran out of input");
    }
    result
}
