//! Descriptors: opening, reading, writing, and what can be asked of them.

use layout::*;

use vm::args;
use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::{buffer, object};
use vm::types::bytes;
use vm::types::{int, structseq, tuple};
use vm::{codecs, signals, threads};

use super::call::{self, Status};
use super::convert;
use super::path::Path;

/// Rows of the module's table.
pub static METHODS: &[PyMethodDef] = &[
    keywords!(
        "open",
        open,
        "($module, /, path, flags, mode=511, *, dir_fd=None)"
    ),
    keywords!("close", close, "($module, /, fd)"),
    fastcall!("closerange", closerange, "($module, fd_low, fd_high, /)"),
    fastcall!("read", read, "($module, fd, length, /)"),
    fastcall!("readinto", readinto, "($module, fd, buffer, /)"),
    fastcall!("write", write, "($module, fd, data, /)"),
    fastcall!("readv", readv, "($module, fd, buffers, /)"),
    fastcall!("writev", writev, "($module, fd, buffers, /)"),
    fastcall!("pread", pread, "($module, fd, length, offset, /)"),
    fastcall!("pwrite", pwrite, "($module, fd, buffer, offset, /)"),
    fastcall!(
        "preadv",
        preadv,
        "($module, fd, buffers, offset, flags=0, /)"
    ),
    fastcall!(
        "pwritev",
        pwritev,
        "($module, fd, buffers, offset, flags=0, /)"
    ),
    fastcall!("lseek", lseek, "($module, fd, position, whence, /)"),
    fastcall!("dup", dup, "($module, fd, /)"),
    keywords!("dup2", dup2, "($module, /, fd, fd2, inheritable=True)"),
    noargs!("pipe", pipe, "($module, /)"),
    o!("pipe2", pipe2, "($module, flags, /)"),
    keywords!("fsync", fsync, "($module, /, fd)"),
    keywords!("fdatasync", fdatasync, "($module, /, fd)"),
    noargs!("sync", sync, "($module, /)"),
    fastcall!("ftruncate", ftruncate, "($module, fd, length, /)"),
    fastcall!("lockf", lockf, "($module, fd, command, length, /)"),
    fastcall!(
        "posix_fallocate",
        posix_fallocate,
        "($module, fd, offset, length, /)"
    ),
    fastcall!(
        "posix_fadvise",
        posix_fadvise,
        "($module, fd, offset, length, advice, /)"
    ),
    keywords!(
        "sendfile",
        sendfile,
        "($module, /, out_fd, in_fd, offset, count)"
    ),
    keywords!(
        "copy_file_range",
        copy_file_range,
        "($module, /, src, dst, count, offset_src=None, offset_dst=None)"
    ),
    keywords!(
        "splice",
        splice,
        "($module, /, src, dst, count, offset_src=None, offset_dst=None, flags=0)"
    ),
    o!("isatty", isatty, "($module, fd, /)"),
    o!("get_inheritable", get_inheritable, "($module, fd, /)"),
    fastcall!(
        "set_inheritable",
        set_inheritable,
        "($module, fd, inheritable, /)"
    ),
    o!("get_blocking", get_blocking, "($module, fd, /)"),
    fastcall!("set_blocking", set_blocking, "($module, fd, blocking, /)"),
    keywords!("device_encoding", device_encoding, "($module, /, fd)"),
    fastcall!(
        "get_terminal_size",
        get_terminal_size,
        "($module, fd=<unrepresentable>, /)"
    ),
    keywords!(
        "memfd_create",
        memfd_create,
        "($module, /, name, flags=MFD_CLOEXEC)"
    ),
];

static TERMINAL_SIZE: PyTypeObject = PyTypeObject::statically_declared();

