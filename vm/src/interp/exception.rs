//! Raising and handling exceptions, and `with`.

use gc::Manager;
use layout::*;

use super::Flow;
use super::regs::Regs;
use crate::code;
use crate::err::{self, Raised, Result, exc};
use crate::object::*;
use crate::protocol::{call, object};
use crate::raise;
use crate::stackref::StackRef;
use crate::state;
use crate::types::exceptions::group;
use crate::types::tuple::TupleExt;
use crate::types::type_::{self, attributes};

// ---- Handlers ----

/// The exception being handled changes: the one before stays on the stack below it.
#[inline(always)]
pub fn push_exc_info<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let exception = r.pop();
    // SAFETY: the thread always has an innermost item.
    let item = unsafe { &*r.ts.base.exc_info.get() };
    let previous = item.exc_value.replace(exception.to_ref().into_raw());
    r.push(if previous.is_null() {
        StackRef::immortal(NONE())
    } else {
        StackRef::from_bits(previous as usize)
    });
    r.push(exception);
    Flow::Next
}

#[inline(always)]
pub fn pop_except<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let previous = r.pop();
    // SAFETY: as above.
    let item = unsafe { &*r.ts.base.exc_info.get() };
    let value = if previous.is(NONE()) {
        None
    } else {
        Some(previous.into_ref())
    };
    item.exc_value.set_ref(value);
    Flow::Next
}

#[inline(always)]
pub fn check_exc_match<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let result = matches(r.obj(2), r.obj(1));
    r.finish_bool(1, result)
}

#[inline(never)]
fn matches(exception: &Obj, wanted: &Obj) -> Result<bool> {
    let valid = match wanted.downcast::<PyTupleObject>() {
        Some(types) => types.items().iter().all(|tp| is_exception_type(tp)),
        None => is_exception_type(wanted),
    };
    if !valid {
        return raise!(
            TypeError,
            "catching classes that do not inherit from BaseException is not allowed"
        );
    }
    Ok(given_matches(exception, wanted))
}

fn is_exception_type(o: &Obj) -> bool {
    o.downcast::<PyTypeObject>()
        .is_some_and(|tp| has_flag(tp, Py_TPFLAGS_BASE_EXC_SUBCLASS))
}

/// Whether an exception is an instance of a type, or of one in a (nested) tuple.
pub fn given_matches(exception: &Obj, wanted: &Obj) -> bool {
    matches_any(wanted, |wanted| match wanted.downcast::<PyTypeObject>() {
        Some(tp) if is_exception_type(wanted) => type_::is_subtype(exception.ty(), tp),
        _ => exception.is_same(wanted),
    })
}

/// Whether `test` holds of an object, or of one in a (nested) tuple. Nesting that is too deep is reported, as the question
/// has no way to raise an error.
pub fn matches_any(wanted: &Obj, test: impl Fn(&Obj) -> bool) -> bool {
    // Reported from here, where there is room again for the hook to run.
    search(wanted, &test).unwrap_or_else(|| {
        err::preserved(|| {
            let _ = err::new(
                &exc::RecursionError,
                format_args!("maximum recursion depth exceeded while matching an exception"),
            );
            err::write_unraisable(None, None);
        });
        false
    })
}

/// `matches_any`'s answer; `None` if the stack does not suffice for it.
fn search(wanted: &Obj, test: &impl Fn(&Obj) -> bool) -> Option<bool> {
    let Some(choices) = wanted.downcast::<PyTupleObject>() else {
        return Some(test(wanted));
    };
    if state::current().stack_is_short() {
        return None;
    }
    for choice in choices.items() {
        if search(choice, test)? {
            return Some(true);
        }
    }
    Some(false)
}

#[inline(always)]
pub fn check_eg_match<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    match group_match(r.obj(2), r.obj(1)) {
        Ok((rest, matched)) => {
            if let Some(matched) = &matched {
                // What `except*` handles is what `sys.exception()` shows.
                // SAFETY: the thread always has an innermost item.
                unsafe { &*r.ts.base.exc_info.get() }
                    .exc_value
                    .set_ref(Some(matched.clone()));
            }
            let (value, types) = (r.peek(2), r.peek(1));
            r.poke(2, StackRef::owned(rest.unwrap_or_else(none)));
            r.poke(1, StackRef::owned(matched.unwrap_or_else(none)));
            types.close();
            value.close();
            Flow::Next
        }
        Err(_) => Flow::Error,
    }
}

