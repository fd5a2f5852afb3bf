//! Descriptors that show C tables to Python: methods, class methods, members, computed attributes, slot wrappers.
//!
//! All start with `PyDescrObject`; what they describe is a row of a table that lives as long as the type. A method
//! descriptor checks the type of self before the row's function sees it: the safety of all method shims rests on that.

use core::ffi::{CStr, c_char, c_void};
use core::mem::{self, offset_of};
use core::ptr;

use layout::*;

use super::cfunction;
use super::dict::DictExt as _;
use super::str_;
use super::tuple::{self, TupleExt as _};
use super::type_::{self, CompareOp, TypeBuilder, is_subtype};
use crate::err::{self, Result, raise};
use crate::getset;
use crate::intern;
use crate::method::{Args, borrowed};
use crate::object::*;
use crate::protocol::{call, object};

/// Fills in `method_descriptor`.
pub fn define_method(b: &mut TypeBuilder) {
    b.basicsize::<PyMethodDescrObject>()
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_METHOD_DESCRIPTOR)
        .vectorcall_offset(offset_of!(PyMethodDescrObject, vectorcall))
        .tp_repr(|d: &PyMethodDescrObject| Ok(described(&d.d_common, "method")))
        .tp_descr_get(method_get)
        .getset(METHOD_GETSET);
    common(b);
}

/// Fills in `classmethod_descriptor`.
pub fn define_class_method(b: &mut TypeBuilder) {
    b.basicsize::<PyMethodDescrObject>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .tp_call(class_method_call)
        .tp_repr(|d: &PyMethodDescrObject| Ok(described(&d.d_common, "method")))
        .tp_descr_get(class_method_get)
        .getset(METHOD_GETSET);
    common(b);
}

/// Fills in `member_descriptor`.
pub fn define_member(b: &mut TypeBuilder) {
    b.basicsize::<PyMemberDescrObject>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .tp_repr(|d: &PyMemberDescrObject| Ok(described(&d.d_common, "member")))
        .tp_descr_get(member_get)
        .tp_descr_set(member_set)
        .methods(DESCR_METHODS)
        .getset(MEMBER_GETSET);
    common(b);
}

/// Fills in `getset_descriptor`.
pub fn define_getset(b: &mut TypeBuilder) {
    b.basicsize::<PyGetSetDescrObject>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .tp_repr(|d: &PyGetSetDescrObject| Ok(described(&d.d_common, "attribute")))
        .tp_descr_get(getset_get)
        .tp_descr_set(getset_set)
        .getset(GETSET_GETSET);
    common(b);
}

/// Fills in `wrapper_descriptor`.
pub fn define_wrapper(b: &mut TypeBuilder) {
    b.basicsize::<PyWrapperDescrObject>()
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_METHOD_DESCRIPTOR)
        .tp_call(wrapper_call)
        .tp_repr(|d: &PyWrapperDescrObject| Ok(described(&d.d_common, "slot wrapper")))
        .tp_descr_get(wrapper_get)
        .methods(DESCR_METHODS)
        .getset(WRAPPER_GETSET);
    common(b);
}

fn common(b: &mut TypeBuilder) {
    b.tp_dealloc(descr_dealloc)
        .tp_traverse(descr_traverse)
        .generic_attributes()
        .new_disallowed();
    static MEMBERS: &[PyMemberDef] = &[
        crate::member!(
            "__objclass__",
            PyDescrObject,
            d_type,
            _Py_T_OBJECT,
            Py_READONLY
        ),
        crate::member!("__name__", PyDescrObject, d_name, _Py_T_OBJECT, Py_READONLY),
    ];
    b.members(MEMBERS);
}

static DESCR_METHODS: &[PyMethodDef] = &[crate::noargs!("__reduce__", descr_reduce, "")];

