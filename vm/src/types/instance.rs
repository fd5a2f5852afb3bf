//! The attributes of instances: inline values under shared keys, and the dicts that may take their place.
//!
//! An instance of a Python class has a word for its dict just before the object, and an array of values after its
//! fields ([`Values`]); the class holds the keys. `__dict__` is made when asked for, and then views the inline values.
//! Invariants: while `values.valid`, the attributes are in the inline array, and the dict, if made, points at it;
//! once invalid, they are in the dict alone. A class's key table only ever grows, so an index in it stays good, and an
//! instance's array has room for every key its class can still take.
//!
//! Other types keep a plain dict pointer at `tp_dictoffset`; the same functions serve them.

use core::cell::Cell;
use core::ptr::{self, NonNull};

use layout::*;

use crate::err::Result;
use crate::object::*;
use crate::raise;
use crate::types::dict::keys::{self, DictKeys, Kind};
use crate::types::dict::table::{self, is_str_key};
use crate::types::dict::values::Values;
use crate::types::dict::{self, DictExt};
use crate::types::str_::StrExt as _;
use crate::types::tuple::TupleExt as _;

/// How many attributes a class's instances may keep inline.
/// How many names a class's instances share the keys of.
pub const MAX_SHARED_KEYS: usize = 30;
const LOG2_SHARED_KEYS: u8 = 6;

// ---- Of the class ----

fn keys_cell(tp: &PyTypeObject) -> &Cell<*mut PyDictKeysObject> {
    debug_assert!(has_flag(tp, Py_TPFLAGS_HEAPTYPE));
    // SAFETY: only heap types have managed dicts with inline values.
    unsafe { &(*ptr::from_ref(tp).cast::<PyHeapTypeObject>()).ht_cached_keys }
}

/// The key table that a class's instances share.
#[inline(always)]
pub fn shared_keys(tp: &PyTypeObject) -> Option<&DictKeys> {
    // SAFETY: null, or the class's table, which lives as long as the class.
    unsafe { keys_cell(tp).get().cast::<DictKeys>().as_ref() }
}

/// Gives a class with inline values its key table, with the names that its methods are known to assign.
///
/// Without memory for one, its instances keep ordinary dicts.
pub fn init_class_keys(class: &PyHeapTypeObject) {
    let tp = &class.ht_type;
    let Ok(table) = DictKeys::alloc(LOG2_SHARED_KEYS, Kind::Split) else {
        return crate::err::clear();
    };
    keys_cell(tp).set(table.as_ptr().cast());
    // SAFETY: just made.
    let table = unsafe { table.as_ref() };
    table.set_usable(MAX_SHARED_KEYS);
    // SAFETY: a class under construction has its dict or null.
    let class_dict = unsafe { tp.tp_dict.get().cast::<PyDictObject>().as_ref() };
    let names = class_dict.and_then(|d| d.get_interned(crate::intern!("__static_attributes__")));
    if let Some(names) = names.as_ref().and_then(|n| n.downcast::<PyTupleObject>()) {
        for name in names.items().iter().filter(|name| is_str_key(name)) {
            table::share_key(table, name, str_hash(name));
        }
    }
    inherit_keys(tp, table);
}

/// How many more names a class's instances can take whatever names they are expected to have.
const SPARE_SHARED_KEYS: usize = 6;

/// Adds the names of the base class, whose methods assign them to instances of this one too.
fn inherit_keys(tp: &PyTypeObject, table: &DictKeys) {
    // SAFETY: null, or the class's base, which lives as long as it does.
    let base = unsafe { tp.tp_base.get().as_ref() };
    let inline = Py_TPFLAGS_INLINE_VALUES | Py_TPFLAGS_HEAPTYPE;
    let inherited = base
        .filter(|base| has_flag(base, inline))
        .and_then(shared_keys);
    for key in inherited
        .iter()
        .flat_map(|keys| (0..keys.nentries()).filter_map(move |ix| keys.key(ix)))
    {
        if table.usable() <= SPARE_SHARED_KEYS {
            return;
        }
        if is_str_key(key) && table.find_str(key, str_hash(key)).is_none() {
            table::share_key(table, key, str_hash(key));
        }
    }
}

