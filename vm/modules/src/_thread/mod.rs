//! `_thread`: threads, locks, and data of threads.

mod handle;
mod lock;
mod rlock;

use layout::*;

use vm::args;
use vm::codecs;
use vm::err::{self, Result, exc, raise};
use vm::method::*;
use vm::object::*;
use vm::thread_handle;
use vm::threads;
use vm::types::bytes::build::slice_of;
use vm::types::dict::DictExt as _;
use vm::types::{float, int, module, str_, structseq, thread_local};
use vm::{err_display, runtime};

use crate::add_type;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_thread",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    fastcall!(
        "start_new_thread",
        start_new_thread,
        "($module, function, args, kwargs={}, /)"
    ),
    fastcall!(
        "start_new",
        start_new_thread,
        "($module, function, args, kwargs={}, /)"
    ),
    keywords!(
        "start_joinable_thread",
        handle::start_joinable,
        "($module, /, function, handle=None, daemon=True)"
    ),
    noargs!("daemon_threads_allowed", |_: &Obj| Ok(true), "($module, /)"),
    noargs!("allocate_lock", lock::allocate, "($module, /)"),
    noargs!("allocate", lock::allocate, "($module, /)"),
    noargs!("exit_thread", exit_thread, "($module, /)"),
    noargs!("exit", exit_thread, "($module, /)"),
    fastcall!(
        "interrupt_main",
        interrupt_main,
        "($module, signum=signal.SIGINT, /)"
    ),
    noargs!("get_ident", get_ident, "($module, /)"),
    noargs!("get_native_id", get_native_id, "($module, /)"),
    noargs!(
        "_count",
        |_: &Obj| Ok(thread_handle::running()),
        "($module, /)"
    ),
    fastcall!("stack_size", stack_size, "($module, size=0, /)"),
    o!("_excepthook", excepthook, "($module, args, /)"),
    noargs!("_is_main_interpreter", |_: &Obj| Ok(true), "($module, /)"),
    noargs!(
        "_shutdown",
        |_: &Obj| thread_handle::join_all(),
        "($module, /)"
    ),
    o!("_make_thread_handle", handle::make, "($module, ident, /)"),
    noargs!(
        "_get_main_thread_ident",
        |_: &Obj| Ok(threads::main_thread_id()),
        "($module, /)"
    ),
    keywords!("set_name", set_name, "($module, /, name)"),
    noargs!("_get_name", get_name, "($module, /)"),
];

/// The longest name of a thread that the system keeps.
const NAME_MAX: usize = 15;

static EXCEPT_HOOK_ARGS: Global<Option<&'static PyTypeObject>> = Global::new(None);

fn except_hook_args() -> Result<&'static PyTypeObject> {
    if let Some(tp) = EXCEPT_HOOK_ARGS.get() {
        return Ok(tp);
    }
    let fields = ["exc_type", "exc_value", "exc_traceback", "thread"];
    let tp = structseq::new_type("_thread._ExceptHookArgs", &fields, fields.len())?;
    EXCEPT_HOOK_ARGS.set(Some(tp));
    Ok(tp)
}

fn exec(m: &Obj) -> Result<()> {
    add_type(m, &lock::LOCK, c"_thread.lock", lock::define)?;
    module::add(m, "LockType", lock::LOCK.as_obj())?;
    add_type(m, &rlock::RLOCK, c"_thread.RLock", rlock::define)?;
    add_type(m, &handle::HANDLE, c"_thread._ThreadHandle", handle::define)?;
    module::add(m, "_local", thread_local::LOCAL.as_obj())?;
    module::set_type_module(&thread_local::LOCAL)?;
    module::add(m, "_ExceptHookArgs", except_hook_args()?.as_obj())?;
    module::add(m, "error", exc::RuntimeError.as_obj())?;
    module::add(m, "TIMEOUT_MAX", float::new(TIMEOUT_MAX).as_obj())?;
    module::add(m, "_NAME_MAXLEN", int::from_usize(NAME_MAX).as_obj())
}

/// The longest timeout in seconds: as nanoseconds it fits.
const TIMEOUT_MAX: f64 = (i64::MAX / 1_000_000_000) as f64;

fn start_new_thread(_: &Obj, args: &[&Obj]) -> Result<u64> {
    args::expect("start_new_thread", args, 2..=3)?;
    if !vm::protocol::object::is_callable(args[0]) {
        return raise!(TypeError, "first arg must be callable");
    }
    let Some(positional) = args[1].downcast::<PyTupleObject>() else {
        return raise!(TypeError, "2nd arg must be a tuple");
    };
    let kwargs = match args.get(2) {
        None => None,
        Some(o) => match o.downcast::<PyDictObject>() {
            Some(d) => Some(d.copy()?),
            None => return raise!(TypeError, "optional 3rd arg must be a dictionary"),
        },
    };
    thread_handle::start(args[0].new_ref(), positional.to_ref(), kwargs, None, true)
}

fn exit_thread(_: &Obj) -> Result<()> {
    Err(err::set_object(&exc::SystemExit, NONE()))
}

