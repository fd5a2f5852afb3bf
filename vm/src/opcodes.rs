//! The instruction set: one table with every opcode of CPython 3.14, from which the interpreter's dispatch, the compiler
//! to machine code and the `_opcode` module are derived. Invariant: numbers, cache units and stack effects are CPython's,
//! because code objects come from `.pyc` files.

/// Calls `callback! { rows }`. A row is
/// `NAME = number, generic form, handler, cache units, |oparg| popped, |oparg| pushed, flags;`
/// where the generic form of a specialised instruction is the one it falls back to.
#[macro_export]
macro_rules! for_each_opcode {
    ($callback:path) => {
        $callback! {
            CACHE = 0, CACHE, control::cache, 0, |_| 0, |_| 0, NONE;
            BINARY_SLICE = 1, BINARY_SLICE, subscr::binary_slice, 0, |_| 3, |_| 1, ERROR | ESCAPES;
            BUILD_TEMPLATE = 2, BUILD_TEMPLATE, format::build_template, 0, |_| 2, |_| 1, ERROR | ESCAPES;
            BINARY_OP_INPLACE_ADD_UNICODE = 3, BINARY_OP, binary::binary_op_inplace_add_unicode, 5, |_| 2, |_| 0, LOCAL | ERROR | ESCAPES;
            CALL_FUNCTION_EX = 4, CALL_FUNCTION_EX, call::call_function_ex, 0, |_| 4, |_| 1, ERROR | ESCAPES;
            CHECK_EG_MATCH = 5, CHECK_EG_MATCH, exception::check_eg_match, 0, |_| 2, |_| 2, ERROR | ESCAPES;
            CHECK_EXC_MATCH = 6, CHECK_EXC_MATCH, exception::check_exc_match, 0, |_| 2, |_| 2, ERROR | ESCAPES;
            CLEANUP_THROW = 7, CLEANUP_THROW, exception::cleanup_throw, 0, |_| 3, |_| 2, ERROR | ESCAPES;
            DELETE_SUBSCR = 8, DELETE_SUBSCR, subscr::delete_subscr, 0, |_| 2, |_| 0, ERROR | ESCAPES;
            END_FOR = 9, END_FOR, load_store::end_for, 0, |_| 1, |_| 0, ESCAPES;
            END_SEND = 10, END_SEND, generator::end_send, 0, |_| 2, |_| 1, ESCAPES;
            EXIT_INIT_CHECK = 11, EXIT_INIT_CHECK, call::exit_init_check, 0, |_| 1, |_| 0, ERROR | ESCAPES;
            FORMAT_SIMPLE = 12, FORMAT_SIMPLE, format::format_simple, 0, |_| 1, |_| 1, ERROR | ESCAPES;
            FORMAT_WITH_SPEC = 13, FORMAT_WITH_SPEC, format::format_with_spec, 0, |_| 2, |_| 1, ERROR | ESCAPES;
            GET_AITER = 14, GET_AITER, generator::get_aiter, 0, |_| 1, |_| 1, ERROR | ESCAPES;
            GET_ANEXT = 15, GET_ANEXT, generator::get_anext, 0, |_| 1, |_| 2, ERROR | ESCAPES;
            GET_ITER = 16, GET_ITER, iter::get_iter, 0, |_| 1, |_| 1, ERROR | ESCAPES;
            RESERVED = 17, RESERVED, control::reserved, 0, |_| 0, |_| 0, NONE;
            GET_LEN = 18, GET_LEN, iter::get_len, 0, |_| 1, |_| 2, ERROR | ESCAPES;
            GET_YIELD_FROM_ITER = 19, GET_YIELD_FROM_ITER, generator::get_yield_from_iter, 0, |_| 1, |_| 1, ERROR | ESCAPES;
            INTERPRETER_EXIT = 20, INTERPRETER_EXIT, control::interpreter_exit, 0, |_| 1, |_| 0, ESCAPES;
            LOAD_BUILD_CLASS = 21, LOAD_BUILD_CLASS, names::load_build_class, 0, |_| 0, |_| 1, ERROR | ESCAPES;
            LOAD_LOCALS = 22, LOAD_LOCALS, names::load_locals, 0, |_| 0, |_| 1, ERROR | ESCAPES;
            MAKE_FUNCTION = 23, MAKE_FUNCTION, call::make_function, 0, |_| 1, |_| 1, ERROR | ESCAPES;
            MATCH_KEYS = 24, MATCH_KEYS, match_::match_keys, 0, |_| 2, |_| 3, ERROR | ESCAPES;
            MATCH_MAPPING = 25, MATCH_MAPPING, match_::match_mapping, 0, |_| 1, |_| 2, NONE;
            MATCH_SEQUENCE = 26, MATCH_SEQUENCE, match_::match_sequence, 0, |_| 1, |_| 2, NONE;
            NOP = 27, NOP, control::nop, 0, |_| 0, |_| 0, NONE;
            NOT_TAKEN = 28, NOT_TAKEN, control::not_taken, 0, |_| 0, |_| 0, NONE;
            POP_EXCEPT = 29, POP_EXCEPT, exception::pop_except, 0, |_| 1, |_| 0, ESCAPES;
            POP_ITER = 30, POP_ITER, load_store::pop_iter, 0, |_| 1, |_| 0, ESCAPES;
            POP_TOP = 31, POP_TOP, load_store::pop_top, 0, |_| 1, |_| 0, ESCAPES;
            PUSH_EXC_INFO = 32, PUSH_EXC_INFO, exception::push_exc_info, 0, |_| 1, |_| 2, NONE;
            PUSH_NULL = 33, PUSH_NULL, load_store::push_null, 0, |_| 0, |_| 1, NONE;
            RETURN_GENERATOR = 34, RETURN_GENERATOR, generator::return_generator, 0, |_| 0, |_| 1, ERROR | ESCAPES;
            RETURN_VALUE = 35, RETURN_VALUE, control::return_value, 0, |_| 1, |_| 1, ESCAPES;
            SETUP_ANNOTATIONS = 36, SETUP_ANNOTATIONS, names::setup_annotations, 0, |_| 0, |_| 0, ERROR | ESCAPES;
            STORE_SLICE = 37, STORE_SLICE, subscr::store_slice, 0, |_| 4, |_| 0, ERROR | ESCAPES;
            STORE_SUBSCR = 38, STORE_SUBSCR, subscr::store_subscr, 1, |_| 3, |_| 0, ERROR | ESCAPES;
            TO_BOOL = 39, TO_BOOL, binary::to_bool, 3, |_| 1, |_| 1, ERROR | ESCAPES;
            UNARY_INVERT = 40, UNARY_INVERT, binary::unary_invert, 0, |_| 1, |_| 1, ERROR | ESCAPES;
            UNARY_NEGATIVE = 41, UNARY_NEGATIVE, binary::unary_negative, 0, |_| 1, |_| 1, ERROR | ESCAPES;
            UNARY_NOT = 42, UNARY_NOT, binary::unary_not, 0, |_| 1, |_| 1, NONE;
            WITH_EXCEPT_START = 43, WITH_EXCEPT_START, exception::with_except_start, 0, |_| 5, |_| 6, ERROR | ESCAPES;
            BINARY_OP = 44, BINARY_OP, binary::binary_op, 5, |_| 2, |_| 1, ARG | ERROR | ESCAPES;
            BUILD_INTERPOLATION = 45, BUILD_INTERPOLATION, format::build_interpolation, 0, |oparg| 2 + (oparg & 1), |_| 1, ARG | ERROR | ESCAPES;
            BUILD_LIST = 46, BUILD_LIST, build::build_list, 0, |oparg| oparg, |_| 1, ARG | ERROR | ESCAPES;
            BUILD_MAP = 47, BUILD_MAP, build::build_map, 0, |oparg| oparg * 2, |_| 1, ARG | ERROR | ESCAPES;
            BUILD_SET = 48, BUILD_SET, build::build_set, 0, |oparg| oparg, |_| 1, ARG | ERROR | ESCAPES;
            BUILD_SLICE = 49, BUILD_SLICE, build::build_slice, 0, |oparg| oparg, |_| 1, ARG | ERROR;
            BUILD_STRING = 50, BUILD_STRING, build::build_string, 0, |oparg| oparg, |_| 1, ARG | ERROR;
            BUILD_TUPLE = 51, BUILD_TUPLE, build::build_tuple, 0, |oparg| oparg, |_| 1, ARG | ERROR;
            CALL = 52, CALL, call::call, 3, |oparg| 2 + oparg, |_| 1, ARG | ERROR | ESCAPES;
            CALL_INTRINSIC_1 = 53, CALL_INTRINSIC_1, intrinsics::call_intrinsic_1, 0, |_| 1, |_| 1, ARG | ERROR | ESCAPES;
            CALL_INTRINSIC_2 = 54, CALL_INTRINSIC_2, intrinsics::call_intrinsic_2, 0, |_| 2, |_| 1, ARG | ERROR | ESCAPES;
            CALL_KW = 55, CALL_KW, call::call_kw, 3, |oparg| 3 + oparg, |_| 1, ARG | ERROR | ESCAPES;
            COMPARE_OP = 56, COMPARE_OP, compare::compare_op, 1, |_| 2, |_| 1, ARG | ERROR | ESCAPES;
            CONTAINS_OP = 57, CONTAINS_OP, compare::contains_op, 1, |_| 2, |_| 1, ARG | ERROR | ESCAPES;
            CONVERT_VALUE = 58, CONVERT_VALUE, format::convert_value, 0, |_| 1, |_| 1, ARG | ERROR | ESCAPES;
            COPY = 59, COPY, load_store::copy, 0, |oparg| oparg, |oparg| oparg + 1, ARG;
            COPY_FREE_VARS = 60, COPY_FREE_VARS, cells::copy_free_vars, 0, |_| 0, |_| 0, ARG;
            DELETE_ATTR = 61, DELETE_ATTR, attr::delete_attr, 0, |_| 1, |_| 0, ARG | NAME | ERROR | ESCAPES;
            DELETE_DEREF = 62, DELETE_DEREF, cells::delete_deref, 0, |_| 0, |_| 0, ARG | FREE | ERROR | ESCAPES;
            DELETE_FAST = 63, DELETE_FAST, load_store::delete_fast, 0, |_| 0, |_| 0, ARG | LOCAL | ERROR | ESCAPES;
            DELETE_GLOBAL = 64, DELETE_GLOBAL, names::delete_global, 0, |_| 0, |_| 0, ARG | NAME | ERROR | ESCAPES;
            DELETE_NAME = 65, DELETE_NAME, names::delete_name, 0, |_| 0, |_| 0, ARG | NAME | ERROR | ESCAPES;
            DICT_MERGE = 66, DICT_MERGE, build::dict_merge, 0, |oparg| oparg + 4, |oparg| 4 + (oparg - 1), ARG | ERROR | ESCAPES;
            DICT_UPDATE = 67, DICT_UPDATE, build::dict_update, 0, |oparg| oparg + 1, |oparg| oparg, ARG | ERROR | ESCAPES;
            END_ASYNC_FOR = 68, END_ASYNC_FOR, generator::end_async_for, 0, |_| 2, |_| 0, ARG | JUMP | ERROR | ESCAPES;
            EXTENDED_ARG = 69, EXTENDED_ARG, control::extended_arg, 0, |_| 0, |_| 0, ARG;
            FOR_ITER = 70, FOR_ITER, iter::for_iter, 1, |_| 1, |_| 2, ARG | JUMP | ERROR | ESCAPES;
            GET_AWAITABLE = 71, GET_AWAITABLE, generator::get_awaitable, 0, |_| 1, |_| 1, ARG | ERROR | ESCAPES;
            IMPORT_FROM = 72, IMPORT_FROM, import_::import_from, 0, |_| 1, |_| 2, ARG | NAME | ERROR | ESCAPES;
            IMPORT_NAME = 73, IMPORT_NAME, import_::import_name, 0, |_| 2, |_| 1, ARG | NAME | ERROR | ESCAPES;
            IS_OP = 74, IS_OP, compare::is_op, 0, |_| 2, |_| 1, ARG;
            JUMP_BACKWARD = 75, JUMP_BACKWARD, control::jump_backward, 1, |_| 0, |_| 0, ARG | JUMP | ERROR | ESCAPES;
            JUMP_BACKWARD_NO_INTERRUPT = 76, JUMP_BACKWARD_NO_INTERRUPT, control::jump_backward_no_interrupt, 0, |_| 0, |_| 0, ARG | JUMP;
            JUMP_FORWARD = 77, JUMP_FORWARD, control::jump_forward, 0, |_| 0, |_| 0, ARG | JUMP;
            LIST_APPEND = 78, LIST_APPEND, build::list_append, 0, |oparg| oparg + 1, |oparg| oparg, ARG | ERROR;
            LIST_EXTEND = 79, LIST_EXTEND, build::list_extend, 0, |oparg| oparg + 1, |oparg| oparg, ARG | ERROR | ESCAPES;
            LOAD_ATTR = 80, LOAD_ATTR, attr::load_attr, 9, |_| 1, |oparg| 1 + (oparg&1), ARG | NAME | ERROR | ESCAPES;
            LOAD_COMMON_CONSTANT = 81, LOAD_COMMON_CONSTANT, load_store::load_common_constant, 0, |_| 0, |_| 1, ARG;
            LOAD_CONST = 82, LOAD_CONST, load_store::load_const, 0, |_| 0, |_| 1, ARG | CONST;
            LOAD_DEREF = 83, LOAD_DEREF, cells::load_deref, 0, |_| 0, |_| 1, ARG | LOCAL | ERROR | ESCAPES;
            LOAD_FAST = 84, LOAD_FAST, load_store::load_fast, 0, |_| 0, |_| 1, ARG | LOCAL;
            LOAD_FAST_AND_CLEAR = 85, LOAD_FAST_AND_CLEAR, load_store::load_fast_and_clear, 0, |_| 0, |_| 1, ARG | LOCAL;
            LOAD_FAST_BORROW = 86, LOAD_FAST_BORROW, load_store::load_fast_borrow, 0, |_| 0, |_| 1, ARG | LOCAL;
            LOAD_FAST_BORROW_LOAD_FAST_BORROW = 87, LOAD_FAST_BORROW_LOAD_FAST_BORROW, load_store::load_fast_borrow_load_fast_borrow, 0, |_| 0, |_| 2, ARG | LOCAL;
            LOAD_FAST_CHECK = 88, LOAD_FAST_CHECK, load_store::load_fast_check, 0, |_| 0, |_| 1, ARG | LOCAL | ERROR | ESCAPES;
            LOAD_FAST_LOAD_FAST = 89, LOAD_FAST_LOAD_FAST, load_store::load_fast_load_fast, 0, |_| 0, |_| 2, ARG | LOCAL;
            LOAD_FROM_DICT_OR_DEREF = 90, LOAD_FROM_DICT_OR_DEREF, cells::load_from_dict_or_deref, 0, |_| 1, |_| 1, ARG | FREE | ERROR | ESCAPES;
            LOAD_FROM_DICT_OR_GLOBALS = 91, LOAD_FROM_DICT_OR_GLOBALS, names::load_from_dict_or_globals, 0, |_| 1, |_| 1, ARG | NAME | ERROR | ESCAPES;
            LOAD_GLOBAL = 92, LOAD_GLOBAL, names::load_global, 4, |_| 0, |oparg| 1 + (oparg & 1), ARG | NAME | ERROR | ESCAPES;
            LOAD_NAME = 93, LOAD_NAME, names::load_name, 0, |_| 0, |_| 1, ARG | NAME | ERROR | ESCAPES;
            LOAD_SMALL_INT = 94, LOAD_SMALL_INT, load_store::load_small_int, 0, |_| 0, |_| 1, ARG;
            LOAD_SPECIAL = 95, LOAD_SPECIAL, exception::load_special, 0, |_| 1, |_| 2, ARG | ERROR | ESCAPES;
            LOAD_SUPER_ATTR = 96, LOAD_SUPER_ATTR, super_::load_super_attr, 1, |_| 3, |oparg| 1 + (oparg & 1), ARG | NAME | ERROR | ESCAPES;
            MAKE_CELL = 97, MAKE_CELL, cells::make_cell, 0, |_| 0, |_| 0, ARG | FREE | ERROR | ESCAPES;
            MAP_ADD = 98, MAP_ADD, build::map_add, 0, |oparg| oparg + 2, |oparg| oparg, ARG | ERROR | ESCAPES;
            MATCH_CLASS = 99, MATCH_CLASS, match_::match_class, 0, |_| 3, |_| 1, ARG | ERROR | ESCAPES;
            POP_JUMP_IF_FALSE = 100, POP_JUMP_IF_FALSE, control::pop_jump_if_false, 1, |_| 1, |_| 0, ARG | JUMP;
            POP_JUMP_IF_NONE = 101, POP_JUMP_IF_NONE, control::pop_jump_if_none, 1, |_| 1, |_| 0, ARG | JUMP;
            POP_JUMP_IF_NOT_NONE = 102, POP_JUMP_IF_NOT_NONE, control::pop_jump_if_not_none, 1, |_| 1, |_| 0, ARG | JUMP;
            POP_JUMP_IF_TRUE = 103, POP_JUMP_IF_TRUE, control::pop_jump_if_true, 1, |_| 1, |_| 0, ARG | JUMP;
            RAISE_VARARGS = 104, RAISE_VARARGS, exception::raise_varargs, 0, |oparg| oparg, |_| 0, ARG | ERROR | ESCAPES;
            RERAISE = 105, RERAISE, exception::reraise, 0, |oparg| 1 + oparg, |oparg| oparg, ARG | ERROR | ESCAPES;
            SEND = 106, SEND, generator::send, 1, |_| 2, |_| 2, ARG | JUMP | ERROR | ESCAPES;
            SET_ADD = 107, SET_ADD, build::set_add, 0, |oparg| oparg + 1, |oparg| oparg, ARG | ERROR | ESCAPES;
            SET_FUNCTION_ATTRIBUTE = 108, SET_FUNCTION_ATTRIBUTE, call::set_function_attribute, 0, |_| 2, |_| 1, ARG | ERROR | ESCAPES;
            SET_UPDATE = 109, SET_UPDATE, build::set_update, 0, |oparg| oparg + 1, |oparg| oparg, ARG | ERROR | ESCAPES;
            STORE_ATTR = 110, STORE_ATTR, attr::store_attr, 4, |_| 2, |_| 0, ARG | NAME | ERROR | ESCAPES;
            STORE_DEREF = 111, STORE_DEREF, cells::store_deref, 0, |_| 1, |_| 0, ARG | FREE | ESCAPES;
            STORE_FAST = 112, STORE_FAST, load_store::store_fast, 0, |_| 1, |_| 0, ARG | LOCAL | ESCAPES;
            STORE_FAST_LOAD_FAST = 113, STORE_FAST_LOAD_FAST, load_store::store_fast_load_fast, 0, |_| 1, |_| 1, ARG | LOCAL | ESCAPES;
            STORE_FAST_STORE_FAST = 114, STORE_FAST_STORE_FAST, load_store::store_fast_store_fast, 0, |_| 2, |_| 0, ARG | LOCAL | ESCAPES;
            STORE_GLOBAL = 115, STORE_GLOBAL, names::store_global, 0, |_| 1, |_| 0, ARG | NAME | ERROR | ESCAPES;
            STORE_NAME = 116, STORE_NAME, names::store_name, 0, |_| 1, |_| 0, ARG | NAME | ERROR | ESCAPES;
            SWAP = 117, SWAP, load_store::swap, 0, |oparg| oparg, |oparg| oparg, ARG;
            UNPACK_EX = 118, UNPACK_EX, iter::unpack_ex, 0, |_| 1, |oparg| 1 + (oparg & 0xFF) + (oparg >> 8), ARG | ERROR | ESCAPES;
            UNPACK_SEQUENCE = 119, UNPACK_SEQUENCE, iter::unpack_sequence, 1, |_| 1, |oparg| oparg, ARG | ERROR | ESCAPES;
            YIELD_VALUE = 120, YIELD_VALUE, generator::yield_value, 0, |_| 1, |_| 1, ARG | ESCAPES;
            RESUME = 128, RESUME, control::resume, 0, |_| 0, |_| 0, ARG | ERROR | ESCAPES;
            BINARY_OP_ADD_FLOAT = 129, BINARY_OP, binary::binary_op_add_float, 5, |_| 2, |_| 1, ERROR;
            BINARY_OP_ADD_INT = 130, BINARY_OP, binary::binary_op_add_int, 5, |_| 2, |_| 1, ERROR | ESCAPES;
            BINARY_OP_ADD_UNICODE = 131, BINARY_OP, binary::binary_op_add_unicode, 5, |_| 2, |_| 1, ERROR;
            BINARY_OP_EXTEND = 132, BINARY_OP, extend::binary_op_extend, 5, |_| 2, |_| 1, ERROR | ESCAPES;
            BINARY_OP_MULTIPLY_FLOAT = 133, BINARY_OP, binary::binary_op_multiply_float, 5, |_| 2, |_| 1, ERROR;
            BINARY_OP_MULTIPLY_INT = 134, BINARY_OP, binary::binary_op_multiply_int, 5, |_| 2, |_| 1, ERROR | ESCAPES;
            BINARY_OP_SUBSCR_DICT = 135, BINARY_OP, subscr::binary_op_subscr_dict, 5, |_| 2, |_| 1, ERROR | ESCAPES;
            BINARY_OP_SUBSCR_GETITEM = 136, BINARY_OP, subscr::binary_op_subscr_getitem, 5, |_| 2, |_| 0, ESCAPES;
            BINARY_OP_SUBSCR_LIST_INT = 137, BINARY_OP, subscr::binary_op_subscr_list_int, 5, |_| 2, |_| 1, ESCAPES;
            BINARY_OP_SUBSCR_LIST_SLICE = 138, BINARY_OP, subscr::binary_op_subscr_list_slice, 5, |_| 2, |_| 1, ERROR | ESCAPES;
            BINARY_OP_SUBSCR_STR_INT = 139, BINARY_OP, subscr::binary_op_subscr_str_int, 5, |_| 2, |_| 1, ESCAPES;
            BINARY_OP_SUBSCR_TUPLE_INT = 140, BINARY_OP, subscr::binary_op_subscr_tuple_int, 5, |_| 2, |_| 1, NONE;
            BINARY_OP_SUBTRACT_FLOAT = 141, BINARY_OP, binary::binary_op_subtract_float, 5, |_| 2, |_| 1, ERROR;
            BINARY_OP_SUBTRACT_INT = 142, BINARY_OP, binary::binary_op_subtract_int, 5, |_| 2, |_| 1, ERROR | ESCAPES;
            CALL_ALLOC_AND_ENTER_INIT = 143, CALL, call::call_alloc_and_enter_init, 3, |oparg| 2 + oparg, |_| 0, ARG | ERROR | ESCAPES;
            CALL_BOUND_METHOD_EXACT_ARGS = 144, CALL, call::call_bound_method_exact_args, 3, |oparg| 2 + oparg, |_| 0, ARG | ESCAPES;
            CALL_BOUND_METHOD_GENERAL = 145, CALL, call::call_bound_method_general, 3, |oparg| 2 + oparg, |_| 0, ARG | ERROR | ESCAPES;
            CALL_BUILTIN_CLASS = 146, CALL, call::call_builtin_class, 3, |oparg| 2 + oparg, |_| 1, ARG | ERROR | ESCAPES;
            CALL_BUILTIN_FAST = 147, CALL, call::call_builtin_fast, 3, |oparg| 2 + oparg, |_| 1, ARG | ERROR | ESCAPES;
            CALL_BUILTIN_FAST_WITH_KEYWORDS = 148, CALL, call::call_builtin_fast_with_keywords, 3, |oparg| 2 + oparg, |_| 1, ARG | ERROR | ESCAPES;
            CALL_BUILTIN_O = 149, CALL, call::call_builtin_o, 3, |oparg| 2 + oparg, |_| 1, ARG | ERROR | ESCAPES;
            CALL_ISINSTANCE = 150, CALL, call::call_isinstance, 3, |oparg| 2 + oparg, |_| 1, ARG | ERROR | ESCAPES;
            CALL_KW_BOUND_METHOD = 151, CALL_KW, call::call_kw_bound_method, 3, |oparg| 3 + oparg, |_| 0, ARG | ERROR | ESCAPES;
            CALL_KW_NON_PY = 152, CALL_KW, call::call_kw_non_py, 3, |oparg| 3 + oparg, |_| 1, ARG | ERROR | ESCAPES;
            CALL_KW_PY = 153, CALL_KW, call::call_kw_py, 3, |oparg| 3 + oparg, |_| 0, ARG | ERROR | ESCAPES;
            CALL_LEN = 154, CALL, call::call_len, 3, |_| 3, |_| 1, ERROR | ESCAPES;
            CALL_LIST_APPEND = 155, CALL, call::call_list_append, 3, |_| 3, |_| 0, ARG | ERROR | ESCAPES;
            CALL_METHOD_DESCRIPTOR_FAST = 156, CALL, call::call_method_descriptor_fast, 3, |oparg| 2 + oparg, |_| 1, ARG | ERROR | ESCAPES;
            CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS = 157, CALL, call::call_method_descriptor_fast_with_keywords, 3, |oparg| 2 + oparg, |_| 1, ARG | ERROR | ESCAPES;
            CALL_METHOD_DESCRIPTOR_NOARGS = 158, CALL, call::call_method_descriptor_noargs, 3, |oparg| 2 + oparg, |_| 1, ARG | ERROR | ESCAPES;
            CALL_METHOD_DESCRIPTOR_O = 159, CALL, call::call_method_descriptor_o, 3, |oparg| 2 + oparg, |_| 1, ARG | ERROR | ESCAPES;
            CALL_NON_PY_GENERAL = 160, CALL, call::call_non_py_general, 3, |oparg| 2 + oparg, |_| 1, ARG | ERROR | ESCAPES;
            CALL_PY_EXACT_ARGS = 161, CALL, call::call_py_exact_args, 3, |oparg| 2 + oparg, |_| 0, ARG | ESCAPES;
            CALL_PY_GENERAL = 162, CALL, call::call_py_general, 3, |oparg| 2 + oparg, |_| 0, ARG | ERROR | ESCAPES;
            CALL_STR_1 = 163, CALL, call::call_str_1, 3, |_| 3, |_| 1, ARG | ERROR | ESCAPES;
            CALL_TUPLE_1 = 164, CALL, call::call_tuple_1, 3, |_| 3, |_| 1, ARG | ERROR | ESCAPES;
            CALL_TYPE_1 = 165, CALL, call::call_type_1, 3, |_| 3, |_| 1, ARG | ESCAPES;
            COMPARE_OP_FLOAT = 166, COMPARE_OP, compare::compare_op_float, 1, |_| 2, |_| 1, ARG;
            COMPARE_OP_INT = 167, COMPARE_OP, compare::compare_op_int, 1, |_| 2, |_| 1, ARG;
            COMPARE_OP_STR = 168, COMPARE_OP, compare::compare_op_str, 1, |_| 2, |_| 1, ARG;
            CONTAINS_OP_DICT = 169, CONTAINS_OP, compare::contains_op_dict, 1, |_| 2, |_| 1, ARG | ERROR | ESCAPES;
            CONTAINS_OP_SET = 170, CONTAINS_OP, compare::contains_op_set, 1, |_| 2, |_| 1, ARG | ERROR | ESCAPES;
            FOR_ITER_GEN = 171, FOR_ITER, iter::for_iter_gen, 1, |_| 1, |_| 1, ARG | ESCAPES;
            FOR_ITER_LIST = 172, FOR_ITER, iter::for_iter_list, 1, |_| 1, |_| 2, ARG | JUMP | ESCAPES;
            FOR_ITER_RANGE = 173, FOR_ITER, iter::for_iter_range, 1, |_| 1, |_| 2, ARG | JUMP | ERROR;
            FOR_ITER_TUPLE = 174, FOR_ITER, iter::for_iter_tuple, 1, |_| 1, |_| 2, ARG | JUMP | ESCAPES;
            JUMP_BACKWARD_JIT = 175, JUMP_BACKWARD, control::jump_backward_jit, 1, |_| 0, |_| 0, ARG | JUMP | ERROR | ESCAPES;
            JUMP_BACKWARD_NO_JIT = 176, JUMP_BACKWARD, control::jump_backward_no_jit, 1, |_| 0, |_| 0, ARG | JUMP | ERROR | ESCAPES;
            LOAD_ATTR_CLASS = 177, LOAD_ATTR, attr::load_attr_class, 9, |_| 1, |oparg| 1 + (oparg & 1), ARG;
            LOAD_ATTR_CLASS_WITH_METACLASS_CHECK = 178, LOAD_ATTR, attr::load_attr_class_with_metaclass_check, 9, |_| 1, |oparg| 1 + (oparg & 1), ARG;
            LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN = 179, LOAD_ATTR, attr::load_attr_getattribute_overridden, 9, |_| 1, |_| 1, ARG | NAME | ESCAPES;
            LOAD_ATTR_INSTANCE_VALUE = 180, LOAD_ATTR, attr::load_attr_instance_value, 9, |_| 1, |oparg| 1 + (oparg & 1), ARG | ESCAPES;
            LOAD_ATTR_METHOD_LAZY_DICT = 181, LOAD_ATTR, attr::load_attr_method_lazy_dict, 9, |_| 1, |_| 2, ARG;
            LOAD_ATTR_METHOD_NO_DICT = 182, LOAD_ATTR, attr::load_attr_method_no_dict, 9, |_| 1, |_| 2, ARG;
            LOAD_ATTR_METHOD_WITH_VALUES = 183, LOAD_ATTR, attr::load_attr_method_with_values, 9, |_| 1, |_| 2, ARG;
            LOAD_ATTR_MODULE = 184, LOAD_ATTR, attr::load_attr_module, 9, |_| 1, |oparg| 1 + (oparg & 1), ARG | ESCAPES;
            LOAD_ATTR_NONDESCRIPTOR_NO_DICT = 185, LOAD_ATTR, attr::load_attr_nondescriptor_no_dict, 9, |_| 1, |_| 1, ARG | ESCAPES;
            LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES = 186, LOAD_ATTR, attr::load_attr_nondescriptor_with_values, 9, |_| 1, |_| 1, ARG | ESCAPES;
            LOAD_ATTR_PROPERTY = 187, LOAD_ATTR, attr::load_attr_property, 9, |_| 1, |_| 0, ARG | ESCAPES;
            LOAD_ATTR_SLOT = 188, LOAD_ATTR, attr::load_attr_slot, 9, |_| 1, |oparg| 1 + (oparg & 1), ARG;
            LOAD_ATTR_WITH_HINT = 189, LOAD_ATTR, attr::load_attr_with_hint, 9, |_| 1, |oparg| 1 + (oparg & 1), ARG | NAME | ESCAPES;
            LOAD_CONST_IMMORTAL = 190, LOAD_CONST, load_store::load_const_immortal, 0, |_| 0, |_| 1, ARG | CONST;
            LOAD_CONST_MORTAL = 191, LOAD_CONST, load_store::load_const_mortal, 0, |_| 0, |_| 1, ARG | CONST;
            LOAD_GLOBAL_BUILTIN = 192, LOAD_GLOBAL, names::load_global_builtin, 4, |_| 0, |oparg| 1 + (oparg & 1), ARG;
            LOAD_GLOBAL_MODULE = 193, LOAD_GLOBAL, names::load_global_module, 4, |_| 0, |oparg| 1 + (oparg & 1), ARG;
            LOAD_SUPER_ATTR_ATTR = 194, LOAD_SUPER_ATTR, super_::load_super_attr_attr, 1, |_| 3, |_| 1, ARG | NAME | ERROR | ESCAPES;
            LOAD_SUPER_ATTR_METHOD = 195, LOAD_SUPER_ATTR, super_::load_super_attr_method, 1, |_| 3, |_| 2, ARG | NAME | ERROR | ESCAPES;
            RESUME_CHECK = 196, RESUME, control::resume_check, 0, |_| 0, |_| 0, NONE;
            SEND_GEN = 197, SEND, generator::send_gen, 1, |_| 2, |_| 1, ARG | ESCAPES;
            STORE_ATTR_INSTANCE_VALUE = 198, STORE_ATTR, attr::store_attr_instance_value, 4, |_| 2, |_| 0, ESCAPES;
            STORE_ATTR_SLOT = 199, STORE_ATTR, attr::store_attr_slot, 4, |_| 2, |_| 0, ESCAPES;
            STORE_ATTR_WITH_HINT = 200, STORE_ATTR, attr::store_attr_with_hint, 4, |_| 2, |_| 0, ARG | NAME | ESCAPES;
            STORE_SUBSCR_DICT = 201, STORE_SUBSCR, subscr::store_subscr_dict, 1, |_| 3, |_| 0, ERROR | ESCAPES;
            STORE_SUBSCR_LIST_INT = 202, STORE_SUBSCR, subscr::store_subscr_list_int, 1, |_| 3, |_| 0, ESCAPES;
            TO_BOOL_ALWAYS_TRUE = 203, TO_BOOL, binary::to_bool_always_true, 3, |_| 1, |_| 1, ESCAPES;
            TO_BOOL_BOOL = 204, TO_BOOL, binary::to_bool_bool, 3, |_| 1, |_| 1, NONE;
            TO_BOOL_INT = 205, TO_BOOL, binary::to_bool_int, 3, |_| 1, |_| 1, ESCAPES;
            TO_BOOL_LIST = 206, TO_BOOL, binary::to_bool_list, 3, |_| 1, |_| 1, NONE;
            TO_BOOL_NONE = 207, TO_BOOL, binary::to_bool_none, 3, |_| 1, |_| 1, NONE;
            TO_BOOL_STR = 208, TO_BOOL, binary::to_bool_str, 3, |_| 1, |_| 1, ESCAPES;
            UNPACK_SEQUENCE_LIST = 209, UNPACK_SEQUENCE, iter::unpack_sequence_list, 1, |_| 1, |oparg| oparg, ARG;
            UNPACK_SEQUENCE_TUPLE = 210, UNPACK_SEQUENCE, iter::unpack_sequence_tuple, 1, |_| 1, |oparg| oparg, ARG;
            UNPACK_SEQUENCE_TWO_TUPLE = 211, UNPACK_SEQUENCE, iter::unpack_sequence_two_tuple, 1, |_| 1, |_| 2, ARG | ESCAPES;
            RESUME_COMPILED = 212, RESUME, control::resume_compiled, 0, |_| 0, |_| 0, NONE;
            ENTER_EXECUTOR = 255, ENTER_EXECUTOR, control::enter_executor, 0, |_| 0, |_| 0, ARG;
        }
    };
}

