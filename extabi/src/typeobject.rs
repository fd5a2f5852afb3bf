//! Types: `PyType_Ready`, types from specs, attributes of types (`object.h`, `typeslots.h`).

use core::ffi::{c_char, c_int, c_uint, c_ulong, c_void};
use core::ptr;

use layout::*;
use vm::err::{self, exc};
use vm::object::*;
use vm::slots;

use vm::types::module::Module;
use vm::types::tuple::TupleExt as _;
use vm::types::{str_, type_};
use vm::watchers;

use crate::shape::*;
use crate::typespec::{check_immutable_bases, from_spec, slot_offset};

/// A class whose MRO is not there yet, and what it derives from.
unsafe fn before_mro(tp: *mut PyTypeObject) -> Vec<Ref> {
    // SAFETY: the caller passes a class; its bases are classes.
    unsafe {
        let mut all = vec![(*tp).as_obj().new_ref()];
        if let Some(bases) = (*tp).tp_bases.get_ref()
            && let Some(bases) = bases.downcast::<PyTupleObject>()
        {
            for base in bases.objects() {
                all.extend(before_mro(base.as_ptr().cast()));
            }
        }
        all
    }
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
            Py_tp_token if has_flag(&*tp, Py_TPFLAGS_HEAPTYPE) => (*tp.cast::<PyHeapTypeObject>()).ht_token.get(),
            Py_tp_token => ptr::null_mut(),
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
        let made_with = |class: &Obj| {
            let class = class.cast::<PyTypeObject>();
            has_flag(class, Py_TPFLAGS_HEAPTYPE) && class.as_obj().cast::<PyHeapTypeObject>().ht_token.get() == token
        };
        let mro = (*tp).tp_mro.get_ref();
        let found = match mro.as_ref().and_then(|mro| mro.downcast::<PyTupleObject>()) {
            Some(mro) => mro.objects().iter().copied().find(|class| made_with(class)).map(|class| class.new_ref()),
            None => before_mro(tp).into_iter().find(|class| made_with(class)),
        };
        match found {
            Some(class) if !out.is_null() => { *out = class.into_raw().cast(); 1 }
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
    fn PyType_Freeze(tp: *mut PyTypeObject) -> c_int {
        let mro = (*tp).tp_mro.get_ref();
        let bases = mro.as_ref().and_then(|mro| mro.downcast::<PyTupleObject>()).map_or(&[][..], |mro| mro.objects());
        let above: Vec<&Obj> = bases.iter().copied().filter(|b| !b.is_same((*tp).as_obj())).collect();
        if check_immutable_bases(&type_::name_of(&*tp), &above).is_err() { return -1; }
        (*tp).tp_flags.set((*tp).tp_flags.get() | Py_TPFLAGS_IMMUTABLETYPE);
        type_::modified(&*tp);
        0
    }
    fn PyObject_GetTypeData(o: P, class: *mut PyTypeObject) -> *mut c_void {
        let base = (*class).tp_base.get();
        o.cast::<u8>().add((((*base).tp_basicsize.get() + 15) & !15) as usize).cast()
    }
    fn PyType_GetTypeDataSize(class: *mut PyTypeObject) -> isize {
        ((*class).tp_basicsize.get() - (((*(*class).tp_base.get()).tp_basicsize.get() + 15) & !15)).max(0)
    }
    fn PyDescr_NewMethod(tp: *mut PyTypeObject, row: *mut PyMethodDef) -> P { vm::types::descr::new_method(&*tp, row).into_raw() }
    fn PyDescr_NewClassMethod(tp: *mut PyTypeObject, row: *mut PyMethodDef) -> P { vm::types::descr::new_class_method(&*tp, row).into_raw() }
    fn PyDescr_NewGetSet(tp: *mut PyTypeObject, row: *mut PyGetSetDef) -> P { vm::types::descr::new_getset(&*tp, row).into_raw() }
    fn PyDescr_NewMember(tp: *mut PyTypeObject, row: *mut PyMemberDef) -> P { vm::types::descr::new_member(&*tp, row).into_raw() }
    fn PyStaticMethod_New(f: P) -> P { vm::types::descr::new_static_method(b(f)).into_raw() }
    fn PyClassMethod_New(f: P) -> P { vm::types::descr::new_class_method_of(b(f)).into_raw() }
}
