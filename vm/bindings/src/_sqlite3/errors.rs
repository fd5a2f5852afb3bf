//! The exceptions of the database API, and which of them stands for which of the library's answers.

use core::ffi::{CStr, c_int};
use core::fmt;

use libsqlite3_sys as ffi;

use super::constants::CODES;
use crate::error_class::ErrorClass;
use modules::prelude::*;

pub static WARNING: ErrorClass = ErrorClass::new();
pub static ERROR: ErrorClass = ErrorClass::new();
pub static INTERFACE: ErrorClass = ErrorClass::new();
pub static DATABASE: ErrorClass = ErrorClass::new();
pub static DATA: ErrorClass = ErrorClass::new();
pub static OPERATIONAL: ErrorClass = ErrorClass::new();
pub static INTEGRITY: ErrorClass = ErrorClass::new();
pub static INTERNAL: ErrorClass = ErrorClass::new();
pub static PROGRAMMING: ErrorClass = ErrorClass::new();
pub static NOT_SUPPORTED: ErrorClass = ErrorClass::new();

/// The classes and their bases, each after its base.
pub static CLASSES: [(&ErrorClass, &str, Option<&ErrorClass>); 10] = [
    (&WARNING, "Warning", None),
    (&ERROR, "Error", None),
    (&INTERFACE, "InterfaceError", Some(&ERROR)),
    (&DATABASE, "DatabaseError", Some(&ERROR)),
    (&DATA, "DataError", Some(&DATABASE)),
    (&OPERATIONAL, "OperationalError", Some(&DATABASE)),
    (&INTEGRITY, "IntegrityError", Some(&DATABASE)),
    (&INTERNAL, "InternalError", Some(&DATABASE)),
    (&PROGRAMMING, "ProgrammingError", Some(&DATABASE)),
    (&NOT_SUPPORTED, "NotSupportedError", Some(&DATABASE)),
];

/// Adds the classes to the module.
pub fn add(m: &Obj) -> Result<()> {
    for (class, name, base) in CLASSES {
        let base = base.map_or(&exc::Exception, ErrorClass::get);
        class.add(m, "sqlite3", name, &[base])?;
    }
    Ok(())
}

/// Raises `ProgrammingError`.
#[cold]
pub fn misuse<T>(message: fmt::Arguments<'_>) -> Result<T> {
    Err(PROGRAMMING.raise(message))
}

/// The class for a primary result code; none for want of memory.
fn class_of(code: c_int) -> Option<&'static ErrorClass> {
    match code & 0xff {
        ffi::SQLITE_INTERNAL | ffi::SQLITE_NOTFOUND => Some(&INTERNAL),
        ffi::SQLITE_NOMEM => None,
        ffi::SQLITE_ERROR
        | ffi::SQLITE_PERM
        | ffi::SQLITE_ABORT
        | ffi::SQLITE_BUSY
        | ffi::SQLITE_LOCKED
        | ffi::SQLITE_READONLY
        | ffi::SQLITE_INTERRUPT
        | ffi::SQLITE_IOERR
        | ffi::SQLITE_FULL
        | ffi::SQLITE_CANTOPEN
        | ffi::SQLITE_PROTOCOL
        | ffi::SQLITE_EMPTY
        | ffi::SQLITE_SCHEMA => Some(&OPERATIONAL),
        ffi::SQLITE_CORRUPT => Some(&DATABASE),
        ffi::SQLITE_TOOBIG => Some(&DATA),
        ffi::SQLITE_CONSTRAINT | ffi::SQLITE_MISMATCH => Some(&INTEGRITY),
        ffi::SQLITE_MISUSE | ffi::SQLITE_RANGE => Some(&INTERFACE),
        _ => Some(&DATABASE),
    }
}

fn name_of(code: c_int) -> &'static str {
    let row = CODES.iter().find(|(_, value)| *value == code);
    row.map_or("unknown", |(name, _)| name)
}

/// Raises for a result code, with the code and its name on the exception.
#[cold]
pub fn raise_code(code: c_int, extended: c_int, message: &str) -> err::Raised {
    let Some(class) = class_of(code) else {
        return err::no_memory();
    };
    let make = || -> Result {
        let e = call::call1(class.get().as_obj(), str_::new(message).as_obj())?;
        let number = int::from_i64(extended.into());
        let name = str_::new(name_of(extended));
        proto::setattr(
            &e,
            str_::intern_str("sqlite_errorcode"),
            Some(number.as_obj()),
        )?;
        proto::setattr(
            &e,
            str_::intern_str("sqlite_errorname"),
            Some(name.as_obj()),
        )?;
        Ok(e)
    };
    match make() {
        Ok(e) => err::set_exception(e),
        Err(raised) => raised,
    }
}

/// Raises for the database's last error; what a callback has raised goes first.
///
/// # Safety
/// `db` is a live handle, or null where none could be made.
#[cold]
pub unsafe fn of_database(db: *mut ffi::sqlite3) -> err::Raised {
    if err::occurred() {
        return err::Raised::assume();
    }
    // SAFETY: the caller's; the texts are the library's.
    unsafe {
        let code = ffi::sqlite3_errcode(db);
        let extended = ffi::sqlite3_extended_errcode(db);
        let message = CStr::from_ptr(ffi::sqlite3_errmsg(db)).to_string_lossy();
        raise_code(code, extended, &message)
    }
}

/// Nothing for success, else what the database says.
///
/// # Safety
/// As [`of_database`].
pub unsafe fn check(db: *mut ffi::sqlite3, code: c_int) -> Result<()> {
    match code {
        ffi::SQLITE_OK => Ok(()),
        // SAFETY: the caller's.
        _ => Err(unsafe { of_database(db) }),
    }
}
