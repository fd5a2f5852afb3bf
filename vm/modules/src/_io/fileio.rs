//! `FileIO`: a file descriptor as a raw stream.

use core::cell::Cell;
use std::ffi::CString;

use layout::{
    Layout, Py_T_BOOL, Py_TPFLAGS_BASETYPE, Py_TPFLAGS_HAVE_GC, PyBytesObject, PyDictObject,
    PyLongObject, PyMemberDef, PyTupleObject, PyTypeObject, PyUnicodeObject,
};
use vm::args::{Signature, expect, to_bool};
use vm::err::{self, Raised, Result, exc, raise};
use vm::intern;
use vm::method::*;
use vm::object::*;
use vm::protocol::buffer;
use vm::protocol::call::call;
use vm::protocol::number::index_isize;
use vm::protocol::object::{getattr_opt, setattr};
use vm::threads;
use vm::types::bytes::{self, BytesExt};
use vm::types::int;
use vm::types::str_::args::{bad_argument, c_int};
use vm::types::str_::{self, StrExt};
use vm::types::type_::TypeBuilder;

use crate::posix::{call as sys, files};

use super::iobase::{self, IoBase, RAW_IO_BASE};
use super::unsupported;

pub static FILE_IO: PyTypeObject = PyTypeObject::statically_declared();

#[repr(C)]
pub struct FileIo {
    base: IoBase,
    fd: Cell<i32>,
    created: Cell<bool>,
    readable: Cell<bool>,
    writable: Cell<bool>,
    appending: Cell<bool>,
    closefd: Cell<bool>,
    finalizing: Cell<bool>,
    seekable: Cell<Option<bool>>,
    block_size: Cell<usize>,
    /// The size when it was opened: how much to expect when all is read.
    size: Cell<Option<usize>>,
    /// Whether it was a character device when it was opened: only then can it be a terminal.
    character_device: Cell<Option<bool>>,
}

impl Layout for FileIo {
    fn type_object() -> &'static PyTypeObject {
        &FILE_IO
    }
}

pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<FileIo>()
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
        .destructible()
        .base(&RAW_IO_BASE)
        .tp_new(new)
        .tp_init(init)
        .tp_dealloc(iobase::dealloc::<FileIo>)
        .tp_traverse(|f: &FileIo, v: &mut Visitor| v.slot(&f.base.dict))
        .tp_clear(|f: &FileIo| drop(f.base.dict.take()))
        .tp_repr(repr)
        .methods(METHODS)
        .members(MEMBERS)
        .getset(GETSET);
}

static METHODS: Methods = &[
    fastcall!("read", read, "($self, size=-1, /)"),
    noargs!("readall", readall, "($self, /)"),
    o!("readinto", readinto, "($self, buffer, /)"),
    o!("write", write, "($self, b, /)"),
    fastcall!("seek", seek, "($self, pos, whence=0, /)"),
    noargs!(
        "tell",
        |f: &FileIo| f.lseek(0, libc::SEEK_CUR),
        "($self, /)"
    ),
    fastcall!("truncate", truncate, "($self, size=None, /)"),
    noargs!("close", close, "($self, /)"),
    noargs!("seekable", seekable, "($self, /)"),
    noargs!(
        "readable",
        |f: &FileIo| f.open_fd().map(|_| f.readable.get()),
        "($self, /)"
    ),
    noargs!(
        "writable",
        |f: &FileIo| f.open_fd().map(|_| f.writable.get()),
        "($self, /)"
    ),
    noargs!("fileno", |f: &FileIo| f.open_fd(), "($self, /)"),
    noargs!("isatty", isatty, "($self, /)"),
    noargs!("_isatty_open_only", isatty_open_only, "($self, /)"),
    o!("_dealloc_warn", dealloc_warn, "($self, object, /)"),
    noargs!(
        "__getstate__",
        |f: &FileIo| iobase::refuse_pickle(f.as_obj()),
        "($self, /)"
    ),
];

