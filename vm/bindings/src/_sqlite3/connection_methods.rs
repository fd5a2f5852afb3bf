//! The methods of connections, but for those that take callbacks.

use core::ffi::{c_char, c_int};
use core::ptr;

use libsqlite3_sys as ffi;

use super::connection::{Connection, DISABLED, ENABLED, LEGACY};
use super::cursor::{CURSOR, Cursor};
use super::errors::{OPERATIONAL, misuse};
use super::{backup, blob, c_positional, c_text, callbacks, functions};
use modules::imported::Imported;
use modules::prelude::*;

/// The methods.
pub static METHODS: &[PyMethodDef] = &[
    keywords!(
        "backup",
        backup::backup,
        "($self, /, target, *, pages=-1, progress=None, name='main',\n       sleep=0.25)"
    ),
    keywords!(
        "blobopen",
        blob::open,
        "($self, table, column, rowid, /, *, readonly=False, name='main')"
    ),
    noargs!("close", close, "($self, /)"),
    noargs!("commit", |c: &Connection| end(c, c"COMMIT"), "($self, /)"),
    varargs_kw!(
        "create_aggregate",
        functions::create_aggregate,
        "($self, /, name, n_arg, aggregate_class)"
    ),
    fastcall!(
        "create_collation",
        functions::create_collation,
        "($self, name, callback, /)"
    ),
    varargs_kw!(
        "create_function",
        functions::create_function,
        "($self, /, name, narg, func, *, deterministic=False)"
    ),
    fastcall!(
        "create_window_function",
        functions::create_window_function,
        "($self, name, num_params, aggregate_class, /)"
    ),
    keywords!("cursor", cursor, "($self, /, factory=<unrepresentable>)"),
    keywords!(
        "deserialize",
        backup::deserialize,
        "($self, data, /, *, name='main')"
    ),
    o!(
        "enable_load_extension",
        enable_load_extension,
        "($self, enable, /)"
    ),
    fastcall!(
        "execute",
        |c: &Connection, a: &[&Obj]| through_cursor(c, "execute", a),
        "($self, sql, parameters=(), /)"
    ),
    fastcall!(
        "executemany",
        |c: &Connection, a: &[&Obj]| through_cursor(c, "executemany", a),
        "($self, sql, parameters, /)"
    ),
    fastcall!(
        "executescript",
        |c: &Connection, a: &[&Obj]| through_cursor(c, "executescript", a),
        "($self, sql_script, /)"
    ),
    o!("getconfig", getconfig, "($self, op, /)"),
    o!(
        "getlimit",
        |c: &Connection, category: &Obj| limit(c, category, -1),
        "($self, category, /)"
    ),
    noargs!("interrupt", interrupt, "($self, /)"),
    keywords!("iterdump", iterdump, "($self, /, *, filter=None)"),
    keywords!(
        "load_extension",
        load_extension,
        "($self, name, /, *, entrypoint=None)"
    ),
    noargs!(
        "rollback",
        |c: &Connection| end(c, c"ROLLBACK"),
        "($self, /)"
    ),
    keywords!("serialize", backup::serialize, "($self, /, *, name='main')"),
    varargs_kw!(
        "set_authorizer",
        callbacks::set_authorizer,
        "($self, /, authorizer_callback)"
    ),
    varargs_kw!(
        "set_progress_handler",
        callbacks::set_progress_handler,
        "($self, /, progress_handler, n)"
    ),
    varargs_kw!(
        "set_trace_callback",
        callbacks::set_trace_callback,
        "($self, /, trace_callback)"
    ),
    fastcall!("setconfig", setconfig, "($self, op, enable=True, /)"),
    fastcall!("setlimit", setlimit, "($self, category, limit, /)"),
    noargs!("__enter__", enter, "($self, /)"),
    fastcall!("__exit__", exit, "($self, type, value, traceback, /)"),
];

fn close(c: &Connection) -> Result<()> {
    c.check_thread()?;
    if !c.initialized.get() {
        return misuse(format_args!("Base Connection.__init__ not called."));
    }
    c.close_blobs();
    c.statements.set(None);
    c.close()
}

/// Ends the transaction that is open, and begins another where there must always be one.
fn end(c: &Connection, how: &core::ffi::CStr) -> Result<()> {
    c.check()?;
    match c.autocommit.get() {
        LEGACY if !c.is_idle() => c.run(how),
        DISABLED => {
            c.run(how)?;
            c.run(c"BEGIN")
        }
        _ => Ok(()),
    }
}

fn cursor(c: &Connection, [factory]: [Option<&Obj>; 1]) -> Result {
    c.check()?;
    let factory = factory.unwrap_or(CURSOR.as_obj());
    let made = call::call1(factory, c.as_obj())?;
    let Some(cursor) = made.downcast::<Cursor>() else {
        return raise!(
            TypeError,
            "factory must return a cursor, not {:.100}",
            made.tp_name()
        );
    };
    if let Some(factory) = c.row_factory.get().filter(|f| !f.is_none()) {
        cursor.row_factory.set(Some(factory));
    }
    Ok(made)
}

fn through_cursor(c: &Connection, method: &str, a: &[&Obj]) -> Result {
    let counts = match method {
        "execute" => 1..=2,
        "executemany" => 2..=2,
        _ => 1..=1,
    };
    args::expect(method, a, counts)?;
    let cursor = call::call_method(c.as_obj(), "cursor", &[])?;
    call::call_method(&cursor, method, a)
}

