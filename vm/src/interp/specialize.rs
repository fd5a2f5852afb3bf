//! Choosing specialised forms of instructions, from what their operands are when they are executed.
//!
//! Each function looks at the operands of one instruction and either rewrites the opcode in the code and fills in the cache
//! entry, or leaves both and puts the next attempt off. What it stores must be such that the guards of the specialised form
//! prove it still holds: versions of types, of functions, and of the keys of dicts.

use layout::*;

use super::bind::code_of;
use super::cached;
use super::extend::{self, operator::*};
use crate::code;
use crate::code::caches::InlineCache;
use crate::frame::{CodeUnit, Frame};
use crate::object::*;
use crate::opcodes::{caches, op};
use crate::types::dict::DictExt;
use crate::types::dict::values::FIRST_VALUE_OFFSET;
use crate::types::int::IntExt;
use crate::types::list::{ListExt, ListIter};
use crate::types::range::RangeIter;
use crate::types::str_::StrExt;
use crate::types::tuple::{TupleExt, TupleIter};
use crate::types::type_::{self, attributes};
use crate::types::{function, instance, module, property};

/// Rewrites the instruction at `at`, or does not.
fn install(at: *const CodeUnit, cache: &InlineCache, chosen: Option<u8>, generic: u8) {
    let opcode = match chosen {
        Some(opcode) => {
            cache.succeeded();
            opcode
        }
        None => {
            cache.failed();
            generic
        }
    };
    // SAFETY: `at` is an instruction in the code that runs, whose opcode may change to another form of itself.
    unsafe { at.cast_mut().cast::<u8>().write(opcode) };
}

fn is<T: Layout>(o: &Obj) -> bool {
    o.is_exact::<T>()
}

fn is_small(o: &Obj) -> bool {
    o.downcast_exact::<PyLongObject>()
        .is_some_and(|n| n.is_compact())
}

fn small_index(o: &Obj) -> bool {
    o.downcast_exact::<PyLongObject>()
        .is_some_and(|n| n.is_compact() && n.compact_value() >= 0)
}

// ---- Operators ----

#[cold]
#[inline(never)]
pub fn binary_op(
    frame: &Frame,
    at: *const CodeUnit,
    cache: &InlineCache,
    which: u32,
    left: &Obj,
    right: &Obj,
) {
    let chosen = match if which == SUBSCRIPT {
        which
    } else {
        which % INPLACE
    } {
        SUBSCRIPT => subscript(cache, left, right),
        ADD if is::<PyUnicodeObject>(left) && is::<PyUnicodeObject>(right) => {
            Some(add_text(frame, at, left))
        }
        ADD if is_small(left) && is_small(right) => Some(op::BINARY_OP_ADD_INT),
        ADD if is::<PyFloatObject>(left) && is::<PyFloatObject>(right) => {
            Some(op::BINARY_OP_ADD_FLOAT)
        }
        SUBTRACT if is_small(left) && is_small(right) => Some(op::BINARY_OP_SUBTRACT_INT),
        SUBTRACT if is::<PyFloatObject>(left) && is::<PyFloatObject>(right) => {
            Some(op::BINARY_OP_SUBTRACT_FLOAT)
        }
        MULTIPLY if is_small(left) && is_small(right) => Some(op::BINARY_OP_MULTIPLY_INT),
        MULTIPLY if is::<PyFloatObject>(left) && is::<PyFloatObject>(right) => {
            Some(op::BINARY_OP_MULTIPLY_FLOAT)
        }
        which => extend::operands_of(which, left, right).map(|kind| {
            cache.index.set(kind);
            op::BINARY_OP_EXTEND
        }),
    };
    install(at, cache, chosen, op::BINARY_OP);
}

/// Appending in place, if the sum goes back to the local that the left operand came from.
fn add_text(frame: &Frame, at: *const CodeUnit, left: &Obj) -> u8 {
    // SAFETY: an instruction follows.
    let next = unsafe { *at.add(1 + caches::BINARY_OP) };
    if next as u8 == op::STORE_FAST
        && core::ptr::eq(frame.local(usize::from(next >> 8)).as_ptr(), left)
    {
        return op::BINARY_OP_INPLACE_ADD_UNICODE;
    }
    op::BINARY_OP_ADD_UNICODE
}

