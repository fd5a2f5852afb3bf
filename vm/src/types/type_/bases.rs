//! Bases and subclasses: which base decides the layout, who derives from whom, and changing both afterwards.

use core::ptr;

use layout::*;

use super::{is_subtype, mro};
use crate::err::{self, Result, raise};
use crate::object::*;
use crate::slots;
use crate::types::dict::{self, DictExt as _};
use crate::types::tuple::{self, TupleExt as _};
use crate::types::{int, weakref};

/// The base of a type, if any.
pub fn base(tp: &PyTypeObject) -> Option<&PyTypeObject> {
    // SAFETY: a live type's base is live.
    unsafe { tp.tp_base.get().as_ref() }
}

/// Whether instances of `tp` and of its base are laid out otherwise. What is managed lies before the struct.
fn extra_fields(tp: &PyTypeObject, base: &PyTypeObject) -> bool {
    tp.tp_basicsize.get() != base.tp_basicsize.get()
        || tp.tp_itemsize.get() != base.tp_itemsize.get()
}

/// The nearest base that decides the layout of instances.
pub fn solid_base(tp: &PyTypeObject) -> &PyTypeObject {
    let solid = match base(tp) {
        Some(b) => solid_base(b),
        None => &PyBaseObject_Type,
    };
    if extra_fields(tp, solid) { tp } else { solid }
}

/// The base whose layout a new class with these bases extends.
pub fn best_base(bases: &PyTupleObject) -> Result<&PyTypeObject> {
    let mut best: Option<(&PyTypeObject, &PyTypeObject)> = None;
    for item in bases.items() {
        let Some(b) = item.downcast::<PyTypeObject>() else {
            return raise!(TypeError, "bases must be types");
        };
        super::ready::ready_base(b)?;
        if !has_flag(b, Py_TPFLAGS_BASETYPE) {
            return raise!(
                TypeError,
                "type '{}' is not an acceptable base type",
                type_name(b)
            );
        }
        let candidate = solid_base(b);
        best = match best {
            None => Some((b, candidate)),
            Some((_, winner)) if is_subtype(winner, candidate) => best,
            Some((_, winner)) if is_subtype(candidate, winner) => Some((b, candidate)),
            Some(_) => return raise!(TypeError, "multiple bases have instance lay-out conflict"),
        };
    }
    // SAFETY: the tuple keeps its items alive as long as it is borrowed.
    best.map(|(b, _)| unsafe { &*ptr::from_ref(b) })
        .map_or_else(|| raise!(TypeError, "no bases"), Ok)
}

fn subclasses(tp: &PyTypeObject) -> Option<&PyDictObject> {
    // SAFETY: the field is ours: null or a dict from addresses to weakrefs.
    unsafe { tp.tp_subclasses.get().cast::<PyDictObject>().as_ref() }
}

/// Notes that `tp` derives from `base`; weakly.
pub fn add_subclass(base: &PyTypeObject, tp: &PyTypeObject) -> Result<()> {
    if base.tp_subclasses.get().is_null() {
        base.tp_subclasses.set(dict::new().into_raw().cast());
    }
    let key = int::from_u64(tp.as_ptr() as u64);
    let reference = weakref::new_ref(tp.as_obj(), None)?;
    subclasses(base)
        .expect("just made")
        .set(key.as_obj(), &reference)
}

/// Forgets that `tp` derives from `base`.
pub fn remove_subclass(base: &PyTypeObject, tp: &PyTypeObject) {
    if let Some(known) = subclasses(base) {
        let key = int::from_u64(tp.as_ptr() as u64);
        if known.del(key.as_obj()).is_err() {
            err::clear();
        }
    }
}

/// Calls `f` for each live direct subclass, in the order of their creation.
pub fn for_each_subclass(tp: &PyTypeObject, f: &mut dyn FnMut(&PyTypeObject)) {
    let Some(known) = subclasses(tp) else { return };
    let mut pos = 0;
    while let Some((_, reference, _)) = known.next(&mut pos) {
        if let Some(sub) = weakref::get(&reference)
            && let Some(sub) = sub.downcast::<PyTypeObject>()
        {
            f(sub);
        }
    }
}

