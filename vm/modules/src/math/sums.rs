//! Sums and products over sequences, computed with more bits than a float has where it matters.

use crate::prelude::*;
use vm::types::bool_;
use vm::types::float;
use vm::types::int::IntExt as _;

use super::elementary::floats;

// ---- fsum ----

/// Adds `x` to partial sums that do not overlap (Shewchuk). The answer is the part that was not finite, if any.
fn add_partial(partials: &mut Vec<f64>, x: f64) -> Option<f64> {
    let (mut x, mut kept) = (x, 0);
    for i in 0..partials.len() {
        let y = partials[i];
        let (large, small) = if x.abs() < y.abs() { (y, x) } else { (x, y) };
        let high = large + small;
        let low = small - (high - large);
        if low != 0.0 {
            partials[kept] = low;
            kept += 1;
        }
        x = high;
    }
    partials.truncate(kept);
    if !x.is_finite() {
        partials.clear();
        return Some(x);
    }
    if x != 0.0 {
        partials.push(x);
    }
    None
}

/// The partial sums as one float, rounded once, half to even.
fn round_partials(partials: &[f64]) -> f64 {
    let Some((&last, mut rest)) = partials.split_last() else {
        return 0.0;
    };
    let (mut high, mut low) = (last, 0.0);
    while let Some((&y, before)) = rest.split_last() {
        rest = before;
        let x = high;
        high = x + y;
        low = y - (high - x);
        if low != 0.0 {
            break;
        }
    }
    // Exactly between two floats: what is left says to which side.
    if let Some(&next) = rest.last()
        && (low < 0.0 && next < 0.0 || low > 0.0 && next > 0.0)
    {
        let y = low * 2.0;
        let x = high + y;
        if y == x - high {
            high = x;
        }
    }
    high
}

pub(super) fn fsum(_: &Obj, items: &Obj) -> Result<f64> {
    let (mut partials, mut special, mut infinities) = (Vec::new(), 0.0, 0.0);
    proto::for_each(items, |item| {
        let x = args::to_f64(&item)?;
        if add_partial(&mut partials, x).is_some() {
            if x.is_finite() {
                return raise!(OverflowError, "intermediate overflow in fsum");
            }
            if x.is_infinite() {
                infinities += x;
            }
            special += x;
        }
        Ok(())
    })?;
    if special != 0.0 {
        if f64::is_nan(infinities) {
            return raise!(ValueError, "-inf + inf in fsum");
        }
        return Ok(special);
    }
    Ok(round_partials(&partials))
}

// ---- Pairs of floats that are one number ----

/// A product without loss: the rounded one, and what rounding took.
fn exact_product(x: f64, y: f64) -> (f64, f64) {
    let high = x * y;
    (high, x.mul_add(y, -high))
}

/// A sum without loss, where `a` is the larger.
fn exact_sum_ordered(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    (sum, (a - sum) + b)
}

/// A sum without loss.
fn exact_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let z = sum - a;
    (sum, (a - (sum - z)) + (b - z))
}

// ---- hypot, dist ----

/// The length of a vector: scaled so that nothing overflows, squared and summed without loss, and corrected by a step
/// of Newton's, so that it is right to the last bit nearly always.
fn norm(vector: &mut [f64]) -> f64 {
    let mut max = 0f64;
    let mut found_nan = false;
    for x in vector.iter_mut() {
        *x = x.abs();
        found_nan |= x.is_nan();
        max = max.max(*x);
    }
    if max.is_infinite() {
        return max;
    }
    if found_nan {
        return f64::NAN;
    }
    if max == 0.0 || vector.len() <= 1 {
        return max;
    }
    let (_, exponent) = num::float::frexp(max);
    if exponent < -1023 {
        // The scale itself would overflow.
        vector.iter_mut().for_each(|x| *x /= f64::MIN_POSITIVE);
        return f64::MIN_POSITIVE * norm(vector);
    }
    let scale = num::float::ldexp(1.0, -exponent);
    let (mut sum, mut lost_squares, mut lost_sums) = (1.0, 0.0, 0.0);
    let mut add = |high: f64, low: f64| {
        let (total, lost) = exact_sum_ordered(sum, high);
        sum = total;
        lost_squares += low;
        lost_sums += lost;
        sum - 1.0 + (lost_squares + lost_sums)
    };
    let mut total = 0.0;
    for x in vector.iter() {
        let (high, low) = exact_product(x * scale, x * scale);
        total = add(high, low);
    }
    let h = total.sqrt();
    let (high, low) = exact_product(-h, h);
    let rest = add(high, low);
    (h + rest / (2.0 * h)) / scale
}

pub(super) fn hypot(_: &Obj, coordinates: &[&Obj]) -> Result<f64> {
    let mut vector = coordinates
        .iter()
        .map(|o| args::to_f64(o))
        .collect::<Result<Vec<f64>>>()?;
    Ok(norm(&mut vector))
}

/// A tuple as it is, anything else by iteration.
fn as_point(o: &Obj) -> Result<Ref<PyTupleObject>> {
    match o.downcast::<PyTupleObject>() {
        Some(t) => Ok(t.to_ref()),
        None => tuple::from_iterable(o),
    }
}

