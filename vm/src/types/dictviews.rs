//! `dict_keys`, `dict_items` and `dict_values`: live views of a dict.
//!
//! Keys and items behave as sets: operators answer ordinary sets, and compare with anything that is a set or a view.

use layout::*;

use crate::err::Result;
use crate::method::*;
use crate::object::*;
use crate::protocol::object as proto;
use crate::types::dict::{self, DictExt, push_repr};
use crate::types::set::{self, SetExt};
use crate::types::str_;
use crate::types::tuple::{self, TupleExt};
use crate::types::type_::{CompareOp, TypeBuilder};
use crate::types::{list, mappingproxy};

/// A view of a dict; its type says of what.
#[repr(C)]
pub struct DictView {
    ob_base: PyObject,
    dict: Slot,
}

impl Layout for DictView {
    fn type_object() -> &'static PyTypeObject {
        &PyDictKeys_Type
    }
}

impl DictView {
    /// The dict that is viewed.
    pub fn dict(&self) -> Option<&PyDictObject> {
        // SAFETY: only dicts are stored.
        self.dict.borrow().map(|d| unsafe { d.cast() })
    }

    fn len(&self) -> usize {
        self.dict().map_or(0, DictExt::len)
    }

    fn iter_type(&self, reverse: bool) -> &'static PyTypeObject {
        let tp = self.as_obj().ty();
        match (kind_of_view(tp), reverse) {
            (Some(Kind::Keys), false) => &PyDictIterKey_Type,
            (Some(Kind::Keys), true) => &PyDictRevIterKey_Type,
            (Some(Kind::Items), false) => &PyDictIterItem_Type,
            (Some(Kind::Items), true) => &PyDictRevIterItem_Type,
            (_, false) => &PyDictIterValue_Type,
            (_, true) => &PyDictRevIterValue_Type,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Keys,
    Items,
    Values,
}

fn kind_of_view(tp: &PyTypeObject) -> Option<Kind> {
    [
        (&PyDictKeys_Type, Kind::Keys),
        (&PyDictItems_Type, Kind::Items),
        (&PyDictValues_Type, Kind::Values),
    ]
    .into_iter()
    .find(|(t, _)| crate::types::type_::is_subtype(tp, t))
    .map(|(_, kind)| kind)
}

/// The object as a view of keys or items.
fn as_set_view(o: &Obj) -> Option<&DictView> {
    match kind_of_view(o.ty()) {
        // SAFETY: the three types have this layout.
        Some(Kind::Keys | Kind::Items) => Some(unsafe { o.cast() }),
        _ => None,
    }
}

static SET_METHODS: &[PyMethodDef] = &[
    o!("isdisjoint", view_isdisjoint, "($self, object, /)"),
    noargs!("__reversed__", view_reversed, "($self, /)"),
];

static VALUES_METHODS: &[PyMethodDef] = &[noargs!("__reversed__", view_reversed, "($self, /)")];

static GETSET: &[PyGetSetDef] = &[getset!("mapping", view_mapping)];

fn define_common(b: &mut TypeBuilder) -> &mut TypeBuilder {
    b.basicsize::<DictView>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .dealloc_drop::<DictView>()
        .tp_traverse(traverse)
        .tp_repr(view_repr)
        .tp_iter(|view: &DictView| match view.dict() {
            Some(d) => dict::iterator(d, view.iter_type(false)),
            None => Ok(none()),
        })
        .sq_length(|view: &DictView| Ok(view.len()))
        .getset(GETSET)
        .new_disallowed()
}

/// Shows the collector the dict of a view.
pub fn traverse(view: &DictView, v: &mut Visitor) -> Visit {
    v.slot(&view.dict)
}

fn define_set(b: &mut TypeBuilder) -> &mut TypeBuilder {
    define_common(b)
        .tp_richcompare(view_richcompare)
        .nb_subtract(view_sub)
        .nb_and(view_and)
        .nb_xor(view_xor)
        .nb_or(view_or)
        .methods(SET_METHODS)
}

/// Fills in `dict_keys`.
pub fn define_keys(b: &mut TypeBuilder) {
    define_set(b).sq_contains(|view: &DictView, key: &Obj| match view.dict() {
        Some(d) => d.contains(key),
        None => Ok(false),
    });
}

/// Fills in `dict_items`.
pub fn define_items(b: &mut TypeBuilder) {
    define_set(b).sq_contains(items_contains);
}

/// Fills in `dict_values`.
pub fn define_values(b: &mut TypeBuilder) {
    define_common(b).methods(VALUES_METHODS);
}

/// A view of type `tp`, one of the three.
pub fn new(d: &PyDictObject, tp: &'static PyTypeObject) -> Result {
    let view = create(
        tp,
        DictView {
            ob_base: header(),
            dict: Slot::new(Some(d.to_ref().into_obj())),
        },
    )?;
    Ok(view.into_obj())
}

fn items_contains(view: &DictView, item: &Obj) -> Result<bool> {
    let Some(d) = view.dict() else {
        return Ok(false);
    };
    let Some([key, value]) = item.downcast::<PyTupleObject>().map(TupleExt::items) else {
        return Ok(false);
    };
    match d.get(key)? {
        Some(found) => proto::rich_compare_bool(&found, value, CompareOp::Eq),
        None => Ok(false),
    }
}

fn view_repr(view: &DictView) -> Result {
    let Some(_guard) = repr_enter(view.as_obj()) else {
        return Ok(str_::new("...").into_obj());
    };
    let items = list::from_vec(proto::to_vec(view.as_obj())?);
    let mut w = str_::Writer::new();
    w.push_str(view.as_obj().tp_name());
    w.push_str("(");
    push_repr(&mut w, items.as_obj())?;
    w.push_str(")");
    Ok(w.finish()?.into_obj())
}

fn view_mapping(view: &DictView) -> Result {
    match &view.dict.get() {
        Some(d) => mappingproxy::new(d),
        None => Ok(none()),
    }
}

fn view_reversed(view: &DictView) -> Result {
    match view.dict() {
        Some(d) => dict::iterator(d, view.iter_type(true)),
        None => Ok(none()),
    }
}

// ---- Set behaviour ----

fn all_in(items: &Obj, container: &Obj) -> Result<bool> {
    let it = proto::iter(items)?;
    while let Some(item) = proto::next(&it)? {
        if !proto::contains(container, &item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn view_richcompare(view: &DictView, other: &Obj, op: CompareOp) -> Result {
    if !set::is_anyset(other) && as_set_view(other).is_none() {
        return Ok(not_implemented());
    }
    let this = view.as_obj();
    let (mine, theirs) = (proto::length(this)?, proto::length(other)?);
    let answer = match op {
        CompareOp::Eq => mine == theirs && all_in(this, other)?,
        CompareOp::Ne => !(mine == theirs && all_in(this, other)?),
        CompareOp::Lt => mine < theirs && all_in(this, other)?,
        CompareOp::Le => mine <= theirs && all_in(this, other)?,
        CompareOp::Gt => mine > theirs && all_in(other, this)?,
        CompareOp::Ge => mine >= theirs && all_in(other, this)?,
    };
    Ok(bool_(answer))
}

/// A set of the items of a view, which may also be what stands on the left of an operator with a view on its right.
fn to_set(left: &Obj) -> Result<Ref<PySetObject>> {
    // A dict's hashes need not be computed again.
    match as_set_view(left)
        .filter(|_| kind_of_view(left.ty()) == Some(Kind::Keys))
        .and_then(DictView::dict)
    {
        Some(d) => set::new_set(Some(d.as_obj())),
        None => set::new_set(Some(left)),
    }
}

fn view_sub(a: &Obj, b: &Obj) -> Result {
    let result = to_set(a)?;
    result.difference_update(b)?;
    Ok(result.into_obj())
}

fn view_and(a: &Obj, b: &Obj) -> Result {
    intersect(a, b)
}

/// `view & other`, with the view on either side.
pub fn intersect(a: &Obj, b: &Obj) -> Result {
    let (mut view, mut other) = if as_set_view(a).is_some() {
        (a, b)
    } else {
        (b, a)
    };
    // Iterate over the smaller of two views.
    if as_set_view(other).is_some() && proto::length(other)? > proto::length(view)? {
        core::mem::swap(&mut view, &mut other);
    }
    if let Some(other) = set::as_exact_set(other).filter(|s| s.len() >= proto_len(view)) {
        let result = set::new_set(None)?;
        let it = proto::iter(view)?;
        while let Some(item) = proto::next(&it)? {
            if other.contains(&item)? {
                result.add(&item)?;
            }
        }
        return Ok(result.into_obj());
    }
    let result = set::new_set(None)?;
    let it = proto::iter(other)?;
    while let Some(item) = proto::next(&it)? {
        if proto::contains(view, &item)? {
            result.add(&item)?;
        }
    }
    Ok(result.into_obj())
}

fn proto_len(view: &Obj) -> usize {
    as_set_view(view).map_or(0, DictView::len)
}

fn view_or(a: &Obj, b: &Obj) -> Result {
    let result = to_set(a)?;
    result.update(b)?;
    Ok(result.into_obj())
}

fn view_xor(a: &Obj, b: &Obj) -> Result {
    let is_items = |o: &Obj| kind_of_view(o.ty()) == Some(Kind::Items);
    if is_items(a) && is_items(b) {
        // SAFETY: both are views.
        return items_xor(unsafe { a.cast() }, unsafe { b.cast() });
    }
    let result = to_set(a)?;
    result.symmetric_difference_update(b)?;
    Ok(result.into_obj())
}

/// The items that only one of two dicts has.
fn items_xor(a: &DictView, b: &DictView) -> Result {
    let result = set::new_set(None)?;
    let (Some(a), Some(b)) = (a.dict(), b.dict()) else {
        return Ok(result.into_obj());
    };
    let rest = a.copy()?;
    let mut pos = 0;
    while let Some((key, theirs, hash)) = b.next(&mut pos) {
        let mine = rest.get_hashed(&key, hash)?;
        if let Some(mine) = mine
            && proto::rich_compare_bool(&mine, &theirs, CompareOp::Eq)?
        {
            rest.del(&key)?;
            continue;
        }
        result.add(tuple::pair(&key, &theirs).as_obj())?;
    }
    let mut pos = 0;
    while let Some((key, value, _)) = rest.next(&mut pos) {
        result.add(tuple::pair(&key, &value).as_obj())?;
    }
    Ok(result.into_obj())
}

fn view_isdisjoint(view: &DictView, other: &Obj) -> Result<bool> {
    let this = view.as_obj();
    if this.is_same(other) {
        return Ok(view.len() == 0);
    }
    let (mut this, mut other) = (this, other);
    if set::as_exact_anyset(other).is_some() || as_set_view(other).is_some() {
        // Iterate over the smaller.
        if proto::length(other)? > view.len() {
            core::mem::swap(&mut this, &mut other);
        }
    }
    let it = proto::iter(other)?;
    while let Some(item) = proto::next(&it)? {
        if proto::contains(this, &item)? {
            return Ok(false);
        }
    }
    Ok(true)
}
