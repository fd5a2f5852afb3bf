//! The builtin types, one file (or folder) each, and the table that readies them at start-up.
//!
//! Each file has the same order: doc, `define`, constructors, slots, methods, traverse, tests. Adding a builtin type is
//! one file and one row in [`TYPES`].

use core::ffi::CStr;

use layout::*;

use crate::err::Result;

pub mod anext_awaitable;
pub mod asyncgen;
pub mod bool_;
pub mod bytearray;
pub mod bytes;
pub mod capsule;
pub mod cell;
pub mod cfunction;
pub mod classmethod;
pub mod complex;
pub mod context;
pub mod coroutine;
pub mod descr;
pub mod dict;
pub mod dictviews;
pub mod enumerate;
pub mod exceptions;
pub mod float;
pub mod frameobject;
pub mod function;
pub mod generator;
pub mod genericalias;
pub mod instance;
pub mod int;
pub mod iterobjects;
pub mod list;
pub mod mappingproxy;
pub mod memoryview;
pub mod method;
pub mod module;
pub mod namespace;
pub mod object_;
pub mod odict;
pub mod odictviews;
pub mod property;
pub mod range;
pub mod set;
pub mod singletons;
pub mod slice;
pub mod stdprinter;
pub mod str_;
pub mod structseq;
pub mod super_;
pub mod template;
pub mod thread_local;
pub mod traceback;
pub mod tuple;
pub mod type_;
pub mod typing;
pub mod union_;
pub mod weakref;
pub mod zipmap;

use type_::TypeBuilder;

/// A builtin type: its static object, its `tp_name`, and what fills it in.
pub struct Row(
    pub &'static PyTypeObject,
    pub &'static CStr,
    pub fn(&mut TypeBuilder),
);

