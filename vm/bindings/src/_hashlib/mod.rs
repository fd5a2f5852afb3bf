//! `_hashlib`: digests by name, message authentication and key derivation.
//!
//! In CPython this is OpenSSL's; here it is the RustCrypto crates', under OpenSSL's names and with its words for errors.

mod algorithms;
mod derive;
mod hash;
mod hmac;

use crate::error_class::ErrorClass;
use algorithms::{ALGORITHMS, Algorithm};
use modules::prelude::*;
use vm::protocol::buffer;
use vm::types::dict::{self, DictExt as _};
use vm::types::{mappingproxy, set};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_hashlib",
    methods: METHODS,
    exec,
};

/// A function that makes a hash object of the algorithm of its name.
macro_rules! constructor {
    ($function:literal, $name:literal, $signature:literal) => {
        keywords!(
            $function,
            |_: &Obj, [data, _, string]: [Option<&Obj>; 3]| {
                hash::start(algorithms::of_python_name($name), data, string)
            },
            $signature
        )
    };
}

static METHODS: &[PyMethodDef] = &[
    keywords!(
        "new",
        |_: &Obj, [name, data, _, string]: [Option<&Obj>; 4]| {
            let name = str_::text_argument("new", "name", required(name))?;
            let algorithm = algorithm(name)?;
            hash::start(algorithm, data, string)
        },
        "($module, /, name, data=b'', *, usedforsecurity=True, string=None)"
    ),
    constructor!(
        "openssl_md5",
        "md5",
        "($module, /, data=b'', *, usedforsecurity=True, string=None)"
    ),
    constructor!(
        "openssl_sha1",
        "sha1",
        "($module, /, data=b'', *, usedforsecurity=True, string=None)"
    ),
    constructor!(
        "openssl_sha224",
        "sha224",
        "($module, /, data=b'', *, usedforsecurity=True,\n               string=None)"
    ),
    constructor!(
        "openssl_sha256",
        "sha256",
        "($module, /, data=b'', *, usedforsecurity=True,\n               string=None)"
    ),
    constructor!(
        "openssl_sha384",
        "sha384",
        "($module, /, data=b'', *, usedforsecurity=True,\n               string=None)"
    ),
    constructor!(
        "openssl_sha512",
        "sha512",
        "($module, /, data=b'', *, usedforsecurity=True,\n               string=None)"
    ),
    constructor!(
        "openssl_sha3_224",
        "sha3_224",
        "($module, /, data=b'', *, usedforsecurity=True,\n                 string=None)"
    ),
    constructor!(
        "openssl_sha3_256",
        "sha3_256",
        "($module, /, data=b'', *, usedforsecurity=True,\n                 string=None)"
    ),
    constructor!(
        "openssl_sha3_384",
        "sha3_384",
        "($module, /, data=b'', *, usedforsecurity=True,\n                 string=None)"
    ),
    constructor!(
        "openssl_sha3_512",
        "sha3_512",
        "($module, /, data=b'', *, usedforsecurity=True,\n                 string=None)"
    ),
    constructor!(
        "openssl_shake_128",
        "shake_128",
        "($module, /, data=b'', *, usedforsecurity=True,\n                  string=None)"
    ),
    constructor!(
        "openssl_shake_256",
        "shake_256",
        "($module, /, data=b'', *, usedforsecurity=True,\n                  string=None)"
    ),
    keywords!(
        "hmac_new",
        hmac::hmac_new,
        "($module, /, key, msg=b'', digestmod=None)"
    ),
    keywords!(
        "hmac_digest",
        hmac::hmac_digest,
        "($module, /, key, msg, digest)"
    ),
    keywords!(
        "pbkdf2_hmac",
        derive::pbkdf2_hmac,
        "($module, /, hash_name, password, salt, iterations,\n            dklen=None)"
    ),
    keywords!(
        "scrypt",
        derive::scrypt,
        "($module, /, password, *, salt, n, r, p, maxmem=0, dklen=64)"
    ),
    noargs!("get_fips_mode", |_: &Obj| Ok(0), "($module, /)"),
    fastcall!(
        "compare_digest",
        |_: &Obj, a: &[&Obj]| {
            args::expect("compare_digest", a, 2..=2)?;
            modules::_operator::compare_digest(a[0], a[1])
        },
        "($module, a, b, /)"
    ),
];

static UNSUPPORTED: ErrorClass = ErrorClass::new();

/// Which name each constructor stands for.
static CONSTRUCTORS: Global<*const PyDictObject> = Global::new(core::ptr::null());

/// Shorter inputs are hashed without giving up the lock in CPython.
const GIL_MINSIZE: i64 = 2048;

fn exec(m: &Obj) -> Result<()> {
    add_types(
        m,
        &[
            (&hash::HASH, c"_hashlib.HASH", hash::define),
            (&hash::HASHXOF, c"_hashlib.HASHXOF", hash::define_extendable),
            (&hmac::HMAC, c"_hashlib.HMAC", hmac::define),
        ],
    )?;
    UNSUPPORTED.add(
        m,
        "_hashlib",
        "UnsupportedDigestmodError",
        &[&exc::ValueError],
    )?;
    let names = tuple::from_vec(
        ALGORITHMS
            .iter()
            .map(|a| str_::new(a.name).into_obj())
            .collect(),
    );
    let names = set::new_frozenset(Some(names.as_obj()))?;
    module::add(m, "openssl_md_meth_names", names.as_obj())?;
    let constructors = dict::new();
    for a in &ALGORITHMS {
        let function = format!("openssl_{}", a.name);
        if let Some(function) = module::dict_of(m).get_str(&function) {
            constructors.set(&function, str_::intern_str(a.name))?;
        }
    }
    let shown = mappingproxy::new(constructors.as_obj())?;
    module::add(m, "_constructors", &shown)?;
    CONSTRUCTORS.set(constructors.into_raw().cast());
    module::add(m, "_GIL_MINSIZE", int::from_i64(GIL_MINSIZE).as_obj())
}

/// The algorithm that OpenSSL knows by this name.
fn algorithm(name: &str) -> Result<&'static Algorithm> {
    match algorithms::find(name) {
        Some(algorithm) => Ok(algorithm),
        None => Err(UNSUPPORTED.raise(format_args!("[digital envelope routines] unsupported"))),
    }
}

/// The algorithm that an argument names, or that it is the constructor of.
fn algorithm_of(digestmod: &Obj) -> Result<&'static Algorithm> {
    use str_::StrExt as _;
    if let Some(name) = str_::of(digestmod) {
        return algorithm(name.as_str()?);
    }
    // SAFETY: set to a dict that is never released.
    let named = match unsafe { CONSTRUCTORS.get().as_ref() } {
        Some(constructors) => constructors.get(digestmod)?,
        None => None,
    };
    match named.as_deref().and_then(str_::of) {
        Some(name) => algorithm(name.as_str()?),
        None => Err(UNSUPPORTED.raise(format_args!(
            "Unsupported digestmod {}",
            repr_lossy(digestmod)
        ))),
    }
}

/// Runs `f` on the bytes of what is to be hashed.
fn with_bytes<R>(data: &Obj, f: impl FnOnce(&[u8]) -> R) -> Result<R> {
    if data.is::<PyUnicodeObject>() {
        return raise!(TypeError, "Strings must be encoded before hashing");
    }
    if !buffer::has_buffer(data) {
        return raise!(TypeError, "object supporting the buffer API required");
    }
    let view = buffer::get(data, PyBUF_SIMPLE)?;
    if view.view().ndim > 1 {
        return raise!(BufferError, "Buffer must be single dimension");
    }
    Ok(f(view.bytes()))
}
