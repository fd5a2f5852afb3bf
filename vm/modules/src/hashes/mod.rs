//! `_md5`, `_sha1`, `_sha2`, `_sha3` and `_blake2`: hash functions.
//!
//! Each function is a row of [`ALGORITHMS`] with a type of its own; the instances of all of them have one layout, a
//! [`Hasher`], and the same methods.

mod blake2;
pub mod state;

use core::cell::RefCell;
use core::ffi::CStr;
use core::ptr;

use crate::prelude::*;
use state::{State, extendable, fixed};
use vm::protocol::buffer;
use vm::types::bytes;
use vm::types::int::IntExt as _;

/// How a type makes its instances.
#[derive(Clone, Copy)]
enum Made {
    /// By a function of the module, called as the algorithm is.
    ByFunction,
    /// By calling the type.
    ByType,
    /// By calling the type, with what shapes a BLAKE2 tree.
    Blake2,
}

/// A hash function.
pub struct Algorithm {
    module: &'static str,
    name: &'static str,
    type_name: &'static CStr,
    tp: PyTypeObject,
    block_size: usize,
    /// 0 where callers choose.
    digest_size: usize,
    made: Made,
    start: fn() -> Box<dyn State>,
}

/// A row of [`ALGORITHMS`].
const fn row(
    (module, name, type_name): (&'static str, &'static str, &'static CStr),
    (block_size, digest_size): (usize, usize),
    made: Made,
    start: fn() -> Box<dyn State>,
) -> Algorithm {
    Algorithm {
        module,
        name,
        type_name,
        tp: PyTypeObject::statically_declared(),
        block_size,
        digest_size,
        made,
        start,
    }
}

static ALGORITHMS: [Algorithm; 14] = [
    row(
        ("_md5", "md5", c"_md5.md5"),
        (64, 16),
        Made::ByFunction,
        fixed::<md5::Md5>,
    ),
    row(
        ("_sha1", "sha1", c"_sha1.sha1"),
        (64, 20),
        Made::ByFunction,
        fixed::<sha1::Sha1>,
    ),
    row(
        ("_sha2", "sha224", c"_sha2.SHA224Type"),
        (64, 28),
        Made::ByFunction,
        fixed::<sha2::Sha224>,
    ),
    row(
        ("_sha2", "sha256", c"_sha2.SHA256Type"),
        (64, 32),
        Made::ByFunction,
        fixed::<sha2::Sha256>,
    ),
    row(
        ("_sha2", "sha384", c"_sha2.SHA384Type"),
        (128, 48),
        Made::ByFunction,
        fixed::<sha2::Sha384>,
    ),
    row(
        ("_sha2", "sha512", c"_sha2.SHA512Type"),
        (128, 64),
        Made::ByFunction,
        fixed::<sha2::Sha512>,
    ),
    row(
        ("_sha3", "sha3_224", c"_sha3.sha3_224"),
        (144, 28),
        Made::ByType,
        fixed::<sha3::Sha3_224>,
    ),
    row(
        ("_sha3", "sha3_256", c"_sha3.sha3_256"),
        (136, 32),
        Made::ByType,
        fixed::<sha3::Sha3_256>,
    ),
    row(
        ("_sha3", "sha3_384", c"_sha3.sha3_384"),
        (104, 48),
        Made::ByType,
        fixed::<sha3::Sha3_384>,
    ),
    row(
        ("_sha3", "sha3_512", c"_sha3.sha3_512"),
        (72, 64),
        Made::ByType,
        fixed::<sha3::Sha3_512>,
    ),
    row(
        ("_sha3", "shake_128", c"_sha3.shake_128"),
        (168, 0),
        Made::ByType,
        extendable::<sha3::Shake128>,
    ),
    row(
        ("_sha3", "shake_256", c"_sha3.shake_256"),
        (136, 0),
        Made::ByType,
        extendable::<sha3::Shake256>,
    ),
    row(
        ("_blake2", "blake2b", c"_blake2.blake2b"),
        (128, 64),
        Made::Blake2,
        blake2::start_b,
    ),
    row(
        ("_blake2", "blake2s", c"_blake2.blake2s"),
        (64, 32),
        Made::Blake2,
        blake2::start_s,
    ),
];

/// The algorithm of a name.
fn algorithm(name: &str) -> &'static Algorithm {
    let found = ALGORITHMS.iter().find(|a| a.name == name);
    found.expect("a function's name is in the table")
}

