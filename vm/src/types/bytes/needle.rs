//! Arguments of byte methods: bytes-like objects, single bytes, and what stands for either.

use layout::PyBytesObject;

use super::BytesExt;
use crate::err::{Result, raise};
use crate::object::*;
use crate::protocol::buffer::{self, Buffer, has_buffer};
use crate::protocol::number::{index_isize, is_index};

/// The bytes of an argument, for as long as this lives.
pub enum Bytes<'a> {
    Borrowed(&'a [u8]),
    One([u8; 1]),
    View(Buffer),
}

impl core::ops::Deref for Bytes<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Borrowed(bytes) => bytes,
            Bytes::One(byte) => byte,
            Bytes::View(view) => view.bytes(),
        }
    }
}

/// A bytes-like argument.
#[inline]
pub fn bytes_like(o: &Obj) -> Result<Bytes<'_>> {
    match o.downcast_exact::<PyBytesObject>() {
        Some(b) => Ok(Bytes::Borrowed(b.as_slice())),
        None => Ok(Bytes::View(buffer::simple(o)?)),
    }
}

/// What is looked for: a byte given as a number, or a run of bytes.
pub fn needle(o: &Obj) -> Result<Bytes<'_>> {
    if has_buffer(o) {
        return bytes_like(o);
    }
    if !is_index(o) {
        return raise!(
            TypeError,
            "argument should be integer or bytes-like object, not '{:.200}'",
            o.tp_name()
        );
    }
    Ok(Bytes::One([byte(o)?]))
}

/// A number that is a byte.
pub fn byte(o: &Obj) -> Result<u8> {
    match u8::try_from(index_isize(o, None)?) {
        Ok(b) => Ok(b),
        Err(_) => raise!(ValueError, "byte must be in range(0, 256)"),
    }
}
