//! Decimal numbers as the General Decimal Arithmetic specification has them: contexts, conditions, all operations.
//!
//! Invariant: nothing here knows of Python objects. A result that a condition goes with says so in a [`Status`]; what to do
//! about it is the caller's decision.

mod arith;
mod coeff;
mod compare;
mod context;
mod digits;
mod divide;
mod logic;
mod power;
mod round;
mod series;
mod text;
mod transcend;
mod value;

pub use coeff::Coeff;
pub use context::{Context, Rounding, Status, status};
pub use text::Notation;
pub use value::{Dec, Kind};
