//! Start-up, and running the main program.
//!
//! Order matters: the heap, the hash key, interned strings, types, `builtins` and `sys`, then the import system (two frozen
//! Python modules), then the standard streams and `site`, then the program. `shutdown` goes the other way.

use core::ptr;
use std::fs::File;
use std::path::PathBuf;

use layout::*;

use crate::err::{Result, exc};
use crate::method::ModuleDef;
use crate::object::*;
use crate::protocol::object;
use crate::state::ThreadState;
use crate::types::dict::{self, DictExt as _};
use crate::types::{list, module, str_};
use crate::{host, import, slots, threads, types};

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
    /// Installs a second tier; called once the memory manager is chosen.
    pub second_tier: Option<fn()>,
    /// A tracing manager collects when the heap is so many times what lived after its last collection.
    pub gc_heap_factor: Option<f64>,
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
    if let Some(factor) = config.gc_heap_factor {
        gc::set_heap_factor(factor);
    }
    set_flags(&config);
    gc::install_host(&host::VmHost);
    // What start-up makes stays: nothing of it is worth a collection.
    gc::disable();
    if let Some(install) = config.second_tier {
        install();
    }
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
    import::import("_signal")?;
    streams()?;
    if !crate::runtime::config().warn_options.is_empty() {
        import::import("warnings")?;
    }
    gc::settle();
    gc::enable();
    if !crate::runtime::config().no_site {
        import::import("site")?;
        gc::settle();
    }
    gc::note_started();
    Ok(ts)
}

/// The configuration as C's global variables tell it.
fn set_flags(c: &Config) {
    use layout::*;
    let flags = [
        (&Py_BytesWarningFlag, c.bytes_warning),
        (&Py_DebugFlag, c.debug),
        (&Py_DontWriteBytecodeFlag, c.dont_write_bytecode.into()),
        (&Py_HashRandomizationFlag, (c.hash_seed != Some(0)).into()),
        (&Py_IgnoreEnvironmentFlag, c.ignore_environment.into()),
        (&Py_InspectFlag, c.inspect.into()),
        (&Py_IsolatedFlag, c.isolated.into()),
        (&Py_NoSiteFlag, c.no_site.into()),
        (&Py_NoUserSiteDirectory, c.no_user_site.into()),
        (&Py_OptimizeFlag, c.optimize),
        (&Py_QuietFlag, c.quiet.into()),
        (&Py_UTF8Mode, c.utf8_mode.into()),
        (&Py_UnbufferedStdioFlag, c.unbuffered.into()),
        (&Py_VerboseFlag, c.verbose),
    ];
    for (flag, value) in flags {
        flag.set(i32::from(value));
    }
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
    let io = import::import("_io")?;
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
    if crate::main_program::prompts_afterwards(config()) {
        return crate::main_program::interact();
    }
    code
}

/// A list of str.
pub fn str_list(items: &[String]) -> Ref {
    list::from_vec(items.iter().map(|s| str_::new(s).into_obj()).collect()).into_obj()
}

/// Whether an exception is `SystemExit`.
pub fn is_system_exit(e: &Obj) -> bool {
    is_instance_of(e, &exc::SystemExit)
}
