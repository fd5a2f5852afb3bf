//! The native modules of the standard library that stand on larger libraries: compression, digests, XML, databases, TLS.
//!
//! They have a crate of their own so that the libraries' code is built, and waited for, apart from the other modules.

pub mod _bz2;
pub mod _hashlib;
pub mod _lzma;
pub mod _sqlite3;
pub mod _ssl;
pub mod _zstd;
mod codec;
mod dynlib;
mod error_class;
pub mod pyexpat;

use vm::method::ModuleDef;

/// All modules of this crate.
pub static MODULES: &[&ModuleDef] = &[
    &_bz2::MODULE,
    &_hashlib::MODULE,
    &_lzma::MODULE,
    &_sqlite3::MODULE,
    &_ssl::MODULE,
    &_zstd::MODULE,
    &pyexpat::MODULE,
];
