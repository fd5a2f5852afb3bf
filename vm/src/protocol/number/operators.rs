//! Operators: which operand's slot is asked first, what happens when it declines, and what is said when all do.

use core::mem::offset_of;

use layout::*;

use crate::err::{self, Result, exc, raise};
use crate::object::*;

use super::{index_isize, is_index};

/// The binary operators, under the numbers that `BINARY_OP` has for them.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    Add = 0,
    And = 1,
    FloorDivide = 2,
    LeftShift = 3,
    MatrixMultiply = 4,
    Multiply = 5,
    Remainder = 6,
    Or = 7,
    Power = 8,
    RightShift = 9,
    Subtract = 10,
    TrueDivide = 11,
    Xor = 12,
}

/// In `BINARY_OP`'s numbering the in-place operators follow the plain ones, and subscription follows those.
pub const INPLACE: u8 = 13;
/// `a[b]` as `BINARY_OP` has it.
pub const SUBSCRIPT: u8 = 26;

struct Operator {
    op: BinaryOp,
    slot: usize,
    inplace_slot: usize,
    symbol: &'static str,
}

macro_rules! operators {
    ($($op:ident $slot:ident $inplace:ident $symbol:literal;)*) => {
        static OPERATORS: [Operator; 13] = [$(Operator {
            op: BinaryOp::$op,
            slot: offset_of!(PyNumberMethods, $slot),
            inplace_slot: offset_of!(PyNumberMethods, $inplace),
            symbol: $symbol,
        }),*];
    };
}

operators! {
    Add nb_add nb_inplace_add "+";
    And nb_and nb_inplace_and "&";
    FloorDivide nb_floor_divide nb_inplace_floor_divide "//";
    LeftShift nb_lshift nb_inplace_lshift "<<";
    MatrixMultiply nb_matrix_multiply nb_inplace_matrix_multiply "@";
    Multiply nb_multiply nb_inplace_multiply "*";
    Remainder nb_remainder nb_inplace_remainder "%";
    Or nb_or nb_inplace_or "|";
    Power nb_power nb_inplace_power "** or pow()";
    RightShift nb_rshift nb_inplace_rshift ">>";
    Subtract nb_subtract nb_inplace_subtract "-";
    TrueDivide nb_true_divide nb_inplace_true_divide "/";
    Xor nb_xor nb_inplace_xor "^";
}

impl BinaryOp {
    /// From a number of `BINARY_OP` below [`INPLACE`].
    pub fn from_code(code: u8) -> Option<BinaryOp> {
        OPERATORS.get(code as usize).map(|row| row.op)
    }
    fn row(self) -> &'static Operator {
        &OPERATORS[self as usize]
    }
}

/// The number slots of a type.
#[inline(always)]
pub(crate) fn numbers(tp: &PyTypeObject) -> Option<&PyNumberMethods> {
    // SAFETY: null, or a table that lives as long as its type.
    unsafe { tp.tp_as_number.get().as_ref() }
}

/// The sequence slots of a type.
#[inline(always)]
pub(crate) fn sequences(tp: &PyTypeObject) -> Option<&PySequenceMethods> {
    // SAFETY: as above.
    unsafe { tp.tp_as_sequence.get().as_ref() }
}

#[inline(always)]
fn binary_slot(tp: &PyTypeObject, offset: usize) -> Option<binaryfunc> {
    // SAFETY: the offset is that of a binary slot of the table.
    numbers(tp).and_then(|n| unsafe {
        *core::ptr::from_ref(n)
            .cast::<u8>()
            .add(offset)
            .cast::<Option<binaryfunc>>()
    })
}

#[inline(always)]
fn call_binary(f: binaryfunc, a: &Obj, b: &Obj) -> Result {
    // SAFETY: a binary slot takes two objects and answers with a new reference or an error.
    unsafe { err::from_owned(f(a.as_ptr(), b.as_ptr())) }
}

/// Whether a slot declined.
#[inline(always)]
pub fn is_not_implemented(o: &Obj) -> bool {
    o.is_same(NOT_IMPLEMENTED())
}

/// Asks both operands' slots; `NotImplemented` if both decline. A subclass's slot on the right goes first.
fn try_binary(a: &Obj, b: &Obj, offset: usize) -> Result {
    let left = binary_slot(a.ty(), offset);
    let mut right = if core::ptr::eq(a.ty(), b.ty()) {
        None
    } else {
        binary_slot(b.ty(), offset)
    };
    if let (Some(l), Some(r)) = (left, right)
        && l as usize == r as usize
    {
        right = None;
    }
    if let Some(l) = left {
        if let Some(r) = right.take_if(|_| crate::types::type_::is_subtype(b.ty(), a.ty())) {
            let answer = call_binary(r, a, b)?;
            if !is_not_implemented(&answer) {
                return Ok(answer);
            }
        }
        let answer = call_binary(l, a, b)?;
        if !is_not_implemented(&answer) {
            return Ok(answer);
        }
    }
    match right {
        Some(r) => call_binary(r, a, b),
        None => Ok(not_implemented()),
    }
}