/// Adds the types.
pub fn add(m: &Obj) -> Result<()> {
    if !has_flag(&TERMINAL_SIZE, Py_TPFLAGS_READY) {
        structseq::init_type(
            &TERMINAL_SIZE,
            "os.terminal_size",
            &["columns", "lines"],
            2,
            true,
        )?;
    }
    vm::types::module::add(m, "terminal_size", TERMINAL_SIZE.as_obj())
}

fn given(o: Option<&Obj>) -> &Obj {
    o.unwrap_or(NONE())
}

// ---- Opening and closing ----

fn open(_: &Obj, [path, flags, mode, dir_fd]: [Option<&Obj>; 4]) -> Result<i32> {
    let path = Path::name("open", "path", given(path))?;
    let flags = convert::int(given(flags))? | libc::O_CLOEXEC;
    let mode = convert::int_or(mode, 0o777)?;
    let dir_fd = convert::dir_fd(dir_fd)?;
    // SAFETY: the name ends with NUL.
    match call::descriptor_retried(|| unsafe { libc::openat(dir_fd, path.as_ptr(), flags, mode) })?
    {
        Ok(fd) => Ok(fd),
        Err(code) => Err(path.error(code)),
    }
}

fn close(_: &Obj, [fd]: [Option<&Obj>; 1]) -> Result<()> {
    let fd = convert::int(given(fd))?;
    // SAFETY: closing a number; a bad one is an error. Not again after a signal: the descriptor is gone then.
    call::once_or_raise(|| unsafe { libc::close(fd) }).map(drop)
}

fn closerange(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("closerange", args, 2..=2)?;
    let (low, high) = (convert::int(args[0])?.max(0), convert::int(args[1])?);
    if low < high {
        threads::allow(|| close_range(low, high - 1));
    }
    Ok(())
}

/// Closes all descriptors from `low` to `high`, errors ignored. Safe after `vfork`.
pub fn close_range(low: i32, high: i32) {
    // SAFETY: closing numbers; bad ones are errors nobody looks at.
    unsafe {
        if libc::syscall(libc::SYS_close_range, low, high, 0) != 0 {
            for fd in low..=high.min(1 << 20) {
                libc::close(fd);
            }
        }
    }
}

// ---- Reading and writing ----

/// Bytes from a call that fills at most `len` of them.
pub fn read_bytes(
    len: usize,
    mut f: impl FnMut(*mut u8, usize) -> isize,
) -> Result<Status<Ref<PyBytesObject>>> {
    let mut at = core::ptr::null_mut();
    let made = bytes::try_build(len, |room| at = room.as_mut_ptr())?;
    let mut nothing = 0u8;
    let target = if len == 0 { &raw mut nothing } else { at } as usize;
    let n = match call::retry(|| f(target as *mut u8, len))? {
        Ok(n) => n as usize,
        Err(code) => return Ok(Err(code)),
    };
    if n == len {
        return Ok(Ok(made));
    }
    // SAFETY: the call has written `n` bytes, and nobody else has seen the object.
    let read = unsafe { core::slice::from_raw_parts(target as *const u8, n) };
    Ok(Ok(bytes::try_new(read)?))
}

fn or_raise<T>(status: Status<T>) -> Result<T> {
    status.map_err(call::raise)
}

fn read(_: &Obj, args: &[&Obj]) -> Result<Ref<PyBytesObject>> {
    args::expect("read", args, 2..=2)?;
    let (fd, len) = (convert::int(args[0])?, convert::size(args[1])?);
    if len < 0 {
        return Err(convert::invalid());
    }
    // SAFETY: `n` bytes are there to be written.
    or_raise(read_bytes(len as usize, |p, n| unsafe {
        libc::read(fd, p.cast(), n)
    })?)
}

fn readinto(_: &Obj, args: &[&Obj]) -> Result<isize> {
    args::expect("readinto", args, 2..=2)?;
    let fd = convert::int(args[0])?;
    let mut view = buffer::writable(args[1])?;
    let (p, n) = (view.bytes_mut().as_mut_ptr() as usize, view.bytes().len());
    // SAFETY: the view keeps the bytes in place.
    call::retry_or_raise(|| unsafe { libc::read(fd, p as *mut libc::c_void, n) })
}

