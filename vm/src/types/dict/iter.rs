//! The six iterators of dicts: keys, values and items, forwards and backwards.
//!
//! One struct serves all; the type says what `next` answers. Invariant: `used` is the dict's size when iteration began,
//! or `usize::MAX` once a change of size was reported, so that every later `next` reports it again.

use core::cell::Cell;

use layout::*;

use crate::err::Result;
use crate::method::*;
use crate::object::*;
use crate::raise;
use crate::types::type_::TypeBuilder;
use crate::types::{list, tuple};

use super::{DictExt, changed_size, table};

/// An iterator over a dict.
#[repr(C)]
pub struct DictIter {
    ob_base: PyObject,
    dict: Slot,
    used: Cell<usize>,
    pos: Cell<usize>,
    left: Cell<usize>,
}

impl Layout for DictIter {
    fn type_object() -> &'static PyTypeObject {
        &PyDictIterKey_Type
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Yields {
    Keys,
    Values,
    Items,
}

static METHODS: &[PyMethodDef] = &[
    noargs!("__length_hint__", length_hint, "($self, /)"),
    noargs!("__reduce__", reduce, "($self, /)"),
];

/// Defines one of the six types: the rows of the type table name it with the right `next`.
fn define(b: &mut TypeBuilder) -> &mut TypeBuilder {
    b.basicsize::<DictIter>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .dealloc_drop::<DictIter>()
        .tp_traverse(|it: &DictIter, v: &mut Visitor| v.slot(&it.dict))
        .tp_iter(|it: &DictIter| Ok(it.to_ref().into_obj()))
        .methods(METHODS)
        .new_disallowed()
}

/// One `define` for each iterator type.
pub mod define_iterators {
    use super::*;

    macro_rules! forward {
        ($($name:ident $yields:ident)*) => {$(
            /// Fills in the type.
            pub fn $name(b: &mut TypeBuilder) {
                define(b).tp_iternext(|it: &DictIter| forward(it, Yields::$yields));
            }
        )*};
    }
    macro_rules! backward {
        ($($name:ident $yields:ident)*) => {$(
            /// Fills in the type.
            pub fn $name(b: &mut TypeBuilder) {
                define(b).tp_iternext(|it: &DictIter| backward(it, Yields::$yields));
            }
        )*};
    }

    forward! { keys Keys values Values items Items }
    backward! { reverse_keys Keys reverse_values Values reverse_items Items }
}

fn is_reverse(tp: &PyTypeObject) -> bool {
    [
        &PyDictRevIterKey_Type,
        &PyDictRevIterValue_Type,
        &PyDictRevIterItem_Type,
    ]
    .iter()
    .any(|t| core::ptr::eq(*t, tp))
}

fn yields(tp: &PyTypeObject) -> Yields {
    let one_of = |types: [&PyTypeObject; 2]| types.iter().any(|t| core::ptr::eq(*t, tp));
    if one_of([&PyDictIterValue_Type, &PyDictRevIterValue_Type]) {
        Yields::Values
    } else if one_of([&PyDictIterItem_Type, &PyDictRevIterItem_Type]) {
        Yields::Items
    } else {
        Yields::Keys
    }
}

/// An iterator of type `tp`, one of the six.
pub fn new(d: &PyDictObject, tp: &'static PyTypeObject) -> Result {
    let start = if is_reverse(tp) {
        table::reverse_start(d)
    } else {
        0
    };
    let it = create(
        tp,
        DictIter {
            ob_base: header(),
            dict: Slot::new(Some(d.to_ref().into_obj())),
            used: Cell::new(d.len()),
            pos: Cell::new(start),
            left: Cell::new(d.len()),
        },
    )?;
    Ok(it.into_obj())
}

impl DictIter {
    /// The dict, until the iterator is exhausted; an error if its size has changed.
    #[inline(always)]
    fn dict(&self) -> Result<Option<&PyDictObject>> {
        let Some(d) = self.dict.borrow() else {
            return Ok(None);
        };
        // SAFETY: only dicts are stored.
        let d = unsafe { d.cast::<PyDictObject>() };
        if self.used.get() != d.len() {
            self.used.set(usize::MAX);
            return changed_size();
        }
        Ok(Some(d))
    }

    fn finish(&self) {
        self.dict.set(None);
    }
}

#[inline(always)]
fn pick(key: &Obj, value: &Obj, yields: Yields) -> Ref {
    match yields {
        Yields::Keys => key.new_ref(),
        Yields::Values => value.new_ref(),
        Yields::Items => tuple::pair(key, value).into_obj(),
    }
}

#[inline(always)]
fn forward(it: &DictIter, yields: Yields) -> Result<Option<Ref>> {
    let Some(d) = it.dict()? else { return Ok(None) };
    let mut pos = it.pos.get();
    let Some((key, value, _)) = table::next_at(d, &mut pos) else {
        it.finish();
        return Ok(None);
    };
    if it.left.get() == 0 {
        it.finish();
        return raise!(RuntimeError, "dictionary keys changed during iteration");
    }
    let answer = pick(key, value, yields);
    it.pos.set(pos);
    it.left.set(it.left.get() - 1);
    Ok(Some(answer))
}

fn backward(it: &DictIter, yields: Yields) -> Result<Option<Ref>> {
    let Some(d) = it.dict()? else { return Ok(None) };
    let mut pos = it.pos.get();
    let Some((key, value)) = table::previous_at(d, &mut pos) else {
        it.finish();
        return Ok(None);
    };
    if it.left.get() == 0 {
        it.finish();
        return raise!(RuntimeError, "dictionary keys changed during iteration");
    }
    let answer = pick(key, value, yields);
    it.pos.set(pos);
    it.left.set(it.left.get() - 1);
    Ok(Some(answer))
}

fn length_hint(it: &DictIter) -> Result<usize> {
    let same_size = it.dict.borrow().is_some_and(|d| {
        // SAFETY: only dicts are stored.
        unsafe { d.cast::<PyDictObject>() }.len() == it.used.get()
    });
    Ok(if same_size { it.left.get() } else { 0 })
}

/// `iter(list(it))`, made without using this iterator up.
fn reduce(it: &DictIter) -> Result {
    let tp = it.as_obj().ty();
    let copy = create(
        tp,
        DictIter {
            ob_base: header(),
            dict: Slot::new(it.dict.get()),
            used: it.used.clone(),
            pos: it.pos.clone(),
            left: it.left.clone(),
        },
    )?;
    let mut items = Vec::new();
    let (reverse, yields) = (is_reverse(tp), yields(tp));
    while let Some(item) = if reverse {
        backward(&copy, yields)?
    } else {
        forward(&copy, yields)?
    } {
        items.push(item);
    }
    let args = tuple::from_vec(vec![list::from_vec(items).into_obj()]);
    let iter = crate::builtin(crate::intern!("iter"))?;
    Ok(tuple::pair(&iter, args.as_obj()).into_obj())
}
