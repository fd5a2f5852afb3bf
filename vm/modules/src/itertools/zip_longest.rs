//! `zip_longest`: as `zip`, until the longest iterable ends.

use core::cell::Cell;

use crate::prelude::*;
use vm::types::dict::DictExt as _;

/// `zip_longest(*iterables, fillvalue=None)`.
#[repr(C)]
pub struct ZipLongest {
    ob_base: PyObject,
    /// Those that have ended are empty.
    iterators: Box<[Slot]>,
    /// How many have not ended.
    active: Cell<usize>,
    fill: Slot,
}

static_type!(ZipLongest, ZIP_LONGEST);

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<ZipLongest>()
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE)
        .owns_memory()
        .dealloc_drop::<ZipLongest>()
        .tp_traverse(|z: &ZipLongest, v: &mut Visitor| {
            z.iterators.iter().try_for_each(|it| v.slot(it))?;
            v.slot(&z.fill)
        })
        .generic_attributes()
        .iter_self()
        .tp_iternext(next)
        .tp_new(new)
        .text_signature(method_doc!("zip_longest", "(*iterables, fillvalue=None)"));
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let mut fill = none();
    if let Some(kwargs) = kwargs.filter(|k| k.len() > 0) {
        match kwargs.get_interned(intern!("fillvalue")) {
            Some(value) if kwargs.len() == 1 => fill = value,
            _ => {
                return raise!(
                    TypeError,
                    "zip_longest() got an unexpected keyword argument"
                );
            }
        }
    }
    let iterators = args
        .items()
        .iter()
        .map(|o| Ok(proto::iter(o)?.into()))
        .collect::<Result<Box<[Slot]>>>()?;
    let active = Cell::new(iterators.len());
    let z = ZipLongest {
        ob_base: header(),
        iterators,
        active,
        fill: fill.into(),
    };
    Ok(create(tp, z)?.into_obj())
}

fn next(z: &ZipLongest) -> Result<Option<Ref>> {
    if z.active.get() == 0 {
        return Ok(None);
    }
    let mut items = Vec::with_capacity(z.iterators.len());
    for slot in &z.iterators {
        let item = match slot.get() {
            Some(it) => match proto::next(&it) {
                Ok(Some(item)) => item,
                Ok(None) => {
                    // Code that ran meanwhile may have ended it already.
                    if slot.take().is_some() {
                        z.active.set(z.active.get().saturating_sub(1));
                    }
                    if z.active.get() == 0 {
                        return Ok(None);
                    }
                    held(&z.fill).new_ref()
                }
                Err(raised) => {
                    z.active.set(0);
                    return Err(raised);
                }
            },
            None => held(&z.fill).new_ref(),
        };
        items.push(item);
    }
    Ok(Some(tuple::from_vec(items).into_obj()))
}
