//! Pickling containers. Those that may hold themselves are entered in the memo before their items are pickled; tuples and
//! frozensets cannot be, and are taken from the memo if their items have turned out to hold them.

use super::errors::{noted, type_of};
use super::opcodes::*;
use super::pickler::Pickler;
use super::save::save;
use super::save_reduce::save_reduce;
use crate::prelude::*;
use vm::types::dict::DictExt as _;
use vm::types::list::{self, ListExt as _};
use vm::types::set::SetExt as _;

/// How many items an opcode for several takes.
const BATCH: usize = 1000;
/// How deep a fast pickler goes before it looks for cycles.
const FAST_LIMIT: usize = 50;

/// Pickles what a fast pickler must not pickle for ever.
fn guarded(p: &Pickler, o: &Obj, f: impl FnOnce() -> Result<()>) -> Result<()> {
    if !p.is_fast() {
        return f();
    }
    let address = o.as_ptr() as usize;
    let depth = p.fast_depth.get() + 1;
    if depth >= FAST_LIMIT {
        let mut path = p.fast_path.borrow_mut();
        if path.contains(&address) {
            return raise!(
                ValueError,
                "fast mode: can't pickle cyclic objects including object type {:.200} at {:p}",
                o.tp_name(),
                o.as_ptr()
            );
        }
        path.push(address);
    }
    p.fast_depth.set(depth);
    let result = f();
    if depth >= FAST_LIMIT {
        p.fast_path.borrow_mut().pop();
    }
    p.fast_depth.set(depth - 1);
    result
}

fn save_item(p: &Pickler, item: &Obj, of: &Obj, index: usize) -> Result<()> {
    noted(save(p, item, true), || {
        format!("when serializing {} item {index}", type_of(of))
    })
}

fn save_element(p: &Pickler, item: &Obj, of: &Obj) -> Result<()> {
    noted(save(p, item, true), || {
        format!("when serializing {} element", type_of(of))
    })
}

fn save_value(p: &Pickler, key: &Obj, value: &Obj, of: &Obj) -> Result<()> {
    save(p, key, true)?;
    noted(save(p, value, true), || {
        format!("when serializing {} item {}", type_of(of), repr_lossy(key))
    })
}

// ---- Tuples ----

/// Pickles a tuple.
pub fn save_tuple(p: &Pickler, t: &PyTupleObject) -> Result<()> {
    let items = t.items();
    let few = [EMPTY_TUPLE, TUPLE1, TUPLE2, TUPLE3].get(items.len());
    if items.is_empty() {
        p.put(if p.is_binary() {
            &[EMPTY_TUPLE]
        } else {
            &[MARK, TUPLE]
        });
        return Ok(());
    }
    let few = few.filter(|_| p.proto.get() >= 2);
    if few.is_none() {
        p.put(&[MARK]);
    }
    for (i, item) in items.iter().enumerate() {
        save_item(p, item, t.as_obj(), i)?;
    }
    if let Some(number) = p.memoized(t.as_obj()) {
        match few {
            None if p.is_binary() => p.put(&[POP_MARK]),
            None => p.put(&vec![POP; items.len() + 1]),
            Some(_) => p.put(&[POP; 3][..items.len()]),
        }
        return p.recall(number);
    }
    p.put(&[*few.unwrap_or(&TUPLE)]);
    p.memoize(t.as_obj())
}

// ---- Lists ----

/// Pickles a list.
pub fn save_list(p: &Pickler, l: &PyListObject) -> Result<()> {
    guarded(p, l.as_obj(), || {
        p.put(if p.is_binary() {
            &[EMPTY_LIST]
        } else {
            &[MARK, LIST]
        });
        p.memoize(l.as_obj())?;
        if l.is_empty() {
            return Ok(());
        }
        if p.proto.get() == 0 {
            let items = proto::iter(l.as_obj())?;
            return save_items(p, &items, l.as_obj());
        }
        save_list_items(p, l)
    })
}

fn save_list_items(p: &Pickler, l: &PyListObject) -> Result<()> {
    if l.len() == 1 {
        if let Some(item) = l.get(0) {
            save_item(p, &item, l.as_obj(), 0)?;
        }
        p.put(&[APPEND]);
        return Ok(());
    }
    let mut i = 0;
    while i < l.len() {
        p.put(&[MARK]);
        let end = i + BATCH;
        // The list may change while its items are pickled.
        while let Some(item) = l.get(i).filter(|_| i < end) {
            save_item(p, &item, l.as_obj(), i)?;
            i += 1;
        }
        p.put(&[APPENDS]);
    }
    Ok(())
}

/// Pickles the items of an iterator, to be appended to the object on top of the unpickler's stack.
pub fn save_items(p: &Pickler, items: &Obj, of: &Obj) -> Result<()> {
    let mut i = 0;
    if p.proto.get() == 0 {
        while let Some(item) = proto::next(items)? {
            save_item(p, &item, of, i)?;
            p.put(&[APPEND]);
            i += 1;
        }
        return Ok(());
    }
    while let Some(first) = proto::next(items)? {
        let Some(mut item) = proto::next(items)? else {
            save_item(p, &first, of, i)?;
            p.put(&[APPEND]);
            return Ok(());
        };
        p.put(&[MARK]);
        save_item(p, &first, of, i)?;
        i += 1;
        let end = i + BATCH - 1;
        loop {
            save_item(p, &item, of, i)?;
            i += 1;
            if i == end {
                break;
            }
            match proto::next(items)? {
                Some(next) => item = next,
                None => {
                    p.put(&[APPENDS]);
                    return Ok(());
                }
            }
        }
        p.put(&[APPENDS]);
    }
    Ok(())
}

