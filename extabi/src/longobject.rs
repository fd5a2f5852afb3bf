//! `longobject.h`, `boolobject.h`.

use core::ffi::{c_char, c_double, c_int, c_long, c_longlong, c_ulong, c_ulonglong, c_void};
use core::ptr;

use layout::*;
use vm::err::{self, Result, exc, raise};
use vm::object::*;
use vm::protocol::number;
use vm::types::int::{self, IntExt as _};

use crate::shape::*;

/// The int behind an argument, by `__index__`.
fn index(o: &Obj) -> Result<Ref<PyLongObject>> {
    number::index_int(o)
}

/// The int itself: these functions refuse what only has `__index__`.
fn exact(o: &Obj) -> Result<&PyLongObject> {
    match o.downcast::<PyLongObject>() {
        Some(n) => Ok(n),
        None => raise!(TypeError, "an integer is required"),
    }
}

/// An argument that must not be null.
unsafe fn given<'a>(o: P) -> Result<&'a Obj> {
    // SAFETY: the caller passes an object or null.
    unsafe { opt(o) }.ok_or_else(err::bad_internal_call)
}

/// An argument that has to be an int, for functions that ask for its sign.
unsafe fn expected<'a>(o: P) -> Result<&'a PyLongObject> {
    // SAFETY: the caller passes an object.
    let o = unsafe { b(o) };
    match o.downcast::<PyLongObject>() {
        Some(n) => Ok(n),
        None => raise!(TypeError, "expected int, got {}", type_name(o.ty())),
    }
}

/// The base that a number is written in; 0 leaves it to the number's prefix.
fn base_of(base: c_int) -> Result<u32> {
    match base {
        0 | 2..=36 => Ok(base as u32),
        _ => raise!(ValueError, "int() arg 2 must be >= 2 and <= 36"),
    }
}

/// The value modulo 2**64.
unsafe fn masked(o: P) -> u64 {
    // SAFETY: the caller passes an object or null.
    unsafe { given(o) }
        .and_then(index)
        .map_or(u64::MAX, |n| n.to_u64_wrapping())
}

fn signed(o: P, what: &str) -> i64 {
    let convert = || -> Result<i64> {
        // SAFETY: the caller passes an object or null.
        match index(unsafe { given(o) }?)?.to_i64() {
            Some(n) => Ok(n),
            None => raise!(OverflowError, "Python int too large to convert to C {what}"),
        }
    };
    convert().unwrap_or(-1)
}

/// A number of `width` bits that is not negative, by `__index__`.
///
/// # Safety
/// `o` is an object or null.
pub unsafe fn natural(o: P, width: u32) -> Result<u64> {
    // SAFETY: the caller passes an object or null.
    let n = index(unsafe { given(o) }?)?;
    if n.is_negative() {
        return raise!(ValueError, "Cannot convert negative int");
    }
    match n.to_u64().filter(|n| *n <= u64::MAX >> (64 - width)) {
        Some(n) => Ok(n),
        None => raise!(
            OverflowError,
            "Python int too large to convert to C uint{width}_t"
        ),
    }
}

fn unsigned(o: P, what: &str) -> u64 {
    let convert = || -> Result<u64> {
        // SAFETY: the caller passes an object or null.
        let n = exact(unsafe { given(o) }?)?;
        if n.is_negative() {
            return raise!(
                OverflowError,
                "can't convert negative value to unsigned int"
            );
        }
        match n.to_u64() {
            Some(n) => Ok(n),
            None => raise!(OverflowError, "Python int too large to convert to C {what}"),
        }
    };
    convert().unwrap_or(u64::MAX)
}

/// The value, and which way it overflows.
unsafe fn with_overflow(o: P, overflow: *mut c_int) -> i64 {
    // SAFETY: the caller passes an object or null, and a place for the answer.
    unsafe {
        *overflow = 0;
        let Ok(n) = given(o).and_then(index) else {
            return -1;
        };
        match n.to_i64() {
            Some(n) => n,
            None => {
                *overflow = if n.is_negative() { -1 } else { 1 };
                -1
            }
        }
    }
}

