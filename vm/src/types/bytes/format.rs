//! `%` formatting of bytes.

use core::ops::Range;

use layout::{PyByteArrayObject, PyBytesObject, PyUnicodeObject};
use text::escape::PercentSpec;

use super::BytesExt;
use super::methods::ByteLike;
use crate::err::{self, Result, exc, raise};
use crate::intern;
use crate::object::*;
use crate::protocol::buffer::{self, has_buffer};
use crate::protocol::{number, object as protocol};
use crate::types::bytearray::ByteArrayExt;
use crate::types::str_::percent::{self, Sink};
use crate::types::str_::{StrData, StrExt};

struct Bytes<'a> {
    format: &'a [u8],
    out: Vec<u8>,
}

impl Bytes<'_> {
    fn padded(&mut self, spec: &PercentSpec, bytes: &[u8], width: usize) {
        let fill = width.saturating_sub(bytes.len());
        if !spec.left {
            self.pad(fill);
        }
        self.out.extend_from_slice(bytes);
        if spec.left {
            self.pad(fill);
        }
    }
}

impl Sink for Bytes<'_> {
    const WHAT: &'static str = "bytes";

    fn literal(&mut self, range: Range<usize>) {
        self.out.extend_from_slice(&self.format[range]);
    }

    fn ascii(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn pad(&mut self, n: usize) {
        self.out.resize(self.out.len() + n, b' ');
    }

    fn key(&self, range: Range<usize>) -> Result {
        Ok(super::try_new(&self.format[range])?.into_obj())
    }

    fn float_of(&self, value: &Obj) -> Result<f64> {
        match number::as_f64(value) {
            Err(_) if err::clear_if(&exc::TypeError) => raise!(
                TypeError,
                "float argument required, not {:.200}",
                value.tp_name()
            ),
            other => other,
        }
    }

    fn convert(
        &mut self,
        spec: &PercentSpec,
        value: &Obj,
        width: usize,
        precision: Option<usize>,
    ) -> Result<()> {
        let owned;
        let view;
        let bytes: &[u8] = match char::from_u32(spec.conversion) {
            Some('c') => {
                owned = vec![byte(value)?];
                self.padded(spec, &owned, width);
                return Ok(());
            }
            Some('r' | 'a') => {
                let text = protocol::ascii(value)?;
                owned = text
                    .downcast::<PyUnicodeObject>()
                    .and_then(|s| s.try_str().map(|s| s.as_bytes().to_vec()))
                    .unwrap_or_default();
                &owned
            }
            Some('s' | 'b') => match value.downcast::<PyBytesObject>() {
                Some(b) if value.is_exact::<PyBytesObject>() => b.as_slice(),
                _ => {
                    view = shown(value)?;
                    &view
                }
            },
            _ => return raise!(ValueError, "{}", spec.unsupported()),
        };
        let kept = precision.map_or(bytes.len(), |n| n.min(bytes.len()));
        self.padded(spec, &bytes[..kept], width);
        Ok(())
    }
}

/// The bytes that `%b` shows.
fn shown(value: &Obj) -> Result<Vec<u8>> {
    if let Some(b) = value.downcast::<PyByteArrayObject>() {
        return Ok(b.as_slice().to_vec());
    }
    if let Some(special) = crate::protocol::object::lookup_special(value, intern!("__bytes__"))? {
        let result = crate::protocol::call::call0(&special)?;
        return match result.downcast::<PyBytesObject>() {
            Some(b) => Ok(b.as_slice().to_vec()),
            None => raise!(
                TypeError,
                "__bytes__ returned non-bytes (type {:.200})",
                result.tp_name()
            ),
        };
    }
    if has_buffer(value) {
        return Ok(buffer::get(value, layout::PyBUF_FULL_RO)?.to_vec());
    }
    raise!(
        TypeError,
        "%b requires a bytes-like object, or an object that implements __bytes__, not '{:.100}'",
        value.tp_name()
    )
}

/// The byte that `%c` shows.
fn byte(value: &Obj) -> Result<u8> {
    let bytes = match (
        value.downcast::<PyBytesObject>(),
        value.downcast::<PyByteArrayObject>(),
    ) {
        (Some(b), _) => Some(b.as_slice()),
        (_, Some(b)) => Some(b.as_slice()),
        _ => None,
    };
    match bytes {
        Some(&[b]) => return Ok(b),
        Some(bytes) => {
            return raise!(
                TypeError,
                "%c requires an integer in range(256) or a single byte, not a {} object of length {}",
                value.tp_name(),
                bytes.len()
            );
        }
        None => {}
    }
    if !number::is_index(value) {
        return raise!(
            TypeError,
            "%c requires an integer in range(256) or a single byte, not {}",
            crate::types::type_::fully_qualified_name(value.ty())
        );
    }
    match u8::try_from(number::index_isize(value, None)?) {
        Ok(b) => Ok(b),
        Err(_) => raise!(OverflowError, "%c arg not in range(256)"),
    }
}

/// The `%` operator.
pub fn remainder<S: ByteLike>(a: &Obj, args: &Obj) -> Result {
    let Some(format) = a.downcast::<S>() else {
        return Ok(not_implemented());
    };
    // Arguments may run code: the bytes of the format stay in place, but may be overwritten.
    let _pinned = format.pin();
    let format = format.view().to_vec();
    let text_like = args.is::<PyBytesObject>()
        || args.is::<PyByteArrayObject>()
        || args.is::<PyUnicodeObject>();
    let mut sink = Bytes {
        format: &format,
        out: Vec::with_capacity(format.len() + 16),
    };
    percent::run(StrData::Latin1(&format), args, text_like, &mut sink)?;
    S::make(&sink.out)
}
