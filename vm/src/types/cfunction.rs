//! `builtin_function_or_method`: a row of a method table with its self.
//!
//! Extensions read the row and self out of these objects and call the C function themselves, so the layout is CPython's
//! and the row's flags are the truth about its signature.

use core::ffi::CStr;
use core::mem::{self, offset_of};
use core::ptr;

use layout::*;

use super::dict::DictExt as _;
use super::str_::{self, StrExt as _};
use super::tuple;
use super::type_::{CompareOp, TypeBuilder};
use crate::err::{self, Result, exc, raise};
use crate::getset;
use crate::intern;
use crate::method::{Args, borrowed};
use crate::object::*;
use crate::protocol::{call, object};

/// Fills in `builtin_function_or_method`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<PyCFunctionObject>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .vectorcall_offset(offset_of!(PyCFunctionObject, vectorcall))
        .weaklistoffset(offset_of!(PyCFunctionObject, m_weakreflist))
        .tp_dealloc(dealloc)
        .tp_traverse(traverse)
        .tp_clear(clear)
        .tp_repr(repr)
        .tp_hash(|f: &PyCFunctionObject| Ok((f.m_self.get() as isize >> 4) ^ f.m_ml_address()))
        .tp_richcompare(compare)
        .generic_attributes()
        .new_disallowed()
        .methods(METHODS)
        .getset(GETSET)
        .members(MEMBERS);
}

/// Fills in `builtin_method`: a method that also knows its defining class.
pub fn define_cmethod(b: &mut TypeBuilder) {
    b.basicsize::<PyCMethodObject>()
        .base(&PyCFunction_Type)
        .flags(Py_TPFLAGS_HAVE_GC)
        .vectorcall_offset(offset_of!(PyCFunctionObject, vectorcall))
        .new_disallowed();
}

trait RowAddress {
    fn m_ml_address(&self) -> isize;
}

impl RowAddress for PyCFunctionObject {
    fn m_ml_address(&self) -> isize {
        row(self)
            .ml_meth
            .map_or(0, |f| (f as usize).cast_signed() >> 4)
    }
}

static METHODS: &[PyMethodDef] = &[crate::noargs!("__reduce__", reduce, "($self, /)")];

static GETSET: &[PyGetSetDef] = &[
    getset!("__doc__", |f: &PyCFunctionObject| {
        Ok(crate::doc::doc_or_lookup(
            row(f).ml_doc,
            name_text(f),
            &path(f),
        ))
    }),
    getset!("__name__", |f: &PyCFunctionObject| Ok(name(f.as_obj()))),
    getset!("__qualname__", |f: &PyCFunctionObject| qualname(f)),
    getset!("__self__", |f: &PyCFunctionObject| Ok(
        this(f).map_or_else(none, Obj::new_ref)
    )),
    getset!("__text_signature__", |f: &PyCFunctionObject| Ok(
        crate::doc::signature_of(row(f).ml_doc, name_text(f))
    )),
];

static MEMBERS: &[PyMemberDef] = &[crate::member!(
    "__module__",
    PyCFunctionObject,
    m_module,
    _Py_T_OBJECT,
    0
)];

fn row(f: &PyCFunctionObject) -> &PyMethodDef {
    // SAFETY: tables live as long as what is made of them.
    unsafe { &*f.m_ml.get() }
}

fn name_text(f: &PyCFunctionObject) -> &str {
    // SAFETY: rows name themselves with NUL-terminated strings.
    unsafe { CStr::from_ptr(row(f).ml_name) }
        .to_str()
        .unwrap_or("?")
}

/// Self as Python sees it: none for static methods.
fn this(f: &PyCFunctionObject) -> Option<&Obj> {
    if row(f).ml_flags & METH_STATIC != 0 {
        None
    } else {
        f.m_self.borrow_obj()
    }
}

/// The database's name: by self's type, or by the module.
fn path(f: &PyCFunctionObject) -> String {
    match f.m_self.borrow_obj() {
        Some(s) if s.is::<PyTypeObject>() => {
            // SAFETY: just checked.
            crate::doc::type_path(unsafe { s.cast::<PyTypeObject>() }, Some(name_text(f)))
        }
        Some(s) if !super::module::is_module(s) => {
            crate::doc::type_path(s.ty(), Some(name_text(f)))
        }
        _ => {
            let module = f
                .m_module
                .borrow_obj()
                .map_or_else(|| "builtins".to_owned(), str_::to_string_lossy);
            format!("{module}.{}", name_text(f))
        }
    }
}

