//! Builtins that compile and run code: `compile`, `eval`, `exec`, `__import__`, `breakpoint`.

use compiler::Mode;
use layout::*;

use crate::args;
use crate::err::{self, Result, raise};
use crate::frame;
use crate::import as import_;
use crate::intern;
use crate::interp;
use crate::method::Args;
use crate::object::*;
use crate::protocol::{call, object};
use crate::runtime;
use crate::source;
use crate::types::cell;
use crate::types::dict::DictExt as _;
use crate::types::str_::{self, StrExt as _};
use crate::types::tuple::TupleExt as _;

pub fn import(_: &Obj, [name, globals, _locals, fromlist, level]: [Option<&Obj>; 5]) -> Result {
    let level = level.map_or(Ok(0), args::to_i32)?;
    import_::import_module_level(
        name.expect("required"),
        globals.filter(|g| !g.is_none()),
        fromlist,
        level,
    )
}

pub fn breakpoint(_: &Obj, given: Args<'_>) -> Result {
    let Some(hook) = runtime::sys_attribute("breakpointhook") else {
        return raise!(RuntimeError, "lost sys.breakpointhook");
    };
    let (args, kwargs) = call::to_tuple_and_dict(&given)?;
    call::call_tuple_dict(&hook, &args, kwargs.as_deref())
}

/// A path as text: str, bytes, or anything with `__fspath__`.
pub fn path_text(o: &Obj) -> Result<String> {
    let path = if o.is::<PyUnicodeObject>() || o.is::<PyBytesObject>() {
        o.new_ref()
    } else {
        match call::special(o, intern!("__fspath__"), &[])? {
            Some(p) => p,
            None => {
                return raise!(
                    TypeError,
                    "expected str, bytes or os.PathLike object, not {}",
                    o.tp_name()
                );
            }
        }
    };
    if let Some(s) = path.downcast::<PyUnicodeObject>() {
        let text = str_::to_string_lossy(s.as_obj());
        if text.contains('\0') {
            return raise!(ValueError, "embedded null character");
        }
        return Ok(text);
    }
    let data = object::get_buffer(&path, PyBUF_SIMPLE)?;
    Ok(String::from_utf8_lossy(data.bytes()).into_owned())
}

/// The future imports in force where the caller was compiled.
fn inherited_flags() -> u32 {
    frame::current_code().map_or(0, |c| c.co_flags.get() as u32 & compiler::flags::FUTURE)
}

const IGNORE_COOKIE: u32 = 0x0800;
const SOURCE_IS_UTF8: u32 = 0x0100;
const KNOWN: u32 = compiler::flags::DONT_IMPLY_DEDENT
    | compiler::flags::ONLY_AST
    | compiler::flags::TYPE_COMMENTS
    | compiler::flags::ALLOW_TOP_LEVEL_AWAIT
    | compiler::flags::ALLOW_INCOMPLETE_INPUT
    | 0x8000
    | compiler::flags::FUTURE
    | IGNORE_COOKIE
    | SOURCE_IS_UTF8
    | 0x10; // CO_NESTED, which old programs still pass.

pub fn compile(_: &Obj, given: [Option<&Obj>; 7]) -> Result {
    let [
        source_,
        filename,
        mode,
        flags,
        dont_inherit,
        optimize,
        feature_version,
    ] = given;
    let (source_, mode) = (source_.expect("required"), mode.expect("required"));
    let filename = path_text(filename.expect("required"))?;
    let Some(mode) = mode.downcast::<PyUnicodeObject>() else {
        return raise!(
            TypeError,
            "compile() argument 'mode' must be str, not {}",
            mode.tp_name()
        );
    };
    let mut flags = flags.map_or(Ok(0), args::to_i32)? as u32;
    if flags & !KNOWN != 0 {
        return raise!(ValueError, "compile(): unrecognised flags");
    }
    let optimize = match optimize.map_or(Ok(-1), args::to_i32)? {
        -1 => layout::Py_OptimizeFlag.get() as u8,
        n @ 0..=2 => n as u8,
        _ => return raise!(ValueError, "compile(): invalid optimize value"),
    };
    if !dont_inherit.map_or(Ok(false), object::is_true)? {
        flags |= inherited_flags();
    }
    let mode = match mode.as_str()? {
        "exec" => Mode::Exec,
        "eval" => Mode::Eval,
        "single" => Mode::Single,
        "func_type" => {
            if flags & compiler::flags::ONLY_AST == 0 {
                return raise!(
                    ValueError,
                    "compile() mode 'func_type' requires flag PyCF_ONLY_AST"
                );
            }
            Mode::FuncType
        }
        _ if flags & compiler::flags::ONLY_AST != 0 => {
            return raise!(
                ValueError,
                "compile() mode must be 'exec', 'eval', 'single' or 'func_type'"
            );
        }
        _ => {
            return raise!(
                ValueError,
                "compile() mode must be 'exec', 'eval' or 'single'"
            );
        }
    };
    if crate::ast::is_ast(source_)? {
        if flags & compiler::flags::ONLY_AST != 0 {
            return Ok(source_.new_ref());
        }
        return crate::ast::compile_tree(source_, &filename, mode, flags, optimize);
    }
    let text = source_text(source_, "compile", "string, bytes or AST object", &filename)?;
    if flags & compiler::flags::ONLY_AST != 0 {
        let mut options = source::options(flags, optimize);
        if let Ok(minor) = u8::try_from(feature_version.map_or(Ok(-1), args::to_i32)?) {
            options.feature_version = minor;
        }
        return crate::ast::parse(&text, &filename, mode, options);
    }
    source::compile_with(&text, &filename, mode, flags, optimize).map(Ref::into_obj)
}

