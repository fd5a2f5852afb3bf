//! Descriptors that count events and time.

use layout::*;

use vm::args;
use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::time::{self, Round};
use vm::types::{float, int, tuple};

use super::call;
use super::convert;

/// Rows of the module's table.
pub static METHODS: &[PyMethodDef] = &[
    keywords!(
        "eventfd",
        eventfd,
        "($module, /, initval, flags=EFD_CLOEXEC)"
    ),
    keywords!("eventfd_read", eventfd_read, "($module, /, fd)"),
    keywords!("eventfd_write", eventfd_write, "($module, /, fd, value)"),
    keywords!(
        "timerfd_create",
        timerfd_create,
        "($module, clockid, /, *, flags=0)"
    ),
    keywords!(
        "timerfd_settime",
        timerfd_settime,
        "($module, fd, /, *, flags=0, initial=0.0, interval=0.0)"
    ),
    keywords!(
        "timerfd_settime_ns",
        timerfd_settime_ns,
        "($module, fd, /, *, flags=0, initial=0, interval=0)"
    ),
    fastcall!("timerfd_gettime", timerfd_gettime, "($module, fd, /)"),
    fastcall!("timerfd_gettime_ns", timerfd_gettime_ns, "($module, fd, /)"),
];

fn given(o: Option<&Obj>) -> &Obj {
    o.unwrap_or(NONE())
}

fn eventfd(_: &Obj, [initial, flags]: [Option<&Obj>; 2]) -> Result<i32> {
    let initial = convert::uint(given(initial))?;
    let flags = convert::int_or(flags, libc::EFD_CLOEXEC)?;
    // SAFETY: asks for a descriptor.
    call::descriptor(|| unsafe { libc::eventfd(initial, flags) }).map_err(call::raise)
}

fn eventfd_read(_: &Obj, [fd]: [Option<&Obj>; 1]) -> Result<u64> {
    let fd = convert::fileno(given(fd))?;
    let mut value = 0u64;
    let p = &raw mut value as usize;
    // SAFETY: the number is there to be written.
    call::once_or_raise(|| unsafe { libc::eventfd_read(fd, p as *mut u64) })?;
    Ok(value)
}

fn eventfd_write(_: &Obj, [fd, value]: [Option<&Obj>; 2]) -> Result<()> {
    let fd = convert::fileno(given(fd))?;
    let value = convert::u64(given(value))?;
    // SAFETY: writes a number.
    call::once_or_raise(|| unsafe { libc::eventfd_write(fd, value) }).map(drop)
}

fn timerfd_create(_: &Obj, [clock, flags]: [Option<&Obj>; 2]) -> Result<i32> {
    let clock = convert::int(given(clock))?;
    let flags = convert::int_or(flags, libc::TFD_CLOEXEC)?;
    // SAFETY: asks for a descriptor.
    call::quick(unsafe { libc::timerfd_create(clock, flags) })
}

/// First expiry and interval, in nanoseconds.
type Times = (i64, i64);

fn from_c(t: &libc::itimerspec) -> Times {
    let ns = |t: libc::timespec| t.tv_sec * 1_000_000_000 + t.tv_nsec;
    (ns(t.it_value), ns(t.it_interval))
}

fn as_seconds((value, interval): Times) -> Ref {
    tuple::from_array([value, interval].map(|ns| float::new(ns as f64 / 1e9).into_obj())).into_obj()
}

fn as_nanoseconds((value, interval): Times) -> Ref {
    tuple::from_array([value, interval].map(|ns| int::from_i64(ns).into_obj())).into_obj()
}

fn set(fd: i32, flags: i32, (value, interval): Times) -> Result<Times> {
    let new = libc::itimerspec {
        it_interval: time::timespec(interval),
        it_value: time::timespec(value),
    };
    let mut old = core::mem::MaybeUninit::<libc::itimerspec>::zeroed();
    // SAFETY: the old times are there to be written.
    unsafe {
        call::quick(libc::timerfd_settime(fd, flags, &new, old.as_mut_ptr()))?;
        Ok(from_c(old.assume_init_ref()))
    }
}

fn seconds(o: Option<&Obj>) -> Result<i64> {
    let Some(o) = o else { return Ok(0) };
    let x = args::to_f64(o)?;
    time::from_seconds(float::new(x).as_obj(), Round::Floor)
}

fn nanoseconds(o: Option<&Obj>) -> Result<i64> {
    let Some(o) = o else { return Ok(0) };
    let n = vm::protocol::number::index_int(o)?;
    match int::IntExt::to_i64(&*n) {
        Some(n) => Ok(n),
        None => raise!(OverflowError, "int too big to convert"),
    }
}

fn timerfd_settime(_: &Obj, [fd, flags, initial, interval]: [Option<&Obj>; 4]) -> Result {
    let (fd, flags) = (convert::fileno(given(fd))?, convert::int_or(flags, 0)?);
    let times = (seconds(initial)?, seconds(interval)?);
    set(fd, flags, times).map(as_seconds)
}

fn timerfd_settime_ns(_: &Obj, [fd, flags, initial, interval]: [Option<&Obj>; 4]) -> Result {
    let (fd, flags) = (convert::fileno(given(fd))?, convert::int_or(flags, 0)?);
    let times = (nanoseconds(initial)?, nanoseconds(interval)?);
    set(fd, flags, times).map(as_nanoseconds)
}

fn get(name: &str, args: &[&Obj]) -> Result<Times> {
    args::expect(name, args, 1..=1)?;
    let fd = convert::fileno(args[0])?;
    let mut now = core::mem::MaybeUninit::<libc::itimerspec>::zeroed();
    // SAFETY: the times are there to be written.
    unsafe {
        call::quick(libc::timerfd_gettime(fd, now.as_mut_ptr()))?;
        Ok(from_c(now.assume_init_ref()))
    }
}

fn timerfd_gettime(_: &Obj, args: &[&Obj]) -> Result {
    get("timerfd_gettime", args).map(as_seconds)
}

fn timerfd_gettime_ns(_: &Obj, args: &[&Obj]) -> Result {
    get("timerfd_gettime_ns", args).map(as_nanoseconds)
}
