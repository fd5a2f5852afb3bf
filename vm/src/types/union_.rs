//! Unions of types: `int | str`, which is `typing.Union[int, str]`.
//!
//! Invariant: a union's members are distinct and no union is among them; those that have no hash are kept apart, and
//! make the union unhashable.

use core::cell::Cell;
use core::mem::offset_of;

use layout::*;

use crate::err::{self, Result, raise};
use crate::intern;
use crate::method::*;
use crate::object::*;
use crate::protocol::{call, object};
use crate::types::genericalias::{self, GenericAlias, parameters};
use crate::types::set::{self, SetExt as _};
use crate::types::str_::{self, Writer};
use crate::types::tuple::{self, TupleExt as _};
use crate::types::type_::{self, CompareOp, TypeBuilder};

/// A union.
#[repr(C)]
pub struct Union {
    ob_base: PyObject,
    /// A tuple of all members, in order.
    args: Slot,
    /// A frozenset of those that have a hash.
    hashable: Slot,
    /// A tuple of those that have none, or nothing.
    unhashable: Slot,
    /// A tuple of type parameters, made when first asked for.
    parameters: Slot,
    weakrefs: Cell<*mut PyObject>,
}

impl Layout for Union {
    fn type_object() -> &'static PyTypeObject {
        &_PyUnion_Type
    }
}

/// Fills in `typing.Union`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Union>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .new_disallowed()
        .weaklistoffset(offset_of!(Union, weakrefs))
        .dealloc_drop::<Union>()
        .tp_traverse(|u: &Union, v: &mut Visitor| {
            v.slot(&u.args)?;
            v.slot(&u.hashable)?;
            v.slot(&u.unhashable)?;
            v.slot(&u.parameters)
        })
        .tp_repr(union_repr)
        .tp_hash(union_hash)
        .tp_richcompare(union_richcompare)
        .tp_getattro(union_getattro)
        .nb_or(or)
        .mp_subscript(subscript)
        .methods(METHODS)
        .members(MEMBERS)
        .getset(GETSET);
}

fn tuple_in(s: &Slot) -> Option<Ref<PyTupleObject>> {
    s.get().and_then(|o| o.downcast_ref().ok())
}

impl Union {
    /// The members.
    pub fn members(&self) -> Ref<PyTupleObject> {
        tuple_in(&self.args).unwrap_or_else(tuple::empty)
    }
    fn parameters(&self) -> Result<Ref<PyTupleObject>> {
        parameters::cached(&self.parameters, &self.members())
    }
}

/// The members of an object that is a union.
pub fn args(o: &Obj) -> Ref<PyTupleObject> {
    o.downcast::<Union>()
        .map_or_else(tuple::empty, Union::members)
}

// ---- Making ----

/// Gathers members.
#[derive(Default)]
struct Builder {
    args: Vec<Ref>,
    hashable: Option<Ref>,
    unhashable: Vec<Ref>,
    /// Whether what is no type by itself is shown to `typing`, which may make one of it.
    checked: bool,
}

impl Builder {
    fn add(&mut self, o: &Obj) -> Result<()> {
        if o.is_none() {
            return self.add_member(_PyNone_Type.as_obj());
        }
        if let Some(u) = o.downcast::<Union>() {
            return u
                .members()
                .items()
                .iter()
                .try_for_each(|member| self.add_member(member));
        }
        if self.checked && !is_unionable(o) {
            let checked = type_check(o)?;
            return self.add_member(&checked);
        }
        self.add_member(o)
    }

    fn add_member(&mut self, o: &Obj) -> Result<()> {
        if object::hash(o).is_err() {
            err::clear();
            for known in &self.unhashable {
                if object::rich_compare_bool(known, o, CompareOp::Eq)? {
                    return Ok(());
                }
            }
            self.unhashable.push(o.new_ref());
        } else {
            if self.hashable.is_none() {
                self.hashable = Some(set::new_set(None)?.into_obj());
            }
            if let Some(s) = self
                .hashable
                .as_ref()
                .and_then(|s| s.downcast::<PySetObject>())
            {
                if s.contains(o)? {
                    return Ok(());
                }
                s.add(o)?;
            }
        }
        self.args.push(o.new_ref());
        Ok(())
    }

    fn finish(mut self) -> Result {
        if self.args.is_empty() {
            return raise!(TypeError, "Cannot take a Union of no types.");
        }
        if self.args.len() == 1 {
            return Ok(self.args.remove(0));
        }
        let hashable = set::new_frozenset(self.hashable.as_deref())?.into_obj();
        let unhashable =
            (!self.unhashable.is_empty()).then(|| tuple::from_vec(self.unhashable).into_obj());
        let u = Union {
            ob_base: header(),
            args: Slot::new(Some(tuple::from_vec(self.args).into_obj())),
            hashable: Slot::new(Some(hashable)),
            unhashable: Slot::new(unhashable),
            parameters: Slot::empty(),
            weakrefs: Cell::new(core::ptr::null_mut()),
        };
        Ok(create(&_PyUnion_Type, u)?.into_obj())
    }
}

