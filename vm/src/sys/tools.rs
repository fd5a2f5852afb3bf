//! The part of `sys` for debuggers, profilers and loaders of extensions.

use core::sync::atomic::{AtomicI32, Ordering};

use layout::*;

use crate::args;
use crate::err::{Result, raise};
use crate::intern;
use crate::noargs;
use crate::object::*;
use crate::types::dict::DictExt as _;
use crate::types::type_;
use crate::types::{cfunction, module, str_};

static DLOPEN_FLAGS: AtomicI32 = AtomicI32::new(libc::RTLD_NOW);

/// How extensions are loaded: `dlopen`'s flags.
pub fn dlopen_flags() -> i32 {
    DLOPEN_FLAGS.load(Ordering::Relaxed)
}

pub fn setdlopenflags(_: &Obj, flags: &Obj) -> Result<()> {
    DLOPEN_FLAGS.store(args::to_i32(flags)?, Ordering::Relaxed);
    Ok(())
}

pub fn activate_stack_trampoline(_: &Obj, backend: &Obj) -> Result<()> {
    let name = args::to_str("activate_stack_trampoline() argument", backend)?;
    match name {
        "perf" | "perf_jit" => raise!(ValueError, "perf trampoline not available"),
        _ => raise!(ValueError, "invalid backend: {name}"),
    }
}

pub fn remote_exec(_: &Obj, [pid, script]: [Option<&Obj>; 2]) -> Result<()> {
    args::to_i32(pid.expect("required"))?;
    let _ = script;
    raise!(RuntimeError, "Remote debugging is not enabled")
}

pub fn dump_tracelets(_: &Obj, _: [Option<&Obj>; 1]) -> Result<()> {
    raise!(NotImplementedError, "No JIT available")
}

/// Takes the descriptors of `__dict__` and `__weakref__` out of a class that is to be replaced by one with slots.
pub fn clear_type_descriptors(_: &Obj, class: &Obj) -> Result<()> {
    let Some(tp) = class.downcast::<PyTypeObject>() else {
        return raise!(
            TypeError,
            "_clear_type_descriptors() argument must be type, not {}",
            class.tp_name()
        );
    };
    if has_flag(tp, Py_TPFLAGS_IMMUTABLETYPE) {
        return raise!(TypeError, "argument is immutable");
    }
    if let Some(d) = type_::own_dict(tp) {
        for name in [intern!("__dict__"), intern!("__weakref__")] {
            d.del(name)?;
        }
        type_::modified(tp);
    }
    Ok(())
}

static JIT_METHODS: &[PyMethodDef] = &[
    noargs!("is_available", |_: &Obj| Ok(false), "($module, /)"),
    noargs!("is_enabled", |_: &Obj| Ok(false), "($module, /)"),
    noargs!("is_active", |_: &Obj| Ok(false), "($module, /)"),
];

/// `sys._jit`: CPython's own compiler, which is not here.
pub fn jit() -> Result {
    let m = module::new("sys._jit");
    cfunction::add_functions(&m, JIT_METHODS, str_::intern_str("sys._jit"))?;
    Ok(m)
}
