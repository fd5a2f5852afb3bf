//! `_IOBase`, what every stream is, and the three kinds of streams below it: `_RawIOBase`, `_BufferedIOBase`, `_TextIOBase`.
//!
//! Their methods work by calling other methods, so that classes written in Python may override any of them. Invariant:
//! every native stream's struct begins with [`IoBase`], so dict and weakrefs lie at one place.

use core::cell::Cell;

use layout::{
    Layout, Py_TPFLAGS_BASETYPE, Py_TPFLAGS_HAVE_GC, PyBytesObject, PyObject, PyTypeObject,
};
use vm::args::{expect, to_isize, to_isize_or};
use vm::err::{self, Raised, Result, exc, raise};
use vm::intern;
use vm::method::*;
use vm::object::*;
use vm::protocol::call::{call1, method};
use vm::protocol::object::{getattr, getattr_opt, is_true, setattr};
use vm::types::bytearray::{self, ByteArrayExt};
use vm::types::bytes::{self, BytesExt};
use vm::types::type_::TypeBuilder;
use vm::types::type_::subtype::finalize_before_dealloc;
use vm::types::{int, list};

use super::unsupported;

pub static IO_BASE: PyTypeObject = PyTypeObject::statically_declared();
pub static RAW_IO_BASE: PyTypeObject = PyTypeObject::statically_declared();
pub static BUFFERED_IO_BASE: PyTypeObject = PyTypeObject::statically_declared();
pub static TEXT_IO_BASE: PyTypeObject = PyTypeObject::statically_declared();

#[repr(C)]
pub struct IoBase {
    ob_base: PyObject,
    pub dict: Slot,
    weakrefs: Cell<*mut PyObject>,
}

impl Layout for IoBase {
    fn type_object() -> &'static PyTypeObject {
        &IO_BASE
    }
}

impl IoBase {
    pub fn empty() -> IoBase {
        IoBase {
            ob_base: header(),
            dict: Slot::empty(),
            weakrefs: Cell::new(core::ptr::null_mut()),
        }
    }
}

/// A new instance of a native stream's type, or of a class that derives from it.
pub fn allocate<T: Layout>(tp: &PyTypeObject, value: T) -> Result {
    type Header = [usize; size_of::<PyObject>() / size_of::<usize>()];
    let o = type_alloc(tp, 0)?;
    // SAFETY: a new object of this layout, whose fields are all zero; its header stays as it is.
    unsafe {
        let p = o.as_ptr().cast::<T>();
        let header = core::ptr::read(p.cast::<Header>());
        core::ptr::write(p, value);
        core::ptr::write(p.cast::<Header>(), header);
    }
    Ok(o)
}

/// The deallocation of every native stream: the finalizer closes it, unless it was closed or comes back to life.
///
/// # Safety
/// `o` is a stream of layout `T` that nobody refers to any more.
pub unsafe extern "C" fn dealloc<T: Layout>(o: *mut PyObject) {
    // SAFETY: the caller's promise; freeing is the last thing done.
    unsafe {
        if finalize_before_dealloc(o) {
            return;
        }
        gc::untrack(o);
        if !(*o.cast::<IoBase>()).weakrefs.get().is_null() {
            vm::types::weakref::clear_weakrefs(&*o);
        }
        core::ptr::drop_in_place(o.cast::<T>());
        free_builtin(o);
    }
}

pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<IoBase>()
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
        .destructible()
        .dictoffset(core::mem::offset_of!(IoBase, dict))
        .weaklistoffset(core::mem::offset_of!(IoBase, weakrefs))
        .tp_new(
            |tp: &PyTypeObject, _: &layout::PyTupleObject, _: Option<&layout::PyDictObject>| {
                type_alloc(tp, 0)
            },
        )
        .tp_dealloc(dealloc::<IoBase>)
        .tp_traverse(|io: &IoBase, v: &mut Visitor| v.slot(&io.dict))
        .tp_clear(|io: &IoBase| drop(io.dict.take()))
        .tp_finalize(finalize)
        .tp_iter(iter)
        .tp_iternext(next)
        .methods(METHODS)
        .getset(GETSET);
}

