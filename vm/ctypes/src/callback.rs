//! Python functions that C calls: a libffi closure and the object that owns it.
//!
//! Invariant: the closure's user data is its `Thunk`, which lives as long as the function object that Python has. C's
//! pointer does not keep it alive.

use crate::call::{self, FUNCFLAG_USE_ERRNO, ffi_type_of};
use crate::cdata;
use crate::codes::{Code, Extent};
use crate::info;
use crate::prelude::*;
use crate::simple;
use libffi_sys::{self as ffi, ffi_cif, ffi_closure, ffi_type};
use vm::types::list::{self, ListExt as _};

/// A function made for C.
#[repr(C)]
pub struct Thunk {
    ob_base: PyObject,
    closure: Closure,
    /// What libffi was told of the function, and the types it points to.
    cif: Box<ffi_cif>,
    _types: Vec<*mut ffi_type>,
    flags: u32,
    /// How the result is written; `None` if there is none.
    result: Option<&'static Code>,
    callable: Slot,
    argtypes: Slot,
    restype: Slot,
}

static_type!(Thunk, THUNK);

/// Fills in `CThunkObject`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Thunk>()
        .destructible()
        .flags(Py_TPFLAGS_HAVE_GC)
        .new_disallowed()
        .generic_attributes()
        .dealloc_drop::<Thunk>()
        .tp_traverse(|t: &Thunk, v: &mut Visitor| {
            v.slot(&t.callable)?;
            v.slot(&t.argtypes)?;
            v.slot(&t.restype)
        })
        .tp_clear(|t: &Thunk| {
            t.callable.set(None);
            t.argtypes.set(None);
            t.restype.set(None);
        });
}

/// Executable memory of libffi's.
struct Closure {
    writable: *mut ffi_closure,
    /// What C calls.
    code: *mut c_void,
}

impl Closure {
    fn new() -> Result<Closure> {
        let mut code = ptr::null_mut();
        // SAFETY: libffi's memory, given back by `drop`.
        let writable = unsafe { ffi::ffi_closure_alloc(size_of::<ffi_closure>(), &mut code) };
        if writable.is_null() {
            return Err(err::no_memory());
        }
        Ok(Closure {
            writable: writable.cast(),
            code,
        })
    }
}

impl Drop for Closure {
    fn drop(&mut self) {
        // SAFETY: allocated by `new`, freed once.
        unsafe { ffi::ffi_closure_free(self.writable.cast()) };
    }
}

/// What C calls.
pub fn address(thunk: &Obj) -> *mut c_void {
    // SAFETY: called with what `new` made.
    unsafe { thunk.cast::<Thunk>() }.closure.code
}

fn result_code(restype: Option<&Obj>) -> Result<Option<&'static Code>> {
    let Some(restype) = restype.filter(|r| !r.is_none()) else {
        return Ok(None);
    };
    match info::of_class(restype).and_then(|i| i.code.get()) {
        Some(code) => Ok(Some(code)),
        None => raise!(TypeError, "invalid result type for callback function"),
    }
}

/// A function for C that calls `callable`.
pub fn new(callable: &Obj, argtypes: &Obj, restype: Option<&Obj>, flags: u32) -> Result {
    let closure = Closure::new()?;
    let argtypes = tuple::from_iterable(argtypes)?;
    let mut types: Vec<*mut ffi_type> = argtypes
        .objects()
        .iter()
        .map(|&class| ffi_type_of(Some(class)))
        .collect();
    let result = result_code(restype)?;
    let result_type = match result {
        Some(_) => ffi_type_of(restype),
        None => &raw mut ffi::ffi_type_void,
    };
    let mut cif = Box::new(ffi_cif::default());
    // SAFETY: the types live as long as the thunk, which keeps the classes.
    let status = unsafe {
        ffi::ffi_prep_cif(
            &mut *cif,
            ffi::ffi_abi_FFI_DEFAULT_ABI,
            types.len() as u32,
            result_type,
            types.as_mut_ptr(),
        )
    };
    if status != ffi::ffi_status_FFI_OK {
        return raise!(RuntimeError, "ffi_prep_cif failed with {status}");
    }
    let thunk = create(
        &THUNK,
        Thunk {
            ob_base: header(),
            closure,
            cif,
            _types: types,
            flags,
            result,
            callable: Slot::new(Some(callable.new_ref())),
            argtypes: Slot::new(Some(argtypes.into_obj())),
            restype: Slot::new(restype.map(Obj::new_ref)),
        },
    )?;
    // SAFETY: the closure and what libffi was told live as long as the thunk, whose address is the user data.
    let status = unsafe {
        ffi::ffi_prep_closure_loc(
            thunk.closure.writable,
            ptr::from_ref(&*thunk.cif).cast_mut(),
            Some(enter),
            thunk.as_ptr().cast(),
            thunk.closure.code,
        )
    };
    if status != ffi::ffi_status_FFI_OK {
        return raise!(RuntimeError, "ffi_prep_closure failed with {status}");
    }
    Ok(thunk.into_obj())
}

