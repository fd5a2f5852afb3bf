//! `context.h`: context variables from C.

use core::ffi::{c_char, c_int};
use core::ptr;

use layout::PyContext_WatchCallback;
use vm::err::{Result, raise};
use vm::object::*;
use vm::types::context::{self, Context, ContextVar, Token, var};
use vm::types::str_;
use vm::watchers;

use crate::shape::*;

fn as_var(o: &Obj) -> Result<&ContextVar> {
    match o.downcast() {
        Some(v) => Ok(v),
        None => raise!(TypeError, "an instance of ContextVar was expected"),
    }
}

fn as_context(o: &Obj) -> Result<&Context> {
    match o.downcast() {
        Some(c) => Ok(c),
        None => raise!(TypeError, "an instance of Context was expected"),
    }
}

fn as_token(o: &Obj) -> Result<&Token> {
    match o.downcast() {
        Some(t) => Ok(t),
        None => raise!(TypeError, "an instance of Token was expected"),
    }
}

api! {
    fn PyContext_New() -> P { new(context::new().map(Ref::into_obj)) }
    fn PyContext_Copy(c: P) -> P { new(as_context(b(c)).and_then(context::copy).map(Ref::into_obj)) }
    fn PyContext_CopyCurrent() -> P { new(context::copy_current().map(Ref::into_obj)) }
    fn PyContext_Enter(c: P) -> c_int { status(as_context(b(c)).and_then(context::enter)) }
    fn PyContext_Exit(c: P) -> c_int { status(as_context(b(c)).and_then(context::exit)) }
    fn PyContext_AddWatcher(callback: PyContext_WatchCallback) -> c_int { watchers::CONTEXTS.add(callback).map_or(-1, |id| id as c_int) }
    fn PyContext_ClearWatcher(id: c_int) -> c_int { status(watchers::CONTEXTS.clear(id)) }
    fn PyContextVar_New(name: *const c_char, default: P) -> P {
        new(var::new(str_::new(&text(name)).as_obj(), opt(default)).map(Ref::into_obj))
    }
    fn PyContextVar_Get(v: P, default: P, out: *mut P) -> c_int {
        match as_var(b(v)).and_then(|v| var::get(v, opt(default))) {
            Ok(found) => { *out = found.map_or(ptr::null_mut(), Ref::into_raw); 0 }
            Err(_) => { *out = ptr::null_mut(); -1 }
        }
    }
    fn PyContextVar_Set(v: P, value: P) -> P { new(as_var(b(v)).and_then(|v| var::set(v, b(value))).map(Ref::into_obj)) }
    fn PyContextVar_Reset(v: P, token: P) -> c_int {
        status(as_var(b(v)).and_then(|v| var::reset(v, as_token(b(token))?)))
    }
}
