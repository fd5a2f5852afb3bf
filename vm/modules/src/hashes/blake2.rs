//! The BLAKE2 functions: their parameters, most of which shape a tree of hashes.

use super::state::State;
use super::{algorithm_of, define as define_hasher, initial, make, unsigned, with_bytes};
use crate::prelude::*;
use vm::types::dict::DictExt as _;
use vm::types::type_;

/// The greatest sizes of one of the two functions.
struct Limits {
    name: &'static str,
    shown: &'static str,
    salt: usize,
    person: usize,
    key: usize,
    digest: usize,
    node_offset: u64,
}

static B: Limits = Limits {
    name: "blake2b",
    shown: "Blake2b",
    salt: blake2b_simd::SALTBYTES,
    person: blake2b_simd::PERSONALBYTES,
    key: blake2b_simd::KEYBYTES,
    digest: blake2b_simd::OUTBYTES,
    node_offset: u64::MAX,
};

static S: Limits = Limits {
    name: "blake2s",
    shown: "Blake2s",
    salt: blake2s_simd::SALTBYTES,
    person: blake2s_simd::PERSONALBYTES,
    key: blake2s_simd::KEYBYTES,
    digest: blake2s_simd::OUTBYTES,
    node_offset: (1 << 48) - 1,
};

impl Limits {
    fn of(name: &str) -> &'static Limits {
        if name == B.name { &B } else { &S }
    }

    fn constants(&self) -> [(&'static str, usize); 4] {
        [
            ("SALT_SIZE", self.salt),
            ("PERSON_SIZE", self.person),
            ("MAX_KEY_SIZE", self.key),
            ("MAX_DIGEST_SIZE", self.digest),
        ]
    }
}

/// A fresh BLAKE2b with its defaults.
pub fn start_b() -> Box<dyn State> {
    Box::new(blake2b_simd::State::new())
}

/// A fresh BLAKE2s with its defaults.
pub fn start_s() -> Box<dyn State> {
    Box::new(blake2s_simd::State::new())
}

/// Fills in either type.
pub fn define(b: &mut TypeBuilder) {
    define_hasher(b);
    b.text_signature(method_doc!(
        "blake2",
        "(data=b'', *, digest_size=MAX_DIGEST_SIZE, key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0, \
         node_offset=0, node_depth=0, inner_size=0, last_node=False, usedforsecurity=True, string=None)"
    ))
    .tp_new(new)
    .methods(super::METHODS)
    .getset(super::GETSET);
}

/// Adds the limits to the module and to its types.
pub fn add_constants(m: &Obj) -> Result<()> {
    for limits in [&B, &S] {
        let tp = &super::algorithm(limits.name).tp;
        for (name, value) in limits.constants() {
            let value = int::from_usize(value);
            let full = format!("{}_{name}", limits.name.to_uppercase());
            module::add(m, &full, value.as_obj())?;
            if let Some(dict) = type_::own_dict(tp) {
                dict.set_str(name, value.as_obj())?;
            }
        }
        type_::modified(tp);
    }
    Ok(())
}

/// What shapes a hasher besides its input.
struct Parameters {
    digest_size: usize,
    key: Vec<u8>,
    salt: Vec<u8>,
    person: Vec<u8>,
    fanout: u8,
    depth: u8,
    leaf_size: u32,
    node_offset: u64,
    node_depth: u8,
    inner_size: usize,
    last_node: bool,
}