// ---- Dicts ----

/// Pickles a dict.
pub fn save_dict(p: &Pickler, d: &PyDictObject) -> Result<()> {
    guarded(p, d.as_obj(), || {
        p.put(if p.is_binary() {
            &[EMPTY_DICT]
        } else {
            &[MARK, DICT]
        });
        p.memoize(d.as_obj())?;
        if d.is_empty() {
            return Ok(());
        }
        if p.proto.get() == 0 {
            let items = call::method(d.as_obj(), intern!("items"), &[])?;
            let items = proto::iter(&items)?;
            return save_pairs(p, &items, d.as_obj());
        }
        save_dict_items(p, d)
    })
}

fn save_dict_items(p: &Pickler, d: &PyDictObject) -> Result<()> {
    let size = d.len();
    let mut pos = 0;
    if size == 1 {
        if let Some((key, value, _)) = d.next(&mut pos) {
            save_value(p, &key, &value, d.as_obj())?;
        }
        p.put(&[SETITEM]);
        return Ok(());
    }
    loop {
        p.put(&[MARK]);
        let mut n = 0;
        while n < BATCH {
            let Some((key, value, _)) = d.next(&mut pos) else {
                break;
            };
            save_value(p, &key, &value, d.as_obj())?;
            n += 1;
        }
        p.put(&[SETITEMS]);
        if d.len() != size {
            return raise!(RuntimeError, "dictionary changed size during iteration");
        }
        if n < BATCH {
            return Ok(());
        }
    }
}

fn pair_of(item: &Obj) -> Result<[&Obj; 2]> {
    match item.downcast::<PyTupleObject>().map(|t| t.items()) {
        Some([key, value]) => Ok([key, value]),
        _ => raise!(TypeError, "dict items iterator must return 2-tuples"),
    }
}

fn save_pair(p: &Pickler, item: &Obj, of: &Obj) -> Result<()> {
    let [key, value] = pair_of(item)?;
    save_value(p, key, value, of)
}

/// Pickles the pairs of an iterator, to be set in the object on top of the unpickler's stack.
pub fn save_pairs(p: &Pickler, items: &Obj, of: &Obj) -> Result<()> {
    if p.proto.get() == 0 {
        while let Some(item) = proto::next(items)? {
            save_pair(p, &item, of)?;
            p.put(&[SETITEM]);
        }
        return Ok(());
    }
    while let Some(first) = proto::next(items)? {
        pair_of(&first)?;
        let Some(mut item) = proto::next(items)? else {
            save_pair(p, &first, of)?;
            p.put(&[SETITEM]);
            return Ok(());
        };
        p.put(&[MARK]);
        save_pair(p, &first, of)?;
        let mut n = 1;
        loop {
            save_pair(p, &item, of)?;
            n += 1;
            if n == BATCH {
                break;
            }
            match proto::next(items)? {
                Some(next) => item = next,
                None => {
                    p.put(&[SETITEMS]);
                    return Ok(());
                }
            }
        }
        p.put(&[SETITEMS]);
    }
    Ok(())
}

// ---- Sets ----

fn save_as_list(p: &Pickler, s: &PySetObject, class: &PyTypeObject) -> Result<()> {
    let items = list::from_iterable(s.as_obj())?;
    let arguments = tuple::from_slice(&[items.as_obj()]);
    let reduced = tuple::from_slice(&[class.as_obj(), arguments.as_obj()]);
    save_reduce(p, &reduced, Some(s.as_obj()))
}

/// Pickles a set.
pub fn save_set(p: &Pickler, s: &PySetObject) -> Result<()> {
    if p.proto.get() < 4 {
        return save_as_list(p, s, &PySet_Type);
    }
    p.put(&[EMPTY_SET]);
    p.memoize(s.as_obj())?;
    let size = s.len();
    if size == 0 {
        return Ok(());
    }
    let mut pos = 0;
    loop {
        p.put(&[MARK]);
        let mut n = 0;
        while n < BATCH {
            let Some(item) = s.next(&mut pos) else { break };
            save_element(p, &item, s.as_obj())?;
            n += 1;
        }
        p.put(&[ADDITEMS]);
        if s.len() != size {
            return raise!(RuntimeError, "set changed size during iteration");
        }
        if n < BATCH {
            return Ok(());
        }
    }
}

/// Pickles a frozenset.
pub fn save_frozenset(p: &Pickler, s: &PySetObject) -> Result<()> {
    guarded(p, s.as_obj(), || {
        if p.proto.get() < 4 {
            return save_as_list(p, s, &PyFrozenSet_Type);
        }
        p.put(&[MARK]);
        let mut pos = 0;
        while let Some(item) = s.next(&mut pos) {
            save_element(p, &item, s.as_obj())?;
        }
        if let Some(number) = p.memoized(s.as_obj()) {
            p.put(&[POP_MARK]);
            return p.recall(number);
        }
        p.put(&[FROZENSET]);
        p.memoize(s.as_obj())
    })
}