static METHOD_GETSET: &[PyGetSetDef] = &[
    getset!("__doc__", |d: &PyMethodDescrObject| {
        let row = method_row(d);
        Ok(crate::doc::doc_or_lookup(
            row.ml_doc,
            name_text(row.ml_name),
            &path(&d.d_common),
        ))
    }),
    getset!("__qualname__", qualname),
    getset!("__text_signature__", |d: &PyMethodDescrObject| {
        let row = method_row(d);
        Ok(crate::doc::signature_of(row.ml_doc, name_text(row.ml_name)))
    }),
];

static MEMBER_GETSET: &[PyGetSetDef] = &[
    getset!("__doc__", |d: &PyMemberDescrObject| {
        let row = member_row(d);
        Ok(crate::doc::doc_or_lookup(
            row.doc,
            name_text(row.name),
            &path(&d.d_common),
        ))
    }),
    getset!("__qualname__", qualname),
];

static GETSET_GETSET: &[PyGetSetDef] = &[
    getset!("__doc__", |d: &PyGetSetDescrObject| {
        let row = getset_row(d);
        Ok(crate::doc::doc_or_lookup(
            row.doc,
            name_text(row.name),
            &path(&d.d_common),
        ))
    }),
    getset!("__qualname__", qualname),
];

static WRAPPER_GETSET: &[PyGetSetDef] = &[
    getset!("__doc__", |d: &PyWrapperDescrObject| Ok(
        crate::doc::doc_or_lookup(ptr::null(), "", &wrapper_path(d))
    )),
    getset!("__qualname__", qualname),
    getset!("__text_signature__", |d: &PyWrapperDescrObject| Ok(
        wrapper_signature(d)
    )),
];

fn name_text<'a>(name: *const c_char) -> &'a str {
    // SAFETY: rows name themselves with NUL-terminated strings.
    unsafe { CStr::from_ptr(name) }.to_str().unwrap_or("?")
}

fn owner(d: &PyDescrObject) -> &PyTypeObject {
    // SAFETY: a descriptor keeps its type alive.
    unsafe { &*d.d_type.get() }
}

fn name_of(d: &PyDescrObject) -> String {
    d.d_name
        .borrow_obj()
        .map_or_else(|| "?".to_owned(), str_::to_string_lossy)
}

fn path(d: &PyDescrObject) -> String {
    crate::doc::type_path(owner(d), Some(&name_of(d)))
}

fn wrapper_path(d: &PyWrapperDescrObject) -> String {
    path(&d.d_common)
}

fn method_row(d: &PyMethodDescrObject) -> &PyMethodDef {
    // SAFETY: tables live as long as their type.
    unsafe { &*d.d_method.get() }
}

fn member_row(d: &PyMemberDescrObject) -> &PyMemberDef {
    // SAFETY: as above.
    unsafe { &*d.d_member.get() }
}

fn getset_row(d: &PyGetSetDescrObject) -> &PyGetSetDef {
    // SAFETY: as above.
    unsafe { &*d.d_getset.get() }
}

fn wrapper_row(d: &PyWrapperDescrObject) -> &wrapperbase {
    // SAFETY: the slot table is static.
    unsafe { &*d.d_base.get() }
}

/// What CPython says the arguments of a slot wrapper are.
fn wrapper_signature(d: &PyWrapperDescrObject) -> Ref {
    let name = name_of(&d.d_common);
    let text = match name.as_str() {
        "__repr__" | "__str__" | "__hash__" | "__iter__" | "__next__" | "__len__" | "__bool__"
        | "__int__" | "__float__" | "__index__" | "__neg__" | "__pos__" | "__abs__"
        | "__invert__" | "__await__" | "__aiter__" | "__anext__" | "__del__" => "($self, /)",
        "__getattribute__" | "__getattr__" | "__delattr__" => "($self, name, /)",
        "__setattr__" => "($self, name, value, /)",
        "__call__" | "__init__" => "($self, /, *args, **kwargs)",
        "__get__" => "($self, instance, owner=None, /)",
        "__set__" => "($self, instance, value, /)",
        "__delete__" => "($self, instance, /)",
        "__getitem__" | "__delitem__" | "__contains__" => "($self, key, /)",
        "__setitem__" => "($self, key, value, /)",
        "__pow__" | "__rpow__" => "($self, value, mod=None, /)",
        "__buffer__" => "($self, flags, /)",
        "__release_buffer__" => "($self, buffer, /)",
        _ => "($self, value, /)",
    };
    str_::new(text).into_obj()
}

