//! `traceback`: the frames that an exception passed through, innermost last.

use layout::*;

use super::type_::TypeBuilder;
use crate::args::{self, Signature};
use crate::err::{self, Result, exc, raise};
use crate::frame::Frame;
use crate::object::*;
use crate::types::frameobject;
use crate::types::{list, str_};
use crate::{getset, member};

/// Fills in `traceback`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<PyTracebackObject>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .tp_new(new)
        .tp_dealloc(dealloc)
        .tp_traverse(|t: &PyTracebackObject, v: &mut Visitor| {
            v.visit_ptr(t.tb_next.get().cast())?;
            v.visit_ptr(t.tb_frame.get().cast())
        })
        .tp_clear(|t: &PyTracebackObject| {
            next_field(t).set_ref(None);
            frame_field(t).set_ref(None);
        })
        .generic_attributes()
        .methods(METHODS)
        .members(MEMBERS)
        .getset(GETSET);
}

static METHODS: &[PyMethodDef] = &[crate::noargs!("__dir__", dir, "")];

static MEMBERS: &[PyMemberDef] = &[
    member!(
        "tb_frame",
        PyTracebackObject,
        tb_frame,
        _Py_T_OBJECT,
        Py_READONLY
    ),
    member!(
        "tb_lasti",
        PyTracebackObject,
        tb_lasti,
        Py_T_INT,
        Py_READONLY
    ),
];

static GETSET: &[PyGetSetDef] = &[
    getset!(
        "tb_next",
        |t: &PyTracebackObject| Ok(next_field(t).get_ref()),
        set_next
    ),
    getset!("tb_lineno", |t: &PyTracebackObject| Ok(line(t))),
];

/// The fields are typed pointers in C; here they are references like any others.
fn next_field(t: &PyTracebackObject) -> &core::cell::Cell<*mut PyObject> {
    // SAFETY: a pointer to an object, whatever its static type.
    unsafe { &*(&raw const t.tb_next).cast() }
}

fn frame_field(t: &PyTracebackObject) -> &core::cell::Cell<*mut PyObject> {
    // SAFETY: as above.
    unsafe { &*(&raw const t.tb_frame).cast() }
}

unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: a dying traceback.
    unsafe {
        gc::untrack(o);
        let t = &*o.cast::<PyTracebackObject>();
        next_field(t).set_ref(None);
        frame_field(t).set_ref(None);
        free_builtin(o);
    }
}

fn make(next: Option<Ref>, frame: Ref, lasti: i32, line: i32) -> Result<Ref<PyTracebackObject>> {
    let t = alloc::<PyTracebackObject>(&PyTraceBack_Type)?;
    next_field(&t).set_ref(next);
    frame_field(&t).set_ref(Some(frame));
    t.tb_lasti.set(lasti);
    t.tb_lineno.set(line);
    Ok(t)
}

fn new(_: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature =
        Signature::new("traceback", "(tb_next, tb_frame, tb_lasti, tb_lineno)");
    let [next, frame, lasti, line] = SIGNATURE.bind(args, kwargs)?;
    let frame = frame.expect("required");
    if !frame.is::<frameobject::FrameObject>() {
        return raise!(
            TypeError,
            "traceback() argument 'tb_frame' must be frame, not {}",
            frame.tp_name()
        );
    }
    let next = match next.expect("required") {
        n if n.is_none() => None,
        n if n.is::<PyTracebackObject>() => Some(n.new_ref()),
        n => {
            return raise!(
                TypeError,
                "expected traceback object or None, got '{}'",
                n.tp_name()
            );
        }
    };
    let (lasti, line) = (
        args::to_i32(lasti.expect("required"))?,
        args::to_i32(line.expect("required"))?,
    );
    make(next, frame.new_ref(), lasti, line).map(Ref::into_obj)
}

/// The line of the entry; found from the instruction when somebody asks.
pub fn line(t: &PyTracebackObject) -> Option<i64> {
    let known = t.tb_lineno.get();
    if known != -1 {
        return Some(i64::from(known));
    }
    let code = frame_field(t)
        .borrow_obj()
        .and_then(|f| f.downcast::<frameobject::FrameObject>())
        .map(frameobject::code_of)?;
    crate::code::line_of(&code, t.tb_lasti.get()).map(i64::from)
}

fn set_next(t: &PyTracebackObject, value: Option<&Obj>) -> Result<()> {
    let Some(value) = value else {
        return raise!(TypeError, "can't delete tb_next attribute");
    };
    if value.is_none() {
        next_field(t).set_ref(None);
        return Ok(());
    }
    let Some(first) = value.downcast::<PyTracebackObject>() else {
        return raise!(
            TypeError,
            "expected traceback object or None, got '{}'",
            value.tp_name()
        );
    };
    let mut at = Some(first.to_ref());
    while let Some(entry) = at {
        if core::ptr::eq(&*entry, t) {
            return raise!(ValueError, "traceback loop detected");
        }
        at = next(&entry);
    }
    next_field(t).set_ref(Some(value.new_ref()));
    Ok(())
}

