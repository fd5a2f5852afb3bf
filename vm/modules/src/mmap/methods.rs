//! A mapping as a file, and what the system can be told about it.

use layout::*;

use vm::args;
use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::{buffer, number};
use vm::types::bytes;
use vm::types::int::IntExt as _;

use super::{Access, Mmap};
use crate::posix::call;
use crate::posix::{convert, stat};

pub static METHODS: &[PyMethodDef] = &[
    noargs!("close", close, "($self, /)"),
    fastcall!("find", find, "($self, view, start=None, end=None, /)"),
    fastcall!("rfind", rfind, "($self, view, start=None, end=None, /)"),
    fastcall!("flush", flush, "($self, offset=0, size=None, /)"),
    fastcall!(
        "madvise",
        madvise,
        "($self, option, start=0, length=None, /)"
    ),
    fastcall!("move", move_, "($self, dest, src, count, /)"),
    fastcall!("read", read, "($self, n=None, /)"),
    noargs!("read_byte", read_byte, "($self, /)"),
    noargs!("readline", readline, "($self, /)"),
    o!("resize", resize, "($self, newsize, /)"),
    fastcall!("seek", seek, "($self, pos, whence=0, /)"),
    noargs!("seekable", |_: &Mmap| Ok(true), "($self, /)"),
    noargs!("size", size, "($self, /)"),
    noargs!("tell", tell, "($self, /)"),
    o!("write", write, "($self, bytes, /)"),
    o!("write_byte", write_byte, "($self, byte, /)"),
    noargs!("__enter__", enter, "($self, /)"),
    fastcall!(
        "__exit__",
        exit,
        "($self, exc_type, exc_value, traceback, /)"
    ),
];

fn close(m: &Mmap) -> Result<()> {
    if buffer::is_held(|| m.exports.get() > 0, |o| o.is_same(m.as_obj())) {
        return raise!(BufferError, "cannot close exported pointers exist");
    }
    m.release();
    Ok(())
}

fn enter(m: &Mmap) -> Result {
    m.check()?;
    Ok(m.to_ref().into_obj())
}

fn exit(m: &Mmap, _: &[&Obj]) -> Result<()> {
    close(m)
}

// ---- Searching ----

fn bound(o: Option<&&Obj>, default: usize, len: usize) -> Result<usize> {
    let Some(o) = o.filter(|o| !o.is_none()) else {
        return Ok(default);
    };
    let n = args::to_isize(o)?;
    Ok(if n < 0 {
        (n + len as isize).max(0) as usize
    } else {
        (n as usize).min(len)
    })
}

fn search(m: &Mmap, name: &str, args: &[&Obj], forwards: bool) -> Result<isize> {
    args::expect(name, args, 1..=3)?;
    m.check()?;
    let view = buffer::simple(args[0])?;
    let needle = view.bytes();
    let len = m.size.get();
    let (start, end) = (
        bound(args.get(1), m.pos.get(), len)?,
        bound(args.get(2), len, len)?,
    );
    let all = m.bytes()?;
    let (start, end) = (start.min(all.len()), end.min(all.len()));
    let Some(hay) = all.get(start..end).filter(|hay| hay.len() >= needle.len()) else {
        return Ok(-1);
    };
    let at = if forwards {
        memchr::memmem::find(hay, needle)
    } else {
        memchr::memmem::rfind(hay, needle)
    };
    Ok(at.map_or(-1, |at| (at + start) as isize))
}

fn find(m: &Mmap, args: &[&Obj]) -> Result<isize> {
    search(m, "find", args, true)
}

fn rfind(m: &Mmap, args: &[&Obj]) -> Result<isize> {
    search(m, "rfind", args, false)
}

// ---- Reading and writing ----

