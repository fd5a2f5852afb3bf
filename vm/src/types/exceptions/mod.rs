//! The builtin exceptions: one row each in layout's exception table, defined here by family.
//!
//! Every exception struct starts with `PyBaseExceptionObject`'s fields, so [`base`]'s slots serve all of them; families
//! with fields of their own ([`os_error`], [`unicode`], [`syntax`], [`attributed`], [`group`]) add to that.

pub mod attributed;
pub mod base;
pub mod group;
pub mod os_error;
pub mod syntax;
pub mod unicode;

use core::ffi::CStr;

use layout::*;

use super::dict::DictExt as _;
use super::type_::{self, TypeBuilder};
use crate::err::{self, Result};
use crate::object::*;

pub use base::{add_note, new_instance, set_cause, set_context, traceback_of};

/// Starts and readies every exception type, in the table's order: a base comes before its subclasses.
pub fn init() -> Result<()> {
    macro_rules! define_all {
        ($($type:ident, $pointer:ident, $name:literal, $base:ident, $layout:ident;)*) => {
            $(define_one::<$layout>(&$type, crate::cstr!($name), &$base)?;)*
        };
    }
    layout::for_each_exception!(define_all);
    layout::for_each_interpreter_exception!(define_all);
    Ok(())
}

fn define_one<S: Layout>(
    tp: &'static PyTypeObject,
    name: &'static CStr,
    parent: &'static PyTypeObject,
) -> Result<()> {
    let mut b = TypeBuilder::start(tp, name);
    b.base(parent).flags(Py_TPFLAGS_BASETYPE).basicsize::<S>();
    if own_slots(&mut b, name.to_str().unwrap_or_default(), size_of::<S>()) {
        b.flags(Py_TPFLAGS_HAVE_GC);
    }
    type_::ready(tp)
}

/// The slots that a type does not inherit. False if it inherits all: the fields of its base are its own.
fn own_slots(b: &mut TypeBuilder, name: &str, size: usize) -> bool {
    match name {
        "BaseException" => base::define(b),
        "StopIteration" => attributed::define_stop_iteration(b),
        "SystemExit" => attributed::define_system_exit(b),
        "ImportError" => attributed::define_import_error(b),
        "NameError" => attributed::define_name_error(b),
        "AttributeError" => attributed::define_attribute_error(b),
        "KeyError" => attributed::define_key_error(b),
        "SyntaxError" => syntax::define(b),
        "_IncompleteInputError" => syntax::define_incomplete(b),
        "OSError" => os_error::define(b),
        "UnicodeEncodeError" => unicode::define_encode(b),
        "UnicodeDecodeError" => unicode::define_decode(b),
        "UnicodeTranslateError" => unicode::define_translate(b),
        "BaseExceptionGroup" => group::define(b),
        _ if size > size_of::<PyBaseExceptionObject>() => return false,
        _ => base::define_plain(b),
    }
    true
}

/// Adds the exceptions to the `builtins` module's dict.
pub fn add_to_builtins(builtins: &PyDictObject) -> Result<()> {
    macro_rules! add_all {
        ($($type:ident, $pointer:ident, $name:literal, $base:ident, $layout:ident;)*) => {
            $(builtins.set_str($name, $type.as_obj())?;)*
        };
    }
    layout::for_each_exception!(add_all);
    builtins.set_str("EnvironmentError", err::exc::OSError.as_obj())?;
    builtins.set_str("IOError", err::exc::OSError.as_obj())?;
    let exception_group = group::make_exception_group()?;
    builtins.set_str("ExceptionGroup", &exception_group)
}