/// The forms that monitoring puts in place of instructions: rows as above, without a handler.
#[macro_export]
macro_rules! for_each_instrumented_opcode {
    ($callback:path) => {
        $callback! {
            INSTRUMENTED_END_FOR = 234, INSTRUMENTED_END_FOR, 0, |_| 2, |_| 1, ERROR | ESCAPES;
            INSTRUMENTED_POP_ITER = 235, INSTRUMENTED_POP_ITER, 0, |_| 1, |_| 0, ESCAPES;
            INSTRUMENTED_END_SEND = 236, INSTRUMENTED_END_SEND, 0, |_| 2, |_| 1, ERROR | ESCAPES;
            INSTRUMENTED_FOR_ITER = 237, INSTRUMENTED_FOR_ITER, 1, |_| 1, |_| 2, ARG | JUMP | ERROR | ESCAPES;
            INSTRUMENTED_INSTRUCTION = 238, INSTRUMENTED_INSTRUCTION, 0, |_| 0, |_| 0, ERROR | ESCAPES;
            INSTRUMENTED_JUMP_FORWARD = 239, INSTRUMENTED_JUMP_FORWARD, 0, |_| 0, |_| 0, ARG;
            INSTRUMENTED_NOT_TAKEN = 240, INSTRUMENTED_NOT_TAKEN, 0, |_| 0, |_| 0, NONE;
            INSTRUMENTED_POP_JUMP_IF_TRUE = 241, INSTRUMENTED_POP_JUMP_IF_TRUE, 1, |_| 1, |_| 0, ARG;
            INSTRUMENTED_POP_JUMP_IF_FALSE = 242, INSTRUMENTED_POP_JUMP_IF_FALSE, 1, |_| 1, |_| 0, ARG;
            INSTRUMENTED_POP_JUMP_IF_NONE = 243, INSTRUMENTED_POP_JUMP_IF_NONE, 1, |_| 1, |_| 0, ARG | ESCAPES;
            INSTRUMENTED_POP_JUMP_IF_NOT_NONE = 244, INSTRUMENTED_POP_JUMP_IF_NOT_NONE, 1, |_| 1, |_| 0, ARG | ESCAPES;
            INSTRUMENTED_RESUME = 245, INSTRUMENTED_RESUME, 0, |_| 0, |_| 0, ARG | ERROR | ESCAPES;
            INSTRUMENTED_RETURN_VALUE = 246, INSTRUMENTED_RETURN_VALUE, 0, |_| 1, |_| 1, ERROR | ESCAPES;
            INSTRUMENTED_YIELD_VALUE = 247, INSTRUMENTED_YIELD_VALUE, 0, |_| 1, |_| 1, ARG | ERROR | ESCAPES;
            INSTRUMENTED_END_ASYNC_FOR = 248, INSTRUMENTED_END_ASYNC_FOR, 0, |_| 2, |_| 0, ARG | JUMP | ERROR | ESCAPES;
            INSTRUMENTED_LOAD_SUPER_ATTR = 249, INSTRUMENTED_LOAD_SUPER_ATTR, 1, |_| 3, |oparg| 1 + (oparg & 1), ARG | NAME | ERROR | ESCAPES;
            INSTRUMENTED_CALL = 250, INSTRUMENTED_CALL, 3, |oparg| 2 + oparg, |_| 1, ARG | ERROR | ESCAPES;
            INSTRUMENTED_CALL_KW = 251, INSTRUMENTED_CALL_KW, 3, |oparg| 3 + oparg, |_| 1, ARG | ERROR | ESCAPES;
            INSTRUMENTED_CALL_FUNCTION_EX = 252, INSTRUMENTED_CALL_FUNCTION_EX, 0, |_| 4, |_| 1, ERROR | ESCAPES;
            INSTRUMENTED_JUMP_BACKWARD = 253, INSTRUMENTED_JUMP_BACKWARD, 1, |_| 0, |_| 0, ARG | ERROR | ESCAPES;
            INSTRUMENTED_LINE = 254, INSTRUMENTED_LINE, 0, |_| 0, |_| 0, ESCAPES;
        }
    };
}