/// Takes at most `n` bytes from the position on.
fn take(m: &Mmap, n: usize) -> Result<Ref<PyBytesObject>> {
    let rest = m.bytes()?.get(m.pos.get()..).unwrap_or(&[]);
    let taken = bytes::try_new(&rest[..n.min(rest.len())])?;
    m.pos.set(m.pos.get() + n.min(rest.len()));
    Ok(taken)
}

fn read(m: &Mmap, args: &[&Obj]) -> Result<Ref<PyBytesObject>> {
    args::expect("read", args, 0..=1)?;
    m.check()?;
    let n = match args.first().filter(|n| !n.is_none()) {
        None => -1,
        Some(n) if number::is_index(n) => args::to_isize(n)?,
        Some(n) => {
            return raise!(
                TypeError,
                "argument should be integer or None, not '{:.200}'",
                n.tp_name()
            );
        }
    };
    take(m, usize::try_from(n).unwrap_or(usize::MAX))
}

fn read_byte(m: &Mmap) -> Result<u8> {
    let Some(byte) = m.bytes()?.get(m.pos.get()).copied() else {
        return raise!(ValueError, "read byte out of range");
    };
    m.pos.set(m.pos.get() + 1);
    Ok(byte)
}

fn readline(m: &Mmap) -> Result<Ref<PyBytesObject>> {
    let rest = m.bytes()?.get(m.pos.get()..).unwrap_or(&[]);
    take(
        m,
        memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1),
    )
}

fn write(m: &Mmap, data: &Obj) -> Result<usize> {
    m.check()?;
    let view = buffer::simple(data)?;
    let data = view.bytes();
    m.check()?;
    m.check_writable()?;
    if m.pos.get() > m.size.get() || m.size.get() - m.pos.get() < data.len() {
        return raise!(ValueError, "data out of range");
    }
    m.put(m.pos.get(), data);
    m.pos.set(m.pos.get() + data.len());
    Ok(data.len())
}

fn write_byte(m: &Mmap, byte: &Obj) -> Result<()> {
    let n = number::index_int(byte)?;
    let byte = match n.to_i64() {
        Some(n) if n < 0 => {
            return raise!(OverflowError, "unsigned byte integer is less than minimum");
        }
        Some(n) if n < 256 => n as u8,
        _ => {
            return raise!(
                OverflowError,
                "unsigned byte integer is greater than maximum"
            );
        }
    };
    m.check()?;
    m.check_writable()?;
    if m.pos.get() >= m.size.get() {
        return raise!(ValueError, "write byte out of range");
    }
    m.put(m.pos.get(), &[byte]);
    m.pos.set(m.pos.get() + 1);
    Ok(())
}

fn move_(m: &Mmap, args: &[&Obj]) -> Result<()> {
    args::expect("move", args, 3..=3)?;
    let [to, from, count] = [
        args::to_isize(args[0])?,
        args::to_isize(args[1])?,
        args::to_isize(args[2])?,
    ];
    m.check()?;
    m.check_writable()?;
    let size = m.size.get() as isize;
    if to < 0 || from < 0 || count < 0 || size - to < count || size - from < count {
        return raise!(ValueError, "source, destination, or count out of range");
    }
    let data = &m.bytes()?[from as usize..][..count as usize];
    m.put(to as usize, data);
    Ok(())
}

// ---- Position and size ----

fn tell(m: &Mmap) -> Result<usize> {
    m.check()?;
    Ok(m.pos.get())
}

fn seek(m: &Mmap, args: &[&Obj]) -> Result<isize> {
    args::expect("seek", args, 1..=2)?;
    let by = args::to_isize(args[0])?;
    let whence = convert::int_or(args.get(1).copied(), 0)?;
    m.check()?;
    let size = m.size.get() as isize;
    let to = match whence {
        0 => Some(by),
        1 => by.checked_add(m.pos.get() as isize),
        2 => by.checked_add(size),
        _ => return raise!(ValueError, "unknown seek type"),
    };
    match to.filter(|to| (0..=size).contains(to)) {
        Some(to) => {
            m.pos.set(to as usize);
            Ok(to)
        }
        None => raise!(ValueError, "seek out of range"),
    }
}

