//! The buffer protocol: borrowing another object's memory for as long as a [`Buffer`] lives, and filling in the views that
//! our own types export.
//!
//! Invariant: a view that was got is released exactly once, and its memory neither moves nor shrinks in between: exporters
//! count their exports and refuse to resize.

use core::ffi::{c_char, c_int, c_void};
use core::mem::MaybeUninit;
use core::ptr::null_mut;
use core::slice;

use layout::*;

use crate::err::{Raised, Result, exc, raise};
use crate::object::*;

/// A view of an object's memory. Exporters may point its shape and strides into the view itself, so a view that has them
/// never moves.
pub struct Buffer(Place);

enum Place {
    Here(Py_buffer),
    Boxed(Box<Py_buffer>),
}

/// Whether the object exports its memory.
#[inline]
pub fn has_buffer(o: &Obj) -> bool {
    get_procs(o).is_some()
}

fn get_procs(o: &Obj) -> Option<getbufferproc> {
    // SAFETY: a type's tables live as long as the type.
    unsafe { o.ty().tp_as_buffer.get().as_ref() }.and_then(|procs| procs.bf_getbuffer.get())
}

/// Fills in a view, as `PyObject_GetBuffer` does; the caller releases it.
///
/// # Safety
/// `view` may be written to, and is not moved before it is released.
pub unsafe fn get_into(o: &Obj, view: *mut Py_buffer, flags: c_int) -> Result<()> {
    let Some(get) = get_procs(o) else {
        return raise!(
            TypeError,
            "a bytes-like object is required, not '{:.100}'",
            o.tp_name()
        );
    };
    if flags == PyBUF_READ || flags == PyBUF_WRITE {
        return raise!(SystemError, "bad argument to internal function");
    }
    // SAFETY: the exporter fills the view in, or answers -1 with an error set.
    match unsafe { get(o.as_ptr(), view, flags) } {
        ..0 => {
            // An exporter that fails may leave an object behind that it has given back already.
            // SAFETY: the caller's view.
            unsafe { (*view).obj = core::ptr::null_mut() };
            Err(Raised::assume())
        }
        _ => Ok(()),
    }
}

/// Asks for a view.
pub fn get(o: &Obj, flags: c_int) -> Result<Buffer> {
    // SAFETY: all zeros are a view of nothing.
    let empty = || unsafe { MaybeUninit::<Py_buffer>::zeroed().assume_init() };
    if flags & PyBUF_ND != 0 {
        let mut view = Box::new(empty());
        // SAFETY: the box stays where it is.
        unsafe { get_into(o, &mut *view, flags)? };
        return Ok(Buffer(Place::Boxed(view)));
    }
    let mut view = empty();
    // SAFETY: a view without shape has no pointers into itself.
    unsafe { get_into(o, &mut view, flags)? };
    Ok(Buffer(Place::Here(view)))
}

/// A view of contiguous bytes to read: what `y*` arguments take.
#[inline]
pub fn simple(o: &Obj) -> Result<Buffer> {
    get(o, PyBUF_SIMPLE)
}

/// A view of contiguous bytes to write: what `w*` arguments take.
pub fn writable(o: &Obj) -> Result<Buffer> {
    match get(o, PyBUF_WRITABLE) {
        Ok(view) => Ok(view),
        Err(raised)
            if crate::err::matches(&exc::BufferError) || crate::err::matches(&exc::TypeError) =>
        {
            let _ = raised;
            crate::err::clear();
            raise!(TypeError, "read-write bytes-like object expected")
        }
        Err(raised) => Err(raised),
    }
}

