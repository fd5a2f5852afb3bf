//! Hashes, equal to CPython's for the same key: numbers modulo 2**61 - 1, SipHash-1-3 for text
//! and bytes, and the combiners of tuples and frozensets.
//!
//! Invariant: no hash is ever -1, which means "error" in the C API.

const MODULUS_BITS: u32 = 61;
pub const MODULUS: u64 = (1 << MODULUS_BITS) - 1;
pub const INF: i64 = 314_159;
pub const IMAG: u64 = 1_000_003;

#[inline]
fn not_error(hash: u64) -> i64 {
    if hash == u64::MAX { -2 } else { hash as i64 }
}

#[inline]
fn signed(negative: bool, hash: u64) -> i64 {
    not_error(if negative { hash.wrapping_neg() } else { hash })
}

#[inline]
fn rotate(value: u64, bits: u32) -> u64 {
    (value << bits) & MODULUS | value >> (MODULUS_BITS - bits)
}

pub fn hash_digits(negative: bool, digits: &[u32]) -> i64 {
    let mut hash = 0;
    for &digit in digits.iter().rev() {
        hash = rotate(hash, crate::digits::SHIFT) + u64::from(digit);
        if hash >= MODULUS {
            hash -= MODULUS;
        }
    }
    signed(negative, hash)
}

#[inline]
pub fn hash_i64(value: i64) -> i64 {
    signed(value < 0, value.unsigned_abs() % MODULUS)
}

/// The hash of a float; `None` for NaN, which hashes by its object's address.
pub fn hash_f64(value: f64) -> Option<i64> {
    if value.is_nan() {
        return None;
    }
    if value.is_infinite() {
        return Some(if value > 0.0 { INF } else { -INF });
    }
    let (mantissa, exponent) = crate::float::frexp(value.abs());
    // The mantissa as an integer of 53 bits, scaled back by a rotation.
    let hash = (mantissa * (1u64 << 53) as f64) as u64;
    let shift = (exponent - 53).rem_euclid(MODULUS_BITS as i32) as u32;
    let hash = if shift == 0 {
        hash
    } else {
        rotate(hash, shift)
    };
    Some(signed(value < 0.0, hash))
}

/// Combines the hashes of a complex number's parts.
pub fn hash_complex(real: i64, imag: i64) -> i64 {
    not_error((real as u64).wrapping_add(IMAG.wrapping_mul(imag as u64)))
}

/// The low bits of addresses are all alike: they go to the top.
#[inline]
pub fn hash_pointer(address: usize) -> i64 {
    not_error((address as u64).rotate_right(4))
}

/// The key of text hashes: what `PYTHONHASHSEED` selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    k0: u64,
    k1: u64,
}

impl Key {
    /// Seed 0: hashing is not randomised.
    pub const ZERO: Self = Self { k0: 0, k1: 0 };

    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let value = u128::from_le_bytes(bytes);
        Self {
            k0: value as u64,
            k1: (value >> 64) as u64,
        }
    }

    /// The key that CPython derives from a numeric seed.
    pub fn from_seed(seed: u32) -> Self {
        if seed == 0 {
            return Self::ZERO;
        }
        let mut state = seed;
        Self::from_bytes(std::array::from_fn(|_| {
            state = state.wrapping_mul(214_013).wrapping_add(2_531_011);
            (state >> 16) as u8
        }))
    }

    /// The hash of a string's or bytes object's own memory; empty hashes to 0.
    #[inline]
    pub fn hash_bytes(self, bytes: &[u8]) -> i64 {
        if bytes.is_empty() {
            0
        } else {
            not_error(self.siphash13(bytes))
        }
    }

    fn siphash13(self, bytes: &[u8]) -> u64 {
        let mut state = [
            self.k0 ^ 0x736f_6d65_7073_6575,
            self.k1 ^ 0x646f_7261_6e64_6f6d,
            self.k0 ^ 0x6c79_6765_6e65_7261,
            self.k1 ^ 0x7465_6462_7974_6573,
        ];
        let (words, tail) = bytes.as_chunks::<8>();
        for word in words {
            let word = u64::from_le_bytes(*word);
            state[3] ^= word;
            round(&mut state);
            state[0] ^= word;
        }
        let mut last = (bytes.len() as u64) << 56;
        for (i, &byte) in tail.iter().enumerate() {
            last |= u64::from(byte) << (8 * i);
        }
        state[3] ^= last;
        round(&mut state);
        state[0] ^= last;
        state[2] ^= 0xff;
        round(&mut state);
        round(&mut state);
        round(&mut state);
        state[0] ^ state[1] ^ state[2] ^ state[3]
    }
}

