//! The baseline compiler: bytecode to x86-64, a function at a time, in one pass.
//!
//! Start at [`compiler`] for how a function is compiled, at [`value`] for the model of the evaluation stack, at [`ops`] for
//! the instructions. What the interpreter has learned decides the form that each instruction takes; compiled code runs in
//! the interpreter's frames, and leaves to it at any instruction that turns out otherwise.

#![allow(
    clippy::useless_conversion,
    reason = "the assembler's macro writes them around every register"
)]

mod compiler;
mod decode;
mod helpers;
mod listing;
mod memory;
mod ops;
mod options;
mod runtime;
mod tier;
mod value;

pub use options::{Options, configure};
pub use tier::{install, report};
