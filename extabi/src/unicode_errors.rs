//! The parts of Unicode errors (`pyerrors.h`).

use core::ffi::{c_char, c_int};

use vm::object::*;
use vm::protocol::{number, object};
use vm::types::exceptions::unicode;
use vm::types::{bytes, int, str_};

use crate::shape::*;

unsafe fn part(e: P, name: &str) -> P {
    // SAFETY: the caller passes an exception.
    new(object::getattr_str(unsafe { b(e) }, name))
}

unsafe fn place(e: P, name: &str, out: *mut isize) -> c_int {
    // SAFETY: the caller passes an exception and a place for the answer.
    unsafe {
        match object::getattr_str(b(e), name).and_then(|n| number::index_isize(&n, None)) {
            Ok(n) => {
                *out = n;
                0
            }
            Err(_) => -1,
        }
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
    fn PyUnicodeEncodeError_GetStart(e: P, out: *mut isize) -> c_int { place(e, "start", out) }
    fn PyUnicodeDecodeError_GetStart(e: P, out: *mut isize) -> c_int { place(e, "start", out) }
    fn PyUnicodeTranslateError_GetStart(e: P, out: *mut isize) -> c_int { place(e, "start", out) }
    fn PyUnicodeEncodeError_GetEnd(e: P, out: *mut isize) -> c_int { place(e, "end", out) }
    fn PyUnicodeDecodeError_GetEnd(e: P, out: *mut isize) -> c_int { place(e, "end", out) }
    fn PyUnicodeTranslateError_GetEnd(e: P, out: *mut isize) -> c_int { place(e, "end", out) }
    fn PyUnicodeEncodeError_SetStart(e: P, n: isize) -> c_int { set_place(e, "start", n) }
    fn PyUnicodeDecodeError_SetStart(e: P, n: isize) -> c_int { set_place(e, "start", n) }
    fn PyUnicodeTranslateError_SetStart(e: P, n: isize) -> c_int { set_place(e, "start", n) }
    fn PyUnicodeEncodeError_SetEnd(e: P, n: isize) -> c_int { set_place(e, "end", n) }
    fn PyUnicodeDecodeError_SetEnd(e: P, n: isize) -> c_int { set_place(e, "end", n) }
    fn PyUnicodeTranslateError_SetEnd(e: P, n: isize) -> c_int { set_place(e, "end", n) }
}
