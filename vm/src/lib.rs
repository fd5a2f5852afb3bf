//! The runtime: objects, types, the interpreter, import.
//!
//! Start reading at [`object`] (references and how objects live), [`err`] (raising), [`method`] (builtin functions from
//! plain Rust), [`types`] (one file for each builtin type), [`interp`] (the bytecode loop), [`runtime`] (start-up).

pub mod args;
pub mod ast;
pub mod at_exit;
pub mod builtins;
pub mod code;
pub mod codecs;
pub mod doc;
pub mod err;
pub mod err_display;
pub mod format;
pub mod frame;
pub mod hash;
pub mod host;
pub mod imp;
pub mod import;
pub mod interp;
pub mod locale;
pub mod lock;
pub mod main_program;
pub mod marshal;
pub mod members;
pub mod method;
pub mod object;
pub mod opcodes;
pub mod paths;
pub mod pending_calls;
pub mod protocol;
pub mod runtime;
pub mod shutdown;
pub mod signals;
pub mod slots;
pub mod slots_buffer;
pub mod source;
pub mod stackref;
pub mod state;
pub mod stdio;
pub mod suggestions;
pub mod sys;
pub mod thread_handle;
pub mod threads;
pub mod tier;
pub mod time;
pub mod types;
pub mod unraisable;
pub mod warn;
pub mod watchers;

use err::Result;
use object::{Obj, ObjExt as _};

/// A builtin, as the code that runs sees it.
pub fn builtin(name: &Obj) -> Result {
    use types::dict::DictExt as _;
    let builtins = frame::current_builtins().unwrap_or_else(|| runtime::builtins_dict().into_obj());
    let found = match builtins.downcast::<layout::PyDictObject>() {
        Some(builtins) => builtins.get(name)?,
        None => err::suppress(
            protocol::object::getitem(&builtins, name),
            &err::exc::KeyError,
        )?,
    };
    match found {
        Some(found) => Ok(found),
        None => raise!(AttributeError, "{}", object::str_lossy(name)),
    }
}

/// Ends the process: the runtime cannot go on, and cannot raise either.
pub fn fatal(message: &str) -> ! {
    eprintln!("Fatal Python error: {message}");
    std::process::abort()
}
