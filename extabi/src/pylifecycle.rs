//! `pylifecycle.h`, `pathconfig.h` and `fileutils.h`: where the runtime is installed, and the locale's texts. An extension is
//! loaded by an interpreter that runs: starting one again does nothing.

use core::ffi::{c_char, c_int};
use core::ptr;
use std::sync::Mutex;

use vm::runtime;
use vm::types::str_::{self, StrExt as _};

use crate::shape::*;

/// A wide text of C's.
///
/// # Safety
/// `p` is null, or points to characters that end with a zero.
pub unsafe fn wide_text(p: *const u32) -> String {
    let mut out = String::new();
    let mut at = p;
    // SAFETY: the caller's.
    unsafe {
        while !at.is_null() && *at != 0 {
            out.push(char::from_u32(*at).unwrap_or(char::REPLACEMENT_CHARACTER));
            at = at.add(1);
        }
    }
    out
}

/// A name and its text.
type Kept = (&'static str, Box<[u32]>);

/// The texts that C was given or has set; they stay where they are.
static KEPT: Mutex<Vec<Kept>> = Mutex::new(Vec::new());

fn kept(name: &str) -> Option<*const u32> {
    let kept = KEPT.lock().unwrap_or_else(|e| e.into_inner());
    let found = kept.iter().rev().find(|(n, _)| *n == name);
    found.map(|(_, wide)| wide.as_ptr())
}

fn keep(name: &'static str, text: impl Iterator<Item = u32>) -> *const u32 {
    let wide: Box<[u32]> = text.chain([0]).collect();
    let p = wide.as_ptr();
    let mut kept = KEPT.lock().unwrap_or_else(|e| e.into_inner());
    kept.push((name, wide));
    p
}

/// What was set under a name, or the text that `sys` has; null if there is none.
fn wide_attribute(name: &'static str) -> *const u32 {
    if let Some(p) = kept(name) {
        return p;
    }
    let value = runtime::sys_attribute(name);
    match value.as_ref().and_then(|v| str_::of(v)) {
        Some(s) => keep(name, s.chars()),
        None => ptr::null(),
    }
}

/// What was set, or `sys.path` as it was when somebody first asked.
fn wide_path() -> *const u32 {
    if let Some(p) = kept("path") {
        return p;
    }
    let path = runtime::sys_attribute("path");
    let parts = path.map_or_else(Vec::new, |p| {
        vm::protocol::object::to_vec(&p).unwrap_or_default()
    });
    let parts: Vec<String> = parts.iter().map(|p| str_::to_string_lossy(p)).collect();
    keep("path", parts.join(":").chars().map(u32::from))
}

/// Sets what the function that gets the same name answers. The running interpreter has made up its mind.
///
/// # Safety
/// As [`wide_text`].
unsafe fn set(name: &'static str, value: *const u32) {
    // SAFETY: the caller's.
    let text = unsafe { wide_text(value) };
    keep(name, text.chars().map(u32::from));
}

/// Bytes of the locale, which is UTF-8, as wide characters: a byte that is none becomes a surrogate.
fn decode_locale(bytes: &[u8]) -> Vec<u32> {
    let mut out = Vec::with_capacity(bytes.len() + 1);
    for chunk in bytes.utf8_chunks() {
        out.extend(chunk.valid().chars().map(u32::from));
        out.extend(chunk.invalid().iter().map(|&b| 0xdc00 + u32::from(b)));
    }
    out.push(0);
    out
}

/// Wide characters as bytes of the locale, or the index of the first that has none.
///
/// # Safety
/// As [`wide_text`]; not null.
unsafe fn encode_locale(p: *const u32) -> core::result::Result<Vec<u8>, usize> {
    let (mut out, mut i) = (Vec::new(), 0);
    // SAFETY: the caller's.
    while let c @ 1.. = unsafe { *p.add(i) } {
        match char::from_u32(c) {
            Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            None if (0xdc80..=0xdcff).contains(&c) => out.push((c - 0xdc00) as u8),
            None => return Err(i),
        }
        i += 1;
    }
    out.push(0);
    Ok(out)
}

/// Memory that `PyMem_Free` or `PyMem_RawFree` frees.
fn raw_copy<T: Copy>(items: &[T]) -> *mut T {
    // SAFETY: the raw allocator is malloc; there is room for the items.
    unsafe {
        let p = libc::malloc(size_of_val(items)).cast::<T>();
        if !p.is_null() {
            ptr::copy_nonoverlapping(items.as_ptr(), p, items.len());
        }
        p
    }
}

api! {
    fn Py_Initialize() {}
    fn Py_InitializeEx(_install_signal_handlers: c_int) {}
    fn Py_GetProgramName() -> *const u32 { wide_attribute("executable") }
    fn Py_GetProgramFullPath() -> *const u32 { wide_attribute("executable") }
    fn Py_GetPrefix() -> *const u32 { wide_attribute("prefix") }
    fn Py_GetExecPrefix() -> *const u32 { wide_attribute("exec_prefix") }
    fn Py_GetPythonHome() -> *const u32 { kept("home").unwrap_or(ptr::null()) }
    fn Py_GetPath() -> *const u32 { wide_path() }
    fn Py_SetProgramName(name: *const u32) { set("executable", name) }
    fn Py_SetPythonHome(home: *const u32) { set("home", home) }
    fn Py_SetPath(path: *const u32) { set("path", path) }
    fn PyImport_AppendInittab(_name: *const c_char, _init: Option<unsafe extern "C" fn() -> P>) -> c_int {
        vm::fatal("PyImport_AppendInittab: PyImport_AppendInittab() may not be called after Py_Initialize()")
    }
    fn Py_DecodeLocale(bytes: *const c_char, size: *mut usize) -> *mut u32 {
        let wide = decode_locale(core::ffi::CStr::from_ptr(bytes).to_bytes());
        let p = raw_copy(&wide);
        if !size.is_null() { *size = if p.is_null() { usize::MAX } else { wide.len() - 1 }; }
        p
    }
    fn Py_EncodeLocale(wide: *const u32, error_at: *mut usize) -> *mut c_char {
        match encode_locale(wide) {
            Ok(bytes) => { if !error_at.is_null() { *error_at = usize::MAX; } raw_copy(&bytes).cast() }
            Err(i) => { if !error_at.is_null() { *error_at = i; } ptr::null_mut() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{decode_locale, encode_locale};

    #[test]
    fn what_is_no_utf8_survives() {
        let bytes = b"a\xffb\xc3\xa9\xe2\x82";
        let wide = decode_locale(bytes);
        assert_eq!(wide, [0x61, 0xdcff, 0x62, 0xe9, 0xdce2, 0xdc82, 0]);
        // SAFETY: the characters end with a zero.
        let back = unsafe { encode_locale(wide.as_ptr()) };
        assert_eq!(back.as_deref(), Ok(&b"a\xffb\xc3\xa9\xe2\x82\0"[..]));
        // SAFETY: as above.
        assert_eq!(unsafe { encode_locale([0x61, 0xd800, 0].as_ptr()) }, Err(1));
    }
}
