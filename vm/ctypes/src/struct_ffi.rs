//! Structures as libffi sees them: a list of element types. An array in a structure that is passed in registers has to be
//! shown as what it holds; elsewhere libffi copies bytes, and what an array counts as does not matter.

use crate::info::{self, Elements};
use crate::prelude::*;
use crate::structs::is_array;
use libffi_sys::{FFI_TYPE_STRUCT, ffi_type};

/// The largest structure that is passed in registers.
const MAX_IN_REGISTERS: usize = if cfg!(target_arch = "x86_64") { 16 } else { 32 };

/// The element types of a structure of `size` bytes: those of its base, then one for each member's class.
pub fn elements(base: Vec<*mut ffi_type>, classes: &[&Obj], size: usize) -> Result<Elements> {
    let mut made = Elements {
        own: base,
        ..Elements::default()
    };
    for class in classes {
        let info = info::required(class)?;
        let element = if size <= MAX_IN_REGISTERS && is_array(class) {
            unrolled(&mut made, info)?
        } else {
            info.ffi()
        };
        made.own.push(element);
    }
    made.own.push(ptr::null_mut());
    Ok(made)
}

/// An array as a structure of its items.
fn unrolled(made: &mut Elements, info: &info::Info) -> Result<*mut ffi_type> {
    let items = info::required(info.proto())?;
    let length = info.length.get();
    // SAFETY: the class's own type for libffi, which nobody changes now.
    let item = unsafe { *items.ffi() };
    let mut list = vec![items.ffi(); length];
    list.push(ptr::null_mut());
    let mut array = Box::new(ffi_type {
        size: length * item.size,
        alignment: item.alignment,
        type_: FFI_TYPE_STRUCT,
        elements: list.as_mut_ptr(),
    });
    let at = ptr::from_mut(&mut *array);
    made.lists.push(list);
    made.arrays.push(array);
    Ok(at)
}
