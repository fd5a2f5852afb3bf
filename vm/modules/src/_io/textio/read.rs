//! Reading: chunks of bytes, decoded and handed out.

use layout::{PyTupleObject, PyUnicodeObject};
use vm::args::expect;
use vm::err::{Result, exc, raise};
use vm::intern;
use vm::object::*;
use vm::protocol::buffer;
use vm::protocol::call::method;
use vm::types::str_::{self, StrExt};
use vm::types::tuple::TupleExt;
use vm::types::{bytes, int, tuple};

use super::super::newline::{Ends, NewlineDecoder, line_end};
use super::super::{iobase, unsupported};
use super::TextIoWrapper;

impl TextIoWrapper {
    fn decoder(&self) -> Result {
        self.decoder
            .get()
            .ok_or_else(|| unsupported("not readable"))
    }

    pub(super) fn decode(&self, input: &Obj, last: bool) -> Result<Ref<PyUnicodeObject>> {
        let decoder = self.decoder()?;
        let text = match decoder.downcast_exact::<NewlineDecoder>() {
            Some(decoder) => decoder.decode_part(input, last)?,
            None => method(&decoder, intern!("decode"), &[input, &bool_(last)])?,
        };
        match text.downcast_ref::<PyUnicodeObject>() {
            Ok(text) => Ok(text),
            Err(other) => {
                raise!(
                    TypeError,
                    "decoder should return a string result, not '{:.200}'",
                    other.tp_name()
                )
            }
        }
    }

    /// The decoder's buffered bytes and its flags.
    pub(super) fn decoder_state(&self) -> Result<(Ref, Ref)> {
        let state = method(&*self.decoder()?, intern!("getstate"), &[])?;
        let Some(items) = state.downcast::<PyTupleObject>().map(|t| t.items()) else {
            return raise!(TypeError, "illegal decoder state");
        };
        let [buffered, flags] = items else {
            return raise!(TypeError, "illegal decoder state");
        };
        if bytes::build::slice_of(buffered).is_none() {
            return raise!(
                TypeError,
                "illegal decoder state: the first item should be a bytes object, not '{:.200}'",
                buffered.tp_name()
            );
        }
        Ok((buffered.clone(), flags.clone()))
    }

    fn decoded(&self) -> Option<Ref<PyUnicodeObject>> {
        self.decoded.get().and_then(|o| o.downcast_ref().ok())
    }

    pub(super) fn set_decoded(&self, text: Ref<PyUnicodeObject>) {
        self.decoded.set(Some(text.into_obj()));
        self.used.set(0);
    }

    /// Hands out up to `n` decoded characters.
    fn take_decoded(&self, n: usize) -> Ref<PyUnicodeObject> {
        let Some(text) = self.decoded() else {
            return str_::empty();
        };
        let used = self.used.get();
        let end = text.len().min(used.saturating_add(n));
        self.used.set(end);
        str_::substring(&text, used, end)
    }

    /// Reads and decodes a chunk; false at the end.
    fn read_chunk(&self, size_hint: usize) -> Result<bool> {
        self.decoder()?;
        let buffer = self.buffer()?;
        let before = if self.telling.get() {
            Some(self.decoder_state()?)
        } else {
            None
        };
        let hinted = (self.ratio.get().max(1.0) * size_hint as f64) as usize;
        let size = int::from_usize(self.chunk_size.get().max(hinted));
        let name = if self.has_read1.get() {
            "read1"
        } else {
            "read"
        };
        let read = if self.has_read1.get() {
            intern!("read1")
        } else {
            intern!("read")
        };
        let chunk = method(&buffer, read, &[size.as_obj()])?;
        if !buffer::has_buffer(&chunk) {
            return raise!(
                TypeError,
                "underlying {name}() should have returned a bytes-like object, not '{:.200}'",
                chunk.tp_name()
            );
        }
        let len = buffer::simple(&chunk)?.bytes().len();
        let text = self.decode(&chunk, len == 0)?;
        let chars = text.len();
        self.set_decoded(text);
        self.ratio.set(if chars > 0 {
            len as f64 / chars as f64
        } else {
            0.0
        });
        if let Some((buffered, flags)) = before {
            let mut fed = bytes::build::slice_of(&buffered).unwrap_or(&[]).to_vec();
            fed.extend_from_slice(buffer::simple(&chunk)?.bytes());
            self.snapshot.set(Some(
                tuple::pair(&flags, bytes::try_new(&fed)?.as_obj()).into_obj(),
            ));
        }
        Ok(len > 0 || chars > 0)
    }

