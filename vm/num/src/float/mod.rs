//! Floats: text in CPython's formats, parsing, hexadecimal notation, rounding and scaling.
//!
//! Invariant: every conversion is correctly rounded, half to even; the standard library's exact
//! algorithms do the digits, this module lays them out.

mod complex;
mod format;
mod hex;
mod parse;
mod round;
mod scale;

pub use complex::{parse_complex, repr_complex};
pub use format::{Code, Flags, MAX_PRECISION, format, repr};
pub use hex::{HexError, from_hex, hex, integer_ratio};
pub use parse::{parse, parse_literal, parse_prefix};
pub use round::round;
pub use scale::{frexp, ldexp};
