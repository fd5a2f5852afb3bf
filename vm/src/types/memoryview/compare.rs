//! Equality, hashing, `count` and `index` of views.

use core::ffi::CStr;
use core::slice;

use layout::{Py_buffer, PyBUF_FULL_RO, PyMemoryViewObject, PyTupleObject};

use super::item::{self, is_byte_format};
use super::{arrays, check, convert, is_released};
use crate::err::{self, Result, exc, raise};
use crate::object::*;
use crate::protocol::buffer::{self, step};
use crate::protocol::object::{getattr_str, hash as hash_of, rich_compare_bool};
use crate::types::tuple::TupleExt;
use crate::types::type_::builder::CompareOp;
use crate::types::{bytes, str_};

/// The shape of a view; one without shape has one dimension.
fn shape_of(view: &Py_buffer) -> Vec<isize> {
    if view.ndim == 1 && view.shape.is_null() {
        vec![view.len / view.itemsize]
    } else {
        arrays(view).0.to_vec()
    }
}

/// The same number of dimensions and elements along each, up to one that is empty.
pub fn same_shape(a: &Py_buffer, b: &Py_buffer) -> bool {
    if a.ndim != b.ndim {
        return false;
    }
    for (m, n) in shape_of(a).into_iter().zip(shape_of(b)) {
        if m != n {
            return false;
        }
        if m == 0 {
            return true;
        }
    }
    true
}

pub fn richcompare(m: &PyMemoryViewObject, other: &Obj, op: CompareOp) -> Result {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(not_implemented());
    }
    let answer = |equal: bool| Ok(bool_(equal == (op == CompareOp::Eq)));
    if is_released(m) {
        return answer(m.as_obj().is_same(other));
    }
    if let Some(other) = other.downcast::<PyMemoryViewObject>() {
        if is_released(other) {
            return answer(core::ptr::eq(m, other));
        }
        return answer(equal(m, &m.view.get(), &other.view.get())?);
    }
    match buffer::get(other, PyBUF_FULL_RO) {
        Ok(other) => answer(equal(m, &m.view.get(), other.view())?),
        Err(_) => {
            err::clear();
            Ok(not_implemented())
        }
    }
}

fn equal(m: &PyMemoryViewObject, a: &Py_buffer, b: &Py_buffer) -> Result<bool> {
    if !same_shape(a, b) {
        return Ok(false);
    }
    // The exports keep the memory in place while comparing items runs Python code.
    m.exports.set(m.exports.get() + 1);
    let result = equal_items(a, b);
    m.exports.set(m.exports.get() - 1);
    result
}

fn equal_items(a: &Py_buffer, b: &Py_buffer) -> Result<bool> {
    let formats = (item::native(item::format(a)), item::native(item::format(b)));
    let (a_bytes, b_bytes) = (convert::to_vec(a), convert::to_vec(b));
    let unpack_pair = |unpack_a: &dyn Fn(&[u8]) -> Result, unpack_b: &dyn Fn(&[u8]) -> Result| {
        let items = a_bytes
            .chunks_exact(a.itemsize.max(1) as usize)
            .zip(b_bytes.chunks_exact(b.itemsize.max(1) as usize));
        for (x, y) in items {
            if !rich_compare_bool(&*unpack_a(x)?, &*unpack_b(y)?, CompareOp::Eq)? {
                return Ok(false);
            }
        }
        Ok(true)
    };
    match formats {
        (Some((x, ..)), Some((y, ..))) if x == y && !matches!(x, b'f' | b'd' | b'e' | b'?') => {
            Ok(a_bytes == b_bytes)
        }
        (Some((x, ..)), Some((y, ..))) if x == y => unpack_floats(x, &a_bytes, &b_bytes),
        _ => {
            let unpackers = struct_unpacker(item::format(a))
                .and_then(|x| Ok((x, struct_unpacker(item::format(b))?)));
            match unpackers {
                Ok((x, y)) => unpack_pair(&|item| unpack_struct(&x, item), &|item| {
                    unpack_struct(&y, item)
                }),
                // A format that `struct` doesn't know equals nothing.
                Err(raised)
                    if err::matches(&exc::ImportError) || err::matches(&exc::MemoryError) =>
                {
                    Err(raised)
                }
                Err(_) => {
                    err::clear();
                    Ok(false)
                }
            }
        }
    }
}

