//! Builtins on text, and `print` and `input`.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use layout::*;

use crate::args;
use crate::err::{self, Result, exc, raise};
use crate::intern;
use crate::object::*;
use crate::protocol::{call, number, object};
use crate::runtime;
use crate::threads;
use crate::types::bytes::BytesExt as _;
use crate::types::str_::{self, StrExt as _};

pub fn ascii(_: &Obj, o: &Obj) -> Result {
    object::ascii(o)
}

pub fn repr(_: &Obj, o: &Obj) -> Result {
    object::repr(o)
}

pub fn format(_: &Obj, given: &[&Obj]) -> Result {
    args::expect("format", given, 1..=2)?;
    if let Some(spec) = given.get(1)
        && !spec.is::<PyUnicodeObject>()
    {
        return raise!(
            TypeError,
            "format() argument 2 must be str, not {}",
            spec.tp_name()
        );
    }
    object::format(given[0], given.get(1).copied())
}

pub fn chr(_: &Obj, i: &Obj) -> Result {
    use crate::types::int::IntExt as _;
    let n = number::index(i)?;
    // SAFETY: index answers with an int.
    match unsafe { n.cast::<PyLongObject>() }.to_i64() {
        Some(c @ 0..=0x10ffff) => Ok(str_::from_char(c as u32).into_obj()),
        _ => raise!(ValueError, "chr() arg not in range(0x110000)"),
    }
}

pub fn ord(_: &Obj, c: &Obj) -> Result<i64> {
    let length = if let Some(b) = c.downcast::<PyBytesObject>() {
        if let [only] = b.as_slice() {
            return Ok(i64::from(*only));
        }
        b.as_slice().len()
    } else if let Some(s) = c.downcast::<PyUnicodeObject>() {
        if s.len() == 1 {
            return Ok(i64::from(s.char_at(0)));
        }
        s.len()
    } else if c.is::<PyByteArrayObject>() {
        let data = object::get_buffer(c, PyBUF_SIMPLE)?;
        if let [only] = data.bytes() {
            return Ok(i64::from(*only));
        }
        data.bytes().len()
    } else {
        return raise!(
            TypeError,
            "ord() expected string of length 1, but {} found",
            c.tp_name()
        );
    };
    raise!(
        TypeError,
        "ord() expected a character, but string of length {length} found"
    )
}

/// `sys.NAME`; `RuntimeError` if a program has deleted it.
fn stream(name: &str) -> Result {
    match runtime::sys_attribute(name) {
        Some(s) => Ok(s),
        None => raise!(RuntimeError, "lost sys.{name}"),
    }
}

fn separator(value: Option<&Obj>, name: &str, default: &'static Obj) -> Result {
    match value {
        None => Ok(default.new_ref()),
        Some(v) if v.is_none() => Ok(default.new_ref()),
        Some(v) if v.is::<PyUnicodeObject>() => Ok(v.new_ref()),
        Some(v) => raise!(
            TypeError,
            "{name} must be None or a string, not {}",
            v.tp_name()
        ),
    }
}

pub fn print(_: &Obj, items: &[&Obj], [sep, end, file, flush]: [Option<&Obj>; 4]) -> Result<()> {
    let file = match file.filter(|f| !f.is_none()) {
        Some(f) => f.new_ref(),
        None => {
            let out = stream("stdout")?;
            if out.is_none() {
                return Ok(()); // No stream, no output.
            }
            out
        }
    };
    let sep = separator(sep, "sep", intern!(" "))?;
    let end = separator(end, "end", intern!("\n"))?;
    let write = object::getattr(&file, intern!("write"))?;
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            call::call1(&write, &sep)?;
        }
        let text = object::str(item)?;
        call::call1(&write, &text)?;
    }
    call::call1(&write, &end)?;
    if let Some(f) = flush
        && object::is_true(f)?
    {
        call::method(&file, intern!("flush"), &[])?;
    }
    Ok(())
}

fn flush(stream: &Obj) {
    if call::method(stream, intern!("flush"), &[]).is_err() {
        err::clear();
    }
}

/// Whether a stream is the process's own terminal at descriptor `fd`.
fn is_terminal(stream: &Obj, fd: i64) -> bool {
    use crate::types::int::IntExt as _;
    let own = match call::method(stream, intern!("fileno"), &[]) {
        Ok(n) => n.downcast::<PyLongObject>().and_then(|n| n.to_i64()) == Some(fd),
        Err(_) => {
            err::clear();
            false
        }
    };
    own && if fd == 0 {
        std::io::stdin().is_terminal()
    } else {
        std::io::stdout().is_terminal()
    }
}

pub fn input(_: &Obj, given: &[&Obj]) -> Result {
    args::expect("input", given, 0..=1)?;
    let (stdin, stdout, stderr) = (stream("stdin")?, stream("stdout")?, stream("stderr")?);
    for (s, name) in [(&stdin, "stdin"), (&stdout, "stdout"), (&stderr, "stderr")] {
        if s.is_none() {
            return raise!(RuntimeError, "input(): lost sys.{name}");
        }
    }
    flush(&stderr);
    if is_terminal(&stdin, 0) && is_terminal(&stdout, 1) {
        flush(&stdout);
        if let Some(prompt) = given.first() {
            let text = str_::to_string_lossy(&*object::str(prompt)?);
            // The terminal may be gone: then reading fails too.
            let _ = std::io::stdout()
                .write_all(text.as_bytes())
                .and_then(|()| std::io::stdout().flush());
        }
        let mut line = Vec::new();
        let read = threads::allow(|| std::io::stdin().lock().read_until(b'\n', &mut line));
        crate::signals::check()?;
        return match read {
            Ok(0) => raise!(EOFError, ""),
            Ok(_) => {
                if line.last() == Some(&b'\n') {
                    line.pop();
                }
                crate::codecs::decode_bytes(&line, Some("utf-8"), Some("surrogateescape"))
            }
            Err(e) => Err(err::errno(e.raw_os_error().unwrap_or(0), None)),
        };
    }
    if let Some(prompt) = given.first() {
        let text = object::str(prompt)?;
        call::method(&stdout, intern!("write"), &[&text])?;
    }
    flush(&stdout);
    let line = call::method(&stdin, intern!("readline"), &[])?;
    let Some(text) = line.downcast::<PyUnicodeObject>() else {
        return raise!(TypeError, "object.readline() returned non-string");
    };
    let n = text.len();
    if n == 0 {
        return Err(err::new(
            &exc::EOFError,
            format_args!("EOF when reading a line"),
        ));
    }
    if text.char_at(n - 1) == u32::from(b'\n') {
        return Ok(str_::substring(text, 0, n - 1).into_obj());
    }
    Ok(line)
}
