//! Exponents: `ldexp` and `frexp`, rounding results below the normal range only once.

/// `value * 2**exponent`, rounded once; infinite if too large.
pub fn ldexp(value: f64, exponent: i32) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let (mantissa, own) = frexp(value);
    let exponent = exponent.saturating_add(own).clamp(-1200, 1100);
    if exponent > 1000 {
        mantissa * power(1000) * power(exponent - 1000)
    } else if exponent > -1000 {
        mantissa * power(exponent)
    } else {
        // The first product is exact, so only the second rounds.
        mantissa * power(-900) * power(exponent + 900)
    }
}

/// 2**exponent, for exponents of normal floats.
fn power(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

/// Mantissa in [0.5, 1) and exponent; zeros, infinities and NaN come back with exponent 0.
pub fn frexp(value: f64) -> (f64, i32) {
    if value == 0.0 || !value.is_finite() {
        return (value, 0);
    }
    let (value, shift) = if value.is_subnormal() {
        (value * power(64), 64)
    } else {
        (value, 0)
    };
    let bits = value.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i32 - 1022;
    (
        f64::from_bits(bits & !(0x7ff << 52) | 1022 << 52),
        exponent - shift,
    )
}
