//! `super`.

use core::ptr;

use layout::*;

use super::dict::DictExt as _;
use super::tuple::TupleExt as _;
use super::type_::{self, TypeBuilder, attributes};
use crate::args;
use crate::err::{Result, raise};
use crate::intern;
use crate::object::*;
use crate::protocol::{call, object};

/// A view of an object through the classes after one of its own.
#[repr(C)]
pub struct Super {
    ob_base: PyObject,
    /// The class whose successors are looked through.
    after: Slot,
    this: Slot,
    /// Whose MRO it is: self's class, or self if that is a class.
    class: Slot,
}

impl Layout for Super {
    fn type_object() -> &'static PyTypeObject {
        &PySuper_Type
    }
}

/// Fills in `super`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Super>()
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
        .dealloc_drop::<Super>()
        .tp_traverse(|s: &Super, v: &mut Visitor| {
            v.slot(&s.after)?;
            v.slot(&s.this)?;
            v.slot(&s.class)
        })
        .tp_new(|tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>| type_alloc(tp, 0))
        .tp_init(init)
        .tp_repr(repr)
        .tp_getattro(getattro)
        .tp_descr_get(descr_get)
        .members(MEMBERS);
}

static MEMBERS: &[PyMemberDef] = &[
    crate::member!("__thisclass__", Super, after, _Py_T_OBJECT, Py_READONLY),
    crate::member!("__self__", Super, this, _Py_T_OBJECT, Py_READONLY),
    crate::member!("__self_class__", Super, class, _Py_T_OBJECT, Py_READONLY),
];

fn as_type(slot: &Slot) -> Option<&PyTypeObject> {
    // SAFETY: `after` and `class` hold types.
    slot.borrow().map(|t| unsafe { t.cast::<PyTypeObject>() })
}

fn repr(s: &Super) -> Result<String> {
    let after = as_type(&s.after).map_or("NULL", |t| type_name(t));
    Ok(match as_type(&s.class) {
        Some(class) => format!("<super: <class '{after}'>, <{} object>>", type_name(class)),
        None => format!("<super: <class '{after}'>, NULL>"),
    })
}

/// Whether `after` is in the MRO of `tp`; a metaclass may have left even `tp` itself out.
fn derives(tp: &PyTypeObject, after: &PyTypeObject) -> bool {
    // SAFETY: tp_mro is null or a tuple of types.
    match unsafe { tp.tp_mro.get().cast::<PyTupleObject>().as_ref() } {
        Some(mro) => mro.items().iter().any(|t| t.is_same(after.as_obj())),
        None => type_::is_subtype(tp, after),
    }
}

/// The class whose MRO `super(after, this)` follows.
fn check(after: &PyTypeObject, this: &Obj) -> Result {
    if let Some(t) = this.downcast::<PyTypeObject>()
        && derives(t, after)
    {
        return Ok(this.new_ref());
    }
    if type_::is_subtype(this.ty(), after) {
        return Ok(this.ty().as_obj().new_ref());
    }
    if let Some(claimed) = object::getattr_opt(this, intern!("__class__"))?
        && let Some(c) = claimed.downcast::<PyTypeObject>()
        && !ptr::eq(c, this.ty())
        && type_::is_subtype(c, after)
    {
        return Ok(claimed);
    }
    let (kind, name) = match this.downcast::<PyTypeObject>() {
        Some(t) => ("type", type_name(t).to_owned()),
        None => ("instance of", this.tp_name().to_owned()),
    };
    raise!(
        TypeError,
        "super(type, obj): obj ({kind} {name}) is not an instance or subtype of type ({}).",
        type_name(after)
    )
}

/// `super(after, this)`.
pub fn new(after: &PyTypeObject, this: &Obj) -> Result {
    let class = check(after, this)?;
    let value = Super {
        ob_base: header(),
        after: Slot::new(Some(after.as_obj().new_ref())),
        this: Slot::new(Some(this.new_ref())),
        class: Slot::new(Some(class)),
    };
    create(&PySuper_Type, value).map(Ref::into_obj)
}

