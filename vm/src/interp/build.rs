//! Displays: making tuples, lists, sets, dicts, slices and joined strings, and adding to them.

use gc::Manager;
use layout::*;

use super::regs::Regs;
use super::{Flow, errors};
use crate::err::{self, Result, exc};
use crate::object::*;
use crate::stackref::StackRef;
use crate::types::dict::{self, DictExt, Merge};
use crate::types::list::{self, ListExt};
use crate::types::set::{self, SetExt};
use crate::types::str_::{Fresh, StrExt};
use crate::types::{slice, tuple};

#[inline(always)]
pub fn build_tuple<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let made = tuple_of(r.top(oparg as usize));
    r.shrink(oparg as usize);
    r.push_ref(made.into_obj());
    Flow::Next
}

#[inline(always)]
pub fn build_list<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let made = list_of(r.top(oparg as usize));
    r.shrink(oparg as usize);
    r.push_ref(made.into_obj());
    Flow::Next
}

#[inline(never)]
fn tuple_of<M: Manager>(words: &[StackRef<M>]) -> Ref<PyTupleObject> {
    tuple::from_words(words)
}

#[inline(never)]
fn list_of<M: Manager>(words: &[StackRef<M>]) -> Ref<PyListObject> {
    list::from_words(words)
}

#[inline(always)]
pub fn build_set<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let result = set_of(r.top(oparg as usize));
    finish_any(r, oparg as usize, result)
}

/// As `Regs::finish`, also for no words at all.
#[inline(always)]
fn finish_any<M: Manager>(r: &mut Regs<M>, count: usize, result: Result) -> Flow {
    if count == 0 {
        r.finish_push(result)
    } else {
        r.finish(count, result)
    }
}

#[inline(never)]
fn set_of<M: Manager>(words: &[StackRef<M>]) -> Result {
    let made = set::new_set(None)?;
    for word in words {
        made.add(word.obj())?;
    }
    Ok(made.into_obj())
}

#[inline(always)]
pub fn build_map<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let result = map_of(r.top(2 * oparg as usize));
    finish_any(r, 2 * oparg as usize, result)
}

#[inline(never)]
fn map_of<M: Manager>(words: &[StackRef<M>]) -> Result {
    let made = dict::new();
    for pair in words.chunks_exact(2) {
        made.set(pair[0].obj(), pair[1].obj())?;
    }
    Ok(made.into_obj())
}

#[inline(always)]
pub fn build_slice<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let made = if oparg == 3 {
        slice::new(r.obj(3), r.obj(2), r.obj(1))
    } else {
        slice::new(r.obj(2), r.obj(1), NONE())
    };
    r.finish(oparg as usize, made.map(Ref::into_obj))
}

#[inline(always)]
pub fn build_string<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let result = joined(r.top(oparg as usize));
    finish_any(r, oparg as usize, result)
}

#[inline(never)]
fn joined<M: Manager>(words: &[StackRef<M>]) -> Result {
    // SAFETY: the compiler puts strings there only.
    let parts: Vec<&PyUnicodeObject> = words
        .iter()
        .map(|word| unsafe { word.obj().cast() })
        .collect();
    Ok(concat_all(&parts)?.into_obj())
}

/// Joins strings in one go.
fn concat_all(parts: &[&PyUnicodeObject]) -> Result<Ref<PyUnicodeObject>> {
    let length = parts.iter().map(|part| part.len()).sum();
    let widest = parts.iter().map(|part| part.max_char()).max().unwrap_or(0);
    let mut new = Fresh::new(length, widest)?;
    let mut at = 0;
    for part in parts {
        new.write(at, part.data());
        at += part.len();
    }
    Ok(new.finish())
}

// ---- Adding to a container that lies further down ----

#[inline(always)]
pub fn list_append<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    // SAFETY: the compiler puts a list there.
    let list: &PyListObject = unsafe { r.obj(oparg as usize + 1).cast() };
    let value = r.pop_ref();
    list::push_quietly(list, value);
    Flow::Next
}

#[inline(always)]
pub fn set_add<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    // SAFETY: the compiler puts a set there.
    let set: &PySetObject = unsafe { r.obj(oparg as usize + 1).cast() };
    let result = set.add(r.obj(1)).map(|_| ());
    r.finish_drop(1, result)
}

#[inline(always)]
pub fn map_add<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    // SAFETY: the compiler puts a dict there.
    let map: &PyDictObject = unsafe { r.obj(oparg as usize + 2).cast() };
    let result = map.set(r.obj(2), r.obj(1));
    r.finish_drop(2, result)
}

#[inline(always)]
pub fn list_extend<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    // SAFETY: the compiler puts a list there.
    let list: &PyListObject = unsafe { r.obj(oparg as usize + 1).cast() };
    let result = extend(list, r.obj(1));
    r.finish_drop(1, result)
}

#[inline(never)]
fn extend(list: &PyListObject, more: &Obj) -> Result<()> {
    list.extend(more)
        .map_err(|raised| errors::bad_star_value(more, raised))
}

#[inline(always)]
pub fn set_update<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    // SAFETY: the compiler puts a set there.
    let set: &PySetObject = unsafe { r.obj(oparg as usize + 1).cast() };
    let result = set.update(r.obj(1));
    r.finish_drop(1, result)
}

#[inline(always)]
pub fn dict_update<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    // SAFETY: the compiler puts a dict there.
    let map: &PyDictObject = unsafe { r.obj(oparg as usize + 1).cast() };
    let result = update(map, r.obj(1));
    r.finish_drop(1, result)
}

#[inline(never)]
fn update(map: &PyDictObject, more: &Obj) -> Result<()> {
    map.merge(more, Merge::Override).map_err(|raised| {
        if !err::clear_if(&exc::AttributeError) {
            return raised;
        }
        err::new(
            &exc::TypeError,
            format_args!("'{}' object is not a mapping", more.tp_name()),
        )
    })
}

/// Merges keyword arguments; a keyword given twice is an error that names the callable.
#[inline(always)]
pub fn dict_merge<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    // SAFETY: the compiler puts a dict there.
    let map: &PyDictObject = unsafe { r.obj(oparg as usize + 1).cast() };
    let result = map
        .merge(r.obj(1), Merge::Unique)
        .map_err(|_| errors::bad_keywords(r.obj(oparg as usize + 4), r.obj(1)));
    r.finish_drop(1, result)
}