/// Where C comes in, in whatever thread.
unsafe extern "C" fn enter(
    _: *mut ffi_cif,
    result: *mut c_void,
    args: *mut *mut c_void,
    user_data: *mut c_void,
) {
    let state = vm::threads::ensure();
    {
        // SAFETY: the thunk lives as long as the closure; libffi passes what the types say.
        let thunk = unsafe { &*user_data.cast::<Thunk>() }.to_ref();
        // SAFETY: as above.
        unsafe { run(&thunk, result.cast(), args) };
    }
    vm::threads::release_ensured(state);
}

/// Calls the Python function; what goes wrong is reported, since C has nothing to do with it.
///
/// # Safety
/// The arguments and the result are as the thunk's types say.
unsafe fn run(thunk: &Thunk, result: *mut u8, args: *mut *mut c_void) {
    let callable = thunk.callable.get().unwrap_or_else(none);
    let complain = |what: &str| {
        let text = format!(
            "Exception ignored while {what} ctypes callback function {}",
            repr_lossy(&callable)
        );
        err::write_unraisable(None, Some(&text));
    };
    // SAFETY: the caller's.
    let args = match unsafe { arguments(thunk, args) } {
        Ok(args) => args,
        Err((i, _)) => return complain(&format!("creating argument {i} for")),
    };
    let borrowed: Vec<&Obj> = args.iter().map(|a| &**a).collect();
    let swaps = thunk.flags & FUNCFLAG_USE_ERRNO != 0;
    if swaps {
        call::swap_errno();
    }
    let answer = py_call::call(&callable, &borrowed);
    if swaps {
        call::swap_errno();
    }
    let answer = match answer {
        Ok(answer) => answer,
        Err(_) => return complain("calling"),
    };
    let Some(code) = thunk.result else { return };
    // SAFETY: the caller's.
    match unsafe { (code.set)(result, &answer, Extent::bytes(code.size())) } {
        Err(_) => complain("converting result of"),
        // C gets the reference.
        Ok(kept) if code.letter == b'O' => drop(kept.into_raw()),
        Ok(kept) if !kept.is_none() => keep_for_ever(&kept, &callable),
        Ok(_) => {}
    }
}

/// The arguments as Python objects, or which of them could not be made.
///
/// # Safety
/// As [`run`].
unsafe fn arguments(
    thunk: &Thunk,
    args: *mut *mut c_void,
) -> core::result::Result<Vec<Ref>, (usize, err::Raised)> {
    let classes = thunk.argtypes.get().unwrap_or_else(none);
    let classes = classes
        .downcast::<PyTupleObject>()
        .map_or(&[][..], |t| t.objects());
    let mut made = Vec::with_capacity(classes.len());
    for (i, class) in classes.iter().enumerate() {
        // SAFETY: the caller's; there are as many arguments as classes.
        let one = unsafe { argument(class, (*args.add(i)).cast()) };
        made.push(one.map_err(|raised| (i, raised))?);
    }
    Ok(made)
}

/// # Safety
/// A value of the class can be read there.
unsafe fn argument(class: &Obj, at: *const u8) -> Result {
    let Some(info) = info::of_class(class) else {
        return raise!(
            TypeError,
            "cannot build parameter of type {}",
            repr_lossy(class)
        );
    };
    let size = info.size.get();
    if let Some(code) = info.code.get().filter(|_| !simple::is_derived(class)) {
        // SAFETY: the caller's.
        return unsafe { (code.get)(at, Extent::bytes(size)) };
    }
    let made = py_call::call0(class)?;
    let Some(c) = cdata::of(&made) else {
        return raise!(
            TypeError,
            "{} returned unexpected result of type {}",
            repr_lossy(class),
            type_::fully_qualified_name(made.ty())
        );
    };
    // SAFETY: the caller's; the instance may have been made smaller by its own `__new__`.
    unsafe { ptr::copy_nonoverlapping(at, c.data(), size.min(c.size())) };
    Ok(made)
}

/// C got a pointer into an object that nobody else keeps: it has to live for ever.
fn keep_for_ever(o: &Obj, callable: &Obj) {
    static KEPT: Global<*mut PyObject> = Global::new(ptr::null_mut());
    if KEPT.get().is_null() {
        KEPT.set(list::from_vec(Vec::new()).into_raw());
    }
    // SAFETY: set above, and never given up.
    unsafe { (*KEPT.get()).cast::<PyListObject>() }.push(o.new_ref());
    let warned = vm::warn::warn(&exc::RuntimeWarning, 1, "memory leak in callback function.");
    if warned.is_err() {
        err::write_unraisable(Some(callable), None);
    }
}
