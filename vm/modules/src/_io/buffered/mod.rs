//! `BufferedReader`, `BufferedWriter`, `BufferedRandom`: one struct, a window of the raw stream in memory.
//!
//! `pos` is where the stream's user is in the window, `raw_pos` where the raw stream is; what was read ends at `read_end`,
//! what is to be written lies from `write_pos` to `write_end`. Invariant: all of that changes only under the stream's lock,
//! which is held while the raw stream is asked, since others may run then.

mod read;
mod state;
mod write;

use core::cell::{Cell, RefCell};

use layout::{
    Layout, Py_READONLY, Py_T_BOOL, Py_T_OBJECT_EX, Py_TPFLAGS_BASETYPE, Py_TPFLAGS_HAVE_GC,
    PyDictObject, PyMemberDef, PyTupleObject, PyTypeObject,
};
use vm::args::{Signature, to_isize_or};
use vm::err::{Result, raise};
use vm::intern;
use vm::method::*;
use vm::object::*;
use vm::protocol::call::method;
use vm::protocol::object::{getattr, getattr_opt};
use vm::types::str_;
use vm::types::type_::TypeBuilder;

use super::fileio::FileIo;
use super::iobase::{self, BUFFERED_IO_BASE, IoBase};
use super::sync::Lock;

pub static READER: PyTypeObject = PyTypeObject::statically_declared();
pub static WRITER: PyTypeObject = PyTypeObject::statically_declared();
pub static RANDOM: PyTypeObject = PyTypeObject::statically_declared();

#[repr(C)]
pub struct Buffered {
    base: IoBase,
    raw: Slot,
    finalizing: Cell<bool>,
    /// The constructor has run, and the raw stream was not detached since.
    ok: Cell<bool>,
    detached: Cell<bool>,
    readable: Cell<bool>,
    writable: Cell<bool>,
    /// Where the raw stream is, if known.
    abs_pos: Cell<Option<i64>>,
    /// The buffer's size, 0 once closed.
    size: Cell<usize>,
    buffer: RefCell<Vec<u8>>,
    pos: Cell<usize>,
    raw_pos: Cell<Option<usize>>,
    read_end: Cell<Option<usize>>,
    write_pos: Cell<usize>,
    write_end: Cell<Option<usize>>,
    lock: Lock,
}

/// The type of the struct; the writer and the random stream use it too, though their types are others.
impl Layout for Buffered {
    fn type_object() -> &'static PyTypeObject {
        &READER
    }
}

impl Buffered {
    fn empty() -> Buffered {
        Buffered {
            base: IoBase::empty(),
            raw: Slot::empty(),
            finalizing: Cell::new(false),
            ok: Cell::new(false),
            detached: Cell::new(false),
            readable: Cell::new(false),
            writable: Cell::new(false),
            abs_pos: Cell::new(None),
            size: Cell::new(0),
            buffer: RefCell::new(Vec::new()),
            pos: Cell::new(0),
            raw_pos: Cell::new(None),
            read_end: Cell::new(None),
            write_pos: Cell::new(0),
            write_end: Cell::new(None),
            lock: Lock::new(),
        }
    }
}

fn common(b: &mut TypeBuilder) -> &mut TypeBuilder {
    b.basicsize::<Buffered>()
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
        .destructible()
        .base(&BUFFERED_IO_BASE)
        .tp_new(new)
        .tp_dealloc(iobase::dealloc::<Buffered>)
        .tp_traverse(|b: &Buffered, v: &mut Visitor| {
            v.slot(&b.base.dict)?;
            v.slot(&b.raw)
        })
        .tp_clear(|b: &Buffered| {
            b.ok.set(false);
            drop(b.raw.take());
            drop(b.base.dict.take());
        })
        .tp_repr(repr)
        .members(MEMBERS)
        .getset(GETSET)
}

pub fn define_reader(b: &mut TypeBuilder) {
    common(b)
        .tp_init(init_reader)
        .tp_iternext(read::next)
        .methods(READER_METHODS);
}

pub fn define_writer(b: &mut TypeBuilder) {
    common(b).tp_init(init_writer).methods(WRITER_METHODS);
}

pub fn define_random(b: &mut TypeBuilder) {
    common(b)
        .tp_init(init_random)
        .tp_iternext(read::next)
        .methods(RANDOM_METHODS);
}

static MEMBERS: &[PyMemberDef] = &[
    member!("raw", Buffered, raw, Py_T_OBJECT_EX, Py_READONLY),
    member!("_finalizing", Buffered, finalizing, Py_T_BOOL, 0),
];

static GETSET: &[layout::PyGetSetDef] = &[
    getset!("closed", |b: &Buffered| getattr(
        &*b.raw()?,
        intern!("closed")
    )),
    getset!("name", |b: &Buffered| getattr(&*b.raw()?, intern!("name"))),
    getset!("mode", |b: &Buffered| getattr(&*b.raw()?, intern!("mode"))),
];

