//! Shutdown: threads, exit functions, the streams, then the modules.
//!
//! Taking the modules down only matters to those who can see something die: finalizers, callbacks of weak references,
//! native code of extensions. Where there is none, the process just ends, and the kernel takes the memory.

use layout::*;

use crate::err;
use crate::frame::phase;
use crate::import;
use crate::intern;
use crate::object::*;
use crate::protocol::{call, object};
use crate::runtime::{builtins, modules, set_sys_attribute, sys, sys_attribute};
use crate::state::ThreadState;
use crate::threads;
use crate::types::dict::DictExt as _;
use crate::types::generator::Generator;
use crate::types::list::ListExt as _;
use crate::types::{self, module, str_};

/// Waits for threads, runs exit functions, flushes the streams, takes the modules down. The exit code may change: output that
/// cannot be written is an error.
pub fn finish(ts: &'static ThreadState, code: i32) -> i32 {
    wait_for_threads();
    crate::at_exit::run();
    threads::begin_finalizing(ts);
    crate::sys::set_finalizing();
    let mut code = flush_streams(code);
    if has_witnesses() {
        tear_down();
        if flush_streams(0) != 0 {
            code = 120;
        }
    }
    gc::stop_stress();
    crate::at_exit::run_native();
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
            code = 120;
            if name == "stdout" {
                err::write_unraisable(
                    Some(&stream),
                    Some("Exception ignored while flushing sys.stdout"),
                );
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
        if module::is_module(&m)
            && let Ok(reference) = types::weakref::new_ref(&m, None)
        {
            weak.push((name.clone(), reference));
        }
        if modules.set(&name, NONE()).is_err() {
            err::clear();
        }
        drop(m);
    }
    modules.clear();
    forget_import_locks();
    collect_all();
    for (_, reference) in weak.iter().rev() {
        let Some(m) = types::weakref::get(reference) else {
            continue;
        };
        if m.is_same(sys()) || m.is_same(builtins()) {
            continue;
        }
        clear_namespace(&module::dict_of(&m));
    }
    collect_all();
    err::clear();
}

/// Clears the weak references to the locks of modules. Where nobody counts, such a lock may die after the import system's
/// module, which their callbacks need.
fn forget_import_locks() {
    let locks = import::bootstrap().and_then(|m| object::getattr_str(&m, "_module_locks"));
    let locks = locks.and_then(|locks| match locks.downcast::<PyDictObject>() {
        Some(d) => d.copy(),
        None => Ok(types::dict::new()),
    });
    let Ok(locks) = locks else {
        return err::clear();
    };
    let mut pos = 0;
    while let Some((_, reference, _)) = locks.next(&mut pos) {
        if let Some(reference) = types::weakref::as_weakref(&reference) {
            types::weakref::clear_one(reference);
        }
    }
}

fn collect_all() {
    gc::collect(
        gc::GENERATIONS - 1,
        gc::Reason::Shutdown,
        gc::NativeStack::Whole,
    );
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

// ---- Whether anything can be seen to die ----

static SILENT: Global<*const PyMethodDef> = Global::new(core::ptr::null());

/// Names a native callback of weak references that only tidies a set of them up.
pub fn set_silent_callback(method: &'static PyMethodDef) {
    SILENT.set(method);
}

/// Modules of the library whose functions, as callbacks of weak references, only tidy a container up.
const TIDY: [&str; 3] = [
    "<frozen _weakrefset>",
    "<frozen weakref>",
    "<frozen importlib._bootstrap>",
];

/// Whether the death of some object that is still there may have effects beyond memory.
fn has_witnesses() -> bool {
    if layout::Py_VerboseFlag.get() > 0 || import::has_extensions() || gc::get_debug() != 0 {
        return true;
    }
    if crate::host::lists().garbage.len() > 0 {
        return true;
    }
    let Some(streams) = standard_streams() else {
        return true;
    };
    gc::any_object(|o| {
        // SAFETY: an object that was not freed.
        let o = unsafe { &*o };
        is_witness(o) && !streams.iter().any(|stream| stream.is_same(o))
    })
}

/// The standard streams with their layers, which were flushed; `None` if the program put others in their place, or if they
/// are no longer in one piece.
fn standard_streams() -> Option<Vec<Ref>> {
    let mut layers = Vec::new();
    for name in ["stdin", "stdout", "stderr"] {
        let stream = sys_attribute(&format!("__{name}__"))?;
        if name != "stdin" && !sys_attribute(name)?.is_same(&stream) {
            return None;
        }
        if stream.is_none() {
            continue;
        }
        let buffer = quiet_attribute(&stream, "buffer")?;
        // Without buffering, the text goes straight to the file.
        layers.extend(quiet_attribute(&buffer, "raw"));
        layers.extend([stream, buffer]);
    }
    Some(layers)
}

/// An attribute of an object of a native type.
fn quiet_attribute(o: &Obj, name: &str) -> Option<Ref> {
    if has_flag(o.ty(), FLAG_PYTHON_CLASS) {
        return None;
    }
    let found = object::getattr_opt(o, str_::intern_str(name));
    found.unwrap_or_else(|_| {
        err::clear();
        None
    })
}

fn is_witness(o: &Obj) -> bool {
    if o.is::<PyWeakReference>() {
        // SAFETY: just checked.
        let reference = unsafe { o.cast::<PyWeakReference>() };
        return reference
            .wr_callback
            .borrow_obj()
            .is_some_and(|callback| !is_silent(callback));
    }
    let tp = o.ty();
    if tp.tp_finalize.get().is_none() && tp.tp_del.get().is_none() {
        return false;
    }
    !is_idle_generator(o)
}

/// Whether it is a generator that has nothing to do when it is closed: it has ended, or has not begun, of which only a
/// coroutine complains.
fn is_idle_generator(o: &Obj) -> bool {
    let is_exactly = |tp: &PyTypeObject| core::ptr::eq(o.ty(), tp);
    let is_coroutine = is_exactly(&PyCoro_Type);
    if !is_coroutine && !is_exactly(&PyGen_Type) && !is_exactly(&PyAsyncGen_Type) {
        return false;
    }
    // SAFETY: the three types have the layout in common.
    match unsafe { o.cast::<Generator>() }.frame_state.get() {
        phase::CREATED => !is_coroutine,
        state => state >= phase::COMPLETED,
    }
}

/// Whether a callback of a weak reference has no effects.
fn is_silent(callback: &Obj) -> bool {
    if let Some(native) = callback.downcast::<PyCFunctionObject>() {
        return core::ptr::eq(native.m_ml.get(), SILENT.get());
    }
    let code = callback
        .downcast::<PyFunctionObject>()
        .and_then(|f| f.func_code.get_ref());
    let file = code
        .as_ref()
        .and_then(|code| code.downcast::<PyCodeObject>())
        .and_then(|code| code.co_filename.get_ref());
    file.is_some_and(|file| TIDY.contains(&str_::to_string_lossy(&file).as_str()))
}