/// Whether `|` takes the object for a type.
fn is_unionable(o: &Obj) -> bool {
    o.is_none()
        || o.is::<PyTypeObject>()
        || o.is::<GenericAlias>()
        || o.is::<Union>()
        || o.tp_name() == "typing.TypeAliasType"
}

fn type_check(o: &Obj) -> Result {
    let typing = crate::import::import("typing")?;
    let message = str_::new("Union[arg, ...]: each arg must be a type.");
    call::call_method(&typing, "_type_check", &[o, message.as_obj()])
}

/// `a | b` for types, aliases and `None`; declines anything else.
pub fn or(a: &Obj, b: &Obj) -> Result {
    // A union takes whatever `Union[...]` takes.
    let checked = a.is::<Union>() || b.is::<Union>();
    if !checked && (!is_unionable(a) || !is_unionable(b)) {
        return Ok(not_implemented());
    }
    let mut builder = Builder {
        checked,
        ..Builder::default()
    };
    builder.add(a)?;
    builder.add(b)?;
    builder.finish()
}

/// `Union[args]`
pub fn from_args(args: &Obj) -> Result {
    let mut builder = Builder {
        checked: true,
        ..Builder::default()
    };
    match args.downcast::<PyTupleObject>() {
        Some(t) => t.items().iter().try_for_each(|arg| builder.add(arg))?,
        None => builder.add(args)?,
    }
    builder.finish()
}

// ---- Slots ----

fn union_repr(u: &Union) -> Result<Ref<PyUnicodeObject>> {
    let mut out = Writer::new();
    for (i, member) in u.members().items().iter().enumerate() {
        if i > 0 {
            out.push_ascii(" | ");
        }
        if member.is_same(_PyNone_Type.as_obj()) {
            out.push_ascii("None");
        } else {
            genericalias::push_type(&mut out, member)?;
        }
    }
    out.finish()
}

fn union_hash(u: &Union) -> Result<isize> {
    if let Some(unhashable) = tuple_in(&u.unhashable) {
        // The members know best why.
        for member in unhashable.items() {
            object::hash(member)?;
        }
        return raise!(
            TypeError,
            "union contains {} unhashable elements",
            unhashable.len()
        );
    }
    object::hash(&u.hashable.get().unwrap_or_else(none))
}

fn all_within(a: &PyTupleObject, b: &PyTupleObject) -> Result<bool> {
    for member in a.items() {
        if !object::contains(b.as_obj(), member)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal(u: &Union, w: &Union) -> Result<bool> {
    let hashable = |u: &Union| u.hashable.get().unwrap_or_else(none);
    if !object::rich_compare_bool(&hashable(u), &hashable(w), CompareOp::Eq)? {
        return Ok(false);
    }
    match (tuple_in(&u.unhashable), tuple_in(&w.unhashable)) {
        (None, None) => Ok(true),
        (Some(a), Some(b)) => Ok(a.len() == b.len() && all_within(&a, &b)? && all_within(&b, &a)?),
        _ => Ok(false),
    }
}

fn union_richcompare(u: &Union, other: &Obj, op: CompareOp) -> Result {
    match (other.downcast::<Union>(), op) {
        (Some(w), CompareOp::Eq | CompareOp::Ne) => {
            Ok(bool_(equal(u, w)? == (op == CompareOp::Eq)))
        }
        _ => Ok(not_implemented()),
    }
}

fn union_getattro(u: &Union, name: &Obj) -> Result {
    if str_::of(name).is_some_and(|name| str_::eq_str(name, "__module__")) {
        return object::getattr(u.as_obj().ty().as_obj(), name);
    }
    match type_::generic_get(u.as_obj(), name, false)? {
        Some(value) => Ok(value),
        None => Err(type_::attributes::missing(u.as_obj(), name)),
    }
}

fn subscript(u: &Union, item: &Obj) -> Result {
    let args = parameters::substitute(u.as_obj(), u.members().as_obj(), &*u.parameters()?, item)?;
    from_args(args.as_obj())
}

// ---- Methods ----

static METHODS: &[PyMethodDef] = &[
    o!("__mro_entries__", mro_entries, "($self, object, /)"),
    class_method(o!(
        "__class_getitem__",
        |_: &Obj, args: &Obj| from_args(args),
        "($type, object, /)"
    )),
];

static MEMBERS: &[PyMemberDef] = &[member!("__args__", Union, args, _Py_T_OBJECT, Py_READONLY)];

static GETSET: &[PyGetSetDef] = &[
    getset!("__name__", |_: &Union| Ok(intern!("Union").new_ref())),
    getset!("__qualname__", |_: &Union| Ok(intern!("Union").new_ref())),
    getset!("__origin__", |_: &Union| Ok(_PyUnion_Type
        .as_obj()
        .new_ref())),
    getset!("__parameters__", Union::parameters),
];

fn mro_entries(u: &Union, _: &Obj) -> Result {
    raise!(TypeError, "Cannot subclass {}", repr_lossy(u.as_obj()))
}
