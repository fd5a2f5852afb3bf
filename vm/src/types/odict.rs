//! `collections.OrderedDict`: a dict whose order can be changed and counts in comparisons.
//!
//! A dict keeps its order already, so there is no list of nodes beside it: an item moved to the end is inserted anew,
//! one moved to the front costs a new table. Invariant: `state` changes whenever a method of this type changes the
//! order, which is how its iterators notice.

use core::cell::Cell;
use core::mem::offset_of;

use layout::*;

use crate::err::{self, Result};
use crate::method::*;
use crate::object::*;
use crate::protocol::{call, object as proto};
use crate::raise;
use crate::types::dict::{self, DictExt, keys, table};
use crate::types::tuple::{self, TupleExt as _};
use crate::types::type_::{CompareOp, TypeBuilder};
use crate::types::{odictviews, str_};

/// An ordered dict.
#[repr(C)]
pub struct OrderedDict {
    pub(super) dict: PyDictObject,
    inst_dict: Cell<*mut PyObject>,
    weakreflist: Cell<*mut PyObject>,
    pub(super) state: Cell<usize>,
}

impl Layout for OrderedDict {
    fn type_object() -> &'static PyTypeObject {
        &PyODict_Type
    }
}

static METHODS: &[PyMethodDef] = &[
    class_method(keywords!(
        "fromkeys",
        fromkeys,
        "($type, /, iterable, value=None)"
    )),
    noargs!("__sizeof__", sizeof, "($self, /)"),
    noargs!("__reduce__", reduce, "($self, /)"),
    keywords!("setdefault", setdefault, "($self, /, key, default=None)"),
    keywords!("pop", pop, "($self, /, key, default=<unrepresentable>)"),
    keywords!("popitem", popitem, "($self, /, last=True)"),
    noargs!(
        "keys",
        |d: &OrderedDict| odictviews::new(d, &PyODictKeys_Type),
        "($self, /)"
    ),
    noargs!(
        "values",
        |d: &OrderedDict| odictviews::new(d, &PyODictValues_Type),
        "($self, /)"
    ),
    noargs!(
        "items",
        |d: &OrderedDict| odictviews::new(d, &PyODictItems_Type),
        "($self, /)"
    ),
    varargs_kw!("update", update, ""),
    noargs!("clear", clear, "($self, /)"),
    noargs!("copy", copy, "($self, /)"),
    noargs!("__reversed__", reversed, "($self, /)"),
    keywords!("move_to_end", move_to_end, "($self, /, key, last=True)"),
];

static GETSET: &[PyGetSetDef] = &[getset!("__dict__", get_dict, set_dict)];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<OrderedDict>()
        .base(&PyDict_Type)
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
        .weaklistoffset(offset_of!(OrderedDict, weakreflist))
        .dictoffset(offset_of!(OrderedDict, inst_dict))
        .tp_dealloc(dealloc)
        .tp_traverse(traverse)
        .tp_clear(tp_clear)
        .tp_init(init)
        .tp_repr(repr)
        .unhashable()
        .tp_richcompare(richcompare)
        .tp_iter(|d: &OrderedDict| odictviews::iterate(d, odictviews::Yields::Keys, false))
        .mp_ass_subscript(ass_subscript)
        .nb_or(or)
        .nb_inplace_or(ior)
        .methods(METHODS)
        .getset(GETSET);
}

impl OrderedDict {
    fn changed(&self) {
        self.state.set(self.state.get().wrapping_add(1));
    }

    fn is_exact_odict(&self) -> bool {
        self.as_obj().is_exact::<OrderedDict>()
    }

    /// Sets an item as this class does, whatever a subclass does.
    pub fn insert(&self, key: &Obj, value: &Obj) -> Result<()> {
        let before = self.dict.len();
        self.dict.set(key, value)?;
        if self.dict.len() != before {
            self.changed();
        }
        Ok(())
    }

    fn remove(&self, key: &Obj) -> Result<Option<Ref>> {
        let value = self.dict.pop(key)?;
        if value.is_some() {
            self.changed();
        }
        Ok(value)
    }

