//! The algebra of sets: operators, which want sets on both sides, and methods, which take any iterable.
//!
//! The order in which sides are walked is CPython's, as it decides the order of the result and which of two equal
//! items is kept.

use layout::*;

use crate::err::Result;
use crate::object::*;
use crate::protocol::object as proto;
use crate::types::dict::{self, DictExt};
use crate::types::type_::CompareOp;

use super::{SetExt, as_anyset, as_exact_anyset, is_anyset, make_like, table};

fn this(o: &Obj) -> &PySetObject {
    // SAFETY: in-place slots are called on an instance of set.
    unsafe { o.cast() }
}

// ---- Union ----

pub fn update(s: &PySetObject, items: &Obj) -> Result<()> {
    if let Some(other) = as_anyset(items) {
        return table::merge(s, other);
    }
    if let Some(d) = items.downcast_exact::<PyDictObject>() {
        table::reserve(s, d.len())?;
        let mut pos = 0;
        while let Some((key, _, hash)) = d.next(&mut pos) {
            table::add(s, &key, hash)?;
        }
        return Ok(());
    }
    let it = proto::iter(items)?;
    while let Some(item) = proto::next(&it)? {
        s.add(&item)?;
    }
    Ok(())
}

pub fn update_many(s: &PySetObject, others: &[&Obj]) -> Result<()> {
    others.iter().try_for_each(|other| update(s, other))
}

pub fn union_many(s: &PySetObject, others: &[&Obj]) -> Result {
    let result = make_like(s, Some(s.as_obj()))?;
    for other in others {
        if !s.as_obj().is_same(other) {
            update(&result, other)?;
        }
    }
    Ok(result.into_obj())
}

pub fn or(a: &Obj, b: &Obj) -> Result {
    let (Some(left), true) = (as_anyset(a), is_anyset(b)) else {
        return Ok(not_implemented());
    };
    let result = make_like(left, Some(a))?;
    if !a.is_same(b) {
        update(&result, b)?;
    }
    Ok(result.into_obj())
}

pub fn ior(a: &Obj, b: &Obj) -> Result {
    if !is_anyset(b) {
        return Ok(not_implemented());
    }
    update(this(a), b)?;
    Ok(a.new_ref())
}

// ---- Intersection ----

fn intersection(s: &PySetObject, other: &Obj) -> Result<Ref<PySetObject>> {
    if s.as_obj().is_same(other) {
        return make_like(s, Some(other));
    }
    let result = make_like(s, None)?;
    if let Some(other) = as_anyset(other) {
        let (walked, asked) = if other.len() > s.len() {
            (s, other)
        } else {
            (other, s)
        };
        let mut pos = 0;
        while let Some((item, hash)) = table::next_entry(walked, &mut pos) {
            if table::contains(asked, &item, hash)? {
                table::add(&result, &item, hash)?;
            }
        }
        return Ok(result);
    }
    let it = proto::iter(other)?;
    while let Some(item) = proto::next(&it)? {
        let hash = table::hash_item(&item)?;
        if table::contains(s, &item, hash)? {
            table::add(&result, &item, hash)?;
        }
    }
    Ok(result)
}

fn intersection_of_all(s: &PySetObject, others: &[&Obj]) -> Result<Ref<PySetObject>> {
    let Some((first, rest)) = others.split_first() else {
        return make_like(s, Some(s.as_obj()));
    };
    let mut result = intersection(s, first)?;
    for other in rest {
        result = intersection(&result, other)?;
    }
    Ok(result)
}

pub fn intersection_many(s: &PySetObject, others: &[&Obj]) -> Result {
    intersection_of_all(s, others).map(Ref::into_obj)
}

pub fn intersection_update_many(s: &PySetObject, others: &[&Obj]) -> Result<()> {
    table::swap(s, &*intersection_of_all(s, others)?);
    Ok(())
}

pub fn and(a: &Obj, b: &Obj) -> Result {
    let (Some(left), true) = (as_anyset(a), is_anyset(b)) else {
        return Ok(not_implemented());
    };
    intersection(left, b).map(Ref::into_obj)
}

pub fn iand(a: &Obj, b: &Obj) -> Result {
    if !is_anyset(b) {
        return Ok(not_implemented());
    }
    let result = intersection(this(a), b)?;
    table::swap(this(a), &result);
    Ok(a.new_ref())
}

// ---- Difference ----

pub fn difference_update(s: &PySetObject, other: &Obj) -> Result<()> {
    if s.as_obj().is_same(other) {
        s.clear();
        return Ok(());
    }
    if let Some(other) = as_anyset(other) {
        // If the other is much larger, look for the common items first.
        let common;
        let other = if other.len() >> 3 > s.len() {
            common = intersection(s, other.as_obj())?;
            &*common
        } else {
            other
        };
        let mut pos = 0;
        while let Some((item, hash)) = table::next_entry(other, &mut pos) {
            drop(table::take(s, &item, hash)?);
        }
    } else {
        let it = proto::iter(other)?;
        while let Some(item) = proto::next(&it)? {
            s.discard(&item)?;
        }
    }
    table::trim(s)
}

pub fn difference_update_many(s: &PySetObject, others: &[&Obj]) -> Result<()> {
    others
        .iter()
        .try_for_each(|other| difference_update(s, other))
}