/// Writes once; how much was written.
pub fn write_once(fd: i32, data: &[u8]) -> Result<Status<isize>> {
    let len = data.len().min(isize::MAX as usize);
    // SAFETY: the bytes stay in place while they are borrowed.
    call::retry(|| unsafe { libc::write(fd, data.as_ptr().cast(), len) })
}

fn write(_: &Obj, args: &[&Obj]) -> Result<isize> {
    args::expect("write", args, 2..=2)?;
    let fd = convert::int(args[0])?;
    let view = buffer::simple(args[1])?;
    or_raise(write_once(fd, view.bytes())?)
}

/// The views of a sequence of buffers, and C's table of them.
struct Vectors {
    views: Vec<buffer::Buffer>,
    table: Vec<libc::iovec>,
}

fn vectors(function: &str, o: &Obj, writable: bool) -> Result<Vectors> {
    if !object::is_sequence(o) {
        return raise!(TypeError, "{function}() arg 2 must be a sequence");
    }
    let mut v = Vectors {
        views: Vec::new(),
        table: Vec::new(),
    };
    for item in object::to_vec(o)? {
        let view = buffer::get(
            &item,
            if writable {
                PyBUF_WRITABLE
            } else {
                PyBUF_SIMPLE
            },
        )?;
        let bytes = view.bytes();
        v.table.push(libc::iovec {
            iov_base: bytes.as_ptr().cast_mut().cast(),
            iov_len: bytes.len(),
        });
        v.views.push(view);
    }
    debug_assert_eq!(v.views.len(), v.table.len());
    Ok(v)
}

fn readv(_: &Obj, args: &[&Obj]) -> Result<isize> {
    args::expect("readv", args, 2..=2)?;
    let fd = convert::int(args[0])?;
    let v = vectors("readv", args[1], true)?;
    // SAFETY: the views keep the bytes in place.
    call::retry_or_raise(|| unsafe { libc::readv(fd, v.table.as_ptr(), v.table.len() as i32) })
}

fn writev(_: &Obj, args: &[&Obj]) -> Result<isize> {
    args::expect("writev", args, 2..=2)?;
    let fd = convert::int(args[0])?;
    let v = vectors("writev", args[1], false)?;
    // SAFETY: the views keep the bytes in place.
    call::retry_or_raise(|| unsafe { libc::writev(fd, v.table.as_ptr(), v.table.len() as i32) })
}

fn pread(_: &Obj, args: &[&Obj]) -> Result<Ref<PyBytesObject>> {
    args::expect("pread", args, 3..=3)?;
    let (fd, len, at) = (
        convert::int(args[0])?,
        convert::size(args[1])?,
        convert::offset(args[2])?,
    );
    if len < 0 {
        return Err(convert::invalid());
    }
    // SAFETY: `n` bytes are there to be written.
    or_raise(read_bytes(len as usize, |p, n| unsafe {
        libc::pread(fd, p.cast(), n, at)
    })?)
}

fn pwrite(_: &Obj, args: &[&Obj]) -> Result<isize> {
    args::expect("pwrite", args, 3..=3)?;
    let fd = convert::int(args[0])?;
    let view = buffer::simple(args[1])?;
    let at = convert::offset(args[2])?;
    let data = view.bytes();
    // SAFETY: the view keeps the bytes in place.
    call::retry_or_raise(|| unsafe { libc::pwrite(fd, data.as_ptr().cast(), data.len(), at) })
}

fn preadv(_: &Obj, args: &[&Obj]) -> Result<isize> {
    args::expect("preadv", args, 3..=4)?;
    let fd = convert::int(args[0])?;
    let (at, flags) = (
        convert::offset(args[2])?,
        convert::int_or(args.get(3).copied(), 0)?,
    );
    let v = vectors("preadv", args[1], true)?;
    // SAFETY: the views keep the bytes in place.
    call::retry_or_raise(|| unsafe {
        libc::preadv2(fd, v.table.as_ptr(), v.table.len() as i32, at, flags)
    })
}