    /// The first or last key.
    fn end(&self, last: bool) -> Result<Option<Ref>> {
        let d = &self.dict;
        if table::values_of(d).is_some() {
            table::resize(d, table::keys_of(d).log2_size(), keys::Kind::Str)?;
        }
        let key = if last {
            table::previous_at(d, &mut table::reverse_start(d)).map(|(key, _)| key)
        } else {
            table::next_at(d, &mut 0).map(|(key, _, _)| key)
        };
        Ok(key.map(Obj::new_ref))
    }
}

/// A new, empty ordered dict.
pub fn new() -> Result {
    dict::make(&PyODict_Type)
}

// ---- Life ----

unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: called once for an ordered dict that nobody refers to; dict releases the rest.
    unsafe {
        gc::untrack(o);
        let d = &*o.cast::<OrderedDict>();
        if !d.weakreflist.get().is_null() {
            crate::types::weakref::clear_weakrefs(&*o);
        }
        d.inst_dict.set_ref(None);
        if let Some(base) = PyDict_Type.tp_dealloc.get() {
            base(o);
        }
    }
}

fn traverse(d: &OrderedDict, v: &mut Visitor) -> Visit {
    v.visit_ptr(d.inst_dict.get())?;
    dict::traverse(&d.dict, v)
}

fn tp_clear(d: &OrderedDict) {
    d.inst_dict.set_ref(None);
    d.dict.clear();
    d.changed();
}

fn init(d: &OrderedDict, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    let items = args.items();
    if items.len() > 1 {
        return raise!(
            TypeError,
            "expected at most 1 argument, got {}",
            items.len()
        );
    }
    if let Some(arg) = items.first() {
        update_from(d.as_obj(), arg)?;
    }
    match kwargs {
        Some(kwargs) => add_dict(d.as_obj(), kwargs),
        None => Ok(()),
    }
}

// ---- Update: by `self[key] = value`, which subclasses may override ----

fn add_dict(o: &Obj, from: &PyDictObject) -> Result<()> {
    from.entries()
        .iter()
        .try_for_each(|(key, value)| proto::setitem(o, key, value))
}

fn add_pairs(o: &Obj, pairs: &Obj) -> Result<()> {
    let it = proto::iter(pairs)?;
    while let Some(pair) = proto::next(&it)? {
        let items = proto::iter(&pair)?;
        let next = |missing: &str| match proto::next(&items)? {
            Some(item) => Ok(item),
            None => raise!(ValueError, "need more than {missing} to unpack"),
        };
        let key = next("0 values")?;
        let value = next("1 value")?;
        if proto::next(&items)?.is_some() {
            return raise!(ValueError, "too many values to unpack (expected 2)");
        }
        proto::setitem(o, &key, &value)?;
    }
    Ok(())
}

/// `o.update(arg)` as `MutableMapping` has it.
fn update_from(o: &Obj, arg: &Obj) -> Result<()> {
    if let Some(from) = arg.downcast_exact::<PyDictObject>() {
        return add_dict(o, from);
    }
    if let Some(keys) = proto::getattr_opt(arg, crate::intern!("keys"))? {
        let it = proto::iter(&*call::call0(&keys)?)?;
        while let Some(key) = proto::next(&it)? {
            proto::setitem(o, &key, &*proto::getitem(arg, &key)?)?;
        }
        return Ok(());
    }
    match proto::getattr_opt(arg, crate::intern!("items"))? {
        Some(items) => add_pairs(o, &*call::call0(&items)?),
        None => add_pairs(o, arg),
    }
}

fn update(d: &OrderedDict, args: Args<'_>) -> Result<()> {
    let given = args.positional.len();
    if given > 1 {
        return raise!(
            TypeError,
            "update() takes at most 1 positional argument ({given} given)"
        );
    }
    if let Some(arg) = args.positional.first() {
        update_from(d.as_obj(), arg)?;
    }
    args.keywords()
        .try_for_each(|(name, value)| proto::setitem(d.as_obj(), name, value))
}