fn subscript(cache: &InlineCache, container: &Obj, key: &Obj) -> Option<u8> {
    if is::<PyListObject>(container) {
        return if small_index(key) {
            Some(op::BINARY_OP_SUBSCR_LIST_INT)
        } else if is::<PySliceObject>(key) {
            Some(op::BINARY_OP_SUBSCR_LIST_SLICE)
        } else {
            None
        };
    }
    if is::<PyTupleObject>(container) {
        return small_index(key).then_some(op::BINARY_OP_SUBSCR_TUPLE_INT);
    }
    if let Some(text) = container.downcast_exact::<PyUnicodeObject>() {
        return (small_index(key) && text.max_char() < 256).then_some(op::BINARY_OP_SUBSCR_STR_INT);
    }
    if is::<PyDictObject>(container) {
        return Some(op::BINARY_OP_SUBSCR_DICT);
    }
    let tp = container.ty();
    if !has_flag(tp, Py_TPFLAGS_HEAPTYPE) {
        return None;
    }
    let function =
        type_::lookup(tp, crate::intern!("__getitem__"))?.downcast_exact::<PyFunctionObject>()?;
    if !takes_exactly(function, 2) {
        return None;
    }
    guard_function(cache, tp, function)?;
    Some(op::BINARY_OP_SUBSCR_GETITEM)
}

/// A function whose frame can be pushed with these arguments as they are.
#[inline(always)]
pub fn takes_exactly(function: &PyFunctionObject, arguments: usize) -> bool {
    let code = code_of(function);
    const SIMPLE: core::ffi::c_int = CO_VARKEYWORDS | CO_VARARGS | CO_OPTIMIZED;
    function::is_plain(function)
        && code.co_flags.get() & SIMPLE == CO_OPTIMIZED
        && code.co_kwonlyargcount.get() == 0
        && code.co_argcount.get() as usize == arguments
}

/// Notes a function that a type holds, with both their versions.
fn guard_function(
    cache: &InlineCache,
    tp: &PyTypeObject,
    function: &PyFunctionObject,
) -> Option<()> {
    let (type_version, function_version) = (type_::version(tp), function::version(function));
    if type_version == 0 || function_version == 0 {
        return None;
    }
    cache.version.set(type_version);
    cache.second_version.set(function_version);
    cache.object.set(function.as_obj().as_ptr());
    Some(())
}

#[cold]
#[inline(never)]
pub fn store_subscr(at: *const CodeUnit, cache: &InlineCache, container: &Obj, key: &Obj) {
    let chosen = if let Some(list) = container.downcast_exact::<PyListObject>() {
        (small_index(key) && !list.is_empty()).then_some(op::STORE_SUBSCR_LIST_INT)
    } else {
        is::<PyDictObject>(container).then_some(op::STORE_SUBSCR_DICT)
    };
    install(at, cache, chosen, op::STORE_SUBSCR);
}

#[cold]
#[inline(never)]
pub fn compare_op(at: *const CodeUnit, cache: &InlineCache, oparg: u32, left: &Obj, right: &Obj) {
    let equality = matches!(oparg >> 5, 2 | 3);
    let chosen = if is_small(left) && is_small(right) {
        Some(op::COMPARE_OP_INT)
    } else if is::<PyFloatObject>(left) && is::<PyFloatObject>(right) {
        Some(op::COMPARE_OP_FLOAT)
    } else if is::<PyUnicodeObject>(left) && is::<PyUnicodeObject>(right) && equality {
        Some(op::COMPARE_OP_STR)
    } else {
        None
    };
    install(at, cache, chosen, op::COMPARE_OP);
}

#[cold]
#[inline(never)]
pub fn contains_op(at: *const CodeUnit, cache: &InlineCache, container: &Obj) {
    let chosen = if is::<PyDictObject>(container) {
        Some(op::CONTAINS_OP_DICT)
    } else if is::<PySetObject>(container) || core::ptr::eq(container.ty(), &PyFrozenSet_Type) {
        Some(op::CONTAINS_OP_SET)
    } else {
        None
    };
    install(at, cache, chosen, op::CONTAINS_OP);
}

#[cold]
#[inline(never)]
pub fn to_bool(at: *const CodeUnit, cache: &InlineCache, value: &Obj) {
    let tp = value.ty();
    let chosen = if core::ptr::eq(tp, &PyBool_Type) {
        Some(op::TO_BOOL_BOOL)
    } else if is::<PyLongObject>(value) {
        Some(op::TO_BOOL_INT)
    } else if is::<PyListObject>(value) {
        Some(op::TO_BOOL_LIST)
    } else if value.is_none() {
        Some(op::TO_BOOL_NONE)
    } else if is::<PyUnicodeObject>(value) {
        Some(op::TO_BOOL_STR)
    } else {
        always_true(cache, tp)
    };
    install(at, cache, chosen, op::TO_BOOL);
}

