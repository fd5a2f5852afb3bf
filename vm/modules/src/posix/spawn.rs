//! `posix_spawn`: a new process without a fork, for programs that need only simple things done first.

use core::mem::MaybeUninit;

use layout::*;

use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::object;

use super::call as system;
use super::convert;
use super::path::Path;
use super::process::{self, Strings};
use super::sched;
use crate::_signal;

/// Rows of the module's table.
pub static METHODS: &[PyMethodDef] = &[
    keywords!(
        "posix_spawn",
        posix_spawn,
        "($module, path, argv, env, /, *, file_actions=(), setpgroup=None, resetids=False, setsid=False, setsigmask=(), setsigdef=(), scheduler=None)"
    ),
    keywords!(
        "posix_spawnp",
        posix_spawnp,
        "($module, path, argv, env, /, *, file_actions=(), setpgroup=None, resetids=False, setsid=False, setsigmask=(), setsigdef=(), scheduler=None)"
    ),
];

const OPEN: i32 = 0;
const CLOSE: i32 = 1;
const DUP2: i32 = 2;
const CLOSE_FROM: i32 = 3;

unsafe extern "C" {
    static environ: *const *mut libc::c_char;
    fn posix_spawn_file_actions_addclosefrom_np(
        actions: *mut libc::posix_spawn_file_actions_t,
        from: i32,
    ) -> i32;
}

/// The flag that `posix_spawn` starts a session with.
const POSIX_SPAWN_SETSID: i32 = 0x80;

struct Actions(libc::posix_spawn_file_actions_t);

impl Drop for Actions {
    fn drop(&mut self) {
        // SAFETY: initialised once.
        unsafe { libc::posix_spawn_file_actions_destroy(&mut self.0) };
    }
}

struct Attributes(libc::posix_spawnattr_t);

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: initialised once.
        unsafe { libc::posix_spawnattr_destroy(&mut self.0) };
    }
}

fn check(code: i32) -> Result<()> {
    if code == 0 {
        Ok(())
    } else {
        Err(system::raise(code))
    }
}

fn file_actions(o: &Obj) -> Result<Actions> {
    if !object::is_sequence(o) {
        return raise!(TypeError, "file_actions must be a sequence or None");
    }
    let mut room = MaybeUninit::uninit();
    // SAFETY: the structure is there to be initialised.
    let mut actions = unsafe {
        check(libc::posix_spawn_file_actions_init(room.as_mut_ptr()))?;
        Actions(room.assume_init())
    };
    for action in object::to_vec(o)? {
        let Some(items @ [tag, ..]) = process::tuple_items(&action) else {
            return raise!(
                TypeError,
                "Each file_actions element must be a non-empty tuple"
            );
        };
        add_action(&mut actions.0, convert::int(tag)?, items)?;
    }
    Ok(actions)
}

fn add_action(
    actions: &mut libc::posix_spawn_file_actions_t,
    tag: i32,
    items: &[Ref],
) -> Result<()> {
    let int = |i: usize| convert::int(&items[i]);
    // SAFETY: the actions are initialised; the C library copies the name.
    unsafe {
        let code = match (tag, items.len()) {
            (OPEN, 5) => {
                let fd = int(1)?;
                let name = convert::fs_string(&items[2])?;
                libc::posix_spawn_file_actions_addopen(
                    actions,
                    fd,
                    name.as_ptr(),
                    int(3)?,
                    int(4)? as u32,
                )
            }
            (OPEN, _) => return raise!(TypeError, "A open file_action tuple must have 5 elements"),
            (CLOSE, 2) => libc::posix_spawn_file_actions_addclose(actions, int(1)?),
            (CLOSE, _) => {
                return raise!(TypeError, "A close file_action tuple must have 2 elements");
            }
            (DUP2, 3) => libc::posix_spawn_file_actions_adddup2(actions, int(1)?, int(2)?),
            (DUP2, _) => return raise!(TypeError, "A dup2 file_action tuple must have 3 elements"),
            (CLOSE_FROM, 2) => posix_spawn_file_actions_addclosefrom_np(actions, int(1)?),
            (CLOSE_FROM, _) => {
                return raise!(
                    TypeError,
                    "A closefrom file_action tuple must have 2 elements"
                );
            }
            _ => return raise!(TypeError, "Unknown file_actions identifier"),
        };
        check(code)
    }
}

struct Wishes<'a> {
    function: &'a str,
    group: Option<&'a Obj>,
    reset_ids: bool,
    session: bool,
    mask: Option<&'a Obj>,
    defaults: Option<&'a Obj>,
    scheduler: Option<&'a Obj>,
}

