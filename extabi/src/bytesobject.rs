//! `bytesobject.h`, `bytearrayobject.h`, `memoryobject.h`.

use core::ffi::{c_char, c_int};
use core::ptr;

use layout::*;
use vm::err::{self, Result, exc, raise};
use vm::object::*;
use vm::protocol::{buffer, call, object};
use vm::types::bytes::{self, BytesExt as _};
use vm::types::memoryview;

use crate::shape::*;

fn exact(o: &Obj) -> Result<&PyBytesObject> {
    match o.downcast::<PyBytesObject>() {
        Some(s) => Ok(s),
        None => raise!(TypeError, "expected bytes, {:.200} found", o.tp_name()),
    }
}

unsafe fn data<'a>(p: *const c_char, n: isize) -> &'a [u8] {
    if n <= 0 {
        &[]
    } else {
        // SAFETY: the caller passes that many bytes.
        unsafe { core::slice::from_raw_parts(p.cast(), n as usize) }
    }
}

/// What the bytes of two objects make together.
fn joined<S: bytes::methods::ByteLike>(x: &Obj, y: &Obj) -> Result {
    let (Ok(a), Ok(c)) = (buffer::simple(x), buffer::simple(y)) else {
        err::clear();
        return raise!(
            TypeError,
            "can't concat {:.100} to {:.100}",
            y.tp_name(),
            x.tp_name()
        );
    };
    bytes::build::concat::<S>(a.bytes(), c.bytes())
}

/// Extensions tell by the count whether they may resize what they build, and some do not survive the other answer.
fn being_built(o: &Obj) {
    o.ob_refcnt.set(1);
}

