//! `odict_keys`, `odict_values`, `odict_items` and `odict_iterator`: dict's views with iterators that notice reordering.

use core::cell::Cell;

use layout::*;

use crate::err::Result;
use crate::method::*;
use crate::object::*;
use crate::raise;
use crate::types::dict::{DictExt, table};
use crate::types::dictviews::{self, DictView};
use crate::types::odict::OrderedDict;
use crate::types::type_::TypeBuilder;
use crate::types::{list, tuple};

/// What an iterator answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Yields {
    /// Keys.
    Keys,
    /// Values.
    Values,
    /// Pairs.
    Items,
}

/// An iterator over an ordered dict.
#[repr(C)]
pub struct ODictIter {
    ob_base: PyObject,
    dict: Slot,
    yields: Yields,
    reverse: bool,
    pos: Cell<usize>,
    size: Cell<usize>,
    state: Cell<usize>,
}

impl Layout for ODictIter {
    fn type_object() -> &'static PyTypeObject {
        &PyODictIter_Type
    }
}

static ITER_METHODS: &[PyMethodDef] = &[noargs!("__reduce__", reduce, "($self, /)")];
static VIEW_METHODS: &[PyMethodDef] = &[noargs!("__reversed__", view_reversed, "($self, /)")];

/// Fills in `odict_iterator`.
pub fn define_iterator(b: &mut TypeBuilder) {
    b.basicsize::<ODictIter>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .dealloc_drop::<ODictIter>()
        .tp_traverse(|it: &ODictIter, v: &mut Visitor| v.slot(&it.dict))
        .iter_self()
        .tp_iternext(next)
        .methods(ITER_METHODS)
        .new_disallowed();
}

fn define_view(b: &mut TypeBuilder, base: &'static PyTypeObject) {
    b.basicsize::<DictView>()
        .base(base)
        .flags(Py_TPFLAGS_HAVE_GC)
        .dealloc_drop::<DictView>()
        .tp_traverse(dictviews::traverse)
        .tp_iter(|view: &DictView| view_iter(view, false))
        .methods(VIEW_METHODS)
        .new_disallowed();
}

/// Fills in `odict_keys`.
pub fn define_keys(b: &mut TypeBuilder) {
    define_view(b, &PyDictKeys_Type);
}

/// Fills in `odict_values`.
pub fn define_values(b: &mut TypeBuilder) {
    define_view(b, &PyDictValues_Type);
}

/// Fills in `odict_items`.
pub fn define_items(b: &mut TypeBuilder) {
    define_view(b, &PyDictItems_Type);
}

/// A view of type `tp`, one of the three.
pub fn new(d: &OrderedDict, tp: &'static PyTypeObject) -> Result {
    dictviews::new(&d.dict, tp)
}

fn view_iter(view: &DictView, reverse: bool) -> Result {
    let tp: *const PyTypeObject = view.as_obj().ty();
    let yields = if core::ptr::eq(tp, &PyODictKeys_Type) {
        Yields::Keys
    } else if core::ptr::eq(tp, &PyODictItems_Type) {
        Yields::Items
    } else {
        Yields::Values
    };
    match view
        .dict()
        .and_then(|d| d.as_obj().downcast::<OrderedDict>())
    {
        Some(d) => iterate(d, yields, reverse),
        None => Ok(none()),
    }
}

fn view_reversed(view: &DictView) -> Result {
    view_iter(view, true)
}

/// An iterator over an ordered dict.
pub fn iterate(d: &OrderedDict, yields: Yields, reverse: bool) -> Result {
    let it = ODictIter {
        ob_base: header(),
        dict: Slot::new(Some(d.to_ref().into_obj())),
        yields,
        reverse,
        pos: Cell::new(if reverse {
            table::reverse_start(&d.dict)
        } else {
            0
        }),
        size: Cell::new(d.dict.len()),
        state: Cell::new(d.state.get()),
    };
    Ok(create(&PyODictIter_Type, it)?.into_obj())
}

fn next(it: &ODictIter) -> Result<Option<Ref>> {
    let Some(o) = it.dict.borrow() else {
        return Ok(None);
    };
    // SAFETY: only ordered dicts are stored.
    let d = unsafe { o.cast::<OrderedDict>() };
    if d.state.get() != it.state.get() {
        it.dict.set(None);
        return raise!(RuntimeError, "OrderedDict mutated during iteration");
    }
    if d.dict.len() != it.size.get() {
        it.size.set(usize::MAX);
        return raise!(RuntimeError, "OrderedDict changed size during iteration");
    }
    let mut pos = it.pos.get();
    let entry = if it.reverse {
        table::previous_at(&d.dict, &mut pos)
    } else {
        table::next_at(&d.dict, &mut pos).map(|(key, value, _)| (key, value))
    };
    let Some((key, value)) = entry else {
        it.dict.set(None);
        return Ok(None);
    };
    let answer = match it.yields {
        Yields::Keys => key.new_ref(),
        Yields::Values => value.new_ref(),
        Yields::Items => tuple::pair(key, value).into_obj(),
    };
    it.pos.set(pos);
    Ok(Some(answer))
}

/// `iter(list(it))`, made without using this iterator up.
fn reduce(it: &ODictIter) -> Result {
    let copy = create(
        &PyODictIter_Type,
        ODictIter {
            ob_base: header(),
            dict: Slot::new(it.dict.get()),
            yields: it.yields,
            reverse: it.reverse,
            pos: it.pos.clone(),
            size: it.size.clone(),
            state: it.state.clone(),
        },
    )?;
    let mut items = Vec::new();
    while let Some(item) = next(&copy)? {
        items.push(item);
    }
    let args = tuple::from_vec(vec![list::from_vec(items).into_obj()]);
    Ok(tuple::pair(&*crate::builtin(crate::intern!("iter"))?, args.as_obj()).into_obj())
}
