//! Positions: telling where the text was read up to, and going back there.

use layout::{PyLongObject, PyTupleObject};
use vm::args::{expect, to_i64};
use vm::err::{Result, raise};
use vm::intern;
use vm::object::*;
use vm::protocol::call::method;
use vm::protocol::number::index_int;
use vm::protocol::object::is_true;
use vm::types::int::IntExt;
use vm::types::str_::StrExt;
use vm::types::str_::args::c_int;
use vm::types::tuple::TupleExt;
use vm::types::{bytes, int, tuple};

use super::super::unsupported;
use super::TextIoWrapper;
use super::cookie::Cookie;

/// The decoder's state at a place: how many bytes it holds back, and its flags.
struct State {
    held: usize,
    flags: i32,
}

impl TextIoWrapper {
    fn state(&self) -> Result<State> {
        let (held, flags) = self.decoder_state()?;
        Ok(State {
            held: bytes::build::slice_of(&held).map_or(0, <[u8]>::len),
            flags: to_i64(&flags)? as i32,
        })
    }

    fn set_decoder_state(&self, at_start: bool, flags: i32) -> Result<()> {
        let Some(decoder) = self.decoder.get() else {
            return Ok(());
        };
        if at_start && flags == 0 {
            method(&decoder, intern!("reset"), &[])?;
        } else {
            let state = tuple::pair(
                bytes::empty().as_obj(),
                int::from_i64(flags.into()).as_obj(),
            );
            method(&decoder, intern!("setstate"), &[state.as_obj()])?;
        }
        Ok(())
    }

    /// Feeds the decoder, and counts what it gives.
    fn count(&self, input: &[u8], last: bool) -> Result<usize> {
        Ok(self.decode(bytes::try_new(input)?.as_obj(), last)?.len())
    }

    /// The last place before the position where the decoder can start, for the bytes that were fed since a snapshot.
    fn trace(&self, mut cookie: Cookie, fed: &[u8]) -> Result<Cookie> {
        let (start, flags) = (cookie.start, cookie.flags);
        let mut wanted = self.used.get();
        // Guesses near the position, and goes back from there.
        let mut guess = ((self.ratio.get() * wanted as f64) as usize).min(fed.len());
        let mut step = 1;
        while guess > 0 {
            self.set_decoder_state(start == 0, flags)?;
            let chars = self.count(&fed[..guess], false)?;
            if chars <= wanted {
                let state = self.state()?;
                if state.held == 0 {
                    cookie.flags = state.flags;
                    wanted -= chars;
                    break;
                }
                guess = guess.saturating_sub(state.held);
                step = 1;
            } else {
                guess = guess.saturating_sub(step);
                step *= 2;
            }
        }
        if guess == 0 {
            self.set_decoder_state(start == 0, flags)?;
        }
        cookie.start += guess as i64;
        cookie.skip = wanted as i32;
        if wanted == 0 {
            return Ok(cookie);
        }
        // Byte by byte from there on.
        let (mut chars, mut at) = (0, guess);
        while at < fed.len() {
            chars += self.count(&fed[at..at + 1], false)?;
            at += 1;
            cookie.feed += 1;
            let state = self.state()?;
            if state.held == 0 && chars <= wanted {
                cookie.start += i64::from(cookie.feed);
                wanted -= chars;
                cookie.flags = state.flags;
                cookie.feed = 0;
                chars = 0;
            }
            if chars >= wanted {
                break;
            }
        }
        if chars < wanted {
            chars += self.count(&[], true)?;
            cookie.need_eof = true;
            if chars < wanted {
                return raise!(OSError, "can't reconstruct logical file position");
            }
        }
        cookie.skip = wanted as i32;
        Ok(cookie)
    }

    fn check_seekable(&self) -> Result {
        let buffer = self.check_open()?;
        if !self.seekable.get() {
            return Err(unsupported("underlying stream is not seekable"));
        }
        Ok(buffer)
    }
}