fn described(d: &PyDescrObject, kind: &str) -> String {
    format!(
        "<{kind} '{}' of '{}' objects>",
        name_of(d),
        type_name(owner(d))
    )
}

fn qualname(d: &PyDescrObject) -> Result {
    if let Some(q) = d.d_qualname.get_ref() {
        return Ok(q);
    }
    let of = type_::get_qualname(owner(d))?;
    let q = str_::new(&format!("{}.{}", str_::to_string_lossy(&of), name_of(d))).into_obj();
    d.d_qualname.set_ref(Some(q.clone()));
    Ok(q)
}

fn descr_reduce(d: &PyDescrObject) -> Result {
    let getattr = crate::builtin(intern!("getattr"))?;
    let name = d.d_name.get_ref().unwrap_or_else(none);
    let args = tuple::from_slice(&[owner(d).as_obj(), &name]);
    Ok(tuple::from_slice(&[&getattr, args.as_obj()]).into_obj())
}

unsafe extern "C" fn descr_dealloc(o: *mut PyObject) {
    // SAFETY: a dying descriptor.
    unsafe {
        gc::untrack(o);
        let d = borrowed::<PyDescrObject>(o);
        drop(Ref::<Obj>::from_owned_opt(
            d.d_type.replace(ptr::null_mut()).cast(),
        ));
        d.d_name.set_ref(None);
        d.d_qualname.set_ref(None);
        free_builtin(o);
    }
}

fn descr_traverse(d: &PyDescrObject, v: &mut Visitor) -> Visit {
    v.visit_ptr(d.d_type.get().cast())?;
    v.visit_ptr(d.d_name.get())?;
    v.visit_ptr(d.d_qualname.get())
}

fn make(kind: &'static PyTypeObject, tp: &PyTypeObject, name: &str) -> Ref {
    let d = alloc::<Obj>(kind).unwrap_or_else(|_| crate::fatal("no memory for a descriptor"));
    // SAFETY: every kind starts with PyDescrObject.
    let common = unsafe { d.cast::<PyDescrObject>() };
    common.d_type.set(tp.to_ref().into_raw().cast());
    common
        .d_name
        .set_ref(Some(str_::intern_str(name).new_ref()));
    d
}

/// The name that a descriptor goes by.
pub fn name(d: &Obj) -> Ref {
    // SAFETY: called with descriptors only.
    unsafe { d.cast::<PyDescrObject>() }
        .d_name
        .get_ref()
        .unwrap_or_else(none)
}

/// A method of `tp`.
///
/// # Safety
/// `row` outlives the type.
pub unsafe fn new_method(tp: &PyTypeObject, row: *mut PyMethodDef) -> Ref {
    // SAFETY: the caller's.
    let (row_name, flags) = unsafe { (name_text((*row).ml_name), (*row).ml_flags) };
    let d = make(&PyMethodDescr_Type, tp, row_name);
    // SAFETY: just made with this type.
    let m = unsafe { d.cast::<PyMethodDescrObject>() };
    m.d_method.set(row);
    m.vectorcall.set(Some(
        match flags & !(METH_COEXIST | METH_CLASS | METH_STATIC) {
            METH_NOARGS => method_noargs,
            METH_O => method_o,
            f if f == METH_FASTCALL => method_fastcall,
            f if f == METH_FASTCALL | METH_KEYWORDS => method_fastcall_keywords,
            _ => method_general,
        },
    ));
    d
}

