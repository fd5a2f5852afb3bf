//! `_SSLContext`: settings, keys and trusted certificates of connections.

use core::cell::{Cell, RefCell};
use core::ffi::{c_int, c_long, c_uchar, c_uint, c_void};
use core::{ptr, slice};
use std::ffi::CString;

use super::openssl::{Callback, P};
use super::{api, context_attributes, credentials, errors, socket, unsupported};
use crate::codec::bytes_of;
use modules::prelude::*;
use vm::types::dict::{self, DictExt as _};
use vm::types::list;

/// `_ssl._SSLContext`.
#[repr(C)]
pub struct Context {
    ob_base: PyObject,
    pub raw: P,
    pub protocol: i32,
    pub check_hostname: Cell<bool>,
    pub host_flags: Cell<c_uint>,
    pub post_handshake_auth: Cell<bool>,
    /// The protocols that a server chooses from, each after its length.
    protocols: RefCell<Vec<u8>>,
}

static_type!(Context, CONTEXT);

static METHODS: &[PyMethodDef] = &[
    o!(
        "_set_alpn_protocols",
        set_alpn_protocols,
        "($self, protos, /)"
    ),
    keywords!(
        "_wrap_bio",
        socket::wrap_bio,
        "($self, /, incoming, outgoing, server_side,\n          server_hostname=None, *, owner=None, session=None)"
    ),
    keywords!(
        "_wrap_socket",
        socket::wrap_socket,
        "($self, /, sock, server_side, server_hostname=None, *,\n             owner=None, session=None)"
    ),
    noargs!(
        "cert_store_stats",
        credentials::cert_store_stats,
        "($self, /)"
    ),
    keywords!(
        "get_ca_certs",
        credentials::get_ca_certs,
        "($self, /, binary_form=False)"
    ),
    noargs!("get_ciphers", get_ciphers, "($self, /)"),
    keywords!(
        "load_cert_chain",
        credentials::load_cert_chain,
        "($self, /, certfile, keyfile=None, password=None)"
    ),
    o!(
        "load_dh_params",
        |_: &Context, _: &Obj| unsupported::<()>("load_dh_params()"),
        "($self, path, /)"
    ),
    keywords!(
        "load_verify_locations",
        credentials::load_verify_locations,
        "($self, /, cafile=None, capath=None, cadata=None)"
    ),
    noargs!("session_stats", session_stats, "($self, /)"),
    o!("set_ciphers", set_ciphers, "($self, cipherlist, /)"),
    noargs!(
        "set_default_verify_paths",
        |c: &Context| {
            // SAFETY: a live context.
            match unsafe { (api().SSL_CTX_set_default_verify_paths)(c.raw) } {
                1 => Ok(()),
                _ => Err(errors::last("cannot set the default paths")),
            }
        },
        "($self, /)"
    ),
    o!("set_ecdh_curve", set_ecdh_curve, "($self, name, /)"),
    keywords!(
        "set_psk_client_callback",
        |_: &Context, [_]: [Option<&Obj>; 1]| unsupported::<()>("set_psk_client_callback()"),
        "($self, /, callback)"
    ),
    keywords!(
        "set_psk_server_callback",
        |_: &Context, [_, _]: [Option<&Obj>; 2]| unsupported::<()>("set_psk_server_callback()"),
        "($self, /, callback, identity_hint=None)"
    ),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Context>()
        .flags(Py_TPFLAGS_BASETYPE)
        .destructible()
        .dealloc_drop::<Context>()
        .tp_new(new)
        .methods(METHODS)
        .getset(context_attributes::GETSET);
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: this object's share of it, not used again.
        unsafe { (api().SSL_CTX_free)(self.raw) };
    }
}

/// The protocols that a context can be for.
pub mod protocol {
    pub const TLS: i32 = 2;
    pub const TLS_V1: i32 = 3;
    pub const TLS_V1_1: i32 = 4;
    pub const TLS_V1_2: i32 = 5;
    pub const CLIENT: i32 = 16;
    pub const SERVER: i32 = 17;
}

/// What contexts begin with, as `ssl.OP_…` has it: workarounds, no old protocols, no compression, the server's choice.
const OPTIONS: u64 = 0x8000_0050 | 0x0200_0000 | 0x0002_0000 | 0x0040_0000 | 0x0010_0000 | 0x80;
const TRUSTED_FIRST: u64 = 0x8000;
/// No wildcards in the middle of labels.
const NO_PARTIAL_WILDCARDS: c_uint = 4;

