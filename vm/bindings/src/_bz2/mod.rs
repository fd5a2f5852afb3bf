//! `_bz2`: compression by bzip2. The work is done by crate `libbz2-rs-sys`.

mod compressor;
mod decompressor;
mod stream;

use core::ffi::c_int;

use modules::prelude::*;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_bz2",
    methods: &[],
    exec: |m| {
        add_types(
            m,
            &[
                (
                    &compressor::COMPRESSOR,
                    c"_bz2.BZ2Compressor",
                    compressor::define,
                ),
                (
                    &decompressor::DECOMPRESSOR,
                    c"_bz2.BZ2Decompressor",
                    decompressor::define,
                ),
            ],
        )
    },
};

/// Raises what stands for the library's answer, unless it is one of success.
fn check(code: c_int) -> Result<c_int> {
    match code {
        code if code >= 0 => Ok(code),
        libbz2_rs_sys::BZ_PARAM_ERROR => raise!(
            ValueError,
            "Internal error - invalid parameters passed to libbzip2"
        ),
        libbz2_rs_sys::BZ_MEM_ERROR => Err(err::no_memory()),
        libbz2_rs_sys::BZ_DATA_ERROR | libbz2_rs_sys::BZ_DATA_ERROR_MAGIC => {
            raise!(OSError, "Invalid data stream")
        }
        libbz2_rs_sys::BZ_IO_ERROR => raise!(OSError, "Unknown I/O error"),
        libbz2_rs_sys::BZ_UNEXPECTED_EOF => raise!(
            EOFError,
            "Compressed file ended before the logical end-of-stream was detected"
        ),
        libbz2_rs_sys::BZ_SEQUENCE_ERROR => raise!(
            RuntimeError,
            "Internal error - Invalid sequence of commands sent to libbzip2"
        ),
        code => raise!(OSError, "Unrecognized error from libbzip2: {code}"),
    }
}
