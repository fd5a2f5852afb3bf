//! `cpython/initconfig.h`: the configuration of a running interpreter (PEP 741).

use core::ffi::{c_char, c_int};

use vm::object::*;
use vm::sys::config;
use vm::types::{set, str_, tuple};

use crate::shape::*;

api! {
    fn PyConfig_Get(name: *const c_char) -> P { new(config::get(&text(name))) }
    fn PyConfig_GetInt(name: *const c_char, value: *mut c_int) -> c_int {
        status(config::get_int(&text(name)).map(|n| *value = n))
    }
    fn PyConfig_Names() -> P {
        let names = tuple::from_vec(config::names().map(|name| str_::new(name).into_obj()).collect());
        new(set::new_frozenset(Some(names.as_obj())).map(Ref::into_obj))
    }
    fn PyConfig_Set(name: *const c_char, value: P) -> c_int { status(vm::sys::audit_event("cpython.PyConfig_Set", &[str_::new(&text(name)).as_obj(), b(value)]).and_then(|()| config::set(&text(name), b(value)))) }
}
