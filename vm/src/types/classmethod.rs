//! `staticmethod` and `classmethod`.

use layout::*;

use super::tuple::TupleExt as _;
use super::type_::{TypeBuilder, attributes};
use crate::args;
use crate::err::{self, Result, exc, raise};
use crate::getset;
use crate::intern;
use crate::method_doc;
use crate::object::*;
use crate::protocol::{call, object};

/// A callable that is bound to its class, or to nothing.
#[repr(C)]
pub struct Wrapped {
    ob_base: PyObject,
    callable: Slot,
    dict: Slot,
}

impl Layout for Wrapped {
    fn type_object() -> &'static PyTypeObject {
        &PyStaticMethod_Type
    }
}

/// Fills in `staticmethod`.
pub fn define_static(b: &mut TypeBuilder) {
    common(b);
    b.tp_call(
        |m: &Wrapped, args: &PyTupleObject, kwargs: Option<&PyDictObject>| {
            call::call_tuple_dict(&*wrapped(m, "staticmethod")?, args, kwargs)
        },
    )
    .tp_repr(|m: &Wrapped| {
        Ok(format!(
            "<staticmethod({})>",
            repr_lossy(&m.callable.get().unwrap_or_else(none))
        ))
    })
    .tp_descr_get(|m: &Wrapped, _: Option<&Obj>, _: Option<&Obj>| wrapped(m, "staticmethod"));
}

/// Fills in `classmethod`.
pub fn define_class(b: &mut TypeBuilder) {
    common(b);
    b.tp_repr(|m: &Wrapped| {
        Ok(format!(
            "<classmethod({})>",
            repr_lossy(&m.callable.get().unwrap_or_else(none))
        ))
    })
    .text_signature(method_doc!("staticmethod", "(function, /)"))
    .text_signature(method_doc!("classmethod", "(function, /)"))
    .tp_descr_get(|m: &Wrapped, o: Option<&Obj>, owner: Option<&Obj>| {
        let f = wrapped(m, "classmethod")?;
        let class = owner
            .or_else(|| o.map(|o| o.ty().as_obj()))
            .unwrap_or(NONE());
        super::method::new(&f, class)
    });
}

fn common(b: &mut TypeBuilder) {
    b.basicsize::<Wrapped>()
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
        .dictoffset(core::mem::offset_of!(Wrapped, dict))
        .dealloc_drop::<Wrapped>()
        .tp_traverse(|m: &Wrapped, v: &mut Visitor| {
            v.slot(&m.callable)?;
            v.slot(&m.dict)
        })
        .tp_clear(|m: &Wrapped| {
            m.callable.set(None);
            m.dict.set(None);
        })
        .tp_new(|tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>| type_alloc(tp, 0))
        .tp_init(init)
        .generic_attributes()
        .getset(GETSET);
}

static GETSET: &[PyGetSetDef] = &[
    getset!("__func__", |m: &Wrapped| Ok(m.callable.get())),
    getset!("__wrapped__", |m: &Wrapped| Ok(m.callable.get())),
    getset!("__isabstractmethod__", is_abstract),
    getset!(
        "__dict__",
        super::type_::subtype::get_dict,
        super::type_::subtype::set_dict
    ),
    getset!(
        "__annotations__",
        |m: &Wrapped| forwarded(m, intern!("__annotations__")),
        |m: &Wrapped, v| { forward(m, intern!("__annotations__"), v) }
    ),
    getset!(
        "__annotate__",
        |m: &Wrapped| forwarded(m, intern!("__annotate__")),
        |m: &Wrapped, v| { forward(m, intern!("__annotate__"), v) }
    ),
];

fn wrapped(m: &Wrapped, what: &str) -> Result {
    match m.callable.get() {
        Some(f) => Ok(f),
        None => raise!(RuntimeError, "uninitialized {what} object"),
    }
}

/// Lazily made annotations stay with the wrapped function until somebody sets them here.
fn forwarded(m: &Wrapped, name: &Obj) -> Result {
    if let Some(own) = attributes::dict_of(m.as_obj())? {
        use super::dict::DictExt as _;
        if let Some(found) = own.get(name)? {
            return Ok(found);
        }
        let found = object::getattr(&*wrapped(m, "method")?, name)?;
        own.set(name, &found)?;
        return Ok(found);
    }
    object::getattr(&*wrapped(m, "method")?, name)
}

fn forward(m: &Wrapped, name: &Obj, value: Option<&Obj>) -> Result<()> {
    let Some(own) = attributes::dict_of(m.as_obj())? else {
        return Ok(());
    };
    if attributes::store(&own, name, value)? {
        return Ok(());
    }
    raise!(AttributeError, "{}", str_lossy(name))
}

/// Whether a wrapped or computed attribute is abstract.
pub fn abstract_flag(o: &Obj) -> Result<bool> {
    match object::getattr_opt(o, intern!("__isabstractmethod__"))? {
        Some(flag) => object::is_true(&flag),
        None => Ok(false),
    }
}

fn is_abstract(m: &Wrapped) -> Result<bool> {
    m.callable.get().map_or(Ok(false), |f| abstract_flag(&f))
}

fn init(m: &Wrapped, args_: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    let name = m.as_obj().tp_name();
    args::no_keywords(name, kwargs)?;
    let items: Vec<&Obj> = args_.items().iter().map(|a| a.as_obj()).collect();
    args::expect(name, &items, 1..=1)?;
    m.callable.set(Some(items[0].new_ref()));
    wrap(m, items[0])
}

/// Takes over the wrapped function's names and docs.
fn wrap(m: &Wrapped, f: &Obj) -> Result<()> {
    for name in [
        intern!("__module__"),
        intern!("__name__"),
        intern!("__qualname__"),
        intern!("__doc__"),
    ] {
        if let Some(value) = object::getattr_opt(f, name)? {
            match object::setattr(m.as_obj(), name, Some(&value)) {
                Err(raised) if !err::clear_if(&exc::AttributeError) => return Err(raised),
                _ => {}
            }
        }
    }
    Ok(())
}

fn make(tp: &'static PyTypeObject, f: &Obj) -> Ref {
    let value = Wrapped {
        ob_base: header(),
        callable: Slot::new(Some(f.new_ref())),
        dict: Slot::empty(),
    };
    match create(tp, value) {
        Ok(m) => m.into_obj(),
        Err(_) => crate::fatal("no memory for a method wrapper"),
    }
}

/// `staticmethod(f)`.
pub fn new_static(f: &Obj) -> Ref {
    make(&PyStaticMethod_Type, f)
}

/// `classmethod(f)`.
pub fn new_class(f: &Obj) -> Ref {
    make(&PyClassMethod_Type, f)
}

/// What a static or class method wraps, if `o` is one.
pub fn function_of(o: &Obj) -> Option<Ref> {
    let known =
        core::ptr::eq(o.ty(), &PyStaticMethod_Type) || core::ptr::eq(o.ty(), &PyClassMethod_Type);
    if known {
        // SAFETY: both types have this struct.
        unsafe { o.cast::<Wrapped>() }.callable.get()
    } else {
        None
    }
}
