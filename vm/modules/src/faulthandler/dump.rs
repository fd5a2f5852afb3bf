//! Writing tracebacks of threads from anywhere: a signal handler, a thread without the lock, a process that is about to
//! die. Nothing here allocates, takes a lock or writes to a Python object; what it reads may change meanwhile.

use core::ffi::c_int;
use core::fmt::{self, Write as _};

use layout::*;

use vm::frame::Frame;
use vm::state::ThreadState;
use vm::types::str_::StrExt as _;

/// Deeper frames are left out.
const MAX_FRAMES: usize = 100;
const MAX_THREADS: usize = 100;
/// Longer names are cut.
const MAX_TEXT: usize = 500;

/// Text straight to a descriptor.
pub struct Out(pub c_int);

impl fmt::Write for Out {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        let mut rest = s.as_bytes();
        while !rest.is_empty() {
            // SAFETY: the bytes outlive the call.
            let n = unsafe { libc::write(self.0, rest.as_ptr().cast(), rest.len()) };
            match usize::try_from(n) {
                Ok(n) => rest = &rest[n.min(rest.len())..],
                Err(_) => return Err(fmt::Error),
            }
        }
        Ok(())
    }
}

/// The traceback of one thread.
pub fn traceback(fd: c_int, ts: &ThreadState) {
    let _ = Out(fd).write_str("Stack (most recent call first):\n");
    frames(fd, ts);
}

/// The tracebacks of all threads that are listed with `any`.
pub fn threads(fd: c_int, any: &ThreadState, current: Option<&ThreadState>) {
    let mut ts = &any.base;
    // SAFETY: here and below, links of the list of threads lead to thread states.
    while let Some(newer) = unsafe { ts.prev.get().as_ref() } {
        ts = newer;
    }
    let mut out = Out(fd);
    let mut next: *const PyThreadState = ts;
    for number in 0.. {
        // SAFETY: as above; every thread state is the base of ours.
        let Some(state) = (unsafe { next.cast::<ThreadState>().as_ref() }) else {
            return;
        };
        if number > 0 {
            let _ = out.write_char('\n');
        }
        if number == MAX_THREADS {
            let _ = out.write_str("...\n");
            return;
        }
        let is_current = current.is_some_and(|c| core::ptr::eq(c, state));
        heading(fd, state, is_current);
        frames(fd, state);
        next = state.base.next.get();
    }
}

fn heading(fd: c_int, ts: &ThreadState, is_current: bool) {
    let mut out = Out(fd);
    let id = ts.base.thread_id.get();
    let who = if is_current {
        "Current thread"
    } else {
        "Thread"
    };
    let _ = write!(out, "{who} 0x{id:016x}");
    let mut name = [0u8; 32];
    // SAFETY: the name is written into the buffer, with its end.
    let failed =
        unsafe { libc::pthread_getname_np(id as _, name.as_mut_ptr().cast(), name.len()) } != 0;
    let length = name.iter().position(|&c| c == 0).unwrap_or(0);
    if !failed && length > 0 {
        let _ = match core::str::from_utf8(&name[..length]) {
            Ok(name) => write!(out, " [{name}]"),
            Err(_) => Ok(()),
        };
    }
    let _ = out.write_str(" (most recent call first):\n");
}

fn frames(fd: c_int, ts: &ThreadState) {
    let mut out = Out(fd);
    let mut frame = vm::frame::current(ts);
    let mut count = 0;
    // SAFETY: a thread's frames form a chain that ends.
    while let Some(found) = unsafe { Frame::first_complete(frame) } {
        if count == MAX_FRAMES {
            return;
        }
        one(&mut out, found);
        frame = found.previous;
        count += 1;
    }
    if count == 0 {
        let _ = out.write_str("  <no Python frame>\n");
    }
}

fn one(out: &mut Out, frame: &Frame) {
    let code = frame.code();
    let _ = out.write_str("  File ");
    // SAFETY: both fields are null or objects that the code holds.
    let (file, name) = unsafe { (code.co_filename.get().as_ref(), code.co_name.get().as_ref()) };
    quoted(out, file, "\"");
    let _ = match frame.line() {
        Some(line) => write!(out, ", line {line} in "),
        None => out.write_str(", line ??? in "),
    };
    quoted(out, name, "");
    let _ = out.write_char('\n');
}

/// A string in ASCII, cut where it is long; `???` for anything else.
fn quoted(out: &mut Out, text: Option<&PyObject>, quote: &str) {
    let text = text.and_then(|o| vm::object::ObjExt::downcast::<PyUnicodeObject>(o));
    let Some(text) = text else {
        let _ = out.write_str("???");
        return;
    };
    let _ = out.write_str(quote);
    for index in 0..text.len().min(MAX_TEXT) {
        let _ = match text.char_at(index) {
            c @ 0x20..0x7f => out.write_char(c as u8 as char),
            c @ 0..0x100 => write!(out, "\\x{c:02x}"),
            c @ 0..0x10000 => write!(out, "\\u{c:04x}"),
            c => write!(out, "\\U{c:08x}"),
        };
    }
    if text.len() > MAX_TEXT {
        let _ = out.write_str("...");
    }
    let _ = out.write_str(quote);
}

/// The machine's own stack of the calling thread.
pub fn native_stack(fd: c_int) {
    const DEPTH: usize = 32;
    let mut out = Out(fd);
    let _ = out.write_str("Current thread's C stack trace (most recent call first):\n");
    let mut addresses = [core::ptr::null_mut(); DEPTH];
    // SAFETY: the addresses are written into the array.
    let found = unsafe { libc::backtrace(addresses.as_mut_ptr(), DEPTH as c_int) };
    for &address in &addresses[..usize::try_from(found).unwrap_or(0)] {
        // SAFETY: the structure is filled in, with names that live as long as their library.
        let mut info: libc::Dl_info = unsafe { core::mem::zeroed() };
        // SAFETY: as above.
        let known = unsafe { libc::dladdr(address, &mut info) } != 0 && !info.dli_fname.is_null();
        let _ = if known {
            // SAFETY: dladdr answers with a string.
            let file = unsafe { core::ffi::CStr::from_ptr(info.dli_fname) };
            let (start, sign) = match info.dli_saddr.is_null() {
                true => (info.dli_fbase as usize, ""),
                false => (info.dli_saddr as usize, name_of(&info)),
            };
            let file = file.to_str().unwrap_or("?");
            let offset = (address as usize).wrapping_sub(start);
            writeln!(
                out,
                "  Binary file \"{file}\", at {sign}+{offset:#x} [{address:p}]"
            )
        } else {
            writeln!(out, "  <unknown> [{address:p}]")
        };
    }
    if found as usize == DEPTH {
        let _ = out.write_str("  <truncated rest of calls>\n");
    }
}

fn name_of(info: &libc::Dl_info) -> &str {
    if info.dli_sname.is_null() {
        return "";
    }
    // SAFETY: dladdr answers with a string of the library's.
    unsafe { core::ffi::CStr::from_ptr(info.dli_sname) }
        .to_str()
        .unwrap_or("")
}
