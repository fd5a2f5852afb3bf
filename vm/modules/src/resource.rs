//! `resource`: what processes have used, and what they may use.

use layout::*;

use vm::args;
use vm::err::{self, Result, exc, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::{number, object};
use vm::types::int::{self, IntExt as _};
use vm::types::{float, module, structseq, tuple};

use crate::posix::call;
use crate::posix::convert;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "resource",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    o!("getrusage", getrusage, "($module, who, /)"),
    o!("getrlimit", getrlimit, "($module, resource, /)"),
    fastcall!("setrlimit", setrlimit, "($module, resource, limits, /)"),
    fastcall!(
        "prlimit",
        prlimit,
        "($module, pid, resource, limits=None, /)"
    ),
    noargs!("getpagesize", getpagesize, "($module, /)"),
];

#[rustfmt::skip]
static CONSTANTS: &[(&str, i64)] = &[
    ("RLIMIT_AS", 9), ("RLIMIT_CORE", 4), ("RLIMIT_CPU", 0), ("RLIMIT_DATA", 2), ("RLIMIT_FSIZE", 1), ("RLIMIT_MEMLOCK", 8),
    ("RLIMIT_MSGQUEUE", 12), ("RLIMIT_NICE", 13), ("RLIMIT_NOFILE", 7), ("RLIMIT_NPROC", 6), ("RLIMIT_OFILE", 7),
    ("RLIMIT_RSS", 5), ("RLIMIT_RTPRIO", 14), ("RLIMIT_RTTIME", 15), ("RLIMIT_SIGPENDING", 11), ("RLIMIT_STACK", 3),
    ("RLIM_INFINITY", -1), ("RUSAGE_CHILDREN", -1), ("RUSAGE_SELF", 0), ("RUSAGE_THREAD", 1),
];

const LIMITS: i32 = 16;

static RUSAGE: PyTypeObject = PyTypeObject::statically_declared();

#[rustfmt::skip]
const FIELDS: &[&str] = &[
    "ru_utime", "ru_stime", "ru_maxrss", "ru_ixrss", "ru_idrss", "ru_isrss", "ru_minflt", "ru_majflt", "ru_nswap",
    "ru_inblock", "ru_oublock", "ru_msgsnd", "ru_msgrcv", "ru_nsignals", "ru_nvcsw", "ru_nivcsw",
];

fn rusage_type() -> Result<&'static PyTypeObject> {
    if !has_flag(&RUSAGE, Py_TPFLAGS_READY) {
        structseq::init_type(
            &RUSAGE,
            "resource.struct_rusage",
            FIELDS,
            FIELDS.len(),
            true,
        )?;
    }
    Ok(&RUSAGE)
}

fn exec(m: &Obj) -> Result<()> {
    module::add(m, "error", exc::OSError.as_obj())?;
    module::add(m, "struct_rusage", rusage_type()?.as_obj())?;
    module::add_ints(m, CONSTANTS)
}

/// The Python object for what a process has used.
pub fn usage_object(u: &libc::rusage) -> Result {
    let seconds =
        |t: libc::timeval| float::new(t.tv_sec as f64 + t.tv_usec as f64 * 1e-6).into_obj();
    let counts = [
        u.ru_maxrss,
        u.ru_ixrss,
        u.ru_idrss,
        u.ru_isrss,
        u.ru_minflt,
        u.ru_majflt,
        u.ru_nswap,
        u.ru_inblock,
        u.ru_oublock,
        u.ru_msgsnd,
        u.ru_msgrcv,
        u.ru_nsignals,
        u.ru_nvcsw,
        u.ru_nivcsw,
    ];
    let mut values = vec![seconds(u.ru_utime), seconds(u.ru_stime)];
    values.extend(counts.into_iter().map(|n| int::from_i64(n).into_obj()));
    structseq::new(rusage_type()?, values)
}

