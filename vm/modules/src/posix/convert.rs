//! Arguments as C types: `int`, ids, offsets, descriptors, with CPython's messages.

use std::ffi::CString;

use layout::*;

use vm::args;
use vm::err::{self, Result, exc, raise};
use vm::object::*;
use vm::protocol::{call, number, object};
use vm::time::{Round, split_seconds};
use vm::types::bytes::BytesExt as _;
use vm::types::int::{self, IntExt as _};
use vm::types::str_::StrExt as _;
use vm::{codecs, intern, warn};

/// A C `int`.
pub fn int(o: &Obj) -> Result<i32> {
    let n = number::index_int(o)?;
    match n.to_i64().map(i32::try_from) {
        Some(Ok(n)) => Ok(n),
        _ => raise!(OverflowError, "Python int too large to convert to C int"),
    }
}

/// A C `unsigned int`.
pub fn uint(o: &Obj) -> Result<u32> {
    let n = number::index_int(o)?;
    if n.is_negative() {
        return raise!(ValueError, "Cannot convert negative int");
    }
    match n.to_i64().map(u32::try_from) {
        Some(Ok(n)) => Ok(n),
        _ => raise!(OverflowError, "Python int too large for C unsigned int"),
    }
}

/// A C `unsigned int` of which only the low bits count.
pub fn uint_wrapped(o: &Obj) -> Result<u32> {
    let n = number::index_int(o)?;
    let low = n
        .magnitude()
        .iter()
        .take(2)
        .rev()
        .fold(0u64, |low, digit| low << 30 | u64::from(*digit)) as u32;
    Ok(if n.is_negative() {
        low.wrapping_neg()
    } else {
        low
    })
}

/// A C `unsigned long long`.
pub fn u64(o: &Obj) -> Result<u64> {
    let n = number::index_int(o)?;
    if n.is_negative() {
        return raise!(ValueError, "Cannot convert negative int");
    }
    match int::to_u64(&n) {
        Some(n) => Ok(n),
        None => raise!(
            OverflowError,
            "Python int too large for C unsigned long long"
        ),
    }
}

/// A C `int`, or what stands for a missing argument.
pub fn int_or(o: Option<&Obj>, default: i32) -> Result<i32> {
    o.map_or(Ok(default), int)
}

/// An offset in a file.
pub fn offset(o: &Obj) -> Result<i64> {
    let n = number::index_int(o)?;
    match n.to_i64() {
        Some(n) => Ok(n),
        None => raise!(OverflowError, "Python int too large to convert to C long"),
    }
}

/// A descriptor given as an integer of any kind.
fn fd_of_index(o: &Obj) -> Result<i32> {
    if o.is_same(TRUE()) || o.is_same(FALSE()) {
        warn::warn(&exc::RuntimeWarning, 1, "bool is used as a file descriptor")?;
    }
    let n = number::index_int(o)?;
    let wide = n.to_i64();
    match wide.map(i32::try_from) {
        Some(Ok(fd)) => Ok(fd),
        _ if wide.map_or_else(|| !n.digits().0, |n| n > 0) => {
            raise!(OverflowError, "fd is greater than maximum")
        }
        _ => raise!(OverflowError, "fd is less than minimum"),
    }
}

/// The descriptor behind a path argument that may be one.
pub fn path_fd(o: &Obj) -> Result<i32> {
    fd_of_index(o)
}

/// A directory's descriptor, or the current folder's stand-in for None.
pub fn dir_fd(o: Option<&Obj>) -> Result<i32> {
    match o {
        None => Ok(libc::AT_FDCWD),
        Some(o) if o.is_none() => Ok(libc::AT_FDCWD),
        Some(o) if object::has_index(o) => fd_of_index(o),
        Some(o) => raise!(
            TypeError,
            "argument should be integer or None, not {:.200}",
            o.tp_name()
        ),
    }
}

/// A descriptor: an int, or an object with a `fileno` method (`PyObject_AsFileDescriptor`).
pub fn fileno(o: &Obj) -> Result<i32> {
    let fd = if o.is::<PyLongObject>() {
        if o.is_same(TRUE()) || o.is_same(FALSE()) {
            warn::warn(&exc::RuntimeWarning, 1, "bool is used as a file descriptor")?;
        }
        int(o)?
    } else if let Some(method) = object::getattr_opt(o, intern!("fileno"))? {
        let n = call::call0(&method)?;
        if !n.is::<PyLongObject>() {
            return raise!(TypeError, "fileno() returned a non-integer");
        }
        int(&n)?
    } else {
        return raise!(
            TypeError,
            "argument must be an int, or have a fileno() method."
        );
    };
    if fd < 0 {
        return raise!(
            ValueError,
            "file descriptor cannot be a negative integer ({fd})"
        );
    }
    Ok(fd)
}