/// Gives up the key table of a class that dies.
pub fn release_class_keys(class: &PyHeapTypeObject) {
    if let Some(table) = NonNull::new(class.ht_cached_keys.replace(ptr::null_mut())) {
        // SAFETY: the class owned a share of it.
        unsafe { DictKeys::release(table.cast()) };
    }
}

/// Shows the collector the key table of a class.
pub fn visit_class_keys(class: &PyHeapTypeObject, v: &mut Visitor) -> Visit {
    shared_keys(&class.ht_type).map_or(Ok(()), |table| table.visit(v))
}

/// The index of an attribute's inline value in every instance of the class.
pub fn shared_index(tp: &PyTypeObject, name: &Obj) -> Option<u16> {
    if !has_flag(tp, Py_TPFLAGS_INLINE_VALUES) || !is_str_key(name) {
        return None;
    }
    shared_keys(tp)?
        .find_str(name, str_hash(name))
        .map(|ix| ix as u16)
}

/// A number that names the class's present set of shared keys; 0 if there is none to be had.
pub fn shared_keys_version(tp: &PyTypeObject) -> u32 {
    shared_keys(tp).map_or(0, DictKeys::assign_version)
}

fn inline_capacity(tp: &PyTypeObject) -> usize {
    shared_keys(tp).map_or(0, |table| table.nentries() + table.usable())
}

/// Bytes that inline values take after the fields of an instance made now.
#[inline]
pub fn inline_values_size(tp: &PyTypeObject) -> usize {
    Values::size_for(inline_capacity(tp))
}

// ---- Of the instance ----

#[inline(always)]
fn str_hash(name: &Obj) -> isize {
    let hash = keys::known_str_hash(name);
    if hash != -1 {
        return hash;
    }
    // SAFETY: the caller passes a str.
    unsafe { name.cast::<PyUnicodeObject>() }.hash()
}

#[inline(always)]
fn inline_at(o: &Obj, tp: &PyTypeObject) -> *mut Values {
    // SAFETY: a type with inline values has room for them after its fields.
    unsafe {
        o.as_ptr()
            .cast::<u8>()
            .add(tp.tp_basicsize.get() as usize)
            .cast()
    }
}

/// Makes the inline values of a zeroed instance usable. With every instance the class learns: it gives later ones less
/// room for attributes that none has used.
#[inline]
pub fn init_inline_values(tp: &PyTypeObject, o: &Obj) {
    let Some(table) = shared_keys(tp) else { return };
    if table.usable() > 1 {
        table.set_usable(table.usable() - 1);
    }
    // SAFETY: the instance was allocated with at least this capacity, and is zeroed.
    unsafe { Values::init_inline(inline_at(o, tp), table.nentries() + table.usable()) };
}

/// The inline values of an instance, if its attributes are there.
#[inline(always)]
pub fn values(o: &Obj) -> Option<&Values> {
    let tp = o.ty();
    if !has_flag(tp, Py_TPFLAGS_INLINE_VALUES) {
        return None;
    }
    // SAFETY: the type's instances have them.
    let values = unsafe { &*inline_at(o, tp) };
    values.is_valid().then_some(values)
}

/// The inline value with a shared index; for caches that guard the type, and so the meaning of the index.
#[inline(always)]
pub fn value_at(o: &Obj, index: u16) -> Option<&Obj> {
    values(o)?.slot(index as usize).borrow()
}

/// Stores the inline value with a shared index, and says whether it could: the values are valid and no dict was made.
#[inline(always)]
pub fn set_value_at(o: &Obj, index: u16, value: &Obj) -> bool {
    let Some(values) = values(o) else {
        return false;
    };
    // SAFETY: types with inline values have a managed dict.
    if !unsafe { *managed_dict(o.as_ptr()) }.is_null() {
        return false;
    }
    let slot = values.slot(index as usize);
    if slot.as_ptr().is_null() {
        values.note_added(index as usize);
    }
    slot.set(Some(value.new_ref()));
    true
}

/// Where the instance's dict pointer is, if its type has one.
#[inline]
pub fn dict_slot(o: &Obj) -> Option<&Cell<*mut PyObject>> {
    let tp = o.ty();
    if has_flag(tp, Py_TPFLAGS_MANAGED_DICT) {
        // SAFETY: the prefix of such objects holds it.
        return Some(unsafe { &*managed_dict(o.as_ptr()).cast() });
    }
    let offset = match tp.tp_dictoffset.get() {
        0 => return None,
        offset @ 1.. => offset,
        from_end => {
            let items = item_count(o);
            let size = tp.tp_basicsize.get() as usize + items * tp.tp_itemsize.get() as usize;
            size.next_multiple_of(size_of::<usize>()) as isize + from_end
        }
    };
    // SAFETY: the type says that a dict pointer lies there.
    Some(unsafe { &*o.as_ptr().cast::<u8>().offset(offset).cast() })
}

