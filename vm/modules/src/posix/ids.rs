//! Who the process is: its numbers, users, groups, sessions and priorities.

use core::ffi::CStr;

use layout::*;

use vm::args;
use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::{number, object};
use vm::types::{int, list, tuple};

use super::call;
use super::convert;
use super::files;
use super::tree;

/// Rows of the module's table.
pub static METHODS: &[PyMethodDef] = &[
    noargs!("getpid", getpid, "($module, /)"),
    noargs!("getppid", getppid, "($module, /)"),
    noargs!("getuid", getuid, "($module, /)"),
    noargs!("geteuid", geteuid, "($module, /)"),
    noargs!("getgid", getgid, "($module, /)"),
    noargs!("getegid", getegid, "($module, /)"),
    noargs!("getresuid", getresuid, "($module, /)"),
    noargs!("getresgid", getresgid, "($module, /)"),
    o!("setuid", setuid, "($module, uid, /)"),
    o!("seteuid", seteuid, "($module, euid, /)"),
    o!("setgid", setgid, "($module, gid, /)"),
    o!("setegid", setegid, "($module, egid, /)"),
    fastcall!("setreuid", setreuid, "($module, ruid, euid, /)"),
    fastcall!("setregid", setregid, "($module, rgid, egid, /)"),
    fastcall!("setresuid", setresuid, "($module, ruid, euid, suid, /)"),
    fastcall!("setresgid", setresgid, "($module, rgid, egid, sgid, /)"),
    noargs!("getgroups", getgroups, "($module, /)"),
    o!("setgroups", setgroups, "($module, groups, /)"),
    fastcall!("getgrouplist", getgrouplist, "($module, user, group, /)"),
    fastcall!("initgroups", initgroups, "($module, username, gid, /)"),
    noargs!("getlogin", getlogin, "($module, /)"),
    keywords!("getpgid", getpgid, "($module, /, pid)"),
    noargs!("getpgrp", getpgrp, "($module, /)"),
    fastcall!("setpgid", setpgid, "($module, pid, pgrp, /)"),
    noargs!("setpgrp", setpgrp, "($module, /)"),
    o!("getsid", getsid, "($module, pid, /)"),
    noargs!("setsid", setsid, "($module, /)"),
    keywords!("getpriority", getpriority, "($module, /, which, who)"),
    keywords!(
        "setpriority",
        setpriority,
        "($module, /, which, who, priority)"
    ),
    o!("nice", nice, "($module, increment, /)"),
    o!("umask", umask, "($module, mask, /)"),
];

fn given(o: Option<&Obj>) -> &Obj {
    o.unwrap_or(NONE())
}

macro_rules! getters {
    ($($name:ident $convert:path;)*) => {$(
        fn $name(_: &Obj) -> Result {
            // SAFETY: asks about the process; cannot fail.
            Ok($convert(unsafe { libc::$name() }))
        }
    )*};
}

fn pid_object(pid: i32) -> Ref {
    int::from_i64(i64::from(pid)).into_obj()
}

getters! {
    getpid pid_object;
    getppid pid_object;
    getpgrp pid_object;
    getuid convert::id_object;
    geteuid convert::id_object;
    getgid convert::id_object;
    getegid convert::id_object;
}

macro_rules! setters {
    ($($name:ident $convert:path;)*) => {$(
        fn $name(_: &Obj, id: &Obj) -> Result<()> {
            let id = $convert(id)?;
            // SAFETY: changes the process's own ids.
            call::quick(unsafe { libc::$name(id) }).map(drop)
        }
    )*};
}

setters! {
    setuid convert::uid;
    seteuid convert::uid;
    setgid convert::gid;
    setegid convert::gid;
}

macro_rules! several {
    ($($name:ident $convert:path [$($i:literal)*];)*) => {$(
        fn $name(_: &Obj, args: &[&Obj]) -> Result<()> {
            const N: usize = [$($i),*].len();
            args::expect(stringify!($name), args, N..=N)?;
            // SAFETY: changes the process's own ids.
            call::quick(unsafe { libc::$name($($convert(args[$i])?),*) }).map(drop)
        }
    )*};
}

several! {
    setreuid convert::uid [0 1];
    setregid convert::gid [0 1];
    setresuid convert::uid [0 1 2];
    setresgid convert::gid [0 1 2];
}

fn three(f: unsafe extern "C" fn(*mut u32, *mut u32, *mut u32) -> i32) -> Result {
    let (mut r, mut e, mut s) = (0, 0, 0);
    // SAFETY: three numbers are there to be written.
    call::quick(unsafe { f(&mut r, &mut e, &mut s) })?;
    Ok(tuple::from_array([r, e, s].map(convert::id_object)).into_obj())
}

fn getresuid(_: &Obj) -> Result {
    three(libc::getresuid)
}

fn getresgid(_: &Obj) -> Result {
    three(libc::getresgid)
}

// ---- Groups ----

fn id_list(ids: &[u32]) -> Ref<PyListObject> {
    list::from_vec(ids.iter().map(|id| convert::id_object(*id)).collect())
}

