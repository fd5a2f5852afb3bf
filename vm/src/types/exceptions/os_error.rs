//! `OSError`: the constructor picks the subclass for the error number.

use core::cell::Cell;

use layout::*;

use super::base;
use crate::err::{Result, exc, raise};
use crate::object::*;
use crate::protocol::{number, object};
use crate::types::int;
use crate::types::str_;
use crate::types::tuple::{self, TupleExt as _};
use crate::types::type_::TypeBuilder;
use crate::{args, exception_fields, getset, member};

/// Fills in `OSError`.
pub fn define(b: &mut TypeBuilder) {
    exception_fields!(b, PyOSErrorObject, myerrno strerror filename filename2)
        .tp_new(new)
        .tp_init(init)
        .tp_str(text)
        .methods(METHODS)
        .getset(GETSET)
        .members(MEMBERS);
}

static METHODS: &[PyMethodDef] = &[crate::noargs!("__reduce__", reduce, "")];

static MEMBERS: &[PyMemberDef] = &[
    member!("errno", PyOSErrorObject, myerrno, _Py_T_OBJECT, 0),
    member!("strerror", PyOSErrorObject, strerror, _Py_T_OBJECT, 0),
    member!("filename", PyOSErrorObject, filename, _Py_T_OBJECT, 0),
    member!("filename2", PyOSErrorObject, filename2, _Py_T_OBJECT, 0),
];

static GETSET: &[PyGetSetDef] = &[getset!("characters_written", get_written, set_written)];

/// The subclass for an error number (PEP 3151).
fn subclass_for(errno: i64) -> Option<&'static PyTypeObject> {
    Some(match i32::try_from(errno).ok()? {
        libc::EAGAIN | libc::EALREADY | libc::EINPROGRESS => &exc::BlockingIOError,
        libc::EPIPE | libc::ESHUTDOWN => &exc::BrokenPipeError,
        libc::ECHILD => &exc::ChildProcessError,
        libc::ECONNABORTED => &exc::ConnectionAbortedError,
        libc::ECONNREFUSED => &exc::ConnectionRefusedError,
        libc::ECONNRESET => &exc::ConnectionResetError,
        libc::EEXIST => &exc::FileExistsError,
        libc::ENOENT => &exc::FileNotFoundError,
        libc::EISDIR => &exc::IsADirectoryError,
        libc::ENOTDIR => &exc::NotADirectoryError,
        libc::EINTR => &exc::InterruptedError,
        libc::EACCES | libc::EPERM => &exc::PermissionError,
        libc::ESRCH => &exc::ProcessLookupError,
        libc::ETIMEDOUT => &exc::TimeoutError,
        _ => return None,
    })
}

fn address(f: Option<usize>) -> usize {
    f.unwrap_or(0)
}

/// Whether a subclass with its own `__init__` but not `__new__` sets the fields up itself.
fn init_does_it(tp: &PyTypeObject) -> bool {
    let own_init = address(tp.tp_init.get().map(|f| f as usize))
        != address(exc::OSError.tp_init.get().map(|f| f as usize));
    let same_new = address(tp.tp_new.get().map(|f| f as usize))
        == address(exc::OSError.tp_new.get().map(|f| f as usize));
    own_init && same_new
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let deferred = init_does_it(tp);
    let mut class = tp;
    if !deferred {
        args::no_keywords(type_name(tp), kwargs)?;
        if core::ptr::eq(tp, &exc::OSError)
            && (2..=5).contains(&args.items().len())
            && let Some(code) = args.items()[0].downcast::<PyLongObject>()
        {
            use int::IntExt as _;
            if let Some(sub) = code.to_i64().and_then(subclass_for) {
                class = sub;
            }
        }
    }
    let made = type_alloc(class, 0)?;
    // SAFETY: a class derived from OSError.
    let e = unsafe { made.cast::<PyOSErrorObject>() };
    e.written.set(-1);
    if deferred {
        e.args.set_ref(Some(tuple::empty().into_obj()));
    } else {
        set_up(e, args)?;
    }
    Ok(made)
}

