//! Types: `PyType_Ready`, types from specs, attributes of types (`object.h`, `typeslots.h`).

use core::ffi::{CStr, c_char, c_int, c_uint, c_ulong, c_void};
use core::mem::offset_of;
use core::ptr;
use std::ffi::CString;

use layout::*;
use vm::err::{self, Result, exc, raise};
use vm::object::*;
use vm::slots;
use vm::types::dict::{self, DictExt as _};
use vm::types::module::Module;
use vm::types::tuple::{self, TupleExt as _};
use vm::types::{str_, type_};
use vm::watchers;

use crate::shape::*;

/// Where the slot of this number lies: in the type, or in one of its suites.
fn slot_offset(number: c_int) -> Option<usize> {
    macro_rules! table {
        ($($number:ident $($field:ident).+;)*) => {
            match number { $($number => Some(table!(@offset $($field).+)),)* _ => None }
        };
        (@offset $field:ident) => { offset_of!(PyTypeObject, $field) };
        (@offset as_number.$field:ident) => { offset_of!(PyHeapTypeObject, as_number) + offset_of!(PyNumberMethods, $field) };
        (@offset as_sequence.$field:ident) => { offset_of!(PyHeapTypeObject, as_sequence) + offset_of!(PySequenceMethods, $field) };
        (@offset as_mapping.$field:ident) => { offset_of!(PyHeapTypeObject, as_mapping) + offset_of!(PyMappingMethods, $field) };
        (@offset as_async.$field:ident) => { offset_of!(PyHeapTypeObject, as_async) + offset_of!(PyAsyncMethods, $field) };
        (@offset as_buffer.$field:ident) => { offset_of!(PyHeapTypeObject, as_buffer) + offset_of!(PyBufferProcs, $field) };
    }
    table! {
        Py_bf_getbuffer as_buffer.bf_getbuffer;
        Py_bf_releasebuffer as_buffer.bf_releasebuffer;
        Py_mp_ass_subscript as_mapping.mp_ass_subscript;
        Py_mp_length as_mapping.mp_length;
        Py_mp_subscript as_mapping.mp_subscript;
        Py_nb_absolute as_number.nb_absolute;
        Py_nb_add as_number.nb_add;
        Py_nb_and as_number.nb_and;
        Py_nb_bool as_number.nb_bool;
        Py_nb_divmod as_number.nb_divmod;
        Py_nb_float as_number.nb_float;
        Py_nb_floor_divide as_number.nb_floor_divide;
        Py_nb_index as_number.nb_index;
        Py_nb_inplace_add as_number.nb_inplace_add;
        Py_nb_inplace_and as_number.nb_inplace_and;
        Py_nb_inplace_floor_divide as_number.nb_inplace_floor_divide;
        Py_nb_inplace_lshift as_number.nb_inplace_lshift;
        Py_nb_inplace_multiply as_number.nb_inplace_multiply;
        Py_nb_inplace_or as_number.nb_inplace_or;
        Py_nb_inplace_power as_number.nb_inplace_power;
        Py_nb_inplace_remainder as_number.nb_inplace_remainder;
        Py_nb_inplace_rshift as_number.nb_inplace_rshift;
        Py_nb_inplace_subtract as_number.nb_inplace_subtract;
        Py_nb_inplace_true_divide as_number.nb_inplace_true_divide;
        Py_nb_inplace_xor as_number.nb_inplace_xor;
        Py_nb_int as_number.nb_int;
        Py_nb_invert as_number.nb_invert;
        Py_nb_lshift as_number.nb_lshift;
        Py_nb_multiply as_number.nb_multiply;
        Py_nb_negative as_number.nb_negative;
        Py_nb_or as_number.nb_or;
        Py_nb_positive as_number.nb_positive;
        Py_nb_power as_number.nb_power;
        Py_nb_remainder as_number.nb_remainder;
        Py_nb_rshift as_number.nb_rshift;
        Py_nb_subtract as_number.nb_subtract;
        Py_nb_true_divide as_number.nb_true_divide;
        Py_nb_xor as_number.nb_xor;
        Py_sq_ass_item as_sequence.sq_ass_item;
        Py_sq_concat as_sequence.sq_concat;
        Py_sq_contains as_sequence.sq_contains;
        Py_sq_inplace_concat as_sequence.sq_inplace_concat;
        Py_sq_inplace_repeat as_sequence.sq_inplace_repeat;
        Py_sq_item as_sequence.sq_item;
        Py_sq_length as_sequence.sq_length;
        Py_sq_repeat as_sequence.sq_repeat;
        Py_tp_alloc tp_alloc;
        Py_tp_call tp_call;
        Py_tp_clear tp_clear;
        Py_tp_dealloc tp_dealloc;
        Py_tp_del tp_del;
        Py_tp_descr_get tp_descr_get;
        Py_tp_descr_set tp_descr_set;
        Py_tp_getattr tp_getattr;
        Py_tp_getattro tp_getattro;
        Py_tp_hash tp_hash;
        Py_tp_init tp_init;
        Py_tp_is_gc tp_is_gc;
        Py_tp_iter tp_iter;
        Py_tp_iternext tp_iternext;
        Py_tp_new tp_new;
        Py_tp_repr tp_repr;
        Py_tp_richcompare tp_richcompare;
        Py_tp_setattr tp_setattr;
        Py_tp_setattro tp_setattro;
        Py_tp_str tp_str;
        Py_tp_traverse tp_traverse;
        Py_tp_free tp_free;
        Py_nb_matrix_multiply as_number.nb_matrix_multiply;
        Py_nb_inplace_matrix_multiply as_number.nb_inplace_matrix_multiply;
        Py_am_await as_async.am_await;
        Py_am_aiter as_async.am_aiter;
        Py_am_anext as_async.am_anext;
        Py_tp_finalize tp_finalize;
        Py_am_send as_async.am_send;
        Py_tp_vectorcall tp_vectorcall;
    }
}

