//! Coefficients: natural numbers, of which most fit a machine word or two.
//!
//! Invariant: a `Big` does not fit `u128`, so that equal numbers have equal forms.

use core::cell::RefCell;
use core::cmp::Ordering;

use malachite_base::num::arithmetic::traits::{DivMod, Parity, Pow};
use malachite_base::num::logic::traits::SignificantBits;
use malachite_nz::natural::Natural;

/// A natural number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coeff {
    Small(u128),
    Big(Natural),
}

/// The powers of ten that fit `u128`.
const POWERS: [u128; 39] = {
    let mut powers = [1; 39];
    let mut i = 1;
    while i < powers.len() {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};

thread_local! {
    /// The last large power of ten, which is often the next one too.
    static LAST_POWER: RefCell<(u64, Natural)> = RefCell::new((0, Natural::from(1u32)));
}

fn large_power(exponent: u64) -> Natural {
    LAST_POWER.with_borrow_mut(|(last, power)| {
        if *last != exponent {
            *power = Natural::from(5u32).pow(exponent) << exponent;
            *last = exponent;
        }
        power.clone()
    })
}

fn small_digits(n: u128) -> u64 {
    if n == 0 {
        return 1;
    }
    // The number of digits or one less, from the number of bits.
    let estimate = ((128 - n.leading_zeros()) * 1233) >> 12;
    u64::from(estimate) + u64::from(n >= POWERS[estimate as usize])
}

/// How what was cut off relates to half of the unit above it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rest {
    Nothing,
    BelowHalf,
    Half,
    AboveHalf,
}

impl Rest {
    fn of(is_zero: bool, to_half: Ordering) -> Rest {
        match to_half {
            _ if is_zero => Rest::Nothing,
            Ordering::Less => Rest::BelowHalf,
            Ordering::Equal => Rest::Half,
            Ordering::Greater => Rest::AboveHalf,
        }
    }
}

impl Coeff {
    pub const ZERO: Coeff = Coeff::Small(0);
    pub const ONE: Coeff = Coeff::Small(1);

    /// Ten to a power.
    pub fn power_of_ten(exponent: u64) -> Coeff {
        match POWERS.get(exponent as usize) {
            Some(&power) => Coeff::Small(power),
            None => Coeff::Big(large_power(exponent)),
        }
    }

    /// So many nines.
    pub fn nines(count: u64) -> Coeff {
        Coeff::power_of_ten(count).sub(&Coeff::ONE)
    }

    pub fn from_natural(n: Natural) -> Coeff {
        match u128::try_from(&n) {
            Ok(small) => Coeff::Small(small),
            Err(_) => Coeff::Big(n),
        }
    }

    pub fn to_natural(&self) -> Natural {
        match self {
            Coeff::Small(n) => Natural::from(*n),
            Coeff::Big(n) => n.clone(),
        }
    }

    /// From limbs of 64 bits, the lowest first.
    pub fn from_limbs(limbs: &[u64]) -> Coeff {
        Coeff::from_natural(Natural::from_limbs_asc(limbs))
    }

    /// Its limbs of 64 bits, the lowest first.
    pub fn limbs(&self) -> Vec<u64> {
        self.to_natural().into_limbs_asc()
    }

    #[inline]
    pub fn is_zero(&self) -> bool {
        matches!(self, Coeff::Small(0))
    }

    pub fn is_one(&self) -> bool {
        matches!(self, Coeff::Small(1))
    }

    pub fn is_odd(&self) -> bool {
        match self {
            Coeff::Small(n) => n & 1 == 1,
            Coeff::Big(n) => n.odd(),
        }
    }

    pub fn to_u64(&self) -> Option<u64> {
        match self {
            Coeff::Small(n) => u64::try_from(*n).ok(),
            Coeff::Big(_) => None,
        }
    }

    /// How many digits it is written with; one for zero.
    pub fn digits(&self) -> u64 {
        match self {
            Coeff::Small(n) => small_digits(*n),
            Coeff::Big(n) => {
                // log10(2), from below.
                let estimate = ((u128::from(n.significant_bits() - 1) * 30_102_999_566_398_119)
                    / 100_000_000_000_000_000) as u64;
                estimate
                    + u64::from(*n >= large_power(estimate))
                    + u64::from(*n >= large_power(estimate + 1))
            }
        }
    }

    pub fn add(&self, other: &Coeff) -> Coeff {
        if let (Coeff::Small(a), Coeff::Small(b)) = (self, other)
            && let Some(sum) = a.checked_add(*b)
        {
            return Coeff::Small(sum);
        }
        Coeff::from_natural(self.to_natural() + other.to_natural())
    }

