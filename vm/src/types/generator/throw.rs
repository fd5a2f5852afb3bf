//! `throw` and `close`.

use layout::*;

use super::resume::{Sent, as_method, send, stop_iteration_value};
use super::{Generator, clear_frame};
use crate::err::{self, Raised, Result, exc};
use crate::frame::{self, phase};
use crate::intern;
use crate::interp::exception::given_matches;
use crate::object::*;
use crate::opcodes::op;
use crate::protocol::{call, object};
use crate::raise;
use crate::state as threads;
use crate::warn;

/// Closes what a generator delegates to.
fn close_delegate(delegate: &Obj) -> Result<()> {
    if core::ptr::eq(delegate.ty(), &PyGen_Type) || core::ptr::eq(delegate.ty(), &PyCoro_Type) {
        // SAFETY: both types have this layout.
        close(unsafe { delegate.cast() })?;
        return Ok(());
    }
    match object::getattr_opt(delegate, intern!("close")) {
        Ok(Some(method)) => call::call0(&method).map(drop),
        Ok(None) => Ok(()),
        Err(_) => {
            err::write_unraisable(Some(delegate), None);
            Ok(())
        }
    }
}

/// Runs `f` while the generator counts as running, as it waits for its delegate.
fn while_delegating<T>(g: &Generator, f: impl FnOnce() -> T) -> T {
    let before = g.frame_state.replace(phase::EXECUTING);
    let result = f();
    g.frame_state.set(before);
    result
}

/// The method `close`: raises `GeneratorExit` inside, which must end the generator.
pub fn close(g: &Generator) -> Result {
    if g.frame_state.get() == phase::CREATED {
        g.frame_state.set(phase::COMPLETED);
        clear_frame(g);
        return Ok(none());
    }
    if g.is_finished() {
        return Ok(none());
    }
    let mut failed = false;
    if let Some(delegate) = g.delegate() {
        failed = while_delegating(g, || close_delegate(&delegate)).is_err();
    }
    if !failed && g.frame_state.get() != phase::EXECUTING && waits_outside_try(g) {
        // Nothing inside can see the exception: there is no need to run any of it.
        g.frame_state.set(phase::COMPLETED);
        clear_frame(g);
        return Ok(none());
    }
    if !failed {
        let _: Raised = err::set_object(&exc::GeneratorExit, NONE());
    }
    match send(g, Some(NONE()), true, true) {
        Ok(Some(Sent::Yielded(_))) => raise!(RuntimeError, "{} ignored GeneratorExit", g.kind()),
        Ok(Some(Sent::Returned(value))) => Ok(value),
        Ok(None) => Ok(none()),
        Err(raised) => {
            if err::clear_if(&exc::GeneratorExit) {
                return Ok(none());
            }
            stop_iteration_value(raised)
        }
    }
}

/// Whether the frame is suspended with no handler around it but the one that turns `StopIteration` into an error.
pub fn waits_outside_try(g: &Generator) -> bool {
    const DEPTH_1: u16 = 4;
    // SAFETY: the instruction pointer is inside the code.
    let unit = unsafe { *g.frame.instr_ptr };
    let opcode = crate::opcodes::BASE[usize::from(unit as u8)];
    opcode == op::RESUME && (unit >> 8) & DEPTH_1 != 0
}

/// The method `throw`. With `close_on_exit`, `GeneratorExit` closes delegates instead of being thrown into them.
pub fn throw(
    g: &Generator,
    close_on_exit: bool,
    tp: &Obj,
    value: Option<&Obj>,
    traceback: Option<&Obj>,
) -> Result {
    let sent = throw_in(g, close_on_exit, tp, value, traceback)?;
    as_method(g, sent)
}

fn throw_in(
    g: &Generator,
    close_on_exit: bool,
    tp: &Obj,
    value: Option<&Obj>,
    traceback: Option<&Obj>,
) -> Result<Option<Sent>> {
    let Some(delegate) = g.delegate() else {
        return throw_here(g, tp, value, traceback);
    };
    if close_on_exit && matches_given(tp, &exc::GeneratorExit) {
        if while_delegating(g, || close_delegate(&delegate)).is_err() {
            return send(g, Some(NONE()), true, false);
        }
        return throw_here(g, tp, value, traceback);
    }
    let is_generator =
        core::ptr::eq(delegate.ty(), &PyGen_Type) || core::ptr::eq(delegate.ty(), &PyCoro_Type);
    let answer = if is_generator {
        // SAFETY: both types have this layout.
        let inner: &Generator = unsafe { delegate.cast() };
        with_frame(g, || throw(inner, close_on_exit, tp, value, traceback))
    } else {
        match object::getattr_opt(&delegate, intern!("throw"))? {
            Some(method) => {
                let given = [Some(tp), value, traceback];
                let given: Vec<&Obj> = given.into_iter().map_while(|o| o).collect();
                with_frame(g, || call::call(&method, &given))
            }
            None => return throw_here(g, tp, value, traceback),
        }
    };
    match answer {
        Ok(value) => Ok(Some(Sent::Yielded(value))),
        // The delegate is done: its exception goes on in the generator itself.
        Err(_) => send(g, Some(NONE()), true, false),
    }
}