static METHODS: Methods = &[
    fastcall!(
        "seek",
        |_: &Obj, _: &[&Obj]| Err::<(), _>(unsupported("seek")),
        "($self, offset, whence=os.SEEK_SET, /)"
    ),
    noargs!(
        "tell",
        |io: &Obj| method(io, intern!("seek"), &[int::zero(), int::one()]),
        "($self, /)"
    ),
    fastcall!(
        "truncate",
        |_: &Obj, _: &[&Obj]| Err::<(), _>(unsupported("truncate")),
        "($self, size=None, /)"
    ),
    noargs!("flush", flush, "($self, /)"),
    noargs!("close", close, "($self, /)"),
    noargs!("seekable", |_: &Obj| Ok(false), "($self, /)"),
    noargs!("readable", |_: &Obj| Ok(false), "($self, /)"),
    noargs!("writable", |_: &Obj| Ok(false), "($self, /)"),
    noargs!("_checkClosed", check_closed, "($self, /)"),
    noargs!("_checkSeekable", check_seekable, "($self, /)"),
    noargs!("_checkReadable", check_readable, "($self, /)"),
    noargs!("_checkWritable", check_writable, "($self, /)"),
    noargs!(
        "fileno",
        |_: &Obj| Err::<(), _>(unsupported("fileno")),
        "($self, /)"
    ),
    noargs!(
        "isatty",
        |io: &Obj| check_closed(io).map(|()| false),
        "($self, /)"
    ),
    noargs!(
        "__enter__",
        |io: &Obj| check_closed(io).map(|()| io.new_ref()),
        "($self, /)"
    ),
    fastcall!(
        "__exit__",
        |io: &Obj, _: &[&Obj]| method(io, intern!("close"), &[]).map(drop),
        ""
    ),
    fastcall!("readline", readline, "($self, size=-1, /)"),
    fastcall!("readlines", readlines, "($self, hint=-1, /)"),
    o!("writelines", writelines, "($self, lines, /)"),
];

static GETSET: &[layout::PyGetSetDef] = &[
    getset!(
        "__dict__",
        vm::types::type_::subtype::get_dict,
        vm::types::type_::subtype::set_dict
    ),
    getset!("closed", is_closed),
];

// ---- State ----

/// Whether `IoBase.close` has run.
fn is_closed(io: &Obj) -> Result<bool> {
    Ok(getattr_opt(io, intern!("__IOBase_closed"))?.is_some())
}

/// Whether the stream says that it is closed.
pub fn closed(io: &Obj) -> Result<bool> {
    is_true(&*getattr(io, intern!("closed"))?)
}

pub fn check_closed(io: &Obj) -> Result<()> {
    if closed(io)? {
        return raise!(ValueError, "I/O operation on closed file.");
    }
    Ok(())
}

fn check(io: &Obj, question: &Obj, complaint: &str) -> Result<()> {
    if method(io, question, &[])?.is_same(TRUE()) {
        Ok(())
    } else {
        Err(unsupported(complaint))
    }
}

pub fn check_seekable(io: &Obj) -> Result<()> {
    check(io, intern!("seekable"), "File or stream is not seekable.")
}

pub fn check_readable(io: &Obj) -> Result<()> {
    check(io, intern!("readable"), "File or stream is not readable.")
}

pub fn check_writable(io: &Obj) -> Result<()> {
    check(io, intern!("writable"), "File or stream is not writable.")
}

fn flush(io: &Obj) -> Result<()> {
    if is_closed(io)? {
        return raise!(ValueError, "I/O operation on closed file.");
    }
    Ok(())
}

