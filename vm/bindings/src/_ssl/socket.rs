//! `_SSLSocket`: a connection, over a socket or between two memories.

use core::cell::Cell;
use core::ffi::{c_int, c_long};
use core::ptr;
use std::ffi::CString;
use std::net::IpAddr;

use super::context::Context;
use super::errors::{self, Verification};
use super::memory_bio::{MEMORY_BIO, MemoryBio};
use super::openssl::P;
use super::session::{self, Session};
use super::{api, socket_io, text_or_none, wrong};
use modules::imported::Imported;
use modules::prelude::*;

/// `_ssl._SSLSocket`.
#[repr(C)]
pub struct Socket {
    ob_base: PyObject,
    pub raw: P,
    /// A weak reference to the Python socket, or nothing between memories.
    pub socket: Slot,
    context: Slot,
    /// A weak reference to what this is a part of.
    owner: Slot,
    server_hostname: Slot,
    server_side: Cell<bool>,
}

static_type!(Socket, SOCKET);

static GETSET: &[PyGetSetDef] = &[
    getset!(
        "context",
        |s: &Socket| Ok(s.context.get()),
        |_: &Socket, value: Option<&Obj>| match value {
            Some(value) if value.is::<Context>() => super::unsupported("changing the context"),
            _ => raise!(TypeError, "The value must be a SSLContext"),
        }
    ),
    getset!(
        "owner",
        |s: &Socket| dereferenced(&s.owner),
        |s: &Socket, value: Option<&Obj>| Ok(s.owner.set(weak(value)?))
    ),
    getset!("server_hostname", |s: &Socket| Ok(s.server_hostname.get())),
    getset!("server_side", |s: &Socket| Ok(s.server_side.get())),
    getset!("session", get_session, set_session),
    getset!("session_reused", |s: &Socket| {
        // SAFETY: a live connection.
        Ok(unsafe { (api().SSL_session_reused)(s.raw) } != 0)
    }),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Socket>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .destructible()
        .dealloc_drop::<Socket>()
        .tp_traverse(|s: &Socket, v: &mut Visitor| {
            v.slot(&s.socket)?;
            v.slot(&s.context)?;
            v.slot(&s.owner)?;
            v.slot(&s.server_hostname)
        })
        .new_disallowed()
        .methods(socket_io::METHODS)
        .getset(GETSET);
}

impl Drop for Socket {
    fn drop(&mut self) {
        // SAFETY: owned, and not used again; it holds shares of its own of what it uses.
        unsafe { (api().SSL_free)(self.raw) };
    }
}

static WEAK_REFERENCE: Imported = Imported::new("_weakref", "ref");

fn weak(o: Option<&Obj>) -> Result<Option<Ref>> {
    match o.filter(|o| !o.is_none()) {
        Some(o) => Ok(Some(call::call1(WEAK_REFERENCE.get()?, o)?)),
        None => Ok(None),
    }
}

/// What a weak reference leads to, or None.
pub fn dereferenced(reference: &Slot) -> Result {
    match reference.get() {
        Some(reference) => call::call0(&reference),
        None => Ok(none()),
    }
}

/// `_wrap_bio(incoming, outgoing, server_side, server_hostname=None, *, owner=None, session=None)`.
pub fn wrap_bio(
    c: &Context,
    [incoming, outgoing, server_side, hostname, owner, session]: [Option<&Obj>; 6],
) -> Result {
    let bio = |o: Option<&'_ Obj>, name: &str| match required(o).downcast::<MemoryBio>() {
        Some(bio) => Ok(bio.raw),
        None => wrong("_wrap_bio", name, type_name(&MEMORY_BIO), required(o)),
    };
    let (incoming, outgoing) = (bio(incoming, "incoming")?, bio(outgoing, "outgoing")?);
    let s = make(c, server_side, hostname, owner, session)?;
    // SAFETY: live ones; the connection gets shares of its own.
    unsafe {
        (api().BIO_up_ref)(incoming);
        (api().BIO_up_ref)(outgoing);
        (api().SSL_set_bio)(s.raw, incoming, outgoing);
    }
    Ok(s.into_obj())
}

/// `_wrap_socket(sock, server_side, server_hostname=None, *, owner=None, session=None)`.
pub fn wrap_socket(
    c: &Context,
    [sock, server_side, hostname, owner, session]: [Option<&Obj>; 5],
) -> Result {
    let sock = required(sock);
    let fd = args::to_i32(&*call::call_method(sock, "fileno", &[])?)?;
    let s = make(c, server_side, hostname, owner, session)?;
    s.socket.set(weak(Some(sock))?);
    // SAFETY: a fresh connection.
    match unsafe { (api().SSL_set_fd)(s.raw, fd) } {
        1 => Ok(s.into_obj()),
        _ => Err(errors::last("cannot use the socket")),
    }
}

const MODE_ENABLE_PARTIAL_WRITE: c_long = 1;
const MODE_ACCEPT_MOVING_BUFFER: c_long = 2;
const MODE_AUTO_RETRY: c_long = 4;
const SET_MODE: c_int = 33;

