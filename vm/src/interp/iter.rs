//! Iteration and unpacking.

use gc::Manager;
use layout::*;

use super::binary::int_word;
use super::regs::Regs;
use super::{Flow, errors, specialize};
use crate::err::{self, Result, exc};
use crate::frame::phase;
use crate::object::*;
use crate::opcodes::caches;
use crate::protocol::object;
use crate::raise;
use crate::stackref::StackRef;
use crate::types::dict::DictExt;
use crate::types::list::{ListExt, ListIter};
use crate::types::range::RangeIter;
use crate::types::tuple::{TupleExt, TupleIter};
use crate::types::{generator, int, list};

#[inline(always)]
pub fn get_iter<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let result = object::iter(r.obj(1));
    r.finish(1, result)
}

#[inline(always)]
pub fn for_iter<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    if let Some(cache) = r.cache_if_warm(caches::FOR_ITER)
        && cache.tick()
    {
        specialize::for_iter(r.here(caches::FOR_ITER), cache, r.obj(1));
        return Flow::Redo;
    }
    match next(r.obj(1)) {
        Ok(Some(value)) => {
            r.push_ref(value);
            Flow::Next
        }
        Ok(None) => exhausted(r, oparg),
        Err(_) => Flow::Error,
    }
}

#[inline(never)]
fn next(iterator: &Obj) -> Result<Option<Ref>> {
    let Some(iternext) = iterator.ty().tp_iternext.get() else {
        return raise!(
            TypeError,
            "'{}' object is not an iterator",
            iterator.tp_name()
        );
    };
    // SAFETY: a slot of the iterator's own type.
    let value = unsafe { iternext(iterator.as_ptr()) };
    if !value.is_null() {
        // SAFETY: the slot answers with an owned reference.
        return Ok(Some(unsafe { Ref::from_owned(value) }));
    }
    if err::occurred() && !err::clear_if(&exc::StopIteration) {
        return Err(err::Raised::assume());
    }
    Ok(None)
}

/// Goes on behind the loop, past its `END_FOR`; the iterator stays for the `POP_ITER` there.
#[inline(always)]
fn exhausted<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    r.jump(oparg as isize + 1);
    Flow::Next
}

unsafe extern "C" fn finish_list(it: usize, _: usize) -> usize {
    // SAFETY: the caller passes such an iterator.
    unsafe { (*(it as *const ListIter)).finish() };
    0
}

unsafe extern "C" fn finish_tuple(it: usize, _: usize) -> usize {
    // SAFETY: the caller passes such an iterator.
    unsafe { (*(it as *const TupleIter)).finish() };
    0
}

#[inline(always)]
pub fn for_iter_list<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let Some(it) = r.obj(1).downcast_exact::<ListIter>() else {
        return Flow::Deopt;
    };
    match it.next_borrowed() {
        Some(value) => {
            r.push(StackRef::new(value));
            Flow::Next
        }
        None => {
            // SAFETY: the argument is what the function wants.
            unsafe { gc::call_quietly(finish_list, it.as_ptr() as usize, 0) };
            exhausted(r, oparg)
        }
    }
}

#[inline(always)]
pub fn for_iter_tuple<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let Some(it) = r.obj(1).downcast_exact::<TupleIter>() else {
        return Flow::Deopt;
    };
    match it.next_borrowed() {
        Some(value) => {
            r.push(StackRef::new(value));
            Flow::Next
        }
        None => {
            // SAFETY: the argument is what the function wants.
            unsafe { gc::call_quietly(finish_tuple, it.as_ptr() as usize, 0) };
            exhausted(r, oparg)
        }
    }
}

#[inline(always)]
pub fn for_iter_range<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let Some(it) = r.obj(1).downcast_exact::<RangeIter>() else {
        return Flow::Deopt;
    };
    match it.next_value() {
        Some(value) => {
            r.push(int_word(value));
            Flow::Next
        }
        None => exhausted(r, oparg),
    }
}

/// Frames keep the distance to where they return in sixteen bits: longer jumps are left to the generic form.
pub const FAR: u32 = 0xf000;

/// Goes on in the generator's frame; where it returns, the loop is over.
#[inline(always)]
pub fn for_iter_gen<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let iterator = r.obj(1);
    if !core::ptr::eq(iterator.ty(), &PyGen_Type) || r.ts.base.py_recursion_remaining.get() <= 1 {
        return Flow::Deopt;
    }
    // SAFETY: just checked.
    let generator: &generator::Generator = unsafe { iterator.cast() };
    if generator.frame_state.get() >= phase::EXECUTING || oparg > FAR {
        return Flow::Deopt;
    }
    let frame = generator.resume(r.ts, StackRef::<M>::immortal(NONE()));
    // Unlike calls of the slot, this leaves no trace of exhaustion but the jump.
    // SAFETY: the frame was just made ready for this.
    unsafe { r.enter_generator(frame, 1 + caches::FOR_ITER + oparg as usize) };
    Flow::Next
}

// ---- Length and unpacking ----

#[inline(always)]
pub fn get_len<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let result = object::length(r.obj(1)).map(|length| int::from_i64(length as i64).into_obj());
    r.finish_push(result)
}

