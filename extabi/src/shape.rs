//! The shape of an API function: pointers in, pointers out.

use layout::PyObject;
use vm::err::{self, Result};
use vm::object::{Obj, Ref};

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

/// A borrow of an argument.
///
/// # Safety
/// `p` is a live object for as long as the call lasts.
#[inline(always)]
pub unsafe fn b<'a>(p: P) -> &'a Obj {
    // SAFETY: the caller's.
    unsafe { &*p }
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
