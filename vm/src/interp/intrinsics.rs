//! Operations too rare for opcodes of their own, and the constants that code cannot hold.

use core::cell::Cell;

use gc::Manager;
use layout::*;

use super::regs::Regs;
use super::{Flow, import_, names};
use crate::err::{self, Result, exc};
use crate::frame::Frame;
use crate::object::*;
use crate::protocol::{call, number, object};
use crate::raise;
use crate::types::list::ListExt;
use crate::types::{asyncgen, tuple, typing};

#[inline(always)]
pub fn call_intrinsic_1<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let result = unary(oparg, r.frame(), r.obj(1));
    r.finish(1, result)
}

#[inline(always)]
pub fn call_intrinsic_2<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let result = binary(oparg, r.obj(2), r.obj(1));
    r.finish(2, result)
}

#[inline(never)]
fn unary(which: u32, frame: &Frame, value: &Obj) -> Result {
    match which {
        1 => print(value),
        2 => {
            let Some(locals) = frame.locals() else {
                return raise!(SystemError, "no locals found during 'import *'");
            };
            import_::import_star(value, locals)?;
            Ok(none())
        }
        3 => stop_iteration_error(frame.code(), value),
        4 => asyncgen::wrap(value),
        5 => number::positive(value),
        6 => match value.downcast::<PyListObject>() {
            Some(list) => Ok(tuple::from_refs(list.items()).into_obj()),
            None => raise!(SystemError, "list expected"),
        },
        7 => typing::typevar::of_compiler(value, None, None),
        8 => typing::paramspec::of_compiler(value),
        9 => typing::typevartuple::of_compiler(value),
        10 => typing::generic::subscript(value),
        11 => typing::alias::of_compiler(value),
        _ => raise!(SystemError, "invalid intrinsic function {}", which),
    }
}

#[inline(never)]
fn binary(which: u32, first: &Obj, second: &Obj) -> Result {
    match which {
        1 => match second.downcast::<PyListObject>() {
            Some(raised) => crate::types::exceptions::group::prepare_reraise(first, raised),
            None => raise!(SystemError, "list expected"),
        },
        2 => typing::typevar::of_compiler(first, Some(second), None),
        3 => typing::typevar::of_compiler(first, None, Some(second)),
        4 => match first.downcast_exact::<PyFunctionObject>() {
            Some(function) => {
                function.func_typeparams.set_ref(Some(second.new_ref()));
                Ok(first.new_ref())
            }
            None => raise!(SystemError, "function expected"),
        },
        5 => typing::set_default(first, second),
        _ => raise!(SystemError, "invalid intrinsic function {}", which),
    }
}

/// What the interactive prompt does with a value.
fn print(value: &Obj) -> Result {
    match crate::runtime::sys_attribute("displayhook") {
        Some(hook) => call::call1(&hook, value),
        None => raise!(RuntimeError, "lost sys.displayhook"),
    }
}

/// `StopIteration` must not leave a generator as if it had returned.
#[cold]
fn stop_iteration_error(code: &PyCodeObject, exception: &Obj) -> Result {
    let asynchronous = crate::code::has_flag(code, CO_ASYNC_GENERATOR);
    let message = if object::is_instance(exception, exc::StopIteration.as_obj())? {
        if asynchronous {
            "async generator raised StopIteration"
        } else if crate::code::has_flag(code, CO_COROUTINE) {
            "coroutine raised StopIteration"
        } else {
            "generator raised StopIteration"
        }
    } else if asynchronous && object::is_instance(exception, exc::StopAsyncIteration.as_obj())? {
        "async generator raised StopAsyncIteration"
    } else {
        return Ok(exception.new_ref());
    };
    let made = call::call1(
        exc::RuntimeError.as_obj(),
        crate::types::str_::new(message).as_obj(),
    )?;
    // SAFETY: RuntimeError makes exceptions.
    let error: &PyBaseExceptionObject = unsafe { made.cast() };
    error.cause.set_ref(Some(exception.new_ref()));
    error.suppress_context.set(1);
    error.context.set_ref(Some(exception.new_ref()));
    Ok(made)
}

// ---- Constants ----

struct Common([Cell<*mut PyObject>; 2]);

// SAFETY: written once, under the lock.
unsafe impl Sync for Common {}

static COMMON: Common = Common([const { Cell::new(core::ptr::null_mut()) }; 2]);

/// Keeps the builtins `all` and `any`, which code compares with what it finds under these names.
pub fn set_common_constants(all: Ref, any: Ref) {
    COMMON.0[0].set(all.into_raw());
    COMMON.0[1].set(any.into_raw());
}

/// The constants of `LOAD_COMMON_CONSTANT`.
#[inline(never)]
pub fn common_constant(which: u32, builtins: &Obj) -> Result {
    let own = match which {
        0 => exc::AssertionError.as_obj(),
        1 => exc::NotImplementedError.as_obj(),
        2 => PyTuple_Type.as_obj(),
        _ => return builtin_constant(which, builtins),
    };
    Ok(own.new_ref())
}

fn builtin_constant(which: u32, builtins: &Obj) -> Result {
    let slot = &COMMON.0[which as usize - 3];
    if slot.get().is_null() {
        let name = if which == 3 {
            crate::intern!("all")
        } else {
            crate::intern!("any")
        };
        match names::lookup(builtins, name)? {
            Some(found) => slot.set(found.into_raw()),
            None => {
                return Err(err::new(
                    &exc::NameError,
                    format_args!("name '{}' is not defined", str_lossy(name)),
                ));
            }
        }
    }
    // SAFETY: just filled in, and never emptied.
    Ok(unsafe { Ref::from_borrowed(slot.get()) })
}
