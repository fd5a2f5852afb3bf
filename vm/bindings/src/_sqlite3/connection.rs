//! `Connection`: an open database.

use core::cell::{Cell, RefCell};
use core::ffi::{CStr, c_int};
use core::ptr;
use std::rc::Rc;

use libsqlite3_sys as ffi;

use super::blob::Blob;
use super::errors::{self, misuse};
use super::statement::{self, Statement};
use super::{connection_init, connection_methods};
use modules::prelude::*;
use vm::threads;

unsafe extern "C" {
    /// Closes a database, or leaves that to the last of its statements. The crate's bindings leave it out.
    fn sqlite3_close_v2(db: *mut ffi::sqlite3) -> c_int;
}

/// `autocommit` where transactions are begun before statements that write.
pub const LEGACY: i32 = -1;
/// `autocommit` where a transaction is always open.
pub const DISABLED: i32 = 0;
/// `autocommit` where the database's own rules hold.
pub const ENABLED: i32 = 1;

/// `sqlite3.Connection`.
#[repr(C)]
pub struct Connection {
    ob_base: PyObject,
    /// The library's handle; null before `__init__` and after `close`.
    pub db: Cell<*mut ffi::sqlite3>,
    pub initialized: Cell<bool>,
    pub detect_types: Cell<i32>,
    pub autocommit: Cell<i32>,
    /// How transactions are begun; None for never.
    pub isolation_level: Cell<Option<&'static CStr>>,
    pub check_same_thread: Cell<bool>,
    pub thread: Cell<u64>,
    /// Prepared statements by their text: a cached function over the connection.
    pub statements: Slot,
    pub row_factory: Slot,
    pub text_factory: Slot,
    pub trace: Slot,
    pub progress: Slot,
    pub authorizer: Slot,
    /// The callables of functions, aggregates and collations, by kind, name and count.
    pub functions: Slot,
    /// The aggregates that are under way, by number.
    pub aggregates: Slot,
    pub next_aggregate: Cell<u64>,
    /// Whether callbacks may still find this connection here; they share the cell.
    pub shared: RefCell<Rc<Cell<*const Connection>>>,
    /// The open blobs, which refer to the connection.
    pub blobs: RefCell<Vec<*const Blob>>,
}

static_type!(Connection, CONNECTION);

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Connection>()
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE)
        .destructible()
        .dealloc_drop::<Connection>()
        .tp_traverse(|c: &Connection, v: &mut Visitor| {
            for slot in c.slots() {
                v.slot(slot)?;
            }
            Ok(())
        })
        .tp_clear(|c: &Connection| {
            for slot in c.slots() {
                slot.set(None);
            }
        })
        .tp_finalize(finalize)
        .tp_new(
            |tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>| {
                Ok(create(tp, Connection::closed())?.into_obj())
            },
        )
        .tp_init(connection_init::init)
        .tp_call(
            |c: &Connection, args: &PyTupleObject, kwargs: Option<&PyDictObject>| {
                args::no_keywords("_sqlite3.Connection", kwargs)?;
                c.check()?;
                let [sql] = args.objects() else {
                    return raise!(
                        TypeError,
                        "function takes exactly 1 argument ({} given)",
                        args.len()
                    );
                };
                Ok(statement::prepare(c, sql)?.into_obj())
            },
        )
        .methods(connection_methods::METHODS)
        .getset(connection_init::GETSET);
}

impl Connection {
    fn closed() -> Connection {
        Connection {
            ob_base: header(),
            db: Cell::new(ptr::null_mut()),
            initialized: Cell::new(false),
            detect_types: Cell::new(0),
            autocommit: Cell::new(LEGACY),
            isolation_level: Cell::new(None),
            check_same_thread: Cell::new(true),
            thread: Cell::new(0),
            statements: Slot::empty(),
            row_factory: Slot::empty(),
            text_factory: Slot::empty(),
            trace: Slot::empty(),
            progress: Slot::empty(),
            authorizer: Slot::empty(),
            functions: Slot::empty(),
            aggregates: Slot::empty(),
            next_aggregate: Cell::new(1),
            shared: RefCell::new(Rc::new(Cell::new(ptr::null()))),
            blobs: RefCell::default(),
        }
    }

    fn slots(&self) -> [&Slot; 8] {
        [
            &self.statements,
            &self.row_factory,
            &self.text_factory,
            &self.trace,
            &self.progress,
            &self.authorizer,
            &self.functions,
            &self.aggregates,
        ]
    }

