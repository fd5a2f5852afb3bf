//! The exceptions of TLS, and what the library's errors become.

use core::ffi::{CStr, c_int, c_long, c_ulong};

use super::api;
use super::openssl::{P, Text};
use crate::error_class::ErrorClass;
use modules::prelude::*;
use vm::types::type_;

/// `ssl.SSLError`, whose text is what it was made with.
pub static SSL_ERROR: PyTypeObject = PyTypeObject::statically_declared();
static ZERO_RETURN: ErrorClass = ErrorClass::new();
static WANT_READ: ErrorClass = ErrorClass::new();
static WANT_WRITE: ErrorClass = ErrorClass::new();
static SYSCALL: ErrorClass = ErrorClass::new();
static EOF: ErrorClass = ErrorClass::new();
static CERT_VERIFICATION: ErrorClass = ErrorClass::new();

/// What `SSL_get_error` answers, and one number of Python's own.
pub mod code {
    pub const SSL: i32 = 1;
    pub const WANT_READ: i32 = 2;
    pub const WANT_WRITE: i32 = 3;
    pub const WANT_X509_LOOKUP: i32 = 4;
    pub const SYSCALL: i32 = 5;
    pub const ZERO_RETURN: i32 = 6;
    pub const WANT_CONNECT: i32 = 7;
    pub const EOF: i32 = 8;
}

/// Adds the classes to the module.
pub fn add(m: &Obj) -> Result<()> {
    if !has_flag(&SSL_ERROR, Py_TPFLAGS_READY) {
        TypeBuilder::start(&SSL_ERROR, c"ssl.SSLError")
            .base(&exc::OSError)
            .basicsize::<PyOSErrorObject>()
            .destructible()
            .flags(Py_TPFLAGS_BASETYPE)
            .tp_str(text);
        type_::ready(&SSL_ERROR)?;
    }
    module::add(m, "SSLError", SSL_ERROR.as_obj())?;
    for (class, name) in [
        (&ZERO_RETURN, "SSLZeroReturnError"),
        (&WANT_READ, "SSLWantReadError"),
        (&WANT_WRITE, "SSLWantWriteError"),
        (&SYSCALL, "SSLSyscallError"),
        (&EOF, "SSLEOFError"),
    ] {
        class.add(m, "ssl", name, &[&SSL_ERROR])?;
    }
    CERT_VERIFICATION.add(
        m,
        "ssl",
        "SSLCertVerificationError",
        &[&SSL_ERROR, &exc::ValueError],
    )
}

/// The text of an error: what the library said, without the number.
fn text(e: &Obj) -> Result {
    let said = proto::getattr_str(e, "strerror")?;
    if said.is::<PyUnicodeObject>() {
        return Ok(said);
    }
    let args = proto::getattr_str(e, "args")?;
    proto::str(&args)
}

/// The library's last error, 0 if there is none.
pub fn last_code() -> c_ulong {
    // SAFETY: no arguments.
    unsafe { (api().ERR_peek_last_error)() }
}

/// Forgets the library's errors.
pub fn clear() {
    // SAFETY: no arguments.
    unsafe { (api().ERR_clear_error)() };
}

fn library(code: c_ulong) -> c_ulong {
    code >> 23 & 0xff
}

fn reason(code: c_ulong) -> c_ulong {
    code & 0x7f_ffff
}

const LIB_SSL: c_ulong = 20;
const LIB_SYS: c_ulong = 2;
const CERTIFICATE_VERIFY_FAILED: c_ulong = 134;
const UNEXPECTED_EOF: c_ulong = 294;

fn words(text: Text) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: a text of the library's.
    let text = unsafe { CStr::from_ptr(text) };
    Some(text.to_string_lossy().into_owned())
}

/// As the library's headers call it: "no start line" is `NO_START_LINE`.
fn mnemonic(words: &str) -> String {
    let words = words.strip_suffix(" routines").unwrap_or(words);
    words.to_ascii_uppercase().replace([' ', '-'], "_")
}

/// What the verification of a certificate has found.
pub struct Verification {
    pub code: c_long,
    pub message: String,
}

