//! Processes: starting others, waiting for them, sending signals, ending.

use core::cell::RefCell;
use std::ffi::CString;

use layout::*;

use vm::args;
use vm::err::{self, Result, exc, raise};
use vm::intern;
use vm::method::*;
use vm::object::*;
use vm::protocol::{call, number, object};
use vm::types::int::{self, IntExt as _};
use vm::types::tuple::TupleExt;
use vm::types::{module, structseq, tuple};
use vm::{signals, threads, warn};

use super::call as system;
use super::convert;
use super::path::Path;

/// Rows of the module's table.
pub static METHODS: &[PyMethodDef] = &[
    noargs!("fork", fork, "($module, /)"),
    noargs!("forkpty", forkpty, "($module, /)"),
    keywords!(
        "register_at_fork",
        register_at_fork,
        "($module, /, *, before=<unrepresentable>, after_in_child=<unrepresentable>, after_in_parent=<unrepresentable>)"
    ),
    fastcall!("execv", execv, "($module, path, argv, /)"),
    keywords!("execve", execve, "($module, /, path, argv, env)"),
    keywords!("system", system_, "($module, /, command)"),
    keywords!("_exit", exit, "($module, /, status)"),
    noargs!("abort", abort, "($module, /)"),
    fastcall!("kill", kill, "($module, pid, signal, /)"),
    fastcall!("killpg", killpg, "($module, pgid, signal, /)"),
    noargs!("wait", wait, "($module, /)"),
    fastcall!("waitpid", waitpid, "($module, pid, options, /)"),
    keywords!("wait3", wait3, "($module, /, options)"),
    keywords!("wait4", wait4, "($module, /, pid, options)"),
    fastcall!("waitid", waitid, "($module, idtype, id, options, /)"),
    keywords!(
        "waitstatus_to_exitcode",
        waitstatus_to_exitcode,
        "($module, /, status)"
    ),
    o!("WCOREDUMP", wcoredump, "($module, status, /)"),
    keywords!("WIFCONTINUED", wifcontinued, "($module, /, status)"),
    keywords!("WIFEXITED", wifexited, "($module, /, status)"),
    keywords!("WIFSIGNALED", wifsignaled, "($module, /, status)"),
    keywords!("WIFSTOPPED", wifstopped, "($module, /, status)"),
    keywords!("WEXITSTATUS", wexitstatus, "($module, /, status)"),
    keywords!("WSTOPSIG", wstopsig, "($module, /, status)"),
    keywords!("WTERMSIG", wtermsig, "($module, /, status)"),
    keywords!("pidfd_open", pidfd_open, "($module, /, pid, flags=0)"),
    keywords!("unshare", unshare, "($module, /, flags)"),
    keywords!("setns", setns, "($module, /, fd, nstype=0)"),
];

static WAITID_RESULT: PyTypeObject = PyTypeObject::statically_declared();

/// Adds the types.
pub fn add(m: &Obj) -> Result<()> {
    if !has_flag(&WAITID_RESULT, Py_TPFLAGS_READY) {
        let fields = &["si_pid", "si_uid", "si_signo", "si_status", "si_code"];
        structseq::init_type(&WAITID_RESULT, "posix.waitid_result", fields, 5, true)?;
    }
    module::add(m, "waitid_result", WAITID_RESULT.as_obj())
}

fn given(o: Option<&Obj>) -> &Obj {
    o.unwrap_or(NONE())
}

fn number_object(n: impl Into<i64>) -> Ref {
    int::from_i64(n.into()).into_obj()
}

// ---- Fork ----

struct Hooks(RefCell<[Vec<Ref>; 3]>);

// SAFETY: touched under the global interpreter lock.
unsafe impl Sync for Hooks {}

/// Called before a fork (last registered first), after it in the child, after it in the parent.
static HOOKS: Hooks = Hooks(RefCell::new([const { Vec::new() }; 3]));

fn register_at_fork(_: &Obj, hooks: [Option<&Obj>; 3]) -> Result<()> {
    if hooks.iter().all(Option::is_none) {
        return raise!(TypeError, "At least one argument is required.");
    }
    for (name, hook) in ["before", "after_in_child", "after_in_parent"]
        .iter()
        .zip(hooks)
    {
        if let Some(hook) = hook.filter(|hook| !object::is_callable(hook)) {
            return raise!(
                TypeError,
                "'{name}' must be callable, not {:.200}",
                hook.tp_name()
            );
        }
    }
    let mut all = HOOKS.0.borrow_mut();
    for (list, hook) in all.iter_mut().zip(hooks) {
        list.extend(hook.map(Obj::new_ref));
    }
    Ok(())
}

