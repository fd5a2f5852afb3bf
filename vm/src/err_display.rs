//! Errors that reach the top: how they are shown, and the exit code they end the process with.
//!
//! The text is made by the library's `traceback` module, as CPython 3.14 makes it; where that cannot run any more (a broken
//! library, shutdown), a plain native rendering stands in.

use std::io::Write as _;

use layout::*;

use crate::err::{self, Result, exc};
use crate::import;
use crate::object::*;
use crate::protocol::{call, object};
use crate::runtime;
use crate::types::exceptions::traceback_of;
use crate::types::frameobject;
use crate::types::str_;
use crate::types::traceback;

/// Writes to `sys.stderr`, or to the descriptor where that is missing.
pub fn write_stderr(text: &str) {
    if text.is_empty() {
        return;
    }
    if let Some(stream) = runtime::sys_attribute("stderr").filter(|s| !s.is_none()) {
        let written = err::preserved(|| {
            let done = call::call_method(&stream, "write", &[str_::new(text).as_obj()]);
            if done.is_err() {
                err::clear();
            }
            done.is_ok()
        });
        if written {
            return;
        }
    } else if runtime::is_started() && runtime::sys_attribute("stderr").is_some() {
        return; // `sys.stderr` is None: nobody wants to know.
    }
    // Nothing can be done if this fails too.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Writes an exception with its traceback, causes and notes, unless `sys.stderr` is None.
pub fn write_exception(e: &Obj) {
    if runtime::sys_attribute("stderr").is_some_and(|s| s.is_none()) {
        return;
    }
    let shown = err::preserved(|| {
        let done = through_library(e);
        if done.is_err() {
            err::clear();
        }
        done.is_ok()
    });
    if !shown {
        write_natively(e);
    }
    flush();
}

fn flush() {
    err::preserved(|| {
        if let Some(stream) = runtime::sys_attribute("stderr").filter(|s| !s.is_none())
            && call::call_method(&stream, "flush", &[]).is_err()
        {
            err::clear();
        }
    });
}

fn through_library(e: &Obj) -> Result<()> {
    if crate::threads::is_finalizing() {
        return err::raise!(ImportError, "shutting down");
    }
    let module = import::import("traceback")?;
    let print = object::getattr_str(&module, "_print_exception_bltin")?;
    call::call1(&print, e).map(drop)
}

fn write_natively(e: &Obj) {
    let mut text = String::new();
    render(e, &mut text, 0);
    write_stderr(&text);
}

fn render(e: &Obj, out: &mut String, depth: usize) {
    let base = crate::types::exceptions::base::base(e);
    if depth < 50 {
        if let Some(cause) = base.cause.get_ref() {
            render(&cause, out, depth + 1);
            out.push_str(
                "\nThe above exception was the direct cause of the following exception:\n\n",
            );
        } else if let Some(context) = base
            .context
            .get_ref()
            .filter(|_| base.suppress_context.get() == 0)
        {
            render(&context, out, depth + 1);
            out.push_str(
                "\nDuring handling of the above exception, another exception occurred:\n\n",
            );
        }
    }
    if let Some(tb) = traceback_of(e) {
        out.push_str("Traceback (most recent call last):\n");
        // SAFETY: the field holds a traceback.
        let mut at = Some(unsafe { tb.into_cast::<PyTracebackObject>() });
        while let Some(entry) = at {
            // SAFETY: the field holds null or a frame object.
            if let Some(frame) = unsafe { entry.tb_frame.get().cast::<PyObject>().as_ref() }
                && let Some(f) = frame.downcast::<frameobject::FrameObject>()
            {
                let code = frameobject::code_of(f);
                let text = |c: &core::cell::Cell<*mut PyObject>| {
                    c.borrow_obj()
                        .map(str_::to_string_lossy)
                        .unwrap_or_default()
                };
                out.push_str(&format!(
                    "  File \"{}\", line {}, in {}\n",
                    text(&code.co_filename),
                    traceback::line(&entry).unwrap_or(0),
                    text(&code.co_name)
                ));
            }
            at = traceback::next(&entry);
        }
    }
    let tp = e.ty();
    let module = crate::types::type_::get_module(tp)
        .map(|m| str_lossy(&m))
        .unwrap_or_else(|_| {
            err::clear();
            "builtins".to_owned()
        });
    if module != "builtins" && module != "__main__" {
        out.push_str(&module);
        out.push('.');
    }
    out.push_str(&crate::types::type_::name_of(tp));
    let text = str_lossy(e);
    if !text.is_empty() {
        out.push_str(": ");
        out.push_str(&text);
    }
    out.push('\n');
}

/// The exit code that `SystemExit(code)` asks for.
fn exit_code(e: &Obj) -> i32 {
    let code = object::getattr_opt(e, crate::intern!("code")).unwrap_or_else(|_| {
        err::clear();
        None
    });
    let Some(code) = code.filter(|c| !c.is_none()) else {
        return 0;
    };
    if let Some(n) = code.downcast::<PyLongObject>() {
        use crate::types::int::IntExt as _;
        return n.to_i64().map_or(-1, |n| n as i32);
    }
    write_stderr(&format!("{}\n", str_lossy(&code)));
    flush();
    1
}

/// Shows the error that is set, through `sys.excepthook`, and clears it. The answer is the exit code; 130 (with the signal
/// to be raised again) for `KeyboardInterrupt`.
pub fn print_uncaught() -> i32 {
    let Some(e) = err::take() else { return 1 };
    if runtime::is_system_exit(&e) {
        return exit_code(&e);
    }
    let interrupted = is_instance_of(&e, &exc::KeyboardInterrupt);
    for (name, value) in [
        ("last_exc", e.clone()),
        ("last_type", e.ty().as_obj().new_ref()),
        ("last_value", e.clone()),
        ("last_traceback", traceback_of(&e).unwrap_or_else(none)),
    ] {
        if runtime::set_sys_attribute(name, &value).is_err() {
            err::clear();
        }
    }
    match runtime::sys_attribute("excepthook") {
        Some(hook) if !hook.is_none() => {
            let tb = traceback_of(&e).unwrap_or_else(none);
            if call::call(&hook, &[e.ty().as_obj(), &e, &tb]).is_err() {
                let hook_error = err::take().unwrap_or_else(none);
                if runtime::is_system_exit(&hook_error) {
                    return exit_code(&hook_error);
                }
                write_stderr("Error in sys.excepthook:\n");
                write_exception(&hook_error);
                write_stderr("\nOriginal exception was:\n");
                write_exception(&e);
            }
        }
        _ => {
            write_stderr("sys.excepthook is missing\n");
            write_exception(&e);
        }
    }
    flush();
    if interrupted { INTERRUPTED } else { 1 }
}

/// The code by which [`print_uncaught`] says that the process should die of SIGINT.
pub const INTERRUPTED: i32 = 130;