fn size(m: &Mmap) -> Result<i64> {
    m.check()?;
    Ok(stat::of_fd(m.fd.get()).map_err(call::raise)?.st_size)
}

fn resize(m: &Mmap, new: &Obj) -> Result<()> {
    let new = args::to_isize(new)?;
    m.check()?;
    if buffer::is_held(|| m.exports.get() > 0, |o| o.is_same(m.as_obj())) {
        return raise!(
            BufferError,
            "mmap can't resize with extant buffers exported."
        );
    }
    if !m.track_fd.get() {
        return raise!(ValueError, "mmap can't resize with trackfd=False.");
    }
    if !matches!(m.access.get(), Access::Default | Access::Write) {
        return raise!(
            TypeError,
            "mmap can't resize a readonly or copy-on-write memory map."
        );
    }
    if new < 0 || (isize::MAX - new) < m.offset.get() as isize {
        return raise!(ValueError, "new size out of range");
    }
    let shared = m.flags.get() & libc::MAP_PRIVATE == 0;
    if m.fd.get() == -1 && shared && new as usize > m.size.get() {
        return raise!(ValueError, "mmap: can't expand a shared anonymous mapping");
    }
    // SAFETY: the file and the mapping are ours; nobody has a view of the mapping.
    unsafe {
        if m.fd.get() != -1 {
            call::quick(libc::ftruncate(m.fd.get(), m.offset.get() + new as i64))?;
        }
        let at = libc::mremap(
            m.data.get().cast(),
            m.size.get(),
            new as usize,
            libc::MREMAP_MAYMOVE,
        );
        if at == libc::MAP_FAILED {
            return Err(call::raise(call::errno()));
        }
        m.data.set(at.cast());
    }
    m.size.set(new as usize);
    Ok(())
}

// ---- What the system is told ----

fn flush(m: &Mmap, args: &[&Obj]) -> Result<()> {
    args::expect("flush", args, 0..=2)?;
    let offset = args::to_isize_or(args.first().copied(), 0)?;
    let size = match args.get(1).filter(|o| !o.is_none()) {
        Some(o) => Some(args::to_isize(o)?),
        None => None,
    };
    m.check()?;
    let all = m.size.get() as isize;
    let size = size.unwrap_or(all - offset);
    if size < 0 || offset < 0 || all - offset < size {
        return raise!(ValueError, "flush values out of range");
    }
    if m.access.get() == Access::Read || m.access.get() == Access::Copy {
        return Ok(());
    }
    let (at, size) = (m.data.get() as usize + offset as usize, size as usize);
    // SAFETY: within the mapping.
    call::once_or_raise(|| unsafe { libc::msync(at as *mut libc::c_void, size, libc::MS_SYNC) })
        .map(drop)
}

fn madvise(m: &Mmap, args: &[&Obj]) -> Result<()> {
    args::expect("madvise", args, 1..=3)?;
    let option = convert::int(args[0])?;
    let start = args::to_isize_or(args.get(1).copied(), 0)?;
    let length = match args.get(2).filter(|o| !o.is_none()) {
        Some(o) => Some(args::to_isize(o)?),
        None => None,
    };
    m.check()?;
    let size = m.size.get() as isize;
    if start < 0 || start >= size {
        return raise!(ValueError, "madvise start out of bounds");
    }
    let length = length.unwrap_or(size);
    if length < 0 {
        return raise!(ValueError, "madvise length invalid");
    }
    if isize::MAX - start < length {
        return raise!(OverflowError, "madvise length too large");
    }
    let length = length.min(size - start) as usize;
    // SAFETY: within the mapping.
    call::quick(unsafe { libc::madvise(m.data.get().add(start as usize).cast(), length, option) })
        .map(drop)
}