fn always_true(cache: &InlineCache, tp: &PyTypeObject) -> Option<u8> {
    // SAFETY: null or tables of the type.
    let (number, sequence, mapping) = unsafe {
        (
            tp.tp_as_number.get().as_ref(),
            tp.tp_as_sequence.get().as_ref(),
            tp.tp_as_mapping.get().as_ref(),
        )
    };
    let undecided = number.is_some_and(|n| n.nb_bool.get().is_some())
        || sequence.is_some_and(|s| s.sq_length.get().is_some())
        || mapping.is_some_and(|m| m.mp_length.get().is_some());
    let version = type_::version(tp);
    if undecided || version == 0 {
        return None;
    }
    cache.version.set(version);
    Some(op::TO_BOOL_ALWAYS_TRUE)
}

// ---- Globals ----

#[cold]
#[inline(never)]
pub fn load_global(frame: &Frame, at: *const CodeUnit, cache: &InlineCache, name: &Obj) {
    let chosen = global(frame, cache, name);
    install(at, cache, chosen, op::LOAD_GLOBAL);
}

fn global(frame: &Frame, cache: &InlineCache, name: &Obj) -> Option<u8> {
    let globals: &PyDictObject = frame.globals_obj().downcast_exact()?;
    if let Some(index) = cached::index_of(globals, name) {
        return cached::note(cache, globals, index).then_some(op::LOAD_GLOBAL_MODULE);
    }
    let builtins: &PyDictObject = frame.builtins().downcast_exact()?;
    let index = cached::index_of(builtins, name)?;
    let version = globals.keys_version();
    if version == 0 || !cached::note(cache, builtins, index) {
        return None;
    }
    cache.second_version.set(version);
    Some(op::LOAD_GLOBAL_BUILTIN)
}

// ---- Attributes ----

#[cold]
#[inline(never)]
pub fn load_attr(
    at: *const CodeUnit,
    cache: &InlineCache,
    owner: &Obj,
    name: &Obj,
    for_call: bool,
) {
    let chosen = if let Some(tp) = owner.downcast::<PyTypeObject>() {
        class_attribute(cache, tp, name)
    } else if owner.is_exact::<module::Module>() {
        module_attribute(cache, owner, name)
    } else {
        instance_attribute(cache, owner, name, for_call)
    };
    install(at, cache, chosen, op::LOAD_ATTR);
}

fn module_attribute(cache: &InlineCache, owner: &Obj, name: &Obj) -> Option<u8> {
    let namespace = instance::existing_dict(owner)?;
    let index = cached::index_of(namespace, name)?;
    if type_::lookup(owner.ty(), name).is_some() {
        return None;
    }
    cached::note(cache, namespace, index).then_some(op::LOAD_ATTR_MODULE)
}

fn generic_getattr(tp: &PyTypeObject) -> bool {
    tp.tp_getattro
        .get()
        .is_some_and(|f| f as usize == attributes::generic_getattro as *const () as usize)
}

fn class_attribute(cache: &InlineCache, tp: &PyTypeObject, name: &Obj) -> Option<u8> {
    let meta = tp.as_obj().ty();
    if meta.tp_getattro.get()? as usize != PyType_Type.tp_getattro.get()? as usize {
        return None;
    }
    if type_::lookup(meta, name).is_some() {
        return None;
    }
    let found = type_::lookup(tp, name)?;
    if found.ty().tp_descr_get.get().is_some() && !found.is_exact::<PyFunctionObject>() {
        return None;
    }
    let (version, meta_version) = (type_::version(tp), type_::version(meta));
    if version == 0 || meta_version == 0 {
        return None;
    }
    cache.version.set(version);
    cache.second_version.set(meta_version);
    cache.object.set(found.as_ptr());
    let plain_meta = core::ptr::eq(meta, &PyType_Type);
    Some(if plain_meta {
        op::LOAD_ATTR_CLASS
    } else {
        op::LOAD_ATTR_CLASS_WITH_METACLASS_CHECK
    })
}

