//! `_ZlibDecompressor`: a decompressor that keeps the input it was not allowed to take, as `bz2` and `lzma` do.

use core::cell::{Cell, RefCell};

use zlib_rs::{InflateFlush, ReturnCode};

use super::decompressobj::new_stream;
use super::functions::int_or;
use super::stream::{Inflater, Ran};
use super::{MAX_WBITS, bytes_of, decompressor_dictionary, failed};
use crate::prelude::*;
use vm::types::bytes;

/// `zlib._ZlibDecompressor`.
#[repr(C)]
pub struct Decompressor {
    ob_base: PyObject,
    state: RefCell<State>,
    zdict: Option<Vec<u8>>,
    /// Bytes behind the end of the stream.
    unused_data: Slot,
    eof: Cell<u8>,
    needs_input: Cell<u8>,
}

struct State {
    stream: Inflater,
    /// Input that is still to be read.
    pending: Vec<u8>,
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
        _Py_T_OBJECT,
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
        .owns_memory()
        .dealloc_drop::<Decompressor>()
        .tp_traverse(|d: &Decompressor, v: &mut Visitor| v.slot(&d.unused_data))
        .tp_new(new)
        .text_signature(method_doc!("_ZlibDecompressor", "(wbits=15, zdict=b'')"))
        .methods(METHODS)
        .members(MEMBERS);
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new("_ZlibDecompressor", "(wbits=15, zdict=b'')");
    let [wbits, zdict] = SIGNATURE.bind(args, kwargs)?;
    let window_bits = int_or(wbits, MAX_WBITS)?;
    let zdict = decompressor_dictionary(zdict)?;
    let stream = new_stream(window_bits, zdict.as_deref())?;
    let d = Decompressor {
        ob_base: header(),
        state: RefCell::new(State {
            stream,
            pending: Vec::new(),
        }),
        zdict,
        unused_data: bytes::empty().into_obj().into(),
        eof: flag(false),
        needs_input: flag(true),
    };
    Ok(create(tp, d)?.into_obj())
}

fn decompress(d: &Decompressor, [data, max_length]: [Option<&Obj>; 2]) -> Result {
    let data = bytes_of(required(data))?;
    let limit = usize::try_from(args::to_isize_or(max_length, -1)?).unwrap_or(usize::MAX);
    if d.eof.get() != 0 {
        return raise!(EOFError, "End of stream already reached");
    }
    let mut state = d.state.borrow_mut();
    let State { stream, pending } = &mut *state;
    pending.extend_from_slice(data.bytes());
    let mut out = Vec::new();
    let ran = stream.run(
        pending,
        InflateFlush::SyncFlush,
        limit,
        d.zdict.as_deref(),
        &mut out,
    );
    let Ran { code, consumed } = match ran {
        Ok(ran) => ran,
        Err(code) => return Err(failed(code, stream.message(), "while setting zdict")),
    };
    pending.drain(..consumed);
    match code {
        ReturnCode::StreamEnd => {
            d.eof.set(1);
            d.needs_input.set(0);
            d.unused_data
                .set(Some(bytes::new(&core::mem::take(pending)).into_obj()));
        }
        // With room left, nothing is held back.
        ReturnCode::Ok | ReturnCode::BufError => {
            d.needs_input
                .set(u8::from(pending.is_empty() && out.len() < limit));
        }
        code => {
            pending.clear();
            return Err(failed(code, stream.message(), "while decompressing data"));
        }
    }
    Ok(bytes::new(&out).into_obj())
}