static MEMBERS: &[PyMemberDef] = &[member!("_finalizing", FileIo, finalizing, Py_T_BOOL, 0)];

static GETSET: &[layout::PyGetSetDef] = &[
    getset!("closed", |f: &FileIo| Ok(f.fd.get() < 0)),
    getset!("closefd", |f: &FileIo| Ok(f.closefd.get())),
    getset!("mode", |f: &FileIo| Ok(mode(f))),
    getset!(
        "_blksize",
        |f: &FileIo| Ok(f.block_size.get()),
        set_block_size
    ),
];

fn set_block_size(f: &FileIo, value: Option<&Obj>) -> Result<()> {
    let n = vm::args::to_isize(value.unwrap_or(NONE()))?;
    f.block_size.set(n.max(0) as usize);
    Ok(())
}

#[cold]
pub fn closed_error() -> Raised {
    err::new(
        &exc::ValueError,
        format_args!("I/O operation on closed file"),
    )
}

// ---- Opening ----

fn new(tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>) -> Result {
    let f = FileIo {
        base: IoBase::empty(),
        fd: Cell::new(-1),
        created: Cell::new(false),
        readable: Cell::new(false),
        writable: Cell::new(false),
        appending: Cell::new(false),
        closefd: Cell::new(true),
        finalizing: Cell::new(false),
        seekable: Cell::new(None),
        block_size: Cell::new(0),
        size: Cell::new(None),
        character_device: Cell::new(None),
    };
    iobase::allocate(tp, f)
}

fn bad_mode() -> Raised {
    let text = "Must have exactly one of create/read/write/append mode and at most one plus";
    err::new(&exc::ValueError, format_args!("{text}"))
}

impl FileIo {
    /// The flags of `open` for a mode.
    fn set_mode(&self, mode: &str) -> Result<i32> {
        let (mut kind, mut plus, mut flags) = (None, false, 0);
        self.created.set(false);
        self.appending.set(false);
        self.readable.set(false);
        self.writable.set(false);
        for c in mode.chars() {
            match c {
                'x' | 'r' | 'w' | 'a' => {
                    if kind.replace(c).is_some() {
                        return Err(bad_mode());
                    }
                    self.readable.set(c == 'r');
                    self.writable.set(c != 'r');
                    match c {
                        'x' => {
                            self.created.set(true);
                            flags |= libc::O_EXCL | libc::O_CREAT;
                        }
                        'w' => flags |= libc::O_CREAT | libc::O_TRUNC,
                        'a' => {
                            self.appending.set(true);
                            flags |= libc::O_APPEND | libc::O_CREAT;
                        }
                        _ => {}
                    }
                }
                'b' => {}
                '+' => {
                    if plus {
                        return Err(bad_mode());
                    }
                    plus = true;
                }
                _ => return raise!(ValueError, "invalid mode: {mode:.200}"),
            }
        }
        if kind.is_none() {
            return Err(bad_mode());
        }
        if plus {
            self.readable.set(true);
            self.writable.set(true);
        }
        Ok(flags
            | libc::O_CLOEXEC
            | match (self.readable.get(), self.writable.get()) {
                (true, true) => libc::O_RDWR,
                (true, false) => libc::O_RDONLY,
                _ => libc::O_WRONLY,
            })
    }

    /// The descriptor, -1 if closed.
    pub fn fd(&self) -> i32 {
        self.fd.get()
    }

    fn open_fd(&self) -> Result<i32> {
        match self.fd.get() {
            fd if fd < 0 => Err(closed_error()),
            fd => Ok(fd),
        }
    }

    /// Forgets the descriptor, closing it if it is ours.
    fn close_fd(&self) -> Result<()> {
        let fd = self.fd.replace(-1);
        if fd < 0 {
            return Ok(());
        }
        // SAFETY: the descriptor is ours, and nobody uses it again.
        if threads::allow(|| unsafe { libc::close(fd) }) < 0 {
            return Err(err::last_os_error(None));
        }
        Ok(())
    }
}

