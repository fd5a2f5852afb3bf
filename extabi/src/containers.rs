//! `listobject.h`, `tupleobject.h`, `setobject.h`.

use core::ffi::c_int;
use core::ptr;

use layout::*;
use vm::err::{self, Result, raise};
use vm::object::*;
use vm::protocol::{call, object};
use vm::types::list::{self, ListExt as _};
use vm::types::set::{self, SetExt as _};
use vm::types::tuple::{self, TupleExt as _};

use crate::abstract_::{PySequence_GetSlice, PySequence_SetSlice};
use crate::shape::*;

fn as_list(o: &Obj) -> Result<&PyListObject> {
    match o.downcast::<PyListObject>() {
        Some(l) => Ok(l),
        None => Err(err::bad_internal_call()),
    }
}

fn as_tuple(o: &Obj) -> Result<&PyTupleObject> {
    match o.downcast::<PyTupleObject>() {
        Some(t) => Ok(t),
        None => Err(err::bad_internal_call()),
    }
}

fn as_set(o: &Obj) -> Result<&PySetObject> {
    match set::as_anyset(o) {
        Some(s) => Ok(s),
        None => Err(err::bad_internal_call()),
    }
}

/// A tuple that nobody but its maker has, as far as counts tell.
fn unshared(t: &PyTupleObject) -> Result<&PyTupleObject> {
    match has_others(t.as_obj()) {
        true => Err(err::bad_internal_call()),
        false => Ok(t),
    }
}

/// Whether more than one reference is counted.
fn has_others(o: &Obj) -> bool {
    let count = o.ob_refcnt.get();
    count > 1 && count != gc::birth_refcnt()
}

/// A set that is no frozenset.
fn mutable(o: &Obj) -> Result<&PySetObject> {
    as_set(o).and_then(|s| match is_instance_of(o, &PySet_Type) {
        true => Ok(s),
        false => Err(err::bad_internal_call()),
    })
}

/// A set, or a frozenset that is still being made.
fn growing(o: &Obj) -> Result<&PySetObject> {
    match has_others(o) {
        true => mutable(o),
        false => as_set(o),
    }
}

fn in_range(i: isize, n: usize, what: &str) -> Result<usize> {
    if i >= 0 && (i as usize) < n {
        Ok(i as usize)
    } else {
        raise!(IndexError, "{what} index out of range")
    }
}