/// The function's name, interned.
pub fn name(f: &Obj) -> Ref {
    // SAFETY: called with these objects only.
    str_::intern_str(name_text(unsafe { f.cast::<PyCFunctionObject>() })).new_ref()
}

fn qualname(f: &PyCFunctionObject) -> Result {
    let Some(this) = this(f) else {
        return Ok(name(f.as_obj()));
    };
    if super::module::is_module(this) {
        return Ok(name(f.as_obj()));
    }
    let class = if this.is::<PyTypeObject>() {
        this
    } else {
        this.ty().as_obj()
    };
    let of = object::getattr(class, intern!("__qualname__"))?;
    let Some(of) = of.downcast::<PyUnicodeObject>() else {
        return raise!(
            TypeError,
            "<method>.__class__.__qualname__ is not a unicode object"
        );
    };
    Ok(str_::new(&format!("{}.{}", of.as_str()?, name_text(f))).into_obj())
}

/// A function for a row. `this` is its self: the module, the instance, or the class.
///
/// # Panics
/// Where memory is used up.
pub fn new(row: *mut PyMethodDef, this: Option<&Obj>, module: Option<&Obj>) -> Ref {
    make(&PyCFunction_Type, row, this, module)
}

/// A method bound to an instance, which knows the class that defines it if its row asks for that.
///
/// # Safety
/// `row` is a row of a table that is never freed.
pub unsafe fn new_method(row: *mut PyMethodDef, this: &Obj, class: &PyTypeObject) -> Ref {
    // SAFETY: a row of a live table.
    if unsafe { (*row).ml_flags } & METH_METHOD == 0 {
        return new(row, Some(this), None);
    }
    new_cmethod(row, Some(this), None, class)
}

/// As [`new`] with the defining class (`PyCMethod_New`).
pub fn new_cmethod(
    row: *mut PyMethodDef,
    this: Option<&Obj>,
    module: Option<&Obj>,
    class: &PyTypeObject,
) -> Ref {
    let f = make(&PyCMethod_Type, row, this, module);
    // SAFETY: just made with this type.
    unsafe { f.cast::<PyCMethodObject>() }
        .mm_class
        .set(class.to_ref().into_raw().cast());
    f
}

fn make(
    tp: &'static PyTypeObject,
    row: *mut PyMethodDef,
    this: Option<&Obj>,
    module: Option<&Obj>,
) -> Ref {
    let f = alloc::<Obj>(tp).unwrap_or_else(|_| crate::fatal("no memory for a function"));
    // SAFETY: both types start with this struct; the row is live.
    let (c, flags) = unsafe { (f.cast::<PyCFunctionObject>(), (*row).ml_flags) };
    c.m_ml.set(row);
    c.m_self.set_ref(this.map(Obj::new_ref));
    c.m_module.set_ref(module.map(Obj::new_ref));
    c.vectorcall.set(Some(
        match flags
            & (METH_VARARGS | METH_FASTCALL | METH_NOARGS | METH_O | METH_KEYWORDS | METH_METHOD)
        {
            METH_NOARGS => vector_noargs,
            METH_O => vector_o,
            METH_FASTCALL => vector_fastcall,
            f if f == METH_FASTCALL | METH_KEYWORDS => vector_fastcall_keywords,
            _ => vector_general,
        },
    ));
    f
}

unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: a dying function.
    unsafe {
        gc::untrack(o);
        super::weakref::clear_weakrefs(&*o);
        let f = borrowed::<PyCFunctionObject>(o);
        if ptr::eq((*o).ty(), &PyCMethod_Type) {
            let class = borrowed::<PyCMethodObject>(o)
                .mm_class
                .replace(ptr::null_mut());
            drop(Ref::<Obj>::from_owned_opt(class.cast()));
        }
        f.m_self.set_ref(None);
        f.m_module.set_ref(None);
        free_builtin(o);
    }
}

fn traverse(f: &PyCFunctionObject, v: &mut Visitor) -> Visit {
    if ptr::eq(f.as_obj().ty(), &PyCMethod_Type) {
        // SAFETY: just checked.
        let method = unsafe { f.as_obj().cast::<PyCMethodObject>() };
        v.visit_ptr(method.mm_class.get().cast())?;
    }
    v.visit_ptr(f.m_self.get())?;
    v.visit_ptr(f.m_module.get())
}

fn clear(f: &PyCFunctionObject) {
    f.m_self.set_ref(None);
    f.m_module.set_ref(None);
}