#[inline(always)]
fn round(v: &mut [u64; 4]) {
    v[0] = v[0].wrapping_add(v[1]);
    v[2] = v[2].wrapping_add(v[3]);
    v[1] = v[1].rotate_left(13) ^ v[0];
    v[3] = v[3].rotate_left(16) ^ v[2];
    v[0] = v[0].rotate_left(32);
    v[2] = v[2].wrapping_add(v[1]);
    v[0] = v[0].wrapping_add(v[3]);
    v[1] = v[1].rotate_left(17) ^ v[2];
    v[3] = v[3].rotate_left(21) ^ v[0];
    v[2] = v[2].rotate_left(32);
}

/// Combines the hashes of a tuple's items in order (xxHash's accumulator).
#[derive(Clone, Copy, Debug)]
pub struct TupleHasher {
    state: u64,
    len: u64,
}

impl Default for TupleHasher {
    fn default() -> Self {
        Self {
            state: Self::PRIME_5,
            len: 0,
        }
    }
}

impl TupleHasher {
    const PRIME_1: u64 = 11_400_714_785_074_694_791;
    const PRIME_2: u64 = 14_029_467_366_897_019_727;
    const PRIME_5: u64 = 2_870_177_450_012_600_261;

    #[inline]
    pub fn add(&mut self, item: i64) {
        let mixed = self
            .state
            .wrapping_add((item as u64).wrapping_mul(Self::PRIME_2));
        self.state = mixed.rotate_left(31).wrapping_mul(Self::PRIME_1);
        self.len += 1;
    }

    #[inline]
    pub fn finish(self) -> i64 {
        let hash = self
            .state
            .wrapping_add(self.len ^ Self::PRIME_5 ^ 3_527_539);
        if hash == u64::MAX {
            1_546_275_796
        } else {
            hash as i64
        }
    }
}

/// Combines the hashes of a frozenset's items in any order.
#[derive(Clone, Copy, Debug, Default)]
pub struct SetHasher {
    state: u64,
    len: u64,
}

impl SetHasher {
    #[inline]
    pub fn add(&mut self, item: i64) {
        let item = item as u64;
        self.state ^= (item ^ 89_869_747 ^ item << 16).wrapping_mul(3_644_798_167);
        self.len += 1;
    }

    #[inline]
    pub fn finish(self) -> i64 {
        let mut hash = self.state ^ (self.len + 1).wrapping_mul(1_927_868_237);
        hash ^= hash >> 11 ^ hash >> 25;
        hash = hash.wrapping_mul(69_069).wrapping_add(907_133_923);
        if hash == u64::MAX {
            590_923_713
        } else {
            hash as i64
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_by_seed() {
        assert_eq!(Key::ZERO.hash_bytes(b""), 0);
        assert_eq!(
            Key::from_seed(0).hash_bytes(b"abc"),
            -4_594_863_902_769_663_758
        );
        assert_eq!(
            Key::from_seed(42).hash_bytes(b"abc"),
            3_869_580_338_025_362_921
        );
        assert_eq!(
            Key::from_seed(42).hash_bytes(b"hello world, how"),
            349_079_264_058_243_698
        );
    }

    #[test]
    fn numbers() {
        assert_eq!(hash_i64(-1), -2);
        assert_eq!(hash_i64(i64::MIN), -4);
        assert_eq!(hash_f64(1.5), Some(1_152_921_504_606_846_977));
        assert_eq!(hash_f64(-1e300), Some(-1_224_995_262_755_759_164));
        assert_eq!(hash_f64(5e-324), Some(16_777_216));
        assert_eq!(hash_f64(3.0), Some(3));
        assert_eq!(hash_f64(0.0), Some(0));
    }

    #[test]
    fn collections() {
        let mut tuple = TupleHasher::default();
        assert_eq!(tuple.finish(), 5_740_354_900_026_072_187);
        (1..=3).for_each(|item| tuple.add(item));
        assert_eq!(tuple.finish(), 529_344_067_295_497_451);
        let mut set = SetHasher::default();
        assert_eq!(set.finish(), 133_146_708_735_736);
        (1..=3).for_each(|item| set.add(item));
        assert_eq!(set.finish(), -272_375_401_224_217_160);
    }
}
