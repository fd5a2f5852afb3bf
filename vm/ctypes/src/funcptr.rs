//! `CFuncPtr` and its metaclass: C functions that Python calls, and Python functions that C calls.

use crate::call::{FUNCFLAG_CDECL, Function, MAX_ARGUMENTS};
use crate::call_args;
use crate::callback;
use crate::cdata::{self, CData};
use crate::info::{self, IS_POINTER, Info, Kind};
use crate::keep;
use crate::library;
use crate::metaclass::{CLASS_METHODS, CTYPE, CType};
use crate::prelude::*;
use std::ffi::CString;
use vm::types::dict::DictExt as _;

static_type!(FUNC_META);

/// A function. What is set here goes before what its class says.
#[repr(C)]
pub struct FuncPtr {
    pub data: CData,
    /// What C calls, where the function is Python's.
    thunk: Slot,
    callable: Slot,
    converters: Slot,
    argtypes: Slot,
    restype: Slot,
    checker: Slot,
    errcheck: Slot,
    paramflags: Slot,
}

static_type!(FuncPtr, FUNC);

/// Fills in the metaclass.
pub fn define_meta(b: &mut TypeBuilder) {
    b.base(&CTYPE)
        .basicsize::<CType>()
        .destructible()
        .flags(Py_TPFLAGS_BASETYPE)
        .tp_init(init_class)
        .methods(CLASS_METHODS);
}

/// Fills in `CFuncPtr`.
pub fn define(b: &mut TypeBuilder) {
    b.base(&cdata::CDATA)
        .basicsize::<FuncPtr>()
        .destructible()
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
        .tp_new(new)
        .tp_dealloc(dealloc)
        .tp_traverse(|f: &FuncPtr, v: &mut Visitor| {
            f.slots().into_iter().try_for_each(|s| v.slot(s))?;
            f.data.visit(v)
        })
        .tp_clear(FuncPtr::clear)
        .tp_repr(|f: &FuncPtr| {
            Ok(format!(
                "<{} object at {:p}>",
                f.as_obj().tp_name(),
                f.as_ptr()
            ))
        })
        .nb_bool(|f: &FuncPtr| Ok(!f.data.pointer().is_null()))
        .tp_call(call)
        .getset(GETSET);
}

static GETSET: &[PyGetSetDef] = &[
    getset!("errcheck", |f: &FuncPtr| Ok(f.errcheck.get()), set_errcheck),
    getset!("restype", get_restype, set_restype),
    getset!("argtypes", get_argtypes, set_argtypes),
];

impl FuncPtr {
    fn slots(&self) -> [&Slot; 8] {
        [
            &self.thunk,
            &self.callable,
            &self.converters,
            &self.argtypes,
            &self.restype,
            &self.checker,
            &self.errcheck,
            &self.paramflags,
        ]
    }

    fn clear(&self) {
        for slot in self.slots() {
            slot.set(None);
        }
        self.data.clear();
    }

    fn info(&self) -> Result<&Info> {
        info::required(self.as_obj().ty().as_obj())
    }
}

unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: a dying function.
    unsafe {
        gc::untrack(o);
        let f = &*o.cast::<FuncPtr>();
        f.clear();
        f.data.release();
        free_builtin(o);
    }
}

// ---- Classes ----

/// The `from_param` methods of argument types.
fn converters_of(types: &Obj) -> Result<Ref<PyTupleObject>> {
    let types = match tuple::from_iterable(types) {
        Ok(types) => types,
        Err(_) => {
            err::clear();
            return raise!(TypeError, "_argtypes_ must be a sequence of types");
        }
    };
    if types.len() > MAX_ARGUMENTS {
        // SAFETY: an exception class.
        let tp: &PyTypeObject = unsafe { crate::argument_error()?.cast() };
        return Err(err::new(
            tp,
            format_args!(
                "_argtypes_ has too many arguments ({}), maximum is {MAX_ARGUMENTS}",
                types.len()
            ),
        ));
    }
    let mut converters = Vec::with_capacity(types.len());
    for (i, class) in types.objects().iter().enumerate() {
        match proto::getattr_opt(class, intern!("from_param"))? {
            Some(converter) => converters.push(converter),
            None => {
                return raise!(
                    TypeError,
                    "item {} in _argtypes_ has no from_param method",
                    i + 1
                );
            }
        }
    }
    Ok(tuple::from_vec(converters))
}

