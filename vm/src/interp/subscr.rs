//! Subscription and slices.

use gc::Manager;
use layout::*;

use super::regs::Regs;
use super::{Flow, bind, specialize};
use crate::err::{self, Result};
use crate::object::*;
use crate::opcodes::caches;
use crate::protocol::object;
use crate::stackref::StackRef;
use crate::types::dict::DictExt;
use crate::types::int::IntExt;
use crate::types::list::{self, ListExt};
use crate::types::slice;
use crate::types::str_::{self, StrExt};
use crate::types::tuple::{self, TupleExt};

#[inline(always)]
pub fn binary_slice<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let result = get_slice(r.obj(3), r.obj(2), r.obj(1));
    r.finish(3, result)
}

/// A bound of a slice, if it is an ordinary one.
fn bound(o: &Obj, default: isize) -> Option<isize> {
    if o.is_none() {
        return Some(default);
    }
    o.downcast_exact::<PyLongObject>()
        .filter(|n| n.is_compact())
        .map(|n| n.compact_value())
}

/// A slice of a builtin sequence, for which no slice object is needed.
#[inline(always)]
fn plain_slice(container: &Obj, start: &Obj, stop: &Obj) -> Option<Ref> {
    let bounds = (bound(start, 0)?, bound(stop, isize::MAX)?, 1);
    let range = |length| {
        let indices = slice::adjust(bounds, length);
        let start = indices.start as usize;
        start..start + indices.len
    };
    if let Some(text) = container.downcast_exact::<PyUnicodeObject>() {
        let range = range(text.len());
        return Some(str_::substring(text, range.start, range.end).into_obj());
    }
    if let Some(list) = container.downcast_exact::<PyListObject>() {
        let items = list.items();
        return Some(list::from_refs(&items[range(items.len())]).into_obj());
    }
    let tuple: &PyTupleObject = container.downcast_exact()?;
    let range = range(tuple.items().len());
    Some(tuple::slice(tuple, range.start, range.end).into_obj())
}

#[inline(never)]
fn get_slice(container: &Obj, start: &Obj, stop: &Obj) -> Result {
    if let Some(made) = plain_slice(container, start, stop) {
        return Ok(made);
    }
    object::getitem(container, slice::new(start, stop, NONE())?.as_obj())
}

#[inline(always)]
pub fn store_slice<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let result = set_slice(r.obj(4), r.obj(3), r.obj(2), r.obj(1));
    r.finish_drop(4, result)
}

#[inline(never)]
fn set_slice(value: &Obj, container: &Obj, start: &Obj, stop: &Obj) -> Result<()> {
    object::setitem(container, slice::new(start, stop, NONE())?.as_obj(), value)
}

#[inline(always)]
pub fn delete_subscr<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let result = object::delitem(r.obj(2), r.obj(1));
    r.finish_drop(2, result)
}

// ---- Storing ----

#[inline(always)]
pub fn store_subscr<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    if let Some(cache) = r.cache_if_warm(caches::STORE_SUBSCR)
        && cache.tick()
    {
        specialize::store_subscr(r.here(caches::STORE_SUBSCR), cache, r.obj(2), r.obj(1));
        return Flow::Redo;
    }
    let result = object::setitem(r.obj(2), r.obj(1), r.obj(3));
    r.finish_drop(3, result)
}

/// A small integer that is not negative.
#[inline(always)]
fn index_of(o: &Obj) -> Option<usize> {
    let index: &PyLongObject = o.downcast_exact()?;
    if index.is_compact() {
        usize::try_from(index.compact_value()).ok()
    } else {
        None
    }
}

#[inline(always)]
pub fn store_subscr_list_int<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let (Some(list), Some(index)) = (
        r.obj(2).downcast_exact::<PyListObject>(),
        index_of(r.obj(1)),
    ) else {
        return Flow::Deopt;
    };
    if index >= list.len() {
        return Flow::Deopt;
    }
    // SAFETY: the index was just checked.
    let slot = unsafe {
        &*list
            .ob_item
            .get()
            .cast::<core::cell::Cell<*mut PyObject>>()
            .add(index)
    };
    let value = r.peek(3);
    let old = slot.replace(value.into_ref().into_raw());
    let (container, subscript) = (r.peek(2), r.peek(1));
    r.shrink(3);
    StackRef::<M>::from_bits(old as usize).close();
    subscript.close();
    container.close();
    Flow::Next
}