/// Raises `class` for an error code of the library's, in its words or in `default`.
#[cold]
pub fn raise(
    class: &PyTypeObject,
    number: i32,
    default: &str,
    code: c_ulong,
    verification: Option<Verification>,
) -> err::Raised {
    clear();
    // SAFETY: takes any number; the texts are the library's.
    let (said, from) = unsafe {
        (
            words((api().ERR_reason_error_string)(code)),
            words((api().ERR_lib_error_string)(code)),
        )
    };
    let (said, from) = match code {
        0 => (None, None),
        _ => (said, from),
    };
    let (reason, library) = (said.as_deref().map(mnemonic), from.as_deref().map(mnemonic));
    let mut message = match (&library, &reason) {
        (Some(library), Some(reason)) => format!("[{library}: {reason}] "),
        (Some(library), None) => format!("[{library}] "),
        _ => String::new(),
    };
    message.push_str(said.as_deref().unwrap_or(default));
    if let Some(verification) = &verification {
        message.push_str(": ");
        message.push_str(&verification.message);
    }
    let make = || -> Result {
        let (number, message) = (int::from_i64(number.into()), str_::new(&message));
        let e = call::call(class.as_obj(), &[number.as_obj(), message.as_obj()])?;
        let text = |s: &Option<String>| match s {
            Some(s) => str_::new(s).into_obj(),
            None => none(),
        };
        set(&e, "reason", &text(&reason))?;
        set(&e, "library", &text(&library))?;
        if let Some(verification) = &verification {
            set(&e, "verify_code", int::from_i64(verification.code).as_obj())?;
            set(
                &e,
                "verify_message",
                str_::new(&verification.message).as_obj(),
            )?;
        }
        Ok(e)
    };
    match make() {
        Ok(e) => err::set_exception(e),
        Err(raised) => raised,
    }
}

fn set(e: &Obj, name: &str, value: &Obj) -> Result<()> {
    proto::setattr(e, str_::intern_str(name), Some(value))
}

/// Raises `SSLError` for the library's last error.
#[cold]
pub fn last(default: &str) -> err::Raised {
    raise(&SSL_ERROR, code::SSL, default, last_code(), None)
}

/// Raises `SSLError` in our own words.
#[cold]
pub fn own(message: &str) -> err::Raised {
    clear();
    raise(&SSL_ERROR, 0, message, 0, None)
}

/// Raises `SSLError` with a text and no number.
#[cold]
pub fn plain(message: &str) -> err::Raised {
    clear();
    err::new(&SSL_ERROR, format_args!("{message}"))
}

/// Raises for what has become of an operation on a connection; `errno` is what the system said meanwhile.
#[cold]
pub fn of_connection(
    ssl: P,
    answer: c_int,
    got: i32,
    errno: i32,
    over_socket: bool,
    verification: impl FnOnce(P) -> Verification,
) -> err::Raised {
    let last = last_code();
    let plain =
        |class: &ErrorClass, number: i32, text: &str| raise(class.get(), number, text, 0, None);
    const VIOLATION: &str = "EOF occurred in violation of protocol";
    match got {
        code::ZERO_RETURN => plain(
            &ZERO_RETURN,
            got,
            "TLS/SSL connection has been closed (EOF)",
        ),
        code::WANT_READ => plain(&WANT_READ, got, "The operation did not complete (read)"),
        code::WANT_WRITE => plain(&WANT_WRITE, got, "The operation did not complete (write)"),
        code::WANT_X509_LOOKUP => raise(
            &SSL_ERROR,
            got,
            "The operation did not complete (X509 lookup)",
            0,
            None,
        ),
        code::WANT_CONNECT => raise(
            &SSL_ERROR,
            got,
            "The operation did not complete (connect)",
            0,
            None,
        ),
        code::SYSCALL if last == 0 => match answer {
            0 => plain(&EOF, code::EOF, VIOLATION),
            _ if over_socket && errno != 0 => {
                clear();
                err::errno(errno, None)
            }
            _ => plain(&EOF, code::EOF, VIOLATION),
        },
        code::SYSCALL if library(last) == LIB_SYS && errno != 0 => {
            clear();
            err::errno(errno, None)
        }
        code::SYSCALL => raise(SYSCALL.get(), got, "Some I/O error occurred", last, None),
        code::SSL if library(last) == LIB_SSL && reason(last) == CERTIFICATE_VERIFY_FAILED => {
            let found = verification(ssl);
            raise(CERT_VERIFICATION.get(), got, "", last, Some(found))
        }
        code::SSL if library(last) == LIB_SSL && reason(last) == UNEXPECTED_EOF => {
            raise(EOF.get(), code::EOF, VIOLATION, last, None)
        }
        code::SSL => raise(
            &SSL_ERROR,
            got,
            "A failure in the SSL library occurred",
            last,
            None,
        ),
        _ => raise(&SSL_ERROR, 10, "Invalid error code", last, None),
    }
}

#[cfg(test)]
mod tests {
    use super::mnemonic;

    #[test]
    fn words_become_names() {
        assert_eq!(mnemonic("no start line"), "NO_START_LINE");
        assert_eq!(mnemonic("SSL routines"), "SSL");
        assert_eq!(mnemonic("x509 certificate routines"), "X509_CERTIFICATE");
    }
}
