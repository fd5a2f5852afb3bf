//! Operators: binary and unary arithmetic, and the test for truth.

use gc::Manager;
use layout::*;

use super::regs::{Regs, truth};
use super::{Flow, specialize};
use crate::err::Result;
use crate::object::*;
use crate::opcodes::{caches, op};
use crate::protocol::{number, object};
use crate::stackref::StackRef;
use crate::types::int::{self, IntExt};
use crate::types::str_::{self, StrExt};
use crate::types::{float, list};

#[inline(always)]
pub fn binary_op<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    if let Some(cache) = r.cache_if_warm(caches::BINARY_OP)
        && cache.tick()
    {
        specialize::binary_op(
            r.frame(),
            r.here(caches::BINARY_OP),
            cache,
            oparg,
            r.obj(2),
            r.obj(1),
        );
        return Flow::Redo;
    }
    let result = number::binary(oparg as u8, r.obj(2), r.obj(1));
    r.finish(2, result)
}

/// Both operands as machine integers, if they are small.
#[inline(always)]
pub fn small_ints<M: Manager>(r: &Regs<M>) -> Option<(i64, i64)> {
    let left: &PyLongObject = r.obj(2).downcast_exact()?;
    let right: &PyLongObject = r.obj(1).downcast_exact()?;
    if left.is_compact() && right.is_compact() {
        Some((left.compact_value() as i64, right.compact_value() as i64))
    } else {
        None
    }
}

#[inline(always)]
pub fn floats<M: Manager>(r: &Regs<M>) -> Option<(f64, f64)> {
    let left: &PyFloatObject = r.obj(2).downcast_exact()?;
    let right: &PyFloatObject = r.obj(1).downcast_exact()?;
    Some((left.ob_fval.get(), right.ob_fval.get()))
}

/// Where a result can be written in place of an operand that nothing else refers to.
enum Place {
    /// The left operand's word on the stack owns it.
    Stack,
    /// A local owns it, to which the next instruction assigns the result.
    Local,
    Nowhere,
}

/// Looks for a reference to the left operand that is the only one.
#[inline(always)]
fn place_of<M: Manager>(r: &Regs<M>) -> Place {
    if !M::FACTS.counts {
        return Place::Nowhere;
    }
    let word = r.peek(2);
    if word.obj().ob_refcnt.get() != 1 {
        return Place::Nowhere;
    }
    if !word.is_borrowed() {
        return Place::Stack;
    }
    // SAFETY: an instruction follows.
    let next = unsafe { *r.ip };
    // The local's own word must own the object: it may be borrowed from a caller.
    let owned_by_local = next as u8 == op::STORE_FAST
        && r.local(usize::from(next >> 8)).bits() == word.as_ptr() as usize;
    if owned_by_local {
        Place::Local
    } else {
        Place::Nowhere
    }
}

/// Puts a result into the left operand's object, by `write`, or into the new one that `make` makes.
#[inline(always)]
fn put<M: Manager>(r: &mut Regs<M>, write: impl FnOnce(&Obj), make: impl FnOnce() -> Ref) -> Flow {
    match place_of(r) {
        Place::Stack => {
            write(r.obj(2));
            close_number(r.pop());
        }
        Place::Local => {
            write(r.obj(2));
            close_number(r.pop());
            r.shrink(1);
            // The assignment is done.
            r.jump(1);
        }
        Place::Nowhere => return put_new(r, StackRef::owned(make())),
    }
    Flow::Next
}

#[inline(always)]
fn put_new<M: Manager>(r: &mut Regs<M>, number: StackRef<M>) -> Flow {
    let (left, right) = (r.peek(2), r.peek(1));
    r.poke(2, number);
    r.shrink(1);
    close_number(right);
    close_number(left);
    Flow::Next
}

/// Drops a number, whose deallocation is nothing but giving its cell back.
#[inline(always)]
fn close_number<M: Manager>(word: StackRef<M>) {
    if !M::FACTS.counts || word.is_borrowed() {
        return;
    }
    let count = &word.obj().ob_refcnt;
    match count.get() {
        // SAFETY: this was the last reference.
        1 => unsafe { gc::free_quietly(word.as_ptr()) },
        n if (n as i32) < 0 => {}
        n => count.set(n - 1),
    }
}

#[inline(always)]
fn with_ints<M: Manager>(r: &mut Regs<M>, operate: impl FnOnce(i64, i64) -> i64) -> Flow {
    match small_ints(r) {
        // Two digits of thirty bits: neither sum nor product overflows.
        Some((left, right)) => put_int(r, operate(left, right)),
        None => Flow::Deopt,
    }
}

/// Replaces two ints by a third one.
#[inline(always)]
pub fn put_int<M: Manager>(r: &mut Regs<M>, value: i64) -> Flow {
    if int::is_plain_digit(value) {
        return put(
            r,
            // SAFETY: the operand is an int, with one digit.
            |o| int::overwrite(unsafe { o.cast() }, value),
            || int::from_digit(value).into_obj(),
        );
    }
    put_new(r, unusual_int(value))
}

/// An int as a word.
#[inline(always)]
pub fn int_word<M: Manager>(value: i64) -> StackRef<M> {
    if int::is_plain_digit(value) {
        StackRef::owned(int::from_digit(value).into_obj())
    } else {
        unusual_int(value)
    }
}

/// One that is a static object, or has more than one digit.
#[inline(always)]
fn unusual_int<M: Manager>(value: i64) -> StackRef<M> {
    match int::find_small(value) {
        Some(small) => StackRef::immortal(small.as_obj()),
        // SAFETY: the function takes any number.
        None => StackRef::from_bits(unsafe { gc::call_quietly(make_int, value as usize, 0) }),
    }
}