/// The attribute `name` of the classes after `after` in `class`'s MRO, unbound.
fn find(after: &PyTypeObject, class: &PyTypeObject, name: &Obj) -> Result<Option<Ref>> {
    // SAFETY: tp_mro is null or a tuple of types.
    let Some(mro) = (unsafe { class.tp_mro.get().cast::<PyTupleObject>().as_ref() }) else {
        return Ok(None);
    };
    let mro = mro.to_ref();
    let items = mro.items();
    let Some(i) = items
        .iter()
        .position(|t| ptr::eq(t.as_ptr(), after.as_ptr()))
    else {
        return Ok(None);
    };
    for t in &items[i + 1..] {
        // SAFETY: as above.
        if let Some(dict) = type_::own_dict(unsafe { t.cast::<PyTypeObject>() })
            && let Some(found) = dict.to_ref().get(name)?
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// What `super(after, this).name` is; with `method`, a plain function stays unbound and the flag says so.
pub fn lookup(after: &PyTypeObject, this: &Obj, name: &Obj, method: bool) -> Result<(Ref, bool)> {
    let class_object = check(after, this)?;
    // SAFETY: check answers with a type.
    let class = unsafe { class_object.cast::<PyTypeObject>() };
    if let Some(found) = find(after, class, name)? {
        let unbound_class = this.is_same(class.as_obj());
        if method && !unbound_class && has_flag(found.ty(), Py_TPFLAGS_METHOD_DESCRIPTOR) {
            return Ok((found, true));
        }
        let bound = attributes::bind(&found, if unbound_class { None } else { Some(this) }, class)?;
        return Ok((bound, false));
    }
    let view = new(after, this)?;
    object::getattr(&view, name).map(|value| (value, false))
}

fn getattro(s: &Super, name: &Obj) -> Result {
    // `__class__` is super's own.
    let is_class = name.is_same(intern!("__class__")) || super::str_::same_text(name, "__class__");
    if let (Some(class), Some(after), false) = (as_type(&s.class), as_type(&s.after), is_class) {
        let class = class.to_ref();
        if let Some(found) = find(&after.to_ref(), &class, name)? {
            let this = s.this.get();
            let target = this.as_deref().filter(|t| !t.is_same(class.as_obj()));
            return attributes::bind(&found, target, &class);
        }
    }
    match attributes::generic_get(s.as_obj(), name, false)? {
        Some(value) => Ok(value),
        None => Err(attributes::missing(s.as_obj(), name)),
    }
}

fn descr_get(s: &Super, o: Option<&Obj>, _: Option<&Obj>) -> Result {
    let (Some(o), None) = (o.filter(|o| !o.is_none()), s.this.borrow()) else {
        return Ok(s.as_obj().new_ref());
    };
    let Some(after) = as_type(&s.after) else {
        return Ok(s.as_obj().new_ref());
    };
    if ptr::eq(s.as_obj().ty(), &PySuper_Type) {
        return new(after, o);
    }
    call::call(s.as_obj().ty().as_obj(), &[after.as_obj(), o])
}

fn init(s: &Super, arguments: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    args::no_keywords("super", kwargs)?;
    let items: Vec<&Obj> = arguments.items().iter().map(|a| a.as_obj()).collect();
    args::expect("super", &items, 0..=2)?;
    let (after, this) = match items.as_slice() {
        [] => {
            let (class, this) = crate::frame::super_arguments()?;
            (class, Some(this))
        }
        [after, rest @ ..] => {
            let Some(t) = after.downcast::<PyTypeObject>() else {
                return raise!(
                    TypeError,
                    "super() argument 1 must be a type, not {}",
                    after.tp_name()
                );
            };
            (
                t.to_ref(),
                rest.first()
                    .filter(|t| !t.is_none())
                    .map(|t| (*t).new_ref()),
            )
        }
    };
    let class = match &this {
        Some(t) => Some(check(&after, t)?),
        None => None,
    };
    s.after.set(Some(after.into_obj()));
    s.this.set(this);
    s.class.set(class);
    Ok(())
}
