//! `__buffer__` and `__release_buffer__`: the buffer protocol of classes written in Python, both ways.
//!
//! A class's `__buffer__` returns a memoryview, of which the caller then gets a view. What the caller releases in the end
//! is a `_buffer_wrapper`, which gives the memoryview its view back and tells `__release_buffer__`.

use core::ffi::{c_int, c_void};
use core::ptr::{self, null_mut};

use layout::{
    _Py_MEMORYVIEW_RELEASED, Py_TPFLAGS_HAVE_GC, Py_buffer, PyMemoryViewObject, PyObject,
    PyTypeObject, getbufferproc, releasebufferproc,
};

use crate::err::{self, Result, raise};
use crate::intern;
use crate::object::*;
use crate::protocol::buffer;
use crate::protocol::call::method;
use crate::slots::wrapper_args;
use crate::types::type_::builder::TypeBuilder;
use crate::types::{int, memoryview, type_};

pub static BUFFER_WRAPPER: PyTypeObject = PyTypeObject::statically_declared();

/// What stands for the exporter in a view that came through `__buffer__`.
#[repr(C)]
pub struct BufferWrapper {
    ob_base: PyObject,
    view: Slot,
    owner: Slot,
}

impl Layout for BufferWrapper {
    fn type_object() -> &'static PyTypeObject {
        &BUFFER_WRAPPER
    }
}

pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<BufferWrapper>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .new_disallowed()
        .dealloc_drop::<BufferWrapper>()
        .tp_traverse(|w: &BufferWrapper, v: &mut Visitor| {
            v.slot(&w.view)?;
            v.slot(&w.owner)
        })
        .bf_getbuffer(wrapper_getbuffer, Some(wrapper_releasebuffer));
}

/// A wrapper exports nothing of its own: it is only ever put into views that exist.
unsafe extern "C" fn wrapper_getbuffer(_: *mut PyObject, view: *mut Py_buffer, _: c_int) -> c_int {
    // SAFETY: the caller's view.
    unsafe { (*view).obj = null_mut() };
    let _ = err::new(
        &err::exc::BufferError,
        format_args!("a buffer wrapper cannot be viewed"),
    );
    -1
}

/// # Safety
/// C's contract of `bf_releasebuffer`.
unsafe extern "C" fn wrapper_releasebuffer(o: *mut PyObject, view: *mut Py_buffer) {
    // SAFETY: the type's own instances.
    let wrapper = unsafe { &*o.cast::<BufferWrapper>() };
    let (Some(inner), Some(owner)) = (wrapper.view.take(), wrapper.owner.take()) else {
        return;
    };
    if let Some(m) = inner.downcast::<PyMemoryViewObject>() {
        m.exports.set(m.exports.get() - 1);
        // A memoryview of the owner itself tells `__release_buffer__` when it is released.
        if !ptr::eq(m.view.get().obj, owner.as_ptr()) && releases_in_python(&owner) {
            // SAFETY: the view is valid until we return.
            unsafe { tell(&owner, view) };
        }
    }
}

fn releases_in_python(owner: &Obj) -> bool {
    // SAFETY: a type's tables live as long as the type.
    unsafe { owner.ty().tp_as_buffer.get().as_ref() }
        .and_then(|procs| procs.bf_releasebuffer.get())
        .is_some_and(|f| ptr::eq(f as *const (), slot_releasebuffer as *const ()))
}

/// Calls `owner.__release_buffer__(memoryview)`; its errors are reported, not raised.
///
/// # Safety
/// `view` is a valid view of `owner`'s memory.
unsafe fn tell(owner: &Obj, view: *mut Py_buffer) {
    err::preserved(|| {
        // SAFETY: the caller's promise.
        let told = memoryview::restricted_view(unsafe { *view }).and_then(|m| {
            let result = method(owner, intern!("__release_buffer__"), &[m.as_obj()]);
            if memoryview::release(&m).is_err() {
                err::clear();
            }
            result
        });
        if told.is_err() {
            let message = format!(
                "Exception ignored in __release_buffer__ of {}",
                owner.tp_name()
            );
            err::write_unraisable(None, Some(&message));
        }
    });
}

