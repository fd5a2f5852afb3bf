//! `pythonrun.h`, `compile.h`, `codecs.h`: running source text; encodings by name.

use core::ffi::{c_char, c_int};
use core::ptr;

use layout::*;
use vm::codecs::{handlers, registry};
use vm::err::{self, Result, raise};
use vm::object::*;
use vm::protocol::{call, object};
use vm::types::{int, str_, tuple};

use crate::shape::*;

/// The modes of `compile()` by their start symbols.
const MODES: [(c_int, &str); 3] = [
    (Py_single_input, "single"),
    (Py_file_input, "exec"),
    (Py_eval_input, "eval"),
];

fn compiled(source: &[u8], filename: &Obj, start: c_int, flags: c_int, optimize: c_int) -> Result {
    let Some((_, mode)) = MODES.iter().find(|(number, _)| *number == start) else {
        return raise!(ValueError, "invalid start symbol {start}");
    };
    let compile = object::getattr_str(vm::runtime::builtins(), "compile")?;
    let number = |n: c_int| int::from_i64(i64::from(n));
    // Text has no need of a comment that tells its encoding.
    let source = match flags & PyCF_IGNORE_COOKIE {
        0 => vm::types::bytes::new(source).into_obj(),
        _ => vm::codecs::decode_utf8(source, None)?,
    };
    let flags = flags & !PyCF_IGNORE_COOKIE;
    call::call(
        &compile,
        &[
            &source,
            filename,
            str_::intern_str(mode),
            number(flags).as_obj(),
            TRUE(),
            number(optimize).as_obj(),
        ],
    )
}

unsafe fn flags_of(flags: *const PyCompilerFlags) -> c_int {
    // SAFETY: the caller's, or null.
    unsafe { flags.as_ref() }.map_or(0, |f| {
        f.cf_flags & (PyCF_MASK | PyCF_ONLY_AST | PyCF_TYPE_COMMENTS | PyCF_IGNORE_COOKIE)
    })
}

unsafe fn run(
    source: *const c_char,
    start: c_int,
    globals: P,
    locals: P,
    flags: *const PyCompilerFlags,
) -> P {
    // SAFETY: the caller's arguments are C's.
    unsafe {
        let source = core::ffi::CStr::from_ptr(source).to_bytes();
        let name = str_::intern_str("<string>");
        new(run_source(source, name, start, globals, locals, flags))
    }
}

/// Compiles source text and runs it.
///
/// # Safety
/// The pointers are objects and flags, or null.
pub unsafe fn run_source(
    source: &[u8],
    name: &Obj,
    start: c_int,
    globals: P,
    locals: P,
    flags: *const PyCompilerFlags,
) -> Result {
    // SAFETY: the caller's.
    unsafe {
        let code = compiled(source, name, start, flags_of(flags), -1)?;
        let Some(globals) = opt(globals).and_then(|g| g.downcast::<PyDictObject>()) else {
            return raise!(SystemError, "globals must be a real dict");
        };
        vm::interp::eval_code(code.cast(), globals, opt(locals))
    }
}

/// What the registry knows of an encoding.
unsafe fn entry(encoding: *const c_char) -> Result {
    if encoding.is_null() {
        return raise!(TypeError, "bad argument type for built-in operation");
    }
    // SAFETY: C text.
    registry::lookup(&unsafe { text(encoding) })
}

/// Item `i` of what the registry knows of an encoding.
unsafe fn codec(encoding: *const c_char, i: isize) -> Result {
    // SAFETY: C text or null.
    object::sequence_item(&*unsafe { entry(encoding) }?, i)
}

unsafe fn made(encoding: *const c_char, name: &str, args: &[*const P]) -> P {
    // SAFETY: C text; the arguments are objects or null.
    unsafe {
        let given: Vec<&Obj> = args.iter().filter_map(|p| opt(**p)).collect();
        new(entry(encoding).and_then(|c| call::call_method(&c, name, &given)))
    }
}

/// The text of an optional C argument as an object.
unsafe fn text_object(p: *const c_char) -> P {
    if p.is_null() {
        ptr::null_mut()
    } else {
        // SAFETY: the caller passes a C string.
        str_::intern_str(&unsafe { text(p) }).as_ptr()
    }
}

