//! `UnicodeEncodeError`, `UnicodeDecodeError`, `UnicodeTranslateError`: which part of what could not be converted.

use layout::*;

use super::base;
use crate::args;
use crate::err::{self, Result, exc, raise};
use crate::object::*;
use crate::protocol::{call, object};
use crate::types::bytes::BytesExt as _;
use crate::types::str_::StrExt as _;
use crate::types::tuple::TupleExt as _;
use crate::types::type_::TypeBuilder;
use crate::types::{bytes, int, str_};
use crate::{exception_fields, member};

static MEMBERS: &[PyMemberDef] = &[
    member!("encoding", PyUnicodeErrorObject, encoding, _Py_T_OBJECT, 0),
    member!("object", PyUnicodeErrorObject, object, _Py_T_OBJECT, 0),
    member!("start", PyUnicodeErrorObject, start, Py_T_PYSSIZET, 0),
    member!("end", PyUnicodeErrorObject, end, Py_T_PYSSIZET, 0),
    member!("reason", PyUnicodeErrorObject, reason, _Py_T_OBJECT, 0),
];

fn define(b: &mut TypeBuilder) {
    exception_fields!(b, PyUnicodeErrorObject, encoding object reason).members(MEMBERS);
}

/// Fills in `UnicodeEncodeError`.
pub fn define_encode(b: &mut TypeBuilder) {
    define(b);
    b.tp_init(
        |e: &PyUnicodeErrorObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>| {
            init(e, args, kwargs, true, false)
        },
    )
    .tp_str(encode_text);
}

/// Fills in `UnicodeDecodeError`.
pub fn define_decode(b: &mut TypeBuilder) {
    define(b);
    b.tp_init(
        |e: &PyUnicodeErrorObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>| {
            init(e, args, kwargs, true, true)
        },
    )
    .tp_str(decode_text);
}

/// Fills in `UnicodeTranslateError`.
pub fn define_translate(b: &mut TypeBuilder) {
    define(b);
    b.tp_init(
        |e: &PyUnicodeErrorObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>| {
            init(e, args, kwargs, false, false)
        },
    )
    .tp_str(translate_text);
}

fn init(
    e: &PyUnicodeErrorObject,
    arguments: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
    has_encoding: bool,
    takes_bytes: bool,
) -> Result<()> {
    base::init(base::base(e.as_obj()), arguments, kwargs)?;
    let items = arguments.items();
    let wanted = if has_encoding { 5 } else { 4 };
    if items.len() != wanted {
        return raise!(
            TypeError,
            "function takes exactly {wanted} arguments ({} given)",
            items.len()
        );
    }
    let str_at = |i: usize| -> Result {
        if items[i].is::<PyUnicodeObject>() {
            Ok(items[i].clone())
        } else {
            raise!(
                TypeError,
                "argument {} must be str, not {}",
                i + 1,
                items[i].tp_name()
            )
        }
    };
    let mut at = 0;
    let mut encoding = None;
    if has_encoding {
        encoding = Some(str_at(0)?);
        at = 1;
    }
    let object = if takes_bytes {
        if items[at].is::<PyBytesObject>() {
            items[at].clone()
        } else {
            let buffer = object::get_buffer(&items[at], PyBUF_SIMPLE)?;
            bytes::new(buffer.bytes()).into_obj()
        }
    } else {
        str_at(at)?
    };
    let start = args::to_isize(&items[at + 1])?;
    let end = args::to_isize(&items[at + 2])?;
    let reason = str_at(at + 3)?;
    e.encoding.set_ref(encoding);
    e.object.set_ref(Some(object));
    e.reason.set_ref(Some(reason));
    e.start.set(start);
    e.end.set(end);
    Ok(())
}

/// The start and end as they apply to an object of `len` units.
pub fn clamped(e: &PyUnicodeErrorObject, len: usize) -> (usize, usize) {
    let len = len as isize;
    let start = e.start.get().clamp(0, (len - 1).max(0));
    let end = e
        .end
        .get()
        .clamp(1.min(len), len)
        .max(start + isize::from(len > 0));
    (start as usize, end.min(len) as usize)
}

fn part(field: &core::cell::Cell<*mut PyObject>) -> Result<String> {
    field.get_ref().map_or_else(
        || Ok(String::new()),
        |o| object::str(&o).map(|s| str_::to_string_lossy(&s)),
    )
}

fn escaped(c: u32) -> String {
    match c {
        0..=0xff => format!("\\x{c:02x}"),
        0x100..=0xffff => format!("\\u{c:04x}"),
        _ => format!("\\U{c:08x}"),
    }
}

