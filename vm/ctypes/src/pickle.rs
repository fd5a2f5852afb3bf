//! Pickling of C data that holds no pointers, and what `out` parameters become.

use crate::cdata::CData;
use crate::info::{self, HAS_POINTER, IS_POINTER};
use crate::prelude::*;
use vm::types::dict::{DictExt as _, Merge};

/// The methods of `_CData`.
pub static METHODS: &[PyMethodDef] = &[
    noargs!(
        "__ctypes_from_outparam__",
        |c: &CData| Ok(c.as_obj().new_ref()),
        "($self, /)"
    ),
    noargs!("__reduce__", reduce, "($self, /)"),
    fastcall!("__setstate__", setstate, "($self, dict, data, /)"),
];

fn reduce(c: &CData) -> Result {
    if info::of(c.as_obj()).is_none_or(|i| i.has_flag(IS_POINTER | HAS_POINTER)) {
        return raise!(
            ValueError,
            "ctypes objects containing pointers cannot be pickled"
        );
    }
    let dict = proto::getattr(c.as_obj(), intern!("__dict__"))?;
    let data = bytes::try_new(c.bytes())?;
    let module = vm::import::import("_ctypes")?;
    let unpickle = proto::getattr(&module, intern!("_unpickle"))?;
    let state = tuple::from_slice(&[&*dict, data.as_obj()]);
    let args = tuple::from_slice(&[c.as_obj().ty().as_obj(), state.as_obj()]);
    Ok(tuple::pair(&unpickle, args.as_obj()).into_obj())
}

fn setstate(c: &CData, args: &[&Obj]) -> Result<()> {
    let &[dict, data] = args else {
        return raise!(
            TypeError,
            "__setstate__() takes exactly 2 arguments ({} given)",
            args.len()
        );
    };
    if !dict.is::<PyDictObject>() {
        return raise!(
            TypeError,
            "__setstate__() argument 1 must be dict, not {}",
            dict.tp_name()
        );
    }
    {
        let view = vm::protocol::buffer::simple(data)?;
        let size = view.bytes().len().min(c.size());
        // SAFETY: both have as many bytes; the buffer may be the instance's own.
        unsafe { ptr::copy(view.bytes().as_ptr(), c.data(), size) };
    }
    let own = proto::getattr(c.as_obj(), intern!("__dict__"))?;
    let Some(own) = own.downcast::<PyDictObject>() else {
        return raise!(
            TypeError,
            "{:.200}.__dict__ must be a dictionary, not {:.200}",
            c.as_obj().tp_name(),
            own.tp_name()
        );
    };
    own.merge(dict, Merge::Override)
}

/// `_unpickle(type, state)`: a new instance, without `__init__`, which is given its state.
pub fn unpickle(_: &Obj, args: &[&Obj]) -> Result {
    let &[class, state] = args else {
        return raise!(
            TypeError,
            "function takes exactly 2 arguments ({} given)",
            args.len()
        );
    };
    let Some(state) = state.downcast::<PyTupleObject>() else {
        return raise!(
            TypeError,
            "argument 2 must be tuple, not {}",
            state.tp_name()
        );
    };
    let made = py_call::method(class, intern!("__new__"), &[class])?;
    let method = proto::getattr(&made, intern!("__setstate__"))?;
    py_call::call_tuple_dict(&method, state, None)?;
    Ok(made)
}
