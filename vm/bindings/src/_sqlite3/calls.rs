//! How the library calls SQL functions, aggregates, window functions and collations.

use core::cell::Cell;
use core::ffi::{c_int, c_void};
use core::{ptr, slice};
use std::rc::Rc;

use libsqlite3_sys as ffi;

use super::bind::{Value, value_of};
use super::callbacks::report;
use super::connection::Connection;
use modules::prelude::*;
use vm::threads;
use vm::types::dict::DictExt as _;
use vm::types::{bytes, float};

/// What the library keeps for a callable. The connection's table holds the callable; when the connection is closed, the
/// shared cell is null.
pub struct Context {
    callable: *const Obj,
    connection: Rc<Cell<*const Connection>>,
}

/// Takes the lock for a callback, and gives it back when dropped.
struct Inside(i32);

impl Inside {
    fn enter() -> Inside {
        Inside(threads::ensure())
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        threads::release_ensured(self.0);
    }
}

/// # Safety
/// Called by the library, which gives up what [`Context::boxed`] gave it.
pub unsafe extern "C" fn destroy(context: *mut c_void) {
    // SAFETY: the library gives up what `register` gave it.
    drop(unsafe { Box::from_raw(context.cast::<Context>()) });
}

impl Context {
    /// What to give the library for a callable of a connection.
    pub fn boxed(c: &Connection, callable: &Obj) -> *mut Context {
        Box::into_raw(Box::new(Context {
            callable: ptr::from_ref(callable),
            connection: c.shared.borrow().clone(),
        }))
    }

    fn connection(&self) -> Option<&Connection> {
        // SAFETY: null, or a live connection: one that dies clears the cell.
        unsafe { self.connection.get().as_ref() }
    }

    fn callable(&self) -> Option<Ref> {
        self.connection()?;
        // SAFETY: while the connection is open its table holds the callable.
        Some(unsafe { &*self.callable }.new_ref())
    }
}

/// The objects for a function's arguments.
///
/// # Safety
/// `n` valid values at `values`.
unsafe fn arguments(n: c_int, values: *mut *mut ffi::sqlite3_value) -> Result<Vec<Ref>> {
    let mut out = Vec::with_capacity(n as usize);
    for i in 0..n as usize {
        // SAFETY: the caller's; the library tells how long texts and blobs are.
        out.push(unsafe {
            let value = *values.add(i);
            let data = |at: *const c_void| {
                let len = ffi::sqlite3_value_bytes(value) as usize;
                match at.is_null() {
                    true => &[][..],
                    false => slice::from_raw_parts(at.cast::<u8>(), len),
                }
            };
            match ffi::sqlite3_value_type(value) {
                ffi::SQLITE_INTEGER => int::from_i64(ffi::sqlite3_value_int64(value)).into_obj(),
                ffi::SQLITE_FLOAT => float::new(ffi::sqlite3_value_double(value)).into_obj(),
                ffi::SQLITE_TEXT => {
                    let text = data(ffi::sqlite3_value_text(value).cast());
                    str_::decoded(bytes::new(text).as_obj(), Some("utf-8"), None)?
                }
                ffi::SQLITE_BLOB => bytes::new(data(ffi::sqlite3_value_blob(value))).into_obj(),
                _ => none(),
            }
        });
    }
    Ok(out)
}

/// Gives the library a function's result.
///
/// # Safety
/// A valid context of a call.
unsafe fn set_result(context: *mut ffi::sqlite3_context, o: &Obj) -> Result<()> {
    let transient = ffi::SQLITE_TRANSIENT();
    let Some(value) = value_of(o)? else {
        return raise!(TypeError, "unsupported result");
    };
    // SAFETY: the caller's; texts and blobs are copied.
    unsafe {
        match value {
            Value::Null => ffi::sqlite3_result_null(context),
            Value::Integer(n) => ffi::sqlite3_result_int64(context, n),
            Value::Real(x) => ffi::sqlite3_result_double(context, x),
            Value::Text(text) => ffi::sqlite3_result_text(
                context,
                text.as_ptr().cast(),
                text.len() as c_int,
                transient,
            ),
            Value::Blob(data) => ffi::sqlite3_result_blob(
                context,
                data.bytes().as_ptr().cast(),
                data.bytes().len() as c_int,
                transient,
            ),
        }
    }
    Ok(())
}

