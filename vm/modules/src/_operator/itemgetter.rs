//! `itemgetter`: a callable that gets items of its argument.

use core::mem::offset_of;

use super::{call_signature, described, only};
use crate::prelude::*;
use vm::types::int::IntExt as _;

/// `itemgetter(item, /, *items)`.
#[repr(C)]
pub struct ItemGetter {
    ob_base: PyObject,
    /// A tuple of keys.
    items: Slot,
    /// The index, if there is one key and it is a small int that is not negative; else -1.
    index: isize,
    vectorcall: vectorcallfunc,
}

static_type!(ItemGetter, ITEMGETTER);

static METHODS: &[PyMethodDef] = &[noargs!("__reduce__", reduce, "($self, /)")];
static GETSET: &[PyGetSetDef] = &[getset!("__text_signature__", call_signature)];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<ItemGetter>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .vectorcall_offset(offset_of!(ItemGetter, vectorcall))
        .dealloc_drop::<ItemGetter>()
        .tp_traverse(|g: &ItemGetter, v: &mut Visitor| v.slot(&g.items))
        .tp_clear(|g: &ItemGetter| g.items.set(None))
        .generic_attributes()
        .tp_new(new)
        .tp_repr(|g: &ItemGetter| described(g.as_obj(), held_tuple(&g.items).items(), &[]))
        .text_signature(method_doc!("itemgetter", "(item, /, *items)"))
        .methods(METHODS)
        .getset(GETSET);
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    args::no_keywords("itemgetter", kwargs)?;
    let index = match args.items() {
        [] => return raise!(TypeError, "itemgetter expected 1 argument, got 0"),
        [only] => only
            .downcast_exact::<PyLongObject>()
            .and_then(|n| n.to_i64())
            .filter(|n| *n >= 0),
        _ => None,
    };
    let g = ItemGetter {
        ob_base: header(),
        items: holding(args.as_obj()),
        index: index.map_or(-1, |n| n as isize),
        vectorcall: vectorcall(call),
    };
    Ok(create(tp, g)?.into_obj())
}

fn call(g: &ItemGetter, args: Args<'_>) -> Result {
    let o = only("itemgetter", &args)?;
    let items = held_tuple(&g.items).to_ref();
    let [key] = items.items() else {
        let values = items
            .items()
            .iter()
            .map(|key| proto::getitem(o, key))
            .collect::<Result<Vec<Ref>>>()?;
        return Ok(tuple::from_vec(values).into_obj());
    };
    if g.index >= 0
        && let Some(t) = o.downcast_exact::<PyTupleObject>()
        && let Some(item) = t.items().get(g.index as usize)
    {
        return Ok(item.clone());
    }
    proto::getitem(o, key)
}

fn reduce(g: &ItemGetter) -> Result {
    Ok(tuple::pair(g.as_obj().ty().as_obj(), held(&g.items)).into_obj())
}
