//! `AST`, the class that all nodes derive from.

use layout::*;

use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::{call, object};
use vm::types::dict::{self, DictExt as _};
use vm::types::list::ListExt as _;
use vm::types::set::{self, SetExt as _};
use vm::types::str_::Writer;
use vm::types::tuple::TupleExt as _;
use vm::types::type_::{self, TypeBuilder};
use vm::types::{list, str_, tuple};
use vm::{err::exc, intern, warn};

use super::classes::Classes;

/// The class.
pub static AST: PyTypeObject = PyTypeObject::statically_declared();

/// A node: nothing but its `__dict__`.
#[repr(C)]
struct Node {
    ob_base: PyObject,
    dict: Slot,
}

impl Layout for Node {
    fn type_object() -> &'static PyTypeObject {
        &AST
    }
}

static METHODS: &[PyMethodDef] = &[
    noargs!("__reduce__", reduce, ""),
    varargs_kw!("__replace__", replace, "($self, /, **fields)"),
];

static GETSET: &[PyGetSetDef] = &[getset!(
    "__dict__",
    |o: &Obj| type_::subtype::get_dict(o),
    |o: &Obj, value: Option<&Obj>| type_::subtype::set_dict(o, value)
)];

/// Readies the class, which unlike other native classes can be changed.
pub fn ready() -> Result<()> {
    if AST.tp_flags.get() & Py_TPFLAGS_READY != 0 {
        return Ok(());
    }
    define(&mut TypeBuilder::start(&AST, c"ast.AST"));
    type_::ready(&AST)?;
    AST.tp_flags
        .set(AST.tp_flags.get() & !Py_TPFLAGS_IMMUTABLETYPE);
    for name in ["_fields", "__match_args__", "_attributes"] {
        let empty = tuple::empty().into_obj();
        object::setattr(AST.as_obj(), str_::intern_str(name), Some(&empty))?;
    }
    Ok(())
}

fn define(b: &mut TypeBuilder) {
    b.basicsize::<Node>()
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
        .dictoffset(core::mem::offset_of!(Node, dict))
        .tp_new(|tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>| type_alloc(tp, 0))
        .tp_init(init)
        .dealloc_drop::<Node>()
        .tp_traverse(|n: &Node, v: &mut Visitor| v.slot(&n.dict))
        .tp_clear(|n: &Node| n.dict.set(None))
        .generic_attributes()
        .tp_repr(|o: &Obj| repr_to(o, 3))
        .methods(METHODS)
        .getset(GETSET);
}

/// An instance of a class of nodes, with everything that is in `fields`.
pub fn new(class: &PyTypeObject, fields: Ref<PyDictObject>) -> Result {
    let node = type_alloc(class, 0)?;
    // SAFETY: the classes derive from `AST`.
    unsafe { node.cast::<Node>() }
        .dict
        .set(Some(fields.into_obj()));
    Ok(node)
}

fn class_attribute(o: &Obj, name: &Obj) -> Result {
    object::getattr(o.ty().as_obj(), name)
}

/// The items of a class attribute that should be a sequence of names.
fn names(sequence: &Obj) -> Result<Vec<Ref>> {
    let n = object::length(sequence)?;
    (0..n as isize)
        .map(|i| object::sequence_item(sequence, i))
        .collect()
}

fn deprecated(message: &str) -> Result<()> {
    warn::warn(&exc::DeprecationWarning, 1, message)
}

fn init(o: &Obj, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    let fields = class_attribute(o, intern!("_fields"))?;
    let count = object::length(&fields)?;
    let remaining = set::new_set(Some(&fields))?;
    let args = args.items();
    if count < args.len() {
        return raise!(
            TypeError,
            "{} constructor takes at most {count} positional argument{}",
            type_::name_of(o.ty()),
            if count == 1 { "" } else { "s" }
        );
    }
    for (i, value) in args.iter().enumerate() {
        let name = object::sequence_item(&fields, i as isize)?;
        object::setattr(o, &name, Some(value))?;
        remaining.discard(&name)?;
    }
    for (name, value) in kwargs.map(|k| k.entries()).unwrap_or_default() {
        if object::contains(&fields, &name)? {
            if !remaining.discard(&name)? {
                return raise!(
                    TypeError,
                    "{} got multiple values for argument {}",
                    o.tp_name(),
                    repr_lossy(&name)
                );
            }
        } else if !object::contains(&*class_attribute(o, intern!("_attributes"))?, &name)? {
            deprecated(&format!(
                "{}.__init__ got an unexpected keyword argument {}. Support for arbitrary keyword arguments is \
                 deprecated and will be removed in Python 3.15.",
                o.tp_name(),
                repr_lossy(&name)
            ))?;
        }
        object::setattr(o, &name, Some(&value))?;
    }
    if remaining.is_empty() {
        return Ok(());
    }
    fill_in(o, &fields, &remaining)
}