/// A class method of `tp`.
///
/// # Safety
/// `row` outlives the type.
pub unsafe fn new_class_method(tp: &PyTypeObject, row: *mut PyMethodDef) -> Ref {
    // SAFETY: the caller's.
    let d = make(&PyClassMethodDescr_Type, tp, unsafe {
        name_text((*row).ml_name)
    });
    // SAFETY: just made with this type.
    unsafe { d.cast::<PyMethodDescrObject>() }.d_method.set(row);
    d
}

/// A member of `tp`.
///
/// # Safety
/// `row` outlives the type.
pub unsafe fn new_member(tp: &PyTypeObject, row: *mut PyMemberDef) -> Ref {
    // SAFETY: the caller's.
    let d = make(&PyMemberDescr_Type, tp, unsafe { name_text((*row).name) });
    // SAFETY: just made with this type.
    unsafe { d.cast::<PyMemberDescrObject>() }.d_member.set(row);
    d
}

/// A computed attribute of `tp`.
///
/// # Safety
/// `row` outlives the type.
pub unsafe fn new_getset(tp: &PyTypeObject, row: *mut PyGetSetDef) -> Ref {
    // SAFETY: the caller's.
    let d = make(&PyGetSetDescr_Type, tp, unsafe { name_text((*row).name) });
    // SAFETY: just made with this type.
    unsafe { d.cast::<PyGetSetDescrObject>() }.d_getset.set(row);
    d
}

/// A filled slot of `tp` as a method.
pub fn new_wrapper(tp: &PyTypeObject, row: &'static wrapperbase, wrapped: *mut c_void) -> Ref {
    let d = make(&PyWrapperDescr_Type, tp, name_text(row.name));
    // SAFETY: just made with this type.
    let w = unsafe { d.cast::<PyWrapperDescrObject>() };
    w.d_base.set(ptr::from_ref(row).cast_mut());
    w.d_wrapped.set(wrapped);
    d
}

/// A static method around a callable.
pub fn new_static_method(f: &Obj) -> Ref {
    super::classmethod::new_static(f)
}

/// A class method around a callable.
pub fn new_class_method_of(f: &Obj) -> Ref {
    super::classmethod::new_class(f)
}

// ---- Self checks ----

fn check_self<'a>(d: &PyDescrObject, args: &Args<'a>) -> Result<&'a Obj> {
    let Some(this) = args.positional.first() else {
        return raise!(
            TypeError,
            "unbound method {}.{}() needs an argument",
            type_::name_of(owner(d)),
            name_of(d)
        );
    };
    check_instance(d, this)?;
    Ok(this)
}

#[inline(always)]
fn check_instance(d: &PyDescrObject, this: &Obj) -> Result<()> {
    if ptr::eq(this.ob_type.get(), owner(d)) || is_subtype(this.ty(), owner(d)) {
        return Ok(());
    }
    Err(wrong_self(d, this))
}

#[cold]
fn wrong_self(d: &PyDescrObject, this: &Obj) -> err::Raised {
    err::new(
        &err::exc::TypeError,
        format_args!(
            "descriptor '{}' for '{}' objects doesn't apply to a '{}' object",
            name_of(d),
            type_name(owner(d)),
            this.tp_name()
        ),
    )
}

#[cold]
fn no_keywords(d: &PyDescrObject) -> err::Raised {
    err::new(
        &err::exc::TypeError,
        format_args!(
            "{}.{}() takes no keyword arguments",
            type_::name_of(owner(d)),
            name_of(d)
        ),
    )
}

// ---- Calls ----
//
// SAFETY of these functions: the vectorcall protocol; the callee is a method descriptor, whose row's flags say which C
// signature the row's function has.