/// A path as the operating system takes it: `str`, `bytes`, or what has `__fspath__`.
pub fn path_bytes(path: &Obj) -> Result<Vec<u8>> {
    let owned;
    let mut path = path;
    if !path.is::<PyUnicodeObject>() && !path.is::<PyBytesObject>() {
        let Some(answer) = vm::protocol::call::special(path, intern!("__fspath__"), &[])? else {
            return raise!(
                TypeError,
                "expected str, bytes or os.PathLike object, not {:.200}",
                path.tp_name()
            );
        };
        owned = answer;
        path = &owned;
    }
    let bytes = if let Some(s) = path.downcast::<PyUnicodeObject>() {
        vm::codecs::fs_encode(s)?
    } else if let Some(b) = path.downcast::<PyBytesObject>() {
        b.as_slice().to_vec()
    } else {
        return raise!(
            TypeError,
            "expected __fspath__() to return str or bytes, not {:.200}",
            path.tp_name()
        );
    };
    if bytes.contains(&0) {
        return raise!(ValueError, "embedded null byte");
    }
    Ok(bytes)
}

fn init(f: &FileIo, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    static SIG: Signature = Signature::new("FileIO", "(file, mode='r', closefd=True, opener=None)");
    let [file, mode, closefd, opener] = SIG.bind(args, kwargs)?;
    let file = file.unwrap_or(NONE());
    let mode = match mode {
        None => "r",
        Some(o) => match o.downcast::<PyUnicodeObject>() {
            Some(s) => s.as_str()?,
            None => return Err(bad_argument("FileIO", "argument 'mode'", "str", o)),
        },
    };
    let closefd = closefd.map_or(Ok(true), to_bool)?;
    let opener = opener.filter(|o| !o.is_none());
    if f.fd.get() >= 0 {
        if f.closefd.get() {
            f.close_fd()?;
        } else {
            f.fd.set(-1);
        }
    }
    if file.is_same(TRUE()) || file.is_same(FALSE()) {
        vm::warn::warn(&exc::RuntimeWarning, 1, "bool is used as a file descriptor")?;
    }
    let given = match file.is::<PyLongObject>() {
        true => match c_int(file)? {
            fd if fd < 0 => return raise!(ValueError, "negative file descriptor"),
            fd => Some(fd),
        },
        false => None,
    };
    let path = if given.is_some() {
        Vec::new()
    } else {
        path_bytes(file)?
    };
    let flags = f.set_mode(mode)?;
    vm::sys::audit_event(
        "open",
        &[
            file,
            str_::new(mode).as_obj(),
            int::from_i64(flags.into()).as_obj(),
        ],
    )?;
    f.seekable.set(None);
    f.size.set(None);
    f.character_device.set(None);
    match given {
        Some(fd) => {
            f.closefd.set(closefd);
            f.fd.set(fd);
        }
        None => {
            f.closefd.set(true);
            if !closefd {
                return raise!(ValueError, "Cannot use closefd=False with file name");
            }
            f.fd.set(open_file(file, path, flags, opener)?);
        }
    }
    let done = finish_open(f, file);
    if done.is_err() {
        // A descriptor that was given stays open.
        if given.is_some() {
            f.fd.set(-1);
        } else {
            err::preserved(|| f.close_fd().is_ok());
        }
    }
    done
}

fn open_file(file: &Obj, path: Vec<u8>, flags: i32, opener: Option<&Obj>) -> Result<i32> {
    if let Some(opener) = opener {
        let answer = call(opener, &[file, int::from_i64(flags.into()).as_obj()])?;
        if !answer.is::<PyLongObject>() {
            return raise!(TypeError, "expected integer from opener");
        }
        let fd = c_int(&answer)?;
        if fd < 0 {
            return raise!(ValueError, "opener returned {fd}");
        }
        // SAFETY: asks for the descriptor not to be inherited.
        unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
        return Ok(fd);
    }
    let Ok(path) = CString::new(path) else {
        return raise!(ValueError, "embedded null byte");
    };
    // SAFETY: a C string.
    sys::descriptor_retried(|| unsafe { libc::open(path.as_ptr(), flags, 0o666) })?
        .map_err(|code| sys::raise_for(code, file))
}

