//! `stat` and its kin, and the types of their answers.

use core::mem::MaybeUninit;

use layout::*;

use vm::err::{self, Result};
use vm::method::*;
use vm::object::*;
use vm::types::structseq;
use vm::types::tuple::TupleExt as _;
use vm::types::{float, int, module};

use super::call::{self, Status};
use super::convert;
use super::path::{self, Path};

/// Rows of the module's table.
pub static METHODS: &[PyMethodDef] = &[
    keywords!(
        "stat",
        stat,
        "($module, /, path, *, dir_fd=None, follow_symlinks=True)"
    ),
    keywords!("lstat", lstat, "($module, /, path, *, dir_fd=None)"),
    keywords!("fstat", fstat, "($module, /, fd)"),
    keywords!("statvfs", statvfs, "($module, /, path)"),
    fastcall!("fstatvfs", fstatvfs, "($module, fd, /)"),
    keywords!(
        "access",
        access,
        "($module, /, path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True)"
    ),
];

static STAT_RESULT: PyTypeObject = PyTypeObject::statically_declared();
static STATVFS_RESULT: PyTypeObject = PyTypeObject::statically_declared();

const FIELDS: &[&str] = &[
    "st_mode",
    "st_ino",
    "st_dev",
    "st_nlink",
    "st_uid",
    "st_gid",
    "st_size",
    "",
    "",
    "",
    "st_atime",
    "st_mtime",
    "st_ctime",
    "st_atime_ns",
    "st_mtime_ns",
    "st_ctime_ns",
    "st_blksize",
    "st_blocks",
    "st_rdev",
];

const VFS_FIELDS: &[&str] = &[
    "f_bsize",
    "f_frsize",
    "f_blocks",
    "f_bfree",
    "f_bavail",
    "f_files",
    "f_ffree",
    "f_favail",
    "f_flag",
    "f_namemax",
    "f_fsid",
];

/// Adds the types.
pub fn add(m: &Obj) -> Result<()> {
    if !has_flag(&STAT_RESULT, Py_TPFLAGS_READY) {
        structseq::init_type(&STAT_RESULT, "os.stat_result", FIELDS, 10, true)?;
        BASE_NEW.set(STAT_RESULT.tp_new.get());
        STAT_RESULT.tp_new.set(Some(stat_result_new));
        structseq::init_type(&STATVFS_RESULT, "os.statvfs_result", VFS_FIELDS, 10, true)?;
    }
    module::add(m, "stat_result", STAT_RESULT.as_obj())?;
    module::add(m, "statvfs_result", STATVFS_RESULT.as_obj())
}

static BASE_NEW: Global<Option<newfunc>> = Global::new(None);

/// Made from ten items, the times as floats are those as integers.
unsafe extern "C" fn stat_result_new(
    tp: *mut PyTypeObject,
    args: *mut PyObject,
    kwargs: *mut PyObject,
) -> *mut PyObject {
    let Some(base) = BASE_NEW.get() else {
        return core::ptr::null_mut();
    };
    // SAFETY: the struct sequence's own constructor, with the arguments it would have got.
    let Ok(made) = (unsafe { err::from_owned(base(tp, args, kwargs)) }) else {
        return core::ptr::null_mut();
    };
    if let Some(t) = made.downcast::<PyTupleObject>() {
        for i in 7..10 {
            if structseq::field(t, i + 3).is_none() {
                structseq::set_field(t, i + 3, t.items()[i].clone());
            }
        }
    }
    made.into_raw()
}

fn nanoseconds(seconds: i64, nanoseconds: i64) -> Ref {
    int::from_i128(i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds)).into_obj()
}

/// The Python object for a C `stat`.
pub fn to_object(st: &libc::stat) -> Result {
    let t = structseq::allocate(&STAT_RESULT)?;
    let put = |i: usize, value: Ref| structseq::set_field(&t, i, value);
    let number = |n: i64| int::from_i64(n).into_obj();
    put(0, number(i64::from(st.st_mode)));
    put(1, int::from_u64(st.st_ino).into_obj());
    put(2, convert::device_object(st.st_dev));
    put(3, int::from_u64(st.st_nlink).into_obj());
    put(4, convert::id_object(st.st_uid));
    put(5, convert::id_object(st.st_gid));
    put(6, number(st.st_size));
    let times = [
        (st.st_atime, st.st_atime_nsec),
        (st.st_mtime, st.st_mtime_nsec),
        (st.st_ctime, st.st_ctime_nsec),
    ];
    for (i, (s, ns)) in times.into_iter().enumerate() {
        put(7 + i, number(s));
        put(10 + i, float::new(s as f64 + 1e-9 * ns as f64).into_obj());
        put(13 + i, nanoseconds(s, ns));
    }
    put(16, number(st.st_blksize));
    put(17, number(st.st_blocks));
    put(18, convert::device_object(st.st_rdev));
    Ok(t.into_obj())
}

/// Fills in a `stat` by a call that answers 0 or -1.
pub fn fill(f: impl Fn(*mut libc::stat) -> i32) -> Status<libc::stat> {
    let mut st = MaybeUninit::<libc::stat>::zeroed();
    let p = st.as_mut_ptr() as usize;
    call::once(|| f(p as *mut libc::stat))?;
    // SAFETY: zeroed or filled in by the call; all bit patterns are valid.
    Ok(unsafe { st.assume_init() })
}