/// What exists only inside the compiler.
#[macro_export]
macro_rules! for_each_pseudo_opcode {
    ($callback:path) => {
        $callback! {
            ANNOTATIONS_PLACEHOLDER = 256, ANNOTATIONS_PLACEHOLDER, 0, |_| 0, |_| 0, NONE;
            JUMP = 257, JUMP, 0, |_| 0, |_| 0, ARG | JUMP | ERROR | ESCAPES;
            JUMP_IF_FALSE = 258, JUMP_IF_FALSE, 0, |_| 1, |_| 1, ARG | JUMP | ERROR | ESCAPES;
            JUMP_IF_TRUE = 259, JUMP_IF_TRUE, 0, |_| 1, |_| 1, ARG | JUMP | ERROR | ESCAPES;
            JUMP_NO_INTERRUPT = 260, JUMP_NO_INTERRUPT, 0, |_| 0, |_| 0, ARG | JUMP;
            LOAD_CLOSURE = 261, LOAD_CLOSURE, 0, |_| 0, |_| 1, ARG | LOCAL;
            POP_BLOCK = 262, POP_BLOCK, 0, |_| 0, |_| 0, NONE;
            SETUP_CLEANUP = 263, SETUP_CLEANUP, 0, |_| 0, |_| 2, ARG;
            SETUP_FINALLY = 264, SETUP_FINALLY, 0, |_| 0, |_| 1, ARG;
            SETUP_WITH = 265, SETUP_WITH, 0, |_| 0, |_| 1, ARG;
            STORE_FAST_MAYBE_NULL = 266, STORE_FAST_MAYBE_NULL, 0, |_| 1, |_| 0, ARG | LOCAL | ESCAPES;
        }
    };
}

