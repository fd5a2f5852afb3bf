//! `_signal`: handlers of signals, timers, masks.

use core::mem::MaybeUninit;
use core::ptr;

use layout::*;

use vm::args;
use vm::err::{self, Result, exc, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::object;
use vm::signals::{self, NSIG};
use vm::threads;
use vm::time::{self, Round};
use vm::types::set::SetExt as _;
use vm::types::type_::CompareOp;
use vm::types::{float, int, module, set, str_, structseq, tuple, type_};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_signal",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    fastcall!("signal", signal, "($module, signalnum, handler, /)"),
    o!("getsignal", getsignal, "($module, signalnum, /)"),
    o!("strsignal", strsignal, "($module, signalnum, /)"),
    o!("raise_signal", raise_signal, "($module, signalnum, /)"),
    o!("alarm", alarm, "($module, seconds, /)"),
    noargs!("pause", pause, "($module, /)"),
    fastcall!(
        "siginterrupt",
        siginterrupt,
        "($module, signalnum, flag, /)"
    ),
    keywords!(
        "set_wakeup_fd",
        set_wakeup_fd,
        "($module, fd, /, *, warn_on_full_buffer=True)"
    ),
    fastcall!(
        "setitimer",
        setitimer,
        "($module, which, seconds, interval=0.0, /)"
    ),
    o!("getitimer", getitimer, "($module, which, /)"),
    fastcall!(
        "pthread_kill",
        pthread_kill,
        "($module, thread_id, signalnum, /)"
    ),
    fastcall!(
        "pthread_sigmask",
        pthread_sigmask,
        "($module, how, mask, /)"
    ),
    noargs!("sigpending", sigpending, "($module, /)"),
    o!("sigwait", sigwait, "($module, sigset, /)"),
    o!("sigwaitinfo", sigwaitinfo, "($module, sigset, /)"),
    fastcall!(
        "sigtimedwait",
        sigtimedwait,
        "($module, sigset, timeout, /)"
    ),
    noargs!("valid_signals", valid_signals, "($module, /)"),
    fastcall!(
        "pidfd_send_signal",
        pidfd_send_signal,
        "($module, pidfd, signalnum, siginfo=None, flags=0, /)"
    ),
];

static ITIMER_ERROR: Global<Option<&'static PyTypeObject>> = Global::new(None);
static SIGINFO: Global<Option<&'static PyTypeObject>> = Global::new(None);

fn exec(m: &Obj) -> Result<()> {
    for (name, value) in CONSTANTS {
        module::add(m, name, int::from_i64(i64::from(*value)).as_obj())?;
    }
    module::add(
        m,
        "default_int_handler",
        &signals::default_int_handler_object(),
    )?;
    module::add(m, "struct_siginfo", siginfo_type()?.as_obj())?;
    module::add(m, "ItimerError", itimer_error()?.as_obj())
}

fn siginfo_type() -> Result<&'static PyTypeObject> {
    if let Some(tp) = SIGINFO.get() {
        return Ok(tp);
    }
    let fields = [
        "si_signo",
        "si_code",
        "si_errno",
        "si_pid",
        "si_uid",
        "si_status",
        "si_band",
    ];
    let tp = structseq::new_type("signal.struct_siginfo", &fields, fields.len())?;
    SIGINFO.set(Some(tp));
    Ok(tp)
}

fn itimer_error() -> Result<&'static PyTypeObject> {
    if let Some(tp) = ITIMER_ERROR.get() {
        return Ok(tp);
    }
    let made = type_::new_exception("signal", "ItimerError", &[&exc::OSError])?;
    // SAFETY: a new class, whose reference is kept for ever.
    let tp: &'static PyTypeObject = unsafe { &*made.into_raw().cast() };
    ITIMER_ERROR.set(Some(tp));
    Ok(tp)
}

fn itimer_failed() -> err::Raised {
    let code = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
    let pair = tuple::pair(
        int::from_i64(i64::from(code)).as_obj(),
        str_::new(&err::strerror(code)).as_obj(),
    );
    match itimer_error() {
        Ok(tp) => err::set_object(tp, pair.as_obj()),
        Err(raised) => raised,
    }
}

// ---- Handlers ----

fn number(o: &Obj) -> Result<i32> {
    let n = args::to_i32(o)?;
    if n < 1 || n as usize >= NSIG {
        return raise!(ValueError, "signal number out of range");
    }
    Ok(n)
}

fn equals(o: &Obj, n: i64) -> Result<bool> {
    object::rich_compare_bool(o, int::from_i64(n).as_obj(), CompareOp::Eq)
}

