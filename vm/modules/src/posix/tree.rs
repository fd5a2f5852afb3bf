//! Changes to the tree of files: making, renaming, removing, and what a file's entry says.

use layout::*;

use vm::err::{self, Raised, Result, exc, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::number;
use vm::types::int::{self, IntExt as _};
use vm::types::str_;
use vm::types::tuple;
use vm::types::tuple::TupleExt as _;

use super::call::{self, Status};
use super::convert;
use super::path::{self, Path};

/// Rows of the module's table.
pub static METHODS: &[PyMethodDef] = &[
    keywords!(
        "mkdir",
        mkdir,
        "($module, /, path, mode=511, *, dir_fd=None)"
    ),
    keywords!("rmdir", rmdir, "($module, /, path, *, dir_fd=None)"),
    keywords!("unlink", unlink, "($module, /, path, *, dir_fd=None)"),
    keywords!("remove", remove, "($module, /, path, *, dir_fd=None)"),
    keywords!(
        "rename",
        rename,
        "($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None)"
    ),
    keywords!(
        "replace",
        replace,
        "($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None)"
    ),
    keywords!(
        "link",
        link,
        "($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None, follow_symlinks=(os.name != 'nt'))"
    ),
    keywords!(
        "symlink",
        symlink,
        "($module, /, src, dst, target_is_directory=False, *, dir_fd=None)"
    ),
    keywords!("readlink", readlink, "($module, /, path, *, dir_fd=None)"),
    keywords!(
        "mkfifo",
        mkfifo,
        "($module, /, path, mode=438, *, dir_fd=None)"
    ),
    keywords!(
        "mknod",
        mknod,
        "($module, /, path, mode=384, device=0, *, dir_fd=None)"
    ),
    o!("major", major, "($module, device, /)"),
    o!("minor", minor, "($module, device, /)"),
    fastcall!("makedev", makedev, "($module, major, minor, /)"),
    keywords!(
        "chmod",
        chmod,
        "($module, /, path, mode, *, dir_fd=None, follow_symlinks=(os.name != 'nt'))"
    ),
    keywords!("fchmod", fchmod, "($module, /, fd, mode)"),
    keywords!(
        "chown",
        chown,
        "($module, /, path, uid, gid, *, dir_fd=None, follow_symlinks=True)"
    ),
    keywords!("fchown", fchown, "($module, /, fd, uid, gid)"),
    keywords!("lchown", lchown, "($module, /, path, uid, gid)"),
    keywords!(
        "utime",
        utime,
        "($module, /, path, times=None, *, ns=<unrepresentable>, dir_fd=None, follow_symlinks=True)"
    ),
    keywords!("truncate", truncate, "($module, /, path, length)"),
    keywords!("pathconf", pathconf, "($module, /, path, name)"),
    fastcall!("fpathconf", fpathconf, "($module, fd, name, /)"),
];

fn given(o: Option<&Obj>) -> &Obj {
    o.unwrap_or(NONE())
}

fn done<T>(status: Status<T>, path: &Path) -> Result<()> {
    status.map(drop).map_err(|code| path.error(code))
}

/// `OSError` that names two files.
#[cold]
fn error2(code: i32, a: &Path, b: &Path) -> Raised {
    let number = int::from_i64(i64::from(code));
    let text = str_::new(&err::strerror(code));
    let args = tuple::from_slice(&[number.as_obj(), text.as_obj(), &a.object, NONE(), &b.object]);
    err::set_object(&exc::OSError, args.as_obj())
}

fn done2<T>(status: Status<T>, a: &Path, b: &Path) -> Result<()> {
    status.map(drop).map_err(|code| error2(code, a, b))
}

// ---- Entries ----

fn mkdir(_: &Obj, [o, mode, dir_fd]: [Option<&Obj>; 3]) -> Result<()> {
    let path = Path::name("mkdir", "path", given(o))?;
    let mode = convert::int_or(mode, 0o777)?;
    let dir_fd = convert::dir_fd(dir_fd)?;
    // SAFETY: the name ends with NUL.
    done(
        call::once(|| unsafe { libc::mkdirat(dir_fd, path.as_ptr(), mode as u32) }),
        &path,
    )
}

fn unlink_at(function: &str, o: Option<&Obj>, dir_fd: Option<&Obj>, flags: i32) -> Result<()> {
    let path = Path::name(function, "path", given(o))?;
    let dir_fd = convert::dir_fd(dir_fd)?;
    // SAFETY: the name ends with NUL.
    done(
        call::once(|| unsafe { libc::unlinkat(dir_fd, path.as_ptr(), flags) }),
        &path,
    )
}

fn rmdir(_: &Obj, [o, dir_fd]: [Option<&Obj>; 2]) -> Result<()> {
    unlink_at("rmdir", o, dir_fd, libc::AT_REMOVEDIR)
}

fn unlink(_: &Obj, [o, dir_fd]: [Option<&Obj>; 2]) -> Result<()> {
    unlink_at("unlink", o, dir_fd, 0)
}

fn remove(_: &Obj, [o, dir_fd]: [Option<&Obj>; 2]) -> Result<()> {
    unlink_at("remove", o, dir_fd, 0)
}

fn rename_at(function: &str, [src, dst, src_fd, dst_fd]: [Option<&Obj>; 4]) -> Result<()> {
    let (src, dst) = (
        Path::name(function, "src", given(src))?,
        Path::name(function, "dst", given(dst))?,
    );
    let (src_fd, dst_fd) = (convert::dir_fd(src_fd)?, convert::dir_fd(dst_fd)?);
    // SAFETY: the names end with NUL.
    let status =
        call::once(|| unsafe { libc::renameat(src_fd, src.as_ptr(), dst_fd, dst.as_ptr()) });
    done2(status, &src, &dst)
}

fn rename(_: &Obj, args: [Option<&Obj>; 4]) -> Result<()> {
    rename_at("rename", args)
}

fn replace(_: &Obj, args: [Option<&Obj>; 4]) -> Result<()> {
    rename_at("replace", args)
}

fn link(_: &Obj, [src, dst, src_fd, dst_fd, follow]: [Option<&Obj>; 5]) -> Result<()> {
    let (src, dst) = (
        Path::name("link", "src", given(src))?,
        Path::name("link", "dst", given(dst))?,
    );
    let (src_fd, dst_fd) = (convert::dir_fd(src_fd)?, convert::dir_fd(dst_fd)?);
    // Nothing said: what `link` itself does with a symbolic link, which is not to follow it.
    let flags = if follow.map_or(Ok(false), |o| convert::flag(Some(o), true))? {
        libc::AT_SYMLINK_FOLLOW
    } else {
        0
    };
    // SAFETY: the names end with NUL.
    let status =
        call::once(|| unsafe { libc::linkat(src_fd, src.as_ptr(), dst_fd, dst.as_ptr(), flags) });
    done2(status, &src, &dst)
}

fn symlink(_: &Obj, [src, dst, is_dir, dir_fd]: [Option<&Obj>; 4]) -> Result<()> {
    let (src, dst) = (
        Path::name("symlink", "src", given(src))?,
        Path::name("symlink", "dst", given(dst))?,
    );
    convert::flag(is_dir, false)?;
    let dir_fd = convert::dir_fd(dir_fd)?;
    // SAFETY: the names end with NUL.
    done2(
        call::once(|| unsafe { libc::symlinkat(src.as_ptr(), dir_fd, dst.as_ptr()) }),
        &src,
        &dst,
    )
}

fn readlink(_: &Obj, [o, dir_fd]: [Option<&Obj>; 2]) -> Result {
    let path = Path::name("readlink", "path", given(o))?;
    let dir_fd = convert::dir_fd(dir_fd)?;
    let mut room = vec![0u8; libc::PATH_MAX as usize];
    let (p, n) = (room.as_mut_ptr() as usize, room.len());
    // SAFETY: the name ends with NUL; `n` bytes are there to be written.
    match call::once(|| unsafe {
        libc::readlinkat(dir_fd, path.as_ptr(), p as *mut libc::c_char, n)
    }) {
        Ok(n) => path.answer(&room[..n as usize]),
        Err(code) => Err(path.error(code)),
    }
}

fn mkfifo(_: &Obj, [o, mode, dir_fd]: [Option<&Obj>; 3]) -> Result<()> {
    let path = Path::name("mkfifo", "path", given(o))?;
    let mode = convert::int_or(mode, 0o666)? as u32;
    let dir_fd = convert::dir_fd(dir_fd)?;
    // SAFETY: the name ends with NUL.
    call::retry_or_raise(|| unsafe { libc::mkfifoat(dir_fd, path.as_ptr(), mode) }).map(drop)
}

fn mknod(_: &Obj, [o, mode, device, dir_fd]: [Option<&Obj>; 4]) -> Result<()> {
    let path = Path::name("mknod", "path", given(o))?;
    let mode = convert::int_or(mode, 0o600)? as u32;
    let device = device.map_or(Ok(0), convert::device)?;
    let dir_fd = convert::dir_fd(dir_fd)?;
    // SAFETY: the name ends with NUL.
    call::retry_or_raise(|| unsafe { libc::mknodat(dir_fd, path.as_ptr(), mode, device) }).map(drop)
}

fn major(_: &Obj, device: &Obj) -> Result {
    Ok(convert::id_object(libc::major(convert::device(device)?)))
}

fn minor(_: &Obj, device: &Obj) -> Result {
    Ok(convert::id_object(libc::minor(convert::device(device)?)))
}

fn makedev(_: &Obj, args: &[&Obj]) -> Result {
    vm::args::expect("makedev", args, 2..=2)?;
    let half = |o: &Obj| -> Result<u32> {
        let n = convert::device(o)?;
        match u32::try_from(n) {
            Ok(n) => Ok(n),
            Err(_) if n == u64::MAX => Ok(u32::MAX),
            Err(_) => raise!(
                OverflowError,
                "Python int too large to convert to C unsigned int"
            ),
        }
    };
    Ok(convert::device_object(libc::makedev(
        half(args[0])?,
        half(args[1])?,
    )))
}

// ---- Modes, owners, times ----

fn chmod(_: &Obj, [o, mode, dir_fd, follow]: [Option<&Obj>; 4]) -> Result<()> {
    let path = Path::or_fd("chmod", "path", given(o))?;
    let mode = convert::int(given(mode))? as u32;
    let dir_fd = convert::dir_fd(dir_fd)?;
    let follow = convert::flag(follow, true)?;
    path::check_follow("chmod", &path, follow)?;
    let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    // SAFETY: the name ends with NUL.
    let status = call::once(|| unsafe {
        match path.fd {
            Some(fd) => libc::fchmod(fd, mode),
            None if follow && dir_fd == libc::AT_FDCWD => libc::chmod(path.as_ptr(), mode),
            None => libc::fchmodat(dir_fd, path.as_ptr(), mode, flags),
        }
    });
    match status {
        Err(libc::ENOTSUP) if !follow && dir_fd != libc::AT_FDCWD => {
            raise!(
                ValueError,
                "chmod: cannot use dir_fd and follow_symlinks together"
            )
        }
        Err(libc::ENOTSUP) if !follow => raise!(
            NotImplementedError,
            "chmod: follow_symlinks unavailable on this platform"
        ),
        other => done(other, &path),
    }
}

fn fchmod(_: &Obj, [fd, mode]: [Option<&Obj>; 2]) -> Result<()> {
    let (fd, mode) = (convert::int(given(fd))?, convert::int(given(mode))? as u32);
    // SAFETY: changes a file's mode.
    call::retry_or_raise(|| unsafe { libc::fchmod(fd, mode) }).map(drop)
}

fn chown(_: &Obj, [o, uid, gid, dir_fd, follow]: [Option<&Obj>; 5]) -> Result<()> {
    let path = Path::or_fd("chown", "path", given(o))?;
    let (uid, gid) = (convert::uid(given(uid))?, convert::gid(given(gid))?);
    let dir_fd = convert::dir_fd(dir_fd)?;
    let follow = convert::flag(follow, true)?;
    path::check_dir_fd("chown", &path, dir_fd)?;
    path::check_follow("chown", &path, follow)?;
    let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    // SAFETY: the name ends with NUL.
    let status = call::once(|| unsafe {
        match path.fd {
            Some(fd) => libc::fchown(fd, uid, gid),
            None => libc::fchownat(dir_fd, path.as_ptr(), uid, gid, flags),
        }
    });
    done(status, &path)
}

fn fchown(_: &Obj, [fd, uid, gid]: [Option<&Obj>; 3]) -> Result<()> {
    let fd = convert::int(given(fd))?;
    let (uid, gid) = (convert::uid(given(uid))?, convert::gid(given(gid))?);
    // SAFETY: changes a file's owner.
    call::retry_or_raise(|| unsafe { libc::fchown(fd, uid, gid) }).map(drop)
}

fn lchown(_: &Obj, [o, uid, gid]: [Option<&Obj>; 3]) -> Result<()> {
    let path = Path::name("lchown", "path", given(o))?;
    let (uid, gid) = (convert::uid(given(uid))?, convert::gid(given(gid))?);
    // SAFETY: the name ends with NUL.
    done(
        call::once(|| unsafe { libc::lchown(path.as_ptr(), uid, gid) }),
        &path,
    )
}

/// An integer of nanoseconds as C has it, rounded down.
fn split_nanoseconds(o: &Obj) -> Result<libc::timespec> {
    let billion = int::from_i64(1_000_000_000);
    let parts = number::divmod(o, billion.as_obj())?;
    let Some([seconds, rest]) = parts.downcast::<PyTupleObject>().map(|t| t.items()) else {
        return raise!(
            TypeError,
            "{:.200}.__divmod__() must return a 2-tuple, not {:.200}",
            o.tp_name(),
            parts.tp_name()
        );
    };
    let part = |o: &Obj| -> Result<i64> {
        let n = number::index_int(o)?;
        match n.to_i64() {
            Some(n) => Ok(n),
            None => raise!(OverflowError, "timestamp out of range for platform time_t"),
        }
    };
    Ok(libc::timespec {
        tv_sec: part(seconds)?,
        tv_nsec: part(rest)?,
    })
}

fn pair(o: &Obj) -> Option<[Ref; 2]> {
    match o.downcast::<PyTupleObject>()?.items() {
        [a, b] => Some([a.clone(), b.clone()]),
        _ => None,
    }
}

fn utime(_: &Obj, [o, times, ns, dir_fd, follow]: [Option<&Obj>; 5]) -> Result<()> {
    let path = Path::or_fd("utime", "path", given(o))?;
    let dir_fd = convert::dir_fd(dir_fd)?;
    let follow = convert::flag(follow, true)?;
    let times = times.filter(|t| !t.is_none());
    let both = match (times, ns) {
        (Some(_), Some(_)) => {
            return raise!(
                ValueError,
                "utime: you may specify either 'times' or 'ns' but not both"
            );
        }
        (Some(times), None) => match pair(times) {
            Some([a, b]) => Some([convert::timespec(&a)?, convert::timespec(&b)?]),
            None => {
                return raise!(
                    TypeError,
                    "utime: 'times' must be either a tuple of two ints or None"
                );
            }
        },
        (None, Some(ns)) => match pair(ns) {
            Some([a, b]) => Some([split_nanoseconds(&a)?, split_nanoseconds(&b)?]),
            None => return raise!(TypeError, "utime: 'ns' must be a tuple of two ints"),
        },
        (None, None) => None,
    };
    path::check_dir_fd("utime", &path, dir_fd)?;
    path::check_follow("utime", &path, follow)?;
    let p = both.as_ref().map_or(core::ptr::null(), |b| b.as_ptr());
    let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    // SAFETY: the name ends with NUL; null or two times.
    let status = call::once(|| unsafe {
        match path.fd {
            Some(fd) => libc::futimens(fd, p),
            None => libc::utimensat(dir_fd, path.as_ptr(), p, flags),
        }
    });
    done(status, &path)
}

fn truncate(_: &Obj, [o, len]: [Option<&Obj>; 2]) -> Result<()> {
    let path = Path::or_fd("truncate", "path", given(o))?;
    let len = convert::offset(given(len))?;
    // SAFETY: the name ends with NUL.
    let status = call::retry(|| unsafe {
        match path.fd {
            Some(fd) => libc::ftruncate(fd, len),
            None => libc::truncate(path.as_ptr(), len),
        }
    })?;
    done(status, &path)
}

// ---- Limits ----

/// A limit's number: the name of one, or the number itself.
pub fn limit(o: &Obj, table: &[(&str, i64)]) -> Result<i32> {
    if let Some(name) = o.downcast::<PyUnicodeObject>() {
        return match table.iter().find(|(known, _)| str_::eq_str(name, known)) {
            Some((_, number)) => Ok(*number as i32),
            None => raise!(ValueError, "unrecognized configuration name"),
        };
    }
    if !number::is_index(o) {
        return raise!(TypeError, "configuration names must be strings or integers");
    }
    convert::int(o)
}

/// A limit, where -1 without an error number says that there is none.
pub fn ask_limit(f: impl FnOnce() -> i64) -> Status<i64> {
    // SAFETY: the thread's own errno.
    unsafe { *libc::__errno_location() = 0 };
    match (f(), call::errno()) {
        (-1, code) if code != 0 => Err(code),
        (n, _) => Ok(n),
    }
}

fn pathconf(_: &Obj, [o, name]: [Option<&Obj>; 2]) -> Result<i64> {
    let path = Path::or_fd("pathconf", "path", given(o))?;
    let name = limit(given(name), super::constants::PATHCONF)?;
    // SAFETY: the name ends with NUL.
    let answer = ask_limit(|| unsafe {
        match path.fd {
            Some(fd) => libc::fpathconf(fd, name),
            None => libc::pathconf(path.as_ptr(), name),
        }
    });
    answer.map_err(|code| {
        if code == libc::EINVAL {
            call::raise(code)
        } else {
            path.error(code)
        }
    })
}

fn fpathconf(_: &Obj, args: &[&Obj]) -> Result<i64> {
    vm::args::expect("fpathconf", args, 2..=2)?;
    let fd = convert::fileno(args[0])?;
    let name = limit(args[1], super::constants::PATHCONF)?;
    // SAFETY: asks about a descriptor.
    ask_limit(|| unsafe { libc::fpathconf(fd, name) }).map_err(call::raise)
}