/// Properties of an instruction, or-ed together.
pub mod flag {
    pub const NONE: u16 = 0;
    /// It uses its argument.
    pub const ARG: u16 = 1;
    /// The argument is an index into `co_consts`.
    pub const CONST: u16 = 2;
    /// The argument holds an index into `co_names`.
    pub const NAME: u16 = 4;
    pub const JUMP: u16 = 8;
    /// The argument is the index of a cell or free variable.
    pub const FREE: u16 = 16;
    /// The argument is the index of a local variable.
    pub const LOCAL: u16 = 32;
    /// It may raise.
    pub const ERROR: u16 = 64;
    /// It may run other code.
    pub const ESCAPES: u16 = 128;
}

/// One row of the table.
pub struct Opcode {
    pub name: &'static str,
    pub number: u16,
    /// The number of the form that it falls back to; its own number if it is generic.
    pub base: u16,
    pub caches: u8,
    pub popped: fn(u32) -> u32,
    pub pushed: fn(u32) -> u32,
    pub flags: u16,
}

impl Opcode {
    pub fn has(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }

    pub fn is_specialized(&self) -> bool {
        self.base != self.number
    }
}

macro_rules! numbers {
    ($($name:ident = $number:literal, $base:ident, $family:ident :: $handler:ident, $caches:literal, $popped:expr, $pushed:expr, $($flag:ident)|+;)*) => {
        /// The opcodes as they stand in code.
        #[allow(missing_docs)]
        pub mod op {
            $(pub const $name: u8 = $number;)*
        }

        /// How many cache units follow each instruction.
        pub mod caches {
            $(pub const $name: usize = $caches;)*
        }

        /// The flags of each instruction, for compile-time use.
        pub mod flags {
            use super::flag::*;
            $(pub const $name: u16 = $($flag)|+;)*
        }

        /// The real instructions that are not instrumented.
        pub static OPCODES: &[Opcode] = &[$(Opcode {
            name: stringify!($name),
            number: $number,
            base: op::$base as u16,
            caches: $caches,
            popped: $popped,
            pushed: $pushed,
            flags: $(flag::$flag)|+,
        },)*];
    };
}

