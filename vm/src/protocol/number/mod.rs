//! The number protocol: operators with reflected operands, and conversions between kinds of numbers.
//!
//! Everything that computes with objects of unknown type goes through here: the interpreter's generic paths, the
//! `operator` module and the C API. Invariant: an operator's slots are tried in CPython's order, so that which of two
//! operands decides, and what is said when neither does, are the same.

mod convert;
mod operators;

pub use convert::*;
pub use operators::*;
