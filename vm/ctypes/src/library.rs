//! Shared libraries: opening, closing, looking up.

use crate::prelude::*;
use std::ffi::CString;

/// The last error of the dynamic linker.
fn last_error() -> Option<String> {
    // SAFETY: a text that lives until the next call of the linker's in this thread.
    unsafe {
        let text = libc::dlerror();
        (!text.is_null()).then(|| CStr::from_ptr(text).to_string_lossy().into_owned())
    }
}

/// The handle of a library object.
fn handle_of(dll: &Obj) -> Result<*mut c_void> {
    let handle = proto::getattr(dll, intern!("_handle"))?;
    if !handle.is::<PyLongObject>() {
        return raise!(
            TypeError,
            "the _handle attribute of the second argument must be an integer"
        );
    }
    match to_pointer(&handle) {
        Ok(handle) => Ok(handle as *mut c_void),
        Err(_) => {
            err::clear();
            raise!(
                ValueError,
                "could not convert the _handle attribute to a pointer"
            )
        }
    }
}

/// The address of a name in a library, or why there is no such `kind` of thing.
pub fn find(
    dll: &Obj,
    name: &CStr,
    kind: &str,
) -> Result<core::result::Result<*mut c_void, String>> {
    let handle = handle_of(dll)?;
    // What went wrong earlier is nothing to do with this.
    last_error();
    // SAFETY: the program vouches for the handle.
    let at = unsafe { libc::dlsym(handle, name.as_ptr()) };
    if !at.is_null() {
        return Ok(Ok(at));
    }
    Ok(Err(last_error().unwrap_or_else(|| {
        format!("{kind} '{}' not found", name.to_string_lossy())
    })))
}

/// A path as the system takes it.
fn path(o: &Obj) -> Result<CString> {
    let path = if o.is::<PyUnicodeObject>() || o.is::<PyBytesObject>() {
        o.new_ref()
    } else {
        match py_call::special(o, intern!("__fspath__"), &[])? {
            Some(path) => path,
            None => return bad_path(o),
        }
    };
    let text = if let Some(s) = str_::of(&path) {
        vm::codecs::fs_encode(s)?
    } else if let Some(b) = path.downcast::<PyBytesObject>() {
        b.as_slice().to_vec()
    } else {
        return bad_path(o);
    };
    match CString::new(text) {
        Ok(text) => Ok(text),
        Err(_) => raise!(ValueError, "embedded null byte"),
    }
}

fn bad_path<T>(o: &Obj) -> Result<T> {
    raise!(
        TypeError,
        "expected str, bytes or os.PathLike object, not {}",
        o.tp_name()
    )
}

fn count(name: &str, args: &[&Obj], least: usize, most: usize) -> Result<()> {
    let n = args.len();
    if (least..=most).contains(&n) {
        return Ok(());
    }
    let bound = if n < least { least } else { most };
    let how = match (least == most, n < least) {
        (true, _) => "exactly",
        (_, true) => "at least",
        _ => "at most",
    };
    raise!(
        TypeError,
        "{name}() takes {how} {bound} argument{} ({n} given)",
        if bound == 1 { "" } else { "s" }
    )
}

/// `dlopen(name, flag=RTLD_LOCAL)`.
pub fn open(_: &Obj, args: &[&Obj]) -> Result<usize> {
    count("dlopen", args, 1, 2)?;
    let mode = args
        .get(1)
        .map_or(Ok(libc::RTLD_LOCAL), |m| args::to_i32(m))?
        | libc::RTLD_NOW;
    let name = (!args[0].is_none()).then(|| path(args[0])).transpose()?;
    let told = match &name {
        Some(name) => str_::new(&name.to_string_lossy()).into_obj(),
        None => none(),
    };
    audit_event("ctypes.dlopen", &[&told])?;
    let at = name.as_ref().map_or(ptr::null(), |n| n.as_ptr());
    // The library's own start-up may call back, which takes the lock.
    // SAFETY: the program vouches for what the library does when it is loaded.
    let handle = unsafe { libc::dlopen(at, mode) };
    if handle.is_null() {
        let why = last_error().unwrap_or_else(|| "dlopen() error".to_owned());
        return raise!(OSError, "{why}");
    }
    Ok(handle as usize)
}

/// `dlclose(handle)`.
pub fn close(_: &Obj, args: &[&Obj]) -> Result<()> {
    count("dlclose", args, 1, 1)?;
    let handle = to_pointer(args[0])?;
    // SAFETY: the program vouches for the handle.
    if unsafe { libc::dlclose(handle as *mut c_void) } != 0 {
        let why = last_error().unwrap_or_else(|| "dlclose() error".to_owned());
        return raise!(OSError, "{why}");
    }
    Ok(())
}

/// `dlsym(handle, name)`.
pub fn symbol(_: &Obj, args: &[&Obj]) -> Result<usize> {
    count("dlsym", args, 2, 2)?;
    let handle = to_pointer(args[0])?;
    let name = args::to_str("dlsym() argument 2", args[1])?;
    let Ok(name) = CString::new(name) else {
        return raise!(ValueError, "embedded null character");
    };
    audit_event("ctypes.dlsym/handle", args)?;
    last_error();
    // SAFETY: the program vouches for the handle.
    let at = unsafe { libc::dlsym(handle as *mut c_void, name.as_ptr()) };
    if at.is_null() {
        let why = last_error()
            .unwrap_or_else(|| format!("symbol '{}' not found", name.to_string_lossy()));
        return raise!(OSError, "{why}");
    }
    Ok(at as usize)
}

unsafe extern "C" fn note(info: *mut libc::dl_phdr_info, _: usize, names: *mut c_void) -> c_int {
    // SAFETY: the linker's description of a library, and the list that `loaded` passes.
    unsafe {
        let name = CStr::from_ptr((*info).dlpi_name);
        (*names.cast::<Vec<Vec<u8>>>()).push(name.to_bytes().to_vec());
    }
    0
}

/// `dllist()`: the names of the libraries that are loaded.
pub fn loaded(_: &Obj) -> Result {
    let mut names: Vec<Vec<u8>> = Vec::new();
    // SAFETY: the callback gets the list.
    unsafe { libc::dl_iterate_phdr(Some(note), (&raw mut names).cast()) };
    let decoded: Result<Vec<Ref>> = names.iter().map(|n| vm::codecs::fs_decode(n)).collect();
    Ok(vm::types::list::from_vec(decoded?).into_obj())
}
