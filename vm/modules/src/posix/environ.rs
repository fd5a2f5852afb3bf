//! The environment, as `bytes` to `bytes`, and its changes.

use std::ffi::{CStr, CString};

use layout::*;

use vm::args;
use vm::err::Result;
use vm::method::*;
use vm::object::*;
use vm::types::bytes;
use vm::types::dict::{self, DictExt as _};
use vm::types::module;

use super::call;
use super::convert;

/// Rows of the module's table.
pub static METHODS: &[PyMethodDef] = &[
    noargs!("_create_environ", create, "($module, /)"),
    fastcall!("putenv", putenv, "($module, name, value, /)"),
    o!("unsetenv", unsetenv, "($module, name, /)"),
];

/// Adds `environ`.
pub fn add(m: &Obj) -> Result<()> {
    module::add(m, "environ", create(m)?.as_obj())
}

unsafe extern "C" {
    static environ: *const *const libc::c_char;
}

fn create(_: &Obj) -> Result<Ref<PyDictObject>> {
    let d = dict::new();
    // SAFETY: C's table of NUL-terminated strings, ended by null; only changed with the lock held.
    unsafe {
        let mut row = environ;
        while !row.is_null() && !(*row).is_null() {
            let text = CStr::from_ptr(*row).to_bytes();
            row = row.add(1);
            let Some(at) = text.iter().position(|c| *c == b'=') else {
                continue;
            };
            let name = bytes::try_new(&text[..at])?;
            if d.get(name.as_obj())?.is_none() {
                d.set(name.as_obj(), bytes::try_new(&text[at + 1..])?.as_obj())?;
            }
        }
    }
    Ok(d)
}

fn name_of(o: &Obj) -> Result<CString> {
    convert::fs_string(o)
}

fn putenv(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("putenv", args, 2..=2)?;
    let (name, value) = (name_of(args[0])?, name_of(args[1])?);
    if name.as_bytes().contains(&b'=') {
        return vm::err::raise!(ValueError, "illegal environment variable name");
    }
    // SAFETY: both end with NUL and are copied.
    call::quick(unsafe { libc::setenv(name.as_ptr(), value.as_ptr(), 1) }).map(drop)
}

fn unsetenv(_: &Obj, name: &Obj) -> Result<()> {
    let name = name_of(name)?;
    // SAFETY: ends with NUL.
    call::quick(unsafe { libc::unsetenv(name.as_ptr()) }).map(drop)
}
