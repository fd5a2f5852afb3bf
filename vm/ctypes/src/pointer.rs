//! `_Pointer` and its metaclass.

use crate::cdata::{self, CData, Part};
use crate::chars;
use crate::codes::Extent;
use crate::info::{self, IS_POINTER, Info, Kind};
use crate::keep;
use crate::metaclass::{CTYPE, CType, FROM_ADDRESS, FROM_BUFFER, FROM_BUFFER_COPY, IN_DLL};
use crate::prelude::*;
use vm::types::dict::DictExt as _;
use vm::types::list;

static_type!(POINTER_META);
static_type!(POINTER);

/// Fills in the metaclass.
pub fn define_meta(b: &mut TypeBuilder) {
    b.base(&CTYPE)
        .basicsize::<CType>()
        .destructible()
        .flags(Py_TPFLAGS_BASETYPE)
        .tp_init(init_class)
        .methods(CLASS_METHODS);
}

static CLASS_METHODS: &[PyMethodDef] = &[
    FROM_ADDRESS,
    FROM_BUFFER,
    FROM_BUFFER_COPY,
    IN_DLL,
    o!(
        "from_param",
        crate::from_param::pointer,
        "($self, value, /)"
    ),
    o!("set_type", set_type, "($self, type, /)"),
];

/// Fills in `_Pointer`.
pub fn define(b: &mut TypeBuilder) {
    b.base(&cdata::CDATA)
        .basicsize::<CData>()
        .destructible()
        .flags(Py_TPFLAGS_BASETYPE)
        .tp_new(new)
        .tp_init(init)
        .nb_bool(|c: &CData| Ok(!c.pointer().is_null()))
        .sq_item(item)
        .sq_ass_item(assign_item)
        .mp_subscript(subscript)
        .getset(GETSET);
}

static GETSET: &[PyGetSetDef] = &[getset!("contents", get_contents, set_contents)];

// ---- Classes ----

fn set_proto(tp: &PyTypeObject, info: &Info, class: &Obj) -> Result<()> {
    if as_class(class).is_none() {
        return raise!(TypeError, "_type_ must be a type");
    }
    let Some(target) = info::of_class(class) else {
        return raise!(TypeError, "{} must have storage info", repr_lossy(class));
    };
    info.proto.set(Some(class.new_ref()));
    if target.pointer_type.borrow().is_none() {
        target.pointer_type.set(Some(tp.as_obj().new_ref()));
    }
    Ok(())
}

fn init_class(tp: &PyTypeObject, args: &PyTupleObject, _: Option<&PyDictObject>) -> Result<()> {
    let body = args
        .objects()
        .get(2)
        .and_then(|b| b.downcast::<PyDictObject>());
    let Some(body) = body else {
        return raise!(IndexError, "tuple index out of range");
    };
    let info = info::init(tp, Kind::Pointer)?;
    info.size.set(size_of::<*mut u8>());
    info.align.set(align_of::<*mut u8>());
    info.length.set(1);
    info.set_ffi(&raw mut libffi_sys::ffi_type_pointer);
    info.add_flag(IS_POINTER);
    let Some(class) = body.get(intern!("_type_"))? else {
        return Ok(());
    };
    set_proto(tp, info, &class)?;
    let Some(target) = info::of_class(&class) else {
        return Ok(());
    };
    let format = target.format().unwrap_or_else(|| "B".to_owned());
    let shape = target.shape();
    let prefix = if shape.is_empty() {
        String::new()
    } else {
        let numbers: Vec<String> = shape.iter().map(isize::to_string).collect();
        format!("({})", numbers.join(","))
    };
    info.set_format(&format!("&{prefix}{format}"));
    Ok(())
}

fn set_type(tp: &PyTypeObject, class: &Obj) -> Result<()> {
    let info = info::required(tp.as_obj())?;
    set_proto(tp, info, class)?;
    type_::own_dict(tp)
        .expect("a ready type has a dict")
        .set(intern!("_type_"), class)?;
    type_::modified(tp);
    Ok(())
}

// ---- Instances ----

fn new(tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>) -> Result {
    if info::of_type(tp).is_none_or(|i| i.proto.borrow().is_none()) {
        return raise!(TypeError, "Cannot create instance: has no _type_");
    }
    cdata::new(tp)
}