pub(super) fn dist(_: &Obj, points: &[&Obj]) -> Result<f64> {
    args::expect("dist", points, 2..=2)?;
    let (p, q) = (as_point(points[0])?, as_point(points[1])?);
    if p.len() != q.len() {
        return raise!(
            ValueError,
            "both points must have the same number of dimensions"
        );
    }
    let mut vector = Vec::with_capacity(p.len());
    for (a, b) in p.items().iter().zip(q.items()) {
        let [a, b] = floats("dist", &[a, b])?;
        vector.push(a - b);
    }
    Ok(norm(&mut vector))
}

// ---- prod ----

pub(super) fn prod(_: &Obj, [iterable, start]: [Option<&Obj>; 2]) -> Result {
    let it = proto::iter(required(iterable))?;
    let mut total = start.map_or_else(|| int::one().new_ref(), Obj::new_ref);
    // Ints that fit a machine word, then floats with ints among them, then anything.
    if let Some(mut n) = total
        .downcast_exact::<PyLongObject>()
        .and_then(|n| n.to_i64())
    {
        loop {
            let Some(item) = proto::next(&it)? else {
                return Ok(int::from_i64(n).into_obj());
            };
            let next = item
                .downcast_exact::<PyLongObject>()
                .and_then(|m| n.checked_mul(m.to_i64()?));
            match next {
                Some(next) => n = next,
                None => {
                    total = number::multiply(int::from_i64(n).as_obj(), &item)?;
                    break;
                }
            }
        }
    }
    if let Some(x) = total.downcast_exact::<PyFloatObject>() {
        let mut x = float::value(x);
        loop {
            let Some(item) = proto::next(&it)? else {
                return Ok(float::new(x).into_obj());
            };
            if let Some(y) = item.downcast_exact::<PyFloatObject>() {
                x *= float::value(y);
            } else if let Some(n) = item
                .downcast_exact::<PyLongObject>()
                .and_then(|n| n.to_i64())
            {
                x *= n as f64;
            } else {
                total = number::multiply(float::new(x).as_obj(), &item)?;
                break;
            }
        }
    }
    while let Some(item) = proto::next(&it)? {
        total = number::multiply(&total, &item)?;
    }
    Ok(total)
}

// ---- sumprod ----

/// A running sum of products with three times a float's bits.
#[derive(Clone, Copy, Default)]
struct Triple {
    high: f64,
    low: f64,
    tiny: f64,
}

impl Triple {
    fn add_product(self, x: f64, y: f64) -> Triple {
        let (product, product_low) = exact_product(x, y);
        let (high, sum_low) = exact_sum(self.high, product);
        let (a, a_low) = exact_sum(self.low, product_low);
        let (low, b_low) = exact_sum(a, sum_low);
        Triple {
            high,
            low,
            tiny: self.tiny + a_low + b_low,
        }
    }
    fn value(self) -> f64 {
        let (low, last) = exact_sum(self.low, self.tiny);
        let (high, rest) = exact_sum(self.high, low);
        high + (rest + last)
    }
}

/// The factors as floats, if one is a float and the other a float, an int or a bool.
fn float_factors(p: &Obj, q: &Obj) -> Option<(f64, f64)> {
    let exact = |o: &Obj| o.downcast_exact::<PyFloatObject>().map(float::value);
    let whole = |o: &Obj| {
        let n = o
            .downcast_exact::<PyLongObject>()
            .and_then(|n| n.value().to_f64());
        n.or_else(|| bool_::of(o).map(f64::from))
    };
    match (exact(p), exact(q)) {
        (Some(x), Some(y)) => Some((x, y)),
        (Some(x), None) => Some((x, whole(q)?)),
        (None, Some(y)) => Some((whole(p)?, y)),
        (None, None) => None,
    }
}

fn int_product(p: &Obj, q: &Obj) -> Option<i64> {
    let word = |o: &Obj| o.downcast_exact::<PyLongObject>().and_then(|n| n.to_i64());
    word(p)?.checked_mul(word(q)?)
}

pub(super) fn sumprod(_: &Obj, vectors: &[&Obj]) -> Result {
    args::expect("sumprod", vectors, 2..=2)?;
    let (p_items, q_items) = (proto::iter(vectors[0])?, proto::iter(vectors[1])?);
    let mut total = int::zero().new_ref();
    // Each short path is left for good when it does not fit any more.
    let (mut ints, mut floats) = (Some(0i64), Some(None::<Triple>));
    loop {
        let (p, q) = (proto::next(&p_items)?, proto::next(&q_items)?);
        let (p, q) = match (p, q) {
            (Some(p), Some(q)) => (p, q),
            (None, None) => break,
            _ => return raise!(ValueError, "Inputs are not the same length"),
        };
        if let Some(sum) = ints {
            if let Some(sum) = int_product(&p, &q).and_then(|n| sum.checked_add(n)) {
                ints = Some(sum);
                continue;
            }
            total = number::add(&total, int::from_i64(sum).as_obj())?;
            ints = None;
        }
        if let Some(sum) = floats {
            let next =
                float_factors(&p, &q).map(|(x, y)| sum.unwrap_or_default().add_product(x, y));
            if let Some(next) = next.filter(|t| t.high.is_finite()) {
                floats = Some(Some(next));
                continue;
            }
            if let Some(sum) = sum {
                total = number::add(&total, float::new(sum.value()).as_obj())?;
            }
            floats = None;
        }
        total = number::add(&total, &*number::multiply(&p, &q)?)?;
    }
    if let Some(sum) = ints {
        total = number::add(&total, int::from_i64(sum).as_obj())?;
    }
    if let Some(Some(sum)) = floats {
        total = number::add(&total, float::new(sum.value()).as_obj())?;
    }
    Ok(total)
}
