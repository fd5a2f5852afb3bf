//! `datetime.timedelta`: days, seconds and microseconds, normalised so that only the days may be negative.

use core::cell::Cell;

use num::int::Int;
use vm::types::float;
use vm::types::int::IntExt as _;

use crate::prelude::*;

use super::calendar::DAY_US;
use super::delta_arithmetic as arithmetic;
use super::fields::cached_hash;

/// A difference of times.
#[repr(C)]
pub struct Delta {
    ob_base: PyObject,
    hashcode: Cell<isize>,
    pub days: Cell<i32>,
    pub seconds: Cell<i32>,
    pub microseconds: Cell<i32>,
}

const _: () = assert!(size_of::<Delta>() == size_of::<PyDateTime_Delta>());

static_type!(Delta, DELTA);

static METHODS: &[PyMethodDef] = &[
    noargs!("total_seconds", total_seconds, "($self, /)"),
    noargs!("__reduce__", reduce, "($self, /)"),
];

static MEMBERS: &[PyMemberDef] = &[
    member!("days", Delta, days, Py_T_INT, Py_READONLY),
    member!("seconds", Delta, seconds, Py_T_INT, Py_READONLY),
    member!("microseconds", Delta, microseconds, Py_T_INT, Py_READONLY),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Delta>()
        .flags(Py_TPFLAGS_BASETYPE)
        .tp_new(construct)
        .tp_repr(repr)
        .tp_str(|d: &Delta| Ok(text(d)))
        .tp_hash(hash)
        .tp_richcompare(compare)
        .nb_add(arithmetic::add)
        .nb_subtract(arithmetic::subtract)
        .nb_multiply(arithmetic::multiply)
        .nb_remainder(arithmetic::remainder)
        .nb_divmod(arithmetic::divmod)
        .nb_floor_divide(arithmetic::floor_divide)
        .nb_true_divide(arithmetic::true_divide)
        .nb_negative(|d: &Delta| Ok(from_microseconds(-d.total())?.into_obj()))
        .nb_positive(|d: &Delta| Ok(from_microseconds(d.total())?.into_obj()))
        .nb_absolute(|d: &Delta| Ok(from_microseconds(d.total().abs())?.into_obj()))
        .nb_bool(|d: &Delta| Ok(d.total() != 0))
        .generic_attributes()
        .methods(METHODS)
        .members(MEMBERS);
}

impl Delta {
    /// The whole difference in microseconds.
    pub fn total(&self) -> i128 {
        let seconds = i64::from(self.days.get()) * 86_400 + i64::from(self.seconds.get());
        i128::from(seconds) * 1_000_000 + i128::from(self.microseconds.get())
    }
}

// ---- Construction ----

/// The difference of that many microseconds.
pub fn from_microseconds(us: i128) -> Result<Ref<Delta>> {
    of_type(&DELTA, us)
}

/// As [`from_microseconds`], for a subclass.
pub fn of_type(tp: &PyTypeObject, us: i128) -> Result<Ref<Delta>> {
    let days = us.div_euclid(i128::from(DAY_US));
    let rest = us.rem_euclid(i128::from(DAY_US)) as i64;
    let Ok(days) = i32::try_from(days) else {
        return too_large();
    };
    if !(-999_999_999..=999_999_999).contains(&days) {
        return raise!(
            OverflowError,
            "days={days}; must have magnitude <= 999999999"
        );
    }
    let d = Delta {
        ob_base: header(),
        hashcode: Cell::new(-1),
        days: Cell::new(days),
        seconds: Cell::new((rest / 1_000_000) as i32),
        microseconds: Cell::new((rest % 1_000_000) as i32),
    };
    create(tp, d)
}

/// The error of a difference that no `int` of C could count.
pub fn too_large<T>() -> Result<T> {
    raise!(OverflowError, "Python int too large to convert to C int")
}

/// Adds up arguments: ints exactly, the fractions of floats at the end.
struct Sum {
    whole: i128,
    fraction: f64,
}

impl Sum {
    fn add(&mut self, name: &str, value: &Obj, unit: i64) -> Result<()> {
        if let Some(n) = value.downcast::<PyLongObject>() {
            return self.add_whole(n.to_i128(), unit);
        }
        let Some(x) = value.downcast::<PyFloatObject>() else {
            return raise!(
                TypeError,
                "unsupported type for timedelta {name} component: {}",
                value.tp_name()
            );
        };
        let x = float::value(x);
        let whole = int::from_f64(x.trunc())?;
        self.add_whole(whole.to_i128(), unit)?;
        let part = x.fract();
        if part == 0.0 {
            return Ok(());
        }
        let part = part * unit as f64;
        self.add_whole(Some(part.trunc() as i128), 1)?;
        self.fraction += part.fract();
        Ok(())
    }

