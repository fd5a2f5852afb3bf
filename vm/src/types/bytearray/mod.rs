//! `bytearray`: a row of bytes that can change. Its block is described in [`buffer`]; what it shares with `bytes` is in
//! [`bytes::methods`](crate::types::bytes::methods).

use core::ffi::c_int;

use layout::{
    Py_TPFLAGS_BASETYPE, Py_TPFLAGS_DEFAULT, Py_buffer, PyByteArray_Type, PyByteArrayObject,
    PyDictObject, PyObject, PySliceObject, PyTupleObject, PyUnicodeObject,
};

pub mod buffer;
mod methods;

pub use self::buffer::ByteArrayExt;
use crate::args::Signature;
use crate::err::{self, Result, exc, raise};
use crate::object::*;
use crate::protocol::buffer as views;
use crate::protocol::number::{index_isize, is_index};
use crate::types::bytes::methods::{ByteLike, Pinned};
use crate::types::bytes::needle::{byte, bytes_like};
use crate::types::bytes::{build, format, iter, search};
use crate::types::slice::{self, SliceIndices};
use crate::types::type_::builder::{CompareOp, TypeBuilder};
use crate::types::{int, str_};

pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<PyByteArrayObject>()
        .flags(Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | layout::_Py_TPFLAGS_MATCH_SELF)
        .destructible()
        .tp_new(|tp, _, _| type_alloc(tp, 0))
        .tp_init(init)
        .tp_dealloc(dealloc)
        .tp_repr(repr)
        .tp_str(str)
        .unhashable()
        .tp_richcompare(richcompare)
        .tp_iter(iter::bytearray_iter)
        .nb_remainder(format::remainder::<PyByteArrayObject>)
        .sq_length(|b: &PyByteArrayObject| Ok(b.len()))
        .sq_concat(concat)
        .sq_repeat(|b: &PyByteArrayObject, n: isize| {
            build::repeat::<PyByteArrayObject>(b.as_slice(), n, "")
        })
        .sq_item(item)
        .sq_ass_item(|b: &PyByteArrayObject, i: isize, value: Option<&Obj>| {
            assign_item(b, i, value)
        })
        .sq_contains(search::contains::<PyByteArrayObject>)
        .sq_inplace_concat(inplace_concat)
        .sq_inplace_repeat(inplace_repeat)
        .mp_length(|b: &PyByteArrayObject| Ok(b.len()))
        .mp_subscript(subscript)
        .mp_ass_subscript(assign)
        .bf_getbuffer(getbuffer, Some(releasebuffer))
        .methods(methods::METHODS);
}

// ---- Constructors ----

pub fn new(bytes: &[u8]) -> Result<Ref<PyByteArrayObject>> {
    let b = alloc::<PyByteArrayObject>(&PyByteArray_Type)?;
    b.extend_from(bytes)?;
    Ok(b)
}

fn init(b: &PyByteArrayObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    static SIG: Signature = Signature::new(
        "bytearray",
        "(source=<unrepresentable>, encoding='utf-8', errors='strict')",
    );
    let [source, encoding, errors] = SIG.bind(args, kwargs)?;
    let encoding_name = encoding
        .map(|o| str_::text_argument("bytearray", "encoding", o))
        .transpose()?;
    let errors_name = errors
        .map(|o| str_::text_argument("bytearray", "errors", o))
        .transpose()?;
    b.resize(0)?;
    let text = source.and_then(|o| o.downcast::<PyUnicodeObject>());
    if let Some(text) = text {
        if encoding.is_none() {
            return raise!(TypeError, "string argument without an encoding");
        }
        let encoded = crate::codecs::encode_to_bytes(text, encoding_name, errors_name)?;
        return b.extend_from(&bytes_like(&encoded)?);
    }
    if encoding.is_some() || errors.is_some() {
        return raise!(
            TypeError,
            "{} without a string argument",
            if encoding.is_some() {
                "encoding"
            } else {
                "errors"
            }
        );
    }
    let Some(source) = source else { return Ok(()) };
    if let Some(size) = build::size_argument(source)? {
        b.resize(size)?;
        b.write(|bytes| bytes.fill(0));
        return Ok(());
    }
    if views::has_buffer(source) {
        let view = views::get(source, layout::PyBUF_FULL_RO)?;
        return b.extend_from(&view.to_vec());
    }
    let filled = build::for_each_byte(source, "bytearray", None, |byte| b.push(byte));
    if filled.is_err() {
        b.resize(0)?;
    }
    filled
}

