//! Generators and coroutines: creation, suspension, delegation, and the asynchronous protocols.

use gc::Manager;
use layout::*;

use super::Flow;
use super::iter::FAR;
use super::regs::Regs;
use super::specialize;
use crate::code;
use crate::err::{self, Result, exc};
use crate::frame::{self, phase};
use crate::object::*;
use crate::opcodes::caches;
use crate::protocol::{call, object};
use crate::raise;
use crate::stackref::StackRef;
use crate::types::coroutine::{self, Coroutine};
use crate::types::generator::{self, Generator};
use crate::types::type_;

/// The frame moves into a new generator, which the call returns.
#[inline(always)]
pub fn return_generator<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let this = r.frame_ptr();
    r.frame().stackpointer = r.sp.cast();
    r.frame().instr_ptr = r.ip;
    // SAFETY: the frame is the topmost of its thread, and is left for good.
    let Ok(made) = (unsafe { generator::from_frame(r.ts, this) }) else {
        r.frame().instr_ptr = r.here(0);
        return Flow::Error;
    };
    let remaining = &r.ts.base.py_recursion_remaining;
    remaining.set(remaining.get() + 1);
    // SAFETY: what the frame held has moved; its memory is still there.
    let caller = unsafe { (*this).previous };
    frame::pop(r.ts, this);
    // SAFETY: the caller's frame is alive.
    let offset = usize::from(unsafe { (*caller).return_offset });
    // SAFETY: the frame that this one was entered from.
    unsafe { r.leave_to(caller, offset) };
    r.push_ref(made);
    r.go_on()
}

/// Every caller of a generator resumes behind an instruction with as many caches as this.
const AFTER_YIELD: usize = 1 + caches::SEND;
const _: () = assert!(caches::SEND == caches::FOR_ITER);

/// The argument says whether the generator waits for another one (1) or not (0).
#[inline(always)]
pub fn yield_value<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let value = r.pop().heap_safe();
    let this = r.frame();
    this.instr_ptr = r.ip;
    this.stackpointer = r.sp.cast();
    this.resume = 0;
    // SAFETY: only generators' frames yield.
    let generator = unsafe { &*generator::of_frame(this) };
    generator.frame_state.set(phase::SUSPENDED + oparg as i8);
    r.ts.base.exc_info.set(
        generator
            .exc_state
            .previous_item
            .replace(core::ptr::null_mut()),
    );
    let remaining = &r.ts.base.py_recursion_remaining;
    remaining.set(remaining.get() + 1);
    let caller = core::mem::replace(&mut this.previous, core::ptr::null_mut());
    // SAFETY: the frame that this one was entered from.
    unsafe { r.leave_to(caller, AFTER_YIELD) };
    r.push(value);
    r.go_on()
}

// ---- Delegation ----

/// A generator or coroutine that can be entered without leaving the loop.
#[inline(always)]
fn resumable<'a, M: Manager>(r: &Regs<M>, receiver: &'a Obj, oparg: u32) -> Option<&'a Generator> {
    let tp = receiver.ty();
    if !core::ptr::eq(tp, &PyGen_Type) && !core::ptr::eq(tp, &PyCoro_Type) {
        return None;
    }
    // SAFETY: both types have this layout.
    let generator: &Generator = unsafe { receiver.cast() };
    let ready = generator.frame_state.get() < phase::EXECUTING
        && r.ts.base.py_recursion_remaining.get() > 1
        && oparg <= FAR;
    if ready { Some(generator) } else { None }
}

#[inline(always)]
fn enter<M: Manager>(r: &mut Regs<M>, receiver: &Generator, oparg: u32) -> Flow {
    let value = r.pop();
    let frame = receiver.resume(r.ts, value.heap_safe());
    // SAFETY: the frame was just made ready for this.
    unsafe { r.enter_generator(frame, 1 + caches::SEND + oparg as usize) };
    Flow::Next
}

