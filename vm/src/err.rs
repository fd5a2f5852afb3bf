//! Raising and catching: the exception being raised is in the thread state, as CPython has it.
//!
//! A function that can raise returns [`Result`], whose error is an empty token; so `Result<Ref>` is one word and turns
//! into C's "null and an error set" for free. Invariant: a [`Raised`] exists exactly while an exception is set.

use core::fmt;
use core::ptr;

use layout::*;

use crate::object::*;
use crate::state;

/// Proof that an exception is set in the thread state.
#[derive(Debug)]
#[must_use]
pub struct Raised(());

impl Raised {
    /// For C code that answered "error": trusts that it has set one, or sets `SystemError`.
    pub fn assume() -> Raised {
        if !occurred() {
            return new(
                &exc::SystemError,
                format_args!("error return without exception set"),
            );
        }
        Raised(())
    }
}

/// What a function that can raise returns.
pub type Result<T = Ref> = core::result::Result<T, Raised>;

/// The exception types, by their Python names.
pub mod exc {
    pub use layout::{
        _PyExc_ArithmeticError as ArithmeticError, _PyExc_AssertionError as AssertionError,
        _PyExc_AttributeError as AttributeError, _PyExc_BaseException as BaseException,
        _PyExc_BaseExceptionGroup as BaseExceptionGroup, _PyExc_BlockingIOError as BlockingIOError,
        _PyExc_BrokenPipeError as BrokenPipeError, _PyExc_BufferError as BufferError,
        _PyExc_BytesWarning as BytesWarning, _PyExc_ChildProcessError as ChildProcessError,
        _PyExc_ConnectionAbortedError as ConnectionAbortedError,
        _PyExc_ConnectionError as ConnectionError,
        _PyExc_ConnectionRefusedError as ConnectionRefusedError,
        _PyExc_ConnectionResetError as ConnectionResetError,
        _PyExc_DeprecationWarning as DeprecationWarning, _PyExc_EOFError as EOFError,
        _PyExc_EncodingWarning as EncodingWarning, _PyExc_Exception as Exception,
        _PyExc_FileExistsError as FileExistsError, _PyExc_FileNotFoundError as FileNotFoundError,
        _PyExc_FloatingPointError as FloatingPointError, _PyExc_FutureWarning as FutureWarning,
        _PyExc_GeneratorExit as GeneratorExit, _PyExc_ImportError as ImportError,
        _PyExc_ImportWarning as ImportWarning,
        _PyExc_IncompleteInputError as _IncompleteInputError,
        _PyExc_IndentationError as IndentationError, _PyExc_IndexError as IndexError,
        _PyExc_InterruptedError as InterruptedError, _PyExc_IsADirectoryError as IsADirectoryError,
        _PyExc_KeyError as KeyError, _PyExc_KeyboardInterrupt as KeyboardInterrupt,
        _PyExc_LookupError as LookupError, _PyExc_MemoryError as MemoryError,
        _PyExc_ModuleNotFoundError as ModuleNotFoundError, _PyExc_NameError as NameError,
        _PyExc_NotADirectoryError as NotADirectoryError,
        _PyExc_NotImplementedError as NotImplementedError, _PyExc_OSError as OSError,
        _PyExc_OverflowError as OverflowError,
        _PyExc_PendingDeprecationWarning as PendingDeprecationWarning,
        _PyExc_PermissionError as PermissionError, _PyExc_ProcessLookupError as ProcessLookupError,
        _PyExc_PythonFinalizationError as PythonFinalizationError,
        _PyExc_RecursionError as RecursionError, _PyExc_ReferenceError as ReferenceError,
        _PyExc_ResourceWarning as ResourceWarning, _PyExc_RuntimeError as RuntimeError,
        _PyExc_RuntimeWarning as RuntimeWarning, _PyExc_StopAsyncIteration as StopAsyncIteration,
        _PyExc_StopIteration as StopIteration, _PyExc_SyntaxError as SyntaxError,
        _PyExc_SyntaxWarning as SyntaxWarning, _PyExc_SystemError as SystemError,
        _PyExc_SystemExit as SystemExit, _PyExc_TabError as TabError,
        _PyExc_TimeoutError as TimeoutError, _PyExc_TypeError as TypeError,
        _PyExc_UnboundLocalError as UnboundLocalError,
        _PyExc_UnicodeDecodeError as UnicodeDecodeError,
        _PyExc_UnicodeEncodeError as UnicodeEncodeError, _PyExc_UnicodeError as UnicodeError,
        _PyExc_UnicodeTranslateError as UnicodeTranslateError,
        _PyExc_UnicodeWarning as UnicodeWarning, _PyExc_UserWarning as UserWarning,
        _PyExc_ValueError as ValueError, _PyExc_Warning as Warning,
        _PyExc_ZeroDivisionError as ZeroDivisionError,
    };
}

/// An `Err` that raises: `return raise!(ValueError, "bad {}", x)`.
#[macro_export]
macro_rules! raise {
    ($exc:ident, $($arg:tt)*) => {
        ::core::result::Result::Err($crate::err::new(&$crate::err::exc::$exc, ::core::format_args!($($arg)*)))
    };
}
pub use raise;

