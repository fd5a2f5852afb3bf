//! Reading through the window.

use layout::PyBytesObject;
use vm::args::{expect, to_isize_or};
use vm::err::{self, Result, exc, raise};
use vm::intern;
use vm::object::*;
use vm::protocol::buffer;
use vm::protocol::call::{call0, method};
use vm::protocol::number::index_isize;
use vm::protocol::object::getattr_opt;
use vm::types::bytearray::{self, ByteArrayExt};
use vm::types::bytes::{self, BytesExt};
use vm::types::memoryview;

use super::super::fileio::FileIo;
use super::super::iobase::{self, interrupted};
use super::{Buffered, RANDOM, READER};

impl Buffered {
    /// One read of the raw stream; `None` if it would block.
    fn raw_read(&self, into: &mut [u8]) -> Result<Option<usize>> {
        let raw = self.raw()?;
        let count = match raw.downcast_exact::<FileIo>() {
            Some(file) => file.read_into(into)?,
            None => self.raw_readinto(&raw, into)?,
        };
        if let (Some(n), Some(at)) = (count, self.abs_pos.get()) {
            self.abs_pos.set(Some(at + n as i64));
        }
        Ok(count)
    }

    fn raw_readinto(&self, raw: &Obj, into: &mut [u8]) -> Result<Option<usize>> {
        let target = bytearray::new(&[])?;
        target.resize(into.len())?;
        target.write(|bytes| bytes.fill(0));
        let view = memoryview::from_object(target.as_obj())?;
        let answer = loop {
            match method(raw, intern!("readinto"), &[view.as_obj()]) {
                Err(_) if interrupted() => {}
                other => break other?,
            }
        };
        if answer.is_none() {
            return Ok(None);
        }
        let Ok(count) = index_isize(&answer, Some(&exc::ValueError)) else {
            return Err(err::raise_from_current(
                &exc::OSError,
                format_args!("raw readinto() failed"),
            ));
        };
        match usize::try_from(count)
            .ok()
            .and_then(|n| target.as_slice().get(..n))
        {
            Some(read) => {
                into[..read.len()].copy_from_slice(read);
                Ok(Some(read.len()))
            }
            None => raise!(
                OSError,
                "raw readinto() returned invalid length {count} (should have been between 0 and {})",
                into.len()
            ),
        }
    }

    /// Reads as much as there is room for behind what was read.
    fn fill(&self) -> Result<Option<usize>> {
        let start = self
            .read_end
            .get()
            .filter(|_| self.has_read_buffer())
            .unwrap_or(0);
        // The window is away meanwhile: others wait for the lock before they look at it.
        let mut window = self.buffer.take();
        let count = self.raw_read(&mut window[start..]);
        *self.buffer.borrow_mut() = window;
        if let Ok(Some(n @ 1..)) = count {
            self.read_end.set(Some(start + n));
            self.raw_pos.set(Some(start + n));
        }
        count
    }

    /// The next bytes of the window, which has them.
    fn take(&self, n: usize) -> Result {
        let pos = self.pos.get();
        let taken = bytes::try_new(&self.buffer.borrow()[pos..pos + n])?;
        self.pos.set(pos + n);
        Ok(taken.into_obj())
    }

    fn append_ahead(&self, n: usize, to: &mut Vec<u8>) {
        let pos = self.pos.get();
        to.extend_from_slice(&self.buffer.borrow()[pos..pos + n]);
        self.pos.set(pos + n);
    }

    /// Makes ready to read from the raw stream.
    fn leave_window(&self) -> Result<()> {
        if self.writable.get() {
            self.flush_and_rewind()?;
        }
        self.reset_read();
        Ok(())
    }
}

pub fn read(b: &Buffered, args: &[&Obj]) -> Result {
    expect("read", args, 0..=1)?;
    let n = iobase::size_or_none(args.first())?;
    b.raw()?;
    if n < -1 {
        return raise!(ValueError, "read length must be non-negative or -1");
    }
    b.check_open("read of")?;
    let _held = b.lock.hold(b.as_obj())?;
    match usize::try_from(n) {
        Err(_) => read_all(b),
        Ok(n) if n <= b.ahead() => b.take(n),
        Ok(n) => read_more(b, n),
    }
}

