//! Parameters of a call: Python objects as what libffi passes.

use crate::carg::{self, Value};
use crate::cdata::{self, CData};
use crate::codes;
use crate::info::{self, Info, Kind};
use crate::prelude::*;
use libffi_sys::{self as ffi, ffi_type};

/// A parameter as libffi passes it.
pub struct Param {
    pub ffi: *mut ffi_type,
    value: Value,
    /// The bytes of an aggregate that has no room in `value`.
    copy: Option<Box<[u64]>>,
    /// What must live during the call.
    _kept: Option<Ref>,
}

impl Param {
    fn new(ffi: *mut ffi_type, value: Value, kept: Option<Ref>) -> Param {
        Param {
            ffi,
            value,
            copy: None,
            _kept: kept,
        }
    }

    fn pointer(p: *mut u8, kept: Option<Ref>) -> Param {
        Param::new(&raw mut ffi::ffi_type_pointer, Value::pointer(p), kept)
    }

    /// Where libffi finds the value; the parameter does not move before the call is over.
    pub fn place(&mut self) -> *mut c_void {
        match &mut self.copy {
            Some(copy) => copy.as_mut_ptr().cast(),
            None => self.value.as_mut_ptr().cast(),
        }
    }
}

/// Converts the parameter at a position, which errors count from 1.
pub fn convert(o: &Obj, position: usize) -> Result<Param> {
    if let Some(info) = info::of(o) {
        return Ok(from_cdata(cdata::expect(o), info));
    }
    if let Some(arg) = carg::of(o) {
        let value = arg.value();
        return Ok(Param::new(arg.ffi.get(), value, Some(o.new_ref())));
    }
    if o.is_none() {
        return Ok(Param::pointer(ptr::null_mut(), None));
    }
    if let Some(n) = o.downcast::<PyLongObject>() {
        return from_int(n);
    }
    if let Some(b) = o.downcast::<PyBytesObject>() {
        let p = b.as_slice().as_ptr().cast_mut();
        return Ok(Param::pointer(p, Some(o.new_ref())));
    }
    if let Some(s) = str_::of(o) {
        if s.chars().any(|c| c == 0) {
            return raise!(ValueError, "embedded null character");
        }
        let (p, keeper) = codes::text::wide_copy(s)?;
        return Ok(Param::pointer(p, Some(keeper)));
    }
    let Some(inner) = proto::getattr_opt(o, intern!("_as_parameter_"))? else {
        return raise!(TypeError, "Don't know how to convert parameter {position}");
    };
    let _depth = py_call::NativeCall::enter(" while processing _as_parameter_")?;
    convert(&inner, position)
}

/// An int is a C `int`, of which the low bits count if it fits 64.
fn from_int(n: &PyLongObject) -> Result<Param> {
    if n.to_i64().is_none() && int::to_u64(n).is_none() {
        return raise!(OverflowError, "int too long to convert");
    }
    let value = n.to_u64_wrapping() as u32;
    Ok(Param::new(
        &raw mut ffi::ffi_type_sint32,
        Value([value.into(), 0, 0, 0]),
        None,
    ))
}

fn from_cdata(c: &CData, info: &Info) -> Param {
    let kept = Some(c.as_obj().new_ref());
    match info.kind {
        Kind::Pointer => Param::pointer(c.pointer(), kept),
        Kind::Array => Param::pointer(c.data(), kept),
        Kind::Simple => {
            let code = info.letter().and_then(codes::find);
            let ffi = code.map_or(info.ffi(), codes::Code::ffi);
            by_bytes(c, ffi, kept)
        }
        Kind::Aggregate => by_bytes(c, info.ffi(), kept),
    }
}

/// A copy of the data, since other threads may change it during the call.
fn by_bytes(c: &CData, ffi: *mut ffi_type, kept: Option<Ref>) -> Param {
    let data = c.bytes();
    let mut param = Param::new(ffi, Value::ZERO, kept);
    let to = if data.len() <= size_of::<Value>() {
        param.value.as_mut_ptr()
    } else {
        let copy = vec![0u64; data.len().div_ceil(8)].into_boxed_slice();
        param.copy.insert(copy).as_mut_ptr().cast()
    };
    // SAFETY: there is room for the data.
    unsafe { ptr::copy_nonoverlapping(data.as_ptr(), to, data.len()) };
    param
}
