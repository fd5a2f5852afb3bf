//! `_typing`: the objects of `typing` that the language makes, which the runtime has.

use layout::*;

use vm::err::Result;
use vm::method::*;
use vm::object::*;
use vm::types::dict::DictExt as _;
use vm::types::typing::{alias, generic, no_default, paramspec, typevar, typevartuple};
use vm::types::{module, str_, type_};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_typing",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[o!(
    "_idfunc",
    |_: &Obj, x: &Obj| Ok(x.new_ref()),
    "($module, x, /)"
)];

fn exec(m: &Obj) -> Result<()> {
    for (name, tp) in [
        ("TypeVar", &typevar::TYPEVAR),
        ("ParamSpec", &paramspec::PARAMSPEC),
        ("ParamSpecArgs", &paramspec::PARAMSPEC_ARGS),
        ("ParamSpecKwargs", &paramspec::PARAMSPEC_KWARGS),
        ("TypeVarTuple", &typevartuple::TYPEVARTUPLE),
        ("TypeAliasType", &alias::TYPE_ALIAS),
        ("Generic", &generic::GENERIC),
    ] {
        module::add(m, name, tp.as_obj())?;
        module::set_type_module(tp)?;
    }
    // `Generic` inherits its constructor, as CPython's does.
    if let Some(d) = type_::own_dict(&generic::GENERIC) {
        d.del(str_::intern_str("__new__"))?;
        type_::modified(&generic::GENERIC);
    }
    module::add(m, "Union", _PyUnion_Type.as_obj())?;
    module::add(m, "NoDefault", &no_default::get())
}
