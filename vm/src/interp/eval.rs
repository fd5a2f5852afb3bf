//! Entering the interpreter from native code.

use layout::*;

use super::bind::{self, Arguments};
use super::run::run;
use crate::code::{self, CodeParts};
use crate::err::Result;
use crate::frame::{self, Frame};
use crate::object::*;
use crate::opcodes::op;
use crate::stackref::StackRef;
use crate::state::{self, ThreadState};
use crate::types::dict::DictExt;
use crate::types::{bytes, function, module, str_, tuple};

/// Runs a frame in the loop of the memory manager in use.
///
/// # Safety
/// `frame` is complete and does not run; a frame on the data stack is the topmost.
#[inline]
pub unsafe fn eval_frame(ts: &'static ThreadState, frame: *mut Frame, throw: bool) -> Result {
    // SAFETY: the caller's. One loop serves all managers with the same facts.
    unsafe {
        if gc::facts().counts {
            run::<gc::RefCount>(ts, frame, throw)
        } else {
            gc::note_code();
            run::<gc::Conservative>(ts, frame, throw)
        }
    }
}

/// Runs code with these namespaces: `exec` and `eval`, modules, class bodies.
pub fn eval_code(code: &PyCodeObject, globals: &PyDictObject, locals: Option<&Obj>) -> Result {
    eval_with_closure(code, globals, locals, None)
}

/// As [`eval_code`], with cells for the free variables.
pub fn eval_with_closure(
    code: &PyCodeObject,
    globals: &PyDictObject,
    locals: Option<&Obj>,
    closure: Option<&PyTupleObject>,
) -> Result {
    let function = function::new(code, globals, None)?;
    if let Some(closure) = closure {
        function
            .func_closure
            .set_ref(Some(closure.to_ref().into_obj()));
    }
    eval_function(&function, Some(locals.unwrap_or(globals.as_obj())))
}

/// Runs a function without arguments, with `locals` for its namespace.
pub fn eval_function(f: &PyFunctionObject, locals: Option<&Obj>) -> Result {
    let ts = state::current();
    super::unwind::check_room(ts)?;
    let function = StackRef::owned(f.as_obj().new_ref());
    let frame = bind::push(
        ts,
        function,
        locals.map(Obj::new_ref),
        &Arguments {
            words: &[],
            keywords: None,
        },
    )?;
    // SAFETY: the frame was just pushed.
    unsafe { eval_frame(ts, frame, false) }
}

/// Calls a Python function: positional arguments, then the values of the keywords.
pub fn call_function(
    f: &PyFunctionObject,
    arguments: &[&Obj],
    keywords: Option<&PyTupleObject>,
) -> Result {
    let ts = state::current();
    super::unwind::check_room(ts)?;
    let code = bind::code_of(f);
    let plain = CO_VARARGS | CO_VARKEYWORDS;
    let fits = code.co_argcount.get() as usize == arguments.len()
        && code.co_kwonlyargcount.get() == 0
        && keywords.is_none()
        && code.co_flags.get() & (plain | CO_OPTIMIZED) == CO_OPTIMIZED;
    let function = StackRef::owned(f.as_obj().new_ref());
    let frame = if fits {
        let frame = bind::push_exact(ts, function, arguments.len())?;
        for (index, argument) in arguments.iter().enumerate() {
            bind::set_argument(frame, index, StackRef::<gc::RefCount>::new(argument));
        }
        frame
    } else {
        let words: Vec<StackRef> = arguments.iter().map(|o| StackRef::new(o)).collect();
        let locals = if code::has_flag(code, CO_OPTIMIZED) {
            None
        } else {
            f.func_globals.get_ref()
        };
        bind::push(
            ts,
            function,
            locals,
            &Arguments {
                words: &words,
                keywords,
            },
        )?
    };
    // SAFETY: the frame was just pushed.
    unsafe { eval_frame(ts, frame, false) }
}

/// The builtins that code with these globals sees: what `__builtins__` says, a module or a namespace, else the module's.
pub fn builtins_of(globals: &PyDictObject) -> Result {
    match globals.get_interned(crate::intern!("__builtins__")) {
        Some(found) if module::is_module(&found) => Ok(module::dict_of(&found).into_obj()),
        Some(found) => Ok(found),
        None => match frame::innermost(state::current()) {
            Some(frame) => Ok(frame.builtins().new_ref()),
            None => Ok(crate::runtime::builtins_dict().into_obj()),
        },
    }
}

// ---- The frame below an inlined `__init__` ----

struct InitCheck(core::cell::Cell<*mut PyObject>);

// SAFETY: written once, under the lock.
unsafe impl Sync for InitCheck {}

static INIT_CHECK: InitCheck = InitCheck(core::cell::Cell::new(core::ptr::null_mut()));

/// The code of that frame: it checks what `__init__` returned, and returns the instance.
fn init_check_code() -> Result<&'static PyCodeObject> {
    if INIT_CHECK.0.get().is_null() {
        let name = str_::new("__init__");
        let empty = bytes::new(&[]);
        let made = code::new(CodeParts {
            argcount: 0,
            posonlyargcount: 0,
            kwonlyargcount: 0,
            stacksize: 2,
            flags: CO_OPTIMIZED | CO_NO_MONITORING_EVENTS,
            code: bytes::new(&[op::EXIT_INIT_CHECK, 0, op::RETURN_VALUE, 0, op::RESUME, 0]),
            consts: tuple::empty(),
            names: tuple::empty(),
            localsplusnames: tuple::empty(),
            localspluskinds: empty.clone(),
            filename: str_::new("__init__"),
            name: name.clone(),
            qualname: name,
            firstlineno: 0,
            linetable: empty.clone(),
            exceptiontable: empty,
        })?;
        INIT_CHECK.0.set(made.into_raw());
    }
    // SAFETY: just made, and kept for good.
    Ok(unsafe { &*INIT_CHECK.0.get().cast() })
}

/// Pushes that frame, with the instance on its stack.
pub fn push_init_check(ts: &ThreadState, instance: &Obj) -> Result<*mut Frame> {
    let code = init_check_code()?;
    let frame = frame::push(ts, code.co_framesize.get() as usize)?;
    // SAFETY: fresh room of the frame's size.
    unsafe {
        frame.write(Frame::base(frame::current(ts), code::instructions(code)));
        (*frame).executable = StackRef::owned(code.as_obj().new_ref());
        (*frame).owner = frame::owner::THREAD;
        let stack = Frame::locals_start(frame);
        stack.write(StackRef::owned(instance.new_ref()));
        (*frame).stackpointer = stack.add(1);
    }
    Ok(frame)
}
