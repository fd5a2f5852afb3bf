//! `Compress`: a compressor that is fed piece by piece.

use core::cell::RefCell;

use zlib_rs::{DeflateConfig, DeflateFlush, Method, ReturnCode, Strategy};

use super::functions::int_or;
use super::stream::Deflater;
use super::{DEF_MEM_LEVEL, MAX_WBITS, bytes_of, dictionary, failed};
use crate::prelude::*;
use vm::types::bytes;

/// `zlib.Compress`.
#[repr(C)]
pub struct Compress {
    ob_base: PyObject,
    /// None once the stream is finished.
    stream: RefCell<Option<Deflater>>,
}

static_type!(Compress, COMPRESS);

static METHODS: &[PyMethodDef] = &[
    o!("compress", compress, "($self, data, /)"),
    fastcall!("flush", flush, "($self, mode=zlib.Z_FINISH, /)"),
    noargs!("copy", copy, "($self, /)"),
    noargs!("__copy__", copy, "($self, /)"),
    o!(
        "__deepcopy__",
        |c: &Compress, _: &Obj| copy(c),
        "($self, memo, /)"
    ),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Compress>()
        .owns_memory()
        .dealloc_drop::<Compress>()
        .new_disallowed()
        .methods(METHODS);
}

fn make(stream: Deflater) -> Result {
    Ok(create(
        &COMPRESS,
        Compress {
            ob_base: header(),
            stream: RefCell::new(Some(stream)),
        },
    )?
    .into_obj())
}

/// `compressobj(level, method, wbits, memLevel, strategy, zdict)`.
pub fn compressobj(
    _: &Obj,
    [level, method, wbits, mem_level, strategy, zdict]: [Option<&Obj>; 6],
) -> Result {
    let level = int_or(level, -1)?;
    let method = int_or(method, Method::Deflated as i32)?;
    let window_bits = int_or(wbits, MAX_WBITS)?;
    let mem_level = int_or(mem_level, DEF_MEM_LEVEL)?;
    let strategy = Strategy::try_from(int_or(strategy, 0)?);
    let zdict = zdict.map(dictionary).transpose()?;
    let made = match strategy {
        Ok(strategy) if method == Method::Deflated as i32 => Deflater::new(DeflateConfig {
            level,
            method: Method::Deflated,
            window_bits,
            mem_level,
            strategy,
        }),
        _ => Err(ReturnCode::StreamError),
    };
    let mut stream = match made {
        Ok(stream) => stream,
        Err(ReturnCode::MemError) => {
            return raise!(MemoryError, "Can't allocate memory for compression object");
        }
        Err(ReturnCode::StreamError) => return raise!(ValueError, "Invalid initialization option"),
        Err(code) => return Err(failed(code, None, "while creating compression object")),
    };
    if let Some(zdict) = zdict {
        match stream.set_dictionary(&zdict) {
            ReturnCode::Ok => {}
            ReturnCode::StreamError => return raise!(ValueError, "Invalid dictionary"),
            _ => return raise!(ValueError, "deflateSetDictionary()"),
        }
    }
    make(stream)
}

fn compress(c: &Compress, data: &Obj) -> Result {
    let data = bytes_of(data)?;
    let mut out = Vec::new();
    let mut slot = c.stream.borrow_mut();
    let Some(stream) = slot.as_mut() else {
        return Err(failed(
            ReturnCode::StreamError,
            None,
            "while compressing data",
        ));
    };
    match stream.run(data.bytes(), DeflateFlush::NoFlush, &mut out) {
        ReturnCode::Ok | ReturnCode::BufError => Ok(bytes::new(&out).into_obj()),
        code => Err(failed(code, stream.message(), "while compressing data")),
    }
}

fn flush(c: &Compress, args: &[&Obj]) -> Result {
    args::expect("flush", args, 0..=1)?;
    let mode = int_or(args.first().copied(), DeflateFlush::Finish as i32)?;
    if mode == DeflateFlush::NoFlush as i32 {
        return Ok(bytes::empty().into_obj());
    }
    let mut slot = c.stream.borrow_mut();
    let (Ok(mode), Some(stream)) = (DeflateFlush::try_from(mode), slot.as_mut()) else {
        return Err(failed(ReturnCode::StreamError, None, "while flushing"));
    };
    let mut out = Vec::new();
    match stream.run(&[], mode, &mut out) {
        ReturnCode::StreamEnd if mode == DeflateFlush::Finish => *slot = None,
        ReturnCode::Ok | ReturnCode::BufError => {}
        code => return Err(failed(code, stream.message(), "while flushing")),
    }
    Ok(bytes::new(&out).into_obj())
}

fn copy(c: &Compress) -> Result {
    match c.stream.borrow_mut().as_mut().map(Deflater::try_clone) {
        Some(Ok(stream)) => make(stream),
        Some(Err(ReturnCode::MemError)) => {
            raise!(MemoryError, "Can't allocate memory for compression object")
        }
        _ => raise!(ValueError, "Inconsistent stream state"),
    }
}
