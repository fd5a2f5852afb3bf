//! The Python interface of `dict`: constructors, operators and methods.

use layout::*;

use crate::args;
use crate::err::{self, Result, exc};
use crate::method::*;
use crate::object::*;
use crate::protocol::{call, object as proto};
use crate::raise;
use crate::types::str_::{self, Writer};
use crate::types::tuple::TupleExt as _;
use crate::types::type_::CompareOp;
use crate::types::{dictviews, genericalias, list, set, tuple};

use super::table::{self, Merge, keys_of, values_of};
use super::{DictExt, iter, keys};

pub static METHODS: &[PyMethodDef] = &[
    coexist(o!("__contains__", dict_contains, "($self, key, /)")),
    coexist(o!("__getitem__", dict_subscript, "($self, key, /)")),
    noargs!("__sizeof__", dict_sizeof, "($self, /)"),
    fastcall!("get", dict_get, "($self, key, default=None, /)"),
    fastcall!(
        "setdefault",
        dict_setdefault,
        "($self, key, default=None, /)"
    ),
    fastcall!(
        "pop",
        dict_pop,
        "($self, key, default=<unrepresentable>, /)"
    ),
    noargs!("popitem", dict_popitem, "($self, /)"),
    noargs!("keys", dict_keys, "($self, /)"),
    noargs!("items", dict_items, "($self, /)"),
    noargs!("values", dict_values, "($self, /)"),
    varargs_kw!("update", dict_update, ""),
    class_method(fastcall!(
        "fromkeys",
        dict_fromkeys,
        "($type, iterable, value=None, /)"
    )),
    noargs!("clear", dict_clear, "($self, /)"),
    noargs!("copy", dict_copy, "($self, /)"),
    noargs!("__reversed__", dict_reversed, "($self, /)"),
    class_method(o!(
        "__class_getitem__",
        dict_class_getitem,
        "($type, object, /)"
    )),
];

// ---- Construction ----

pub fn dict_new(
    tp: &PyTypeObject,
    _args: &PyTupleObject,
    _kwargs: Option<&PyDictObject>,
) -> Result {
    make(tp)
}

/// An empty instance of dict or of a subclass.
pub fn make(tp: &PyTypeObject) -> Result {
    let d = type_alloc(tp, 0)?;
    // SAFETY: tp is dict or a subclass.
    table::init_empty(unsafe { d.cast() });
    Ok(d)
}

pub fn dict_init(
    d: &PyDictObject,
    args: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
) -> Result<()> {
    let positional = args.items();
    if positional.len() > 1 {
        return raise!(
            TypeError,
            "dict expected at most 1 argument, got {}",
            positional.len()
        );
    }
    if let Some(arg) = positional.first() {
        update_from(d, arg)?;
    }
    if let Some(kwargs) = kwargs {
        check_keyword_names(kwargs)?;
        d.merge(kwargs.as_obj(), Merge::Override)?;
    }
    Ok(())
}

fn check_keyword_names(kwargs: &PyDictObject) -> Result<()> {
    let mut pos = 0;
    while let Some((name, _, _)) = table::next_at(kwargs, &mut pos) {
        if !name.is::<PyUnicodeObject>() {
            return raise!(TypeError, "keywords must be strings");
        }
    }
    Ok(())
}

pub fn dict_vectorcall(tp: &PyTypeObject, args: Args<'_>) -> Result {
    args::expect("dict", args.positional, 0..=1)?;
    let o = dict_new(tp, &tuple::empty(), None)?;
    // SAFETY: just made as a dict.
    let d: &PyDictObject = unsafe { o.cast() };
    if let Some(arg) = args.positional.first() {
        update_from(d, arg)?;
    }
    for (name, value) in args.keywords() {
        d.set(name, value)?;
    }
    Ok(o)
}

/// `d.update(arg)`: a mapping if it has `keys`, else an iterable of pairs.
pub fn update_from(d: &PyDictObject, arg: &Obj) -> Result<()> {
    if arg.is_exact::<PyDictObject>() {
        return d.merge(arg, Merge::Override);
    }
    if proto::getattr_opt(arg, crate::intern!("keys"))?.is_some() {
        return d.merge(arg, Merge::Override);
    }
    merge_pairs(d, arg, true)
}

/// Merges an iterable of pairs; the last value of a key wins if `replace`, else the first.
pub fn merge_pairs(d: &PyDictObject, pairs: &Obj, replace: bool) -> Result<()> {
    let mut i = 0usize;
    proto::for_each(pairs, |item| {
        let pair = match pair_items(&item) {
            Ok(pair) => pair,
            Err(raised) => return Err(note_element(raised, i)),
        };
        let [key, value] = pair.as_slice() else {
            return raise!(
                ValueError,
                "dictionary update sequence element #{i} has length {}; 2 is required",
                pair.len()
            );
        };
        if replace {
            d.set(key, value)?;
        } else {
            d.setdefault(key, value)?;
        }
        i += 1;
        Ok(())
    })
}