/// Tells the library of a failure, and shows or drops the exception.
///
/// # Safety
/// A valid context of a call.
unsafe fn fail(context: *mut ffi::sqlite3_context, message: &str, callable: Option<&Obj>) {
    // SAFETY: the caller's; the message is copied.
    unsafe {
        if err::matches(&exc::MemoryError) {
            ffi::sqlite3_result_error_nomem(context);
        } else if err::matches(&exc::OverflowError) {
            ffi::sqlite3_result_error_toobig(context);
        } else {
            ffi::sqlite3_result_error(context, message.as_ptr().cast(), message.len() as c_int);
        }
    }
    report(callable);
}

/// The context that was registered for a call.
///
/// # Safety
/// A valid context of a call of a function that was registered here.
unsafe fn registered<'a>(context: *mut ffi::sqlite3_context) -> &'a Context {
    // SAFETY: the caller's.
    unsafe { &*ffi::sqlite3_user_data(context).cast() }
}

/// # Safety
/// Called by the library, with its context and values.
pub unsafe extern "C" fn call_function(
    context: *mut ffi::sqlite3_context,
    n: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    let _inside = Inside::enter();
    // SAFETY: the library calls with valid values.
    unsafe {
        let callable = registered(context).callable();
        let run = || -> Result<()> {
            let Some(callable) = &callable else {
                return raise!(RuntimeError, "the connection is closed");
            };
            let values = arguments(n, values)?;
            let values: Vec<&Obj> = values.iter().map(|o| &**o).collect();
            set_result(context, &*call::call(callable, &values)?)
        };
        if run().is_err() {
            fail(
                context,
                "user-defined function raised exception",
                callable.as_deref(),
            );
        }
    }
}

/// The instance that a call works on: its number is in the library's memory, itself in the connection's table.
///
/// # Safety
/// A valid context of an aggregate's call.
unsafe fn instance(
    context: *mut ffi::sqlite3_context,
    make: bool,
) -> Result<Option<(Ref, Ref<PyDictObject>, Ref)>> {
    // SAFETY: the caller's.
    let (registered, number) = unsafe {
        let size = if make { size_of::<u64>() as c_int } else { 0 };
        let number = ffi::sqlite3_aggregate_context(context, size).cast::<u64>();
        (registered(context), number.as_mut())
    };
    let (Some(c), Some(number)) = (registered.connection(), number) else {
        return Ok(None);
    };
    let table = c.aggregates.get().map(Ref::downcast_ref::<PyDictObject>);
    let Some(Ok(table)) = table else {
        return Ok(None);
    };
    if *number == 0 {
        let Some(class) = registered.callable().filter(|_| make) else {
            return Ok(None);
        };
        let made = call::call0(&class)?;
        *number = c.next_aggregate.get();
        c.next_aggregate.set(*number + 1);
        table.set(int::from_u64(*number).as_obj(), &made)?;
    }
    let key = int::from_u64(*number).into_obj();
    Ok(table.get(&key)?.map(|instance| (instance, table, key)))
}

