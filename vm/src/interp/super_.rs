//! `super().name`, without making the `super` object where it is the builtin one.

use gc::Manager;
use layout::*;

use super::names::push_null_if;
use super::regs::Regs;
use super::{Flow, specialize};
use crate::err::Result;
use crate::object::*;
use crate::opcodes::caches;
use crate::protocol::{call, object};
use crate::stackref::StackRef;
use crate::types::super_;

/// The argument: bit 0 asks for a method and its self, bit 1 says that `super` was called with arguments.
#[inline(always)]
pub fn load_super_attr<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    if let Some(cache) = r.cache_if_warm(caches::LOAD_SUPER_ATTR)
        && cache.tick()
    {
        specialize::load_super_attr(
            r.here(caches::LOAD_SUPER_ATTR),
            cache,
            r.obj(3),
            r.obj(2),
            oparg & 1 != 0,
        );
        return Flow::Redo;
    }
    let value = load(
        r.obj(3),
        r.obj(2),
        r.obj(1),
        r.name(oparg >> 2),
        oparg & 2 != 0,
    );
    match value {
        Ok(value) => {
            r.replace(3, StackRef::owned(value));
            push_null_if(r, oparg & 1 != 0);
            Flow::Next
        }
        Err(_) => Flow::Error,
    }
}

#[inline(never)]
fn load(global_super: &Obj, class: &Obj, this: &Obj, name: &Obj, with_arguments: bool) -> Result {
    // The builtin without arguments finds these two itself; anything else gets what was written.
    let made = if with_arguments {
        call::call(global_super, &[class, this])?
    } else {
        call::call0(global_super)?
    };
    object::getattr(&made, name)
}

/// The builtin `super` and a class.
#[inline(always)]
fn is_builtin<M: Manager>(r: &Regs<M>) -> bool {
    r.peek(3).is(PySuper_Type.as_obj()) && r.obj(2).is::<PyTypeObject>()
}

#[inline(always)]
fn class<'a, M: Manager>(r: &Regs<M>) -> &'a PyTypeObject {
    // SAFETY: `is_builtin` has checked it.
    unsafe { r.obj(2).cast() }
}

#[inline(always)]
pub fn load_super_attr_attr<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    if !is_builtin(r) {
        return Flow::Deopt;
    }
    let value =
        super_::lookup(class(r), r.obj(1), r.name(oparg >> 2), false).map(|(value, _)| value);
    r.finish(3, value)
}

#[inline(always)]
pub fn load_super_attr_method<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    if !is_builtin(r) {
        return Flow::Deopt;
    }
    match super_::lookup(class(r), r.obj(1), r.name(oparg >> 2), true) {
        Ok((method, unbound)) => {
            let this = if unbound {
                r.peek(1).dup()
            } else {
                StackRef::NULL
            };
            r.replace(3, StackRef::owned(method));
            r.push(this);
            Flow::Next
        }
        Err(_) => Flow::Error,
    }
}
