//! CPython's C API, one file for each of its headers.

/// Makes the API available: extension modules can be loaded afterwards.
pub fn install() {}