/// `type.__bases__ = ...`
pub fn set_bases(tp: &PyTypeObject, value: &Obj) -> Result<()> {
    super::check_mutable(tp, "__bases__")?;
    let Some(new) = value.downcast::<PyTupleObject>() else {
        return raise!(
            TypeError,
            "can only assign tuple to {}.__bases__, not {}",
            super::name_of(tp),
            value.tp_name()
        );
    };
    if new.items().is_empty() {
        return raise!(
            TypeError,
            "can only assign non-empty tuple to {}.__bases__, not ()",
            super::name_of(tp)
        );
    }
    for item in new.items() {
        let Some(b) = item.downcast::<PyTypeObject>() else {
            return raise!(
                TypeError,
                "{}.__bases__ must be tuple of classes, not '{}'",
                super::name_of(tp),
                item.tp_name()
            );
        };
        if is_subtype(b, tp) || has_base(b, tp) {
            return raise!(TypeError, "a __bases__ item causes an inheritance cycle");
        }
    }
    let new_base = best_base(new)?.to_ref();
    let old_base = base(tp).expect("a mutable class has a base").to_ref();
    compatible_for_assignment(&old_base, &new_base, "__bases__")?;
    let old_bases = tp.tp_bases.get_ref();
    set_base_fields(tp, new_base, Some(new.to_ref().into_obj()));
    let mut changed = Vec::new();
    let done = update_hierarchy(tp, &mut changed);
    // An `mro()` may have set other bases meanwhile: what it did stays.
    let ours = ptr::eq(tp.tp_bases.get(), new.as_ptr());
    if let Err(raised) = done {
        for change in changed.iter().rev() {
            change.undo();
        }
        if ours {
            set_base_fields(tp, old_base, old_bases);
        }
        return Err(raised);
    }
    if !ours {
        return Ok(());
    }
    if let Some(old) = &old_bases {
        // SAFETY: __bases__ is a tuple of types.
        for b in unsafe { old.cast::<PyTupleObject>() }.items() {
            // SAFETY: as above.
            remove_subclass(unsafe { b.cast::<PyTypeObject>() }, tp);
        }
    }
    for b in new.items() {
        // SAFETY: checked above.
        add_subclass(unsafe { b.cast::<PyTypeObject>() }, tp)?;
    }
    update_slots_below(tp);
    Ok(())
}

/// Sets `__base__` and `__bases__`; the class owns both.
fn set_base_fields(tp: &PyTypeObject, base: Ref<PyTypeObject>, bases: Option<Ref>) {
    let old = tp.tp_base.replace(base.into_raw().cast());
    // SAFETY: a heap type owns its base.
    drop(unsafe { Ref::<Obj>::from_owned_opt(old.cast()) });
    tp.tp_bases.set_ref(bases);
}

/// Whether `target` is on the chain of bases that decide `tp`'s layout.
fn has_base(tp: &PyTypeObject, target: &PyTypeObject) -> bool {
    core::iter::successors(Some(tp), |t| base(t)).any(|t| ptr::eq(t, target))
}

fn update_slots_below(tp: &PyTypeObject) {
    slots::fixup(tp);
    super::ready::settle_plainness(tp);
    for_each_subclass(tp, &mut update_slots_below);
}

/// The change of a class's MRO.
struct MroChange {
    class: Ref<PyTypeObject>,
    old: Option<Ref>,
    new: Option<Ref>,
}

impl MroChange {
    /// Takes the change back, unless the MRO has changed again since.
    fn undo(&self) {
        let new = self.new.as_ref().map_or(ptr::null_mut(), |m| m.as_ptr());
        if ptr::eq(self.class.tp_mro.get(), new) {
            self.class.tp_mro.set_ref(self.old.clone());
            super::modified(&self.class);
        }
    }
}

/// Makes the MROs of a class and everything below it anew; notes what changed.
fn update_hierarchy(tp: &PyTypeObject, changed: &mut Vec<MroChange>) -> Result<()> {
    let old = tp.tp_mro.get_ref();
    if !mro::update(tp)? {
        return Ok(()); // Somebody else has, and went on to the subclasses.
    }
    let new = tp.tp_mro.get_ref();
    changed.push(MroChange {
        class: tp.to_ref(),
        old,
        new,
    });
    for sub in subclass_list(tp) {
        // SAFETY: subclasses are types.
        update_hierarchy(unsafe { sub.cast::<PyTypeObject>() }, changed)?;
    }
    Ok(())
}