/// Numbers, not bits: zeros of both signs are equal, NaNs are not.
fn unpack_floats(format: u8, a: &[u8], b: &[u8]) -> Result<bool> {
    let value = |bytes: &[u8]| match (format, bytes) {
        (b'?', &[x, ..]) => f64::from(x != 0),
        (b'e', &[x, y]) => item::from_half(u16::from_ne_bytes([x, y])),
        (b'f', &[w, x, y, z]) => f32::from_ne_bytes([w, x, y, z]).into(),
        (_, bytes) => bytes.try_into().map_or(f64::NAN, f64::from_ne_bytes),
    };
    let size = match format {
        b'?' => 1,
        b'e' => 2,
        b'f' => 4,
        _ => 8,
    };
    Ok(a.chunks_exact(size)
        .map(value)
        .eq(b.chunks_exact(size).map(value)))
}

/// `struct.Struct(format).unpack_from`.
fn struct_unpacker(format: &CStr) -> Result {
    let module = crate::import::import("struct")?;
    let format = str_::new(&format.to_string_lossy());
    let object = crate::protocol::call::call1(&*getattr_str(&module, "Struct")?, format.as_obj())?;
    getattr_str(&object, "unpack_from")
}

fn unpack_struct(unpack_from: &Obj, item: &[u8]) -> Result {
    let result = crate::protocol::call::call1(unpack_from, bytes::new(item).as_obj())?;
    match result.downcast::<PyTupleObject>().map(TupleExt::items) {
        Some([only]) => Ok(only.clone()),
        _ => Ok(result),
    }
}

pub fn hash(m: &PyMemoryViewObject) -> Result<isize> {
    if m.hash.get() != -1 {
        return Ok(m.hash.get());
    }
    check(m)?;
    let view = m.view.get();
    if view.readonly == 0 {
        return raise!(ValueError, "cannot hash writable memoryview object");
    }
    if !item::native(item::format(&view)).is_some_and(|(c, ..)| is_byte_format(c)) {
        return raise!(
            ValueError,
            "memoryview: hashing is restricted to formats 'B', 'b' or 'c'"
        );
    }
    // SAFETY: null, or the exporter that the managed buffer keeps alive.
    if let Some(owner) = unsafe { view.obj.as_ref() } {
        m.exports.set(m.exports.get() + 1);
        let hashed = hash_of(owner);
        m.exports.set(m.exports.get() - 1);
        hashed?;
    }
    let h = crate::hash::bytes(&convert::to_vec(&view));
    m.hash.set(h);
    Ok(h)
}

pub fn count(m: &PyMemoryViewObject, value: &Obj) -> Result<usize> {
    let it = super::iter::iter(m)?;
    let mut n = 0;
    while let Some(item) = crate::protocol::object::next(&it)? {
        n += usize::from(rich_compare_bool(&item, value, CompareOp::Eq)?);
    }
    Ok(n)
}

pub fn index(m: &PyMemoryViewObject, args: &[&Obj]) -> Result<isize> {
    crate::args::expect("index", args, 1..=3)?;
    let bound = |i: usize, default: isize| {
        args.get(i).map_or(Ok(default), |o| {
            crate::types::str_::args::slice_index_not_none(o)
        })
    };
    let (start, stop) = (bound(1, 0)?, bound(2, isize::MAX)?);
    check(m)?;
    let view = m.view.get();
    if view.ndim == 0 {
        return raise!(TypeError, "invalid lookup on 0-dim memory");
    }
    if view.ndim > 1 {
        return raise!(
            NotImplementedError,
            "multi-dimensional lookup is not implemented"
        );
    }
    let n = arrays(&view).0[0];
    let within = |i: isize| if i < 0 { (i + n).max(0) } else { i.min(n) };
    for i in within(start)..within(stop) {
        let item = super::index::item(m, i)?;
        if rich_compare_bool(&item, args[0], CompareOp::Eq)? {
            return Ok(i);
        }
    }
    raise!(ValueError, "memoryview.index(x): x not found")
}

/// The bytes of one item.
///
/// # Safety
/// `i` is within the first dimension of a view of one dimension.
pub unsafe fn item_bytes(view: &Py_buffer, i: isize) -> &[u8] {
    let (_, strides, suboffsets) = arrays(view);
    // SAFETY: the caller's promise.
    unsafe {
        slice::from_raw_parts(
            step(view.buf.cast(), i, strides[0], suboffsets.map(|s| s[0])),
            view.itemsize as usize,
        )
    }
}
