//! `BytesIO`: a binary stream in memory, and the object that exports its bytes.

use core::cell::{Cell, RefCell};
use core::ffi::c_int;

use layout::{
    Layout, Py_TPFLAGS_BASETYPE, Py_TPFLAGS_HAVE_GC, Py_buffer, PyDictObject, PyObject,
    PyTupleObject, PyTypeObject,
};
use vm::args::{Signature, expect, to_isize};
use vm::err::{Result, exc, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::buffer;
use vm::protocol::number::{index_isize, is_index};
use vm::types::dict::DictExt;
use vm::types::str_::args::c_int as to_c_int;
use vm::types::tuple::TupleExt;
use vm::types::type_::TypeBuilder;
use vm::types::{bytes, int, list, memoryview, tuple};

use super::iobase::{self, BUFFERED_IO_BASE, IoBase};

pub static BYTES_IO: PyTypeObject = PyTypeObject::statically_declared();
pub static BYTES_IO_BUFFER: PyTypeObject = PyTypeObject::statically_declared();

#[repr(C)]
pub struct BytesIo {
    base: IoBase,
    /// `None` once closed.
    data: RefCell<Option<Vec<u8>>>,
    pos: Cell<usize>,
    exports: Cell<usize>,
}

impl Layout for BytesIo {
    fn type_object() -> &'static PyTypeObject {
        &BYTES_IO
    }
}

/// What a memoryview of a `BytesIO` is a view of.
#[repr(C)]
pub struct BytesIoBuffer {
    ob_base: PyObject,
    source: Slot,
}

impl Layout for BytesIoBuffer {
    fn type_object() -> &'static PyTypeObject {
        &BYTES_IO_BUFFER
    }
}

pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<BytesIo>()
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
        .destructible()
        .base(&BUFFERED_IO_BASE)
        .tp_new(new)
        .tp_init(init)
        .tp_dealloc(iobase::dealloc::<BytesIo>)
        .tp_traverse(|b: &BytesIo, v: &mut Visitor| v.slot(&b.base.dict))
        .tp_clear(|b: &BytesIo| drop(b.base.dict.take()))
        .tp_iter(|b: &BytesIo| b.check_open().map(|()| b.as_obj().new_ref()))
        .tp_iternext(next)
        .methods(METHODS)
        .getset(&GETSET);
}

pub fn define_buffer(b: &mut TypeBuilder) {
    b.basicsize::<BytesIoBuffer>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .new_disallowed()
        .dealloc_drop::<BytesIoBuffer>()
        .tp_traverse(|b: &BytesIoBuffer, v: &mut Visitor| v.slot(&b.source))
        .bf_getbuffer(getbuffer_slot, Some(releasebuffer_slot));
}

static METHODS: Methods = &[
    noargs!(
        "readable",
        |b: &BytesIo| b.check_open().map(|()| true),
        "($self, /)"
    ),
    noargs!(
        "seekable",
        |b: &BytesIo| b.check_open().map(|()| true),
        "($self, /)"
    ),
    noargs!(
        "writable",
        |b: &BytesIo| b.check_open().map(|()| true),
        "($self, /)"
    ),
    noargs!("close", close, "($self, /)"),
    noargs!("flush", BytesIo::check_open, "($self, /)"),
    noargs!(
        "isatty",
        |b: &BytesIo| b.check_open().map(|()| false),
        "($self, /)"
    ),
    noargs!(
        "tell",
        |b: &BytesIo| b.check_open().map(|()| b.pos.get()),
        "($self, /)"
    ),
    o!("write", write, "($self, b, /)"),
    o!("writelines", writelines, "($self, lines, /)"),
    fastcall!("read1", read, "($self, size=-1, /)"),
    o!("readinto", readinto, "($self, buffer, /)"),
    fastcall!("readline", readline, "($self, size=-1, /)"),
    fastcall!("readlines", readlines, "($self, size=None, /)"),
    fastcall!("read", read, "($self, size=-1, /)"),
    noargs!("getbuffer", getbuffer, "($self, /)"),
    noargs!("getvalue", getvalue, "($self, /)"),
    fastcall!("seek", seek, "($self, pos, whence=0, /)"),
    fastcall!("truncate", truncate, "($self, size=None, /)"),
    noargs!("__getstate__", getstate, "($self, /)"),
    o!("__setstate__", setstate, "($self, object, /)"),
    noargs!("__sizeof__", sizeof, "($self, /)"),
];