/// Runs `f` with the generator's frame on the stack of frames, so that tracebacks and `sys._getframe` see it.
fn with_frame<T>(g: &Generator, f: impl FnOnce() -> T) -> T {
    let ts = threads::current();
    let caller = frame::current(ts);
    let own = g.frame_ptr();
    // SAFETY: the frame is suspended, and does not run while it is linked in.
    unsafe { (*own).previous = caller };
    frame::set_current(ts, own);
    let result = while_delegating(g, f);
    frame::set_current(ts, caller);
    // SAFETY: as above.
    unsafe { (*own).previous = core::ptr::null_mut() };
    result
}

/// Whether what is thrown, a class or an instance, is of type `wanted`.
fn matches_given(given: &Obj, wanted: &PyTypeObject) -> bool {
    match given.downcast::<PyTypeObject>() {
        Some(tp) => crate::types::type_::is_subtype(tp, wanted),
        None => given_matches(given, wanted.as_obj()),
    }
}

/// Raises in the generator itself.
fn throw_here(
    g: &Generator,
    tp: &Obj,
    value: Option<&Obj>,
    traceback: Option<&Obj>,
) -> Result<Option<Sent>> {
    let traceback = traceback.filter(|t| !t.is_none());
    if traceback.is_some_and(|t| !t.is::<PyTracebackObject>()) {
        return raise!(
            TypeError,
            "throw() third argument must be a traceback object"
        );
    }
    let class = thrown_class(tp, value)?;
    let exception = match class {
        None => tp.new_ref(),
        Some(class) => match instance(class, value.filter(|v| !v.is_none())) {
            Ok(made) => made,
            // What goes wrong in the making is thrown instead.
            Err(_) => return send(g, Some(NONE()), true, false),
        },
    };
    if let Some(traceback) = traceback {
        // SAFETY: checked to be an exception.
        let e: &PyBaseExceptionObject = unsafe { exception.cast() };
        e.traceback.set_ref(Some(traceback.new_ref()));
    }
    let _: Raised = err::reraise(exception);
    send(g, Some(NONE()), true, false)
}

/// The class of the exception that `throw(tp, value)` makes; `None` if `tp` is the exception.
fn thrown_class<'a>(tp: &'a Obj, value: Option<&Obj>) -> Result<Option<&'a PyTypeObject>> {
    if has_flag(tp.ty(), Py_TPFLAGS_BASE_EXC_SUBCLASS) {
        return match value.filter(|v| !v.is_none()) {
            Some(_) => raise!(
                TypeError,
                "instance exception may not have a separate value"
            ),
            None => Ok(None),
        };
    }
    let class = tp
        .downcast::<PyTypeObject>()
        .filter(|t| has_flag(t, Py_TPFLAGS_BASE_EXC_SUBCLASS));
    match class {
        Some(class) => Ok(Some(class)),
        None => raise!(
            TypeError,
            "exceptions must be classes or instances deriving from BaseException, not {}",
            tp.tp_name()
        ),
    }
}

/// The exception of this class with this value.
fn instance(class: &PyTypeObject, value: Option<&Obj>) -> Result {
    let callee = class.as_obj();
    let made = match value {
        Some(v) if is_instance_of(v, class) => return Ok(v.new_ref()),
        Some(v) => match v.downcast::<PyTupleObject>() {
            Some(arguments) => call::call_tuple_dict(callee, arguments, None)?,
            None => call::call1(callee, v)?,
        },
        None => call::call0(callee)?,
    };
    if !has_flag(made.ty(), Py_TPFLAGS_BASE_EXC_SUBCLASS) {
        return raise!(
            TypeError,
            "calling {} should have returned an instance of BaseException, not {}",
            repr_lossy(callee),
            made.tp_name()
        );
    }
    Ok(made)
}

/// The arguments of a `throw` method, from Python: the forms with more than one are on their way out.
pub fn arguments<'a>(given: &[&'a Obj]) -> Result<(&'a Obj, Option<&'a Obj>, Option<&'a Obj>)> {
    crate::args::expect("throw", given, 1..=3)?;
    if given.len() > 1 {
        warn::warn(
            &exc::DeprecationWarning,
            1,
            "the (type, exc, tb) signature of throw() is deprecated, use the single-arg signature instead.",
        )?;
    }
    Ok((given[0], given.get(1).copied(), given.get(2).copied()))
}
