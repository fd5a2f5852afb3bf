//! `_thread._local`: an object with attributes of its own in each thread.
//!
//! The object holds its dicts, one for each thread by the thread's number, so that a collector sees a value that refers back
//! to it. Each thread knows (weakly) the objects it has a dict in, and takes its dicts out when it ends.

use core::mem::offset_of;

use layout::*;

use super::dict::{self, DictExt as _};
use super::type_::{self, CompareOp, TypeBuilder, attributes};
use super::{int, tuple, weakref};
use crate::err::{self, Result, raise};
use crate::intern;
use crate::object::*;
use crate::protocol::{call, object};
use crate::state::{self, ThreadState};

/// The type.
pub static LOCAL: PyTypeObject = PyTypeObject::statically_declared();

/// An instance. Every field is there from `__new__` on.
#[repr(C)]
pub struct Local {
    ob_base: PyObject,
    /// By the number of a thread's state: its dict.
    dicts: Slot,
    /// What to initialise with in each thread.
    args: Slot,
    kwargs: Slot,
    weakrefs: Slot,
}

impl Layout for Local {
    fn type_object() -> &'static PyTypeObject {
        &LOCAL
    }
}

/// Fills in `_thread._local`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Local>()
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE)
        .weaklistoffset(offset_of!(Local, weakrefs))
        .tp_new(local_new)
        .tp_dealloc(local_dealloc)
        .tp_traverse(|l: &Local, v: &mut Visitor| {
            v.slot(&l.dicts)?;
            v.slot(&l.args)?;
            v.slot(&l.kwargs)
        })
        .tp_clear(local_clear)
        .tp_getattro(getattro)
        .tp_setattro(setattro);
}

fn local_clear(l: &Local) {
    l.dicts.set(None);
    l.args.set(None);
    l.kwargs.set(None);
}

unsafe extern "C" fn local_dealloc(o: *mut PyObject) {
    // SAFETY: the last reference is gone.
    unsafe {
        gc::untrack(o);
        weakref::clear_weakrefs(&*o);
        local_clear((*o).cast());
        free_builtin(o);
    }
}

/// Whether a class has an `__init__` of its own.
fn has_init(tp: &PyTypeObject) -> bool {
    tp.tp_init.get().map(|f| f as usize) != PyBaseObject_Type.tp_init.get().map(|f| f as usize)
}

fn local_new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let kwargs = kwargs.filter(|k| k.len() > 0);
    if (args.ob_base.ob_size.get() > 0 || kwargs.is_some()) && !has_init(tp) {
        return raise!(TypeError, "Initialization arguments are not supported");
    }
    let o = type_alloc(tp, 0)?;
    // SAFETY: a subclass has the struct's layout, and a null slot is an empty one.
    let l: &Local = unsafe { o.cast() };
    l.dicts.set(Some(dict::new().into_obj()));
    l.args.set(Some(args.to_ref().into_obj()));
    l.kwargs.set(kwargs.map(|k| k.to_ref().into_obj()));
    // `__init__` is called by the constructor here, and by the first access elsewhere.
    make_dict(l, state::current())?;
    Ok(o)
}

fn dicts(l: &Local) -> Ref<PyDictObject> {
    l.dicts
        .get()
        .and_then(|d| d.downcast_ref().ok())
        .unwrap_or_else(dict::new)
}

fn number(ts: &ThreadState) -> Ref<PyLongObject> {
    int::from_u64(ts.base.id.get())
}

fn make_dict(l: &Local, ts: &ThreadState) -> Result<Ref<PyDictObject>> {
    let made = dict::new();
    dicts(l).set(number(ts).as_obj(), made.as_obj())?;
    // The thread's list: weakrefs by the address of what they refer to.
    let known = match ts.base.threading_local_key.get_ref() {
        Some(known) => known,
        None => {
            let known = dict::new().into_obj();
            ts.base.threading_local_key.set_ref(Some(known.clone()));
            known
        }
    };
    if let Some(known) = known.downcast::<PyDictObject>() {
        let reference = weakref::new_ref(l.as_obj(), None)?;
        known.set(int::from_usize(l.as_ptr() as usize).as_obj(), &reference)?;
    }
    Ok(made)
}

