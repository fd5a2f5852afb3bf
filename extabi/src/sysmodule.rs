//! `sysmodule.h`: what an embedding program sets in `sys`.

use core::ffi::c_int;
use core::slice;

use layout::*;
use vm::err::{self, Result};
use vm::object::*;
use vm::protocol::call;
use vm::runtime;
use vm::types::dict::DictExt as _;
use vm::types::list::{self, ListExt as _};
use vm::types::str_;

use crate::pylifecycle::wide_text;
use crate::shape::*;

/// A list of `sys`, made if it is not there.
fn list_of(name: &str) -> Result<Ref<PyListObject>> {
    match runtime::sys_attribute(name).and_then(|l| l.downcast_ref::<PyListObject>().ok()) {
        Some(list) => Ok(list),
        None => {
            let made = list::from_vec(Vec::new());
            runtime::set_sys_attribute(name, made.as_obj())?;
            Ok(made)
        }
    }
}

/// Errors of these functions have nobody to tell.
fn quietly(result: Result<()>) {
    if result.is_err() {
        err::clear();
    }
}

/// The folder that a script is in, as the first place to look for modules.
fn script_folder(script: Option<&str>) -> String {
    match script {
        Some(script) if script != "-c" && !script.is_empty() => {
            let path = std::fs::canonicalize(script).unwrap_or_else(|_| script.into());
            path.parent()
                .map_or_else(String::new, |p| p.to_string_lossy().into_owned())
        }
        _ => String::new(),
    }
}

/// # Safety
/// `arguments` points to `count` wide texts.
unsafe fn set_arguments(count: c_int, arguments: *const *const u32, update_path: bool) {
    let mut texts: Vec<String> = if count > 0 && !arguments.is_null() {
        // SAFETY: the caller's.
        unsafe { slice::from_raw_parts(arguments, count as usize) }
            .iter()
            // SAFETY: as above.
            .map(|&p| unsafe { wide_text(p) })
            .collect()
    } else {
        Vec::new()
    };
    let folder = update_path.then(|| script_folder(texts.first().map(String::as_str)));
    if texts.is_empty() {
        texts.push(String::new());
    }
    let argv = texts.iter().map(|t| str_::new(t).into_obj()).collect();
    let set = || -> Result<()> {
        runtime::set_sys_attribute("argv", list::from_vec(argv).as_obj())?;
        if let Some(folder) = folder {
            let at = vm::types::int::zero();
            call::call_method(
                list_of("path")?.as_obj(),
                "insert",
                &[at, str_::new(&folder).as_obj()],
            )?;
        }
        Ok(())
    };
    quietly(set());
}

api! {
    fn PySys_AddWarnOption(option: *const u32) {
        let option = str_::new(&wide_text(option));
        PySys_AddWarnOptionUnicode(option.as_ptr());
    }
    fn PySys_AddWarnOptionUnicode(option: P) { quietly(list_of("warnoptions").map(|l| l.push(b(option).new_ref()))) }
    fn PySys_HasWarnOptions() -> c_int { c_int::from(list_of("warnoptions").is_ok_and(|l| !l.is_empty())) }
    fn PySys_ResetWarnOptions() {
        quietly(list_of("warnoptions").and_then(|l| call::call_method(l.as_obj(), "clear", &[]).map(drop)));
    }
    fn PySys_AddXOption(option: *const u32) {
        let option = wide_text(option);
        let options = runtime::sys_attribute("_xoptions");
        let Some(options) = options.as_ref().and_then(|o| o.downcast::<PyDictObject>()) else { return };
        quietly(match option.split_once('=') {
            Some((name, value)) => options.set_str(name, str_::new(value).as_obj()),
            None => options.set_str(&option, &true_()),
        });
    }
    fn PySys_SetArgvEx(count: c_int, arguments: *const *const u32, update_path: c_int) { set_arguments(count, arguments, update_path != 0) }
    fn PySys_SetArgv(count: c_int, arguments: *const *const u32) { set_arguments(count, arguments, true) }
    fn PySys_SetPath(path: *const u32) {
        let path = wide_text(path);
        let parts = path.split(':').map(|p| str_::new(p).into_obj()).collect();
        quietly(runtime::set_sys_attribute("path", list::from_vec(parts).as_obj()));
    }
}