// ---- Slots ----

fn repr(d: &OrderedDict) -> Result {
    let o = d.as_obj();
    let name = type_name(o.ty());
    let name = name.rsplit('.').next().unwrap_or(name);
    if d.dict.is_empty() {
        return Ok(str_::new(&format!("{name}()")).into_obj());
    }
    let Some(_guard) = repr_enter(o) else {
        return Ok(str_::new("...").into_obj());
    };
    let plain = if d.is_exact_odict() {
        d.dict.copy()?.into_obj()
    } else {
        let items = call::call_method(o, "items", &[])?;
        call::call1(PyDict_Type.as_obj(), &items)?
    };
    let mut w = str_::Writer::new();
    w.push_str(name);
    w.push_str("(");
    dict::push_repr(&mut w, &plain)?;
    w.push_str(")");
    Ok(w.finish()?.into_obj())
}

fn richcompare(d: &OrderedDict, other: &Obj, op: CompareOp) -> Result {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) || !other.is::<PyDictObject>() {
        return Ok(not_implemented());
    }
    // SAFETY: just checked.
    let mut equal = dict::equal(&d.dict, unsafe { other.cast() })?;
    if let Some(other) = other.downcast::<OrderedDict>().filter(|_| equal) {
        equal = same_order(d, other)?;
    }
    Ok(bool_(equal == (op == CompareOp::Eq)))
}

fn same_order(a: &OrderedDict, b: &OrderedDict) -> Result<bool> {
    let (state_a, state_b) = (a.state.get(), b.state.get());
    let (mut at_a, mut at_b) = (0, 0);
    loop {
        match (a.dict.next(&mut at_a), b.dict.next(&mut at_b)) {
            (None, None) => return Ok(true),
            (Some((x, ..)), Some((y, ..))) => {
                let equal = proto::rich_compare_bool(&x, &y, CompareOp::Eq)?;
                if a.state.get() != state_a || b.state.get() != state_b {
                    return raise!(RuntimeError, "OrderedDict mutated during iteration");
                }
                if !equal {
                    return Ok(false);
                }
            }
            _ => return Ok(false),
        }
    }
}

fn ass_subscript(d: &OrderedDict, key: &Obj, value: Option<&Obj>) -> Result<()> {
    match value {
        Some(value) => d.insert(key, value),
        None if d.remove(key)?.is_some() => Ok(()),
        None => Err(err::key_error(key)),
    }
}

fn or(a: &Obj, b: &Obj) -> Result {
    let (tp, other) = if a.is::<OrderedDict>() {
        (a.ty(), b)
    } else {
        (b.ty(), a)
    };
    if !other.is::<PyDictObject>() {
        return Ok(not_implemented());
    }
    let made = call::call1(tp.as_obj(), a)?;
    update_from(&made, b)?;
    Ok(made)
}

fn ior(a: &Obj, b: &Obj) -> Result {
    update_from(a, b)?;
    Ok(a.new_ref())
}

// ---- Methods ----

fn fromkeys(cls: &Obj, [iterable, value]: [Option<&Obj>; 2]) -> Result {
    dict::from_keys(cls, iterable.unwrap_or(NONE()), value.unwrap_or(NONE()))
}

fn sizeof(d: &OrderedDict) -> Result<usize> {
    Ok(dict::size_in_bytes(&d.dict))
}

fn reduce(d: &OrderedDict) -> Result {
    let o = d.as_obj();
    let state = call::call_method(o, "__getstate__", &[])?;
    let items = proto::iter(&*call::call_method(o, "items", &[])?)?;
    Ok(tuple::from_slice(&[
        o.ty().as_obj(),
        tuple::empty().as_obj(),
        &state,
        NONE(),
        &items,
    ])
    .into_obj())
}

