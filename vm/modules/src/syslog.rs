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
static CONSTANTS: &[(&str, c_int)] = &[
    ("LOG_EMERG", libc::LOG_EMERG), ("LOG_ALERT", libc::LOG_ALERT), ("LOG_CRIT", libc::LOG_CRIT), ("LOG_ERR", libc::LOG_ERR),
    ("LOG_WARNING", libc::LOG_WARNING), ("LOG_NOTICE", libc::LOG_NOTICE), ("LOG_INFO", libc::LOG_INFO),
    ("LOG_DEBUG", libc::LOG_DEBUG), ("LOG_PID", libc::LOG_PID), ("LOG_CONS", libc::LOG_CONS), ("LOG_NDELAY", libc::LOG_NDELAY),
    ("LOG_ODELAY", libc::LOG_ODELAY), ("LOG_NOWAIT", libc::LOG_NOWAIT), ("LOG_PERROR", libc::LOG_PERROR),
    ("LOG_KERN", libc::LOG_KERN), ("LOG_USER", libc::LOG_USER), ("LOG_MAIL", libc::LOG_MAIL), ("LOG_DAEMON", libc::LOG_DAEMON),
    ("LOG_AUTH", libc::LOG_AUTH), ("LOG_LPR", libc::LOG_LPR), ("LOG_LOCAL0", libc::LOG_LOCAL0), ("LOG_LOCAL1", libc::LOG_LOCAL1),
    ("LOG_LOCAL2", libc::LOG_LOCAL2), ("LOG_LOCAL3", libc::LOG_LOCAL3), ("LOG_LOCAL4", libc::LOG_LOCAL4),
    ("LOG_LOCAL5", libc::LOG_LOCAL5), ("LOG_LOCAL6", libc::LOG_LOCAL6), ("LOG_LOCAL7", libc::LOG_LOCAL7),
    ("LOG_SYSLOG", libc::LOG_SYSLOG), ("LOG_CRON", libc::LOG_CRON), ("LOG_UUCP", libc::LOG_UUCP), ("LOG_NEWS", libc::LOG_NEWS),
    ("LOG_AUTHPRIV", libc::LOG_AUTHPRIV), ("LOG_FTP", libc::LOG_FTP),
];

/// The logger keeps the pointer to the name that it was opened with.
static IDENT: gc::Gil<core::cell::RefCell<Option<CString>>> =
    gc::Gil::new(core::cell::RefCell::new(None));
static OPEN: Global<bool> = Global::new(false);

fn exec(m: &Obj) -> Result<()> {
    for (name, value) in CONSTANTS {
        module::add(m, name, int::from_i64(i64::from(*value)).as_obj())?;
    }
    Ok(())
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
    let path = convert::c_text(&script)?.into_string().unwrap_or_default();
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
        Some(ident) => Some(convert::c_text(ident)?),
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
        [message] => (libc::LOG_INFO, convert::c_text(message)?),
        _ => (convert::int(args[0])?, convert::c_text(args[1])?),
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
