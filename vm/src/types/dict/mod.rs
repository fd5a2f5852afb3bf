//! `dict`: the type, and what the rest of the interpreter does with dicts.
//!
//! `keys` lays tables out, `values` holds what instances with shared keys keep, `table` looks up and changes, `methods`
//! is the Python interface, `iter` the iterators; views are in `types/dictviews.rs`. Invariant: an entry's order is that
//! of its first insertion, and CPython's order of comparisons and destructors is kept, since programs can see it.

pub mod iter;
pub mod keys;
pub mod methods;
pub mod table;
pub mod values;
pub mod watch;

pub use iter::{DictIter, define_iterators, new as iterator};
pub use methods::{
    dict_init as init, dict_repr as repr, equal, from_keys, make, merge_pairs, push_repr,
    size_in_bytes, update_from,
};
pub use table::Merge;

use core::ptr::NonNull;

use layout::*;

use crate::err::{self, Result};
use crate::object::*;
use crate::protocol::object as proto;
use crate::raise;
use crate::types::str_::StrExt as _;
use crate::types::type_::TypeBuilder;

use keys::DictKeys;
use table::{keys_of, values_of};

/// Fills in `dict`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<PyDictObject>()
        .flags(
            Py_TPFLAGS_BASETYPE
                | Py_TPFLAGS_DICT_SUBCLASS
                | Py_TPFLAGS_MAPPING
                | _Py_TPFLAGS_MATCH_SELF
                | Py_TPFLAGS_HAVE_GC,
        )
        .tp_new(methods::dict_new)
        .tp_init(methods::dict_init)
        .tp_vectorcall(methods::dict_vectorcall)
        .tp_dealloc(dict_dealloc)
        .tp_traverse(traverse)
        .tp_clear(dict_tp_clear)
        .tp_repr(methods::dict_repr)
        .unhashable()
        .tp_richcompare(methods::dict_richcompare)
        .tp_iter(methods::dict_iter)
        .nb_or(methods::dict_or)
        .nb_inplace_or(methods::dict_ior)
        .sq_contains(methods::dict_contains)
        .mp_length(methods::dict_length)
        .mp_subscript(methods::dict_subscript)
        .mp_ass_subscript(methods::dict_ass_subscript)
        .methods(methods::METHODS);
}

/// A new, empty dict.
pub fn new() -> Ref<PyDictObject> {
    try_new().unwrap_or_else(|_| crate::fatal("no memory for a dict"))
}

/// A new, empty dict, or `MemoryError`.
#[inline]
pub fn try_new() -> Result<Ref<PyDictObject>> {
    let d = alloc_builtin::<PyDictObject>()?;
    table::init_empty(&d);
    Ok(d)
}

/// A new dict with room for `entries` entries.
pub fn with_capacity(entries: usize) -> Result<Ref<PyDictObject>> {
    let d = try_new()?;
    if entries > keys::usable_of(keys::LOG2_MIN) {
        table::reserve(&d, entries, keys::Kind::Str)?;
    }
    Ok(d)
}

/// A new dict of the given pairs.
pub fn from_pairs<'a>(
    pairs: impl IntoIterator<Item = (&'a Obj, &'a Obj)>,
) -> Result<Ref<PyDictObject>> {
    let d = try_new()?;
    for (key, value) in pairs {
        d.set(key, value)?;
    }
    Ok(d)
}

/// A dict that uses `keys` (a share of which it takes) and `values`, with `used` values present.
pub fn from_split(
    keys: &DictKeys,
    values: NonNull<values::Values>,
    used: usize,
) -> Result<Ref<PyDictObject>> {
    let d = alloc_builtin::<PyDictObject>()?;
    keys.retain();
    table::set_tables(&d, NonNull::from(keys), Some(values));
    d.ma_used.set(used as isize);
    Ok(d)
}

