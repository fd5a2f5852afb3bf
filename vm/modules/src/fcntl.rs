//! `fcntl`: control of descriptors, locks of files.

use layout::*;

use vm::args;
use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::{buffer, number, object};
use vm::types::bytes;
use vm::types::int::{self, IntExt as _};
use vm::types::module;
use vm::types::str_::StrExt as _;

use crate::posix::call;
use crate::posix::convert;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "fcntl",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    fastcall!("fcntl", fcntl, "($module, fd, cmd, arg=0, /)"),
    fastcall!(
        "ioctl",
        ioctl,
        "($module, fd, request, arg=0, mutate_flag=True, /)"
    ),
    fastcall!("flock", flock, "($module, fd, operation, /)"),
    fastcall!(
        "lockf",
        lockf,
        "($module, fd, cmd, len=0, start=0, whence=0, /)"
    ),
];

#[rustfmt::skip]
static CONSTANTS: &[(&str, i64)] = &[
    ("DN_ACCESS", 1), ("DN_ATTRIB", 32), ("DN_CREATE", 4), ("DN_DELETE", 8), ("DN_MODIFY", 2), ("DN_MULTISHOT", 0x8000_0000),
    ("DN_RENAME", 16), ("FASYNC", libc::O_ASYNC as i64), ("FD_CLOEXEC", 1), ("FICLONE", 0x4004_9409),
    ("FICLONERANGE", 0x4020_940d), ("F_ADD_SEALS", 1033), ("F_DUPFD", 0), ("F_DUPFD_CLOEXEC", 1030), ("F_DUPFD_QUERY", 1027),
    ("F_EXLCK", 4), ("F_GETFD", 1), ("F_GETFL", 3), ("F_GETLEASE", 1025), ("F_GETLK", 5), ("F_GETLK64", 5), ("F_GETOWN", 9),
    ("F_GETOWN_EX", 16), ("F_GETPIPE_SZ", 1032), ("F_GETSIG", 11), ("F_GET_FILE_RW_HINT", 1037), ("F_GET_RW_HINT", 1035),
    ("F_GET_SEALS", 1034), ("F_NOTIFY", 1026), ("F_OFD_GETLK", 36), ("F_OFD_SETLK", 37), ("F_OFD_SETLKW", 38),
    ("F_OWNER_PGRP", 2), ("F_OWNER_PID", 1), ("F_OWNER_TID", 0), ("F_RDLCK", 0), ("F_SEAL_FUTURE_WRITE", 16),
    ("F_SEAL_GROW", 4), ("F_SEAL_SEAL", 1), ("F_SEAL_SHRINK", 2), ("F_SEAL_WRITE", 8), ("F_SETFD", 2), ("F_SETFL", 4),
    ("F_SETLEASE", 1024), ("F_SETLK", 6), ("F_SETLK64", 6), ("F_SETLKW", 7), ("F_SETLKW64", 7), ("F_SETOWN", 8),
    ("F_SETOWN_EX", 15), ("F_SETPIPE_SZ", 1031), ("F_SETSIG", 10), ("F_SET_FILE_RW_HINT", 1038), ("F_SET_RW_HINT", 1036),
    ("F_SHLCK", 8), ("F_UNLCK", 2), ("F_WRLCK", 1), ("LOCK_EX", 2), ("LOCK_MAND", 32), ("LOCK_NB", 4), ("LOCK_READ", 64),
    ("LOCK_RW", 192), ("LOCK_SH", 1), ("LOCK_UN", 8), ("LOCK_WRITE", 128), ("RWH_WRITE_LIFE_EXTREME", 5),
    ("RWH_WRITE_LIFE_LONG", 4), ("RWH_WRITE_LIFE_MEDIUM", 3), ("RWH_WRITE_LIFE_NONE", 1), ("RWH_WRITE_LIFE_NOT_SET", 0),
    ("RWH_WRITE_LIFE_SHORT", 2),
];

fn exec(m: &Obj) -> Result<()> {
    module::add_ints(m, CONSTANTS)
}

/// How much of a buffer is copied for the call, which may write there.
const ROOM: usize = 1024;

/// An integer argument, of which C sees the low 32 bits.
fn low_bits(o: &Obj) -> Result<u32> {
    convert::uint_wrapped(o)
}

/// Text or bytes as a block to be sent and perhaps changed; none if the argument is something else.
fn block(o: &Obj) -> Result<Option<Vec<u8>>> {
    if let Some(s) = o.downcast::<PyUnicodeObject>() {
        return Ok(Some(s.as_str()?.as_bytes().to_vec()));
    }
    if buffer::has_buffer(o) {
        return Ok(Some(buffer::simple(o)?.bytes().to_vec()));
    }
    Ok(None)
}

#[cold]
fn bad_argument(function: &str, o: &Obj) -> Result {
    raise!(
        TypeError,
        "{function}() argument 3 must be an integer, a bytes-like object, or a string, not {}",
        o.tp_name()
    )
}

fn with_copy(function: &str, data: &[u8], f: impl Fn(*mut u8) -> i32) -> Result {
    if data.len() > ROOM {
        return raise!(ValueError, "{function} argument 3 is too long");
    }
    // More than fits, so that a call that writes past the end does no harm.
    let mut room = [0u8; ROOM + 8];
    room[..data.len()].copy_from_slice(data);
    let p = room.as_mut_ptr() as usize;
    call::retry_or_raise(|| f(p as *mut u8))?;
    Ok(bytes::try_new(&room[..data.len()])?.into_obj())
}