fn pwritev(_: &Obj, args: &[&Obj]) -> Result<isize> {
    args::expect("pwritev", args, 3..=4)?;
    let fd = convert::int(args[0])?;
    let (at, flags) = (
        convert::offset(args[2])?,
        convert::int_or(args.get(3).copied(), 0)?,
    );
    let v = vectors("pwritev", args[1], false)?;
    // SAFETY: the views keep the bytes in place.
    call::retry_or_raise(|| unsafe {
        libc::pwritev2(fd, v.table.as_ptr(), v.table.len() as i32, at, flags)
    })
}

fn lseek(_: &Obj, args: &[&Obj]) -> Result<i64> {
    args::expect("lseek", args, 3..=3)?;
    let (fd, to, how) = (
        convert::int(args[0])?,
        convert::offset(args[1])?,
        convert::int(args[2])?,
    );
    // SAFETY: moves a descriptor's position.
    call::once_or_raise(|| unsafe { libc::lseek(fd, to, how) })
}

// ---- Copies of descriptors, pipes ----

fn dup(_: &Obj, args: &[&Obj]) -> Result<i32> {
    args::expect("dup", args, 1..=1)?;
    duplicate(convert::int(args[0])?)
}

/// A new descriptor of the same file, not inherited by other programs.
pub fn duplicate(fd: i32) -> Result<i32> {
    // SAFETY: asks for a descriptor.
    call::descriptor(|| unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) }).map_err(call::raise)
}

fn dup2(_: &Obj, [fd, fd2, inheritable]: [Option<&Obj>; 3]) -> Result<i32> {
    let (fd, fd2) = (convert::int(given(fd))?, convert::int(given(fd2))?);
    let inheritable = convert::flag(inheritable, true)?;
    // SAFETY: replaces a descriptor. dup3 refuses equal ones, for which nothing is to be done.
    call::once_or_raise(|| unsafe {
        if inheritable || fd == fd2 {
            libc::dup2(fd, fd2)
        } else {
            libc::dup3(fd, fd2, libc::O_CLOEXEC)
        }
    })
}

fn new_pipe(flags: i32) -> Result {
    let mut fds = [0i32; 2];
    let p = fds.as_mut_ptr();
    // SAFETY: two descriptors are there to be written.
    call::descriptor(|| unsafe { libc::pipe2(p, flags) }).map_err(call::raise)?;
    Ok(tuple::from_array(fds.map(|fd| int::from_i64(i64::from(fd)).into_obj())).into_obj())
}

fn pipe(_: &Obj) -> Result {
    new_pipe(libc::O_CLOEXEC)
}

fn pipe2(_: &Obj, flags: &Obj) -> Result {
    new_pipe(convert::int(flags)?)
}

// ---- What lies on the disk ----

fn fsync(_: &Obj, [fd]: [Option<&Obj>; 1]) -> Result<()> {
    let fd = convert::fileno(given(fd))?;
    // SAFETY: writes a file's data out.
    call::retry_or_raise(|| unsafe { libc::fsync(fd) }).map(drop)
}

fn fdatasync(_: &Obj, [fd]: [Option<&Obj>; 1]) -> Result<()> {
    let fd = convert::fileno(given(fd))?;
    // SAFETY: writes a file's data out.
    call::retry_or_raise(|| unsafe { libc::fdatasync(fd) }).map(drop)
}

fn sync(_: &Obj) -> Result<()> {
    // SAFETY: writes all files' data out.
    threads::allow(|| unsafe { libc::sync() });
    Ok(())
}

