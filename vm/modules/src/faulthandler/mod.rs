//! `faulthandler`: tracebacks of all threads when the process crashes, after a time, or at a signal.
//!
//! What runs in a handler allocates nothing and takes no lock: see `dump`.

mod dump;
mod fatal;
mod later;
mod user;

use core::cell::Cell;
use core::ffi::c_int;

use layout::*;

use vm::args;
use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::{call, object};
use vm::runtime::sys_attribute;
use vm::state;
use vm::types::int::IntExt as _;
use vm::types::type_;

pub static MODULE: ModuleDef = ModuleDef {
    name: "faulthandler",
    methods: METHODS,
    exec: |_| Ok(()),
};

static METHODS: &[PyMethodDef] = &[
    keywords!(
        "enable",
        enable,
        "($module, /, file=sys.stderr, all_threads=True, c_stack=True)"
    ),
    noargs!("disable", fatal::disable, "($module, /)"),
    noargs!("is_enabled", fatal::is_enabled, "($module, /)"),
    keywords!(
        "dump_traceback",
        dump_traceback,
        "($module, /, file=sys.stderr, all_threads=True)"
    ),
    keywords!(
        "dump_c_stack",
        dump_c_stack,
        "($module, /, file=sys.stderr)"
    ),
    keywords!(
        "dump_traceback_later",
        later::dump_traceback_later,
        "($module, /, timeout, repeat=False, file=sys.stderr, exit=False)"
    ),
    noargs!("cancel_dump_traceback_later", later::cancel, "($module, /)"),
    keywords!(
        "register",
        user::register,
        "($module, /, signum, file=sys.stderr, all_threads=True, chain=False)"
    ),
    o!("unregister", user::unregister, "($module, signum, /)"),
    fastcall!("_sigsegv", sigsegv, "($module, release_gil=False, /)"),
    noargs!("_sigabrt", sigabrt, "($module, /)"),
    noargs!("_read_null", read_null, "($module, /)"),
];

/// The file that a later dump goes to stays open as long as it may.
type Kept = Cell<Option<Ref>>;

/// The descriptor behind a `file` argument, and the file to keep; a descriptor needs nothing kept.
fn descriptor(file: Option<&Obj>) -> Result<(c_int, Option<Ref>)> {
    let file = match file {
        Some(file) if !file.is_none() => file.new_ref(),
        _ => match sys_attribute("stderr") {
            Some(file) if !file.is_none() => file,
            Some(_) => return raise!(RuntimeError, "sys.stderr is None"),
            None => return raise!(RuntimeError, "unable to get sys.stderr"),
        },
    };
    if type_::is_subtype(file.ty(), &PyLong_Type) {
        let fd = args::to_i32(&file)?;
        if fd < 0 {
            return raise!(ValueError, "file is not a valid file descriptor");
        }
        return Ok((fd, None));
    }
    let number = call::call_method(&file, "fileno", &[])?;
    let fd = number
        .downcast::<PyLongObject>()
        .and_then(|n| n.to_i64())
        .and_then(|n| c_int::try_from(n).ok());
    let Some(fd) = fd.filter(|&fd| fd >= 0) else {
        return raise!(RuntimeError, "file.fileno() is not a valid file descriptor");
    };
    if call::call_method(&file, "flush", &[]).is_err() {
        vm::err::clear();
    }
    Ok((fd, Some(file)))
}

fn flag(o: Option<&Obj>, default: bool) -> Result<bool> {
    o.map_or(Ok(default), object::is_true)
}

fn enable(_: &Obj, [file, all_threads, c_stack]: [Option<&Obj>; 3]) -> Result<()> {
    let (fd, file) = descriptor(file)?;
    let (all_threads, c_stack) = (flag(all_threads, true)?, flag(c_stack, true)?);
    fatal::enable(fd, file, all_threads, c_stack)
}

fn dump_traceback(_: &Obj, [file, all_threads]: [Option<&Obj>; 2]) -> Result<()> {
    let (fd, _file) = descriptor(file)?;
    let current = state::current();
    if flag(all_threads, true)? {
        dump::threads(fd, current, Some(current));
    } else {
        dump::traceback(fd, current);
    }
    Ok(())
}

fn dump_c_stack(_: &Obj, [file]: [Option<&Obj>; 1]) -> Result<()> {
    let (fd, _file) = descriptor(file)?;
    dump::native_stack(fd);
    Ok(())
}

fn sigsegv(_: &Obj, _: &[&Obj]) -> Result<()> {
    // SAFETY: raises a signal, which is the purpose.
    unsafe { libc::raise(libc::SIGSEGV) };
    Ok(())
}

fn read_null(_: &Obj) -> Result<()> {
    // SAFETY: none, which is the purpose: the process ends here.
    unsafe { core::ptr::read_volatile(core::ptr::null::<u8>().wrapping_add(0)) };
    Ok(())
}

fn sigabrt(_: &Obj) -> Result<()> {
    // SAFETY: ends the process, which is the purpose.
    unsafe { libc::abort() }
}