impl ByteLike for PyByteArrayObject {
    const NAME: &'static str = "bytearray";

    #[inline]
    fn view(&self) -> &[u8] {
        self.as_slice()
    }

    #[inline]
    fn pin(&self) -> Pinned<'_> {
        Pinned::new(Some(&self.ob_exports))
    }

    fn make(bytes: &[u8]) -> Result {
        Ok(new(bytes)?.into_obj())
    }

    fn make_with(len: usize, fill: impl FnOnce(&mut [u8])) -> Result {
        let b = alloc::<PyByteArrayObject>(&PyByteArray_Type)?;
        b.resize(len)?;
        b.write(|bytes| {
            bytes.fill(0);
            fill(bytes);
        });
        Ok(b.into_obj())
    }

    fn unchanged(&self) -> Result {
        Self::make(self.as_slice())
    }
}

// ---- Slots ----

/// # Safety
/// `o` is a bytearray that nobody refers to any more.
unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: the caller's promise; freeing is the last thing done.
    unsafe {
        buffer::free(&*o.cast::<PyByteArrayObject>());
        free_builtin(o);
    }
}

/// Unlike in the `repr` of `bytes`, a single quote is escaped even between double quotes.
fn repr(b: &PyByteArrayObject) -> Result {
    let bytes = b.as_slice();
    let name = b.as_obj().tp_name();
    let name = name.rsplit('.').next().unwrap_or(name);
    let text = text::escape::bytes_repr(bytes);
    let text = if text.starts_with("b\"") {
        text.replace('\'', "\\'")
    } else {
        text
    };
    Ok(str_::new(&std::format!("{name}({text})")).into_obj())
}

fn str(b: &PyByteArrayObject) -> Result {
    build::warn_bytes("str() on a bytearray instance")?;
    repr(b)
}

fn richcompare(b: &PyByteArrayObject, other: &Obj, op: CompareOp) -> Result {
    if !views::has_buffer(other) {
        build::warn_comparison(other, op)?;
        return Ok(not_implemented());
    }
    let Ok(other) = bytes_like(other) else {
        err::clear();
        return Ok(not_implemented());
    };
    Ok(bool_(op.test(b.as_slice().cmp(&other))))
}

fn concat(b: &PyByteArrayObject, other: &Obj) -> Result {
    if !views::has_buffer(other) {
        return raise!(
            TypeError,
            "can't concat {:.100} to {:.100}",
            other.tp_name(),
            b.as_obj().tp_name()
        );
    }
    let other = bytes_like(other)?;
    build::concat::<PyByteArrayObject>(b.as_slice(), &other)
}

fn inplace_concat(b: &PyByteArrayObject, other: &Obj) -> Result {
    if !views::has_buffer(other) {
        return raise!(
            TypeError,
            "can't concat {:.100} to {:.100}",
            other.tp_name(),
            b.as_obj().tp_name()
        );
    }
    if other.is_same(b.as_obj()) {
        // The block may move.
        let copy = b.as_slice().to_vec();
        b.extend_from(&copy)?;
    } else {
        b.extend_from(&bytes_like(other)?)?;
    }
    Ok(b.as_obj().new_ref())
}

fn inplace_repeat(b: &PyByteArrayObject, n: isize) -> Result {
    let len = b.len();
    let Some(total) = len
        .checked_mul(n.max(0) as usize)
        .filter(|&n| n < isize::MAX as usize)
    else {
        return Err(err::no_memory());
    };
    b.resize(total)?;
    b.write(|bytes| {
        let (pattern, rest) = bytes.split_at_mut(len.min(total));
        build::fill_repeated(rest, pattern);
    });
    Ok(b.as_obj().new_ref())
}

fn item(b: &PyByteArrayObject, i: isize) -> Result {
    match usize::try_from(i).ok().and_then(|i| b.as_slice().get(i)) {
        Some(&byte) => Ok(int::from_i64(byte.into()).into_obj()),
        None => raise!(IndexError, "bytearray index out of range"),
    }
}

/// The index that a key means, with negative ones counted from the end.
fn index(b: &PyByteArrayObject, key: &Obj) -> Result<isize> {
    let i = index_isize(key, Some(&exc::IndexError))?;
    Ok(if i < 0 { i + b.len() as isize } else { i })
}

fn bad_key(key: &Obj) -> Result<()> {
    raise!(
        TypeError,
        "bytearray indices must be integers or slices, not {:.200}",
        key.tp_name()
    )
}

