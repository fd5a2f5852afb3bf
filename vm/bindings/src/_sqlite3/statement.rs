//! `Statement`: a prepared statement, which its connection's cache keeps for the next time.

use core::ffi::{CStr, c_int};
use core::ptr;
use std::ffi::CString;

use libsqlite3_sys as ffi;

use super::connection::Connection;
use super::errors::{self, misuse};
use modules::prelude::*;
use vm::threads;
use vm::types::str_::StrExt as _;

/// `sqlite3.Statement`, which programs do not see.
#[repr(C)]
pub struct Statement {
    ob_base: PyObject,
    pub raw: *mut ffi::sqlite3_stmt,
    /// Whether it inserts, updates, deletes or replaces.
    pub is_dml: bool,
}

static_type!(Statement, STATEMENT);

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Statement>()
        .destructible()
        .dealloc_drop::<Statement>()
        .new_disallowed();
}

impl Drop for Statement {
    fn drop(&mut self) {
        let raw = self.raw;
        // SAFETY: owned, and not used again.
        threads::allow(|| unsafe { ffi::sqlite3_finalize(raw) });
    }
}

/// SQL without the space and the comments that it begins with.
fn without_preamble(mut sql: &[u8]) -> &[u8] {
    loop {
        sql = sql.trim_ascii_start();
        let behind = match sql {
            [b'-', b'-', rest @ ..] => rest.iter().position(|c| *c == b'\n').map(|at| &rest[at..]),
            [b'/', b'*', rest @ ..] => rest
                .windows(2)
                .position(|end| end == b"*/")
                .map(|at| &rest[at + 2..]),
            _ => return sql,
        };
        sql = behind.unwrap_or(&[]);
    }
}

const DML: [&[u8]; 4] = [b"insert", b"update", b"delete", b"replace"];

/// Prepares the one statement of `sql`.
pub fn prepare(c: &Connection, sql: &Obj) -> Result<Ref<Statement>> {
    let Some(text) = str_::of(sql) else {
        return raise!(
            TypeError,
            "argument 1 must be str, not {}",
            crate::codec::type_in_message(sql)
        );
    };
    let text = text.as_str()?;
    let db = c.db.get();
    // SAFETY: an open database.
    let limit = unsafe { ffi::sqlite3_limit(db, ffi::SQLITE_LIMIT_SQL_LENGTH, -1) };
    if text.len() > limit as usize {
        return Err(errors::DATA.raise(format_args!("query string is too large")));
    }
    let Ok(query) = CString::new(text) else {
        return misuse(format_args!("the query contains a null character"));
    };
    let (mut raw, mut tail) = (ptr::null_mut(), ptr::null());
    let size = text.len() as c_int + 1;
    // SAFETY: an open database, a valid text, and room for the answers.
    let code = threads::allow(|| unsafe {
        ffi::sqlite3_prepare_v2(db, query.as_ptr(), size, &mut raw, &mut tail)
    });
    // SAFETY: an open database.
    unsafe { errors::check(db, code)? };
    let is_dml = {
        let sql = without_preamble(text.as_bytes());
        DML.iter()
            .any(|word| sql.len() >= word.len() && sql[..word.len()].eq_ignore_ascii_case(word))
    };
    let statement = create(
        &STATEMENT,
        Statement {
            ob_base: header(),
            raw,
            is_dml,
        },
    )?;
    // SAFETY: the rest of the query, which is alive.
    let tail = unsafe { CStr::from_ptr(tail) };
    if !without_preamble(tail.to_bytes()).is_empty() {
        return misuse(format_args!(
            "You can only execute one statement at a time."
        ));
    }
    Ok(statement)
}

impl Statement {
    /// Takes the statement to its next row, or to its end.
    pub fn step(&self) -> c_int {
        let raw = self.raw;
        // SAFETY: a live statement.
        threads::allow(|| unsafe { ffi::sqlite3_step(raw) })
    }

    /// Takes the statement back to its beginning.
    pub fn reset(&self) -> c_int {
        let raw = self.raw;
        // SAFETY: a live statement.
        threads::allow(|| unsafe { ffi::sqlite3_reset(raw) })
    }

    /// Whether it has begun and not ended.
    pub fn is_busy(&self) -> bool {
        // SAFETY: a live statement.
        unsafe { ffi::sqlite3_stmt_busy(self.raw) != 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::without_preamble;

    #[test]
    fn preambles_of_all_kinds_are_skipped() {
        for sql in [
            "select",
            " \n select",
            "-- a\n select",
            "/* a */ -- b\n/**/select",
        ] {
            assert_eq!(without_preamble(sql.as_bytes()), b"select", "{sql}");
        }
        for sql in ["", " ", "-- a", "/* a", "/*/", "--\n"] {
            assert!(without_preamble(sql.as_bytes()).is_empty(), "{sql}");
        }
        assert_eq!(without_preamble(b"- -"), b"- -");
    }
}
