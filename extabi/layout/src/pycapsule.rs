//! `pycapsule.h`: the signature of a capsule's destructor.

use crate::*;

pub type PyCapsule_Destructor = unsafe extern "C" fn(*mut PyObject);
