//! `marshal.h`, as far as it reads and writes memory.

use core::ffi::{c_char, c_int};

use vm::marshal;
use vm::object::*;
use vm::types::bytes;

use crate::shape::*;

api! {
    fn PyMarshal_ReadObjectFromString(data: *const c_char, size: isize) -> P {
        let data = core::slice::from_raw_parts(data.cast::<u8>(), size.max(0) as usize);
        new(marshal::loads(data, true).map(|(value, _)| value))
    }
    fn PyMarshal_WriteObjectToString(o: P, version: c_int) -> P {
        new(marshal::dumps(b(o), version, true).and_then(|data| bytes::try_new(&data)).map(Ref::into_obj))
    }
}