/// The rows of all three, after those of one.
macro_rules! methods {
    ($($own:expr),* $(,)?) => {
        &[
            $($own,)*
            noargs!("detach", detach, "($self, /)"),
            noargs!("close", close, "($self, /)"),
            noargs!("seekable", |b: &Buffered| b.ask(intern!("seekable")), "($self, /)"),
            noargs!("fileno", |b: &Buffered| b.ask(intern!("fileno")), "($self, /)"),
            noargs!("isatty", |b: &Buffered| b.ask(intern!("isatty")), "($self, /)"),
            o!("_dealloc_warn", dealloc_warn, "($self, source, /)"),
            fastcall!("seek", state::seek, "($self, target, whence=0, /)"),
            noargs!("tell", state::tell, "($self, /)"),
            fastcall!("truncate", state::truncate, "($self, pos=None, /)"),
            noargs!("__sizeof__", sizeof, "($self, /)"),
            noargs!("__getstate__", |b: &Buffered| iobase::refuse_pickle(b.as_obj()), "($self, /)"),
        ]
    };
}

static READER_METHODS: Methods = methods![
    noargs!(
        "readable",
        |b: &Buffered| b.ask(intern!("readable")),
        "($self, /)"
    ),
    // Nothing is pending in a reader.
    noargs!(
        "flush",
        |b: &Buffered| b.ask(intern!("flush")),
        "($self, /)"
    ),
    fastcall!("read", read::read, "($self, size=-1, /)"),
    fastcall!("peek", read::peek, "($self, size=0, /)"),
    fastcall!("read1", read::read1, "($self, size=-1, /)"),
    o!(
        "readinto",
        |b: &Buffered, target: &Obj| read::readinto(b, target, false),
        "($self, buffer, /)"
    ),
    o!(
        "readinto1",
        |b: &Buffered, target: &Obj| read::readinto(b, target, true),
        "($self, buffer, /)"
    ),
    fastcall!("readline", read::readline, "($self, size=-1, /)"),
];

static WRITER_METHODS: Methods = methods![
    noargs!(
        "writable",
        |b: &Buffered| b.ask(intern!("writable")),
        "($self, /)"
    ),
    noargs!("flush", write::flush, "($self, /)"),
    o!("write", write::write, "($self, buffer, /)"),
];

static RANDOM_METHODS: Methods = methods![
    noargs!(
        "readable",
        |b: &Buffered| b.ask(intern!("readable")),
        "($self, /)"
    ),
    noargs!(
        "writable",
        |b: &Buffered| b.ask(intern!("writable")),
        "($self, /)"
    ),
    noargs!("flush", write::flush, "($self, /)"),
    fastcall!("read", read::read, "($self, size=-1, /)"),
    fastcall!("peek", read::peek, "($self, size=0, /)"),
    fastcall!("read1", read::read1, "($self, size=-1, /)"),
    o!(
        "readinto",
        |b: &Buffered, target: &Obj| read::readinto(b, target, false),
        "($self, buffer, /)"
    ),
    o!(
        "readinto1",
        |b: &Buffered, target: &Obj| read::readinto(b, target, true),
        "($self, buffer, /)"
    ),
    fastcall!("readline", read::readline, "($self, size=-1, /)"),
    o!("write", write::write, "($self, buffer, /)"),
];

// ---- Constructors ----

fn new(tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>) -> Result {
    iobase::allocate(tp, Buffered::empty())
}

fn start(
    b: &Buffered,
    name: &str,
    args: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
    needs: &[fn(&Obj) -> Result<()>],
) -> Result<()> {
    static SIG: Signature =
        Signature::new("BufferedReader", "(raw, buffer_size=DEFAULT_BUFFER_SIZE)");
    static WRITER_SIG: Signature =
        Signature::new("BufferedWriter", "(raw, buffer_size=DEFAULT_BUFFER_SIZE)");
    static RANDOM_SIG: Signature =
        Signature::new("BufferedRandom", "(raw, buffer_size=DEFAULT_BUFFER_SIZE)");
    let signature = match name {
        "BufferedReader" => &SIG,
        "BufferedWriter" => &WRITER_SIG,
        _ => &RANDOM_SIG,
    };
    let [raw, size] = signature.bind(args, kwargs)?;
    let size = to_isize_or(size, super::DEFAULT_BUFFER_SIZE as isize)?;
    b.ok.set(false);
    b.detached.set(false);
    let raw = raw.unwrap_or(NONE());
    for need in needs {
        need(raw)?;
    }
    let Some(size) = usize::try_from(size).ok().filter(|&size| size > 0) else {
        return raise!(ValueError, "buffer size must be strictly positive");
    };
    b.raw.set(Some(raw.new_ref()));
    b.size.set(size);
    let mut buffer = Vec::new();
    if buffer.try_reserve_exact(size).is_err() {
        return Err(vm::err::no_memory());
    }
    buffer.resize(size, 0);
    *b.buffer.borrow_mut() = buffer;
    b.pos.set(0);
    b.raw_pos.set(None);
    b.reset_read();
    b.reset_write();
    b.ok.set(true);
    if b.raw_tell().is_err() {
        vm::err::clear();
    }
    Ok(())
}

