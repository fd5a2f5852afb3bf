//! `LZMADecompressor`.

use core::cell::{Cell, RefCell};

use liblzma_sys::*;

use super::filters::{Chain, to_u64};
use super::stream::{Decoder, Stream};
use super::{CHECK_UNKNOWN, format};
use crate::codec::{self, Fed, Feed, bytes_of};
use modules::prelude::*;
use vm::types::bytes;

/// `_lzma.LZMADecompressor`.
#[repr(C)]
pub struct Decompressor {
    ob_base: PyObject,
    feed: RefCell<Feed<Decoder>>,
    check: Cell<i32>,
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
    member!("check", Decompressor, check, Py_T_INT, Py_READONLY),
    member!("eof", Decompressor, eof, Py_T_BOOL, Py_READONLY),
    member!(
        "needs_input",
        Decompressor,
        needs_input,
        Py_T_BOOL,
        Py_READONLY
    ),
    member!(
        "unused_data",
        Decompressor,
        unused_data,
        Py_T_OBJECT_EX,
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
        .text_signature(method_doc!(
            "LZMADecompressor",
            "(format=FORMAT_AUTO, memlimit=None, filters=None)"
        ))
        .methods(METHODS)
        .members(MEMBERS);
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new(
        "LZMADecompressor",
        "(format=FORMAT_AUTO, memlimit=None, filters=None)",
    );
    let [container, memlimit, filters] = SIGNATURE.bind(args, kwargs)?;
    let container = container.map_or(Ok(format::AUTO), args::to_i32)?;
    let memlimit = memlimit.filter(|o| !o.is_none());
    let filters = filters.filter(|o| !o.is_none());
    if memlimit.is_some() && container == format::RAW {
        return raise!(ValueError, "Cannot specify memory limit with FORMAT_RAW");
    }
    let memlimit = memlimit.map_or(Ok(u64::MAX), to_u64)?;
    match (container == format::RAW, filters.is_some()) {
        (true, false) => return raise!(ValueError, "Must specify filters for FORMAT_RAW"),
        (false, true) => {
            return raise!(ValueError, "Cannot specify filters except with FORMAT_RAW");
        }
        _ => {}
    }
    let decoder = decoder(container, memlimit, filters)?;
    let d = Decompressor {
        ob_base: header(),
        check: Cell::new(decoder.check),
        feed: RefCell::new(Feed::new(decoder)),
        unused_data: bytes::empty().into_obj().into(),
        eof: flag(false),
        needs_input: flag(true),
    };
    Ok(create(tp, d)?.into_obj())
}

fn decoder(container: i32, memlimit: u64, filters: Option<&Obj>) -> Result<Decoder> {
    const TELL: u32 = LZMA_TELL_ANY_CHECK | LZMA_TELL_NO_CHECK;
    let chain = filters.map(Chain::from_specs).transpose()?;
    let (stream, check) = match (container, &chain) {
        (format::AUTO, _) => (
            // SAFETY: a fresh stream.
            Stream::new(|stream| unsafe { lzma_auto_decoder(stream, memlimit, TELL) }),
            CHECK_UNKNOWN,
        ),
        (format::XZ, _) => (
            // SAFETY: a fresh stream.
            Stream::new(|stream| unsafe { lzma_stream_decoder(stream, memlimit, TELL) }),
            CHECK_UNKNOWN,
        ),
        (format::ALONE, _) => (
            // SAFETY: a fresh stream.
            Stream::new(|stream| unsafe { lzma_alone_decoder(stream, memlimit) }),
            LZMA_CHECK_NONE as i32,
        ),
        (format::RAW, Some(chain)) => (
            // SAFETY: a fresh stream, and a chain that ends as the library asks.
            Stream::new(|stream| unsafe { lzma_raw_decoder(stream, chain.as_ptr()) }),
            LZMA_CHECK_NONE as i32,
        ),
        _ => return raise!(ValueError, "Invalid container format: {container}"),
    };
    Ok(Decoder {
        stream: stream?,
        check,
    })
}

fn decompress(d: &Decompressor, [data, max_length]: [Option<&Obj>; 2]) -> Result {
    let data = bytes_of(required(data))?;
    let limit = codec::limit(max_length)?;
    if d.eof.get() != 0 {
        return raise!(EOFError, "Already at end of stream");
    }
    let mut feed = d.feed.borrow_mut();
    let fed = feed.feed(data.bytes(), limit);
    d.check.set(feed.decoder.check);
    let Fed {
        out,
        unused,
        needs_input,
    } = fed?;
    d.needs_input.set(needs_input.into());
    if let Some(unused) = unused {
        d.eof.set(1);
        d.unused_data.set(Some(bytes::new(&unused).into_obj()));
    }
    Ok(bytes::new(&out).into_obj())
}
