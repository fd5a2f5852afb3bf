//! `None`, `True`, `False`, `Ellipsis`, `NotImplemented`: complete from the start, and never counted.

use crate::*;
use core::cell::Cell;

macro_rules! singletons {
    ($($symbol:ident: $type:ident;)*) => {
        $(
            #[unsafe(no_mangle)]
            pub static $symbol: PyObject =
                PyObject::statically_immortal((&raw const $type).cast_mut());
        )*
    };
}

singletons! {
    _Py_NoneStruct: _PyNone_Type;
    _Py_EllipsisObject: PyEllipsis_Type;
    _Py_NotImplementedStruct: _PyNotImplemented_Type;
}

const fn bool_object(lv_tag: usize, digit: u32) -> PyLongObject {
    PyLongObject {
        ob_base: PyObject::statically_immortal((&raw const PyBool_Type).cast_mut()),
        lv_tag: Cell::new(lv_tag),
        ob_digit: [Cell::new(digit)],
    }
}

/// No digits, and the sign that says zero.
#[unsafe(no_mangle)]
pub static _Py_FalseStruct: PyLongObject = bool_object(1, 0);

/// One digit, positive.
#[unsafe(no_mangle)]
pub static _Py_TrueStruct: PyLongObject = bool_object(1 << _PyLong_NON_SIZE_BITS, 1);