#[inline(always)]
pub fn unpack_sequence<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    if let Some(cache) = r.cache_if_warm(caches::UNPACK_SEQUENCE)
        && cache.tick()
    {
        specialize::unpack_sequence(
            r.here(caches::UNPACK_SEQUENCE),
            cache,
            r.obj(1),
            oparg as usize,
        );
        return Flow::Redo;
    }
    match unpack(r.obj(1), oparg as usize) {
        Ok(items) => {
            push_reversed(r, items);
            Flow::Next
        }
        Err(_) => Flow::Error,
    }
}

/// Replaces the top by the items, the first one topmost.
#[inline(always)]
fn push_reversed<M: Manager>(r: &mut Regs<M>, items: Vec<Ref>) {
    let sequence = r.pop();
    for item in items.into_iter().rev() {
        r.push_ref(item);
    }
    sequence.close();
}

#[inline(never)]
fn unpack(sequence: &Obj, wanted: usize) -> Result<Vec<Ref>> {
    let Ok(it) = object::iter(sequence) else {
        return Err(not_iterable(sequence));
    };
    let mut items = Vec::with_capacity(wanted);
    while items.len() < wanted {
        match object::next(&it)? {
            Some(item) => items.push(item),
            None => {
                return raise!(
                    ValueError,
                    "not enough values to unpack (expected {}, got {})",
                    wanted,
                    items.len()
                );
            }
        }
    }
    if object::next(&it)?.is_some() {
        return match known_length(sequence) {
            Some(length) if length > wanted => {
                raise!(
                    ValueError,
                    "too many values to unpack (expected {}, got {})",
                    wanted,
                    length
                )
            }
            _ => raise!(
                ValueError,
                "too many values to unpack (expected {})",
                wanted
            ),
        };
    }
    Ok(items)
}

#[cold]
fn not_iterable(sequence: &Obj) -> err::Raised {
    if err::matches(&exc::TypeError)
        && sequence.ty().tp_iter.get().is_none()
        && !errors::is_sequence(sequence)
    {
        err::clear();
        return err::new(
            &exc::TypeError,
            format_args!("cannot unpack non-iterable {} object", sequence.tp_name()),
        );
    }
    err::Raised::assume()
}

/// The length of a builtin container, which asking for is safe.
fn known_length(o: &Obj) -> Option<usize> {
    if let Some(t) = o.downcast_exact::<PyTupleObject>() {
        return Some(t.items().len());
    }
    if let Some(l) = o.downcast_exact::<PyListObject>() {
        return Some(ListExt::len(l));
    }
    o.downcast_exact::<PyDictObject>().map(DictExt::len)
}

/// The argument: how many items before the starred target, and, from bit 8, how many after.
#[inline(always)]
pub fn unpack_ex<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    match unpack_starred(r.obj(1), (oparg & 0xff) as usize, (oparg >> 8) as usize) {
        Ok(items) => {
            push_reversed(r, items);
            Flow::Next
        }
        Err(_) => Flow::Error,
    }
}

#[inline(never)]
fn unpack_starred(sequence: &Obj, before: usize, after: usize) -> Result<Vec<Ref>> {
    let Ok(it) = object::iter(sequence) else {
        return Err(not_iterable(sequence));
    };
    let mut items = Vec::with_capacity(before + 1 + after);
    while items.len() < before {
        match object::next(&it)? {
            Some(item) => items.push(item),
            None => return too_few(before + after, items.len()),
        }
    }
    let mut rest = object::to_vec(&it)?;
    if rest.len() < after {
        return too_few(before + after, before + rest.len());
    }
    let last = rest.split_off(rest.len() - after);
    items.push(list::new(rest).into_obj());
    items.extend(last);
    Ok(items)
}

#[cold]
fn too_few(wanted: usize, got: usize) -> Result<Vec<Ref>> {
    raise!(
        ValueError,
        "not enough values to unpack (expected at least {}, got {})",
        wanted,
        got
    )
}

#[inline(always)]
pub fn unpack_sequence_two_tuple<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let Some(t) = r.obj(1).downcast_exact::<PyTupleObject>() else {
        return Flow::Deopt;
    };
    let [first, second] = t.items() else {
        return Flow::Deopt;
    };
    let (first, second) = (StackRef::new(first), StackRef::new(second));
    r.replace(1, second);
    r.push(first);
    Flow::Next
}

#[inline(always)]
pub fn unpack_sequence_tuple<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let Some(t) = r.obj(1).downcast_exact::<PyTupleObject>() else {
        return Flow::Deopt;
    };
    unpack_items(r, t.items(), oparg)
}

#[inline(always)]
pub fn unpack_sequence_list<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let Some(l) = r.obj(1).downcast_exact::<PyListObject>() else {
        return Flow::Deopt;
    };
    unpack_items(r, ListExt::items(l), oparg)
}

#[inline(always)]
fn unpack_items<M: Manager>(r: &mut Regs<M>, items: &[Ref], wanted: u32) -> Flow {
    if items.len() != wanted as usize {
        return Flow::Deopt;
    }
    let sequence = r.pop();
    for item in items.iter().rev() {
        r.push(StackRef::new(item));
    }
    sequence.close();
    Flow::Next
}