fn run_hooks(which: usize) {
    let mut hooks = HOOKS.0.borrow()[which].clone();
    if which == 0 {
        hooks.reverse();
    }
    for hook in hooks {
        if call::call0(&hook).is_err() {
            err::write_unraisable(Some(&hook), None);
        }
    }
}

/// What has to be done in a process before it forks.
pub fn before_fork() {
    run_hooks(0);
}

/// What has to be done after a fork in the child.
pub fn after_fork_child() {
    threads::after_fork_child();
    signals::after_fork_child();
    run_hooks(1);
}

/// What has to be done after a fork in the parent.
pub fn after_fork_parent() {
    run_hooks(2);
}

/// Warns that a fork leaves the locks of other threads taken.
pub fn warn_of_threads(function: &str) -> Result<()> {
    if threads::count() <= 1 {
        return Ok(());
    }
    let message = format!(
        "This process (pid={}) is multi-threaded, use of {function}() may lead to deadlocks in the child.",
        std::process::id()
    );
    warn::warn(&exc::DeprecationWarning, 1, &message)
}

/// Forks by `f`, with everything that has to be done around it.
fn forked(function: &str, f: impl FnOnce() -> i32) -> Result<i32> {
    if threads::is_finalizing() {
        return raise!(
            PythonFinalizationError,
            "can't fork at interpreter shutdown"
        );
    }
    before_fork();
    let pid = f();
    let code = system::errno();
    if pid == 0 {
        after_fork_child();
        return Ok(0);
    }
    after_fork_parent();
    if pid == -1 {
        return Err(system::raise(code));
    }
    // Nobody else has seen the child: a warning that is an error must not lose it.
    warn_of_threads(function)?;
    Ok(pid)
}

fn fork(_: &Obj) -> Result<i32> {
    // SAFETY: the child's only thread goes on here, and puts the runtime's locks in order first.
    forked("fork", || unsafe { libc::fork() })
}

fn forkpty(_: &Obj) -> Result {
    let mut terminal = -1;
    let none_yet = core::ptr::null_mut();
    // SAFETY: as in `fork`; the terminal's descriptor is there to be written.
    let pid = forked("forkpty", || unsafe {
        libc::forkpty(
            &mut terminal,
            none_yet,
            core::ptr::null(),
            core::ptr::null(),
        )
    })?;
    Ok(tuple::from_array([number_object(pid), number_object(terminal)]).into_obj())
}

// ---- Programs ----

/// The strings of a program's arguments, and C's table of them.
pub struct Strings {
    strings: Vec<CString>,
    table: Vec<*const libc::c_char>,
}

impl Strings {
    /// Makes the table, ended by null.
    pub fn new(strings: Vec<CString>) -> Strings {
        let table = strings
            .iter()
            .map(|s| s.as_ptr())
            .chain([core::ptr::null()])
            .collect();
        Strings { strings, table }
    }

    /// The table for C.
    pub fn as_ptr(&self) -> *const *const libc::c_char {
        self.table.as_ptr()
    }

    /// As `posix_spawn` declares it.
    pub fn as_mut_ptr(&self) -> *const *mut libc::c_char {
        self.table.as_ptr().cast()
    }

    fn starts_empty(&self) -> bool {
        self.strings.first().is_some_and(|s| s.is_empty())
    }
}

/// A program's arguments, with the messages of the function that takes them.
pub fn arguments(o: &Obj, not_sequence: &str, empty: &str, empty_first: &str) -> Result<Strings> {
    if !o.is::<PyTupleObject>() && !o.is::<PyListObject>() {
        return raise!(TypeError, "{not_sequence}");
    }
    let items = object::to_vec(o)?;
    if items.is_empty() {
        return raise!(ValueError, "{empty}");
    }
    let strings = items
        .iter()
        .map(|item| convert::fs_string(item))
        .collect::<Result<Vec<_>>>()?;
    let strings = Strings::new(strings);
    if strings.starts_empty() {
        return raise!(ValueError, "{empty_first}");
    }
    Ok(strings)
}

/// An environment, as C has it.
pub fn environment(env: &Obj) -> Result<Strings> {
    let (keys, values) = (
        call::method(env, intern!("keys"), &[])?,
        call::method(env, intern!("values"), &[])?,
    );
    let (keys, values) = (object::to_vec(&keys)?, object::to_vec(&values)?);
    let mut strings = Vec::with_capacity(keys.len());
    for (key, value) in keys.iter().zip(&values) {
        let (key, value) = (
            convert::fs_string(key)?.into_bytes(),
            convert::fs_string(value)?.into_bytes(),
        );
        if key.is_empty() || key[1..].contains(&b'=') {
            return raise!(ValueError, "illegal environment variable name");
        }
        strings.push(convert::c_string([&key[..], b"=", &value].concat())?);
    }
    Ok(Strings::new(strings))
}