/// What the interpreter does with dicts. All of it ignores `__getitem__` and the like of subclasses.
pub trait DictExt {
    /// The number of entries.
    fn len(&self) -> usize;
    /// Whether there are no entries.
    fn is_empty(&self) -> bool;
    /// `d.get(key)`.
    fn get(&self, key: &Obj) -> Result<Option<Ref>>;
    /// `d.get(key)` for a key whose hash is known.
    fn get_hashed(&self, key: &Obj, hash: isize) -> Result<Option<Ref>>;
    /// The value of a string key.
    fn get_str(&self, name: &str) -> Option<Ref>;
    /// The value of a string key: cannot fail.
    fn get_interned(&self, key: &Obj) -> Option<Ref>;
    /// As [`DictExt::get_interned`], borrowed from the dict.
    fn borrow_interned(&self, key: &Obj) -> Option<&Obj>;
    /// `key in d`.
    fn contains(&self, key: &Obj) -> Result<bool>;
    /// `d[key] = value`.
    fn set(&self, key: &Obj, value: &Obj) -> Result<()>;
    /// `d[key] = value` for a key whose hash is known.
    fn set_hashed(&self, key: &Obj, hash: isize, value: &Obj) -> Result<()>;
    /// `d[name] = value`; the name is interned.
    fn set_str(&self, name: &str, value: &Obj) -> Result<()>;
    /// Deletes the key, and says whether it was there.
    fn del(&self, key: &Obj) -> Result<bool>;
    /// Deletes the key, and answers its value.
    fn pop(&self, key: &Obj) -> Result<Option<Ref>>;
    /// `d.clear()`.
    fn clear(&self);
    /// A plain dict with the same entries.
    fn copy(&self) -> Result<Ref<PyDictObject>>;
    /// Merges any mapping into this dict.
    fn merge(&self, other: &Obj, how: Merge) -> Result<()>;
    /// `d.setdefault(key, default)`.
    fn setdefault(&self, key: &Obj, default: &Obj) -> Result<Ref>;
    /// The next entry as (key, value, hash); `pos` starts at 0 and is opaque. The dict may change values meanwhile.
    fn next(&self, pos: &mut usize) -> Option<(Ref, Ref, isize)>;
    /// A snapshot of the entries.
    fn entries(&self) -> Vec<(Ref, Ref)>;
    /// A number unique to the present set of keys (all strings), lasting until it changes; 0 if there is none to be had.
    fn keys_version(&self) -> u32;
    /// The index of a string key's entry, for inline caches that also guard `keys_version`.
    fn lookup_index(&self, key: &Obj, hash: isize) -> Option<usize>;
    /// The entry with this index, if it is present.
    fn entry_at(&self, index: usize) -> Option<(&Obj, &Obj)>;
}

impl DictExt for PyDictObject {
    #[inline(always)]
    fn len(&self) -> usize {
        table::used(self)
    }
    #[inline(always)]
    fn is_empty(&self) -> bool {
        table::used(self) == 0
    }
    #[inline]
    fn get(&self, key: &Obj) -> Result<Option<Ref>> {
        self.get_hashed(key, table::hash_key(key)?)
    }
    #[inline]
    fn get_hashed(&self, key: &Obj, hash: isize) -> Result<Option<Ref>> {
        Ok(table::lookup(self, key, hash)?.map(Obj::new_ref))
    }
    fn get_str(&self, name: &str) -> Option<Ref> {
        let name = crate::types::str_::new(name);
        table::lookup_str(self, name.as_obj(), name.hash()).map(Obj::new_ref)
    }
    #[inline]
    fn get_interned(&self, key: &Obj) -> Option<Ref> {
        self.borrow_interned(key).map(Obj::new_ref)
    }
    #[inline]
    fn borrow_interned(&self, key: &Obj) -> Option<&Obj> {
        table::lookup_str(self, key, str_hash(key))
    }
    #[inline]
    fn contains(&self, key: &Obj) -> Result<bool> {
        Ok(table::lookup(self, key, table::hash_key(key)?)?.is_some())
    }
    #[inline]
    fn set(&self, key: &Obj, value: &Obj) -> Result<()> {
        table::insert(self, key, table::hash_key(key)?, value)
    }
    #[inline]
    fn set_hashed(&self, key: &Obj, hash: isize, value: &Obj) -> Result<()> {
        table::insert(self, key, hash, value)
    }
    fn set_str(&self, name: &str, value: &Obj) -> Result<()> {
        self.set(crate::types::str_::intern_str(name).as_obj(), value)
    }
    fn del(&self, key: &Obj) -> Result<bool> {
        Ok(self.pop(key)?.is_some())
    }
    fn pop(&self, key: &Obj) -> Result<Option<Ref>> {
        table::take(self, key, table::hash_key(key)?)
    }
    fn clear(&self) {
        table::clear(self);
    }
    fn copy(&self) -> Result<Ref<PyDictObject>> {
        let copy = try_new()?;
        if self.len() == 0 {
            return Ok(copy);
        }
        let plain = values_of(self).is_some() || has_dict_iter(self.as_obj());
        if !(plain && table::copy_tables(self, &copy)?) {
            copy.merge(self.as_obj(), Merge::Override)?;
        }
        Ok(copy)
    }
    fn merge(&self, other: &Obj, how: Merge) -> Result<()> {
        match other.downcast::<PyDictObject>() {
            Some(other) if has_dict_iter(other.as_obj()) => table::merge(self, other, how),
            _ => methods::merge_mapping(self, other, how),
        }
    }
    fn setdefault(&self, key: &Obj, default: &Obj) -> Result<Ref> {
        let hash = table::hash_key(key)?;
        if let Some(value) = table::lookup(self, key, hash)? {
            return Ok(value.new_ref());
        }
        let (key, default) = (key.new_ref(), default.new_ref());
        if values_of(self).is_some() {
            table::insert(self, &key, hash, &default)?;
        } else {
            table::insert_new(self, &key, hash, &default)?;
        }
        Ok(default)
    }
    #[inline]
    fn next(&self, pos: &mut usize) -> Option<(Ref, Ref, isize)> {
        table::next_at(self, pos).map(|(k, v, h)| (k.new_ref(), v.new_ref(), h))
    }
    fn entries(&self) -> Vec<(Ref, Ref)> {
        let mut out = Vec::with_capacity(self.len());
        let mut pos = 0;
        while let Some((k, v, _)) = self.next(&mut pos) {
            out.push((k, v));
        }
        out
    }
    fn keys_version(&self) -> u32 {
        let keys = keys_of(self);
        if keys.is_str() {
            keys.assign_version()
        } else {
            0
        }
    }
    fn lookup_index(&self, key: &Obj, hash: isize) -> Option<usize> {
        let keys = keys_of(self);
        if keys.is_str() {
            keys.find_str(key, hash)
        } else {
            None
        }
    }
    fn entry_at(&self, index: usize) -> Option<(&Obj, &Obj)> {
        let keys = keys_of(self);
        if index >= keys.nentries() {
            return None;
        }
        keys.key(index).zip(table::value_at(self, index))
    }
}

