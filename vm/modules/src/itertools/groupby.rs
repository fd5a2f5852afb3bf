//! `groupby`: runs of items with equal keys, and `_grouper`, the iterator over one run.
//!
//! Both take items from the same source, so a group ends for good when the next one is asked for: `current` is the
//! grouper whose turn it is.

use core::cell::Cell;

use super::iterator;
use crate::prelude::*;

/// `groupby(iterable, key=None)`.
#[repr(C)]
pub struct GroupBy {
    ob_base: PyObject,
    it: Slot,
    /// Empty to take the items themselves.
    key: Slot,
    /// The key of the group that was last begun.
    target_key: Slot,
    /// The key of the item read last; empty once that is given out.
    key_read: Slot,
    /// The item read last.
    value_read: Slot,
    /// Only compared, never followed.
    current: Cell<*const Grouper>,
}

/// One group.
#[repr(C)]
pub struct Grouper {
    ob_base: PyObject,
    /// The [`GroupBy`].
    parent: Slot,
    target_key: Slot,
}

static_type!(GroupBy, GROUPBY);
static_type!(Grouper, GROUPER);

/// Fills in `groupby`.
pub fn define(b: &mut TypeBuilder) {
    iterator!(
        b,
        GroupBy,
        [it, key, target_key, key_read, value_read],
        next
    )
    .tp_new(new)
    .text_signature(method_doc!("groupby", "(iterable, key=None)"));
}

/// Fills in `_grouper`.
pub fn define_grouper(b: &mut TypeBuilder) {
    b.basicsize::<Grouper>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .dealloc_drop::<Grouper>()
        .tp_traverse(|g: &Grouper, v: &mut Visitor| {
            v.slot(&g.parent)?;
            v.slot(&g.target_key)
        })
        .generic_attributes()
        .iter_self()
        .tp_iternext(grouper_next)
        .tp_new(grouper_new);
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new("groupby", "(iterable, key=None)");
    let [iterable, key] = SIGNATURE.bind(args, kwargs)?;
    let it = proto::iter(required(iterable))?;
    let g = GroupBy {
        ob_base: header(),
        it: it.into(),
        key: optional(key),
        target_key: Slot::empty(),
        key_read: Slot::empty(),
        value_read: Slot::empty(),
        current: Cell::new(core::ptr::null()),
    };
    Ok(create(tp, g)?.into_obj())
}

/// Reads an item and its key; false at the end.
fn step(g: &GroupBy) -> Result<bool> {
    let Some(value) = proto::next(held(&g.it))? else {
        return Ok(false);
    };
    let key = match g.key.borrow() {
        Some(f) => call::call1(f, &value)?,
        None => value.clone(),
    };
    g.value_read.set(Some(value));
    g.key_read.set(Some(key));
    Ok(true)
}

fn next(g: &GroupBy) -> Result<Option<Ref>> {
    g.current.set(core::ptr::null());
    let key = loop {
        if let Some(read) = g.key_read.get() {
            let Some(target) = g.target_key.get() else {
                break read;
            };
            if !proto::rich_compare_bool(&target, &read, CompareOp::Eq)? {
                break read;
            }
        }
        if !step(g)? {
            return Ok(None);
        }
    };
    g.target_key.set(Some(key.clone()));
    let group = make_grouper(g, &key)?;
    Ok(Some(tuple::from_array([key, group]).into_obj()))
}

fn make_grouper(parent: &GroupBy, target_key: &Obj) -> Result {
    let grouper = Grouper {
        ob_base: header(),
        parent: holding(parent.as_obj()),
        target_key: holding(target_key),
    };
    let grouper = create(&GROUPER, grouper)?;
    parent.current.set(&raw const *grouper);
    Ok(grouper.into_obj())
}

fn grouper_new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let [parent, target_key] = exactly("_grouper", &GROUPER, tp, args, kwargs)?;
    match parent.downcast::<GroupBy>() {
        Some(parent) => make_grouper(parent, target_key),
        None => raise!(
            TypeError,
            "_grouper() argument 1 must be itertools.groupby, not {}",
            parent.tp_name()
        ),
    }
}

fn grouper_next(grouper: &Grouper) -> Result<Option<Ref>> {
    let Some(g) = grouper
        .parent
        .borrow()
        .and_then(|p| p.downcast::<GroupBy>())
    else {
        return Ok(None);
    };
    if !core::ptr::eq(g.current.get(), grouper) {
        return Ok(None);
    }
    if g.value_read.borrow().is_none() && !step(g)? {
        return Ok(None);
    }
    let Some(key) = g.key_read.get() else {
        return Ok(None);
    };
    if !proto::rich_compare_bool(held(&grouper.target_key), &key, CompareOp::Eq)? {
        return Ok(None);
    }
    g.key_read.set(None);
    Ok(g.value_read.take())
}