pub fn instance_attribute(
    cache: &InlineCache,
    owner: &Obj,
    name: &Obj,
    for_call: bool,
) -> Option<u8> {
    let tp = owner.ty();
    if !generic_getattr(tp) {
        return None;
    }
    let version = type_::version(tp);
    if version == 0 {
        return None;
    }
    cache.version.set(version);
    let Some(found) = type_::lookup(tp, name) else {
        return own_attribute(cache, owner, name);
    };
    if let Some(offset) = member_offset(found, tp) {
        cache.index.set(offset);
        return Some(op::LOAD_ATTR_SLOT);
    }
    if let Some(getter) = property::getter_of(found) {
        let getter = getter.downcast_exact::<PyFunctionObject>()?;
        if for_call || !takes_exactly(getter, 1) {
            return None;
        }
        guard_function(cache, tp, getter)?;
        return Some(op::LOAD_ATTR_PROPERTY);
    }
    if attributes::is_data(found) {
        return None;
    }
    let is_method = has_flag(found.ty(), Py_TPFLAGS_METHOD_DESCRIPTOR);
    let plain = found.ty().tp_descr_get.get().is_none();
    if is_method && !for_call || !is_method && (!plain || for_call) {
        return None;
    }
    // The class's attribute counts only if the instance has none of that name.
    if instance::get_attr(owner, name).ok()?.is_some() {
        return None;
    }
    cache.object.set(found.as_ptr());
    if has_flag(tp, Py_TPFLAGS_INLINE_VALUES) {
        instance::values(owner)?;
        let keys = instance::shared_keys_version(tp);
        if keys == 0 || instance::shared_index(tp, name).is_some() {
            return None;
        }
        cache.second_version.set(keys);
        return Some(if is_method {
            op::LOAD_ATTR_METHOD_WITH_VALUES
        } else {
            op::LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES
        });
    }
    if instance::dict_slot(owner).is_none() {
        return Some(if is_method {
            op::LOAD_ATTR_METHOD_NO_DICT
        } else {
            op::LOAD_ATTR_NONDESCRIPTOR_NO_DICT
        });
    }
    let offset = u32::try_from(tp.tp_dictoffset.get())
        .ok()
        .filter(|&offset| offset > 0)?;
    if is_method && instance::existing_dict(owner).is_none() {
        cache.index.set(offset);
        return Some(op::LOAD_ATTR_METHOD_LAZY_DICT);
    }
    None
}

/// An attribute of the instance itself, where the class has none of that name.
fn own_attribute(cache: &InlineCache, owner: &Obj, name: &Obj) -> Option<u8> {
    if instance::values(owner).is_some() {
        note_inline_value(cache, owner.ty(), name)?;
        return Some(op::LOAD_ATTR_INSTANCE_VALUE);
    }
    let index = cached::index_of(instance::existing_dict(owner)?, name)?;
    cache.index.set(u32::try_from(index).ok()?);
    Some(op::LOAD_ATTR_WITH_HINT)
}

/// Notes where the type's instances have their inline values, and this one among them.
fn note_inline_value(cache: &InlineCache, tp: &PyTypeObject, name: &Obj) -> Option<()> {
    let index = usize::from(instance::shared_index(tp, name)?);
    let values = tp.tp_basicsize.get() as usize;
    cache.index.set(u32::try_from(values).ok()?);
    cache
        .extra
        .set(values + FIRST_VALUE_OFFSET + index * size_of::<usize>());
    Some(())
}

/// Where a member of `__slots__` lies.
fn member_offset(descriptor: &Obj, tp: &PyTypeObject) -> Option<u32> {
    let member: &PyMemberDescrObject = descriptor.downcast_exact()?;
    // SAFETY: a descriptor's row and type outlive it.
    let (row, owner) = unsafe { (&*member.d_member.get(), &*member.d_common.d_type.get()) };
    let simple = row.r#type == Py_T_OBJECT_EX && row.flags & (Py_READONLY | Py_AUDIT_READ) == 0;
    if simple && type_::is_subtype(tp, owner) {
        u32::try_from(row.offset).ok()
    } else {
        None
    }
}

#[cold]
#[inline(never)]
pub fn store_attr(at: *const CodeUnit, cache: &InlineCache, owner: &Obj, name: &Obj) {
    let chosen = store_form(cache, owner, name);
    install(at, cache, chosen, op::STORE_ATTR);
}

