//! `Array` and its metaclass: so many instances of one class, one after the other.

use crate::cdata::{self, CData, Part};
use crate::chars;
use crate::codes::Extent;
use crate::info::{self, HAS_POINTER, IS_POINTER, Info, Kind};
use crate::metaclass::{CLASS_METHODS, CTYPE, CType};
use crate::prelude::*;
use vm::types::dict::{self, DictExt as _};
use vm::types::{genericalias, list, slice, weakref};

static_type!(ARRAY_META);
static_type!(ARRAY);

/// Fills in the metaclass.
pub fn define_meta(b: &mut TypeBuilder) {
    b.base(&CTYPE)
        .basicsize::<CType>()
        .destructible()
        .flags(Py_TPFLAGS_BASETYPE)
        .tp_init(init_class)
        .methods(CLASS_METHODS);
}

/// Fills in `Array`.
pub fn define(b: &mut TypeBuilder) {
    b.base(&cdata::CDATA)
        .basicsize::<CData>()
        .destructible()
        .flags(Py_TPFLAGS_BASETYPE)
        .tp_new(cdata::tp_new)
        .tp_init(init)
        .sq_length(|c: &CData| Ok(c.length()))
        .sq_item(item)
        .sq_ass_item(assign_item)
        .mp_length(|c: &CData| Ok(c.length()))
        .mp_subscript(subscript)
        .mp_ass_subscript(assign)
        .methods(METHODS);
}

static METHODS: &[PyMethodDef] = &[class_method(o!(
    "__class_getitem__",
    genericalias::class_getitem,
    "($type, object, /)"
))];

// ---- Classes ----

/// `ctype * length`: the array class, made at first use and forgotten when nobody uses it.
pub fn of_length(tp: &PyTypeObject, length: isize) -> Result {
    let Ok(n) = usize::try_from(length) else {
        return raise!(ValueError, "Array length must be >= 0, not {length}");
    };
    let info = info::of_type(tp);
    if let Some(found) = info.and_then(|i| weakref::get(i.arrays.borrow().get(&n)?)) {
        return Ok(found);
    }
    let body = dict::new();
    body.set_str("_length_", int::from_usize(n).as_obj())?;
    body.set_str("_type_", tp.as_obj())?;
    let name = str_::new(&format!("{:.200}_Array_{n}", type_name(tp)));
    let bases = tuple::from_slice(&[ARRAY.as_obj()]);
    let made = py_call::call(
        ARRAY_META.as_obj(),
        &[name.as_obj(), bases.as_obj(), body.as_obj()],
    )?;
    if let Some(info) = info {
        let reference = weakref::new_ref(&made, None)?;
        let mut arrays = info.arrays.borrow_mut();
        if arrays.len() == arrays.capacity() {
            arrays.retain(|_, r| weakref::get(r).is_some());
        }
        arrays.insert(n, reference);
    }
    Ok(made)
}

fn length_of(tp: &PyTypeObject) -> Result<usize> {
    let Some(length) = proto::getattr_opt(tp.as_obj(), intern!("_length_"))? else {
        return raise!(AttributeError, "class must define a '_length_' attribute");
    };
    let Some(n) = length.downcast::<PyLongObject>() else {
        return raise!(TypeError, "The '_length_' attribute must be an integer");
    };
    if n.is_negative() {
        return raise!(ValueError, "The '_length_' attribute must not be negative");
    }
    match n.to_i64() {
        Some(n) => Ok(n as usize),
        None => raise!(OverflowError, "The '_length_' attribute is too large"),
    }
}