/// As [`fill`], again after a signal.
fn fill_retrying(f: impl Fn(*mut libc::stat) -> i32) -> Result<Status<libc::stat>> {
    let mut st = MaybeUninit::<libc::stat>::zeroed();
    let p = st.as_mut_ptr() as usize;
    // SAFETY: zeroed or filled in by the call; all bit patterns are valid.
    Ok(call::retry(|| f(p as *mut libc::stat))?.map(|_| unsafe { st.assume_init() }))
}

/// The status of a descriptor, for the `_io` module.
pub fn of_fd(fd: i32) -> Status<libc::stat> {
    // SAFETY: the structure is there to be filled in.
    fill(|p| unsafe { libc::fstat(fd, p) })
}

fn look(function: &str, o: &Obj, dir_fd: i32, follow: bool) -> Result {
    let path = Path::or_fd(function, "path", o)?;
    path::check_dir_fd(function, &path, dir_fd)?;
    path::check_follow(function, &path, follow)?;
    let name = path.as_ptr() as usize;
    let st = fill(|p| {
        let name = name as *const libc::c_char;
        // SAFETY: the name ends with NUL; the structure is there to be filled in.
        unsafe {
            match path.fd {
                Some(fd) => libc::fstat(fd, p),
                None if dir_fd != libc::AT_FDCWD => libc::fstatat(
                    dir_fd,
                    name,
                    p,
                    if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW },
                ),
                None if follow => libc::stat(name, p),
                None => libc::lstat(name, p),
            }
        }
    });
    match st {
        Ok(st) => to_object(&st),
        Err(code) => Err(path.error(code)),
    }
}

fn stat(_: &Obj, [path, dir_fd, follow]: [Option<&Obj>; 3]) -> Result {
    let dir_fd = convert::dir_fd(dir_fd)?;
    look(
        "stat",
        path.unwrap_or(NONE()),
        dir_fd,
        convert::flag(follow, true)?,
    )
}

fn lstat(_: &Obj, [path, dir_fd]: [Option<&Obj>; 2]) -> Result {
    let dir_fd = convert::dir_fd(dir_fd)?;
    let o = path.unwrap_or(NONE());
    let path = Path::name("lstat", "path", o)?;
    look("lstat", &path.object, dir_fd, false)
}

fn fstat(_: &Obj, [fd]: [Option<&Obj>; 1]) -> Result {
    let fd = convert::int(fd.unwrap_or(NONE()))?;
    // SAFETY: the structure is there to be filled in.
    match fill_retrying(|p| unsafe { libc::fstat(fd, p) })? {
        Ok(st) => to_object(&st),
        Err(code) => Err(call::raise(code)),
    }
}

fn vfs_object(st: &libc::statvfs) -> Result {
    let numbers = [
        st.f_bsize,
        st.f_frsize,
        st.f_blocks,
        st.f_bfree,
        st.f_bavail,
        st.f_files,
        st.f_ffree,
        st.f_favail,
        st.f_flag,
        st.f_namemax,
        st.f_fsid,
    ];
    structseq::new(
        &STATVFS_RESULT,
        numbers
            .into_iter()
            .map(|n| int::from_u64(n).into_obj())
            .collect(),
    )
}

fn statvfs(_: &Obj, [o]: [Option<&Obj>; 1]) -> Result {
    let path = Path::or_fd("statvfs", "path", o.unwrap_or(NONE()))?;
    let mut st = MaybeUninit::<libc::statvfs>::zeroed();
    let p = st.as_mut_ptr();
    // SAFETY: the name ends with NUL; the structure is there to be filled in.
    let done = call::once(|| unsafe {
        match path.fd {
            Some(fd) => libc::fstatvfs(fd, p),
            None => libc::statvfs(path.as_ptr(), p),
        }
    });
    match done {
        // SAFETY: filled in.
        Ok(_) => vfs_object(unsafe { st.assume_init_ref() }),
        Err(code) => Err(path.error(code)),
    }
}

fn fstatvfs(_: &Obj, args: &[&Obj]) -> Result {
    vm::args::expect("fstatvfs", args, 1..=1)?;
    let fd = convert::int(args[0])?;
    let mut st = MaybeUninit::<libc::statvfs>::zeroed();
    let p = st.as_mut_ptr();
    // SAFETY: the structure is there to be filled in.
    call::retry_or_raise(|| unsafe { libc::fstatvfs(fd, p) })?;
    // SAFETY: filled in.
    vfs_object(unsafe { st.assume_init_ref() })
}

fn access(_: &Obj, [o, mode, dir_fd, effective, follow]: [Option<&Obj>; 5]) -> Result<bool> {
    let path = Path::name("access", "path", o.unwrap_or(NONE()))?;
    let mode = convert::int(mode.unwrap_or(NONE()))?;
    let dir_fd = convert::dir_fd(dir_fd)?;
    let (effective, follow) = (
        convert::flag(effective, false)?,
        convert::flag(follow, true)?,
    );
    let mut flags = 0;
    if !follow {
        flags |= libc::AT_SYMLINK_NOFOLLOW;
    }
    if effective {
        flags |= libc::AT_EACCESS;
    }
    // SAFETY: the name ends with NUL.
    let done = call::once(|| unsafe {
        if dir_fd != libc::AT_FDCWD || flags != 0 {
            libc::faccessat(dir_fd, path.as_ptr(), mode, flags)
        } else {
            libc::access(path.as_ptr(), mode)
        }
    });
    Ok(done.is_ok())
}