/// Raises `tp(msg)`.
#[cold]
#[inline(never)]
pub fn new(tp: &PyTypeObject, msg: fmt::Arguments<'_>) -> Raised {
    if !has_flag(tp, Py_TPFLAGS_READY) {
        crate::fatal(&format!("error during start-up: {msg}"));
    }
    let text = match msg.as_str() {
        Some(s) => crate::types::str_::new(s),
        None => crate::types::str_::new(&msg.to_string()),
    };
    set_object(tp, text.as_obj())
}

/// Raises `tp(value)`; a tuple is spread over the arguments, an exception is raised as it is.
#[cold]
pub fn set_object(tp: &PyTypeObject, value: &Obj) -> Raised {
    let exception = if is_instance_of(value, tp) {
        Ok(value.new_ref())
    } else if value.is_none() {
        crate::protocol::call::call0(tp.as_obj())
    } else if let Some(args) = value.downcast::<PyTupleObject>() {
        crate::protocol::call::call_tuple_dict(tp.as_obj(), args, None)
    } else {
        crate::protocol::call::call1(tp.as_obj(), value)
    };
    match exception {
        Ok(e) if !e.is::<PyBaseExceptionObject>() => new(
            &exc::TypeError,
            format_args!(
                "calling {} should have returned an instance of BaseException, not {}",
                repr_lossy(tp.as_obj()),
                e.tp_name()
            ),
        ),
        Ok(e) => set_exception(e),
        Err(raised) => raised,
    }
}

/// Raises an exception object, with what is being handled as its `__context__`.
pub fn set_exception(exception: Ref) -> Raised {
    // SAFETY: only instances of BaseException are raised.
    let e = unsafe { exception.cast::<PyBaseExceptionObject>() };
    if let Some(handled) = handled()
        && !handled.is_same(&exception)
    {
        cut_context(&handled, &exception);
        e.context.set_ref(Some(handled));
    }
    reraise(exception)
}

/// Removes `target` from the chain of contexts that starts at `start`, so that chaining makes no cycle.
fn cut_context(start: &Ref, target: &Ref) {
    let mut slow = start.clone();
    let mut o = start.clone();
    let mut advance = false;
    loop {
        // SAFETY: contexts are exceptions.
        let Some(context) = unsafe { o.cast::<PyBaseExceptionObject>() }
            .context
            .get_ref()
        else {
            return;
        };
        if context.is_same(target) {
            // SAFETY: as above.
            unsafe { o.cast::<PyBaseExceptionObject>() }
                .context
                .set_ref(None);
            return;
        }
        o = context;
        if o.is_same(&slow) {
            return; // A cycle that was there before.
        }
        if advance {
            // SAFETY: as above.
            match unsafe { slow.cast::<PyBaseExceptionObject>() }
                .context
                .get_ref()
            {
                Some(next) => slow = next,
                None => return,
            }
        }
        advance = !advance;
    }
}

/// The exception being handled (`sys.exception()`): the innermost `except` block's.
pub fn handled() -> Option<Ref> {
    handled_by(state::current())
}

/// The exception being handled in a thread.
pub fn handled_by(ts: &state::ThreadState) -> Option<Ref> {
    let mut item = ts.base.exc_info.get();
    while !item.is_null() {
        // SAFETY: the chain of handlers lives in frames, generators and the thread state.
        let this = unsafe { &*item };
        if let Some(e) = this.exc_value.borrow_obj()
            && !e.is_none()
        {
            return Some(e.new_ref());
        }
        item = this.previous_item.get();
    }
    None
}

/// Whether an exception is set.
#[inline(always)]
pub fn occurred() -> bool {
    !state::current().base.current_exception.get().is_null()
}

/// The exception that is set.
pub fn current() -> Option<Ref> {
    state::current().base.current_exception.get_ref()
}

/// Takes the exception that is set, leaving none.
pub fn take() -> Option<Ref> {
    state::current().base.current_exception.take_ref()
}

/// Sets what [`take`] took; `None` clears. The answer is proof of a set exception.
pub fn restore(exception: Option<Ref>) -> Option<Raised> {
    let set = exception.is_some();
    state::current().base.current_exception.set_ref(exception);
    set.then_some(Raised(()))
}

/// Raises an exception object as it is, with no chaining: what `take` gave, or a bare re-raise.
pub fn reraise(exception: Ref) -> Raised {
    state::current()
        .base
        .current_exception
        .set_ref(Some(exception));
    Raised(())
}

/// Takes the exception behind a `Raised`.
pub fn catch(raised: Raised) -> Ref {
    let Raised(()) = raised;
    take().unwrap_or_else(|| {
        let Raised(()) = new(
            &exc::SystemError,
            format_args!("error return without exception set"),
        );
        take().expect("an exception was just set")
    })
}

/// Forgets the exception that is set.
pub fn clear() {
    drop(take());
}