static GETSET: [layout::PyGetSetDef; 1] = [getset!("closed", |b: &BytesIo| Ok(b
    .data
    .borrow()
    .is_none()))];

fn new(tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>) -> Result {
    let b = BytesIo {
        base: IoBase::empty(),
        data: RefCell::new(Some(Vec::new())),
        pos: Cell::new(0),
        exports: Cell::new(0),
    };
    iobase::allocate(tp, b)
}

fn init(b: &BytesIo, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    static SIG: Signature = Signature::new("BytesIO", "(initial_bytes=b'')");
    let [initial] = SIG.bind(args, kwargs)?;
    b.check_exports()?;
    b.pos.set(0);
    let data = match initial.filter(|o| !o.is_none()) {
        Some(o) => buffer::get(o, layout::PyBUF_CONTIG_RO)?.to_vec(),
        None => Vec::new(),
    };
    *b.data.borrow_mut() = Some(data);
    Ok(())
}

impl BytesIo {
    fn check_open(&self) -> Result<()> {
        match *self.data.borrow() {
            Some(_) => Ok(()),
            None => raise!(ValueError, "I/O operation on closed file."),
        }
    }

    /// While views are out, the bytes must stay where they are.
    fn check_exports(&self) -> Result<()> {
        let is_ours = |o: &Obj| {
            let buffer = o.downcast_exact::<BytesIoBuffer>();
            let source = buffer.and_then(|buffer| buffer.source.get());
            source.is_some_and(|source| source.is_same(self.as_obj()))
        };
        if buffer::is_held(|| self.exports.get() > 0, is_ours) {
            return raise!(
                BufferError,
                "Existing exports of data: object cannot be re-sized"
            );
        }
        Ok(())
    }

    /// Calls `f` with all bytes. It runs no Python code.
    fn with<R>(&self, f: impl FnOnce(&[u8]) -> R) -> Result<R> {
        match &*self.data.borrow() {
            Some(data) => Ok(f(data)),
            None => raise!(ValueError, "I/O operation on closed file."),
        }
    }

    fn change<R>(&self, f: impl FnOnce(&mut Vec<u8>) -> R) -> Result<R> {
        match &mut *self.data.borrow_mut() {
            Some(data) => Ok(f(data)),
            None => raise!(ValueError, "I/O operation on closed file."),
        }
    }

    /// Takes up to `n` bytes from the position on.
    fn take(&self, n: usize) -> Result {
        let pos = self.pos.get();
        let taken = self.with(|data| {
            let rest = data.get(pos..).unwrap_or(&[]);
            bytes::try_new(&rest[..n.min(rest.len())])
        })??;
        self.pos.set(pos + bytes::BytesExt::as_slice(&*taken).len());
        Ok(taken.into_obj())
    }

    /// The length of the next line, no more than `limit`.
    fn line(&self, limit: usize) -> Result<usize> {
        let pos = self.pos.get();
        self.with(|data| {
            let rest = data.get(pos..).unwrap_or(&[]);
            let rest = &rest[..limit.min(rest.len())];
            memchr::memchr(b'\n', rest).map_or(rest.len(), |i| i + 1)
        })
    }

    fn put(&self, bytes: &[u8]) -> Result<()> {
        let pos = self.pos.get();
        let Some(end) = pos
            .checked_add(bytes.len())
            .filter(|&end| end <= isize::MAX as usize)
        else {
            return raise!(OverflowError, "new position too large");
        };
        self.change(|data| {
            if data.len() < end && data.try_reserve(end - data.len()).is_err() {
                return Err(vm::err::no_memory());
            }
            if data.len() < end {
                data.resize(end, 0);
            }
            data[pos..end].copy_from_slice(bytes);
            Ok(())
        })??;
        self.pos.set(end);
        Ok(())
    }
}

fn close(b: &BytesIo) -> Result<()> {
    if b.exports.get() > 0 && gc::is_dying(b.as_obj().as_ptr()) {
        // What looks at the bytes dies too, and may look at them once more before that: they go with the object.
        return Ok(());
    }
    b.check_exports()?;
    *b.data.borrow_mut() = None;
    Ok(())
}