pub fn close(io: &Obj) -> Result<()> {
    if is_closed(io)? {
        return Ok(());
    }
    let flushed = method(io, intern!("flush"), &[]);
    preserving(flushed.map(drop), || {
        setattr(io, intern!("__IOBase_closed"), Some(TRUE()))
    })
}

/// Does something although an error is on its way, which stays the one that is raised; a second one gets it as context.
pub fn preserving(result: Result<()>, f: impl FnOnce() -> Result<()>) -> Result<()> {
    match result {
        Ok(()) => f(),
        Err(raised) => {
            let first = err::catch(raised);
            match f() {
                Ok(()) => Err(err::reraise(first)),
                Err(raised) => {
                    let second = err::catch(raised);
                    vm::types::exceptions::base::set_context(&second, Some(first));
                    Err(err::reraise(second))
                }
            }
        }
    }
}

/// Closes a stream that dies open. Whatever goes wrong is reported, not raised.
fn finalize(io: &Obj) {
    err::preserved(|| {
        let open = match getattr_opt(io, intern!("closed")) {
            Ok(Some(closed)) => is_true(&closed).is_ok_and(|closed| !closed),
            _ => false,
        };
        err::clear();
        if !open {
            return;
        }
        if setattr(io, intern!("_finalizing"), Some(TRUE())).is_err() {
            err::clear();
        }
        if method(io, intern!("close"), &[]).is_err() {
            let message = format!("Exception ignored while finalizing file {}", repr_lossy(io));
            err::write_unraisable(None, Some(&message));
        }
    });
}

/// Whether a system call was interrupted, and is to be tried again: signal handlers have run by then.
pub fn interrupted() -> bool {
    let again = err::current().is_some_and(|e| {
        is_instance_of(&e, &exc::OSError)
            && vm::protocol::object::getattr_str(&e, "errno")
                .is_ok_and(|n| int::i64_of(&n) == Some(libc::EINTR.into()))
    });
    if again {
        err::clear();
    }
    again
}

// ---- Lines ----

fn iter(io: &Obj) -> Result {
    check_closed(io)?;
    Ok(io.new_ref())
}

fn next(io: &Obj) -> Result<Option<Ref>> {
    let line = method(io, intern!("readline"), &[])?;
    Ok(if vm::protocol::object::length(&line)? == 0 {
        None
    } else {
        Some(line)
    })
}

/// The bytes that a method must have returned.
fn returned_bytes<'a>(o: &'a Obj, name: &str) -> Result<&'a [u8]> {
    match o.downcast::<PyBytesObject>() {
        Some(b) => Ok(b.as_slice()),
        None => raise!(
            OSError,
            "{name}() should have returned a bytes object, not '{:.200}'",
            o.tp_name()
        ),
    }
}

/// A size argument: an index, or `None` for no limit.
pub fn size_or_none(o: Option<&&Obj>) -> Result<isize> {
    match o.filter(|o| !o.is_none()) {
        None => Ok(-1),
        Some(o) if !vm::protocol::number::is_index(o) => {
            raise!(
                TypeError,
                "argument should be integer or None, not '{:.200}'",
                o.tp_name()
            )
        }
        Some(o) => vm::protocol::number::index_isize(o, Some(&exc::OverflowError)),
    }
}

/// A line, read with `peek` where there is one, else byte by byte.
fn readline(io: &Obj, args: &[&Obj]) -> Result {
    expect("readline", args, 0..=1)?;
    let limit = usize::try_from(size_or_none(args.first())?).unwrap_or(usize::MAX);
    let peek = getattr_opt(io, intern!("peek"))?;
    let mut line = Vec::new();
    while line.len() < limit {
        let mut wanted = 1;
        if let Some(peek) = &peek {
            let ahead = match call1(peek, int::one()) {
                Err(_) if interrupted() => continue,
                other => other?,
            };
            let ahead = returned_bytes(&ahead, "peek")?;
            if !ahead.is_empty() {
                let ahead = &ahead[..ahead.len().min(limit)];
                wanted = memchr::memchr(b'\n', ahead).map_or(ahead.len(), |i| i + 1);
            }
        }
        let part = match method(io, intern!("read"), &[int::from_usize(wanted).as_obj()]) {
            Err(_) if interrupted() => continue,
            other => other?,
        };
        let part = returned_bytes(&part, "read")?;
        line.extend_from_slice(part);
        if part.is_empty() || line.last() == Some(&b'\n') {
            break;
        }
    }
    Ok(bytes::try_new(&line)?.into_obj())
}

