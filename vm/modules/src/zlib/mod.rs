//! `zlib`: compression by deflate, and checksums. The work is done by crate `zlib-rs`.
//!
//! Streams are only ever used with the interpreter's lock held, so that a stream has one user at a time.

mod compressobj;
mod decompressobj;
mod decompressor;
mod functions;
mod stream;

use zlib_rs::ReturnCode;

use crate::prelude::*;
use vm::protocol::buffer::Buffer;
use vm::types::type_;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "zlib",
    methods: functions::METHODS,
    exec,
};

const MAX_WBITS: i32 = 15;
const DEF_MEM_LEVEL: i32 = 8;
const DEF_BUF_SIZE: isize = 16 * 1024;

static CONSTANTS: [(&str, i64); 20] = [
    ("MAX_WBITS", MAX_WBITS as i64),
    ("DEFLATED", 8),
    ("DEF_MEM_LEVEL", DEF_MEM_LEVEL as i64),
    ("DEF_BUF_SIZE", DEF_BUF_SIZE as i64),
    ("Z_NO_COMPRESSION", 0),
    ("Z_BEST_SPEED", 1),
    ("Z_BEST_COMPRESSION", 9),
    ("Z_DEFAULT_COMPRESSION", -1),
    ("Z_FILTERED", 1),
    ("Z_HUFFMAN_ONLY", 2),
    ("Z_RLE", 3),
    ("Z_FIXED", 4),
    ("Z_DEFAULT_STRATEGY", 0),
    ("Z_NO_FLUSH", 0),
    ("Z_PARTIAL_FLUSH", 1),
    ("Z_SYNC_FLUSH", 2),
    ("Z_FULL_FLUSH", 3),
    ("Z_FINISH", 4),
    ("Z_BLOCK", 5),
    ("Z_TREES", 6),
];

/// The version of zlib that the crate stands in for, and its own.
const VERSION: &str = "1.3.0-zlib-rs-0.6.8";

static ERROR: Global<*const PyTypeObject> = Global::new(core::ptr::null());

fn exec(m: &Obj) -> Result<()> {
    declare((
        &compressobj::COMPRESS,
        c"zlib.Compress",
        compressobj::define,
    ))?;
    declare((
        &decompressobj::DECOMPRESS,
        c"zlib.Decompress",
        decompressobj::define,
    ))?;
    add_types(
        m,
        &[(
            &decompressor::DECOMPRESSOR,
            c"zlib._ZlibDecompressor",
            decompressor::define,
        )],
    )?;
    let error = type_::new_exception("zlib", "error", &[&exc::Exception])?;
    module::add(m, "error", &error)?;
    ERROR.set(error.into_raw().cast());
    for (name, value) in CONSTANTS {
        module::add(m, name, int::from_i64(value).as_obj())?;
    }
    module::add(m, "ZLIB_VERSION", str_::new(VERSION).as_obj())?;
    module::add(m, "ZLIB_RUNTIME_VERSION", str_::new(VERSION).as_obj())?;
    module::add(m, "__version__", str_::new("1.0").as_obj())
}

/// Raises `zlib.error`.
#[cold]
fn error(message: &str) -> err::Raised {
    // SAFETY: set to a class that lives as long as the module's code.
    let class = unsafe { ERROR.get().as_ref() }.unwrap_or(&exc::Exception);
    err::new(class, format_args!("{message}"))
}

/// Raises `zlib.error` for what the library answered, with its own words if it has any.
#[cold]
fn failed(code: ReturnCode, message: Option<&str>, doing: &str) -> err::Raised {
    let known = match code {
        ReturnCode::BufError => Some("incomplete or truncated stream"),
        ReturnCode::StreamError => Some("inconsistent stream state"),
        ReturnCode::DataError => Some("invalid input data"),
        _ => None,
    };
    match message.or(known) {
        Some(text) => error(&format!("Error {} {doing}: {text}", code as i32)),
        None => error(&format!("Error {} {doing}", code as i32)),
    }
}

/// The bytes of an argument.
fn bytes_of(o: &Obj) -> Result<Buffer> {
    proto::get_buffer(o, PyBUF_SIMPLE)
}

/// A preset dictionary.
fn dictionary(o: &Obj) -> Result<Vec<u8>> {
    Ok(bytes_of(o)?.bytes().to_vec())
}

/// The dictionary of a decompressor, which has its own words for what is none.
fn decompressor_dictionary(o: Option<&Obj>) -> Result<Option<Vec<u8>>> {
    let Some(o) = o else { return Ok(None) };
    match dictionary(o) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(raised) => {
            if err::clear_if(&exc::TypeError) {
                return raise!(TypeError, "zdict argument must support the buffer protocol");
            }
            Err(raised)
        }
    }
}
