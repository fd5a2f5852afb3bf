//! Which methods of a class are abstract: `__abstractmethods__`.

use crate::prelude::*;
use vm::types::set::{self, SetExt as _};

/// `o.__isabstractmethod__`, if there is such a thing.
fn is_abstract(o: &Obj) -> Result<bool> {
    match proto::getattr_opt(o, intern!("__isabstractmethod__"))? {
        Some(flag) => proto::is_true(&flag),
        None => Ok(false),
    }
}

/// Sets `__abstractmethods__`: the class's own, and those of its bases that it has not replaced.
pub fn compute(class: &Obj) -> Result<()> {
    let abstracts = set::new_frozenset(None)?;
    let namespace = proto::getattr(class, intern!("__dict__"))?;
    // A snapshot: being asked whether they are abstract may let methods change the namespace.
    for item in proto::to_vec(&*call::call_method(&namespace, "items", &[])?)? {
        let pair = err::suppress(proto::to_vec(&item), &exc::TypeError)?;
        let Some(pair) = pair else {
            return raise!(TypeError, "items() returned non-iterable");
        };
        let [name, value] = &pair[..] else {
            return raise!(TypeError, "items() returned item which size is not 2");
        };
        if is_abstract(value)? {
            abstracts.add(name)?;
        }
    }
    let bases = proto::getattr(class, intern!("__bases__"))?;
    let Some(bases) = bases.downcast::<PyTupleObject>() else {
        return raise!(TypeError, "__bases__ is not tuple");
    };
    for base in bases.items() {
        let Some(inherited) = proto::getattr_opt(base, intern!("__abstractmethods__"))? else {
            continue;
        };
        proto::for_each(&inherited, |name| {
            if let Some(value) = proto::getattr_opt(class, &name)?
                && is_abstract(&value)?
            {
                abstracts.add(&name)?;
            }
            Ok(())
        })?;
    }
    proto::setattr(
        class,
        intern!("__abstractmethods__"),
        Some(abstracts.as_obj()),
    )
}