/// Whether the exception that is set is an instance of `tp`.
pub fn matches(tp: &PyTypeObject) -> bool {
    state::current()
        .base
        .current_exception
        .borrow_obj()
        .is_some_and(|e| is_instance_of(e, tp))
}

/// Clears the exception if it is an instance of `tp`, and says whether.
pub fn clear_if(tp: &PyTypeObject) -> bool {
    let hit = matches(tp);
    if hit {
        clear();
    }
    hit
}

/// Turns an error of type `tp` into `None`; passes others on.
pub fn suppress<T>(result: Result<T>, tp: &PyTypeObject) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(raised) => {
            if clear_if(tp) {
                Ok(None)
            } else {
                Err(raised)
            }
        }
    }
}

/// Runs `f` with no exception set, and sets the one there was again afterwards.
pub fn preserved<T>(f: impl FnOnce() -> T) -> T {
    let saved = take();
    let out = f();
    restore(saved);
    out
}

/// An owned reference from C, or the error it has set.
///
/// # Safety
/// `p` is null (with an exception set) or an owned reference.
#[inline(always)]
pub unsafe fn from_owned(p: *mut PyObject) -> Result {
    if p.is_null() {
        return Err(Raised::assume());
    }
    // SAFETY: not null; owned, says the caller.
    Ok(unsafe { Ref::from_owned(p) })
}

/// C's answer for a result.
#[inline(always)]
pub fn into_raw(result: Result) -> *mut PyObject {
    match result {
        Ok(r) => r.into_raw(),
        Err(_) => ptr::null_mut(),
    }
}

/// C's 0 or -1 for a result.
#[inline(always)]
pub fn into_status(result: Result<()>) -> core::ffi::c_int {
    if result.is_ok() { 0 } else { -1 }
}

/// `Ok` for C's 0 and positive answers, the set error for negative ones.
#[inline(always)]
pub fn from_status(status: core::ffi::c_int) -> Result<core::ffi::c_int> {
    if status < 0 {
        Err(Raised::assume())
    } else {
        Ok(status)
    }
}

/// Raises `KeyError(key)`, a tuple as one argument.
#[cold]
pub fn key_error(key: &Obj) -> Raised {
    let args = crate::types::tuple::from_slice(&[key]);
    set_object(&exc::KeyError, args.as_obj())
}

/// Raises `StopIteration(value)`; a tuple or an exception is kept as one argument.
#[cold]
pub fn stop_iteration(value: Option<&Obj>) -> Raised {
    match value {
        Some(v) if !v.is_none() => {
            let args = crate::types::tuple::from_slice(&[v]);
            set_object(&exc::StopIteration, args.as_obj())
        }
        _ => set_object(&exc::StopIteration, NONE()),
    }
}

/// Raises `MemoryError`.
#[cold]
pub fn no_memory() -> Raised {
    set_object(&exc::MemoryError, NONE())
}

/// The C library's text for an error number.
pub fn strerror(code: i32) -> String {
    // SAFETY: strerror gives a NUL-terminated text; the lock is held, so nobody replaces it meanwhile.
    unsafe { core::ffi::CStr::from_ptr(libc::strerror(code)) }
        .to_string_lossy()
        .into_owned()
}

/// Raises `OSError(errno, strerror[, filename])`, whose constructor picks the subclass.
#[cold]
pub fn errno(code: i32, filename: Option<&Obj>) -> Raised {
    let text = strerror(code);
    let number = crate::types::int::from_i64(i64::from(code));
    let message = crate::types::str_::new(&text);
    let args = match filename {
        Some(f) => crate::types::tuple::from_slice(&[number.as_obj(), message.as_obj(), f]),
        None => crate::types::tuple::from_slice(&[number.as_obj(), message.as_obj()]),
    };
    set_object(&exc::OSError, args.as_obj())
}

/// Raises `OSError` for the C library's current `errno`.
#[cold]
pub fn last_os_error(filename: Option<&Obj>) -> Raised {
    errno(
        std::io::Error::last_os_error().raw_os_error().unwrap_or(0),
        filename,
    )
}

/// Raises `tp(msg)` with the exception that is set as its `__cause__` and `__context__`.
#[cold]
pub fn raise_from_current(tp: &PyTypeObject, msg: fmt::Arguments<'_>) -> Raised {
    let Some(cause) = take() else {
        return new(tp, msg);
    };
    let raised = new(tp, msg);
    if let Some(e) = current()
        && let Some(e) = e.downcast::<PyBaseExceptionObject>()
    {
        e.cause.set_ref(Some(cause.clone()));
        e.context.set_ref(Some(cause));
        e.suppress_context.set(1);
    }
    raised
}

/// `SystemError` for misuse of the C API.
#[cold]
pub fn bad_internal_call() -> Raised {
    new(
        &exc::SystemError,
        format_args!("bad argument to internal function"),
    )
}

/// Reports an error that cannot be raised (`sys.unraisablehook`), and clears it.
pub fn write_unraisable(context: Option<&Obj>, msg: Option<&str>) {
    crate::unraisable::report(context, msg);
}