/// What a spec asks for, before the type is made.
struct Wanted {
    members: Vec<PyMemberDef>,
    dictoffset: isize,
    weaklistoffset: isize,
    vectorcalloffset: isize,
}

unsafe fn wanted(spec: &PyType_Spec, relative_to: isize) -> Result<Wanted> {
    let mut w = Wanted {
        members: Vec::new(),
        dictoffset: 0,
        weaklistoffset: 0,
        vectorcalloffset: 0,
    };
    // SAFETY: tables end with a zero row.
    unsafe {
        let mut slot = spec.slots;
        while (*slot).slot != 0 {
            if (*slot).slot == Py_tp_members {
                let mut m = (*slot).pfunc.cast::<PyMemberDef>();
                while !(*m).name.is_null() {
                    let mut row = *m;
                    if row.flags & Py_RELATIVE_OFFSET != 0 {
                        if spec.basicsize > 0 {
                            return raise!(
                                SystemError,
                                "With Py_RELATIVE_OFFSET, basicsize must be negative."
                            );
                        }
                        row.offset += relative_to;
                        row.flags &= !Py_RELATIVE_OFFSET;
                    }
                    match CStr::from_ptr(row.name).to_bytes() {
                        b"__dictoffset__" => w.dictoffset = row.offset,
                        b"__weaklistoffset__" => w.weaklistoffset = row.offset,
                        b"__vectorcalloffset__" => w.vectorcalloffset = row.offset,
                        _ => {}
                    }
                    w.members.push(row);
                    m = m.add(1);
                }
            }
            slot = slot.add(1);
        }
    }
    Ok(w)
}

unsafe fn slot_value(spec: &PyType_Spec, number: c_int) -> *mut c_void {
    // SAFETY: tables end with a zero row.
    unsafe {
        let mut slot = spec.slots;
        while (*slot).slot != 0 {
            if (*slot).slot == number {
                return (*slot).pfunc;
            }
            slot = slot.add(1);
        }
    }
    ptr::null_mut()
}

/// The bases: those given, or the spec's, or `object`.
unsafe fn bases_of(spec: &PyType_Spec, given: Option<&Obj>) -> Result<Ref<PyTupleObject>> {
    if let Some(g) = given {
        return Ok(match g.downcast::<PyTupleObject>() {
            Some(t) => t.to_ref(),
            None => tuple::from_slice(&[g]),
        });
    }
    // SAFETY: slot values are objects where the number says so.
    unsafe {
        let many = slot_value(spec, Py_tp_bases).cast::<PyObject>();
        if let Some(t) = opt(many).and_then(|m| m.downcast::<PyTupleObject>()) {
            return Ok(t.to_ref());
        }
        let one = slot_value(spec, Py_tp_base).cast::<PyObject>();
        Ok(match opt(one) {
            Some(o) => tuple::from_slice(&[o]),
            None => type_::bases::object_bases(),
        })
    }
}

