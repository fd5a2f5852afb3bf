//! How processes get the processors.

use layout::*;

use vm::args::{self, Signature};
use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::object;
use vm::types::dict::DictExt as _;
use vm::types::int::{self, IntExt as _};
use vm::types::set::SetExt as _;
use vm::types::{descr, module, set, structseq, tuple, type_};

use super::call::{self, Status};
use super::convert;

/// Rows of the module's table.
pub static METHODS: &[PyMethodDef] = &[
    keywords!(
        "sched_get_priority_max",
        priority_max,
        "($module, /, policy)"
    ),
    keywords!(
        "sched_get_priority_min",
        priority_min,
        "($module, /, policy)"
    ),
    o!("sched_getscheduler", getscheduler, "($module, pid, /)"),
    fastcall!(
        "sched_setscheduler",
        setscheduler,
        "($module, pid, policy, param, /)"
    ),
    o!("sched_getparam", getparam, "($module, pid, /)"),
    fastcall!("sched_setparam", setparam, "($module, pid, param, /)"),
    o!(
        "sched_rr_get_interval",
        rr_get_interval,
        "($module, pid, /)"
    ),
    noargs!("sched_yield", sched_yield, "($module, /)"),
    o!("sched_getaffinity", getaffinity, "($module, pid, /)"),
    fastcall!("sched_setaffinity", setaffinity, "($module, pid, mask, /)"),
];

static PARAM: PyTypeObject = PyTypeObject::statically_declared();

/// Adds the types.
pub fn add(m: &Obj) -> Result<()> {
    if !has_flag(&PARAM, Py_TPFLAGS_READY) {
        structseq::init_type(&PARAM, "posix.sched_param", &["sched_priority"], 1, true)?;
        PARAM.tp_new.set(Some(param_new));
        // SAFETY: the row lives as long as the type.
        let reduce = unsafe { descr::new_method(&PARAM, (&raw const REDUCE).cast_mut()) };
        if let Some(d) = type_::own_dict(&PARAM) {
            d.set_str("__reduce__", &reduce)?;
        }
        type_::modified(&PARAM);
    }
    module::add(m, "sched_param", PARAM.as_obj())
}

static REDUCE: PyMethodDef = noargs!("__reduce__", reduce, "");

fn reduce(t: &PyTupleObject) -> Result {
    let args = tuple::from_array([structseq::field(t, 0)]);
    Ok(tuple::pair(t.as_obj().ty().as_obj(), args.as_obj()).into_obj())
}

static SIGNATURE: Signature = Signature::new("sched_param", "(sched_priority)");

/// Made from the one field, not from a sequence.
unsafe extern "C" fn param_new(
    tp: *mut PyTypeObject,
    args: *mut PyObject,
    kwargs: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: args is a tuple, kwargs a dict or null.
    let (tp, args, kwargs) = unsafe {
        (
            &*tp,
            borrowed::<PyTupleObject>(args),
            kwargs.cast::<PyDictObject>().as_ref(),
        )
    };
    answer(
        SIGNATURE
            .bind(args, kwargs)
            .and_then(|[priority]| structseq::new(tp, vec![priority.unwrap_or(NONE()).new_ref()])),
    )
}

/// A `sched_param` as C has it.
pub fn parameters(o: &Obj) -> Result<libc::sched_param> {
    let Some(t) = o
        .downcast::<PyTupleObject>()
        .filter(|_| is_instance_of(o, &PARAM))
    else {
        return raise!(TypeError, "must have a sched_param object");
    };
    let n = vm::protocol::number::index_int(&structseq::field(t, 0))?;
    match n.to_i64().and_then(|n| i32::try_from(n).ok()) {
        Some(sched_priority) => Ok(libc::sched_param { sched_priority }),
        None => raise!(OverflowError, "sched_priority out of range"),
    }
}

fn priority_max(_: &Obj, [policy]: [Option<&Obj>; 1]) -> Result<i32> {
    // SAFETY: asks for a number.
    call::quick(unsafe { libc::sched_get_priority_max(convert::int(policy.unwrap_or(NONE()))?) })
}

fn priority_min(_: &Obj, [policy]: [Option<&Obj>; 1]) -> Result<i32> {
    // SAFETY: asks for a number.
    call::quick(unsafe { libc::sched_get_priority_min(convert::int(policy.unwrap_or(NONE()))?) })
}

