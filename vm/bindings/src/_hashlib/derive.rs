//! Keys derived from passwords: PBKDF2 and scrypt.

use super::algorithm;
use super::hmac::keyed;
use crate::codec::bytes_of;
use modules::prelude::*;
use vm::threads;
use vm::types::bytes;
use vm::types::int::IntExt as _;

/// `pbkdf2_hmac(hash_name, password, salt, iterations, dklen=None)`.
pub fn pbkdf2_hmac(
    _: &Obj,
    [name, password, salt, iterations, dklen]: [Option<&Obj>; 5],
) -> Result {
    let name = str_::text_argument("pbkdf2_hmac", "hash_name", required(name))?;
    let password = bytes_of(required(password))?.to_vec();
    let salt = bytes_of(required(salt))?.to_vec();
    let iterations = args::to_i64(required(iterations))?;
    let algorithm = algorithm(name)?;
    if iterations < 1 {
        return raise!(ValueError, "iteration value must be greater than 0.");
    }
    if iterations > i64::from(i32::MAX) {
        return raise!(OverflowError, "iteration value is too great.");
    }
    let length = match dklen.filter(|o| !o.is_none()) {
        Some(n) => args::to_i64(n)?,
        None => algorithm.digest_size as i64,
    };
    if length < 1 {
        return raise!(ValueError, "key length must be greater than 0.");
    }
    if length > i64::from(i32::MAX) {
        return raise!(OverflowError, "key length is too great.");
    }
    let derive = keyed(algorithm)?.pbkdf2;
    let mut out = vec![0; length as usize];
    threads::allow(|| derive(&password, &salt, iterations as u32, &mut out));
    Ok(bytes::new(&out).into_obj())
}

/// A parameter of scrypt.
fn cost(o: Option<&Obj>) -> Result<u64> {
    let n = number::index_int(required(o))?;
    if n.is_negative() {
        return raise!(ValueError, "Cannot convert negative int");
    }
    match n.to_u64() {
        Some(n) => Ok(n),
        None => raise!(
            OverflowError,
            "Python int too large to convert to C unsigned long"
        ),
    }
}

/// What OpenSSL allows where nothing is said.
const DEFAULT_MEMORY: u64 = 32 << 20;

/// `scrypt(password, *, salt, n, r, p, maxmem=0, dklen=64)`.
pub fn scrypt(_: &Obj, [password, salt, n, r, p, maxmem, dklen]: [Option<&Obj>; 7]) -> Result {
    let password = bytes_of(required(password))?.to_vec();
    let salt = bytes_of(required(salt))?.to_vec();
    let (n, r, p) = (cost(n)?, cost(r)?, cost(p)?);
    let most = i64::from(i32::MAX);
    let maxmem = maxmem.map_or(Ok(0), args::to_i64)?;
    let dklen = dklen.map_or(Ok(64), args::to_i64)?;
    if n < 2 || !n.is_power_of_two() {
        return raise!(ValueError, "n must be a power of 2.");
    }
    if !(0..=most).contains(&maxmem) {
        return raise!(
            ValueError,
            "maxmem must be positive and smaller than {most}"
        );
    }
    if !(1..=most).contains(&dklen) {
        return raise!(
            ValueError,
            "dklen must be greater than 0 and smaller than {most}"
        );
    }
    let log_n = n.trailing_zeros() as u8;
    let params = u32::try_from(r)
        .ok()
        .zip(u32::try_from(p).ok())
        .and_then(|(r, p)| ::scrypt::Params::new(log_n, r, p).ok());
    let Some(params) = params else {
        return raise!(
            ValueError,
            "Invalid parameter combination for n, r, p, maxmem."
        );
    };
    let allowed = if maxmem == 0 {
        DEFAULT_MEMORY
    } else {
        maxmem as u64
    };
    let needed = (128 * u128::from(r)) * (u128::from(p) + u128::from(n) + 2);
    if needed > u128::from(allowed) {
        return raise!(
            ValueError,
            "[digital envelope routines] memory limit exceeded"
        );
    }
    let mut out = vec![0; dklen as usize];
    let done = threads::allow(|| ::scrypt::scrypt(&password, &salt, &params, &mut out));
    match done {
        Ok(()) => Ok(bytes::new(&out).into_obj()),
        Err(_) => raise!(
            ValueError,
            "Invalid parameter combination for n, r, p, maxmem."
        ),
    }
}