/// All builtin types but the exceptions; a type's bases may come after it.
pub static TYPES: &[Row] = &[
    Row(&PyBaseObject_Type, c"object", object_::define),
    Row(&PyType_Type, c"type", type_::define),
    // Functions, modules, descriptors.
    Row(
        &PyCFunction_Type,
        c"builtin_function_or_method",
        cfunction::define,
    ),
    Row(
        &PyCMethod_Type,
        c"builtin_method",
        cfunction::define_cmethod,
    ),
    Row(&PyCapsule_Type, c"PyCapsule", capsule::define),
    Row(&PyCell_Type, c"cell", cell::define),
    Row(&PyStdPrinter_Type, c"stderrprinter", stdprinter::define),
    Row(
        &PyClassMethodDescr_Type,
        c"classmethod_descriptor",
        descr::define_class_method,
    ),
    Row(
        &PyClassMethod_Type,
        c"classmethod",
        classmethod::define_class,
    ),
    Row(&PyCode_Type, c"code", crate::code::define),
    Row(&PyFunction_Type, c"function", function::define),
    Row(
        &PyGetSetDescr_Type,
        c"getset_descriptor",
        descr::define_getset,
    ),
    Row(
        &PyInstanceMethod_Type,
        c"instancemethod",
        method::define_instance,
    ),
    Row(
        &descr::LAZY_DOC,
        c"getset_descriptor",
        descr::define_lazy_doc,
    ),
    Row(
        &PyMemberDescr_Type,
        c"member_descriptor",
        descr::define_member,
    ),
    Row(
        &PyMethodDescr_Type,
        c"method_descriptor",
        descr::define_method,
    ),
    Row(&PyMethod_Type, c"method", method::define),
    Row(&PyModule_Type, c"module", module::define),
    Row(&PyProperty_Type, c"property", property::define),
    Row(
        &PyStaticMethod_Type,
        c"staticmethod",
        classmethod::define_static,
    ),
    Row(&PySuper_Type, c"super", super_::define),
    Row(
        &PyWrapperDescr_Type,
        c"wrapper_descriptor",
        descr::define_wrapper,
    ),
    Row(
        &descr::METHOD_WRAPPER,
        c"method-wrapper",
        descr::define_method_wrapper,
    ),
    // Numbers and singletons.
    Row(&PyBool_Type, c"bool", bool_::define),
    Row(&PyComplex_Type, c"complex", complex::define),
    Row(&PyEllipsis_Type, c"ellipsis", singletons::define_ellipsis),
    Row(&PyFloat_Type, c"float", float::define),
    Row(&PyLong_Type, c"int", int::define),
    Row(&_PyNone_Type, c"NoneType", singletons::define_none),
    Row(
        &_PyNotImplemented_Type,
        c"NotImplementedType",
        singletons::define_not_implemented,
    ),
    // Text and bytes.
    Row(
        &PyByteArrayIter_Type,
        c"bytearray_iterator",
        bytes::iter::define_bytearray,
    ),
    Row(&PyByteArray_Type, c"bytearray", bytearray::define),
    Row(&PyBytesIter_Type, c"bytes_iterator", bytes::iter::define),
    Row(&PyBytes_Type, c"bytes", bytes::define),
    Row(&PyMemoryView_Type, c"memoryview", memoryview::define),
    Row(
        &memoryview::iter::MEMORY_ITER,
        c"memory_iterator",
        memoryview::iter::define,
    ),
    Row(
        &memoryview::managed::MANAGED_BUFFER,
        c"managedbuffer",
        memoryview::managed::define,
    ),
    Row(
        &crate::slots_buffer::BUFFER_WRAPPER,
        c"_buffer_wrapper",
        crate::slots_buffer::define,
    ),
    Row(&PyUnicodeIter_Type, c"str_iterator", str_::iter::define),
    Row(
        &str_::iter::ASCII_ITER,
        c"str_ascii_iterator",
        str_::iter::define_ascii,
    ),
    Row(&PyUnicode_Type, c"str", str_::define),
    Row(
        &crate::codecs::charmap::ENCODING_MAP,
        c"EncodingMap",
        crate::codecs::charmap::define,
    ),
    Row(
        &template::TEMPLATE,
        c"string.templatelib.Template",
        template::define,
    ),
    Row(
        &template::INTERPOLATION,
        c"string.templatelib.Interpolation",
        template::define_interpolation,
    ),
    Row(
        &template::TEMPLATE_ITER,
        c"string.templatelib.TemplateIter",
        template::define_iter,
    ),
    // Containers and their iterators.
    Row(&PyDictItems_Type, c"dict_items", dictviews::define_items),
    Row(
        &PyDictIterItem_Type,
        c"dict_itemiterator",
        dict::iter::define_iterators::items,
    ),
    Row(
        &PyDictIterKey_Type,
        c"dict_keyiterator",
        dict::iter::define_iterators::keys,
    ),
    Row(
        &PyDictIterValue_Type,
        c"dict_valueiterator",
        dict::iter::define_iterators::values,
    ),
    Row(&PyDictKeys_Type, c"dict_keys", dictviews::define_keys),
    Row(&PyDictProxy_Type, c"mappingproxy", mappingproxy::define),
    Row(
        &PyDictRevIterItem_Type,
        c"dict_reverseitemiterator",
        dict::iter::define_iterators::reverse_items,
    ),
    Row(
        &PyDictRevIterKey_Type,
        c"dict_reversekeyiterator",
        dict::iter::define_iterators::reverse_keys,
    ),
    Row(
        &PyDictRevIterValue_Type,
        c"dict_reversevalueiterator",
        dict::iter::define_iterators::reverse_values,
    ),
    Row(&PyDictValues_Type, c"dict_values", dictviews::define_values),
    Row(&PyDict_Type, c"dict", dict::define),
    Row(&PyFrozenSet_Type, c"frozenset", set::define_frozenset),
    Row(&PyListIter_Type, c"list_iterator", list::define_iter),
    Row(
        &PyListRevIter_Type,
        c"list_reverseiterator",
        list::define_reverse_iter,
    ),
    Row(&PyList_Type, c"list", list::define),
    Row(&PyODictItems_Type, c"odict_items", odictviews::define_items),
    Row(
        &PyODictIter_Type,
        c"odict_iterator",
        odictviews::define_iterator,
    ),
    Row(&PyODictKeys_Type, c"odict_keys", odictviews::define_keys),
    Row(
        &PyODictValues_Type,
        c"odict_values",
        odictviews::define_values,
    ),
    Row(&PyODict_Type, c"collections.OrderedDict", odict::define),
    Row(&PySetIter_Type, c"set_iterator", set::iter::define_iterator),
    Row(&PySet_Type, c"set", set::define),
    Row(&PyTupleIter_Type, c"tuple_iterator", tuple::define_iter),
    Row(&PyTuple_Type, c"tuple", tuple::define),
    // Iterators and ranges.
    Row(
        &PyCallIter_Type,
        c"callable_iterator",
        iterobjects::define_calliter,
    ),
    Row(&PyEnum_Type, c"enumerate", enumerate::define_enumerate),
    Row(&PyFilter_Type, c"filter", zipmap::define_filter),
    Row(
        &PyLongRangeIter_Type,
        c"longrange_iterator",
        range::iter::define_long_iter,
    ),
    Row(&PyMap_Type, c"map", zipmap::define_map),
    Row(
        &PyRangeIter_Type,
        c"range_iterator",
        range::iter::define_iter,
    ),
    Row(&PyRange_Type, c"range", range::define),
    Row(&PyReversed_Type, c"reversed", enumerate::define_reversed),
    Row(&PySeqIter_Type, c"iterator", iterobjects::define_seqiter),
    Row(&PySlice_Type, c"slice", slice::define),
    Row(&PyZip_Type, c"zip", zipmap::define_zip),
    // The interpreter's objects.
    Row(&PyAsyncGen_Type, c"async_generator", asyncgen::define),
    Row(&PyCoro_Type, c"coroutine", coroutine::define),
    Row(
        &PyFrameLocalsProxy_Type,
        c"FrameLocalsProxy",
        frameobject::proxy::define,
    ),
    Row(&PyFrame_Type, c"frame", frameobject::define),
    Row(&PyGen_Type, c"generator", generator::define),
    Row(
        &_PyAsyncGenASend_Type,
        c"async_generator_asend",
        asyncgen::define_asend,
    ),
    Row(
        &anext_awaitable::ANEXT_AWAITABLE,
        c"anext_awaitable",
        anext_awaitable::define,
    ),
    Row(
        &asyncgen::ATHROW,
        c"async_generator_athrow",
        asyncgen::define_athrow,
    ),
    Row(
        &asyncgen::WRAPPED,
        c"async_generator_wrapped_value",
        asyncgen::define_wrapped,
    ),
    Row(
        &coroutine::WRAPPER,
        c"coroutine_wrapper",
        coroutine::define_wrapper,
    ),
    Row(
        &PyContextToken_Type,
        c"_contextvars.Token",
        context::token::define,
    ),
    Row(
        &PyContextVar_Type,
        c"_contextvars.ContextVar",
        context::var::define,
    ),
    Row(&PyContext_Type, c"_contextvars.Context", context::define),
    Row(
        &context::token::MISSING_TYPE,
        c"Token.MISSING",
        context::token::define_missing,
    ),
    Row(
        &thread_local::LOCAL,
        c"_thread._local",
        thread_local::define,
    ),
    Row(&PyTraceBack_Type, c"traceback", traceback::define),
    // Typing and the rest.
    Row(
        &Py_GenericAliasType,
        c"types.GenericAlias",
        genericalias::define,
    ),
    Row(
        &genericalias::GENERIC_ALIAS_ITER,
        c"generic_alias_iterator",
        genericalias::define_iter,
    ),
    Row(
        &typing::alias::TYPE_ALIAS,
        c"typing.TypeAliasType",
        typing::alias::define,
    ),
    Row(
        &typing::evaluator::EVALUATOR,
        c"_typing._ConstEvaluator",
        typing::evaluator::define,
    ),
    Row(
        &typing::generic::GENERIC,
        c"typing.Generic",
        typing::generic::define,
    ),
    Row(
        &typing::no_default::NO_DEFAULT_TYPE,
        c"NoDefaultType",
        typing::no_default::define,
    ),
    Row(
        &typing::paramspec::PARAMSPEC,
        c"typing.ParamSpec",
        typing::paramspec::define,
    ),
    Row(
        &typing::paramspec::PARAMSPEC_ARGS,
        c"typing.ParamSpecArgs",
        typing::paramspec::define_args,
    ),
    Row(
        &typing::paramspec::PARAMSPEC_KWARGS,
        c"typing.ParamSpecKwargs",
        typing::paramspec::define_kwargs,
    ),
    Row(
        &typing::typevar::TYPEVAR,
        c"typing.TypeVar",
        typing::typevar::define,
    ),
    Row(
        &typing::typevartuple::TYPEVARTUPLE,
        c"typing.TypeVarTuple",
        typing::typevartuple::define,
    ),
    Row(&_PyUnion_Type, c"typing.Union", union_::define),
    Row(
        &namespace::NAMESPACE,
        c"types.SimpleNamespace",
        namespace::define,
    ),
    Row(
        &_PyWeakref_CallableProxyType,
        c"weakref.CallableProxyType",
        weakref::proxy::define_callable_proxy,
    ),
    Row(
        &_PyWeakref_ProxyType,
        c"weakref.ProxyType",
        weakref::proxy::define_proxy,
    ),
    Row(
        &_PyWeakref_RefType,
        c"weakref.ReferenceType",
        weakref::define,
    ),
];

/// Fills in and completes all builtin types. Filling in comes first for all: completing one makes objects of others.
pub fn init() -> Result<()> {
    for Row(tp, name, define) in TYPES {
        define(&mut TypeBuilder::start(tp, name));
    }
    for Row(tp, ..) in TYPES {
        type_::ready(tp)?;
    }
    exceptions::init()?;
    template::finish()
}