/// Gives the fields that were left out their defaults, by their types; the optional ones are in the class already.
fn fill_in(o: &Obj, fields: &Obj, remaining: &PySetObject) -> Result<()> {
    // A program's own class may say nothing of types; then fields that are not given are not there.
    let Some(types) = object::getattr_opt(o.ty().as_obj(), intern!("_field_types"))? else {
        return Ok(());
    };
    let Some(types) = types.downcast::<PyDictObject>() else {
        return raise!(TypeError, "_field_types is not a dict");
    };
    for name in names(fields)? {
        if !remaining.discard(&name)? {
            continue;
        }
        match types.get(&name)? {
            None => deprecated(&format!(
                "Field {} is missing from {}._field_types. This will become an error in Python 3.15.",
                repr_lossy(&name),
                o.tp_name()
            ))?,
            Some(t) if is_union(&t) => {}
            Some(t) if core::ptr::eq(t.ty(), &Py_GenericAliasType) => {
                object::setattr(o, &name, Some(list::empty().as_obj()))?;
            }
            Some(t) if is_context(&t)? => {
                let load = Classes::get()?.singleton(compiler::ast::Kind::Load);
                object::setattr(o, &name, Some(&load))?;
            }
            Some(_) => deprecated(&format!(
                "{}.__init__ missing 1 required positional argument: {}. This will become an error in Python 3.15.",
                o.tp_name(),
                repr_lossy(&name)
            ))?,
        }
    }
    Ok(())
}

fn is_union(t: &Obj) -> bool {
    core::ptr::eq(t.ty(), &_PyUnion_Type)
}

fn is_context(t: &Obj) -> Result<bool> {
    Ok(Classes::get()?
        .base("expr_context")
        .is_some_and(|class| t.is_same(class.as_obj())))
}

/// The class, None for each leading field that there is, and the state: fields given only as state would be missed by
/// the constructor.
fn reduce(o: &Obj) -> Result {
    let class = o.ty().as_obj().new_ref();
    let Some(state) = object::getattr_opt(o, intern!("__dict__"))? else {
        return Ok(tuple::from_vec(vec![class, tuple::empty().into_obj()]).into_obj());
    };
    let mut placeholders = Vec::new();
    if let Some(fields) = object::getattr_opt(&class, intern!("_fields"))? {
        for name in names(&fields)? {
            let there = state
                .downcast::<PyDictObject>()
                .map(|d| d.contains(&name))
                .transpose()?;
            if there != Some(true) {
                break;
            }
            placeholders.push(none());
        }
    }
    Ok(tuple::from_vec(vec![class, tuple::from_vec(placeholders).into_obj(), state]).into_obj())
}

/// A copy with some fields or attributes replaced, for `copy.replace`.
fn replace(o: &Obj, args: Args<'_>) -> Result {
    if !args.positional.is_empty() {
        return raise!(TypeError, "__replace__() takes no positional arguments");
    }
    let changes = dict::new();
    for (name, value) in args.keywords() {
        changes.set(name, value)?;
    }
    let class = o.ty().as_obj();
    let fields = match object::getattr_opt(class, intern!("_fields"))? {
        Some(fields) => names(&fields)?,
        None => Vec::new(),
    };
    let attributes = match object::getattr_opt(class, intern!("_attributes"))? {
        Some(attributes) => names(&attributes)?,
        None => Vec::new(),
    };
    let state = object::getattr_opt(o, intern!("__dict__"))?;
    let state = state.as_ref().and_then(|d| d.downcast::<PyDictObject>());
    check_replacement(o, &fields, &attributes, state, &changes)?;
    let payload = dict::new();
    if let Some(state) = state {
        for name in fields.iter().chain(&attributes) {
            if let Some(value) = state.get(name)? {
                payload.set(name, &value)?;
            }
        }
    }
    payload.merge(changes.as_obj(), dict::Merge::Override)?;
    call::call_tuple_dict(class, &tuple::empty(), Some(&payload))
}