fn signal(_: &Obj, args: &[&Obj]) -> Result<Option<Ref>> {
    args::expect("signal", args, 2..=2)?;
    let n = args::to_i32(args[0])?;
    let handler = args[1];
    let action = if object::is_callable(handler) {
        signals::on_signal as *const () as libc::sighandler_t
    } else if equals(handler, 1)? {
        libc::SIG_IGN
    } else if equals(handler, 0)? {
        libc::SIG_DFL
    } else {
        number(args[0])?;
        return raise!(
            TypeError,
            "signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object"
        );
    };
    if !threads::is_main_thread() {
        return raise!(
            ValueError,
            "signal only works in main thread of the main interpreter"
        );
    }
    number(args[0])?;
    // Those that have come go to the handler that was there.
    signals::check()?;
    if !signals::set_disposition(n, action) {
        return Err(err::last_os_error(None));
    }
    let old = signals::handler(n as usize);
    signals::set_handler(n as usize, Some(handler.new_ref()));
    Ok(old)
}

fn getsignal(_: &Obj, n: &Obj) -> Result<Option<Ref>> {
    Ok(signals::handler(number(n)? as usize))
}

fn strsignal(_: &Obj, n: &Obj) -> Result<Option<String>> {
    let n = number(n)?;
    // SAFETY: the text is valid until the next call, which needs the interpreter's lock.
    let text = unsafe { core::ffi::CStr::from_ptr(libc::strsignal(n)) }
        .to_string_lossy()
        .into_owned();
    Ok(if text.starts_with("Unknown signal") {
        None
    } else {
        Some(text)
    })
}

/// Lets a handler run for a signal that was just sent to this process.
fn sent(status: i32) -> Result<()> {
    if status != 0 {
        Err(err::last_os_error(None))
    } else {
        signals::check()
    }
}

fn raise_signal(_: &Obj, n: &Obj) -> Result<()> {
    let n = args::to_i32(n)?;
    // SAFETY: a system call.
    sent(unsafe { libc::raise(n) })
}

fn alarm(_: &Obj, seconds: &Obj) -> Result<u32> {
    let seconds = args::to_i32(seconds)?;
    // SAFETY: a system call.
    Ok(unsafe { libc::alarm(seconds as u32) })
}

fn pause(_: &Obj) -> Result<()> {
    // SAFETY: a system call.
    threads::allow(|| unsafe { libc::pause() });
    signals::check()
}

fn siginterrupt(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("siginterrupt", args, 2..=2)?;
    let (n, flag) = (number(args[0])?, args::to_i32(args[1])?);
    // SAFETY: a system call.
    let failed = unsafe {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed();
        libc::sigaction(n, ptr::null(), action.as_mut_ptr());
        let mut action = action.assume_init();
        if flag != 0 {
            action.sa_flags &= !libc::SA_RESTART;
        } else {
            action.sa_flags |= libc::SA_RESTART;
        }
        libc::sigaction(n, &action, ptr::null_mut()) < 0
    };
    if failed {
        Err(err::last_os_error(None))
    } else {
        Ok(())
    }
}

fn set_wakeup_fd(_: &Obj, [fd, warn]: [Option<&Obj>; 2]) -> Result<i32> {
    let fd = args::to_i32(fd.expect("required"))?;
    let warn = warn.map_or(Ok(true), object::is_true)?;
    if !threads::is_main_thread() {
        return raise!(
            ValueError,
            "set_wakeup_fd only works in main thread of the main interpreter"
        );
    }
    if fd != -1 {
        // SAFETY: a system call.
        let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
        if flags < 0 {
            return Err(err::last_os_error(None));
        }
        if flags & libc::O_NONBLOCK == 0 {
            return raise!(ValueError, "the fd {fd} must be in non-blocking mode");
        }
    }
    Ok(signals::set_wakeup_fd(fd, warn))
}

// ---- Timers ----

fn timeval(o: &Obj) -> Result<libc::timeval> {
    let ns = time::from_seconds(o, Round::Ceiling)?;
    let us = ns.div_euclid(1000) + i64::from(ns.rem_euclid(1000) != 0);
    Ok(libc::timeval {
        tv_sec: us.div_euclid(1_000_000),
        tv_usec: us.rem_euclid(1_000_000),
    })
}

fn seconds(t: libc::timeval) -> Ref {
    float::new(t.tv_sec as f64 + t.tv_usec as f64 / 1e6).into_obj()
}

fn timer(t: &libc::itimerval) -> Ref<PyTupleObject> {
    tuple::from_array([seconds(t.it_value), seconds(t.it_interval)])
}

