//! `long double`: the x87's 80-bit format in sixteen bytes, or IEEE's 128-bit format elsewhere. Rust has neither.

use super::Extent;
use crate::prelude::*;
use vm::types::{complex, float};

/// How many bytes a `long double` takes.
const SIZE: usize = 16;

/// The fields of a binary format with more room than `double`.
struct Format {
    /// The bits of the fraction that are stored, an explicit leading one included.
    fraction: u32,
    /// Whether the leading one is stored.
    explicit: bool,
}

#[cfg(target_arch = "x86_64")]
const FORMAT: Format = Format {
    fraction: 64,
    explicit: true,
};

#[cfg(not(target_arch = "x86_64"))]
const FORMAT: Format = Format {
    fraction: 112,
    explicit: false,
};

const EXPONENT_MAX: u128 = 0x7fff;
const BIAS: i32 = 0x3fff;

impl Format {
    /// The bits of the fraction below its leading one.
    fn below(&self) -> u32 {
        self.fraction - u32::from(self.explicit)
    }

    fn encode(&self, x: f64) -> u128 {
        let bits = x.to_bits();
        let sign = u128::from(bits >> 63) << (self.fraction + 15);
        let exponent = (bits >> 52 & 0x7ff) as i32;
        let fraction = bits & ((1 << 52) - 1);
        let lead = if self.explicit {
            1u128 << self.below()
        } else {
            0
        };
        let (exponent, fraction) = match (exponent, fraction) {
            (0, 0) => return sign,
            (0x7ff, f) => (EXPONENT_MAX, u128::from(f) << (self.below() - 52) | lead),
            (0, f) => {
                // A subnormal double is a normal number here.
                let shift = f.leading_zeros() - 11;
                let fraction = u128::from(f << shift & ((1 << 52) - 1));
                let exponent = (BIAS - 1022 - shift as i32) as u128;
                (exponent, fraction << (self.below() - 52) | lead)
            }
            (e, f) => (
                (e - 1023 + BIAS) as u128,
                u128::from(f) << (self.below() - 52) | lead,
            ),
        };
        sign | exponent << self.fraction | fraction
    }

    fn decode(&self, bits: u128) -> f64 {
        let negative = bits >> (self.fraction + 15) & 1 == 1;
        let exponent = (bits >> self.fraction & EXPONENT_MAX) as i32;
        let stored = bits & ((1 << self.fraction) - 1);
        let below = stored & ((1 << self.below()) - 1);
        let magnitude = if exponent == EXPONENT_MAX as i32 {
            if below == 0 { f64::INFINITY } else { f64::NAN }
        } else {
            let implied = u128::from(!self.explicit && exponent != 0) << self.below();
            let (kept, lost) = narrowed(stored | implied);
            let power = exponent.max(1) - BIAS - self.below() as i32 + lost;
            scale(kept, power)
        };
        if negative { -magnitude } else { magnitude }
    }
}

/// The upper 64 bits of a fraction, the last of which says whether more was lost, and how many were cut.
fn narrowed(fraction: u128) -> (u64, i32) {
    let lost = 64u32.saturating_sub(fraction.leading_zeros());
    let kept = (fraction >> lost) as u64;
    let sticky = fraction & ((1u128 << lost) - 1) != 0;
    (kept | u64::from(sticky), lost as i32)
}

/// `fraction * 2**power`, rounded once, half to even.
fn scale(fraction: u64, power: i32) -> f64 {
    if fraction == 0 {
        return 0.0;
    }
    let top = 63 - fraction.leading_zeros() as i32;
    // Below the normal doubles there are fewer bits to keep: those are rounded away first.
    let spare = -1074 - power;
    if spare > 0 && top + power < -1022 {
        if spare > 63 {
            return if spare == 64 && fraction > 1 << 63 {
                f64::from_bits(1)
            } else {
                0.0
            };
        }
        let (kept, half) = (fraction >> spare, 1u64 << (spare - 1));
        let rest = fraction & ((1u64 << spare) - 1);
        let up = rest > half || rest == half && kept & 1 == 1;
        return f64::from_bits(kept + u64::from(up));
    }
    // SAFETY: arithmetic alone.
    unsafe { ldexp(fraction as f64, power) }
}

