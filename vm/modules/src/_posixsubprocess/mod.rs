//! `_posixsubprocess`: how `subprocess` starts programs.
//!
//! Everything the child needs is made before it starts; what it then does is in [`child`]. Without a Python function to be
//! called in the child and without a change of ids, the child borrows the parent's memory until it runs its program, as
//! `vfork` does, which costs the same however large the parent is.

mod child;

use std::ffi::CString;

use layout::*;

use vm::err::{self, Result, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::object;
use vm::types::bytes::BytesExt as _;
use vm::types::int::IntExt as _;
use vm::types::tuple::TupleExt as _;
use vm::{args, signals, threads};

use crate::posix::call::{self, Status};
use crate::posix::convert;
use crate::posix::process::{self, Strings};

use child::Plan;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_posixsubprocess",
    methods: METHODS,
    exec: |_| Ok(()),
};

static METHODS: &[PyMethodDef] = &[fastcall!(
    "fork_exec",
    fork_exec,
    "($module, args, executable_list, close_fds, pass_fds, cwd, env, p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, errpipe_read, errpipe_write, restore_signals, call_setsid, pgid_to_set, gid, extra_groups, uid, child_umask, preexec_fn, /)"
)];

/// A sequence of bytes as C strings.
fn byte_strings(o: &Obj) -> Result<Vec<CString>> {
    object::length(o)?;
    let mut strings = Vec::new();
    for item in object::to_vec(o)? {
        let Some(item) = item.downcast::<PyBytesObject>() else {
            return raise!(TypeError, "expected bytes, {:.200} found", item.tp_name());
        };
        strings.push(convert::c_string(item.as_slice().to_vec())?);
    }
    Ok(strings)
}

/// The descriptors to be kept: ascending, and none of them twice.
fn kept_fds(o: &Obj) -> Result<Vec<i32>> {
    let Some(t) = o.downcast::<PyTupleObject>() else {
        return raise!(
            TypeError,
            "fork_exec() argument 4 must be tuple, not {:.50}",
            o.tp_name()
        );
    };
    let fds: Vec<i32> = t
        .items()
        .iter()
        .filter_map(|fd| {
            fd.downcast::<PyLongObject>()?
                .to_i64()
                .and_then(|fd| i32::try_from(fd).ok())
        })
        .collect();
    let sane = fds.len() == t.items().len()
        && fds.first().is_none_or(|fd| *fd >= 0)
        && fds.is_sorted_by(|a, b| a < b);
    if !sane {
        return raise!(ValueError, "bad value(s) in fds_to_keep");
    }
    Ok(fds)
}

fn group_ids(o: &Obj) -> Result<Option<Vec<u32>>> {
    if o.is_none() {
        return Ok(None);
    }
    let Some(groups) = o.downcast::<PyListObject>() else {
        return raise!(TypeError, "setgroups argument must be a list");
    };
    let groups = object::to_vec(groups.as_obj())?;
    if groups.len() > 65536 {
        return raise!(ValueError, "too many extra_groups");
    }
    let mut ids = Vec::with_capacity(groups.len());
    for group in &groups {
        if !group.is::<PyLongObject>() {
            return raise!(TypeError, "extra_groups must be integers");
        }
        ids.push(convert::gid(group)?);
    }
    Ok(Some(ids))
}

fn optional<T>(o: &Obj, f: fn(&Obj) -> Result<T>) -> Result<Option<T>> {
    if o.is_none() {
        Ok(None)
    } else {
        f(o).map(Some)
    }
}

fn argument_strings(o: &Obj) -> Result<Vec<CString>> {
    if !o.is::<PyListObject>() && !o.is::<PyTupleObject>() && !object::is_sequence(o) {
        return raise!(TypeError, "argv must be a tuple");
    }
    object::to_vec(o)?
        .iter()
        .map(|item| convert::fs_string(item))
        .collect()
}

fn fork_exec(_: &Obj, args: &[&Obj]) -> Result<i32> {
    args::expect("fork_exec", args, 22..=22)?;
    let close_fds = object::is_true(args[2])?;
    let keep = kept_fds(args[3])?;
    let mut pipes = [0; 8];
    for (pipe, o) in pipes.iter_mut().zip(&args[6..14]) {
        *pipe = convert::int(o)?;
    }
    let (restore_signals, new_session) = (object::is_true(args[14])?, object::is_true(args[15])?);
    let group = convert::int(args[16])?;
    let umask = convert::int(args[20])?;
    let preexec = if args[21].is_none() {
        None
    } else {
        Some(args[21])
    };
    if preexec.is_some() && threads::is_finalizing() {
        return raise!(
            PythonFinalizationError,
            "preexec_fn not supported at interpreter shutdown"
        );
    }
    if close_fds && pipes[7] < 3 {
        return raise!(ValueError, "errpipe_write must be >= 3");
    }
    let programs = byte_strings(args[1])?;
    let argv = Strings::new(argument_strings(args[0])?);
    let env = if args[5].is_none() {
        None
    } else {
        Some(Strings::new(byte_strings(args[5])?))
    };
    let cwd = optional(args[4], convert::fs_string)?;
    let groups = group_ids(args[18])?;
    let gid = optional(args[17], convert::gid)?;
    let uid = optional(args[19], convert::uid)?;
    let plan = Plan {
        programs: &programs,
        argv: argv.as_ptr(),
        env: env.as_ref().map(Strings::as_ptr),
        cwd: cwd.as_deref(),
        close_fds,
        keep: &keep,
        pipes,
        restore_signals,
        new_session,
        group,
        groups: groups.as_deref(),
        gid,
        uid,
        umask,
        old_mask: core::mem::MaybeUninit::uninit(),
    };
    let pid = match preexec {
        Some(f) => with_python(&plan, f)?,
        None if gid.is_none() && uid.is_none() && groups.is_none() => child::borrow_memory(plan),
        None => child::fork(&plan),
    };
    match pid {
        Ok(pid) => {
            process::warn_of_threads("fork_exec")?;
            Ok(pid)
        }
        Err(code) => Err(call::raise(code)),
    }
}

/// Forks for good, to call a Python function in the child.
fn with_python(plan: &Plan<'_>, preexec: &Obj) -> Result<Status<i32>> {
    process::before_fork();
    // SAFETY: the child puts the runtime in order before it runs Python, and never returns from here.
    let pid = unsafe { libc::fork() };
    let code = call::errno();
    if pid == 0 {
        process::after_fork_child();
        child::run(
            plan,
            Some(&mut || {
                let done = vm::protocol::call::call0(preexec);
                if done.is_err() {
                    err::clear();
                }
                done.is_ok()
            }),
        );
    }
    process::after_fork_parent();
    signals::check()?;
    Ok(if pid == -1 { Err(code) } else { Ok(pid) })
}