fn setitimer(_: &Obj, args: &[&Obj]) -> Result<Ref<PyTupleObject>> {
    args::expect("setitimer", args, 2..=3)?;
    let which = args::to_i32(args[0])?;
    let value = timeval(args[1])?;
    let interval = match args.get(2) {
        Some(o) => timeval(o)?,
        None => libc::timeval {
            tv_sec: 0,
            tv_usec: 0,
        },
    };
    let new = libc::itimerval {
        it_interval: interval,
        it_value: value,
    };
    let mut old = MaybeUninit::<libc::itimerval>::zeroed();
    // SAFETY: both structs outlive the call.
    unsafe {
        if libc::setitimer(which as _, &new, old.as_mut_ptr()) != 0 {
            return Err(itimer_failed());
        }
        Ok(timer(&old.assume_init()))
    }
}

fn getitimer(_: &Obj, which: &Obj) -> Result<Ref<PyTupleObject>> {
    let which = args::to_i32(which)?;
    let mut now = MaybeUninit::<libc::itimerval>::zeroed();
    // SAFETY: the struct outlives the call.
    unsafe {
        if libc::getitimer(which as _, now.as_mut_ptr()) != 0 {
            return Err(itimer_failed());
        }
        Ok(timer(&now.assume_init()))
    }
}

// ---- Masks and waiting ----

fn empty_set() -> libc::sigset_t {
    let mut out = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: the call initialises it.
    unsafe {
        libc::sigemptyset(out.as_mut_ptr());
        out.assume_init()
    }
}

/// A set of signals from an iterable of numbers.
pub fn to_sigset(iterable: &Obj) -> Result<libc::sigset_t> {
    let mut out = empty_set();
    object::for_each(iterable, |item| {
        let n = match args::to_i64(&item) {
            Err(_) if err::clear_if(&exc::OverflowError) => -1,
            n => n?,
        };
        if n < 1 || n >= NSIG as i64 {
            return raise!(
                ValueError,
                "signal number {n} out of range [1; {}]",
                NSIG - 1
            );
        }
        // SAFETY: an initialised set. What the C library keeps for itself is refused, and ignored here as in C.
        unsafe { libc::sigaddset(&mut out, n as i32) };
        Ok(())
    })?;
    Ok(out)
}

fn from_sigset(mask: &libc::sigset_t) -> Result {
    let out = set::new_set(None)?;
    for n in 1..NSIG {
        // SAFETY: an initialised set.
        if unsafe { libc::sigismember(mask, n as i32) } == 1 {
            out.add(int::from_usize(n).as_obj())?;
        }
    }
    Ok(out.into_obj())
}

fn pthread_kill(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("pthread_kill", args, 2..=2)?;
    let thread = match args[0].downcast::<PyLongObject>().map(int::to_u64) {
        Some(Some(thread)) => thread,
        Some(None) => {
            return raise!(
                OverflowError,
                "Python int too large to convert to C unsigned long"
            );
        }
        None => {
            return raise!(
                TypeError,
                "pthread_kill() argument 1 must be int, not {}",
                args[0].tp_name()
            );
        }
    };
    let n = args::to_i32(args[1])?;
    // SAFETY: the caller names a thread of this process, as the documentation asks.
    let status = unsafe { libc::pthread_kill(thread, n) };
    if status != 0 {
        return Err(err::errno(status, None));
    }
    signals::check()
}

fn pthread_sigmask(_: &Obj, args: &[&Obj]) -> Result {
    args::expect("pthread_sigmask", args, 2..=2)?;
    let how = args::to_i32(args[0])?;
    let mask = to_sigset(args[1])?;
    let mut old = empty_set();
    // SAFETY: both sets outlive the call.
    let status = unsafe { libc::pthread_sigmask(how, &mask, &mut old) };
    if status != 0 {
        return Err(err::errno(status, None));
    }
    // Signals that were blocked may come now.
    signals::check()?;
    from_sigset(&old)
}

fn sigpending(_: &Obj) -> Result {
    let mut pending = empty_set();
    // SAFETY: the set outlives the call.
    if unsafe { libc::sigpending(&mut pending) } != 0 {
        return Err(err::last_os_error(None));
    }
    from_sigset(&pending)
}

fn sigwait(_: &Obj, sigset: &Obj) -> Result<i32> {
    let wanted = to_sigset(sigset)?;
    let mut n = 0;
    // SAFETY: set and number outlive the call.
    let status = threads::allow(|| unsafe { libc::sigwait(&wanted, &mut n) });
    if status != 0 {
        Err(err::errno(status, None))
    } else {
        Ok(n)
    }
}

fn siginfo(info: &libc::siginfo_t) -> Result {
    let number = |n: i64| int::from_i64(n).into_obj();
    // SAFETY: the fields overlay each other; reading those that do not apply gives junk, as in C.
    let (pid, uid, status) = unsafe { (info.si_pid(), info.si_uid(), info.si_status()) };
    // The band's field begins where the union does.
    // SAFETY: the struct is larger than that.
    let band = unsafe {
        ptr::from_ref(info)
            .cast::<u8>()
            .add(16)
            .cast::<i64>()
            .read()
    };
    let values = vec![
        number(i64::from(info.si_signo)),
        number(i64::from(info.si_code)),
        number(i64::from(info.si_errno)),
        number(i64::from(pid)),
        number(i64::from(uid)),
        number(i64::from(status)),
        number(band),
    ];
    Ok(structseq::new(siginfo_type()?, values)?.into_obj())
}