macro_rules! instrumented {
    ($($name:ident = $number:literal, $base:ident, $caches:literal, $popped:expr, $pushed:expr, $($flag:ident)|+;)*) => {
        /// The instrumented opcodes as they stand in code.
        pub mod instrumented {
            $(pub const $name: u8 = $number;)*
        }

        pub static INSTRUMENTED_OPCODES: &[Opcode] = &[$(Opcode {
            name: stringify!($name),
            number: $number,
            base: $number,
            caches: $caches,
            popped: $popped,
            pushed: $pushed,
            flags: $(flag::$flag)|+,
        },)*];
    };
}

macro_rules! pseudo {
    ($($name:ident = $number:literal, $base:ident, $caches:literal, $popped:expr, $pushed:expr, $($flag:ident)|+;)*) => {
        pub static PSEUDO_OPCODES: &[Opcode] = &[$(Opcode {
            name: stringify!($name),
            number: $number,
            base: $number,
            caches: $caches,
            popped: $popped,
            pushed: $pushed,
            flags: $(flag::$flag)|+,
        },)*];
    };
}

for_each_opcode!(numbers);
for_each_instrumented_opcode!(instrumented);
for_each_pseudo_opcode!(pseudo);

/// Every row: real, instrumented, pseudo.
pub fn all() -> impl Iterator<Item = &'static Opcode> {
    OPCODES
        .iter()
        .chain(INSTRUMENTED_OPCODES)
        .chain(PSEUDO_OPCODES)
}

