//! `_ctypes`: C data and C functions as Python objects, on libffi.
//!
//! A class of C data is an instance of one of the metaclasses here; what it knows about its instances is its [`info::Info`].
//! An instance is a [`cdata::CData`]: a place in memory, which it owns, shares with another instance, or was pointed at.
//! Invariant: the Python objects that C data points to are kept by the instance that owns the memory (its `_objects`); the
//! memory itself is scanned conservatively too, since C may keep references there.

mod address;
mod array;
mod call;
mod call_args;
mod callback;
mod carg;
mod cdata;
mod cfield;
mod chars;
mod codes;
mod from_param;
mod funcptr;
mod functions;
mod info;
mod keep;
mod library;
mod metaclass;
mod param;
mod pickle;
mod pointer;
mod prelude;
mod simple;
mod struct_ffi;
mod structs;

use prelude::*;
use vm::types::dict::{self, DictExt as _};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_ctypes",
    methods: functions::METHODS,
    exec,
};

/// A type without a metaclass of its own, its name and what fills it in.
type Row = (&'static PyTypeObject, &'static CStr, fn(&mut TypeBuilder));

#[rustfmt::skip]
static METACLASSES: &[Row] = &[
    (&metaclass::CTYPE, c"_ctypes.CType_Type", metaclass::define),
    (&structs::STRUCT_META, c"_ctypes.PyCStructType", structs::define_struct_meta),
    (&structs::UNION_META, c"_ctypes.UnionType", structs::define_union_meta),
    (&pointer::POINTER_META, c"_ctypes.PyCPointerType", pointer::define_meta),
    (&array::ARRAY_META, c"_ctypes.PyCArrayType", array::define_meta),
    (&simple::SIMPLE_META, c"_ctypes.PyCSimpleType", simple::define_meta),
    (&funcptr::FUNC_META, c"_ctypes.PyCFuncPtrType", funcptr::define_meta),
];

static INTERNAL: &[Row] = &[
    (&carg::CARG, c"_ctypes.CArgObject", carg::define),
    (&callback::THUNK, c"_ctypes.CThunkObject", callback::define),
    (&cdata::CDATA, c"_ctypes._CData", cdata::define),
];

/// The classes that the module shows, each with its metaclass.
#[rustfmt::skip]
static CLASSES: &[(Row, &PyTypeObject)] = &[
    ((&structs::STRUCTURE, c"_ctypes.Structure", structs::define), &structs::STRUCT_META),
    ((&structs::UNION, c"_ctypes.Union", structs::define), &structs::UNION_META),
    ((&pointer::POINTER, c"_ctypes._Pointer", pointer::define), &pointer::POINTER_META),
    ((&array::ARRAY, c"_ctypes.Array", array::define), &array::ARRAY_META),
    ((&simple::SIMPLE, c"_ctypes._SimpleCData", simple::define), &simple::SIMPLE_META),
    ((&funcptr::FUNC, c"_ctypes.CFuncPtr", funcptr::define), &funcptr::FUNC_META),
    ((&cfield::CFIELD, c"ctypes.CField", cfield::define), &PyType_Type),
];

static CONSTANTS: &[(&str, i64)] = &[
    ("FUNCFLAG_CDECL", call::FUNCFLAG_CDECL as i64),
    ("FUNCFLAG_PYTHONAPI", call::FUNCFLAG_PYTHONAPI as i64),
    ("FUNCFLAG_USE_ERRNO", call::FUNCFLAG_USE_ERRNO as i64),
    (
        "FUNCFLAG_USE_LASTERROR",
        call::FUNCFLAG_USE_LASTERROR as i64,
    ),
    ("RTLD_LOCAL", libc::RTLD_LOCAL as i64),
    ("RTLD_GLOBAL", libc::RTLD_GLOBAL as i64),
    ("CTYPES_MAX_ARGCOUNT", call::MAX_ARGUMENTS as i64),
    ("SIZEOF_TIME_T", size_of::<libc::time_t>() as i64),
];

fn exec(m: &Obj) -> Result<()> {
    for row in METACLASSES.iter().chain(INTERNAL) {
        declare(*row, &PyType_Type)?;
    }
    for (row, meta) in CLASSES {
        declare(*row, meta)?;
        module::add_type(m, row.0)?;
        module::set_type_module(row.0)?;
    }
    for (name, value) in CONSTANTS {
        module::add(m, name, int::from_i64(*value).as_obj())?;
    }
    for (name, value) in address::FUNCTIONS {
        module::add(m, name, int::from_usize(value()).as_obj())?;
    }
    module::add(m, "__version__", str_::new("1.1.0").as_obj())?;
    module::add(m, "ArgumentError", argument_error()?)
}

/// Makes a type ready, the first time.
fn declare((tp, name, define): Row, meta: &'static PyTypeObject) -> Result<()> {
    if !has_flag(tp, Py_TPFLAGS_READY) {
        tp.ob_base
            .ob_base
            .ob_type
            .set(ptr::from_ref(meta).cast_mut());
        define(&mut TypeBuilder::start(tp, name));
        type_::ready(tp)?;
        module::set_type_module(tp)?;
    }
    Ok(())
}

static ARGUMENT_ERROR: Global<*mut PyObject> = Global::new(ptr::null_mut());

/// `ctypes.ArgumentError`, made at first use.
pub(crate) fn argument_error() -> Result<&'static Obj> {
    if ARGUMENT_ERROR.get().is_null() {
        let body = dict::new();
        body.set_str("__module__", str_::new("ctypes").as_obj())?;
        let made = type_::new_type("ArgumentError", &[&exc::Exception], &body)?;
        ARGUMENT_ERROR.set(made.into_raw());
    }
    // SAFETY: its reference is never given up.
    Ok(unsafe { &*ARGUMENT_ERROR.get() })
}
