//! `structseq.h`: struct sequences that extensions make.

use core::ffi::{CStr, c_int};
use core::ptr;

use layout::*;
use vm::err::Result;
use vm::object::*;
use vm::types::structseq;

use crate::shape::*;

/// A description's name, field names, and number of fields in the tuple.
unsafe fn described(d: &PyStructSequence_Desc) -> (String, Vec<String>, usize) {
    // SAFETY: descriptions hold C text, and a row without a name ends the fields.
    unsafe {
        let mut fields = Vec::new();
        let mut row = d.fields;
        while !(*row).name.is_null() {
            let name = CStr::from_ptr((*row).name).to_string_lossy();
            fields.push(if name == "unnamed field" {
                String::new()
            } else {
                name.into_owned()
            });
            row = row.add(1);
        }
        (
            text(d.name).into_owned(),
            fields,
            d.n_in_sequence.max(0) as usize,
        )
    }
}

unsafe fn make(
    tp: Option<&'static PyTypeObject>,
    d: *mut PyStructSequence_Desc,
) -> Result<&'static PyTypeObject> {
    // SAFETY: the caller's.
    let (name, fields, n) = unsafe { described(&*d) };
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    match tp {
        Some(tp) => structseq::init_type(tp, &name, &fields, n, true).map(|()| tp),
        None => structseq::new_type(&name, &fields, n),
    }
}

api! {
    fn PyStructSequence_NewType(d: *mut PyStructSequence_Desc) -> *mut PyTypeObject {
        make(None, d).map_or(ptr::null_mut(), |tp| ptr::from_ref(tp).cast_mut())
    }
    fn PyStructSequence_InitType(tp: *mut PyTypeObject, d: *mut PyStructSequence_Desc) { let _ = make(tp.as_ref(), d); }
    fn PyStructSequence_InitType2(tp: *mut PyTypeObject, d: *mut PyStructSequence_Desc) -> c_int { status(make(tp.as_ref(), d).map(drop)) }
    fn PyStructSequence_New(tp: *mut PyTypeObject) -> P { new(structseq::allocate(&*tp).map(Ref::into_obj)) }
    fn PyStructSequence_SetItem(o: P, i: isize, v: P) {
        if let Some(v) = Ref::from_owned_opt(v) { structseq::set_field(b(o).cast(), i.max(0) as usize, v); }
    }
    fn PyStructSequence_GetItem(o: P, i: isize) -> P { (*b(o).cast::<PyTupleObject>().ob_item.as_ptr().add(i.max(0) as usize)).get() }
}