pub const SET_MIN_VERSION: c_int = 123;
pub const SET_MAX_VERSION: c_int = 124;

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let [protocol] = exactly("_SSLContext", &CONTEXT, tp, args, kwargs)?;
    let protocol = args::to_i32(protocol)?;
    let (version, name) = match protocol {
        protocol::TLS => (0, Some("ssl.PROTOCOL_TLS")),
        protocol::TLS_V1 => (0x301, Some("ssl.PROTOCOL_TLSv1")),
        protocol::TLS_V1_1 => (0x302, Some("ssl.PROTOCOL_TLSv1_1")),
        protocol::TLS_V1_2 => (0x303, Some("ssl.PROTOCOL_TLSv1_2")),
        protocol::CLIENT | protocol::SERVER => (0, None),
        _ => return raise!(ValueError, "invalid or unsupported protocol version"),
    };
    if let Some(name) = name {
        let message = format!("{name} is deprecated");
        vm::warn::warn(&exc::DeprecationWarning, 2, &message)?;
    }
    errors::clear();
    // SAFETY: methods of the library's own.
    let raw = unsafe {
        (api().SSL_CTX_new)(match protocol {
            protocol::CLIENT => (api().TLS_client_method)(),
            protocol::SERVER => (api().TLS_server_method)(),
            _ => (api().TLS_method)(),
        })
    };
    if raw.is_null() {
        return Err(errors::last("cannot make a context"));
    }
    let client = protocol == protocol::CLIENT;
    let context = create(
        tp,
        Context {
            ob_base: header(),
            raw,
            protocol,
            check_hostname: Cell::new(client),
            host_flags: Cell::new(NO_PARTIAL_WILDCARDS),
            post_handshake_auth: Cell::new(false),
            protocols: RefCell::default(),
        },
    )?;
    // SAFETY: a fresh context.
    unsafe {
        let api = api();
        (api.SSL_CTX_set_options)(raw, OPTIONS);
        let (least, most): (c_long, c_long) = match version {
            0 => (0x303, 0),
            version => (version, version),
        };
        (api.SSL_CTX_ctrl)(raw, SET_MIN_VERSION, least, ptr::null_mut());
        (api.SSL_CTX_ctrl)(raw, SET_MAX_VERSION, most, ptr::null_mut());
        (api.SSL_CTX_set_verify)(raw, if client { 3 } else { 0 }, ptr::null());
        let id = b"Python";
        (api.SSL_CTX_set_session_id_context)(raw, id.as_ptr(), id.len() as c_uint);
        let param = (api.SSL_CTX_get0_param)(raw);
        (api.X509_VERIFY_PARAM_set_flags)(param, TRUSTED_FIRST);
        (api.X509_VERIFY_PARAM_set_hostflags)(param, NO_PARTIAL_WILDCARDS);
    }
    Ok(context.into_obj())
}

fn set_ciphers(c: &Context, ciphers: &Obj) -> Result<()> {
    let ciphers = str_::text_argument("set_ciphers", "cipherlist", ciphers)?;
    let ciphers = CString::new(ciphers).unwrap_or_default();
    // SAFETY: a live context and a valid text.
    match unsafe { (api().SSL_CTX_set_cipher_list)(c.raw, ciphers.as_ptr()) } {
        0 => Err(errors::plain("No cipher can be selected.")),
        _ => Ok(()),
    }
}

/// What is to be said of a cipher.
fn cipher_dict(cipher: P) -> Result {
    let out = dict::new();
    let mut bits: c_int = 0;
    let mut description = [0 as core::ffi::c_char; 512];
    // SAFETY: a cipher of the library's, and as much room as is said.
    unsafe {
        let api = api();
        let strength = (api.SSL_CIPHER_get_bits)(cipher, &mut bits);
        let room = description.len() as c_int;
        (api.SSL_CIPHER_description)(cipher, description.as_mut_ptr(), room);
        let id = (api.SSL_CIPHER_get_id)(cipher);
        out.set_str("id", int::from_u64(id).as_obj())?;
        let texts = [
            ("name", (api.SSL_CIPHER_get_name)(cipher)),
            ("protocol", (api.SSL_CIPHER_get_version)(cipher)),
            ("description", description.as_ptr()),
        ];
        for (name, text) in texts {
            out.set_str(name, &super::text_or_none(text))?;
        }
        out.set_str("strength_bits", int::from_i64(strength.into()).as_obj())?;
        out.set_str("alg_bits", int::from_i64(bits.into()).as_obj())?;
    }
    Ok(out.into_obj())
}

