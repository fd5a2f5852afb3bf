//! The table of digests, with OpenSSL's names for them.

use ::hmac::digest::block_api::EagerHash;
use ::hmac::digest::common::BlockSizeUser;
use ::hmac::digest::{Digest, KeyInit, Mac};
use ::hmac::{Hmac, SimpleHmac};

use modules::hashes::state::{State, extendable, fixed};

/// A digest.
pub struct Algorithm {
    /// What Python calls it.
    pub name: &'static str,
    /// What OpenSSL calls it besides, in lower case.
    aliases: &'static [&'static str],
    pub block_size: usize,
    /// 0 where callers choose.
    pub digest_size: usize,
    pub start: fn() -> Box<dyn State>,
    /// What needs a digest of fixed length.
    pub keyed: Option<Keyed>,
}

/// What is built on a digest.
pub struct Keyed {
    /// HMAC with a key.
    pub hmac: fn(key: &[u8]) -> Box<dyn State>,
    /// PBKDF2 with that many rounds.
    pub pbkdf2: fn(password: &[u8], salt: &[u8], rounds: u32, out: &mut [u8]),
}

/// A message authentication code part of the way through its message.
struct Code<M>(M);

impl<M: Mac + Clone + 'static> State for Code<M> {
    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
    fn digest(&self, _: usize) -> Vec<u8> {
        self.0.clone().finalize().into_bytes().to_vec()
    }
    fn boxed(&self) -> Box<dyn State> {
        Box::new(Code(self.0.clone()))
    }
}

const ANY_KEY: &str = "a key of any length will do";

fn hmac<D: Digest + BlockSizeUser + Clone + 'static>(key: &[u8]) -> Box<dyn State> {
    Box::new(Code(
        <SimpleHmac<D> as KeyInit>::new_from_slice(key).expect(ANY_KEY),
    ))
}

/// PBKDF2 with a digest whose state after the key can be kept.
fn pbkdf2_eager<D: EagerHash>(password: &[u8], salt: &[u8], rounds: u32, out: &mut [u8])
where
    Hmac<D>: KeyInit + Mac + Clone + Sync,
{
    pbkdf2::pbkdf2::<Hmac<D>>(password, salt, rounds, out).expect(ANY_KEY);
}

fn pbkdf2_simple<D: Digest + BlockSizeUser + Clone + Sync>(
    password: &[u8],
    salt: &[u8],
    rounds: u32,
    out: &mut [u8],
) {
    pbkdf2::pbkdf2::<SimpleHmac<D>>(password, salt, rounds, out).expect(ANY_KEY);
}

/// A row: Python's name, OpenSSL's others, sizes of a block and of the digest, the type, and how its PBKDF2 is made.
macro_rules! row {
    ($name:literal, $aliases:expr, $block:literal, $size:literal, $digest:ty, $pbkdf2:ident) => {
        Algorithm {
            name: $name,
            aliases: &$aliases,
            block_size: $block,
            digest_size: $size,
            start: fixed::<$digest>,
            keyed: Some(Keyed {
                hmac: hmac::<$digest>,
                pbkdf2: $pbkdf2::<$digest>,
            }),
        }
    };
}

/// A row of a digest that is as long as one asks for.
macro_rules! extendable_row {
    ($name:literal, $aliases:expr, $block:literal, $digest:ty) => {
        Algorithm {
            name: $name,
            aliases: &$aliases,
            block_size: $block,
            digest_size: 0,
            start: extendable::<$digest>,
            keyed: None,
        }
    };
}

/// All digests.
#[rustfmt::skip]
pub static ALGORITHMS: [Algorithm; 18] = [
    row!("md5", ["ssl3-md5"], 64, 16, md5::Md5, pbkdf2_eager),
    row!("sha1", ["sha-1", "ssl3-sha1"], 64, 20, sha1::Sha1, pbkdf2_eager),
    row!("sha224", ["sha2-224", "sha-224"], 64, 28, sha2::Sha224, pbkdf2_eager),
    row!("sha256", ["sha2-256", "sha-256"], 64, 32, sha2::Sha256, pbkdf2_eager),
    row!("sha384", ["sha2-384", "sha-384"], 128, 48, sha2::Sha384, pbkdf2_eager),
    row!("sha512", ["sha2-512", "sha-512"], 128, 64, sha2::Sha512, pbkdf2_eager),
    row!("sha512_224", ["sha512-224", "sha2-512/224", "sha-512/224"], 128, 28, sha2::Sha512_224, pbkdf2_eager),
    row!("sha512_256", ["sha512-256", "sha2-512/256", "sha-512/256"], 128, 32, sha2::Sha512_256, pbkdf2_eager),
    row!("sha3_224", ["sha3-224"], 144, 28, sha3::Sha3_224, pbkdf2_simple),
    row!("sha3_256", ["sha3-256"], 136, 32, sha3::Sha3_256, pbkdf2_simple),
    row!("sha3_384", ["sha3-384"], 104, 48, sha3::Sha3_384, pbkdf2_simple),
    row!("sha3_512", ["sha3-512"], 72, 64, sha3::Sha3_512, pbkdf2_simple),
    extendable_row!("shake_128", ["shake-128", "shake128"], 168, sha3::Shake128),
    extendable_row!("shake_256", ["shake-256", "shake256"], 136, sha3::Shake256),
    row!("blake2b", ["blake2b-512", "blake2b512"], 128, 64, blake2::Blake2b512, pbkdf2_simple),
    row!("blake2s", ["blake2s-256", "blake2s256"], 64, 32, blake2::Blake2s256, pbkdf2_simple),
    row!("ripemd160", ["ripemd-160", "ripemd", "rmd160"], 64, 20, ripemd::Ripemd160, pbkdf2_eager),
    row!("sm3", [], 64, 32, sm3::Sm3, pbkdf2_eager),
];

/// The algorithm of Python's name.
pub fn of_python_name(name: &str) -> &'static Algorithm {
    let found = ALGORITHMS.iter().find(|a| a.name == name);
    found.expect("a constructor's name is in the table")
}

/// The algorithm of any of its names, in any case.
pub fn find(name: &str) -> Option<&'static Algorithm> {
    ALGORITHMS.iter().find(|a| {
        a.name.eq_ignore_ascii_case(name)
            || a.aliases
                .iter()
                .any(|alias| alias.eq_ignore_ascii_case(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_digests() {
        for a in &ALGORITHMS {
            let length = if a.digest_size == 0 { 7 } else { a.digest_size };
            assert_eq!((a.start)().digest(length).len(), length, "{}", a.name);
        }
    }

    #[test]
    fn names_are_found_in_any_case() {
        assert_eq!(find("SHA2-512/256").map(|a| a.name), Some("sha512_256"));
        assert_eq!(find("Blake2b512").map(|a| a.name), Some("blake2b"));
        assert!(find("md4").is_none());
    }

    #[test]
    fn one_round_of_derivation_is_one_code() {
        for a in &ALGORITHMS {
            let Some(keyed) = &a.keyed else { continue };
            let mut out = vec![0; a.digest_size];
            (keyed.pbkdf2)(b"password", b"salt", 1, &mut out);
            let mut code = (keyed.hmac)(b"password");
            code.update(b"salt\0\0\0\x01");
            assert_eq!(code.digest(0), out, "{}", a.name);
        }
    }
}