    fn line(&self, limit: usize) -> Result<Ref<PyUnicodeObject>> {
        self.check_open()?;
        self.flush_pending()?;
        let ends = match self.newline.get() {
            None => Ends::Translated,
            Some("") => Ends::Universal,
            Some(newline) => Ends::Only(newline),
        };
        // Parts of the line without its end, and what may be the start of it.
        let (mut parts, mut length): (Vec<Ref>, usize) = (Vec::new(), 0);
        let mut rest: Option<Ref<PyUnicodeObject>> = None;
        loop {
            while self.decoded().is_none_or(|text| text.is_empty()) {
                if !self.read_chunk(0)? {
                    self.forget_decoded();
                    self.snapshot.set(None);
                    parts.extend(rest.map(Ref::into_obj));
                    return str_::join_items(&str_::empty(), &parts);
                }
            }
            let text = self.decoded().unwrap_or_else(str_::empty);
            let (line, start, carried) = match rest.take() {
                None => (text, self.used.get(), 0),
                Some(rest) => (str_::concat(&rest, &text)?, 0, rest.len()),
            };
            let found = line_end(line.data().slice(start..line.len()), ends);
            let (Ok(end) | Err(end)) = found;
            let (mut end, mut complete) = (start + end, found.is_ok());
            if length + (end - start) >= limit {
                end = start + limit - length;
                complete = true;
            }
            if complete {
                self.used.set(end.saturating_sub(carried));
                let last = str_::substring(&line, start, end);
                if parts.is_empty() {
                    return Ok(last);
                }
                parts.push(last.into_obj());
                return str_::join_items(&str_::empty(), &parts);
            }
            if end > start {
                parts.push(str_::substring(&line, start, end).into_obj());
                length += end - start;
            }
            if end < line.len() {
                rest = Some(str_::substring(&line, end, line.len()));
            }
            self.forget_decoded();
        }
    }
}

pub fn read(t: &TextIoWrapper, args: &[&Obj]) -> Result {
    expect("read", args, 0..=1)?;
    let n = iobase::size_or_none(args.first())?;
    let buffer = t.check_open()?;
    t.decoder()?;
    t.flush_pending()?;
    let Ok(n) = usize::try_from(n) else {
        let all = method(&buffer, intern!("read"), &[])?;
        if all.is_none() {
            return Err(vm::err::new(
                &exc::BlockingIOError,
                format_args!("Read returned None."),
            ));
        }
        let text = t.decode(&all, true)?;
        let result = str_::concat(&t.take_decoded(usize::MAX), &text)?;
        if t.snapshot.borrow().is_some() {
            t.forget_decoded();
            t.snapshot.set(None);
        }
        t.forget_decoded();
        return Ok(result.into_obj());
    };
    let first = t.take_decoded(n);
    if first.len() == n {
        return Ok(first.into_obj());
    }
    let mut length = first.len();
    let mut parts = vec![first.into_obj()];
    while length < n && t.read_chunk(n - length)? {
        let part = t.take_decoded(n - length);
        length += part.len();
        parts.push(part.into_obj());
    }
    Ok(str_::join_items(&str_::empty(), &parts)?.into_obj())
}

pub fn readline(t: &TextIoWrapper, args: &[&Obj]) -> Result {
    expect("readline", args, 0..=1)?;
    let limit = iobase::size_or_none(args.first())?;
    t.buffer()?;
    Ok(t.line(usize::try_from(limit).unwrap_or(usize::MAX))?
        .into_obj())
}

/// While lines are iterated over, positions are not kept track of.
pub fn next(t: &TextIoWrapper) -> Result<Option<Ref>> {
    t.buffer()?;
    t.telling.set(false);
    let line = if t.as_obj().is_exact::<TextIoWrapper>() {
        t.line(usize::MAX)?.into_obj()
    } else {
        method(t.as_obj(), intern!("readline"), &[])?
    };
    match str_::of(&line) {
        Some(text) if text.is_empty() => {
            t.snapshot.set(None);
            t.telling.set(t.seekable.get());
            Ok(None)
        }
        Some(_) => Ok(Some(line)),
        None => raise!(
            OSError,
            "readline() should have returned a str object, not '{:.200}'",
            line.tp_name()
        ),
    }
}