fn getscheduler(_: &Obj, pid: &Obj) -> Result<i32> {
    // SAFETY: asks about a process.
    call::quick(unsafe { libc::sched_getscheduler(convert::int(pid)?) })
}

fn setscheduler(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("sched_setscheduler", args, 3..=3)?;
    let (pid, policy) = (convert::int(args[0])?, convert::int(args[1])?);
    let parameters = parameters(args[2])?;
    // SAFETY: changes how a process gets the processors.
    call::quick(unsafe { libc::sched_setscheduler(pid, policy, &parameters) }).map(drop)
}

fn getparam(_: &Obj, pid: &Obj) -> Result {
    let mut p = libc::sched_param { sched_priority: 0 };
    // SAFETY: the structure is there to be filled in.
    call::quick(unsafe { libc::sched_getparam(convert::int(pid)?, &mut p) })?;
    structseq::new(
        &PARAM,
        vec![int::from_i64(i64::from(p.sched_priority)).into_obj()],
    )
}

fn setparam(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("sched_setparam", args, 2..=2)?;
    let pid = convert::int(args[0])?;
    let parameters = parameters(args[1])?;
    // SAFETY: changes how a process gets the processors.
    call::quick(unsafe { libc::sched_setparam(pid, &parameters) }).map(drop)
}

fn rr_get_interval(_: &Obj, pid: &Obj) -> Result<f64> {
    let mut t = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the structure is there to be filled in.
    call::quick(unsafe { libc::sched_rr_get_interval(convert::int(pid)?, &mut t) })?;
    Ok(t.tv_sec as f64 + 1e-9 * t.tv_nsec as f64)
}

fn sched_yield(_: &Obj) -> Result<()> {
    // SAFETY: lets others run.
    call::once_or_raise(|| unsafe { libc::sched_yield() }).map(drop)
}

// ---- Which processors ----

const WORD: usize = 64;

/// The processors of a process, one bit each.
pub fn affinity(pid: i32) -> Status<Vec<u64>> {
    let mut words = vec![0u64; 16];
    loop {
        let size = words.len() * 8;
        // SAFETY: `size` bytes are there to be written.
        match call::status(unsafe { libc::sched_getaffinity(pid, size, words.as_mut_ptr().cast()) })
        {
            Ok(_) => return Ok(words),
            // More processors than bits.
            Err(libc::EINVAL) if words.len() < 1 << 20 => {
                let wanted = words.len() * 2;
                words = vec![0; wanted];
            }
            Err(code) => return Err(code),
        }
    }
}

fn getaffinity(_: &Obj, pid: &Obj) -> Result {
    let words = affinity(convert::int(pid)?).map_err(call::raise)?;
    let cpus = set::new_set(None)?;
    for (i, word) in words.iter().enumerate() {
        for bit in (0..WORD).filter(|bit| word >> bit & 1 != 0) {
            cpus.add(int::from_usize(i * WORD + bit).as_obj())?;
        }
    }
    Ok(cpus.into_obj())
}

fn setaffinity(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("sched_setaffinity", args, 2..=2)?;
    let pid = convert::int(args[0])?;
    let mut words = vec![0u64; 16];
    let it = object::iter(args[1])?;
    while let Some(cpu) = object::next(&it)? {
        let Some(cpu) = cpu.downcast::<PyLongObject>() else {
            return raise!(
                TypeError,
                "expected an iterator of ints, but iterator yielded {}",
                repr_lossy(cpu.ty().as_obj())
            );
        };
        if cpu.is_negative() {
            return raise!(ValueError, "negative CPU number");
        }
        let Some(cpu) = cpu.to_i64().filter(|n| *n < i64::from(i32::MAX) - 1) else {
            return raise!(OverflowError, "CPU number too large");
        };
        let (word, bit) = (cpu as usize / WORD, cpu as usize % WORD);
        if word >= words.len() {
            if words.try_reserve(word + 1 - words.len()).is_err() {
                return Err(vm::err::no_memory());
            }
            words.resize(word + 1, 0);
        }
        words[word] |= 1 << bit;
    }
    // SAFETY: as many bytes as said.
    call::quick(unsafe { libc::sched_setaffinity(pid, words.len() * 8, words.as_ptr().cast()) })
        .map(drop)
}