fn readlines(io: &Obj, args: &[&Obj]) -> Result {
    expect("readlines", args, 0..=1)?;
    let hint = size_or_none(args.first())?;
    let (mut lines, mut total) = (Vec::new(), 0);
    let it = vm::protocol::object::iter(io)?;
    while let Some(line) = vm::protocol::object::next(&it)? {
        let len = vm::protocol::object::length(&line)? as isize;
        lines.push(line);
        if hint > 0 && len > hint - total {
            break;
        }
        total += len;
    }
    Ok(list::new(lines).into_obj())
}

fn writelines(io: &Obj, lines: &Obj) -> Result<()> {
    check_closed(io)?;
    let it = vm::protocol::object::iter(lines)?;
    while let Some(line) = vm::protocol::object::next(&it)? {
        while let Err(raised) = method(io, intern!("write"), &[&line]) {
            if !interrupted() {
                return Err(raised);
            }
        }
    }
    Ok(())
}

// ---- Raw streams ----

pub fn define_raw(b: &mut TypeBuilder) {
    b.basicsize::<IoBase>()
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
        .destructible()
        .base(&IO_BASE)
        .tp_dealloc(dealloc::<IoBase>)
        .methods(RAW_METHODS);
}

static RAW_METHODS: Methods = &[
    fastcall!("read", raw_read, "($self, size=-1, /)"),
    noargs!("readall", raw_readall, "($self, /)"),
    o!("readinto", |_: &Obj, _: &Obj| not_implemented_error(), ""),
    o!("write", |_: &Obj, _: &Obj| not_implemented_error(), ""),
];

fn not_implemented_error() -> Result<()> {
    Err(err::set_object(&exc::NotImplementedError, NONE()))
}

/// `read` by way of `readinto`.
fn raw_read(io: &Obj, args: &[&Obj]) -> Result {
    expect("read", args, 0..=1)?;
    let n = to_isize_or(args.first().copied(), -1)?;
    let Ok(n) = usize::try_from(n) else {
        return method(io, intern!("readall"), &[]);
    };
    let buffer = bytearray::new(&[])?;
    buffer.resize(n)?;
    buffer.write(|bytes| bytes.fill(0));
    let answer = method(io, intern!("readinto"), &[buffer.as_obj()])?;
    if answer.is_none() {
        return Ok(answer);
    }
    let count = to_isize(&answer)?;
    match usize::try_from(count)
        .ok()
        .and_then(|count| buffer.as_slice().get(..count))
    {
        Some(read) => Ok(bytes::try_new(read)?.into_obj()),
        None => raise!(
            ValueError,
            "readinto returned {count} outside buffer size {}",
            buffer.len()
        ),
    }
}

fn raw_readall(io: &Obj) -> Result {
    let mut all: Vec<u8> = Vec::new();
    let mut any = false;
    loop {
        let size = int::from_usize(super::DEFAULT_BUFFER_SIZE);
        let part = match method(io, intern!("read"), &[size.as_obj()]) {
            Err(_) if interrupted() => continue,
            other => other?,
        };
        if part.is_none() {
            return if any {
                Ok(bytes::try_new(&all)?.into_obj())
            } else {
                Ok(part)
            };
        }
        let Some(part) = part.downcast::<PyBytesObject>() else {
            return raise!(TypeError, "read() should return bytes");
        };
        if part.as_slice().is_empty() {
            return Ok(bytes::try_new(&all)?.into_obj());
        }
        any = true;
        all.extend_from_slice(part.as_slice());
    }
}

