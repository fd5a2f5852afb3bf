//! Start-up, running the main program, and shutdown.
//!
//! Order matters: the heap, the hash key, interned strings, types, `builtins` and `sys`, then the import system (two frozen
//! Python modules), then the standard streams and `site`, then the program. Shutdown goes the other way.

use core::ptr;
use std::fs::File;
use std::path::PathBuf;

use layout::*;

use crate::err::{self, Result, exc};
use crate::method::ModuleDef;
use crate::object::*;
use crate::protocol::{call, object};
use crate::state::ThreadState;
use crate::types::dict::{self, DictExt as _};
use crate::types::{list, module, str_};
use crate::{host, import, intern, slots, threads, types};

/// What to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// `-c COMMAND`
    Command(String),
    /// `-m MODULE`
    Module(String),
    /// A script, a folder or a zip file.
    Script(PathBuf),
    /// `-`, or nothing: standard input.
    Stdin,
}

/// How a check of `.pyc` files against their source's hash is made (`--check-hash-based-pycs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckHashPycs {
    /// By the file's own flag.
    Default,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Everything that the command line and the environment decide.
pub struct Config {
    /// What to run.
    pub program: Program,
    /// `sys.argv`.
    pub argv: Vec<String>,
    /// `sys.orig_argv`.
    pub orig_argv: Vec<String>,
    /// `sys.executable`.
    pub executable: String,
    /// The name of the memory manager.
    pub manager: String,
    /// Collect at every Nth allocation.
    pub gc_stress: Option<u64>,
    /// Where collections are written as JSON lines.
    pub gc_stats: Option<PathBuf>,
    /// A standard library to use instead of the one built in.
    pub stdlib: Option<PathBuf>,
    /// `-d`
    pub debug: u8,
    /// `-i`
    pub inspect: bool,
    /// `-O`, `-OO`
    pub optimize: u8,
    /// `-B`
    pub dont_write_bytecode: bool,
    /// `-s`
    pub no_user_site: bool,
    /// `-S`
    pub no_site: bool,
    /// `-E`
    pub ignore_environment: bool,
    /// `-v`
    pub verbose: u8,
    /// `-b`
    pub bytes_warning: u8,
    /// `-q`
    pub quiet: bool,
    /// `-I`
    pub isolated: bool,
    /// `-u`
    pub unbuffered: bool,
    /// `-P`
    pub safe_path: bool,
    /// `-X dev`
    pub dev_mode: bool,
    /// `-X utf8`
    pub utf8_mode: bool,
    /// `-X warn_default_encoding`
    pub warn_default_encoding: bool,
    /// `-X int_max_str_digits`
    pub int_max_str_digits: Option<i32>,
    /// `-X faulthandler`
    pub faulthandler: bool,
    /// `-X importtime`
    pub import_time: u8,
    /// `-X tracemalloc`
    pub tracemalloc: u32,
    /// `-W` and `PYTHONWARNINGS`
    pub warn_options: Vec<String>,
    /// `-X`
    pub x_options: Vec<(String, Option<String>)>,
    /// `PYTHONPATH`
    pub python_path: Vec<String>,
    /// `PYTHONHASHSEED`: none is random.
    pub hash_seed: Option<u32>,
    /// `PYTHONPYCACHEPREFIX`, `-X pycache_prefix`
    pub pycache_prefix: Option<String>,
    /// `--check-hash-based-pycs`
    pub check_hash_pycs: CheckHashPycs,
    /// `PYTHONIOENCODING`
    pub stdio_encoding: Option<String>,
    /// The errors part of `PYTHONIOENCODING`.
    pub stdio_errors: Option<String>,
    /// `PYTHONSTARTUP`, for interactive use.
    pub startup: Option<String>,
}

struct Runtime {
    config: Config,
    builtins: Ref,
    sys: Ref,
    modules: Ref<PyDictObject>,
}

static RUNTIME: Global<*const Runtime> = Global::new(ptr::null());
/// An address that stands for the interpreter: extensions only compare and pass it.
static INTERPRETER: Global<usize> = Global::new(0);
static NATIVE_MODULES: Global<&'static [&'static ModuleDef]> = Global::new(&[]);