#[cold]
fn unsupported(a: &Obj, b: &Obj, symbol: &str, suffix: &str) -> Result {
    raise!(
        TypeError,
        "unsupported operand type(s) for {symbol}{suffix}: '{}' and '{}'",
        a.tp_name(),
        b.tp_name()
    )
}

/// `sequence * count`, for the slot that repeats.
fn repeat(f: ssizeargfunc, sequence: &Obj, count: &Obj) -> Result {
    if !is_index(count) {
        return raise!(
            TypeError,
            "can't multiply sequence by non-int of type '{}'",
            count.tp_name()
        );
    }
    let n = index_isize(count, Some(&exc::OverflowError))?;
    // SAFETY: sq_repeat takes its object and a count.
    unsafe { err::from_owned(f(sequence.as_ptr(), n)) }
}

/// A binary operator that is not in place.
pub fn operate(op: BinaryOp, a: &Obj, b: &Obj) -> Result {
    if op == BinaryOp::Power {
        return power(a, b, NONE());
    }
    let row = op.row();
    let answer = try_binary(a, b, row.slot)?;
    if !is_not_implemented(&answer) {
        return Ok(answer);
    }
    binary_fallback(row, a, b)
}

#[cold]
fn binary_fallback(row: &Operator, a: &Obj, b: &Obj) -> Result {
    match row.op {
        BinaryOp::Add => {
            if let Some(concat) = sequences(a.ty()).and_then(|s| s.sq_concat.get()) {
                return call_binary(concat, a, b);
            }
        }
        BinaryOp::Multiply => {
            if let Some(f) = sequences(a.ty()).and_then(|s| s.sq_repeat.get()) {
                return repeat(f, a, b);
            }
            if let Some(f) = sequences(b.ty()).and_then(|s| s.sq_repeat.get()) {
                return repeat(f, b, a);
            }
        }
        _ => {}
    }
    unsupported(a, b, row.symbol, "")
}

/// An in-place operator: the left operand's in-place slot first, then as the plain operator.
pub fn operate_in_place(op: BinaryOp, a: &Obj, b: &Obj) -> Result {
    if op == BinaryOp::Power {
        return inplace_power(a, b, NONE());
    }
    let row = op.row();
    if let Some(f) = binary_slot(a.ty(), row.inplace_slot) {
        let answer = call_binary(f, a, b)?;
        if !is_not_implemented(&answer) {
            return Ok(answer);
        }
    }
    let answer = try_binary(a, b, row.slot)?;
    if !is_not_implemented(&answer) {
        return Ok(answer);
    }
    inplace_fallback(row, a, b)
}

#[cold]
fn inplace_fallback(row: &Operator, a: &Obj, b: &Obj) -> Result {
    match (row.op, sequences(a.ty())) {
        (BinaryOp::Add, Some(s)) => {
            if let Some(concat) = s.sq_inplace_concat.get().or(s.sq_concat.get()) {
                return call_binary(concat, a, b);
            }
        }
        (BinaryOp::Multiply, Some(s)) => {
            if let Some(f) = s.sq_inplace_repeat.get().or(s.sq_repeat.get()) {
                return repeat(f, a, b);
            }
        }
        (BinaryOp::Multiply, None) => {
            if let Some(f) = sequences(b.ty()).and_then(|s| s.sq_repeat.get()) {
                return repeat(f, b, a);
            }
        }
        _ => {}
    }
    unsupported(a, b, row.symbol, "=")
}

/// Any operator of `BINARY_OP`, by its number.
pub fn binary(code: u8, a: &Obj, b: &Obj) -> Result {
    if let Some(op) = BinaryOp::from_code(code) {
        return operate(op, a, b);
    }
    if let Some(op) = code.checked_sub(INPLACE).and_then(BinaryOp::from_code) {
        return operate_in_place(op, a, b);
    }
    crate::protocol::object::getitem(a, b)
}

macro_rules! named_operators {
    ($($name:ident $inplace:ident $op:ident $text:literal;)*) => {$(
        #[doc = concat!("`a ", $text, " b`")]
        pub fn $name(a: &Obj, b: &Obj) -> Result {
            operate(BinaryOp::$op, a, b)
        }
        #[doc = concat!("`a ", $text, "= b`: the new value of `a`.")]
        pub fn $inplace(a: &Obj, b: &Obj) -> Result {
            operate_in_place(BinaryOp::$op, a, b)
        }
    )*};
}

