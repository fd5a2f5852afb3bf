//! `_sqlite3`: databases in files and in memory, by SQLite.

mod adapt;
mod backup;
mod bind;
mod blob;
mod callbacks;
mod calls;
mod columns;
mod connection;
mod connection_init;
mod connection_methods;
mod constants;
mod cursor;
mod cursor_methods;
mod errors;
mod functions;
mod row;
mod statement;

use core::ffi::CStr;
use std::ffi::CString;

use libsqlite3_sys as ffi;

use crate::codec::type_in_message;
use modules::prelude::*;
use vm::types::dict;
use vm::types::str_::StrExt as _;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_sqlite3",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    fastcall!(
        "adapt",
        adapt::adapt_call,
        "($module, obj, proto=PrepareProtocolType, alt=<unrepresentable>, /)"
    ),
    keywords!(
        "complete_statement",
        complete_statement,
        "($module, /, statement)"
    ),
    varargs_kw!(
        "connect",
        connection_init::connect,
        "($module, /, database, timeout=5.0, detect_types=0,\n        isolation_level='', check_same_thread=True,\n        factory=ConnectionType, cached_statements=128, uri=False, *,\n        autocommit=sqlite3.LEGACY_TRANSACTION_CONTROL)"
    ),
    o!(
        "enable_callback_tracebacks",
        |_: &Obj, enable: &Obj| Ok(TRACEBACKS.set(args::to_bool(enable)?)),
        "($module, enable, /)"
    ),
    fastcall!(
        "register_adapter",
        adapt::register_adapter,
        "($module, type, adapter, /)"
    ),
    fastcall!(
        "register_converter",
        adapt::register_converter,
        "($module, typename, converter, /)"
    ),
];

/// Whether exceptions in callbacks are shown.
static TRACEBACKS: Global<bool> = Global::new(false);

const PARSE_DECLTYPES: i32 = 1;
const PARSE_COLNAMES: i32 = 2;

static TYPES: &[TypeRow] = &[
    (&blob::BLOB, c"sqlite3.Blob", blob::define),
    (
        &connection::CONNECTION,
        c"sqlite3.Connection",
        connection::define,
    ),
    (&cursor::CURSOR, c"sqlite3.Cursor", cursor::define),
    (
        &adapt::PREPARE_PROTOCOL,
        c"sqlite3.PrepareProtocol",
        adapt::define_prepare_protocol,
    ),
    (&row::ROW, c"sqlite3.Row", row::define),
];

fn exec(m: &Obj) -> Result<()> {
    errors::add(m)?;
    declare((
        &statement::STATEMENT,
        c"sqlite3.Statement",
        statement::define,
    ))?;
    add_types(m, TYPES)?;
    for (name, value) in constants::CODES.iter().chain(&constants::OTHERS) {
        module::add(m, name, int::from_i64((*value).into()).as_obj())?;
    }
    module::add(m, "PARSE_DECLTYPES", int::small(PARSE_DECLTYPES))?;
    module::add(m, "PARSE_COLNAMES", int::small(PARSE_COLNAMES))?;
    module::add(
        m,
        "LEGACY_TRANSACTION_CONTROL",
        int::small(connection::LEGACY),
    )?;
    // SAFETY: a static text.
    let version = unsafe { CStr::from_ptr(ffi::sqlite3_libversion()) };
    module::add(
        m,
        "sqlite_version",
        str_::new(&version.to_string_lossy()).as_obj(),
    )?;
    // The library is built to be used by several threads, one at a time each.
    module::add(m, "threadsafety", int::small(3))?;
    for (name, holder) in [
        ("adapters", &adapt::ADAPTERS),
        ("converters", &adapt::CONVERTERS),
    ] {
        let d = dict::new();
        module::add(m, name, d.as_obj())?;
        holder.set(d.into_raw().cast());
    }
    Ok(())
}

fn complete_statement(_: &Obj, [statement]: [Option<&Obj>; 1]) -> Result<bool> {
    let statement = c_text("complete_statement", "statement", required(statement))?;
    // SAFETY: a valid text.
    Ok(unsafe { ffi::sqlite3_complete(statement.as_ptr()) } != 0)
}

/// A str argument as C takes it.
fn c_text(function: &str, name: &str, o: &Obj) -> Result<CString> {
    let Some(text) = str_::of(o) else {
        return raise!(
            TypeError,
            "{function}() argument '{name}' must be str, not {}",
            type_in_message(o)
        );
    };
    text_of(text)
}

/// A positional str argument as C takes it; `which` is "argument" or "argument 2".
fn c_positional(function: &str, which: &str, o: &Obj) -> Result<CString> {
    let Some(text) = str_::of(o) else {
        return raise!(
            TypeError,
            "{function}() {which} must be str, not {}",
            type_in_message(o)
        );
    };
    text_of(text)
}

fn text_of(text: &PyUnicodeObject) -> Result<CString> {
    match CString::new(text.as_str()?) {
        Ok(text) => Ok(text),
        Err(_) => raise!(ValueError, "embedded null character"),
    }
}