fn attributes(w: &Wishes<'_>) -> Result<Attributes> {
    let mut room = MaybeUninit::uninit();
    let mut flags = 0;
    // SAFETY: the structure is there to be initialised, and is from then on.
    unsafe {
        check(libc::posix_spawnattr_init(room.as_mut_ptr()))?;
        let mut a = Attributes(room.assume_init());
        if let Some(group) = w.group {
            check(libc::posix_spawnattr_setpgroup(
                &mut a.0,
                convert::int(group)?,
            ))?;
            flags |= libc::POSIX_SPAWN_SETPGROUP;
        }
        if w.reset_ids {
            flags |= libc::POSIX_SPAWN_RESETIDS;
        }
        if w.session {
            flags |= POSIX_SPAWN_SETSID;
        }
        if let Some(mask) = w.mask {
            let set = _signal::to_sigset(mask)?;
            check(libc::posix_spawnattr_setsigmask(&mut a.0, &set))?;
            flags |= libc::POSIX_SPAWN_SETSIGMASK;
        }
        if let Some(defaults) = w.defaults {
            let set = _signal::to_sigset(defaults)?;
            check(libc::posix_spawnattr_setsigdefault(&mut a.0, &set))?;
            flags |= libc::POSIX_SPAWN_SETSIGDEF;
        }
        if let Some(scheduler) = w.scheduler.filter(|s| !s.is_none()) {
            let Some(items) = process::tuple_items(scheduler) else {
                return raise!(
                    TypeError,
                    "{}: scheduler must be a tuple or None",
                    w.function
                );
            };
            let [policy, parameters] = items else {
                return raise!(TypeError, "A scheduler tuple must have two elements");
            };
            if !policy.is_none() {
                check(libc::posix_spawnattr_setschedpolicy(
                    &mut a.0,
                    convert::int(policy)?,
                ))?;
                flags |= libc::POSIX_SPAWN_SETSCHEDULER;
            }
            let parameters = sched::parameters(parameters)?;
            check(libc::posix_spawnattr_setschedparam(&mut a.0, &parameters))?;
            flags |= libc::POSIX_SPAWN_SETSCHEDPARAM;
        }
        check(libc::posix_spawnattr_setflags(&mut a.0, flags as i16))?;
        Ok(a)
    }
}

fn spawn(function: &str, search: bool, given: [Option<&Obj>; 10]) -> Result<i32> {
    let [
        path,
        argv,
        env,
        actions,
        group,
        reset_ids,
        session,
        mask,
        defaults,
        scheduler,
    ] = given;
    let path = Path::name(function, "path", path.unwrap_or(NONE()))?;
    let (reset_ids, session) = (
        convert::flag(reset_ids, false)?,
        convert::flag(session, false)?,
    );
    let message = |text: &str| format!("{function}: {text}");
    let argv = process::arguments(
        argv.unwrap_or(NONE()),
        &message("argv must be a tuple or list"),
        &message("argv must not be empty"),
        &message("argv first element cannot be empty"),
    )?;
    let env: Option<Strings> = match env.unwrap_or(NONE()) {
        env if env.is_none() => None,
        env if process::is_mapping(env) => Some(process::environment(env)?),
        _ => {
            return raise!(
                TypeError,
                "{function}: environment must be a mapping object or None"
            );
        }
    };
    let actions = match actions.filter(|a| !a.is_none()) {
        Some(actions) => Some(file_actions(actions)?),
        None => None,
    };
    let wishes = Wishes {
        function,
        group: group.filter(|g| !g.is_none()),
        reset_ids,
        session,
        mask,
        defaults,
        scheduler,
    };
    let attributes = attributes(&wishes)?;
    let mut pid = 0;
    // SAFETY: strings that end with NUL, in tables that end with null; the structures are initialised.
    let code = unsafe {
        let env = env.as_ref().map_or(environ, Strings::as_mut_ptr);
        let actions = actions
            .as_ref()
            .map_or(core::ptr::null(), |a| &raw const a.0);
        let spawn = if search {
            libc::posix_spawnp
        } else {
            libc::posix_spawn
        };
        spawn(
            &mut pid,
            path.as_ptr(),
            actions,
            &attributes.0,
            argv.as_mut_ptr(),
            env,
        )
    };
    if code == 0 {
        Ok(pid)
    } else {
        Err(path.error(code))
    }
}

fn posix_spawn(_: &Obj, given: [Option<&Obj>; 10]) -> Result<i32> {
    spawn("posix_spawn", false, given)
}

fn posix_spawnp(_: &Obj, given: [Option<&Obj>; 10]) -> Result<i32> {
    spawn("posix_spawnp", true, given)
}
