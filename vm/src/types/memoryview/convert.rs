//! Whole views as bytes, hexadecimal text and lists.

use layout::{
    _Py_MEMORYVIEW_C, _Py_MEMORYVIEW_FORTRAN, Py_buffer, PyMemoryViewObject, PyUnicodeObject,
};

use super::{arrays, check, item};
use crate::err::{Result, raise};
use crate::object::*;
use crate::protocol::buffer::{for_each_item, step};
use crate::types::str_::StrExt;
use crate::types::{bytes, list};

/// The bytes in C order.
pub fn to_vec(view: &Py_buffer) -> Vec<u8> {
    let mut out = Vec::with_capacity(view.len as usize);
    for_each_item(view, |item| out.extend_from_slice(item));
    out
}

pub fn tobytes(m: &PyMemoryViewObject, [order]: [Option<&Obj>; 1]) -> Result {
    let order = match order {
        None => b'C',
        Some(o) if o.is_none() => b'C',
        Some(o) => match o.downcast::<PyUnicodeObject>().map(StrExt::try_str) {
            Some(Some("C")) => b'C',
            Some(Some("F")) => b'F',
            Some(Some("A")) => b'A',
            Some(_) => return raise!(ValueError, "order must be 'C', 'F' or 'A'"),
            None => {
                return raise!(
                    TypeError,
                    "tobytes() argument 'order' must be str or None, not {}",
                    o.tp_name()
                );
            }
        },
    };
    check(m)?;
    let view = m.view.get();
    let fortran = order == b'F' || order == b'A' && m.flags.get() & _Py_MEMORYVIEW_FORTRAN != 0;
    let bytes = if fortran && view.ndim > 1 {
        fortran_order(&view)
    } else {
        to_vec(&view)
    };
    Ok(bytes::try_new(&bytes)?.into_obj())
}

/// The items with the first index changing fastest.
fn fortran_order(view: &Py_buffer) -> Vec<u8> {
    let (shape, strides, suboffsets) = arrays(view);
    let item = view.itemsize as usize;
    let mut out = Vec::with_capacity(view.len as usize);
    if shape.contains(&0) {
        return out;
    }
    let mut index = vec![0isize; shape.len()];
    loop {
        let mut p = view.buf.cast::<u8>();
        for (dim, &i) in index.iter().enumerate() {
            // SAFETY: every index is within its dimension.
            p = unsafe { step(p, i, strides[dim], suboffsets.map(|s| s[dim])) };
        }
        // SAFETY: an item lies there.
        out.extend_from_slice(unsafe { core::slice::from_raw_parts(p, item) });
        let Some(dim) = (0..shape.len()).find(|&dim| index[dim] + 1 < shape[dim]) else {
            return out;
        };
        index[dim] += 1;
        index[..dim].fill(0);
    }
}

pub fn hex(m: &PyMemoryViewObject, [sep, group]: [Option<&Obj>; 2]) -> Result {
    check(m)?;
    let view = m.view.get();
    if m.flags.get() & _Py_MEMORYVIEW_C == 0 {
        return bytes::hex::hex(&to_vec(&view), sep, group);
    }
    let bytes = if view.len == 0 {
        &[][..]
    } else {
        // SAFETY: a C-contiguous view of `len` bytes, which its export keeps in place.
        unsafe { core::slice::from_raw_parts(view.buf.cast::<u8>(), view.len as usize) }
    };
    m.exports.set(m.exports.get() + 1);
    let result = bytes::hex::hex(bytes, sep, group);
    m.exports.set(m.exports.get() - 1);
    result
}

pub fn tolist(m: &PyMemoryViewObject) -> Result {
    check(m)?;
    let view = m.view.get();
    let format = item::single(&view)?;
    if view.ndim == 0 {
        // SAFETY: a scalar is one item.
        return item::unpack(format, unsafe {
            core::slice::from_raw_parts(view.buf.cast(), view.itemsize as usize)
        });
    }
    let (shape, strides, suboffsets) = arrays(&view);
    nested(
        view.buf.cast(),
        shape,
        strides,
        suboffsets,
        view.itemsize as usize,
        format,
    )
}

fn nested(
    p: *mut u8,
    shape: &[isize],
    strides: &[isize],
    suboffsets: Option<&[isize]>,
    size: usize,
    format: u8,
) -> Result {
    let mut items = Vec::with_capacity(shape[0] as usize);
    for i in 0..shape[0] {
        // SAFETY: the index is within the dimension.
        let at = unsafe { step(p, i, strides[0], suboffsets.map(|s| s[0])) };
        items.push(if shape.len() == 1 {
            // SAFETY: an item lies there.
            item::unpack(format, unsafe { core::slice::from_raw_parts(at, size) })?
        } else {
            nested(
                at,
                &shape[1..],
                &strides[1..],
                suboffsets.map(|s| &s[1..]),
                size,
                format,
            )?
        });
    }
    Ok(list::new(items).into_obj())
}