#[inline(never)]
fn group_match(exception: &Obj, wanted: &Obj) -> Result<(Option<Ref>, Option<Ref>)> {
    let types: Vec<&Obj> = match wanted.downcast::<PyTupleObject>() {
        Some(types) => types.items().iter().map(|tp| tp.as_obj()).collect(),
        None => vec![wanted],
    };
    for tp in &types {
        if !is_exception_type(tp) {
            return raise!(
                TypeError,
                "catching classes that do not inherit from BaseException is not allowed"
            );
        }
        if object::is_subclass(tp, exc::BaseExceptionGroup.as_obj())? {
            return raise!(
                TypeError,
                "catching ExceptionGroup with except* is not allowed. Use except instead."
            );
        }
    }
    let (matched, rest) = group::match_star(exception, wanted)?;
    let some = |o: Ref| if o.is_none() { None } else { Some(o) };
    Ok((some(rest), some(matched)))
}

/// After an exception was thrown into a suspended `yield from`: `StopIteration` is its value, others go on.
#[inline(always)]
pub fn cleanup_throw<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let exception = r.obj(1);
    if !type_::is_subtype(exception.ty(), &exc::StopIteration) {
        let _ = err::reraise(exception.new_ref());
        return Flow::Reraise;
    }
    // SAFETY: just checked.
    let value = unsafe { exception.cast::<PyStopIterationObject>() }
        .value
        .get_ref()
        .unwrap_or_else(none);
    let (exception, sent, iterator) = (r.pop(), r.pop(), r.pop());
    r.push(StackRef::immortal(NONE()));
    r.push_ref(value);
    exception.close();
    sent.close();
    iterator.close();
    Flow::Next
}

// ---- Raising ----

/// Goes on raising the exception on top. With an argument, the word that far below says where it was raised.
#[inline(always)]
pub fn reraise<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    if oparg != 0 {
        let lasti = r.peek(1 + oparg as usize).to_integer();
        // SAFETY: the word holds the index of an instruction of this code.
        r.frame().instr_ptr = unsafe { code::instructions(r.code()).offset(lasti) };
    }
    let exception = r.pop_ref();
    let _ = err::reraise(exception);
    Flow::Reraise
}

#[inline(always)]
pub fn raise_varargs<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    match oparg {
        0 => reraise_handled(),
        1 => {
            let exception = r.pop_ref();
            do_raise(exception, None)
        }
        _ => {
            let cause = r.pop_ref();
            let exception = r.pop_ref();
            do_raise(exception, Some(cause))
        }
    }
}

#[cold]
#[inline(never)]
fn reraise_handled() -> Flow {
    match err::handled() {
        Some(exception) => {
            let _ = err::reraise(exception);
            Flow::Reraise
        }
        None => {
            let _: Result<()> = raise!(RuntimeError, "No active exception to reraise");
            Flow::Error
        }
    }
}

#[inline(never)]
fn do_raise(given: Ref, cause: Option<Ref>) -> Flow {
    let _: Result<()> = raise_from(given, cause);
    Flow::Error
}

/// An exception from what is raised: an instance, or a class to be instantiated.
fn instance(given: Ref) -> Result {
    if !is_exception_type(&given) {
        if has_flag(given.ty(), Py_TPFLAGS_BASE_EXC_SUBCLASS) {
            return Ok(given);
        }
        return raise!(TypeError, "exceptions must derive from BaseException");
    }
    let made = call::call0(&given)?;
    if has_flag(made.ty(), Py_TPFLAGS_BASE_EXC_SUBCLASS) {
        return Ok(made);
    }
    raise!(
        TypeError,
        "calling {} should have returned an instance of BaseException, not {}",
        repr_lossy(&given),
        repr_lossy(made.ty().as_obj())
    )
}