unsafe extern "C" fn make_int(value: usize, _: usize) -> usize {
    int::from_i64(value as i64).into_raw() as usize
}

#[inline(always)]
fn with_floats<M: Manager>(r: &mut Regs<M>, operate: impl FnOnce(f64, f64) -> f64) -> Flow {
    match floats(r) {
        Some((left, right)) => put_float(r, operate(left, right)),
        None => Flow::Deopt,
    }
}

/// Replaces two numbers by a float.
#[inline(always)]
pub fn put_float<M: Manager>(r: &mut Regs<M>, value: f64) -> Flow {
    if !r.obj(2).is_exact::<PyFloatObject>() {
        return put_new(r, StackRef::owned(float::new(value).into_obj()));
    }
    put(
        r,
        // SAFETY: the operand is a float.
        |o| unsafe { o.cast::<PyFloatObject>() }.ob_fval.set(value),
        || float::new(value).into_obj(),
    )
}

#[inline(always)]
pub fn binary_op_add_int<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    with_ints(r, |left, right| left + right)
}

#[inline(always)]
pub fn binary_op_subtract_int<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    with_ints(r, |left, right| left - right)
}

#[inline(always)]
pub fn binary_op_multiply_int<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    with_ints(r, |left, right| left * right)
}

#[inline(always)]
pub fn binary_op_add_float<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    with_floats(r, |left, right| left + right)
}

#[inline(always)]
pub fn binary_op_subtract_float<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    with_floats(r, |left, right| left - right)
}

#[inline(always)]
pub fn binary_op_multiply_float<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    with_floats(r, |left, right| left * right)
}

#[inline(always)]
pub fn binary_op_add_unicode<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let (Some(left), Some(right)) = (
        r.obj(2).downcast_exact::<PyUnicodeObject>(),
        r.obj(1).downcast_exact::<PyUnicodeObject>(),
    ) else {
        return Flow::Deopt;
    };
    let result = str_::concat(left, right).map(Ref::into_obj);
    r.finish(2, result)
}

/// `local = local + text`, with the `STORE_FAST` that follows: appends in place where nothing else sees the string.
#[inline(always)]
pub fn binary_op_inplace_add_unicode<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    // SAFETY: specialised only in front of a STORE_FAST.
    let target = unsafe { usize::from(*r.ip >> 8) };
    let local = r.local(target);
    if local.is_null() || !core::ptr::eq(local.as_ptr(), r.peek(2).as_ptr()) {
        return Flow::Deopt;
    }
    if !r.obj(2).is_exact::<PyUnicodeObject>() || !r.obj(1).is_exact::<PyUnicodeObject>() {
        return Flow::Deopt;
    }
    // The local's reference is the only one left when the stack's own is gone.
    r.peek(2).close();
    r.poke(2, StackRef::NULL);
    r.put_local(target, StackRef::NULL);
    match append(local.into_ref(), r.obj(1)) {
        Ok(value) => {
            r.put_local(target, StackRef::owned(value));
            r.drop(2);
            r.jump(1);
            Flow::Next
        }
        Err(_) => Flow::Error,
    }
}

#[inline(never)]
fn append(text: Ref, more: &Obj) -> Result {
    // SAFETY: both are str, as the caller has checked.
    let (text, more) = unsafe {
        (
            text.into_cast::<PyUnicodeObject>(),
            more.cast::<PyUnicodeObject>(),
        )
    };
    Ok(str_::append_in_place(text, more)?.into_obj())
}

// ---- Unary operators ----

#[inline(always)]
pub fn unary_negative<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let result = number::negative(r.obj(1));
    r.finish(1, result)
}

#[inline(always)]
pub fn unary_invert<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let result = number::invert(r.obj(1));
    r.finish(1, result)
}

#[inline(always)]
pub fn unary_not<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let value = r.peek(1).is(FALSE());
    r.poke(1, truth(value));
    Flow::Next
}

// ---- Truth ----

#[inline(always)]
pub fn to_bool<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    if let Some(cache) = r.cache_if_warm(caches::TO_BOOL)
        && cache.tick()
    {
        specialize::to_bool(r.here(caches::TO_BOOL), cache, r.obj(1));
        return Flow::Redo;
    }
    let result = object::is_true(r.obj(1));
    r.finish_bool(1, result)
}

#[inline(always)]
pub fn to_bool_bool<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    if !core::ptr::eq(r.obj(1).ty(), &PyBool_Type) {
        return Flow::Deopt;
    }
    let value = r.peek(1).is(TRUE());
    r.finish_test(1, value)
}

#[inline(always)]
pub fn to_bool_none<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    if !r.peek(1).is(NONE()) {
        return Flow::Deopt;
    }
    r.finish_test(1, false)
}

#[inline(always)]
pub fn to_bool_int<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let Some(value) = r.obj(1).downcast_exact::<PyLongObject>() else {
        return Flow::Deopt;
    };
    let value = !value.is_zero();
    r.finish_test(1, value)
}

#[inline(always)]
pub fn to_bool_list<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let Some(value) = r.obj(1).downcast_exact::<PyListObject>() else {
        return Flow::Deopt;
    };
    let value = list::ListExt::len(value) != 0;
    r.finish_test(1, value)
}

#[inline(always)]
pub fn to_bool_str<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let Some(value) = r.obj(1).downcast_exact::<PyUnicodeObject>() else {
        return Flow::Deopt;
    };
    let value = value.len() != 0;
    r.finish_test(1, value)
}

/// The cache holds the version of a type whose instances are all true.
#[inline(always)]
pub fn to_bool_always_true<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    if r.obj(1).ty().tp_version_tag.get() != r.cache(caches::TO_BOOL).version.get() {
        return Flow::Deopt;
    }
    r.finish_test(1, true)
}