fn repr(f: &PyCFunctionObject) -> Result<String> {
    Ok(match this(f) {
        Some(s) if !super::module::is_module(s) => {
            format!(
                "<built-in method {} of {} object at {:p}>",
                name_text(f),
                s.tp_name(),
                s.as_ptr()
            )
        }
        _ => format!("<built-in function {}>", name_text(f)),
    })
}

fn compare(f: &PyCFunctionObject, other: &Obj, op: CompareOp) -> Result {
    let (Some(g), CompareOp::Eq | CompareOp::Ne) = (other.downcast::<PyCFunctionObject>(), op)
    else {
        return Ok(not_implemented());
    };
    let same = f.m_self.get() == g.m_self.get() && f.m_ml_address() == g.m_ml_address();
    Ok(bool_(same == (op == CompareOp::Eq)))
}

fn reduce(f: &PyCFunctionObject) -> Result {
    match this(f) {
        Some(s) if !super::module::is_module(s) => {
            let getattr = crate::builtin(intern!("getattr"))?;
            Ok(tuple::from_slice(&[&getattr, &object::pair(s, &name(f.as_obj()))]).into_obj())
        }
        _ => Ok(name(f.as_obj())),
    }
}

// ---- Calls ----
//
// SAFETY of these functions: the vectorcall protocol; the row's flags say which C signature its function has.

/// "list.append()" or "len()", for messages.
fn display(f: &PyCFunctionObject) -> String {
    err::preserved(|| match qualname(f) {
        Ok(q) => {
            let module = f
                .m_module
                .borrow_obj()
                .filter(|m| m.is::<PyUnicodeObject>())
                .map(str_::to_string_lossy);
            match module {
                Some(m) if m != "builtins" => format!("{m}.{}()", str_::to_string_lossy(&q)),
                _ => format!("{}()", str_::to_string_lossy(&q)),
            }
        }
        Err(_) => {
            err::clear();
            format!("{}()", name_text(f))
        }
    })
}

#[cold]
fn refuse(f: &PyCFunctionObject, what: core::fmt::Arguments<'_>) -> *mut PyObject {
    let _ = err::new(&exc::TypeError, format_args!("{} {what}", display(f)));
    ptr::null_mut()
}

macro_rules! vector {
    ($name:ident($f:ident, $args:ident, $function:ident) $body:block) => {
        unsafe extern "C" fn $name(
            callable: *mut PyObject,
            args: *const *mut PyObject,
            nargsf: usize,
            kwnames: *mut PyObject,
        ) -> *mut PyObject {
            // SAFETY: see above.
            unsafe {
                let $f = borrowed::<PyCFunctionObject>(callable);
                let $args = Args::from_vector(args, nargsf, kwnames);
                let Some($function) = row($f).ml_meth else {
                    return ptr::null_mut();
                };
                let Ok(_depth) = call::NativeCall::enter(" while calling a Python object") else {
                    return ptr::null_mut();
                };
                $body
            }
        }
    };
}

vector!(vector_noargs(f, args, function) {
    if !args.keyword_values.is_empty() {
        return refuse(f, format_args!("takes no keyword arguments"));
    }
    if !args.positional.is_empty() {
        return refuse(f, format_args!("takes no arguments ({} given)", args.positional.len()));
    }
    function(self_argument(f), ptr::null_mut())
});

vector!(vector_o(f, args, function) {
    if !args.keyword_values.is_empty() {
        return refuse(f, format_args!("takes no keyword arguments"));
    }
    if args.positional.len() != 1 {
        return refuse(f, format_args!("takes exactly one argument ({} given)", args.positional.len()));
    }
    function(self_argument(f), args.positional[0].as_ptr())
});

vector!(vector_fastcall(f, args, function) {
    if !args.keyword_values.is_empty() {
        return refuse(f, format_args!("takes no keyword arguments"));
    }
    let function = mem::transmute::<PyCFunction, PyCFunctionFast>(function);
    function(self_argument(f), args.positional.as_ptr().cast(), args.positional.len() as isize)
});

vector!(vector_fastcall_keywords(f, args, function) {
    let function = mem::transmute::<PyCFunction, PyCFunctionFastWithKeywords>(function);
    let names = args.names.map_or(ptr::null_mut(), |n| n.as_ptr());
    function(self_argument(f), args.positional.as_ptr().cast(), args.positional.len() as isize, names)
});

