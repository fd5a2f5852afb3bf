//! `sys.settrace` and `sys.setprofile`: what a trace function may ask of a frame.

use layout::*;

use crate::err::{Result, raise};
use crate::object::*;
use crate::types::frameobject::FrameObject;

/// Assigning `frame.f_lineno`: only a trace function may make its frame jump.
pub fn set_line(f: &FrameObject, line: &Obj) -> Result<()> {
    let _ = f;
    if !line.is::<PyLongObject>() {
        return raise!(ValueError, "lineno must be an integer");
    }
    raise!(ValueError, "f_lineno can only be set in a trace function")
}

pub use super::monitoring::legacy::opcodes_wanted;