fn limit(args: &[&Obj]) -> Result<usize> {
    Ok(usize::try_from(iobase::size_or_none(args.first())?).unwrap_or(usize::MAX))
}

fn read(b: &BytesIo, args: &[&Obj]) -> Result {
    expect("read", args, 0..=1)?;
    let n = limit(args)?;
    b.take(n)
}

fn readline(b: &BytesIo, args: &[&Obj]) -> Result {
    expect("readline", args, 0..=1)?;
    let limit = limit(args)?;
    b.take(b.line(limit)?)
}

fn readlines(b: &BytesIo, args: &[&Obj]) -> Result {
    expect("readlines", args, 0..=1)?;
    let most = match args.first().filter(|o| !o.is_none()) {
        None => 0,
        Some(o) if !is_index(o) => {
            return raise!(
                TypeError,
                "integer argument expected, got '{:.200}'",
                o.tp_name()
            );
        }
        Some(o) => to_isize(o)?,
    };
    b.check_open()?;
    let (mut lines, mut total) = (Vec::new(), 0);
    loop {
        let n = b.line(usize::MAX)?;
        if n == 0 {
            break;
        }
        lines.push(b.take(n)?);
        total += n as isize;
        if most > 0 && total >= most {
            break;
        }
    }
    Ok(list::new(lines).into_obj())
}

fn next(b: &BytesIo) -> Result<Option<Ref>> {
    match b.line(usize::MAX)? {
        0 => Ok(None),
        n => b.take(n).map(Some),
    }
}

fn readinto(b: &BytesIo, target: &Obj) -> Result<usize> {
    let mut target = buffer::writable(target)?;
    let pos = b.pos.get();
    let n = b.with(|data| {
        let rest = data.get(pos..).unwrap_or(&[]);
        let n = rest.len().min(target.bytes().len());
        target.bytes_mut()[..n].copy_from_slice(&rest[..n]);
        n
    })?;
    b.pos.set(pos + n);
    Ok(n)
}

fn write(b: &BytesIo, bytes: &Obj) -> Result<usize> {
    b.check_open()?;
    b.check_exports()?;
    let view = buffer::get(bytes, layout::PyBUF_CONTIG_RO)?;
    let bytes = view.to_vec();
    b.check_open()?;
    if !bytes.is_empty() {
        b.put(&bytes)?;
    }
    Ok(bytes.len())
}

fn writelines(b: &BytesIo, lines: &Obj) -> Result<()> {
    b.check_open()?;
    let it = vm::protocol::object::iter(lines)?;
    while let Some(line) = vm::protocol::object::next(&it)? {
        write(b, &line)?;
    }
    Ok(())
}

fn getvalue(b: &BytesIo) -> Result {
    Ok(b.with(bytes::try_new)??.into_obj())
}

fn seek(b: &BytesIo, args: &[&Obj]) -> Result<usize> {
    expect("seek", args, 1..=2)?;
    let pos = index_isize(args[0], Some(&exc::OverflowError))?;
    let whence = args.get(1).map_or(Ok(0), |o| to_c_int(o))?;
    let len = b.with(<[u8]>::len)? as isize;
    if pos < 0 && whence == 0 {
        return raise!(ValueError, "negative seek value {pos}");
    }
    let from = match whence {
        0 => 0,
        1 => b.pos.get() as isize,
        2 => len,
        _ => return raise!(ValueError, "invalid whence ({whence}, should be 0, 1 or 2)"),
    };
    let Some(pos) = pos.checked_add(from) else {
        return raise!(OverflowError, "new position too large");
    };
    b.pos.set(pos.max(0) as usize);
    Ok(b.pos.get())
}

fn truncate(b: &BytesIo, args: &[&Obj]) -> Result<isize> {
    expect("truncate", args, 0..=1)?;
    b.check_open()?;
    b.check_exports()?;
    let size = match args.first().filter(|o| !o.is_none()) {
        None => b.pos.get() as isize,
        Some(o) => to_isize(o)?,
    };
    let Ok(kept) = usize::try_from(size) else {
        return raise!(ValueError, "negative size value {size}");
    };
    b.change(|data| data.truncate(kept))?;
    Ok(size)
}