macro_rules! method_vectorcall {
    ($name:ident($d:ident, $this:ident, $args:ident, $f:ident, $row:ident) $body:block) => {
        unsafe extern "C" fn $name(
            callable: *mut PyObject,
            args: *const *mut PyObject,
            nargsf: usize,
            kwnames: *mut PyObject,
        ) -> *mut PyObject {
            // SAFETY: see above.
            unsafe {
                let $d = borrowed::<PyMethodDescrObject>(callable);
                let $args = Args::from_vector(args, nargsf, kwnames);
                let Ok($this) = check_self(&$d.d_common, &$args) else {
                    return ptr::null_mut();
                };
                let $row = method_row($d);
                let Some($f) = $row.ml_meth else {
                    return ptr::null_mut();
                };
                $body
            }
        }
    };
}

method_vectorcall!(method_noargs(d, this, args, f, _row) {
    if !args.keyword_values.is_empty() {
        let _ = no_keywords(&d.d_common);
        return ptr::null_mut();
    }
    if args.positional.len() != 1 {
        let _ = err::new(&err::exc::TypeError, format_args!(
            "{}.{}() takes no arguments ({} given)",
            type_::name_of(owner(&d.d_common)), name_of(&d.d_common), args.positional.len() - 1));
        return ptr::null_mut();
    }
    let Ok(_depth) = call::NativeCall::enter(" while calling a Python object") else { return ptr::null_mut() };
    f(this.as_ptr(), ptr::null_mut())
});

method_vectorcall!(method_o(d, this, args, f, _row) {
    if !args.keyword_values.is_empty() {
        let _ = no_keywords(&d.d_common);
        return ptr::null_mut();
    }
    if args.positional.len() != 2 {
        let _ = err::new(&err::exc::TypeError, format_args!(
            "{}.{}() takes exactly one argument ({} given)",
            type_::name_of(owner(&d.d_common)), name_of(&d.d_common), args.positional.len() - 1));
        return ptr::null_mut();
    }
    let Ok(_depth) = call::NativeCall::enter(" while calling a Python object") else { return ptr::null_mut() };
    f(this.as_ptr(), args.positional[1].as_ptr())
});

method_vectorcall!(method_fastcall(d, this, args, f, _row) {
    if !args.keyword_values.is_empty() {
        let _ = no_keywords(&d.d_common);
        return ptr::null_mut();
    }
    let Ok(_depth) = call::NativeCall::enter(" while calling a Python object") else { return ptr::null_mut() };
    let f = mem::transmute::<PyCFunction, PyCFunctionFast>(f);
    f(this.as_ptr(), args.positional.as_ptr().add(1).cast(), args.positional.len() as isize - 1)
});

method_vectorcall!(method_fastcall_keywords(d, this, args, f, _row) {
    let Ok(_depth) = call::NativeCall::enter(" while calling a Python object") else { return ptr::null_mut() };
    let f = mem::transmute::<PyCFunction, PyCFunctionFastWithKeywords>(f);
    let names = args.names.map_or(ptr::null_mut(), |n| n.as_ptr());
    let _ = d;
    f(this.as_ptr(), args.positional.as_ptr().add(1).cast(), args.positional.len() as isize - 1, names)
});

method_vectorcall!(method_general(d, this, args, _f, row) {
    let rest = Args { positional: &args.positional[1..], keyword_values: args.keyword_values, names: args.names };
    err::into_raw(cfunction::call_row(row, this.as_ptr(), owner(&d.d_common), &rest, || {
        format!("{}.{}()", type_::name_of(owner(&d.d_common)), name_of(&d.d_common))
    }))
});