fn subscript(b: &PyByteArrayObject, key: &Obj) -> Result {
    if is_index(key) {
        let i = index(b, key)?;
        return item(b, i);
    }
    match key.downcast::<PySliceObject>() {
        Some(s) => {
            let s = slice::unpack(s, b.len())?;
            build::sliced::<PyByteArrayObject>(b.as_slice(), &s)
        }
        None => bad_key(key).and(Ok(none())),
    }
}

fn assign_item(b: &PyByteArrayObject, i: isize, value: Option<&Obj>) -> Result<()> {
    // The value's `__index__` may resize us, so the bounds come after it.
    let byte = value.map(byte).transpose()?;
    let Some(i) = usize::try_from(i).ok().filter(|&i| i < b.len()) else {
        return raise!(IndexError, "bytearray index out of range");
    };
    match byte {
        Some(byte) => b.write(|bytes| bytes[i] = byte),
        None => b.replace_range(i..i + 1, &[])?,
    }
    Ok(())
}

fn assign(b: &PyByteArrayObject, key: &Obj, value: Option<&Obj>) -> Result<()> {
    if is_index(key) {
        let i = index_isize(key, Some(&exc::IndexError))?;
        let byte = value.map(byte).transpose()?;
        let i = if i < 0 { i + b.len() as isize } else { i };
        let Some(i) = usize::try_from(i).ok().filter(|&i| i < b.len()) else {
            return raise!(IndexError, "bytearray index out of range");
        };
        return match byte {
            Some(byte) => {
                b.write(|bytes| bytes[i] = byte);
                Ok(())
            }
            None => b.replace_range(i..i + 1, &[]),
        };
    }
    let Some(s) = key.downcast::<PySliceObject>() else {
        return bad_key(key);
    };
    let with = match value {
        None => Vec::new(),
        Some(value) => slice_value(value)?,
    };
    // Unpacked last: making the bytes may have run code that resized us.
    let s = slice::unpack(s, b.len())?;
    if s.step == 1 {
        let start = s.start as usize;
        return b.replace_range(start..start + s.len, &with);
    }
    match value {
        _ if with.is_empty() => delete_stepped(b, &s),
        Some(_) if with.len() != s.len => {
            raise!(
                ValueError,
                "attempt to assign bytes of size {} to extended slice of size {}",
                with.len(),
                s.len
            )
        }
        _ => {
            b.write(|bytes| {
                let mut at = s.start;
                for byte in with {
                    bytes[at as usize] = byte;
                    at += s.step;
                }
            });
            Ok(())
        }
    }
}

/// The bytes that are assigned to a slice.
fn slice_value(value: &Obj) -> Result<Vec<u8>> {
    if views::has_buffer(value) {
        return Ok(bytes_like(value)?.to_vec());
    }
    if crate::protocol::number::is_number(value) || value.is::<PyUnicodeObject>() {
        return raise!(
            TypeError,
            "can assign only bytes, buffers, or iterables of ints in range(0, 256)"
        );
    }
    build::collect(value, "bytearray")
}

fn delete_stepped(b: &PyByteArrayObject, s: &SliceIndices) -> Result<()> {
    if s.len == 0 {
        return Ok(());
    }
    b.check_resizable()?;
    let last = s.start + (s.len as isize - 1) * s.step;
    let (first, last, step) = (
        s.start.min(last) as usize,
        s.start.max(last) as usize,
        s.step.unsigned_abs(),
    );
    let kept = b.write(|bytes| {
        let mut to = first;
        for from in first..bytes.len() {
            if from > last || (from - first) % step != 0 {
                bytes[to] = bytes[from];
                to += 1;
            }
        }
        to
    });
    b.resize(kept)
}

/// # Safety
/// `o` is a bytearray; `view` is to be filled in.
unsafe extern "C" fn getbuffer(o: *mut PyObject, view: *mut Py_buffer, flags: c_int) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        let b = &*o.cast::<PyByteArrayObject>();
        let status = views::fill_info(
            view,
            Some(&*o),
            b.as_slice().as_ptr().cast_mut(),
            b.len(),
            false,
            flags,
        );
        if status == 0 {
            b.ob_exports.set(b.ob_exports.get() + 1);
        }
        status
    }
}

/// # Safety
/// `o` is a bytearray that has exported a view.
unsafe extern "C" fn releasebuffer(o: *mut PyObject, _: *mut Py_buffer) {
    // SAFETY: the caller's promise.
    let b = unsafe { &*o.cast::<PyByteArrayObject>() };
    b.ob_exports.set(b.ob_exports.get() - 1);
}
