//! One file for each family of instructions, as in the interpreter.

mod arith;
mod attr;
mod call;
mod compare;
mod control;
mod generator;
mod iter;
mod load_store;
mod names;
mod subscr;

use dynasmrt::{DynasmLabelApi, dynasm};
use vm::opcodes::op;

use crate::compiler::Compiler;
use crate::decode::Instruction;

/// Emits an instruction.
pub fn emit(c: &mut Compiler, i: &Instruction) {
    if c.is_cold(i) {
        let exit = c.exit();
        dynasm!(c.ops ; .arch x64 ; jmp =>exit);
        c.reachable = false;
        return;
    }
    if !(load_store::emit(c, i)
        || control::emit(c, i)
        || arith::emit(c, i)
        || compare::emit(c, i)
        || generator::emit(c, i)
        || iter::emit(c, i)
        || attr::emit(c, i)
        || names::emit(c, i)
        || subscr::emit(c, i)
        || call::emit(c, i))
    {
        generic(c, i);
    }
}

/// By the interpreter's handler: of the specialised form, if that has never failed.
pub fn generic(c: &mut Compiler, i: &Instruction) {
    match i.base {
        op::NOP | op::NOT_TAKEN | op::CACHE => {}
        _ if out_of_line(i.opcode) && i.start == i.at && !c.has_missed(i) => {
            c.call_handler(i, i.opcode);
        }
        _ => c.call_handler(i, i.base),
    }
}

/// Whether the handler of a specialised form serves compiled code, and leaves `ip` alone.
fn out_of_line(opcode: u8) -> bool {
    matches!(
        opcode,
        op::BINARY_OP_ADD_UNICODE
            | op::BINARY_OP_SUBSCR_DICT
            | op::BINARY_OP_SUBSCR_STR_INT
            | op::BINARY_OP_SUBSCR_LIST_INT
            | op::BINARY_OP_SUBSCR_TUPLE_INT
            | op::BINARY_OP_SUBSCR_LIST_SLICE
            | op::BINARY_OP_SUBSCR_GETITEM
            | op::CALL_BUILTIN_CLASS
            | op::CALL_BUILTIN_FAST
            | op::CALL_BUILTIN_FAST_WITH_KEYWORDS
            | op::CALL_BUILTIN_O
            | op::CALL_ISINSTANCE
            | op::CALL_LEN
            | op::CALL_METHOD_DESCRIPTOR_FAST
            | op::CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS
            | op::CALL_METHOD_DESCRIPTOR_NOARGS
            | op::CALL_METHOD_DESCRIPTOR_O
            | op::CALL_PY_EXACT_ARGS
            | op::CALL_BOUND_METHOD_EXACT_ARGS
            | op::CALL_ALLOC_AND_ENTER_INIT
            | op::CALL_STR_1
            | op::CALL_TUPLE_1
            | op::CALL_TYPE_1
            | op::COMPARE_OP_STR
            | op::CONTAINS_OP_DICT
            | op::CONTAINS_OP_SET
            | op::FOR_ITER_GEN
            | op::SEND_GEN
            | op::LOAD_ATTR_CLASS
            | op::LOAD_ATTR_CLASS_WITH_METACLASS_CHECK
            | op::LOAD_ATTR_METHOD_LAZY_DICT
            | op::LOAD_ATTR_MODULE
            | op::LOAD_ATTR_NONDESCRIPTOR_NO_DICT
            | op::LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES
            | op::LOAD_ATTR_PROPERTY
            | op::LOAD_ATTR_WITH_HINT
            | op::LOAD_SUPER_ATTR_ATTR
            | op::LOAD_SUPER_ATTR_METHOD
            | op::STORE_ATTR_WITH_HINT
            | op::STORE_SUBSCR_DICT
            | op::STORE_SUBSCR_LIST_INT
            | op::TO_BOOL_LIST
            | op::TO_BOOL_STR
            | op::UNPACK_SEQUENCE_LIST
            | op::UNPACK_SEQUENCE_TUPLE
            | op::UNPACK_SEQUENCE_TWO_TUPLE
    )
}
