//! The method resolution order: C3 linearisation, or what a metaclass's `mro()` answers.

use core::ptr;

use layout::*;

use crate::err::{Result, raise};
use crate::intern;
use crate::object::*;
use crate::protocol::{call, object};
use crate::types::tuple::{self, TupleExt as _};

/// The C3 linearisation of `tp` and its bases.
pub fn linearise(tp: &PyTypeObject) -> Result<Vec<Ref>> {
    // SAFETY: tp_bases is a tuple of types by now.
    let bases = unsafe { &*tp.tp_bases.get().cast::<PyTupleObject>() };
    let mut lists: Vec<Vec<Ref>> = Vec::with_capacity(bases.items().len() + 1);
    for base in bases.items() {
        // SAFETY: as above.
        let b = unsafe { base.cast::<PyTypeObject>() };
        // SAFETY: tp_mro is null or a tuple.
        let Some(mro) = (unsafe { b.tp_mro.get().cast::<PyTupleObject>().as_ref() }) else {
            return raise!(
                TypeError,
                "Cannot extend an incomplete type '{}'",
                type_name(b)
            );
        };
        lists.push(mro.items().to_vec());
    }
    let mut order = vec![tp.as_obj().new_ref()];
    if lists.len() == 1 {
        order.append(&mut lists[0]);
        return Ok(order);
    }
    for (i, a) in bases.items().iter().enumerate() {
        if bases.items()[..i].iter().any(|b| b.is_same(a)) {
            // SAFETY: bases are types.
            let name = short_name(unsafe { a.cast::<PyTypeObject>() });
            return raise!(TypeError, "duplicate base class {name}");
        }
    }
    lists.push(bases.items().to_vec());
    let mut at = vec![0; lists.len()];
    loop {
        let heads: Vec<usize> = (0..lists.len())
            .filter(|&i| at[i] < lists[i].len())
            .collect();
        if heads.is_empty() {
            return Ok(order);
        }
        let good = heads.iter().map(|&i| &lists[i][at[i]]).find(|candidate| {
            !heads
                .iter()
                .any(|&i| lists[i][at[i] + 1..].iter().any(|t| t.is_same(candidate)))
        });
        let Some(next) = good.cloned() else {
            return inconsistent(&lists, &at);
        };
        for &i in &heads {
            if lists[i][at[i]].is_same(&next) {
                at[i] += 1;
            }
        }
        order.push(next);
    }
}

fn short_name(tp: &PyTypeObject) -> String {
    super::name_of(tp)
}

#[cold]
fn inconsistent(lists: &[Vec<Ref>], at: &[usize]) -> Result<Vec<Ref>> {
    let mut names: Vec<String> = Vec::new();
    for (list, &i) in lists.iter().zip(at) {
        if let Some(t) = list.get(i) {
            // SAFETY: an MRO holds types.
            let name = short_name(unsafe { t.cast::<PyTypeObject>() });
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    raise!(
        TypeError,
        "Cannot create a consistent method resolution order (MRO) for bases {}",
        names.join(", ")
    )
}

/// Computes and checks the MRO, asking the metaclass if it has its own `mro`.
pub fn compute(tp: &PyTypeObject) -> Result<Ref<PyTupleObject>> {
    if !is_custom(tp) {
        return Ok(tuple::from_vec(linearise(tp)?));
    }
    let answer = match call::special(tp.as_obj(), intern!("mro"), &[])? {
        Some(answer) => object::to_vec(&answer)?,
        None => return raise!(AttributeError, "mro"),
    };
    if answer.is_empty() {
        return raise!(TypeError, "type MRO must not be empty");
    }
    let solid = super::bases::solid_base(tp);
    for class in &answer {
        let Some(class) = class.downcast::<PyTypeObject>() else {
            return raise!(
                TypeError,
                "mro() returned a non-class ('{}')",
                class.tp_name()
            );
        };
        if !super::is_subtype(solid, super::bases::solid_base(class)) {
            return raise!(
                TypeError,
                "mro() returned base with unsuitable layout ('{}')",
                type_name(class)
            );
        }
    }
    Ok(tuple::from_vec(answer))
}

/// Whether the metaclass has an `mro` of its own.
fn is_custom(tp: &PyTypeObject) -> bool {
    let meta = tp.as_obj().ty();
    !ptr::eq(meta, &PyType_Type)
        && super::lookup(meta, intern!("mro")).is_some_and(|m| {
            super::lookup(&PyType_Type, intern!("mro")).is_none_or(|own| !own.is_same(m))
        })
}

/// Sets `tp_mro` anew and voids what was cached; false if a metaclass's `mro()` has set it meanwhile: then that one stays.
pub fn update(tp: &PyTypeObject) -> Result<bool> {
    let old = tp.tp_mro.get_ref();
    let custom = is_custom(tp);
    let mro = compute(tp)?;
    let before = old.as_ref().map_or(ptr::null_mut(), |m| m.as_ptr());
    if !ptr::eq(tp.tp_mro.get(), before) {
        return Ok(false);
    }
    tp.tp_mro.set_ref(Some(mro.into_obj()));
    super::modified(tp);
    if custom {
        // Its MRO may hold classes that do not know it as a subclass: they could not void its tag.
        tp.tp_versions_used.set(super::lookup::NEVER_CACHED);
    }
    Ok(true)
}