fn check_restype(restype: &Obj, name: &str) -> Result<()> {
    if restype.is_none() || info::of_class(restype).is_some() || proto::is_callable(restype) {
        return Ok(());
    }
    raise!(TypeError, "{name} must be a type, a callable, or None")
}

fn init_class(tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>) -> Result<()> {
    let dict = type_::own_dict(tp).expect("a ready type has a dict");
    let info = info::init(tp, Kind::Pointer)?;
    info.set_format("X{}");
    info.size.set(size_of::<*mut u8>());
    info.align.set(align_of::<*mut u8>());
    info.length.set(1);
    info.set_ffi(&raw mut libffi_sys::ffi_type_pointer);
    let flags = dict.get(intern!("_flags_"))?;
    let Some(flags) = flags.as_ref().and_then(|f| f.downcast::<PyLongObject>()) else {
        return raise!(
            TypeError,
            "class must define _flags_ which must be an integer"
        );
    };
    info.flags
        .set(flags.to_u64_wrapping() as u32 & 0xff | IS_POINTER);
    if let Some(types) = dict.get(intern!("_argtypes_"))? {
        info.converters.set(Some(converters_of(&types)?.into_obj()));
        info.argtypes.set(Some(types));
    }
    if let Some(restype) = dict.get(intern!("_restype_"))? {
        check_restype(&restype, "_restype_")?;
        info.checker
            .set(proto::getattr_opt(&restype, intern!("_check_retval_"))?);
        info.restype.set(Some(restype));
    }
    Ok(())
}

// ---- Attributes ----

fn set_errcheck(f: &FuncPtr, value: Option<&Obj>) -> Result<()> {
    if value.is_some_and(|v| !proto::is_callable(v)) {
        return raise!(TypeError, "the errcheck attribute must be callable");
    }
    f.errcheck.set(value.map(Obj::new_ref));
    Ok(())
}

fn get_restype(f: &FuncPtr) -> Result<Option<Ref>> {
    Ok(f.restype.get().or(f.info()?.restype.get()))
}

fn set_restype(f: &FuncPtr, value: Option<&Obj>) -> Result<()> {
    let checker = match value {
        Some(value) => {
            check_restype(value, "restype")?;
            proto::getattr_opt(value, intern!("_check_retval_"))?
        }
        None => None,
    };
    f.checker.set(checker);
    f.restype.set(value.map(Obj::new_ref));
    Ok(())
}

fn get_argtypes(f: &FuncPtr) -> Result<Option<Ref>> {
    Ok(f.argtypes.get().or(f.info()?.argtypes.get()))
}

fn set_argtypes(f: &FuncPtr, value: Option<&Obj>) -> Result<()> {
    let value = value.filter(|v| !v.is_none());
    let converters = value.map(converters_of).transpose()?;
    if let Some(value) = value {
        call_args::validate(f.paramflags.borrow(), Some(value))?;
    }
    f.converters.set(converters.map(Ref::into_obj));
    f.argtypes.set(value.map(Obj::new_ref));
    Ok(())
}

// ---- Making ----

fn new(tp: &PyTypeObject, args: &PyTupleObject, _: Option<&PyDictObject>) -> Result {
    let Some(&first) = args.objects().first() else {
        return cdata::new(tp);
    };
    if first.is::<PyTupleObject>() {
        return from_library(tp, args.objects());
    }
    args::expect("function", args.objects(), 1..=1)?;
    if first.is::<PyLongObject>() {
        let address = to_pointer(first)?;
        let made = cdata::new(tp)?;
        cdata::expect(&made).set_pointer(address as *mut u8);
        return Ok(made);
    }
    from_callable(tp, first)
}

/// The name that a function is looked up by.
fn name_of(o: &Obj) -> Result<CString> {
    let text = if let Some(b) = o.downcast::<PyBytesObject>() {
        b.as_slice().to_vec()
    } else if let Some(s) = str_::of(o) {
        s.as_str()?.as_bytes().to_vec()
    } else {
        return raise!(
            TypeError,
            "function name must be string, bytes object or integer"
        );
    };
    // What counts ends at the first zero.
    let end = text.iter().position(|&c| c == 0).unwrap_or(text.len());
    Ok(CString::new(&text[..end]).unwrap_or_default())
}