/// The instance's dict, if it has been made.
#[inline]
pub fn existing_dict(o: &Obj) -> Option<&PyDictObject> {
    // SAFETY: only dicts are stored there.
    dict_slot(o)?.borrow_obj().map(|d| unsafe { d.cast() })
}

/// The instance's dict, made if need be; `None` if the type has no room for one.
pub fn dict_of(o: &Obj) -> Result<Option<Ref<PyDictObject>>> {
    let Some(slot) = dict_slot(o) else {
        return Ok(None);
    };
    if let Some(d) = existing_dict(o) {
        return Ok(Some(d.to_ref()));
    }
    let made = match (values(o), shared_keys_of(o)) {
        (Some(values), Some(table)) => {
            dict::from_split(table, NonNull::from(values), values.len())?
        }
        _ => dict::try_new()?,
    };
    slot.set_ref(Some(made.clone().into_obj()));
    Ok(Some(made))
}

fn shared_keys_of(o: &Obj) -> Option<&DictKeys> {
    if has_flag(o.ty(), Py_TPFLAGS_INLINE_VALUES) {
        shared_keys(o.ty())
    } else {
        None
    }
}

/// The value of an instance attribute, borrowed; an error of an exotic key's `__eq__` counts as absence.
#[inline]
pub fn borrow_attr<'o>(o: &'o Obj, name: &Obj) -> Option<&'o Obj> {
    if let Some(values) = values(o)
        && is_str_key(name)
    {
        let ix = shared_keys(o.ty())?.find_str(name, str_hash(name))?;
        return values.slot(ix).borrow();
    }
    table::lookup_str(existing_dict(o)?, name, str_hash(name))
}

/// The value of an instance attribute; `name` is a str.
#[inline]
pub fn get_attr(o: &Obj, name: &Obj) -> Result<Option<Ref>> {
    if let (Some(values), true) = (values(o), is_str_key(name)) {
        let ix = shared_keys(o.ty()).and_then(|keys| keys.find_str(name, str_hash(name)));
        return Ok(ix.and_then(|ix| values.slot(ix).get()));
    }
    get_attr_slow(o, name)
}

fn get_attr_slow(o: &Obj, name: &Obj) -> Result<Option<Ref>> {
    // Inline values are found by exact strings only.
    let d = if values(o).is_some() {
        dict_of(o)?
    } else {
        existing_dict(o).map(AsObj::to_ref)
    };
    match d {
        Some(d) => d.get(name),
        None => Ok(None),
    }
}

/// Sets or deletes an instance attribute; false if there was nothing to delete.
#[inline]
pub fn set_attr(o: &Obj, name: &Obj, value: Option<&Obj>) -> Result<bool> {
    if let (Some(values), true) = (values(o), is_str_key(name))
        && let Some(done) = set_inline(o, values, name, value)
    {
        return Ok(done);
    }
    let Some(d) = dict_of(o)? else {
        return Ok(false);
    };
    match value {
        Some(value) => d.set(name, value).map(|()| true),
        None => d.del(name),
    }
}

/// Sets or deletes an inline value. `None`: the class has no room for the name; `Some(false)`: nothing to delete.
#[inline]
fn set_inline(o: &Obj, values: &Values, name: &Obj, value: Option<&Obj>) -> Option<bool> {
    let keys = shared_keys(o.ty())?;
    let hash = str_hash(name);
    let d = existing_dict(o);
    let Some(value) = value else {
        let ix = match keys.find_str(name, hash) {
            Some(ix) if values.slot(ix).borrow().is_some() => ix,
            _ => return Some(false),
        };
        match d {
            Some(d) => drop(table::take_at(&d.to_ref(), ix)),
            None => {
                let old = values.slot(ix).take();
                values.note_removed(ix);
                drop(old);
            }
        }
        return Some(true);
    };
    let ix = table::share_key(keys, name, hash)?;
    match d {
        Some(d) => table::set_split_value(&d.to_ref(), values, ix, name, value),
        None => {
            let slot = values.slot(ix);
            if slot.as_ptr().is_null() {
                values.note_added(ix);
            }
            slot.set(Some(value.new_ref()));
        }
    }
    Some(true)
}

