//! What the child of `fork_exec` does until its program runs.
//!
//! Invariant: between fork and exec nothing allocates, locks, or touches an object, except for the Python function, for
//! which the child was made by a real fork. A failure is told through the error pipe, as text that `subprocess` parses.

use core::ffi::{CStr, c_int, c_void};
use core::mem::MaybeUninit;
use core::ptr;
use std::ffi::CString;

use crate::posix::call::{self, Status};
use crate::posix::files;

/// What is to be done in the child, all of it made before.
pub struct Plan<'a> {
    pub programs: &'a [CString],
    pub argv: *const *const libc::c_char,
    /// None is the parent's environment.
    pub env: Option<*const *const libc::c_char>,
    pub cwd: Option<&'a CStr>,
    pub close_fds: bool,
    pub keep: &'a [i32],
    /// Both ends of the pipes of stdin, stdout, stderr and errors; -1 is none.
    pub pipes: [i32; 8],
    pub restore_signals: bool,
    pub new_session: bool,
    /// A process group to enter; -1 is none.
    pub group: i32,
    pub groups: Option<&'a [u32]>,
    pub gid: Option<u32>,
    pub uid: Option<u32>,
    /// -1 is none.
    pub umask: i32,
    /// The signals blocked before the parent blocked all, if the child shares its memory.
    pub old_mask: MaybeUninit<libc::sigset_t>,
}

