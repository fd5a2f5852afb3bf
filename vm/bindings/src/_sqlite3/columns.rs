//! Rows of results: the names of columns, their converters, and the objects of their values.

use core::ffi::{CStr, c_char, c_int};
use core::slice;

use libsqlite3_sys as ffi;

use super::connection::Connection;
use super::errors::OPERATIONAL;
use super::statement::Statement;
use super::{PARSE_COLNAMES, PARSE_DECLTYPES, adapt};
use modules::prelude::*;
use vm::types::{bytearray, bytes, float};

/// A text of the library's.
///
/// # Safety
/// Null, or a text that lives as long as it is looked at.
unsafe fn text<'a>(at: *const c_char) -> Option<std::borrow::Cow<'a, str>> {
    // SAFETY: the caller's.
    (!at.is_null()).then(|| unsafe { CStr::from_ptr(at) }.to_string_lossy())
}

/// What describes the columns of a statement's rows, or none if it has no rows.
pub fn description(c: &Connection, s: &Statement) -> Result<Option<Ref>> {
    // SAFETY: a live statement.
    let n = unsafe { ffi::sqlite3_column_count(s.raw) };
    if n == 0 {
        return Ok(None);
    }
    let mut rows = Vec::with_capacity(n as usize);
    for i in 0..n {
        // SAFETY: a live statement and one of its columns.
        let Some(name) = (unsafe { text(ffi::sqlite3_column_name(s.raw, i)) }) else {
            return Err(err::no_memory());
        };
        let shown = match c.detect_types.get() & PARSE_COLNAMES {
            0 => &*name,
            _ => without_type(&name),
        };
        let mut row = vec![str_::new(shown).into_obj()];
        row.resize_with(7, none);
        rows.push(tuple::from_vec(row).into_obj());
    }
    Ok(Some(tuple::from_vec(rows).into_obj()))
}

/// A column's name without the type in brackets that may end it.
fn without_type(name: &str) -> &str {
    match name.find('[') {
        Some(at) if at > 0 && name.as_bytes()[at - 1] == b' ' => &name[..at - 1],
        Some(at) => &name[..at],
        None => name,
    }
}

/// The converters of a statement's columns, None where there is none; nothing if types are not looked at.
pub fn converters(c: &Connection, s: &Statement) -> Result<Option<Ref>> {
    let detect = c.detect_types.get();
    if detect == 0 {
        return Ok(None);
    }
    // SAFETY: a live statement.
    let n = unsafe { ffi::sqlite3_column_count(s.raw) };
    let mut out = Vec::with_capacity(n as usize);
    for i in 0..n {
        let mut found = None;
        if detect & PARSE_COLNAMES != 0 {
            // SAFETY: a live statement and one of its columns.
            let name = unsafe { text(ffi::sqlite3_column_name(s.raw, i)) }.unwrap_or_default();
            let named = name
                .split_once('[')
                .and_then(|(_, rest)| rest.split_once(']'));
            if let Some((kind, _)) = named {
                found = adapt::converter(kind)?;
            }
        }
        if found.is_none() && detect & PARSE_DECLTYPES != 0 {
            // SAFETY: as above.
            let declared = unsafe { text(ffi::sqlite3_column_decltype(s.raw, i)) };
            if let Some(declared) = declared {
                let kind = declared.split([' ', '(']).next().unwrap_or_default();
                found = adapt::converter(kind)?;
            }
        }
        out.push(found.unwrap_or_else(none));
    }
    Ok(Some(tuple::from_vec(out).into_obj()))
}

/// The bytes of a column.
///
/// # Safety
/// A live statement on a row, and one of its columns; the bytes last until the statement moves on.
unsafe fn column_bytes(s: &Statement, i: c_int) -> Option<&[u8]> {
    // SAFETY: the caller's; the length is asked for last, as the library wants it.
    unsafe {
        let at = ffi::sqlite3_column_blob(s.raw, i);
        let len = ffi::sqlite3_column_bytes(s.raw, i) as usize;
        (!at.is_null()).then(|| slice::from_raw_parts(at.cast(), len))
    }
}

/// The row that a statement is on, as a tuple.
pub fn row(c: &Connection, s: &Statement, converters: Option<&PyTupleObject>) -> Result {
    // SAFETY: a live statement.
    let n = unsafe { ffi::sqlite3_data_count(s.raw) };
    let mut items = Vec::with_capacity(n as usize);
    for i in 0..n {
        let converter = converters.and_then(|all| all.objects().get(i as usize).copied());
        items.push(match converter.filter(|o| !o.is_none()) {
            // SAFETY: the statement is on a row.
            Some(converter) => match unsafe { column_bytes(s, i) } {
                None if kind(s, i) == ffi::SQLITE_NULL => none(),
                data => {
                    let data = bytes::new(data.unwrap_or_default());
                    call::call1(converter, data.as_obj())?
                }
            },
            None => value(c, s, i)?,
        });
    }
    Ok(tuple::from_vec(items).into_obj())
}

fn kind(s: &Statement, i: c_int) -> c_int {
    // SAFETY: a live statement and one of its columns.
    unsafe { ffi::sqlite3_column_type(s.raw, i) }
}

fn value(c: &Connection, s: &Statement, i: c_int) -> Result {
    match kind(s, i) {
        ffi::SQLITE_NULL => Ok(none()),
        ffi::SQLITE_INTEGER => {
            // SAFETY: the statement is on a row.
            let n = unsafe { ffi::sqlite3_column_int64(s.raw, i) };
            Ok(int::from_i64(n).into_obj())
        }
        ffi::SQLITE_FLOAT => {
            // SAFETY: the statement is on a row.
            let x = unsafe { ffi::sqlite3_column_double(s.raw, i) };
            Ok(float::new(x).into_obj())
        }
        ffi::SQLITE_TEXT => {
            // SAFETY: as above; the text is asked for first, so that it is in UTF-8.
            let data = unsafe {
                ffi::sqlite3_column_text(s.raw, i);
                column_bytes(s, i)
            };
            decoded(c, s, i, data.unwrap_or_default())
        }
        // SAFETY: as above.
        _ => Ok(bytes::new(unsafe { column_bytes(s, i) }.unwrap_or_default()).into_obj()),
    }
}

/// A text as the connection's factory makes it.
fn decoded(c: &Connection, s: &Statement, i: c_int, data: &[u8]) -> Result {
    let factory = c.text_factory.get().unwrap_or_else(none);
    if factory.is_same(PyUnicode_Type.as_obj()) {
        return match core::str::from_utf8(data) {
            Ok(text) => Ok(str_::new(text).into_obj()),
            Err(_) => {
                // SAFETY: a live statement and one of its columns.
                let name = unsafe { text(ffi::sqlite3_column_name(s.raw, i)) }.unwrap_or_default();
                Err(OPERATIONAL.raise(format_args!(
                    "Could not decode to UTF-8 column '{name}' with text '{}'",
                    String::from_utf8_lossy(data)
                )))
            }
        };
    }
    if factory.is_same(PyBytes_Type.as_obj()) {
        return Ok(bytes::new(data).into_obj());
    }
    if factory.is_same(PyByteArray_Type.as_obj()) {
        return Ok(bytearray::new(data)?.into_obj());
    }
    call::call1(&factory, bytes::new(data).as_obj())
}

#[cfg(test)]
mod tests {
    use super::without_type;

    #[test]
    fn names_lose_their_types() {
        assert_eq!(without_type("a [int]"), "a");
        assert_eq!(without_type("a[int]"), "a");
        assert_eq!(without_type("[int]"), "");
        assert_eq!(without_type("a"), "a");
    }
}