/// Whether an object can be an environment.
pub fn is_mapping(o: &Obj) -> bool {
    // SAFETY: a type's tables live as long as the type.
    unsafe { o.ty().tp_as_mapping.get().as_ref() }.is_some_and(|m| m.mp_subscript.get().is_some())
}

fn execv(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("execv", args, 2..=2)?;
    let path = Path::name("execv", "path", args[0])?;
    let argv = arguments(
        args[1],
        "execv() arg 2 must be a tuple or list",
        "execv() arg 2 must not be empty",
        "execv() arg 2 first element cannot be empty",
    )?;
    // SAFETY: strings that end with NUL, in a table that ends with null.
    unsafe { libc::execv(path.as_ptr(), argv.as_ptr()) };
    Err(path.error(system::errno()))
}

fn execve(_: &Obj, [path, argv, env]: [Option<&Obj>; 3]) -> Result<()> {
    let path = Path::or_fd("execve", "path", given(path))?;
    let argv = given(argv);
    if !argv.is::<PyTupleObject>() && !argv.is::<PyListObject>() {
        return raise!(TypeError, "execve: argv must be a tuple or list");
    }
    if object::length(argv)? == 0 {
        return raise!(ValueError, "execve: argv must not be empty");
    }
    if !is_mapping(given(env)) {
        return raise!(TypeError, "execve: environment must be a mapping object");
    }
    let argv = arguments(argv, "", "", "execve: argv first element cannot be empty")?;
    let env = environment(given(env))?;
    // SAFETY: strings that end with NUL, in tables that end with null.
    unsafe {
        match path.fd {
            Some(fd) => libc::fexecve(fd, argv.as_ptr(), env.as_ptr()),
            None => libc::execve(path.as_ptr(), argv.as_ptr(), env.as_ptr()),
        };
    }
    Err(path.error(system::errno()))
}

fn system_(_: &Obj, [command]: [Option<&Obj>; 1]) -> Result<i32> {
    let command = convert::fs_string(given(command))?;
    // SAFETY: the command ends with NUL.
    Ok(threads::allow(|| unsafe { libc::system(command.as_ptr()) }))
}

fn exit(_: &Obj, [status]: [Option<&Obj>; 1]) -> Result<()> {
    let status = convert::int(given(status))?;
    // SAFETY: ends the process at once.
    unsafe { libc::_exit(status) }
}

fn abort(_: &Obj) -> Result<()> {
    // SAFETY: ends the process at once.
    unsafe { libc::abort() }
}

// ---- Signals ----

/// A signal's number: any integer, of which C sees the low bits.
fn signal_number(o: &Obj) -> Result<i32> {
    Ok(args::to_isize(o)? as i32)
}

fn sent(answer: i32) -> Result<()> {
    system::quick(answer)?;
    // It may have been for this very process.
    signals::check()
}

fn kill(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("kill", args, 2..=2)?;
    let (pid, signal) = (convert::int(args[0])?, signal_number(args[1])?);
    // SAFETY: sends a signal.
    sent(unsafe { libc::kill(pid, signal) })
}

fn killpg(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("killpg", args, 2..=2)?;
    let (group, signal) = (convert::int(args[0])?, convert::int(args[1])?);
    // SAFETY: sends a signal.
    sent(unsafe { libc::killpg(group, signal) })
}

// ---- Waiting ----

fn wait_for(pid: i32, options: i32) -> Result {
    let mut status = 0;
    let p = &raw mut status as usize;
    // SAFETY: the status is there to be written.
    let pid = system::retry_or_raise(|| unsafe { libc::waitpid(pid, p as *mut i32, options) })?;
    Ok(tuple::from_array([number_object(pid), number_object(status)]).into_obj())
}

fn wait(_: &Obj) -> Result {
    wait_for(-1, 0)
}

fn waitpid(_: &Obj, args: &[&Obj]) -> Result {
    args::expect("waitpid", args, 2..=2)?;
    wait_for(convert::int(args[0])?, convert::int(args[1])?)
}

