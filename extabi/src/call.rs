//! Calls: `PyObject_Call` and its kin (`call.h` of `abstract.h`).

use core::ffi::{c_char, c_int};
use core::ptr;

use layout::*;
use vm::object::*;
use vm::protocol::call;
use vm::types::str_;
use vm::types::tuple::{self, TupleExt as _};
use vm::types::type_::attributes;

use crate::shape::*;

api! {
    fn PyCFunction_Call(f: P, args: P, kwargs: P) -> P { PyObject_Call(f, args, kwargs) }
    fn _PyObject_MakeTpCall(_ts: *mut PyThreadState, f: P, args: *const P, n: isize, keywords: P) -> P {
        let Some(call) = b(f).ty().tp_call.get() else {
            let _ = vm::err::new(&vm::err::exc::TypeError, format_args!("'{}' object is not callable", b(f).tp_name()));
            return ptr::null_mut();
        };
        let n = n.max(0) as usize;
        let items = tuple::from_slice(vm::method::arguments(args, n));
        let kwargs = match opt(keywords) {
            None => None,
            Some(k) if k.is::<PyDictObject>() => Some(k.new_ref()),
            Some(names) => {
                use vm::types::dict::DictExt as _;
                let d = vm::types::dict::new();
                let names = names.cast::<PyTupleObject>().items();
                for (name, v) in names.iter().zip(vm::method::arguments(args.add(n), names.len())) {
                    if d.set(name.as_obj(), v).is_err() { return ptr::null_mut(); }
                }
                Some(d.into_obj())
            }
        };
        call(f, items.as_ptr(), kwargs.as_ref().map_or(ptr::null_mut(), |k| k.as_ptr()))
    }
    fn _Py_CheckFunctionResult(_ts: *mut PyThreadState, f: P, result: P, place: *const c_char) -> P {
        let who = || if place.is_null() { repr_lossy(b(f)) } else { text(place).into_owned() };
        if result.is_null() && !vm::err::occurred() {
            let _ = vm::err::new(&vm::err::exc::SystemError, format_args!("{} returned NULL without setting an exception", who()));
        } else if !result.is_null() && vm::err::occurred() {
            decref(result);
            let _ = vm::err::raise_from_current(&vm::err::exc::SystemError, format_args!("{} returned a result with an exception set", who()));
            return ptr::null_mut();
        }
        result
    }
    fn PyObject_Call(f: P, args: P, kwargs: P) -> P {
        new(call::call_tuple_dict(b(f), b(args).cast(), kwargs.cast::<PyDictObject>().as_ref()))
    }
    fn PyObject_CallObject(f: P, args: P) -> P {
        match opt(args) {
            None => new(call::call0(b(f))),
            Some(a) => match a.downcast::<PyTupleObject>() {
                Some(t) => new(call::call_tuple_dict(b(f), t, None)),
                None => { let _ = vm::err::new(&vm::err::exc::TypeError, format_args!("argument list must be a tuple")); ptr::null_mut() }
            },
        }
    }
    fn PyObject_CallNoArgs(f: P) -> P { new(call::call0(b(f))) }
    fn PyObject_CallOneArg(f: P, a: P) -> P { new(call::call1(b(f), b(a))) }
    fn PyObject_Vectorcall(f: P, args: *const P, nargsf: usize, names: P) -> P { new(call::vectorcall(b(f), args, nargsf, names)) }
    fn PyObject_VectorcallDict(f: P, args: *const P, nargsf: usize, kwargs: P) -> P {
        let n = nargsf & !PY_VECTORCALL_ARGUMENTS_OFFSET;
        let items = tuple::from_slice(vm::method::arguments(args, n));
        new(call::call_tuple_dict(b(f), &items, kwargs.cast::<PyDictObject>().as_ref()))
    }
    fn PyObject_VectorcallMethod(name: P, args: *const P, nargsf: usize, names: P) -> P {
        let this = b(*args);
        let n = nargsf & !PY_VECTORCALL_ARGUMENTS_OFFSET;
        match attributes::get_method(this, b(name)) {
            Ok(attributes::Method::Unbound(f)) => new(call::vectorcall(&f, args, nargsf & !PY_VECTORCALL_ARGUMENTS_OFFSET, names)),
            Ok(attributes::Method::Value(f)) => new(call::vectorcall(&f, args.add(1), n - 1, names)),
            Err(_) => ptr::null_mut(),
        }
    }
    fn PyVectorcall_Call(f: P, args: P, kwargs: P) -> P { call::call_through_vectorcall(f, args, kwargs) }
    fn PyVectorcall_Function(f: P) -> Option<vectorcallfunc> { call::vectorcall_function(b(f)) }
    fn PyVectorcall_NARGS(n: usize) -> isize { (n & !PY_VECTORCALL_ARGUMENTS_OFFSET) as isize }
    fn PyMethod_New(f: P, this: P) -> P { new(vm::types::method::new(b(f), b(this))) }
    fn PyMethod_Function(m: P) -> P { b(m).cast::<PyMethodObject>().im_func.get() }
    fn PyMethod_Self(m: P) -> P { b(m).cast::<PyMethodObject>().im_self.get() }
    fn PyInstanceMethod_New(f: P) -> P { new(vm::types::method::new_instance(b(f))) }
    fn PyCFunction_NewEx(row: *mut PyMethodDef, this: P, module: P) -> P { PyCMethod_New(row, this, module, ptr::null_mut()) }
    fn PyCFunction_New(row: *mut PyMethodDef, this: P) -> P { PyCMethod_New(row, this, ptr::null_mut(), ptr::null_mut()) }
    fn PyCMethod_New(row: *mut PyMethodDef, this: P, module: P, class: *mut PyTypeObject) -> P {
        use vm::types::cfunction;
        match class.as_ref() {
            Some(c) => cfunction::new_cmethod(row, opt(this), opt(module), c).into_raw(),
            None => cfunction::new(row, opt(this), opt(module)).into_raw(),
        }
    }
    fn PyCFunction_GetFunction(f: P) -> Option<PyCFunction> { (*b(f).cast::<PyCFunctionObject>().m_ml.get()).ml_meth }
    fn PyCFunction_GetSelf(f: P) -> P {
        let c = b(f).cast::<PyCFunctionObject>();
        if (*c.m_ml.get()).ml_flags & METH_STATIC != 0 { ptr::null_mut() } else { c.m_self.get() }
    }
    fn PyCFunction_GetFlags(f: P) -> c_int { (*b(f).cast::<PyCFunctionObject>().m_ml.get()).ml_flags }
    fn PyArg_ValidateKeywordArguments(kwargs: P) -> c_int {
        use vm::types::dict::DictExt as _;
        let Some(d) = b(kwargs).downcast::<PyDictObject>() else { let _ = vm::err::bad_internal_call(); return 0 };
        if d.entries().iter().any(|(k, _)| !k.is::<PyUnicodeObject>()) {
            let _ = vm::err::new(&vm::err::exc::TypeError, format_args!("keywords must be strings"));
            return 0;
        }
        1
    }
    fn PyEval_CallObjectWithKeywords(f: P, args: P, kwargs: P) -> P {
        match opt(args) { Some(_) => PyObject_Call(f, args, kwargs), None => { let none = tuple::empty(); PyObject_Call(f, none.as_ptr(), kwargs) } }
    }
    // The variadic ones of varargs.c end here: a method by its C name, with its arguments in a tuple.
    fn _Tandem_CallMethodTuple(this: P, name: *const c_char, args: P) -> P {
        let Some(t) = b(args).downcast::<PyTupleObject>() else { let _ = vm::err::bad_internal_call(); return ptr::null_mut() };
        let items: Vec<&Obj> = t.items().iter().map(|a| a.as_obj()).collect();
        new(call::method(b(this), str_::intern_str(&text(name)), &items))
    }
}
