//! `types.GenericAlias`: `list[int]` and the like.
//!
//! An alias stands for its origin class (calls and most attributes go through) and remembers its arguments. The rules
//! for type parameters, which unions share, are in [`parameters`].

pub mod parameters;

use core::cell::Cell;
use core::mem::offset_of;

use layout::*;

use crate::args;
use crate::err::{self, Result, exc, raise};
use crate::intern;
use crate::method::*;
use crate::method_doc;
use crate::object::*;
use crate::protocol::{call, object};
use crate::types::str_::{self, Writer};
use crate::types::tuple::{self, TupleExt as _};
use crate::types::type_::{self, CompareOp, TypeBuilder};
use crate::types::{list, union_};

/// `origin[args]`.
#[repr(C)]
pub struct GenericAlias {
    ob_base: PyObject,
    origin: Slot,
    /// A tuple.
    args: Slot,
    /// A tuple of type parameters, made when first asked for.
    parameters: Slot,
    weakrefs: Cell<*mut PyObject>,
    /// `*origin[args]`
    starred: Cell<u8>,
}

impl Layout for GenericAlias {
    fn type_object() -> &'static PyTypeObject {
        &Py_GenericAliasType
    }
}

/// The type of `iter(alias)`.
pub static GENERIC_ALIAS_ITER: PyTypeObject = PyTypeObject::statically_declared();

/// `iter(alias)`, which gives the starred alias, once.
#[repr(C)]
pub struct GenericAliasIter {
    ob_base: PyObject,
    alias: Slot,
}

impl Layout for GenericAliasIter {
    fn type_object() -> &'static PyTypeObject {
        &GENERIC_ALIAS_ITER
    }
}

/// Fills in `types.GenericAlias`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<GenericAlias>()
        .text_signature(method_doc!("GenericAlias", "(origin, args, /)"))
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE)
        .weaklistoffset(offset_of!(GenericAlias, weakrefs))
        .tp_new(alias_new)
        .dealloc_drop::<GenericAlias>()
        .tp_traverse(|a: &GenericAlias, v: &mut Visitor| {
            v.slot(&a.origin)?;
            v.slot(&a.args)?;
            v.slot(&a.parameters)
        })
        .tp_repr(alias_repr)
        .tp_hash(|a: &GenericAlias| {
            Ok(object::hash(&a.origin())? ^ object::hash(a.args().as_obj())?)
        })
        .tp_richcompare(alias_richcompare)
        .tp_call(alias_call)
        .tp_getattro(alias_getattro)
        .tp_iter(|a: &GenericAlias| {
            let it = GenericAliasIter {
                ob_base: header(),
                alias: Slot::new(Some(a.as_obj().new_ref())),
            };
            Ok(create(&GENERIC_ALIAS_ITER, it)?.into_obj())
        })
        .nb_or(union_::or)
        .mp_subscript(subscript)
        .methods(METHODS)
        .members(MEMBERS)
        .getset(GETSET);
}

/// Fills in `generic_alias_iterator`.
pub fn define_iter(b: &mut TypeBuilder) {
    b.basicsize::<GenericAliasIter>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .new_disallowed()
        .dealloc_drop::<GenericAliasIter>()
        .tp_traverse(|it: &GenericAliasIter, v: &mut Visitor| v.slot(&it.alias))
        .iter_self()
        .tp_iternext(iter_next)
        .methods(ITER_METHODS);
}

// ---- Making and reading ----

fn create_alias(tp: &PyTypeObject, origin: &Obj, args: &Obj, starred: bool) -> Result {
    let args = if args.is::<PyTupleObject>() {
        args.new_ref()
    } else {
        tuple::from_slice(&[args]).into_obj()
    };
    let alias = GenericAlias {
        ob_base: header(),
        origin: Slot::new(Some(origin.new_ref())),
        args: Slot::new(Some(args)),
        parameters: Slot::empty(),
        weakrefs: Cell::new(core::ptr::null_mut()),
        starred: Cell::new(u8::from(starred)),
    };
    Ok(create(tp, alias)?.into_obj())
}

/// `origin[args]`
pub fn new(origin: &Obj, args: &Obj) -> Result {
    create_alias(&Py_GenericAliasType, origin, args, false)
}

/// The `__class_getitem__` of every generic builtin class.
pub fn class_getitem(cls: &Obj, args: &Obj) -> Result {
    new(cls, args)
}

fn alias_new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    args::no_keywords("GenericAlias", kwargs)?;
    let args = args.objects();
    args::expect("GenericAlias", args, 2..=2)?;
    create_alias(tp, args[0], args[1], false)
}

