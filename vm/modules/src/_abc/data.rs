//! `_abc_data`: what an abstract class knows of its subclasses.

use core::cell::Cell;

use super::weak_set::WeakSet;
use crate::prelude::*;

/// The `_abc_impl` of a class.
#[repr(C)]
pub struct AbcData {
    ob_base: PyObject,
    /// Classes given to `register`.
    pub registry: WeakSet,
    /// Classes found to be subclasses.
    pub cache: WeakSet,
    /// Classes found not to be, if `version` is the present count of registrations.
    pub negative_cache: WeakSet,
    version: Cell<u64>,
}

static_type!(AbcData, ABC_DATA);

/// Counts the registrations with any class.
static REGISTRATIONS: Global<u64> = Global::new(0);

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<AbcData>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .dealloc_drop::<AbcData>()
        .tp_traverse(|d: &AbcData, v: &mut Visitor| {
            d.registry.visit(v)?;
            d.cache.visit(v)?;
            d.negative_cache.visit(v)
        })
        .tp_clear(|d: &AbcData| {
            d.registry.drop_all();
            d.cache.drop_all();
            d.negative_cache.drop_all();
        })
        .tp_new(|tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>| new(tp));
}

/// Data that knows of nothing.
pub fn new(tp: &PyTypeObject) -> Result {
    let data = AbcData {
        ob_base: header(),
        registry: WeakSet::default(),
        cache: WeakSet::default(),
        negative_cache: WeakSet::default(),
        version: Cell::new(registrations()),
    };
    Ok(create(tp, data)?.into_obj())
}

/// How many registrations there have been.
pub fn registrations() -> u64 {
    REGISTRATIONS.get()
}

/// Makes all negative caches too old.
pub fn count_registration() {
    REGISTRATIONS.set(registrations() + 1);
}

/// The data of a class.
pub fn of(class: &Obj) -> Result<Ref<AbcData>> {
    let found = proto::getattr(class, intern!("_abc_impl"))?;
    if !found.is_exact::<AbcData>() {
        return raise!(TypeError, "_abc_impl is set to a wrong type");
    }
    // SAFETY: just checked.
    Ok(unsafe { found.into_cast() })
}

/// Does something with the data of a class.
pub fn with(class: &Obj, f: impl FnOnce(&AbcData)) -> Result<()> {
    f(&*of(class)?);
    Ok(())
}

impl AbcData {
    /// Whether what the negative cache says still holds.
    pub fn is_up_to_date(&self) -> bool {
        self.version.get() == registrations()
    }

    /// Empties the negative cache if it is too old.
    pub fn update(&self) {
        if !self.is_up_to_date() {
            self.negative_cache.clear();
            self.version.set(registrations());
        }
    }

    /// Empties both caches.
    pub fn clear_caches(&self) {
        self.cache.clear();
        self.negative_cache.clear();
    }

    /// `(registry, cache, negative_cache, version)`, for debugging.
    pub fn dump(&self) -> Result {
        let version = int::from_u64(self.version.get()).into_obj();
        let dump = [
            self.registry.copy()?,
            self.cache.copy()?,
            self.negative_cache.copy()?,
            version,
        ];
        Ok(tuple::from_array(dump).into_obj())
    }
}