fn returned_bytes(o: &Obj, name: &str) -> Result<Option<Ref>> {
    if o.is_none() {
        return Ok(None);
    }
    if !o.is::<PyBytesObject>() {
        return raise!(TypeError, "{name}() should return bytes");
    }
    Ok(Some(o.new_ref()))
}

fn slice(o: &Obj) -> &[u8] {
    o.downcast::<PyBytesObject>()
        .map_or(&[], BytesExt::as_slice)
}

fn read_all(b: &Buffered) -> Result {
    let mut all = Vec::new();
    b.append_ahead(b.ahead(), &mut all);
    b.leave_window()?;
    let raw = b.raw()?;
    if let Some(readall) = getattr_opt(&raw, intern!("readall"))? {
        let answer = call0(&readall)?;
        let rest = returned_bytes(&answer, "readall")?;
        b.abs_pos.set(None);
        return match rest {
            rest if all.is_empty() => Ok(rest.unwrap_or_else(none)),
            rest => {
                all.extend_from_slice(rest.as_deref().map_or(&[], slice));
                Ok(bytes::try_new(&all)?.into_obj())
            }
        };
    }
    loop {
        let answer = method(&raw, intern!("read"), &[])?;
        let part = returned_bytes(&answer, "read")?;
        let part_bytes = part.as_deref().map_or(&[][..], slice);
        if part_bytes.is_empty() {
            return if all.is_empty() {
                Ok(answer)
            } else {
                Ok(bytes::try_new(&all)?.into_obj())
            };
        }
        all.extend_from_slice(part_bytes);
        if let Some(at) = b.abs_pos.get() {
            b.abs_pos.set(Some(at + part_bytes.len() as i64));
        }
    }
}

/// What was read so far, or `None` if there was nothing and the raw stream would block.
fn so_far(out: &[u8], count: Option<usize>) -> Result {
    if count.is_none() && out.is_empty() {
        Ok(none())
    } else {
        Ok(bytes::try_new(out)?.into_obj())
    }
}

/// More bytes than the window has: whole blocks straight from the raw stream, the last one through the window.
fn read_more(b: &Buffered, n: usize) -> Result {
    let mut out = Vec::new();
    if out.try_reserve(n).is_err() {
        return Err(err::no_memory());
    }
    b.append_ahead(b.ahead(), &mut out);
    b.leave_window()?;
    loop {
        let blocks = (n - out.len()) / b.size.get() * b.size.get();
        if blocks == 0 {
            break;
        }
        let start = out.len();
        out.resize(start + blocks, 0);
        let count = b.raw_read(&mut out[start..]);
        out.truncate(start + count.as_ref().map_or(0, |c| c.unwrap_or(0)));
        match count? {
            Some(1..) => {}
            count => return so_far(&out, count),
        }
    }
    b.pos.set(0);
    b.raw_pos.set(Some(0));
    b.read_end.set(Some(0));
    while out.len() < n && b.read_end.get().is_some_and(|end| end < b.size.get()) {
        match b.fill()? {
            Some(count @ 1..) => b.append_ahead(count.min(n - out.len()), &mut out),
            count => return so_far(&out, count),
        }
    }
    Ok(bytes::try_new(&out)?.into_obj())
}

pub fn read1(b: &Buffered, args: &[&Obj]) -> Result {
    expect("read1", args, 0..=1)?;
    let n = to_isize_or(args.first().copied(), -1)?;
    b.check_open("read of")?;
    let n = usize::try_from(n).unwrap_or(b.size.get());
    if n == 0 {
        return Ok(bytes::empty().into_obj());
    }
    let _held = b.lock.hold(b.as_obj())?;
    match b.ahead() {
        0 => {}
        ahead => return b.take(n.min(ahead)),
    }
    b.reset_read();
    let mut data = Vec::new();
    if data.try_reserve(n).is_err() {
        return Err(err::no_memory());
    }
    data.resize(n, 0);
    let count = b.raw_read(&mut data)?.unwrap_or(0);
    Ok(bytes::try_new(&data[..count])?.into_obj())
}

