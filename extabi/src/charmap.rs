//! `unicodeobject.h`: character maps and the locale's encoding.

use core::ffi::{c_char, c_int};
use core::ptr;

use layout::*;
use vm::codecs::handlers;
use vm::err::{self, Result, exc, raise};
use vm::import;
use vm::object::*;
use vm::protocol::{call, object};
use vm::types::str_::{StrExt as _, Writer};
use vm::types::{bytes, int, str_};

use crate::shape::*;

/// The first item of what a function of `_codecs` answers.
fn codec(name: &str, arguments: &[&Obj]) -> Result {
    let codecs = import::import("_codecs")?;
    let answer = call::call_method(&codecs, name, arguments)?;
    object::sequence_item(&answer, 0)
}

fn bad_argument() -> Result {
    raise!(TypeError, "bad argument type for built-in operation")
}

/// `errors`, which may be null.
unsafe fn errors_name(errors: *const c_char) -> Ref {
    if errors.is_null() {
        return str_::new("strict").into_obj();
    }
    // SAFETY: the caller's.
    str_::new(&unsafe { text(errors) }).into_obj()
}

/// The bytes at `p`.
unsafe fn given<'a>(p: *const c_char, n: isize) -> &'a [u8] {
    match usize::try_from(n) {
        // SAFETY: the caller passes that many bytes.
        Ok(n) if n > 0 => unsafe { core::slice::from_raw_parts(p.cast(), n) },
        _ => &[],
    }
}

fn decode_locale(given: &[u8], errors: &str) -> Result {
    if given.contains(&0) {
        return raise!(ValueError, "embedded null byte");
    }
    if !matches!(errors, "strict" | "surrogateescape" | "surrogatepass") {
        return raise!(ValueError, "unsupported error handler");
    }
    vm::codecs::decode_utf8(given, Some(errors))
}

/// What a table has for a character: `None` if it says that there is nothing.
fn mapped(table: &Obj, c: u32) -> Result<Option<Ref>> {
    let key = int::from_i64(i64::from(c));
    let found = match err::suppress(object::getitem(table, key.as_obj()), &exc::LookupError)? {
        None => return Ok(Some(str_::from_char(c).into_obj())),
        Some(found) => found,
    };
    if found.is_none() {
        return Ok(None);
    }
    if found.is::<PyUnicodeObject>() {
        return Ok(Some(found));
    }
    if !found.is::<PyLongObject>() {
        return raise!(
            TypeError,
            "character mapping must return integer, None or str"
        );
    }
    match vm::args::to_i64(&found) {
        Ok(c @ 0..=0x10ffff) => Ok(Some(str_::from_char(c as u32).into_obj())),
        _ => {
            err::clear();
            raise!(ValueError, "character mapping must be in range(0x110000)")
        }
    }
}

/// A text translated by a table; characters that the table refuses are the error handler's.
pub fn translated(s: &PyUnicodeObject, table: &Obj, errors: &str) -> Result {
    let (mut out, mut at) = (Writer::with_capacity(s.len()), 0);
    while at < s.len() {
        if let Some(text) = mapped(table, s.char_at(at))? {
            if let Some(text) = str_::of(&text) {
                out.push_obj(text);
            }
            at += 1;
            continue;
        }
        let start = at;
        at += 1;
        while at < s.len() && mapped(table, s.char_at(at))?.is_none() {
            at += 1;
        }
        let place = |i: usize| int::from_usize(i).into_obj();
        let reason = str_::new("character maps to <undefined>");
        let class = exc::UnicodeTranslateError.as_obj();
        let error = call::call(
            class,
            &[s.as_obj(), &place(start), &place(at), reason.as_obj()],
        )?;
        let answer = call::call1(&*handlers::lookup(errors)?, &error)?;
        let (text, next) = (
            object::sequence_item(&answer, 0)?,
            object::sequence_item(&answer, 1)?,
        );
        let next = vm::protocol::number::index_isize(&next, None)?;
        let next = if next < 0 {
            next + s.len() as isize
        } else {
            next
        };
        if next < 0 || next as usize > s.len() {
            return raise!(
                IndexError,
                "position {next} from error handler out of bounds"
            );
        }
        let Some(text) = text.downcast::<PyUnicodeObject>() else {
            return raise!(
                TypeError,
                "translating error handler must return (str, int) tuple"
            );
        };
        out.push_obj(text);
        at = next as usize;
    }
    out.finish().map(Ref::into_obj)
}

api! {
    fn PyUnicode_DecodeCharmap(p: *const c_char, n: isize, mapping: P, errors: *const c_char) -> P {
        let data = bytes::new(given(p, n));
        let mapping = opt(mapping).unwrap_or(NONE());
        new(codec("charmap_decode", &[data.as_obj(), &errors_name(errors), mapping]))
    }
    fn PyUnicode_AsCharmapString(s: P, mapping: P) -> P {
        match (opt(s).filter(|s| s.is::<PyUnicodeObject>()), opt(mapping)) {
            (Some(s), Some(mapping)) => new(codec("charmap_encode", &[s, &errors_name(ptr::null()), mapping])),
            _ => new(bad_argument()),
        }
    }
    fn PyUnicode_BuildEncodingMap(s: P) -> P {
        let filled = opt(s).filter(|s| s.downcast::<PyUnicodeObject>().is_some_and(|s| str_::StrExt::len(s) > 0));
        new(match filled {
            Some(s) => import::import("_codecs").and_then(|codecs| call::call_method(&codecs, "charmap_build", &[s])),
            None => bad_argument(),
        })
    }
    fn PyUnicode_DecodeLocaleAndSize(p: *const c_char, n: isize, errors: *const c_char) -> P {
        let errors = if errors.is_null() { "strict".into() } else { text(errors) };
        new(decode_locale(given(p, n), &errors))
    }
    fn PyBytes_DecodeEscape(p: *const c_char, n: isize, errors: *const c_char, _unicode: isize, _recode: *const c_char) -> P {
        if n == isize::MAX {
            let _ = err::new(&exc::OverflowError, format_args!("byte string is too large"));
            return ptr::null_mut();
        }
        let data = match bytes::try_new(given(p, n)) { Ok(data) => data, Err(_) => return ptr::null_mut() };
        new(codec("escape_decode", &[data.as_obj(), &errors_name(errors)]))
    }
    fn PyFile_FromFd(
        fd: c_int, name: *const c_char, mode: *const c_char, buffering: c_int, encoding: *const c_char,
        errors: *const c_char, newline: *const c_char, closefd: c_int,
    ) -> P {
        let or_none = |p: *const c_char| if p.is_null() { none() } else { str_::new(&text(p)).into_obj() };
        let _ = name;
        new(import::import("_io").and_then(|io| {
            call::call_method(&io, "open", &[
                vm::types::int::from_i64(fd.into()).as_obj(),
                str_::new(if mode.is_null() { "r".into() } else { text(mode) }.as_ref()).as_obj(),
                vm::types::int::from_i64(buffering.into()).as_obj(),
                &or_none(encoding),
                &or_none(errors),
                &or_none(newline),
                bool_(closefd != 0).as_ref(),
            ])
        }))
    }
}
