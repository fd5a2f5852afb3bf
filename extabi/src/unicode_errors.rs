//! The parts of Unicode errors (`pyerrors.h`).

use core::ffi::{c_char, c_int};

use layout::PyTypeObject;
use vm::err::{Result, exc, raise};
use vm::object::*;
use vm::protocol::{number, object};
use vm::types::exceptions::unicode;
use vm::types::{bytes, int, str_};

use crate::shape::*;

unsafe fn part(e: P, name: &str) -> P {
    // SAFETY: the caller passes an exception.
    new(object::getattr_str(unsafe { b(e) }, name))
}

/// A position of an exception of this kind, which is kept within what it is about.
unsafe fn place(e: P, kind: &PyTypeObject, name: &str, out: *mut isize) -> c_int {
    let run = || -> Result<isize> {
        // SAFETY: the caller passes an exception.
        let e = unsafe { b(e) };
        if !is_instance_of(e, kind) {
            let (wanted, given) = (type_name(kind), type_name(e.ty()));
            return raise!(TypeError, "expecting a {wanted} object, got {given}");
        }
        let length = object::length(&*object::getattr_str(e, "object")?)? as isize;
        let n = number::index_isize(&*object::getattr_str(e, name)?, None)?;
        Ok(match name {
            "start" => n.clamp(0, (length - 1).max(0)),
            _ => n.clamp(length.min(1), length),
        })
    };
    match run() {
        Ok(n) => {
            // SAFETY: the caller passes a place for the answer.
            unsafe { *out = n };
            0
        }
        Err(_) => -1,
    }
}

unsafe fn set_place(e: P, name: &str, n: isize) -> c_int {
    // SAFETY: the caller passes an exception.
    status(object::setattr(
        unsafe { b(e) },
        str_::intern_str(name),
        Some(int::from_isize(n).as_obj()),
    ))
}

unsafe fn set_reason(e: P, reason: *const c_char) -> c_int {
    // SAFETY: the caller passes an exception and C text.
    unsafe {
        status(object::setattr(
            b(e),
            str_::intern_str("reason"),
            Some(str_::new(&text(reason)).as_obj()),
        ))
    }
}

api! {
    fn PyUnicodeDecodeError_Create(encoding: *const c_char, data: *const c_char, n: isize, start: isize, end: isize, reason: *const c_char) -> P {
        let data = bytes::new(core::slice::from_raw_parts(data.cast(), n.max(0) as usize));
        new(unicode::new_decode_error(&text(encoding), data.as_obj(), start.max(0) as usize, end.max(0) as usize, &text(reason)))
    }
    fn PyUnicodeEncodeError_GetEncoding(e: P) -> P { part(e, "encoding") }
    fn PyUnicodeDecodeError_GetEncoding(e: P) -> P { part(e, "encoding") }
    fn PyUnicodeEncodeError_GetObject(e: P) -> P { part(e, "object") }
    fn PyUnicodeDecodeError_GetObject(e: P) -> P { part(e, "object") }
    fn PyUnicodeTranslateError_GetObject(e: P) -> P { part(e, "object") }
    fn PyUnicodeEncodeError_GetReason(e: P) -> P { part(e, "reason") }
    fn PyUnicodeDecodeError_GetReason(e: P) -> P { part(e, "reason") }
    fn PyUnicodeTranslateError_GetReason(e: P) -> P { part(e, "reason") }
    fn PyUnicodeEncodeError_SetReason(e: P, reason: *const c_char) -> c_int { set_reason(e, reason) }
    fn PyUnicodeDecodeError_SetReason(e: P, reason: *const c_char) -> c_int { set_reason(e, reason) }
    fn PyUnicodeTranslateError_SetReason(e: P, reason: *const c_char) -> c_int { set_reason(e, reason) }
    fn PyUnicodeEncodeError_GetStart(e: P, out: *mut isize) -> c_int { place(e, &exc::UnicodeEncodeError, "start", out) }
    fn PyUnicodeDecodeError_GetStart(e: P, out: *mut isize) -> c_int { place(e, &exc::UnicodeDecodeError, "start", out) }
    fn PyUnicodeTranslateError_GetStart(e: P, out: *mut isize) -> c_int { place(e, &exc::UnicodeTranslateError, "start", out) }
    fn PyUnicodeEncodeError_GetEnd(e: P, out: *mut isize) -> c_int { place(e, &exc::UnicodeEncodeError, "end", out) }
    fn PyUnicodeDecodeError_GetEnd(e: P, out: *mut isize) -> c_int { place(e, &exc::UnicodeDecodeError, "end", out) }
    fn PyUnicodeTranslateError_GetEnd(e: P, out: *mut isize) -> c_int { place(e, &exc::UnicodeTranslateError, "end", out) }
    fn PyUnicodeEncodeError_SetStart(e: P, n: isize) -> c_int { set_place(e, "start", n) }
    fn PyUnicodeDecodeError_SetStart(e: P, n: isize) -> c_int { set_place(e, "start", n) }
    fn PyUnicodeTranslateError_SetStart(e: P, n: isize) -> c_int { set_place(e, "start", n) }
    fn PyUnicodeEncodeError_SetEnd(e: P, n: isize) -> c_int { set_place(e, "end", n) }
    fn PyUnicodeDecodeError_SetEnd(e: P, n: isize) -> c_int { set_place(e, "end", n) }
    fn PyUnicodeTranslateError_SetEnd(e: P, n: isize) -> c_int { set_place(e, "end", n) }
}
