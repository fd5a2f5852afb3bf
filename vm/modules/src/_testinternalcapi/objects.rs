//! What the test suite asks of single objects, and calls that it has made later.

use core::ffi::{c_int, c_void};

use vm::protocol::number;
use vm::types::set::{self, SetExt as _};
use vm::types::tuple;
use vm::{pending_calls, threads};

use crate::prelude::*;

/// The methods.
pub static METHODS: &[PyMethodDef] = &[
    keywords!(
        "pending_threadfunc",
        pending_threadfunc,
        "($module, callback, num=1, /, *, blocking=False, ensure_added=False)"
    ),
    o!(
        "_pyerr_setkeyerror",
        |_: &Obj, key: &Obj| -> Result { Err(err::key_error(key)) },
        ""
    ),
    fastcall!("set_update", set_update, ""),
    fastcall!("set_next_entry", set_next_entry, ""),
    o!(
        "iframe_getcode",
        |_: &Obj, f: &Obj| proto::getattr_str(f, "f_code"),
        ""
    ),
    o!(
        "iframe_getlasti",
        |_: &Obj, f: &Obj| proto::getattr_str(f, "f_lasti"),
        ""
    ),
    o!(
        "iframe_getline",
        |_: &Obj, f: &Obj| proto::getattr_str(f, "f_lineno"),
        ""
    ),
    fastcall!(
        "_py_cr_sum",
        |m: &Obj, a: &[&Obj]| mixed(m, a, number::add),
        ""
    ),
    fastcall!(
        "_py_cr_diff",
        |m: &Obj, a: &[&Obj]| mixed(m, a, number::subtract),
        ""
    ),
    fastcall!(
        "_py_rc_diff",
        |m: &Obj, a: &[&Obj]| mixed(m, a, number::subtract),
        ""
    ),
    fastcall!(
        "_py_cr_prod",
        |m: &Obj, a: &[&Obj]| mixed(m, a, number::multiply),
        ""
    ),
    fastcall!(
        "_py_cr_quot",
        |m: &Obj, a: &[&Obj]| mixed(m, a, number::true_divide),
        ""
    ),
    fastcall!(
        "_py_rc_quot",
        |m: &Obj, a: &[&Obj]| mixed(m, a, number::true_divide),
        ""
    ),
];

/// Calls the object that was queued, and lets go of it.
unsafe extern "C" fn call_queued(callback: *mut c_void) -> c_int {
    // SAFETY: the reference was given away when the call was queued.
    let callback = unsafe { Ref::<Obj>::from_owned(callback.cast()) };
    err::into_status(call::call0(&callback).map(drop))
}

/// Asks for calls between two instructions; how many found room.
fn pending_threadfunc(
    _: &Obj,
    [callback, num, blocking, ensure]: [Option<&Obj>; 4],
) -> Result<usize> {
    let Some(callback) = callback else {
        return raise!(TypeError, "pending_threadfunc() takes a callback");
    };
    let wanted = num.map_or(Ok(1), args::to_isize)?.max(0) as usize;
    let asked = |o: Option<&Obj>| o.map_or(Ok(false), proto::is_true);
    let (blocking, ensure) = (asked(blocking)?, asked(ensure)?);
    let mut added = 0;
    while added < wanted {
        let queued = callback.new_ref().into_raw();
        let add = || pending_calls::ANYBODY.add(call_queued, queued.cast());
        let done = if blocking { add() } else { threads::allow(add) };
        if done {
            added += 1;
            continue;
        }
        // SAFETY: the queue has not taken it.
        drop(unsafe { Ref::<Obj>::from_owned(queued) });
        if !ensure {
            break;
        }
        threads::allow(std::thread::yield_now);
    }
    Ok(added)
}

fn set_update(_: &Obj, given: &[&Obj]) -> Result<i64> {
    args::expect("set_update", given, 2..=2)?;
    if !is_instance_of(given[0], &PySet_Type) {
        return Err(err::bad_internal_call());
    }
    call::call_method(given[0], "update", &[given[1]]).map(|_| 0)
}

fn set_next_entry(_: &Obj, given: &[&Obj]) -> Result {
    args::expect("set_next_entry", given, 2..=2)?;
    let Some(s) = set::as_anyset(given[0]) else {
        return Err(err::bad_internal_call());
    };
    let mut at = args::to_isize(given[1])?.max(0) as usize;
    let Some(item) = s.next(&mut at) else {
        return Ok(none());
    };
    let at = int::from_usize(at);
    let hash = int::from_isize(proto::hash(&item)?);
    Ok(tuple::from_slice(&[int::one(), at.as_obj(), hash.as_obj(), &item]).into_obj())
}

/// An operation on a complex and a real number, with the `errno` that C's callers are told.
fn mixed(_: &Obj, given: &[&Obj], operation: fn(&Obj, &Obj) -> Result) -> Result {
    args::expect("operation", given, 2..=2)?;
    let value = operation(given[0], given[1])?;
    Ok(tuple::from_slice(&[&value, int::zero()]).into_obj())
}
