//! `HASH` and `HASHXOF`: digests part of the way through their input.

use core::cell::RefCell;

use super::algorithms::Algorithm;
use super::with_bytes;
use modules::hashes::state::State;
use modules::prelude::*;
use vm::types::bytes;

/// `_hashlib.HASH`, and its subclass whose digest is as long as one asks for.
#[repr(C)]
pub struct Hash {
    ob_base: PyObject,
    algorithm: &'static Algorithm,
    state: RefCell<Box<dyn State>>,
}

static_type!(Hash, HASH);

/// The type of the functions whose digest is as long as one asks for.
pub static HASHXOF: PyTypeObject = PyTypeObject::statically_declared();

static METHODS: &[PyMethodDef] = &[
    o!("update", update, "($self, obj, /)"),
    noargs!(
        "digest",
        |h: &Hash| bytes::try_new(&h.digest(0)),
        "($self, /)"
    ),
    noargs!(
        "hexdigest",
        |h: &Hash| bytes::hex::hex(&h.digest(0), None, None),
        "($self, /)"
    ),
    noargs!(
        "copy",
        |h: &Hash| make(h.algorithm, h.state.borrow().boxed()),
        "($self, /)"
    ),
];

static GETSET: &[PyGetSetDef] = &[
    getset!("digest_size", |h: &Hash| Ok(h.algorithm.digest_size)),
    getset!("block_size", |h: &Hash| Ok(h.algorithm.block_size)),
    getset!("name", |h: &Hash| Ok(h.algorithm.name)),
];

static EXTENDABLE_METHODS: &[PyMethodDef] = &[
    keywords!(
        "digest",
        |h: &Hash, [n]: [Option<&Obj>; 1]| bytes::try_new(&h.digest(length(required(n))?)),
        "($self, /, length)"
    ),
    keywords!(
        "hexdigest",
        |h: &Hash, [n]: [Option<&Obj>; 1]| bytes::hex::hex(
            &h.digest(length(required(n))?),
            None,
            None
        ),
        "($self, /, length)"
    ),
];

static EXTENDABLE_GETSET: &[PyGetSetDef] = &[getset!("digest_size", |h: &Hash| Ok(h
    .algorithm
    .digest_size))];

/// Fills in `HASH`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Hash>()
        .flags(Py_TPFLAGS_BASETYPE)
        .destructible()
        .dealloc_drop::<Hash>()
        .new_disallowed()
        .tp_repr(|h: &Hash| {
            Ok(format!(
                "<{} {} object @ {:p}>",
                h.algorithm.name,
                h.as_obj().tp_name(),
                h.as_obj()
            ))
        })
        .text_signature(method_doc!("HASH", "(name, string=b'')"))
        .methods(METHODS)
        .getset(GETSET);
}

/// Fills in `HASHXOF`.
pub fn define_extendable(b: &mut TypeBuilder) {
    b.base(&HASH)
        .basicsize::<Hash>()
        .flags(Py_TPFLAGS_BASETYPE)
        .destructible()
        .dealloc_drop::<Hash>()
        .new_disallowed()
        .text_signature(method_doc!("HASHXOF", "(name, string=b'')"))
        .methods(EXTENDABLE_METHODS)
        .getset(EXTENDABLE_GETSET);
}

impl Hash {
    fn digest(&self, length: usize) -> Vec<u8> {
        self.state.borrow().digest(length)
    }
}

fn make(algorithm: &'static Algorithm, state: Box<dyn State>) -> Result {
    let tp = match algorithm.digest_size {
        0 => &HASHXOF,
        _ => &HASH,
    };
    let hash = Hash {
        ob_base: header(),
        algorithm,
        state: RefCell::new(state),
    };
    Ok(create(tp, hash)?.into_obj())
}

/// A hash object that has seen `data`, which has two names.
pub fn start(a: &'static Algorithm, data: Option<&Obj>, string: Option<&Obj>) -> Result {
    if data.is_some() && string.is_some() {
        return raise!(
            TypeError,
            "'data' and 'string' are mutually exclusive and support for 'string' keyword parameter is slated for \
             removal in a future version."
        );
    }
    let mut state = (a.start)();
    if let Some(data) = data.or(string) {
        with_bytes(data, |bytes| state.update(bytes))?;
    }
    make(a, state)
}

fn update(h: &Hash, data: &Obj) -> Result<()> {
    with_bytes(data, |bytes| h.state.borrow_mut().update(bytes))
}

/// How long a digest is asked for.
fn length(o: &Obj) -> Result<usize> {
    match usize::try_from(args::to_isize(o)?) {
        // Never allocated, and never meant.
        Ok(n) if n > 1 << 40 => Err(err::no_memory()),
        Ok(n) => Ok(n),
        Err(_) => raise!(
            SystemError,
            "Negative size passed to PyBytes_FromStringAndSize"
        ),
    }
}