fn wait_with_usage(pid: i32, options: i32) -> Result {
    let mut status = 0;
    let mut usage = core::mem::MaybeUninit::<libc::rusage>::zeroed();
    let (p, u) = (&raw mut status as usize, usage.as_mut_ptr() as usize);
    // SAFETY: status and usage are there to be written.
    let pid = system::retry_or_raise(|| unsafe {
        libc::wait4(pid, p as *mut i32, options, u as *mut libc::rusage)
    })?;
    // SAFETY: zeroed or filled in.
    let usage = crate::resource::usage_object(unsafe { usage.assume_init_ref() })?;
    Ok(tuple::from_array([number_object(pid), number_object(status), usage]).into_obj())
}

fn wait3(_: &Obj, [options]: [Option<&Obj>; 1]) -> Result {
    wait_with_usage(-1, convert::int(given(options))?)
}

fn wait4(_: &Obj, [pid, options]: [Option<&Obj>; 2]) -> Result {
    wait_with_usage(convert::int(given(pid))?, convert::int(given(options))?)
}

fn waitid(_: &Obj, args: &[&Obj]) -> Result<Option<Ref>> {
    args::expect("waitid", args, 3..=3)?;
    let kind = convert::int(args[0])? as libc::idtype_t;
    let id = number::index_int(args[1])?;
    let Some(id) = id.to_i64() else {
        return raise!(OverflowError, "Python int too large to convert to C long");
    };
    let options = convert::int(args[2])?;
    let mut info = core::mem::MaybeUninit::<libc::siginfo_t>::zeroed();
    let p = info.as_mut_ptr() as usize;
    // SAFETY: the structure is there to be filled in.
    system::retry_or_raise(|| unsafe {
        libc::waitid(kind, id as u32, p as *mut libc::siginfo_t, options)
    })?;
    // SAFETY: zeroed or filled in for a child.
    unsafe {
        let info = info.assume_init();
        if info.si_pid() == 0 {
            return Ok(None);
        }
        let values = vec![
            number_object(info.si_pid()),
            convert::id_object(info.si_uid()),
            number_object(info.si_signo),
            number_object(info.si_status()),
            number_object(info.si_code),
        ];
        structseq::new(&WAITID_RESULT, values).map(Some)
    }
}

fn waitstatus_to_exitcode(_: &Obj, [status]: [Option<&Obj>; 1]) -> Result<i32> {
    let status = convert::int(given(status))?;
    if libc::WIFEXITED(status) {
        return Ok(libc::WEXITSTATUS(status));
    }
    if libc::WIFSIGNALED(status) {
        return Ok(-libc::WTERMSIG(status));
    }
    if libc::WIFSTOPPED(status) {
        return raise!(
            ValueError,
            "process stopped by delivery of signal {}",
            libc::WSTOPSIG(status)
        );
    }
    raise!(ValueError, "invalid wait status: {status}")
}

fn wcoredump(_: &Obj, status: &Obj) -> Result<bool> {
    Ok(libc::WCOREDUMP(convert::int(status)?))
}

macro_rules! status_readers {
    ($($name:ident $macro:ident $answer:ty;)*) => {$(
        fn $name(_: &Obj, [status]: [Option<&Obj>; 1]) -> Result<$answer> {
            Ok(libc::$macro(convert::int(given(status))?))
        }
    )*};
}

status_readers! {
    wifcontinued WIFCONTINUED bool;
    wifexited WIFEXITED bool;
    wifsignaled WIFSIGNALED bool;
    wifstopped WIFSTOPPED bool;
    wexitstatus WEXITSTATUS i32;
    wstopsig WSTOPSIG i32;
    wtermsig WTERMSIG i32;
}

// ---- Descriptors of processes, namespaces ----

fn pidfd_open(_: &Obj, [pid, flags]: [Option<&Obj>; 2]) -> Result<i32> {
    let pid = convert::int(given(pid))?;
    let flags = flags.map_or(Ok(0), convert::uint_wrapped)?;
    // SAFETY: asks for a descriptor.
    let fd = system::quick(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, flags) })?;
    Ok(fd as i32)
}

fn unshare(_: &Obj, [flags]: [Option<&Obj>; 1]) -> Result<()> {
    let flags = convert::int(given(flags))?;
    // SAFETY: changes what this process shares with others.
    system::once_or_raise(|| unsafe { libc::unshare(flags) }).map(drop)
}

fn setns(_: &Obj, [fd, kind]: [Option<&Obj>; 2]) -> Result<()> {
    let fd = convert::fileno(given(fd))?;
    let kind = convert::int_or(kind, 0)?;
    // SAFETY: moves this process to another namespace.
    system::once_or_raise(|| unsafe { libc::setns(fd, kind) }).map(drop)
}

/// The items of a tuple argument, if it is one.
pub fn tuple_items(o: &Obj) -> Option<&[Ref]> {
    o.downcast::<PyTupleObject>().map(TupleExt::items)
}