impl Buffer {
    /// The bytes of a contiguous view.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        if self.view().len == 0 {
            return &[];
        }
        // SAFETY: the exporter keeps `len` bytes at `buf` in place until the release.
        unsafe { slice::from_raw_parts(self.view().buf.cast(), self.view().len as usize) }
    }

    /// The bytes of a writable contiguous view. No Python code may run while they are borrowed.
    #[inline]
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        debug_assert!(self.view().readonly == 0);
        if self.view().len == 0 {
            return &mut [];
        }
        // SAFETY: as in `bytes`; the exporter has agreed to writing.
        unsafe { slice::from_raw_parts_mut(self.view().buf.cast(), self.view().len as usize) }
    }

    #[inline]
    pub fn view(&self) -> &Py_buffer {
        match &self.0 {
            Place::Here(view) => view,
            Place::Boxed(view) => view,
        }
    }

    /// All bytes in C order, whatever the strides.
    pub fn to_vec(&self) -> Vec<u8> {
        if is_contiguous(self.view(), b'C') {
            return self.bytes().to_vec();
        }
        let mut out = Vec::with_capacity(self.view().len as usize);
        for_each_item(self.view(), |item| out.extend_from_slice(item));
        out
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        match &mut self.0 {
            Place::Here(view) => release(view),
            Place::Boxed(view) => release(view),
        }
    }
}

/// `PyBuffer_Release`: does nothing the second time.
pub fn release(view: &mut Py_buffer) {
    let owner = core::mem::replace(&mut view.obj, null_mut());
    if owner.is_null() {
        return;
    }
    // SAFETY: the view owns a reference to its exporter, whose type tables live as long as it.
    unsafe {
        let owner = Ref::<Obj>::from_owned(owner);
        if let Some(release) = owner
            .ty()
            .tp_as_buffer
            .get()
            .as_ref()
            .and_then(|procs| procs.bf_releasebuffer.get())
        {
            view.obj = owner.as_ptr();
            release(owner.as_ptr(), view);
            view.obj = null_mut();
        }
    }
}

/// Fills in a view of plain bytes, as `PyBuffer_FillInfo` does.
///
/// # Safety
/// `view` may be written to; `buf` has `len` bytes that stay in place until the release.
pub unsafe fn fill_info(
    view: *mut Py_buffer,
    owner: Option<&Obj>,
    buf: *mut u8,
    len: usize,
    readonly: bool,
    flags: c_int,
) -> c_int {
    if view.is_null() {
        let _ = crate::err::new(
            &exc::BufferError,
            format_args!("PyBuffer_FillInfo: view==NULL argument is obsolete"),
        );
        return -1;
    }
    if flags == PyBUF_READ || flags == PyBUF_WRITE {
        let _ = crate::err::bad_internal_call();
        return -1;
    }
    if flags & PyBUF_WRITABLE != 0 && readonly {
        // SAFETY: the caller's promise.
        unsafe { (*view).obj = null_mut() };
        let _ = crate::err::new(&exc::BufferError, format_args!("Object is not writable."));
        return -1;
    }
    // SAFETY: the caller's promise; shape and strides point into the view itself, as CPython has it.
    unsafe {
        view.write(Py_buffer {
            buf: buf.cast::<c_void>(),
            obj: owner.map_or(null_mut(), |o| o.new_ref().into_raw()),
            len: len as isize,
            itemsize: 1,
            readonly: c_int::from(readonly),
            ndim: 1,
            format: if flags & PyBUF_FORMAT != 0 {
                c"B".as_ptr().cast_mut()
            } else {
                null_mut::<c_char>()
            },
            shape: if flags & PyBUF_ND != 0 {
                &raw mut (*view).len
            } else {
                null_mut()
            },
            strides: if flags & PyBUF_STRIDES == PyBUF_STRIDES {
                &raw mut (*view).itemsize
            } else {
                null_mut()
            },
            suboffsets: null_mut(),
            internal: null_mut(),
        });
    }
    0
}

/// An array of the view, one number for each dimension.
///
/// # Safety
/// `p` is null or points to `ndim` numbers that outlive `'a`.
#[inline]
pub unsafe fn dimensions<'a>(p: *mut isize, ndim: c_int) -> Option<&'a [isize]> {
    // SAFETY: the caller's promise.
    (!p.is_null()).then(|| unsafe { slice::from_raw_parts(p, ndim as usize) })
}