impl GenericAlias {
    /// The class behind the alias.
    pub fn origin(&self) -> Ref {
        self.origin.get().unwrap_or_else(none)
    }
    /// The arguments.
    pub fn args(&self) -> Ref<PyTupleObject> {
        self.args
            .get()
            .and_then(|o| o.downcast_ref().ok())
            .unwrap_or_else(tuple::empty)
    }
    /// The type parameters among the arguments.
    pub fn parameters(&self) -> Result<Ref<PyTupleObject>> {
        parameters::cached(&self.parameters, &self.args())
    }
    fn is_starred(&self) -> bool {
        self.starred.get() != 0
    }
}

// ---- Slots ----

/// Writes a type as annotations show it: by its qualified name, builtins without their module.
pub fn push_type(out: &mut Writer, o: &Obj) -> Result<()> {
    if o.is_same(ELLIPSIS()) {
        out.push_ascii("...");
        return Ok(());
    }
    let has = |name: &'static Obj| -> Result<bool> { Ok(object::getattr_opt(o, name)?.is_some()) };
    if has(intern!("__origin__"))? && has(intern!("__args__"))? {
        return tuple::push_repr(out, o);
    }
    let Some(qualname) = object::getattr_opt(o, intern!("__qualname__"))? else {
        return tuple::push_repr(out, o);
    };
    let Some(module) = object::getattr_opt(o, intern!("__module__"))?.filter(|m| !m.is_none())
    else {
        return tuple::push_repr(out, o);
    };
    if !str_::of(&module).is_some_and(|m| str_::eq_str(m, "builtins")) {
        push_str(out, &module)?;
        out.push_ascii(".");
    }
    push_str(out, &qualname)
}

fn push_str(out: &mut Writer, o: &Obj) -> Result<()> {
    let text = object::str(o)?;
    if let Some(s) = str_::of(&text) {
        out.push_obj(s);
    }
    Ok(())
}

/// Writes an argument; a list of types is shown as one.
fn push_argument(out: &mut Writer, o: &Obj) -> Result<()> {
    let Some(l) = o.downcast::<PyListObject>() else {
        return push_type(out, o);
    };
    out.push_ascii("[");
    let mut i = 0;
    while let Some(item) = list::ListExt::get(l, i) {
        if i > 0 {
            out.push_ascii(", ");
        }
        push_type(out, &item)?;
        i += 1;
    }
    out.push_ascii("]");
    Ok(())
}

fn alias_repr(a: &GenericAlias) -> Result<Ref<PyUnicodeObject>> {
    let mut out = Writer::new();
    if a.is_starred() {
        out.push_ascii("*");
    }
    push_type(&mut out, &a.origin())?;
    out.push_ascii("[");
    let args = a.args();
    for (i, arg) in args.items().iter().enumerate() {
        if i > 0 {
            out.push_ascii(", ");
        }
        push_argument(&mut out, arg)?;
    }
    out.push_ascii(if args.is_empty() { "()]" } else { "]" });
    out.finish()
}

fn alias_richcompare(a: &GenericAlias, other: &Obj, op: CompareOp) -> Result {
    let (Some(b), CompareOp::Eq | CompareOp::Ne) = (other.downcast::<GenericAlias>(), op) else {
        return Ok(not_implemented());
    };
    let equal = a.starred.get() == b.starred.get()
        && object::rich_compare_bool(&a.origin(), &b.origin(), CompareOp::Eq)?
        && object::rich_compare_bool(a.args().as_obj(), b.args().as_obj(), CompareOp::Eq)?;
    Ok(bool_(equal == (op == CompareOp::Eq)))
}

fn alias_call(a: &GenericAlias, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let made = call::call_tuple_dict(&a.origin(), args, kwargs)?;
    if object::setattr(&made, intern!("__orig_class__"), Some(a.as_obj())).is_err()
        && !err::clear_if(&exc::AttributeError)
        && !err::clear_if(&exc::TypeError)
    {
        return Err(err::Raised::assume());
    }
    Ok(made)
}

/// Attributes that are the alias's own; all others are its origin's.
const OWN: &[&str] = &[
    "__class__",
    "__bases__",
    "__origin__",
    "__args__",
    "__unpacked__",
    "__parameters__",
    "__typing_unpacked_tuple_args__",
    "__mro_entries__",
    "__reduce_ex__",
    "__reduce__",
    "__copy__",
    "__deepcopy__",
];

/// Own attributes that `dir` does not list by themselves.
const UNLISTED: &[&str] = &["__bases__", "__copy__", "__deepcopy__"];