/// The slot of a class that has `__buffer__`.
///
/// # Safety
/// C's contract of `bf_getbuffer`.
pub unsafe extern "C" fn slot_getbuffer(
    o: *mut PyObject,
    out: *mut Py_buffer,
    flags: c_int,
) -> c_int {
    // SAFETY: the caller's object and view.
    match unsafe { get(&*o, out, flags) } {
        Ok(()) => 0,
        Err(_) => {
            // SAFETY: as above.
            unsafe { (*out).obj = null_mut() };
            -1
        }
    }
}

/// # Safety
/// `out` may be written to, and stays where it is until its release.
unsafe fn get(owner: &Obj, out: *mut Py_buffer, flags: c_int) -> Result<()> {
    let answer = method(
        owner,
        intern!("__buffer__"),
        &[int::from_i64(flags.into()).as_obj()],
    )?;
    if !answer.is::<PyMemoryViewObject>() {
        return raise!(TypeError, "__buffer__ returned non-memoryview object");
    }
    let wrapper = BufferWrapper {
        ob_base: header(),
        view: Slot::empty(),
        owner: Slot::empty(),
    };
    let wrapper = create(&BUFFER_WRAPPER, wrapper)?;
    // SAFETY: the caller's view. It owns a reference to the memoryview, which the wrapper takes over.
    unsafe {
        buffer::get_into(&answer, out, flags)?;
        drop(Ref::<Obj>::from_owned_opt((*out).obj));
        wrapper.view.set(Some(answer));
        wrapper.owner.set(Some(owner.new_ref()));
        (*out).obj = wrapper.into_raw();
    }
    Ok(())
}

/// The slot of a class that has `__release_buffer__`.
///
/// # Safety
/// C's contract of `bf_releasebuffer`.
pub unsafe extern "C" fn slot_releasebuffer(o: *mut PyObject, view: *mut Py_buffer) {
    // SAFETY: the caller's object and view.
    unsafe {
        let owner = &*o;
        tell(owner, view);
        if let Some(inherited) = inherited_release(owner) {
            inherited(o, view);
        }
    }
}

/// The `bf_releasebuffer` of the nearest base that is written in C.
fn inherited_release(owner: &Obj) -> Option<releasebufferproc> {
    let mut tp = type_::bases::base(owner.ty())?;
    loop {
        // SAFETY: a type's tables live as long as the type.
        let release = unsafe { tp.tp_as_buffer.get().as_ref() }
            .and_then(|procs| procs.bf_releasebuffer.get());
        match release {
            Some(f) if !ptr::eq(f as *const (), slot_releasebuffer as *const ()) => return Some(f),
            _ => tp = type_::bases::base(tp)?,
        }
    }
}

/// `o.__buffer__(flags)` of a type written in C: a memoryview.
///
/// # Safety
/// C's contract of a slot wrapper.
pub unsafe extern "C" fn wrap_buffer(
    this: *mut PyObject,
    args: *mut PyObject,
    wrapped: *mut c_void,
) -> *mut PyObject {
    // SAFETY: the descriptor has checked self; the slot is a `bf_getbuffer`.
    let result = unsafe {
        wrapper_args(args, 1, 1).and_then(|items| {
            let flags = crate::types::str_::args::c_int(&items[0])?;
            let get = core::mem::transmute::<*mut c_void, getbufferproc>(wrapped);
            memoryview::from_procedure(&*this, flags, get)
        })
    };
    result.map_or(null_mut(), |m| m.into_raw())
}

/// `o.__release_buffer__(view)` of a type written in C.
///
/// # Safety
/// C's contract of a slot wrapper.
pub unsafe extern "C" fn wrap_releasebuffer(
    this: *mut PyObject,
    args: *mut PyObject,
    _: *mut c_void,
) -> *mut PyObject {
    // SAFETY: the descriptor has checked self.
    let result = unsafe { wrapper_args(args, 1, 1).and_then(|items| give_back(&*this, &items[0])) };
    result.map_or(null_mut(), |()| none().into_raw())
}

fn give_back(owner: &Obj, view: &Obj) -> Result<()> {
    let Some(m) = view.downcast::<PyMemoryViewObject>() else {
        return raise!(TypeError, "expected a memoryview object");
    };
    let exporter = m.view.get().obj;
    if exporter.is_null() || m.flags.get() & _Py_MEMORYVIEW_RELEASED != 0 {
        return raise!(ValueError, "memoryview's buffer has already been released");
    }
    if !ptr::eq(exporter, owner.as_ptr()) {
        return raise!(ValueError, "memoryview's buffer is not this object");
    }
    memoryview::release(m)
}
