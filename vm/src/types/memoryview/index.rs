//! Subscripts of views: items, slices, and their assignment.

use core::slice;

use layout::{
    Py_buffer, PyBUF_FULL_RO, PyEllipsis_Type, PyMemoryViewObject, PySliceObject, PyTupleObject,
};

use super::{add_view, arrays, check, check_unrestricted, convert, item, managed_of, set_flags};
use crate::err::{Result, exc, raise};
use crate::object::*;
use crate::protocol::buffer::{self, step};
use crate::protocol::number::{index_isize, is_index};
use crate::types::slice as slices;
use crate::types::tuple::TupleExt;

/// The address of an element along one dimension; negative indices count from its end.
fn along(view: &Py_buffer, p: *mut u8, dim: usize, i: isize) -> Result<*mut u8> {
    let (shape, strides, suboffsets) = arrays(view);
    let n = shape[dim];
    let i = if i < 0 { i + n } else { i };
    if !(0..n).contains(&i) {
        return raise!(IndexError, "index out of bounds on dimension {}", dim + 1);
    }
    // SAFETY: just checked.
    Ok(unsafe { step(p, i, strides[dim], suboffsets.map(|s| s[dim])) })
}

fn at_tuple(view: &Py_buffer, indices: &[Ref]) -> Result<*mut u8> {
    let ndim = view.ndim as usize;
    if indices.len() > ndim {
        return raise!(
            TypeError,
            "cannot index {ndim}-dimension view with {}-element tuple",
            indices.len()
        );
    }
    let mut p = view.buf.cast();
    for (dim, i) in indices.iter().enumerate() {
        p = along(view, p, dim, index_isize(i, Some(&exc::IndexError))?)?;
    }
    Ok(p)
}

fn load(m: &PyMemoryViewObject, view: &Py_buffer, format: u8, p: *mut u8) -> Result {
    check(m)?;
    // SAFETY: an item of a view that isn't released.
    item::unpack(format, unsafe {
        slice::from_raw_parts(p, view.itemsize as usize)
    })
}

fn store(m: &PyMemoryViewObject, format: u8, p: *mut u8, value: &Obj) -> Result<()> {
    let (bytes, n) = item::pack(format, value)?;
    check(m)?;
    // SAFETY: an item of a writable view that isn't released: the conversion, which may run Python code, is over.
    unsafe { p.copy_from_nonoverlapping(bytes.as_ptr(), n) };
    Ok(())
}

pub fn item(m: &PyMemoryViewObject, i: isize) -> Result {
    check(m)?;
    let view = m.view.get();
    let format = item::single(&view)?;
    match view.ndim {
        0 => raise!(TypeError, "invalid indexing of 0-dim memory"),
        1 => load(m, &view, format, along(&view, view.buf.cast(), 0, i)?),
        _ => raise!(
            NotImplementedError,
            "multi-dimensional sub-views are not implemented"
        ),
    }
}

fn is_ellipsis(o: &Obj) -> bool {
    o.ob_type.get().cast_const() == &raw const PyEllipsis_Type
}

/// A tuple of which every item is an index.
fn multi_index(key: &Obj) -> Option<&[Ref]> {
    key.downcast::<PyTupleObject>()
        .map(TupleExt::items)
        .filter(|items| items.iter().all(|i| is_index(i)))
}

/// A tuple of slices.
fn is_multi_slice(key: &Obj) -> bool {
    key.downcast::<PyTupleObject>()
        .is_some_and(|t| !t.items().is_empty() && t.items().iter().all(|i| i.is::<PySliceObject>()))
}

pub fn subscript(m: &PyMemoryViewObject, key: &Obj) -> Result {
    check(m)?;
    let view = m.view.get();
    if view.ndim == 0 {
        if key
            .downcast::<PyTupleObject>()
            .is_some_and(|t| t.items().is_empty())
        {
            return load(m, &view, item::single(&view)?, view.buf.cast());
        }
        if is_ellipsis(key) {
            return Ok(m.as_obj().new_ref());
        }
        return raise!(TypeError, "invalid indexing of 0-dim memory");
    }
    if is_index(key) {
        return item(m, index_isize(key, Some(&exc::IndexError))?);
    }
    if let Some(s) = key.downcast::<PySliceObject>() {
        check_unrestricted(m)?;
        let sliced = add_view(&managed_of(m), &view)?;
        let mut view = sliced.view.get();
        cut(&mut view, s)?;
        view.len = arrays(&view).0.iter().product::<isize>() * view.itemsize;
        sliced.view.set(view);
        set_flags(&sliced);
        return Ok(sliced.into_obj());
    }
    if let Some(indices) = multi_index(key) {
        let format = item::single(&view)?;
        if indices.len() < view.ndim as usize {
            return raise!(NotImplementedError, "sub-views are not implemented");
        }
        return load(m, &view, format, at_tuple(&view, indices)?);
    }
    if is_multi_slice(key) {
        return raise!(
            NotImplementedError,
            "multi-dimensional slicing is not implemented"
        );
    }
    raise!(TypeError, "memoryview: invalid slice key")
}

