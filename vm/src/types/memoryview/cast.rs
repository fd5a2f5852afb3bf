//! `memoryview.cast`: the same bytes under another format or shape.

use layout::{
    _Py_MEMORYVIEW_C, Py_buffer, PyBUF_MAX_NDIM, PyListObject, PyLongObject, PyMemoryViewObject,
    PyTupleObject, PyUnicodeObject,
};

use super::item::{self, is_byte_format};
use super::{
    arrays, check, check_unrestricted, incomplete, managed_of, set_flags, strides_from_shape,
};
use crate::err::{Result, exc, raise};
use crate::object::*;
use crate::protocol::number;
use crate::types::list::ListExt;
use crate::types::tuple::TupleExt;

pub fn cast(m: &PyMemoryViewObject, [format, shape]: [Option<&Obj>; 2]) -> Result {
    let format = format.unwrap_or(NONE());
    let Some(format) = format.downcast::<PyUnicodeObject>() else {
        return raise!(
            TypeError,
            "cast() argument 'format' must be str, not {}",
            type_in_message(format)
        );
    };
    check(m)?;
    check_unrestricted(m)?;
    let view = m.view.get();
    if m.flags.get() & _Py_MEMORYVIEW_C == 0 {
        return raise!(
            TypeError,
            "memoryview: casts are restricted to C-contiguous views"
        );
    }
    if (shape.is_some() || view.ndim != 1) && arrays(&view).0.contains(&0) {
        return raise!(
            TypeError,
            "memoryview: cannot cast view with zeros in shape or strides"
        );
    }
    let shape = shape.map(dimensions_of).transpose()?;
    let ndim = shape.as_ref().map_or(1, Vec::len);
    if ndim > PyBUF_MAX_NDIM as usize {
        return raise!(
            ValueError,
            "memoryview: number of dimensions must not exceed {PyBUF_MAX_NDIM}"
        );
    }
    if shape.is_some() && view.ndim != 1 && ndim != 1 {
        return raise!(TypeError, "memoryview: cast must be 1D -> ND or ND -> 1D");
    }
    let new = incomplete(&managed_of(m), &view, ndim.max(1) as i32)?;
    to_one_dimension(&new, &view, format)?;
    if let Some(shape) = shape {
        to_shape(&new, &shape)?;
    }
    Ok(new.into_obj())
}

fn type_in_message(o: &Obj) -> &str {
    if o.is_none() { "None" } else { o.tp_name() }
}

fn dimensions_of(shape: &Obj) -> Result<Vec<Ref>> {
    if let Some(list) = shape.downcast::<PyListObject>() {
        return Ok(list.items().to_vec());
    }
    match shape.downcast::<PyTupleObject>() {
        Some(tuple) => Ok(tuple.items().to_vec()),
        None => raise!(TypeError, "shape must be a list or a tuple"),
    }
}

fn to_one_dimension(
    new: &PyMemoryViewObject,
    src: &Py_buffer,
    format: &PyUnicodeObject,
) -> Result<()> {
    let text = crate::codecs::encode_ascii_strict(format)?;
    let to = std::ffi::CString::new(text)
        .ok()
        .and_then(|text| item::native(&text));
    let Some((to, size, name)) = to else {
        return raise!(
            ValueError,
            "memoryview: destination format must be a native single character format prefixed with an optional '@'"
        );
    };
    let from = item::native(item::format(src));
    if !is_byte_format(to) && !from.is_some_and(|(from, ..)| is_byte_format(from)) {
        return raise!(
            TypeError,
            "memoryview: cannot cast between two non-byte formats"
        );
    }
    let mut view = new.view.get();
    if view.len % size as isize != 0 {
        return raise!(
            TypeError,
            "memoryview: length is not a multiple of itemsize"
        );
    }
    view.format = name.as_ptr().cast_mut();
    view.itemsize = size as isize;
    view.ndim = 1;
    // SAFETY: the new view has room for a dimension at least.
    unsafe {
        *view.shape = view.len / size as isize;
        *view.strides = size as isize;
    }
    view.suboffsets = core::ptr::null_mut();
    new.view.set(view);
    set_flags(new);
    Ok(())
}

fn to_shape(new: &PyMemoryViewObject, shape: &[Ref]) -> Result<()> {
    let mut view = new.view.get();
    view.ndim = shape.len() as i32;
    let mut len = view.itemsize;
    if shape.is_empty() {
        view.shape = core::ptr::null_mut();
        view.strides = core::ptr::null_mut();
    } else {
        for (i, n) in shape.iter().enumerate() {
            if !n.is::<PyLongObject>() {
                return raise!(
                    TypeError,
                    "memoryview.cast(): elements of shape must be integers"
                );
            }
            let n = number::index_isize(n, Some(&exc::OverflowError))?;
            if n <= 0 {
                return raise!(
                    ValueError,
                    "memoryview.cast(): elements of shape must be integers > 0"
                );
            }
            let Some(product) = len.checked_mul(n) else {
                return raise!(ValueError, "memoryview.cast(): product(shape) > SSIZE_MAX");
            };
            len = product;
            // SAFETY: the new view has room for that many dimensions.
            unsafe { *view.shape.add(i) = n };
        }
        // SAFETY: as above.
        unsafe { strides_from_shape(&mut view) };
    }
    if view.len != len {
        return raise!(
            TypeError,
            "memoryview: product(shape) * itemsize != buffer size"
        );
    }
    new.view.set(view);
    set_flags(new);
    Ok(())
}