fn difference(s: &PySetObject, other: &Obj) -> Result<Ref<PySetObject>> {
    let other_dict = other.downcast_exact::<PyDictObject>();
    let other_set = as_anyset(other);
    let len = other_set.map(SetExt::len).or(other_dict.map(DictExt::len));
    if len.is_none_or(|len| s.len() >> 2 > len) {
        let result = make_like(s, Some(s.as_obj()))?;
        difference_update(&result, other)?;
        return Ok(result);
    }
    let result = make_like(s, None)?;
    let mut pos = 0;
    while let Some((item, hash)) = table::next_entry(s, &mut pos) {
        let there = match (other_dict, other_set) {
            (Some(d), _) => dict::table::lookup(d, &item, hash)?.is_some(),
            (_, Some(other)) => table::contains(other, &item, hash)?,
            (None, None) => false,
        };
        if !there {
            table::add(&result, &item, hash)?;
        }
    }
    Ok(result)
}

pub fn difference_many(s: &PySetObject, others: &[&Obj]) -> Result {
    let Some((first, rest)) = others.split_first() else {
        return make_like(s, Some(s.as_obj())).map(Ref::into_obj);
    };
    let result = difference(s, first)?;
    difference_update_many(&result, rest)?;
    Ok(result.into_obj())
}

pub fn sub(a: &Obj, b: &Obj) -> Result {
    let (Some(left), true) = (as_anyset(a), is_anyset(b)) else {
        return Ok(not_implemented());
    };
    difference(left, b).map(Ref::into_obj)
}

pub fn isub(a: &Obj, b: &Obj) -> Result {
    if !is_anyset(b) {
        return Ok(not_implemented());
    }
    difference_update(this(a), b)?;
    Ok(a.new_ref())
}

// ---- Symmetric difference ----

fn toggle(s: &PySetObject, item: &Obj, hash: isize) -> Result<()> {
    if table::take(s, item, hash)?.is_none() {
        table::add(s, item, hash)?;
    }
    Ok(())
}

pub fn symmetric_difference_update(s: &PySetObject, other: &Obj) -> Result<()> {
    if s.as_obj().is_same(other) {
        s.clear();
        return Ok(());
    }
    let mut pos = 0;
    if let Some(d) = other.downcast_exact::<PyDictObject>() {
        while let Some((key, _, hash)) = d.next(&mut pos) {
            toggle(s, &key, hash)?;
        }
        return Ok(());
    }
    let made;
    let other = match as_anyset(other) {
        Some(other) => other,
        None => {
            made = make_like(s, Some(other))?;
            &*made
        }
    };
    while let Some((item, hash)) = table::next_entry(other, &mut pos) {
        toggle(s, &item, hash)?;
    }
    Ok(())
}

pub fn symmetric_difference(s: &PySetObject, other: &Obj) -> Result {
    let result = make_like(s, Some(other))?;
    symmetric_difference_update(&result, s.as_obj())?;
    Ok(result.into_obj())
}

pub fn xor(a: &Obj, b: &Obj) -> Result {
    let (Some(left), true) = (as_anyset(a), is_anyset(b)) else {
        return Ok(not_implemented());
    };
    symmetric_difference(left, b)
}

pub fn ixor(a: &Obj, b: &Obj) -> Result {
    if !is_anyset(b) {
        return Ok(not_implemented());
    }
    symmetric_difference_update(this(a), b)?;
    Ok(a.new_ref())
}

// ---- Comparison ----

pub fn isdisjoint(s: &PySetObject, other: &Obj) -> Result<bool> {
    if s.as_obj().is_same(other) {
        return Ok(s.is_empty());
    }
    if let Some(other) = as_exact_anyset(other) {
        let (walked, asked) = if other.len() > s.len() {
            (s, other)
        } else {
            (other, s)
        };
        let mut pos = 0;
        while let Some((item, hash)) = table::next_entry(walked, &mut pos) {
            if table::contains(asked, &item, hash)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    let it = proto::iter(other)?;
    while let Some(item) = proto::next(&it)? {
        if s.contains(&item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

pub fn issubset(s: &PySetObject, other: &Obj) -> Result<bool> {
    let Some(other) = as_anyset(other) else {
        return Ok(intersection(s, other)?.len() == s.len());
    };
    if s.len() > other.len() {
        return Ok(false);
    }
    let mut pos = 0;
    while let Some((item, hash)) = table::next_entry(s, &mut pos) {
        if !table::contains(other, &item, hash)? {
            return Ok(false);
        }
    }
    Ok(true)
}

pub fn issuperset(s: &PySetObject, other: &Obj) -> Result<bool> {
    if let Some(other) = as_anyset(other) {
        return issubset(other, s.as_obj());
    }
    let it = proto::iter(other)?;
    while let Some(item) = proto::next(&it)? {
        if !s.contains(&item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

pub fn richcompare(s: &PySetObject, other: &Obj, op: CompareOp) -> Result {
    let Some(w) = as_anyset(other) else {
        return Ok(not_implemented());
    };
    let equal = || {
        let different_hash =
            s.hash.get() != -1 && w.hash.get() != -1 && s.hash.get() != w.hash.get();
        Ok(s.len() == w.len() && !different_hash && issubset(s, other)?)
    };
    let answer = match op {
        CompareOp::Eq => equal()?,
        CompareOp::Ne => !equal()?,
        CompareOp::Le => issubset(s, other)?,
        CompareOp::Ge => issuperset(s, other)?,
        CompareOp::Lt => s.len() < w.len() && issubset(s, other)?,
        CompareOp::Gt => s.len() > w.len() && issuperset(s, other)?,
    };
    Ok(bool_(answer))
}