fn init(e: &PyOSErrorObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    if !init_does_it(e.as_obj().ty()) {
        return Ok(());
    }
    args::no_keywords(e.as_obj().tp_name(), kwargs)?;
    set_up(e, args)
}

fn set_up(e: &PyOSErrorObject, args: &PyTupleObject) -> Result<()> {
    let items = args.items();
    let mut kept = args.as_obj().new_ref();
    if (2..=5).contains(&items.len()) {
        e.myerrno.set_ref(Some(items[0].clone()));
        e.strerror.set_ref(Some(items[1].clone()));
        if let Some(name) = items.get(2).filter(|f| !f.is_none()) {
            let blocking = core::ptr::eq(e.as_obj().ty(), &exc::BlockingIOError);
            if blocking && object::has_index(name) {
                e.written
                    .set(number::index_isize(name, Some(&exc::ValueError))?);
            } else {
                e.filename.set_ref(Some(name.clone()));
                if let Some(second) = items.get(4).filter(|f| !f.is_none()) {
                    e.filename2.set_ref(Some(second.clone()));
                }
                // The names are attributes; the arguments stay a pair.
                kept = object::pair(&items[0], &items[1]);
            }
        }
    }
    e.args.set_ref(Some(kept));
    Ok(())
}

fn shown(field: &Cell<*mut PyObject>, f: impl Fn(&Obj) -> Result) -> Result<String> {
    match field.get_ref() {
        Some(o) => f(&o).map(|s| str_::to_string_lossy(&s)),
        None => Ok("None".to_owned()),
    }
}

fn text(e: &PyOSErrorObject) -> Result {
    let (number, message) = (&e.myerrno, &e.strerror);
    if e.filename.borrow_obj().is_some() {
        let name = shown(&e.filename, object::repr)?;
        let (number, message) = (shown(number, object::str)?, shown(message, object::str)?);
        let text = match e.filename2.borrow_obj() {
            Some(_) => format!(
                "[Errno {number}] {message}: {name} -> {}",
                shown(&e.filename2, object::repr)?
            ),
            None => format!("[Errno {number}] {message}: {name}"),
        };
        return Ok(str_::new(&text).into_obj());
    }
    if number.borrow_obj().is_some() && message.borrow_obj().is_some() {
        let text = format!(
            "[Errno {}] {}",
            shown(number, object::str)?,
            shown(message, object::str)?
        );
        return Ok(str_::new(&text).into_obj());
    }
    base::text(base::base(e.as_obj()))
}

fn reduce(e: &PyOSErrorObject) -> Result {
    let mut args = e
        .args
        .get_ref()
        .unwrap_or_else(|| tuple::empty().into_obj());
    // SAFETY: args is a tuple.
    let items = unsafe { args.cast::<PyTupleObject>() }.items().to_vec();
    if let (2, Some(name)) = (items.len(), e.filename.get_ref()) {
        let mut all = items;
        all.push(name);
        if let Some(second) = e.filename2.get_ref() {
            all.push(none());
            all.push(second);
        }
        args = tuple::from_vec(all).into_obj();
    }
    let class = e.as_obj().ty().as_obj();
    Ok(match e.dict.get_ref() {
        Some(d) => tuple::from_slice(&[class, &args, &d]).into_obj(),
        None => tuple::from_slice(&[class, &args]).into_obj(),
    })
}

fn get_written(e: &PyOSErrorObject) -> Result<isize> {
    if e.written.get() == -1 {
        return raise!(AttributeError, "characters_written");
    }
    Ok(e.written.get())
}

fn set_written(e: &PyOSErrorObject, value: Option<&Obj>) -> Result<()> {
    match value {
        None if e.written.get() == -1 => raise!(AttributeError, "characters_written"),
        None => {
            e.written.set(-1);
            Ok(())
        }
        Some(v) => {
            e.written
                .set(number::index_isize(v, Some(&exc::ValueError))?);
            Ok(())
        }
    }
}