/// A user's or group's id; -1 means "leave as it is".
fn id(what: &str, o: &Obj) -> Result<u32> {
    if !number::is_index(o) {
        return raise!(
            TypeError,
            "{what} should be integer, not {:.200}",
            o.tp_name()
        );
    }
    let n = number::index_int(o)?;
    let wide = n.to_i64();
    match wide {
        Some(-1) => Ok(u32::MAX),
        Some(v) if (0..=i64::from(u32::MAX)).contains(&v) => Ok(v as u32),
        None if !n.digits().0 => raise!(OverflowError, "{what} is greater than maximum"),
        _ => raise!(OverflowError, "{what} is less than minimum"),
    }
}

/// A user's id.
pub fn uid(o: &Obj) -> Result<u32> {
    id("uid", o)
}

/// A group's id.
pub fn gid(o: &Obj) -> Result<u32> {
    id("gid", o)
}

/// A user's or group's id as an object.
pub fn id_object(id: u32) -> Ref {
    if id == u32::MAX {
        int::from_i64(-1).into_obj()
    } else {
        int::from_i64(i64::from(id)).into_obj()
    }
}

/// A device number.
pub fn device(o: &Obj) -> Result<u64> {
    let n = number::index_int(o)?;
    if n.to_i64() == Some(-1) {
        return Ok(u64::MAX);
    }
    match int::to_u64(&n) {
        Some(n) => Ok(n),
        None if n.digits().0 => raise!(ValueError, "Cannot convert negative int"),
        None => raise!(
            OverflowError,
            "Python int too large to convert to C unsigned long long"
        ),
    }
}

/// A device number as an object.
pub fn device_object(device: u64) -> Ref {
    if device == u64::MAX {
        int::from_i64(-1).into_obj()
    } else {
        int::from_u64(device).into_obj()
    }
}

/// A truth value.
pub fn flag(o: Option<&Obj>, default: bool) -> Result<bool> {
    o.map_or(Ok(default), object::is_true)
}

/// `os.fspath`: str and bytes as they are, others by their `__fspath__`.
pub fn fspath(o: &Obj) -> Result {
    if o.is::<PyUnicodeObject>() || o.is::<PyBytesObject>() {
        return Ok(o.new_ref());
    }
    let Some(method) = object::lookup_special(o, intern!("__fspath__"))? else {
        return raise!(
            TypeError,
            "expected str, bytes or os.PathLike object, not {:.200}",
            o.tp_name()
        );
    };
    let path = call::call0(&method)?;
    if !path.is::<PyUnicodeObject>() && !path.is::<PyBytesObject>() {
        return raise!(
            TypeError,
            "expected {:.200}.__fspath__() to return str or bytes, not {:.200}",
            o.tp_name(),
            path.tp_name()
        );
    }
    Ok(path)
}

/// A str or bytes as the file system's bytes.
pub fn encoded(o: &Obj) -> Result<Vec<u8>> {
    if let Some(s) = o.downcast::<PyUnicodeObject>() {
        return if s.is_ascii() {
            Ok(s.as_str()?.as_bytes().to_vec())
        } else {
            codecs::fs_encode(s)
        };
    }
    match o.downcast::<PyBytesObject>() {
        Some(b) => Ok(b.as_slice().to_vec()),
        None => raise!(
            TypeError,
            "expected str, bytes or os.PathLike object, not {:.200}",
            o.tp_name()
        ),
    }
}

/// A path-like argument as a C string (`PyUnicode_FSConverter`).
pub fn fs_string(o: &Obj) -> Result<CString> {
    let path = fspath(o)?;
    c_string(encoded(&path)?)
}

/// Bytes as a C string.
pub fn c_string(bytes: Vec<u8>) -> Result<CString> {
    match CString::new(bytes) {
        Ok(s) => Ok(s),
        Err(_) => raise!(ValueError, "embedded null byte"),
    }
}

/// A `str` argument as a C string (`const char *`).
pub fn text(function: &str, which: &str, o: &Obj) -> Result<CString> {
    let Some(s) = o.downcast::<PyUnicodeObject>() else {
        return raise!(
            TypeError,
            "{function}() argument{which} must be str, not {:.50}",
            o.tp_name()
        );
    };
    match CString::new(s.as_str()?.as_bytes()) {
        Ok(s) => Ok(s),
        Err(_) => raise!(ValueError, "embedded null character"),
    }
}

/// Two numbers of nanoseconds: those of a float or an int of seconds, split into seconds and nanoseconds.
pub fn timespec(o: &Obj) -> Result<libc::timespec> {
    if !o.is::<PyFloatObject>() && !number::is_index(o) {
        return raise!(
            TypeError,
            "argument must be int or float, not {}",
            o.tp_name()
        );
    }
    let (tv_sec, tv_nsec) = split_seconds(o, 1_000_000_000, Round::Floor)?;
    Ok(libc::timespec { tv_sec, tv_nsec })
}

/// A length that must not be negative.
pub fn size(o: &Obj) -> Result<isize> {
    args::to_isize(o)
}

/// The error number 22, as the C library would report it.
#[cold]
pub fn invalid() -> err::Raised {
    err::errno(libc::EINVAL, None)
}