pub fn store_form(cache: &InlineCache, owner: &Obj, name: &Obj) -> Option<u8> {
    let tp = owner.ty();
    if tp.tp_setattro.get()? as usize != attributes::generic_setattro as *const () as usize {
        return None;
    }
    let version = type_::version(tp);
    if version == 0 {
        return None;
    }
    cache.version.set(version);
    if let Some(found) = type_::lookup(tp, name) {
        if let Some(offset) = member_offset(found, tp) {
            cache.index.set(offset);
            return Some(op::STORE_ATTR_SLOT);
        }
        if attributes::is_data(found) {
            return None;
        }
    }
    if instance::values(owner).is_some() {
        note_inline_value(cache, tp, name)?;
        return instance::existing_dict(owner)
            .is_none()
            .then_some(op::STORE_ATTR_INSTANCE_VALUE);
    }
    cached::index_of(instance::existing_dict(owner)?, name)?;
    Some(op::STORE_ATTR_WITH_HINT)
}

#[cold]
#[inline(never)]
pub fn load_super_attr(
    at: *const CodeUnit,
    cache: &InlineCache,
    global: &Obj,
    class: &Obj,
    for_call: bool,
) {
    let builtin = global.is_same(PySuper_Type.as_obj()) && class.is::<PyTypeObject>();
    let form = if for_call {
        op::LOAD_SUPER_ATTR_METHOD
    } else {
        op::LOAD_SUPER_ATTR_ATTR
    };
    install(at, cache, builtin.then_some(form), op::LOAD_SUPER_ATTR);
}

// ---- Iteration ----

#[cold]
#[inline(never)]
pub fn for_iter(at: *const CodeUnit, cache: &InlineCache, iterator: &Obj) {
    let chosen = if is::<ListIter>(iterator) {
        Some(op::FOR_ITER_LIST)
    } else if is::<TupleIter>(iterator) {
        Some(op::FOR_ITER_TUPLE)
    } else if is::<RangeIter>(iterator) {
        Some(op::FOR_ITER_RANGE)
    } else if core::ptr::eq(iterator.ty(), &PyGen_Type) {
        Some(op::FOR_ITER_GEN)
    } else {
        None
    };
    install(at, cache, chosen, op::FOR_ITER);
}

#[cold]
#[inline(never)]
pub fn send(at: *const CodeUnit, cache: &InlineCache, receiver: &Obj) {
    let tp = receiver.ty();
    let known = core::ptr::eq(tp, &PyGen_Type) || core::ptr::eq(tp, &PyCoro_Type);
    install(at, cache, known.then_some(op::SEND_GEN), op::SEND);
}

#[cold]
#[inline(never)]
pub fn unpack_sequence(at: *const CodeUnit, cache: &InlineCache, sequence: &Obj, wanted: usize) {
    let chosen = if let Some(t) = sequence.downcast_exact::<PyTupleObject>() {
        match t.items().len() {
            2 if wanted == 2 => Some(op::UNPACK_SEQUENCE_TWO_TUPLE),
            length => (length == wanted).then_some(op::UNPACK_SEQUENCE_TUPLE),
        }
    } else {
        let list = sequence.downcast_exact::<PyListObject>();
        list.is_some_and(|l| ListExt::len(l) == wanted)
            .then_some(op::UNPACK_SEQUENCE_LIST)
    };
    install(at, cache, chosen, op::UNPACK_SEQUENCE);
}

// ---- Calls ----

#[cold]
#[inline(never)]
pub fn call(at: *const CodeUnit, cache: &InlineCache, callable: &Obj, no_self: bool, given: usize) {
    let arguments = given + usize::from(!no_self);
    let chosen = if let Some(function) = callable.downcast_exact::<PyFunctionObject>() {
        python(cache, function, arguments).then_some(op::CALL_PY_EXACT_ARGS)
    } else if let Some(method) = callable.downcast_exact::<PyMethodObject>() {
        let function = method
            .im_func
            .borrow_obj()
            .and_then(|f| f.downcast_exact::<PyFunctionObject>());
        let exact = no_self && function.is_some_and(|f| python(cache, f, arguments + 1));
        exact.then_some(op::CALL_BOUND_METHOD_EXACT_ARGS)
    } else if let Some(tp) = callable.downcast::<PyTypeObject>() {
        class(cache, tp, no_self, given)
    } else if let Some(function) = callable.downcast_exact::<PyCFunctionObject>() {
        builtin(cache, function, no_self, arguments)
    } else if let Some(descriptor) = callable.downcast_exact::<PyMethodDescrObject>() {
        method(at, cache, descriptor, no_self, arguments)
    } else {
        None
    };
    install(at, cache, chosen, op::CALL);
}

