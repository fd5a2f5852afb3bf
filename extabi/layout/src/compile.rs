//! `compile.h`: the compiler's flags and the start symbols.

use core::ffi::c_int;

constants! {
    PyCF_MASK: c_int = 0x1fe0000;
    PyCF_MASK_OBSOLETE: c_int = 0x10;
    PyCF_SOURCE_IS_UTF8: c_int = 0x100;
    PyCF_DONT_IMPLY_DEDENT: c_int = 0x200;
    PyCF_ONLY_AST: c_int = 0x400;
    PyCF_IGNORE_COOKIE: c_int = 0x800;
    PyCF_TYPE_COMMENTS: c_int = 0x1000;
    PyCF_ALLOW_TOP_LEVEL_AWAIT: c_int = 0x2000;
    PyCF_ALLOW_INCOMPLETE_INPUT: c_int = 0x4000;
    PyCF_OPTIMIZED_AST: c_int = 0x8400;
    PyCF_COMPILE_MASK: c_int = 0xf600;
    Py_single_input: c_int = 256;
    Py_file_input: c_int = 257;
    Py_eval_input: c_int = 258;
    Py_func_type_input: c_int = 345;
}

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
