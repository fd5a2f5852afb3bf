//! `io.open`: a raw file, a buffer over it, and text over that, as the mode asks for.

use layout::PyUnicodeObject;
use vm::args::{expect, to_bool};
use vm::err::{Result, exc, raise};
use vm::intern;
use vm::object::*;
use vm::protocol::call::{call, call_kw, method};
use vm::protocol::object::{getattr, is_true, setattr};
use vm::types::int;
use vm::types::str_::args::{bad_argument, c_int};
use vm::types::str_::{self, StrExt};

use super::buffered::{RANDOM, READER, WRITER};
use super::fileio::open_raw;
use super::iobase::preserving;
use super::textio::TEXT_IO_WRAPPER;

struct Mode {
    creating: bool,
    reading: bool,
    writing: bool,
    appending: bool,
    updating: bool,
    binary: bool,
}

impl Mode {
    fn parse(mode: &str) -> Result<Mode> {
        let invalid = || raise!(ValueError, "invalid mode: '{mode}'");
        if let Some((i, c)) = mode.char_indices().find(|&(i, c)| mode[..i].contains(c)) {
            let _ = (i, c);
            return invalid();
        }
        if mode.chars().any(|c| !"xrwa+tb".contains(c)) {
            return invalid();
        }
        let has = |c: char| mode.contains(c);
        let mode = Mode {
            creating: has('x'),
            reading: has('r'),
            writing: has('w'),
            appending: has('a'),
            updating: has('+'),
            binary: has('b'),
        };
        if has('t') && mode.binary {
            return raise!(ValueError, "can't have text and binary mode at once");
        }
        let kinds = [mode.creating, mode.reading, mode.writing, mode.appending];
        if kinds.iter().filter(|&&kind| kind).count() > 1 {
            return raise!(
                ValueError,
                "must have exactly one of create/read/write/append mode"
            );
        }
        Ok(mode)
    }

    fn raw(&self) -> String {
        let flags = [
            (self.creating, 'x'),
            (self.reading, 'r'),
            (self.writing, 'w'),
            (self.appending, 'a'),
            (self.updating, '+'),
        ];
        flags
            .iter()
            .filter(|(set, _)| *set)
            .map(|(_, c)| *c)
            .collect()
    }
}

fn text_argument<'a>(
    o: Option<&'a Obj>,
    name: &str,
    expected: &str,
) -> Result<Option<&'a PyUnicodeObject>> {
    let Some(o) = o.filter(|o| !o.is_none()) else {
        return Ok(None);
    };
    match o.downcast::<PyUnicodeObject>() {
        Some(s) => Ok(Some(s)),
        None => Err(bad_argument(
            "open",
            &format!("argument '{name}'"),
            expected,
            o,
        )),
    }
}

pub fn open(
    _: &Obj,
    [
        file,
        mode,
        buffering,
        encoding,
        errors,
        newline,
        closefd,
        opener,
    ]: [Option<&Obj>; 8],
) -> Result {
    let file = file.unwrap_or(NONE());
    let mode_object = match mode {
        None => str_::new("r"),
        Some(o) => match o.downcast::<PyUnicodeObject>() {
            Some(s) => s.to_ref(),
            None => return Err(bad_argument("open", "argument 'mode'", "str", o)),
        },
    };
    let buffering = buffering.map_or(Ok(-1), c_int)?;
    let encoding = text_argument(encoding, "encoding", "str or None")?;
    let errors = text_argument(errors, "errors", "str or None")?;
    let newline = text_argument(newline, "newline", "str or None")?;
    let closefd = closefd.map_or(Ok(true), to_bool)?;
    let opener = opener.unwrap_or(NONE());
    let owned;
    let file = if file.is::<layout::PyLongObject>()
        || vm::protocol::number::is_index(file)
        || file.is::<PyUnicodeObject>()
        || file.is::<layout::PyBytesObject>()
    {
        file
    } else {
        match vm::protocol::call::special(file, intern!("__fspath__"), &[])? {
            Some(path) if path.is::<PyUnicodeObject>() || path.is::<layout::PyBytesObject>() => {
                owned = path;
                &owned
            }
            Some(path) => {
                return raise!(
                    TypeError,
                    "expected {:.200}.__fspath__() to return str or bytes, not {:.200}",
                    file.tp_name(),
                    path.tp_name()
                );
            }
            None => {
                return raise!(
                    TypeError,
                    "expected str, bytes or os.PathLike object, not {:.200}",
                    file.tp_name()
                );
            }
        }
    };
    let mode = Mode::parse(&mode_object.to_string_lossy())?;
    if mode.binary {
        for (given, name) in [
            (encoding.is_some(), "an encoding"),
            (errors.is_some(), "an errors"),
            (newline.is_some(), "a newline"),
        ] {
            if given {
                return raise!(ValueError, "binary mode doesn't take {name} argument");
            }
        }
        if buffering == 1 {
            vm::warn::warn(
                &exc::RuntimeWarning,
                1,
                "line buffering (buffering=1) isn't supported in binary mode, the default buffer size will be used",
            )?;
        }
    }
    let raw = open_raw(file, &mode.raw(), &bool_(closefd), opener)?;
    let mut result = raw.clone();
    match layers(
        &raw,
        &mode,
        buffering,
        encoding,
        errors,
        newline,
        mode_object.as_obj(),
        &mut result,
    ) {
        Ok(()) => Ok(result),
        Err(raised) => match preserving(Err(raised), || {
            method(&result, intern!("close"), &[]).map(drop)
        }) {
            Err(raised) => Err(raised),
            Ok(()) => Ok(none()),
        },
    }
}

