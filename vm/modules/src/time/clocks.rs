//! The system's clocks, and sleeping.

use core::mem::MaybeUninit;

use layout::*;

use vm::args;
use vm::err::{self, Result, raise};
use vm::object::*;
use vm::time::{self, Round};
use vm::types::dict::{self, DictExt as _};
use vm::types::int::IntExt as _;
use vm::types::{float, int, namespace, str_};
use vm::{signals, threads};

use crate::parse;

/// What a clock shows, in nanoseconds.
pub fn now(clock: libc::clockid_t) -> Result<i64> {
    let mut t = MaybeUninit::<libc::timespec>::zeroed();
    // SAFETY: the struct outlives the call, and was zeroed.
    unsafe {
        if libc::clock_gettime(clock, t.as_mut_ptr()) != 0 {
            return Err(err::last_os_error(None));
        }
        let t = t.assume_init();
        Ok(t.tv_sec * 1_000_000_000 + t.tv_nsec)
    }
}

/// Nanoseconds as seconds: whole seconds stay exact.
fn as_seconds(ns: i64) -> f64 {
    if ns % 1_000_000_000 == 0 {
        (ns / 1_000_000_000) as f64
    } else {
        ns as f64 / 1e9
    }
}

/// What a clock shows, in seconds.
pub fn seconds(clock: libc::clockid_t) -> Result<f64> {
    Ok(as_seconds(now(clock)?))
}

fn clock_id(o: &Obj) -> Result<libc::clockid_t> {
    if !o.is::<PyLongObject>() {
        return raise!(TypeError, "clk_id should be integer, not {}", o.tp_name());
    }
    args::to_i32(o)
}

pub fn clock_gettime(_: &Obj, clock: &Obj) -> Result<f64> {
    seconds(clock_id(clock)?)
}

pub fn clock_gettime_ns(_: &Obj, clock: &Obj) -> Result<i64> {
    now(clock_id(clock)?)
}

fn set(clock: &Obj, ns: i64) -> Result<()> {
    let (clock, t) = (args::to_i32(clock)?, time::timespec(ns));
    // SAFETY: the struct outlives the call.
    if unsafe { libc::clock_settime(clock, &t) } != 0 {
        Err(err::last_os_error(None))
    } else {
        Ok(())
    }
}

pub fn clock_settime(_: &Obj, args: &[&Obj]) -> Result<()> {
    parse::count("clock_settime", args, 2..=2)?;
    args::to_i32(args[0])?;
    set(args[0], time::from_seconds(args[1], Round::Floor)?)
}

pub fn clock_settime_ns(_: &Obj, args: &[&Obj]) -> Result<()> {
    parse::count("clock_settime_ns", args, 2..=2)?;
    args::to_i32(args[0])?;
    let Some(n) = args[1].downcast::<PyLongObject>() else {
        return raise!(TypeError, "expect int, got {}", args[1].tp_name());
    };
    match n.to_i64() {
        Some(ns) => set(args[0], ns),
        None => raise!(
            OverflowError,
            "timestamp too large to convert to C PyTime_t"
        ),
    }
}

fn resolution(clock: libc::clockid_t) -> Result<f64> {
    let mut t = MaybeUninit::<libc::timespec>::zeroed();
    // SAFETY: the struct outlives the call, and was zeroed.
    unsafe {
        if libc::clock_getres(clock, t.as_mut_ptr()) != 0 {
            return Err(err::last_os_error(None));
        }
        let t = t.assume_init();
        Ok(t.tv_sec as f64 + t.tv_nsec as f64 * 1e-9)
    }
}

pub fn clock_getres(_: &Obj, args: &[&Obj]) -> Result<f64> {
    parse::count("clock_getres", args, 1..=1)?;
    resolution(args::to_i32(args[0])?)
}

pub fn pthread_getcpuclockid(_: &Obj, args: &[&Obj]) -> Result<i32> {
    parse::count("pthread_getcpuclockid", args, 1..=1)?;
    let thread = match args[0].downcast::<PyLongObject>() {
        Some(n) => int::to_u64(n).unwrap_or(u64::MAX),
        None => {
            return raise!(
                TypeError,
                "pthread_getcpuclockid() argument 1 must be int, not {}",
                args[0].tp_name()
            );
        }
    };
    let mut clock = 0;
    // SAFETY: the caller names a thread of this process, as the documentation asks.
    let status = unsafe { libc::pthread_getcpuclockid(thread, &mut clock) };
    if status != 0 {
        Err(err::errno(status, None))
    } else {
        Ok(clock)
    }
}

pub fn get_clock_info(_: &Obj, args: &[&Obj]) -> Result {
    parse::count("get_clock_info", args, 1..=1)?;
    let Some(name) = args[0].downcast::<PyUnicodeObject>() else {
        return raise!(
            TypeError,
            "get_clock_info() argument 1 must be str, not {}",
            args[0].tp_name()
        );
    };
    let (clock, function) = match &*str_::StrExt::to_string_lossy(name) {
        "time" => (libc::CLOCK_REALTIME, "clock_gettime(CLOCK_REALTIME)"),
        "monotonic" | "perf_counter" => (libc::CLOCK_MONOTONIC, "clock_gettime(CLOCK_MONOTONIC)"),
        "process_time" => (
            libc::CLOCK_PROCESS_CPUTIME_ID,
            "clock_gettime(CLOCK_PROCESS_CPUTIME_ID)",
        ),
        "thread_time" => (
            libc::CLOCK_THREAD_CPUTIME_ID,
            "clock_gettime(CLOCK_THREAD_CPUTIME_ID)",
        ),
        _ => return raise!(ValueError, "unknown clock"),
    };
    let is_wall = clock == libc::CLOCK_REALTIME;
    let fields = dict::new();
    fields.set_str("implementation", str_::new(function).as_obj())?;
    fields.set_str("monotonic", &bool_(!is_wall))?;
    fields.set_str("adjustable", &bool_(is_wall))?;
    fields.set_str("resolution", float::new(resolution(clock)?).as_obj())?;
    namespace::from_dict(fields)
}

pub fn sleep(_: &Obj, length: &Obj) -> Result<()> {
    let length = time::from_seconds(length, Round::Up)?;
    if length < 0 {
        return raise!(ValueError, "sleep length must be non-negative");
    }
    let end = now(libc::CLOCK_MONOTONIC)?.saturating_add(length);
    let until = time::timespec(end);
    loop {
        // SAFETY: the struct outlives the call.
        let status = threads::allow(|| unsafe {
            libc::clock_nanosleep(
                libc::CLOCK_MONOTONIC,
                libc::TIMER_ABSTIME,
                &until,
                core::ptr::null_mut(),
            )
        });
        match status {
            0 => return Ok(()),
            // The handler may raise; otherwise the rest is slept.
            libc::EINTR => signals::check()?,
            code => return Err(err::errno(code, None)),
        }
    }
}
