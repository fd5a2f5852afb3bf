//! `BZ2Decompressor`.

use core::cell::{Cell, RefCell};

use super::stream::Decompression;
use crate::codec::{self, Fed, Feed, bytes_of};
use modules::prelude::*;
use vm::types::bytes;

/// `_bz2.BZ2Decompressor`.
#[repr(C)]
pub struct Decompressor {
    ob_base: PyObject,
    feed: RefCell<Feed<Decompression>>,
    /// Bytes behind the end of the stream.
    unused_data: Slot,
    eof: Cell<u8>,
    needs_input: Cell<u8>,
}

static_type!(Decompressor, DECOMPRESSOR);

static METHODS: &[PyMethodDef] = &[keywords!(
    "decompress",
    decompress,
    "($self, /, data, max_length=-1)"
)];

static MEMBERS: &[PyMemberDef] = &[
    member!("eof", Decompressor, eof, Py_T_BOOL, Py_READONLY),
    member!(
        "unused_data",
        Decompressor,
        unused_data,
        Py_T_OBJECT_EX,
        Py_READONLY
    ),
    member!(
        "needs_input",
        Decompressor,
        needs_input,
        Py_T_BOOL,
        Py_READONLY
    ),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Decompressor>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .destructible()
        .dealloc_drop::<Decompressor>()
        .tp_traverse(|d: &Decompressor, v: &mut Visitor| v.slot(&d.unused_data))
        .tp_new(new)
        .text_signature(method_doc!("BZ2Decompressor", "()"))
        .methods(METHODS)
        .members(MEMBERS);
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let [] = positional(("BZ2Decompressor", 0..=0), &DECOMPRESSOR, tp, args, kwargs)?;
    let d = Decompressor {
        ob_base: header(),
        feed: RefCell::new(Feed::new(Decompression::new()?)),
        unused_data: bytes::empty().into_obj().into(),
        eof: flag(false),
        needs_input: flag(true),
    };
    Ok(create(tp, d)?.into_obj())
}

fn decompress(d: &Decompressor, [data, max_length]: [Option<&Obj>; 2]) -> Result {
    let data = bytes_of(required(data))?;
    let limit = codec::limit(max_length)?;
    if d.eof.get() != 0 {
        return raise!(EOFError, "End of stream already reached");
    }
    let Fed {
        out,
        unused,
        needs_input,
    } = d.feed.borrow_mut().feed(data.bytes(), limit)?;
    d.needs_input.set(needs_input.into());
    if let Some(unused) = unused {
        d.eof.set(1);
        d.unused_data.set(Some(bytes::new(&unused).into_obj()));
    }
    Ok(bytes::new(&out).into_obj())
}
