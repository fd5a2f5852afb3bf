//! Numbers without objects: the arithmetic, conversions, formats and hashes that Python's
//! numeric types need, on plain slices and floats.
//!
//! Invariant: nothing here knows of Python objects, exceptions or memory managers; failures are
//! returned as small enums whose texts are CPython's.

pub mod digits;
pub mod float;
pub mod format_spec;
pub mod hash;
pub mod int;
pub mod percent;
pub mod random;
