//! `monitoring.h`: events of code that is not Python's, such as Cython's, for the tools of `sys.monitoring`.

use core::ffi::c_int;

use layout::*;
use vm::err::{self, Result, exc, raise};
use vm::interp::monitoring::event;
use vm::interp::monitoring::fire;
use vm::interp::monitoring::tools::TOOLS;
use vm::object::*;
use vm::protocol::call;
use vm::types::int;

use crate::shape::*;

/// A place in code, as the caller names it.
struct Place {
    state: *mut PyMonitoringState,
    code: P,
    offset: i32,
}

/// Tells the tools that the state names of an event. Those that do not want to hear of it again are taken off the state.
unsafe fn fire(place: Place, kind: usize, arguments: &[P]) -> Result<()> {
    if place.offset < 0 {
        return raise!(ValueError, "offset must be non-negative");
    }
    let offset = int::from_i64(i64::from(place.offset));
    // SAFETY: the caller's objects.
    let mut given: Vec<&Obj> = vec![unsafe { b(place.code) }];
    if kind != event::LINE {
        given.push(offset.as_obj());
    }
    // SAFETY: as above.
    given.extend(arguments.iter().map(|&a| unsafe { b(a) }));
    // SAFETY: the caller's state.
    let state = unsafe { &mut *place.state };
    let tools = state.active;
    for tool in (0..u8::BITS as usize).rev() {
        if tools >> tool & 1 != 0 && fire::callback(vm::state::current(), tool, kind, &given)? {
            if kind >= event::LOCAL {
                return fire::refuse_disabling(tool, kind);
            }
            state.active &= !(1 << tool);
        }
    }
    Ok(())
}

/// Tells of the exception that is set, which stays set unless a tool raises another one.
unsafe fn fire_exception(place: Place, kind: usize) -> Result<()> {
    let Some(exception) = err::take() else {
        return raise!(ValueError, "Firing event {kind} with no exception set");
    };
    // SAFETY: the caller's.
    unsafe { fire(place, kind, &[exception.as_ptr()]) }?;
    err::restore(Some(exception));
    Ok(())
}

macro_rules! events {
    ($($name:ident, $kind:ident($($arg:ident),*);)*) => {
        api! {
            fn PyMonitoring_EnterScope(states: *mut PyMonitoringState, version: *mut u64, kinds: *const u8, n: isize) -> c_int {
                let present = TOOLS.version.get() as u64;
                if *version != present {
                    for i in 0..n.max(0) as usize {
                        let kind = *kinds.add(i) as usize;
                        // What becomes of a native call interests those whom the call interests.
                        let kind = if kind < event::UNGROUPED { kind } else { event::CALL };
                        (*states.add(i)).active = TOOLS.global[kind].get();
                    }
                    *version = present;
                }
                0
            }
            fn PyMonitoring_ExitScope() -> c_int { 0 }
            fn _PyMonitoring_FireLineEvent(state: *mut PyMonitoringState, code: P, offset: i32, line: c_int) -> c_int {
                let line = int::from_i64(i64::from(line));
                status(fire(Place { state, code, offset }, event::LINE, &[line.as_ptr()]))
            }
            fn _PyMonitoring_FireStopIterationEvent(state: *mut PyMonitoringState, code: P, offset: i32, value: P) -> c_int {
                let run = || -> Result<()> {
                    let stop = match is_instance_of(b(value), &exc::StopIteration) {
                        true => b(value).new_ref(),
                        false => call::call1(exc::StopIteration.as_obj(), b(value))?,
                    };
                    fire(Place { state, code, offset }, event::STOP_ITERATION, &[stop.as_ptr()])
                };
                status(run())
            }
            $(fn $name(state: *mut PyMonitoringState, code: P, offset: i32 $(, $arg: P)*) -> c_int {
                status(fire(Place { state, code, offset }, event::$kind, &[$($arg),*]))
            })*
            fn _PyMonitoring_FirePyThrowEvent(state: *mut PyMonitoringState, code: P, offset: i32) -> c_int { status(fire_exception(Place { state, code, offset }, event::PY_THROW)) }
            fn _PyMonitoring_FireRaiseEvent(state: *mut PyMonitoringState, code: P, offset: i32) -> c_int { status(fire_exception(Place { state, code, offset }, event::RAISE)) }
            fn _PyMonitoring_FireReraiseEvent(state: *mut PyMonitoringState, code: P, offset: i32) -> c_int { status(fire_exception(Place { state, code, offset }, event::RERAISE)) }
            fn _PyMonitoring_FireExceptionHandledEvent(state: *mut PyMonitoringState, code: P, offset: i32) -> c_int { status(fire_exception(Place { state, code, offset }, event::EXCEPTION_HANDLED)) }
            fn _PyMonitoring_FireCRaiseEvent(state: *mut PyMonitoringState, code: P, offset: i32) -> c_int { status(fire_exception(Place { state, code, offset }, event::C_RAISE)) }
            fn _PyMonitoring_FirePyUnwindEvent(state: *mut PyMonitoringState, code: P, offset: i32) -> c_int { status(fire_exception(Place { state, code, offset }, event::PY_UNWIND)) }
        }
    };
}

events! {
    _PyMonitoring_FirePyStartEvent, PY_START();
    _PyMonitoring_FirePyResumeEvent, PY_RESUME();
    _PyMonitoring_FirePyReturnEvent, PY_RETURN(value);
    _PyMonitoring_FirePyYieldEvent, PY_YIELD(value);
    _PyMonitoring_FireCallEvent, CALL(callable, first);
    _PyMonitoring_FireJumpEvent, JUMP(target);
    _PyMonitoring_FireBranchEvent, BRANCH_RIGHT(target);
    _PyMonitoring_FireBranchLeftEvent, BRANCH_LEFT(target);
    _PyMonitoring_FireBranchRightEvent, BRANCH_RIGHT(target);
    _PyMonitoring_FireCReturnEvent, C_RETURN(value);
}
