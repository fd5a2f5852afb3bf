//! The functions of the module.

use crate::call;
use crate::carg;
use crate::cdata::{self, CData};
use crate::funcptr;
use crate::info::{self, Info};
use crate::library;
use crate::pickle;
use crate::prelude::*;

#[rustfmt::skip]
pub static METHODS: &[PyMethodDef] = &[
    fastcall!("get_errno", get_errno, "($self, /)"),
    fastcall!("set_errno", set_errno, "($self, value, /)"),
    fastcall!("_unpickle", pickle::unpickle, ""),
    o!("buffer_info", buffer_info, "($self, object, /)"),
    keywords!("resize", resize, "($module, obj, size, /)"),
    fastcall!("dlopen", library::open, ""),
    fastcall!("dlclose", library::close, ""),
    fastcall!("dlsym", library::symbol, ""),
    noargs!("dllist", library::loaded, "($self, /)"),
    o!("alignment", alignment, "($self, object, /)"),
    o!("sizeof", sizeof, "($module, obj, /)"),
    keywords!("byref", byref, "($module, obj, offset=0, /)"),
    o!("addressof", addressof, "($module, obj, /)"),
    fastcall!("call_function", |_: &Obj, args: &[&Obj]| funcptr::call_plain(args, 0), ""),
    fastcall!("call_cdeclfunction", |_: &Obj, args: &[&Obj]| funcptr::call_plain(args, call::FUNCFLAG_CDECL), ""),
    fastcall!("PyObj_FromPtr", from_pointer, ""),
    o!("Py_INCREF", increment, "($self, object, /)"),
    o!("Py_DECREF", decrement, "($self, object, /)"),
];

fn get_errno(_: &Obj, args: &[&Obj]) -> Result<i32> {
    if !args.is_empty() {
        return raise!(
            TypeError,
            "_ctypes.get_errno() takes no arguments ({} given)",
            args.len()
        );
    }
    audit_event("ctypes.get_errno", &[])?;
    Ok(call::errno())
}

fn set_errno(_: &Obj, args: &[&Obj]) -> Result<i32> {
    let &[value] = args else {
        return raise!(
            TypeError,
            "function takes exactly 1 argument ({} given)",
            args.len()
        );
    };
    audit_event("ctypes.set_errno", args)?;
    Ok(call::set_errno(args::to_i32(value)?))
}

/// What a class, or the class of an instance, knows.
fn info_of(o: &Obj) -> Option<&Info> {
    info::of_class(o).or_else(|| info::of(o))
}

fn buffer_info(_: &Obj, o: &Obj) -> Result {
    let Some(info) = info_of(o) else {
        return raise!(TypeError, "not a ctypes type or object");
    };
    let shape = info
        .shape()
        .into_iter()
        .map(|n| int::from_isize(n).into_obj());
    let shape = tuple::from_vec(shape.collect());
    let format = match info.format() {
        Some(format) => str_::new(&format).into_obj(),
        None => none(),
    };
    let ndim = int::from_usize(info.ndim());
    Ok(tuple::from_slice(&[&*format, ndim.as_obj(), shape.as_obj()]).into_obj())
}

fn sizeof(_: &Obj, o: &Obj) -> Result<usize> {
    if let Some(info) = info::of_class(o) {
        return Ok(info.size.get());
    }
    match cdata::of(o) {
        Some(c) => Ok(c.size()),
        None => raise!(TypeError, "this type has no size"),
    }
}

fn alignment(_: &Obj, o: &Obj) -> Result<usize> {
    match info_of(o) {
        Some(info) => Ok(info.align.get()),
        None => raise!(TypeError, "no alignment info"),
    }
}

fn instance<'a>(o: Option<&'a Obj>, function: &str, which: &str) -> Result<&'a CData> {
    let o = o.unwrap_or(NONE());
    match cdata::of(o) {
        Some(c) => Ok(c),
        None => raise!(
            TypeError,
            "{function}() argument{which} must be _ctypes._CData, not {}",
            o.tp_name()
        ),
    }
}

fn byref(_: &Obj, [o, offset]: [Option<&Obj>; 2]) -> Result {
    let c = instance(o, "byref", " 1")?;
    let offset = offset.map_or(Ok(0), args::to_isize)?;
    let at = c.data().wrapping_offset(offset);
    carg::address(b'P', at, c.as_obj().new_ref())
}

fn addressof(_: &Obj, o: &Obj) -> Result<usize> {
    let c = instance(Some(o), "addressof", "")?;
    audit_event("ctypes.addressof", &[o])?;
    Ok(c.data() as usize)
}

fn resize(_: &Obj, [o, size]: [Option<&Obj>; 2]) -> Result<()> {
    let c = instance(o, "resize", " 1")?;
    let size = args::to_isize(size.unwrap_or(NONE()))?;
    let least = info::required(c.as_obj().ty().as_obj())?.size.get();
    match usize::try_from(size) {
        Ok(size) if size >= least => {
            if !c.owns() {
                return raise!(
                    ValueError,
                    "Memory cannot be resized because this object doesn't own it"
                );
            }
            c.resize(size)
        }
        _ => raise!(ValueError, "minimum size is {least}"),
    }
}

fn from_pointer(_: &Obj, args: &[&Obj]) -> Result {
    args::expect("PyObj_FromPtr", args, 1..=1)?;
    let address = to_pointer(args[0])?;
    let shown = int::from_usize(address);
    audit_event("ctypes.PyObj_FromPtr", &[shown.as_obj()])?;
    // SAFETY: the program vouches for the address of an object.
    match unsafe { (address as *mut PyObject).as_ref() } {
        Some(o) => Ok(o.new_ref()),
        None => raise!(ValueError, "PyObj_FromPtr() got a null pointer"),
    }
}

fn increment(_: &Obj, o: &Obj) -> Result {
    // SAFETY: a live object; the program wants the count, whatever comes of it.
    unsafe { incref(o.as_ptr()) };
    Ok(o.new_ref())
}

fn decrement(_: &Obj, o: &Obj) -> Result {
    let kept = o.new_ref();
    // SAFETY: as above; the program vouches for the count that it gives up.
    unsafe { decref(o.as_ptr()) };
    Ok(kept)
}
