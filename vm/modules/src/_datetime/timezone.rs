//! `datetime.timezone`: a fixed offset from UTC.

use crate::prelude::*;

use super::datetime::{self, DateTime};
use super::delta::{self, Delta};
use super::tzinfo::{self, TZINFO};

/// A fixed offset, perhaps with a name.
#[repr(C)]
pub struct TimeZone {
    ob_base: PyObject,
    offset: Slot,
    name: Slot,
}

static_type!(TimeZone, TIMEZONE);

static UTC: Global<*mut PyObject> = Global::new(core::ptr::null_mut());

static METHODS: &[PyMethodDef] = &[
    o!(
        "tzname",
        |z: &TimeZone, dt: &Obj| check("tzname", dt).and_then(|()| text(z)),
        "($self, object, /)"
    ),
    o!(
        "utcoffset",
        |z: &TimeZone, dt: &Obj| check("utcoffset", dt).map(|()| held(&z.offset).new_ref()),
        "($self, object, /)"
    ),
    o!(
        "dst",
        |_: &TimeZone, dt: &Obj| check("dst", dt),
        "($self, object, /)"
    ),
    o!("fromutc", from_utc, "($self, object, /)"),
    noargs!("__getinitargs__", init_args, "($self, /)"),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.base(&TZINFO)
        .basicsize::<TimeZone>()
        .dealloc_drop::<TimeZone>()
        .tp_traverse(|z: &TimeZone, v: &mut Visitor| {
            v.slot(&z.offset)?;
            v.slot(&z.name)
        })
        .tp_new(construct)
        .tp_repr(repr)
        .tp_str(text)
        .tp_hash(|z: &TimeZone| proto::hash(held(&z.offset)))
        .tp_richcompare(compare)
        .methods(METHODS);
}

impl TimeZone {
    fn offset(&self) -> &Delta {
        // SAFETY: only differences are stored there.
        unsafe { held(&self.offset).cast() }
    }
}

fn create_zone(offset: &Delta, name: Option<&Obj>) -> Result {
    let zone = TimeZone {
        ob_base: header(),
        offset: holding(offset.as_obj()),
        name: Slot::new(name.map(Obj::new_ref)),
    };
    Ok(create(&TIMEZONE, zone)?.into_obj())
}

/// `timezone.utc`
pub fn utc() -> Result {
    if UTC.get().is_null() {
        UTC.set(create_zone(&*delta::from_microseconds(0)?, None)?.into_raw());
    }
    // SAFETY: just made sure; never released.
    Ok(unsafe { Ref::from_borrowed(UTC.get()) })
}

/// `timezone(offset, name)`
pub fn new(offset: &Delta, name: Option<&Obj>) -> Result {
    if name.is_none() && offset.total() == 0 {
        return utc();
    }
    if !tzinfo::is_offset(offset.total()) {
        return raise!(
            ValueError,
            "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24), not {}",
            repr_lossy(offset.as_obj())
        );
    }
    create_zone(offset, name)
}

fn construct(_: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new("timezone", "(offset, name=<unrepresentable>)");
    let [offset, name] = SIGNATURE.bind(args, kwargs)?;
    let offset = required(offset);
    let Some(d) = offset.downcast::<Delta>() else {
        return raise!(
            TypeError,
            "timezone() argument 1 must be datetime.timedelta, not {}",
            offset.tp_name()
        );
    };
    if let Some(n) = name.filter(|n| !n.is::<PyUnicodeObject>()) {
        return raise!(
            TypeError,
            "timezone() argument 2 must be str, not {}",
            n.tp_name()
        );
    }
    new(d, name)
}

fn is_utc(z: &TimeZone) -> bool {
    core::ptr::eq(z.as_ptr(), UTC.get())
}

fn repr(z: &TimeZone) -> Result<String> {
    let class = type_name(z.as_obj().ty());
    if is_utc(z) {
        return Ok(format!("{class}.utc"));
    }
    let shown = |o: &Obj| proto::repr(o).map(|r| str_::to_string_lossy(&r));
    let offset = shown(held(&z.offset))?;
    Ok(match z.name.borrow() {
        None => format!("{class}({offset})"),
        Some(name) => format!("{class}({offset}, {})", shown(name)?),
    })
}

/// The name, or one made of the offset.
fn text(z: &TimeZone) -> Result {
    if let Some(name) = z.name.get() {
        return Ok(name);
    }
    if is_utc(z) || z.offset().total() == 0 {
        return Ok(str_::new("UTC").into_obj());
    }
    Ok(str_::new(&format!("UTC{}", tzinfo::offset_text(z.offset(), ":"))).into_obj())
}

fn compare(z: &TimeZone, other: &Obj, op: CompareOp) -> Result {
    match other.downcast::<TimeZone>() {
        Some(y) if matches!(op, CompareOp::Eq | CompareOp::Ne) => {
            Ok(bool_(op.test(z.offset().total().cmp(&y.offset().total()))))
        }
        _ => Ok(not_implemented()),
    }
}

fn check(function: &str, dt: &Obj) -> Result<()> {
    if dt.is_none() || dt.is::<DateTime>() {
        return Ok(());
    }
    raise!(
        TypeError,
        "{function}(dt) argument must be a datetime instance or None, not {}",
        dt.tp_name()
    )
}

fn from_utc(z: &TimeZone, dt: &Obj) -> Result {
    let Some(d) = dt.downcast::<DateTime>() else {
        return raise!(
            TypeError,
            "fromutc() argument must be a datetime instance, not {}",
            dt.tp_name()
        );
    };
    if !d.zone().is_some_and(|zone| zone.is_same(z.as_obj())) {
        return raise!(ValueError, "fromutc: dt.tzinfo is not self");
    }
    datetime::shifted(d, z.offset().total())
}

fn init_args(z: &TimeZone) -> Result {
    let mut args = vec![held(&z.offset).new_ref()];
    args.extend(z.name.get());
    Ok(tuple::from_vec(args).into_obj())
}
