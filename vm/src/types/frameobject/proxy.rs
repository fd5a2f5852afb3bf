//! `FrameLocalsProxy`: the locals of a function's frame as a mapping that writes through.

use layout::*;

use super::{FrameObject, extra_count, extra_locals, frame_of};
use crate::args;
use crate::code::{kind, local_kinds, local_names};
use crate::err::{self, Result, raise};
use crate::frame::Frame;
use crate::method::*;
use crate::object::*;
use crate::protocol::object;
use crate::stackref::StackRef;
use crate::types::cell;
use crate::types::dict::{self, DictExt as _};
use crate::types::list;
use crate::types::str_::StrExt as _;
use crate::types::tuple::{self, TupleExt as _};
use crate::types::type_::{CompareOp, TypeBuilder};

/// Fills in `FrameLocalsProxy`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<PyFrameLocalsProxyObject>()
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_MAPPING)
        .generic_attributes()
        .tp_new(proxy_new)
        .tp_dealloc(proxy_dealloc)
        .tp_traverse(|p: &Proxy, v: &mut Visitor| v.visit_ptr(p.frame.get().cast()))
        .tp_clear(|p: &Proxy| frame_field(p).set_ref(None))
        .tp_repr(proxy_repr)
        .tp_richcompare(proxy_compare)
        .unhashable()
        .tp_iter(proxy_iter)
        .mp_length(|p: &Proxy| Ok(names(p).len() + extra_count(frame_object(p))))
        .mp_subscript(proxy_getitem)
        .mp_ass_subscript(proxy_setitem)
        .sq_contains(proxy_contains)
        .nb_or(proxy_or)
        .nb_inplace_or(|p: &Proxy, other: &Obj| {
            update(p, other)?;
            Ok(p.as_obj().new_ref())
        })
        .methods(METHODS);
}

type Proxy = PyFrameLocalsProxyObject;

static METHODS: &[PyMethodDef] = &[
    o!("__contains__", proxy_contains, ""),
    o!("__getitem__", proxy_getitem, ""),
    o!("update", update_method, ""),
    noargs!("__reversed__", reversed, ""),
    noargs!("copy", |p: &Proxy| Ok(copy(p)?.into_obj()), ""),
    noargs!("keys", |p: &Proxy| Ok(list::new(keys(p)?).into_obj()), ""),
    noargs!("values", values, ""),
    noargs!("items", items, ""),
    fastcall!("get", get, ""),
    fastcall!("pop", pop, ""),
    fastcall!("setdefault", setdefault, ""),
];

// ---- Locals by index ----

/// The value of a local, looked up in its cell if it has one; nothing if it is unbound or not to be shown.
pub fn value_at(frame: &Frame, index: usize) -> Option<Ref> {
    let kinds = local_kinds(frame.code())[index];
    // Free variables are copied in by the function's first instructions.
    let word = frame.local(index);
    if word.is_null() {
        return None;
    }
    if kinds & (kind::CELL | kind::FREE) != 0
        && let Some(cell) = word.obj().downcast_exact::<PyCellObject>()
    {
        let made = kinds & kind::FREE != 0 || cells_are_made(frame);
        return if made {
            cell.ob_ref.get_ref()
        } else {
            Some(word.to_ref())
        };
    }
    Some(word.to_ref())
}

/// Whether the frame has got past the instructions that make its cells.
fn cells_are_made(frame: &Frame) -> bool {
    frame.lasti() >= frame.code()._co_firsttraceable.get()
}

fn is_hidden(frame: &Frame, index: usize) -> bool {
    local_kinds(frame.code())[index] & kind::HIDDEN != 0
}

/// Overwrites a local. Borrowers further up the stack may still use the old value, so the frame object keeps it.
fn set_at(f: &FrameObject, frame: &mut Frame, index: usize, value: &Obj) -> Result<()> {
    let kinds = local_kinds(frame.code())[index];
    let word = frame.local(index);
    if kinds & (kind::CELL | kind::FREE) != 0
        && !word.is_null()
        && let Some(cell) = word.obj().downcast_exact::<PyCellObject>()
    {
        if cell.ob_ref.get() != value.as_ptr() {
            cell.ob_ref.set_ref(Some(value.new_ref()));
        }
        return Ok(());
    }
    if kinds & kind::CELL != 0 && word.is_null() {
        let made = cell::new(Some(value.new_ref()))?;
        frame.set_local(index, StackRef::owned(made.into_obj()));
        return Ok(());
    }
    if word.is(value) {
        return Ok(());
    }
    if !word.is_null() {
        let mut kept: Vec<Ref> = f
            .f_overwritten_fast_locals
            .borrow_obj()
            .and_then(|t| t.downcast::<PyTupleObject>())
            .map_or_else(Vec::new, |t| t.items().to_vec());
        kept.push(word.to_ref());
        f.f_overwritten_fast_locals
            .set_ref(Some(tuple::from_vec(kept).into_obj()));
    }
    frame.set_local(index, StackRef::owned(value.new_ref()));
    word.close();
    Ok(())
}

