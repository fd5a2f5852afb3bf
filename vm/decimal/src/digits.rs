//! Coefficients as sequences of decimal digits.

use core::str::FromStr;

use malachite_base::num::arithmetic::traits::Gcd;
use malachite_nz::natural::Natural;

use crate::coeff::Coeff;

impl Coeff {
    /// From ASCII digits; no digits are zero.
    pub fn from_ascii(digits: &[u8]) -> Coeff {
        let start = digits
            .iter()
            .position(|d| *d != b'0')
            .unwrap_or(digits.len());
        let digits = &digits[start..];
        if digits.len() <= 38 {
            let value = |n: u128, d: &u8| n * 10 + u128::from(d - b'0');
            return Coeff::Small(digits.iter().fold(0, value));
        }
        let text = core::str::from_utf8(digits).expect("digits are ASCII");
        let n = Natural::from_str(text).expect("digits make a number");
        Coeff::from_natural(n)
    }

    /// The fraction of two numbers in lowest terms.
    pub fn reduced_fraction(&self, other: &Coeff) -> (Coeff, Coeff) {
        let (a, b) = (self.to_natural(), other.to_natural());
        let common = Coeff::from_natural((&a).gcd(&b));
        (self.div_rem(&common).0, other.div_rem(&common).0)
    }

    /// As ASCII digits.
    pub fn to_ascii(&self) -> Vec<u8> {
        self.to_string().into_bytes()
    }
}
