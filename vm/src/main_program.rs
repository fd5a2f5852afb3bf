//! Running the main program: a command, a module, a script, or standard input.

use core::ptr;
use std::io::{IsTerminal as _, Read as _};
use std::path::Path;
use std::sync::OnceLock;

use layout::*;

use crate::err::{self, Result, exc, raise};
use crate::import;
use crate::intern;
use crate::object::*;
use crate::protocol::{call, object};
use crate::runtime::{self, Config, Program};
use crate::source;
use crate::types::dict::DictExt as _;
use crate::types::{cfunction, module, str_};

/// Runs it in `__main__`.
pub fn run(config: &Config) -> Result<()> {
    let main = main_module()?;
    match &config.program {
        Program::Command(text) => {
            prepend_path(config, "")?;
            let globals = module::dict_of(&main);
            set_loader(&globals, "BuiltinImporter")?;
            let code = source::compile_text(text, "<string>", compiler::Mode::Exec, 0)?;
            source::register(code.as_obj(), "<string>", text)?;
            crate::interp::eval_code(&code, &globals, None).map(drop)
        }
        Program::Module(name) => run_module(name, true),
        Program::Script(path) => run_path(config, &main, path),
        Program::Stdin => {
            prepend_path(config, "")?;
            if config.inspect || std::io::stdin().is_terminal() {
                let code = interact();
                return if code == 0 {
                    Ok(())
                } else {
                    Err(err::set_object(
                        &exc::SystemExit,
                        crate::types::int::from_i64(i64::from(code)).as_obj(),
                    ))
                };
            }
            let mut data = Vec::new();
            if let Err(e) = std::io::stdin().read_to_end(&mut data) {
                return Err(err::errno(e.raw_os_error().unwrap_or(0), None));
            }
            run_source(&main, &data, "<stdin>")
        }
    }
}

/// `sys.modules["__main__"]`, made if it is not there.
pub fn main_module() -> Result {
    let modules = runtime::modules();
    if let Some(m) = modules.get_str("__main__") {
        return Ok(m);
    }
    let m = module::new("__main__");
    module::dict_of(&m).set(intern!("__builtins__"), runtime::builtins())?;
    modules.set_str("__main__", &m)?;
    Ok(m)
}

fn set_loader(globals: &PyDictObject, class: &str) -> Result<()> {
    let loader = object::getattr_str(&*import::bootstrap()?, class)?;
    globals.set(intern!("__loader__"), &loader)
}

static SCRIPT_FOLDER: OnceLock<String> = OnceLock::new();

/// What was put at the front of `sys.path` for the program: the script's folder, or nothing for the current one. `None`
/// if nothing was put there.
pub fn script_folder() -> Option<&'static str> {
    SCRIPT_FOLDER.get().map(String::as_str)
}

/// Whether a module's file lies in the script's folder, where it may hide another of the same name.
pub fn is_in_script_folder(origin: &str) -> bool {
    let (Some(folder), Some((mut place, file))) = (script_folder(), origin.rsplit_once('/')) else {
        return false;
    };
    if file == "__init__.py" {
        place = place.rsplit_once('/').map_or("", |(parent, _)| parent);
    }
    if folder.is_empty() {
        return std::env::current_dir().is_ok_and(|here| here.to_string_lossy() == place);
    }
    folder == place
}

/// Puts the script's folder at the front of `sys.path`, unless the options say that it is unsafe.
fn prepend_path(config: &Config, folder: &str) -> Result<()> {
    if config.safe_path || config.isolated {
        return Ok(());
    }
    let _ = SCRIPT_FOLDER.set(folder.to_owned());
    let Some(path) = runtime::sys_attribute("path") else {
        return Ok(());
    };
    call::call_method(
        &path,
        "insert",
        &[
            crate::types::int::from_i64(0).as_obj(),
            str_::new(folder).as_obj(),
        ],
    )?;
    Ok(())
}

fn run_module(name: &str, set_argv0: bool) -> Result<()> {
    if set_argv0 {
        // The current folder comes first while the module is looked for; runpy sets argv[0].
        let here = std::env::current_dir()
            .map(|p| p.to_string_lossy().into_owned())
            .unwrap_or_default();
        prepend_path(runtime::config(), &here)?;
    }
    let runpy = import::import("runpy")?;
    let f = object::getattr_str(&runpy, "_run_module_as_main")?;
    call::call(&f, &[str_::new(name).as_obj(), &bool_(set_argv0)]).map(drop)
}

fn run_path(config: &Config, main: &Obj, path: &Path) -> Result<()> {
    let text = path.to_string_lossy().into_owned();
    // A folder or zip file with a `__main__` is an entry of sys.path.
    if importer_for(&text)?.is_some() {
        if !config.isolated {
            let Some(sys_path) = runtime::sys_attribute("path") else {
                return Ok(());
            };
            call::call_method(
                &sys_path,
                "insert",
                &[
                    crate::types::int::from_i64(0).as_obj(),
                    str_::new(&text).as_obj(),
                ],
            )?;
        }
        return run_module("__main__", false);
    }
    let data = match std::fs::read(path) {
        Ok(data) => data,
        Err(e) => {
            let program = &config.executable;
            eprintln!(
                "{program}: can't open file '{}': [Errno {}] {}",
                std::path::absolute(path)
                    .unwrap_or_else(|_| path.to_path_buf())
                    .display(),
                e.raw_os_error().unwrap_or(0),
                crate::err::strerror(e.raw_os_error().unwrap_or(0))
            );
            return Err(err::set_object(
                &exc::SystemExit,
                crate::types::int::from_i64(2).as_obj(),
            ));
        }
    };
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let folder = real
        .parent()
        .map(|p| p.to_string_lossy().into_owned())
        .unwrap_or_default();
    prepend_path(config, &folder)?;
    let globals = module::dict_of(main);
    let text = std::path::absolute(path).map_or(text, |p| p.to_string_lossy().into_owned());
    globals.set_str("__file__", str_::new(&text).as_obj())?;
    globals.set_str("__cached__", NONE())?;
    if text.ends_with(".pyc") {
        set_file_loader(&globals, "SourcelessFileLoader", &text)?;
        return run_pyc(main, &data);
    }
    set_file_loader(&globals, "SourceFileLoader", &text)?;
    run_source(main, &data, &text)
}

