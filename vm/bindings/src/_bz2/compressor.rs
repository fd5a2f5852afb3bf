//! `BZ2Compressor`.

use core::cell::{Cell, RefCell};

use super::stream::Compression;
use crate::codec::bytes_of;
use modules::prelude::*;
use vm::types::bytes;

/// `_bz2.BZ2Compressor`.
#[repr(C)]
pub struct Compressor {
    ob_base: PyObject,
    stream: RefCell<Compression>,
    flushed: Cell<bool>,
}

static_type!(Compressor, COMPRESSOR);

static METHODS: &[PyMethodDef] = &[
    o!("compress", compress, "($self, data, /)"),
    noargs!("flush", flush, "($self, /)"),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Compressor>()
        .destructible()
        .dealloc_drop::<Compressor>()
        .tp_new(new)
        .text_signature(method_doc!("BZ2Compressor", "(compresslevel=9, /)"))
        .methods(METHODS);
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let [level] = positional(("BZ2Compressor", 0..=1), &COMPRESSOR, tp, args, kwargs)?;
    let level = level.map_or(Ok(9), args::to_i32)?;
    if !(1..=9).contains(&level) {
        return raise!(ValueError, "compresslevel must be between 1 and 9");
    }
    let compressor = Compressor {
        ob_base: header(),
        stream: RefCell::new(Compression::new(level)?),
        flushed: Cell::new(false),
    };
    Ok(create(tp, compressor)?.into_obj())
}

fn compress(c: &Compressor, data: &Obj) -> Result {
    let data = bytes_of(data)?;
    if c.flushed.get() {
        return raise!(ValueError, "Compressor has been flushed");
    }
    let mut out = Vec::new();
    c.stream.borrow_mut().run(data.bytes(), false, &mut out)?;
    Ok(bytes::new(&out).into_obj())
}

fn flush(c: &Compressor) -> Result {
    if c.flushed.replace(true) {
        return raise!(ValueError, "Repeated call to flush()");
    }
    let mut out = Vec::new();
    c.stream.borrow_mut().run(&[], true, &mut out)?;
    Ok(bytes::new(&out).into_obj())
}
