//! `Cursor`: a statement under way, and its rows.

use core::cell::Cell;
use core::ffi::c_int;

use libsqlite3_sys as ffi;

use super::connection::{CONNECTION, Connection, LEGACY};
use super::errors::misuse;
use super::statement::Statement;
use super::{bind, columns, cursor_methods};
use modules::prelude::*;

/// `sqlite3.Cursor`.
#[repr(C)]
pub struct Cursor {
    ob_base: PyObject,
    pub connection: Slot,
    description: Slot,
    pub lastrowid: Slot,
    pub rowcount: Cell<isize>,
    pub arraysize: Cell<u32>,
    pub row_factory: Slot,
    /// The statement whose rows are still to be read.
    statement: Slot,
    converters: Slot,
    pub initialized: Cell<bool>,
    pub closed: Cell<bool>,
    locked: Cell<bool>,
}

static_type!(Cursor, CURSOR);

static MEMBERS: &[PyMemberDef] = &[
    member!("connection", Cursor, connection, _Py_T_OBJECT, Py_READONLY),
    member!("lastrowid", Cursor, lastrowid, _Py_T_OBJECT, Py_READONLY),
    member!("rowcount", Cursor, rowcount, Py_T_PYSSIZET, Py_READONLY),
];

static GETSET: &[PyGetSetDef] = &[
    getset!("description", |c: &Cursor| Ok(c.description.get())),
    getset!(
        "row_factory",
        |c: &Cursor| Ok(c.row_factory.get()),
        |c: &Cursor, value: Option<&Obj>| match value {
            Some(value) => Ok(c.row_factory.set(Some(value.new_ref()))),
            None => raise!(AttributeError, "cannot delete row_factory attribute"),
        }
    ),
    getset!(
        "arraysize",
        |c: &Cursor| Ok(c.arraysize.get()),
        cursor_methods::set_arraysize
    ),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Cursor>()
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE)
        .destructible()
        .dealloc_drop::<Cursor>()
        .tp_traverse(|c: &Cursor, v: &mut Visitor| {
            for slot in c.slots() {
                v.slot(slot)?;
            }
            Ok(())
        })
        .tp_clear(|c: &Cursor| {
            c.drop_statement();
            for slot in c.slots() {
                slot.set(None);
            }
        })
        .tp_new(
            |tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>| {
                Ok(create(tp, Cursor::fresh())?.into_obj())
            },
        )
        .tp_init(init)
        .iter_self()
        .tp_iternext(|c: &Cursor| c.next())
        .methods(cursor_methods::METHODS)
        .members(MEMBERS)
        .getset(GETSET);
}

fn init(c: &Cursor, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    args::no_keywords("Cursor", kwargs)?;
    args::expect("Cursor", args.objects(), 1..=1)?;
    let connection = args.objects()[0];
    if !connection.is::<Connection>() {
        return raise!(
            TypeError,
            "Cursor() argument 1 must be {}, not {}",
            type_name(&CONNECTION),
            crate::codec::type_in_message(connection)
        );
    }
    c.connection.set(Some(connection.new_ref()));
    c.drop_statement();
    c.closed.set(false);
    c.arraysize.set(1);
    c.rowcount.set(-1);
    c.lastrowid.set(Some(none()));
    c.description.set(Some(none()));
    c.row_factory.set(Some(none()));
    c.initialized.set(true);
    Ok(())
}

impl Drop for Cursor {
    fn drop(&mut self) {
        self.drop_statement();
    }
}