/// The items of what should be a pair.
fn pair_items(item: &Obj) -> Result<Vec<Ref>> {
    if let Some(t) = item.downcast::<PyTupleObject>() {
        return Ok(t.items().to_vec());
    }
    match proto::iter(item) {
        Ok(it) => proto::to_vec(&it),
        Err(raised) if err::matches(&exc::TypeError) => {
            drop(err::catch(raised));
            raise!(TypeError, "object is not iterable")
        }
        Err(raised) => Err(raised),
    }
}

#[cold]
fn note_element(raised: err::Raised, i: usize) -> err::Raised {
    if !err::matches(&exc::TypeError) {
        return raised;
    }
    let exception = err::catch(raised);
    let note = str_::new(&format!(
        "Cannot convert dictionary update sequence element #{i} to a sequence"
    ));
    if let Err(raised) = call::call_method(&exception, "add_note", &[note.as_obj()]) {
        return raised;
    }
    err::reraise(exception)
}

/// Merges a mapping that is not a plain dict, by `keys()` and `[]`.
pub fn merge_mapping(d: &PyDictObject, other: &Obj, how: Merge) -> Result<()> {
    let it = proto::iter(&*proto::call_keys(other)?)?;
    while let Some(key) = proto::next(&it)? {
        if how != Merge::Override && d.contains(&key)? {
            if how == Merge::Unique {
                return Err(err::key_error(&key));
            }
            continue;
        }
        let value = proto::getitem(other, &key)?;
        d.set(&key, &value)?;
    }
    Ok(())
}

// ---- Slots ----

pub fn dict_repr(d: &PyDictObject) -> Result {
    let Some(_guard) = repr_enter(d.as_obj()) else {
        return Ok(str_::new("{...}").into_obj());
    };
    if d.is_empty() {
        return Ok(str_::new("{}").into_obj());
    }
    let mut w = Writer::new();
    w.push_str("{");
    let mut pos = 0;
    let mut first = true;
    while let Some((key, value, _)) = d.next(&mut pos) {
        if !first {
            w.push_str(", ");
        }
        first = false;
        push_repr(&mut w, &key)?;
        w.push_str(": ");
        push_repr(&mut w, &value)?;
    }
    w.push_str("}");
    Ok(w.finish()?.into_obj())
}

/// Appends `repr(o)`.
pub fn push_repr(w: &mut Writer, o: &Obj) -> Result<()> {
    let text = proto::repr(o)?;
    // SAFETY: `repr` answers with a str.
    w.push_obj(unsafe { text.cast() });
    Ok(())
}

pub fn dict_richcompare(d: &PyDictObject, other: &Obj, op: CompareOp) -> Result {
    let Some(other) = other.downcast::<PyDictObject>() else {
        return Ok(not_implemented());
    };
    match op {
        CompareOp::Eq => Ok(bool_(equal(d, other)?)),
        CompareOp::Ne => Ok(bool_(!equal(d, other)?)),
        _ => Ok(not_implemented()),
    }
}

/// Whether two dicts have the same items, in any order.
pub fn equal(a: &PyDictObject, b: &PyDictObject) -> Result<bool> {
    if a.len() != b.len() {
        return Ok(false);
    }
    let mut pos = 0;
    while let Some((key, value, hash)) = a.next(&mut pos) {
        let Some(other) = b.get_hashed(&key, hash)? else {
            return Ok(false);
        };
        if !proto::rich_compare_bool(&value, &other, CompareOp::Eq)? {
            return Ok(false);
        }
    }
    Ok(true)
}

pub fn dict_iter(d: &PyDictObject) -> Result {
    iter::new(d, &PyDictIterKey_Type)
}

pub fn dict_or(a: &Obj, b: &Obj) -> Result {
    let (Some(d), true) = (a.downcast::<PyDictObject>(), b.is::<PyDictObject>()) else {
        return Ok(not_implemented());
    };
    let merged = d.copy()?;
    update_from(&merged, b)?;
    Ok(merged.into_obj())
}

pub fn dict_ior(a: &Obj, b: &Obj) -> Result {
    // SAFETY: in-place slots are called on an instance of the type.
    update_from(unsafe { a.cast() }, b)?;
    Ok(a.new_ref())
}

pub fn dict_length(d: &PyDictObject) -> Result<usize> {
    Ok(d.len())
}

pub fn dict_contains(d: &PyDictObject, key: &Obj) -> Result<bool> {
    d.contains(key)
}

pub fn dict_subscript(d: &PyDictObject, key: &Obj) -> Result {
    match d.get(key)? {
        Some(value) => Ok(value),
        None => super::missing(d, key),
    }
}

pub fn dict_ass_subscript(d: &PyDictObject, key: &Obj, value: Option<&Obj>) -> Result<()> {
    match value {
        Some(value) => d.set(key, value),
        None if d.del(key)? => Ok(()),
        None => Err(err::key_error(key)),
    }
}

// ---- Methods ----