/// Sets `__loader__` to a loader of this class for the main program's file.
pub fn set_file_loader(globals: &PyDictObject, class: &str, path: &str) -> Result<()> {
    let Some(external) = import::bootstrap_external() else {
        return Ok(());
    };
    let class = object::getattr_str(&external, class)?;
    let loader = call::call(&class, &[intern!("__main__"), str_::new(path).as_obj()])?;
    globals.set(intern!("__loader__"), &loader)
}

/// The path hook that takes this path, if it is a folder or an archive.
fn importer_for(path: &str) -> Result<Option<Ref>> {
    if Path::new(path).is_file() && !is_zip(path) {
        return Ok(None);
    }
    let pkgutil = runtime::sys_attribute("path_hooks").unwrap_or_else(none);
    for hook in object::to_vec(&pkgutil)? {
        match call::call1(&hook, str_::new(path).as_obj()) {
            Ok(finder) => return Ok(Some(finder)),
            Err(raised) => {
                if !err::clear_if(&exc::ImportError) {
                    return Err(raised);
                }
            }
        }
    }
    Ok(None)
}

fn is_zip(path: &str) -> bool {
    let Ok(data) = std::fs::read(path) else {
        return false;
    };
    let tail = &data[data.len().saturating_sub(65_557)..];
    tail.windows(4).any(|w| w == b"PK\x05\x06")
}

fn run_source(main: &Obj, data: &[u8], name: &str) -> Result<()> {
    let globals = module::dict_of(main);
    let code = source::compile_script(data, name)?;
    crate::interp::eval_code(&code, &globals, None).map(drop)
}

/// Runs the content of a `.pyc` file as the main program.
pub fn run_pyc(main: &Obj, data: &[u8]) -> Result<()> {
    const MAGIC: u32 = 3627 | 0x0a0d_0000;
    let magic = data.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
    if magic.is_some_and(|magic| magic != MAGIC) {
        return raise!(RuntimeError, "Bad magic number in .pyc file");
    }
    let Some((_, body)) = data.split_at_checked(16) else {
        return raise!(EOFError, "EOF read where not expected");
    };
    let Ok(code) = crate::marshal::load_code(body) else {
        err::clear();
        return raise!(RuntimeError, "Bad code object in .pyc file");
    };
    crate::interp::eval_code(&code, &module::dict_of(main), None).map(drop)
}

/// Whether `-i` starts a prompt after the program: a program that is typed in is one itself.
pub fn prompts_afterwards(config: &Config) -> bool {
    layout::Py_InspectFlag.get() != 0 && !matches!(config.program, Program::Stdin)
}

/// A line for the prompt where nobody sits at a terminal: the prompt goes to the standard error.
fn read_line(_: &Obj, prompt: &Obj) -> Result {
    crate::err_display::write_stderr(&str_lossy(prompt));
    let Some(stdin) = runtime::sys_attribute("stdin") else {
        return raise!(RuntimeError, "lost sys.stdin");
    };
    let line = call::call_method(&stdin, "readline", &[])?;
    let text = str_lossy(&line);
    if text.is_empty() {
        return raise!(EOFError, "EOF when reading a line");
    }
    Ok(str_::new(text.strip_suffix('\n').unwrap_or(&text)).into_obj())
}

static READ_LINE: PyMethodDef = crate::o!("readline", read_line, "");

/// The interactive prompt; the answer is the exit code.
pub fn interact() -> i32 {
    let run = || -> Result<()> {
        let globals = module::dict_of(&*main_module()?);
        let code_module = import::import("code")?;
        let interact = object::getattr_str(&code_module, "interact")?;
        let config = runtime::config();
        let banner = if config.quiet {
            str_::empty().into_obj()
        } else {
            banner()
        };
        let exit_message = str_::empty();
        let reader = match std::io::stdin().is_terminal() {
            true => none(),
            false => cfunction::new(ptr::from_ref(&READ_LINE).cast_mut(), None, None),
        };
        call::call_kw(
            &interact,
            &[],
            &[
                ("banner", &banner),
                ("readfunc", &reader),
                ("local", globals.as_obj()),
                ("exitmsg", exit_message.as_obj()),
            ],
        )?;
        Ok(())
    };
    match run() {
        Ok(()) => 0,
        Err(_) => crate::err_display::print_uncaught(),
    }
}

fn banner() -> Ref {
    let version = runtime::sys_attribute("version").map_or_else(String::new, |v| str_lossy(&v));
    str_::new(&format!(
        "Python {version} on linux\nType \"help\", \"copyright\", \"credits\" or \"license\" for more information."
    ))
    .into_obj()
}