pub fn find(number: u32) -> Option<&'static Opcode> {
    all().find(|row| u32::from(row.number) == number)
}

/// Instruction to generic instruction. Instrumented instructions stand for themselves.
pub static BASE: [u8; 256] = {
    let mut table = [0; 256];
    let mut number = 0;
    while number < 256 {
        table[number] = number as u8;
        number += 1;
    }
    let mut row = 0;
    while row < OPCODES.len() {
        table[OPCODES[row].number as usize] = OPCODES[row].base as u8;
        row += 1;
    }
    table
};

/// Cache units by opcode.
pub static CACHES: [u8; 256] = {
    let mut table = [0; 256];
    let mut row = 0;
    while row < OPCODES.len() {
        table[OPCODES[row].number as usize] = OPCODES[row].caches;
        row += 1;
    }
    row = 0;
    while row < INSTRUMENTED_OPCODES.len() {
        table[INSTRUMENTED_OPCODES[row].number as usize] = INSTRUMENTED_OPCODES[row].caches;
        row += 1;
    }
    table
};

/// The net effect on the stack; `None` for what no compiler emits. `jump` asks for the effect of a pseudo-instruction
/// where it transfers control.
pub fn stack_effect(number: u32, oparg: u32, jump: bool) -> Option<i64> {
    let row = find(number)?;
    if row.is_specialized() {
        return None;
    }
    if matches!(row.name, "SETUP_FINALLY" | "SETUP_CLEANUP" | "SETUP_WITH") && !jump {
        return Some(0);
    }
    Some(i64::from((row.pushed)(oparg)) - i64::from((row.popped)(oparg)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_agree_with_their_generic_form() {
        for row in OPCODES {
            let base = &OPCODES
                .iter()
                .find(|other| other.number == row.base)
                .unwrap();
            assert_eq!(row.caches, base.caches, "{}", row.name);
            assert_eq!(base.base, base.number, "{}", row.name);
        }
    }

    #[test]
    fn stack_effects() {
        assert_eq!(stack_effect(u32::from(op::CALL), 2, false), Some(-3));
        assert_eq!(stack_effect(u32::from(op::COPY), 3, false), Some(1));
        assert_eq!(stack_effect(u32::from(op::SWAP), 5, false), Some(0));
        assert_eq!(stack_effect(u32::from(op::CALL_LEN), 1, false), None);
        assert_eq!(stack_effect(264, 0, false), Some(0));
        assert_eq!(stack_effect(264, 0, true), Some(1));
    }
}
