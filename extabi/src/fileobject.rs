//! `fileobject.h`, `fileutils.h`, `marshal.h`: C's streams.

use core::ffi::{c_char, c_int, c_long};
use core::ptr;
use std::ffi::{CStr, CString};

use vm::err::{self, Result, raise};
use vm::object::*;
use vm::protocol::call;
use vm::sys::audit_event;
use vm::types::bytes::build::slice_of;
use vm::types::{int, str_};
use vm::{import, marshal, threads};

use crate::shape::*;

/// What is left of a stream.
///
/// # Safety
/// `file` is an open stream.
pub unsafe fn read_all(file: *mut libc::FILE) -> Result<Vec<u8>> {
    let mut data = Vec::new();
    let mut part = [0u8; 8192];
    loop {
        // SAFETY: the caller's stream; the buffer is as long as it says.
        let n = threads::allow(|| unsafe {
            libc::fread(part.as_mut_ptr().cast(), 1, part.len(), file)
        });
        data.extend_from_slice(&part[..n]);
        // SAFETY: as above.
        if n < part.len() && unsafe { libc::ferror(file) } != 0 {
            return Err(err::last_os_error(None));
        }
        if n == 0 {
            return Ok(data);
        }
    }
}

/// The next bytes of a stream, all of them.
unsafe fn read_exactly<const N: usize>(file: *mut libc::FILE) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    // SAFETY: the caller's stream; the array is as long as it says.
    if unsafe { libc::fread(bytes.as_mut_ptr().cast(), 1, N, file) } < N {
        return raise!(EOFError, "EOF read where not expected");
    }
    Ok(bytes)
}

/// Reads one marshalled object, and leaves the stream behind it.
unsafe fn read_object(file: *mut libc::FILE) -> Result {
    // SAFETY: the caller's stream.
    unsafe {
        let start = libc::ftell(file);
        if start < 0 {
            return Err(err::last_os_error(None));
        }
        let (value, taken) = marshal::loads(&read_all(file)?, true)?;
        libc::fseek(file, start + taken as c_long, libc::SEEK_SET);
        Ok(value)
    }
}

unsafe fn write(file: *mut libc::FILE, bytes: &[u8]) {
    // SAFETY: the caller's stream.
    unsafe { libc::fwrite(bytes.as_ptr().cast(), 1, bytes.len(), file) };
}

/// Opens a stream that children do not inherit.
unsafe fn open(path: P, mode: *const c_char) -> Result<*mut libc::FILE> {
    // SAFETY: the caller's arguments.
    let (path, mode) = unsafe { (b(path), CStr::from_ptr(mode)) };
    let shown = str_::new(&mode.to_string_lossy());
    audit_event("open", &[path, shown.as_obj(), int::from_i64(0).as_obj()])?;
    let encoded = call::call_method(&*import::import("os")?, "fsencode", &[path])?;
    let Ok(name) = CString::new(slice_of(&encoded).unwrap_or_default()) else {
        return raise!(ValueError, "embedded null byte");
    };
    // SAFETY: two C strings.
    let file = threads::allow(|| unsafe { libc::fopen(name.as_ptr(), mode.as_ptr()) });
    if file.is_null() {
        return Err(err::last_os_error(Some(path)));
    }
    // SAFETY: a stream that has just been opened.
    unsafe { libc::fcntl(libc::fileno(file), libc::F_SETFD, libc::FD_CLOEXEC) };
    Ok(file)
}

/// Reads a line of up to `room` bytes, whatever ends it: it ends in a newline.
unsafe fn read_line(out: *mut u8, room: usize, file: *mut libc::FILE) -> usize {
    let mut n = 0;
    while n < room {
        // SAFETY: the caller's stream; the buffer has room.
        let byte = match unsafe { libc::fgetc(file) } {
            libc::EOF => break,
            byte => byte as u8,
        };
        // SAFETY: as above.
        unsafe { out.add(n).write(if byte == b'\r' { b'\n' } else { byte }) };
        n += 1;
        if byte == b'\r' {
            // SAFETY: as above.
            unsafe {
                let after = libc::fgetc(file);
                if after != libc::EOF && after != c_int::from(b'\n') {
                    libc::ungetc(after, file);
                }
            }
        }
        if matches!(byte, b'\r' | b'\n') {
            break;
        }
    }
    n
}

api! {
    fn PyFile_NewStdPrinter(fd: c_int) -> P { new(vm::types::stdprinter::new(fd).map(Ref::into_obj)) }
    fn Py_fopen(path: P, mode: *const c_char) -> *mut libc::FILE { open(path, mode).unwrap_or(ptr::null_mut()) }
    fn Py_fclose(file: *mut libc::FILE) -> c_int { libc::fclose(file) }
    fn _Py_IsValidFD(fd: c_int) -> c_int { c_int::from(fd >= 0 && libc::fcntl(fd, libc::F_GETFD) >= 0) }
    fn Py_UniversalNewlineFgets(out: *mut c_char, size: c_int, file: *mut libc::FILE, object: P) -> *mut c_char {
        if !object.is_null() {
            *libc::__errno_location() = libc::ENXIO;
            return ptr::null_mut();
        }
        let n = read_line(out.cast(), (size - 1).max(0) as usize, file);
        out.add(n).write(0);
        if n == 0 { ptr::null_mut() } else { out }
    }
    fn PyMarshal_WriteLongToFile(n: c_long, file: *mut libc::FILE, _version: c_int) { write(file, &(n as i32).to_le_bytes()); }
    fn PyMarshal_WriteObjectToFile(o: P, file: *mut libc::FILE, version: c_int) {
        if let Ok(bytes) = marshal::dumps(b(o), version, true) { write(file, &bytes); }
    }
    fn PyMarshal_ReadShortFromFile(file: *mut libc::FILE) -> c_int { read_exactly(file).map_or(-1, |bytes| c_int::from(i16::from_le_bytes(bytes))) }
    fn PyMarshal_ReadLongFromFile(file: *mut libc::FILE) -> c_long { read_exactly(file).map_or(-1, |bytes| c_long::from(i32::from_le_bytes(bytes))) }
    fn PyMarshal_ReadObjectFromFile(file: *mut libc::FILE) -> P { new(read_object(file)) }
    fn PyMarshal_ReadLastObjectFromFile(file: *mut libc::FILE) -> P {
        new(read_all(file).and_then(|data| marshal::loads(&data, true)).map(|(value, _)| value))
    }
}