// ---- Pickling ----

fn getstate(b: &BytesIo) -> Result {
    let value = getvalue(b)?;
    let dict = b
        .base
        .dict
        .get()
        .map_or(Ok(none()), |d| match d.downcast::<PyDictObject>() {
            Some(d) => Ok(d.copy()?.into_obj()),
            None => Ok(none()),
        })?;
    Ok(tuple::new(&[&value, int::from_usize(b.pos.get()).as_obj(), &dict]).into_obj())
}

fn setstate(b: &BytesIo, state: &Obj) -> Result<()> {
    let Some([value, pos, dict, ..]) = state.downcast::<PyTupleObject>().map(|t| t.items()) else {
        return raise!(
            TypeError,
            "{:.200}.__setstate__ argument should be 3-tuple, got {:.200}",
            b.as_obj().tp_name(),
            state.tp_name()
        );
    };
    b.check_exports()?;
    *b.data.borrow_mut() = Some(Vec::new());
    b.pos.set(0);
    write(b, value)?;
    if !is_index(pos) {
        return raise!(
            TypeError,
            "second item of state must be an integer, not {:.200}",
            pos.tp_name()
        );
    }
    let Ok(pos) = usize::try_from(to_isize(pos)?) else {
        return raise!(ValueError, "position value cannot be negative");
    };
    b.pos.set(pos);
    set_dict(&b.base, dict, "third")
}

/// Adds the items of a pickled dict to a stream's.
pub fn set_dict(base: &IoBase, dict: &Obj, ordinal: &str) -> Result<()> {
    if dict.is_none() {
        return Ok(());
    }
    let Some(given) = dict.downcast::<PyDictObject>() else {
        return raise!(
            TypeError,
            "{ordinal} item of state should be a dict, got a {:.200}",
            dict.tp_name()
        );
    };
    if base.dict.get().is_none() {
        base.dict.set(Some(vm::types::dict::new().into_obj()));
    }
    if let Some(own) = base
        .dict
        .borrow()
        .and_then(|d| d.downcast::<PyDictObject>())
    {
        for (key, value) in given.entries() {
            own.set(&key, &value)?;
        }
    }
    Ok(())
}

fn sizeof(b: &BytesIo) -> Result<isize> {
    let held = b.data.borrow().as_ref().map_or(0, Vec::capacity);
    Ok(b.as_obj().ty().tp_basicsize.get() + held as isize)
}

// ---- Views ----

fn getbuffer(b: &BytesIo) -> Result {
    b.check_open()?;
    let source = BytesIoBuffer {
        ob_base: header(),
        source: Slot::new(Some(b.as_obj().new_ref())),
    };
    let source = create(&BYTES_IO_BUFFER, source)?;
    Ok(memoryview::from_object(source.as_obj())?.into_obj())
}

/// # Safety
/// C's contract of `bf_getbuffer`.
unsafe extern "C" fn getbuffer_slot(o: *mut PyObject, view: *mut Py_buffer, flags: c_int) -> c_int {
    // SAFETY: the type's own instances; the bytes stay in place while there are exports.
    unsafe {
        let source = (*o.cast::<BytesIoBuffer>()).source.get();
        let Some(b) = source.as_deref().and_then(|o| o.downcast::<BytesIo>()) else {
            return -1;
        };
        let (p, n) = b
            .data
            .borrow_mut()
            .as_mut()
            .map_or((core::ptr::null_mut(), 0), |data| {
                (data.as_mut_ptr(), data.len())
            });
        let status = buffer::fill_info(view, Some(&*o), p, n, false, flags);
        if status == 0 {
            b.exports.set(b.exports.get() + 1);
        }
        status
    }
}

/// # Safety
/// C's contract of `bf_releasebuffer`.
unsafe extern "C" fn releasebuffer_slot(o: *mut PyObject, _: *mut Py_buffer) {
    // SAFETY: the type's own instances.
    let source = unsafe { (*o.cast::<BytesIoBuffer>()).source.get() };
    if let Some(b) = source.as_deref().and_then(|o| o.downcast::<BytesIo>()) {
        b.exports.set(b.exports.get() - 1);
    }
}