fn interrupt(c: &Connection) -> Result<()> {
    c.check_open()?;
    // SAFETY: an open database.
    unsafe { ffi::sqlite3_interrupt(c.db.get()) };
    Ok(())
}

static ITERDUMP: Imported = Imported::new("sqlite3.dump", "_iterdump");

fn iterdump(c: &Connection, [filter]: [Option<&Obj>; 1]) -> Result {
    c.check_open()?;
    let filter = filter.unwrap_or(NONE());
    call::call_kw(ITERDUMP.get()?, &[c.as_obj()], &[("filter", filter)])
}

fn enable_load_extension(c: &Connection, enable: &Obj) -> Result<()> {
    let enable = args::to_bool(enable)?;
    vm::sys::audit_event(
        "sqlite3.enable_load_extension",
        &[c.as_obj(), if enable { TRUE() } else { FALSE() }],
    )?;
    c.check()?;
    // SAFETY: an open database.
    match unsafe { ffi::sqlite3_enable_load_extension(c.db.get(), enable.into()) } {
        ffi::SQLITE_OK => Ok(()),
        _ => Err(OPERATIONAL.raise(format_args!("Error enabling load extension"))),
    }
}

fn load_extension(c: &Connection, [name, entry]: [Option<&Obj>; 2]) -> Result<()> {
    let name = required(name);
    let path = c_positional("load_extension", "argument 1", name)?;
    let entry = match entry.filter(|o| !o.is_none()) {
        Some(entry) => Some(c_text("load_extension", "entrypoint", entry)?),
        None => None,
    };
    vm::sys::audit_event("sqlite3.load_extension", &[c.as_obj(), name])?;
    c.check()?;
    let entry = entry
        .as_deref()
        .map_or(ptr::null(), core::ffi::CStr::as_ptr);
    let mut message: *mut c_char = ptr::null_mut();
    // SAFETY: an open database, valid texts, and room for a message, which is given up below.
    unsafe {
        let code = ffi::sqlite3_load_extension(c.db.get(), path.as_ptr(), entry, &mut message);
        if code == ffi::SQLITE_OK {
            return Ok(());
        }
        if message.is_null() {
            return Err(c.error());
        }
        let text = core::ffi::CStr::from_ptr(message)
            .to_string_lossy()
            .into_owned();
        ffi::sqlite3_free(message.cast());
        Err(OPERATIONAL.raise(format_args!("{text}")))
    }
}

fn limit(c: &Connection, category: &Obj, value: c_int) -> Result<c_int> {
    let category = args::to_i32(category)?;
    c.check()?;
    // SAFETY: an open database; the library answers -1 for what it does not know.
    match unsafe { ffi::sqlite3_limit(c.db.get(), category, value) } {
        -1 => misuse(format_args!("'category' is out of bounds")),
        old => Ok(old),
    }
}

fn setlimit(c: &Connection, a: &[&Obj]) -> Result<c_int> {
    args::expect("setlimit", a, 2..=2)?;
    limit(c, a[0], args::to_i32(a[1])?)
}

/// The options that are on or off.
const OPTIONS: core::ops::RangeInclusive<c_int> =
    ffi::SQLITE_DBCONFIG_ENABLE_FKEY..=ffi::SQLITE_DBCONFIG_TRUSTED_SCHEMA;

/// Sets an option unless `value` is negative, and answers what it is.
fn option(c: &Connection, op: &Obj, value: c_int) -> Result<bool> {
    c.check()?;
    let op = args::to_i32(op)?;
    if !OPTIONS.contains(&op) {
        return raise!(ValueError, "unknown config 'op': {op}");
    }
    let mut now: c_int = 0;
    let at: *mut c_int = &mut now;
    // SAFETY: an open database, and the arguments that these options take.
    let code = unsafe { ffi::sqlite3_db_config(c.db.get(), op, value, at) };
    c.answer(code)?;
    Ok(now != 0)
}

fn getconfig(c: &Connection, op: &Obj) -> Result<bool> {
    option(c, op, -1)
}

fn setconfig(c: &Connection, a: &[&Obj]) -> Result<()> {
    args::expect("setconfig", a, 1..=2)?;
    let enable = a.get(1).map_or(Ok(true), |o| args::to_bool(o))?;
    match option(c, a[0], enable.into())? == enable {
        true => Ok(()),
        false => Err(OPERATIONAL.raise(format_args!("Unable to set config"))),
    }
}

fn enter(c: &Connection) -> Result {
    c.check()?;
    Ok(c.as_obj().new_ref())
}

fn exit(c: &Connection, a: &[&Obj]) -> Result<bool> {
    args::expect("__exit__", a, 3..=3)?;
    if c.autocommit.get() == ENABLED {
        return Ok(false);
    }
    let fine = a.iter().all(|o| o.is_none());
    if !fine {
        end(c, c"ROLLBACK")?;
        return Ok(false);
    }
    if let Err(raised) = end(c, c"COMMIT") {
        // What could not be committed is undone; the first error counts.
        let first = err::catch(raised);
        return match end(c, c"ROLLBACK") {
            Ok(()) => Err(err::reraise(first)),
            Err(second) => {
                drop(err::catch(second));
                Err(err::reraise(first))
            }
        };
    }
    Ok(false)
}