fn same_slots_added(a: &PyTypeObject, b: &PyTypeObject) -> bool {
    let (Some(base), true) = (
        base(a),
        base(a).map(ptr::from_ref) == base(b).map(ptr::from_ref),
    ) else {
        return false;
    };
    let size = a.tp_basicsize.get();
    if size != b.tp_basicsize.get()
        || a.tp_dictoffset.get() != b.tp_dictoffset.get()
        || a.tp_weaklistoffset.get() != b.tp_weaklistoffset.get()
    {
        return false;
    }
    if size == base.tp_basicsize.get() {
        return true;
    }
    if !has_flag(a, Py_TPFLAGS_HEAPTYPE) || !has_flag(b, Py_TPFLAGS_HEAPTYPE) {
        return false;
    }
    // SAFETY: heap types have the larger struct.
    let (sa, sb) = unsafe {
        (
            a.as_obj().cast::<PyHeapTypeObject>().ht_slots.get_ref(),
            b.as_obj().cast::<PyHeapTypeObject>().ht_slots.get_ref(),
        )
    };
    match (sa, sb) {
        (Some(sa), Some(sb)) => {
            crate::protocol::object::rich_compare_bool(&sa, &sb, super::builder::CompareOp::Eq)
                .unwrap_or_else(|_| {
                    err::clear();
                    false
                })
        }
        (None, None) => true,
        _ => false,
    }
}

fn compatible_with_base(tp: &PyTypeObject) -> bool {
    base(tp).is_some_and(|b| {
        tp.tp_basicsize.get() == b.tp_basicsize.get()
            && tp.tp_itemsize.get() == b.tp_itemsize.get()
            && tp.tp_dictoffset.get() == b.tp_dictoffset.get()
            && tp.tp_weaklistoffset.get() == b.tp_weaklistoffset.get()
            && (tp.tp_flags.get() ^ b.tp_flags.get())
                & (Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_INLINE_VALUES | Py_TPFLAGS_PREHEADER)
                == 0
            && (tp.tp_clear.get().map(|f| f as usize)
                == Some(super::subtype::clear as *const () as usize)
                || tp.tp_clear.get().map(|f| f as usize) == b.tp_clear.get().map(|f| f as usize))
    })
}

/// Whether an object of `old` could be one of `new` as it lies in memory; the error for `attribute` if not.
pub fn compatible_for_assignment(
    old: &PyTypeObject,
    new: &PyTypeObject,
    attribute: &str,
) -> Result<()> {
    if new.tp_free.get().map(|f| f as usize) != old.tp_free.get().map(|f| f as usize) {
        return raise!(
            TypeError,
            "{attribute} assignment: '{}' deallocator differs from '{}'",
            type_name(new),
            type_name(old)
        );
    }
    let (mut n, mut o) = (new, old);
    while compatible_with_base(n) {
        n = base(n).expect("checked");
    }
    while compatible_with_base(o) {
        o = base(o).expect("checked");
    }
    if ptr::eq(n, o)
        || (same_slots_added(n, o)
            && (n.tp_flags.get() ^ o.tp_flags.get())
                & (Py_TPFLAGS_INLINE_VALUES | Py_TPFLAGS_PREHEADER)
                == 0)
    {
        return Ok(());
    }
    raise!(
        TypeError,
        "{attribute} assignment: '{}' object layout differs from '{}'",
        type_name(new),
        type_name(old)
    )
}

/// A tuple of the direct subclasses, for `__subclasses__()`.
pub fn subclass_list(tp: &PyTypeObject) -> Vec<Ref> {
    let mut all = Vec::new();
    for_each_subclass(tp, &mut |sub| all.push(sub.as_obj().new_ref()));
    all
}

/// The common metaclass of a class statement (`_PyType_CalculateMetaclass`).
pub fn calculate_metaclass<'a>(
    meta: &'a PyTypeObject,
    bases: &'a PyTupleObject,
) -> Result<&'a PyTypeObject> {
    let mut winner = meta;
    for b in bases.items() {
        let t = b.ty();
        if is_subtype(winner, t) {
            continue;
        }
        if is_subtype(t, winner) {
            winner = t;
            continue;
        }
        return raise!(
            TypeError,
            "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases"
        );
    }
    // SAFETY: the winner is `meta` or the type of a base, both outlive the borrow of the arguments.
    Ok(unsafe { &*ptr::from_ref(winner) })
}

/// The tuple `(object,)`.
pub fn object_bases() -> Ref<PyTupleObject> {
    tuple::from_slice(&[PyBaseObject_Type.as_obj()])
}