fn method_get(d: &PyMethodDescrObject, o: Option<&Obj>, class: Option<&Obj>) -> Result {
    let Some(o) = o else {
        return Ok(d.as_obj().new_ref());
    };
    check_instance(&d.d_common, o)?;
    if method_row(d).ml_flags & METH_METHOD != 0
        && let Some(class) = class.filter(|c| !c.is::<PyTypeObject>())
    {
        return raise!(
            TypeError,
            "descriptor '{}' needs a type, not '{}', as arg 2",
            name_of(&d.d_common),
            class.tp_name()
        );
    }
    // SAFETY: the descriptor's row is a static one, or is kept by the type that owns the descriptor.
    Ok(unsafe { cfunction::new_method(d.d_method.get(), o, owner(&d.d_common)) })
}

fn class_method_get(d: &PyMethodDescrObject, o: Option<&Obj>, class: Option<&Obj>) -> Result {
    let class = match (class, o) {
        (Some(c), _) => c,
        (None, Some(o)) => o.ty().as_obj(),
        (None, None) => {
            return raise!(
                TypeError,
                "descriptor '{}' for type '{}' needs either an object or a type",
                name_of(&d.d_common),
                type_name(owner(&d.d_common))
            );
        }
    };
    let Some(tp) = class.downcast::<PyTypeObject>() else {
        return raise!(
            TypeError,
            "descriptor '{}' for type '{}' needs a type, not a '{}' as arg 2",
            name_of(&d.d_common),
            type_name(owner(&d.d_common)),
            class.tp_name()
        );
    };
    if !is_subtype(tp, owner(&d.d_common)) {
        return raise!(
            TypeError,
            "descriptor '{}' requires a subtype of '{}' but received '{}'",
            name_of(&d.d_common),
            type_name(owner(&d.d_common)),
            type_name(tp)
        );
    }
    // SAFETY: as in `method_get`.
    Ok(unsafe { cfunction::new_method(d.d_method.get(), class, owner(&d.d_common)) })
}

fn class_method_call(
    d: &PyMethodDescrObject,
    args: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
) -> Result {
    let Some(class) = args.items().first() else {
        return raise!(
            TypeError,
            "descriptor '{}' of '{}' object needs an argument",
            name_of(&d.d_common),
            type_name(owner(&d.d_common))
        );
    };
    let bound = class_method_get(d, None, Some(class))?;
    call::call_tuple_dict(&bound, &tuple::from_vec(args.items()[1..].to_vec()), kwargs)
}

// ---- Members and computed attributes ----

fn member_get(d: &PyMemberDescrObject, o: Option<&Obj>, _owner: Option<&Obj>) -> Result {
    let Some(o) = o else {
        return Ok(d.as_obj().new_ref());
    };
    check_instance(&d.d_common, o)?;
    // SAFETY: the object has the type whose row this is.
    unsafe { crate::members::get(o.as_ptr(), member_row(d)) }
}

fn member_set(d: &PyMemberDescrObject, o: &Obj, value: Option<&Obj>) -> Result<()> {
    check_instance(&d.d_common, o)?;
    // SAFETY: the object has the type whose row this is.
    unsafe { crate::members::set(o.as_ptr(), member_row(d), value) }
}

fn getset_get(d: &PyGetSetDescrObject, o: Option<&Obj>, _owner: Option<&Obj>) -> Result {
    let row = getset_row(d);
    let Some(o) = o else {
        return Ok(d.as_obj().new_ref());
    };
    check_instance(&d.d_common, o)?;
    match row.get {
        Some(f) => {
            // SAFETY: the object has the type whose row this is.
            let value = unsafe { Ref::from_owned_opt(f(o.as_ptr(), row.closure)) };
            match value {
                Some(value) => Ok(value),
                None if err::occurred() => Err(err::Raised::assume()),
                // Some extensions answer null without an error where there is no value.
                None => Err(type_::attributes::missing(o, &name(d.as_obj()))),
            }
        }
        None => raise!(
            AttributeError,
            "attribute '{}' of '{}' objects is not readable",
            name_of(&d.d_common),
            type_name(owner(&d.d_common))
        ),
    }
}

