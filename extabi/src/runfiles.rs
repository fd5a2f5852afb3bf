//! `pythonrun.h`: running programs from C's streams.

use core::ffi::{c_char, c_int};
use core::ptr;
use std::ffi::CStr;

use layout::*;
use vm::err::{self, Result, raise};
use vm::object::*;
use vm::protocol::{call, object};
use vm::types::dict::DictExt as _;
use vm::types::{bytes, module, str_};
use vm::{import, main_program, runtime};

use crate::fileobject::read_all;
use crate::pyerrors::PyErr_Print;
use crate::pythonrun::run_source;
use crate::shape::*;

type File = *mut libc::FILE;

/// What `PyRun_InteractiveOne` answers at the end of the stream.
const END: c_int = 11;

unsafe fn file_name(name: *const c_char) -> Result {
    match name.is_null() {
        true => Ok(str_::intern_str("???").new_ref()),
        // SAFETY: C text.
        false => vm::codecs::fs_decode(unsafe { CStr::from_ptr(name) }.to_bytes()),
    }
}

unsafe fn close_if(file: File, close: c_int) {
    if close != 0 {
        // SAFETY: the caller gives the stream away.
        unsafe { libc::fclose(file) };
    }
}

/// 0; or -1 after an error, which is shown.
fn shown(done: Result<()>) -> c_int {
    if done.is_err() {
        // SAFETY: an error is set.
        unsafe { PyErr_Print() };
        return -1;
    }
    0
}

/// Runs a stream as the main program. Its module has a file while it runs, if it had none before.
unsafe fn run_main(
    file: File,
    name: &Obj,
    close: c_int,
    flags: *const PyCompilerFlags,
) -> Result<()> {
    let main = main_program::main_module()?;
    let globals = module::dict_of(&main);
    let named = globals.get_str("__file__").is_none();
    if named {
        globals.set_str("__file__", name)?;
        globals.set_str("__cached__", NONE())?;
    }
    let run = || -> Result<()> {
        // SAFETY: the caller's stream.
        let source = unsafe { read_all(file) };
        // SAFETY: as above.
        unsafe { close_if(file, close) };
        let text = str_::to_string_lossy(name);
        if text.ends_with(".pyc") {
            main_program::set_file_loader(&globals, "SourcelessFileLoader", &text)?;
            return main_program::run_pyc(&main, &source?);
        }
        if text != "<stdin>" {
            main_program::set_file_loader(&globals, "SourceFileLoader", &text)?;
        }
        let globals = globals.as_ptr();
        // SAFETY: the caller's flags.
        unsafe { run_source(&source?, name, Py_file_input, globals, globals, flags) }.map(drop)
    };
    let done = run();
    if named {
        err::preserved(|| {
            for key in ["__file__", "__cached__"] {
                if globals.del(str_::intern_str(key)).is_err() {
                    err::clear();
                }
            }
        });
    }
    done
}

/// A line of a stream, after a prompt.
unsafe fn prompted_line(file: File, prompt: &str, fallback: &str) -> Vec<u8> {
    let text = match runtime::sys_attribute(prompt).map(|p| object::str(&p)) {
        Some(Ok(text)) => str_::to_string_lossy(&text),
        Some(Err(_)) => {
            err::clear();
            String::new()
        }
        None => fallback.to_owned(),
    };
    eprint!("{text}");
    let mut line = Vec::new();
    loop {
        // SAFETY: the caller's stream.
        match vm::threads::allow(|| unsafe { libc::fgetc(file) }) {
            libc::EOF => break,
            byte => line.push(byte as u8),
        }
        if line.last() == Some(&b'\n') {
            break;
        }
    }
    line
}

/// Reads one statement and runs it; whether there was one.
unsafe fn run_statement(file: File, name: &Obj, flags: *const PyCompilerFlags) -> Result<bool> {
    if !name.is::<PyUnicodeObject>() {
        return raise!(
            TypeError,
            "compile() arg 2 must be a str, not {}",
            name.tp_name()
        );
    }
    let codeop = import::import("codeop")?;
    let mut source = Vec::new();
    loop {
        let (prompt, fallback) = match source.is_empty() {
            true => ("ps1", ">>> "),
            false => ("ps2", "... "),
        };
        // SAFETY: the caller's stream.
        let line = unsafe { prompted_line(file, prompt, fallback) };
        let ended = line.is_empty();
        if ended && source.is_empty() {
            return Ok(false);
        }
        source.extend_from_slice(&line);
        let text = call::call_method(bytes::new(&source).as_obj(), "decode", &[])?;
        let single = str_::intern_str("single");
        let code = call::call_method(&codeop, "compile_command", &[&text, name, single])?;
        if code.is_none() && !ended && line.ends_with(b"\n") {
            continue;
        }
        let main = main_program::main_module()?;
        let globals = module::dict_of(&main).as_ptr();
        // SAFETY: the caller's flags.
        unsafe { run_source(&source, name, Py_single_input, globals, globals, flags) }?;
        return Ok(true);
    }
}