/// Says that a cursor is at work, until it is dropped.
struct Lock<'a>(&'a Cell<bool>);

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl Cursor {
    fn fresh() -> Cursor {
        Cursor {
            ob_base: header(),
            connection: Slot::empty(),
            description: Slot::empty(),
            lastrowid: Slot::empty(),
            rowcount: Cell::new(-1),
            arraysize: Cell::new(1),
            row_factory: Slot::empty(),
            statement: Slot::empty(),
            converters: Slot::empty(),
            initialized: Cell::new(false),
            closed: Cell::new(false),
            locked: Cell::new(false),
        }
    }

    fn slots(&self) -> [&Slot; 6] {
        [
            &self.connection,
            &self.description,
            &self.lastrowid,
            &self.row_factory,
            &self.statement,
            &self.converters,
        ]
    }

    /// What describes the columns.
    pub fn description(&self) -> Option<Ref> {
        self.description.get()
    }

    /// The connection, if the cursor was made as it should.
    pub fn connection(&self) -> Result<Ref<Connection>> {
        let connection = self.connection.get().map(Ref::downcast_ref::<Connection>);
        match connection {
            Some(Ok(connection)) if self.initialized.get() => Ok(connection),
            _ => misuse(format_args!("Base Cursor.__init__ not called.")),
        }
    }

    /// Refuses to use a cursor in the middle of its work.
    pub fn check_unlocked(&self) -> Result<()> {
        match self.locked.get() {
            true => misuse(format_args!("Recursive use of cursors not allowed.")),
            false => Ok(()),
        }
    }

    /// The connection, if the cursor can be used now.
    pub fn check(&self) -> Result<Ref<Connection>> {
        let connection = self.connection()?;
        if self.closed.get() {
            return misuse(format_args!("Cannot operate on a closed cursor."));
        }
        self.check_unlocked()?;
        connection.check()?;
        Ok(connection)
    }

    /// Lets go of the statement.
    pub fn drop_statement(&self) {
        if let Some(s) = self
            .statement
            .take()
            .and_then(|s| s.downcast_ref::<Statement>().ok())
        {
            s.reset();
        }
    }

    /// Executes a statement once for each of `parameters`.
    pub fn execute(&self, sql: &Obj, parameters: Parameters<'_>) -> Result {
        let connection = self.check()?;
        self.locked.set(true);
        let lock = Lock(&self.locked);
        let many = matches!(parameters, Parameters::Many(_));
        self.drop_statement();
        self.description.set(Some(none()));
        let done = self.run(&connection, sql, parameters);
        drop(lock);
        if let Err(raised) = done {
            self.rowcount.set(-1);
            err::preserved(|| self.drop_statement());
            return Err(raised);
        }
        if !many {
            // SAFETY: an open database.
            let id = unsafe { ffi::sqlite3_last_insert_rowid(connection.db.get()) };
            self.lastrowid.set(Some(int::from_i64(id).into_obj()));
        }
        Ok(self.as_obj().new_ref())
    }

    fn run(&self, c: &Connection, sql: &Obj, parameters: Parameters<'_>) -> Result<()> {
        let s = c.statement(sql)?;
        self.statement.set(Some(s.as_obj().new_ref()));
        s.reset();
        self.rowcount.set(if s.is_dml { 0 } else { -1 });
        let begin = c
            .isolation_level
            .get()
            .filter(|_| c.autocommit.get() == LEGACY);
        if let Some(begin) = begin
            && s.is_dml
            && c.is_idle()
        {
            c.run(begin)?;
        }
        match parameters {
            Parameters::One(parameters) => {
                let code = self.run_once(c, &s, parameters)?;
                self.count(c, &s, code);
                if code == ffi::SQLITE_DONE {
                    self.drop_statement();
                }
            }
            Parameters::Many(all) => {
                // SAFETY: a live statement.
                if unsafe { ffi::sqlite3_stmt_readonly(s.raw) } != 0 {
                    return misuse(format_args!(
                        "executemany() can only execute DML statements."
                    ));
                }
                let all = match proto::is_iterator(all) {
                    true => all.new_ref(),
                    false => proto::iter(all)?,
                };
                while let Some(parameters) = proto::next(&all)? {
                    let mut code = self.run_once(c, &s, &parameters)?;
                    while code == ffi::SQLITE_ROW {
                        code = s.step();
                    }
                    if code != ffi::SQLITE_DONE {
                        return Err(c.error());
                    }
                    self.count(c, &s, code);
                    s.reset();
                }
                self.drop_statement();
            }
        }
        Ok(())
    }

    /// Counts what a statement that is done has changed.
    fn count(&self, c: &Connection, s: &Statement, code: c_int) {
        if code == ffi::SQLITE_DONE && s.is_dml {
            // SAFETY: an open database.
            let changes = unsafe { ffi::sqlite3_changes(c.db.get()) };
            self.rowcount.set(self.rowcount.get() + changes as isize);
        }
    }

    /// Takes the statement to its first row, or its end.
    fn run_once(&self, c: &Connection, s: &Statement, parameters: &Obj) -> Result<c_int> {
        bind::bind(c, s, parameters)?;
        let code = s.step();
        if code != ffi::SQLITE_DONE && code != ffi::SQLITE_ROW {
            return Err(c.error());
        }
        self.converters.set(columns::converters(c, s)?);
        if self.description.borrow().is_none_or(Obj::is_none)
            && let Some(description) = columns::description(c, s)?
        {
            self.description.set(Some(description));
        }
        Ok(code)
    }

    /// The next row.
    pub fn next(&self) -> Result<Option<Ref>> {
        let connection = self.check()?;
        let statement = self.statement.get().map(Ref::downcast_ref::<Statement>);
        let Some(Ok(s)) = statement else {
            return Ok(None);
        };
        self.locked.set(true);
        let lock = Lock(&self.locked);
        let converters = self.converters.get();
        let converters = converters
            .as_deref()
            .and_then(|o| o.downcast::<PyTupleObject>());
        let row = columns::row(&connection, &s, converters);
        drop(lock);
        let row = row?;
        match s.step() {
            ffi::SQLITE_ROW => {}
            ffi::SQLITE_DONE => {
                self.count(&connection, &s, ffi::SQLITE_DONE);
                self.drop_statement();
            }
            _ => {
                let raised = connection.error();
                err::preserved(|| self.drop_statement());
                return Err(raised);
            }
        }
        match self.row_factory.get().filter(|factory| !factory.is_none()) {
            Some(factory) => Ok(Some(call::call(&factory, &[self.as_obj(), &row])?)),
            None => Ok(Some(row)),
        }
    }
}

/// How often a statement is executed.
#[derive(Clone, Copy)]
pub enum Parameters<'a> {
    One(&'a Obj),
    /// Once for each item of an iterable.
    Many(&'a Obj),
}