fn getrusage(_: &Obj, who: &Obj) -> Result {
    let who = convert::int(who)?;
    let mut usage = core::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the structure is there to be filled in.
    match call::status(unsafe { libc::getrusage(who, usage.as_mut_ptr()) }) {
        // SAFETY: filled in.
        Ok(_) => usage_object(unsafe { usage.assume_init_ref() }),
        Err(libc::EINVAL) => raise!(ValueError, "invalid who parameter"),
        Err(code) => Err(call::raise(code)),
    }
}

fn resource_number(o: &Obj) -> Result<u32> {
    let n = convert::int(o)?;
    if (0..LIMITS).contains(&n) {
        Ok(n as u32)
    } else {
        raise!(ValueError, "invalid resource specified")
    }
}

fn limit(o: &Obj) -> Result<u64> {
    let n = number::index_int(o)?;
    if n.to_i64() == Some(-1) {
        return Ok(libc::RLIM_INFINITY);
    }
    if n.is_negative() {
        return raise!(ValueError, "Cannot convert negative int");
    }
    match int::to_u64(&n) {
        Some(n) => Ok(n),
        None => raise!(OverflowError, "Python int too large to convert to C rlim_t"),
    }
}

fn limits(o: &Obj) -> Result<libc::rlimit> {
    let items = object::to_vec(o)?;
    let [soft, hard] = &items[..] else {
        return raise!(ValueError, "expected a tuple of 2 integers");
    };
    Ok(libc::rlimit {
        rlim_cur: limit(soft)?,
        rlim_max: limit(hard)?,
    })
}

fn limits_object(l: &libc::rlimit) -> Ref {
    let number = |n: u64| {
        if n == libc::RLIM_INFINITY {
            int::from_i64(-1)
        } else {
            int::from_u64(n)
        }
    };
    tuple::from_array([number(l.rlim_cur).into_obj(), number(l.rlim_max).into_obj()]).into_obj()
}

fn getrlimit(_: &Obj, resource: &Obj) -> Result {
    let resource = resource_number(resource)?;
    let mut l = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the structure is there to be filled in.
    call::quick(unsafe { libc::getrlimit(resource, &mut l) })?;
    Ok(limits_object(&l))
}

#[cold]
fn refused(code: i32) -> err::Raised {
    match code {
        libc::EINVAL => err::new(
            &exc::ValueError,
            format_args!("current limit exceeds maximum limit"),
        ),
        libc::EPERM => err::new(
            &exc::ValueError,
            format_args!("not allowed to raise maximum limit"),
        ),
        code => call::raise(code),
    }
}

fn setrlimit(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("setrlimit", args, 2..=2)?;
    let resource = resource_number(args[0])?;
    let l = limits(args[1])?;
    // SAFETY: the structure is there to be read.
    call::status(unsafe { libc::setrlimit(resource, &l) })
        .map(drop)
        .map_err(refused)
}

fn prlimit(_: &Obj, args: &[&Obj]) -> Result {
    args::expect("prlimit", args, 2..=3)?;
    let pid = convert::int(args[0])?;
    let resource = resource_number(args[1])?;
    let new = match args.get(2) {
        Some(o) if !o.is_none() => Some(limits(o)?),
        _ => None,
    };
    let mut old = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    let p = new.as_ref().map_or(core::ptr::null(), |l| &raw const *l);
    // SAFETY: null or a structure to be read; one to be filled in.
    match call::status(unsafe { libc::prlimit(pid, resource, p, &mut old) }) {
        Ok(_) => Ok(limits_object(&old)),
        Err(libc::EINVAL) => raise!(ValueError, "current limit exceeds maximum limit"),
        Err(code) => Err(call::raise(code)),
    }
}

fn getpagesize(_: &Obj) -> Result<i64> {
    // SAFETY: asks for a number.
    Ok(unsafe { libc::sysconf(libc::_SC_PAGESIZE) })
}