/// The algorithm of a type.
fn algorithm_of(tp: &PyTypeObject) -> &'static Algorithm {
    let found = ALGORITHMS.iter().find(|a| ptr::eq(tp, &a.tp));
    found.expect("only these types have these constructors, and none can be subclassed")
}

// ---- The modules ----

/// A function that makes a hasher of the algorithm of its name.
macro_rules! function {
    ($name:literal) => {
        keywords!(
            $name,
            |_: &Obj, [data, _, string]: [Option<&Obj>; 3]| start(algorithm($name), data, string),
            "($module, /, data=b'', *, usedforsecurity=True, string=None)"
        )
    };
}

/// `_md5`.
pub static MD5: ModuleDef = ModuleDef {
    name: "_md5",
    methods: &[function!("md5")],
    exec: |m| add_algorithms(m, "_md5"),
};

/// `_sha1`.
pub static SHA1: ModuleDef = ModuleDef {
    name: "_sha1",
    methods: &[function!("sha1")],
    exec: |m| add_algorithms(m, "_sha1"),
};

/// `_sha2`.
pub static SHA2: ModuleDef = ModuleDef {
    name: "_sha2",
    methods: &[
        function!("sha224"),
        function!("sha256"),
        function!("sha384"),
        function!("sha512"),
    ],
    exec: |m| add_algorithms(m, "_sha2"),
};

/// `_sha3`.
pub static SHA3: ModuleDef = ModuleDef {
    name: "_sha3",
    methods: &[],
    exec: |m| {
        add_algorithms(m, "_sha3")?;
        module::add(m, "implementation", str_::new("sha3").as_obj())
    },
};

/// `_blake2`.
pub static BLAKE2: ModuleDef = ModuleDef {
    name: "_blake2",
    methods: &[],
    exec: |m| {
        add_algorithms(m, "_blake2")?;
        blake2::add_constants(m)
    },
};

fn add_algorithms(m: &Obj, name: &str) -> Result<()> {
    for a in ALGORITHMS.iter().filter(|a| a.module == name) {
        let define = match a.made {
            Made::ByFunction => define_by_function,
            Made::ByType => define_by_type,
            Made::Blake2 => blake2::define,
        };
        declare((&a.tp, a.type_name, define))?;
        let shown = match a.made {
            Made::ByFunction => format!("{}Type", a.name.to_uppercase()),
            _ => a.name.to_owned(),
        };
        module::add(m, &shown, a.tp.as_obj())?;
    }
    Ok(())
}

// ---- The types ----

/// An instance of any of the types.
#[repr(C)]
pub struct Hasher {
    ob_base: PyObject,
    algorithm: &'static Algorithm,
    digest_size: usize,
    state: RefCell<Box<dyn State>>,
}

impl Layout for Hasher {
    fn type_object() -> &'static PyTypeObject {
        &ALGORITHMS[0].tp
    }
}

fn define(b: &mut TypeBuilder) {
    b.basicsize::<Hasher>()
        .owns_memory()
        .dealloc_drop::<Hasher>();
}

fn define_by_function(b: &mut TypeBuilder) {
    define(b);
    b.new_disallowed().methods(METHODS).getset(GETSET);
}

fn define_by_type(b: &mut TypeBuilder) {
    define(b);
    b.tp_new(
        |tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>| {
            static SIGNATURE: Signature =
                Signature::new("sha3", "(data=b'', *, usedforsecurity=True, string=None)");
            let [data, _, string] = SIGNATURE.bind(args, kwargs)?;
            start(algorithm_of(tp), data, string)
        },
    )
    .getset(SPONGE_GETSET);
    let extends = algorithm_of(b.type_object()).digest_size == 0;
    b.methods(if extends { EXTENDABLE_METHODS } else { METHODS });
}

static METHODS: &[PyMethodDef] = &[
    noargs!("copy", copy, "($self, /)"),
    noargs!(
        "digest",
        |h: &Hasher| bytes::try_new(&h.digest(h.digest_size)),
        "($self, /)"
    ),
    noargs!(
        "hexdigest",
        |h: &Hasher| bytes::hex::hex(&h.digest(h.digest_size), None, None),
        "($self, /)"
    ),
    o!("update", update, "($self, data, /)"),
];

