//! `syslog`: messages to the system's logger.

use core::ffi::c_int;
use std::ffi::CString;

use vm::types::list::ListExt as _;

use crate::posix::convert;
use crate::prelude::*;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "syslog",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    keywords!(
        "openlog",
        openlog,
        "($module, /, ident=<unrepresentable>, logoption=0, facility=LOG_USER)"
    ),
    noargs!("closelog", closelog, "($module, /)"),
    fastcall!("syslog", syslog, "($module, priority, message, /)"),
    o!("setlogmask", setlogmask, "($module, maskpri, /)"),
    o!("LOG_MASK", log_mask, "($module, pri, /)"),
    o!("LOG_UPTO", log_upto, "($module, pri, /)"),
];

#[rustfmt::skip]
static CONSTANTS: &[(&str, i64)] = libc_constants! {
    LOG_EMERG LOG_ALERT LOG_CRIT LOG_ERR LOG_WARNING LOG_NOTICE LOG_INFO LOG_DEBUG LOG_PID LOG_CONS LOG_NDELAY
    LOG_ODELAY LOG_NOWAIT LOG_PERROR LOG_KERN LOG_USER LOG_MAIL LOG_DAEMON LOG_AUTH LOG_LPR LOG_LOCAL0
    LOG_LOCAL1 LOG_LOCAL2 LOG_LOCAL3 LOG_LOCAL4 LOG_LOCAL5 LOG_LOCAL6 LOG_LOCAL7 LOG_SYSLOG LOG_CRON LOG_UUCP
    LOG_NEWS LOG_AUTHPRIV LOG_FTP
};

/// The logger keeps the pointer to the name that it was opened with.
static IDENT: gc::Gil<core::cell::RefCell<Option<CString>>> =
    gc::Gil::new(core::cell::RefCell::new(None));
static OPEN: Global<bool> = Global::new(false);

fn exec(m: &Obj) -> Result<()> {
    module::add_ints(m, CONSTANTS)
}

/// The last part of `sys.argv[0]`: what messages begin with if the program says nothing else.
fn program_name() -> Result<Option<CString>> {
    let argv = vm::runtime::sys_attribute("argv");
    let first = argv
        .as_deref()
        .and_then(|argv| argv.downcast::<PyListObject>())
        .and_then(|argv| argv.get(0));
    let Some(script) = first.filter(|o| o.is::<PyUnicodeObject>()) else {
        return Ok(None);
    };
    let path = convert::text("openlog", "", &script)?
        .into_string()
        .unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    Ok((!name.is_empty()).then(|| CString::new(name).unwrap_or_default()))
}

fn open(ident: Option<CString>, option: c_int, facility: c_int) {
    let mut kept = IDENT.borrow_mut();
    let pointer = ident
        .as_ref()
        .map_or(core::ptr::null(), |name| name.as_ptr());
    // SAFETY: the name is kept as long as the logger uses it.
    unsafe { libc::openlog(pointer, option, facility) };
    *kept = ident;
    OPEN.set(true);
}

fn openlog(_: &Obj, [ident, option, facility]: [Option<&Obj>; 3]) -> Result<()> {
    let ident = match ident {
        Some(ident) => Some(convert::text("openlog", " 'ident'", ident)?),
        None => program_name()?,
    };
    let option = option.map_or(Ok(0), convert::int)?;
    let facility = facility.map_or(Ok(libc::LOG_USER), convert::int)?;
    open(ident, option, facility);
    Ok(())
}

fn closelog(_: &Obj) -> Result<()> {
    if OPEN.get() {
        // SAFETY: the logger is open.
        unsafe { libc::closelog() };
        OPEN.set(false);
        IDENT.borrow_mut().take();
    }
    Ok(())
}

fn syslog(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("syslog", args, 1..=2)?;
    let (priority, message) = match args {
        [message] => (libc::LOG_INFO, convert::text("syslog", " 1", message)?),
        _ => (
            convert::int(args[0])?,
            convert::text("syslog", " 2", args[1])?,
        ),
    };
    if !OPEN.get() {
        open(program_name()?, 0, libc::LOG_USER);
    }
    vm::threads::allow(|| {
        // SAFETY: C strings; the format takes one.
        unsafe { libc::syslog(priority, c"%s".as_ptr(), message.as_ptr()) };
    });
    Ok(())
}

fn setlogmask(_: &Obj, mask: &Obj) -> Result<i32> {
    let mask = convert::int(mask)?;
    // SAFETY: any mask is allowed.
    Ok(unsafe { libc::setlogmask(mask) })
}

fn log_mask(_: &Obj, priority: &Obj) -> Result<i32> {
    Ok(1i32.wrapping_shl(convert::int(priority)? as u32))
}

fn log_upto(_: &Obj, priority: &Obj) -> Result<i32> {
    Ok(1i32
        .wrapping_shl(convert::int(priority)? as u32 + 1)
        .wrapping_sub(1))
}
