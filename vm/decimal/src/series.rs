//! Integer approximations of exponential and logarithm, each within one unit of its last place.
//!
//! All values are scaled: `x` stands for `x / scale`.

use malachite_base::num::arithmetic::traits::{DivMod, FloorSqrt, Parity, Pow, UnsignedAbs};
use malachite_base::num::logic::traits::SignificantBits;
use malachite_nz::integer::Integer;
use malachite_nz::natural::Natural;

/// Ten to a power.
pub fn ten(exponent: u64) -> Integer {
    Integer::from(Natural::from(10u32).pow(exponent))
}

/// The quotient, to the nearest, half to even.
pub fn div_nearest(a: &Integer, b: &Integer) -> Integer {
    let (q, r) = a.div_mod(b);
    let twice = (&r << 1u64) + Integer::from(q.odd());
    if twice > *b { q + Integer::from(1) } else { q }
}

/// `x / 2**shift`, to the nearest, half to even.
fn shift_nearest(x: &Integer, shift: u64) -> Integer {
    if shift == 0 {
        return x.clone();
    }
    div_nearest(x, &(Integer::from(1) << shift))
}

/// How many bits a number has.
pub fn bits(n: &Integer) -> u64 {
    n.unsigned_abs().significant_bits()
}

/// The number of decimal digits.
pub fn digits(n: &Integer) -> u64 {
    crate::Coeff::from_natural(n.unsigned_abs()).digits()
}

/// About `scale * log(x / scale)`.
fn log_scaled(x: &Integer, scale: &Integer, speed: u64) -> Integer {
    // log(y) is R times the log of the 2**R-th root, found by y -> y / (1 + sqrt(1 + y)) on y - 1.
    let mut y = x - scale;
    let mut reductions = 0u64;
    let small = |y: &Integer, reductions: u64| -> bool {
        let magnitude = Integer::from(y.unsigned_abs());
        match reductions <= speed {
            true => (magnitude << (speed - reductions)) < *scale,
            false => (magnitude >> (reductions - speed)) < *scale,
        }
    };
    while !small(&y, reductions) {
        let inner = scale * (scale + shift_nearest(&y, reductions));
        let root = Integer::from(inner.unsigned_abs().floor_sqrt());
        y = div_nearest(&((scale * &y) << 1u64), &(scale + root));
        reductions += 1;
    }
    let terms = (10 * digits(scale) / (3 * speed) + 1) as i64;
    let squared = shift_nearest(&y, reductions);
    let mut sum = div_nearest(scale, &Integer::from(terms));
    let mut k = terms - 1;
    while k > 0 {
        sum = div_nearest(scale, &Integer::from(k)) - div_nearest(&(&squared * &sum), scale);
        k -= 1;
    }
    div_nearest(&(sum * y), scale)
}

/// About `scale * exp(x / scale)`, for a small non-negative x.
fn exp_scaled(x: &Integer, scale: &Integer, speed: u64) -> Integer {
    // exp(x) - 1 by halving x so often that few terms are enough, then squaring back.
    let reductions = bits(&((x << speed) / scale));
    let terms = (10 * digits(scale) / (3 * speed) + 1) as i64;
    let divisor = scale << reductions;
    let mut y = div_nearest(x, &Integer::from(terms));
    let mut i = terms - 1;
    while i > 0 {
        y = div_nearest(&(x * (&divisor + &y)), &(&divisor * Integer::from(i)));
        i -= 1;
    }
    let mut k = reductions as i64 - 1;
    while k >= 0 {
        let twice = scale << (k as u64 + 2);
        y = div_nearest(&(&y * (&y + &twice)), &twice);
        k -= 1;
    }
    scale + y
}

const SPEED: u64 = 8;

/// The digits of log(10), `places` behind the point.
fn log_ten(places: u64) -> Integer {
    let extra = 3;
    let scale = ten(places + extra + 2);
    let all = log_scaled(&(&scale * Integer::from(10)), &scale, SPEED);
    div_nearest(&all, &ten(extra + 2))
}