/// Narrows the first dimension.
fn cut(view: &mut Py_buffer, s: &PySliceObject) -> Result<()> {
    // SAFETY: the view has a dimension at least, and its arrays are the caller's own.
    unsafe {
        let s = slices::unpack(s, *view.shape as usize)?;
        view.buf = view
            .buf
            .cast::<u8>()
            .wrapping_offset(*view.strides * s.start)
            .cast();
        *view.shape = s.len as isize;
        *view.strides *= s.step;
    }
    Ok(())
}

pub fn assign(m: &PyMemoryViewObject, key: &Obj, value: Option<&Obj>) -> Result<()> {
    check(m)?;
    let view = m.view.get();
    let format = item::single(&view)?;
    if view.readonly != 0 {
        return raise!(TypeError, "cannot modify read-only memory");
    }
    let Some(value) = value else {
        return raise!(TypeError, "cannot delete memory");
    };
    if view.ndim == 0 {
        if is_ellipsis(key)
            || key
                .downcast::<PyTupleObject>()
                .is_some_and(|t| t.items().is_empty())
        {
            return store(m, format, view.buf.cast(), value);
        }
        return raise!(TypeError, "invalid indexing of 0-dim memory");
    }
    if is_index(key) {
        if view.ndim > 1 {
            return raise!(NotImplementedError, "sub-views are not implemented");
        }
        let i = index_isize(key, Some(&exc::IndexError))?;
        return store(m, format, along(&view, view.buf.cast(), 0, i)?, value);
    }
    if let Some(s) = key.downcast::<PySliceObject>()
        && view.ndim == 1
    {
        return assign_slice(m, s, value);
    }
    if let Some(indices) = multi_index(key) {
        if indices.len() < view.ndim as usize {
            return raise!(NotImplementedError, "sub-views are not implemented");
        }
        return store(m, format, at_tuple(&view, indices)?, value);
    }
    if key.is::<PySliceObject>() || is_multi_slice(key) {
        return raise!(
            NotImplementedError,
            "memoryview slice assignments are currently restricted to ndim = 1"
        );
    }
    raise!(TypeError, "memoryview: invalid slice key")
}

fn assign_slice(m: &PyMemoryViewObject, s: &PySliceObject, value: &Obj) -> Result<()> {
    let src = buffer::get(value, PyBUF_FULL_RO)?;
    let mut view = m.view.get();
    let (shape, strides, suboffsets) = arrays(&view);
    let (mut shape, mut strides) = ([shape[0]], [strides[0]]);
    let suboffset = suboffsets.map(|s| s[0]);
    view.shape = shape.as_mut_ptr();
    view.strides = strides.as_mut_ptr();
    cut(&mut view, s)?;
    check(m)?;
    if !same_structure(&view, src.view()) {
        return raise!(
            ValueError,
            "memoryview assignment: lvalue and rvalue have different structures"
        );
    }
    // Copied aside first: the two may overlap.
    let bytes = convert::to_vec(src.view());
    let size = view.itemsize as usize;
    for (i, from) in bytes.chunks_exact(size.max(1)).enumerate() {
        // SAFETY: the slice has as many items as the source, and they are of one size.
        unsafe {
            let to = step(view.buf.cast(), i as isize, strides[0], suboffset);
            to.copy_from_nonoverlapping(from.as_ptr(), size);
        }
    }
    Ok(())
}

/// The same format and item size, and the same shape (of one dimension, or of scalars).
fn same_structure(a: &Py_buffer, b: &Py_buffer) -> bool {
    let plain = |view: &Py_buffer| {
        let text = item::format(view).to_bytes();
        text.strip_prefix(b"@").unwrap_or(text).to_vec()
    };
    plain(a) == plain(b) && a.itemsize == b.itemsize && super::compare::same_shape(a, b)
}