/// Makes a dict that views an instance's inline values keep them itself; the instance is left with none.
fn detach(d: &PyDictObject, inline: &Values) -> Result<()> {
    let own = inline.detach()?;
    d.ma_values.set(own.as_ptr().cast());
    Ok(())
}

/// Replaces the instance's dict: what assigning or deleting `__dict__` does.
pub fn set_dict(o: &Obj, new: Option<&Obj>) -> Result<()> {
    let Some(slot) = dict_slot(o) else {
        return raise!(AttributeError, "This object has no __dict__");
    };
    let new = new.map(Obj::new_ref);
    if let Some(d) = new.as_ref().and_then(|d| d.downcast::<PyDictObject>()) {
        // The dict of another instance: what two share must not lie in one of them.
        if let Some(theirs) = table::values_of(d).filter(|values| values.is_embedded()) {
            detach(d, theirs)?;
        }
    }
    let mut orphans = Vec::new();
    if let Some(inline) = values(o) {
        match existing_dict(o) {
            // Somebody else may hold the old dict, which keeps its contents.
            Some(d) if is_shared(d.as_obj()) => detach(d, inline)?,
            Some(d) => {
                orphans = take_inline(inline);
                d.ma_used.set(0);
                let table = NonNull::from(table::keys_of(d));
                table::init_empty(d);
                // SAFETY: the dict had a share of the class's keys.
                unsafe { DictKeys::release(table) };
            }
            None => orphans = take_inline(inline),
        }
    }
    slot.set_ref(new);
    drop(orphans);
    Ok(())
}

/// Whether others than the instance refer to its dict; where nobody counts, they may.
fn is_shared(d: &Obj) -> bool {
    d.is_immortal() || d.ob_refcnt.get() > 1
}

fn take_inline(inline: &Values) -> Vec<Ref> {
    let taken = inline
        .order()
        .filter_map(|ix| inline.slot(ix).take())
        .collect();
    inline.invalidate();
    taken
}

/// Moves the attributes into a dict that no longer depends on the class's keys: before `__class__` changes.
pub fn detach_values(o: &Obj) -> Result<()> {
    if let (Some(d), Some(inline)) = (dict_of(o)?, values(o)) {
        detach(&d, inline)?;
    }
    Ok(())
}

/// Drops the attributes of an instance that dies. Where nobody counts there is nothing to do: a dict that views the
/// instance's values would have kept the instance alive.
#[inline]
pub fn release(o: &Obj) {
    if o.is_immortal() {
        return;
    }
    match values(o) {
        Some(values) if dict_slot(o).is_some_and(|slot| slot.get().is_null()) => {
            values.drop_with_owner();
        }
        _ => clear(o),
    }
}

/// Drops the attributes of an instance that the collector takes apart.
pub fn clear(o: &Obj) {
    let Some(slot) = dict_slot(o) else { return };
    if slot.get().is_null() && values(o).is_none() {
        return;
    }
    // Inline values move out only if there is memory for it; a dying instance's have to go in any case.
    if set_dict(o, None).is_err() {
        crate::err::write_unraisable(
            None,
            Some("Exception ignored while clearing an object managed dict"),
        );
        if let (Some(inline), Some(d)) = (values(o), existing_dict(o)) {
            d.ma_values.set(ptr::null_mut());
            d.ma_used.set(0);
            table::init_empty(d);
            drop(take_inline(inline));
        }
    }
}

/// Shows the collector the attributes: through the dict, once it has been made, as others may hold it too.
pub fn visit(o: &Obj, v: &mut Visitor) -> Visit {
    let dict = dict_slot(o).map_or(ptr::null_mut(), Cell::get);
    match values(o) {
        Some(values) if dict.is_null() => values.visit(v),
        _ => v.visit_ptr(dict),
    }
}

/// Whether the instance has any attribute of its own.
pub fn is_dict_empty(o: &Obj) -> bool {
    match (values(o), existing_dict(o)) {
        (Some(values), _) => values.len() == 0,
        (None, Some(d)) => d.is_empty(),
        (None, None) => true,
    }
}
