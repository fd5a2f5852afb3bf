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
use vm::types::str_::{self, StrExt};

use super::super::iobase::interrupted;
use super::super::unsupported;
use super::TextIoWrapper;

impl TextIoWrapper {
    /// Hands what was encoded to the stream below.
    pub(super) fn flush_pending(&self) -> Result<()> {
        let pending = self.pending.take();
        if pending.is_empty() {
            return Ok(());
        }
        let data = bytes::try_new(&pending)?;
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
    let encoded = match newline.filter(|_| has_lf) {
        Some(newline) => t.encode(&*str_::replace_str(
            text,
            &str_::latin1_single(b'\n'),
            &str_::new(newline),
            -1,
        )?)?,
        None => t.encode(text)?,
    };
    let Some(encoded) = bytes::build::slice_of(&encoded) else {
        return raise!(
            TypeError,
            "encoder should return a bytes object, not '{:.200}'",
            encoded.tp_name()
        );
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
