//! What is searched: a string, or the bytes of anything that exports its memory.

use layout::{PyBytesObject, PyUnicodeObject};
use text::Str;
use vm::err::{Result, raise};
use vm::object::*;
use vm::protocol::buffer::{self, Buffer, has_buffer};
use vm::types::bytes::{self, BytesExt};
use vm::types::str_::{self, StrExt};

/// The object that was given, and a view of its memory if it isn't a string.
pub struct Subject {
    pub object: Ref,
    view: Option<Buffer>,
}

impl Subject {
    pub fn new(o: &Obj) -> Result<Subject> {
        if o.is::<PyUnicodeObject>() {
            return Ok(Subject {
                object: o.new_ref(),
                view: None,
            });
        }
        if !has_buffer(o) {
            return raise!(
                TypeError,
                "expected string or bytes-like object, got '{:.200}'",
                o.tp_name()
            );
        }
        Ok(Subject {
            object: o.new_ref(),
            view: Some(buffer::simple(o)?),
        })
    }

    pub fn is_bytes(&self) -> bool {
        self.view.is_some()
    }

    pub fn text(&self) -> Str<'_> {
        match (&self.view, self.object.downcast::<PyUnicodeObject>()) {
            (Some(view), _) => Str::Latin1(view.bytes()),
            (None, Some(s)) => s.data(),
            (None, None) => Str::Latin1(&[]),
        }
    }

    pub fn len(&self) -> usize {
        self.text().len()
    }

    /// A part, of the subject's kind: `str` or `bytes`.
    pub fn slice(&self, start: usize, end: usize) -> Result {
        if let Some(s) = self.object.downcast::<PyUnicodeObject>() {
            return Ok(str_::substring(s, start, end).into_obj());
        }
        let Some(view) = &self.view else {
            return Ok(none());
        };
        let whole = start == 0 && end == view.bytes().len();
        if whole && self.object.is_exact::<PyBytesObject>() {
            return Ok(self.object.clone());
        }
        Ok(bytes::try_new(&view.bytes()[start..end])?.into_obj())
    }

    /// Joins parts, as `''.join` or `b''.join`.
    pub fn join(&self, parts: &[Ref]) -> Result {
        if !self.is_bytes() {
            return Ok(str_::join_items(&str_::empty(), parts)?.into_obj());
        }
        // Usually all are bytes, and nothing has to be asked for its memory.
        let mut total = Vec::new();
        for (i, part) in parts.iter().enumerate() {
            match part.downcast::<PyBytesObject>() {
                Some(b) => total.extend_from_slice(b.as_slice()),
                None if has_buffer(part) => total.extend_from_slice(buffer::simple(part)?.bytes()),
                None => {
                    return raise!(
                        TypeError,
                        "sequence item {i}: expected a bytes-like object, {:.80} found",
                        part.tp_name()
                    );
                }
            }
        }
        Ok(bytes::try_new(&total)?.into_obj())
    }

    /// `pos` and `endpos`, fitted to the length.
    pub fn bounds(&self, pos: isize, endpos: isize) -> (usize, usize) {
        let len = self.len() as isize;
        (pos.clamp(0, len) as usize, endpos.clamp(0, len) as usize)
    }
}
