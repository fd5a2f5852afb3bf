//! Calls of C functions: the parameters are converted, libffi calls, the result becomes a Python object.

use crate::cdata;
use crate::info;
use crate::param::{self, Param};
use crate::prelude::*;
use crate::simple;
use libffi_sys::{self as ffi, ffi_cif, ffi_type};
use smallvec::SmallVec;

pub const FUNCFLAG_CDECL: u32 = 0x1;
pub const FUNCFLAG_PYTHONAPI: u32 = 0x4;
pub const FUNCFLAG_USE_ERRNO: u32 = 0x8;
pub const FUNCFLAG_USE_LASTERROR: u32 = 0x10;

/// How many arguments a function may have.
pub const MAX_ARGUMENTS: usize = 1024;

/// Up to so many arguments need no memory from the heap.
const FEW: usize = 6;

/// A function, and how it is called.
pub struct Function<'a> {
    pub address: *mut u8,
    pub flags: u32,
    /// The `from_param` methods of its argument types.
    pub converters: Option<&'a PyTupleObject>,
    pub restype: Option<&'a Obj>,
    /// What checks the result.
    pub checker: Option<&'a Obj>,
}

thread_local! {
    static ERRNO: Cell<c_int> = const { Cell::new(0) };
}

/// The thread's private copy of `errno`.
pub fn errno() -> c_int {
    ERRNO.get()
}

/// Sets the thread's private copy of `errno`, and answers with what it was.
pub fn set_errno(value: c_int) -> c_int {
    ERRNO.replace(value)
}

/// Exchanges C's `errno` with the private copy.
pub fn swap_errno() {
    // SAFETY: the thread's own variable.
    unsafe {
        let system = libc::__errno_location();
        *system = ERRNO.replace(*system);
    }
}

/// What libffi calls a class's instances; anything else is a C `int`.
pub fn ffi_type_of(class: Option<&Obj>) -> *mut ffi_type {
    match class.and_then(info::of_class) {
        Some(info) => info.ffi(),
        None => &raw mut ffi::ffi_type_sint32,
    }
}

/// Raises an error of another type whose text has the text of the one before in it.
pub fn extend_error(tp: &PyTypeObject, prefix: &str, raised: err::Raised) -> err::Raised {
    let before = err::catch(raised);
    let text = match proto::str(&before) {
        Ok(text) => str_::to_string_lossy(&text),
        Err(_) => {
            err::clear();
            "???".to_owned()
        }
    };
    let name = type_::name_of(before.ty());
    err::new(tp, format_args!("{prefix}{name}: {text}"))
}

fn argument_error(position: usize, raised: err::Raised) -> err::Raised {
    match crate::argument_error() {
        // SAFETY: an exception class.
        Ok(tp) => extend_error(
            unsafe { tp.cast() },
            &format!("argument {position}: "),
            raised,
        ),
        Err(raised) => raised,
    }
}