vector!(vector_general(f, args, _function) {
    let class = if row(f).ml_flags & METH_METHOD != 0 {
        &*borrowed::<PyCMethodObject>(callable_pointer(f)).mm_class.get()
    } else {
        &PyBaseObject_Type
    };
    err::into_raw(call_row(row(f), self_argument(f), class, &args, || display(f)))
});

fn callable_pointer(f: &PyCFunctionObject) -> *mut PyObject {
    f.as_ptr()
}

/// What C gets as self: null for C's static methods; ours ignore a class.
#[inline(always)]
fn self_argument(f: &PyCFunctionObject) -> *mut PyObject {
    if row(f).ml_flags & (METH_STATIC | crate::method::METH_OWN_STATIC) == METH_STATIC {
        ptr::null_mut()
    } else {
        f.m_self.get()
    }
}

/// Calls a row's function by any of C's conventions.
///
/// # Safety
/// `this` is what the function takes as self.
pub unsafe fn call_row(
    row: &PyMethodDef,
    this: *mut PyObject,
    class: &PyTypeObject,
    args: &Args<'_>,
    display: impl Fn() -> String,
) -> Result {
    let Some(f) = row.ml_meth else {
        return Err(err::bad_internal_call());
    };
    let n = args.positional.len();
    let has_keywords = !args.keyword_values.is_empty();
    let names = args.names.map_or(ptr::null_mut(), |n| n.as_ptr());
    let values = args.positional.as_ptr().cast::<*mut PyObject>();
    let flags = row.ml_flags
        & (METH_VARARGS | METH_FASTCALL | METH_NOARGS | METH_O | METH_KEYWORDS | METH_METHOD);
    if has_keywords && flags & METH_KEYWORDS == 0 {
        return raise!(TypeError, "{} takes no keyword arguments", display());
    }
    let answer = match flags {
        METH_NOARGS if n != 0 => {
            return raise!(TypeError, "{} takes no arguments ({n} given)", display());
        }
        // SAFETY: the flags name the signature of the function, here and below.
        METH_NOARGS => unsafe { f(this, ptr::null_mut()) },
        METH_O if n != 1 => {
            return raise!(
                TypeError,
                "{} takes exactly one argument ({n} given)",
                display()
            );
        }
        // SAFETY: as above.
        METH_O => unsafe { f(this, args.positional[0].as_ptr()) },
        METH_VARARGS => {
            let tuple = tuple::from_slice(args.positional);
            // SAFETY: as above.
            unsafe { f(this, tuple.as_ptr()) }
        }
        m if m == METH_VARARGS | METH_KEYWORDS => {
            let (tuple, kwargs) = call::to_tuple_and_dict(args)?;
            let kwargs = kwargs.filter(|k| k.len() > 0);
            // SAFETY: as above.
            unsafe {
                let f = mem::transmute::<PyCFunction, PyCFunctionWithKeywords>(f);
                f(
                    this,
                    tuple.as_ptr(),
                    kwargs.as_ref().map_or(ptr::null_mut(), |k| k.as_ptr()),
                )
            }
        }
        // SAFETY: as above.
        METH_FASTCALL => unsafe {
            mem::transmute::<PyCFunction, PyCFunctionFast>(f)(this, values, n as isize)
        },
        m if m == METH_FASTCALL | METH_KEYWORDS => {
            // SAFETY: as above.
            unsafe {
                mem::transmute::<PyCFunction, PyCFunctionFastWithKeywords>(f)(
                    this, values, n as isize, names,
                )
            }
        }
        m if m == METH_FASTCALL | METH_KEYWORDS | METH_METHOD => {
            let class = ptr::from_ref(class).cast_mut();
            // SAFETY: as above.
            unsafe {
                mem::transmute::<PyCFunction, PyCMethod>(f)(this, class, values, n as isize, names)
            }
        }
        _ => return raise!(SystemError, "{} method: bad call flags", display()),
    };
    // SAFETY: C functions answer with an owned reference or null and an error.
    unsafe { err::from_owned(answer) }
}

/// The module that functions of a module row table belong to, as `__module__`.
pub fn add_functions(module: &Obj, rows: &'static [PyMethodDef], module_name: &Obj) -> Result<()> {
    for row in rows {
        if row.ml_name.is_null() {
            break;
        }
        let f = new(
            ptr::from_ref(row).cast_mut(),
            Some(module),
            Some(module_name),
        );
        object::setattr(module, &name(&f), Some(&f))?;
    }
    Ok(())
}