fn sigwaitinfo(_: &Obj, sigset: &Obj) -> Result {
    let wanted = to_sigset(sigset)?;
    loop {
        let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
        // SAFETY: set and struct outlive the call.
        let status = threads::allow(|| unsafe { libc::sigwaitinfo(&wanted, info.as_mut_ptr()) });
        if status != -1 {
            // SAFETY: filled in, and zeroed before.
            return siginfo(&unsafe { info.assume_init() });
        }
        retry()?;
    }
}

/// After a call that failed: `Ok` if a signal interrupted it and its handler has not raised.
fn retry() -> Result<()> {
    let errno = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
    if errno == libc::EINTR {
        signals::check()
    } else {
        Err(err::errno(errno, None))
    }
}

fn sigtimedwait(_: &Obj, args: &[&Obj]) -> Result {
    args::expect("sigtimedwait", args, 2..=2)?;
    let wanted = to_sigset(args[0])?;
    let timeout = time::from_seconds(args[1], Round::Ceiling)?;
    if timeout < 0 {
        return raise!(ValueError, "timeout must be non-negative");
    }
    let start = std::time::Instant::now();
    loop {
        let past = i64::try_from(start.elapsed().as_nanos()).unwrap_or(i64::MAX);
        let left = time::timespec((timeout - past).max(0));
        let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
        // SAFETY: set, struct and timeout outlive the call.
        let status =
            threads::allow(|| unsafe { libc::sigtimedwait(&wanted, info.as_mut_ptr(), &left) });
        if status != -1 {
            // SAFETY: filled in, and zeroed before.
            return siginfo(&unsafe { info.assume_init() });
        }
        if std::io::Error::last_os_error().raw_os_error() == Some(libc::EAGAIN) {
            return Ok(none());
        }
        retry()?;
        if past >= timeout {
            return Ok(none());
        }
    }
}

fn valid_signals(_: &Obj) -> Result {
    let mut all = empty_set();
    // SAFETY: the set outlives the call.
    unsafe { libc::sigfillset(&mut all) };
    from_sigset(&all)
}

fn pidfd_send_signal(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("pidfd_send_signal", args, 2..=4)?;
    let (pidfd, n) = (args::to_i32(args[0])?, args::to_i32(args[1])?);
    if args.get(2).is_some_and(|o| !o.is_none()) {
        return raise!(TypeError, "siginfo must be None");
    }
    let flags = args.get(3).map_or(Ok(0), |o| args::to_i32(o))?;
    // SAFETY: a system call without pointers.
    let status = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd,
            n,
            ptr::null::<libc::siginfo_t>(),
            flags,
        )
    };
    if status < 0 {
        Err(err::last_os_error(None))
    } else {
        Ok(())
    }
}

static CONSTANTS: &[(&str, i32)] = &[
    ("ITIMER_PROF", 2),
    ("ITIMER_REAL", 0),
    ("ITIMER_VIRTUAL", 1),
    ("NSIG", 65),
    ("SIGABRT", 6),
    ("SIGALRM", 14),
    ("SIGBUS", 7),
    ("SIGCHLD", 17),
    ("SIGCLD", 17),
    ("SIGCONT", 18),
    ("SIGFPE", 8),
    ("SIGHUP", 1),
    ("SIGILL", 4),
    ("SIGINT", 2),
    ("SIGIO", 29),
    ("SIGIOT", 6),
    ("SIGKILL", 9),
    ("SIGPIPE", 13),
    ("SIGPOLL", 29),
    ("SIGPROF", 27),
    ("SIGPWR", 30),
    ("SIGQUIT", 3),
    ("SIGRTMAX", 64),
    ("SIGRTMIN", 34),
    ("SIGSEGV", 11),
    ("SIGSTKFLT", 16),
    ("SIGSTOP", 19),
    ("SIGSYS", 31),
    ("SIGTERM", 15),
    ("SIGTRAP", 5),
    ("SIGTSTP", 20),
    ("SIGTTIN", 21),
    ("SIGTTOU", 22),
    ("SIGURG", 23),
    ("SIGUSR1", 10),
    ("SIGUSR2", 12),
    ("SIGVTALRM", 26),
    ("SIGWINCH", 28),
    ("SIGXCPU", 24),
    ("SIGXFSZ", 25),
    ("SIG_BLOCK", 0),
    ("SIG_DFL", 0),
    ("SIG_IGN", 1),
    ("SIG_SETMASK", 2),
    ("SIG_UNBLOCK", 1),
];