/// Puts what the mode asks for over a raw file; `result` is always the topmost layer.
#[allow(clippy::too_many_arguments)]
fn layers(
    raw: &Obj,
    mode: &Mode,
    buffering: i32,
    encoding: Option<&PyUnicodeObject>,
    errors: Option<&PyUnicodeObject>,
    newline: Option<&PyUnicodeObject>,
    mode_object: &Obj,
    result: &mut Ref,
) -> Result<()> {
    let terminal = buffering < 0 && is_true(&*method(raw, intern!("_isatty_open_only"), &[])?)?;
    let line_buffering = (buffering == 1 && !mode.binary) || terminal;
    let size = match buffering {
        ..0 | 1 => {
            let block = vm::args::to_isize(&*getattr(raw, intern!("_blksize"))?)?;
            // A terminal's buffer is small; a file's is at least the default.
            (block as usize).clamp(super::DEFAULT_BUFFER_SIZE, 8 * 1024 * 1024)
        }
        0 => {
            if !mode.binary {
                return raise!(ValueError, "can't have unbuffered text I/O");
            }
            return Ok(());
        }
        n => n as usize,
    };
    let class = if mode.updating {
        &RANDOM
    } else if mode.creating || mode.writing || mode.appending {
        &WRITER
    } else if mode.reading {
        &READER
    } else {
        return raise!(
            ValueError,
            "unknown mode: '{}'",
            str_::to_string_lossy(mode_object)
        );
    };
    *result = call(class.as_obj(), &[raw, int::from_usize(size).as_obj()])?;
    if mode.binary {
        return Ok(());
    }
    let or_none = |s: Option<&PyUnicodeObject>| s.map_or_else(none, |s| s.as_obj().new_ref());
    let (encoding, errors, newline) = (or_none(encoding), or_none(errors), or_none(newline));
    let buffer = result.clone();
    *result = call(
        TEXT_IO_WRAPPER.as_obj(),
        &[
            &buffer,
            &encoding,
            &errors,
            &newline,
            &bool_(line_buffering),
        ],
    )?;
    setattr(result, intern!("mode"), Some(mode_object))
}

/// The encoding that a library function should use when its caller gave none.
pub fn text_encoding(_: &Obj, args: &[&Obj]) -> Result {
    expect("text_encoding", args, 1..=2)?;
    if !args[0].is_none() {
        return Ok(args[0].new_ref());
    }
    let stacklevel = args.get(1).map_or(Ok(2), |o| c_int(o))?;
    let flags = vm::runtime::sys_attribute("flags").unwrap_or_else(none);
    let flag =
        |name: &str| vm::protocol::object::getattr_str(&flags, name).and_then(|o| is_true(&o));
    if flag("warn_default_encoding")? {
        vm::warn::warn(
            &exc::EncodingWarning,
            stacklevel as isize,
            "'encoding' argument not specified",
        )?;
    }
    Ok(if flag("utf8_mode")? {
        intern!("utf-8")
    } else {
        intern!("locale")
    }
    .new_ref())
}

/// Opens a file that holds code.
pub fn open_code(m: &Obj, [path]: [Option<&Obj>; 1]) -> Result {
    let path = path.unwrap_or(NONE());
    if !path.is::<PyUnicodeObject>() {
        return Err(bad_argument("open_code", "argument 'path'", "str", path));
    }
    let open = getattr(m, intern!("open"))?;
    call_kw(&open, &[path, intern!("rb")], &[])
}