/// The `object` of an error that was set up; code that made its texts may have taken it away meanwhile.
fn object_of<T: Layout>(e: &PyUnicodeErrorObject, what: &str) -> Result<Ref<T>> {
    let Some(object) = e.object.get_ref() else {
        return raise!(TypeError, "UnicodeError 'object' attribute is not set");
    };
    match object.downcast_ref::<T>() {
        Ok(object) => Ok(object),
        Err(_) => raise!(
            TypeError,
            "UnicodeError 'object' attribute must be a {what}"
        ),
    }
}

/// The place of an error that is about one unit of `len`.
fn single(e: &PyUnicodeErrorObject, len: usize) -> Option<usize> {
    let (start, end) = (e.start.get(), e.end.get());
    usize::try_from(start)
        .ok()
        .filter(|&at| at < len && end == start + 1)
}

fn encode_text(e: &PyUnicodeErrorObject) -> Result<String> {
    if e.object.get().is_null() {
        return Ok(String::new());
    }
    let (reason, encoding) = (part(&e.reason)?, part(&e.encoding)?);
    let s: Ref<PyUnicodeObject> = object_of(e, "string")?;
    Ok(match single(e, s.len()) {
        Some(at) => format!(
            "'{encoding}' codec can't encode character '{}' in position {at}: {reason}",
            escaped(s.char_at(at))
        ),
        None => format!(
            "'{encoding}' codec can't encode characters in position {}-{}: {reason}",
            e.start.get(),
            e.end.get() - 1
        ),
    })
}

fn decode_text(e: &PyUnicodeErrorObject) -> Result<String> {
    if e.object.get().is_null() {
        return Ok(String::new());
    }
    let (reason, encoding) = (part(&e.reason)?, part(&e.encoding)?);
    let b: Ref<PyBytesObject> = object_of(e, "bytes")?;
    let data = b.as_slice();
    Ok(match single(e, data.len()) {
        Some(at) => format!(
            "'{encoding}' codec can't decode byte 0x{:02x} in position {at}: {reason}",
            data[at]
        ),
        None => format!(
            "'{encoding}' codec can't decode bytes in position {}-{}: {reason}",
            e.start.get(),
            e.end.get() - 1
        ),
    })
}

fn translate_text(e: &PyUnicodeErrorObject) -> Result<String> {
    if e.object.get().is_null() {
        return Ok(String::new());
    }
    let reason = part(&e.reason)?;
    let s: Ref<PyUnicodeObject> = object_of(e, "string")?;
    Ok(match single(e, s.len()) {
        Some(at) => format!(
            "can't translate character '{}' in position {at}: {reason}",
            escaped(s.char_at(at))
        ),
        None => format!(
            "can't translate characters in position {}-{}: {reason}",
            e.start.get(),
            e.end.get() - 1
        ),
    })
}

/// Raises `UnicodeDecodeError(encoding, object, start, end, reason)`.
#[cold]
pub fn decode_error(
    encoding: &str,
    data: &[u8],
    start: usize,
    end: usize,
    reason: &str,
) -> err::Raised {
    match new_decode_error(encoding, bytes::new(data).as_obj(), start, end, reason) {
        Ok(e) => err::set_exception(e),
        Err(raised) => raised,
    }
}

/// A `UnicodeDecodeError`, not raised.
pub fn new_decode_error(
    encoding: &str,
    data: &Obj,
    start: usize,
    end: usize,
    reason: &str,
) -> Result {
    let (encoding, reason) = (str_::new(encoding), str_::new(reason));
    let (start, end) = (int::from_u64(start as u64), int::from_u64(end as u64));
    call::call(
        exc::UnicodeDecodeError.as_obj(),
        &[
            encoding.as_obj(),
            data,
            start.as_obj(),
            end.as_obj(),
            reason.as_obj(),
        ],
    )
}

/// A `UnicodeEncodeError`, not raised.
pub fn new_encode_error(
    encoding: &str,
    text: &Obj,
    start: usize,
    end: usize,
    reason: &str,
) -> Result {
    let (encoding, reason) = (str_::new(encoding), str_::new(reason));
    let (start, end) = (int::from_u64(start as u64), int::from_u64(end as u64));
    call::call(
        exc::UnicodeEncodeError.as_obj(),
        &[
            encoding.as_obj(),
            text,
            start.as_obj(),
            end.as_obj(),
            reason.as_obj(),
        ],
    )
}