fn ftruncate(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("ftruncate", args, 2..=2)?;
    let (fd, len) = (convert::int(args[0])?, convert::offset(args[1])?);
    // SAFETY: sets a file's length.
    call::retry_or_raise(|| unsafe { libc::ftruncate(fd, len) }).map(drop)
}

fn lockf(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("lockf", args, 3..=3)?;
    let (fd, command, len) = (
        convert::int(args[0])?,
        convert::int(args[1])?,
        convert::offset(args[2])?,
    );
    // SAFETY: locks a part of a file.
    call::once_or_raise(|| unsafe { libc::lockf(fd, command, len) }).map(drop)
}

/// Calls that answer with an error number.
fn numbered(mut f: impl FnMut() -> i32) -> Result<()> {
    loop {
        match threads::allow(&mut f) {
            0 => return Ok(()),
            libc::EINTR => signals::check()?,
            code => return Err(call::raise(code)),
        }
    }
}

fn posix_fallocate(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("posix_fallocate", args, 3..=3)?;
    let (fd, at, len) = (
        convert::int(args[0])?,
        convert::offset(args[1])?,
        convert::offset(args[2])?,
    );
    // SAFETY: reserves room for a file.
    numbered(|| unsafe { libc::posix_fallocate(fd, at, len) })
}

fn posix_fadvise(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("posix_fadvise", args, 4..=4)?;
    let (fd, at, len) = (
        convert::int(args[0])?,
        convert::offset(args[1])?,
        convert::offset(args[2])?,
    );
    let advice = convert::int(args[3])?;
    // SAFETY: says how a file will be read.
    numbered(|| unsafe { libc::posix_fadvise(fd, at, len, advice) })
}

// ---- From one descriptor to another ----

fn optional_offset(o: Option<&Obj>) -> Result<Option<i64>> {
    match o {
        Some(o) if !o.is_none() => convert::offset(o).map(Some),
        _ => Ok(None),
    }
}

fn pointer(offset: &mut Option<i64>) -> *mut i64 {
    offset
        .as_mut()
        .map_or(core::ptr::null_mut(), |o| o as *mut i64)
}

fn sendfile(_: &Obj, [out, input, offset, count]: [Option<&Obj>; 4]) -> Result<isize> {
    let (out, input) = (convert::int(given(out))?, convert::int(given(input))?);
    let mut offset = optional_offset(offset)?;
    let count = convert::size(given(count))?;
    let at = pointer(&mut offset);
    // SAFETY: the offset is there to be read and written.
    call::retry_or_raise(|| unsafe { libc::sendfile(out, input, at, count as usize) })
}

fn count_of(o: Option<&Obj>) -> Result<usize> {
    let count = convert::size(given(o))?;
    if count < 0 {
        return raise!(ValueError, "negative value for 'count' not allowed");
    }
    Ok(count as usize)
}

fn copy_file_range(_: &Obj, [src, dst, count, from, to]: [Option<&Obj>; 5]) -> Result<isize> {
    let (src, dst, count) = (
        convert::int(given(src))?,
        convert::int(given(dst))?,
        count_of(count)?,
    );
    let (mut from, mut to) = (optional_offset(from)?, optional_offset(to)?);
    let (from, to) = (pointer(&mut from), pointer(&mut to));
    // SAFETY: the offsets are there to be read and written.
    call::retry_or_raise(|| unsafe { libc::copy_file_range(src, from, dst, to, count, 0) })
}

fn splice(_: &Obj, [src, dst, count, from, to, flags]: [Option<&Obj>; 6]) -> Result<isize> {
    let (src, dst, count) = (
        convert::int(given(src))?,
        convert::int(given(dst))?,
        count_of(count)?,
    );
    let (mut from, mut to) = (optional_offset(from)?, optional_offset(to)?);
    let (from, to) = (pointer(&mut from), pointer(&mut to));
    let flags = flags.map_or(Ok(0), convert::uint)?;
    // SAFETY: the offsets are there to be read and written.
    call::retry_or_raise(|| unsafe { libc::splice(src, from, dst, to, count, flags) })
}