fn init_reader(b: &Buffered, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    b.readable.set(true);
    b.writable.set(false);
    start(b, "BufferedReader", args, kwargs, &[iobase::check_readable])
}

fn init_writer(b: &Buffered, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    b.readable.set(false);
    b.writable.set(true);
    start(b, "BufferedWriter", args, kwargs, &[iobase::check_writable])
}

fn init_random(b: &Buffered, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    b.readable.set(true);
    b.writable.set(true);
    let needs = [
        iobase::check_seekable,
        iobase::check_readable,
        iobase::check_writable,
    ];
    start(b, "BufferedRandom", args, kwargs, &needs)
}

// ---- What concerns the raw stream alone ----

impl Buffered {
    /// The raw stream, if there is one.
    fn raw(&self) -> Result {
        match self.raw.get() {
            Some(raw) if self.ok.get() => Ok(raw),
            _ if self.detached.get() => raise!(ValueError, "raw stream has been detached"),
            _ => Err(iobase::uninitialized()),
        }
    }

    fn ask(&self, question: &Obj) -> Result {
        method(&*self.raw()?, question, &[])
    }

    /// The raw stream if it is a plain file, which is then asked without a method call.
    fn file(&self) -> Option<&FileIo> {
        self.raw
            .borrow()
            .and_then(|raw| raw.downcast_exact::<FileIo>())
    }

    /// Whether the stream is closed, as far as that can be said without running Python code.
    pub fn is_plainly_open(&self) -> bool {
        self.ok.get() && self.file().is_some_and(|file| file.fd() >= 0)
    }

    fn is_closed(&self) -> Result<bool> {
        if let Some(file) = self.file() {
            return Ok(file.fd() < 0);
        }
        iobase::closed(&*self.raw()?)
    }

    /// An error if the stream is closed: "read of closed file". What was read before may still be had.
    fn check_open(&self, doing: &str) -> Result<()> {
        if self.is_plainly_open() {
            return Ok(());
        }
        self.raw()?;
        if (self.size.get() == 0 || self.is_closed()?) && self.ahead() == 0 {
            return raise!(ValueError, "{doing} closed file");
        }
        Ok(())
    }
}

/// Whether an object is a buffered stream of ours over a plain file, and open: nothing of a program's is asked.
pub fn is_plainly_open(o: &Obj) -> bool {
    let tp = o.ob_type.get().cast_const();
    let ours = [&READER, &WRITER, &RANDOM]
        .iter()
        .any(|known| core::ptr::eq(*known, tp));
    // SAFETY: the three types share the struct.
    ours && unsafe { o.cast::<Buffered>() }.is_plainly_open()
}

fn detach(b: &Buffered) -> Result {
    b.raw()?;
    method(b.as_obj(), intern!("flush"), &[])?;
    let raw = b.raw.take().unwrap_or_else(none);
    b.detached.set(true);
    b.ok.set(false);
    Ok(raw)
}

fn close(b: &Buffered) -> Result<()> {
    b.raw()?;
    {
        let _held = b.lock.hold(b.as_obj())?;
        if b.is_closed()? {
            return Ok(());
        }
        if b.finalizing.get() && dealloc_warn(b, b.as_obj()).is_err() {
            vm::err::clear();
        }
    }
    // Flushing takes the lock itself.
    let flushed = method(b.as_obj(), intern!("flush"), &[]).map(drop);
    let _held = b.lock.hold(b.as_obj())?;
    iobase::preserving(flushed, || {
        let closed = b
            .raw()
            .and_then(|raw| method(&raw, intern!("close"), &[]).map(drop));
        *b.buffer.borrow_mut() = Vec::new();
        b.size.set(0);
        b.reset_read();
        b.pos.set(0);
        closed
    })
}

fn dealloc_warn(b: &Buffered, source: &Obj) -> Result<()> {
    if let (true, Some(raw)) = (b.ok.get(), b.raw.get())
        && method(&raw, intern!("_dealloc_warn"), &[source]).is_err()
    {
        vm::err::clear();
    }
    Ok(())
}

fn repr(b: &Buffered) -> Result<String> {
    let type_name = b.as_obj().tp_name();
    let name = match getattr_opt(b.as_obj(), intern!("name")) {
        Err(_) if vm::err::clear_if(&vm::err::exc::ValueError) => None,
        other => other?,
    };
    let Some(name) = name else {
        return Ok(format!("<{type_name}>"));
    };
    let Some(_guard) = repr_enter(b.as_obj()) else {
        return raise!(RuntimeError, "reentrant call inside {type_name}.__repr__");
    };
    let name = vm::protocol::object::repr(&name)?;
    Ok(format!(
        "<{type_name} name={}>",
        str_::to_string_lossy(&name)
    ))
}

fn sizeof(b: &Buffered) -> Result<isize> {
    Ok(b.as_obj().ty().tp_basicsize.get() + b.buffer.borrow().len() as isize)
}