/// Sends the top to what lies below it: the answer replaces it, or, if that has returned, the value, and jumps.
#[inline(always)]
pub fn send<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let receiver = r.obj(2);
    if let Some(cache) = r.cache_if_warm(caches::SEND)
        && cache.tick()
    {
        specialize::send(r.here(caches::SEND), cache, receiver);
        return Flow::Redo;
    }
    if let Some(generator) = resumable(r, receiver, oparg) {
        // A coroutine that was started by hand refuses other values, in its own words.
        if generator.frame_state.get() != phase::CREATED || r.peek(1).is(NONE()) {
            return enter(r, generator, oparg);
        }
    }
    match send_to(receiver, r.obj(1)) {
        Ok((value, returned)) => {
            r.replace(1, StackRef::owned(value));
            if returned {
                r.jump(oparg as isize);
            }
            Flow::Next
        }
        Err(_) => Flow::Error,
    }
}

#[inline(never)]
fn send_to(receiver: &Obj, value: &Obj) -> Result<(Ref, bool)> {
    if let Some(am_send) = native_send(receiver) {
        return sent_natively(am_send, receiver, value);
    }
    let sent = if value.is_none() && receiver.ty().tp_iternext.get().is_some() {
        next_raw(receiver)
    } else {
        call::method(receiver, crate::intern!("send"), &[value]).map(Some)
    };
    match sent {
        Ok(Some(answer)) => Ok((answer, false)),
        Ok(None) => Ok((none(), true)),
        Err(raised) => match generator::stop_iteration_value(raised) {
            Ok(value) => Ok((value, true)),
            Err(raised) => Err(raised),
        },
    }
}

/// `am_send` of a type of our own, which says without an exception what its iterators return.
fn native_send(receiver: &Obj) -> Option<sendfunc> {
    let tp = receiver.ty();
    if !has_flag(tp, _Py_TPFLAGS_STATIC_BUILTIN) {
        return None;
    }
    // SAFETY: a type's table of slots lives as long as it does.
    unsafe { tp.tp_as_async.get().as_ref() }?.am_send.get()
}

fn sent_natively(am_send: sendfunc, receiver: &Obj, value: &Obj) -> Result<(Ref, bool)> {
    let mut answer = core::ptr::null_mut();
    // SAFETY: a slot of the receiver's own type; it answers with an owned reference or an error.
    unsafe {
        let kind = am_send(receiver.as_ptr(), value.as_ptr(), &mut answer);
        Ok((err::from_owned(answer)?, kind == PYGEN_RETURN))
    }
}

/// The next item; unlike `object::next`, `StopIteration` stays set, since it may carry a value.
fn next_raw(iterator: &Obj) -> Result<Option<Ref>> {
    let Some(iternext) = iterator.ty().tp_iternext.get() else {
        return Ok(None);
    };
    // SAFETY: a slot of the iterator's own type.
    let value = unsafe { iternext(iterator.as_ptr()) };
    if value.is_null() && err::occurred() {
        return Err(err::Raised::assume());
    }
    // SAFETY: the slot answers with an owned reference or null.
    Ok(unsafe { Ref::from_owned_opt(value) })
}

#[inline(always)]
pub fn send_gen<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    match resumable(r, r.obj(2), oparg) {
        Some(generator)
            if generator.frame_state.get() != phase::CREATED || r.peek(1).is(NONE()) =>
        {
            enter(r, generator, oparg)
        }
        _ => Flow::Deopt,
    }
}

#[inline(always)]
pub fn end_send<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let value = r.pop();
    let receiver = r.pop();
    r.push(value);
    receiver.close();
    Flow::Next
}