fn runtime() -> &'static Runtime {
    // SAFETY: set once by `start`, before anything asks.
    match unsafe { RUNTIME.get().as_ref() } {
        Some(r) => r,
        None => crate::fatal("the runtime has not started"),
    }
}

/// The configuration the process was started with.
pub fn config() -> &'static Config {
    &runtime().config
}

/// Whether start-up has come as far as having modules.
pub fn is_started() -> bool {
    !RUNTIME.get().is_null()
}

/// The interpreter's identity for C.
pub fn interpreter() -> *mut PyInterpreterState {
    (&raw const INTERPRETER).cast_mut().cast()
}

/// The `builtins` module.
pub fn builtins() -> &'static Obj {
    runtime().builtins.as_obj()
}

/// The dict of the `builtins` module.
pub fn builtins_dict() -> Ref<PyDictObject> {
    module::dict_of(builtins())
}

/// The `sys` module.
pub fn sys() -> &'static Obj {
    runtime().sys.as_obj()
}

/// `sys.modules` as it was made; a program may have replaced the attribute.
pub fn modules() -> Ref<PyDictObject> {
    runtime().modules.clone()
}

/// A loaded module by its name.
pub fn modules_get(name: &str) -> Option<Ref> {
    modules().get_str(name)
}

/// An attribute of `sys`; `None` if it is missing.
pub fn sys_attribute(name: &str) -> Option<Ref> {
    if !is_started() {
        return None;
    }
    module::dict_of(sys()).get_str(name)
}

/// Sets an attribute of `sys`.
pub fn set_sys_attribute(name: &str, value: &Obj) -> Result<()> {
    module::dict_of(sys()).set_str(name, value)
}

/// The native modules that `import` finds by name.
pub fn native_modules() -> &'static [&'static ModuleDef] {
    NATIVE_MODULES.get()
}

/// Starts the runtime: afterwards Python code can run. `native` are the modules beside those of this crate.
pub fn start(
    config: Config,
    native: &'static [&'static ModuleDef],
) -> Result<&'static ThreadState> {
    let stats = config
        .gc_stats
        .as_ref()
        .map(|path| match File::create(path) {
            Ok(file) => file,
            Err(e) => {
                eprintln!("tandem: cannot write {}: {e}", path.display());
                std::process::exit(2);
            }
        });
    if !gc::init(&config.manager, config.gc_stress, stats) {
        crate::fatal("the memory manager was chosen twice");
    }
    gc::install_host(&host::VmHost);
    crate::locale::init();
    crate::hash::set_key(match config.hash_seed {
        Some(seed) => num::hash::Key::from_seed(seed),
        None => random_key(),
    });
    threads::set_main_thread();
    let ts = threads::new_state();
    threads::acquire(ts);
    threads::add_state(ts);
    threads::set_main_state(ts);
    slots::init();
    types::init()?;
    NATIVE_MODULES.set(native);
    let modules = dict::new();
    let builtins = module::new("builtins");
    let sys = module::new("sys");
    RUNTIME.set(Box::into_raw(Box::new(Runtime {
        config,
        builtins: builtins.clone(),
        sys: sys.clone(),
        modules: modules.clone(),
    })));
    crate::builtins::init(&builtins)?;
    modules.set_str("builtins", &builtins)?;
    modules.set_str("sys", &sys)?;
    module::dict_of(&sys).set_str("modules", modules.as_obj())?;
    crate::sys::init(&sys)?;
    crate::signals::init();
    import::start()?;
    streams()?;
    if !crate::runtime::config().no_site {
        import::import("site")?;
    }
    Ok(ts)
}

/// A hash key that nobody can guess.
fn random_key() -> num::hash::Key {
    let mut bytes = [0u8; 16];
    // SAFETY: writes at most that many bytes.
    unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
    num::hash::Key::from_bytes(bytes)
}

/// `sys.stdin`, `sys.stdout`, `sys.stderr`, and `open`.
fn streams() -> Result<()> {
    let io = import::import("io")?;
    let open = object::getattr_str(&io, "open")?;
    builtins_dict().set_str("open", &open)?;
    crate::stdio::init(&io)
}

// ---- The main program ----

