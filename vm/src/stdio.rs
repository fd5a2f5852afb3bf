//! The standard streams: `sys.stdin`, `sys.stdout`, `sys.stderr`, made through `_io.open` as CPython makes them.

use core::sync::atomic::{AtomicU8, Ordering};

use crate::err::{self, Result};
use crate::object::*;
use crate::protocol::{call, object};
use crate::runtime;
use crate::types::{int, str_};

/// Makes the streams. `io` is the `_io` module.
pub fn init(io: &Obj) -> Result<()> {
    for (fd, name, mode) in [(0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")] {
        let stream = match open(io, fd, name, mode) {
            Ok(stream) => stream,
            Err(raised) => {
                if !err::clear_if(&err::exc::OSError) {
                    return Err(raised);
                }
                none() // A closed descriptor: no stream.
            }
        };
        runtime::set_sys_attribute(name, &stream)?;
        runtime::set_sys_attribute(&format!("__{name}__"), &stream)?;
    }
    Ok(())
}

/// Which of the three descriptors were closed when the process began, as bits. Rust's runtime opens the null device in their
/// place, before `main` could look.
static CLOSED: AtomicU8 = AtomicU8::new(0);

#[used]
#[unsafe(link_section = ".init_array")]
static NOTE_CLOSED: extern "C" fn() = note_closed;

extern "C" fn note_closed() {
    for fd in 0..3 {
        // SAFETY: asks about a descriptor.
        if unsafe { libc::fcntl(fd, libc::F_GETFD) } == -1 {
            CLOSED.fetch_or(1 << fd, Ordering::Relaxed);
        }
    }
}

fn is_open(fd: i32) -> bool {
    // SAFETY: asks about a descriptor.
    CLOSED.load(Ordering::Relaxed) & 1 << fd == 0 && unsafe { libc::fcntl(fd, libc::F_GETFD) != -1 }
}

/// The encoding of the locale: UTF-8, and UTF-8 also where the locale is C or POSIX (PEP 538, PEP 540).
fn default_errors(name: &str) -> &'static str {
    if name == "stderr" {
        return "backslashreplace";
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|v| std::env::var(v).ok().filter(|v| !v.is_empty()))
        .unwrap_or_default();
    if locale.is_empty() || locale == "C" || locale == "POSIX" {
        "surrogateescape"
    } else {
        "strict"
    }
}

fn open(io: &Obj, fd: i32, name: &str, mode: &str) -> Result {
    if !is_open(fd) {
        return Ok(none());
    }
    let config = runtime::config();
    let encoding = config.stdio_encoding.as_deref().unwrap_or("utf-8");
    let errors = match &config.stdio_errors {
        Some(e) if name != "stderr" => e.as_str(),
        _ => default_errors(name),
    };
    let writing = mode == "w";
    let unbuffered = config.unbuffered && writing;
    let (fd_object, buffering) = (
        int::from_i64(i64::from(fd)),
        int::from_i64(if unbuffered { 0 } else { -1 }),
    );
    let raw_mode = str_::new(&format!("{mode}b"));
    let buffered = {
        let f = object::getattr_str(io, "open")?;
        call::call_kw(
            &f,
            &[fd_object.as_obj(), raw_mode.as_obj(), buffering.as_obj()],
            &[("closefd", FALSE())],
        )?
    };
    let raw = if unbuffered {
        buffered.clone()
    } else {
        object::getattr_str(&buffered, "raw")?
    };
    let stream_name = str_::new(&format!("<{name}>"));
    object::setattr(&raw, str_::intern_str("name"), Some(stream_name.as_obj()))?;
    let is_terminal = object::is_true(&*call::call_method(&raw, "isatty", &[])?)?;
    let line_buffering = bool_(is_terminal && !unbuffered || name == "stderr");
    let write_through = bool_(unbuffered);
    let newline = str_::new("\n");
    let (encoding, errors) = (str_::new(encoding), str_::new(errors));
    let wrapper = object::getattr_str(io, "TextIOWrapper")?;
    // Universal newlines for input; output is written as it is.
    let newline = if writing {
        newline.as_obj().new_ref()
    } else {
        none()
    };
    let text = call::call(
        &wrapper,
        &[
            &buffered,
            encoding.as_obj(),
            errors.as_obj(),
            &newline,
            &line_buffering,
            &write_through,
        ],
    )?;
    object::setattr(
        &text,
        str_::intern_str("mode"),
        Some(str_::new(mode).as_obj()),
    )?;
    Ok(text)
}