fn interrupt_main(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("interrupt_main", args, 0..=1)?;
    let signal = args.first().map_or(Ok(libc::SIGINT), |o| args::to_i32(o))?;
    if signal < 1 || signal as usize >= vm::signals::NSIG {
        return raise!(ValueError, "signal number out of range");
    }
    // Only a signal that Python handles is simulated.
    if vm::signals::handler(signal as usize).is_some_and(|h| vm::protocol::object::is_callable(&h))
    {
        vm::signals::trip(signal);
    }
    Ok(())
}

/// The calling thread's identifier.
pub fn ident() -> u64 {
    // SAFETY: asks about the calling thread.
    unsafe { libc::pthread_self() }
}

fn get_ident(_: &Obj) -> Result<u64> {
    Ok(ident())
}

fn get_native_id(_: &Obj) -> Result<i64> {
    // SAFETY: asks about the calling thread.
    Ok(unsafe { libc::syscall(libc::SYS_gettid) })
}

/// The least size of a stack: what the interpreter itself needs.
const MIN_STACK: i64 = 0xd000;

fn stack_size(_: &Obj, args: &[&Obj]) -> Result<usize> {
    if args.len() > 1 {
        return raise!(
            TypeError,
            "stack_size() takes at most 1 argument ({} given)",
            args.len()
        );
    }
    let old = thread_handle::stack_size();
    if let Some(size) = args.first() {
        let size = args::to_i64(size)?;
        if size != 0 && size < MIN_STACK {
            return raise!(ValueError, "size must be at least {MIN_STACK} bytes");
        }
        thread_handle::set_stack_size(size as usize);
    }
    Ok(old)
}

fn set_name(_: &Obj, [name]: [Option<&Obj>; 1]) -> Result<()> {
    let name = name.expect("required");
    let Some(name) = name.downcast::<PyUnicodeObject>() else {
        return raise!(
            TypeError,
            "set_name() argument 'name' must be str, not {}",
            name.tp_name()
        );
    };
    // Text that cannot be encoded is no reason to fail, nor is text that does not fit.
    let encoded = codecs::encode_to_bytes(name, Some("utf-8"), Some("replace"))?;
    let encoded = slice_of(&encoded).unwrap_or_default();
    let end = encoded.iter().position(|&b| b == 0);
    let end = end.unwrap_or(encoded.len()).min(NAME_MAX);
    let text = [&encoded[..end], b"\0"].concat();
    // SAFETY: the name is a C string that the system copies.
    let status = unsafe { libc::pthread_setname_np(libc::pthread_self(), text.as_ptr().cast()) };
    if status == 0 {
        Ok(())
    } else {
        Err(err::errno(status, None))
    }
}

fn get_name(_: &Obj) -> Result {
    let mut name = [0u8; 100];
    // SAFETY: the buffer is as long as it says.
    let status = unsafe {
        libc::pthread_getname_np(libc::pthread_self(), name.as_mut_ptr().cast(), name.len())
    };
    if status != 0 {
        return Err(err::errno(status, None));
    }
    let end = name.iter().position(|&b| b == 0).unwrap_or(name.len());
    codecs::fs_decode(&name[..end])
}

/// `threading.excepthook`: writes "Exception in thread NAME:" and the traceback.
fn excepthook(_: &Obj, hook_args: &Obj) -> Result<()> {
    if !core::ptr::eq(hook_args.ty(), except_hook_args()?) {
        return raise!(
            TypeError,
            "_thread.excepthook argument type must be ExceptHookArgs"
        );
    }
    let Some(t) = hook_args.downcast::<PyTupleObject>() else {
        return Ok(());
    };
    let [tp, value, tb, thread] = [0, 1, 2, 3].map(|i| structseq::field(t, i));
    if tp.is_same(exc::SystemExit.as_obj()) {
        return Ok(());
    }
    // Where `sys.stderr` is gone, the thread may remember the one it began with.
    if runtime::sys_attribute("stderr").is_none_or(|s| s.is_none()) {
        if thread.is_none() {
            return Ok(());
        }
        let stream = vm::protocol::object::getattr_opt(&thread, str_::intern_str("_stderr"))?;
        let Some(stream) = stream.filter(|s| !s.is_none()) else {
            return Ok(());
        };
        let saved = runtime::sys_attribute("stderr").unwrap_or_else(none);
        runtime::set_sys_attribute("stderr", &stream)?;
        show(&value, &tb, &thread);
        return runtime::set_sys_attribute("stderr", &saved);
    }
    show(&value, &tb, &thread);
    Ok(())
}

fn show(value: &Obj, tb: &Obj, thread: &Obj) {
    let name = match vm::protocol::object::getattr_opt(thread, str_::intern_str("name")) {
        Ok(Some(name)) if !thread.is_none() => str_lossy(&name),
        Ok(_) => ident().to_string(),
        Err(_) => {
            err::clear();
            ident().to_string()
        }
    };
    err_display::write_stderr(&format!("Exception in thread {name}:\n"));
    if let Some(e) = value.downcast::<PyBaseExceptionObject>() {
        if e.traceback.get().is_null() && tb.is::<PyTracebackObject>() {
            e.traceback.set_ref(Some(tb.new_ref()));
        }
        err_display::write_exception(value);
    }
}
