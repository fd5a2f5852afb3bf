//! The module's functions.

use zlib_rs::{DeflateConfig, DeflateFlush, InflateFlush, Method, ReturnCode, Strategy};

use super::stream::{Deflater, Inflater};
use super::{
    DEF_BUF_SIZE, DEF_MEM_LEVEL, MAX_WBITS, bytes_of, compressobj, decompressobj, error, failed,
};
use crate::prelude::*;
use vm::types::bytes;
use vm::types::int::IntExt as _;

/// The module's functions.
pub static METHODS: &[PyMethodDef] = &[
    fastcall!(
        "adler32",
        |_: &Obj, a: &[&Obj]| checksum("adler32", a, 1, zlib_rs::adler32::adler32),
        "($module, data, value=1, /)"
    ),
    keywords!(
        "compress",
        compress,
        "($module, data, /, level=Z_DEFAULT_COMPRESSION, wbits=MAX_WBITS)"
    ),
    keywords!(
        "compressobj",
        compressobj::compressobj,
        "($module, /, level=Z_DEFAULT_COMPRESSION, method=DEFLATED,\n            wbits=MAX_WBITS, memLevel=DEF_MEM_LEVEL,\n            strategy=Z_DEFAULT_STRATEGY, zdict=<unrepresentable>)"
    ),
    fastcall!(
        "crc32",
        |_: &Obj, a: &[&Obj]| checksum("crc32", a, 0, zlib_rs::crc32::crc32),
        "($module, data, value=0, /)"
    ),
    keywords!(
        "decompress",
        decompress,
        "($module, data, /, wbits=MAX_WBITS, bufsize=DEF_BUF_SIZE)"
    ),
    keywords!(
        "decompressobj",
        decompressobj::decompressobj,
        "($module, /, wbits=MAX_WBITS, zdict=b'')"
    ),
];

fn checksum(name: &str, args: &[&Obj], start: u32, update: fn(u32, &[u8]) -> u32) -> Result<u32> {
    args::expect(name, args, 1..=2)?;
    let data = bytes_of(args[0])?;
    let start = match args.get(1) {
        // The low bits of any int.
        Some(value) => number::index_int(value)?.to_u64_wrapping() as u32,
        None => start,
    };
    Ok(update(start, data.bytes()))
}

/// An optional C int.
pub fn int_or(o: Option<&Obj>, default: i32) -> Result<i32> {
    o.map_or(Ok(default), args::to_i32)
}

fn compress(_: &Obj, [data, level, wbits]: [Option<&Obj>; 3]) -> Result {
    let data = bytes_of(required(data))?;
    let (level, window_bits) = (int_or(level, -1)?, int_or(wbits, MAX_WBITS)?);
    let config = DeflateConfig {
        level,
        method: Method::Deflated,
        window_bits,
        mem_level: DEF_MEM_LEVEL,
        strategy: Strategy::Default,
    };
    let mut stream = match Deflater::new(config) {
        Ok(stream) => stream,
        Err(ReturnCode::MemError) => {
            return raise!(MemoryError, "Out of memory while compressing data");
        }
        Err(ReturnCode::StreamError) => return Err(error("Bad compression level")),
        Err(code) => return Err(failed(code, None, "while compressing data")),
    };
    let mut out = Vec::new();
    match stream.run(data.bytes(), DeflateFlush::Finish, &mut out) {
        ReturnCode::StreamEnd => Ok(bytes::new(&out).into_obj()),
        code => Err(failed(code, stream.message(), "while compressing data")),
    }
}

fn decompress(_: &Obj, [data, wbits, size]: [Option<&Obj>; 3]) -> Result {
    let data = bytes_of(required(data))?;
    let window_bits = int_or(wbits, MAX_WBITS)?;
    if args::to_isize_or(size, DEF_BUF_SIZE)? < 0 {
        return raise!(ValueError, "bufsize must be non-negative");
    }
    let mut stream = match Inflater::new(window_bits) {
        Ok(stream) => stream,
        Err(ReturnCode::MemError) => {
            return raise!(MemoryError, "Out of memory while decompressing data");
        }
        Err(code) => return Err(failed(code, None, "while preparing to decompress data")),
    };
    let mut out = Vec::new();
    let code = match data.bytes() {
        [] => ReturnCode::BufError,
        data => match stream.run(data, InflateFlush::SyncFlush, usize::MAX, None, &mut out) {
            Ok(ran) => ran.code,
            Err(code) => code,
        },
    };
    match code {
        ReturnCode::StreamEnd => Ok(bytes::new(&out).into_obj()),
        // All input is used up, and the stream goes on.
        ReturnCode::Ok => Err(failed(
            ReturnCode::BufError,
            None,
            "while decompressing data",
        )),
        code => Err(failed(code, stream.message(), "while decompressing data")),
    }
}
