//! Path arguments: str, bytes, PathLike, and where a function allows it a descriptor or None.
//!
//! Invariant: a [`Path`] that names something ends with its only NUL, and keeps the object it came from for error messages
//! and to know whether names are to be answered as str or bytes.

use std::ffi::{CStr, CString};

use layout::*;

use vm::codecs;
use vm::err::{Raised, Result, raise};
use vm::intern;
use vm::object::*;
use vm::protocol::{call, object};
use vm::types::bytes;

use super::call::raise_for;
use super::convert;

/// A converted path argument.
pub struct Path {
    name: CString,
    /// The descriptor, if the argument was one.
    pub fd: Option<i32>,
    /// The argument, or what its `__fspath__` gave.
    pub object: Ref,
}

/// What a function takes besides names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Also {
    /// Nothing else.
    Nothing,
    /// An open descriptor.
    Fd,
    /// None, for the current folder.
    None,
    /// Both.
    FdOrNone,
}

impl Also {
    fn fd(self) -> bool {
        matches!(self, Also::Fd | Also::FdOrNone)
    }

    fn none(self) -> bool {
        matches!(self, Also::None | Also::FdOrNone)
    }

    fn expected(self) -> &'static str {
        match self {
            Also::Nothing => "string, bytes or os.PathLike",
            Also::Fd => "string, bytes, os.PathLike or integer",
            Also::None => "string, bytes, os.PathLike or None",
            Also::FdOrNone => "string, bytes, os.PathLike, integer or None",
        }
    }
}

/// The str or bytes behind a path argument.
pub fn object(function: &str, argument: &str, o: &Obj, also: Also) -> Result {
    if o.is::<PyUnicodeObject>() || o.is::<PyBytesObject>() {
        return Ok(o.new_ref());
    }
    let Some(method) = object::lookup_special(o, intern!("__fspath__"))? else {
        return raise!(
            TypeError,
            "{function}: {argument} should be {}, not {:.200}",
            also.expected(),
            o.tp_name()
        );
    };
    let path = call::call0(&method)?;
    if path.is::<PyUnicodeObject>() || path.is::<PyBytesObject>() {
        return Ok(path);
    }
    raise!(
        TypeError,
        "expected {:.200}.__fspath__() to return str or bytes, not {:.200}",
        o.tp_name(),
        path.tp_name()
    )
}

impl Path {
    /// Converts the argument `argument` of `function`.
    pub fn new(function: &str, argument: &str, o: &Obj, also: Also) -> Result<Path> {
        if also.none() && o.is_none() {
            return Ok(Path {
                name: c".".to_owned(),
                fd: None,
                object: none(),
            });
        }
        if also.fd() && object::has_index(o) {
            return Ok(Path {
                name: CString::default(),
                fd: Some(convert::path_fd(o)?),
                object: o.new_ref(),
            });
        }
        let object = object(function, argument, o, also)?;
        match CString::new(convert::encoded(&object)?) {
            Ok(name) => Ok(Path {
                name,
                fd: None,
                object,
            }),
            Err(_) => raise!(
                ValueError,
                "{function}: embedded null character in {argument}"
            ),
        }
    }

    /// A name.
    pub fn name(function: &str, argument: &str, o: &Obj) -> Result<Path> {
        Path::new(function, argument, o, Also::Nothing)
    }

    /// A name or a descriptor.
    pub fn or_fd(function: &str, argument: &str, o: &Obj) -> Result<Path> {
        Path::new(function, argument, o, Also::Fd)
    }

    /// An optional name; None and nothing are the current folder.
    pub fn optional(function: &str, o: Option<&Obj>) -> Result<Path> {
        Path::new(function, "path", o.unwrap_or(NONE()), Also::FdOrNone)
    }

    /// The name for C.
    pub fn c_str(&self) -> &CStr {
        &self.name
    }

    /// The name's bytes.
    pub fn bytes(&self) -> &[u8] {
        self.name.as_bytes()
    }

    /// The name for C, as a pointer.
    pub fn as_ptr(&self) -> *const libc::c_char {
        self.name.as_ptr()
    }

    /// Whether names are answered as bytes.
    pub fn wants_bytes(&self) -> bool {
        self.object.is::<PyBytesObject>()
    }

    /// A name from the system, as the argument's kind of string.
    pub fn answer(&self, name: &[u8]) -> Result {
        answer(name, self.wants_bytes())
    }

    /// `OSError` with the path as its file name.
    #[cold]
    pub fn error(&self, code: i32) -> Raised {
        raise_for(code, &self.object)
    }
}

/// A name from the system as bytes or str.
pub fn answer(name: &[u8], as_bytes: bool) -> Result {
    if as_bytes {
        Ok(bytes::try_new(name)?.into_obj())
    } else {
        codecs::fs_decode(name)
    }
}

/// Refuses a descriptor of a folder where the path is a descriptor itself.
pub fn check_dir_fd(function: &str, path: &Path, dir_fd: i32) -> Result<()> {
    if path.fd.is_some() && dir_fd != libc::AT_FDCWD {
        return raise!(
            ValueError,
            "{function}: can't specify dir_fd without matching path"
        );
    }
    Ok(())
}

/// Refuses `follow_symlinks=False` for a descriptor.
pub fn check_follow(function: &str, path: &Path, follow: bool) -> Result<()> {
    if path.fd.is_some() && !follow {
        return raise!(
            ValueError,
            "{function}: cannot use fd and follow_symlinks together"
        );
    }
    Ok(())
}
