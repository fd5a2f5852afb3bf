//! `BaseException`: arguments, traceback, context and cause, notes.

use layout::*;

use crate::args;
use crate::err::{self, Result, raise};
use crate::intern;
use crate::method::borrowed;
use crate::object::*;
use crate::protocol::{call, object};
use crate::types::dict::DictExt as _;
use crate::types::tuple::{self, TupleExt as _};
use crate::types::type_::{TypeBuilder, subtype};
use crate::types::{list, str_};
use crate::{getset, member};

/// Fills in `BaseException`.
pub fn define(b: &mut TypeBuilder) {
    define_plain(b);
    b.flags(Py_TPFLAGS_BASE_EXC_SUBCLASS)
        .dictoffset(core::mem::offset_of!(PyBaseExceptionObject, dict))
        .tp_repr(repr)
        .tp_str(|e: &PyBaseExceptionObject| text(e))
        .generic_attributes()
        .methods(METHODS)
        .getset(GETSET)
        .members(MEMBERS);
}

/// The slots that every exception type has for itself.
pub fn define_plain(b: &mut TypeBuilder) {
    b.tp_new(new)
        .tp_init(init)
        .tp_dealloc(dealloc)
        .tp_traverse(traverse_base)
        .tp_clear(clear_base);
}

static METHODS: &[PyMethodDef] = &[
    crate::noargs!("__reduce__", reduce, ""),
    crate::o!("__setstate__", setstate, ""),
    crate::o!("with_traceback", with_traceback, "($self, tb, /)"),
    crate::o!("add_note", add_note_method, "($self, note, /)"),
];

static MEMBERS: &[PyMemberDef] = &[member!(
    "__suppress_context__",
    PyBaseExceptionObject,
    suppress_context,
    Py_T_BOOL,
    0
)];

static GETSET: &[PyGetSetDef] = &[
    getset!("__dict__", subtype::get_dict, subtype::set_dict),
    getset!(
        "args",
        |e: &PyBaseExceptionObject| Ok(e.args.get_ref()),
        set_args
    ),
    getset!(
        "__traceback__",
        |e: &PyBaseExceptionObject| Ok(e.traceback.get_ref()),
        set_traceback
    ),
    getset!(
        "__context__",
        |e: &PyBaseExceptionObject| Ok(e.context.get_ref()),
        set_context_attribute
    ),
    getset!(
        "__cause__",
        |e: &PyBaseExceptionObject| Ok(e.cause.get_ref()),
        set_cause_attribute
    ),
];

/// The common start of any exception.
pub fn base(e: &Obj) -> &PyBaseExceptionObject {
    // SAFETY: called with exceptions only, which all start alike.
    unsafe { e.cast() }
}

/// `tp_new`: the arguments are kept whatever `__init__` makes of them.
pub fn new(tp: &PyTypeObject, args: &PyTupleObject, _: Option<&PyDictObject>) -> Result {
    let e = type_alloc(tp, 0)?;
    base(&e).args.set_ref(Some(args.as_obj().new_ref()));
    Ok(e)
}

/// `tp_init` of exceptions without fields of their own.
pub fn init(
    e: &PyBaseExceptionObject,
    args: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
) -> Result<()> {
    args::no_keywords(e.as_obj().tp_name(), kwargs)?;
    e.args.set_ref(Some(args.as_obj().new_ref()));
    Ok(())
}

/// The references that every exception holds.
pub fn traverse_base(e: &PyBaseExceptionObject, v: &mut Visitor) -> Visit {
    for field in [
        &e.dict,
        &e.args,
        &e.notes,
        &e.traceback,
        &e.context,
        &e.cause,
    ] {
        v.visit_ptr(field.get())?;
    }
    Ok(())
}

/// Drops the references that every exception holds.
pub fn clear_base(e: &PyBaseExceptionObject) {
    for field in [
        &e.dict,
        &e.args,
        &e.notes,
        &e.traceback,
        &e.context,
        &e.cause,
    ] {
        field.set_ref(None);
    }
}

/// `tp_dealloc` of exceptions without fields of their own.
///
/// # Safety
/// As the slot's contract.
pub unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: a dying exception.
    unsafe {
        gc::untrack(o);
        clear_base(borrowed(o));
        free_builtin(o);
    }
}

/// `str(e)` by the arguments: nothing, the only one, or the tuple of them.
pub fn text(e: &PyBaseExceptionObject) -> Result {
    let args = e
        .args
        .get_ref()
        .unwrap_or_else(|| tuple::empty().into_obj());
    // SAFETY: args is a tuple.
    match unsafe { args.cast::<PyTupleObject>() }.items() {
        [] => Ok(str_::empty().into_obj()),
        [only] => object::str(only),
        _ => object::str(&args),
    }
}

fn repr(e: &PyBaseExceptionObject) -> Result {
    let name = crate::types::type_::name_of(e.as_obj().ty());
    let args = e
        .args
        .get_ref()
        .unwrap_or_else(|| tuple::empty().into_obj());
    // SAFETY: args is a tuple.
    let inner = match unsafe { args.cast::<PyTupleObject>() }.items() {
        [only] => {
            let mut w = str_::Writer::new();
            w.push_str(&name);
            w.push_str("(");
            push(&mut w, &*object::repr(only)?);
            w.push_str(")");
            return Ok(w.finish()?.into_obj());
        }
        _ => object::repr(&args)?,
    };
    let mut w = str_::Writer::new();
    w.push_str(&name);
    push(&mut w, &inner);
    Ok(w.finish()?.into_obj())
}

