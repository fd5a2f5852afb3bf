//! Comparison, identity and containment.

use gc::Manager;
use layout::*;

use super::regs::Regs;
use super::{Flow, specialize};
use crate::err::Result;
use crate::object::*;
use crate::opcodes::caches;
use crate::protocol::object;
use crate::types::dict::DictExt;
use crate::types::int::IntExt;
use crate::types::set;
use crate::types::str_::StrExt;
use crate::types::type_::builder::CompareOp;

/// The argument's bit that asks for a truth value instead of what the comparison returned.
const AS_BOOL: u32 = 16;

/// The argument's low bits: for which outcomes the comparison holds.
mod outcome {
    pub const UNORDERED: u32 = 1;
    pub const LESS: u32 = 2;
    pub const GREATER: u32 = 4;
    pub const EQUAL: u32 = 8;
}

#[inline(always)]
pub fn compare_op<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    if let Some(cache) = r.cache_if_warm(caches::COMPARE_OP)
        && cache.tick()
    {
        specialize::compare_op(r.here(caches::COMPARE_OP), cache, oparg, r.obj(2), r.obj(1));
        return Flow::Redo;
    }
    let result = compare(oparg, r.obj(2), r.obj(1));
    r.finish(2, result)
}

#[inline(never)]
fn compare(oparg: u32, left: &Obj, right: &Obj) -> Result {
    let result = object::rich_compare(left, right, CompareOp::from_c((oparg >> 5) as i32))?;
    if oparg & AS_BOOL != 0 && !core::ptr::eq(result.ty(), &PyBool_Type) {
        return Ok(bool_(object::is_true(&result)?));
    }
    Ok(result)
}

#[inline(always)]
pub fn compare_op_int<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let (Some(left), Some(right)) = (
        r.obj(2).downcast_exact::<PyLongObject>(),
        r.obj(1).downcast_exact::<PyLongObject>(),
    ) else {
        return Flow::Deopt;
    };
    if !left.is_compact() || !right.is_compact() {
        return Flow::Deopt;
    }
    let (left, right) = (left.compact_value(), right.compact_value());
    let found = if left < right {
        outcome::LESS
    } else if left > right {
        outcome::GREATER
    } else {
        outcome::EQUAL
    };
    r.finish_test(2, oparg & found != 0)
}

#[inline(always)]
pub fn compare_op_float<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let (Some(left), Some(right)) = (
        r.obj(2).downcast_exact::<PyFloatObject>(),
        r.obj(1).downcast_exact::<PyFloatObject>(),
    ) else {
        return Flow::Deopt;
    };
    let (left, right) = (left.ob_fval.get(), right.ob_fval.get());
    let found = if left < right {
        outcome::LESS
    } else if left > right {
        outcome::GREATER
    } else if left == right {
        outcome::EQUAL
    } else {
        outcome::UNORDERED
    };
    r.finish_test(2, oparg & found != 0)
}

/// For `==` and `!=` only.
#[inline(always)]
pub fn compare_op_str<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let (Some(left), Some(right)) = (
        r.obj(2).downcast_exact::<PyUnicodeObject>(),
        r.obj(1).downcast_exact::<PyUnicodeObject>(),
    ) else {
        return Flow::Deopt;
    };
    let wanted = oparg & outcome::EQUAL != 0;
    let equal = left.equals(right);
    r.finish_test(2, equal == wanted)
}

#[inline(always)]
pub fn is_op<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let same = core::ptr::eq(r.peek(2).as_ptr(), r.peek(1).as_ptr());
    r.finish_test(2, same != (oparg != 0))
}

#[inline(always)]
pub fn contains_op<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    if let Some(cache) = r.cache_if_warm(caches::CONTAINS_OP)
        && cache.tick()
    {
        specialize::contains_op(r.here(caches::CONTAINS_OP), cache, r.obj(1));
        return Flow::Redo;
    }
    let result = object::contains(r.obj(1), r.obj(2)).map(|found| found != (oparg != 0));
    r.finish_bool(2, result)
}

#[inline(always)]
pub fn contains_op_dict<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let Some(container) = r.obj(1).downcast_exact::<PyDictObject>() else {
        return Flow::Deopt;
    };
    match container.contains(r.obj(2)) {
        Ok(found) => r.finish_test(2, found != (oparg != 0)),
        Err(_) => Flow::Error,
    }
}

#[inline(always)]
pub fn contains_op_set<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let tp = r.obj(1).ty();
    if !core::ptr::eq(tp, &PySet_Type) && !core::ptr::eq(tp, &PyFrozenSet_Type) {
        return Flow::Deopt;
    }
    // SAFETY: sets and frozen sets have one layout.
    let container: &PySetObject = unsafe { r.obj(1).cast() };
    match set::set_contains(container, r.obj(2)) {
        Ok(found) => r.finish_test(2, found != (oparg != 0)),
        Err(_) => Flow::Error,
    }
}
