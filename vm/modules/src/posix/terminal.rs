//! Terminals and pseudo-terminals.

use core::ffi::CStr;
use core::ptr;

use layout::*;

use vm::args;
use vm::err::Result;
use vm::method::*;
use vm::object::*;
use vm::types::{int, tuple};

use super::call;
use super::convert;
use super::files;

/// Rows of the module's table.
pub static METHODS: &[PyMethodDef] = &[
    fastcall!("ttyname", ttyname, "($module, fd, /)"),
    fastcall!("tcgetpgrp", tcgetpgrp, "($module, fd, /)"),
    fastcall!("tcsetpgrp", tcsetpgrp, "($module, fd, pgid, /)"),
    noargs!("openpty", openpty, "($module, /)"),
    o!("login_tty", login_tty, "($module, fd, /)"),
    o!("posix_openpt", posix_openpt, "($module, oflag, /)"),
    o!("grantpt", grantpt, "($module, fd, /)"),
    o!("unlockpt", unlockpt, "($module, fd, /)"),
    o!("ptsname", ptsname, "($module, fd, /)"),
];

fn named(f: impl FnOnce(*mut libc::c_char, usize) -> i32) -> Result {
    let mut room = [0; 4096];
    match f(room.as_mut_ptr(), room.len()) {
        // SAFETY: the call has written a text that ends with NUL.
        0 => files::decoded(unsafe { CStr::from_ptr(room.as_ptr()) }),
        code => Err(call::raise(if code > 0 { code } else { call::errno() })),
    }
}

fn ttyname(_: &Obj, args: &[&Obj]) -> Result {
    args::expect("ttyname", args, 1..=1)?;
    let fd = convert::int(args[0])?;
    // SAFETY: as much room as said.
    named(|p, n| unsafe { libc::ttyname_r(fd, p, n) })
}

fn tcgetpgrp(_: &Obj, args: &[&Obj]) -> Result<i32> {
    args::expect("tcgetpgrp", args, 1..=1)?;
    // SAFETY: asks about a terminal.
    call::quick(unsafe { libc::tcgetpgrp(convert::int(args[0])?) })
}

fn tcsetpgrp(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("tcsetpgrp", args, 2..=2)?;
    // SAFETY: gives a terminal to a process group.
    call::quick(unsafe { libc::tcsetpgrp(convert::int(args[0])?, convert::int(args[1])?) })
        .map(drop)
}

fn openpty(_: &Obj) -> Result {
    let (mut master, mut slave) = (-1, -1);
    // SAFETY: two descriptors are there to be written.
    call::quick(unsafe {
        libc::openpty(
            &mut master,
            &mut slave,
            ptr::null_mut(),
            ptr::null(),
            ptr::null(),
        )
    })?;
    files::make_inheritable(master, false)?;
    files::make_inheritable(slave, false)?;
    let fds = [master, slave].map(|fd| int::from_i64(i64::from(fd)).into_obj());
    Ok(tuple::from_array(fds).into_obj())
}

fn login_tty(_: &Obj, fd: &Obj) -> Result<()> {
    let fd = convert::fileno(fd)?;
    // SAFETY: makes a terminal this process's own.
    call::quick(unsafe { libc::login_tty(fd) }).map(drop)
}

fn posix_openpt(_: &Obj, flags: &Obj) -> Result<i32> {
    let flags = convert::int(flags)? | libc::O_CLOEXEC;
    // SAFETY: asks for a descriptor.
    call::quick(unsafe { libc::posix_openpt(flags) })
}

fn grantpt(_: &Obj, fd: &Obj) -> Result<()> {
    let fd = convert::fileno(fd)?;
    // SAFETY: changes who may use a terminal.
    call::quick(unsafe { libc::grantpt(fd) }).map(drop)
}

fn unlockpt(_: &Obj, fd: &Obj) -> Result<()> {
    let fd = convert::fileno(fd)?;
    // SAFETY: opens a terminal for use.
    call::quick(unsafe { libc::unlockpt(fd) }).map(drop)
}

fn ptsname(_: &Obj, fd: &Obj) -> Result {
    let fd = convert::fileno(fd)?;
    // SAFETY: as much room as said.
    named(|p, n| unsafe { libc::ptsname_r(fd, p, n) })
}