static SIGNATURE: Signature = Signature::new(
    "blake2",
    "(data=b'', *, digest_size=64, key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0, node_offset=0, \
     node_depth=0, inner_size=0, last_node=False, usedforsecurity=True, string=None)",
);

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let algorithm = algorithm_of(tp);
    let limits = Limits::of(algorithm.name);
    let [
        data,
        digest_size,
        key,
        salt,
        person,
        fanout,
        depth,
        leaf_size,
        node_offset,
        node_depth,
        inner_size,
        last_node,
        _,
        string,
    ] = SIGNATURE.bind(args, kwargs)?;
    let data = initial(data, string)?;
    let p = Parameters {
        digest_size: digest_length(digest_size, limits)?,
        salt: limited(salt, limits.salt, "salt")?,
        person: limited(person, limits.person, "person")?,
        fanout: small(fanout, 1, 0..=255, "fanout must be between 0 and 255")?,
        depth: small(depth, 1, 1..=255, "depth must be between 1 and 255")?,
        leaf_size: wide(leaf_size, u32::MAX.into(), "leaf_size")? as u32,
        node_offset: wide(node_offset, limits.node_offset, "node_offset")?,
        node_depth: small(
            node_depth,
            0,
            0..=255,
            "node_depth must be between 0 and 255",
        )?,
        inner_size: small(
            inner_size,
            0,
            0..=limits.digest as i32,
            &format!("inner_size must be between 0 and is {}", limits.digest),
        )?
        .into(),
        last_node: last_node.map_or(Ok(false), args::to_bool)?,
        key: limited(key, limits.key, "key")?,
    };
    let mut state = if limits.name == B.name {
        p.start_b()
    } else {
        p.start_s()
    };
    if let Some(data) = data {
        with_bytes(data, |bytes| state.update(bytes))?;
    }
    make(algorithm, p.digest_size, state)
}

impl Parameters {
    fn start_b(&self) -> Box<dyn State> {
        let mut params = blake2b_simd::Params::new();
        params
            .hash_length(self.digest_size)
            .key(&self.key)
            .salt(&self.salt)
            .personal(&self.person)
            .fanout(self.fanout)
            .max_depth(self.depth)
            .max_leaf_length(self.leaf_size)
            .node_offset(self.node_offset)
            .node_depth(self.node_depth)
            .inner_hash_length(self.inner_size)
            .last_node(self.last_node);
        Box::new(params.to_state())
    }

    fn start_s(&self) -> Box<dyn State> {
        let mut params = blake2s_simd::Params::new();
        params
            .hash_length(self.digest_size)
            .key(&self.key)
            .salt(&self.salt)
            .personal(&self.person)
            .fanout(self.fanout)
            .max_depth(self.depth)
            .max_leaf_length(self.leaf_size)
            .node_offset(self.node_offset)
            .node_depth(self.node_depth)
            .inner_hash_length(self.inner_size)
            .last_node(self.last_node);
        Box::new(params.to_state())
    }
}

fn digest_length(o: Option<&Obj>, limits: &Limits) -> Result<usize> {
    let size = o.map_or(Ok(limits.digest as i32), args::to_i32)?;
    match usize::try_from(size) {
        Ok(size) if (1..=limits.digest).contains(&size) => Ok(size),
        _ => raise!(
            ValueError,
            "digest_size for {} must be between 1 and {} bytes, here it is {size}",
            limits.shown,
            limits.digest
        ),
    }
}

/// Bytes that are no more than `limit`.
fn limited(o: Option<&Obj>, limit: usize, name: &str) -> Result<Vec<u8>> {
    let Some(o) = o else { return Ok(Vec::new()) };
    let view = vm::protocol::buffer::simple(o)?;
    if view.bytes().len() > limit {
        return raise!(ValueError, "maximum {name} length is {limit} bytes");
    }
    Ok(view.bytes().to_vec())
}

/// A parameter of one byte.
fn small(
    o: Option<&Obj>,
    default: u8,
    range: core::ops::RangeInclusive<i32>,
    message: &str,
) -> Result<u8> {
    let Some(o) = o else { return Ok(default) };
    let n = args::to_i32(o)?;
    if range.contains(&n) {
        Ok(n as u8)
    } else {
        raise!(ValueError, "{message}")
    }
}

/// A parameter of several bytes, 0 by default.
fn wide(o: Option<&Obj>, limit: u64, name: &str) -> Result<u64> {
    match o.map_or(Ok(0), unsigned)? {
        n if n <= limit => Ok(n),
        _ => raise!(OverflowError, "{name} is too large"),
    }
}
