//! `structseq.h`: descriptions of struct sequences.

use crate::*;
use core::ffi::{c_char, c_int};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyStructSequence_Field {
    pub name: *const c_char,
    pub doc: *const c_char,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyStructSequence_Desc {
    pub name: *const c_char,
    pub doc: *const c_char,
    pub fields: *mut PyStructSequence_Field,
    pub n_in_sequence: c_int,
}

pub type PyStructSequence = PyTupleObject;

layouts! {
    PyStructSequence_Field: 16 {
        name: 0,
        doc: 8,
    }
    PyStructSequence_Desc: 32 {
        name: 0,
        doc: 8,
        fields: 16,
        n_in_sequence: 24,
    }
}