    fn add_whole(&mut self, n: Option<i128>, unit: i64) -> Result<()> {
        let sum = n
            .and_then(|n| n.checked_mul(i128::from(unit)))
            .and_then(|n| n.checked_add(self.whole));
        match sum {
            Some(sum) => {
                self.whole = sum;
                Ok(())
            }
            None => too_large(),
        }
    }

    /// The sum, its fraction rounded to the nearest, ties to even.
    fn finish(self) -> i128 {
        let mut rounded = self.fraction.round();
        if (rounded - self.fraction).abs() == 0.5 {
            let odd = f64::from(u8::from(self.whole & 1 != 0));
            rounded = 2.0 * ((self.fraction + odd) * 0.5).round() - odd;
        }
        self.whole + rounded as i128
    }
}

fn construct(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new(
        "timedelta",
        "(days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, weeks=0)",
    );
    let [days, seconds, us, ms, minutes, hours, weeks] = SIGNATURE.bind(args, kwargs)?;
    let mut sum = Sum {
        whole: 0,
        fraction: 0.0,
    };
    for (name, value, unit) in [
        ("microseconds", us, 1),
        ("milliseconds", ms, 1000),
        ("seconds", seconds, 1_000_000),
        ("minutes", minutes, 60_000_000),
        ("hours", hours, 3_600_000_000),
        ("days", days, DAY_US),
        ("weeks", weeks, 7 * DAY_US),
    ] {
        if let Some(value) = value {
            sum.add(name, value, unit)?;
        }
    }
    Ok(of_type(tp, sum.finish())?.into_obj())
}

// ---- Slots and methods ----

fn repr(d: &Delta) -> Result<String> {
    let mut parts: Vec<String> = Vec::new();
    for (name, value) in [
        ("days", d.days.get()),
        ("seconds", d.seconds.get()),
        ("microseconds", d.microseconds.get()),
    ] {
        if value != 0 {
            parts.push(format!("{name}={value}"));
        }
    }
    if parts.is_empty() {
        parts.push("0".to_owned());
    }
    Ok(format!(
        "{}({})",
        type_name(d.as_obj().ty()),
        parts.join(", ")
    ))
}

/// `str(d)`
fn text(d: &Delta) -> String {
    let (days, seconds, us) = (d.days.get(), d.seconds.get(), d.microseconds.get());
    let mut out = match days {
        0 => String::new(),
        1 | -1 => format!("{days} day, "),
        _ => format!("{days} days, "),
    };
    out += &format!(
        "{}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    );
    if us != 0 {
        out += &format!(".{us:06}");
    }
    out
}

fn hash(d: &Delta) -> Result<isize> {
    cached_hash(&d.hashcode, || proto::hash(state(d).as_obj()))
}

fn compare(d: &Delta, other: &Obj, op: CompareOp) -> Result {
    Ok(match other.downcast::<Delta>() {
        Some(e) => bool_(op.test(d.total().cmp(&e.total()))),
        None => not_implemented(),
    })
}

fn total_seconds(d: &Delta) -> Result {
    let total = int::from_i128(d.total());
    Ok(float::new(int::true_divide(&total, &int::from_i64(1_000_000))?).into_obj())
}

fn state(d: &Delta) -> Ref<PyTupleObject> {
    let part = |n: &Cell<i32>| int::from_i64(i64::from(n.get())).into_obj();
    tuple::from_vec(vec![part(&d.days), part(&d.seconds), part(&d.microseconds)])
}

fn reduce(d: &Delta) -> Result {
    Ok(tuple::from_vec(vec![
        d.as_obj().ty().as_obj().new_ref(),
        state(d).into_obj(),
    ])
    .into_obj())
}

/// The quotient to the nearest int, ties to even.
pub fn divide_nearest(a: &Int, b: &Int) -> Option<i128> {
    let (a, b) = (int::from_int(a), int::from_int(b));
    let (q, r) = int::divmod(&a, &b).ok()?;
    let twice = int::add(&r, &r);
    let (twice, b) = if b.is_negative() {
        (int::negate(&twice), int::negate(&b))
    } else {
        (twice, b)
    };
    let q_value = q.to_i128()?;
    let up = match int::compare(&twice, &b) {
        core::cmp::Ordering::Greater => true,
        core::cmp::Ordering::Equal => q_value & 1 != 0,
        core::cmp::Ordering::Less => false,
    };
    Some(q_value + i128::from(up))
}