pub fn tell(t: &TextIoWrapper) -> Result {
    let buffer = t.check_seekable()?;
    if !t.telling.get() {
        return raise!(OSError, "telling position disabled by next() call");
    }
    t.flush_pending()?;
    method(t.as_obj(), intern!("flush"), &[])?;
    let position = method(&buffer, intern!("tell"), &[])?;
    let snapshot = t.snapshot.get().filter(|_| t.decoder.borrow().is_some());
    let Some(snapshot) = snapshot else {
        return Ok(position);
    };
    let Some([flags, fed]) = snapshot.downcast::<PyTupleObject>().map(|t| t.items()) else {
        return Ok(position);
    };
    let fed = bytes::build::slice_of(fed).unwrap_or(&[]);
    let start = to_i64(&position)? - fed.len() as i64;
    let cookie = Cookie {
        start,
        flags: to_i64(flags)? as i32,
        ..Cookie::default()
    };
    if t.used.get() == 0 {
        return Ok(cookie.to_int().into_obj());
    }
    let decoder = t.decoder.get().unwrap_or_else(none);
    let saved = method(&decoder, intern!("getstate"), &[])?;
    let traced = t.trace(cookie, fed);
    let restored = super::super::iobase::preserving(
        traced
            .as_ref()
            .map(drop)
            .map_err(|_| vm::err::Raised::assume()),
        || method(&decoder, intern!("setstate"), &[&saved]).map(drop),
    );
    restored?;
    Ok(traced?.to_int().into_obj())
}

pub fn seek(t: &TextIoWrapper, args: &[&Obj]) -> Result {
    expect("seek", args, 1..=2)?;
    let whence = args.get(1).map_or(Ok(0), |o| c_int(o))?;
    let buffer = t.check_seekable()?;
    let target = match whence {
        0 => args[0].new_ref(),
        1 => {
            if is_true(args[0])? {
                return Err(unsupported("can't do nonzero cur-relative seeks"));
            }
            method(t.as_obj(), intern!("tell"), &[])?
        }
        2 => {
            if is_true(args[0])? {
                return Err(unsupported("can't do nonzero end-relative seeks"));
            }
            return seek_end(t, &buffer);
        }
        _ => return raise!(ValueError, "invalid whence ({whence}, should be 0, 1 or 2)"),
    };
    let number = index_int(&target)?;
    if number.is_negative() {
        return raise!(ValueError, "negative seek position {}", repr_lossy(&target));
    }
    method(t.as_obj(), intern!("flush"), &[])?;
    let cookie = Cookie::from_int(&number)?;
    method(
        &buffer,
        intern!("seek"),
        &[int::from_i64(cookie.start).as_obj()],
    )?;
    t.forget_decoded();
    t.snapshot.set(None);
    t.set_decoder_state(cookie.start == 0, cookie.flags)?;
    let flags = int::from_i64(cookie.flags.into());
    let snapshot = |fed: &Obj| Some(tuple::pair(flags.as_obj(), fed).into_obj());
    if cookie.skip > 0 {
        let fed = method(
            &buffer,
            intern!("read"),
            &[int::from_i64(cookie.feed.into()).as_obj()],
        )?;
        if bytes::build::slice_of(&fed).is_none() {
            return raise!(
                TypeError,
                "underlying read() should have returned a bytes object, not '{:.200}'",
                fed.tp_name()
            );
        }
        t.snapshot.set(snapshot(&fed));
        let text = t.decode(&fed, cookie.need_eof)?;
        let len = text.len();
        t.set_decoded(text);
        if len < cookie.skip as usize {
            return raise!(OSError, "can't restore logical file position");
        }
        t.used.set(cookie.skip as usize);
    } else if t.decoder.borrow().is_some() {
        t.snapshot.set(snapshot(bytes::empty().as_obj()));
    }
    t.reset_encoder(cookie.start == 0 && cookie.flags == 0)?;
    Ok(target)
}

fn seek_end(t: &TextIoWrapper, buffer: &Obj) -> Result {
    method(t.as_obj(), intern!("flush"), &[])?;
    t.forget_decoded();
    t.snapshot.set(None);
    if let Some(decoder) = t.decoder.get() {
        method(&decoder, intern!("reset"), &[])?;
    }
    let position = method(
        buffer,
        intern!("seek"),
        &[int::zero(), int::from_i64(2).as_obj()],
    )?;
    let at_start = position
        .downcast::<PyLongObject>()
        .is_some_and(IntExt::is_zero);
    t.reset_encoder(at_start)?;
    Ok(position)
}

pub fn truncate(t: &TextIoWrapper, args: &[&Obj]) -> Result {
    expect("truncate", args, 0..=1)?;
    let buffer = t.buffer()?;
    method(t.as_obj(), intern!("flush"), &[])?;
    method(&buffer, intern!("truncate"), args)
}