    /// Refuses to go on in a thread that is not the connection's.
    pub fn check_thread(&self) -> Result<()> {
        // SAFETY: no arguments.
        let here = unsafe { libc::pthread_self() };
        if self.initialized.get() && self.check_same_thread.get() && here != self.thread.get() {
            return misuse(format_args!(
                "SQLite objects created in a thread can only be used in that same thread. The object was created in \
                 thread id {} and this is thread id {here}.",
                self.thread.get()
            ));
        }
        Ok(())
    }

    /// Refuses to go on with a database that is not open.
    pub fn check_open(&self) -> Result<()> {
        if !self.initialized.get() {
            return misuse(format_args!("Base Connection.__init__ not called."));
        }
        if self.db.get().is_null() {
            return misuse(format_args!("Cannot operate on a closed database."));
        }
        Ok(())
    }

    /// Both checks.
    pub fn check(&self) -> Result<()> {
        self.check_thread()?;
        self.check_open()
    }

    /// Raises for the database's last error.
    pub fn error(&self) -> err::Raised {
        // SAFETY: an open database.
        unsafe { errors::of_database(self.db.get()) }
    }

    /// Nothing for success, else the database's error.
    pub fn answer(&self, code: c_int) -> Result<()> {
        // SAFETY: an open database.
        unsafe { errors::check(self.db.get(), code) }
    }

    /// Whether no transaction is open.
    pub fn is_idle(&self) -> bool {
        // SAFETY: an open database.
        unsafe { ffi::sqlite3_get_autocommit(self.db.get()) != 0 }
    }

    /// Runs a statement that has neither parameters nor rows.
    pub fn run(&self, sql: &CStr) -> Result<()> {
        let db = self.db.get();
        // SAFETY: an open database and a valid text.
        let code = threads::allow(|| unsafe {
            let mut raw = ptr::null_mut();
            let code = ffi::sqlite3_prepare_v2(db, sql.as_ptr(), -1, &mut raw, ptr::null_mut());
            if code != ffi::SQLITE_OK {
                return code;
            }
            ffi::sqlite3_step(raw);
            ffi::sqlite3_finalize(raw)
        });
        self.answer(code)
    }

    /// A prepared statement for a text, from the cache if it has it and nobody uses it.
    pub fn statement(&self, sql: &Obj) -> Result<Ref<Statement>> {
        let Some(cache) = self.statements.get() else {
            return statement::prepare(self, sql);
        };
        let cached = call::call1(&cache, sql)?;
        match cached.downcast_ref::<Statement>() {
            Ok(s) if !s.is_busy() => Ok(s),
            _ => statement::prepare(self, sql),
        }
    }

    /// Ends what a connection that is closed leaves unfinished, and closes it.
    pub fn close(&self) -> Result<()> {
        let db = self.db.get();
        if db.is_null() {
            return Ok(());
        }
        let rolled_back = match self.autocommit.get() == DISABLED && !self.is_idle() {
            true => self.run(c"ROLLBACK"),
            false => Ok(()),
        };
        self.release();
        rolled_back
    }

    /// Gives the handle up. Statements that are still there keep the library's part alive until they are gone.
    fn release(&self) {
        self.shared.borrow().set(ptr::null());
        let db = self.db.replace(ptr::null_mut());
        if !db.is_null() {
            // SAFETY: owned, and not used again by this connection.
            threads::allow(|| unsafe { sqlite3_close_v2(db) });
        }
    }

    /// Closes the blobs that are open.
    pub fn close_blobs(&self) {
        for blob in core::mem::take(&mut *self.blobs.borrow_mut()) {
            // SAFETY: a blob takes itself off the list when it dies.
            unsafe { &*blob }.release();
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.release();
    }
}

/// Warns of a connection that dies open.
fn finalize(c: &Connection) {
    if c.db.get().is_null() {
        return;
    }
    err::preserved(|| {
        let message = format!("unclosed database in {}", repr_lossy(c.as_obj()));
        if vm::warn::warn_about(c.as_obj(), &exc::ResourceWarning, 1, &message).is_err() {
            if err::matches(&exc::Warning) {
                err::write_unraisable(Some(c.as_obj()), None);
            }
            err::clear();
        }
        if c.close().is_err() {
            err::write_unraisable(Some(c.as_obj()), None);
        }
    });
}
