//! `_lzma`: compression by LZMA, in the formats `.xz`, `.lzma` and none. The work is done by liblzma.

mod compressor;
mod decompressor;
mod filters;
mod stream;

use liblzma_sys::*;

use crate::codec::bytes_of;
use crate::error_class::ErrorClass;
use filters::{Filter, spec_of};
use modules::prelude::*;
use vm::types::bytes;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_lzma",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    o!(
        "is_check_supported",
        |_: &Obj, check: &Obj| {
            let check = args::to_i32(check)?;
            // SAFETY: takes any number.
            Ok(unsafe { lzma_check_is_supported(check as lzma_check) } != 0)
        },
        "($module, check_id, /)"
    ),
    o!(
        "_encode_filter_properties",
        |_: &Obj, filter: &Obj| Ok(bytes::new(&Filter::from_spec(filter)?.properties()?)),
        "($module, filter, /)"
    ),
    fastcall!(
        "_decode_filter_properties",
        decode_filter_properties,
        "($module, filter_id, encoded_props, /)"
    ),
];

/// The container formats.
mod format {
    pub const AUTO: i32 = 0;
    pub const XZ: i32 = 1;
    pub const ALONE: i32 = 2;
    pub const RAW: i32 = 3;
}

/// The answer to what check a stream has, before it is known.
const CHECK_UNKNOWN: i32 = 16;

static CONSTANTS: [(&str, u64); 28] = [
    ("FORMAT_AUTO", format::AUTO as u64),
    ("FORMAT_XZ", format::XZ as u64),
    ("FORMAT_ALONE", format::ALONE as u64),
    ("FORMAT_RAW", format::RAW as u64),
    ("CHECK_NONE", LZMA_CHECK_NONE as u64),
    ("CHECK_CRC32", LZMA_CHECK_CRC32 as u64),
    ("CHECK_CRC64", LZMA_CHECK_CRC64 as u64),
    ("CHECK_SHA256", LZMA_CHECK_SHA256 as u64),
    ("CHECK_ID_MAX", 15),
    ("CHECK_UNKNOWN", CHECK_UNKNOWN as u64),
    ("FILTER_LZMA1", LZMA_FILTER_LZMA1),
    ("FILTER_LZMA2", LZMA_FILTER_LZMA2),
    ("FILTER_DELTA", LZMA_FILTER_DELTA),
    ("FILTER_X86", LZMA_FILTER_X86),
    ("FILTER_POWERPC", LZMA_FILTER_POWERPC),
    ("FILTER_IA64", LZMA_FILTER_IA64),
    ("FILTER_ARM", LZMA_FILTER_ARM),
    ("FILTER_ARMTHUMB", LZMA_FILTER_ARMTHUMB),
    ("FILTER_SPARC", LZMA_FILTER_SPARC),
    ("MF_HC3", LZMA_MF_HC3 as u64),
    ("MF_HC4", LZMA_MF_HC4 as u64),
    ("MF_BT2", LZMA_MF_BT2 as u64),
    ("MF_BT3", LZMA_MF_BT3 as u64),
    ("MF_BT4", LZMA_MF_BT4 as u64),
    ("MODE_FAST", LZMA_MODE_FAST as u64),
    ("MODE_NORMAL", LZMA_MODE_NORMAL as u64),
    ("PRESET_DEFAULT", LZMA_PRESET_DEFAULT as u64),
    ("PRESET_EXTREME", LZMA_PRESET_EXTREME as u64),
];

static ERROR: ErrorClass = ErrorClass::new();

fn exec(m: &Obj) -> Result<()> {
    for (name, value) in CONSTANTS {
        module::add(m, name, int::from_u64(value).as_obj())?;
    }
    ERROR.add(m, "_lzma", "LZMAError", &[&exc::Exception])?;
    add_types(
        m,
        &[
            (
                &compressor::COMPRESSOR,
                c"_lzma.LZMACompressor",
                compressor::define,
            ),
            (
                &decompressor::DECOMPRESSOR,
                c"_lzma.LZMADecompressor",
                decompressor::define,
            ),
        ],
    )
}

/// Raises what stands for the library's answer, unless it is one of success.
fn check(code: lzma_ret) -> Result<lzma_ret> {
    let message = match code {
        LZMA_OK | LZMA_GET_CHECK | LZMA_NO_CHECK | LZMA_STREAM_END => return Ok(code),
        LZMA_MEM_ERROR => return Err(err::no_memory()),
        LZMA_UNSUPPORTED_CHECK => "Unsupported integrity check",
        LZMA_MEMLIMIT_ERROR => "Memory usage limit exceeded",
        LZMA_FORMAT_ERROR => "Input format not supported by decoder",
        LZMA_OPTIONS_ERROR => "Invalid or unsupported options",
        LZMA_DATA_ERROR => "Corrupt input data",
        LZMA_BUF_ERROR => "Insufficient buffer space",
        LZMA_PROG_ERROR => "Internal error",
        code => return Err(ERROR.raise(format_args!("Unrecognized error from liblzma: {code}"))),
    };
    Err(ERROR.raise(format_args!("{message}")))
}

fn decode_filter_properties(_: &Obj, a: &[&Obj]) -> Result {
    args::expect("_decode_filter_properties", a, 2..=2)?;
    let id = filters::to_u64(a[0])?;
    let properties = bytes_of(a[1])?;
    spec_of(&Filter::from_properties(id, properties.bytes())?)
}
