//! From source text to a code object, with errors and warnings as Python exceptions.

use std::borrow::Cow;

use compiler::{Decoded, Error, Mode, Options, Refusal, SyntaxErrorKind};
use layout::*;

use crate::err::{self, Raised, Result, exc};
use crate::object::*;
use crate::protocol::call;
use crate::runtime;
use crate::types::{int, str_, tuple};

/// Compiles text. `flags` are the bits of `compile()`; the optimisation level is the process's.
pub fn compile_text(
    text: &str,
    filename: &str,
    mode: Mode,
    flags: u32,
) -> Result<Ref<PyCodeObject>> {
    compile_with(
        text,
        filename,
        mode,
        flags,
        layout::Py_OptimizeFlag.get() as u8,
    )
}

/// As [`compile_text`] with another optimisation level.
pub fn compile_with(
    text: &str,
    filename: &str,
    mode: Mode,
    flags: u32,
    optimize: u8,
) -> Result<Ref<PyCodeObject>> {
    let bytes = marshalled(text, filename, mode, flags, optimize)?;
    crate::marshal::load_code(&bytes)
}

/// The options of a compilation.
pub fn options(flags: u32, optimize: u8) -> Options {
    Options {
        optimize,
        flags,
        max_str_digits: int::max_str_digits(),
        debug_ranges: !runtime::config()
            .x_options
            .iter()
            .any(|(name, _)| name == "no_debug_ranges"),
        ..Options::default()
    }
}

fn marshalled(text: &str, filename: &str, mode: Mode, flags: u32, optimize: u8) -> Result<Vec<u8>> {
    let mut warn = |w: &compiler::SyntaxWarning| warn_syntax(w, filename);
    match compiler::compile(text, filename, mode, options(flags, optimize), &mut warn) {
        Ok(bytes) => Ok(bytes),
        Err(e) => Err(raise_error(&e)),
    }
}

/// Issues a warning of the compiler; filters may make it an error.
pub fn warn_syntax(
    w: &compiler::SyntaxWarning,
    filename: &str,
) -> core::result::Result<(), Refusal> {
    let issued = crate::warn::warn_explicit(
        &exc::SyntaxWarning,
        &w.message,
        filename,
        i32::try_from(w.lineno).unwrap_or(i32::MAX),
    );
    match issued {
        Ok(()) => Ok(()),
        Err(_) if err::clear_if(&exc::SyntaxWarning) => Err(Refusal::AsError),
        Err(_) => Err(Refusal::Raised),
    }
}

/// Compiles what a script's file holds.
pub fn compile_script(data: &[u8], filename: &str) -> Result<Ref<PyCodeObject>> {
    let text = decode_told(data, filename, Some(filename))?;
    compile_text(&text, filename, Mode::Exec, 0)
}

/// Source bytes as text.
pub fn decode<'a>(data: &'a [u8], filename: &str) -> Result<Cow<'a, str>> {
    decode_told(data, filename, None)
}

/// As [`decode`]; errors name the file that the bytes were read from, if it is to be told.
fn decode_told<'a>(data: &'a [u8], filename: &str, file: Option<&str>) -> Result<Cow<'a, str>> {
    match compiler::decode_source(data, file) {
        Ok(Decoded::Text(text)) => Ok(text),
        Ok(Decoded::Encoded { encoding, body }) => {
            match crate::codecs::decode_bytes(body, Some(&encoding), Some("strict")) {
                Ok(text) => Ok(Cow::Owned(str_::to_string_lossy(&text))),
                Err(raised) => {
                    if err::clear_if(&exc::LookupError) {
                        let location = compiler::Location {
                            filename: Some(filename.to_owned()),
                            lineno: 0,
                            offset: -1,
                            text: None,
                            end: None,
                        };
                        return Err(raise_error(&Error::Syntax(Box::new(
                            compiler::SyntaxError {
                                kind: SyntaxErrorKind::Syntax,
                                msg: format!("unknown encoding: {encoding}"),
                                location: Some(location),
                            },
                        ))));
                    }
                    Err(raised)
                }
            }
        }
        Err(Error::Syntax(mut e)) => {
            if let Some(place) = &mut e.location {
                place.filename.get_or_insert_with(|| filename.to_owned());
            }
            Err(raise_error(&Error::Syntax(e)))
        }
        Err(e) => Err(raise_error(&e)),
    }
}

/// Raises the compiler's error.
#[cold]
pub fn raise_error(e: &Error) -> Raised {
    let syntax = match e {
        Error::Syntax(s) => s,
        Error::Recursion(m) => return err::new(&exc::RecursionError, format_args!("{m}")),
        Error::Memory(m) => return err::new(&exc::MemoryError, format_args!("{m}")),
        Error::Value(m) => return err::new(&exc::ValueError, format_args!("{m}")),
        Error::Overflow(m) => return err::new(&exc::OverflowError, format_args!("{m}")),
        Error::Type(m) => return err::new(&exc::TypeError, format_args!("{m}")),
        Error::System(m) => return err::new(&exc::SystemError, format_args!("{m}")),
        Error::Aborted => return Raised::assume(),
    };
    let tp = match syntax.kind {
        SyntaxErrorKind::Syntax => &exc::SyntaxError,
        SyntaxErrorKind::Indentation => &exc::IndentationError,
        SyntaxErrorKind::Tab => &exc::TabError,
        SyntaxErrorKind::Incomplete => &exc::_IncompleteInputError,
    };
    let msg = str_::new(&syntax.msg).into_obj();
    let Some(place) = &syntax.location else {
        return err::set_object(tp, &msg);
    };
    let text_or_none =
        |t: &Option<String>| t.as_deref().map_or_else(none, |t| str_::new(t).into_obj());
    let number = |n: i64| int::from_i64(n).into_obj();
    let mut parts = vec![
        text_or_none(&place.filename),
        number(place.lineno),
        number(place.offset),
        text_or_none(&place.text),
    ];
    if let Some((line, offset)) = place.end {
        parts.push(number(line));
        parts.push(number(offset));
    }
    let details = tuple::from_vec(parts);
    match call::call(tp.as_obj(), &[&msg, details.as_obj()]) {
        Ok(e) => err::set_exception(e),
        Err(raised) => raised,
    }
}

/// Lets tracebacks show lines of a program that came on the command line.
pub fn register(code: &Obj, filename: &str, text: &str) -> Result<()> {
    let linecache = crate::import::import("linecache")?;
    let (text, filename) = (str_::new(text), str_::new(filename));
    call::call_method(
        &linecache,
        "_register_code",
        &[code, text.as_obj(), filename.as_obj()],
    )
    .map(drop)
}
