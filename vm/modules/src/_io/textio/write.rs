//! Writing: encoding, and keeping what was encoded until it is worth a call.

use layout::PyUnicodeObject;
use text::search::find_char;
use vm::codecs::encode_native;
use vm::err::{Result, raise};
use vm::intern;
use vm::object::*;
use vm::protocol::call::method;
use vm::types::bytes;
use vm::types::str_::args::string;
use vm::types::str_::{self, StrData, StrExt};

use super::super::iobase::interrupted;
use super::super::unsupported;
use super::TextIoWrapper;

impl TextIoWrapper {
    /// Hands what was encoded to the stream below.
    pub(super) fn flush_pending(&self) -> Result<()> {
        if self.pending.borrow().is_empty() {
            return Ok(());
        }
        let mut pending = self.pending.take();
        let data = bytes::try_new(&pending)?;
        // The room is kept for what comes next.
        pending.clear();
        *self.pending.borrow_mut() = pending;
        let buffer = self.buffer()?;
        while let Err(raised) = method(&buffer, intern!("write"), &[data.as_obj()]) {
            if !interrupted() {
                return Err(raised);
            }
        }
        Ok(())
    }

    fn encode(&self, text: &PyUnicodeObject) -> Result {
        match self.native.get() {
            Some(codec) => {
                let errors = self.errors.get();
                let errors = errors
                    .as_deref()
                    .and_then(str_::of)
                    .and_then(|s| s.try_str());
                encode_native(codec, text, errors)
            }
            None => {
                let encoder = self.encoder.get().unwrap_or_else(none);
                method(&encoder, intern!("encode"), &[text.as_obj()])
            }
        }
    }
}

/// Text as bytes.
enum Encoded<'a> {
    /// The text's own.
    Same(&'a [u8]),
    /// What an encoder has made.
    Made(Ref),
}

pub fn write(t: &TextIoWrapper, text: &Obj) -> Result<usize> {
    let text = string("write", "argument", text)?;
    let buffer = t.check_open()?;
    if t.encoder.borrow().is_none() {
        return Err(unsupported("not writable"));
    }
    let newline = t.written_newline();
    let has_lf =
        (newline.is_some() || t.line_buffering.get()) && find_char(text.data(), 10).is_some();
    let flushes = t.line_buffering.get() && (has_lf || find_char(text.data(), 13).is_some());
    let translated = newline.filter(|_| has_lf);
    let encoded = match (translated, t.native.get(), text.data()) {
        // ASCII is the same in all the native encodings.
        (None, Some(_), StrData::Latin1(data)) if text.is_ascii() => Encoded::Same(data),
        (None, ..) => Encoded::Made(t.encode(text)?),
        (Some(newline), ..) => Encoded::Made(t.encode(&*str_::replace_str(
            text,
            &str_::latin1_single(b'\n'),
            &str_::new(newline),
            -1,
        )?)?),
    };
    let encoded = match &encoded {
        Encoded::Same(data) => data,
        Encoded::Made(o) => match bytes::build::slice_of(o) {
            Some(data) => data,
            None => {
                return raise!(
                    TypeError,
                    "encoder should return a bytes object, not '{:.200}'",
                    o.tp_name()
                );
            }
        },
    };
    // What is pending goes first if both together would be too much.
    let waiting = t.pending.borrow().len();
    if waiting > 0 && waiting + encoded.len() > t.chunk_size.get() {
        t.flush_pending()?;
    }
    t.pending.borrow_mut().extend_from_slice(encoded);
    if t.pending.borrow().len() >= t.chunk_size.get() || flushes || t.write_through.get() {
        t.flush_pending()?;
    }
    if flushes {
        method(&buffer, intern!("flush"), &[])?;
    }
    if t.snapshot.borrow().is_some() {
        t.forget_decoded();
        t.snapshot.set(None);
    }
    if let Some(decoder) = t.decoder.get() {
        method(&decoder, intern!("reset"), &[])?;
    }
    Ok(text.len())
}

pub fn flush(t: &TextIoWrapper) -> Result {
    let buffer = t.check_open()?;
    t.telling.set(t.seekable.get());
    t.flush_pending()?;
    method(&buffer, intern!("flush"), &[])
}
