//! How connections are made, and their attributes.

use core::ffi::{CStr, c_int};
use core::{cell::Cell, ptr};
use std::rc::Rc;

use libsqlite3_sys as ffi;

use super::connection::{CONNECTION, Connection, DISABLED, ENABLED, LEGACY};
use super::errors;
use modules::imported::Imported;
use modules::posix::convert::fs_string;
use modules::prelude::*;
use vm::threads;
use vm::types::dict;
use vm::types::str_::StrExt as _;

static LRU_CACHE: Imported = Imported::new("functools", "lru_cache");

/// The levels that a transaction may be begun with, and what begins it.
static LEVELS: [(&str, &CStr); 4] = [
    ("", c"BEGIN "),
    ("DEFERRED", c"BEGIN DEFERRED"),
    ("IMMEDIATE", c"BEGIN IMMEDIATE"),
    ("EXCLUSIVE", c"BEGIN EXCLUSIVE"),
];

fn level_of(o: &Obj) -> Result<Option<&'static CStr>> {
    if o.is_none() {
        return Ok(None);
    }
    let Some(text) = str_::of(o) else {
        return raise!(TypeError, "isolation_level must be str or None");
    };
    let text = text.as_str()?;
    if text.contains('\0') {
        return raise!(ValueError, "embedded null character");
    }
    let known = LEVELS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(text));
    match known {
        Some((_, begin)) => Ok(Some(begin)),
        None => raise!(
            ValueError,
            "isolation_level string must be '', 'DEFERRED', 'IMMEDIATE', or 'EXCLUSIVE'"
        ),
    }
}

fn autocommit_of(o: &Obj) -> Result<i32> {
    if o.is_same(TRUE()) {
        return Ok(ENABLED);
    }
    if o.is_same(FALSE()) {
        return Ok(DISABLED);
    }
    if o.is::<PyLongObject>() && args::to_i64(o).is_ok_and(|n| n == i64::from(LEGACY)) {
        return Ok(LEGACY);
    }
    err::clear();
    raise!(
        ValueError,
        "autocommit must be True, False, or sqlite3.LEGACY_TRANSACTION_CONTROL"
    )
}

static SIGNATURE: Signature = Signature::new(
    "Connection",
    "(database, timeout=5.0, detect_types=0, isolation_level='', check_same_thread=True, factory=ConnectionType, \
     cached_statements=128, uri=False, *, autocommit=sqlite3.LEGACY_TRANSACTION_CONTROL)",
);

fn warn_of_positional(function: &str, given: usize) -> Result<()> {
    if given < 2 {
        return Ok(());
    }
    vm::warn::warn(
        &exc::DeprecationWarning,
        1,
        &format!(
            "Passing more than 1 positional argument to {function}() is deprecated. Parameters 'timeout', \
             'detect_types', 'isolation_level', 'check_same_thread', 'factory', 'cached_statements' and 'uri' will \
             become keyword-only parameters in Python 3.15."
        ),
    )
}

/// `connect(database, …)`.
pub fn connect(_: &Obj, a: Args<'_>) -> Result {
    warn_of_positional("sqlite3.connect", a.positional.len())?;
    let named = a
        .keywords()
        .find(|(name, _)| str_::same_text(name, "factory"))
        .map(|(_, value)| value);
    let factory = named.or(a.positional.get(5).copied());
    let factory = factory.unwrap_or(CONNECTION.as_obj());
    // The warning has been given.
    QUIET.set(QUIET.get() + 1);
    let made = call::call_args(factory, &a);
    QUIET.set(QUIET.get() - 1);
    made
}

/// How many calls of `connect` are under way, which have warned already.
static QUIET: Global<u32> = Global::new(0);

/// What `__init__` is given.
struct Settings {
    path: std::ffi::CString,
    timeout: f64,
    detect_types: i32,
    isolation_level: Option<&'static CStr>,
    check_same_thread: bool,
    cache: i32,
    uri: bool,
    autocommit: i32,
}

