//! `compile.h`: the compiler's flags and the start symbols.

use core::ffi::c_int;
pub const PyCF_MASK: c_int = 0x1fe0000;
pub const PyCF_MASK_OBSOLETE: c_int = 0x10;
pub const PyCF_SOURCE_IS_UTF8: c_int = 0x100;
pub const PyCF_DONT_IMPLY_DEDENT: c_int = 0x200;
pub const PyCF_ONLY_AST: c_int = 0x400;
pub const PyCF_IGNORE_COOKIE: c_int = 0x800;
pub const PyCF_TYPE_COMMENTS: c_int = 0x1000;
pub const PyCF_ALLOW_TOP_LEVEL_AWAIT: c_int = 0x2000;
pub const PyCF_ALLOW_INCOMPLETE_INPUT: c_int = 0x4000;
pub const PyCF_OPTIMIZED_AST: c_int = 0x8400;
pub const PyCF_COMPILE_MASK: c_int = 0xf600;
pub const Py_single_input: c_int = 256;
pub const Py_file_input: c_int = 257;
pub const Py_eval_input: c_int = 258;
pub const Py_func_type_input: c_int = 345;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyCompilerFlags {
    pub cf_flags: c_int,
    pub cf_feature_version: c_int,
}

layouts! {
    PyCompilerFlags: 8 {
        cf_flags: 0,
        cf_feature_version: 4,
    }
}
