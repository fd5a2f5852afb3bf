//! The buffer that several views share: got once from the exporter, and released when the last view is.

use core::ffi::c_int;
use core::mem::MaybeUninit;
use core::ptr::null_mut;

use layout::{
    _Py_MANAGED_BUFFER_RELEASED, _PyManagedBufferObject, Layout, Py_TPFLAGS_DEFAULT,
    Py_TPFLAGS_HAVE_GC, Py_buffer, PyObject, PyTypeObject,
};

use crate::err::Result;
use crate::interp::native_calls;
use crate::object::*;
use crate::protocol::buffer;
use crate::state;
use crate::types::type_::builder::TypeBuilder;

pub static MANAGED_BUFFER: PyTypeObject = PyTypeObject::statically_declared();

/// The struct belongs to the layout crate, its type to us.
#[repr(transparent)]
pub struct ManagedBuffer(pub _PyManagedBufferObject);

impl Layout for ManagedBuffer {
    fn type_object() -> &'static PyTypeObject {
        &MANAGED_BUFFER
    }
}

pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<ManagedBuffer>()
        .flags(Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC)
        .new_disallowed()
        .destructible()
        .tp_dealloc(managed_dealloc)
        .tp_traverse(|m: &ManagedBuffer, v: &mut Visitor| v.visit_ptr(m.0.master.get().obj))
        .tp_clear(|m: &ManagedBuffer| {
            if m.0.exports.get() == 0 {
                m.release();
            }
        });
}

/// Gets the exporter's buffer.
pub fn of_object(o: &Obj, flags: c_int) -> Result<Ref<ManagedBuffer>> {
    let m = alloc::<ManagedBuffer>(&MANAGED_BUFFER)?;
    // SAFETY: the view stays in the object, which releases it.
    unsafe { buffer::get_into(o, m.0.master.as_ptr(), flags)? };
    Ok(m)
}

/// Gets a buffer from a procedure that isn't the one of the object's own type.
pub fn of_procedure(
    o: &Obj,
    flags: c_int,
    get: layout::getbufferproc,
) -> Result<Ref<ManagedBuffer>> {
    let m = alloc::<ManagedBuffer>(&MANAGED_BUFFER)?;
    // SAFETY: the procedure accepts the object, and fills in the view, which stays where it is, or answers -1.
    if unsafe { get(o.as_ptr(), m.0.master.as_ptr(), flags) } < 0 {
        // SAFETY: the view that was to be filled in; what a failed exporter leaves in it is not ours.
        unsafe { (*m.0.master.as_ptr()).obj = core::ptr::null_mut() };
        return Err(crate::err::Raised::assume());
    }
    Ok(m)
}

/// Wraps memory that has no exporter.
pub fn of_view(view: Py_buffer) -> Result<Ref<ManagedBuffer>> {
    let m = alloc::<ManagedBuffer>(&MANAGED_BUFFER)?;
    m.0.master.set(view);
    Ok(m)
}

impl ManagedBuffer {
    pub fn is_released(&self) -> bool {
        self.0.flags.get() & _Py_MANAGED_BUFFER_RELEASED != 0
    }

    /// The view, in place: what exporters that key on its address need.
    pub fn release(&self) {
        if self.is_released() {
            return;
        }
        self.0
            .flags
            .set(self.0.flags.get() | _Py_MANAGED_BUFFER_RELEASED);
        // SAFETY: the flag keeps everybody else away from the view from now on.
        buffer::release(unsafe { &mut *self.0.master.as_ptr() });
    }

    /// Counts one view less.
    pub fn drop_export(&self) {
        let exports = self.0.exports.get() - 1;
        self.0.exports.set(exports);
        if exports == 0 {
            self.release();
        }
    }
}

/// Releases the buffers that `is_ours` accepts and that nothing leads to: neither the frames of Python code, nor what native code
/// holds outside of the instruction that runs.
#[cold]
pub fn release_unreached(is_ours: &dyn Fn(&Obj) -> bool) {
    let mut found = Vec::new();
    let stack = native_calls::innermost_loop(state::current());
    gc::for_each_unreached(stack, &mut |o| {
        // SAFETY: an object that was not released yet, nor what it looks at.
        unsafe {
            let Some(m) = (*o).downcast_exact::<ManagedBuffer>() else {
                return;
            };
            let exporter = m.0.master.get().obj.as_ref();
            if !m.is_released() && exporter.is_some_and(is_ours) {
                found.push(o);
            }
        }
    });
    for o in found {
        // SAFETY: nothing was freed since.
        unsafe { (*o.cast::<ManagedBuffer>()).release() };
    }
}

/// # Safety
/// `o` is a managed buffer that nobody refers to any more.
unsafe extern "C" fn managed_dealloc(o: *mut PyObject) {
    gc::untrack(o);
    // SAFETY: the caller's promise; freeing is the last thing done.
    unsafe {
        (*o.cast::<ManagedBuffer>()).release();
        free_builtin(o);
    }
}

/// An all-zero view.
pub fn empty_view() -> Py_buffer {
    // SAFETY: null pointers and zero numbers.
    let mut view: Py_buffer = unsafe { MaybeUninit::zeroed().assume_init() };
    view.obj = null_mut();
    view
}