fn raise_from(given: Ref, cause: Option<Ref>) -> Result<()> {
    let exception = instance(given)?;
    if let Some(cause) = cause {
        let fixed = if is_exception_type(&cause) {
            let made = call::call0(&cause)?;
            if !has_flag(made.ty(), Py_TPFLAGS_BASE_EXC_SUBCLASS) {
                return raise!(
                    TypeError,
                    "calling {} should have returned an instance of BaseException, not {}",
                    repr_lossy(&cause),
                    repr_lossy(made.ty().as_obj())
                );
            }
            Some(made)
        } else if has_flag(cause.ty(), Py_TPFLAGS_BASE_EXC_SUBCLASS) {
            Some(cause)
        } else if cause.is_none() {
            None
        } else {
            return raise!(TypeError, "exception causes must derive from BaseException");
        };
        // SAFETY: only instances of BaseException get here.
        let e: &PyBaseExceptionObject = unsafe { exception.cast() };
        e.cause.set_ref(fixed);
        e.suppress_context.set(1);
    }
    Err(err::set_exception(exception))
}

// ---- with ----

/// Calls `__exit__` (with its self, if it is unbound) with the exception on top.
#[inline(always)]
pub fn with_except_start<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let result = call_exit(r.obj(5), r.peek(4).opt(), r.obj(1));
    r.finish_push(result)
}

#[inline(never)]
fn call_exit(exit: &Obj, this: Option<&Obj>, exception: &Obj) -> Result {
    // SAFETY: the compiler puts an exception there.
    let traceback = unsafe { exception.cast::<PyBaseExceptionObject>() }
        .traceback
        .get_ref()
        .unwrap_or_else(none);
    let tp = exception.ty().as_obj();
    match this {
        Some(this) => call::call(exit, &[this, tp, exception, &traceback]),
        None => call::call(exit, &[tp, exception, &traceback]),
    }
}

/// The special methods of `with`, in the order of the instruction's argument.
pub static SPECIAL_METHODS: [&str; 4] = ["__enter__", "__exit__", "__aenter__", "__aexit__"];

/// Replaces the top by a special method of it and, if that is unbound, itself.
#[inline(always)]
pub fn load_special<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    match special(r.obj(1), oparg) {
        Ok((method, true)) => {
            let owner = r.peek(1);
            r.poke(1, StackRef::owned(method));
            r.push(owner);
            Flow::Next
        }
        Ok((method, false)) => {
            r.replace(1, StackRef::owned(method));
            r.push(StackRef::NULL);
            Flow::Next
        }
        Err(_) => Flow::Error,
    }
}

fn special_name(index: u32) -> &'static Obj {
    match index {
        0 => crate::intern!("__enter__"),
        1 => crate::intern!("__exit__"),
        2 => crate::intern!("__aenter__"),
        _ => crate::intern!("__aexit__"),
    }
}

#[inline(never)]
fn special(o: &Obj, index: u32) -> Result<(Ref, bool)> {
    let tp = o.ty();
    match type_::lookup(tp, special_name(index)).map(Obj::new_ref) {
        Some(method) if has_flag(method.ty(), Py_TPFLAGS_METHOD_DESCRIPTOR) => Ok((method, true)),
        Some(method) => Ok((attributes::bind(&method, Some(o), tp)?, false)),
        None => Err(no_special(o, index)),
    }
}

#[cold]
fn no_special(o: &Obj, index: u32) -> Raised {
    let asynchronous = index >= 2;
    let other = if asynchronous { [0, 1] } else { [2, 3] };
    let supported = other
        .iter()
        .all(|&index| type_::lookup(o.ty(), special_name(index)).is_some());
    let (protocol, hint) = if asynchronous {
        (
            "asynchronous context manager",
            " but it supports the context manager protocol. Did you mean to use 'with'?",
        )
    } else {
        (
            "context manager",
            " but it supports the asynchronous context manager protocol. Did you mean to use 'async with'?",
        )
    };
    err::new(
        &exc::TypeError,
        format_args!(
            "'{}' object does not support the {} protocol (missed {} method){}",
            fully_qualified_name(o.ty()),
            protocol,
            SPECIAL_METHODS[index as usize],
            if supported { hint } else { "" }
        ),
    )
}

fn fully_qualified_name(tp: &PyTypeObject) -> String {
    type_::fully_qualified_name(tp)
}