/// 0, -1 after an error that is shown, or [`END`].
unsafe fn run_one(file: File, name: Result, flags: *const PyCompilerFlags) -> c_int {
    // SAFETY: the caller's.
    match name.and_then(|name| unsafe { run_statement(file, &name, flags) }) {
        Ok(true) => 0,
        Ok(false) => END,
        Err(raised) => shown(Err(raised)),
    }
}

unsafe fn is_interactive(file: File, name: *const c_char) -> bool {
    // SAFETY: the caller's stream and name.
    unsafe {
        libc::isatty(libc::fileno(file)) != 0
            || runtime::config().inspect
                && (name.is_null() || matches!(&*text(name), "<stdin>" | "???"))
    }
}

api! {
    fn PyRun_FileExFlags(file: File, name: *const c_char, start: c_int, globals: P, locals: P, close: c_int, flags: *mut PyCompilerFlags) -> P {
        let name = file_name(name);
        let source = read_all(file);
        close_if(file, close);
        new(name.and_then(|name| run_source(&source?, &name, start, globals, locals, flags)))
    }
    fn PyRun_File(file: File, name: *const c_char, start: c_int, globals: P, locals: P) -> P { PyRun_FileExFlags(file, name, start, globals, locals, 0, ptr::null_mut()) }
    fn PyRun_FileEx(file: File, name: *const c_char, start: c_int, globals: P, locals: P, close: c_int) -> P { PyRun_FileExFlags(file, name, start, globals, locals, close, ptr::null_mut()) }
    fn PyRun_FileFlags(file: File, name: *const c_char, start: c_int, globals: P, locals: P, flags: *mut PyCompilerFlags) -> P { PyRun_FileExFlags(file, name, start, globals, locals, 0, flags) }
    fn PyRun_SimpleFileExFlags(file: File, name: *const c_char, close: c_int, flags: *mut PyCompilerFlags) -> c_int {
        shown(file_name(name).and_then(|name| run_main(file, &name, close, flags)))
    }
    fn PyRun_SimpleFile(file: File, name: *const c_char) -> c_int { PyRun_SimpleFileExFlags(file, name, 0, ptr::null_mut()) }
    fn PyRun_SimpleFileEx(file: File, name: *const c_char, close: c_int) -> c_int { PyRun_SimpleFileExFlags(file, name, close, ptr::null_mut()) }
    fn PyRun_InteractiveOneObject(file: File, name: P, flags: *mut PyCompilerFlags) -> c_int { run_one(file, Ok(b(name).new_ref()), flags) }
    fn PyRun_InteractiveOneFlags(file: File, name: *const c_char, flags: *mut PyCompilerFlags) -> c_int { run_one(file, file_name(name), flags) }
    fn PyRun_InteractiveOne(file: File, name: *const c_char) -> c_int { PyRun_InteractiveOneFlags(file, name, ptr::null_mut()) }
    fn PyRun_InteractiveLoopFlags(file: File, name: *const c_char, flags: *mut PyCompilerFlags) -> c_int {
        for (prompt, text) in [("ps1", ">>> "), ("ps2", "... ")] {
            let set = || runtime::set_sys_attribute(prompt, str_::intern_str(text));
            if runtime::sys_attribute(prompt).is_none() && shown(set()) != 0 { return -1; }
        }
        while PyRun_InteractiveOneFlags(file, name, flags) != END {}
        0
    }
    fn PyRun_InteractiveLoop(file: File, name: *const c_char) -> c_int { PyRun_InteractiveLoopFlags(file, name, ptr::null_mut()) }
    fn PyRun_AnyFileExFlags(file: File, name: *const c_char, close: c_int, flags: *mut PyCompilerFlags) -> c_int {
        if !is_interactive(file, name) { return PyRun_SimpleFileExFlags(file, name, close, flags); }
        let done = PyRun_InteractiveLoopFlags(file, name, flags);
        close_if(file, close);
        done
    }
    fn PyRun_AnyFile(file: File, name: *const c_char) -> c_int { PyRun_AnyFileExFlags(file, name, 0, ptr::null_mut()) }
    fn PyRun_AnyFileEx(file: File, name: *const c_char, close: c_int) -> c_int { PyRun_AnyFileExFlags(file, name, close, ptr::null_mut()) }
    fn PyRun_AnyFileFlags(file: File, name: *const c_char, flags: *mut PyCompilerFlags) -> c_int { PyRun_AnyFileExFlags(file, name, 0, flags) }
}