/// About `10**places * log10(c * 10**e)`.
pub fn log10(c: &Integer, e: i64, places: i64) -> Integer {
    let places = places + 2;
    let l = digits(c) as i64;
    let f = e + l - i64::from(e + l >= 1);
    let (log_d, log_tenpower) = if places > 0 {
        let scale = ten(places as u64);
        let k = e + places - f;
        let c = match k >= 0 {
            true => c * ten(k as u64),
            false => div_nearest(c, &ten(k.unsigned_abs())),
        };
        let log_d = log_scaled(&c, &scale, SPEED);
        let log_10 = log_ten(places as u64);
        (
            div_nearest(&(log_d * &scale), &log_10),
            Integer::from(f) * scale,
        )
    } else {
        let scale = ten(places.unsigned_abs());
        (Integer::from(0), div_nearest(&Integer::from(f), &scale))
    };
    div_nearest(&(log_tenpower + log_d), &Integer::from(100))
}

/// About `10**places * log(c * 10**e)`.
pub fn log(c: &Integer, e: i64, places: i64) -> Integer {
    let places = places + 2;
    let l = digits(c) as i64;
    let f = e + l - i64::from(e + l >= 1);
    let log_d = if places > 0 {
        let k = e + places - f;
        let c = match k >= 0 {
            true => c * ten(k as u64),
            false => div_nearest(c, &ten(k.unsigned_abs())),
        };
        log_scaled(&c, &ten(places as u64), SPEED)
    } else {
        Integer::from(0)
    };
    let f_log_ten = if f != 0 {
        let extra = digits(&Integer::from(f)) as i64 - 1;
        if places + extra >= 0 {
            let product = Integer::from(f) * log_ten((places + extra) as u64);
            div_nearest(&product, &ten(extra as u64))
        } else {
            Integer::from(0)
        }
    } else {
        Integer::from(0)
    };
    div_nearest(&(f_log_ten + log_d), &Integer::from(100))
}

/// `exp(c * 10**e)` as a coefficient of about `precision + 1` digits and an exponent.
pub fn exp(c: &Integer, e: i64, precision: i64) -> (Integer, i64) {
    let precision = precision + 2;
    // exp(x) is 10**q times exp(r), where x is q * log(10) + r.
    let extra = (e + digits(c) as i64 - 1).max(0);
    let q = precision + extra;
    let shift = e + q;
    let scaled = match shift >= 0 {
        true => c * ten(shift as u64),
        false => c.div_mod(ten(shift.unsigned_abs())).0,
    };
    let (quotient, rest) = scaled.div_mod(log_ten(q as u64));
    let rest = div_nearest(&rest, &ten(extra as u64));
    let mantissa = exp_scaled(&rest, &ten(precision as u64), SPEED);
    let power = i64::try_from(&quotient).unwrap_or(if quotient < 0 {
        i64::MIN / 4
    } else {
        i64::MAX / 4
    });
    (
        div_nearest(&mantissa, &Integer::from(1000)),
        power - precision + 3,
    )
}

/// `(xc * 10**xe) ** (yc * 10**ye)` as a coefficient of about `precision + 1` digits and an exponent.
pub fn power(xc: &Integer, xe: i64, yc: &Integer, ye: i64, precision: i64) -> (Integer, i64) {
    let b = digits(&Integer::from(yc.unsigned_abs())) as i64 + ye;
    let log_x = log(xc, xe, precision + b + 1);
    let shift = ye - b;
    let product = match shift >= 0 {
        true => &log_x * yc * ten(shift as u64),
        false => div_nearest(&(&log_x * yc), &ten(shift.unsigned_abs())),
    };
    if product == 0 {
        // The result is close to 1, and not 1 itself.
        let above = (digits(xc) as i64 + xe >= 1) == (*yc > 0);
        return match above {
            true => (ten(precision as u64 - 1) + Integer::from(1), 1 - precision),
            false => (ten(precision as u64) - Integer::from(1), -precision),
        };
    }
    let (coeff, exp) = exp(&product, -(precision + 1), precision + 1);
    (div_nearest(&coeff, &Integer::from(10)), exp + 1)
}
