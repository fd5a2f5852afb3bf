//! `register`, `isinstance` and `issubclass` of abstract classes.

use super::data::{self, AbcData};
use crate::prelude::*;
use vm::types::dict::DictExt as _;
use vm::types::int::IntExt as _;
use vm::types::type_;

/// The flags that pattern matching knows collections by.
const COLLECTION: core::ffi::c_ulong = Py_TPFLAGS_SEQUENCE | Py_TPFLAGS_MAPPING;

/// Takes `__abc_tpflags__` out of a class, and gives the class those flags.
pub fn take_collection_flags(tp: &PyTypeObject) -> Result<()> {
    let Some(dict) = type_::own_dict(tp) else {
        return Ok(());
    };
    let Some(value) = dict.pop(intern!("__abc_tpflags__"))? else {
        return Ok(());
    };
    let Some(value) = value.downcast_exact::<PyLongObject>() else {
        return Ok(());
    };
    let flags = value.to_i64_or_overflow("long")? as core::ffi::c_ulong & COLLECTION;
    if flags == COLLECTION {
        return raise!(
            TypeError,
            "__abc_tpflags__ cannot be both Py_TPFLAGS_SEQUENCE and Py_TPFLAGS_MAPPING"
        );
    }
    tp.tp_flags.set(tp.tp_flags.get() | flags);
    Ok(())
}

/// Makes a class and its subclasses the same kind of collection.
fn spread_collection_flags(tp: &PyTypeObject, flags: core::ffi::c_ulong) {
    let now = tp.tp_flags.get();
    if now & Py_TPFLAGS_IMMUTABLETYPE != 0 || now & COLLECTION == flags {
        return;
    }
    tp.tp_flags.set(now & !COLLECTION | flags);
    type_::for_each_subclass(tp, &mut |sub| spread_collection_flags(sub, flags));
}

/// `_abc_register(self, subclass)`.
pub fn register(_: &Obj, args: &[&Obj]) -> Result {
    args::expect("_abc_register", args, 2..=2)?;
    let (class, subclass) = (args[0], args[1]);
    let Some(subtype) = subclass.downcast::<PyTypeObject>() else {
        return raise!(TypeError, "Can only register classes");
    };
    if proto::is_subclass(subclass, class)? {
        return Ok(subclass.new_ref());
    }
    // After the test above, so that `X.register(X)` does nothing instead of failing.
    if proto::is_subclass(class, subclass)? {
        return raise!(RuntimeError, "Refusing to create an inheritance cycle");
    }
    data::of(class)?.registry.add(subclass)?;
    data::count_registration();
    if let Some(tp) = class.downcast::<PyTypeObject>() {
        let flags = tp.tp_flags.get() & COLLECTION;
        if flags != 0 {
            spread_collection_flags(subtype, flags);
        }
    }
    Ok(subclass.new_ref())
}

fn ask(class: &Obj, subclass: &Obj) -> Result {
    call::method(class, intern!("__subclasscheck__"), &[subclass])
}

/// `_abc_instancecheck(self, instance)`: by `instance.__class__`, then by the type it really has.
pub fn instance_check(_: &Obj, args: &[&Obj]) -> Result {
    args::expect("_abc_instancecheck", args, 2..=2)?;
    let (class, instance) = (args[0], args[1]);
    let data = data::of(class)?;
    // Held: the checks may give the instance another class.
    let real = instance.ty().to_ref().into_obj();
    let claimed =
        proto::getattr_opt(instance, intern!("__class__"))?.unwrap_or_else(|| real.clone());
    if data.cache.contains(&claimed)? {
        return Ok(true_());
    }
    if real.is_same(&claimed) {
        if data.is_up_to_date() && data.negative_cache.contains(&claimed)? {
            return Ok(false_());
        }
        return ask(class, &claimed);
    }
    let answer = ask(class, &claimed)?;
    if proto::is_true(&answer)? {
        Ok(answer)
    } else {
        ask(class, &real)
    }
}

/// `_abc_subclasscheck(self, subclass)`.
pub fn subclass_check(_: &Obj, args: &[&Obj]) -> Result<bool> {
    args::expect("_abc_subclasscheck", args, 2..=2)?;
    let (class, subclass) = (args[0], args[1]);
    if !subclass.is::<PyTypeObject>() {
        return raise!(TypeError, "issubclass() arg 1 must be a class");
    }
    let data = data::of(class)?;
    if data.cache.contains(subclass)? {
        return Ok(true);
    }
    data.update();
    if data.negative_cache.contains(subclass)? {
        return Ok(false);
    }
    let found = find_out(class, subclass, &data)?;
    if found != Found::AlreadyKnown {
        let cache = if found == Found::No {
            &data.negative_cache
        } else {
            &data.cache
        };
        cache.add(subclass)?;
    }
    Ok(found != Found::No)
}

#[derive(PartialEq)]
enum Found {
    Yes,
    No,
    /// Yes, by an entry of the registry, which is as fast as the cache.
    AlreadyKnown,
}

impl From<bool> for Found {
    fn from(yes: bool) -> Found {
        if yes { Found::Yes } else { Found::No }
    }
}

/// Asks, in this order: the class's hook, the subclass's MRO, the registered classes, the class's own subclasses.
fn find_out(class: &Obj, subclass: &Obj, data: &AbcData) -> Result<Found> {
    let hook = call::method(class, intern!("__subclasshook__"), &[subclass])?;
    if hook.is_same(TRUE()) || hook.is_same(FALSE()) {
        return Ok(hook.is_same(TRUE()).into());
    }
    if !hook.is_same(NOT_IMPLEMENTED()) {
        return raise!(
            AssertionError,
            "__subclasshook__ must return either False, True, or NotImplemented"
        );
    }
    if in_mro(class, subclass) {
        return Ok(Found::Yes);
    }
    if data.registry.contains(subclass)? {
        return Ok(Found::AlreadyKnown);
    }
    for registered in data.registry.living() {
        if proto::is_subclass(subclass, &registered)? {
            return Ok(Found::Yes);
        }
    }
    let subclasses = call::method(class, intern!("__subclasses__"), &[])?;
    if !subclasses.is::<PyListObject>() {
        return raise!(TypeError, "__subclasses__() must return a list");
    }
    for sub in proto::to_vec(&subclasses)? {
        if proto::is_subclass(subclass, &sub)? {
            return Ok(Found::Yes);
        }
    }
    Ok(Found::No)
}

fn in_mro(class: &Obj, subclass: &Obj) -> bool {
    let mro = subclass
        .downcast::<PyTypeObject>()
        .and_then(|tp| tp.tp_mro.get_ref());
    let mro = mro.as_ref().and_then(|m| m.downcast::<PyTupleObject>());
    mro.is_some_and(|m| m.items().iter().any(|c| c.is_same(class)))
}
