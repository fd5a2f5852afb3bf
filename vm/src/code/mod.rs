//! Code objects: CPython's `PyCodeObject`, whose instructions lie inline at the end and are rewritten by the interpreter as
//! it learns. Invariant: the arrays that instructions index (`co_consts`, `co_names`, locals) are as long as the
//! instructions need, because code is made from checked parts, and never change afterwards.

pub mod attributes;
pub mod caches;
pub mod constants;
pub mod exceptions;
pub mod extra;
pub mod locations;
pub mod new;
pub mod type_;

pub use locations::{line_of, location_of, locations};
pub use new::{CodeParts, new};
pub use type_::define;

use core::mem::offset_of;

use layout::*;

use crate::frame::CodeUnit;
use crate::object::*;
use crate::opcodes::{BASE, CACHES, instrumented};
use crate::types::bytes::BytesExt;

/// The kinds of a local variable: bits of a byte of `co_localspluskinds`.
pub mod kind {
    pub const ARG_POSITIONAL: u8 = 0x02;
    pub const ARG_KEYWORD: u8 = 0x04;
    pub const ARG_VAR: u8 = 0x08;
    pub const ARG: u8 = 0x0e;
    /// A comprehension's variable, which `locals()` does not show.
    pub const HIDDEN: u8 = 0x10;
    pub const LOCAL: u8 = 0x20;
    pub const CELL: u8 = 0x40;
    pub const FREE: u8 = 0x80;
}

/// The first instruction.
#[inline(always)]
pub fn instructions(code: &PyCodeObject) -> *const CodeUnit {
    (&raw const code.co_code_adaptive).cast()
}

/// How many units the code has, caches included.
#[inline(always)]
pub fn units(code: &PyCodeObject) -> usize {
    code.ob_base.ob_size.get() as usize
}

/// How many bytes precede the instructions.
pub const HEADER: usize = offset_of!(PyCodeObject, co_code_adaptive);

/// The instructions as the compiler wrote them.
pub fn original(code: &PyCodeObject) -> Vec<u8> {
    let start = instructions(code);
    let count = units(code);
    let mut bytes = Vec::with_capacity(count * 2);
    let mut at = 0;
    while at < count {
        // SAFETY: `at` is inside the code.
        let unit = unsafe { *start.add(at) };
        let opcode = base_at(code, at);
        bytes.extend([opcode, (unit >> 8) as u8]);
        let skipped = usize::from(CACHES[opcode as usize]).min(count - at - 1);
        bytes.resize(bytes.len() + skipped * 2, 0);
        at += 1 + skipped;
    }
    bytes
}

/// The generic opcode of the instruction at `at`, which may be specialised or instrumented.
pub fn base_at(code: &PyCodeObject, at: usize) -> u8 {
    // SAFETY: the caller's index is an instruction's.
    let opcode = unsafe { *instructions(code).add(at) } as u8;
    if opcode >= instrumented::INSTRUMENTED_END_FOR {
        return BASE[crate::interp::monitoring::original_opcode(code, at) as usize];
    }
    BASE[opcode as usize]
}

/// A tuple field.
fn tuple_of(field: &core::cell::Cell<*mut PyObject>) -> &PyTupleObject {
    // SAFETY: these fields hold tuples from birth to death.
    unsafe { &*field.get().cast() }
}

#[inline(always)]
pub fn consts(code: &PyCodeObject) -> &PyTupleObject {
    tuple_of(&code.co_consts)
}

#[inline(always)]
pub fn names(code: &PyCodeObject) -> &PyTupleObject {
    tuple_of(&code.co_names)
}

#[inline(always)]
pub fn local_names(code: &PyCodeObject) -> &PyTupleObject {
    tuple_of(&code.co_localsplusnames)
}

/// The kinds of the locals, one byte each.
pub fn local_kinds(code: &PyCodeObject) -> &[u8] {
    code.co_localspluskinds
        .borrow_obj()
        .and_then(|o| o.downcast::<PyBytesObject>())
        .map_or(&[], |b| b.as_slice())
}

/// An element of a tuple, unchecked.
///
/// # Safety
/// `index` is less than the tuple's length.
#[inline(always)]
pub unsafe fn item(tuple: &PyTupleObject, index: usize) -> &Obj {
    // SAFETY: the caller's.
    unsafe { &*(*tuple.ob_item.as_ptr().add(index)).get() }
}

pub fn has_flag(code: &PyCodeObject, flag: core::ffi::c_int) -> bool {
    code.co_flags.get() & flag != 0
}
