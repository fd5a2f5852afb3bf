//! What few extensions use, of several headers: fields by description, bounds of slices, versions and notices.

use core::ffi::{c_char, c_int};
use std::ffi::CString;
use std::sync::OnceLock;

use layout::*;
use vm::members;
use vm::object::*;
use vm::types::int::IntExt as _;

use crate::shape::*;

/// A bound of a slice, counted from the start; `None` if it is no number.
fn bound(o: &Obj, default: isize, length: isize) -> Option<isize> {
    if o.is_none() {
        return Some(default);
    }
    let n = o.downcast::<PyLongObject>()?.to_i64()? as isize;
    Some(if n < 0 { n + length } else { n })
}

/// Start, stop and step of a slice of whole numbers that lie within `length`.
fn indices(s: &PySliceObject, length: isize) -> Option<(isize, isize, isize)> {
    // SAFETY: a slice's parts are set for its life.
    let [start, stop, step] = [&s.start, &s.stop, &s.step].map(|part| unsafe { b(part.get()) });
    let step = if step.is_none() {
        1
    } else {
        step.downcast::<PyLongObject>()?.to_i64()? as isize
    };
    let start = bound(start, if step < 0 { length - 1 } else { 0 }, length)?;
    let stop = bound(stop, if step < 0 { -1 } else { length }, length)?;
    (stop <= length && start < length && step != 0).then_some((start, stop, step))
}

/// C text that lives on.
fn kept(cell: &'static OnceLock<CString>, text: &str) -> *const c_char {
    cell.get_or_init(|| CString::new(text).unwrap_or_default())
        .as_ptr()
}

api! {
    fn PyMember_GetOne(o: *const c_char, row: *const PyMemberDef) -> P {
        if (*row).flags & Py_RELATIVE_OFFSET != 0 {
            let _ = vm::err::new(&vm::err::exc::SystemError, format_args!("PyMember_GetOne used with Py_RELATIVE_OFFSET"));
            return core::ptr::null_mut();
        }
        new(members::get(o.cast_mut().cast(), &*row))
    }
    fn PyMember_SetOne(o: *mut c_char, row: *const PyMemberDef, value: P) -> c_int {
        if (*row).flags & Py_RELATIVE_OFFSET != 0 {
            let _ = vm::err::new(&vm::err::exc::SystemError, format_args!("PyMember_SetOne used with Py_RELATIVE_OFFSET"));
            return -1;
        }
        status(members::set(o.cast(), &*row, opt(value)))
    }
    fn PySlice_GetIndices(s: P, length: isize, start: *mut isize, stop: *mut isize, step: *mut isize) -> c_int {
        match indices(b(s).cast(), length) {
            Some(found) => { (*start, *stop, *step) = found; 0 }
            None => -1,
        }
    }
    fn PyEval_GetFuncDesc(f: P) -> *const c_char {
        let f = b(f);
        let called = f.is::<PyMethodObject>() || f.is::<PyFunctionObject>() || f.is::<PyCFunctionObject>();
        if called { c"()".as_ptr() } else { c" object".as_ptr() }
    }
    fn Py_GetBuildInfo() -> *const c_char {
        static TEXT: OnceLock<CString> = OnceLock::new();
        // Between the number and the compiler of the whole version.
        let whole = vm::sys::VERSION_TEXT;
        let inner = whole.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or(whole, |(inner, _)| inner);
        kept(&TEXT, inner)
    }
    fn Py_GetCopyright() -> *const c_char {
        static TEXT: OnceLock<CString> = OnceLock::new();
        let notice = vm::runtime::sys_attribute("copyright");
        kept(&TEXT, &notice.map(|n| vm::types::str_::to_string_lossy(&n)).unwrap_or_default())
    }
    fn Py_PACK_FULL_VERSION(major: c_int, minor: c_int, micro: c_int, level: c_int, serial: c_int) -> u32 {
        let byte = |n: c_int| n as u32 & 0xff;
        byte(major) << 24 | byte(minor) << 16 | byte(micro) << 8 | (level as u32 & 0xf) << 4 | serial as u32 & 0xf
    }
    fn Py_PACK_VERSION(major: c_int, minor: c_int) -> u32 { Py_PACK_FULL_VERSION(major, minor, 0, 0, 0) }
    fn _Py_GetBuiltWithAssert() -> c_int { c_int::from(cfg!(debug_assertions)) }
}