fn init_class(tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>) -> Result<()> {
    let length = length_of(tp)?;
    let Some(class) = proto::getattr_opt(tp.as_obj(), intern!("_type_"))? else {
        return raise!(AttributeError, "class must define a '_type_' attribute");
    };
    let info = info::init(tp, Kind::Array)?;
    let Some(items) = info::of_class(&class) else {
        return raise!(TypeError, "_type_ must have storage info");
    };
    if let Some(format) = items.format() {
        info.set_format(&format);
    }
    let mut shape = vec![length as isize];
    shape.extend(items.shape());
    info.set_shape(shape);
    let size = items
        .size
        .get()
        .checked_mul(length)
        .filter(|&n| isize::try_from(n).is_ok());
    let Some(size) = size else {
        return raise!(OverflowError, "array too large");
    };
    if items.has_flag(IS_POINTER | HAS_POINTER) {
        info.add_flag(HAS_POINTER);
    }
    info.size.set(size);
    info.align.set(items.align.get());
    info.length.set(length);
    // Functions get arrays by their address.
    info.set_ffi(&raw mut libffi_sys::ffi_type_pointer);
    let text = if items.reads_as(b'c') {
        Some(chars::CHAR_GETSET)
    } else if items.reads_as(b'u') {
        Some(chars::WCHAR_GETSET)
    } else {
        None
    };
    info.proto.set(Some(class));
    text.map_or(Ok(()), |rows| chars::add(tp, rows))
}

// ---- Instances ----

fn info_of(c: &CData) -> Result<&Info> {
    info::required(c.as_obj().ty().as_obj())
}

fn part(c: &CData, index: isize) -> Result<Part<'_>> {
    let info = info_of(c)?;
    if index < 0 || index as usize >= c.length() {
        return raise!(IndexError, "invalid index");
    }
    let size = info.size.get() / info.length.get();
    Ok(Part {
        class: info.proto(),
        code: info.code.get(),
        index,
        extent: Extent::bytes(size),
        at: c.data().wrapping_add(index as usize * size),
    })
}

fn item(c: &CData, index: isize) -> Result {
    cdata::get(c, &part(c, index)?)
}

fn assign_item(c: &CData, index: isize, value: Option<&Obj>) -> Result<()> {
    let Some(value) = value else {
        return raise!(TypeError, "Array does not support item deletion");
    };
    cdata::set(c, &part(c, index)?, value)
}

fn init(c: &CData, args: &PyTupleObject, _: Option<&PyDictObject>) -> Result<()> {
    for (i, value) in args.objects().iter().enumerate() {
        assign_item(c, i as isize, Some(value))?;
    }
    Ok(())
}

/// An index as it counts from the start.
fn index(c: &CData, key: &Obj) -> Result<Option<isize>> {
    if !number::is_index(key) {
        return Ok(None);
    }
    let i = number::index_isize(key, Some(&exc::IndexError))?;
    Ok(Some(if i < 0 { i + c.length() as isize } else { i }))
}

fn subscript(c: &CData, key: &Obj) -> Result {
    if let Some(i) = index(c, key)? {
        return item(c, i);
    }
    let Some(s) = key.downcast::<PySliceObject>() else {
        return raise!(TypeError, "indices must be integers");
    };
    let indices = slice::unpack(s, c.length())?;
    if let Some(items) = info::of_class(info_of(c)?.proto())
        // SAFETY: the indices lie within the array.
        && let Some(text) = unsafe { chars::gather(items, c.data(), indices.start, indices.step, indices.len) }
    {
        return text;
    }
    let items: Result<Vec<Ref>> = indices.iter().map(|i| item(c, i as isize)).collect();
    Ok(list::from_vec(items?).into_obj())
}

fn assign(c: &CData, key: &Obj, value: Option<&Obj>) -> Result<()> {
    let Some(value) = value else {
        return raise!(TypeError, "Array does not support item deletion");
    };
    if let Some(i) = index(c, key)? {
        return assign_item(c, i, Some(value));
    }
    let Some(s) = key.downcast::<PySliceObject>() else {
        return raise!(TypeError, "indices must be integer");
    };
    let indices = slice::unpack(s, c.length())?;
    if proto::length(value)? != indices.len {
        return raise!(ValueError, "Can only assign sequence of same size");
    }
    for (n, i) in indices.iter().enumerate() {
        let item = proto::sequence_item(value, n as isize)?;
        assign_item(c, i as isize, Some(&item))?;
    }
    Ok(())
}