#[inline(always)]
pub fn get_yield_from_iter<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let iterable = r.obj(1);
    if core::ptr::eq(iterable.ty(), &PyGen_Type) {
        return Flow::Next;
    }
    if iterable.is_exact::<Coroutine>() {
        if code::has_flag(r.code(), CO_COROUTINE | CO_ITERABLE_COROUTINE) {
            return Flow::Next;
        }
        let _: Result<()> = raise!(
            TypeError,
            "cannot 'yield from' a coroutine object in a non-coroutine generator"
        );
        return Flow::Error;
    }
    let result = object::iter(iterable);
    r.finish(1, result)
}

// ---- await, async for, async with ----

/// The argument says whose result is awaited: 1, `__aenter__`'s; 2, `__aexit__`'s.
#[inline(always)]
pub fn get_awaitable<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let result = awaitable(r.obj(1), oparg);
    r.finish(1, result)
}

#[inline(never)]
fn awaitable(o: &Obj, whose: u32) -> Result {
    let it = match coroutine::awaitable_iter(o) {
        Ok(it) => it,
        Err(raised) => {
            let supported = async_slot(o.ty(), |slots| slots.am_await.get().is_some());
            if supported || whose == 0 || whose > 2 {
                return Err(raised);
            }
            err::clear();
            let from = if whose == 1 {
                "__aenter__"
            } else {
                "__aexit__"
            };
            return raise!(
                TypeError,
                "'async with' received an object from {} that does not implement __await__: {}",
                from,
                o.tp_name()
            );
        }
    };
    if let Some(coroutine) = it.downcast_exact::<Coroutine>()
        && coroutine.0.delegate().is_some()
    {
        return raise!(RuntimeError, "coroutine is being awaited already");
    }
    Ok(it)
}

fn async_slot<T: Default>(tp: &PyTypeObject, f: impl FnOnce(&PyAsyncMethods) -> T) -> T {
    // SAFETY: null or a table of the type.
    unsafe { tp.tp_as_async.get().as_ref() }.map_or_else(T::default, f)
}

#[inline(always)]
pub fn get_aiter<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let result = async_iterator(r.obj(1));
    r.finish(1, result)
}

#[inline(never)]
fn async_iterator(o: &Obj) -> Result {
    let Some(aiter) = async_slot(o.ty(), |slots| slots.am_aiter.get()) else {
        return raise!(
            TypeError,
            "'async for' requires an object with __aiter__ method, got {}",
            o.tp_name()
        );
    };
    // SAFETY: a slot of the object's own type.
    let it = unsafe { err::from_owned(aiter(o.as_ptr())) }?;
    if !async_slot(it.ty(), |slots| slots.am_anext.get().is_some()) {
        return raise!(
            TypeError,
            "'async for' received an object from __aiter__ that does not implement __anext__: {}",
            it.tp_name()
        );
    }
    Ok(it)
}

#[inline(always)]
pub fn get_anext<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let result = async_next(r.obj(1));
    r.finish_push(result)
}

#[inline(never)]
fn async_next(it: &Obj) -> Result {
    let Some(anext) = async_slot(it.ty(), |slots| slots.am_anext.get()) else {
        return raise!(
            TypeError,
            "'async for' requires an iterator with __anext__ method, got {}",
            it.tp_name()
        );
    };
    // SAFETY: a slot of the object's own type.
    let next = unsafe { err::from_owned(anext(it.as_ptr())) }?;
    if core::ptr::eq(it.ty(), &PyAsyncGen_Type) {
        return Ok(next);
    }
    coroutine::awaitable_iter(&next).map_err(|_| {
        err::raise_from_current(
            &exc::TypeError,
            format_args!(
                "'async for' received an invalid object from __anext__: {}",
                next.tp_name()
            ),
        )
    })
}

/// The exception on top ends the loop if it is `StopAsyncIteration`; others go on.
#[inline(always)]
pub fn end_async_for<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let exception = r.obj(1);
    if type_::is_subtype(exception.ty(), &exc::StopAsyncIteration) {
        r.drop(2);
        return Flow::Next;
    }
    let exception = r.pop_ref();
    let _ = err::reraise(exception);
    Flow::Reraise
}