/// Source as text: a str, or anything with bytes.
pub fn source_text(o: &Obj, function: &str, wanted: &str, filename: &str) -> Result<String> {
    if let Some(s) = o.downcast::<PyUnicodeObject>() {
        return Ok(s.as_str()?.to_owned());
    }
    let buffer = match object::get_buffer(o, PyBUF_SIMPLE) {
        Ok(b) => b,
        Err(_) => {
            err::clear();
            return raise!(TypeError, "{function}() arg 1 must be a {wanted}");
        }
    };
    source::decode(buffer.bytes(), filename).map(std::borrow::Cow::into_owned)
}

/// The globals to run in: those given, or the caller's; with `__builtins__` in them.
fn namespaces(
    function: &str,
    globals: Option<&Obj>,
    locals: Option<&Obj>,
) -> Result<(Ref<PyDictObject>, Ref)> {
    let globals = globals.filter(|g| !g.is_none());
    let locals = locals.filter(|l| !l.is_none());
    let (globals, locals) = match (globals, locals) {
        (Some(g), l) => (g.new_ref(), l.map_or_else(|| g.new_ref(), Obj::new_ref)),
        (None, l) => {
            let Some(g) = frame::current_globals() else {
                return raise!(
                    TypeError,
                    "{function} must be given globals and locals when called without a frame"
                );
            };
            (
                g,
                l.map_or_else(frame::current_locals, |l| Ok(l.new_ref()))?,
            )
        }
    };
    if !type_supports_items(&locals) {
        return raise!(
            TypeError,
            "locals must be a mapping or None, not {}",
            locals.tp_name()
        );
    }
    let globals = match globals.downcast_ref::<PyDictObject>() {
        Ok(g) => g,
        Err(other) if function == "eval" => {
            return if type_supports_items(&other) {
                raise!(
                    TypeError,
                    "globals must be a real dict; try eval(code, {{}}, mapping)"
                )
            } else {
                raise!(TypeError, "globals must be a dict")
            };
        }
        Err(other) => {
            return raise!(
                TypeError,
                "{function}() globals must be a dict, not {}",
                other.tp_name()
            );
        }
    };
    if globals.get(intern!("__builtins__"))?.is_none() {
        let builtins =
            frame::current_builtins().unwrap_or_else(|| runtime::builtins_dict().into_obj());
        globals.set(intern!("__builtins__"), &builtins)?;
    }
    Ok((globals, locals))
}

fn type_supports_items(o: &Obj) -> bool {
    // SAFETY: suites are null or valid.
    unsafe { o.ty().tp_as_mapping.get().as_ref() }.is_some_and(|m| m.mp_subscript.get().is_some())
}

pub fn eval(_: &Obj, [source_, globals, locals]: [Option<&Obj>; 3]) -> Result {
    let source_ = source_.expect("required");
    let (globals, locals) = namespaces("eval", globals, locals)?;
    if let Some(code) = source_.downcast::<PyCodeObject>() {
        if code.co_nfreevars.get() > 0 {
            return raise!(
                TypeError,
                "code object passed to eval() may not contain free variables"
            );
        }
        return interp::eval_code(code, &globals, Some(&locals));
    }
    let text = source_text(source_, "eval", "string, bytes or code object", "<string>")?;
    let trimmed = text.trim_start_matches([' ', '\t']);
    let code = source::compile_text(trimmed, "<string>", Mode::Eval, inherited_flags())?;
    interp::eval_code(&code, &globals, Some(&locals))
}

pub fn exec(_: &Obj, [source_, globals, locals, closure]: [Option<&Obj>; 4]) -> Result<()> {
    let source_ = source_.expect("required");
    let (globals, locals) = namespaces("exec", globals, locals)?;
    let closure = closure.filter(|c| !c.is_none());
    if let Some(code) = source_.downcast::<PyCodeObject>() {
        let free = code.co_nfreevars.get() as usize;
        if free == 0 {
            if closure.is_some() {
                return raise!(TypeError, "cannot use a closure with this code object");
            }
            return interp::eval_code(code, &globals, Some(&locals)).map(drop);
        }
        let cells = closure.and_then(|c| c.downcast_exact::<PyTupleObject>());
        let good = cells
            .is_some_and(|c| c.items().len() == free && c.items().iter().all(|i| cell::is_cell(i)));
        let Some(cells) = cells.filter(|_| good) else {
            return raise!(
                TypeError,
                "code object requires a closure of exactly length {free}"
            );
        };
        return interp::eval_with_closure(code, &globals, Some(&locals), Some(cells)).map(drop);
    }
    if closure.is_some() {
        return raise!(
            TypeError,
            "closure can only be used when source is a code object"
        );
    }
    let text = source_text(source_, "exec", "string, bytes or code object", "<string>")?;
    let code = source::compile_text(&text, "<string>", Mode::Exec, inherited_flags())?;
    interp::eval_code(&code, &globals, Some(&locals)).map(drop)
}
