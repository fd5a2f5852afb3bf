//! What `varargs.c` needs from Rust, and the names it exports.

use core::ffi::{c_char, c_int};

use layout::*;
use vm::object::*;
use vm::types::{str_, type_};

use crate::shape::*;

macro_rules! c_functions {
    ($($name:ident)*) => {
        unsafe extern "C" { $(fn $name();)* }
        /// The functions of `varargs.c`.
        pub static C_EXPORTS: &[Export] = &[$(Export { name: stringify!($name), address: $name as *const () }),*];
    };
}

c_functions! {
    PyUnicode_FromFormatV PyUnicode_FromFormat PyErr_FormatV PyErr_Format PyErr_WarnFormat PyErr_ResourceWarning
    Py_VaBuildValue Py_BuildValue _Py_BuildValue_SizeT PyObject_CallFunction PyObject_CallMethod
    PyObject_CallFunctionObjArgs PyObject_CallMethodObjArgs PyTuple_Pack PyOS_snprintf PyOS_vsnprintf PyArg_VaParse
    PyArg_ParseTuple _PyArg_ParseTuple_SizeT PyArg_Parse PyArg_VaParseTupleAndKeywords PyArg_ParseTupleAndKeywords
    _PyArg_ParseTupleAndKeywords_SizeT PyArg_UnpackTuple PySys_WriteStdout PySys_WriteStderr PySys_FormatStdout
    PySys_FormatStderr PyBytes_FromFormatV PyBytes_FromFormat PyErr_FormatUnraisable _PyErr_FormatFromCause
    PyUnicodeWriter_Format _PyObject_CallFunction_SizeT _PyObject_CallMethod_SizeT _Py_VaBuildValue_SizeT _PyArg_Parse_SizeT
    _PyArg_VaParse_SizeT _PyArg_ParseStack PySys_Audit _PyObject_CallMethodId _PyArg_VaParseTupleAndKeywords_SizeT PyErr_WarnExplicitFormat
    PyEval_CallFunction PyEval_CallMethod
}

api! {
    fn _Tandem_ReleasesBuffer(o: P) -> c_int {
        let o = b(o);
        let suite = o.ty().tp_as_buffer.get().as_ref();
        c_int::from(o.is::<PyByteArrayObject>() || suite.is_some_and(|s| s.bf_releasebuffer.get().is_some()))
    }
    // The numbers are those of the enum in varargs.c.
    fn _Tandem_IsKind(o: P, kind: c_int) -> c_int {
        let o = b(o);
        c_int::from(match kind {
            0 => o.is::<PyUnicodeObject>(),
            1 => o.is::<PyBytesObject>(),
            2 => o.is::<PyByteArrayObject>(),
            3 => o.is::<PyTupleObject>(),
            4 => o.is::<PyLongObject>(),
            _ => o.is::<PyFloatObject>(),
        })
    }
    fn _Tandem_TypeName(o: P) -> *const c_char { b(o).ty().tp_name.get() }
    fn _Tandem_NameOfType(tp: P) -> *const c_char { b(tp).cast::<PyTypeObject>().tp_name.get() }
    fn _Tandem_IsInstanceOf(o: P, tp: P) -> c_int { c_int::from(is_instance_of(b(o), b(tp).cast())) }
    fn _Tandem_TypeFullName(o: P, of_instance: c_int) -> P {
        let tp = if of_instance != 0 { b(o).ty() } else { b(o).cast::<PyTypeObject>() };
        str_::new(&type_::fully_qualified_name(tp)).into_raw()
    }
}
