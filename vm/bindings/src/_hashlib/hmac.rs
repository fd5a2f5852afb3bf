//! `HMAC`: message authentication with any digest of fixed length.

use core::cell::RefCell;

use super::algorithms::{Algorithm, Keyed};
use super::{algorithm_of, with_bytes};
use crate::codec::bytes_of;
use modules::hashes::state::State;
use modules::prelude::*;
use vm::types::bytes;

/// `_hashlib.HMAC`.
#[repr(C)]
pub struct Hmac {
    ob_base: PyObject,
    algorithm: &'static Algorithm,
    state: RefCell<Box<dyn State>>,
}

static_type!(Hmac, HMAC);

static METHODS: &[PyMethodDef] = &[
    keywords!(
        "update",
        |h: &Hmac, [msg]: [Option<&Obj>; 1]| with_bytes(required(msg), |bytes| h
            .state
            .borrow_mut()
            .update(bytes)),
        "($self, /, msg)"
    ),
    noargs!(
        "digest",
        |h: &Hmac| bytes::try_new(&h.digest()),
        "($self, /)"
    ),
    noargs!(
        "hexdigest",
        |h: &Hmac| bytes::hex::hex(&h.digest(), None, None),
        "($self, /)"
    ),
    noargs!(
        "copy",
        |h: &Hmac| make(h.algorithm, h.state.borrow().boxed()),
        "($self, /)"
    ),
];

static GETSET: &[PyGetSetDef] = &[
    getset!("digest_size", |h: &Hmac| Ok(h.algorithm.digest_size)),
    getset!("block_size", |h: &Hmac| Ok(h.algorithm.block_size)),
    getset!("name", |h: &Hmac| Ok(format!("hmac-{}", h.algorithm.name))),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Hmac>()
        .destructible()
        .dealloc_drop::<Hmac>()
        .new_disallowed()
        .tp_repr(|h: &Hmac| {
            Ok(format!(
                "<{} HMAC object @ {:p}>",
                h.algorithm.name,
                h.as_obj()
            ))
        })
        .methods(METHODS)
        .getset(GETSET);
}

impl Hmac {
    fn digest(&self) -> Vec<u8> {
        self.state.borrow().digest(0)
    }
}

fn make(algorithm: &'static Algorithm, state: Box<dyn State>) -> Result {
    let hmac = Hmac {
        ob_base: header(),
        algorithm,
        state: RefCell::new(state),
    };
    Ok(create(&HMAC, hmac)?.into_obj())
}

/// What is built on an algorithm, which one without a length of its own has not.
pub fn keyed(algorithm: &Algorithm) -> Result<&Keyed> {
    match &algorithm.keyed {
        Some(keyed) => Ok(keyed),
        None => raise!(ValueError, "no reason supplied"),
    }
}

/// `hmac_new(key, msg=b'', digestmod=None)`.
pub fn hmac_new(_: &Obj, [key, msg, digestmod]: [Option<&Obj>; 3]) -> Result {
    let key = bytes_of(required(key))?;
    let Some(digestmod) = digestmod else {
        return raise!(TypeError, "Missing required parameter 'digestmod'.");
    };
    let algorithm = algorithm_of(digestmod)?;
    let mut state = (keyed(algorithm)?.hmac)(key.bytes());
    if let Some(msg) = msg.filter(|o| !o.is_none()) {
        with_bytes(msg, |bytes| state.update(bytes))?;
    }
    make(algorithm, state)
}

/// `hmac_digest(key, msg, digest)`.
pub fn hmac_digest(_: &Obj, [key, msg, digest]: [Option<&Obj>; 3]) -> Result {
    let key = bytes_of(required(key))?;
    let msg = bytes_of(required(msg))?;
    let algorithm = algorithm_of(required(digest))?;
    let mut state = (keyed(algorithm)?.hmac)(key.bytes());
    state.update(msg.bytes());
    Ok(bytes::new(&state.digest(0)).into_obj())
}