fn getgroups(_: &Obj) -> Result<Ref<PyListObject>> {
    // SAFETY: asks how many there are, then room for as many.
    unsafe {
        let n = call::quick(libc::getgroups(0, core::ptr::null_mut()))?;
        let mut ids = vec![0; n as usize];
        let n = call::quick(libc::getgroups(n, ids.as_mut_ptr()))?;
        Ok(id_list(&ids[..n as usize]))
    }
}

fn setgroups(_: &Obj, groups: &Obj) -> Result<()> {
    if !object::is_sequence(groups) {
        return raise!(TypeError, "setgroups argument must be a sequence");
    }
    let groups = object::to_vec(groups)?;
    if groups.len() > 65536 {
        return raise!(ValueError, "too many groups");
    }
    let mut ids = Vec::with_capacity(groups.len());
    for group in &groups {
        if !number::is_index(group) {
            return raise!(TypeError, "groups must be integers");
        }
        ids.push(convert::gid(group)?);
    }
    // SAFETY: as many ids as said.
    call::quick(unsafe { libc::setgroups(ids.len(), ids.as_ptr()) }).map(drop)
}

fn getgrouplist(_: &Obj, args: &[&Obj]) -> Result<Ref<PyListObject>> {
    args::expect("getgrouplist", args, 2..=2)?;
    let user = convert::text("getgrouplist", " 1", args[0])?;
    let group = convert::gid(args[1])?;
    let mut ids = vec![0u32; 64];
    loop {
        let mut n = ids.len() as i32;
        // SAFETY: the name ends with NUL; room for `n` ids.
        if unsafe { libc::getgrouplist(user.as_ptr(), group, ids.as_mut_ptr(), &mut n) } != -1 {
            return Ok(id_list(&ids[..n as usize]));
        }
        let wanted = (n as usize).max(ids.len() * 2);
        ids.resize(wanted, 0);
    }
}

fn initgroups(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("initgroups", args, 2..=2)?;
    let user = convert::fs_string(args[0])?;
    let group = convert::gid(args[1])?;
    // SAFETY: the name ends with NUL.
    call::quick(unsafe { libc::initgroups(user.as_ptr(), group) }).map(drop)
}

fn getlogin(_: &Obj) -> Result {
    // SAFETY: C's own room, copied with the lock held.
    unsafe {
        *libc::__errno_location() = 0;
        let name = libc::getlogin();
        if !name.is_null() {
            return files::decoded(CStr::from_ptr(name));
        }
    }
    match call::errno() {
        0 => raise!(OSError, "unable to determine login name"),
        code => Err(call::raise(code)),
    }
}

// ---- Process groups, sessions, priorities ----

fn getpgid(_: &Obj, [pid]: [Option<&Obj>; 1]) -> Result<i32> {
    // SAFETY: asks about a process.
    call::quick(unsafe { libc::getpgid(convert::int(given(pid))?) })
}

fn setpgid(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("setpgid", args, 2..=2)?;
    // SAFETY: moves a process to a group.
    call::quick(unsafe { libc::setpgid(convert::int(args[0])?, convert::int(args[1])?) }).map(drop)
}

fn setpgrp(_: &Obj) -> Result<()> {
    // SAFETY: moves this process to a group of its own.
    call::quick(unsafe { libc::setpgid(0, 0) }).map(drop)
}

fn getsid(_: &Obj, pid: &Obj) -> Result<i32> {
    // SAFETY: asks about a process.
    call::quick(unsafe { libc::getsid(convert::int(pid)?) })
}

fn setsid(_: &Obj) -> Result<()> {
    // SAFETY: starts a session.
    call::quick(unsafe { libc::setsid() }).map(drop)
}

fn getpriority(_: &Obj, [which, who]: [Option<&Obj>; 2]) -> Result<i64> {
    let (which, who) = (convert::int(given(which))?, convert::int(given(who))?);
    // SAFETY: asks about a process.
    tree::ask_limit(|| i64::from(unsafe { libc::getpriority(which as u32, who as u32) }))
        .map_err(call::raise)
}

fn setpriority(_: &Obj, [which, who, priority]: [Option<&Obj>; 3]) -> Result<()> {
    let (which, who) = (convert::int(given(which))?, convert::int(given(who))?);
    let priority = convert::int(given(priority))?;
    // SAFETY: changes how much time a process gets.
    call::quick(unsafe { libc::setpriority(which as u32, who as u32, priority) }).map(drop)
}

fn nice(_: &Obj, increment: &Obj) -> Result<i64> {
    let increment = convert::int(increment)?;
    // SAFETY: changes how much time this process gets.
    tree::ask_limit(|| i64::from(unsafe { libc::nice(increment) })).map_err(call::raise)
}

fn umask(_: &Obj, mask: &Obj) -> Result<i32> {
    // SAFETY: changes the process's own mask; cannot fail.
    Ok(unsafe { libc::umask(convert::int(mask)? as u32) } as i32)
}
