//! `Structure`, `Union` and their metaclasses. The layout of the members is the library's (`ctypes._layout`).

use crate::array::ARRAY_META;
use crate::cdata::{self, CData};
use crate::cfield::CField;
use crate::info::{self, FINAL, HAS_POINTER, IS_POINTER, Info, Kind};
use crate::metaclass::{CLASS_METHODS, CTYPE, CType};
use crate::prelude::*;
use crate::struct_ffi;
use vm::types::dict::DictExt as _;

static_type!(STRUCT_META);
static_type!(UNION_META);
static_type!(STRUCTURE);
static_type!(UNION);

/// Fills in the metaclass of structures.
pub fn define_struct_meta(b: &mut TypeBuilder) {
    define_meta(b).tp_setattro(set_class_attribute);
}

/// Fills in the metaclass of unions.
pub fn define_union_meta(b: &mut TypeBuilder) {
    define_meta(b).tp_setattro(set_class_attribute);
}

fn define_meta(b: &mut TypeBuilder) -> &mut TypeBuilder {
    b.base(&CTYPE)
        .basicsize::<CType>()
        .destructible()
        .flags(Py_TPFLAGS_BASETYPE)
        .tp_init(init_class)
        .methods(CLASS_METHODS)
}

/// Fills in `Structure` and `Union`.
pub fn define(b: &mut TypeBuilder) {
    b.base(&cdata::CDATA)
        .basicsize::<CData>()
        .destructible()
        .flags(Py_TPFLAGS_BASETYPE)
        .tp_new(cdata::tp_new)
        .tp_init(init);
}

// ---- Classes ----

fn base_of(tp: &PyTypeObject) -> Option<&PyTypeObject> {
    // SAFETY: a class's base lives as long as it does.
    unsafe { tp.tp_base.get().as_ref() }
}

fn init_class(tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>) -> Result<()> {
    let dict = type_::own_dict(tp).expect("a ready type has a dict");
    if dict.contains(intern!("_abstract_"))? {
        return Ok(());
    }
    let info = info::init(tp, Kind::Aggregate)?;
    info.set_format("B");
    if let Some(fields) = dict.get(intern!("_fields_"))? {
        return proto::setattr(tp.as_obj(), intern!("_fields_"), Some(&fields));
    }
    if let Some(base) = base_of(tp).and_then(info::of_type) {
        info.copy_from(base);
        base.add_flag(FINAL);
    }
    Ok(())
}

fn set_class_attribute(tp: &PyTypeObject, name: &Obj, value: Option<&Obj>) -> Result<()> {
    if let Some(fields) = value
        && str_::same_text(name, "_fields_")
    {
        set_fields(tp, fields)?;
    }
    let setattro = PyType_Type.tp_setattro.get().expect("type sets attributes");
    let value = value.map_or(ptr::null_mut(), |v| v.as_ptr());
    // SAFETY: the slot of `type`, with a class.
    err::from_status(unsafe { setattro(tp.as_ptr(), name.as_ptr(), value) })?;
    Ok(())
}

/// A number of the layout.
fn dimension(layout: &Obj, name: &Obj, text: &str) -> Result<usize> {
    match args::to_isize(&*proto::getattr(layout, name)?)? {
        n if n < 0 => raise!(ValueError, "{text} must be a non-negative integer"),
        n => Ok(n as usize),
    }
}

/// Lays the members out and describes the class to libffi.
fn set_fields(tp: &PyTypeObject, fields: &Obj) -> Result<()> {
    let Some(info) = info::of_type(tp) else {
        return raise!(TypeError, "ctypes state is not initialized");
    };
    if info.has_flag(FINAL) {
        return raise!(AttributeError, "_fields_ is final");
    }
    let base = base_of(tp).filter(|b| info::of_type(b).is_some());
    let layout = lay_out(tp, fields, base)?;
    let align = dimension(&layout, intern!("align"), "align")?;
    let size = dimension(&layout, intern!("size"), "size")?;
    let format = proto::getattr(&layout, intern!("format_spec"))?;
    info.set_format(args::to_str("format_spec", &format)?);
    let members = tuple::from_iterable(&*proto::getattr(&layout, intern!("fields"))?)?;
    let mut classes = Vec::with_capacity(members.len());
    for (i, member) in members.objects().iter().enumerate() {
        let field = add_member(tp, info, i as isize, member)?;
        classes.push(field.class());
    }
    let before = base
        .and_then(info::of_type)
        .map_or_else(Vec::new, Info::elements);
    info.length.set(before.len() + classes.len());
    let elements = struct_ffi::elements(before, &classes, size)?;
    info.set_aggregate(size, align, elements);
    info.size.set(size);
    info.align.set(align);
    if info.has_flag(FINAL) {
        return raise!(AttributeError, "Structure or union cannot contain itself");
    }
    info.add_flag(FINAL);
    show_anonymous(tp)
}

