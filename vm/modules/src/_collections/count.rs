//! `_count_elements`: the loop of `Counter.update`.

use layout::*;

use vm::err::Result;
use vm::object::*;
use vm::protocol::{call, number, object as proto};
use vm::types::dict::{self, DictExt};
use vm::types::int;

/// Counts the items of an iterable in a mapping. Plain dicts' `get` and `[]=` are not looked up for each item.
pub fn count_elements(_: &Obj, args: &[&Obj]) -> Result<()> {
    vm::args::expect("_count_elements", args, 2..=2)?;
    let mapping = args[0];
    let it = proto::iter(args[1])?;
    match mapping
        .downcast::<PyDictObject>()
        .filter(|_| is_plain(mapping))
    {
        Some(d) => count_in_dict(d, &it),
        None => count_in_mapping(mapping, &it),
    }
}

/// Whether `get` and `__setitem__` are those of dict.
fn is_plain(mapping: &Obj) -> bool {
    let same = |name: &Obj| {
        let own = vm::types::type_::lookup(mapping.ty(), name);
        let builtin = vm::types::type_::lookup(&PyDict_Type, name);
        own.zip(builtin).is_some_and(|(a, b)| a.is_same(b))
    };
    same(vm::intern!("get")) && same(vm::intern!("__setitem__"))
}

fn count_in_dict(d: &PyDictObject, it: &Obj) -> Result<()> {
    let one = int::from_i64(1);
    while let Some(key) = proto::next(it)? {
        let hash = proto::hash(&key)?;
        let count = match d.get_hashed(&key, hash)? {
            None => one.clone().into_obj(),
            Some(old) => number::add(&old, one.as_obj())?,
        };
        dict::table::insert(d, &key, hash, &count)?;
    }
    Ok(())
}

fn count_in_mapping(mapping: &Obj, it: &Obj) -> Result<()> {
    let get = proto::getattr(mapping, vm::intern!("get"))?;
    let (zero, one) = (int::from_i64(0), int::from_i64(1));
    while let Some(key) = proto::next(it)? {
        let old = call::call(&get, &[&key, zero.as_obj()])?;
        let count = number::add(&old, one.as_obj())?;
        proto::setitem(mapping, &key, &count)?;
    }
    Ok(())
}