named_operators! {
    add inplace_add Add "+";
    and inplace_and And "&";
    floor_divide inplace_floor_divide FloorDivide "//";
    lshift inplace_lshift LeftShift "<<";
    matrix_multiply inplace_matrix_multiply MatrixMultiply "@";
    multiply inplace_multiply Multiply "*";
    remainder inplace_remainder Remainder "%";
    or inplace_or Or "|";
    rshift inplace_rshift RightShift ">>";
    subtract inplace_subtract Subtract "-";
    true_divide inplace_true_divide TrueDivide "/";
    xor inplace_xor Xor "^";
}

/// `divmod(a, b)`
pub fn divmod(a: &Obj, b: &Obj) -> Result {
    let answer = try_binary(a, b, offset_of!(PyNumberMethods, nb_divmod))?;
    if is_not_implemented(&answer) {
        return unsupported(a, b, "divmod()", "");
    }
    Ok(answer)
}

fn call_ternary(f: ternaryfunc, a: &Obj, b: &Obj, c: &Obj) -> Result {
    // SAFETY: a ternary slot takes three objects and answers with a new reference or an error.
    unsafe { err::from_owned(f(a.as_ptr(), b.as_ptr(), c.as_ptr())) }
}

fn power_slot(tp: &PyTypeObject) -> Option<ternaryfunc> {
    numbers(tp).and_then(|n| n.nb_power.get())
}

/// Asks the three operands' slots; `NotImplemented` if all decline.
fn try_power(a: &Obj, b: &Obj, modulus: &Obj) -> Result {
    let same = |x: Option<ternaryfunc>, y: Option<ternaryfunc>| {
        x.map(|f| f as usize) == y.map(|f| f as usize)
    };
    let left = power_slot(a.ty());
    let declared = if core::ptr::eq(a.ty(), b.ty()) {
        None
    } else {
        power_slot(b.ty())
    };
    let mut right = declared.filter(|_| !same(left, declared));
    let asked = right;
    if let Some(l) = left {
        if let Some(r) = right.take_if(|_| crate::types::type_::is_subtype(b.ty(), a.ty())) {
            let answer = call_ternary(r, a, b, modulus)?;
            if !is_not_implemented(&answer) {
                return Ok(answer);
            }
        }
        let answer = call_ternary(l, a, b, modulus)?;
        if !is_not_implemented(&answer) {
            return Ok(answer);
        }
    }
    if let Some(r) = right {
        let answer = call_ternary(r, a, b, modulus)?;
        if !is_not_implemented(&answer) {
            return Ok(answer);
        }
    }
    match power_slot(modulus.ty()) {
        third @ Some(f) if !same(third, left) && !same(third, asked) => {
            call_ternary(f, a, b, modulus)
        }
        _ => Ok(not_implemented()),
    }
}

#[cold]
fn unsupported_power(a: &Obj, b: &Obj, modulus: &Obj, symbol: &str) -> Result {
    if modulus.is_none() {
        return unsupported(a, b, symbol, "");
    }
    raise!(
        TypeError,
        "unsupported operand type(s) for {symbol}: '{}', '{}', '{}'",
        a.tp_name(),
        b.tp_name(),
        modulus.tp_name()
    )
}

/// `pow(a, b, modulus)`; without a modulus it is `None`.
pub fn power(a: &Obj, b: &Obj, modulus: &Obj) -> Result {
    let answer = try_power(a, b, modulus)?;
    if is_not_implemented(&answer) {
        return unsupported_power(a, b, modulus, "** or pow()");
    }
    Ok(answer)
}

/// `a **= b`
pub fn inplace_power(a: &Obj, b: &Obj, modulus: &Obj) -> Result {
    if let Some(f) = numbers(a.ty()).and_then(|n| n.nb_inplace_power.get()) {
        let answer = call_ternary(f, a, b, modulus)?;
        if !is_not_implemented(&answer) {
            return Ok(answer);
        }
    }
    let answer = try_power(a, b, modulus)?;
    if is_not_implemented(&answer) {
        return unsupported_power(a, b, modulus, "**=");
    }
    Ok(answer)
}

macro_rules! unary_operators {
    ($($name:ident $slot:ident $text:literal;)*) => {$(
        #[doc = concat!("The operator `", $text, "`.")]
        pub fn $name(o: &Obj) -> Result {
            match numbers(o.ty()).and_then(|n| n.$slot.get()) {
                // SAFETY: a unary slot takes its object and answers with a new reference or an error.
                Some(f) => unsafe { err::from_owned(f(o.as_ptr())) },
                None => raise!(TypeError, "bad operand type for {}: '{}'", $text, o.tp_name()),
            }
        }
    )*};
}

unary_operators! {
    negative nb_negative "unary -";
    positive nb_positive "unary +";
    invert nb_invert "unary ~";
    absolute nb_absolute "abs()";
}