/// The calling thread's dict.
fn own_dict(l: &Local) -> Result<Ref<PyDictObject>> {
    let ts = state::current();
    if let Some(found) = dicts(l).get(number(ts).as_obj())? {
        // SAFETY: only dicts are put there.
        return Ok(unsafe { found.into_cast() });
    }
    let made = make_dict(l, ts)?;
    if has_init(l.as_obj().ty()) {
        let args = l
            .args
            .get()
            .and_then(|a| a.downcast_ref::<PyTupleObject>().ok())
            .unwrap_or_else(tuple::empty);
        let kwargs = l
            .kwargs
            .get()
            .and_then(|k| k.downcast_ref::<PyDictObject>().ok());
        let init = object::getattr(l.as_obj().ty().as_obj(), intern!("__init__"))?;
        let all: Vec<&Obj> = core::iter::once(l.as_obj())
            .chain(tuple::TupleExt::items(&*args).iter().map(|a| a.as_obj()))
            .collect();
        if let Err(raised) =
            call::call_tuple_dict(&init, &tuple::from_slice(&all), kwargs.as_deref())
        {
            // Not initialised: the next access tries again.
            let error = err::catch(raised);
            let forgotten = dicts(l).del(number(ts).as_obj());
            if forgotten.is_err() {
                err::clear();
            }
            return Err(err::reraise(error));
        }
    }
    Ok(made)
}

/// Takes a thread's dicts out of all objects: it ends. Values may die, and run code.
pub fn thread_ended(ts: &ThreadState) {
    let Some(known) = ts.base.threading_local_key.take_ref() else {
        return;
    };
    let Some(known) = known.downcast::<PyDictObject>() else {
        return;
    };
    for (_, reference) in known.entries() {
        let Some(o) = weakref::get(&reference) else {
            continue;
        };
        if let Some(l) = o.downcast::<Local>()
            && dicts(l).del(number(ts).as_obj()).is_err()
        {
            err::clear();
        }
    }
}

fn is_dict_name(name: &Obj) -> Result<bool> {
    object::rich_compare_bool(name, crate::intern!("__dict__"), CompareOp::Eq)
}

fn getattro(l: &Local, name: &Obj) -> Result {
    let own = own_dict(l)?;
    if is_dict_name(name)? {
        return Ok(own.into_obj());
    }
    attributes::check_name(name)?;
    let o = l.as_obj();
    let tp = o.ty();
    let descr = type_::lookup(tp, name).map(Obj::new_ref);
    if let Some(d) = &descr
        && attributes::is_data(d)
        && d.ty().tp_descr_get.get().is_some()
    {
        return attributes::bind(d, Some(o), tp);
    }
    if let Some(value) = own.get(name)? {
        return Ok(value);
    }
    match descr {
        Some(d) => attributes::bind(&d, Some(o), tp),
        None => Err(attributes::missing(o, name)),
    }
}

fn setattro(l: &Local, name: &Obj, value: Option<&Obj>) -> Result<()> {
    let own = own_dict(l)?;
    let o = l.as_obj();
    if is_dict_name(name)? {
        return raise!(
            AttributeError,
            "'{}' object attribute '{}' is read-only",
            o.tp_name(),
            str_lossy(name)
        );
    }
    attributes::check_name(name)?;
    if let Some(d) = type_::lookup(o.ty(), name).map(Obj::new_ref)
        && let Some(set) = d.ty().tp_descr_set.get()
    {
        let value = value.map_or(core::ptr::null_mut(), |v| v.as_ptr());
        // SAFETY: a slot of the descriptor's own type.
        return err::from_status(unsafe { set(d.as_ptr(), o.as_ptr(), value) }).map(drop);
    }
    match attributes::store(&own, name, value)? {
        true => Ok(()),
        false => Err(attributes::missing(o, name)),
    }
}