pub fn last_errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

fn finish_open(f: &FileIo, file: &Obj) -> Result<()> {
    let fd = f.fd.get();
    // SAFETY: plain numbers, for which zero is a value.
    let mut stat: libc::stat = unsafe { core::mem::zeroed() };
    f.block_size.set(super::DEFAULT_BUFFER_SIZE);
    // SAFETY: fills in the struct, or answers -1.
    if threads::allow(|| unsafe { libc::fstat(fd, &mut stat) }) < 0 {
        if last_errno() == libc::EBADF {
            return Err(err::last_os_error(None));
        }
    } else {
        if stat.st_mode & libc::S_IFMT == libc::S_IFDIR {
            return Err(err::errno(libc::EISDIR, Some(file)));
        }
        if stat.st_blksize > 1 {
            f.block_size.set(stat.st_blksize as usize);
        }
        f.size.set(usize::try_from(stat.st_size).ok());
        f.character_device
            .set(Some(stat.st_mode & libc::S_IFMT == libc::S_IFCHR));
    }
    setattr(f.as_obj(), intern!("name"), Some(file))?;
    if f.appending.get() {
        // Appending is decided anew at each write; this makes `tell` right from the start.
        // SAFETY: moves the position, or fails for what has none.
        unsafe { libc::lseek(fd, 0, libc::SEEK_END) };
    }
    Ok(())
}

fn close(f: &FileIo) -> Result<()> {
    let closed = vm::protocol::object::getattr(RAW_IO_BASE.as_obj(), intern!("close"))
        .and_then(|close| call(&close, &[f.as_obj()]).map(drop));
    if !f.closefd.get() {
        f.fd.set(-1);
        return closed;
    }
    if f.finalizing.get() {
        err::preserved(|| {
            if dealloc_warn(f, f.as_obj()).is_err() {
                err::clear();
            }
        });
    }
    iobase::preserving(closed, || f.close_fd())
}

/// Warns of a file that dies open.
fn dealloc_warn(f: &FileIo, source: &Obj) -> Result<()> {
    if f.fd.get() >= 0 && f.closefd.get() {
        let message = format!("unclosed file {}", repr_lossy(source));
        if vm::warn::warn_about(source, &exc::ResourceWarning, 1, &message).is_err() {
            if err::matches(&exc::Warning) {
                err::write_unraisable(Some(f.as_obj()), None);
            }
            err::clear();
        }
    }
    Ok(())
}

// ---- Reading and writing ----

/// One `read`, repeated while signals interrupt it; `None` if it would block.
fn read_some(fd: i32, into: &mut [u8]) -> Result<Option<usize>> {
    let (p, n) = (
        into.as_mut_ptr() as usize,
        into.len().min(isize::MAX as usize),
    );
    loop {
        // SAFETY: the slice is exclusively ours until we return.
        match threads::allow(|| unsafe { libc::read(fd, p as *mut libc::c_void, n) }) {
            n if n >= 0 => return Ok(Some(n as usize)),
            _ => match last_errno() {
                libc::EINTR => vm::signals::check()?,
                libc::EAGAIN => return Ok(None),
                _ => return Err(err::last_os_error(None)),
            },
        }
    }
}

impl FileIo {
    fn check_readable(&self) -> Result<i32> {
        let fd = self.open_fd()?;
        if !self.readable.get() {
            return Err(unsupported("File not open for reading"));
        }
        Ok(fd)
    }

    fn check_writable(&self) -> Result<i32> {
        let fd = self.open_fd()?;
        if !self.writable.get() {
            return Err(unsupported("File not open for writing"));
        }
        Ok(fd)
    }

