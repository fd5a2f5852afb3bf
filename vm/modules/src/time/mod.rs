//! `time`: clocks, and calendar times by the C library's rules.

mod calendar;
mod clocks;

use layout::*;

use vm::err::Result;
use vm::method::*;
use vm::object::*;
use vm::types::{int, module};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "time",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    noargs!(
        "time",
        |_: &Obj| clocks::seconds(libc::CLOCK_REALTIME),
        "($self, /)"
    ),
    noargs!(
        "time_ns",
        |_: &Obj| clocks::now(libc::CLOCK_REALTIME),
        "($self, /)"
    ),
    noargs!(
        "monotonic",
        |_: &Obj| clocks::seconds(libc::CLOCK_MONOTONIC),
        "($self, /)"
    ),
    noargs!(
        "monotonic_ns",
        |_: &Obj| clocks::now(libc::CLOCK_MONOTONIC),
        "($self, /)"
    ),
    noargs!(
        "perf_counter",
        |_: &Obj| clocks::seconds(libc::CLOCK_MONOTONIC),
        "($self, /)"
    ),
    noargs!(
        "perf_counter_ns",
        |_: &Obj| clocks::now(libc::CLOCK_MONOTONIC),
        "($self, /)"
    ),
    noargs!(
        "process_time",
        |_: &Obj| clocks::seconds(libc::CLOCK_PROCESS_CPUTIME_ID),
        "($self, /)"
    ),
    noargs!(
        "process_time_ns",
        |_: &Obj| clocks::now(libc::CLOCK_PROCESS_CPUTIME_ID),
        "($self, /)"
    ),
    noargs!(
        "thread_time",
        |_: &Obj| clocks::seconds(libc::CLOCK_THREAD_CPUTIME_ID),
        "($self, /)"
    ),
    noargs!(
        "thread_time_ns",
        |_: &Obj| clocks::now(libc::CLOCK_THREAD_CPUTIME_ID),
        "($self, /)"
    ),
    o!(
        "clock_gettime",
        clocks::clock_gettime,
        "($module, clk_id, /)"
    ),
    o!(
        "clock_gettime_ns",
        clocks::clock_gettime_ns,
        "($module, clk_id, /)"
    ),
    fastcall!("clock_settime", clocks::clock_settime, ""),
    fastcall!("clock_settime_ns", clocks::clock_settime_ns, ""),
    fastcall!("clock_getres", clocks::clock_getres, ""),
    fastcall!("pthread_getcpuclockid", clocks::pthread_getcpuclockid, ""),
    fastcall!("get_clock_info", clocks::get_clock_info, ""),
    o!("sleep", clocks::sleep, "($self, object, /)"),
    fastcall!("gmtime", calendar::gmtime, ""),
    fastcall!("localtime", calendar::localtime, ""),
    fastcall!("asctime", calendar::asctime, ""),
    fastcall!("ctime", calendar::ctime, ""),
    o!("mktime", calendar::mktime, "($self, object, /)"),
    fastcall!("strftime", calendar::strftime, ""),
    varargs_kw!("strptime", calendar::strptime, ""),
    noargs!("tzset", calendar::tzset, "($self, /)"),
];

fn exec(m: &Obj) -> Result<()> {
    for (name, id) in [
        ("CLOCK_REALTIME", libc::CLOCK_REALTIME),
        ("CLOCK_MONOTONIC", libc::CLOCK_MONOTONIC),
        ("CLOCK_MONOTONIC_RAW", libc::CLOCK_MONOTONIC_RAW),
        ("CLOCK_PROCESS_CPUTIME_ID", libc::CLOCK_PROCESS_CPUTIME_ID),
        ("CLOCK_THREAD_CPUTIME_ID", libc::CLOCK_THREAD_CPUTIME_ID),
        ("CLOCK_BOOTTIME", libc::CLOCK_BOOTTIME),
        ("CLOCK_TAI", libc::CLOCK_TAI),
        ("_STRUCT_TM_ITEMS", calendar::FIELDS.len() as i32),
    ] {
        module::add(m, name, int::from_i64(i64::from(id)).as_obj())?;
    }
    module::add(m, "struct_time", calendar::struct_time()?.as_obj())?;
    calendar::init_timezone(m)
}
