//! `dictobject.h`.

use core::ffi::{c_char, c_int};
use core::ptr;

use layout::*;
use vm::err::{self, Result};
use vm::object::*;
use vm::protocol::object;
use vm::types::dict::{self, DictExt as _, Merge, watch};
use vm::types::{list, tuple};

use crate::shape::*;

fn dict(o: &Obj) -> Result<&PyDictObject> {
    match o.downcast::<PyDictObject>() {
        Some(d) => Ok(d),
        None => Err(err::bad_internal_call()),
    }
}

/// A value that the dict keeps.
fn lookup(d: P, key: &Obj) -> Result<Option<Ref>> {
    // SAFETY: the caller passes an object.
    dict(unsafe { b(d) })?.get(key)
}

/// 1 and a new reference, 0 and null, -1 and null.
unsafe fn found(result: Result<Option<Ref>>, out: *mut P) -> c_int {
    let (value, code) = match result {
        Ok(Some(v)) => (v.into_raw(), 1),
        Ok(None) => (ptr::null_mut(), 0),
        Err(_) => (ptr::null_mut(), -1),
    };
    // SAFETY: the caller passes a place for the answer.
    unsafe { *out = value };
    code
}

/// A list with something of each entry.
fn listed(d: O, part: fn((Ref, Ref)) -> Ref) -> P {
    // SAFETY: the caller passes an object.
    new(dict(unsafe { b(d) })
        .map(|d| list::from_vec(d.entries().into_iter().map(part).collect()).into_obj()))
}

