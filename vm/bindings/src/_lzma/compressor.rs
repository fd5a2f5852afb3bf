//! `LZMACompressor`.

use core::cell::{Cell, RefCell};

use liblzma_sys::*;

use super::filters::{Chain, preset_options, to_u32};
use super::format;
use super::stream::Stream;
use crate::codec::bytes_of;
use modules::prelude::*;
use vm::types::bytes;

/// `_lzma.LZMACompressor`.
#[repr(C)]
pub struct Compressor {
    ob_base: PyObject,
    stream: RefCell<Stream>,
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
        .text_signature(method_doc!("LZMACompressor", ""))
        .methods(METHODS);
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new(
        "LZMACompressor",
        "(format=FORMAT_XZ, check=-1, preset=None, filters=None)",
    );
    let [container, check, preset, filters] = SIGNATURE.bind(args, kwargs)?;
    let container = container.map_or(Ok(format::XZ), args::to_i32)?;
    let check = check.map_or(Ok(-1), args::to_i32)?;
    let given = |o: Option<&'_ Obj>| o.filter(|o| !o.is_none()).map(Obj::new_ref);
    let (preset, filters) = (given(preset), given(filters));
    if preset.is_some() && filters.is_some() {
        return raise!(ValueError, "Cannot specify both preset and filter chain");
    }
    let preset = preset.map_or(Ok(LZMA_PRESET_DEFAULT), |preset| to_u32(&preset))?;
    if container != format::XZ && check != -1 && check != LZMA_CHECK_NONE as i32 {
        return raise!(
            ValueError,
            "Integrity checks are only supported by FORMAT_XZ"
        );
    }
    let chain = || filters.map(|specs| Chain::from_specs(&specs)).transpose();
    let stream = match container {
        format::XZ => {
            let check = if check == -1 {
                LZMA_CHECK_CRC64
            } else {
                check as lzma_check
            };
            xz(chain()?, preset, check)?
        }
        format::ALONE => alone(chain()?, preset)?,
        format::RAW => raw(chain()?)?,
        _ => return raise!(ValueError, "Invalid container format: {container}"),
    };
    let compressor = Compressor {
        ob_base: header(),
        stream: RefCell::new(stream),
        flushed: Cell::new(false),
    };
    Ok(create(tp, compressor)?.into_obj())
}

fn xz(chain: Option<Chain>, preset: u32, check: lzma_check) -> Result<Stream> {
    Stream::new(|stream| match &chain {
        // SAFETY: a fresh stream.
        None => unsafe { lzma_easy_encoder(stream, preset, check) },
        // SAFETY: a fresh stream, and a chain that ends as the library asks.
        Some(chain) => unsafe { lzma_stream_encoder(stream, chain.as_ptr(), check) },
    })
}

fn alone(chain: Option<Chain>, preset: u32) -> Result<Stream> {
    let from_preset = match chain {
        None => Some(preset_options(preset)?),
        Some(_) => None,
    };
    let chosen = chain.as_ref().and_then(Chain::only_lzma1);
    let Some(options) = from_preset.as_deref().or(chosen) else {
        return raise!(
            ValueError,
            "Invalid filter chain for FORMAT_ALONE - must be a single LZMA1 filter"
        );
    };
    // SAFETY: a fresh stream, and options that the library reads now.
    Stream::new(|stream| unsafe { lzma_alone_encoder(stream, options) })
}

fn raw(chain: Option<Chain>) -> Result<Stream> {
    let Some(chain) = chain else {
        return raise!(ValueError, "Must specify filters for FORMAT_RAW");
    };
    // SAFETY: a fresh stream, and a chain that ends as the library asks.
    Stream::new(|stream| unsafe { lzma_raw_encoder(stream, chain.as_ptr()) })
}

fn compress(c: &Compressor, data: &Obj) -> Result {
    let data = bytes_of(data)?;
    if c.flushed.get() {
        return raise!(ValueError, "Compressor has been flushed");
    }
    let mut out = Vec::new();
    c.stream
        .borrow_mut()
        .compress(data.bytes(), false, &mut out)?;
    Ok(bytes::new(&out).into_obj())
}

fn flush(c: &Compressor) -> Result {
    if c.flushed.replace(true) {
        return raise!(ValueError, "Repeated call to flush()");
    }
    let mut out = Vec::new();
    c.stream.borrow_mut().compress(&[], true, &mut out)?;
    Ok(bytes::new(&out).into_obj())
}
