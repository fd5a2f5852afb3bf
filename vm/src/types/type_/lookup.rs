//! Finding class attributes along the MRO, with a cache and version tags.
//!
//! A type's `tp_version_tag` names one state of it and of all its bases: any change to one of them takes the tag away
//! ([`modified`]), so whoever remembers a lookup's answer with the tag (the cache here, the interpreter's inline caches)
//! knows when it is stale. Tag 0 means "none".

use core::cell::Cell;
use core::ptr;

use layout::*;

use crate::object::*;
use crate::types::dict::DictExt as _;
use crate::types::tuple::TupleExt as _;
use crate::watchers;

/// Whether `a` is `b` or derives from it.
#[inline]
pub fn is_subtype(a: &PyTypeObject, b: &PyTypeObject) -> bool {
    if ptr::eq(a, b) {
        return true;
    }
    // SAFETY: tp_mro is null or a tuple of types.
    if let Some(mro) = unsafe { a.tp_mro.get().cast::<PyTupleObject>().as_ref() } {
        return mro.items().iter().any(|t| ptr::eq(t.as_ptr(), b.as_ptr()));
    }
    let mut base = a.tp_base.get();
    // SAFETY: bases of a live type are live.
    while let Some(t) = unsafe { base.as_ref() } {
        if ptr::eq(t, b) {
            return true;
        }
        base = t.tp_base.get();
    }
    ptr::eq(b, &PyBaseObject_Type)
}

/// The type's own dict.
#[inline]
pub fn own_dict(tp: &PyTypeObject) -> Option<&PyDictObject> {
    // SAFETY: tp_dict is null or a dict that the type keeps.
    unsafe { tp.tp_dict.get().cast::<PyDictObject>().as_ref() }
}

const CACHE_BITS: usize = 12;

#[derive(Clone, Copy)]
struct Entry {
    version: u32,
    name: *const PyObject,
    value: Unseen,
}

/// The address of an object, or null, in a form that a scan of roots does not take for one: what the cache remembers may
/// die, and its version with it.
#[derive(Clone, Copy)]
struct Unseen(usize);

impl Unseen {
    const NULL: Unseen = Unseen(!0);

    #[inline(always)]
    fn new(o: Option<&Obj>) -> Unseen {
        Unseen(!o.map_or(0, |o| ptr::from_ref(o) as usize))
    }

    #[inline(always)]
    fn get(self) -> *const PyObject {
        !self.0 as *const PyObject
    }
}

struct Cache([Cell<Entry>; 1 << CACHE_BITS]);

// SAFETY: used under the global interpreter lock.
unsafe impl Sync for Cache {}

static CACHE: Cache = Cache(
    [const {
        Cell::new(Entry {
            version: 0,
            name: ptr::null(),
            value: Unseen::NULL,
        })
    }; 1 << CACHE_BITS],
);

static NEXT_VERSION: Global<u32> = Global::new(1);

/// A class attribute, borrowed from the class that has it: valid until that class changes. Never runs Python code.
#[inline]
pub fn lookup<'a>(tp: &'a PyTypeObject, name: &Obj) -> Option<&'a Obj> {
    let version = tp.tp_version_tag.get();
    let entry = &CACHE.0[slot(version, name)];
    let e = entry.get();
    if e.version == version && version != 0 && ptr::eq(e.name, name) {
        // SAFETY: the version says that nothing has changed since: the class still holds the value.
        return unsafe { e.value.get().as_ref() };
    }
    lookup_slow(tp, name)
}

#[inline(always)]
fn slot(version: u32, name: &Obj) -> usize {
    // Names lie whole cells apart: the product's upper bits depend on every bit of both.
    let key = (u64::from(version) << 32) ^ (ptr::from_ref(name) as u64 >> 4);
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - CACHE_BITS)) as usize
}

#[cold]
#[inline(never)]
fn lookup_slow<'a>(tp: &'a PyTypeObject, name: &Obj) -> Option<&'a Obj> {
    let found = find_in_mro(tp, name);
    // Only interned names: equal ones have one address.
    if crate::types::str_::is_interned(name) {
        let version = version(tp);
        if version != 0 {
            let value = Unseen::new(found);
            remember(
                &CACHE.0[slot(version, name)],
                Entry {
                    version,
                    name,
                    value,
                },
            );
        }
    }
    found
}

/// Fills an entry. The cache keeps the name alive, since it knows it by its address.
fn remember(cell: &Cell<Entry>, entry: Entry) {
    // SAFETY: the new name is live; the old one is what the entry kept.
    unsafe {
        if !entry.name.is_null() {
            incref(entry.name.cast_mut());
        }
        let old = cell.replace(entry);
        drop(Ref::from_owned_opt(old.name.cast_mut()));
    }
}

/// Forgets everything.
pub fn clear_cache() {
    crate::interp::plans::clear();
    for cell in &CACHE.0 {
        remember(
            cell,
            Entry {
                version: 0,
                name: ptr::null(),
                value: Unseen::NULL,
            },
        );
    }
}

/// Looks through the dicts of the MRO.
fn find_in_mro<'a>(tp: &'a PyTypeObject, name: &Obj) -> Option<&'a Obj> {
    // SAFETY: tp_mro is null or a tuple of types.
    let mro = unsafe { tp.tp_mro.get().cast::<PyTupleObject>().as_ref() }?;
    for base in mro.items() {
        // SAFETY: an MRO holds types.
        let base = unsafe { base.cast::<PyTypeObject>() };
        let Some(dict) = own_dict(base) else { continue };
        if let Some(found) = dict.get_interned(name) {
            // SAFETY: the dict keeps it; the answer borrows from the class.
            return Some(unsafe { &*found.as_ptr() });
        }
    }
    None
}

/// The `tp_versions_used` of types that get no version tag: nothing about them may be cached.
pub const NEVER_CACHED: u16 = 30000;

/// The type's version tag, given one if it has none; 0 if it cannot have one.
pub fn version(tp: &PyTypeObject) -> u32 {
    let current = tp.tp_version_tag.get();
    if current != 0 {
        return current;
    }
    if !has_flag(tp, Py_TPFLAGS_READY) || tp.tp_versions_used.get() == NEVER_CACHED {
        return 0;
    }
    // SAFETY: tp_bases is null or a tuple of types.
    if let Some(bases) = unsafe { tp.tp_bases.get().cast::<PyTupleObject>().as_ref() } {
        for base in bases.items() {
            // SAFETY: as above.
            if version(unsafe { base.cast::<PyTypeObject>() }) == 0 {
                return 0;
            }
        }
    }
    let next = NEXT_VERSION.get();
    if next == u32::MAX {
        return 0;
    }
    NEXT_VERSION.set(next + 1);
    tp.tp_version_tag.set(next);
    next
}

/// Says that the type has changed: its tag and those of its subclasses are void.
pub fn modified(tp: &PyTypeObject) {
    if tp.tp_version_tag.get() == 0 {
        return; // A type without a tag has no subclass with one.
    }
    super::for_each_subclass(tp, &mut modified);
    if tp.tp_watched.get() != 0 {
        watchers::type_modified(tp);
    }
    tp.tp_version_tag.set(0);
    if has_flag(tp, Py_TPFLAGS_HEAPTYPE) {
        // SAFETY: a heap type has the larger struct.
        let heap = unsafe { tp.as_obj().cast::<PyHeapTypeObject>() };
        heap._spec_cache.getitem.set(ptr::null_mut());
        heap._spec_cache.init.set(ptr::null_mut());
    }
}