static EXTENDABLE_METHODS: &[PyMethodDef] = &[
    noargs!("copy", copy, "($self, /)"),
    keywords!(
        "digest",
        |h: &Hasher, [n]: [Option<&Obj>; 1]| bytes::try_new(&h.digest(length(required(n))?)),
        "($self, /, length)"
    ),
    keywords!(
        "hexdigest",
        |h: &Hasher, [n]: [Option<&Obj>; 1]| bytes::hex::hex(
            &h.digest(length(required(n))?),
            None,
            None
        ),
        "($self, /, length)"
    ),
    o!("update", update, "($self, data, /)"),
];

const GETSET: &[PyGetSetDef] = &[
    getset!("block_size", |h: &Hasher| Ok(h.algorithm.block_size)),
    getset!("name", |h: &Hasher| Ok(str_::new(h.algorithm.name))),
    getset!("digest_size", |h: &Hasher| Ok(h.digest_size)),
];

/// With what is to be known of the sponge that the SHA-3 functions are.
static SPONGE_GETSET: &[PyGetSetDef] = &[
    GETSET[0],
    GETSET[1],
    GETSET[2],
    getset!("_capacity_bits", |h: &Hasher| Ok(
        1600 - 8 * h.algorithm.block_size
    )),
    getset!("_rate_bits", |h: &Hasher| Ok(8 * h.algorithm.block_size)),
    getset!("_suffix", |h: &Hasher| {
        let extends = h.algorithm.digest_size == 0;
        bytes::try_new(if extends { &[0x1f] } else { &[0x06] })
    }),
];

impl Hasher {
    fn digest(&self, length: usize) -> Vec<u8> {
        self.state.borrow().digest(length)
    }
}

fn make(algorithm: &'static Algorithm, digest_size: usize, state: Box<dyn State>) -> Result {
    let hasher = Hasher {
        ob_base: header(),
        algorithm,
        digest_size,
        state: RefCell::new(state),
    };
    Ok(create(&algorithm.tp, hasher)?.into_obj())
}

fn start(a: &'static Algorithm, data: Option<&Obj>, string: Option<&Obj>) -> Result {
    let mut state = (a.start)();
    if let Some(data) = initial(data, string)? {
        with_bytes(data, |bytes| state.update(bytes))?;
    }
    make(a, a.digest_size, state)
}

/// What to hash first, which has two names.
fn initial<'a>(data: Option<&'a Obj>, string: Option<&'a Obj>) -> Result<Option<&'a Obj>> {
    if data.is_some() && string.is_some() {
        return raise!(
            TypeError,
            "'data' and 'string' are mutually exclusive and support for 'string' keyword parameter is slated for \
             removal in a future version."
        );
    }
    Ok(data.or(string))
}

/// Runs `f` on the bytes of an argument.
fn with_bytes<R>(data: &Obj, f: impl FnOnce(&[u8]) -> R) -> Result<R> {
    if data.is::<PyUnicodeObject>() {
        return raise!(TypeError, "Strings must be encoded before hashing");
    }
    if !buffer::has_buffer(data) {
        return raise!(TypeError, "object supporting the buffer API required");
    }
    Ok(f(buffer::simple(data)?.bytes()))
}

fn update(h: &Hasher, data: &Obj) -> Result<()> {
    with_bytes(data, |bytes| h.state.borrow_mut().update(bytes))
}

fn copy(h: &Hasher) -> Result {
    make(h.algorithm, h.digest_size, h.state.borrow().boxed())
}

/// How long a digest is asked for.
fn length(o: &Obj) -> Result<usize> {
    match unsigned(o)? {
        n if n < 1 << 29 => Ok(n as usize),
        _ => raise!(ValueError, "length is too large"),
    }
}

/// A number that is not negative.
fn unsigned(o: &Obj) -> Result<u64> {
    let n = number::index_int(o)?;
    if n.is_negative() {
        return raise!(ValueError, "Cannot convert negative int");
    }
    match n.to_u64() {
        Some(n) => Ok(n),
        None => raise!(
            OverflowError,
            "Python int too large for C unsigned long long"
        ),
    }
}
