//! `_weakref`: the native half of `weakref`.

use layout::*;

use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::types::dict::table;
use vm::types::{list, module, weakref};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_weakref",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    o!("getweakrefcount", getweakrefcount, "($module, object, /)"),
    o!("getweakrefs", getweakrefs, "($module, object, /)"),
    fastcall!(
        "_remove_dead_weakref",
        remove_dead_weakref,
        "($module, dct, key, /)"
    ),
    fastcall!("proxy", proxy, "($module, object, callback=None, /)"),
];

fn exec(m: &Obj) -> Result<()> {
    let reference = _PyWeakref_RefType.as_obj();
    module::add(m, "ref", reference)?;
    module::add(m, "ReferenceType", reference)?;
    module::add(m, "ProxyType", _PyWeakref_ProxyType.as_obj())?;
    module::add(
        m,
        "CallableProxyType",
        _PyWeakref_CallableProxyType.as_obj(),
    )
}

fn getweakrefcount(_: &Obj, o: &Obj) -> Result<usize> {
    Ok(weakref::count(o))
}

fn getweakrefs(_: &Obj, o: &Obj) -> Result {
    Ok(list::from_vec(weakref::all(o)).into_obj())
}

/// Deletes `dct[key]` if the value is a dead weakref: in one step, so that a new value under the same key is safe.
fn remove_dead_weakref(_: &Obj, args: &[&Obj]) -> Result<()> {
    vm::args::expect("_remove_dead_weakref", args, 2..=2)?;
    let (dct, key) = (args[0], args[1]);
    let Some(d) = dct.downcast::<PyDictObject>() else {
        return raise!(
            TypeError,
            "_remove_dead_weakref() argument 1 must be dict, not {}",
            dct.tp_name()
        );
    };
    let hash = table::hash_key(key)?;
    if let Some(index) = table::find(d, key, hash)? {
        let Some(value) = table::value_at(d, index).map(Obj::new_ref) else {
            return Ok(());
        };
        if weakref::as_weakref(&value).is_none() {
            return raise!(TypeError, "not a weakref");
        }
        if weakref::get(&value).is_none() {
            drop(table::take_at(d, index));
        }
    }
    Ok(())
}

fn proxy(_: &Obj, args: &[&Obj]) -> Result {
    vm::args::expect("proxy", args, 1..=2)?;
    weakref::new_proxy(args[0], args.get(1).copied())
}