    fn lseek(&self, pos: i64, whence: i32) -> Result<i64> {
        let fd = self.open_fd()?;
        // SAFETY: moves the position, or fails.
        let at = threads::allow(|| unsafe { libc::lseek(fd, pos, whence) });
        if self.seekable.get().is_none() {
            self.seekable.set(Some(at >= 0));
        }
        if at < 0 {
            Err(err::last_os_error(None))
        } else {
            Ok(at)
        }
    }
}

fn read(f: &FileIo, args: &[&Obj]) -> Result {
    expect("read", args, 0..=1)?;
    let size = iobase::size_or_none(args.first())?;
    let fd = f.check_readable()?;
    let Ok(size) = usize::try_from(size) else {
        return readall(f);
    };
    // SAFETY: as many bytes as said are there to be written.
    let read = files::read_bytes(size, |at, n| unsafe { libc::read(fd, at.cast(), n) })?;
    match read {
        Ok(data) => Ok(data.into_obj()),
        Err(libc::EAGAIN) => Ok(none()),
        Err(code) => Err(err::errno(code, None)),
    }
}

/// How many bytes are likely left, by the size when it was opened.
fn expected(f: &FileIo, fd: i32) -> usize {
    match f.size.get() {
        None => 0,
        // Not worth a call.
        Some(size) if size <= 65536 => size,
        Some(size) => {
            // SAFETY: asks for the position, or fails for what has none.
            let at = threads::allow(|| unsafe { libc::lseek(fd, 0, libc::SEEK_CUR) });
            size.saturating_sub(at.max(0) as usize)
        }
    }
}

fn readall(f: &FileIo) -> Result {
    let fd = f.check_readable()?;
    let mut data = Vec::new();
    let expected = expected(f, fd);
    if expected > 0 {
        // What is expected goes straight into the result; whether that was all shows at the next read.
        // SAFETY: as many bytes as said are there to be written.
        let read = files::read_bytes(expected, |at, n| unsafe { libc::read(fd, at.cast(), n) })?;
        let first = match read {
            Ok(first) => first,
            Err(libc::EAGAIN) => return Ok(none()),
            Err(code) => return Err(err::errno(code, None)),
        };
        let mut more = [0; 1024];
        match read_some(fd, &mut more)? {
            None | Some(0) => return Ok(first.into_obj()),
            Some(n) => {
                data.extend_from_slice(first.as_slice());
                data.extend_from_slice(&more[..n]);
            }
        }
    }
    loop {
        let len = data.len();
        let step = if len > 65536 { len >> 3 } else { 256 + len };
        data.resize(len + step.max(8192), 0);
        let read = read_some(fd, &mut data[len..]);
        data.truncate(len + read.as_ref().map_or(0, |n| n.unwrap_or(0)));
        match read? {
            None if len == 0 => return Ok(none()),
            None | Some(0) => return Ok(bytes::try_new(&data)?.into_obj()),
            Some(_) => {}
        }
    }
}

impl FileIo {
    /// What `readinto` does, for a buffered stream.
    pub fn read_into(&self, into: &mut [u8]) -> Result<Option<usize>> {
        read_some(self.check_readable()?, into)
    }

    /// What `write` does, for a buffered stream; `None` if it would block.
    pub fn write_from(&self, data: &[u8]) -> Result<Option<usize>> {
        let fd = self.check_writable()?;
        let (p, n) = (data.as_ptr() as usize, data.len());
        loop {
            // SAFETY: the caller keeps the bytes in place.
            match threads::allow(|| unsafe { libc::write(fd, p as *const libc::c_void, n) }) {
                n if n >= 0 => return Ok(Some(n as usize)),
                _ => match last_errno() {
                    libc::EINTR => vm::signals::check()?,
                    libc::EAGAIN => return Ok(None),
                    _ => return Err(err::last_os_error(None)),
                },
            }
        }
    }
}

fn readinto(f: &FileIo, target: &Obj) -> Result<Option<usize>> {
    let fd = f.check_readable()?;
    let mut target = buffer::writable(target)?;
    read_some(fd, target.bytes_mut())
}

