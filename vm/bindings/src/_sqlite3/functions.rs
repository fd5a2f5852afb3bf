//! SQL functions, aggregates, window functions and collations in Python.

use core::ffi::{CStr, c_int, c_void};
use core::ptr;

use libsqlite3_sys as ffi;

use super::callbacks::deprecated_keywords;
use super::calls::*;
use super::connection::Connection;
use super::errors::{OPERATIONAL, misuse};
use super::{c_positional, c_text};
use modules::prelude::*;
use vm::types::dict::DictExt as _;

/// Puts a callable in the connection's table, and makes the library's context for it; `with` registers that. A callable of
/// None takes away what was there.
fn register(
    c: &Connection,
    key: Ref<PyTupleObject>,
    callable: &Obj,
    with: impl FnOnce(*mut c_void) -> c_int,
) -> Result<c_int> {
    let context = match callable.is_none() {
        true => ptr::null_mut(),
        false => Context::boxed(c, callable),
    };
    // Where the library refuses, the callable that was there must stay.
    let holder = tuple::pair(callable, NONE());
    let code = with(context.cast());
    if code == ffi::SQLITE_OK
        && let Some(table) = c.functions.get()
        && let Some(table) = table.downcast::<PyDictObject>()
    {
        match callable.is_none() {
            true => drop(table.pop(key.as_obj())?),
            false => table.set(key.as_obj(), holder.as_obj())?,
        }
    }
    Ok(code)
}

fn key(kind: &str, name: &CStr, n: c_int) -> Ref<PyTupleObject> {
    tuple::from_array([
        str_::new(kind).into_obj(),
        str_::new(&name.to_string_lossy().to_ascii_lowercase()).into_obj(),
        int::from_i64(n.into()).into_obj(),
    ])
}

/// Refuses a count of arguments that the library does not take.
fn check_count(c: &Connection, n: c_int, name: &str) -> Result<()> {
    // SAFETY: an open database.
    let most = unsafe { ffi::sqlite3_limit(c.db.get(), ffi::SQLITE_LIMIT_FUNCTION_ARG, -1) };
    if (-1..=most).contains(&n) {
        return Ok(());
    }
    misuse(format_args!(
        "'{name}' must be between -1 and {most}, not {n}"
    ))
}

/// `create_function(name, narg, func, *, deterministic=False)`.
pub fn create_function(c: &Connection, a: Args<'_>) -> Result<()> {
    static SIGNATURE: Signature = Signature::new(
        "create_function",
        "(name, narg, func, *, deterministic=False)",
    );
    deprecated_keywords(&a, 3, "create_function", "'name', 'narg' and 'func'")?;
    let [name, narg, func, deterministic] = SIGNATURE.bind_args(&a)?;
    let name = c_text("create_function", "name", required(name))?;
    let (narg, func) = (args::to_i32(required(narg))?, required(func));
    let deterministic = deterministic.map_or(Ok(false), args::to_bool)?;
    c.check()?;
    check_count(c, narg, "narg")?;
    let flags = match deterministic {
        true => ffi::SQLITE_UTF8 | ffi::SQLITE_DETERMINISTIC,
        false => ffi::SQLITE_UTF8,
    };
    let on = !func.is_none();
    let code = register(c, key("function", &name, narg), func, |context| {
        // SAFETY: an open database, a valid name, and a context that `destroy` gives up.
        unsafe {
            ffi::sqlite3_create_function_v2(
                c.db.get(),
                name.as_ptr(),
                narg,
                flags,
                context,
                on.then_some(call_function as _),
                None,
                None,
                on.then_some(destroy as _),
            )
        }
    })?;
    match code {
        ffi::SQLITE_OK => Ok(()),
        _ => Err(OPERATIONAL.raise(format_args!("Error creating function"))),
    }
}

/// `create_aggregate(name, n_arg, aggregate_class)`.
pub fn create_aggregate(c: &Connection, a: Args<'_>) -> Result<()> {
    static SIGNATURE: Signature =
        Signature::new("create_aggregate", "(name, n_arg, aggregate_class)");
    deprecated_keywords(
        &a,
        3,
        "create_aggregate",
        "'name', 'n_arg' and 'aggregate_class'",
    )?;
    let [name, n, class] = SIGNATURE.bind_args(&a)?;
    let name = c_text("create_aggregate", "name", required(name))?;
    let (n, class) = (args::to_i32(required(n))?, required(class));
    c.check()?;
    check_count(c, n, "n_arg")?;
    let on = !class.is_none();
    let code = register(c, key("function", &name, n), class, |context| {
        // SAFETY: an open database, a valid name, and a context that `destroy` gives up.
        unsafe {
            ffi::sqlite3_create_function_v2(
                c.db.get(),
                name.as_ptr(),
                n,
                ffi::SQLITE_UTF8,
                context,
                None,
                on.then_some(step as _),
                on.then_some(finish as _),
                on.then_some(destroy as _),
            )
        }
    })?;
    match code {
        ffi::SQLITE_OK => Ok(()),
        _ => Err(OPERATIONAL.raise(format_args!("Error creating aggregate"))),
    }
}

/// `create_window_function(name, num_params, aggregate_class, /)`.
pub fn create_window_function(c: &Connection, a: &[&Obj]) -> Result<()> {
    args::expect("create_window_function", a, 3..=3)?;
    let name = c_positional("create_window_function", "argument 1", a[0])?;
    let (n, class) = (args::to_i32(a[1])?, a[2]);
    c.check()?;
    check_count(c, n, "num_params")?;
    let on = !class.is_none();
    let code = register(c, key("function", &name, n), class, |context| {
        // SAFETY: an open database, a valid name, and a context that `destroy` gives up.
        unsafe {
            ffi::sqlite3_create_window_function(
                c.db.get(),
                name.as_ptr(),
                n,
                ffi::SQLITE_UTF8,
                context,
                on.then_some(step as _),
                on.then_some(finish as _),
                on.then_some(current_value as _),
                on.then_some(inverse as _),
                on.then_some(destroy as _),
            )
        }
    })?;
    c.answer(code)
}

/// `create_collation(name, callback, /)`.
pub fn create_collation(c: &Connection, a: &[&Obj]) -> Result<()> {
    args::expect("create_collation", a, 2..=2)?;
    let name = c_positional("create_collation", "argument 1", a[0])?;
    c.check()?;
    let callable = a[1];
    if !callable.is_none() && !proto::is_callable(callable) {
        return raise!(TypeError, "parameter must be callable");
    }
    let on = !callable.is_none();
    let code = register(c, key("collation", &name, 2), callable, |context| {
        // SAFETY: an open database, a valid name, and a context that is given up by `destroy`, or below.
        unsafe {
            let code = ffi::sqlite3_create_collation_v2(
                c.db.get(),
                name.as_ptr(),
                ffi::SQLITE_UTF8,
                context,
                on.then_some(collate as _),
                on.then_some(destroy as _),
            );
            // Unlike the others, this one leaves the context behind when it fails.
            if code != ffi::SQLITE_OK && on {
                destroy(context);
            }
            code
        }
    })?;
    c.answer(code)
}