fn get_ciphers(c: &Context) -> Result {
    // SAFETY: a live context; the connection is given up, and its ciphers are the library's.
    unsafe {
        let ssl = (api().SSL_new)(c.raw);
        if ssl.is_null() {
            return Err(errors::last("cannot make a connection"));
        }
        let ciphers = (api().SSL_get_ciphers)(ssl);
        let mut out = Vec::new();
        for i in 0..(api().OPENSSL_sk_num)(ciphers) {
            out.push(cipher_dict((api().OPENSSL_sk_value)(ciphers, i)));
        }
        (api().SSL_free)(ssl);
        let out = out.into_iter().collect::<Result<Vec<_>>>()?;
        Ok(list::from_vec(out).into_obj())
    }
}

static STATISTICS: [(&str, c_int); 11] = [
    ("number", 20),
    ("connect", 21),
    ("connect_good", 22),
    ("connect_renegotiate", 23),
    ("accept", 24),
    ("accept_good", 25),
    ("accept_renegotiate", 26),
    ("hits", 27),
    ("misses", 29),
    ("timeouts", 30),
    ("cache_full", 31),
];

fn session_stats(c: &Context) -> Result {
    let out = dict::new();
    for (name, what) in STATISTICS {
        // SAFETY: a live context, asked for a number.
        let n = unsafe { (api().SSL_CTX_ctrl)(c.raw, what, 0, ptr::null_mut()) };
        out.set_str(name, int::from_i64(n).as_obj())?;
    }
    Ok(out.into_obj())
}

const SET_GROUPS_LIST: c_int = 92;

fn set_ecdh_curve(c: &Context, name: &Obj) -> Result<()> {
    let name = modules::posix::convert::fs_string(name)?;
    // SAFETY: a live context and a valid text, which it reads.
    let done =
        unsafe { (api().SSL_CTX_ctrl)(c.raw, SET_GROUPS_LIST, 0, name.as_ptr().cast_mut().cast()) };
    match done {
        1 => Ok(()),
        _ => {
            errors::clear();
            raise!(
                ValueError,
                "unknown elliptic curve name {}",
                repr_lossy(str_::new(&name.to_string_lossy()).as_obj())
            )
        }
    }
}

fn set_alpn_protocols(c: &Context, protocols: &Obj) -> Result<()> {
    let protocols = bytes_of(protocols)?.to_vec();
    // SAFETY: a live context and valid bytes, which it copies; the callback gets the context, which outlives its
    // connections.
    unsafe {
        let n = protocols.len() as c_uint;
        if (api().SSL_CTX_set_alpn_protos)(c.raw, protocols.as_ptr(), n) != 0 {
            return Err(err::no_memory());
        }
        let choose = choose_protocol as *const () as Callback;
        (api().SSL_CTX_set_alpn_select_cb)(c.raw, choose, c.as_ptr().cast());
    }
    *c.protocols.borrow_mut() = protocols;
    Ok(())
}

/// Splits a list of texts that each come after their length.
fn split_protocols(mut list: &[u8]) -> impl Iterator<Item = &[u8]> {
    core::iter::from_fn(move || {
        let (n, rest) = list.split_first()?;
        let (one, rest) = rest.split_at_checked(*n as usize)?;
        list = rest;
        Some(one)
    })
}

const TAKEN: c_int = 0;
const NOT_MINE: c_int = 3;

/// Chooses the first of the server's protocols that the client offers.
unsafe extern "C" fn choose_protocol(
    _: P,
    out: *mut *const c_uchar,
    out_len: *mut c_uchar,
    offered: *const c_uchar,
    offered_len: c_uint,
    context: *mut c_void,
) -> c_int {
    // SAFETY: the library hands back the context, with valid bytes and room for the answer. Nothing is allocated here.
    unsafe {
        let context = &*context.cast::<Context>();
        let offered = slice::from_raw_parts(offered, offered_len as usize);
        let ours = context.protocols.borrow();
        for mine in split_protocols(&ours) {
            if let Some(found) = split_protocols(offered).find(|theirs| *theirs == mine) {
                *out = found.as_ptr();
                *out_len = found.len() as c_uchar;
                return TAKEN;
            }
        }
    }
    NOT_MINE
}

#[cfg(test)]
mod tests {
    use super::split_protocols;

    #[test]
    fn protocols_come_after_their_lengths() {
        let list: Vec<_> = split_protocols(b"\x02h2\x08http/1.1").collect();
        assert_eq!(list, [&b"h2"[..], b"http/1.1"]);
        assert_eq!(split_protocols(b"\x05ab").count(), 0);
    }
}
