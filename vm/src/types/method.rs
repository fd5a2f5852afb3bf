//! `method`: a function bound to an instance; and `instancemethod`, which binds any callable as functions bind themselves.

use core::mem::offset_of;

use layout::*;

use super::tuple::{self, TupleExt as _};
use super::type_::{self, CompareOp, TypeBuilder, attributes};
use super::weakref;
use crate::args;
use crate::err::{self, Result, raise};
use crate::intern;
use crate::object::*;
use crate::protocol::{call, object};
use crate::{getset, member, noargs};

/// Fills in `method`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<PyMethodObject>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .vectorcall_offset(offset_of!(PyMethodObject, vectorcall))
        .weaklistoffset(offset_of!(PyMethodObject, im_weakreflist))
        .tp_new(method_new)
        .tp_dealloc(method_dealloc)
        .tp_traverse(|m: &PyMethodObject, v: &mut Visitor| {
            v.visit_ptr(m.im_func.get())?;
            v.visit_ptr(m.im_self.get())
        })
        .tp_getattro(method_getattro)
        .tp_descr_get(|m: &PyMethodObject, _: Option<&Obj>, _: Option<&Obj>| {
            Ok(m.as_obj().new_ref())
        })
        .tp_repr(method_repr)
        .tp_hash(method_hash)
        .tp_richcompare(method_compare)
        .methods(METHODS)
        .getset(GETSET)
        .members(MEMBERS);
}

static METHODS: &[PyMethodDef] = &[noargs!("__reduce__", reduce, "($self, /)")];

static GETSET: &[PyGetSetDef] = &[getset!("__doc__", get_doc)];

static MEMBERS: &[PyMemberDef] = &[
    member!(
        "__func__",
        PyMethodObject,
        im_func,
        _Py_T_OBJECT,
        Py_READONLY
    ),
    member!(
        "__self__",
        PyMethodObject,
        im_self,
        _Py_T_OBJECT,
        Py_READONLY
    ),
];

/// `function` bound to `this`.
pub fn new(function: &Obj, this: &Obj) -> Result {
    let m = alloc_builtin::<PyMethodObject>()?;
    m.im_func.set(function.new_ref().into_raw());
    m.im_self.set(this.new_ref().into_raw());
    m.vectorcall.set(Some(method_vectorcall));
    Ok(m.into_obj())
}

fn function(m: &PyMethodObject) -> &Obj {
    // SAFETY: a method has a function from birth to death.
    unsafe { &*m.im_func.get() }
}

fn this(m: &PyMethodObject) -> &Obj {
    // SAFETY: a method has a self from birth to death.
    unsafe { &*m.im_self.get() }
}

fn method_new(_: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    args::no_keywords("method", kwargs)?;
    let [f, this] = args.items() else {
        return raise!(
            TypeError,
            "method expected 2 arguments, got {}",
            args.items().len()
        );
    };
    if !object::is_callable(f) {
        return raise!(TypeError, "first argument must be callable");
    }
    if this.is_none() {
        return raise!(TypeError, "instance must not be None");
    }
    new(f, this)
}

/// Puts self before the arguments: in the word before them, which the caller lends.
unsafe extern "C" fn method_vectorcall(
    o: *mut PyObject,
    args: *const *mut PyObject,
    nargsf: usize,
    kwnames: *mut PyObject,
) -> *mut PyObject {
    let count = nargsf & !PY_VECTORCALL_ARGUMENTS_OFFSET;
    // SAFETY: the vectorcall protocol.
    unsafe {
        let m: &PyMethodObject = (*o).cast();
        let (f, this) = (function(m), m.im_self.get());
        if nargsf & PY_VECTORCALL_ARGUMENTS_OFFSET != 0 {
            let before = args.sub(1).cast_mut();
            let saved = before.replace(this);
            let result = call::vectorcall(f, before, count + 1, kwnames);
            before.write(saved);
            return err::into_raw(result);
        }
        let keywords = kwnames
            .cast::<PyTupleObject>()
            .as_ref()
            .map_or(0, |names| names.items().len());
        let total = count + keywords;
        if total == 0 {
            return err::into_raw(call::vectorcall(
                f,
                &raw const this,
                1,
                core::ptr::null_mut(),
            ));
        }
        let mut all = Vec::with_capacity(total + 1);
        all.push(this);
        all.extend_from_slice(core::slice::from_raw_parts(args, total));
        err::into_raw(call::vectorcall(f, all.as_ptr(), count + 1, kwnames))
    }
}

/// The function's attributes, except for those that methods have themselves.
fn method_getattro(m: &PyMethodObject, name: &Obj) -> Result {
    let tp = m.as_obj().ty();
    match type_::lookup(tp, name).map(Obj::new_ref) {
        Some(found) => attributes::bind(&found, Some(m.as_obj()), tp),
        None => object::getattr(function(m), name),
    }
}

fn get_doc(m: &PyMethodObject) -> Result {
    object::getattr(function(m), intern!("__doc__"))
}