unsafe fn from_spec(
    meta: Option<&PyTypeObject>,
    module: Option<&Obj>,
    spec: &PyType_Spec,
    given_bases: Option<&Obj>,
) -> Result {
    // SAFETY: the spec is the caller's; everything kept is copied.
    unsafe {
        let bases = bases_of(spec, given_bases)?;
        let base = type_::bases::best_base(&bases)?;
        let meta = match meta {
            Some(m) => m,
            None => type_::bases::calculate_metaclass(&PyType_Type, &bases)?,
        };
        let base_size = base.tp_basicsize.get();
        let aligned = (base_size + 15) & !15;
        let (basicsize, data_offset) = match spec.basicsize {
            0 => (base_size, base_size),
            n if n > 0 => (n as isize, 0),
            n => (aligned + ((-n as isize + 15) & !15), aligned),
        };
        let w = wanted(spec, data_offset)?;
        let made = type_alloc(meta, w.members.len() as isize)?;
        let heap = made.cast::<PyHeapTypeObject>();
        let tp = &heap.ht_type;
        tp.tp_as_async.set(ptr::from_ref(&heap.as_async).cast_mut());
        tp.tp_as_number
            .set(ptr::from_ref(&heap.as_number).cast_mut());
        tp.tp_as_sequence
            .set(ptr::from_ref(&heap.as_sequence).cast_mut());
        tp.tp_as_mapping
            .set(ptr::from_ref(&heap.as_mapping).cast_mut());
        tp.tp_as_buffer
            .set(ptr::from_ref(&heap.as_buffer).cast_mut());
        tp.tp_flags
            .set(c_ulong::from(spec.flags) | Py_TPFLAGS_HEAPTYPE);
        let full = text(spec.name).into_owned();
        let short = full.rsplit('.').next().unwrap_or_default();
        heap._ht_tpname
            .set(CString::new(full.clone()).unwrap_or_default().into_raw());
        tp.tp_name.set(heap._ht_tpname.get());
        let name = str_::intern_str(short);
        heap.ht_name.set_ref(Some(name.new_ref()));
        heap.ht_qualname.set_ref(Some(name.new_ref()));
        heap.ht_module.set_ref(module.map(Obj::new_ref));
        tp.tp_base.set(base.to_ref().into_raw().cast());
        tp.tp_bases.set_ref(Some(bases.clone().into_obj()));
        tp.tp_basicsize.set(basicsize);
        tp.tp_itemsize.set(if spec.itemsize != 0 {
            spec.itemsize as isize
        } else {
            base.tp_itemsize.get()
        });
        if w.dictoffset != 0 {
            tp.tp_dictoffset.set(w.dictoffset);
        }
        if w.weaklistoffset != 0 {
            tp.tp_weaklistoffset.set(w.weaklistoffset);
        }
        if w.vectorcalloffset != 0 {
            tp.tp_vectorcall_offset.set(w.vectorcalloffset);
        }
        if has_flag(tp, Py_TPFLAGS_MANAGED_DICT) {
            tp.tp_dictoffset.set(-1);
        }
        if has_flag(tp, Py_TPFLAGS_MANAGED_WEAKREF) {
            tp.tp_weaklistoffset.set(-2 * size_of::<P>() as isize);
        }
        let rows = type_::new::members_of(heap);
        for (i, m) in w.members.iter().enumerate() {
            rows.add(i).write(*m);
        }
        tp.tp_members.set(if w.members.is_empty() {
            ptr::null_mut()
        } else {
            terminated_members(&w.members)
        });
        let mut slot = spec.slots;
        while (*slot).slot != 0 {
            match (*slot).slot {
                Py_tp_base | Py_tp_bases | Py_tp_members => {}
                Py_tp_doc => {
                    if !(*slot).pfunc.is_null() {
                        let doc = CStr::from_ptr((*slot).pfunc.cast());
                        tp.tp_doc.set(libc::strdup(doc.as_ptr()));
                    }
                }
                Py_tp_methods => tp.tp_methods.set((*slot).pfunc.cast()),
                Py_tp_getset => tp.tp_getset.set((*slot).pfunc.cast()),
                Py_tp_token => heap.ht_token.set(if (*slot).pfunc.is_null() {
                    ptr::from_ref(spec).cast_mut().cast()
                } else {
                    (*slot).pfunc
                }),
                number => match slot_offset(number).and_then(|o| slots::slot_of(tp, o)) {
                    Some(cell) => cell.set((*slot).pfunc),
                    None => return raise!(RuntimeError, "invalid slot offset"),
                },
            }
            slot = slot.add(1);
        }
        if tp.tp_dealloc.get().is_none() {
            // A type without one gets CPython's: that of classes.
            tp.tp_dealloc.set(Some(type_::subtype::dealloc));
        }
        let d = dict::new();
        tp.tp_dict.set_ref(Some(d.clone().into_obj()));
        type_::ready(tp)?;
        // A member or getter of that name, which tells the module of an instance, stays.
        if let Some((m, _)) = full.rsplit_once('.')
            && d.get_str("__module__").is_none()
        {
            d.set_str("__module__", str_::new(m).as_obj())?;
        }
        if has_flag(tp, Py_TPFLAGS_MANAGED_DICT)
            && tp.tp_basicsize.get() as usize == size_of::<PyObject>()
        {
            tp.tp_flags
                .set(tp.tp_flags.get() | Py_TPFLAGS_INLINE_VALUES);
            vm::types::instance::init_class_keys(heap);
        }
        Ok(made)
    }
}

