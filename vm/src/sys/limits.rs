//! The part of `sys` about sizes, limits and the memory of objects.

use std::time::Duration;

use layout::*;

use crate::args;
use crate::err;
use crate::err::{Result, exc, raise};
use crate::object::*;
use crate::protocol::{call, object};
use crate::state;
use crate::threads;
use crate::types::int::{self, IntExt as _, STR_DIGITS_CHECK_THRESHOLD};
use crate::types::str_;
use crate::types::type_;

/// `sys.getrefcount()`. Where nobody counts, all objects have the immortal count.
pub fn getrefcount(_: &Obj, o: &Obj) -> Result<i64> {
    Ok(i64::from(o.ob_refcnt.get()))
}

pub fn getrecursionlimit(_: &Obj) -> Result<i32> {
    Ok(threads::recursion_limit())
}

pub fn setrecursionlimit(_: &Obj, limit: &Obj) -> Result<()> {
    let limit = args::to_i32(limit)?;
    if limit < 1 {
        return raise!(
            ValueError,
            "recursion limit must be greater or equal than 1"
        );
    }
    let base = &state::current().base;
    let depth = base.py_recursion_limit.get() - base.py_recursion_remaining.get();
    if depth >= limit {
        return raise!(
            RecursionError,
            "cannot set the recursion limit to {limit} at the recursion depth {depth}: the limit is too low"
        );
    }
    threads::set_recursion_limit(limit);
    Ok(())
}

/// `sys.getsizeof()`: what `__sizeof__` says and the words before the object.
pub fn getsizeof(_: &Obj, [o, default]: [Option<&Obj>; 2]) -> Result {
    let o = o.expect("required");
    match size_of_object(o) {
        Ok(n) => Ok(int::from_usize(n).into_obj()),
        Err(raised) => match default {
            Some(default) if err::clear_if(&exc::TypeError) => Ok(default.new_ref()),
            _ => Err(raised),
        },
    }
}

fn size_of_object(o: &Obj) -> Result<usize> {
    type_::ready(o.ty())?;
    let Some(f) = object::lookup_special(o, crate::intern!("__sizeof__"))? else {
        return raise!(TypeError, "Type {} doesn't define __sizeof__", o.tp_name());
    };
    let answer = call::call0(&f)?;
    let Some(n) = answer.downcast::<PyLongObject>() else {
        return raise!(
            TypeError,
            "'{}' object cannot be interpreted as an integer",
            answer.tp_name()
        );
    };
    match n.to_i64() {
        Some(n) if n >= 0 => Ok(n as usize + header_size(o.ty())),
        Some(_) => raise!(ValueError, "__sizeof__() should return >= 0"),
        None => raise!(
            OverflowError,
            "Python int too large to convert to C ssize_t"
        ),
    }
}

/// The words before the object: CPython counts its own collector's two as well, which we do not have.
fn header_size(tp: &PyTypeObject) -> usize {
    prefix_size(tp)
}

pub fn getswitchinterval(_: &Obj) -> Result<f64> {
    Ok(threads::switch_interval().as_micros() as f64 / 1e6)
}

pub fn setswitchinterval(_: &Obj, interval: &Obj) -> Result<()> {
    let seconds = args::to_f64(interval)?;
    if seconds <= 0.0 {
        return raise!(ValueError, "switch interval must be strictly positive");
    }
    threads::set_switch_interval(Duration::from_secs_f64(seconds.min(1e9)));
    Ok(())
}

pub fn get_int_max_str_digits(_: &Obj) -> Result<usize> {
    Ok(int::max_str_digits())
}

pub fn set_int_max_str_digits(_: &Obj, [digits]: [Option<&Obj>; 1]) -> Result<()> {
    let digits = args::to_i32(digits.expect("required"))?;
    match usize::try_from(digits) {
        Ok(n) if n == 0 || n >= STR_DIGITS_CHECK_THRESHOLD => {
            int::set_max_str_digits(n);
            super::config::set_flag("int_max_str_digits", None, digits)
        }
        _ => raise!(
            ValueError,
            "maxdigits must be >= {STR_DIGITS_CHECK_THRESHOLD} or 0 for unlimited"
        ),
    }
}

/// How many objects are allocated.
pub fn getallocatedblocks(_: &Obj) -> Result<usize> {
    Ok(gc::usage().objects)
}

pub fn getunicodeinternedsize(_: &Obj, [only_immortal]: [Option<&Obj>; 1]) -> Result<usize> {
    let _ = only_immortal.map(object::is_true).transpose()?;
    Ok(str_::interned_count())
}

/// `sys.intern()`.
pub fn intern_function(_: &Obj, s: &Obj) -> Result {
    match s.downcast::<PyUnicodeObject>() {
        Some(exact) if s.is_exact::<PyUnicodeObject>() => Ok(str_::intern(exact).into_obj()),
        Some(_) => raise!(TypeError, "can't intern {}", s.tp_name()),
        None => raise!(
            TypeError,
            "intern() argument must be str, not {}",
            s.tp_name()
        ),
    }
}

pub fn is_interned(_: &Obj, s: &Obj) -> Result<bool> {
    if !s.is::<PyUnicodeObject>() {
        return raise!(
            TypeError,
            "_is_interned() argument must be str, not {}",
            s.tp_name()
        );
    }
    Ok(str_::is_interned(s))
}

pub fn is_immortal(_: &Obj, o: &Obj) -> Result<bool> {
    Ok((o.ob_refcnt.get() as i32) < 0 || o.ob_refcnt.get() >= _Py_IMMORTAL_INITIAL_REFCNT)
}

/// Forgets what lookups in types have found.
pub fn clear_type_cache(_: &Obj) -> Result<()> {
    type_::clear_cache();
    Ok(())
}

/// Writes the allocator's statistics to the standard error.
pub fn debugmallocstats(_: &Obj) -> Result<()> {
    eprintln!("objects: {}", gc::usage().objects);
    eprintln!("interned strings: {}", str_::interned_count());
    Ok(())
}
