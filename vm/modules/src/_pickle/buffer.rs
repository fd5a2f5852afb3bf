//! `pickle.PickleBuffer`, which marks a buffer as one that pickles may leave outside of their stream.

use core::cell::{Cell, UnsafeCell};
use core::ffi::c_int;
use core::mem::offset_of;
use core::ptr;

use crate::prelude::*;
use vm::protocol::buffer::{self, Buffer};
use vm::types::memoryview;

/// `pickle.PickleBuffer`
#[repr(C)]
pub struct PickleBuffer {
    ob_base: PyObject,
    /// Nothing once it was released.
    view: UnsafeCell<Option<Buffer>>,
    weakrefs: Cell<*mut PyObject>,
}

impl Layout for PickleBuffer {
    fn type_object() -> &'static PyTypeObject {
        &PyPickleBuffer_Type
    }
}

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<PickleBuffer>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .destructible()
        .weaklistoffset(offset_of!(PickleBuffer, weakrefs))
        .tp_new(new)
        .dealloc_drop::<PickleBuffer>()
        .tp_traverse(|p: &PickleBuffer, v: &mut Visitor| {
            p.view().map_or(Ok(()), |view| v.visit_ptr(view.view().obj))
        })
        .tp_clear(PickleBuffer::release)
        .bf_getbuffer(getbuffer, None)
        .methods(METHODS);
}

static METHODS: &[PyMethodDef] = &[
    noargs!("raw", raw, "($self, /)"),
    noargs!(
        "release",
        |p: &PickleBuffer| {
            p.release();
            Ok(())
        },
        "($self, /)"
    ),
];

impl PickleBuffer {
    /// The view; nothing once it was released.
    pub fn view(&self) -> Option<&Buffer> {
        // SAFETY: the lock is held, and no borrow of the view is kept while code runs that may release it.
        unsafe { (*self.view.get()).as_ref() }
    }

    fn release(&self) {
        // SAFETY: as above. It is taken out first: the release may run code that looks here.
        let view = unsafe { (*self.view.get()).take() };
        drop(view);
    }

    /// The object whose memory this is.
    fn exporter(&self) -> Result<Ref> {
        match self.view() {
            // SAFETY: a view that was got keeps its exporter.
            Some(view) => Ok(unsafe { &*view.view().obj }.new_ref()),
            None => raise!(
                ValueError,
                "operation forbidden on released PickleBuffer object"
            ),
        }
    }
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new("PickleBuffer", "(object, /)");
    let [object] = SIGNATURE.bind(args, kwargs)?;
    let view = buffer::get(required(object), PyBUF_FULL_RO)?;
    let made = PickleBuffer {
        ob_base: header(),
        view: UnsafeCell::new(Some(view)),
        weakrefs: Cell::new(ptr::null_mut()),
    };
    Ok(create(tp, made)?.into_obj())
}

/// The view is the exporter's own, which is told of its release.
///
/// # Safety
/// As the buffer protocol has it.
unsafe extern "C" fn getbuffer(o: *mut PyObject, view: *mut Py_buffer, flags: c_int) -> c_int {
    // SAFETY: the protocol's.
    unsafe {
        (*view).obj = ptr::null_mut();
        let exporter = (*o.cast::<PickleBuffer>()).exporter();
        err::into_status(exporter.and_then(|exporter| buffer::get_into(&exporter, view, flags)))
    }
}

/// As [`getbuffer`], of plain bytes.
///
/// # Safety
/// As the buffer protocol has it; the memory is contiguous.
unsafe extern "C" fn get_raw(o: *mut PyObject, view: *mut Py_buffer, flags: c_int) -> c_int {
    // SAFETY: the protocol's.
    unsafe {
        let status = getbuffer(o, view, flags);
        if status == 0 {
            (*view).format = c"B".as_ptr().cast_mut();
            (*view).ndim = 1;
            (*view).itemsize = 1;
            (*view).shape = ptr::null_mut();
            (*view).strides = ptr::null_mut();
            (*view).suboffsets = ptr::null_mut();
        }
        status
    }
}

fn raw(p: &PickleBuffer) -> Result {
    let exporter = p.exporter()?;
    let flat = p.view().is_some_and(|view| {
        let view = view.view();
        view.suboffsets.is_null() && buffer::is_contiguous(view, b'A')
    });
    if !flat {
        return raise!(
            BufferError,
            "cannot extract raw buffer from non-contiguous buffer"
        );
    }
    let m = memoryview::from_procedure(p.as_obj(), PyBUF_FULL_RO, get_raw)?;
    drop(exporter);
    Ok(m.into_obj())
}