fn make(
    c: &Context,
    server_side: Option<&Obj>,
    hostname: Option<&Obj>,
    owner: Option<&Obj>,
    session: Option<&Obj>,
) -> Result<Ref<Socket>> {
    use super::context::protocol;
    let server = args::to_bool(required(server_side))?;
    match (c.protocol, server) {
        (protocol::CLIENT, true) => {
            return Err(errors::own(
                "Cannot create a server socket with a PROTOCOL_TLS_CLIENT context",
            ));
        }
        (protocol::SERVER, false) => {
            return Err(errors::own(
                "Cannot create a client socket with a PROTOCOL_TLS_SERVER context",
            ));
        }
        _ => {}
    }
    let hostname = hostname.filter(|o| !o.is_none());
    errors::clear();
    // SAFETY: a live context, of which the connection gets a share.
    let raw = unsafe { (api().SSL_new)(c.raw) };
    if raw.is_null() {
        return Err(errors::last("cannot make a connection"));
    }
    let s = create(
        &SOCKET,
        Socket {
            ob_base: header(),
            raw,
            socket: Slot::empty(),
            context: holding(c.as_obj()),
            owner: Slot::empty(),
            server_hostname: Slot::new(hostname.map(Obj::new_ref)),
            server_side: Cell::new(server),
        },
    )?;
    s.owner.set(weak(owner)?);
    let mode = MODE_ENABLE_PARTIAL_WRITE | MODE_ACCEPT_MOVING_BUFFER | MODE_AUTO_RETRY;
    // SAFETY: a fresh connection.
    unsafe {
        (api().SSL_ctrl)(raw, SET_MODE, mode, ptr::null_mut());
        match server {
            true => (api().SSL_set_accept_state)(raw),
            false => (api().SSL_set_connect_state)(raw),
        }
    }
    if let Some(hostname) = hostname {
        let name = str_::text_argument("_wrap_socket", "server_hostname", hostname)?;
        use_hostname(c, raw, name)?;
    }
    if let Some(session) = session.filter(|o| !o.is_none()) {
        set_session(&s, Some(session))?;
    }
    Ok(s)
}

const SET_SERVER_NAME: c_int = 55;

/// Tells the connection whom it is to reach: a name is told to the server too.
fn use_hostname(c: &Context, raw: P, name: &str) -> Result<()> {
    if name.is_empty() || name.starts_with('.') {
        return raise!(
            ValueError,
            "server_hostname cannot be an empty string or start with a leading dot."
        );
    }
    let text = CString::new(name).unwrap_or_default();
    // SAFETY: a live connection and a valid text, which it copies.
    let done = unsafe {
        let api = api();
        let param = (api.SSL_get0_param)(raw);
        if name.parse::<IpAddr>().is_ok() {
            !c.check_hostname.get()
                || (api.X509_VERIFY_PARAM_set1_ip_asc)(param, text.as_ptr()) == 1
        } else {
            let at = text.as_ptr().cast_mut().cast();
            (api.SSL_ctrl)(raw, SET_SERVER_NAME, 0, at) == 1
                && (!c.check_hostname.get()
                    || (api.X509_VERIFY_PARAM_set1_host)(param, text.as_ptr(), name.len()) == 1)
        }
    };
    match done {
        true => Ok(()),
        false => Err(errors::last("cannot use the host's name")),
    }
}

fn get_session(s: &Socket) -> Result {
    // SAFETY: a live connection, which gives a share away.
    let raw = unsafe { (api().SSL_get1_session)(s.raw) };
    match raw.is_null() {
        true => Ok(none()),
        false => session::make(raw, held(&s.context)),
    }
}

fn set_session(s: &Socket, value: Option<&Obj>) -> Result<()> {
    let Some(session) = value.and_then(|o| o.downcast::<Session>()) else {
        return raise!(TypeError, "Value is not a SSLSession.");
    };
    if !held(&session.context).is_same(held(&s.context)) {
        return raise!(ValueError, "Session refers to a different SSLContext.");
    }
    if s.server_side.get() {
        return raise!(ValueError, "Cannot set session for server-side SSLSocket.");
    }
    // SAFETY: live ones; the connection gets a share of its own.
    unsafe {
        if (api().SSL_is_init_finished)(s.raw) != 0 {
            return raise!(ValueError, "Cannot set session after handshake.");
        }
        match (api().SSL_set_session)(s.raw, session.raw) {
            1 => Ok(()),
            _ => Err(errors::last("cannot use the session")),
        }
    }
}

const HOSTNAME_MISMATCH: c_long = 62;
const IP_ADDRESS_MISMATCH: c_long = 64;

impl Socket {
    /// Whether this is the server's side.
    pub fn is_server(&self) -> bool {
        self.server_side.get()
    }

    /// What the verification of the other side's certificate has found.
    pub fn verification(&self, raw: P) -> Verification {
        // SAFETY: a live connection.
        let code = unsafe { (api().SSL_get_verify_result)(raw) };
        let name = str_::to_string_lossy(held(&self.server_hostname));
        let message = match code {
            HOSTNAME_MISMATCH => {
                format!("Hostname mismatch, certificate is not valid for '{name}'.")
            }
            IP_ADDRESS_MISMATCH => {
                format!("IP address mismatch, certificate is not valid for '{name}'.")
            }
            // SAFETY: takes any number, and answers with a static text.
            _ => str_::to_string_lossy(&text_or_none(unsafe {
                (api().X509_verify_cert_error_string)(code)
            })),
        };
        Verification { code, message }
    }
}