/// `CFuncPtr((name, library)[, paramflags])`.
fn from_library(tp: &PyTypeObject, args: &[&Obj]) -> Result {
    args::expect("function", args, 1..=2)?;
    let flags = args.get(1).copied().filter(|f| !f.is_none());
    let spec = tuple::from_iterable(args[0])?;
    let &[name, dll] = spec.objects() else {
        return raise!(TypeError, "illegal func_spec argument");
    };
    let text = name_of(name)?;
    audit_event("ctypes.dlsym", &[dll, name])?;
    let address = match library::find(dll, &text, "function")? {
        Ok(address) => address,
        Err(message) => return raise!(AttributeError, "{message}"),
    };
    let argtypes = info::required(tp.as_obj())?.argtypes.get();
    call_args::validate(flags, argtypes.as_deref())?;
    let made = cdata::new(tp)?;
    // SAFETY: an instance of a class that derives from `CFuncPtr`.
    let f = unsafe { made.cast::<FuncPtr>() };
    f.paramflags.set(flags.map(Obj::new_ref));
    f.data.set_pointer(address.cast());
    keep::keep(&f.data, 0, dll.new_ref())?;
    Ok(made)
}

/// `CFuncPtr(callable)`: a function that C can call.
fn from_callable(tp: &PyTypeObject, callable: &Obj) -> Result {
    if !proto::is_callable(callable) {
        return raise!(
            TypeError,
            "argument must be callable or integer function address"
        );
    }
    let info = info::of_type(tp);
    let Some((info, argtypes)) = info.and_then(|i| Some((i, i.argtypes.get()?))) else {
        return raise!(
            TypeError,
            "cannot construct instance of this class: no argtypes"
        );
    };
    let restype = info.restype.get();
    let thunk = callback::new(callable, &argtypes, restype.as_deref(), info.flags.get())?;
    let made = cdata::new(tp)?;
    // SAFETY: an instance of a class that derives from `CFuncPtr`.
    let f = unsafe { made.cast::<FuncPtr>() };
    f.callable.set(Some(callable.new_ref()));
    f.data.set_pointer(callback::address(&thunk).cast());
    f.thunk.set(Some(thunk.clone()));
    keep::keep(&f.data, 0, thunk)?;
    Ok(made)
}

// ---- Calling ----

fn check_count(info: &Info, required: usize, given: usize) -> Result<()> {
    let s = if required == 1 { "" } else { "s" };
    if info.has_flag(FUNCFLAG_CDECL) {
        // More than the function declares is what variadic functions get.
        if required > given {
            return raise!(
                TypeError,
                "this function takes at least {required} argument{s} ({given} given)"
            );
        }
    } else if required != given {
        return raise!(
            TypeError,
            "this function takes {required} argument{s} ({given} given)"
        );
    }
    Ok(())
}

fn call(f: &FuncPtr, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let info = f.info()?;
    // The references live during the call, which may set the function's attributes.
    let either = |own: &Slot, class: &Slot| own.get().or_else(|| class.get());
    let restype = either(&f.restype, &info.restype);
    let converters = either(&f.converters, &info.converters);
    let checker = either(&f.checker, &info.checker);
    let argtypes = either(&f.argtypes, &info.argtypes);
    let errcheck = f.errcheck.get();
    let flags = f.paramflags.get();
    let address = f.data.pointer();
    let flags = flags.as_ref().and_then(|f| f.downcast::<PyTupleObject>());
    let passed = call_args::build(flags, argtypes.as_deref(), args, kwargs)?;
    let converters = converters
        .as_ref()
        .and_then(|c| c.downcast::<PyTupleObject>());
    if let Some(converters) = converters {
        check_count(info, converters.len(), passed.args.len())?;
    }
    let function = Function {
        address,
        flags: info.flags.get(),
        converters,
        restype: restype.as_deref(),
        checker: checker.as_deref(),
    };
    let result = function.call(passed.args.objects())?;
    let Some(errcheck) = errcheck else {
        return passed.answer(result);
    };
    let args = passed.args.as_obj();
    let checked = py_call::call(&errcheck, &[&result, f.as_obj(), args])?;
    // An `errcheck` that answers with the arguments says that the call went as it should.
    if checked.is_same(args) {
        return passed.answer(result);
    }
    Ok(checked)
}

/// Calls a function at an address that says nothing of itself.
pub fn call_plain(args: &[&Obj], flags: u32) -> Result {
    args::expect("function", args, 2..=2)?;
    let address = to_pointer(args[0])? as *mut u8;
    let Some(arguments) = args[1].downcast::<PyTupleObject>() else {
        return raise!(
            TypeError,
            "argument 2 must be tuple, not {}",
            args[1].tp_name()
        );
    };
    let function = Function {
        address,
        flags,
        converters: None,
        restype: None,
        checker: None,
    };
    function.call(arguments.objects())
}
