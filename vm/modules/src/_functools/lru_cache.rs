//! `_lru_cache_wrapper`: a function whose answers are kept.
//!
//! Invariant: with a bound, the cache's dict maps keys to links, and the list has those links in their order of use.
//! Calls of the function, comparisons of keys and destructors may all come back here, so both are left consistent
//! before any of them runs. Without a bound, the dict maps keys to answers, and the list is empty.

use core::cell::Cell;
use core::mem::offset_of;

use super::lru_list::{self, Link, LruList};
use crate::prelude::*;
use vm::types::dict::{self, DictExt as _};
use vm::types::method;
use vm::types::type_::subtype;

/// The wrapper.
#[repr(C)]
pub struct LruCache {
    ob_base: PyObject,
    function: Slot,
    /// A dict.
    cache: Slot,
    cache_info_type: Slot,
    list: LruList,
    /// `usize::MAX` for no bound.
    maxsize: usize,
    typed: bool,
    hits: Cell<usize>,
    misses: Cell<usize>,
    dict: Slot,
    weakrefs: Cell<*mut PyObject>,
    vectorcall: vectorcallfunc,
}

const UNBOUNDED: usize = usize::MAX;

static_type!(LruCache, LRU_CACHE);

static METHODS: &[PyMethodDef] = &[
    noargs!("cache_info", cache_info, "($self, /)"),
    noargs!("cache_clear", cache_clear, "($self, /)"),
    noargs!(
        "__reduce__",
        |w: &LruCache| proto::getattr(w.as_obj(), intern!("__qualname__")),
        "($self, /)"
    ),
    noargs!("__copy__", |w: &LruCache| Ok(w.as_obj().new_ref()), ""),
    o!(
        "__deepcopy__",
        |w: &LruCache, _: &Obj| Ok(w.as_obj().new_ref()),
        ""
    ),
];

static GETSET: &[PyGetSetDef] = &[getset!("__dict__", subtype::get_dict, set_dict)];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<LruCache>()
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_METHOD_DESCRIPTOR)
        .vectorcall_offset(offset_of!(LruCache, vectorcall))
        .dictoffset(offset_of!(LruCache, dict))
        .weaklistoffset(offset_of!(LruCache, weakrefs))
        .dealloc_drop::<LruCache>()
        .tp_traverse(|w: &LruCache, v: &mut Visitor| {
            w.list.visit(v)?;
            [&w.function, &w.cache, &w.cache_info_type, &w.dict]
                .into_iter()
                .try_for_each(|s| v.slot(s))
        })
        .tp_clear(|w: &LruCache| {
            drop(w.list.take_all());
            for slot in [&w.function, &w.cache, &w.cache_info_type, &w.dict] {
                slot.set(None);
            }
        })
        .tp_new(new)
        .tp_descr_get(
            |w: &LruCache, instance: Option<&Obj>, _: Option<&Obj>| match instance {
                Some(o) if !o.is_none() => method::new(w.as_obj(), o),
                _ => Ok(w.as_obj().new_ref()),
            },
        )
        .methods(METHODS)
        .getset(GETSET);
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new(
        "lru_cache",
        "(user_function, maxsize, typed, cache_info_type)",
    );
    let [function, maxsize, typed, cache_info_type] = SIGNATURE.bind(args, kwargs)?.map(required);
    if !proto::is_callable(function) {
        return raise!(TypeError, "the first argument must be callable");
    }
    let typed = proto::is_true(typed)?;
    let maxsize = if maxsize.is_none() {
        UNBOUNDED
    } else if number::is_index(maxsize) {
        args::to_isize(maxsize)?.max(0) as usize
    } else {
        return raise!(TypeError, "maxsize should be integer or None");
    };
    let wrapper = LruCache {
        ob_base: header(),
        function: holding(function),
        cache: dict::new().into_obj().into(),
        cache_info_type: holding(cache_info_type),
        list: LruList::new(),
        maxsize,
        typed,
        hits: Cell::new(0),
        misses: Cell::new(0),
        dict: Slot::empty(),
        weakrefs: Cell::new(core::ptr::null_mut()),
        vectorcall: vectorcall(call),
    };
    Ok(create(tp, wrapper)?.into_obj())
}

fn count(n: &Cell<usize>) {
    n.set(n.get() + 1);
}

fn cache_of(w: &LruCache) -> Result<Ref<PyDictObject>> {
    match w.cache.get() {
        // SAFETY: only dicts are stored.
        Some(d) => Ok(unsafe { d.into_cast() }),
        None => raise!(
            RuntimeError,
            "the cache was cleared by the garbage collector"
        ),
    }
}

fn cache_info(w: &LruCache) -> Result {
    let maxsize = if w.maxsize == UNBOUNDED {
        none()
    } else {
        int::from_usize(w.maxsize).into_obj()
    };
    let size = |n: usize| int::from_usize(n).into_obj();
    let (hits, misses) = (size(w.hits.get()), size(w.misses.get()));
    call::call(
        held(&w.cache_info_type),
        &[&hits, &misses, &maxsize, &size(cache_of(w)?.len())],
    )
}