/// Whether the items lie one after the other: in C's order (`C`), Fortran's (`F`), or either (`A`).
pub fn is_contiguous(view: &Py_buffer, order: u8) -> bool {
    if !view.suboffsets.is_null() {
        return false;
    }
    // SAFETY: a view's arrays have `ndim` entries.
    let (shape, strides) = unsafe {
        (
            dimensions(view.shape, view.ndim),
            dimensions(view.strides, view.ndim),
        )
    };
    match order {
        b'C' => c_contiguous(view, shape, strides),
        b'F' => fortran_contiguous(view, shape, strides),
        b'A' => c_contiguous(view, shape, strides) || fortran_contiguous(view, shape, strides),
        _ => false,
    }
}

fn tightly_packed<'a>(itemsize: isize, dims: impl Iterator<Item = (&'a isize, &'a isize)>) -> bool {
    let mut expected = itemsize;
    for (&n, &stride) in dims {
        if n > 1 && stride != expected {
            return false;
        }
        expected *= n;
    }
    true
}

fn c_contiguous(view: &Py_buffer, shape: Option<&[isize]>, strides: Option<&[isize]>) -> bool {
    let Some((shape, strides)) = shape.zip(strides) else {
        return true;
    };
    view.len == 0 || tightly_packed(view.itemsize, shape.iter().zip(strides).rev())
}

fn fortran_contiguous(
    view: &Py_buffer,
    shape: Option<&[isize]>,
    strides: Option<&[isize]>,
) -> bool {
    if view.len == 0 {
        return true;
    }
    let Some(shape) = shape else {
        return view.ndim <= 1;
    };
    match strides {
        None => view.ndim <= 1 || shape.iter().filter(|&&n| n > 1).count() <= 1,
        Some(strides) => tightly_packed(view.itemsize, shape.iter().zip(strides)),
    }
}

/// Calls `f` with each item's bytes, in C order.
pub fn for_each_item(view: &Py_buffer, mut f: impl FnMut(&[u8])) {
    // SAFETY: a view's arrays have `ndim` entries.
    let (shape, strides, suboffsets) = unsafe {
        (
            dimensions(view.shape, view.ndim),
            dimensions(view.strides, view.ndim),
            dimensions(view.suboffsets, view.ndim),
        )
    };
    let item = view.itemsize as usize;
    let Some((shape, strides)) = shape.zip(strides).filter(|_| view.ndim > 0) else {
        // SAFETY: without strides the items are contiguous.
        let bytes = unsafe { slice::from_raw_parts(view.buf.cast::<u8>(), view.len as usize) };
        return bytes.chunks_exact(item.max(1)).for_each(f);
    };
    walk(view.buf.cast(), shape, strides, suboffsets, item, &mut f);
}

fn walk(
    p: *mut u8,
    shape: &[isize],
    strides: &[isize],
    suboffsets: Option<&[isize]>,
    item: usize,
    f: &mut impl FnMut(&[u8]),
) {
    for i in 0..shape[0] {
        // SAFETY: the exporter vouches for every index below the shape.
        let at = unsafe { step(p, i, strides[0], suboffsets.map(|s| s[0])) };
        if shape.len() == 1 {
            // SAFETY: as above.
            f(unsafe { slice::from_raw_parts(at, item) });
        } else {
            walk(
                at,
                &shape[1..],
                &strides[1..],
                suboffsets.map(|s| &s[1..]),
                item,
                f,
            );
        }
    }
}

/// The address of element `i` along one dimension, following a pointer where there is a suboffset.
///
/// # Safety
/// `i` is within the dimension that `p`, `stride` and `suboffset` describe.
#[inline]
pub unsafe fn step(p: *mut u8, i: isize, stride: isize, suboffset: Option<isize>) -> *mut u8 {
    let at = p.wrapping_offset(i * stride);
    match suboffset {
        // SAFETY: a suboffset says that a pointer lies here.
        Some(offset) if offset >= 0 => unsafe {
            at.cast::<*mut u8>()
                .read_unaligned()
                .wrapping_offset(offset)
        },
        _ => at,
    }
}

/// Whether somebody looks at a buffer that is to change. Where nobody counts, the dead may still look at it: then the views that
/// nothing leads to are released first, if the buffer that they look at `is_ours`.
#[inline]
pub fn is_held(exports: impl Fn() -> bool, is_ours: impl Fn(&Obj) -> bool) -> bool {
    exports() && {
        crate::types::memoryview::managed::release_unreached(&is_ours);
        exports()
    }
}
