//! `_thread._ThreadHandle`: what `threading.Thread` waits with.

use core::mem::offset_of;
use std::sync::Arc;

use layout::*;

use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::object;
use vm::thread_handle::{self, Handle};
use vm::time::{self, Round};
use vm::types::type_::TypeBuilder;
use vm::types::{int, tuple};

/// The type.
pub static HANDLE: PyTypeObject = PyTypeObject::statically_declared();

/// An instance.
#[repr(C)]
pub struct ThreadHandle {
    ob_base: PyObject,
    handle: Arc<Handle>,
    weakrefs: Slot,
}

impl Layout for ThreadHandle {
    fn type_object() -> &'static PyTypeObject {
        &HANDLE
    }
}

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<ThreadHandle>()
        .destructible()
        .weaklistoffset(offset_of!(ThreadHandle, weakrefs))
        .tp_new(|_: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>| wrap(Handle::new()))
        .dealloc_drop::<ThreadHandle>()
        .tp_repr(|h: &ThreadHandle| {
            Ok(format!(
                "<{} object: ident={}>",
                h.as_obj().tp_name(),
                h.handle.ident()
            ))
        })
        .methods(METHODS)
        .getset(GETSET);
}

static METHODS: &[PyMethodDef] = &[
    fastcall!("join", join, ""),
    noargs!("_set_done", set_done, "($self, /)"),
    noargs!(
        "is_done",
        |h: &ThreadHandle| Ok(h.handle.is_done()),
        "($self, /)"
    ),
];

static GETSET: &[PyGetSetDef] = &[getset!("ident", |h: &ThreadHandle| Ok(h.handle.ident()))];

fn wrap(handle: Arc<Handle>) -> Result {
    Ok(create(
        &HANDLE,
        ThreadHandle {
            ob_base: header(),
            handle,
            weakrefs: Slot::empty(),
        },
    )?
    .into_obj())
}

fn join(h: &ThreadHandle, args: &[&Obj]) -> Result<()> {
    if args.len() > 1 {
        return raise!(
            TypeError,
            "join() takes at most 1 argument ({} given)",
            args.len()
        );
    }
    let timeout = match args.first().filter(|o| !o.is_none()) {
        Some(o) => time::timeout(time::from_seconds(o, Round::Up)?),
        None => None,
    };
    h.handle.join(timeout)
}

fn set_done(h: &ThreadHandle) -> Result<()> {
    h.handle.set_done()
}

/// `_thread.start_joinable_thread()`.
pub fn start_joinable(_: &Obj, [function, handle, daemon]: [Option<&Obj>; 3]) -> Result {
    let function = function.expect("required");
    if !object::is_callable(function) {
        return raise!(TypeError, "thread function must be callable");
    }
    let daemon = daemon.map_or(Ok(true), object::is_true)?;
    let object = match handle.filter(|h| !h.is_none()) {
        None => wrap(Handle::new())?,
        Some(h) if h.is_exact::<ThreadHandle>() => h.new_ref(),
        Some(_) => return raise!(TypeError, "'handle' must be a _ThreadHandle"),
    };
    // SAFETY: made or checked above.
    let handle = unsafe { object.cast::<ThreadHandle>() }.handle.clone();
    thread_handle::start(
        function.new_ref(),
        tuple::empty(),
        None,
        Some(handle),
        daemon,
    )?;
    Ok(object)
}

/// `_thread._make_thread_handle()`: for a thread that is not ours.
pub fn make(_: &Obj, ident: &Obj) -> Result {
    let Some(n) = ident.downcast::<PyLongObject>() else {
        return raise!(TypeError, "ident must be an integer");
    };
    match int::to_u64(n) {
        Some(ident) => wrap(Handle::of_running(ident)),
        None => raise!(
            OverflowError,
            "Python int too large to convert to C unsigned long long"
        ),
    }
}
