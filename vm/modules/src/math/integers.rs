//! Integer functions: divisors, multiples, roots, and counting.

use crate::prelude::*;
use num::int::Int;
use vm::types::int::IntExt as _;

/// Folds the arguments, which need `__index__`, from the left.
fn fold(
    arguments: &[&Obj],
    start: i64,
    stop: impl Fn(&PyLongObject) -> bool,
    f: impl Fn(&PyLongObject, &PyLongObject) -> Ref<PyLongObject>,
) -> Result<Ref<PyLongObject>> {
    let [first, rest @ ..] = arguments else {
        return Ok(int::from_i64(start));
    };
    let mut total = int::absolute(&*number::index_int(first)?);
    for o in rest {
        let n = number::index_int(o)?;
        // Once the answer is sure the rest is looked at, but not computed with.
        if !stop(&total) {
            total = f(&total, &n);
        }
    }
    Ok(total)
}

pub(super) fn gcd(_: &Obj, arguments: &[&Obj]) -> Result<Ref<PyLongObject>> {
    fold(
        arguments,
        0,
        |n| n.is_compact() && n.compact_value() == 1,
        int::gcd,
    )
}

pub(super) fn lcm(_: &Obj, arguments: &[&Obj]) -> Result<Ref<PyLongObject>> {
    fold(
        arguments,
        1,
        |n| n.is_zero(),
        |a, b| int::from_int(&num::int::lcm(a.value(), b.value())),
    )
}

pub(super) fn isqrt(_: &Obj, n: &Obj) -> Result<Ref<PyLongObject>> {
    let n = number::index_int(n)?;
    if n.is_negative() {
        return raise!(ValueError, "isqrt() argument must be nonnegative");
    }
    Ok(int::from_digits(false, &num::digits::isqrt(n.magnitude())))
}

/// `first * (first + 1) * … * last`, multiplied in pairs of like size.
fn product(first: u64, last: u64) -> Int {
    const RUN: u64 = 16;
    if first > last {
        return Int::from_i64(1);
    }
    if last - first < RUN {
        let (mut total, mut word) = (Int::from_i64(1), 1u64);
        for n in first..=last {
            match word.checked_mul(n).filter(|&w| i64::try_from(w).is_ok()) {
                Some(w) => word = w,
                None => {
                    total = times(&total, word);
                    word = n;
                }
            }
        }
        return times(&total, word);
    }
    let middle = first + (last - first) / 2;
    num::int::mul(
        product(first, middle).as_ref(),
        product(middle + 1, last).as_ref(),
    )
}

fn times(a: &Int, word: u64) -> Int {
    num::int::mul(
        a.as_ref(),
        Int::new(false, num::digits::from_u64(word)).as_ref(),
    )
}

pub(super) fn factorial(_: &Obj, n: &Obj) -> Result<Ref<PyLongObject>> {
    factorial_of(&*number::index_int(n)?)
}

fn factorial_of(n: &PyLongObject) -> Result<Ref<PyLongObject>> {
    if n.is_negative() {
        return raise!(ValueError, "factorial() not defined for negative values");
    }
    match n.to_i64() {
        Some(n) => Ok(int::from_int(&product(2, n as u64))),
        None => raise!(
            OverflowError,
            "factorial() argument should not exceed {}",
            i64::MAX
        ),
    }
}

/// `n` and `k` of a count, neither negative.
fn counts(n: &Obj, k: &Obj) -> Result<(Ref<PyLongObject>, Ref<PyLongObject>)> {
    let (n, k) = (
        int::to_exact(number::index_int(n)?),
        int::to_exact(number::index_int(k)?),
    );
    if n.is_negative() {
        return raise!(ValueError, "n must be a non-negative integer");
    }
    if k.is_negative() {
        return raise!(ValueError, "k must be a non-negative integer");
    }
    Ok((n, k))
}

/// `n * (n - 1) * …`, `k` factors.
fn falling(n: &PyLongObject, k: u64) -> Int {
    if let Some(n) = n.to_u64() {
        return product(n - k + 1, n);
    }
    if k <= 1 {
        return if k == 0 {
            Int::from_i64(1)
        } else {
            n.value().to_int()
        };
    }
    let half = k / 2;
    let rest = int::subtract(n, &int::from_u64(half));
    num::int::mul(falling(n, half).as_ref(), falling(&rest, k - half).as_ref())
}

pub(super) fn perm(_: &Obj, arguments: &[&Obj]) -> Result<Ref<PyLongObject>> {
    args::expect("perm", arguments, 1..=2)?;
    let Some(k) = arguments.get(1).filter(|o| !o.is_none()) else {
        return factorial_of(&*number::index_int(arguments[0])?);
    };
    let (n, k) = counts(arguments[0], k)?;
    if int::compare(&n, &k).is_lt() {
        return Ok(int::from_i64(0));
    }
    match k.to_i64() {
        Some(k) => Ok(int::from_int(&falling(&n, k as u64))),
        None => raise!(OverflowError, "k must not exceed {}", i64::MAX),
    }
}

pub(super) fn comb(_: &Obj, arguments: &[&Obj]) -> Result<Ref<PyLongObject>> {
    args::expect("comb", arguments, 2..=2)?;
    let (n, k) = counts(arguments[0], arguments[1])?;
    let others = int::subtract(&n, &k);
    if others.is_negative() {
        return Ok(int::from_i64(0));
    }
    let least = if int::compare(&others, &k).is_lt() {
        others
    } else {
        k
    };
    match least.to_i64() {
        Some(k) => {
            let ways = num::int::floordiv(
                falling(&n, k as u64).as_ref(),
                product(2, k as u64).as_ref(),
            );
            Ok(int::from_int(&ways))
        }
        None => raise!(OverflowError, "min(n - k, k) must not exceed {}", i64::MAX),
    }
}
