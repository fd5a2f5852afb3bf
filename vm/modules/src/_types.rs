//! `_types`: the builtin types that have no name in `builtins`, for `types`.

use vm::types::descr::METHOD_WRAPPER;
use vm::types::namespace::NAMESPACE;

use crate::prelude::*;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_types",
    methods: &[],
    exec,
};

static TYPES: &[(&str, &PyTypeObject)] = &[
    ("AsyncGeneratorType", &PyAsyncGen_Type),
    ("BuiltinFunctionType", &PyCFunction_Type),
    ("BuiltinMethodType", &PyCFunction_Type),
    ("CapsuleType", &PyCapsule_Type),
    ("CellType", &PyCell_Type),
    ("ClassMethodDescriptorType", &PyClassMethodDescr_Type),
    ("CodeType", &PyCode_Type),
    ("CoroutineType", &PyCoro_Type),
    ("EllipsisType", &PyEllipsis_Type),
    ("FrameType", &PyFrame_Type),
    ("FunctionType", &PyFunction_Type),
    ("GeneratorType", &PyGen_Type),
    ("GenericAlias", &Py_GenericAliasType),
    ("GetSetDescriptorType", &PyGetSetDescr_Type),
    ("LambdaType", &PyFunction_Type),
    ("MappingProxyType", &PyDictProxy_Type),
    ("MemberDescriptorType", &PyMemberDescr_Type),
    ("MethodDescriptorType", &PyMethodDescr_Type),
    ("MethodType", &PyMethod_Type),
    ("MethodWrapperType", &METHOD_WRAPPER),
    ("ModuleType", &PyModule_Type),
    ("NoneType", &_PyNone_Type),
    ("NotImplementedType", &_PyNotImplemented_Type),
    ("SimpleNamespace", &NAMESPACE),
    ("TracebackType", &PyTraceBack_Type),
    ("UnionType", &_PyUnion_Type),
    ("WrapperDescriptorType", &PyWrapperDescr_Type),
];

fn exec(m: &Obj) -> Result<()> {
    for &(name, tp) in TYPES {
        module::add(m, name, tp.as_obj())?;
    }
    Ok(())
}