fn getset_set(d: &PyGetSetDescrObject, o: &Obj, value: Option<&Obj>) -> Result<()> {
    check_instance(&d.d_common, o)?;
    let row = getset_row(d);
    match row.set {
        Some(f) => {
            let value = value.map_or(ptr::null_mut(), |v| v.as_ptr());
            // SAFETY: the object has the type whose row this is.
            err::from_status(unsafe { f(o.as_ptr(), value, row.closure) }).map(drop)
        }
        None => raise!(
            AttributeError,
            "attribute '{}' of '{}' objects is not writable",
            name_of(&d.d_common),
            type_name(owner(&d.d_common))
        ),
    }
}

/// The `__doc__` entry of a builtin type: no data descriptor, so that instances may have a doc of their own.
pub static LAZY_DOC: PyTypeObject = PyTypeObject::statically_declared();

/// Fills in the type of those entries.
pub fn define_lazy_doc(b: &mut TypeBuilder) {
    b.basicsize::<PyDescrObject>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .tp_repr(|d: &PyDescrObject| Ok(described(d, "attribute")))
        .tp_descr_get(|d: &PyDescrObject, _: Option<&Obj>, _: Option<&Obj>| {
            let text = crate::doc::lookup(&crate::doc::type_path(owner(d), None));
            Ok(text.map_or_else(none, |text| str_::new(text).into_obj()))
        });
    common(b);
}

/// The `__doc__` of a builtin type: looked up when somebody asks.
pub fn new_lazy_doc(tp: &PyTypeObject) -> Ref {
    make(&LAZY_DOC, tp, "__doc__")
}

// ---- Slot wrappers ----

/// Calls the wrapped slot with self and its arguments.
fn call_wrapped(
    d: &PyWrapperDescrObject,
    this: &Obj,
    args: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
) -> Result {
    let row = wrapper_row(d);
    let Some(f) = row.wrapper else {
        return raise!(SystemError, "slot wrapper without a function");
    };
    if row.flags & crate::slots::KEYWORDS != 0 {
        let kw = kwargs.map_or(ptr::null_mut(), |k| k.as_ptr());
        // SAFETY: the flag says that the wrapper takes keywords; self was checked.
        return unsafe {
            let f = mem::transmute::<wrapperfunc, wrapperfunc_kwds>(f);
            err::from_owned(f(this.as_ptr(), args.as_ptr(), d.d_wrapped.get(), kw))
        };
    }
    if kwargs.is_some_and(|k| k.len() > 0) {
        return raise!(
            TypeError,
            "wrapper {}() takes no keyword arguments",
            name_of(&d.d_common)
        );
    }
    // SAFETY: self was checked.
    unsafe { err::from_owned(f(this.as_ptr(), args.as_ptr(), d.d_wrapped.get())) }
}

fn wrapper_call(
    d: &PyWrapperDescrObject,
    args: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
) -> Result {
    let Some(this) = args.items().first() else {
        return raise!(
            TypeError,
            "descriptor '{}' of '{}' object needs an argument",
            name_of(&d.d_common),
            type_name(owner(&d.d_common))
        );
    };
    if !is_subtype(this.ty(), owner(&d.d_common)) {
        return raise!(
            TypeError,
            "descriptor '{}' requires a '{}' object but received a '{}'",
            name_of(&d.d_common),
            type_name(owner(&d.d_common)),
            this.tp_name()
        );
    }
    call_wrapped(d, this, &tuple::from_refs(&args.items()[1..]), kwargs)
}

fn wrapper_get(d: &PyWrapperDescrObject, o: Option<&Obj>, _owner: Option<&Obj>) -> Result {
    let Some(o) = o else {
        return Ok(d.as_obj().new_ref());
    };
    check_instance(&d.d_common, o)?;
    bind_wrapper(d, o)
}

/// `method-wrapper`.
pub static METHOD_WRAPPER: PyTypeObject = PyTypeObject::statically_declared();

