//! The Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998), seeded and read as CPython's
//! `_random` does.
//!
//! Invariant: the same seed gives the same numbers as on CPython.

const N: usize = 624;
const M: usize = 397;

#[derive(Clone)]
pub struct Random {
    state: [u32; N],
    next: usize,
}

impl Random {
    pub const STATE_LEN: usize = N;

    fn from_word(seed: u32) -> Self {
        let mut state = [seed; N];
        for i in 1..N {
            let previous = state[i - 1];
            state[i] = 1_812_433_253u32
                .wrapping_mul(previous ^ previous >> 30)
                .wrapping_add(i as u32);
        }
        Self { state, next: N }
    }

    /// Seeds from 32-bit words, least significant first; none counts as one zero.
    pub fn from_words(key: &[u32]) -> Self {
        let key = if key.is_empty() { &[0][..] } else { key };
        let mut this = Self::from_word(19_650_218);
        let state = &mut this.state;
        let mix = |state: &[u32; N], i: usize, factor: u32| {
            let previous = state[i - 1];
            state[i] ^ (previous ^ previous >> 30).wrapping_mul(factor)
        };
        let advance = |state: &mut [u32; N], i: usize| match i + 1 {
            N => {
                state[0] = state[N - 1];
                1
            }
            next => next,
        };
        let mut i = 1;
        for j in 0..key.len().max(N) {
            let j = j % key.len();
            state[i] = mix(state, i, 1_664_525)
                .wrapping_add(key[j])
                .wrapping_add(j as u32);
            i = advance(state, i);
        }
        for _ in 1..N {
            state[i] = mix(state, i, 1_566_083_941).wrapping_sub(i as u32);
            i = advance(state, i);
        }
        state[0] = 1 << 31;
        this
    }

    /// Seeds from the absolute value of an integer, given as 30-bit digits.
    pub fn from_digits(digits: &[u32]) -> Self {
        let (mut words, mut acc, mut bits) = (Vec::new(), 0u64, 0);
        for &digit in crate::digits::trim(digits) {
            acc |= u64::from(digit) << bits;
            bits += crate::digits::SHIFT;
            if bits >= 32 {
                words.push(acc as u32);
                acc >>= 32;
                bits -= 32;
            }
        }
        if acc != 0 {
            words.push(acc as u32);
        }
        Self::from_words(&words)
    }

    /// What `getstate` returns: the words and the place of the next one.
    pub fn state(&self) -> (&[u32; N], usize) {
        (&self.state, self.next)
    }

    /// `None` if `next` is past the end.
    pub fn from_state(state: [u32; N], next: usize) -> Option<Self> {
        (next <= N).then_some(Self { state, next })
    }

    fn refill(&mut self) {
        let state = &mut self.state;
        for i in 0..N {
            let joined = state[i] & 1 << 31 | state[(i + 1) % N] & !(1 << 31);
            let twist = if joined & 1 != 0 { 0x9908_b0df } else { 0 };
            state[i] = state[(i + M) % N] ^ joined >> 1 ^ twist;
        }
        self.next = 0;
    }

    pub fn next_u32(&mut self) -> u32 {
        if self.next >= N {
            self.refill();
        }
        let mut y = self.state[self.next];
        self.next += 1;
        y ^= y >> 11;
        y ^= y << 7 & 0x9d2c_5680;
        y ^= y << 15 & 0xefc6_0000;
        y ^ y >> 18
    }

    /// A float in [0, 1) with 53 random bits.
    pub fn random(&mut self) -> f64 {
        let high = self.next_u32() >> 5;
        let low = self.next_u32() >> 6;
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    /// An integer of `count` random bits, as little-endian 32-bit words.
    pub fn random_words(&mut self, count: u64) -> Vec<u32> {
        let mut words = vec![0; count.div_ceil(32) as usize];
        let mut left = count;
        for word in &mut words {
            *word = self.next_u32();
            if left < 32 {
                *word >>= 32 - left;
            }
            left = left.saturating_sub(32);
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_of_a_seed() {
        let mut random = Random::from_digits(&[12345]);
        assert_eq!(random.random(), 0.41661987254534116);
        assert_eq!(random.random_words(40), [43_676_229, 0xd1]);
        let mut seed = crate::digits::pow(&[2], 100);
        seed[0] |= 5;
        let mut random = Random::from_digits(&seed);
        assert_eq!(random.random(), 0.7033503239395905);
        let mut random = Random::from_words(&[]);
        assert_eq!(
            (0..=1000).map(|_| random.random()).last(),
            Some(0.9466893945947962)
        );
    }
}