fn lay_out(tp: &PyTypeObject, fields: &Obj, base: Option<&PyTypeObject>) -> Result {
    let module = vm::import::import("ctypes._layout")?;
    let get_layout = proto::getattr(&module, intern!("get_layout"))?;
    let is_struct = bool_(is_class_of(tp.as_obj(), &STRUCT_META));
    let base = base.map_or(NONE(), |b| b.as_obj());
    py_call::call_kw(
        &get_layout,
        &[tp.as_obj(), fields],
        &[("is_struct", &is_struct), ("base", base)],
    )
}

fn add_member<'a>(
    tp: &PyTypeObject,
    info: &Info,
    index: isize,
    member: &'a Obj,
) -> Result<&'a CField> {
    let Some(field) = CField::of(member) else {
        return raise!(
            TypeError,
            "fields must be of type CField, got {}",
            type_::fully_qualified_name(member.ty())
        );
    };
    let name = field.name.get().unwrap_or_else(none);
    if field.index.get() != index {
        return raise!(
            ValueError,
            "field {} index mismatch (expected {index}, got {})",
            repr_lossy(&name),
            field.index.get()
        );
    }
    let class = info::required(field.class())?;
    if class.has_flag(IS_POINTER | HAS_POINTER) {
        info.add_flag(HAS_POINTER);
    }
    class.add_flag(FINAL);
    proto::setattr(tp.as_obj(), &name, Some(member))?;
    Ok(field)
}

/// Shows the members of anonymous members as the class's own.
fn show_anonymous(tp: &PyTypeObject) -> Result<()> {
    let Some(names) = proto::getattr_opt(tp.as_obj(), intern!("_anonymous_"))? else {
        return Ok(());
    };
    for name in sequence(&names, "_anonymous_ must be a sequence")? {
        let found = proto::getattr(tp.as_obj(), &name)?;
        let Some(field) = found.downcast_exact::<CField>() else {
            return raise!(
                AttributeError,
                "'{}' is specified in _anonymous_ but not in _fields_",
                str_lossy(&name)
            );
        };
        field.anonymous.set(true);
        show_members(tp, field, field.index.get(), field.byte_offset.get())?;
    }
    Ok(())
}

fn sequence(o: &Obj, message: &str) -> Result<Vec<Ref>> {
    proto::to_vec(o).map_err(|raised| {
        if err::clear_if(&exc::TypeError) {
            return err::new(&exc::TypeError, format_args!("{message}"));
        }
        raised
    })
}

fn show_members(tp: &PyTypeObject, of: &CField, index: isize, offset: isize) -> Result<()> {
    let fields = proto::getattr(of.class(), intern!("_fields_"))?;
    for pair in sequence(&fields, "_fields_ must be a sequence")? {
        let Some(parts) = pair.downcast::<PyTupleObject>() else {
            return raise!(
                SystemError,
                "new style getargs format but argument is not a tuple"
            );
        };
        args::expect("function", parts.objects(), 2..=3)?;
        let name = parts.objects()[0];
        let found = proto::getattr(of.class(), name)?;
        let Some(field) = found.downcast_exact::<CField>() else {
            return raise!(TypeError, "unexpected type");
        };
        if field.anonymous.get() {
            let (index, offset) = (index + field.index.get(), offset + field.byte_offset.get());
            show_members(tp, field, index, offset)?;
        } else {
            let shown = field.moved(index, offset)?;
            proto::setattr(tp.as_obj(), name, Some(shown.as_obj()))?;
        }
    }
    Ok(())
}

// ---- Instances ----

/// Sets members by position, the base class's first; answers with the position of the next.
fn set_positional(
    o: &Obj,
    tp: &PyTypeObject,
    args: &[&Obj],
    kwargs: Option<&PyDictObject>,
    mut index: usize,
) -> Result<usize> {
    if let Some(base) = base_of(tp).filter(|b| info::of_type(b).is_some()) {
        index = set_positional(o, base, args, kwargs, index)?;
    }
    let dict = type_::own_dict(tp).expect("a ready type has a dict");
    let Some(fields) = dict.get(intern!("_fields_"))? else {
        return Ok(index);
    };
    let length = info::required(tp.as_obj())?.length.get();
    for (i, value) in args.iter().enumerate().take(length).skip(index) {
        let pair = proto::sequence_item(&fields, (i - index) as isize)?;
        let name = proto::sequence_item(&pair, 0)?;
        if let Some(kwargs) = kwargs
            && kwargs.contains(&name)?
        {
            return raise!(
                TypeError,
                "duplicate values for field {}",
                repr_lossy(&name)
            );
        }
        proto::setattr(o, &name, Some(value))?;
    }
    Ok(length)
}

fn init(c: &CData, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    let o = c.as_obj();
    if !args.is_empty() {
        let used = set_positional(o, o.ty(), args.objects(), kwargs, 0)?;
        if used < args.len() {
            return raise!(TypeError, "too many initializers");
        }
    }
    for (name, value) in kwargs.map_or_else(Vec::new, |k| k.entries()) {
        proto::setattr(o, &name, Some(&value))?;
    }
    Ok(())
}

/// Whether a member's class is an array's.
pub fn is_array(class: &Obj) -> bool {
    is_class_of(class, &ARRAY_META)
}
