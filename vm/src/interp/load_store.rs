//! Locals, constants and the order of the stack.

use gc::Manager;

use super::regs::Regs;
use super::{Flow, errors, intrinsics};
use crate::object::*;
use crate::stackref::StackRef;
use crate::types::int;

#[inline(always)]
pub fn load_fast<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let value = r.local(oparg as usize).dup();
    r.push(value);
    Flow::Next
}

#[inline(always)]
pub fn load_fast_borrow<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let value = r.local(oparg as usize).borrow();
    r.push(value);
    Flow::Next
}

#[inline(always)]
pub fn load_fast_check<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let value = r.local(oparg as usize);
    if value.is_null() {
        return errors::unbound_local(r.code(), oparg);
    }
    r.push(value.dup());
    Flow::Next
}

#[inline(always)]
pub fn load_fast_and_clear<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let value = r.local(oparg as usize);
    r.put_local(oparg as usize, StackRef::NULL);
    r.push(value);
    Flow::Next
}

#[inline(always)]
pub fn load_fast_load_fast<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let first = r.local((oparg >> 4) as usize).dup();
    let second = r.local((oparg & 15) as usize).dup();
    r.push(first);
    r.push(second);
    Flow::Next
}

#[inline(always)]
pub fn load_fast_borrow_load_fast_borrow<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let first = r.local((oparg >> 4) as usize).borrow();
    let second = r.local((oparg & 15) as usize).borrow();
    r.push(first);
    r.push(second);
    Flow::Next
}

/// The code keeps its constants alive, and the frame its code.
#[inline(always)]
pub fn load_const<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let value = StackRef::borrowed(r.constant(oparg));
    r.push(value);
    Flow::Next
}

#[inline(always)]
pub fn load_const_immortal<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    load_const(r, oparg)
}

#[inline(always)]
pub fn load_const_mortal<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    load_const(r, oparg)
}

#[inline(always)]
pub fn load_small_int<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    r.push(StackRef::immortal(int::small_unchecked(oparg)));
    Flow::Next
}

#[inline(always)]
pub fn store_fast<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let value = r.pop();
    r.set_local(oparg as usize, value);
    Flow::Next
}

#[inline(always)]
pub fn store_fast_load_fast<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let value = r.pop();
    r.set_local((oparg >> 4) as usize, value);
    let value = r.local((oparg & 15) as usize).dup();
    r.push(value);
    Flow::Next
}

#[inline(always)]
pub fn store_fast_store_fast<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let first = r.pop();
    r.set_local((oparg >> 4) as usize, first);
    let second = r.pop();
    r.set_local((oparg & 15) as usize, second);
    Flow::Next
}

#[inline(always)]
pub fn delete_fast<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    if r.local(oparg as usize).is_null() {
        return errors::unbound_local(r.code(), oparg);
    }
    r.set_local(oparg as usize, StackRef::NULL);
    Flow::Next
}

#[inline(always)]
pub fn pop_top<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    r.pop().close();
    Flow::Next
}

#[inline(always)]
pub fn end_for<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    r.pop().close();
    Flow::Next
}

#[inline(always)]
pub fn pop_iter<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    r.pop().close();
    Flow::Next
}

#[inline(always)]
pub fn push_null<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    r.push(StackRef::NULL);
    Flow::Next
}

#[inline(always)]
pub fn copy<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let value = r.peek(oparg as usize).dup();
    r.push(value);
    Flow::Next
}

#[inline(always)]
pub fn swap<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let (top, bottom) = (r.peek(1), r.peek(oparg as usize));
    r.poke(1, bottom);
    r.poke(oparg as usize, top);
    Flow::Next
}

#[inline(always)]
pub fn load_common_constant<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let value = intrinsics::common_constant(oparg, r.frame().builtins());
    r.finish_push(value)
}

/// A truth value that is known to be one.
#[inline(always)]
pub fn is_true<M>(word: StackRef<M>) -> bool {
    word.is(TRUE())
}