fn write(f: &FileIo, data: &Obj) -> Result<Option<usize>> {
    let data = buffer::simple(data)?;
    f.write_from(data.bytes())
}

/// A file offset.
pub fn offset(o: &Obj) -> Result<i64> {
    if !vm::protocol::number::is_index(o) {
        return raise!(
            TypeError,
            "'{:.200}' object cannot be interpreted as an integer",
            o.tp_name()
        );
    }
    Ok(index_isize(o, Some(&exc::OverflowError))? as i64)
}

fn seek(f: &FileIo, args: &[&Obj]) -> Result<i64> {
    expect("seek", args, 1..=2)?;
    let whence = args.get(1).map_or(Ok(0), |o| c_int(o))?;
    f.open_fd()?;
    f.lseek(offset(args[0])?, whence)
}

fn truncate(f: &FileIo, args: &[&Obj]) -> Result<i64> {
    expect("truncate", args, 0..=1)?;
    let fd = f.check_writable()?;
    let size = match args.first().filter(|o| !o.is_none()) {
        Some(o) => offset(o)?,
        None => f.lseek(0, libc::SEEK_CUR)?,
    };
    // SAFETY: sets the size, or fails.
    while threads::allow(|| unsafe { libc::ftruncate(fd, size) }) < 0 {
        if last_errno() != libc::EINTR {
            return Err(err::last_os_error(None));
        }
        vm::signals::check()?;
    }
    f.size.set(None);
    Ok(size)
}

fn seekable(f: &FileIo) -> Result<bool> {
    f.open_fd()?;
    if f.seekable.get().is_none() && f.lseek(0, libc::SEEK_CUR).is_err() {
        err::clear();
    }
    Ok(f.seekable.get() == Some(true))
}

fn isatty(f: &FileIo) -> Result<bool> {
    let fd = f.open_fd()?;
    // SAFETY: asks about a descriptor.
    Ok(threads::allow(|| unsafe { libc::isatty(fd) }) != 0)
}

/// The same while nobody has had a chance to do anything with the descriptor.
fn isatty_open_only(f: &FileIo) -> Result<bool> {
    if f.character_device.get() == Some(false) {
        Ok(false)
    } else {
        isatty(f)
    }
}

fn mode(f: &FileIo) -> &'static str {
    match (
        f.created.get(),
        f.appending.get(),
        f.readable.get(),
        f.writable.get(),
    ) {
        (true, _, true, _) => "xb+",
        (true, ..) => "xb",
        (_, true, true, _) => "ab+",
        (_, true, ..) => "ab",
        (_, _, true, true) => "rb+",
        (_, _, true, false) => "rb",
        _ => "wb",
    }
}

fn repr(f: &FileIo) -> Result<String> {
    if f.fd.get() < 0 {
        return Ok(format!("<{} [closed]>", f.as_obj().tp_name()));
    }
    let closefd = if f.closefd.get() { "True" } else { "False" };
    let (type_name, mode) = (f.as_obj().tp_name(), mode(f));
    match getattr_opt(f.as_obj(), intern!("name"))? {
        None => Ok(format!(
            "<{type_name} fd={} mode='{mode}' closefd={closefd}>",
            f.fd.get()
        )),
        Some(name) => {
            let Some(_guard) = repr_enter(f.as_obj()) else {
                return raise!(RuntimeError, "reentrant call inside {type_name}.__repr__");
            };
            let name = vm::protocol::object::repr(&name)?;
            Ok(format!(
                "<{type_name} name={} mode='{mode}' closefd={closefd}>",
                str_::to_string_lossy(&name)
            ))
        }
    }
}

/// A raw file, opened as `io.open` does.
pub fn open_raw(file: &Obj, mode: &str, closefd: &Obj, opener: &Obj) -> Result {
    call(
        FILE_IO.as_obj(),
        &[file, str_::new(mode).as_obj(), closefd, opener],
    )
}
