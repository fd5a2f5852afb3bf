//! The shape of an API function: pointers in, pointers out.

use layout::PyObject;
use vm::codecs;
use vm::err::{self, Result};
use vm::object::{AsObj as _, Obj, Ref};
use vm::types::str_;

/// A row of a file's table.
pub struct Export {
    /// The symbol.
    pub name: &'static str,
    /// Its address.
    pub address: *const (),
}

// SAFETY: a constant table.
unsafe impl Sync for Export {}

/// Lists a file's exported functions.
macro_rules! exports {
    ($($name:ident)*) => {
        /// The functions of this file.
        pub static EXPORTS: &[crate::shape::Export] =
            &[$(crate::shape::Export { name: stringify!($name), address: $name as *const () }),*];
    };
}

/// Defines API functions: their bodies are safe code over borrows that C's caller vouches for.
macro_rules! api {
    ($($(#[$meta:meta])* fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block)*) => {
        $(
            $(#[$meta])*
            #[doc = concat!("`", stringify!($name), "` of the C API.")]
            ///
            /// # Safety
            /// As CPython documents it: object arguments are live, the lock is held.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name($($arg: $ty),*) $(-> $ret)? {
                #[allow(unused_imports)]
                use crate::shape::Nullable as _;
                if false $(|| crate::shape::Given(&$arg).is_refused())* {
                    crate::shape::refuse_null();
                    return crate::shape::Failure::failure();
                }
                #[allow(unused_unsafe)]
                // SAFETY: the caller's.
                unsafe { $body }
            }
        )*
        exports!($($name)*);
    };
}

/// A pointer to an object, as C has it.
pub type P = *mut PyObject;

/// An argument that C may leave null, often because making it has failed: then the function fails too.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct O(pub P);

impl From<O> for P {
    fn from(o: O) -> P {
        o.0
    }
}

/// An argument, looked at before the function runs.
pub struct Given<'a, T>(pub &'a T);

impl Given<'_, O> {
    /// Whether it is null where an object has to be.
    #[inline(always)]
    pub fn is_refused(&self) -> bool {
        self.0.0.is_null()
    }
}

/// All other arguments are taken as they are.
pub trait Nullable {
    /// No.
    #[inline(always)]
    fn is_refused(&self) -> bool {
        false
    }
}

impl<T> Nullable for Given<'_, T> {}

/// An object is null: an error is set, unless one tells already why.
#[cold]
pub fn refuse_null() {
    if !err::occurred() {
        let _ = err::new(
            &err::exc::SystemError,
            format_args!("null argument to internal routine"),
        );
    }
}

/// What a function answers that has failed.
pub trait Failure {
    /// The answer.
    fn failure() -> Self;
}

impl<T> Failure for *mut T {
    fn failure() -> *mut T {
        core::ptr::null_mut()
    }
}

impl<T> Failure for *const T {
    fn failure() -> *const T {
        core::ptr::null()
    }
}

impl<T> Failure for Option<T> {
    fn failure() -> Option<T> {
        None
    }
}

impl Failure for layout::Py_complex {
    fn failure() -> layout::Py_complex {
        layout::Py_complex {
            real: -1.0,
            imag: 0.0,
        }
    }
}

impl Failure for () {
    fn failure() {}
}

macro_rules! failures {
    ($($ty:ty: $value:expr;)*) => {
        $(impl Failure for $ty {
            fn failure() -> $ty {
                $value
            }
        })*
    };
}

failures! {
    i32: -1;
    i64: -1;
    isize: -1;
    f64: -1.0;
    u8: u8::MAX;
    u32: u32::MAX;
    u64: u64::MAX;
    usize: usize::MAX;
}

/// A borrow of an argument.
///
/// # Safety
/// `p` is a live object for as long as the call lasts.
#[inline(always)]
pub unsafe fn b<'a>(p: impl Into<P>) -> &'a Obj {
    // SAFETY: the caller's.
    unsafe { &*p.into() }
}

/// A borrow of an argument that may be null.
///
/// # Safety
/// As [`b`], or null.
#[inline(always)]
pub unsafe fn opt<'a>(p: P) -> Option<&'a Obj> {
    // SAFETY: the caller's.
    unsafe { p.as_ref() }
}

/// A new reference, or null with an error set.
#[inline(always)]
pub fn new(result: Result<Ref>) -> P {
    err::into_raw(result)
}

/// A borrowed reference to what somebody else keeps, or null.
#[inline(always)]
pub fn borrowed(o: Option<Ref>) -> P {
    o.map_or(core::ptr::null_mut(), |r| r.as_ptr())
}

/// 0, or -1 with an error set.
#[inline(always)]
pub fn status(result: Result<()>) -> i32 {
    err::into_status(result)
}

/// 1 or 0, or -1 with an error set.
#[inline(always)]
pub fn truth(result: Result<bool>) -> i32 {
    result.map_or(-1, i32::from)
}

/// A size, or -1 with an error set.
#[inline(always)]
pub fn size(result: Result<usize>) -> isize {
    result.map_or(-1, |n| n as isize)
}

/// C text as Rust's; wrong UTF-8 is replaced.
///
/// # Safety
/// `p` is a NUL-terminated string.
pub unsafe fn text<'a>(p: *const core::ffi::c_char) -> std::borrow::Cow<'a, str> {
    // SAFETY: the caller's.
    unsafe { core::ffi::CStr::from_ptr(p) }.to_string_lossy()
}

/// The text of a C string, which has to be UTF-8.
///
/// # Safety
/// `p` is a NUL-terminated string.
unsafe fn decoded(p: *const core::ffi::c_char) -> Result {
    // SAFETY: the caller's.
    let bytes = unsafe { core::ffi::CStr::from_ptr(p) }.to_bytes();
    match core::str::from_utf8(bytes) {
        Ok(text) => Ok(str_::new(text).into_obj()),
        Err(_) => codecs::decode_utf8(bytes, None),
    }
}

/// Calls `f` with the object of a C string.
///
/// # Safety
/// `p` is a NUL-terminated string, or null, which is refused.
pub unsafe fn named<T: Failure>(p: *const core::ffi::c_char, f: impl FnOnce(O) -> T) -> T {
    if p.is_null() {
        refuse_null();
        return T::failure();
    }
    // SAFETY: the caller's.
    match unsafe { decoded(p) } {
        Ok(name) => f(O(name.as_ptr())),
        Err(_) => T::failure(),
    }
}

/// As [`named`], for names that are used again: attributes.
///
/// # Safety
/// As for [`named`].
pub unsafe fn interned<T: Failure>(p: *const core::ffi::c_char, f: impl FnOnce(O) -> T) -> T {
    if p.is_null() {
        refuse_null();
        return T::failure();
    }
    // SAFETY: the caller's.
    match unsafe { core::ffi::CStr::from_ptr(p) }.to_str() {
        Ok(name) => f(O(str_::intern_str(name).as_ptr())),
        // SAFETY: as above.
        Err(_) => unsafe { named(p, f) },
    }
}

/// A truth that old functions give without telling of errors: those are reported.
pub fn quietly(found: i32, function: &str) -> i32 {
    if found >= 0 {
        return found;
    }
    err::write_unraisable(None, Some(&format!("Exception ignored in {function}")));
    0
}