fn fcntl(_: &Obj, args: &[&Obj]) -> Result {
    args::expect("fcntl", args, 2..=3)?;
    let fd = convert::fileno(args[0])?;
    let command = convert::int(args[1])?;
    let arg = args.get(2).copied();
    if let Some(arg) = arg.filter(|arg| !number::is_index(arg)) {
        return match block(arg)? {
            // SAFETY: the room is larger than what any command writes for such an argument.
            Some(data) => with_copy("fcntl", &data, |p| unsafe { libc::fcntl(fd, command, p) }),
            None => bad_argument("fcntl", arg),
        };
    }
    let arg = arg.map_or(Ok(0), low_bits)? as i32;
    // SAFETY: commands with integers; a descriptor is what is asked about.
    let answer = call::retry_or_raise(|| unsafe { libc::fcntl(fd, command, arg) })?;
    Ok(int::from_i64(i64::from(answer)).into_obj())
}

fn request_code(o: &Obj) -> Result<u64> {
    if !number::is_index(o) {
        return raise!(
            TypeError,
            "ioctl() argument 2 must be int, not {:.50}",
            o.tp_name()
        );
    }
    let n = number::index_int(o)?;
    let low = n
        .magnitude()
        .iter()
        .take(3)
        .rev()
        .fold(0u128, |low, digit| low << 30 | u128::from(*digit)) as u64;
    Ok(if n.is_negative() {
        low.wrapping_neg()
    } else {
        low
    })
}

fn ioctl(_: &Obj, args: &[&Obj]) -> Result {
    args::expect("ioctl", args, 2..=4)?;
    let fd = convert::fileno(args[0])?;
    let request = request_code(args[1])?;
    let arg = args.get(2).copied();
    let mutate = args.get(3).map_or(Ok(true), |o| object::is_true(o))?;
    // SAFETY: the caller names a request that fits the argument, as the documentation asks.
    let ask = |p: *mut u8| unsafe { libc::ioctl(fd, request, p) };
    if let Some(arg) = arg.filter(|arg| !number::is_index(arg)) {
        if mutate && buffer::has_buffer(arg) {
            if let Ok(mut view) = buffer::get(arg, PyBUF_WRITABLE) {
                return in_place(&mut view, ask);
            }
            vm::err::clear();
        }
        return match block(arg)? {
            Some(data) => with_copy("ioctl", &data, ask),
            None => bad_argument("ioctl", arg),
        };
    }
    let arg = arg.map_or(Ok(0), low_bits)? as i32;
    // SAFETY: as above.
    let answer = call::retry_or_raise(|| unsafe { libc::ioctl(fd, request, arg as libc::c_long) })?;
    Ok(int::from_i64(i64::from(answer)).into_obj())
}

/// Lets the call change a buffer: through a copy if it is small, so that a call that writes past the end does no harm.
fn in_place(view: &mut buffer::Buffer, ask: impl Fn(*mut u8) -> i32) -> Result {
    let data = view.bytes_mut();
    let answer = if data.len() <= ROOM {
        let mut room = [0u8; ROOM + 8];
        room[..data.len()].copy_from_slice(data);
        let p = room.as_mut_ptr() as usize;
        let answer = call::retry(|| ask(p as *mut u8))?;
        data.copy_from_slice(&room[..data.len()]);
        answer
    } else {
        let p = data.as_mut_ptr() as usize;
        call::retry(|| ask(p as *mut u8))?
    };
    Ok(int::from_i64(i64::from(answer.map_err(call::raise)?)).into_obj())
}

fn flock(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("flock", args, 2..=2)?;
    let (fd, operation) = (convert::fileno(args[0])?, convert::int(args[1])?);
    // SAFETY: locks a file.
    call::retry_or_raise(|| unsafe { libc::flock(fd, operation) }).map(drop)
}

fn lockf(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("lockf", args, 2..=5)?;
    let (fd, code) = (convert::fileno(args[0])?, convert::int(args[1])?);
    let whence = convert::int_or(args.get(4).copied(), 0)?;
    let kind = match code {
        libc::LOCK_UN => libc::F_UNLCK,
        c if c & libc::LOCK_SH != 0 => libc::F_RDLCK,
        c if c & libc::LOCK_EX != 0 => libc::F_WRLCK,
        _ => return raise!(ValueError, "unrecognized lockf argument"),
    };
    let offset = |i: usize| args.get(i).map_or(Ok(0), |o| convert::offset(o));
    // SAFETY: all fields of the structure are integers.
    let mut lock: libc::flock = unsafe { core::mem::zeroed() };
    lock.l_type = kind as i16;
    lock.l_len = offset(2)?;
    lock.l_start = offset(3)?;
    lock.l_whence = whence as i16;
    let command = if code & libc::LOCK_NB != 0 {
        libc::F_SETLK
    } else {
        libc::F_SETLKW
    };
    // SAFETY: the structure is there to be read.
    call::retry_or_raise(|| unsafe { libc::fcntl(fd, command, &raw const lock) }).map(drop)
}
