//! `_abc`: the native half of `abc.ABCMeta`.
//!
//! An abstract class keeps, in `_abc_impl`, the classes registered with it, and caches of classes that are or are not
//! its subclasses. Registering anything anywhere may turn a "not" into an "is": a global counter says when negative
//! caches are too old.

mod checks;
mod data;
mod methods;
mod weak_set;

use layout::*;

use crate::prelude::*;
use data::AbcData;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_abc",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    noargs!(
        "get_cache_token",
        |_: &Obj| Ok(data::registrations()),
        "($module, /)"
    ),
    o!("_abc_init", abc_init, "($module, self, /)"),
    o!(
        "_reset_registry",
        |_: &Obj, class: &Obj| data::with(class, |d| d.registry.clear()),
        "($module, self, /)"
    ),
    o!(
        "_reset_caches",
        |_: &Obj, class: &Obj| data::with(class, AbcData::clear_caches),
        "($module, self, /)"
    ),
    o!(
        "_get_dump",
        |_: &Obj, class: &Obj| data::of(class)?.dump(),
        "($module, self, /)"
    ),
    fastcall!(
        "_abc_register",
        checks::register,
        "($module, self, subclass, /)"
    ),
    fastcall!(
        "_abc_instancecheck",
        checks::instance_check,
        "($module, self, instance, /)"
    ),
    fastcall!(
        "_abc_subclasscheck",
        checks::subclass_check,
        "($module, self, subclass, /)"
    ),
];

fn exec(_: &Obj) -> Result<()> {
    vm::shutdown::set_silent_callback(&weak_set::REMOVE);
    declare((&data::ABC_DATA, c"_abc._abc_data", data::define))
}

/// Makes a class abstract: finds its abstract methods, gives it a registry, and the kind of collection it says it is.
fn abc_init(_: &Obj, class: &Obj) -> Result<()> {
    methods::compute(class)?;
    let data = data::new(&data::ABC_DATA)?;
    proto::setattr(class, intern!("_abc_impl"), Some(&data))?;
    let Some(tp) = class.downcast::<PyTypeObject>() else {
        return Ok(());
    };
    checks::take_collection_flags(tp)
}