/// Is every change one of a field or an attribute, and would every field that must be there be there?
fn check_replacement(
    o: &Obj,
    fields: &[Ref],
    attributes: &[Ref],
    state: Option<&PyDictObject>,
    changes: &PyDictObject,
) -> Result<()> {
    let expected = set::new_set(None)?;
    for name in fields.iter().chain(attributes) {
        expected.add(name)?;
    }
    for (name, _) in changes.entries() {
        if !expected.discard(&name)? {
            return raise!(
                TypeError,
                "{}.__replace__ got an unexpected keyword argument {}.",
                o.tp_name(),
                repr_lossy(&name)
            );
        }
    }
    for (name, _) in state.map(|state| state.entries()).unwrap_or_default() {
        expected.discard(&name)?;
    }
    for name in attributes {
        expected.discard(name)?;
    }
    let types = object::getattr_opt(o.ty().as_obj(), intern!("_field_types"))?;
    if let Some(types) = types
        .as_ref()
        .and_then(|types| types.downcast::<PyDictObject>())
    {
        for (name, t) in types.entries() {
            if is_union(&t) {
                expected.discard(&name)?;
            }
        }
    }
    if expected.is_empty() {
        return Ok(());
    }
    let mut missing = Vec::new();
    let mut at = 0;
    while let Some(name) = expected.next(&mut at) {
        missing.push(repr_lossy(&name));
    }
    missing.sort();
    raise!(
        TypeError,
        "{}.__replace__ missing {} keyword argument{}: {}.",
        o.tp_name(),
        missing.len(),
        if missing.len() == 1 { "" } else { "s" },
        missing.join(", ")
    )
}

/// `Name(id='x', ctx=Load())`, down to some depth.
fn repr_to(o: &Obj, depth: usize) -> Result {
    let abridged = || Ok(str_::new(&format!("{}(...)", o.tp_name())).into_obj());
    if depth == 0 {
        return abridged();
    }
    let Some(_guard) = repr_enter(o) else {
        return abridged();
    };
    let mut out = Writer::new();
    out.push_str(o.tp_name());
    out.push_ascii("(");
    for (i, name) in names(&*class_attribute(o, intern!("_fields"))?)?
        .into_iter()
        .enumerate()
    {
        if i > 0 {
            out.push_ascii(", ");
        }
        push(&mut out, &*object::str(&name)?);
        out.push_ascii("=");
        let value = object::getattr(o, &name)?;
        push_value(&mut out, &value, depth - 1)?;
    }
    out.push_ascii(")");
    Ok(out.finish()?.into_obj())
}

fn push(out: &mut Writer, text: &Obj) {
    if let Some(text) = text.downcast::<PyUnicodeObject>() {
        out.push_obj(text);
    }
}

fn push_value(out: &mut Writer, value: &Obj, depth: usize) -> Result<()> {
    let (items, open, close) = if let Some(list) = value.downcast::<PyListObject>() {
        (list.items().to_vec(), "[", "]")
    } else if let Some(tuple) = value.downcast::<PyTupleObject>() {
        (tuple.items().to_vec(), "(", ")")
    } else {
        return push_item(out, value, depth);
    };
    let [first, .., last] = &items[..] else {
        out.push_ascii(open);
        for item in &items {
            push_item(out, item, depth)?;
        }
        out.push_ascii(close);
        return Ok(());
    };
    out.push_ascii(open);
    push_item(out, first, depth)?;
    out.push_ascii(if items.len() > 2 { ", ..., " } else { ", " });
    push_item(out, last, depth)?;
    out.push_ascii(close);
    Ok(())
}

fn push_item(out: &mut Writer, item: &Obj, depth: usize) -> Result<()> {
    let text = if item.is::<Node>() {
        repr_to(item, depth)?
    } else {
        object::repr(item)?
    };
    push(out, &text);
    Ok(())
}
