//! `__build_class__`: what a class statement calls.

use layout::*;

use crate::err::{Result, raise};
use crate::intern;
use crate::method::Args;
use crate::object::*;
use crate::protocol::{call, object};
use crate::types::dict::{self, DictExt as _};
use crate::types::tuple::{self, TupleExt as _};
use crate::types::type_::bases::calculate_metaclass;
use crate::types::{cell, function, type_};

/// The bases with `__mro_entries__` applied (PEP 560).
fn resolve_bases(bases: &Ref<PyTupleObject>) -> Result<Ref<PyTupleObject>> {
    let mut resolved: Option<Vec<Ref>> = None;
    for (i, base) in bases.items().iter().enumerate() {
        if base.is::<PyTypeObject>() {
            if let Some(all) = &mut resolved {
                all.push(base.clone());
            }
            continue;
        }
        let Some(hook) = object::getattr_opt(base, intern!("__mro_entries__"))? else {
            if let Some(all) = &mut resolved {
                all.push(base.clone());
            }
            continue;
        };
        let entries = call::call1(&hook, bases.as_obj())?;
        let Some(entries) = entries.downcast::<PyTupleObject>() else {
            return raise!(TypeError, "__mro_entries__ must return a tuple");
        };
        resolved
            .get_or_insert_with(|| bases.items()[..i].to_vec())
            .extend_from_slice(entries.items());
    }
    Ok(resolved.map_or_else(|| bases.clone(), tuple::from_vec))
}

pub fn build_class(_: &Obj, given: Args<'_>) -> Result {
    let n = given.positional.len();
    if n < 2 {
        return raise!(TypeError, "__build_class__: not enough arguments");
    }
    let body = given.positional[0];
    if !function::is_function(body) {
        return raise!(TypeError, "__build_class__: func must be a function");
    }
    let name = given.positional[1];
    if !name.is::<PyUnicodeObject>() {
        return raise!(TypeError, "__build_class__: name is not a string");
    }
    let original = tuple::from_slice(&given.positional[2..]);
    let bases = resolve_bases(&original)?;
    let kwargs = type_::call::keyword_dict(&given)?.unwrap_or_else(dict::new);
    let mut meta = match kwargs.pop(intern!("metaclass"))? {
        Some(m) => m,
        None => match bases.items().first() {
            Some(b) => b.ty().as_obj().new_ref(),
            None => PyType_Type.as_obj().new_ref(),
        },
    };
    let is_class = meta.is::<PyTypeObject>();
    if let Some(m) = meta.downcast::<PyTypeObject>() {
        let winner = calculate_metaclass(m, &bases)?.as_obj().new_ref();
        meta = winner;
    }
    let kw = Some(&*kwargs).filter(|k| k.len() > 0);
    let namespace = match object::getattr_opt(&meta, intern!("__prepare__"))? {
        Some(prepare) => {
            call::call_tuple_dict(&prepare, &tuple::from_slice(&[name, bases.as_obj()]), kw)?
        }
        None => dict::new().into_obj(),
    };
    if !is_mapping(&namespace) {
        let shown = match meta.downcast::<PyTypeObject>() {
            Some(m) if is_class => type_name(m).to_owned(),
            _ => "<metaclass>".to_owned(),
        };
        return raise!(
            TypeError,
            "{shown}.__prepare__() must return a mapping, not {}",
            namespace.tp_name()
        );
    }
    let class_cell = function::run_class_body(body, &namespace)?;
    if !bases.as_obj().is_same(original.as_obj()) {
        object::setitem(&namespace, intern!("__orig_bases__"), original.as_obj())?;
    }
    let class = call::call_tuple_dict(
        &meta,
        &tuple::from_slice(&[name, bases.as_obj(), &namespace]),
        kw,
    )?;
    if class.is::<PyTypeObject>() && cell::is_cell(&class_cell) {
        match cell::get(&class_cell) {
            Some(in_cell) if in_cell.is_same(&class) => {}
            Some(in_cell) => {
                return raise!(
                    TypeError,
                    "__class__ set to {} defining {} as {}",
                    repr_lossy(&in_cell),
                    repr_lossy(name),
                    repr_lossy(&class)
                );
            }
            None => {
                return raise!(
                    RuntimeError,
                    "__class__ not set defining {} as {}. Was __classcell__ propagated to type.__new__?",
                    repr_lossy(name),
                    repr_lossy(&class)
                );
            }
        }
    }
    Ok(class)
}

/// Whether `o` can be subscripted (`PyMapping_Check`).
fn is_mapping(o: &Obj) -> bool {
    // SAFETY: suites are null or valid.
    unsafe { o.ty().tp_as_mapping.get().as_ref() }.is_some_and(|m| m.mp_subscript.get().is_some())
}