/// The next entry.
pub fn next(t: &PyTracebackObject) -> Option<Ref<PyTracebackObject>> {
    // SAFETY: the field holds null or a traceback.
    next_field(t).get_ref().map(|n| unsafe { n.into_cast() })
}

fn dir(_: &PyTracebackObject) -> Result {
    let names = ["tb_frame", "tb_next", "tb_lasti", "tb_lineno"];
    Ok(list::from_vec(names.iter().map(|n| str_::new(n).into_obj()).collect()).into_obj())
}

/// Adds an entry for a frame to the traceback of the exception that is set.
pub fn here(frame: &mut Frame) {
    let Some(e) = err::take() else { return };
    let (lasti, object) = (frame.lasti() * 2, frame.object());
    let entry =
        object.and_then(|f| make(super::exceptions::traceback_of(&e), f.into_obj(), lasti, -1));
    match entry {
        Ok(entry) => super::exceptions::base::base(&e)
            .traceback
            .set_ref(Some(entry.into_obj())),
        Err(_) => err::clear(), // Out of memory: the entry is lost, the exception is not.
    }
    err::restore(Some(e));
}

/// Adds an entry for a frame object to the traceback of the exception that is set (`PyTraceBack_Here`).
pub fn here_object(frame: &Obj) -> Result<()> {
    let Some(f) = frame.downcast::<frameobject::FrameObject>() else {
        return Err(err::bad_internal_call());
    };
    let Some(e) = err::take() else {
        return Err(err::bad_internal_call());
    };
    let (lasti, line) = (
        frameobject::attributes::lasti_of(f),
        frameobject::attributes::line_of(f).unwrap_or(-1),
    );
    let entry = make(
        super::exceptions::traceback_of(&e),
        frame.new_ref(),
        lasti,
        line,
    )?;
    super::exceptions::base::base(&e)
        .traceback
        .set_ref(Some(entry.into_obj()));
    err::restore(Some(e));
    Ok(())
}

/// Removes the import system's own entries from the traceback of the error that is set: all of them for an `ImportError`,
/// those that only pass a call on otherwise.
pub fn remove_import_frames() {
    let Some(e) = err::take() else { return };
    let always = is_instance_of(&e, &exc::ImportError);
    let mut kept: Vec<Ref<PyTracebackObject>> = Vec::new();
    // Entries of a run of import frames; dropped as a whole if the run ends a call that was passed on.
    let mut run: Vec<Ref<PyTracebackObject>> = Vec::new();
    // SAFETY: the field holds null or a traceback.
    let mut at =
        super::exceptions::traceback_of(&e).map(|t| unsafe { t.into_cast::<PyTracebackObject>() });
    while let Some(entry) = at {
        at = next(&entry);
        let code = frame_field(&entry)
            .borrow_obj()
            .and_then(|f| f.downcast::<frameobject::FrameObject>())
            .map(frameobject::code_of);
        let field = |c: &core::cell::Cell<*mut PyObject>| {
            c.borrow_obj()
                .map(str_::to_string_lossy)
                .unwrap_or_default()
        };
        let (file, name) = code.as_ref().map_or_else(Default::default, |c| {
            (field(&c.co_filename), field(&c.co_name))
        });
        let is_import = file == "<frozen importlib._bootstrap>"
            || file == "<frozen importlib._bootstrap_external>";
        if is_import {
            run.push(entry);
            if always || name == "_call_with_frames_removed" {
                run.clear();
            }
        } else {
            kept.append(&mut run);
            kept.push(entry);
        }
    }
    kept.append(&mut run);
    let mut tail: Option<Ref> = None;
    for entry in kept.into_iter().rev() {
        next_field(&entry).set_ref(tail);
        tail = Some(entry.into_obj());
    }
    super::exceptions::base::base(&e).traceback.set_ref(tail);
    err::restore(Some(e));
}

/// Gives an exception that has no traceback one entry: the code that runs.
pub fn begin_here(e: &Obj) {
    // SAFETY: the frames of this thread are alive while it runs here.
    let Some(frame) =
        (unsafe { Frame::first_complete(crate::frame::current(crate::state::current())) })
    else {
        return;
    };
    let (lasti, line) = (frame.lasti(), frame.line().unwrap_or(-1));
    let made = frame
        .object()
        .and_then(|object| make(None, object.into_obj(), 2 * lasti, line));
    match made {
        Ok(entry) => super::exceptions::base::base(e)
            .traceback
            .set_ref(Some(entry.into_obj())),
        Err(_) => err::clear(),
    }
}

/// Adds an entry that no frame stands behind: native code that names itself in tracebacks (`_PyTraceback_Add`).
pub fn add(function: &str, file: &str, line: i32) {
    let Some(e) = err::take() else { return };
    if let Ok(frame) = frameobject::synthetic(function, file, line)
        && let Ok(entry) = make(super::exceptions::traceback_of(&e), frame, 0, line)
    {
        super::exceptions::base::base(&e)
            .traceback
            .set_ref(Some(entry.into_obj()));
    }
    err::clear();
    err::restore(Some(e));
}