fn setdefault(d: &OrderedDict, [key, default]: [Option<&Obj>; 2]) -> Result {
    let (key, default) = (key.unwrap_or(NONE()), default.unwrap_or(NONE()));
    let o = d.as_obj();
    if d.is_exact_odict() {
        if let Some(value) = d.dict.get(key)? {
            return Ok(value);
        }
        d.insert(key, default)?;
    } else if proto::contains(o, key)? {
        return proto::getitem(o, key);
    } else {
        proto::setitem(o, key, default)?;
    }
    Ok(default.new_ref())
}

fn pop(d: &OrderedDict, [key, default]: [Option<&Obj>; 2]) -> Result {
    let key = key.unwrap_or(NONE());
    match (d.remove(key)?, default) {
        (Some(value), _) => Ok(value),
        (None, Some(default)) => Ok(default.new_ref()),
        (None, None) => Err(err::key_error(key)),
    }
}

fn popitem(d: &OrderedDict, [last]: [Option<&Obj>; 1]) -> Result {
    let last = last.map_or(Ok(true), proto::is_true)?;
    let Some(key) = d.end(last)? else {
        return raise!(KeyError, "dictionary is empty");
    };
    match d.remove(&key)? {
        Some(value) => Ok(tuple::pair(&key, &value).into_obj()),
        None => Err(err::key_error(&key)),
    }
}

fn clear(d: &OrderedDict) -> Result<()> {
    d.dict.clear();
    d.changed();
    Ok(())
}

/// The items are set one by one, by a subclass's own idea of it; keys may run code that changes this dict meanwhile.
fn copy(d: &OrderedDict) -> Result {
    let o = d.as_obj();
    let exact = d.is_exact_odict();
    let made = if exact {
        new()?
    } else {
        call::call0(o.ty().as_obj())?
    };
    let (state, size) = (d.state.get(), d.dict.len());
    let mut pos = 0;
    while let Some((key, value, hash)) = d.dict.next(&mut pos) {
        if exact {
            // SAFETY: just made as an ordered dict.
            let copy = unsafe { made.cast::<OrderedDict>() };
            table::insert(&copy.dict, &key, hash, &value)?;
        } else {
            proto::setitem(&made, &key, &*proto::getitem(o, &key)?)?;
        }
        if d.state.get() != state || d.dict.len() != size {
            return raise!(RuntimeError, "OrderedDict mutated during iteration");
        }
    }
    Ok(made)
}

fn reversed(d: &OrderedDict) -> Result {
    odictviews::iterate(d, odictviews::Yields::Keys, true)
}

fn move_to_end(d: &OrderedDict, [key, last]: [Option<&Obj>; 2]) -> Result<()> {
    let key = key.unwrap_or(NONE());
    let last = last.map_or(Ok(true), proto::is_true)?;
    let hash = table::hash_key(key)?;
    let Some(end) = d.end(last)? else {
        return Err(err::key_error(key));
    };
    let Some(ix) = table::find(&d.dict, key, hash)? else {
        return Err(err::key_error(key));
    };
    let Some(own_key) = table::keys_of(&d.dict).key(ix).map(Obj::new_ref) else {
        return Ok(());
    };
    if own_key.is_same(&end) {
        return Ok(());
    }
    if last {
        if let Some(value) = table::take_at(&d.dict, ix) {
            table::insert_new(&d.dict, &own_key, hash, &value)?;
        }
    } else {
        table::move_to_front(&d.dict, ix)?;
    }
    d.changed();
    Ok(())
}

fn get_dict(d: &OrderedDict) -> Result {
    if d.inst_dict.get().is_null() {
        d.inst_dict.set_ref(Some(dict::try_new()?.into_obj()));
    }
    Ok(d.inst_dict.get_ref().unwrap_or_else(none))
}

fn set_dict(d: &OrderedDict, value: Option<&Obj>) -> Result<()> {
    match value {
        Some(v) if !v.is::<PyDictObject>() => {
            raise!(
                TypeError,
                "__dict__ must be set to a dictionary, not a '{}'",
                v.tp_name()
            )
        }
        Some(v) => {
            d.inst_dict.set_ref(Some(v.new_ref()));
            Ok(())
        }
        None => raise!(TypeError, "cannot delete __dict__"),
    }
}