api! {
    fn PyList_New(n: isize) -> P {
        if n < 0 { let _ = err::bad_internal_call(); return ptr::null_mut(); }
        let l = list::from_vec(vec![none(); n as usize]);
        // To be filled in: the places start empty, as C expects.
        for i in 0..n as usize { *l.ob_item.get().add(i) = ptr::null_mut(); }
        l.into_raw()
    }
    fn PyList_Size(o: O) -> isize { size(as_list(b(o)).map(|l| l.len())) }
    fn PyList_GetItem(o: P, i: isize) -> P {
        match as_list(b(o)).and_then(|l| in_range(i, l.len(), "list").map(|i| l.get(i))) { Ok(v) => borrowed(v), Err(_) => ptr::null_mut() }
    }
    fn PyList_GetItemRef(o: O, i: isize) -> P {
        let Some(l) = b(o).downcast::<PyListObject>() else {
            let _ = err::new(&err::exc::TypeError, format_args!("expected a list"));
            return ptr::null_mut();
        };
        match in_range(i, l.len(), "list").map(|i| l.get(i)) { Ok(Some(v)) => v.into_raw(), _ => ptr::null_mut() }
    }
    fn PyList_SetItem(o: P, i: isize, v: P) -> c_int {
        let place = as_list(b(o)).and_then(|l| in_range(i, l.ob_base.ob_size.get().max(0) as usize, "list assignment").map(|i| l.ob_item.get().add(i)));
        match place {
            Ok(p) => { drop(Ref::<Obj>::from_owned_opt(ptr::replace(p, v))); 0 }
            Err(_) => { drop(Ref::<Obj>::from_owned_opt(v)); -1 }
        }
    }
    fn PyList_Append(o: O, v: O) -> c_int { status(as_list(b(o)).and_then(|l| l.try_push(b(v).new_ref()))) }
    fn PyList_Insert(o: O, i: isize, v: O) -> c_int {
        status(as_list(b(o)).and_then(|l| call::call_method(l.as_obj(), "insert", &[vm::types::int::from_isize(i).as_obj(), b(v)])).map(drop))
    }
    fn PyList_GetSlice(o: O, low: isize, high: isize) -> P { if as_list(b(o)).is_err() { return ptr::null_mut(); } PySequence_GetSlice(o, low.max(0), high.max(0)) }
    fn PyList_SetSlice(o: O, low: isize, high: isize, v: P) -> c_int {
        if as_list(b(o)).is_err() { return -1; }
        PySequence_SetSlice(o, low.max(0), high.max(0), v)
    }
    fn PyList_Sort(o: O) -> c_int { status(as_list(b(o)).and_then(|l| call::call_method(l.as_obj(), "sort", &[])).map(drop)) }
    fn PyList_Reverse(o: O) -> c_int { status(as_list(b(o)).and_then(|l| call::call_method(l.as_obj(), "reverse", &[])).map(drop)) }
    fn PyList_AsTuple(o: O) -> P { new(as_list(b(o)).map(|l| tuple::from_refs(l.items()).into_obj())) }
    fn PyList_Extend(o: O, v: O) -> c_int { status(as_list(b(o)).and_then(|l| l.extend(b(v)))) }
    fn PyList_Clear(o: O) -> c_int { status(as_list(b(o)).map(|l| l.clear())) }
    fn _PyList_Extend(o: P, v: P) -> P { new(as_list(b(o)).and_then(|l| l.extend(b(v))).map(|()| none())) }

    fn PyTuple_New(n: isize) -> P {
        if n == 0 { return tuple::empty().into_raw(); }
        if n < 0 { let _ = err::bad_internal_call(); return ptr::null_mut(); }
        match alloc_var::<PyTupleObject>(&PyTuple_Type, n as usize) {
            Ok(t) => { t.ob_hash.set(-1); t.into_raw() }
            Err(_) => ptr::null_mut(),
        }
    }
    fn PyTuple_Size(o: O) -> isize { size(as_tuple(b(o)).map(|t| t.ob_base.ob_size.get() as usize)) }
    fn PyTuple_GetItem(o: P, i: isize) -> P {
        match as_tuple(b(o)).and_then(|t| in_range(i, t.ob_base.ob_size.get() as usize, "tuple").map(|i| (*t.ob_item.as_ptr().add(i)).get())) {
            Ok(p) => p,
            Err(_) => ptr::null_mut(),
        }
    }
    fn PyTuple_SetItem(o: P, i: isize, v: P) -> c_int {
        match as_tuple(b(o)).and_then(unshared).and_then(|t| in_range(i, t.ob_base.ob_size.get() as usize, "tuple assignment").map(|i| t.ob_item.as_ptr().add(i))) {
            Ok(p) => { drop(Ref::<Obj>::from_owned_opt((*p).replace(v))); 0 }
            Err(_) => { drop(Ref::<Obj>::from_owned_opt(v)); -1 }
        }
    }
    fn PyTuple_GetSlice(o: P, low: isize, high: isize) -> P {
        match as_tuple(b(o)) {
            Ok(t) => {
                let n = t.items().len() as isize;
                let low = low.clamp(0, n);
                tuple::from_refs(&t.items()[low as usize..high.clamp(low, n) as usize]).into_raw()
            }
            Err(_) => ptr::null_mut(),
        }
    }
    fn _PyTuple_Resize(p: *mut P, n: isize) -> c_int {
        let old = match opt(*p).and_then(|o| o.downcast::<PyTupleObject>()) {
            Some(old) if old.ob_base.ob_size.get() == 0 || unshared(old).is_ok() => old,
            _ => {
                drop(Ref::<Obj>::from_owned_opt(ptr::replace(p, ptr::null_mut())));
                if !err::occurred() { let _ = err::bad_internal_call(); }
                return -1;
            }
        };
        if old.ob_base.ob_size.get() == n { return 0; }
        let fresh = PyTuple_New(n);
        if fresh.is_null() { decref(ptr::replace(p, ptr::null_mut())); return -1; }
        let keep = old.ob_base.ob_size.get().min(n).max(0) as usize;
        let into = b(fresh).cast::<PyTupleObject>();
        for i in 0..keep {
            let item = (*old.ob_item.as_ptr().add(i)).get();
            if !item.is_null() { incref(item); }
            (*into.ob_item.as_ptr().add(i)).set(item);
        }
        decref(ptr::replace(p, fresh));
        0
    }

    fn PySet_New(items: P) -> P { new(set::new_set(opt(items)).map(Ref::into_obj)) }
    fn PyFrozenSet_New(items: P) -> P { new(set::new_frozenset(opt(items)).map(Ref::into_obj)) }
    fn PySet_Size(o: P) -> isize { size(as_set(b(o)).map(|s| s.len())) }
    fn PySet_Contains(o: P, x: P) -> c_int { truth(as_set(b(o)).and_then(|s| s.contains(b(x)))) }
    fn PySet_Add(o: P, x: P) -> c_int { status(growing(b(o)).and_then(|s| s.add(b(x)).map(drop))) }
    fn PySet_Discard(o: P, x: P) -> c_int { truth(mutable(b(o)).and_then(|s| s.discard(b(x)))) }
    fn PySet_Pop(o: P) -> P { new(mutable(b(o)).and_then(|s| call::call_method(s.as_obj(), "pop", &[]))) }
    fn PySet_Clear(o: P) -> c_int { status(mutable(b(o)).and_then(|s| call::call_method(s.as_obj(), "clear", &[])).map(drop)) }
    fn _PySet_Update(o: P, items: P) -> c_int { status(mutable(b(o)).and_then(|s| call::call_method(s.as_obj(), "update", &[b(items)])).map(drop)) }
    fn _PySet_NextEntry(o: P, pos: *mut isize, key: *mut P, hash: *mut isize) -> c_int {
        let Ok(s) = as_set(b(o)) else { return -1 };
        let mut at = *pos as usize;
        match s.next(&mut at) {
            Some(k) => { *pos = at as isize; *hash = object::hash(&k).unwrap_or(0); *key = k.as_ptr(); 1 }
            None => 0,
        }
    }
}
