//! What a connection calls besides SQL functions: its authorizer, its progress handler, and its trace.

use core::ffi::{CStr, c_char, c_int, c_uint, c_void};

use libsqlite3_sys as ffi;

use super::TRACEBACKS;
use super::connection::Connection;
use super::errors::{DATA, OPERATIONAL};
use modules::prelude::*;
use vm::threads;

/// Warns of arguments given by name that will have no names.
pub fn deprecated_keywords(a: &Args<'_>, n: usize, function: &str, names: &str) -> Result<()> {
    if a.positional.len() >= n {
        return Ok(());
    }
    let (arguments, parameters) = match n {
        1 => ("argument", "Parameter"),
        _ => ("arguments", "Parameters"),
    };
    vm::warn::warn(
        &exc::DeprecationWarning,
        1,
        &format!(
            "Passing keyword {arguments} {names} to _sqlite3.Connection.{function}() is deprecated. {parameters} \
             {names} will become positional-only in Python 3.15."
        ),
    )
}

/// Shows the exception of a callback if that is asked for, and drops it.
pub fn report(callable: Option<&Obj>) {
    match TRACEBACKS.get() && err::occurred() {
        true => err::write_unraisable(callable, None),
        false => err::clear(),
    }
}

/// Takes the lock for a callback, and gives it back when dropped.
struct Inside(i32);

impl Drop for Inside {
    fn drop(&mut self) {
        threads::release_ensured(self.0);
    }
}

/// The connection that the library calls for, with the lock taken.
///
/// # Safety
/// `data` is a live connection: it is what has been given with a callback, which goes before the connection does.
unsafe fn enter<'a>(data: *mut c_void) -> (Inside, &'a Connection) {
    let inside = Inside(threads::ensure());
    // SAFETY: the caller's.
    (inside, unsafe { &*data.cast() })
}

/// `set_authorizer(authorizer_callback)`.
pub fn set_authorizer(c: &Connection, a: Args<'_>) -> Result<()> {
    static SIGNATURE: Signature = Signature::new("set_authorizer", "(authorizer_callback)");
    deprecated_keywords(&a, 1, "set_authorizer", "'authorizer_callback'")?;
    let [callable] = SIGNATURE.bind_args(&a)?;
    let callable = required(callable);
    c.check()?;
    let on = !callable.is_none();
    // SAFETY: an open database, which ends before the connection does.
    let code = unsafe {
        ffi::sqlite3_set_authorizer(c.db.get(), on.then_some(authorize as _), c.as_ptr().cast())
    };
    if code != ffi::SQLITE_OK {
        return Err(OPERATIONAL.raise(format_args!("Error setting authorizer callback")));
    }
    c.authorizer.set(on.then(|| callable.new_ref()));
    Ok(())
}

/// A text of the library's, or None.
///
/// # Safety
/// Null, or a valid text.
unsafe fn text(at: *const c_char) -> Ref {
    match at.is_null() {
        true => none(),
        // SAFETY: the caller's.
        false => str_::new(&unsafe { CStr::from_ptr(at) }.to_string_lossy()).into_obj(),
    }
}

unsafe extern "C" fn authorize(
    data: *mut c_void,
    action: c_int,
    first: *const c_char,
    second: *const c_char,
    database: *const c_char,
    trigger: *const c_char,
) -> c_int {
    // SAFETY: given with the callback; the library's texts are valid or null.
    let (_inside, c) = unsafe { enter(data) };
    let Some(callable) = c.authorizer.get() else {
        return ffi::SQLITE_OK;
    };
    let action = int::from_i64(action.into()).into_obj();
    // SAFETY: as above.
    let texts = [first, second, database, trigger].map(|at| unsafe { text(at) });
    let arguments = [&*action, &*texts[0], &*texts[1], &*texts[2], &*texts[3]];
    let answer = call::call(&callable, &arguments).and_then(|o| match o.is::<PyLongObject>() {
        true => crate::codec::c_int(&o),
        false => Ok(ffi::SQLITE_DENY),
    });
    answer.unwrap_or_else(|_| {
        report(Some(&callable));
        ffi::SQLITE_DENY
    })
}