/// The hash of any str.
#[inline(always)]
fn str_hash(key: &Obj) -> isize {
    let hash = keys::known_str_hash(key);
    if hash != -1 {
        return hash;
    }
    // SAFETY: the caller passes a str.
    unsafe { key.cast::<PyUnicodeObject>() }.hash()
}

/// Whether iteration over a dict (perhaps of a subclass) is the builtin one, so that its tables may be read instead.
pub fn has_dict_iter(d: &Obj) -> bool {
    d.is_exact::<PyDictObject>()
        || d.ty().tp_iter.get().map(|f| f as usize) == PyDict_Type.tp_iter.get().map(|f| f as usize)
}

/// Raises `KeyError` or what `__missing__` does about it: `d[key]` for a key that is absent.
#[cold]
pub fn missing(d: &PyDictObject, key: &Obj) -> Result {
    if !d.as_obj().is_exact::<PyDictObject>()
        && let Some(method) = proto::lookup_special(d.as_obj(), crate::intern!("__missing__"))?
    {
        return crate::protocol::call::call1(&method, key);
    }
    Err(err::key_error(key))
}

/// The error of an iterator whose dict got more or fewer entries.
#[cold]
pub(crate) fn changed_size<T>() -> Result<T> {
    raise!(RuntimeError, "dictionary changed size during iteration")
}

// ---- Collector ----

unsafe extern "C" fn dict_dealloc(o: *mut PyObject) {
    // SAFETY: called once for a dict that nobody refers to.
    unsafe {
        gc::untrack(o);
        let d = &*o.cast::<PyDictObject>();
        if watch::is_watched(d) {
            // The watchers get an object that is alive, and may keep it.
            d.ob_base.ob_refcnt.set(1);
            watch::notify(d, PyDict_EVENT_DEALLOCATED, None, None);
            let count = d.ob_base.ob_refcnt.get() - 1;
            d.ob_base.ob_refcnt.set(count);
            if count > 0 {
                return gc::track(o);
            }
        }
        if let Some(keys) = NonNull::new(d.ma_keys.get().cast::<DictKeys>()) {
            // Inline values belong to the instance, which has let go of this dict.
            let values = values_of(d).filter(|v| !v.is_embedded()).map(NonNull::from);
            d.ma_values.set(core::ptr::null_mut());
            table::release_tables(keys, values);
        }
        free_builtin(o);
    }
}

/// Shows the collector what a dict (or the dict part of a larger struct) holds.
pub fn traverse(d: &PyDictObject, v: &mut Visitor) -> Visit {
    // SAFETY: null while the dict is being made.
    let Some(keys) = (unsafe { d.ma_keys.get().cast::<DictKeys>().as_ref() }) else {
        return Ok(());
    };
    keys.visit(v)?;
    let Some(values) = values_of(d) else {
        return Ok(());
    };
    if values.is_embedded() {
        // Where objects are found by tracing, the dict's pointer into the instance must keep it alive; where they are
        // counted, the dict does not own it.
        // SAFETY: the range is the field.
        unsafe { gc::visit_conservatively((&raw const d.ma_values).cast(), size_of::<usize>()) };
    } else {
        gc::mark_buffer(core::ptr::from_ref(values).cast());
    }
    values.visit(v)
}

fn dict_tp_clear(d: &PyDictObject) {
    table::clear(d);
}