    /// The difference; `other` is not the larger.
    pub fn sub(&self, other: &Coeff) -> Coeff {
        match (self, other) {
            (Coeff::Small(a), Coeff::Small(b)) => Coeff::Small(a - b),
            _ => Coeff::from_natural(self.to_natural() - other.to_natural()),
        }
    }

    pub fn mul(&self, other: &Coeff) -> Coeff {
        match (self, other) {
            (Coeff::Small(a), Coeff::Small(b)) => match a.checked_mul(*b) {
                Some(product) => Coeff::Small(product),
                None => Coeff::from_natural(Natural::from(*a) * Natural::from(*b)),
            },
            (Coeff::Small(a), Coeff::Big(b)) | (Coeff::Big(b), Coeff::Small(a)) => {
                Coeff::from_natural(b * Natural::from(*a))
            }
            (Coeff::Big(a), Coeff::Big(b)) => Coeff::Big(a * b),
        }
    }

    /// The number with so many zeros behind it.
    pub fn shifted_left(&self, zeros: u64) -> Coeff {
        if zeros == 0 || self.is_zero() {
            return self.clone();
        }
        self.mul(&Coeff::power_of_ten(zeros))
    }

    /// Quotient and remainder; `other` is not zero.
    pub fn div_rem(&self, other: &Coeff) -> (Coeff, Coeff) {
        match (self, other) {
            (Coeff::Small(a), Coeff::Small(b)) => {
                if let (Ok(a), Ok(b)) = (u64::try_from(*a), u64::try_from(*b)) {
                    return (Coeff::Small((a / b).into()), Coeff::Small((a % b).into()));
                }
                (Coeff::Small(a / b), Coeff::Small(a % b))
            }
            (Coeff::Small(_), Coeff::Big(_)) => (Coeff::ZERO, self.clone()),
            _ => {
                let (q, r) = self.to_natural().div_mod(other.to_natural());
                (Coeff::from_natural(q), Coeff::from_natural(r))
            }
        }
    }

    /// The number without its last `count` digits, and what these were.
    pub fn cut(&self, count: u64) -> (Coeff, Rest) {
        if count == 0 {
            return (self.clone(), Rest::Nothing);
        }
        if self.is_zero() {
            return (Coeff::ZERO, Rest::Nothing);
        }
        if count > self.digits() {
            return (Coeff::ZERO, Rest::BelowHalf);
        }
        let (q, r) = self.div_rem(&Coeff::power_of_ten(count));
        let half = Coeff::Small(5).shifted_left(count - 1);
        let to_half = r.cmp(&half);
        (q, Rest::of(r.is_zero(), to_half))
    }

    /// Its last `count` digits.
    pub fn low_digits(&self, count: u64) -> Coeff {
        if count >= self.digits() {
            return self.clone();
        }
        self.div_rem(&Coeff::power_of_ten(count)).1
    }

    /// The last digit.
    pub fn last_digit(&self) -> u8 {
        match self {
            Coeff::Small(n) => (n % 10) as u8,
            Coeff::Big(_) => match self.div_rem(&Coeff::Small(10)).1 {
                Coeff::Small(n) => n as u8,
                Coeff::Big(_) => unreachable!("a remainder is smaller than ten"),
            },
        }
    }

    /// The number without zeros at its end, of which at most `limit` go, and how many went.
    pub fn without_zeros(&self, limit: u64) -> (Coeff, u64) {
        if self.is_zero() || limit == 0 {
            return (self.clone(), 0);
        }
        let (mut n, mut count) = (self.clone(), 0);
        // In ever smaller steps.
        let mut step = if matches!(n, Coeff::Big(_)) {
            n.digits() / 2
        } else {
            16
        };
        while step > 0 && count < limit {
            if step <= limit - count {
                let (q, r) = n.div_rem(&Coeff::power_of_ten(step));
                if r.is_zero() && !q.is_zero() {
                    n = q;
                    count += step;
                    continue;
                }
            }
            step /= 2;
        }
        (n, count)
    }
}

impl PartialOrd for Coeff {
    fn partial_cmp(&self, other: &Coeff) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Coeff {
    fn cmp(&self, other: &Coeff) -> Ordering {
        match (self, other) {
            (Coeff::Small(a), Coeff::Small(b)) => a.cmp(b),
            (Coeff::Small(_), Coeff::Big(_)) => Ordering::Less,
            (Coeff::Big(_), Coeff::Small(_)) => Ordering::Greater,
            (Coeff::Big(a), Coeff::Big(b)) => a.cmp(b),
        }
    }
}

impl core::fmt::Display for Coeff {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Coeff::Small(n) => n.fmt(f),
            Coeff::Big(n) => n.fmt(f),
        }
    }
}