api! {
    fn PyDict_MergeFromSeq2(d: O, pairs: O, replace: c_int) -> c_int {
        let run = || -> Result<()> {
            let d = dict(b(d))?;
            if replace != 0 { return vm::protocol::call::call_method(d.as_obj(), "update", &[b(pairs)]).map(drop); }
            let more = vm::protocol::call::call1(PyDict_Type.as_obj(), b(pairs))?;
            for (k, v) in dict(&more)?.entries() { d.setdefault(&k, &v)?; }
            Ok(())
        };
        status(run())
    }
    fn _PyDict_SetItem_KnownHash_LockHeld(d: P, k: P, v: P, hash: isize) -> c_int { _PyDict_SetItem_KnownHash(d, k, v, hash) }
    fn PyDict_New() -> P { dict::new().into_raw() }
    fn _PyDict_NewPresized(_n: isize) -> P { dict::new().into_raw() }
    fn PyDict_Size(d: O) -> isize { size(dict(b(d)).map(|d| d.len())) }
    fn PyDict_GetItem(d: P, key: P) -> P {
        // The old function never raises: errors are swallowed.
        let Some(d) = b(d).downcast::<PyDictObject>() else { return ptr::null_mut() };
        err::preserved(|| match object::hash(b(key)).and_then(|hash| d.get_hashed(b(key), hash)) { Ok(v) => borrowed(v),
            Err(_) => { quietly(-1, "PyDict_GetItem(); consider using PyDict_GetItemRef() or PyDict_GetItemWithError()"); ptr::null_mut() }
        })
    }
    fn PyDict_GetItemWithError(d: P, key: P) -> P { lookup(d, b(key)).map_or(ptr::null_mut(), borrowed) }
    fn _PyDict_GetItem_KnownHash(d: P, key: P, hash: isize) -> P {
        dict(b(d)).and_then(|d| d.get_hashed(b(key), hash)).map_or(ptr::null_mut(), borrowed)
    }
    fn PyDict_GetItemString(d: P, key: *const c_char) -> P {
        err::preserved(|| {
            match named(key, |key| PyDict_GetItem(d, key.0)) {
                o if o.is_null() && err::occurred() => {
                    quietly(-1, "PyDict_GetItemString(); consider using PyDict_GetItemStringRef()");
                    o
                }
                o => o,
            }
        })
    }
    fn PyDict_GetItemRef(d: P, key: P, out: *mut P) -> c_int { found(lookup(d, b(key)), out) }
    fn PyDict_GetItemStringRef(d: P, key: *const c_char, out: *mut P) -> c_int { *out = ptr::null_mut(); named(key, |key| PyDict_GetItemRef(d, key.0, out)) }
    fn PyDict_SetItem(d: P, key: P, v: P) -> c_int { status(dict(b(d)).and_then(|d| d.set(b(key), b(v)))) }
    fn _PyDict_SetItem_KnownHash(d: P, key: P, v: P, hash: isize) -> c_int { status(dict(b(d)).and_then(|d| d.set_hashed(b(key), hash, b(v)))) }
    fn PyDict_SetItemString(d: P, key: *const c_char, v: P) -> c_int { interned(key, |key| PyDict_SetItem(d, key.0, v)) }
    fn PyDict_DelItem(d: P, key: P) -> c_int {
        match dict(b(d)).and_then(|d| d.del(b(key))) {
            Ok(true) => 0,
            Ok(false) => { let _ = err::key_error(b(key)); -1 }
            Err(_) => -1,
        }
    }
    fn PyDict_DelItemString(d: P, key: *const c_char) -> c_int { named(key, |key| PyDict_DelItem(d, key.0)) }
    fn PyDict_Contains(d: P, key: P) -> c_int { truth(dict(b(d)).and_then(|d| d.contains(b(key)))) }
    fn PyDict_ContainsString(d: P, key: *const c_char) -> c_int { named(key, |key| PyDict_Contains(d, key.0)) }
    fn PyDict_Clear(d: P) { if let Some(d) = b(d).downcast::<PyDictObject>() { d.clear(); } }
    fn PyDict_Copy(d: O) -> P { new(dict(b(d)).and_then(|d| d.copy()).map(Ref::into_obj)) }
    fn PyDict_Keys(d: O) -> P { listed(d, |(key, _)| key) }
    fn PyDict_Values(d: O) -> P { listed(d, |(_, value)| value) }
    fn PyDict_Items(d: O) -> P { listed(d, |(key, value)| tuple::from_vec(vec![key, value]).into_obj()) }
    fn PyDict_Next(d: P, pos: *mut isize, key: *mut P, value: *mut P) -> c_int {
        let Some(d) = b(d).downcast::<PyDictObject>() else { return 0 };
        let mut at = *pos as usize;
        match d.next(&mut at) {
            Some((k, v, _)) => {
                *pos = at as isize;
                if !key.is_null() { *key = k.as_ptr(); }
                if !value.is_null() { *value = v.as_ptr(); }
                1
            }
            None => 0,
        }
    }
    fn PyDict_Merge(d: O, other: O, how: c_int) -> c_int {
        status(dict(b(d)).and_then(|d| d.merge(b(other), if how != 0 { Merge::Override } else { Merge::Keep })))
    }
    fn PyDict_Update(d: O, other: O) -> c_int { PyDict_Merge(d, other, 1) }
    fn PyDict_SetDefault(d: P, key: P, v: P) -> P { dict(b(d)).and_then(|d| d.setdefault(b(key), b(v))).map_or(ptr::null_mut(), |r| r.as_ptr()) }
    fn PyDict_SetDefaultRef(d: P, key: P, v: P, out: *mut P) -> c_int {
        let run = || -> Result<(Ref, bool)> {
            let d = dict(b(d))?;
            match d.get(b(key))? {
                Some(found) => Ok((found, true)),
                None => d.setdefault(b(key), b(v)).map(|r| (r, false)),
            }
        };
        match run() {
            Ok((r, was)) => { if !out.is_null() { *out = r.into_raw(); } c_int::from(was) }
            Err(_) => { if !out.is_null() { *out = ptr::null_mut(); } -1 }
        }
    }
    fn PyDict_Pop(d: P, key: P, out: *mut P) -> c_int {
        // An empty dict does not ask for the hash.
        let popped = dict(b(d)).and_then(|d| if d.len() == 0 { Ok(None) } else { d.pop(b(key)) });
        if out.is_null() { return popped.map_or(-1, |v| c_int::from(v.is_some())); }
        found(popped, out)
    }
    fn PyDict_PopString(d: P, key: *const c_char, out: *mut P) -> c_int { if !out.is_null() { *out = ptr::null_mut(); } named(key, |key| PyDict_Pop(d, key.0, out)) }
    fn _PyDict_Pop(d: P, key: P, default: P) -> P {
        match dict(b(d)).and_then(|d| d.pop(b(key))) {
            Ok(Some(v)) => v.into_raw(),
            Ok(None) => match opt(default) { Some(v) => v.new_ref().into_raw(), None => { let _ = err::key_error(b(key)); ptr::null_mut() } },
            Err(_) => ptr::null_mut(),
        }
    }
    fn PyDict_AddWatcher(callback: PyDict_WatchCallback) -> c_int { watch::add(callback).map_or(-1, |id| id as c_int) }
    fn PyDict_ClearWatcher(id: c_int) -> c_int { status(watch::clear(id as isize)) }
    fn PyDict_Watch(id: c_int, d: P) -> c_int { status(watch::watch(id as isize, b(d), true)) }
    fn PyDict_Unwatch(id: c_int, d: P) -> c_int { status(watch::watch(id as isize, b(d), false)) }
    fn PyDictProxy_New(m: P) -> P { new(vm::types::mappingproxy::new(b(m))) }
}