fn dict_sizeof(d: &PyDictObject) -> Result<usize> {
    Ok(size_in_bytes(d))
}

/// Bytes that a dict and its tables take; keys shared with others are theirs.
pub fn size_in_bytes(d: &PyDictObject) -> usize {
    let mut size = d.as_obj().ty().tp_basicsize.get() as usize;
    if let Some(values) = values_of(d) {
        size += values.capacity() * size_of::<usize>();
    }
    let keys = keys_of(d);
    if keys.kind() != keys::Kind::Split && !keys.is_empty_keys() {
        size += keys.size_in_bytes();
    }
    size
}

fn dict_get(d: &PyDictObject, args: &[&Obj]) -> Result {
    args::expect("get", args, 1..=2)?;
    Ok(match d.get(args[0])? {
        Some(value) => value,
        None => args.get(1).map_or_else(none, |default| default.new_ref()),
    })
}

fn dict_setdefault(d: &PyDictObject, args: &[&Obj]) -> Result {
    args::expect("setdefault", args, 1..=2)?;
    d.setdefault(args[0], args.get(1).copied().unwrap_or(NONE()))
}

fn dict_pop(d: &PyDictObject, args: &[&Obj]) -> Result {
    args::expect("pop", args, 1..=2)?;
    // An empty dict does not ask for the key's hash.
    let value = if d.is_empty() { None } else { d.pop(args[0])? };
    match (value, args.get(1)) {
        (Some(value), _) => Ok(value),
        (None, Some(default)) => Ok(default.new_ref()),
        (None, None) => Err(err::key_error(args[0])),
    }
}

fn dict_popitem(d: &PyDictObject) -> Result {
    match table::take_last(d)? {
        Some((key, value)) => Ok(tuple::pair(&key, &value).into_obj()),
        None => raise!(KeyError, "popitem(): dictionary is empty"),
    }
}

fn dict_keys(d: &PyDictObject) -> Result {
    dictviews::new(d, &PyDictKeys_Type)
}

fn dict_items(d: &PyDictObject) -> Result {
    dictviews::new(d, &PyDictItems_Type)
}

fn dict_values(d: &PyDictObject) -> Result {
    dictviews::new(d, &PyDictValues_Type)
}

fn dict_update(d: &PyDictObject, args: Args<'_>) -> Result<()> {
    args::expect("update", args.positional, 0..=1)?;
    if let Some(arg) = args.positional.first() {
        update_from(d, arg)?;
    }
    for (name, value) in args.keywords() {
        if !name.is::<PyUnicodeObject>() {
            return raise!(TypeError, "keywords must be strings");
        }
        d.set(name, value)?;
    }
    Ok(())
}

fn dict_fromkeys(cls: &Obj, args: &[&Obj]) -> Result {
    args::expect("fromkeys", args, 1..=2)?;
    from_keys(cls, args[0], args.get(1).copied().unwrap_or(NONE()))
}

/// `cls.fromkeys(iterable, value)`.
pub fn from_keys(cls: &Obj, iterable: &Obj, value: &Obj) -> Result {
    let made = call::call0(cls)?;
    let plain = made.downcast_exact::<PyDictObject>();
    if let Some(d) = plain.filter(|d| d.is_empty()) {
        if let Some(from) = iterable.downcast_exact::<PyDictObject>() {
            let kind = if keys_of(from).is_str() {
                keys::Kind::Str
            } else {
                keys::Kind::General
            };
            table::reserve(d, from.len(), kind)?;
            let mut pos = 0;
            while let Some((key, _, hash)) = from.next(&mut pos) {
                d.set_hashed(&key, hash, value)?;
            }
            return Ok(made);
        }
        if let Some(from) = set::as_exact_anyset(iterable) {
            let mut pos = 0;
            while let Some((key, hash)) = set::next_entry(from, &mut pos) {
                d.set_hashed(&key, hash, value)?;
            }
            return Ok(made);
        }
    }
    let it = proto::iter(iterable)?;
    while let Some(key) = proto::next(&it)? {
        match plain {
            Some(d) => d.set(&key, value)?,
            None => proto::setitem(&made, &key, value)?,
        }
    }
    Ok(made)
}

fn dict_clear(d: &PyDictObject) -> Result<()> {
    d.clear();
    Ok(())
}

fn dict_copy(d: &PyDictObject) -> Result {
    d.copy().map(Ref::into_obj)
}

fn dict_reversed(d: &PyDictObject) -> Result {
    iter::new(d, &PyDictRevIterKey_Type)
}

fn dict_class_getitem(cls: &Obj, item: &Obj) -> Result {
    genericalias::new(cls, item)
}

/// A list of the keys, values or items; the dict may change while the list is being allocated.
pub fn to_list(d: &PyDictObject, of: fn(Ref, Ref) -> Ref) -> Result {
    let items: Vec<Ref> = d.entries().into_iter().map(|(k, v)| of(k, v)).collect();
    Ok(list::from_vec(items).into_obj())
}