fn python(cache: &InlineCache, function: &PyFunctionObject, arguments: usize) -> bool {
    let version = function::version(function);
    cache.version.set(version);
    version != 0 && takes_exactly(function, arguments)
}

fn class(cache: &InlineCache, tp: &PyTypeObject, no_self: bool, given: usize) -> Option<u8> {
    if !no_self {
        return None;
    }
    if given == 1 {
        if core::ptr::eq(tp, &PyType_Type) {
            return Some(op::CALL_TYPE_1);
        }
        if core::ptr::eq(tp, &PyUnicode_Type) {
            return Some(op::CALL_STR_1);
        }
        if core::ptr::eq(tp, &PyTuple_Type) {
            return Some(op::CALL_TUPLE_1);
        }
    }
    if has_flag(tp, Py_TPFLAGS_IMMUTABLETYPE) && tp.tp_vectorcall.get().is_some() {
        return Some(op::CALL_BUILTIN_CLASS);
    }
    init_function(cache, tp, given)
}

/// A class whose instances `object.__new__` makes and a Python function initialises.
fn init_function(cache: &InlineCache, tp: &PyTypeObject, given: usize) -> Option<u8> {
    if !core::ptr::eq(tp.as_obj().ty(), &PyType_Type) || !has_flag(tp, FLAG_PYTHON_CLASS) {
        return None;
    }
    if tp.tp_new.get()? as usize != PyBaseObject_Type.tp_new.get()? as usize
        || has_flag(tp, Py_TPFLAGS_IS_ABSTRACT)
    {
        return None;
    }
    let init =
        type_::lookup(tp, crate::intern!("__init__"))?.downcast_exact::<PyFunctionObject>()?;
    if !takes_exactly(init, given + 1)
        || code::has_flag(
            code_of(init),
            CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR,
        )
    {
        return None;
    }
    guard_function(cache, tp, init)?;
    Some(op::CALL_ALLOC_AND_ENTER_INIT)
}

const KIND: core::ffi::c_int =
    METH_VARARGS | METH_FASTCALL | METH_NOARGS | METH_O | METH_KEYWORDS | METH_METHOD | METH_STATIC;
const FAST_WITH_KEYWORDS: core::ffi::c_int = METH_FASTCALL | METH_KEYWORDS;

fn builtin(
    cache: &InlineCache,
    function: &PyCFunctionObject,
    no_self: bool,
    arguments: usize,
) -> Option<u8> {
    // SAFETY: a builtin function's row outlives it.
    let row = unsafe { &*function.m_ml.get() };
    match row.ml_flags & KIND {
        METH_O if arguments == 1 => {
            if no_self && function::is_builtin(function, "len") {
                cache.extra.set(function.m_ml.get() as usize);
                return Some(op::CALL_LEN);
            }
            Some(op::CALL_BUILTIN_O)
        }
        METH_FASTCALL => {
            if no_self && arguments == 2 && function::is_builtin(function, "isinstance") {
                cache.extra.set(function.m_ml.get() as usize);
                return Some(op::CALL_ISINSTANCE);
            }
            Some(op::CALL_BUILTIN_FAST)
        }
        FAST_WITH_KEYWORDS => Some(op::CALL_BUILTIN_FAST_WITH_KEYWORDS),
        _ => None,
    }
}

fn method(
    at: *const CodeUnit,
    cache: &InlineCache,
    descriptor: &PyMethodDescrObject,
    no_self: bool,
    arguments: usize,
) -> Option<u8> {
    // SAFETY: a descriptor's row outlives it.
    let row = unsafe { &*descriptor.d_method.get() };
    match row.ml_flags & KIND {
        METH_NOARGS if arguments == 1 => Some(op::CALL_METHOD_DESCRIPTOR_NOARGS),
        METH_O if arguments == 2 => {
            // SAFETY: an instruction follows.
            let next = unsafe { *at.add(1 + caches::CALL) } as u8;
            let append = type_::lookup(&PyList_Type, crate::intern!("append"));
            if !no_self
                && next == op::POP_TOP
                && append.is_some_and(|a| a.is_same(descriptor.as_obj()))
            {
                cache.extra.set(descriptor.d_method.get() as usize);
                return Some(op::CALL_LIST_APPEND);
            }
            Some(op::CALL_METHOD_DESCRIPTOR_O)
        }
        METH_FASTCALL if arguments >= 1 => Some(op::CALL_METHOD_DESCRIPTOR_FAST),
        FAST_WITH_KEYWORDS if arguments >= 1 => Some(op::CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS),
        _ => None,
    }
}