fn cache_clear(w: &LruCache) -> Result<()> {
    let links = w.list.take_all();
    w.hits.set(0);
    w.misses.set(0);
    cache_of(w)?.clear();
    drop(links);
    Ok(())
}

// ---- Calling ----

fn call(w: &LruCache, args: Args<'_>) -> Result {
    let function = held(&w.function).new_ref();
    if w.maxsize == 0 {
        count(&w.misses);
        return pass_on(&function, &args);
    }
    let key = make_key(&args, w.typed);
    let hash = proto::hash(&key)?;
    if w.maxsize == UNBOUNDED {
        unbounded(w, &function, key, hash, &args)
    } else {
        bounded(w, &function, key, hash, &args)
    }
}

fn pass_on(function: &Obj, args: &Args<'_>) -> Result {
    let names = args
        .names
        .map_or(core::ptr::null_mut(), |names| names.as_ptr());
    // SAFETY: the keywords' values follow the positional arguments, as this very call had them.
    unsafe {
        call::vectorcall(
            function,
            args.positional.as_ptr().cast(),
            args.positional.len(),
            names,
        )
    }
}

/// Separates positional from keyword arguments in keys.
static KEYWORD_MARK: PyObject =
    PyObject::statically_immortal((&raw const PyBaseObject_Type).cast_mut());

/// The key of a call: equal for equal arguments. One str or int is its own key.
fn make_key(args: &Args<'_>, typed: bool) -> Ref {
    if !typed && args.keyword_values.is_empty() {
        if let [only] = args.positional
            && (only.is_exact::<PyUnicodeObject>() || only.is_exact::<PyLongObject>())
        {
            return only.new_ref();
        }
        return tuple::from_slice(args.positional).into_obj();
    }
    let mut parts: Vec<&Obj> = args.positional.to_vec();
    if !args.keyword_values.is_empty() {
        parts.push(&KEYWORD_MARK);
        parts.extend(args.keywords().flat_map(|(name, value)| [name, value]));
    }
    if typed {
        parts.extend(
            args.positional
                .iter()
                .chain(args.keyword_values)
                .map(|o| o.ty().as_obj()),
        );
    }
    tuple::from_slice(&parts).into_obj()
}

fn unbounded(w: &LruCache, function: &Obj, key: Ref, hash: isize, args: &Args<'_>) -> Result {
    let cache = cache_of(w)?;
    if let Some(result) = cache.get_hashed(&key, hash)? {
        count(&w.hits);
        return Ok(result);
    }
    count(&w.misses);
    let result = pass_on(function, args)?;
    cache.set_hashed(&key, hash, &result)?;
    Ok(result)
}

fn bounded(w: &LruCache, function: &Obj, key: Ref, hash: isize, args: &Args<'_>) -> Result {
    let cache = cache_of(w)?;
    if let Some(found) = cache.get_hashed(&key, hash)? {
        // SAFETY: a bounded cache's values are links.
        let link = unsafe { found.cast::<Link>() };
        let result = link.result.get().unwrap_or_else(none);
        if let Some(link) = w.list.remove(link) {
            w.list.push_newest(link);
        }
        count(&w.hits);
        return Ok(result);
    }
    count(&w.misses);
    let result = pass_on(function, args)?;
    if cache.get_hashed(&key, hash)?.is_some() {
        // The call has led to the same call, whose answer is kept already.
        return Ok(result);
    }
    let oldest = if cache.len() < w.maxsize {
        None
    } else {
        w.list.pop_oldest()
    };
    let Some(oldest) = oldest else {
        let link = lru_list::new_link(key.clone(), hash, result.clone())?;
        cache.set_hashed(&key, hash, link.as_obj())?;
        w.list.push_newest(link);
        return Ok(result);
    };
    replace(w, &cache, oldest, key, hash, result)
}

/// Uses the entry `link`, which is in the list no more, for another key.
fn replace(
    w: &LruCache,
    cache: &PyDictObject,
    link: Ref<Link>,
    key: Ref,
    hash: isize,
    result: Ref,
) -> Result {
    let old_key = held(&link.key).new_ref();
    match dict::table::take(cache, &old_key, link.hash.get()) {
        Err(raised) => {
            w.list.push_oldest(link);
            return Err(raised);
        }
        // The function, or another thread, has removed it meanwhile.
        Ok(None) => return Ok(result),
        Ok(Some(_)) => {}
    }
    // Both old values live on until the cache is consistent again: their destructors may run any code.
    let old_result = link.result.take();
    link.hash.set(hash);
    link.key.set(Some(key.clone()));
    link.result.set(Some(result.clone()));
    cache.set_hashed(&key, hash, link.as_obj())?;
    w.list.push_newest(link);
    drop((old_key, old_result));
    Ok(result)
}