/// A copy of member rows that ends as C's tables do; it lives as long as the process.
fn terminated_members(rows: &[PyMemberDef]) -> *mut PyMemberDef {
    let mut all = rows.to_vec();
    all.push(PyMemberDef {
        name: ptr::null(),
        r#type: 0,
        offset: 0,
        flags: 0,
        doc: ptr::null(),
    });
    Vec::leak(all).as_mut_ptr()
}

/// The module that a class, or the nearest of its bases, was defined in by `def`.
fn module_by_def(tp: &PyTypeObject, def: *mut PyModuleDef) -> Option<Ref> {
    // SAFETY: an MRO is a tuple of types.
    let mro = unsafe { tp.tp_mro.get().cast::<PyTupleObject>().as_ref() }?;
    mro.items().iter().find_map(|t| {
        // SAFETY: as above; heap types have the larger struct.
        unsafe {
            if !has_flag(t.cast::<PyTypeObject>(), Py_TPFLAGS_HEAPTYPE) {
                return None;
            }
            let m = t.cast::<PyHeapTypeObject>().ht_module.get_ref()?;
            (m.downcast::<Module>()?.def.get() == def).then_some(m)
        }
    })
}

api! {
    fn PyWrapper_New(d: P, this: P) -> P { match b(d).downcast::<PyWrapperDescrObject>() { Some(d) => new(vm::types::descr::bind_wrapper(d, b(this))), None => { let _ = vm::err::bad_internal_call(); core::ptr::null_mut() } } }
    fn PyType_Ready(tp: *mut PyTypeObject) -> c_int {
        let t = &*tp;
        if t.ob_base.ob_base.ob_refcnt.get() < 1 << 29 && !has_flag(t, Py_TPFLAGS_HEAPTYPE) {
            // A static type of an extension lives as long as the process.
            t.ob_base.ob_base.ob_refcnt.set(_Py_IMMORTAL_INITIAL_REFCNT);
        }
        if t.ob_base.ob_base.ob_type.get().is_null() && t.tp_base.get().is_null() {
            t.ob_base.ob_base.ob_type.set((&raw const PyType_Type).cast_mut());
        }
        status(type_::ready(t))
    }
    fn PyType_FromSpec(spec: *mut PyType_Spec) -> P { new(from_spec(None, None, &*spec, None)) }
    fn PyType_FromSpecWithBases(spec: *mut PyType_Spec, bases: P) -> P { new(from_spec(None, None, &*spec, opt(bases))) }
    fn PyType_FromModuleAndSpec(module: P, spec: *mut PyType_Spec, bases: P) -> P { new(from_spec(None, opt(module), &*spec, opt(bases))) }
    fn PyType_FromMetaclass(meta: *mut PyTypeObject, module: P, spec: *mut PyType_Spec, bases: P) -> P { new(from_spec(meta.as_ref(), opt(module), &*spec, opt(bases))) }
    fn PyType_IsSubtype(a: *mut PyTypeObject, c: *mut PyTypeObject) -> c_int { c_int::from(type_::is_subtype(&*a, &*c)) }
    fn PyType_GetFlags(tp: *mut PyTypeObject) -> c_ulong { (*tp).tp_flags.get() }
    fn PyType_GetSlot(tp: *mut PyTypeObject, number: c_int) -> *mut c_void {
        match number {
            Py_tp_base => (*tp).tp_base.get().cast(),
            Py_tp_bases => (*tp).tp_bases.get().cast(),
            Py_tp_doc => (*tp).tp_doc.get().cast_mut().cast(),
            Py_tp_methods => (*tp).tp_methods.get().cast(),
            Py_tp_members => (*tp).tp_members.get().cast(),
            Py_tp_getset => (*tp).tp_getset.get().cast(),
            _ => match slot_offset(number) {
                Some(o) => slots::slot_of(&*tp, o).map_or(ptr::null_mut(), |c| c.get()),
                None => { let _ = err::bad_internal_call(); ptr::null_mut() }
            },
        }
    }
    fn PyType_GetName(tp: *mut PyTypeObject) -> P { str_::new(&type_::name_of(&*tp)).into_raw() }
    fn PyType_GetQualName(tp: *mut PyTypeObject) -> P { new(type_::get_qualname(&*tp)) }
    fn PyType_GetModuleName(tp: *mut PyTypeObject) -> P { new(type_::get_module(&*tp)) }
    fn PyType_GetFullyQualifiedName(tp: *mut PyTypeObject) -> P { crate::varargs::_Tandem_TypeFullName(tp.cast(), 0) }
    fn PyType_GetModule(tp: *mut PyTypeObject) -> P {
        if has_flag(&*tp, Py_TPFLAGS_HEAPTYPE) {
            let m = (*tp.cast::<PyHeapTypeObject>()).ht_module.get();
            if !m.is_null() { return m; }
        }
        let _ = err::new(&exc::TypeError, format_args!("PyType_GetModule: Type '{}' has no associated module", type_name(&*tp)));
        ptr::null_mut()
    }
    fn PyType_GetModuleState(tp: *mut PyTypeObject) -> *mut c_void {
        let m = PyType_GetModule(tp);
        if m.is_null() { ptr::null_mut() } else { crate::moduleobject::PyModule_GetState(m) }
    }
    fn PyType_GetModuleByDef(tp: *mut PyTypeObject, def: *mut PyModuleDef) -> P {
        match module_by_def(&*tp, def) {
            Some(m) => m.as_ptr(),
            None => {
                let _ = err::new(&exc::TypeError, format_args!("PyType_GetModuleByDef: No superclass of '{}' has the given module", type_name(&*tp)));
                ptr::null_mut()
            }
        }
    }
    fn PyType_Modified(tp: *mut PyTypeObject) { type_::modified(&*tp); }
    fn PyType_AddWatcher(callback: PyType_WatchCallback) -> c_int { watchers::TYPES.add(callback).map_or(-1, |id| id as c_int) }
    fn PyType_ClearWatcher(id: c_int) -> c_int { status(watchers::TYPES.clear(id)) }
    fn PyType_Watch(id: c_int, tp: P) -> c_int { status(watchers::watch_type(id, b(tp), true)) }
    fn PyType_Unwatch(id: c_int, tp: P) -> c_int { status(watchers::watch_type(id, b(tp), false)) }
    fn PyUnstable_Type_AssignVersionTag(tp: *mut PyTypeObject) -> c_int { c_int::from(type_::version(&*tp) != 0) }
    fn PyType_GetBaseByToken(tp: *mut PyTypeObject, token: *mut c_void, out: *mut *mut PyTypeObject) -> c_int {
        if !out.is_null() { *out = ptr::null_mut(); }
        if token.is_null() {
            let _ = err::new(&exc::SystemError, format_args!("PyType_GetBaseByToken called with token=NULL"));
            return -1;
        }
        if !b(tp.cast()).is::<PyTypeObject>() {
            let _ = err::new(&exc::TypeError, format_args!("expected a type, got a '{}' object", b(tp.cast()).tp_name()));
            return -1;
        }
        let made_with = |class: &&Obj| {
            let class = class.cast::<PyTypeObject>();
            has_flag(class, Py_TPFLAGS_HEAPTYPE) && class.as_obj().cast::<PyHeapTypeObject>().ht_token.get() == token
        };
        let mro = (*tp).tp_mro.get_ref();
        let bases = mro.as_ref().and_then(|mro| mro.downcast::<PyTupleObject>()).map_or(&[][..], |mro| mro.objects());
        match bases.iter().copied().find(made_with) {
            Some(class) if !out.is_null() => { *out = class.new_ref().into_raw().cast(); 1 }
            found => c_int::from(found.is_some()),
        }
    }
    fn PyObject_GetItemData(o: P) -> *mut c_void {
        let tp = b(o).ty();
        if !has_flag(tp, Py_TPFLAGS_ITEMS_AT_END) {
            let _ = err::new(&exc::TypeError, format_args!("type '{}' does not have Py_TPFLAGS_ITEMS_AT_END", type_::name_of(tp)));
            return ptr::null_mut();
        }
        o.cast::<u8>().add(tp.tp_basicsize.get() as usize).cast()
    }
    fn _PyType_Name(tp: *mut PyTypeObject) -> *const c_char {
        let name = (*tp).tp_name.get();
        let dot = libc::strrchr(name, c_int::from(b'.'));
        if dot.is_null() { name } else { dot.add(1) }
    }
    fn PyType_ClearCache() -> c_uint { type_::clear_cache(); 0 }
    fn PyType_GetDict(tp: *mut PyTypeObject) -> P { (*tp).tp_dict.get_ref().map_or(ptr::null_mut(), Ref::into_raw) }
    fn _PyType_Lookup(tp: *mut PyTypeObject, name: P) -> P { type_::lookup(&*tp, b(name)).map_or(ptr::null_mut(), |o| o.as_ptr()) }
    fn _PyType_LookupRef(tp: *mut PyTypeObject, name: P) -> P { type_::lookup(&*tp, b(name)).map_or(ptr::null_mut(), |o| o.new_ref().into_raw()) }
    fn PyType_Freeze(tp: *mut PyTypeObject) -> c_int { (*tp).tp_flags.set((*tp).tp_flags.get() | Py_TPFLAGS_IMMUTABLETYPE); type_::modified(&*tp); 0 }
    fn PyObject_GetTypeData(o: P, class: *mut PyTypeObject) -> *mut c_void {
        let base = (*class).tp_base.get();
        o.cast::<u8>().add((((*base).tp_basicsize.get() + 15) & !15) as usize).cast()
    }
    fn PyType_GetTypeDataSize(class: *mut PyTypeObject) -> isize {
        (*class).tp_basicsize.get() - (((*(*class).tp_base.get()).tp_basicsize.get() + 15) & !15)
    }
    fn PyDescr_NewMethod(tp: *mut PyTypeObject, row: *mut PyMethodDef) -> P { vm::types::descr::new_method(&*tp, row).into_raw() }
    fn PyDescr_NewClassMethod(tp: *mut PyTypeObject, row: *mut PyMethodDef) -> P { vm::types::descr::new_class_method(&*tp, row).into_raw() }
    fn PyDescr_NewGetSet(tp: *mut PyTypeObject, row: *mut PyGetSetDef) -> P { vm::types::descr::new_getset(&*tp, row).into_raw() }
    fn PyDescr_NewMember(tp: *mut PyTypeObject, row: *mut PyMemberDef) -> P { vm::types::descr::new_member(&*tp, row).into_raw() }
    fn PyStaticMethod_New(f: P) -> P { vm::types::descr::new_static_method(b(f)).into_raw() }
    fn PyClassMethod_New(f: P) -> P { vm::types::descr::new_class_method_of(b(f)).into_raw() }
}