/// Runs the program of the configuration; the answer is the exit code.
pub fn run_main() -> i32 {
    gc::start_stress();
    let done = crate::main_program::run(config());
    let code = match done {
        Ok(()) => 0,
        Err(_) => crate::err_display::print_uncaught(),
    };
    if config().inspect && crate::main_program::is_interactive_possible() {
        return crate::main_program::interact();
    }
    code
}

// ---- Shutdown ----

/// Waits for threads, runs exit functions, flushes the streams, tears modules down. The exit code may change: output that
/// cannot be written is an error.
pub fn finish(ts: &'static ThreadState, code: i32) -> i32 {
    wait_for_threads();
    crate::at_exit::run();
    let mut code = flush_streams(code);
    threads::begin_finalizing(ts);
    crate::sys::set_finalizing();
    tear_down();
    if flush_streams(0) != 0 {
        code = 120;
    }
    gc::stop_stress();
    gc::finish();
    code
}

fn wait_for_threads() {
    let Some(threading) = modules().get_str("threading") else {
        return;
    };
    if call::call_method(&threading, "_shutdown", &[]).is_err() {
        err::write_unraisable(None, Some("Exception ignored on threading shutdown"));
    }
}

fn flush_streams(code: i32) -> i32 {
    let mut code = code;
    for name in ["stdout", "stderr"] {
        let Some(stream) = sys_attribute(name).filter(|s| !s.is_none()) else {
            continue;
        };
        let closed = object::getattr_opt(&stream, intern!("closed"))
            .ok()
            .flatten();
        if closed.is_some_and(|c| c.is_same(TRUE())) {
            continue;
        }
        if call::call_method(&stream, "flush", &[]).is_err() {
            if name == "stdout" {
                err::write_unraisable(
                    Some(&stream),
                    Some("Exception ignored while flushing sys.stdout"),
                );
                code = 120;
            } else {
                err::clear();
            }
        }
    }
    err::clear();
    code
}

/// Clears the modules in CPython's order: names first that programs hide, then the rest, `sys` and `builtins` last.
fn tear_down() {
    let modules = modules();
    let mut all = Vec::new();
    let mut pos = 0;
    while let Some((name, m, _)) = modules.next(&mut pos) {
        all.push((name, m));
    }
    for name in [
        "path",
        "argv",
        "ps1",
        "ps2",
        "last_exc",
        "last_type",
        "last_value",
        "last_traceback",
        "path_hooks",
        "path_importer_cache",
        "meta_path",
    ] {
        if set_sys_attribute(name, NONE()).is_err() {
            err::clear();
        }
    }
    let mut weak = Vec::new();
    for (name, m) in all {
        if module::is_module(&m) {
            if let Ok(reference) = types::weakref::new_ref(&m, None) {
                weak.push((name.clone(), reference));
            }
        }
        if modules.set(&name, NONE()).is_err() {
            err::clear();
        }
        drop(m);
    }
    modules.clear();
    gc::collect(gc::GENERATIONS - 1, gc::Reason::Shutdown);
    for (_, reference) in weak.iter().rev() {
        let Some(m) = types::weakref::get(reference) else {
            continue;
        };
        if m.is_same(sys()) || m.is_same(builtins()) {
            continue;
        }
        clear_namespace(&module::dict_of(&m));
    }
    gc::collect(gc::GENERATIONS - 1, gc::Reason::Shutdown);
    err::clear();
}

/// Sets a dying module's names to None: those with one underscore first, then all but `__builtins__`.
fn clear_namespace(d: &PyDictObject) {
    let names = match d.copy() {
        Ok(copy) => copy,
        Err(_) => return err::clear(),
    };
    for hidden in [true, false] {
        let mut pos = 0;
        while let Some((name, value, _)) = names.next(&mut pos) {
            let text = str_::to_string_lossy(&name);
            let is_hidden = text.starts_with('_') && !text[1..].starts_with('_');
            if value.is_none() || text == "__builtins__" || is_hidden != hidden {
                continue;
            }
            if d.set(&name, NONE()).is_err() {
                err::clear();
            }
        }
    }
}

/// A list of str.
pub fn str_list(items: &[String]) -> Ref {
    list::from_vec(items.iter().map(|s| str_::new(s).into_obj()).collect()).into_obj()
}

/// Whether an exception is `SystemExit`.
pub fn is_system_exit(e: &Obj) -> bool {
    is_instance_of(e, &exc::SystemExit)
}