/// The index of a variable; with `bound`, only if it has a value.
fn find(frame: &Frame, name: &Obj, bound: bool) -> Result<Option<usize>> {
    let Some(text) = name.downcast::<PyUnicodeObject>() else {
        object::hash(name)?;
        return Ok(None);
    };
    let wanted = local_names(frame.code())
        .items()
        .iter()
        .enumerate()
        .find(|(index, candidate)| {
            let same = candidate.is_same(name)
            // SAFETY: the names of locals are str.
            || unsafe { candidate.cast::<PyUnicodeObject>() }.equals(text);
            same && (!bound || value_at(frame, *index).is_some())
                && (bound || !is_hidden(frame, *index))
        });
    Ok(wanted.map(|(index, _)| index))
}

// ---- The object ----

fn frame_field(p: &Proxy) -> &core::cell::Cell<*mut PyObject> {
    // SAFETY: both are cells of a pointer to an object.
    unsafe { &*(&raw const p.frame).cast() }
}

fn frame_object(p: &Proxy) -> &FrameObject {
    // SAFETY: a proxy has a frame from birth to death.
    unsafe { &*p.frame.get().cast() }
}

/// A proxy for a frame.
pub fn new(f: &FrameObject) -> Result {
    let made = alloc::<Proxy>(&PyFrameLocalsProxy_Type)?;
    frame_field(&made).set_ref(Some(f.as_obj().new_ref()));
    Ok(made.into_obj())
}

fn proxy_new(_: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    if kwargs.is_some_and(|k| k.len() != 0) {
        return raise!(TypeError, "FrameLocalsProxy takes no keyword arguments");
    }
    let [f] = args.items() else {
        return raise!(
            TypeError,
            "FrameLocalsProxy expected 1 argument, got {}",
            args.items().len()
        );
    };
    match f.downcast::<FrameObject>() {
        Some(f) => new(f),
        None => raise!(TypeError, "expect frame, not {}", f.tp_name()),
    }
}

unsafe extern "C" fn proxy_dealloc(o: *mut PyObject) {
    // SAFETY: the last reference to a proxy is gone.
    unsafe {
        gc::untrack(o);
        frame_field((*o).cast()).set_ref(None);
        free_builtin(o);
    }
}

/// The names and values of the variables that are bound.
fn bound(f: &FrameObject) -> Vec<(Ref, Ref)> {
    let Some(frame) = frame_of(f) else {
        return Vec::new();
    };
    let names = local_names(frame.code()).items();
    let values = names
        .iter()
        .enumerate()
        .filter_map(|(index, name)| Some((name.clone(), value_at(frame, index)?)));
    values.collect()
}

fn names(p: &Proxy) -> Vec<Ref> {
    bound(frame_object(p))
        .into_iter()
        .map(|(name, _)| name)
        .collect()
}

fn extra(f: &FrameObject) -> Vec<(Ref, Ref)> {
    if extra_count(f) == 0 {
        Vec::new()
    } else {
        extra_locals(f).entries()
    }
}

fn all(p: &Proxy) -> Vec<(Ref, Ref)> {
    let f = frame_object(p);
    let mut pairs = bound(f);
    pairs.extend(extra(f));
    pairs
}

fn keys(p: &Proxy) -> Result<Vec<Ref>> {
    Ok(all(p).into_iter().map(|(name, _)| name).collect())
}

/// Adds the frame's variables to a dict.
pub fn copy_into(f: &FrameObject, to: &PyDictObject) -> Result<()> {
    for (name, value) in bound(f).into_iter().chain(extra(f)) {
        to.set(&name, &value)?;
    }
    Ok(())
}

fn copy(p: &Proxy) -> Result<Ref<PyDictObject>> {
    let made = dict::new();
    copy_into(frame_object(p), &made)?;
    Ok(made)
}

// ---- Slots and methods ----

fn lookup(p: &Proxy, name: &Obj) -> Result<Option<Ref>> {
    let f = frame_object(p);
    if let Some(frame) = frame_of(f)
        && let Some(index) = find(frame, name, true)?
    {
        return Ok(value_at(frame, index));
    }
    if extra_count(f) == 0 {
        Ok(None)
    } else {
        extra_locals(f).get(name)
    }
}

fn proxy_getitem(p: &Proxy, name: &Obj) -> Result {
    match lookup(p, name)? {
        Some(value) => Ok(value),
        None => raise!(
            KeyError,
            "local variable '{}' is not defined",
            repr_lossy(name)
        ),
    }
}

