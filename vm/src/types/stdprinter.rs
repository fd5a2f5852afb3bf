//! `stderrprinter`: writes text to a descriptor before the real streams stand (`PyFile_NewStdPrinter`).

use core::ffi::c_int;

use layout::*;

use super::type_::TypeBuilder;
use crate::err::{self, Result, raise};
use crate::object::*;
use crate::types::bytes::BytesExt as _;
use crate::{codecs, getset, noargs, o, threads};

/// A descriptor to write to; negative after one that cannot be told (`sys.stderr` of a daemon).
#[repr(C)]
pub struct StdPrinter {
    ob_base: PyObject,
    fd: c_int,
}

impl Layout for StdPrinter {
    fn type_object() -> &'static PyTypeObject {
        &PyStdPrinter_Type
    }
}

/// Fills in `stderrprinter`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<StdPrinter>()
        .tp_repr(|p: &StdPrinter| {
            Ok(format!(
                "<stdprinter(fd={}) object at {:p}>",
                p.fd,
                p.as_ptr()
            ))
        })
        .methods(METHODS)
        .getset(GETSET)
        .generic_attributes()
        .new_disallowed();
}

static METHODS: &[PyMethodDef] = &[
    noargs!("close", |_: &StdPrinter| Ok(none()), ""),
    noargs!("flush", |_: &StdPrinter| Ok(none()), ""),
    noargs!("fileno", |p: &StdPrinter| Ok(p.fd), ""),
    noargs!("isatty", is_terminal, ""),
    o!("write", write, ""),
];

static GETSET: &[PyGetSetDef] = &[
    getset!("encoding", |_: &StdPrinter| Ok(none())),
    getset!("mode", |_: &StdPrinter| Ok("w")),
    getset!("closed", |_: &StdPrinter| Ok(false)),
];

/// A printer to one of the process's first three descriptors.
pub fn new(fd: c_int) -> Result<Ref<StdPrinter>> {
    if fd != 1 && fd != 2 {
        // Not an error that a program could meet: only who starts an interpreter makes these.
        return raise!(SystemError, "bad argument to internal function");
    }
    let value = StdPrinter {
        ob_base: header(),
        fd,
    };
    create(&PyStdPrinter_Type, value)
}

fn is_terminal(p: &StdPrinter) -> Result<bool> {
    // SAFETY: asks about a descriptor, which need not be open.
    Ok(p.fd >= 0 && unsafe { libc::isatty(p.fd) } == 1)
}

fn write(p: &StdPrinter, text: &Obj) -> Result {
    if p.fd < 0 {
        return Ok(none());
    }
    let Some(text) = text.downcast::<PyUnicodeObject>() else {
        return raise!(
            TypeError,
            "write() argument 1 must be str, not {}",
            text.tp_name()
        );
    };
    let encoded = codecs::encode_to_bytes(text, None, Some("backslashreplace"))?;
    let bytes = encoded
        .downcast::<PyBytesObject>()
        .map_or(&[][..], |b| b.as_slice());
    // SAFETY: the bytes are valid for the call.
    let n = threads::allow(|| unsafe { libc::write(p.fd, bytes.as_ptr().cast(), bytes.len()) });
    if n >= 0 {
        return Ok(crate::types::int::from_i64(n as i64).into_obj());
    }
    let error = std::io::Error::last_os_error();
    if error.raw_os_error() == Some(libc::EAGAIN) {
        return Ok(none());
    }
    Err(err::last_os_error(None))
}