fn init(c: &CData, args: &PyTupleObject, _: Option<&PyDictObject>) -> Result<()> {
    args::expect("POINTER", args.objects(), 0..=1)?;
    match args.objects().first() {
        Some(value) => set_contents(c, Some(value)),
        None => Ok(()),
    }
}

/// Where the pointer points.
fn target(c: &CData) -> Result<*mut u8> {
    match c.pointer() {
        p if p.is_null() => raise!(ValueError, "NULL pointer access"),
        p => Ok(p),
    }
}

fn info_of(c: &CData) -> Result<&Info> {
    info::required(c.as_obj().ty().as_obj())
}

fn part(c: &CData, index: isize) -> Result<Part<'_>> {
    let at = target(c)?;
    let info = info_of(c)?;
    let size = info::required(info.proto())?.size.get();
    Ok(Part {
        class: info.proto(),
        code: None,
        index,
        extent: Extent::bytes(size),
        at: at.wrapping_offset(index.wrapping_mul(size as isize)),
    })
}

fn item(c: &CData, index: isize) -> Result {
    cdata::get(c, &part(c, index)?)
}

fn assign_item(c: &CData, index: isize, value: Option<&Obj>) -> Result<()> {
    let Some(value) = value else {
        return raise!(TypeError, "Pointer does not support item deletion");
    };
    cdata::set(c, &part(c, index)?, value)
}

fn get_contents(c: &CData) -> Result {
    let at = target(c)?;
    cdata::part_of(info_of(c)?.proto(), c, 0, at)
}

fn set_contents(c: &CData, value: Option<&Obj>) -> Result<()> {
    let Some(value) = value else {
        return raise!(TypeError, "Pointer does not support item deletion");
    };
    let class = info_of(c)?.proto();
    let Some(to) = cdata::of(value) else {
        return raise!(
            TypeError,
            "expected {} instead of {}",
            class_name(class),
            value.tp_name()
        );
    };
    c.set_pointer(to.data());
    // A pointer keeps what it points to, and what that keeps.
    keep::keep(c, 1, value.new_ref())?;
    keep::keep(c, 0, keep::kept_by(to)?)
}

// ---- Slices: a pointer has no length, so negative indices mean what they say ----

fn bound(o: &Obj) -> Result<Option<isize>> {
    if o.is_none() {
        return Ok(None);
    }
    number::index_isize(o, Some(&exc::ValueError)).map(Some)
}

/// The start, the step and the length of a slice.
fn slice_parts(s: &PySliceObject) -> Result<(isize, isize, usize)> {
    let field = |f: &Cell<*mut PyObject>| bound(f.borrow_obj().unwrap_or(NONE()));
    let step = field(&s.step)?.unwrap_or(1);
    if step == 0 {
        return raise!(ValueError, "slice step cannot be zero");
    }
    let start = match field(&s.start)? {
        Some(start) => start,
        None if step < 0 => {
            return raise!(ValueError, "slice start is required for step < 0");
        }
        None => 0,
    };
    let Some(stop) = field(&s.stop)? else {
        return raise!(ValueError, "slice stop is required");
    };
    let len = if step > 0 && start < stop {
        (stop - start - 1) / step + 1
    } else if step < 0 && start > stop {
        (stop - start + 1) / step + 1
    } else {
        0
    };
    Ok((start, step, len as usize))
}

fn subscript(c: &CData, key: &Obj) -> Result {
    if number::is_index(key) {
        return item(c, number::index_isize(key, Some(&exc::IndexError))?);
    }
    let Some(s) = key.downcast::<PySliceObject>() else {
        return raise!(TypeError, "Pointer indices must be integer");
    };
    let (start, step, len) = slice_parts(s)?;
    let items = info::required(info_of(c)?.proto())?;
    // SAFETY: whoever made the pointer vouches for what it points to.
    if let Some(text) = unsafe { chars::gather(items, c.pointer(), start, step, len) } {
        return text;
    }
    let indices = (0..len as isize).map(|i| start + i * step);
    let items: Result<Vec<Ref>> = indices.map(|i| item(c, i)).collect();
    Ok(list::from_vec(items?).into_obj())
}