impl Function<'_> {
    fn convert(&self, args: &[&Obj]) -> Result<SmallVec<[Param; FEW]>> {
        let converters = self.converters.map_or(&[][..], |c| c.objects());
        let mut params = SmallVec::new();
        for (i, &arg) in args.iter().enumerate() {
            let param = match converters.get(i) {
                Some(converter) => {
                    py_call::call1(converter, arg).and_then(|o| param::convert(&o, i + 1))
                }
                None => param::convert(arg, i + 1),
            };
            params.push(param.map_err(|raised| argument_error(i + 1, raised))?);
        }
        Ok(params)
    }

    fn prepare(&self, types: &mut [*mut ffi_type], result: *mut ffi_type) -> Result<ffi_cif> {
        let mut cif = ffi_cif::default();
        let fixed = self.converters.map_or(0, |c| c.len());
        let (count, list) = (types.len() as u32, types.as_mut_ptr());
        let abi = ffi::ffi_abi_FFI_DEFAULT_ABI;
        let variadic = fixed != 0 && types.len() > fixed;
        // SAFETY: the types live at least as long as the call.
        let status = unsafe {
            if variadic {
                ffi::ffi_prep_cif_var(&mut cif, abi, fixed as u32, count, result, list)
            } else {
                ffi::ffi_prep_cif(&mut cif, abi, count, result, list)
            }
        };
        match (status, variadic) {
            (ffi::ffi_status_FFI_OK, _) => Ok(cif),
            (_, true) => raise!(RuntimeError, "ffi_prep_cif_var failed"),
            _ => raise!(RuntimeError, "ffi_prep_cif failed"),
        }
    }

    /// Calls the function.
    pub fn call(&self, args: &[&Obj]) -> Result {
        if args.len() > MAX_ARGUMENTS {
            // SAFETY: an exception class.
            let tp: &PyTypeObject = unsafe { crate::argument_error()?.cast() };
            return Err(err::new(
                tp,
                format_args!(
                    "too many arguments ({}), maximum is {MAX_ARGUMENTS}",
                    args.len()
                ),
            ));
        }
        let mut params = self.convert(args)?;
        let mut types: SmallVec<[*mut ffi_type; FEW]> = params.iter().map(|p| p.ffi).collect();
        let mut values: SmallVec<[*mut c_void; FEW]> =
            params.iter_mut().map(Param::place).collect();
        let result = ffi_type_of(self.restype);
        // SAFETY: a type of libffi's, or of a class that lives.
        let size = unsafe { (*result).size }.max(size_of::<ffi::ffi_arg>());
        let mut place: SmallVec<[u64; 4]> = SmallVec::from_elem(0, size.div_ceil(8));
        let mut cif = self.prepare(&mut types, result)?;
        self.run(&mut cif, place.as_mut_ptr().cast(), values.as_mut_ptr())?;
        // SAFETY: the function has written its result there.
        unsafe { self.result(place.as_ptr().cast()) }
    }

    /// The call itself, without the lock unless the function is one of the C API's.
    fn run(&self, cif: &mut ffi_cif, result: *mut c_void, values: *mut *mut c_void) -> Result<()> {
        let swaps = self.flags & FUNCFLAG_USE_ERRNO != 0;
        let call = || {
            if swaps {
                swap_errno();
            }
            // SAFETY: the program vouches for the function; types and values are what `cif` says.
            unsafe {
                let f: unsafe extern "C" fn() = core::mem::transmute(self.address);
                ffi::ffi_call(cif, Some(f), result, values);
            }
            if swaps {
                swap_errno();
            }
        };
        if self.flags & FUNCFLAG_PYTHONAPI == 0 {
            vm::threads::allow(call);
            return Ok(());
        }
        let mut call = call;
        call();
        if err::occurred() {
            return Err(err::Raised::assume());
        }
        Ok(())
    }

    /// The result as a Python object.
    ///
    /// # Safety
    /// A result of the function's type can be read there.
    unsafe fn result(&self, at: *const u8) -> Result {
        // SAFETY: the caller's.
        let number = || unsafe { int::from_i64(at.cast::<c_int>().read().into()) };
        let Some(restype) = self.restype else {
            return Ok(number().into_obj());
        };
        if restype.is_none() {
            return Ok(none());
        }
        let Some(info) = info::of_class(restype) else {
            return py_call::call1(restype, number().as_obj());
        };
        let code = info.code.get().filter(|_| !simple::is_derived(restype));
        // SAFETY: the caller's; a function that returns an object gives its reference away.
        let value = unsafe {
            match code {
                Some(code) if code.letter == b'O' => {
                    match Ref::from_owned_opt(at.cast::<*mut PyObject>().read()) {
                        Some(o) => o,
                        None => return raise!(ValueError, "PyObject is NULL"),
                    }
                }
                Some(code) => (code.get)(at, crate::codes::Extent::bytes(info.size.get()))?,
                None => cdata::copy_of(restype, at)?,
            }
        };
        match self.checker {
            Some(checker) => py_call::call1(checker, &value),
            None => Ok(value),
        }
    }
}