#[inline(always)]
pub fn store_subscr_dict<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let Some(dict) = r.obj(2).downcast_exact::<PyDictObject>() else {
        return Flow::Deopt;
    };
    let result = dict.set(r.obj(1), r.obj(3));
    r.finish_drop(3, result)
}

// ---- Loading: specialised forms of BINARY_OP ----

#[inline(always)]
pub fn binary_op_subscr_list_int<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let (Some(list), Some(index)) = (
        r.obj(2).downcast_exact::<PyListObject>(),
        index_of(r.obj(1)),
    ) else {
        return Flow::Deopt;
    };
    match list.items().get(index) {
        Some(value) => {
            let value = StackRef::new(value);
            r.replace(2, value);
            Flow::Next
        }
        None => Flow::Deopt,
    }
}

#[inline(always)]
pub fn binary_op_subscr_tuple_int<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let (Some(tuple), Some(index)) = (
        r.obj(2).downcast_exact::<PyTupleObject>(),
        index_of(r.obj(1)),
    ) else {
        return Flow::Deopt;
    };
    match tuple.items().get(index) {
        Some(value) => {
            let value = StackRef::new(value);
            r.replace(2, value);
            Flow::Next
        }
        None => Flow::Deopt,
    }
}

/// Only for characters that are immortal objects.
#[inline(always)]
pub fn binary_op_subscr_str_int<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let (Some(text), Some(index)) = (
        r.obj(2).downcast_exact::<PyUnicodeObject>(),
        index_of(r.obj(1)),
    ) else {
        return Flow::Deopt;
    };
    if index >= text.len() {
        return Flow::Deopt;
    }
    let character = text.char_at(index);
    if character >= 256 {
        return Flow::Deopt;
    }
    r.replace(
        2,
        StackRef::immortal(crate::types::str_::latin1_char(character as u8)),
    );
    Flow::Next
}

#[inline(always)]
pub fn binary_op_subscr_list_slice<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    if !r.obj(2).is_exact::<PyListObject>() || !r.obj(1).is_exact::<PySliceObject>() {
        return Flow::Deopt;
    }
    let result = object::getitem(r.obj(2), r.obj(1));
    r.finish(2, result)
}

#[inline(always)]
pub fn binary_op_subscr_dict<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let Some(dict) = r.obj(2).downcast_exact::<PyDictObject>() else {
        return Flow::Deopt;
    };
    let result = match dict.get(r.obj(1)) {
        Ok(Some(value)) => Ok(value),
        Ok(None) => Err(err::key_error(r.obj(1))),
        Err(raised) => Err(raised),
    };
    r.finish(2, result)
}

/// A Python function as `__getitem__`. The type's version guards the function, the function's version its code.
#[inline(always)]
pub fn binary_op_subscr_getitem<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let cache = r.cache(caches::BINARY_OP);
    let container = r.peek(2);
    if container.obj().ty().tp_version_tag.get() != cache.version.get()
        || r.ts.base.py_recursion_remaining.get() <= 1
    {
        return Flow::Deopt;
    }
    // SAFETY: the type, unchanged, holds the function.
    let function: &PyFunctionObject = unsafe { &*cache.object.get().cast() };
    if function.func_version.get() != cache.second_version.get() {
        return Flow::Deopt;
    }
    let index = r.peek(1);
    let word = StackRef::<M>::new(function.as_obj());
    let Some(callee) = bind::push_near(r.ts, word, 2) else {
        word.close();
        return Flow::Deopt;
    };
    bind::set_argument(callee, 0, container);
    bind::set_argument(callee, 1, index);
    r.shrink(2);
    // SAFETY: the frame was just made ready for this.
    unsafe { r.enter(callee, 1 + caches::BINARY_OP) };
    Flow::Next
}