impl Settings {
    fn bind(args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<Settings> {
        let [
            database,
            timeout,
            detect_types,
            level,
            same_thread,
            _,
            cache,
            uri,
            autocommit,
        ] = SIGNATURE.bind(args, kwargs)?;
        Ok(Settings {
            path: fs_string(required(database))?,
            timeout: timeout.map_or(Ok(5.0), args::to_f64)?,
            detect_types: detect_types.map_or(Ok(0), args::to_i32)?,
            isolation_level: level.map_or(Ok(Some(LEVELS[0].1)), level_of)?,
            check_same_thread: same_thread.map_or(Ok(true), args::to_bool)?,
            cache: cache.map_or(Ok(128), args::to_i32)?,
            uri: uri.map_or(Ok(false), args::to_bool)?,
            autocommit: autocommit.map_or(Ok(LEGACY), autocommit_of)?,
        })
    }
}

/// `Connection.__init__`.
pub fn init(c: &Connection, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    if QUIET.get() == 0 {
        warn_of_positional("_sqlite3.Connection", args.len())?;
    }
    let settings = Settings::bind(args, kwargs)?;
    vm::sys::audit_event(
        "sqlite3.connect",
        &[args.objects().first().copied().unwrap_or(NONE())],
    )?;
    if c.initialized.replace(false) {
        c.close_blobs();
        c.statements.set(None);
        c.close()?;
    }
    c.row_factory.set(None);
    c.functions.set(Some(dict::new().into_obj()));
    c.aggregates.set(Some(dict::new().into_obj()));
    let db = open(&settings)?;
    c.db.set(db);
    *c.shared.borrow_mut() = Rc::new(Cell::new(ptr::from_ref(c)));
    c.detect_types.set(settings.detect_types);
    c.isolation_level.set(settings.isolation_level);
    c.autocommit.set(settings.autocommit);
    c.check_same_thread.set(settings.check_same_thread);
    // SAFETY: no arguments.
    c.thread.set(unsafe { libc::pthread_self() });
    c.text_factory.set(Some(PyUnicode_Type.as_obj().new_ref()));
    let decorator = call::call1(
        LRU_CACHE.get()?,
        int::from_i64(settings.cache.into()).as_obj(),
    )?;
    c.statements.set(Some(call::call1(&decorator, c.as_obj())?));
    c.initialized.set(true);
    vm::sys::audit_event("sqlite3.connect/handle", &[c.as_obj()])?;
    match settings.autocommit {
        DISABLED => c.run(c"BEGIN"),
        _ => Ok(()),
    }
}

fn open(settings: &Settings) -> Result<*mut ffi::sqlite3> {
    let uri = if settings.uri {
        ffi::SQLITE_OPEN_URI
    } else {
        0
    };
    let flags = ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_CREATE | uri;
    let milliseconds = (settings.timeout * 1000.0) as c_int;
    let mut db = ptr::null_mut();
    // SAFETY: a valid path, and room for the answer, which is set even on failure unless memory is out.
    let code = threads::allow(|| unsafe {
        let code = ffi::sqlite3_open_v2(settings.path.as_ptr(), &mut db, flags, ptr::null());
        if code == ffi::SQLITE_OK {
            ffi::sqlite3_busy_timeout(db, milliseconds);
        }
        code
    });
    if db.is_null() {
        return Err(err::no_memory());
    }
    if code != ffi::SQLITE_OK {
        // SAFETY: a handle that knows its error, and is given up then.
        unsafe {
            let raised = errors::of_database(db);
            ffi::sqlite3_close(db);
            return Err(raised);
        }
    }
    // The library is built with foreign keys on, which SQL's users do not expect.
    let nowhere: *mut c_int = ptr::null_mut();
    // SAFETY: an open database, and the arguments that this option takes.
    unsafe { ffi::sqlite3_db_config(db, ffi::SQLITE_DBCONFIG_ENABLE_FKEY, 0 as c_int, nowhere) };
    Ok(db)
}

macro_rules! class {
    ($name:literal, $class:ident) => {
        getset!($name, |_: &Connection| Ok(errors::$class
            .get()
            .as_obj()
            .new_ref()))
    };
}

fn factory(slot: &Slot) -> Result {
    Ok(slot.get().unwrap_or_else(none))
}

fn set_factory(slot: &Slot, value: Option<&Obj>, name: &str) -> Result<()> {
    match value {
        Some(value) => Ok(slot.set(Some(value.new_ref()))),
        None => raise!(AttributeError, "cannot delete {name} attribute"),
    }
}

/// The attributes.
pub static GETSET: &[PyGetSetDef] = &[
    class!("Warning", WARNING),
    class!("Error", ERROR),
    class!("InterfaceError", INTERFACE),
    class!("DatabaseError", DATABASE),
    class!("DataError", DATA),
    class!("OperationalError", OPERATIONAL),
    class!("IntegrityError", INTEGRITY),
    class!("InternalError", INTERNAL),
    class!("ProgrammingError", PROGRAMMING),
    class!("NotSupportedError", NOT_SUPPORTED),
    getset!(
        "row_factory",
        |c: &Connection| factory(&c.row_factory),
        |c: &Connection, value: Option<&Obj>| set_factory(&c.row_factory, value, "row_factory")
    ),
    getset!(
        "text_factory",
        |c: &Connection| factory(&c.text_factory),
        |c: &Connection, value: Option<&Obj>| set_factory(&c.text_factory, value, "text_factory")
    ),
    getset!("isolation_level", get_isolation_level, set_isolation_level),
    getset!("autocommit", get_autocommit, set_autocommit),
    getset!("total_changes", |c: &Connection| {
        c.check_open()?;
        // SAFETY: an open database.
        Ok(unsafe { ffi::sqlite3_total_changes(c.db.get()) })
    }),
    getset!("in_transaction", |c: &Connection| {
        c.check_open()?;
        Ok(!c.is_idle())
    }),
];

fn get_isolation_level(c: &Connection) -> Result {
    c.check_open()?;
    let level = c.isolation_level.get();
    let row = LEVELS.iter().find(|(_, begin)| Some(*begin) == level);
    Ok(row.map_or_else(none, |(name, _)| str_::new(name).into_obj()))
}

fn set_isolation_level(c: &Connection, value: Option<&Obj>) -> Result<()> {
    let Some(value) = value else {
        return raise!(AttributeError, "cannot delete attribute");
    };
    let level = level_of(value)?;
    c.isolation_level.set(level);
    if level.is_none() && c.autocommit.get() == LEGACY {
        // What was begun for the program is ended for it.
        c.check()?;
        if !c.is_idle() {
            return c.run(c"COMMIT");
        }
    }
    Ok(())
}

fn get_autocommit(c: &Connection) -> Result {
    c.check()?;
    Ok(match c.autocommit.get() {
        ENABLED => bool_(true),
        DISABLED => bool_(false),
        other => int::from_i64(other.into()).into_obj(),
    })
}

fn set_autocommit(c: &Connection, value: Option<&Obj>) -> Result<()> {
    c.check()?;
    let Some(value) = value else {
        return raise!(AttributeError, "cannot delete autocommit attribute");
    };
    let autocommit = autocommit_of(value)?;
    match autocommit {
        ENABLED if !c.is_idle() => c.run(c"COMMIT")?,
        DISABLED if c.is_idle() => c.run(c"BEGIN")?,
        _ => {}
    }
    c.autocommit.set(autocommit);
    Ok(())
}
