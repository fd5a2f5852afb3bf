//! What the files of this crate use everywhere, and how its types are declared.

pub use core::cell::{Cell, RefCell, UnsafeCell};
pub use core::ffi::{CStr, c_int, c_void};
pub use core::ptr;

pub use layout::*;
pub use vm::args::{self, Signature};
pub use vm::err::{self, Result, exc, raise};
pub use vm::intern;
pub use vm::method::*;
pub use vm::object::*;
pub use vm::protocol::{call as py_call, number, object as proto};
pub use vm::sys::audit_event;
pub use vm::types::bytes::BytesExt as _;
pub use vm::types::int::IntExt as _;
pub use vm::types::str_::StrExt as _;
pub use vm::types::tuple::{self, TupleExt as _};
pub use vm::types::type_::{self, TypeBuilder};
pub use vm::types::{bytes, int, module, str_};

/// Declares the static of a type, and says that `$layout` is its instances' struct.
macro_rules! static_type {
    ($layout:ident, $tp:ident) => {
        static_type!($tp);

        impl Layout for $layout {
            fn type_object() -> &'static PyTypeObject {
                &$tp
            }
        }
    };
    ($tp:ident) => {
        #[doc = concat!("The static of a type; see `define`.")]
        pub static $tp: PyTypeObject = PyTypeObject::statically_declared();
    };
}
pub(crate) use static_type;

/// Whether an object is a class whose metaclass is `meta` or derives from it.
pub fn is_class_of(o: &Obj, meta: &PyTypeObject) -> bool {
    is_instance_of(o, meta)
}

/// The class behind an object that is one.
pub fn as_class(o: &Obj) -> Option<&PyTypeObject> {
    o.downcast::<PyTypeObject>()
}

/// The `tp_name` of a class, or of the class of anything else.
pub fn class_name(o: &Obj) -> &str {
    match as_class(o) {
        Some(tp) => type_name(tp),
        None => o.tp_name(),
    }
}

/// A C pointer from any integer, of which the low bits count.
pub fn to_address(o: &PyLongObject) -> usize {
    o.to_u64_wrapping() as usize
}

/// A C pointer from an int that fits one (`PyLong_AsVoidPtr`).
pub fn to_pointer(o: &Obj) -> Result<usize> {
    let Some(n) = o.downcast::<PyLongObject>() else {
        return raise!(TypeError, "an integer is required");
    };
    if n.is_negative() {
        if let Some(n) = n.to_i64() {
            return Ok(n as usize);
        }
    } else if let Some(n) = int::to_u64(n) {
        return Ok(n as usize);
    }
    raise!(OverflowError, "int too big to convert")
}
