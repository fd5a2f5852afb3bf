//! The window and the raw stream: where both are, and moving them.

use vm::args::expect;
use vm::err::{Result, exc, raise};
use vm::intern;
use vm::object::*;
use vm::protocol::call::method;
use vm::protocol::number::index_isize;
use vm::types::int;
use vm::types::str_::args::c_int;

use super::super::{iobase, unsupported};
use super::Buffered;

impl Buffered {
    pub(super) fn reset_read(&self) {
        self.read_end.set(None);
    }

    pub(super) fn reset_write(&self) {
        self.write_pos.set(0);
        self.write_end.set(None);
    }

    pub(super) fn has_read_buffer(&self) -> bool {
        self.readable.get() && self.read_end.get().is_some()
    }

    pub(super) fn has_write_buffer(&self) -> bool {
        self.writable.get() && self.write_end.get().is_some()
    }

    /// Moves the user's position; what was read is never shorter than that.
    pub(super) fn set_pos(&self, pos: usize) {
        self.pos.set(pos);
        if self.has_read_buffer() && self.read_end.get().is_some_and(|end| end < pos) {
            self.read_end.set(Some(pos));
        }
    }

    /// How much can be read without asking the raw stream.
    pub(super) fn ahead(&self) -> usize {
        match self.read_end.get() {
            Some(end) if self.readable.get() => end.saturating_sub(self.pos.get()),
            _ => 0,
        }
    }

    /// How far the raw stream is ahead of the user.
    pub(super) fn raw_offset(&self) -> i64 {
        match self.raw_pos.get() {
            Some(raw) if self.has_read_buffer() || self.has_write_buffer() => {
                raw as i64 - self.pos.get() as i64
            }
            _ => 0,
        }
    }

    /// A position that the raw stream has answered with.
    fn answered(&self, answer: &Obj) -> Result<i64> {
        let at = index_isize(answer, Some(&exc::ValueError))? as i64;
        if at < 0 {
            return raise!(OSError, "Raw stream returned invalid position {at}");
        }
        self.abs_pos.set(Some(at));
        Ok(at)
    }

    pub(super) fn raw_tell(&self) -> Result<i64> {
        self.abs_pos.set(None);
        let answer = method(&*self.raw()?, intern!("tell"), &[])?;
        self.answered(&answer)
    }

    pub(super) fn raw_seek(&self, target: i64, whence: i32) -> Result<i64> {
        let (target, whence) = (int::from_i64(target), int::from_i64(whence.into()));
        self.abs_pos.set(None);
        let answer = method(
            &*self.raw()?,
            intern!("seek"),
            &[target.as_obj(), whence.as_obj()],
        )?;
        self.answered(&answer)
    }

    /// Writes what is pending, and puts the raw stream where the user is.
    pub(super) fn flush_and_rewind(&self) -> Result<()> {
        self.flush_unlocked()?;
        if self.readable.get() {
            let offset = self.raw_offset();
            let sought = self.raw_seek(-offset, 1);
            self.reset_read();
            sought?;
        }
        Ok(())
    }
}

pub fn tell(b: &Buffered) -> Result<i64> {
    b.raw()?;
    let _held = b.lock.hold(b.as_obj())?;
    let at = b.raw_tell()?;
    Ok((at - b.raw_offset()).max(0))
}

pub fn seek(b: &Buffered, args: &[&Obj]) -> Result<i64> {
    expect("seek", args, 1..=2)?;
    let whence = args.get(1).map_or(Ok(0), |o| c_int(o))?;
    let raw = b.raw()?;
    if !(0..=4).contains(&whence) {
        return raise!(ValueError, "whence value {whence} unsupported");
    }
    b.check_open("seek of")?;
    iobase::check_seekable(&raw)?;
    let target = index_isize(args[0], Some(&exc::ValueError))? as i64;
    let _held = b.lock.hold(b.as_obj())?;
    if whence <= 1 && b.readable.get() {
        let current = match b.abs_pos.get() {
            Some(at) => at,
            None => b.raw_tell()?,
        };
        let ahead = b.ahead() as i64;
        if ahead > 0 {
            let here = current - b.raw_offset();
            let offset = if whence == 0 { target - here } else { target };
            if offset >= -(b.pos.get() as i64) && offset <= ahead {
                b.pos.set((b.pos.get() as i64 + offset) as usize);
                return Ok(here + offset);
            }
        }
    }
    if b.writable.get() {
        b.flush_unlocked()?;
    }
    let target = if whence == 1 {
        target - b.raw_offset()
    } else {
        target
    };
    let at = b.raw_seek(target, whence)?;
    b.raw_pos.set(None);
    if b.readable.get() {
        b.reset_read();
    }
    Ok(at)
}

pub fn truncate(b: &Buffered, args: &[&Obj]) -> Result {
    expect("truncate", args, 0..=1)?;
    b.check_open("truncate of")?;
    if !b.writable.get() {
        return Err(unsupported("truncate"));
    }
    let _held = b.lock.hold(b.as_obj())?;
    b.flush_and_rewind()?;
    let answer = method(
        &*b.raw()?,
        intern!("truncate"),
        &[args.first().copied().unwrap_or(NONE())],
    )?;
    if b.raw_tell().is_err() {
        vm::err::clear();
    }
    Ok(answer)
}
