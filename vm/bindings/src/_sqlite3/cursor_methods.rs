//! The methods of cursors.

use core::ptr;

use libsqlite3_sys as ffi;

use super::cursor::{Cursor, Parameters};
use super::errors;
use crate::codec::type_in_message;
use modules::prelude::*;
use vm::threads;
use vm::types::int::IntExt as _;
use vm::types::list::{self, ListExt as _};

/// The methods.
pub static METHODS: &[PyMethodDef] = &[
    noargs!("close", close, "($self, /)"),
    fastcall!("execute", execute, "($self, sql, parameters=(), /)"),
    fastcall!(
        "executemany",
        executemany,
        "($self, sql, seq_of_parameters, /)"
    ),
    o!("executescript", executescript, "($self, sql_script, /)"),
    noargs!("fetchall", |c: &Cursor| fetch(c, usize::MAX), "($self, /)"),
    keywords!("fetchmany", fetchmany, "($self, /, size=1)"),
    noargs!("fetchone", |c: &Cursor| c.next(), "($self, /)"),
    o!(
        "setinputsizes",
        |_: &Cursor, _: &Obj| Ok(()),
        "($self, sizes, /)"
    ),
    fastcall!(
        "setoutputsize",
        |_: &Cursor, a: &[&Obj]| args::expect("setoutputsize", a, 1..=2),
        "($self, size, column=None, /)"
    ),
];

fn close(c: &Cursor) -> Result<()> {
    c.check_unlocked()?;
    let connection = c.connection()?;
    connection.check()?;
    c.drop_statement();
    c.closed.set(true);
    Ok(())
}

/// The text of a statement.
fn sql<'a>(function: &str, o: &'a Obj) -> Result<&'a Obj> {
    match o.is::<PyUnicodeObject>() {
        true => Ok(o),
        false => raise!(
            TypeError,
            "{function}() argument 1 must be str, not {}",
            type_in_message(o)
        ),
    }
}

fn execute(c: &Cursor, a: &[&Obj]) -> Result {
    args::expect("execute", a, 1..=2)?;
    let parameters = a.get(1).copied().unwrap_or(tuple::empty_ref().as_obj());
    c.execute(sql("execute", a[0])?, Parameters::One(parameters))
}

fn executemany(c: &Cursor, a: &[&Obj]) -> Result {
    args::expect("executemany", a, 2..=2)?;
    c.execute(sql("executemany", a[0])?, Parameters::Many(a[1]))
}

fn executescript(c: &Cursor, script: &Obj) -> Result {
    let Some(text) = str_::of(script) else {
        return raise!(
            TypeError,
            "executescript() argument must be str, not {}",
            type_in_message(script)
        );
    };
    let text = super::text_of(text)?;
    let connection = c.check()?;
    let db = connection.db.get();
    // SAFETY: an open database.
    let limit = unsafe { ffi::sqlite3_limit(db, ffi::SQLITE_LIMIT_SQL_LENGTH, -1) };
    if text.count_bytes() > limit as usize {
        return Err(errors::DATA.raise(format_args!("query string is too large")));
    }
    if connection.autocommit.get() == super::connection::LEGACY && !connection.is_idle() {
        connection.run(c"COMMIT")?;
    }
    let mut at = text.as_ptr();
    // SAFETY: the text ends with a NUL, and `at` stays within it.
    while unsafe { *at } != 0 {
        let mut raw = ptr::null_mut();
        // SAFETY: an open database, a valid text, and room for the answers.
        let code = threads::allow(|| unsafe {
            let mut code = ffi::sqlite3_prepare_v2(db, at, -1, &mut raw, &mut at);
            if code == ffi::SQLITE_OK {
                loop {
                    code = ffi::sqlite3_step(raw);
                    if code != ffi::SQLITE_ROW {
                        break;
                    }
                }
                code = ffi::sqlite3_finalize(raw);
            }
            code
        });
        connection.answer(code)?;
    }
    Ok(c.as_obj().new_ref())
}

fn fetch(c: &Cursor, most: usize) -> Result {
    let rows = list::empty();
    while rows.len() < most {
        match c.next()? {
            Some(row) => rows.try_push(row)?,
            None => break,
        }
    }
    Ok(rows.into_obj())
}

/// How many rows, from an int that is not negative.
fn size_of_array(o: &Obj) -> Result<u32> {
    let n = number::index_int(o)?;
    if n.is_negative() {
        return raise!(ValueError, "Cannot convert negative int");
    }
    match n.to_u64().map(u32::try_from) {
        Some(Ok(n)) => Ok(n),
        _ => raise!(
            OverflowError,
            "Python int too large to convert to C uint32_t"
        ),
    }
}

fn fetchmany(c: &Cursor, [size]: [Option<&Obj>; 1]) -> Result {
    let size = match size {
        Some(size) => size_of_array(size)?,
        None => c.arraysize.get(),
    };
    match size {
        0 => fetch(c, 0),
        size => fetch(c, size as usize),
    }
}

/// Sets how many rows `fetchmany` fetches.
pub fn set_arraysize(c: &Cursor, value: Option<&Obj>) -> Result<()> {
    match value {
        Some(value) => Ok(c.arraysize.set(size_of_array(value)?)),
        None => raise!(AttributeError, "arraysize attribute cannot be deleted"),
    }
}