// ---- Properties ----

fn isatty(_: &Obj, fd: &Obj) -> Result<bool> {
    let fd = convert::int(fd)?;
    // SAFETY: asks about a descriptor.
    Ok(threads::allow(|| unsafe { libc::isatty(fd) }) == 1)
}

fn get_inheritable(_: &Obj, fd: &Obj) -> Result<bool> {
    // SAFETY: asks about a descriptor.
    let flags = call::quick(unsafe { libc::fcntl(convert::int(fd)?, libc::F_GETFD) })?;
    Ok(flags & libc::FD_CLOEXEC == 0)
}

/// Says whether other programs get the descriptor.
pub fn make_inheritable(fd: i32, inheritable: bool) -> Result<()> {
    // SAFETY: asks about a descriptor and changes its flags.
    unsafe {
        let flags = call::quick(libc::fcntl(fd, libc::F_GETFD))?;
        let wanted = if inheritable {
            flags & !libc::FD_CLOEXEC
        } else {
            flags | libc::FD_CLOEXEC
        };
        if wanted != flags {
            call::quick(libc::fcntl(fd, libc::F_SETFD, wanted))?;
        }
    }
    Ok(())
}

fn set_inheritable(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("set_inheritable", args, 2..=2)?;
    make_inheritable(convert::int(args[0])?, convert::int(args[1])? != 0)
}

fn get_blocking(_: &Obj, fd: &Obj) -> Result<bool> {
    // SAFETY: asks about a descriptor.
    let flags = call::quick(unsafe { libc::fcntl(convert::int(fd)?, libc::F_GETFL) })?;
    Ok(flags & libc::O_NONBLOCK == 0)
}

fn set_blocking(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("set_blocking", args, 2..=2)?;
    let (fd, blocking) = (convert::int(args[0])?, object::is_true(args[1])?);
    // SAFETY: asks about a descriptor and changes its flags.
    unsafe {
        let flags = call::quick(libc::fcntl(fd, libc::F_GETFL))?;
        let wanted = if blocking {
            flags & !libc::O_NONBLOCK
        } else {
            flags | libc::O_NONBLOCK
        };
        call::quick(libc::fcntl(fd, libc::F_SETFL, wanted)).map(drop)
    }
}

fn device_encoding(_: &Obj, [fd]: [Option<&Obj>; 1]) -> Result<Option<&'static str>> {
    let fd = convert::int(given(fd))?;
    // SAFETY: asks about a descriptor.
    Ok((unsafe { libc::isatty(fd) } == 1).then_some("utf-8"))
}

fn get_terminal_size(_: &Obj, args: &[&Obj]) -> Result {
    args::expect("get_terminal_size", args, 0..=1)?;
    let fd = convert::int_or(args.first().copied(), 1)?;
    let mut size = libc::winsize {
        ws_row: 0,
        ws_col: 0,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: the structure is there to be filled in.
    call::quick(unsafe { libc::ioctl(fd, libc::TIOCGWINSZ, &raw mut size) })?;
    let number = |n: u16| int::from_i64(i64::from(n)).into_obj();
    structseq::new(
        &TERMINAL_SIZE,
        vec![number(size.ws_col), number(size.ws_row)],
    )
}

fn memfd_create(_: &Obj, [name, flags]: [Option<&Obj>; 2]) -> Result<i32> {
    let name = convert::fs_string(given(name))?;
    let flags = flags.map_or(Ok(libc::MFD_CLOEXEC), convert::uint_wrapped)?;
    // SAFETY: the name ends with NUL.
    call::descriptor(|| unsafe { libc::memfd_create(name.as_ptr(), flags) }).map_err(call::raise)
}

/// The name of a terminal, or another string from the system.
pub fn decoded(text: &core::ffi::CStr) -> Result {
    codecs::fs_decode(text.to_bytes())
}