/// Adds a str object.
fn push(w: &mut str_::Writer, text: &Obj) {
    if let Some(s) = text.downcast::<PyUnicodeObject>() {
        w.push_obj(s);
    }
}

fn reduce(e: &PyBaseExceptionObject) -> Result {
    let args = e
        .args
        .get_ref()
        .unwrap_or_else(|| tuple::empty().into_obj());
    let class = e.as_obj().ty().as_obj();
    Ok(match e.dict.get_ref() {
        Some(d) => tuple::from_slice(&[class, &args, &d]).into_obj(),
        None => tuple::from_slice(&[class, &args]).into_obj(),
    })
}

fn setstate(e: &PyBaseExceptionObject, state: &Obj) -> Result<()> {
    if state.is_none() {
        return Ok(());
    }
    let Some(state) = state.downcast::<PyDictObject>() else {
        return raise!(TypeError, "state is not a dictionary");
    };
    let mut pos = 0;
    while let Some((name, value, _)) = state.next(&mut pos) {
        object::setattr(e.as_obj(), &name, Some(&value))?;
    }
    Ok(())
}

fn with_traceback(e: &PyBaseExceptionObject, tb: &Obj) -> Result {
    set_traceback(e, Some(tb))?;
    Ok(e.as_obj().new_ref())
}

fn set_args(e: &PyBaseExceptionObject, value: Option<&Obj>) -> Result<()> {
    let Some(value) = value else {
        return raise!(TypeError, "args may not be deleted");
    };
    let items = object::to_vec(value)?;
    e.args.set_ref(Some(tuple::from_vec(items).into_obj()));
    Ok(())
}

fn set_traceback(e: &PyBaseExceptionObject, value: Option<&Obj>) -> Result<()> {
    let Some(value) = value else {
        return raise!(TypeError, "__traceback__ may not be deleted");
    };
    if value.is_none() {
        e.traceback.set_ref(None);
    } else if value.is::<PyTracebackObject>() {
        e.traceback.set_ref(Some(value.new_ref()));
    } else {
        return raise!(TypeError, "__traceback__ must be a traceback or None");
    }
    Ok(())
}

fn chained(value: Option<&Obj>, what: &str) -> Result<Option<Ref>> {
    match value {
        None => raise!(TypeError, "__{what}__ may not be deleted"),
        Some(v) if v.is_none() => Ok(None),
        Some(v) if v.is::<PyBaseExceptionObject>() => Ok(Some(v.new_ref())),
        Some(_) => raise!(
            TypeError,
            "exception {what} must be None or derive from BaseException"
        ),
    }
}

fn set_context_attribute(e: &PyBaseExceptionObject, value: Option<&Obj>) -> Result<()> {
    e.context.set_ref(chained(value, "context")?);
    Ok(())
}

fn set_cause_attribute(e: &PyBaseExceptionObject, value: Option<&Obj>) -> Result<()> {
    let value = chained(value, "cause")?;
    e.cause.set_ref(value);
    e.suppress_context.set(1);
    Ok(())
}

/// `raise e from cause`.
pub fn set_cause(e: &Obj, cause: Option<Ref>) {
    base(e).cause.set_ref(cause);
    base(e).suppress_context.set(1);
}

/// Sets what was being handled when `e` was raised.
pub fn set_context(e: &Obj, context: Option<Ref>) {
    base(e).context.set_ref(context);
}

/// The exception's traceback.
pub fn traceback_of(e: &Obj) -> Option<Ref> {
    base(e).traceback.get_ref()
}

fn add_note_method(e: &Obj, note: &Obj) -> Result<()> {
    if !note.is::<PyUnicodeObject>() {
        return raise!(
            TypeError,
            "add_note() argument must be str, not {}",
            note.tp_name()
        );
    }
    let notes = match object::getattr_opt(e, intern!("__notes__"))? {
        Some(notes) => notes,
        None => {
            let fresh = list::from_vec(Vec::new()).into_obj();
            object::setattr(e, intern!("__notes__"), Some(&fresh))?;
            fresh
        }
    };
    let Some(notes) = notes.downcast::<PyListObject>() else {
        return raise!(TypeError, "Cannot add note: __notes__ is not a list");
    };
    call::call_method(notes.as_obj(), "append", &[note]).map(drop)
}

/// Adds a note to the exception that is set.
pub fn add_note(note: &str) {
    let Some(e) = err::take() else { return };
    if add_note_method(&e, str_::new(note).as_obj()).is_err() {
        err::clear();
    }
    err::restore(Some(e));
}

/// An exception of type `tp`: `tp(*args)`.
pub fn new_instance(tp: &PyTypeObject, args: &[&Obj]) -> Result {
    call::call(tp.as_obj(), args)
}

/// Frees an exception whose own fields are released.
///
/// # Safety
/// As [`dealloc`].
pub unsafe fn finish_dealloc(o: *mut PyObject) {
    // SAFETY: the caller's.
    unsafe {
        clear_base(borrowed(o));
        free_builtin(o);
    }
}