/// A slot wrapper bound to its self.
#[repr(C)]
pub struct MethodWrapper {
    ob_base: PyObject,
    descr: Slot,
    this: Slot,
}

impl Layout for MethodWrapper {
    fn type_object() -> &'static PyTypeObject {
        &METHOD_WRAPPER
    }
}

/// Binds a slot wrapper.
pub fn bind_wrapper(d: &PyWrapperDescrObject, o: &Obj) -> Result {
    let value = MethodWrapper {
        ob_base: header(),
        descr: Slot::new(Some(d.as_obj().new_ref())),
        this: Slot::new(Some(o.new_ref())),
    };
    create(&METHOD_WRAPPER, value).map(Ref::into_obj)
}

impl MethodWrapper {
    fn descr(&self) -> &PyWrapperDescrObject {
        // SAFETY: set when it was made, never changed.
        unsafe { self.descr.borrow().expect("set when made").cast() }
    }
    fn this(&self) -> &Obj {
        self.this.borrow().expect("set when made")
    }
}

/// Fills in `method-wrapper`.
pub fn define_method_wrapper(b: &mut TypeBuilder) {
    b.basicsize::<MethodWrapper>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .dealloc_drop::<MethodWrapper>()
        .tp_traverse(|w: &MethodWrapper, v: &mut Visitor| {
            v.slot(&w.descr)?;
            v.slot(&w.this)
        })
        .tp_call(
            |w: &MethodWrapper, args: &PyTupleObject, kwargs: Option<&PyDictObject>| {
                call_wrapped(w.descr(), w.this(), args, kwargs)
            },
        )
        .tp_repr(|w: &MethodWrapper| {
            Ok(format!(
                "<method-wrapper '{}' of {} object at {:p}>",
                name_of(&w.descr().d_common),
                w.this().tp_name(),
                w.this().as_ptr()
            ))
        })
        .tp_hash(|w: &MethodWrapper| {
            let (a, b) = (w.this().as_ptr() as isize, w.descr().as_ptr() as isize);
            Ok((a >> 4) ^ (b >> 4))
        })
        .tp_richcompare(|w: &MethodWrapper, other: &Obj, op: CompareOp| {
            let (Some(other), CompareOp::Eq | CompareOp::Ne) =
                (other.downcast_exact::<MethodWrapper>(), op)
            else {
                return Ok(not_implemented());
            };
            let same = w.descr().as_obj().is_same(other.descr().as_obj())
                && w.this().is_same(other.this());
            Ok(bool_(same == (op == CompareOp::Eq)))
        })
        .generic_attributes()
        .new_disallowed()
        .methods(WRAPPER_METHODS)
        .getset(BOUND_GETSET);
}

static WRAPPER_METHODS: &[PyMethodDef] = &[crate::noargs!(
    "__reduce__",
    |w: &MethodWrapper| {
        let getattr = crate::builtin(intern!("getattr"))?;
        let name = name(w.descr().as_obj());
        Ok(tuple::from_slice(&[&getattr, &object::pair(w.this(), &name)]).into_obj())
    },
    ""
)];

static BOUND_GETSET: &[PyGetSetDef] = &[
    getset!("__objclass__", |w: &MethodWrapper| Ok(owner(
        &w.descr().d_common
    )
    .as_obj()
    .new_ref())),
    getset!("__name__", |w: &MethodWrapper| Ok(name(w.descr().as_obj()))),
    getset!("__qualname__", |w: &MethodWrapper| qualname(
        &w.descr().d_common
    )),
    getset!("__self__", |w: &MethodWrapper| Ok(w.this().new_ref())),
    getset!("__doc__", |w: &MethodWrapper| {
        Ok(crate::doc::doc_or_lookup(
            ptr::null(),
            "",
            &wrapper_path(w.descr()),
        ))
    }),
    getset!("__text_signature__", |w: &MethodWrapper| Ok(
        wrapper_signature(w.descr())
    )),
];