fn reduce(m: &PyMethodObject) -> Result {
    let name = object::getattr(function(m), intern!("__name__"))?;
    let getattr = crate::builtin(intern!("getattr"))?;
    let arguments = tuple::from_slice(&[this(m), &name]);
    Ok(tuple::from_slice(&[&getattr, arguments.as_obj()]).into_obj())
}

fn method_repr(m: &PyMethodObject) -> Result<String> {
    let mut name = None;
    for attribute in [intern!("__qualname__"), intern!("__name__")] {
        name = object::getattr_opt(function(m), attribute)?;
        if name.is_some() {
            break;
        }
    }
    let name = name
        .filter(|n| n.is::<PyUnicodeObject>())
        .map_or_else(|| "?".to_owned(), |n| str_lossy(&n));
    let of = object::repr(this(m))?;
    Ok(format!("<bound method {} of {}>", name, str_lossy(&of)))
}

fn method_hash(m: &PyMethodObject) -> Result<isize> {
    let of_self = (m.im_self.get() as usize).rotate_right(4) as isize;
    Ok(of_self ^ object::hash(function(m))?)
}

fn method_compare(a: &PyMethodObject, b: &Obj, op: CompareOp) -> Result {
    let (CompareOp::Eq | CompareOp::Ne, Some(b)) = (op, b.downcast::<PyMethodObject>()) else {
        return Ok(not_implemented());
    };
    let same = this(a).is_same(this(b))
        && object::rich_compare_bool(function(a), function(b), CompareOp::Eq)?;
    Ok(bool_(same == (op == CompareOp::Eq)))
}

unsafe extern "C" fn method_dealloc(o: *mut PyObject) {
    // SAFETY: the last reference to a method is gone.
    unsafe {
        let m: &PyMethodObject = (*o).cast();
        gc::untrack(o);
        if !m.im_weakreflist.get().is_null() {
            weakref::clear_weakrefs(&*o);
        }
        drop(m.im_func.take_ref());
        drop(m.im_self.take_ref());
        free_builtin(o);
    }
}

// ---- instancemethod ----

/// Fills in `instancemethod`.
pub fn define_instance(b: &mut TypeBuilder) {
    b.basicsize::<PyInstanceMethodObject>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .tp_new(instance_new)
        .tp_dealloc(instance_dealloc)
        .tp_traverse(|m: &PyInstanceMethodObject, v: &mut Visitor| v.visit_ptr(m.func.get()))
        .tp_call(
            |m: &PyInstanceMethodObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>| {
                call::call_tuple_dict(wrapped(m), args, kwargs)
            },
        )
        .tp_getattro(|m: &PyInstanceMethodObject, name: &Obj| {
            let tp = m.as_obj().ty();
            match type_::lookup(tp, name).map(Obj::new_ref) {
                Some(found) => attributes::bind(&found, Some(m.as_obj()), tp),
                None => object::getattr(wrapped(m), name),
            }
        })
        .tp_descr_get(
            |m: &PyInstanceMethodObject, o: Option<&Obj>, _: Option<&Obj>| match o {
                Some(o) => new(wrapped(m), o),
                None => Ok(wrapped(m).new_ref()),
            },
        )
        .tp_repr(|m: &PyInstanceMethodObject| {
            let name = object::getattr_opt(wrapped(m), intern!("__name__"))?;
            let name = name
                .filter(|n| n.is::<PyUnicodeObject>())
                .map_or_else(|| "?".to_owned(), |n| str_lossy(&n));
            Ok(format!(
                "<instancemethod {} at {:#x}>",
                name,
                m.as_ptr() as usize
            ))
        })
        .members(INSTANCE_MEMBERS);
}

static INSTANCE_MEMBERS: &[PyMemberDef] = &[member!(
    "__func__",
    PyInstanceMethodObject,
    func,
    _Py_T_OBJECT,
    Py_READONLY
)];

fn wrapped(m: &PyInstanceMethodObject) -> &Obj {
    // SAFETY: an instance method has a callable from birth to death.
    unsafe { &*m.func.get() }
}

/// `callable`, made to bind as functions do.
pub fn new_instance(callable: &Obj) -> Result {
    let m = alloc::<PyInstanceMethodObject>(&PyInstanceMethod_Type)?;
    m.func.set(callable.new_ref().into_raw());
    Ok(m.into_obj())
}

fn instance_new(_: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    args::no_keywords("instancemethod", kwargs)?;
    match args.items() {
        [f] if object::is_callable(f) => new_instance(f),
        [_] => raise!(TypeError, "first argument must be callable"),
        more => raise!(
            TypeError,
            "instancemethod expected 1 argument, got {}",
            more.len()
        ),
    }
}

unsafe extern "C" fn instance_dealloc(o: *mut PyObject) {
    // SAFETY: the last reference is gone.
    unsafe {
        gc::untrack(o);
        drop((*o).cast::<PyInstanceMethodObject>().func.take_ref());
        free_builtin(o);
    }
}