// ---- Buffered streams ----

pub fn define_buffered(b: &mut TypeBuilder) {
    b.basicsize::<IoBase>()
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
        .destructible()
        .base(&IO_BASE)
        .tp_dealloc(dealloc::<IoBase>)
        .methods(BUFFERED_METHODS);
}

fn refuse(name: &str) -> Result<()> {
    Err(unsupported(name))
}

static BUFFERED_METHODS: Methods = &[
    noargs!("detach", |_: &Obj| refuse("detach"), "($self, /)"),
    fastcall!(
        "read",
        |_: &Obj, _: &[&Obj]| refuse("read"),
        "($self, size=-1, /)"
    ),
    fastcall!(
        "read1",
        |_: &Obj, _: &[&Obj]| refuse("read1"),
        "($self, size=-1, /)"
    ),
    o!(
        "readinto",
        |io: &Obj, buffer: &Obj| readinto_by(io, buffer, intern!("read")),
        "($self, buffer, /)"
    ),
    o!(
        "readinto1",
        |io: &Obj, buffer: &Obj| readinto_by(io, buffer, intern!("read1")),
        "($self, buffer, /)"
    ),
    o!("write", |_: &Obj, _: &Obj| refuse("write"), "($self, b, /)"),
];

fn readinto_by(io: &Obj, buffer: &Obj, name: &Obj) -> Result<usize> {
    let mut target = vm::protocol::buffer::writable(buffer)?;
    let len = target.bytes().len();
    let data = method(io, name, &[int::from_usize(len).as_obj()])?;
    let Some(data) = data.downcast::<PyBytesObject>().map(BytesExt::as_slice) else {
        return raise!(TypeError, "read() should return bytes");
    };
    if data.len() > len {
        return raise!(
            ValueError,
            "read() returned too much data: {len} bytes requested, {} returned",
            data.len()
        );
    }
    target.bytes_mut()[..data.len()].copy_from_slice(data);
    Ok(data.len())
}

// ---- Text streams ----

pub fn define_text(b: &mut TypeBuilder) {
    b.basicsize::<IoBase>()
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
        .destructible()
        .base(&IO_BASE)
        .tp_dealloc(dealloc::<IoBase>)
        .methods(TEXT_METHODS)
        .getset(TEXT_GETSET);
}

static TEXT_METHODS: Methods = &[
    noargs!("detach", |_: &Obj| refuse("detach"), "($self, /)"),
    fastcall!(
        "read",
        |_: &Obj, _: &[&Obj]| refuse("read"),
        "($self, size=-1, /)"
    ),
    fastcall!(
        "readline",
        |_: &Obj, _: &[&Obj]| refuse("readline"),
        "($self, size=-1, /)"
    ),
    o!("write", |_: &Obj, _: &Obj| refuse("write"), "($self, s, /)"),
];

static TEXT_GETSET: &[layout::PyGetSetDef] = &[
    getset!("encoding", |_: &Obj| Ok(none())),
    getset!("newlines", |_: &Obj| Ok(none())),
    getset!("errors", |_: &Obj| Ok(none())),
];

/// The error of a native stream that can't be pickled.
pub fn refuse_pickle(io: &Obj) -> Result<()> {
    let name = io.tp_name();
    raise!(
        TypeError,
        "cannot pickle '{}' instances",
        name.rsplit('.').next().unwrap_or(name)
    )
}

/// An error if a stream's constructor wasn't called, or failed.
#[cold]
pub fn uninitialized() -> Raised {
    err::new(
        &exc::ValueError,
        format_args!("I/O operation on uninitialized object"),
    )
}