api! {
    fn PyRun_StringFlags(source: *const c_char, start: c_int, globals: P, locals: P, flags: *mut PyCompilerFlags) -> P { run(source, start, globals, locals, flags) }
    fn PyRun_String(source: *const c_char, start: c_int, globals: P, locals: P) -> P { run(source, start, globals, locals, ptr::null()) }
    fn PyRun_SimpleStringFlags(source: *const c_char, flags: *mut PyCompilerFlags) -> c_int {
        let main = crate::import::PyImport_AddModule(c"__main__".as_ptr());
        if main.is_null() { return -1; }
        let d = vm::types::module::dict_of(b(main));
        let result = run(source, Py_file_input, d.as_ptr(), d.as_ptr(), flags);
        if result.is_null() { crate::pyerrors::PyErr_Print(); return -1; }
        decref(result);
        0
    }
    fn PyRun_SimpleString(source: *const c_char) -> c_int { PyRun_SimpleStringFlags(source, ptr::null_mut()) }
    fn Py_CompileString(source: *const c_char, file: *const c_char, start: c_int) -> P { Py_CompileStringExFlags(source, file, start, ptr::null_mut(), -1) }
    fn Py_CompileStringFlags(source: *const c_char, file: *const c_char, start: c_int, flags: *mut PyCompilerFlags) -> P { Py_CompileStringExFlags(source, file, start, flags, -1) }
    fn Py_CompileStringExFlags(source: *const c_char, file: *const c_char, start: c_int, flags: *mut PyCompilerFlags, optimize: c_int) -> P {
        let file = match vm::codecs::fs_decode(core::ffi::CStr::from_ptr(file).to_bytes()) { Ok(f) => f, Err(_) => return ptr::null_mut() };
        Py_CompileStringObject(source, file.as_ptr(), start, flags, optimize)
    }
    fn Py_CompileStringObject(source: *const c_char, file: P, start: c_int, flags: *mut PyCompilerFlags, optimize: c_int) -> P {
        new(compiled(core::ffi::CStr::from_ptr(source).to_bytes(), b(file), start, flags_of(flags), optimize))
    }
    fn PyEval_MergeCompilerFlags(flags: *mut PyCompilerFlags) -> c_int {
        if let Some(code) = vm::frame::current_code() { (*flags).cf_flags |= code.co_flags.get() & PyCF_MASK; }
        c_int::from((*flags).cf_flags != 0)
    }
    fn PyEval_EvalCodeEx(code: P, globals: P, locals: P, args: *const P, n: c_int, keywords: *const P, n_keywords: c_int, defaults: *const P, n_defaults: c_int, kwdefaults: P, closure: P) -> P {
        let run = || -> Result {
            let Some(globals) = b(globals).downcast::<PyDictObject>() else {
                return raise!(SystemError, "PyEval_EvalCodeEx: globals must be a real dict");
            };
            if opt(kwdefaults).is_some_and(|d| !d.is::<PyDictObject>()) {
                return Err(err::bad_internal_call());
            }
            // The body of a class or module takes no arguments; a function keeps its locals itself.
            let body: &PyCodeObject = b(code).cast();
            if body.co_flags.get() & CO_OPTIMIZED == 0 && n == 0 && n_keywords == 0 && closure.is_null() {
                return vm::interp::eval_code(body, globals, opt(locals));
            }
            let slice = |p: *const P, n: c_int| if n > 0 { vm::method::arguments(p, n as usize) } else { &[] };
            let f = vm::types::function::new(body, globals, None)?;
            if n_defaults > 0 { f.func_defaults.set_ref(Some(tuple::from_slice(slice(defaults, n_defaults)).into_obj())); }
            f.func_kwdefaults.set_ref(Ref::from_borrowed_opt(kwdefaults));
            f.func_closure.set_ref(Ref::from_borrowed_opt(closure));
            let d = vm::types::dict::new();
            for pair in slice(keywords, 2 * n_keywords).chunks(2) { vm::types::dict::DictExt::set(&*d, pair[0], pair[1])?; }
            call::call_tuple_dict(f.as_obj(), &tuple::from_slice(slice(args, n)), Some(&d))
        };
        new(run())
    }

    fn PyCodec_Register(search: P) -> c_int { status(registry::register(b(search))) }
    fn PyCodec_Unregister(search: P) -> c_int { status(registry::unregister(b(search))) }
    fn PyCodec_KnownEncoding(encoding: *const c_char) -> c_int {
        match registry::lookup(&text(encoding)) { Ok(_) => 1, Err(_) => { err::clear(); 0 } }
    }
    fn PyCodec_Encoder(encoding: *const c_char) -> P { new(codec(encoding, 0)) }
    fn PyCodec_Decoder(encoding: *const c_char) -> P { new(codec(encoding, 1)) }
    fn PyCodec_IncrementalEncoder(encoding: *const c_char, errors: *const c_char) -> P { made(encoding, "incrementalencoder", &[&text_object(errors)]) }
    fn PyCodec_IncrementalDecoder(encoding: *const c_char, errors: *const c_char) -> P { made(encoding, "incrementaldecoder", &[&text_object(errors)]) }
    fn PyCodec_StreamReader(encoding: *const c_char, stream: P, errors: *const c_char) -> P { made(encoding, "streamreader", &[&stream, &text_object(errors)]) }
    fn PyCodec_StreamWriter(encoding: *const c_char, stream: P, errors: *const c_char) -> P { made(encoding, "streamwriter", &[&stream, &text_object(errors)]) }
    fn PyCodec_RegisterError(name: *const c_char, handler: P) -> c_int { status(handlers::register(&text(name), b(handler))) }
    fn PyCodec_LookupError(name: *const c_char) -> P { if name.is_null() { new(handlers::lookup("strict")) } else { new(handlers::lookup(&text(name))) } }
    fn PyCodec_StrictErrors(e: P) -> P { handled("strict", e) }
    fn PyCodec_IgnoreErrors(e: P) -> P { handled("ignore", e) }
    fn PyCodec_ReplaceErrors(e: P) -> P { handled("replace", e) }
    fn PyCodec_XMLCharRefReplaceErrors(e: P) -> P { handled("xmlcharrefreplace", e) }
    fn PyCodec_BackslashReplaceErrors(e: P) -> P { handled("backslashreplace", e) }
    fn PyCodec_NameReplaceErrors(e: P) -> P { handled("namereplace", e) }
}

unsafe fn handled(handler: &str, e: P) -> P {
    // SAFETY: the caller passes an exception.
    new(handlers::lookup(handler).and_then(|h| call::call1(&h, unsafe { b(e) })))
}