/// Calls a method of an aggregate with the values of a row.
///
/// # Safety
/// A valid context of an aggregate's call, with valid values.
unsafe fn feed(
    context: *mut ffi::sqlite3_context,
    n: c_int,
    values: *mut *mut ffi::sqlite3_value,
    method: &str,
) {
    let _inside = Inside::enter();
    // SAFETY: the caller's.
    unsafe {
        let found = match instance(context, method == "step") {
            Ok(Some((found, ..))) => found,
            Ok(None) => return,
            Err(_) => {
                return fail(
                    context,
                    "user-defined aggregate's '__init__' method raised error",
                    None,
                );
            }
        };
        let Ok(bound) = proto::getattr(&found, str_::intern_str(method)) else {
            let message = format!("user-defined aggregate's '{method}' method not defined");
            return fail(context, &message, Some(&found));
        };
        let run = || -> Result<()> {
            let values = arguments(n, values)?;
            let values: Vec<&Obj> = values.iter().map(|o| &**o).collect();
            call::call(&bound, &values)?;
            Ok(())
        };
        if run().is_err() {
            let message = format!("user-defined aggregate's '{method}' method raised error");
            fail(context, &message, Some(&found));
        }
    }
}

/// Calls a method of an aggregate for its result.
///
/// # Safety
/// A valid context of an aggregate's call.
unsafe fn result(context: *mut ffi::sqlite3_context, method: &str, last: bool) {
    let _inside = Inside::enter();
    // SAFETY: the caller's.
    unsafe {
        let Ok(Some((found, table, key))) = instance(context, false) else {
            err::clear();
            return;
        };
        // The statement may have failed already; its error is not to be lost.
        let pending = err::take();
        let run = || -> core::result::Result<(), &str> {
            let bound =
                proto::getattr(&found, str_::intern_str(method)).map_err(|_| "not defined")?;
            let made = call::call0(&bound).map_err(|_| "raised error")?;
            set_result(context, &made).map_err(|_| "raised error")
        };
        if let Err(what) = run() {
            let message = format!("user-defined aggregate's '{method}' method {what}");
            fail(context, &message, Some(&found));
        }
        if last && table.del(&key).is_err() {
            err::clear();
        }
        let _ = err::restore(pending);
    }
}

/// # Safety
/// Called by the library, with its context and values.
pub unsafe extern "C" fn step(
    context: *mut ffi::sqlite3_context,
    n: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    // SAFETY: the library calls with valid values.
    unsafe { feed(context, n, values, "step") };
}

/// # Safety
/// Called by the library, with its context and values.
pub unsafe extern "C" fn inverse(
    context: *mut ffi::sqlite3_context,
    n: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    // SAFETY: the library calls with valid values.
    unsafe { feed(context, n, values, "inverse") };
}

/// # Safety
/// Called by the library, with its context and values.
pub unsafe extern "C" fn finish(context: *mut ffi::sqlite3_context) {
    // SAFETY: the library calls with a valid context.
    unsafe { result(context, "finalize", true) };
}

/// # Safety
/// Called by the library, with its context and values.
pub unsafe extern "C" fn current_value(context: *mut ffi::sqlite3_context) {
    // SAFETY: the library calls with a valid context.
    unsafe { result(context, "value", false) };
}

/// # Safety
/// Called by the library, with its context and values.
pub unsafe extern "C" fn collate(
    context: *mut c_void,
    a_len: c_int,
    a: *const c_void,
    b_len: c_int,
    b: *const c_void,
) -> c_int {
    let _inside = Inside::enter();
    // SAFETY: the library's context, and texts of these lengths.
    let (context, texts) = unsafe {
        let text = |at: *const c_void, len: c_int| match at.is_null() {
            true => &[][..],
            false => slice::from_raw_parts(at.cast::<u8>(), len as usize),
        };
        (
            &*context.cast::<Context>(),
            [text(a, a_len), text(b, b_len)],
        )
    };
    if err::occurred() {
        return 0;
    }
    let callable = context.callable();
    let run = || -> Result<c_int> {
        let Some(callable) = &callable else {
            return Ok(0);
        };
        let decode = |text: &[u8]| str_::decoded(bytes::new(text).as_obj(), Some("utf-8"), None);
        let (a, b) = (decode(texts[0])?, decode(texts[1])?);
        let order = call::call(callable, &[&*a, &*b])?;
        Ok(args::to_i64(&order)?.signum() as c_int)
    };
    run().unwrap_or_else(|_| {
        report(callable.as_deref());
        0
    })
}
