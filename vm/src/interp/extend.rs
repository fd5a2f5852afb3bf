//! Arithmetic of small ints and floats in the combinations that have no form of their own.
//!
//! The cache's index says which [`Operands`] the instruction had; the guard is that they still are of these types. A result
//! that takes more than machine arithmetic, or an error, is left to the generic form.

use gc::Manager;
use layout::*;

use super::Flow;
use super::binary::{floats, put_float, put_int, small_ints};
use super::regs::Regs;
use crate::object::*;
use crate::opcodes::caches;
use crate::types::int::IntExt;

/// Numbers of the operators; assignments such as `+=` add [`INPLACE`].
pub mod operator {
    pub const ADD: u32 = 0;
    pub const AND: u32 = 1;
    pub const FLOOR_DIVIDE: u32 = 2;
    pub const LSHIFT: u32 = 3;
    pub const MULTIPLY: u32 = 5;
    pub const REMAINDER: u32 = 6;
    pub const OR: u32 = 7;
    pub const RSHIFT: u32 = 9;
    pub const SUBTRACT: u32 = 10;
    pub const TRUE_DIVIDE: u32 = 11;
    pub const XOR: u32 = 12;
    pub const INPLACE: u32 = 13;
    pub const SUBSCRIPT: u32 = 26;
}

const INTS: u32 = 0;
const FLOATS: u32 = 1;
const FLOAT_INT: u32 = 2;
const INT_FLOAT: u32 = 3;

fn small(o: &Obj) -> Option<i64> {
    let n: &PyLongObject = o.downcast_exact()?;
    n.is_compact().then(|| n.compact_value() as i64)
}

fn float(o: &Obj) -> Option<f64> {
    Some(o.downcast_exact::<PyFloatObject>()?.ob_fval.get())
}

/// What the cache holds for these operands, if the operator has a fast form for them.
pub fn operands_of(which: u32, left: &Obj, right: &Obj) -> Option<u32> {
    let which = which % operator::INPLACE;
    let (kind, works) = match (small(left), float(left), small(right), float(right)) {
        (Some(l), _, Some(r), _) => (INTS, ints(which, l, r).is_some()),
        (_, Some(l), _, Some(r)) => (FLOATS, real(which, l, r).is_some()),
        (_, Some(l), Some(r), _) => (FLOAT_INT, real(which, l, r as f64).is_some()),
        (Some(l), _, _, Some(r)) => (INT_FLOAT, real(which, l as f64, r).is_some()),
        _ => return None,
    };
    works.then_some(kind)
}

/// Of one digit each, so that nothing overflows.
#[inline(always)]
fn ints(which: u32, left: i64, right: i64) -> Option<i64> {
    Some(match which {
        operator::AND => left & right,
        operator::OR => left | right,
        operator::XOR => left ^ right,
        operator::FLOOR_DIVIDE if right != 0 => {
            let quotient = left / right;
            quotient - i64::from(left % right != 0 && (left ^ right) < 0)
        }
        operator::REMAINDER if right != 0 => {
            let rest = left % right;
            if rest != 0 && (rest ^ right) < 0 {
                rest + right
            } else {
                rest
            }
        }
        operator::LSHIFT if (0..32).contains(&right) => left << right,
        operator::RSHIFT if right >= 0 => left >> right.min(63),
        _ => return None,
    })
}

#[inline(always)]
fn real(which: u32, left: f64, right: f64) -> Option<f64> {
    Some(match which {
        operator::ADD => left + right,
        operator::SUBTRACT => left - right,
        operator::MULTIPLY => left * right,
        operator::TRUE_DIVIDE if right != 0.0 => left / right,
        _ => return None,
    })
}

#[inline(always)]
pub fn binary_op_extend<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let which = oparg % operator::INPLACE;
    let (left, right) = match r.cache(caches::BINARY_OP).index.get() {
        INTS => {
            let value = small_ints(r).and_then(|(left, right)| ints(which, left, right));
            return match value {
                Some(value) => put_int(r, value),
                None => Flow::Deopt,
            };
        }
        FLOATS => match floats(r) {
            Some(operands) => operands,
            None => return Flow::Deopt,
        },
        FLOAT_INT => match (float(r.obj(2)), small(r.obj(1))) {
            (Some(left), Some(right)) => (left, right as f64),
            _ => return Flow::Deopt,
        },
        _ => match (small(r.obj(2)), float(r.obj(1))) {
            (Some(left), Some(right)) => (left as f64, right),
            _ => return Flow::Deopt,
        },
    };
    match real(which, left, right) {
        Some(value) => put_float(r, value),
        None => Flow::Deopt,
    }
}