api! {
    fn PyLong_FromLong(n: c_long) -> P { int::from_i64(n).into_raw() }
    fn PyLong_FromUnsignedLong(n: c_ulong) -> P { int::from_u64(n).into_raw() }
    fn PyLong_FromLongLong(n: c_longlong) -> P { int::from_i64(n).into_raw() }
    fn PyLong_FromUnsignedLongLong(n: c_ulonglong) -> P { int::from_u64(n).into_raw() }
    fn PyLong_FromSsize_t(n: isize) -> P { int::from_isize(n).into_raw() }
    fn PyLong_FromSize_t(n: usize) -> P { int::from_usize(n).into_raw() }
    fn PyLong_FromInt32(n: i32) -> P { int::from_i64(i64::from(n)).into_raw() }
    fn PyLong_FromUInt32(n: u32) -> P { int::from_i64(i64::from(n)).into_raw() }
    fn PyLong_FromInt64(n: i64) -> P { int::from_i64(n).into_raw() }
    fn PyLong_FromUInt64(n: u64) -> P { int::from_u64(n).into_raw() }
    fn PyLong_FromDouble(x: c_double) -> P { new(int::from_f64(x).map(Ref::into_obj)) }
    fn PyLong_FromVoidPtr(p: *mut c_void) -> P { int::from_u64(p as u64).into_raw() }
    fn PyLong_AsVoidPtr(o: P) -> *mut c_void {
        let value = || -> Result<u64> {
            let n = exact(given(o)?)?;
            match n.to_i64().map(|n| n as u64).or_else(|| n.to_u64()) {
                Some(p) => Ok(p),
                None if n.is_negative() => raise!(OverflowError, "Python int too large to convert to C long"),
                None => raise!(OverflowError, "Python int too large to convert to C unsigned long"),
            }
        };
        value().unwrap_or(0) as usize as *mut c_void
    }
    fn PyLong_FromString(p: *const c_char, end: *mut *mut c_char, base: c_int) -> P {
        let whole = core::ffi::CStr::from_ptr(p).to_bytes();
        let parsed = base_of(base).and_then(|base| int::from_byte_text(whole, base));
        if !end.is_null() && parsed.is_ok() { *end = p.add(whole.len()).cast_mut(); }
        new(parsed.map(Ref::into_obj))
    }
    fn PyLong_FromUnicodeObject(o: P, base: c_int) -> P { new(base_of(base).and_then(|base| int::from_text(b(o).cast(), base)).map(Ref::into_obj)) }
    fn PyLong_AsLong(o: P) -> c_long { signed(o, "long") }
    fn PyLong_AsLongLong(o: P) -> c_longlong { signed(o, "long long") }
    fn PyLong_AsInt(o: P) -> c_int {
        let n = signed(o, "long");
        if n == -1 && err::occurred() { return -1; }
        match c_int::try_from(n) {
            Ok(n) => n,
            Err(_) => { let _ = err::new(&exc::OverflowError, format_args!("Python int too large to convert to C int")); -1 }
        }
    }
    fn PyLong_AsInt32(o: P, out: *mut i32) -> c_int { let n = PyLong_AsInt(o); if n == -1 && err::occurred() { return -1; } *out = n; 0 }
    fn PyLong_AsInt64(o: P, out: *mut i64) -> c_int { let n = signed(o, "int64_t"); if n == -1 && err::occurred() { return -1; } *out = n; 0 }
    fn PyLong_AsUInt64(o: P, out: *mut u64) -> c_int { match natural(o, 64) { Ok(n) => { *out = n; 0 } Err(_) => -1 } }
    fn PyLong_AsSsize_t(o: P) -> isize {
        given(o).and_then(exact).and_then(|n| match n.to_i64() {
            Some(n) => Ok(n as isize),
            None => raise!(OverflowError, "Python int too large to convert to C ssize_t"),
        }).unwrap_or(-1)
    }
    fn PyLong_AsSize_t(o: P) -> usize { unsigned(o, "size_t") as usize }
    fn PyLong_AsUnsignedLong(o: P) -> c_ulong { unsigned(o, "unsigned long") }
    fn PyLong_AsUnsignedLongLong(o: P) -> c_ulonglong { unsigned(o, "unsigned long long") }
    fn PyLong_AsUnsignedLongMask(o: P) -> c_ulong { masked(o) }
    fn PyLong_AsUnsignedLongLongMask(o: P) -> c_ulonglong { masked(o) }
    fn PyLong_AsLongAndOverflow(o: P, overflow: *mut c_int) -> c_long { with_overflow(o, overflow) }
    fn PyLong_AsLongLongAndOverflow(o: P, overflow: *mut c_int) -> c_longlong { with_overflow(o, overflow) }
    fn PyLong_AsDouble(o: P) -> c_double { given(o).and_then(exact).and_then(|n| n.to_f64()).unwrap_or(-1.0) }
    fn PyLong_GetInfo() -> P { vm::runtime::sys_attribute("int_info").map_or(ptr::null_mut(), Ref::into_raw) }
    fn PyUnstable_Long_IsCompact(o: P) -> c_int { i32::from(b(o).cast::<PyLongObject>().is_compact()) }
    fn PyUnstable_Long_CompactValue(o: P) -> isize { b(o).cast::<PyLongObject>().compact_value() }
    fn _PyLong_Sign(o: P) -> c_int { b(o).cast::<PyLongObject>().sign() }
    fn PyLong_GetSign(o: P, out: *mut c_int) -> c_int { status(expected(o).map(|n| *out = n.sign())) }
    fn PyLong_IsZero(o: P) -> c_int { truth(expected(o).map(|n| n.is_zero())) }
    fn PyLong_IsNegative(o: P) -> c_int { truth(expected(o).map(|n| n.is_negative())) }
    fn PyLong_IsPositive(o: P) -> c_int { truth(expected(o).map(|n| n.is_positive())) }
    fn PyBool_FromLong(n: c_long) -> P { bool_(n != 0).into_raw() }
}