api! {
    fn PyBytes_FromStringAndSize(p: *const c_char, n: isize) -> P {
        if n < 0 { let _ = err::new(&exc::SystemError, format_args!("Negative size passed to PyBytes_FromStringAndSize")); return ptr::null_mut(); }
        if p.is_null() && n > 0 {
            // To be filled in: never one of the shared small ones.
            return match alloc_var::<PyBytesObject>(&PyBytes_Type, n as usize) {
                Ok(s) => { s.ob_shash.set(-1); being_built(s.as_obj()); s.into_raw() }
                Err(_) => ptr::null_mut(),
            };
        }
        bytes::new(data(p, n)).into_raw()
    }
    fn PyBytes_FromString(p: *const c_char) -> P { bytes::new(core::ffi::CStr::from_ptr(p).to_bytes()).into_raw() }
    fn PyBytes_FromObject(o: O) -> P { new(bytes::from_object(b(o))) }
    fn PyBytes_Size(o: P) -> isize { size(exact(b(o)).map(|s| s.as_slice().len())) }
    fn PyBytes_AsString(o: P) -> *mut c_char { exact(b(o)).map_or(ptr::null_mut(), |s| s.as_slice().as_ptr().cast_mut().cast()) }
    fn PyBytes_AsStringAndSize(o: P, p: *mut *mut c_char, n: *mut isize) -> c_int {
        match exact(b(o)).map(|s| s.as_slice()) {
            Ok(d) => {
                *p = d.as_ptr().cast_mut().cast();
                if n.is_null() {
                    if d.contains(&0) { let _ = err::new(&exc::ValueError, format_args!("embedded null byte")); return -1; }
                } else {
                    *n = d.len() as isize;
                }
                0
            }
            Err(_) => -1,
        }
    }
    fn PyBytes_Concat(p: *mut P, x: P) {
        if (*p).is_null() { return; }
        let joined = match opt(x) { Some(x) => new(joined::<PyBytesObject>(b(*p), x)), None => ptr::null_mut() };
        decref(ptr::replace(p, joined));
    }
    fn PyBytes_ConcatAndDel(p: *mut P, x: P) { PyBytes_Concat(p, x); if !x.is_null() { decref(x); } }
    fn _PyBytes_Resize(p: *mut P, n: isize) -> c_int {
        let old = match b(*p).downcast::<PyBytesObject>() {
            Some(old) if n >= 0 => old,
            _ => { decref(ptr::replace(p, ptr::null_mut())); let _ = err::bad_internal_call(); return -1; }
        };
        if old.as_slice().len() == n as usize { return 0; }
        if n == 0 { decref(ptr::replace(p, bytes::new(b"").into_raw())); return 0; }
        let keep = old.as_slice().len().min(n.max(0) as usize);
        match alloc_var::<PyBytesObject>(&PyBytes_Type, n.max(0) as usize) {
            Ok(fresh) => {
                fresh.ob_shash.set(-1);
                being_built(fresh.as_obj());
                ptr::copy_nonoverlapping(old.as_slice().as_ptr(), fresh.as_slice().as_ptr().cast_mut(), keep);
                decref(ptr::replace(p, fresh.into_raw()));
                0
            }
            Err(_) => { decref(ptr::replace(p, ptr::null_mut())); -1 }
        }
    }
    fn PyBytes_Repr(o: P, smart: c_int) -> P {
        new(exact(b(o)).map(|s| {
            let text = if smart != 0 { ::text::escape::bytes_repr(s.as_slice()) } else { ::text::escape::bytes_repr_in(s.as_slice(), b'\'') };
            vm::types::str_::new(&text).into_obj()
        }))
    }
    fn PyByteArray_FromObject(o: P) -> P { new(call::call1(PyByteArray_Type.as_obj(), b(o))) }
    fn PyByteArray_FromStringAndSize(p: *const c_char, n: isize) -> P {
        if n < 0 { let _ = err::new(&exc::SystemError, format_args!("Negative size passed to PyByteArray_FromStringAndSize")); return ptr::null_mut(); }
        if p.is_null() { return new(call::call1(PyByteArray_Type.as_obj(), vm::types::int::from_isize(n).as_obj())); }
        new(call::call1(PyByteArray_Type.as_obj(), bytes::new(data(p, n)).as_obj()))
    }
    fn PyByteArray_Size(o: P) -> isize { b(o).cast::<PyVarObject>().ob_size.get() }
    fn PyByteArray_AsString(o: P) -> *mut c_char {
        match b(o).cast::<PyByteArrayObject>().ob_start.get() {
            p if p.is_null() => (&raw const layout::_PyByteArray_empty_string).cast_mut().cast(),
            p => p,
        }
    }
    fn PyByteArray_Resize(o: P, n: isize) -> c_int {
        if n < 0 { let _ = err::new(&exc::ValueError, format_args!("Can only resize to positive sizes, got {n}")); return -1; }
        let now = PyByteArray_Size(o);
        if n < now {
            let s = vm::types::slice::new(vm::types::int::from_isize(n).as_obj(), NONE(), NONE());
            return status(s.and_then(|s| object::delitem(b(o), s.as_obj())));
        }
        let more = call::call1(PyByteArray_Type.as_obj(), vm::types::int::from_isize(n - now).as_obj());
        status(more.and_then(|more| call::call_method(b(o), "extend", &[&more])).map(drop))
    }
    fn PyByteArray_Concat(x: P, y: P) -> P { new(joined::<PyByteArrayObject>(b(x), b(y))) }
    fn PyMemoryView_FromObject(o: P) -> P { new(memoryview::from_object(b(o)).map(Ref::into_obj)) }
    fn PyMemoryView_FromMemory(p: *mut c_char, n: isize, flags: c_int) -> P {
        let mut view: Py_buffer = core::mem::zeroed();
        let readonly = c_int::from(flags != PyBUF_WRITE);
        if crate::abstract_::PyBuffer_FillInfo(&mut view, ptr::null_mut(), p.cast(), n, readonly, PyBUF_FULL_RO) < 0 { return ptr::null_mut(); }
        new(memoryview::from_buffer(view).map(Ref::into_obj))
    }
    fn PyMemoryView_FromBuffer(view: *const Py_buffer) -> P { new(memoryview::from_buffer(*view).map(Ref::into_obj)) }
    fn PyMemoryView_GetContiguous(o: P, kind: c_int, order: c_char) -> P {
        let view = match memoryview::from_object(b(o)) { Ok(v) => v, Err(_) => return ptr::null_mut() };
        let raw = view.view.as_ptr();
        if kind == PyBUF_WRITE && (*raw).readonly != 0 {
            let _ = err::new(&exc::BufferError, format_args!("underlying buffer is not writable"));
            return ptr::null_mut();
        }
        if vm::protocol::buffer::is_contiguous(&*raw, order as u8) { return view.into_raw(); }
        if kind == PyBUF_WRITE {
            let _ = err::new(&exc::BufferError, format_args!("writable contiguous buffer requested for a non-contiguous object."));
            return ptr::null_mut();
        }
        new(call::call_method(view.as_obj(), "tobytes", &[]).and_then(|d| memoryview::from_object(&d)).map(Ref::into_obj))
    }
}
