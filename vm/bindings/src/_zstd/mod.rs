//! `_zstd`: Zstandard compression, for `compression.zstd`. The work is done by libzstd.

mod compressor;
mod decompressor;
mod dictionary;
mod frames;
mod parameters;

use core::ffi::CStr;

use zstd_sys::*;

use crate::error_class::ErrorClass;
use modules::prelude::*;
use vm::types::type_;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_zstd",
    methods: frames::METHODS,
    exec,
};

static CONSTANTS: [(&str, i64); 30] = [
    ("ZSTD_CLEVEL_DEFAULT", ZSTD_CLEVEL_DEFAULT as i64),
    ("ZSTD_DStreamOutSize", 128 << 10),
    ("ZSTD_c_compressionLevel", 100),
    ("ZSTD_c_windowLog", 101),
    ("ZSTD_c_hashLog", 102),
    ("ZSTD_c_chainLog", 103),
    ("ZSTD_c_searchLog", 104),
    ("ZSTD_c_minMatch", 105),
    ("ZSTD_c_targetLength", 106),
    ("ZSTD_c_strategy", 107),
    ("ZSTD_c_enableLongDistanceMatching", 160),
    ("ZSTD_c_ldmHashLog", 161),
    ("ZSTD_c_ldmMinMatch", 162),
    ("ZSTD_c_ldmBucketSizeLog", 163),
    ("ZSTD_c_ldmHashRateLog", 164),
    ("ZSTD_c_contentSizeFlag", 200),
    ("ZSTD_c_checksumFlag", 201),
    ("ZSTD_c_dictIDFlag", 202),
    ("ZSTD_c_nbWorkers", 400),
    ("ZSTD_c_jobSize", 401),
    ("ZSTD_c_overlapLog", 402),
    ("ZSTD_d_windowLogMax", 100),
    ("ZSTD_fast", 1),
    ("ZSTD_dfast", 2),
    ("ZSTD_greedy", 3),
    ("ZSTD_lazy", 4),
    ("ZSTD_lazy2", 5),
    ("ZSTD_btlazy2", 6),
    ("ZSTD_btopt", 7),
    ("ZSTD_btultra", 8),
];

static ERROR: ErrorClass = ErrorClass::new();

static TYPES: &[TypeRow] = &[
    (
        &dictionary::DICTIONARY,
        c"compression.zstd.ZstdDict",
        dictionary::define,
    ),
    (
        &compressor::COMPRESSOR,
        c"compression.zstd.ZstdCompressor",
        compressor::define,
    ),
    (
        &decompressor::DECOMPRESSOR,
        c"compression.zstd.ZstdDecompressor",
        decompressor::define,
    ),
];

fn exec(m: &Obj) -> Result<()> {
    for (name, value) in CONSTANTS {
        module::add(m, name, int::from_i64(value).as_obj())?;
    }
    module::add(m, "ZSTD_btultra2", int::small(9))?;
    // SAFETY: a static text, and a number.
    let (text, number) = unsafe { (CStr::from_ptr(ZSTD_versionString()), ZSTD_versionNumber()) };
    module::add(
        m,
        "zstd_version",
        str_::new(&text.to_string_lossy()).as_obj(),
    )?;
    module::add(
        m,
        "zstd_version_number",
        int::from_u64(number.into()).as_obj(),
    )?;
    ERROR.add(m, "compression.zstd", "ZstdError", &[&exc::Exception])?;
    add_types(m, TYPES)?;
    let modes = type_::own_dict(&compressor::COMPRESSOR);
    for (name, value) in compressor::MODES {
        if let Some(dict) = &modes {
            use vm::types::dict::DictExt as _;
            dict.set_str(name, int::small(value))?;
        }
    }
    type_::modified(&compressor::COMPRESSOR);
    Ok(())
}

/// The library's words for an answer.
fn words(code: usize) -> String {
    // SAFETY: takes any number, and answers with a static text.
    let text = unsafe { CStr::from_ptr(ZSTD_getErrorName(code)) };
    text.to_string_lossy().into_owned()
}

/// The answer, unless it is an error.
fn check(code: usize, doing: &str) -> Result<usize> {
    // SAFETY: takes any number.
    if unsafe { ZSTD_isError(code) } == 0 {
        return Ok(code);
    }
    Err(ERROR.raise(format_args!("{doing}: {}", words(code))))
}
