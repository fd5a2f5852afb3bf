//! `MemoryBIO`: bytes on their way to or from a connection that has no socket.

use core::cell::Cell;
use core::ffi::c_int;
use core::ptr;

use super::openssl::P;
use super::{api, errors};
use crate::codec::bytes_of;
use modules::prelude::*;
use vm::types::bytes;

/// `_ssl.MemoryBIO`.
#[repr(C)]
pub struct MemoryBio {
    ob_base: PyObject,
    pub raw: P,
    ended: Cell<bool>,
}

static_type!(MemoryBio, MEMORY_BIO);

static METHODS: &[PyMethodDef] = &[
    fastcall!("read", read, "($self, size=-1, /)"),
    o!("write", write, "($self, b, /)"),
    noargs!("write_eof", write_eof, "($self, /)"),
];

static GETSET: &[PyGetSetDef] = &[
    getset!("pending", |b: &MemoryBio| Ok(b.pending())),
    getset!("eof", |b: &MemoryBio| Ok(b.pending() == 0 && b.ended.get())),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<MemoryBio>()
        .destructible()
        .dealloc_drop::<MemoryBio>()
        .tp_new(new)
        .methods(METHODS)
        .getset(GETSET);
}

const PENDING: c_int = 10;
const SET_EOF_RETURN: c_int = 130;
const READ: c_int = 1;
const SHOULD_RETRY: c_int = 8;

impl Drop for MemoryBio {
    fn drop(&mut self) {
        // SAFETY: this object's share of it, not used again.
        unsafe { (api().BIO_free)(self.raw) };
    }
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let [] = positional(("MemoryBIO", 0..=0), &MEMORY_BIO, tp, args, kwargs)?;
    // SAFETY: no arguments but a method of the library's own.
    let raw = unsafe { (api().BIO_new)((api().BIO_s_mem)()) };
    if raw.is_null() {
        return Err(errors::last("failed to allocate BIO"));
    }
    // SAFETY: a fresh one. While nothing is there a reader is to come again.
    unsafe {
        (api().BIO_set_flags)(raw, READ | SHOULD_RETRY);
        (api().BIO_ctrl)(raw, SET_EOF_RETURN, -1, ptr::null_mut());
    }
    let bio = MemoryBio {
        ob_base: header(),
        raw,
        ended: Cell::new(false),
    };
    Ok(create(tp, bio)?.into_obj())
}

impl MemoryBio {
    fn pending(&self) -> usize {
        // SAFETY: a live one.
        unsafe { (api().BIO_ctrl)(self.raw, PENDING, 0, ptr::null_mut()) as usize }
    }
}

fn read(b: &MemoryBio, a: &[&Obj]) -> Result {
    args::expect("read", a, 0..=1)?;
    let size = a.first().map_or(Ok(-1), |o| args::to_i32(o))?;
    let there = b.pending().min(c_int::MAX as usize);
    let n = usize::try_from(size).unwrap_or(there).min(there);
    let mut out = vec![0; n];
    if n > 0 {
        // SAFETY: room for as many bytes.
        let got = unsafe { (api().BIO_read)(b.raw, out.as_mut_ptr().cast(), n as c_int) };
        if got < 0 {
            return Err(errors::last("cannot read"));
        }
        out.truncate(got as usize);
    }
    Ok(bytes::new(&out).into_obj())
}

fn write(b: &MemoryBio, data: &Obj) -> Result<c_int> {
    let data = bytes_of(data)?;
    let data = data.bytes();
    let Ok(n) = c_int::try_from(data.len()) else {
        return raise!(OverflowError, "string longer than {} bytes", c_int::MAX);
    };
    if b.ended.get() {
        return Err(errors::plain("cannot write() after write_eof()"));
    }
    if n == 0 {
        return Ok(0);
    }
    // SAFETY: valid bytes.
    match unsafe { (api().BIO_write)(b.raw, data.as_ptr().cast(), n) } {
        n if n < 0 => Err(errors::last("cannot write")),
        n => Ok(n),
    }
}

fn write_eof(b: &MemoryBio) -> Result<()> {
    b.ended.set(true);
    // SAFETY: a live one. When all is read, a reader is at the end.
    unsafe {
        (api().BIO_clear_flags)(b.raw, 0xf);
        (api().BIO_ctrl)(b.raw, SET_EOF_RETURN, 0, ptr::null_mut());
    }
    Ok(())
}