fn proxy_setitem(p: &Proxy, name: &Obj, value: Option<&Obj>) -> Result<()> {
    let f = frame_object(p);
    if let Some(frame) = frame_of(f)
        && let Some(index) = find(frame, name, false)?
    {
        return match value {
            Some(value) => set_at(f, frame, index, value),
            None => raise!(
                ValueError,
                "cannot remove local variables from FrameLocalsProxy"
            ),
        };
    }
    match value {
        Some(value) => extra_locals(f).set(name, value),
        None if extra_count(f) != 0 && extra_locals(f).del(name)? => Ok(()),
        None => Err(err::key_error(name)),
    }
}

fn proxy_contains(p: &Proxy, name: &Obj) -> Result<bool> {
    Ok(lookup(p, name)?.is_some())
}

fn proxy_iter(p: &Proxy) -> Result {
    object::iter(list::new(keys(p)?).as_obj())
}

fn proxy_repr(p: &Proxy) -> Result {
    match repr_enter(p.as_obj()) {
        Some(_guard) => object::repr(copy(p)?.as_obj()),
        None => Ok(crate::types::str_::new("{...}").into_obj()),
    }
}

fn proxy_compare(p: &Proxy, other: &Obj, op: CompareOp) -> Result {
    if let Some(other) = other.downcast_exact::<Proxy>() {
        let same = core::ptr::eq(p.frame.get(), other.frame.get());
        return Ok(match op {
            CompareOp::Eq => bool_(same),
            CompareOp::Ne => bool_(!same),
            _ => not_implemented(),
        });
    }
    if other.is::<PyDictObject>() {
        return object::rich_compare(copy(p)?.as_obj(), other, op);
    }
    Ok(not_implemented())
}

fn is_mapping(o: &Obj) -> bool {
    o.is::<PyDictObject>() || o.is_exact::<Proxy>()
}

fn proxy_or(a: &Obj, b: &Obj) -> Result {
    if !is_mapping(a) || !is_mapping(b) {
        return Ok(not_implemented());
    }
    let made = dict::new();
    for part in [a, b] {
        match part.downcast_exact::<Proxy>() {
            Some(p) => copy_into(frame_object(p), &made)?,
            None => made.merge(part, dict::Merge::Override)?,
        }
    }
    Ok(made.into_obj())
}

fn update(p: &Proxy, other: &Obj) -> Result<()> {
    if !is_mapping(other) {
        return raise!(
            TypeError,
            "update() argument must be dict or another FrameLocalsProxy"
        );
    }
    let pairs = match other.downcast::<PyDictObject>() {
        Some(d) => d.entries(),
        None => {
            // SAFETY: the only other mapping.
            all(unsafe { other.cast() })
        }
    };
    for (name, value) in pairs {
        proxy_setitem(p, &name, Some(&value))?;
    }
    Ok(())
}

fn update_method(p: &Proxy, other: &Obj) -> Result<()> {
    update(p, other)
}

fn reversed(p: &Proxy) -> Result {
    let mut names = keys(p)?;
    names.reverse();
    Ok(list::new(names).into_obj())
}

fn values(p: &Proxy) -> Result {
    Ok(list::new(all(p).into_iter().map(|(_, value)| value).collect()).into_obj())
}

fn items(p: &Proxy) -> Result {
    Ok(list::new(
        all(p)
            .into_iter()
            .map(|(name, value)| tuple::pair(&name, &value).into_obj())
            .collect(),
    )
    .into_obj())
}

fn get(p: &Proxy, given: &[&Obj]) -> Result {
    args::expect("get", given, 1..=2)?;
    Ok(lookup(p, given[0])?.unwrap_or_else(|| given.get(1).map_or_else(none, |o| o.new_ref())))
}

fn pop(p: &Proxy, given: &[&Obj]) -> Result {
    args::expect("pop", given, 1..=2)?;
    let f = frame_object(p);
    if let Some(frame) = frame_of(f)
        && find(frame, given[0], false)?.is_some()
    {
        return raise!(
            ValueError,
            "cannot remove local variables from FrameLocalsProxy"
        );
    }
    let popped = if extra_count(f) == 0 {
        None
    } else {
        extra_locals(f).pop(given[0])?
    };
    match (popped, given.get(1)) {
        (Some(value), _) => Ok(value),
        (None, Some(default)) => Ok(default.new_ref()),
        (None, None) => Err(err::key_error(given[0])),
    }
}

fn setdefault(p: &Proxy, given: &[&Obj]) -> Result {
    args::expect("setdefault", given, 1..=2)?;
    if let Some(value) = lookup(p, given[0])? {
        return Ok(value);
    }
    let default = given.get(1).copied().unwrap_or(NONE());
    proxy_setitem(p, given[0], Some(default))?;
    Ok(default.new_ref())
}
