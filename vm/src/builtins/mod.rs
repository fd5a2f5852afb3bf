//! The `builtins` module.

mod attributes;
mod class;
pub mod code;
mod iteration;
mod numeric;
mod text;

pub use code::{path_text, source_text};

use layout::*;

use crate::err::Result;
use crate::object::*;
use crate::runtime;
use crate::types::dict::DictExt as _;
use crate::types::{cfunction, exceptions, module, str_};
use crate::{fastcall, keywords, keywords_var, noargs, o, varargs_kw};

static METHODS: &[PyMethodDef] = &[
    varargs_kw!("__build_class__", class::build_class, ""),
    keywords!(
        "__import__",
        code::import,
        "($module, /, name, globals=None, locals=None, fromlist=(), level=0)"
    ),
    o!("abs", numeric::abs, "($module, x, /)"),
    o!("all", iteration::all, "($module, iterable, /)"),
    o!("any", iteration::any, "($module, iterable, /)"),
    o!("ascii", text::ascii, "($module, obj, /)"),
    o!("bin", numeric::bin, "($module, integer, /)"),
    varargs_kw!("breakpoint", code::breakpoint, "($module, /, *args, **kws)"),
    o!("callable", attributes::callable, "($module, obj, /)"),
    o!("chr", text::chr, "($module, i, /)"),
    keywords!(
        "compile",
        code::compile,
        "($module, /, source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1)"
    ),
    fastcall!("delattr", attributes::delattr, "($module, obj, name, /)"),
    fastcall!("dir", attributes::dir, ""),
    fastcall!("divmod", numeric::divmod, "($module, x, y, /)"),
    keywords!(
        "eval",
        code::eval,
        "($module, source, /, globals=None, locals=None)"
    ),
    keywords!(
        "exec",
        code::exec,
        "($module, source, /, globals=None, locals=None, *, closure=None)"
    ),
    fastcall!(
        "format",
        text::format,
        "($module, value, format_spec='', /)"
    ),
    fastcall!("getattr", attributes::getattr, ""),
    noargs!("globals", attributes::globals, "($module, /)"),
    fastcall!("hasattr", attributes::hasattr, "($module, obj, name, /)"),
    o!("hash", attributes::hash, "($module, obj, /)"),
    o!("hex", numeric::hex, "($module, integer, /)"),
    o!("id", attributes::id, "($module, obj, /)"),
    fastcall!("input", text::input, "($module, prompt='', /)"),
    fastcall!(
        "isinstance",
        attributes::isinstance,
        "($module, obj, class_or_tuple, /)"
    ),
    fastcall!(
        "issubclass",
        attributes::issubclass,
        "($module, cls, class_or_tuple, /)"
    ),
    fastcall!("iter", iteration::iter, ""),
    o!("aiter", iteration::aiter, "($module, async_iterable, /)"),
    fastcall!("anext", iteration::anext, ""),
    o!("len", attributes::len, "($module, obj, /)"),
    noargs!("locals", attributes::locals, "($module, /)"),
    varargs_kw!("max", iteration::max, ""),
    varargs_kw!("min", iteration::min, ""),
    fastcall!("next", iteration::next, ""),
    o!("oct", numeric::oct, "($module, integer, /)"),
    o!("ord", text::ord, "($module, c, /)"),
    keywords!("pow", numeric::pow, "($module, /, base, exp, mod=None)"),
    keywords_var!(
        "print",
        text::print,
        "($module, /, *args, sep=' ', end='\\n', file=None, flush=False)"
    ),
    o!("repr", text::repr, "($module, obj, /)"),
    keywords!(
        "round",
        numeric::round,
        "($module, /, number, ndigits=None)"
    ),
    fastcall!(
        "setattr",
        attributes::setattr,
        "($module, obj, name, value, /)"
    ),
    varargs_kw!(
        "sorted",
        iteration::sorted,
        "($module, iterable, /, *, key=None, reverse=False)"
    ),
    keywords!("sum", iteration::sum, "($module, iterable, /, start=0)"),
    fastcall!("vars", attributes::vars, ""),
];

/// Fills the module in.
pub fn init(m: &Obj) -> Result<()> {
    cfunction::add_functions(m, METHODS, str_::intern_str("builtins"))?;
    let d = module::dict_of(m);
    for (name, value) in [
        ("None", NONE()),
        ("Ellipsis", ELLIPSIS()),
        ("NotImplemented", NOT_IMPLEMENTED()),
        ("False", FALSE()),
        ("True", TRUE()),
    ] {
        d.set_str(name, value)?;
    }
    for (name, tp) in [
        ("bool", &PyBool_Type),
        ("memoryview", &PyMemoryView_Type),
        ("bytearray", &PyByteArray_Type),
        ("bytes", &PyBytes_Type),
        ("classmethod", &PyClassMethod_Type),
        ("complex", &PyComplex_Type),
        ("dict", &PyDict_Type),
        ("enumerate", &PyEnum_Type),
        ("filter", &PyFilter_Type),
        ("float", &PyFloat_Type),
        ("frozenset", &PyFrozenSet_Type),
        ("property", &PyProperty_Type),
        ("int", &PyLong_Type),
        ("list", &PyList_Type),
        ("map", &PyMap_Type),
        ("object", &PyBaseObject_Type),
        ("range", &PyRange_Type),
        ("reversed", &PyReversed_Type),
        ("set", &PySet_Type),
        ("slice", &PySlice_Type),
        ("staticmethod", &PyStaticMethod_Type),
        ("str", &PyUnicode_Type),
        ("super", &PySuper_Type),
        ("tuple", &PyTuple_Type),
        ("type", &PyType_Type),
        ("zip", &PyZip_Type),
    ] {
        d.set_str(name, tp.as_obj())?;
    }
    d.set_str("__debug__", &bool_(runtime::config().optimize == 0))?;
    exceptions::add_to_builtins(&d)
}