fn alias_getattro(a: &GenericAlias, name: &Obj) -> Result {
    let own = str_::of(name).is_none_or(|name| OWN.iter().any(|own| str_::eq_str(name, own)));
    if own {
        return match type_::generic_get(a.as_obj(), name, false)? {
            Some(value) => Ok(value),
            None => Err(type_::attributes::missing(a.as_obj(), name)),
        };
    }
    object::getattr(&a.origin(), name)
}

fn subscript(a: &GenericAlias, item: &Obj) -> Result {
    let args = parameters::substitute(a.as_obj(), a.args().as_obj(), &*a.parameters()?, item)?;
    create_alias(
        &Py_GenericAliasType,
        &a.origin(),
        args.as_obj(),
        a.is_starred(),
    )
}

// ---- Methods ----

static METHODS: &[PyMethodDef] = &[
    o!(
        "__mro_entries__",
        |a: &GenericAlias, _: &Obj| Ok(tuple::from_array([a.origin()])),
        "($self, object, /)"
    ),
    o!("__instancecheck__", instancecheck, "($self, object, /)"),
    o!("__subclasscheck__", subclasscheck, "($self, object, /)"),
    noargs!("__reduce__", reduce, "($self, /)"),
    noargs!("__dir__", dir, "($self, /)"),
];

static MEMBERS: &[PyMemberDef] = &[
    member!(
        "__origin__",
        GenericAlias,
        origin,
        _Py_T_OBJECT,
        Py_READONLY
    ),
    member!("__args__", GenericAlias, args, _Py_T_OBJECT, Py_READONLY),
    member!(
        "__unpacked__",
        GenericAlias,
        starred,
        Py_T_BOOL,
        Py_READONLY
    ),
];

static GETSET: &[PyGetSetDef] = &[
    getset!("__parameters__", GenericAlias::parameters),
    getset!("__typing_unpacked_tuple_args__", unpacked_tuple_args),
];

fn instancecheck(_: &GenericAlias, _: &Obj) -> Result {
    raise!(
        TypeError,
        "isinstance() argument 2 cannot be a parameterized generic"
    )
}

fn subclasscheck(_: &GenericAlias, _: &Obj) -> Result {
    raise!(
        TypeError,
        "issubclass() argument 2 cannot be a parameterized generic"
    )
}

fn reduce(a: &GenericAlias) -> Result<Ref<PyTupleObject>> {
    if a.is_starred() {
        let plain = new(&a.origin(), a.args().as_obj())?;
        let it = object::iter(&plain)?;
        return Ok(tuple::pair(
            &*crate::builtin(intern!("next"))?,
            tuple::from_slice(&[&it]).as_obj(),
        ));
    }
    let arguments = tuple::from_array([a.origin(), a.args().into_obj()]);
    Ok(tuple::pair(
        Py_GenericAliasType.as_obj(),
        arguments.as_obj(),
    ))
}

fn dir(a: &GenericAlias) -> Result {
    let names = object::dir(&a.origin())?;
    let Some(l) = names.downcast::<PyListObject>() else {
        return Ok(names);
    };
    for own in OWN.iter().filter(|own| !UNLISTED.contains(own)) {
        let own = str_::intern_str(own);
        if !object::contains(&names, own)? {
            list::ListExt::push(l, own.new_ref());
        }
    }
    Ok(names)
}

fn unpacked_tuple_args(a: &GenericAlias) -> Result {
    if a.is_starred() && a.origin().is_same(PyTuple_Type.as_obj()) {
        return Ok(a.args().into_obj());
    }
    Ok(none())
}

// ---- Iterator ----

static ITER_METHODS: &[PyMethodDef] = &[noargs!("__reduce__", iter_reduce, "($self, /)")];

fn iter_next(it: &GenericAliasIter) -> Result<Option<Ref>> {
    let Some(alias) = it.alias.take() else {
        return Ok(None);
    };
    match alias.downcast::<GenericAlias>() {
        Some(a) => Ok(Some(create_alias(
            a.as_obj().ty(),
            &a.origin(),
            a.args().as_obj(),
            true,
        )?)),
        None => Ok(None),
    }
}

fn iter_reduce(it: &GenericAliasIter) -> Result<Ref<PyTupleObject>> {
    let iter = crate::builtin(intern!("iter"))?;
    // The look-up may have ended the iterator.
    let argument = it.alias.get().unwrap_or_else(|| tuple::empty().into_obj());
    Ok(tuple::pair(&iter, tuple::from_array([argument]).as_obj()))
}
