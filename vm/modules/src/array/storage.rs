//! An array's memory: growth, death, and the buffers that it exports.

use core::ffi::{c_int, c_void};
use core::ptr;
use core::slice;

use super::item::Descr;
use super::{ARRAY, Array};
use crate::prelude::*;
use vm::protocol::buffer;

impl Array {
    /// What the items are.
    pub(super) fn descr(&self) -> &'static Descr {
        // SAFETY: set at birth to a row of the static table.
        unsafe { &*self.ob_descr.get() }
    }
    /// Bytes of one item.
    pub(super) fn itemsize(&self) -> usize {
        self.descr().itemsize as usize
    }
    /// How many items there are.
    pub(super) fn len(&self) -> usize {
        self.ob_base.ob_size.get() as usize
    }
    /// The data. Valid until the array may change: nothing that runs Python code may come between.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes_mut()
    }
    /// The data, to write. As [`Array::bytes`], and it must be the only borrow of the part that is written.
    #[allow(clippy::mut_from_ref)]
    pub(super) fn bytes_mut(&self) -> &mut [u8] {
        match self.len() * self.itemsize() {
            0 => &mut [],
            // SAFETY: the data holds as many items as the size says, and the lock is held.
            n => unsafe { slice::from_raw_parts_mut(self.ob_item.get(), n) },
        }
    }
    /// An item as an object.
    pub(super) fn get(&self, i: usize) -> Ref {
        self.descr().get(&self.bytes()[i * self.itemsize()..])
    }
    /// Replaces an item. Making a number of `value` may run Python code, after which the index may be gone.
    pub(super) fn set(&self, i: usize, value: &Obj) -> Result<()> {
        let raw = self.descr().convert(value)?;
        let size = self.itemsize();
        match self.bytes_mut().get_mut(i * size..(i + 1) * size) {
            Some(place) => place.copy_from_slice(&raw[..size]),
            None => return raise!(IndexError, "array assignment index out of range"),
        }
        Ok(())
    }
    /// Appends an item.
    pub(super) fn push(&self, value: &Obj) -> Result<()> {
        let raw = self.descr().convert(value)?;
        self.push_bytes(&raw[..self.itemsize()])
    }
    /// Appends whole items' bytes, which are not this array's own.
    pub(super) fn push_bytes(&self, items: &[u8]) -> Result<()> {
        let (n, size) = (self.len(), self.itemsize());
        self.resize(n + items.len() / size)?;
        self.bytes_mut()[n * size..].copy_from_slice(items);
        Ok(())
    }
    /// Refuses changes of length while somebody looks at the data.
    pub(super) fn check_exports(&self) -> Result<()> {
        if buffer::is_held(|| self.exports.get() > 0, |o| o.is_same(self.as_obj())) {
            return raise!(
                BufferError,
                "cannot resize an array that is exporting buffers"
            );
        }
        Ok(())
    }
    /// Changes the number of items; new ones are to be written.
    pub(super) fn resize(&self, n: usize) -> Result<()> {
        let old = self.len();
        if n == old {
            return Ok(());
        }
        self.check_exports()?;
        let allocated = self.allocated.get() as usize;
        if n > allocated || n < allocated / 2 {
            // A sixteenth of room, more for small arrays.
            let room = if n == 0 {
                0
            } else {
                n + (n >> 4) + if n < 8 { 3 } else { 7 }
            };
            self.reallocate(room)?;
        }
        self.ob_base.ob_size.set(n as isize);
        Ok(())
    }
    fn reallocate(&self, room: usize) -> Result<()> {
        let Some(bytes) = room
            .checked_mul(self.itemsize())
            .filter(|&n| isize::try_from(n).is_ok())
        else {
            return Err(err::no_memory());
        };
        let old = self.ob_item.get();
        if bytes == 0 {
            // SAFETY: the array's own memory, which it forgets.
            unsafe { libc::free(old.cast()) };
            self.ob_item.set(ptr::null_mut());
        } else {
            // SAFETY: as above.
            let new = unsafe { libc::realloc(old.cast(), bytes) };
            if new.is_null() {
                return Err(err::no_memory());
            }
            self.ob_item.set(new.cast());
        }
        self.allocated.set(room as isize);
        Ok(())
    }
}

/// An array of `n` items, which are zero.
pub(super) fn new(tp: &PyTypeObject, descr: &'static Descr, n: usize) -> Result<Ref<Array>> {
    // SAFETY: a subclass has the array's layout, and zeroed fields are an array without data.
    let a = unsafe { type_alloc(tp, 0)?.into_cast::<Array>() };
    a.ob_descr.set(descr);
    if n > 0 {
        a.reallocate(n)?;
        a.ob_base.ob_size.set(n as isize);
        a.bytes_mut().fill(0);
    }
    Ok(a)
}

/// An exact array of the kind of `a`, of `n` items, which are zero.
pub(super) fn like(a: &Array, n: usize) -> Result<Ref<Array>> {
    new(&ARRAY, a.descr(), n)
}

/// `tp_dealloc`
///
/// # Safety
/// No reference to the array is left.
pub(super) unsafe extern "C" fn array_dealloc(o: *mut PyObject) {
    // SAFETY: the array is valid until its memory is freed.
    unsafe {
        let a = &*o.cast::<Array>();
        if !a.weakrefs.get().is_null() {
            vm::types::weakref::clear_weakrefs(&*o);
        }
        libc::free(a.ob_item.replace(ptr::null_mut()).cast());
        free_builtin(o);
    }
}

/// `bf_getbuffer`
///
/// # Safety
/// As the buffer protocol has it.
pub(super) unsafe extern "C" fn getbuffer(
    o: *mut PyObject,
    view: *mut Py_buffer,
    flags: c_int,
) -> c_int {
    static EMPTY: [u8; 1] = [0];
    // SAFETY: the protocol's: o is an array, view is to be filled in.
    unsafe {
        let a = &*o.cast::<Array>();
        let Some(view) = view.as_mut() else {
            let _ = err::new(
                &exc::BufferError,
                format_args!("array_buffer_getbuf: view==NULL argument is obsolete"),
            );
            return -1;
        };
        incref(o);
        let data = a.ob_item.get();
        view.obj = o;
        view.buf = if data.is_null() {
            EMPTY.as_ptr().cast_mut().cast::<c_void>()
        } else {
            data.cast()
        };
        view.len = (a.len() * a.itemsize()) as isize;
        view.readonly = 0;
        view.ndim = 1;
        view.itemsize = a.itemsize() as isize;
        view.suboffsets = ptr::null_mut();
        view.internal = ptr::null_mut();
        view.shape = if flags & PyBUF_ND == PyBUF_ND {
            a.ob_base.ob_size.as_ptr()
        } else {
            ptr::null_mut()
        };
        view.strides = if flags & PyBUF_STRIDES == PyBUF_STRIDES {
            &raw mut view.itemsize
        } else {
            ptr::null_mut()
        };
        view.format = if flags & PyBUF_FORMAT == PyBUF_FORMAT {
            a.descr().format.as_ptr().cast_mut()
        } else {
            ptr::null_mut()
        };
        a.exports.set(a.exports.get() + 1);
    }
    0
}

/// `bf_releasebuffer`
///
/// # Safety
/// As the buffer protocol has it.
pub(super) unsafe extern "C" fn releasebuffer(o: *mut PyObject, _: *mut Py_buffer) {
    // SAFETY: the protocol's: o is an array that exported a view.
    let a = unsafe { &*o.cast::<Array>() };
    a.exports.set(a.exports.get() - 1);
}