/// Why the child does not run its program.
enum Failure {
    /// A system call failed, before the Python function could run, while doing something or nothing worth mentioning.
    Before(i32, &'static [u8]),
    /// The Python function raised.
    Function,
    /// The program can't be run.
    Exec(i32),
}

fn ok(answer: c_int, doing: &'static [u8]) -> Result<(), Failure> {
    if answer == -1 {
        Err(Failure::Before(call::errno(), doing))
    } else {
        Ok(())
    }
}

const NOTHING: &[u8] = b"noexec";
const CHDIR: &[u8] = b"noexec:chdir";

fn set_inheritable(fd: c_int, inheritable: bool) -> Result<(), Failure> {
    // SAFETY: asks about a descriptor and changes its flags.
    unsafe {
        let flags = libc::fcntl(fd, libc::F_GETFD);
        ok(flags, NOTHING)?;
        let wanted = if inheritable {
            flags & !libc::FD_CLOEXEC
        } else {
            flags | libc::FD_CLOEXEC
        };
        if wanted != flags {
            ok(libc::fcntl(fd, libc::F_SETFD, wanted), NOTHING)
        } else {
            Ok(())
        }
    }
}

/// Puts `from` where the program expects `to`.
fn place(from: c_int, to: c_int) -> Result<(), Failure> {
    match from {
        -1 => Ok(()),
        _ if from == to => set_inheritable(to, true),
        // SAFETY: replaces a descriptor.
        _ => ok(unsafe { libc::dup2(from, to) }, NOTHING),
    }
}

/// Moves a descriptor away from the standard ones below `above`.
fn move_up(fd: &mut c_int, above: c_int) -> Result<(), Failure> {
    while *fd >= 0 && *fd < above {
        // SAFETY: copies a descriptor.
        *fd = unsafe { libc::dup(*fd) };
        ok(*fd, NOTHING)?;
    }
    Ok(())
}

fn prepare(plan: &Plan<'_>, preexec: Option<&mut dyn FnMut() -> bool>) -> Result<(), Failure> {
    let [
        to_read,
        to_write,
        out_read,
        mut out_write,
        err_read,
        mut err_write,
        errors_read,
        errors,
    ] = plan.pipes;
    for fd in plan.keep {
        if *fd != errors {
            set_inheritable(*fd, true)?;
        }
    }
    for parent in [to_write, out_read, err_read, errors_read] {
        if parent != -1 {
            // SAFETY: closes what only the parent uses.
            unsafe { libc::close(parent) };
        }
    }
    // What lies where another one belongs is moved first.
    if out_write == 0 {
        move_up(&mut out_write, 1)?;
    }
    move_up(&mut err_write, 2)?;
    place(to_read, 0)?;
    place(out_write, 1)?;
    place(err_write, 2)?;
    // SAFETY: system calls on the child's own state; the texts end with NUL.
    unsafe {
        if let Some(cwd) = plan.cwd {
            ok(libc::chdir(cwd.as_ptr()), CHDIR)?;
        }
        if plan.umask >= 0 {
            libc::umask(plan.umask as libc::mode_t);
        }
        if plan.restore_signals {
            for signal in [libc::SIGPIPE, libc::SIGXFSZ] {
                libc::signal(signal, libc::SIG_DFL);
            }
        }
        if plan.new_session {
            ok(libc::setsid(), NOTHING)?;
        }
        if plan.group >= 0 {
            ok(libc::setpgid(0, plan.group), NOTHING)?;
        }
        if let Some(groups) = plan.groups {
            ok(libc::setgroups(groups.len(), groups.as_ptr()), NOTHING)?;
        }
        if let Some(gid) = plan.gid {
            ok(libc::setregid(gid, gid), NOTHING)?;
        }
        if let Some(uid) = plan.uid {
            ok(libc::setreuid(uid, uid), NOTHING)?;
        }
    }
    if let Some(preexec) = preexec
        && !preexec()
    {
        return Err(Failure::Function);
    }
    if plan.close_fds {
        close_others(plan.keep);
    }
    Ok(())
}

/// Closes everything above the standard descriptors but what is kept, which is in ascending order.
fn close_others(keep: &[i32]) {
    let mut low = 3;
    for &fd in keep {
        if fd < low {
            continue;
        }
        if fd > low {
            files::close_range(low, fd - 1);
        }
        low = fd + 1;
    }
    files::close_range(low, i32::MAX);
}

fn exec(plan: &Plan<'_>) -> Failure {
    let mut code = 0;
    for program in plan.programs {
        // SAFETY: strings that end with NUL, in tables that end with null.
        unsafe {
            match plan.env {
                Some(env) => libc::execve(program.as_ptr(), plan.argv, env),
                None => libc::execv(program.as_ptr(), plan.argv),
            };
        }
        let now = call::errno();
        // A file that is there but can't be run says more than one that isn't.
        if now != libc::ENOENT && now != libc::ENOTDIR && code == 0 {
            code = now;
        }
    }
    Failure::Exec(if code != 0 { code } else { call::errno() })
}

fn tell(fd: c_int, parts: &[&[u8]]) {
    for part in parts {
        // SAFETY: the bytes are there to be read; nobody can be told of an error here.
        unsafe { libc::write(fd, part.as_ptr().cast(), part.len()) };
    }
}

/// A number in hexadecimal, at the end of some room.
fn hex(mut n: u32, room: &mut [u8; 8]) -> &[u8] {
    let mut at = room.len();
    loop {
        at -= 1;
        room[at] = b"0123456789ABCDEF"[(n & 15) as usize];
        n >>= 4;
        if n == 0 {
            return &room[at..];
        }
    }
}

/// Does what is planned; comes back only by ending the child.
pub fn run(plan: &Plan<'_>, preexec: Option<&mut dyn FnMut() -> bool>) -> ! {
    let failure = match prepare(plan, preexec) {
        Ok(()) => exec(plan),
        Err(failure) => failure,
    };
    let errors = plan.pipes[7];
    let mut room = [0; 8];
    match failure {
        Failure::Function => tell(
            errors,
            &[b"SubprocessError:0:Exception occurred in preexec_fn."],
        ),
        Failure::Before(code, doing) => tell(
            errors,
            &[b"OSError:", hex(code as u32, &mut room), b":", doing],
        ),
        Failure::Exec(code) => tell(errors, &[b"OSError:", hex(code as u32, &mut room), b":"]),
    }
    // SAFETY: ends the child without running what the parent has left to do.
    unsafe { libc::_exit(255) }
}

/// Starts the child with a copy of the parent's memory.
pub fn fork(plan: &Plan<'_>) -> Status<i32> {
    // SAFETY: the child only makes system calls until it runs its program.
    unsafe {
        let pid = libc::fork();
        if pid == 0 {
            run(plan, None);
        }
        call::status(pid)
    }
}

const STACK: usize = 256 * 1024;

extern "C" fn start(plan: *mut c_void) -> c_int {
    // SAFETY: the parent waits in `borrow_memory`, which has the plan.
    let plan = unsafe { &*plan.cast::<Plan<'_>>() };
    // No handler of the parent's may run in its memory: they are gone before signals come in again.
    // SAFETY: the child's own dispositions and mask; the mask was written by the parent.
    unsafe {
        for signal in 1..65 {
            let mut action = MaybeUninit::<libc::sigaction>::zeroed();
            if libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) == 0 {
                let handler = action.assume_init_ref().sa_sigaction;
                if handler != libc::SIG_DFL && handler != libc::SIG_IGN {
                    libc::signal(signal, libc::SIG_DFL);
                }
            }
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, plan.old_mask.as_ptr(), ptr::null_mut());
    }
    run(plan, None)
}

/// Starts the child in the parent's memory, on a stack of its own; the parent waits until the program runs.
pub fn borrow_memory(mut plan: Plan<'_>) -> Status<i32> {
    // SAFETY: the stack is ours, and freed after the child has left it; all signals are blocked meanwhile.
    unsafe {
        let stack = libc::mmap(
            ptr::null_mut(),
            STACK,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_STACK,
            -1,
            0,
        );
        if stack == libc::MAP_FAILED {
            return Err(call::errno());
        }
        let mut all = MaybeUninit::uninit();
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), plan.old_mask.as_mut_ptr());
        let top = stack.cast::<u8>().add(STACK).cast();
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
        let pid = call::status(libc::clone(start, top, flags, (&raw mut plan).cast()));
        libc::pthread_sigmask(libc::SIG_SETMASK, plan.old_mask.as_ptr(), ptr::null_mut());
        libc::munmap(stack, STACK);
        pid
    }
}