pub fn readinto(b: &Buffered, target: &Obj, once: bool) -> Result<Option<usize>> {
    let mut target = buffer::writable(target)?;
    b.check_open("readinto of")?;
    let _held = b.lock.hold(b.as_obj())?;
    let out = target.bytes_mut();
    let take = |out: &mut [u8], n: usize| {
        let pos = b.pos.get();
        out[..n].copy_from_slice(&b.buffer.borrow()[pos..pos + n]);
        b.pos.set(pos + n);
    };
    let mut done = b.ahead().min(out.len());
    take(out, done);
    if done == out.len() {
        return Ok(Some(done));
    }
    b.leave_window()?;
    b.pos.set(0);
    while done < out.len() {
        let room = out.len() - done;
        let count = if room > b.size.get() {
            b.raw_read(&mut out[done..])?
        } else if !(once && done > 0) {
            match b.fill()? {
                Some(n @ 1..) => {
                    let n = n.min(room);
                    take(&mut out[done..], n);
                    Some(n)
                }
                other => other,
            }
        } else {
            Some(0)
        };
        match count {
            Some(0) => break,
            None if done > 0 => break,
            None => return Ok(None),
            Some(n) => done += n,
        }
        if once {
            break;
        }
    }
    Ok(Some(done))
}

pub fn peek(b: &Buffered, args: &[&Obj]) -> Result {
    expect("peek", args, 0..=1)?;
    to_isize_or(args.first().copied(), 0)?;
    b.check_open("peek of")?;
    let _held = b.lock.hold(b.as_obj())?;
    if b.writable.get() {
        b.flush_and_rewind()?;
    }
    let (pos, ahead) = (b.pos.get(), b.ahead());
    if ahead > 0 {
        return Ok(bytes::try_new(&b.buffer.borrow()[pos..pos + ahead])?.into_obj());
    }
    b.reset_read();
    let count = b.fill()?.unwrap_or(0);
    b.pos.set(0);
    Ok(bytes::try_new(&b.buffer.borrow()[..count])?.into_obj())
}

pub fn readline(b: &Buffered, args: &[&Obj]) -> Result {
    expect("readline", args, 0..=1)?;
    let limit = iobase::size_or_none(args.first())?;
    b.raw()?;
    line(b, usize::try_from(limit).unwrap_or(usize::MAX))
}

/// Up to a line feed, the limit, or the end.
fn line(b: &Buffered, limit: usize) -> Result {
    b.check_open("readline of")?;
    let _held = b.lock.hold(b.as_obj())?;
    let end_of_line = |n: usize| {
        let pos = b.pos.get();
        memchr::memchr(b'\n', &b.buffer.borrow()[pos..pos + n]).map(|i| i + 1)
    };
    let n = b.ahead().min(limit);
    if let Some(n) = end_of_line(n) {
        return b.take(n);
    }
    if n == limit {
        return b.take(n);
    }
    let mut out = Vec::new();
    b.append_ahead(n, &mut out);
    if b.writable.get() {
        b.flush_and_rewind()?;
    }
    while out.len() < limit {
        b.reset_read();
        let Some(n @ 1..) = b.fill()? else { break };
        b.pos.set(0);
        let n = n.min(limit - out.len());
        let found = end_of_line(n);
        b.append_ahead(found.unwrap_or(n), &mut out);
        if found.is_some() {
            break;
        }
    }
    Ok(bytes::try_new(&out)?.into_obj())
}

pub fn next(b: &Buffered) -> Result<Option<Ref>> {
    b.raw()?;
    let tp = b.as_obj().ob_type.get().cast_const();
    let line = if tp == &raw const READER || tp == &raw const RANDOM {
        line(b, usize::MAX)?
    } else {
        let line = method(b.as_obj(), intern!("readline"), &[])?;
        if !line.is::<PyBytesObject>() {
            return raise!(
                OSError,
                "readline() should have returned a bytes object, not '{:.200}'",
                line.tp_name()
            );
        }
        line
    };
    Ok(Some(line).filter(|line| !slice(line).is_empty()))
}
