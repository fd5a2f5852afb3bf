//! The states of the hash functions: what has been hashed so far, behind one face.

use sha3::digest::{Digest, ExtendableOutput, Update, XofReader};

/// A hash function part of the way through its input.
pub trait State {
    /// Hashes more bytes.
    fn update(&mut self, bytes: &[u8]);
    /// The hash of what came so far. `length` is how many bytes of it to give where the function lets one choose.
    fn digest(&self, length: usize) -> Vec<u8>;
    /// A copy.
    fn boxed(&self) -> Box<dyn State>;
}

/// A function with a digest of fixed length.
#[derive(Clone)]
struct Fixed<D>(D);

impl<D: Digest + Clone + 'static> State for Fixed<D> {
    fn update(&mut self, bytes: &[u8]) {
        Digest::update(&mut self.0, bytes);
    }
    fn digest(&self, _: usize) -> Vec<u8> {
        self.0.clone().finalize().to_vec()
    }
    fn boxed(&self) -> Box<dyn State> {
        Box::new(self.clone())
    }
}

/// A function whose digest is as long as one asks for.
#[derive(Clone)]
struct Extendable<D>(D);

impl<D: ExtendableOutput + Update + Clone + 'static> State for Extendable<D> {
    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
    fn digest(&self, length: usize) -> Vec<u8> {
        let mut out = vec![0; length];
        self.0.clone().finalize_xof().read(&mut out);
        out
    }
    fn boxed(&self) -> Box<dyn State> {
        Box::new(self.clone())
    }
}

impl State for blake2b_simd::State {
    fn update(&mut self, bytes: &[u8]) {
        blake2b_simd::State::update(self, bytes);
    }
    fn digest(&self, _: usize) -> Vec<u8> {
        self.finalize().as_bytes().to_vec()
    }
    fn boxed(&self) -> Box<dyn State> {
        Box::new(self.clone())
    }
}

impl State for blake2s_simd::State {
    fn update(&mut self, bytes: &[u8]) {
        blake2s_simd::State::update(self, bytes);
    }
    fn digest(&self, _: usize) -> Vec<u8> {
        self.finalize().as_bytes().to_vec()
    }
    fn boxed(&self) -> Box<dyn State> {
        Box::new(self.clone())
    }
}

/// A fresh state of a function with a digest of fixed length.
pub fn fixed<D: Digest + Clone + 'static>() -> Box<dyn State> {
    Box::new(Fixed(D::new()))
}

/// A fresh state of a function whose digest is as long as one asks for.
pub fn extendable<D: ExtendableOutput + Update + Clone + Default + 'static>() -> Box<dyn State> {
    Box::new(Extendable(D::default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_goes_its_own_way() {
        let mut state = fixed::<sha2::Sha256>();
        state.update(b"ab");
        let mut copy = state.boxed();
        copy.update(b"c");
        assert_eq!(copy.digest(0), sha2::Sha256::digest(b"abc").to_vec());
        assert_eq!(state.digest(0), sha2::Sha256::digest(b"ab").to_vec());
    }

    #[test]
    fn a_longer_digest_continues_a_shorter_one() {
        let state = extendable::<sha3::Shake128>();
        let long = state.digest(40);
        assert_eq!(long[..32], state.digest(32));
        assert_eq!(long[..4], [0x7f, 0x9c, 0x2b, 0xa4]);
    }
}
