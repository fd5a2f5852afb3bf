//! Writing through the window.

use vm::err::{self, Raised, Result, exc, raise};
use vm::intern;
use vm::object::*;
use vm::protocol::buffer;
use vm::protocol::call::{call, method};
use vm::protocol::number::index_isize;
use vm::types::{bytes, int, memoryview, str_};

use super::super::fileio::{FileIo, last_errno};
use super::super::iobase::interrupted;
use super::Buffered;

/// The error of a raw stream that would block after so many bytes.
#[cold]
fn would_block(written: usize) -> Raised {
    let code = match last_errno() {
        0 => libc::EAGAIN,
        code => code,
    };
    let message = str_::new("write could not complete without blocking");
    let (code, written) = (int::from_i64(code.into()), int::from_usize(written));
    match call(
        exc::BlockingIOError.as_obj(),
        &[code.as_obj(), message.as_obj(), written.as_obj()],
    ) {
        Ok(exception) => err::set_exception(exception),
        Err(raised) => raised,
    }
}

impl Buffered {
    /// One write to the raw stream; `None` if it would block.
    fn raw_write(&self, data: &[u8]) -> Result<Option<usize>> {
        let raw = self.raw()?;
        let count = match raw.downcast_exact::<FileIo>() {
            Some(file) => file.write_from(data)?,
            None => raw_write_object(&raw, data)?,
        };
        if let (Some(n), Some(at)) = (count, self.abs_pos.get()) {
            self.abs_pos.set(Some(at + n as i64));
        }
        Ok(count)
    }

    /// Writes what is pending.
    pub(super) fn flush_unlocked(&self) -> Result<()> {
        if let Some(end) = self.write_end.get().filter(|_| self.has_write_buffer())
            && self.write_pos.get() != end
        {
            let rewind = self.raw_offset() + (self.pos.get() as i64 - self.write_pos.get() as i64);
            if rewind != 0 {
                self.raw_seek(-rewind, 1)?;
                self.raw_pos.set(
                    self.raw_pos
                        .get()
                        .map(|raw| (raw as i64 - rewind).max(0) as usize),
                );
            }
            while self.write_pos.get() < end {
                // The window is away meanwhile: others wait for the lock before they look at it.
                let window = self.buffer.take();
                let count = self.raw_write(&window[self.write_pos.get()..end]);
                *self.buffer.borrow_mut() = window;
                let Some(n) = count? else {
                    return Err(would_block(0));
                };
                self.write_pos.set(self.write_pos.get() + n);
                self.raw_pos.set(Some(self.write_pos.get()));
                // A partial write may be due to a signal, whose handler runs before the next one blocks.
                vm::signals::check()?;
            }
        }
        self.reset_write();
        Ok(())
    }

    fn store(&self, at: usize, data: &[u8]) {
        self.buffer.borrow_mut()[at..at + data.len()].copy_from_slice(data);
    }
}

fn raw_write_object(raw: &Obj, data: &[u8]) -> Result<Option<usize>> {
    let view = memoryview::from_object(bytes::try_new(data)?.as_obj())?;
    let answer = loop {
        match method(raw, intern!("write"), &[view.as_obj()]) {
            Err(_) if interrupted() => {}
            other => break other?,
        }
    };
    if answer.is_none() {
        return Ok(None);
    }
    let count = index_isize(&answer, Some(&exc::ValueError))?;
    match usize::try_from(count) {
        Ok(n) if n <= data.len() => Ok(Some(n)),
        _ => raise!(
            OSError,
            "raw write() returned invalid length {count} (should have been between 0 and {})",
            data.len()
        ),
    }
}

pub fn flush(b: &Buffered) -> Result<()> {
    b.check_open("flush of")?;
    let _held = b.lock.hold(b.as_obj())?;
    b.flush_and_rewind()
}

pub fn write(b: &Buffered, data: &Obj) -> Result<usize> {
    b.raw()?;
    let data = buffer::simple(data)?;
    let data = data.bytes();
    let _held = b.lock.hold(b.as_obj())?;
    if !b.is_plainly_open() && (b.size.get() == 0 || b.is_closed()?) {
        return raise!(ValueError, "write to closed file");
    }
    if !b.has_read_buffer() && !b.has_write_buffer() {
        b.pos.set(0);
        b.raw_pos.set(Some(0));
    }
    let (pos, size) = (b.pos.get(), b.size.get());
    if data.len() <= size - pos && data.len() < size {
        b.store(pos, data);
        if !b.has_write_buffer() || b.write_pos.get() > pos {
            b.write_pos.set(pos);
        }
        b.set_pos(pos + data.len());
        if b.write_end.get().is_none_or(|end| end < b.pos.get()) {
            b.write_end.set(Some(b.pos.get()));
        }
        return Ok(data.len());
    }
    match b.flush_unlocked() {
        Err(raised) if !err::matches(&exc::BlockingIOError) => Err(raised),
        Err(_) => {
            err::clear();
            keep_blocked(b, data)
        }
        Ok(()) => write_through(b, data),
    }
}

/// The pending bytes could not be written: keeps as much as there is room for.
fn keep_blocked(b: &Buffered, data: &[u8]) -> Result<usize> {
    if b.readable.get() {
        b.reset_read();
    }
    let (start, end) = (b.write_pos.get(), b.write_end.get().unwrap_or(0));
    b.buffer.borrow_mut().copy_within(start..end, 0);
    b.write_end.set(Some(end - start));
    b.raw_pos
        .set(b.raw_pos.get().map(|raw| raw.saturating_sub(start)));
    b.pos.set(b.pos.get().saturating_sub(start));
    b.write_pos.set(0);
    let end = end - start;
    let kept = data.len().min(b.size.get() - end);
    b.store(end, &data[..kept]);
    b.write_end.set(Some(end + kept));
    b.pos.set(b.pos.get() + kept);
    if kept == data.len() {
        Ok(kept)
    } else {
        Err(would_block(kept))
    }
}

/// More than the window holds: most goes straight to the raw stream.
fn write_through(b: &Buffered, data: &[u8]) -> Result<usize> {
    let (offset, size) = (b.raw_offset(), b.size.get());
    if offset != 0 {
        b.raw_seek(-offset, 1)?;
        b.raw_pos.set(
            b.raw_pos
                .get()
                .map(|raw| (raw as i64 - offset).max(0) as usize),
        );
    }
    let mut done = 0;
    while data.len() - done > size {
        match b.raw_write(&data[done..])? {
            Some(n) => {
                done += n;
                vm::signals::check()?;
            }
            None => {
                b.store(0, &data[done..done + size]);
                b.raw_pos.set(Some(0));
                b.set_pos(size);
                b.write_pos.set(0);
                b.write_end.set(Some(size));
                return Err(would_block(done + size));
            }
        }
    }
    if b.readable.get() {
        b.reset_read();
    }
    let rest = &data[done..];
    b.store(0, rest);
    b.write_pos.set(0);
    b.write_end.set(Some(rest.len()));
    b.set_pos(rest.len());
    b.raw_pos.set(Some(0));
    Ok(data.len())
}