unsafe extern "C" {
    fn ldexp(x: f64, power: c_int) -> f64;
}

/// # Safety
/// A `long double` can be read there.
unsafe fn load(at: *const u8) -> f64 {
    let mut raw = [0u8; SIZE];
    let used = (FORMAT.fraction as usize + 16) / 8;
    // SAFETY: the caller's.
    unsafe { ptr::copy_nonoverlapping(at, raw.as_mut_ptr(), used) };
    FORMAT.decode(u128::from_le_bytes(raw))
}

/// # Safety
/// A `long double` can be written there.
unsafe fn store(at: *mut u8, x: f64) {
    let raw = FORMAT.encode(x).to_le_bytes();
    // SAFETY: the caller's.
    unsafe { ptr::copy_nonoverlapping(raw.as_ptr(), at, SIZE) };
}

/// # Safety
/// A `long double` can be read there.
pub unsafe fn get(at: *const u8, _: Extent) -> Result {
    // SAFETY: the caller's.
    Ok(float::new(unsafe { load(at) }).into_obj())
}

/// # Safety
/// A `long double` can be written there.
pub unsafe fn set(at: *mut u8, value: &Obj, _: Extent) -> Result {
    let x = number::as_f64(value)?;
    // SAFETY: the caller's.
    unsafe { store(at, x) };
    Ok(none())
}

/// # Safety
/// Two `long double` can be read there.
pub unsafe fn complex_get(at: *const u8, _: Extent) -> Result {
    // SAFETY: the caller's.
    let (real, imag) = unsafe { (load(at), load(at.add(SIZE))) };
    Ok(complex::new(real, imag).into_obj())
}

/// # Safety
/// Two `long double` can be written there.
pub unsafe fn complex_set(at: *mut u8, value: &Obj, _: Extent) -> Result {
    let z = complex::value_of(value)?;
    // SAFETY: the caller's.
    unsafe {
        store(at, z.real);
        store(at.add(SIZE), z.imag);
    }
    Ok(none())
}

#[cfg(test)]
mod tests {
    use super::{FORMAT, Format};

    const QUAD: Format = Format {
        fraction: 112,
        explicit: false,
    };

    #[test]
    fn doubles_survive() {
        let tiny = f64::from_bits(1);
        let samples = [
            0.0,
            -0.0,
            1.0,
            -1.5,
            0.1,
            1e300,
            5e-324,
            tiny * 3.0,
            2.3e-308,
            f64::MAX,
            f64::INFINITY,
        ];
        for x in samples {
            for format in [&FORMAT, &QUAD] {
                assert_eq!(
                    format.decode(format.encode(x)).to_bits(),
                    x.to_bits(),
                    "{x}"
                );
                assert_eq!(
                    format.decode(format.encode(-x)).to_bits(),
                    (-x).to_bits(),
                    "-{x}"
                );
            }
        }
        assert!(FORMAT.decode(FORMAT.encode(f64::NAN)).is_nan());
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn the_layout_is_the_x87s() {
        assert_eq!(FORMAT.encode(1.0), 0x3fff_8000_0000_0000_0000);
        assert_eq!(FORMAT.encode(-2.0), 0xc000_8000_0000_0000_0000);
        // One and a bit that a double has no room for: half to even.
        assert_eq!(FORMAT.decode(0x3fff_8000_0000_0000_0400), 1.0);
        assert_eq!(
            FORMAT.decode(0x3fff_8000_0000_0000_0401),
            1.0 + f64::EPSILON
        );
        assert_eq!(FORMAT.decode(0x7ffe_8000_0000_0000_0000), f64::INFINITY);
        assert_eq!(FORMAT.decode(1), 0.0);
    }
}