/// `set_progress_handler(progress_handler, n)`.
pub fn set_progress_handler(c: &Connection, a: Args<'_>) -> Result<()> {
    static SIGNATURE: Signature = Signature::new("set_progress_handler", "(progress_handler, n)");
    deprecated_keywords(&a, 1, "set_progress_handler", "'progress_handler'")?;
    let [callable, n] = SIGNATURE.bind_args(&a)?;
    let (callable, n) = (required(callable), args::to_i32(required(n))?);
    c.check()?;
    let on = !callable.is_none();
    // SAFETY: an open database, which ends before the connection does.
    unsafe {
        ffi::sqlite3_progress_handler(
            c.db.get(),
            if on { n } else { 0 },
            on.then_some(progress as _),
            c.as_ptr().cast(),
        )
    };
    c.progress.set(on.then(|| callable.new_ref()));
    Ok(())
}

unsafe extern "C" fn progress(data: *mut c_void) -> c_int {
    // SAFETY: given with the callback.
    let (_inside, c) = unsafe { enter(data) };
    let Some(callable) = c.progress.get() else {
        return 0;
    };
    let stop = call::call0(&callable).and_then(|answer| proto::is_true(&answer));
    let stop = stop.unwrap_or_else(|_| {
        report(Some(&callable));
        true
    });
    stop.into()
}

/// `set_trace_callback(trace_callback)`.
pub fn set_trace_callback(c: &Connection, a: Args<'_>) -> Result<()> {
    static SIGNATURE: Signature = Signature::new("set_trace_callback", "(trace_callback)");
    deprecated_keywords(&a, 1, "set_trace_callback", "'trace_callback'")?;
    let [callable] = SIGNATURE.bind_args(&a)?;
    let callable = required(callable);
    c.check()?;
    let on = !callable.is_none();
    let what = if on { ffi::SQLITE_TRACE_STMT } else { 0 };
    // SAFETY: an open database, which ends before the connection does.
    unsafe {
        ffi::sqlite3_trace_v2(
            c.db.get(),
            what as c_uint,
            on.then_some(trace as _),
            c.as_ptr().cast(),
        )
    };
    c.trace.set(on.then(|| callable.new_ref()));
    Ok(())
}

/// The statement as it is run, with its parameters in their places.
///
/// # Safety
/// A live statement and its text.
unsafe fn expanded(
    c: &Connection,
    statement: *mut ffi::sqlite3_stmt,
    sql: *const c_char,
) -> Result {
    // SAFETY: the caller's; what the library makes is given up.
    unsafe {
        let made = ffi::sqlite3_expanded_sql(statement);
        if !made.is_null() {
            let expanded = text(made);
            ffi::sqlite3_free(made.cast());
            return Ok(expanded);
        }
        if ffi::sqlite3_errcode(ffi::sqlite3_db_handle(statement)) == ffi::SQLITE_NOMEM {
            return Err(err::no_memory());
        }
        let _ = DATA.raise(format_args!(
            "Expanded SQL string exceeds the maximum string length"
        ));
        report(c.trace.borrow());
        Ok(text(sql))
    }
}

unsafe extern "C" fn trace(
    kind: c_uint,
    data: *mut c_void,
    statement: *mut c_void,
    sql: *mut c_void,
) -> c_int {
    if kind != ffi::SQLITE_TRACE_STMT as c_uint {
        return 0;
    }
    // SAFETY: given with the callback.
    let (_inside, c) = unsafe { enter(data) };
    let Some(callable) = c.trace.get() else {
        return 0;
    };
    // SAFETY: for this kind the library hands over the statement and its text.
    let told = unsafe { expanded(c, statement.cast(), sql.cast()) }
        .and_then(|sql| call::call1(&callable, &sql));
    if told.is_err() {
        report(Some(&callable));
    }
    0
}
