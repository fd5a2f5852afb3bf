//! The two iterators over strings: one for ASCII strings, whose items are all at hand as static strings, and one for the
//! others.

use core::cell::Cell;

use layout::{PyObject, PyTypeObject, PyUnicodeIter_Type, PyUnicodeObject};

use super::args::position;
use super::data::{StrData, StrExt};
use super::ops::char_string;
use crate::err::Result;
use crate::intern;
use crate::method::{Methods, noargs, o};
use crate::object::*;
use crate::types::type_::builder::TypeBuilder;
use crate::types::{int, tuple};

pub static ASCII_ITER: PyTypeObject = PyTypeObject::statically_declared();

#[repr(C)]
pub struct StrIter {
    ob_base: PyObject,
    index: Cell<usize>,
    string: Slot,
}

/// The same struct under the other type.
#[repr(transparent)]
pub struct AsciiIter(StrIter);

// SAFETY: the types' instances are made by `iter` only.
impl Layout for StrIter {
    fn type_object() -> &'static PyTypeObject {
        &PyUnicodeIter_Type
    }
}

impl Layout for AsciiIter {
    fn type_object() -> &'static PyTypeObject {
        &ASCII_ITER
    }
}

pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<StrIter>()
        .flags(layout::Py_TPFLAGS_HAVE_GC)
        .new_disallowed()
        .dealloc_drop::<StrIter>()
        .tp_traverse(str_iter_traverse)
        .iter_self()
        .tp_iternext(str_iter_next)
        .methods(METHODS);
}

pub fn define_ascii(b: &mut TypeBuilder) {
    b.basicsize::<AsciiIter>()
        .flags(layout::Py_TPFLAGS_HAVE_GC)
        .new_disallowed()
        .dealloc_drop::<AsciiIter>()
        .tp_traverse(|it: &AsciiIter, v: &mut Visitor| str_iter_traverse(&it.0, v))
        .iter_self()
        .tp_iternext(ascii_iter_next)
        .methods(ASCII_METHODS);
}

/// `iter(s)`.
pub fn iter(s: &PyUnicodeObject) -> Result {
    let it = StrIter {
        ob_base: header(),
        index: Cell::new(0),
        string: Slot::new(Some(s.as_obj().new_ref())),
    };
    if s.is_ascii() {
        Ok(create(&ASCII_ITER, AsciiIter(it))?.into_obj())
    } else {
        Ok(create(&PyUnicodeIter_Type, it)?.into_obj())
    }
}

fn string(it: &StrIter) -> Option<&PyUnicodeObject> {
    it.string.borrow().and_then(|o| o.downcast())
}

fn str_iter_next(it: &StrIter) -> Result<Option<Ref>> {
    let Some(s) = string(it) else { return Ok(None) };
    let i = it.index.get();
    if i < s.len() {
        it.index.set(i + 1);
        return Ok(Some(char_string(s, i).into_obj()));
    }
    it.string.set(None);
    Ok(None)
}

fn ascii_iter_next(it: &AsciiIter) -> Result<Option<Ref>> {
    if let Some(s) = string(&it.0)
        && let StrData::Latin1(bytes) = s.data()
        && let Some(&c) = bytes.get(it.0.index.get())
    {
        it.0.index.set(it.0.index.get() + 1);
        return Ok(Some(super::latin1_single(c).into_obj()));
    }
    it.0.string.set(None);
    Ok(None)
}

fn length_hint(it: &StrIter) -> Result<usize> {
    Ok(string(it).map_or(0, |s| s.len() - it.index.get()))
}

fn reduce(it: &StrIter) -> Result {
    let iter = crate::builtin(intern!("iter"))?;
    match string(it) {
        Some(s) => {
            let index = int::from_usize(it.index.get());
            Ok(tuple::new(&[&iter, tuple::new(&[s.as_obj()]).as_obj(), index.as_obj()]).into_obj())
        }
        None => Ok(tuple::pair(&iter, tuple::new(&[super::empty().as_obj()]).as_obj()).into_obj()),
    }
}

fn set_state(it: &StrIter, state: &Obj) -> Result<()> {
    let index = position(state, string(it).map_or(0, |s| s.len()))?;
    it.index.set(index);
    Ok(())
}

pub static METHODS: Methods = &[
    noargs!("__length_hint__", length_hint, "($self, /)"),
    noargs!("__reduce__", reduce, "($self, /)"),
    o!("__setstate__", set_state, "($self, object, /)"),
];

pub static ASCII_METHODS: Methods = &[
    noargs!(
        "__length_hint__",
        |it: &AsciiIter| length_hint(&it.0),
        "($self, /)"
    ),
    noargs!("__reduce__", |it: &AsciiIter| reduce(&it.0), "($self, /)"),
    o!(
        "__setstate__",
        |it: &AsciiIter, state: &Obj| set_state(&it.0, state),
        "($self, object, /)"
    ),
];

fn str_iter_traverse(it: &StrIter, v: &mut Visitor) -> Visit {
    v.slot(&it.string)
}
