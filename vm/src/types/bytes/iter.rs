//! The iterators over `bytes` and `bytearray`.

use core::cell::Cell;

use layout::{
    Py_TPFLAGS_HAVE_GC, PyByteArrayIter_Type, PyByteArrayObject, PyBytesIter_Type, PyBytesObject,
    PyObject, PyTypeObject,
};

use super::methods::ByteLike;
use crate::err::Result;
use crate::intern;
use crate::method::{Methods, noargs, o};
use crate::object::*;
use crate::types::str_::args::position;
use crate::types::type_::builder::TypeBuilder;
use crate::types::{int, tuple};

#[repr(C)]
pub struct BytesIter {
    ob_base: PyObject,
    index: Cell<usize>,
    bytes: Slot,
}

/// The same struct under the other type.
#[repr(transparent)]
pub struct ByteArrayIter(BytesIter);

impl Layout for BytesIter {
    fn type_object() -> &'static PyTypeObject {
        &PyBytesIter_Type
    }
}

impl Layout for ByteArrayIter {
    fn type_object() -> &'static PyTypeObject {
        &PyByteArrayIter_Type
    }
}

pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<BytesIter>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .new_disallowed()
        .dealloc_drop::<BytesIter>()
        .tp_traverse(|it: &BytesIter, v: &mut Visitor| v.slot(&it.bytes))
        .iter_self()
        .tp_iternext(next::<PyBytesObject>)
        .methods(METHODS);
}

pub fn define_bytearray(b: &mut TypeBuilder) {
    b.basicsize::<ByteArrayIter>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .new_disallowed()
        .dealloc_drop::<ByteArrayIter>()
        .tp_traverse(|it: &ByteArrayIter, v: &mut Visitor| v.slot(&it.0.bytes))
        .iter_self()
        .tp_iternext(|it: &ByteArrayIter| next::<PyByteArrayObject>(&it.0))
        .methods(BYTEARRAY_METHODS);
}

fn over(o: &Obj) -> BytesIter {
    BytesIter {
        ob_base: header(),
        index: Cell::new(0),
        bytes: Slot::new(Some(o.new_ref())),
    }
}

pub fn bytes_iter(b: &PyBytesObject) -> Result {
    Ok(create(&PyBytesIter_Type, over(b.as_obj()))?.into_obj())
}

pub fn bytearray_iter(b: &PyByteArrayObject) -> Result {
    Ok(create(&PyByteArrayIter_Type, ByteArrayIter(over(b.as_obj())))?.into_obj())
}

fn view<S: ByteLike + 'static>(it: &BytesIter) -> Option<&[u8]> {
    it.bytes
        .borrow()
        .and_then(|o| o.downcast::<S>())
        .map(S::view)
}

fn next<S: ByteLike + 'static>(it: &BytesIter) -> Result<Option<Ref>> {
    match view::<S>(it).and_then(|bytes| bytes.get(it.index.get())) {
        Some(&b) => {
            it.index.set(it.index.get() + 1);
            Ok(Some(int::from_i64(b.into()).into_obj()))
        }
        None => {
            it.bytes.set(None);
            Ok(None)
        }
    }
}

fn length_hint<S: ByteLike + 'static>(it: &BytesIter) -> Result<usize> {
    Ok(view::<S>(it).map_or(0, |bytes| bytes.len().saturating_sub(it.index.get())))
}

fn reduce(it: &BytesIter) -> Result {
    let iter = crate::builtin(intern!("iter"))?;
    // The look-up may have ended the iterator.
    match it.bytes.borrow() {
        Some(bytes) => {
            let index = int::from_usize(it.index.get());
            Ok(tuple::new(&[&iter, tuple::new(&[bytes]).as_obj(), index.as_obj()]).into_obj())
        }
        None => {
            let nothing = tuple::new(&[tuple::empty_ref().as_obj()]);
            Ok(tuple::pair(&iter, nothing.as_obj()).into_obj())
        }
    }
}

fn set_state<S: ByteLike + 'static>(it: &BytesIter, state: &Obj) -> Result<()> {
    let index = position(state, view::<S>(it).map_or(0, <[u8]>::len))?;
    it.index.set(index);
    Ok(())
}

static METHODS: Methods = &[
    noargs!(
        "__length_hint__",
        length_hint::<PyBytesObject>,
        "($self, /)"
    ),
    noargs!("__reduce__", reduce, "($self, /)"),
    o!(
        "__setstate__",
        set_state::<PyBytesObject>,
        "($self, object, /)"
    ),
];

static BYTEARRAY_METHODS: Methods = &[
    noargs!(
        "__length_hint__",
        |it: &ByteArrayIter| length_hint::<PyByteArrayObject>(&it.0),
        "($self, /)"
    ),
    noargs!(
        "__reduce__",
        |it: &ByteArrayIter| reduce(&it.0),
        "($self, /)"
    ),
    o!(
        "__setstate__",
        |it: &ByteArrayIter, state: &Obj| set_state::<PyByteArrayObject>(&it.0, state),
        "($self, object, /)"
    ),
];
