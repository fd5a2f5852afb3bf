//! Parameters of statements.

use core::ffi::{CStr, c_int};

use libsqlite3_sys as ffi;

use super::adapt;
use super::connection::Connection;
use super::errors::misuse;
use super::statement::Statement;
use crate::codec::bytes_of;
use modules::prelude::*;
use vm::protocol::buffer;
use vm::types::dict::DictExt as _;
use vm::types::float;
use vm::types::int::IntExt as _;
use vm::types::str_::StrExt as _;

/// The library copies what it is given so.
fn transient() -> ffi::sqlite3_destructor_type {
    ffi::SQLITE_TRANSIENT()
}

/// What an object is to the database.
pub enum Value<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'a str),
    Blob(buffer::Buffer),
}

/// The database's value for an object; none if it has none.
pub fn value_of(o: &Obj) -> Result<Option<Value<'_>>> {
    if o.is_none() {
        return Ok(Some(Value::Null));
    }
    if let Some(n) = o.downcast::<PyLongObject>() {
        return match n.to_i64() {
            Some(n) => Ok(Some(Value::Integer(n))),
            None => raise!(
                OverflowError,
                "Python int too large to convert to SQLite INTEGER"
            ),
        };
    }
    if let Some(x) = o.downcast::<PyFloatObject>() {
        return Ok(Some(Value::Real(float::value(x))));
    }
    if let Some(text) = str_::of(o) {
        let text = text.as_str()?;
        return match text.len() > c_int::MAX as usize {
            true => raise!(OverflowError, "string longer than INT_MAX bytes"),
            false => Ok(Some(Value::Text(text))),
        };
    }
    if !buffer::has_buffer(o) {
        return Ok(None);
    }
    let data = match bytes_of(o) {
        Ok(data) => data,
        Err(raised) => {
            if err::clear_if(&exc::BufferError) {
                return raise!(ValueError, "could not convert BLOB to buffer");
            }
            return Err(raised);
        }
    };
    match data.bytes().len() > c_int::MAX as usize {
        true => raise!(OverflowError, "BLOB longer than INT_MAX bytes"),
        false => Ok(Some(Value::Blob(data))),
    }
}

/// Binds parameter `i`, counted from one; none where its type has no value.
fn bind_one(s: &Statement, i: c_int, o: &Obj) -> Result<Option<c_int>> {
    let Some(value) = value_of(o)? else {
        return Ok(None);
    };
    // SAFETY: a live statement; texts and blobs are copied.
    Ok(Some(unsafe {
        match value {
            Value::Null => ffi::sqlite3_bind_null(s.raw, i),
            Value::Integer(n) => ffi::sqlite3_bind_int64(s.raw, i, n),
            Value::Real(x) => ffi::sqlite3_bind_double(s.raw, i, x),
            Value::Text(text) => ffi::sqlite3_bind_text(
                s.raw,
                i,
                text.as_ptr().cast(),
                text.len() as c_int,
                transient(),
            ),
            Value::Blob(data) => ffi::sqlite3_bind_blob(
                s.raw,
                i,
                data.bytes().as_ptr().cast(),
                data.bytes().len() as c_int,
                transient(),
            ),
        }
    }))
}

fn bind_checked(c: &Connection, s: &Statement, i: c_int, o: &Obj) -> Result<()> {
    let adapted = adapt::parameter(o)?;
    match bind_one(s, i, &adapted)? {
        Some(code) => c.answer(code),
        None => misuse(format_args!(
            "Error binding parameter {i}: type '{}' is not supported",
            adapted.tp_name()
        )),
    }
}

fn name_of(s: &Statement, i: c_int) -> Option<String> {
    // SAFETY: a live statement; the name is its own.
    unsafe {
        let name = ffi::sqlite3_bind_parameter_name(s.raw, i);
        (!name.is_null()).then(|| CStr::from_ptr(name).to_string_lossy().into_owned())
    }
}

fn is_mapping(o: &Obj) -> bool {
    // SAFETY: a type's suites are null or valid.
    unsafe { o.ty().tp_as_mapping.get().as_ref() }.is_some_and(|m| m.mp_subscript.get().is_some())
}

/// Binds all parameters, by position or by name.
pub fn bind(c: &Connection, s: &Statement, parameters: &Obj) -> Result<()> {
    // SAFETY: a live statement.
    let needed = unsafe { ffi::sqlite3_bind_parameter_count(s.raw) };
    let plain = parameters.is::<PyTupleObject>() || parameters.is::<PyListObject>();
    if plain || (!parameters.is::<PyDictObject>() && proto::is_sequence(parameters)) {
        return by_position(c, s, parameters, needed);
    }
    if is_mapping(parameters) {
        return by_name(c, s, parameters, needed);
    }
    misuse(format_args!("parameters are of unsupported type"))
}

fn by_position(c: &Connection, s: &Statement, parameters: &Obj, needed: c_int) -> Result<()> {
    let given = proto::length(parameters)?;
    if given != needed as usize {
        return misuse(format_args!(
            "Incorrect number of bindings supplied. The current statement uses {needed}, and there are {given} \
             supplied."
        ));
    }
    for i in 1..=needed {
        if let Some(name) = name_of(s, i).filter(|name| !name.starts_with('?')) {
            return misuse(format_args!(
                "Binding {i} ('{name}') is a named parameter, but you supplied a sequence which requires nominal \
                 (qmark) placeholders."
            ));
        }
        let value = proto::sequence_item(parameters, (i - 1) as isize)?;
        bind_checked(c, s, i, &value)?;
    }
    Ok(())
}

fn by_name(c: &Connection, s: &Statement, parameters: &Obj, needed: c_int) -> Result<()> {
    for i in 1..=needed {
        let Some(name) = name_of(s, i) else {
            return misuse(format_args!(
                "Binding {i} has no name, but you supplied a dictionary (which has only names)."
            ));
        };
        let key = str_::new(&name[1..]);
        let found = match parameters.downcast_exact::<PyDictObject>() {
            Some(d) => d.get(key.as_obj()),
            None => proto::getitem(parameters, key.as_obj()).map(Some),
        };
        let found = match found {
            Ok(found) => found,
            Err(raised) => match err::clear_if(&exc::LookupError) {
                true => None,
                false => return Err(raised),
            },
        };
        let Some(value) = found else {
            return misuse(format_args!(
                "You did not supply a value for binding parameter :{}.",
                &name[1..]
            ));
        };
        bind_checked(c, s, i, &value)?;
    }
    Ok(())
}
