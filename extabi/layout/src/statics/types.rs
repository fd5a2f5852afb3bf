//! The exported type objects. One row for each; a row names the struct of its instances where a header shows it.

use crate::*;

/// Calls `callback! { symbol: Layout; symbol; ... }` with every exported type that is not an exception.
#[macro_export]
macro_rules! for_each_type {
    ($callback:path) => {
        $callback! {
            PyAsyncGen_Type;
            PyBaseObject_Type: PyObject;
            PyBool_Type;
            PyByteArrayIter_Type;
            PyByteArray_Type: PyByteArrayObject;
            PyBytesIter_Type;
            PyBytes_Type: PyBytesObject;
            PyCFunction_Type: PyCFunctionObject;
            PyCMethod_Type: PyCMethodObject;
            PyCallIter_Type;
            PyCapsule_Type;
            PyCell_Type: PyCellObject;
            PyClassMethodDescr_Type;
            PyClassMethod_Type;
            PyCode_Type: PyCodeObject;
            PyComplex_Type: PyComplexObject;
            PyContextToken_Type;
            PyContextVar_Type;
            PyContext_Type;
            PyCoro_Type;
            PyDictItems_Type;
            PyDictIterItem_Type;
            PyDictIterKey_Type;
            PyDictIterValue_Type;
            PyDictKeys_Type;
            PyDictProxy_Type;
            PyDictRevIterItem_Type;
            PyDictRevIterKey_Type;
            PyDictRevIterValue_Type;
            PyDictValues_Type;
            PyDict_Type: PyDictObject;
            PyEllipsis_Type;
            PyEnum_Type;
            PyFilter_Type;
            PyFloat_Type: PyFloatObject;
            PyFrameLocalsProxy_Type: PyFrameLocalsProxyObject;
            PyFrame_Type;
            PyFrozenSet_Type;
            PyFunction_Type: PyFunctionObject;
            PyGen_Type;
            PyGetSetDescr_Type: PyGetSetDescrObject;
            PyInstanceMethod_Type: PyInstanceMethodObject;
            PyListIter_Type;
            PyListRevIter_Type;
            PyList_Type: PyListObject;
            PyLongRangeIter_Type;
            PyLong_Type: PyLongObject;
            PyMap_Type;
            PyMemberDescr_Type: PyMemberDescrObject;
            PyMemoryView_Type: PyMemoryViewObject;
            PyMethodDescr_Type: PyMethodDescrObject;
            PyMethod_Type: PyMethodObject;
            PyModuleDef_Type: PyModuleDef;
            PyModule_Type;
            PyODictItems_Type;
            PyODictIter_Type;
            PyODictKeys_Type;
            PyODictValues_Type;
            PyODict_Type;
            PyPickleBuffer_Type;
            PyProperty_Type;
            PyRangeIter_Type;
            PyRange_Type;
            PyReversed_Type;
            PySeqIter_Type;
            PySetIter_Type;
            PySet_Type: PySetObject;
            PySlice_Type: PySliceObject;
            PyStaticMethod_Type;
            PyStdPrinter_Type;
            PySuper_Type;
            PyTraceBack_Type: PyTracebackObject;
            PyTupleIter_Type;
            PyTuple_Type: PyTupleObject;
            PyType_Type: PyTypeObject;
            PyUnicodeIter_Type;
            PyUnicode_Type: PyUnicodeObject;
            PyWrapperDescr_Type: PyWrapperDescrObject;
            PyZip_Type;
            Py_GenericAliasType;
            _PyAsyncGenASend_Type;
            _PyNone_Type;
            _PyNotImplemented_Type;
            _PyUnion_Type;
            _PyWeakref_CallableProxyType;
            _PyWeakref_ProxyType;
            _PyWeakref_RefType: PyWeakReference;
        }
    };
}

macro_rules! declare {
    ($($symbol:ident $(: $layout:ident)?;)*) => {
        $(
            #[unsafe(no_mangle)]
            pub static $symbol: PyTypeObject = PyTypeObject::statically_declared();
            $(
                impl Layout for $layout {
                    #[inline(always)]
                    fn type_object() -> &'static PyTypeObject {
                        &$symbol
                    }
                }
            )?
        )*
    };
}

for_each_type!(declare);

/// Structs that several types' instances start with, or that have no type of their own: seen through a cast, never tested for.
macro_rules! shared_starts {
    ($($layout:ident: $symbol:ident;)*) => {$(
        impl Layout for $layout {
            #[inline(always)]
            fn type_object() -> &'static PyTypeObject {
                &$symbol
            }
        }
    )*};
}

shared_starts! {
    PyVarObject: PyBaseObject_Type;
    PyDescrObject: PyBaseObject_Type;
    PyHeapTypeObject: PyType_Type;
    PyUnicodeErrorObject: _PyExc_UnicodeError;
}
