//! The methods of connections: the handshake, reading and writing, the end, and what is to be known of the other side.

use core::ffi::c_int;
use core::{ptr, slice};
use std::time::{Duration, Instant};

use super::errors::{self, code};
use super::openssl::P;
use super::socket::{Socket, dereferenced};
use super::{api, certificate, text_or_none};
use crate::codec::bytes_of;
use modules::prelude::*;
use vm::protocol::buffer;
use vm::threads;
use vm::types::{bytes, float, list};

/// The methods.
pub static METHODS: &[PyMethodDef] = &[
    noargs!("do_handshake", do_handshake, "($self, /)"),
    fastcall!("read", read, ""),
    o!("write", write, "($self, b, /)"),
    noargs!(
        "pending",
        // SAFETY: a live connection.
        |s: &Socket| Ok(unsafe { (api().SSL_pending)(s.raw) }),
        "($self, /)"
    ),
    noargs!("shutdown", shutdown, "($self, /)"),
    noargs!("cipher", cipher, "($self, /)"),
    noargs!("shared_ciphers", shared_ciphers, "($self, /)"),
    noargs!("compression", |_: &Socket| Ok(()), "($self, /)"),
    noargs!("version", version, "($self, /)"),
    noargs!(
        "selected_alpn_protocol",
        selected_alpn_protocol,
        "($self, /)"
    ),
    fastcall!("getpeercert", getpeercert, "($self, der=False, /)"),
    noargs!(
        "get_verified_chain",
        // SAFETY: a live connection.
        |s: &Socket| chain(unsafe { (api().SSL_get0_verified_chain)(s.raw) }, None),
        "($self, /)"
    ),
    noargs!("get_unverified_chain", get_unverified_chain, "($self, /)"),
    keywords!(
        "get_channel_binding",
        get_channel_binding,
        "($self, /, cb_type='tls-unique')"
    ),
    noargs!(
        "verify_client_post_handshake",
        |s: &Socket| {
            // SAFETY: a live connection.
            match unsafe { (api().SSL_verify_client_post_handshake)(s.raw) } {
                1 => Ok(()),
                _ => Err(errors::last("cannot ask for a certificate")),
            }
        },
        "($self, /)"
    ),
];

/// The Python socket below a connection, and how long an operation may take.
struct Below {
    fd: c_int,
    /// None without a limit.
    deadline: Option<Instant>,
    blocks: bool,
}

impl Below {
    /// Nothing between memories.
    fn of(s: &Socket) -> Result<Option<Below>> {
        if s.socket.borrow().is_none() {
            return Ok(None);
        }
        let sock = dereferenced(&s.socket)?;
        let fd = match sock.is_none() {
            true => -1,
            false => args::to_i32(&*call::call_method(&sock, "fileno", &[])?)?,
        };
        if fd < 0 {
            return Err(errors::own("Underlying socket connection gone"));
        }
        let timeout = call::call_method(&sock, "gettimeout", &[])?;
        let seconds = timeout.downcast::<PyFloatObject>().map(float::value);
        let duration = seconds.and_then(|s| Duration::try_from_secs_f64(s).ok());
        Ok(Some(Below {
            fd,
            deadline: duration.map(|d| Instant::now() + d),
            blocks: seconds != Some(0.0),
        }))
    }

    /// Waits until the socket can be read or written; false when the time is over.
    fn wait(&self, events: libc::c_short) -> Result<bool> {
        loop {
            let left = match self.deadline {
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Ok(false);
                    }
                    c_int::try_from(left.as_millis() + 1).unwrap_or(c_int::MAX)
                }
                None => -1,
            };
            let mut set = libc::pollfd {
                fd: self.fd,
                events,
                revents: 0,
            };
            // SAFETY: one valid entry.
            match threads::allow(|| unsafe { libc::poll(&mut set, 1, left) }) {
                0 => return Ok(false),
                n if n > 0 => return Ok(true),
                _ => vm::signals::check()?,
            }
        }
    }
}

/// Does an operation until it is done, waiting for the socket as the library asks; `end` makes an answer of a code that
/// is no failure.
fn run<T>(
    s: &Socket,
    what: &str,
    mut operation: impl FnMut() -> (c_int, T),
    end: impl Fn(i32) -> Option<T>,
) -> Result<T> {
    let below = Below::of(s)?;
    let raw = s.raw;
    loop {
        let (answer, out, got, errno) = threads::allow(|| {
            errors::clear();
            // SAFETY: this thread's own.
            unsafe { *libc::__errno_location() = 0 };
            let (answer, out) = operation();
            // SAFETY: a live connection, asked after its last operation.
            let got = unsafe { (api().SSL_get_error)(raw, answer) };
            // SAFETY: this thread's own.
            (answer, out, got, unsafe { *libc::__errno_location() })
        });
        vm::signals::check()?;
        if answer > 0 {
            return Ok(out);
        }
        if let Some(out) = end(got) {
            return Ok(out);
        }
        let events = match got {
            code::WANT_READ => libc::POLLIN,
            code::WANT_WRITE => libc::POLLOUT,
            _ => 0,
        };
        let failed = || {
            errors::of_connection(raw, answer, got, errno, below.is_some(), |raw| {
                s.verification(raw)
            })
        };
        match &below {
            Some(below) if events != 0 && below.blocks => {
                if !below.wait(events)? {
                    return raise!(TimeoutError, "{what} operation timed out");
                }
            }
            _ => return Err(failed()),
        }
    }
}

fn do_handshake(s: &Socket) -> Result<()> {
    let raw = s.raw;
    // SAFETY: a live connection.
    let step = || (unsafe { (api().SSL_do_handshake)(raw) }, ());
    run(s, "The handshake", step, |_| None)
}

const RECEIVED_SHUTDOWN: c_int = 2;

/// Reads into some room; 0 at the end.
fn read_into(s: &Socket, at: *mut u8, room: usize) -> Result<usize> {
    let raw = s.raw;
    let step = || {
        let mut n = 0;
        // SAFETY: a live connection, and room for as many bytes.
        let answer = unsafe { (api().SSL_read_ex)(raw, at.cast(), room, &mut n) };
        (answer, n)
    };
    run(s, "The read", step, |got| {
        // SAFETY: a live connection.
        let over = got == code::ZERO_RETURN
            && unsafe { (api().SSL_get_shutdown)(raw) } == RECEIVED_SHUTDOWN;
        over.then_some(0)
    })
}

/// `read(size)`, or `read(size, buffer)`.
fn read(s: &Socket, a: &[&Obj]) -> Result {
    args::expect("read", a, 1..=2)?;
    let size = args::to_isize(a[0])?;
    let Some(target) = a.get(1) else {
        if size < 0 {
            return raise!(ValueError, "size should not be negative");
        }
        let mut out = vec![0; size as usize];
        let n = match size {
            0 => 0,
            _ => read_into(s, out.as_mut_ptr(), out.len())?,
        };
        return Ok(bytes::new(&out[..n]).into_obj());
    };
    let mut target = buffer::writable(target)?;
    let all = target.bytes_mut();
    let room = match usize::try_from(size) {
        Ok(n) if n > 0 && n <= all.len() => n,
        _ => all.len(),
    };
    let n = match room {
        0 => 0,
        _ => read_into(s, all.as_mut_ptr(), room)?,
    };
    Ok(int::from_usize(n).into_obj())
}

fn write(s: &Socket, data: &Obj) -> Result<usize> {
    let data = bytes_of(data)?;
    let (raw, at, len) = (s.raw, data.bytes().as_ptr(), data.bytes().len());
    let step = || {
        let mut n = 0;
        // SAFETY: a live connection, and bytes that are held meanwhile.
        let answer = unsafe { (api().SSL_write_ex)(raw, at.cast(), len, &mut n) };
        (answer, n)
    };
    run(s, "The write", step, |_| None)
}

fn shutdown(s: &Socket) -> Result {
    let raw = s.raw;
    let mut said = 0;
    let step = || {
        // SAFETY: a live connection.
        let mut answer = unsafe { (api().SSL_shutdown)(raw) };
        if answer == 0 && said == 0 {
            // Our side has said that it ends; now the other's answer is waited for.
            said += 1;
            // SAFETY: a live connection.
            answer = unsafe { (api().SSL_shutdown)(raw) };
        }
        (answer, ())
    };
    run(s, "The shutdown", step, |_| None)?;
    dereferenced(&s.socket)
}

/// A cipher's name, protocol and strength.
fn cipher_tuple(cipher: P) -> Result {
    // SAFETY: a cipher of the library's.
    let parts = unsafe {
        [
            text_or_none((api().SSL_CIPHER_get_name)(cipher)),
            text_or_none((api().SSL_CIPHER_get_version)(cipher)),
            int::from_i64((api().SSL_CIPHER_get_bits)(cipher, ptr::null_mut()).into()).into_obj(),
        ]
    };
    Ok(tuple::from_array(parts).into_obj())
}

fn cipher(s: &Socket) -> Result {
    // SAFETY: a live connection.
    let cipher = unsafe { (api().SSL_get_current_cipher)(s.raw) };
    match cipher.is_null() {
        true => Ok(none()),
        false => cipher_tuple(cipher),
    }
}

fn shared_ciphers(s: &Socket) -> Result {
    // SAFETY: a live connection; the ciphers are the library's.
    unsafe {
        let offered = (api().SSL_get_client_ciphers)(s.raw);
        if offered.is_null() {
            return Ok(none());
        }
        let ours = (api().SSL_get_ciphers)(s.raw);
        let all = |list: P| {
            (0..(api().OPENSSL_sk_num)(list)).map(move |i| (api().OPENSSL_sk_value)(list, i))
        };
        let mut out = Vec::new();
        for cipher in all(offered) {
            if all(ours).any(|own| own == cipher) {
                out.push(cipher_tuple(cipher)?);
            }
        }
        Ok(list::from_vec(out).into_obj())
    }
}

fn version(s: &Socket) -> Result {
    // SAFETY: a live connection.
    unsafe {
        match (api().SSL_is_init_finished)(s.raw) {
            0 => Ok(none()),
            _ => Ok(text_or_none((api().SSL_get_version)(s.raw))),
        }
    }
}

fn selected_alpn_protocol(s: &Socket) -> Result {
    let (mut at, mut n) = (ptr::null(), 0);
    // SAFETY: a live connection and room for the answer, which is its own.
    unsafe {
        (api().SSL_get0_alpn_selected)(s.raw, &mut at, &mut n);
        if at.is_null() {
            return Ok(none());
        }
        let name = slice::from_raw_parts(at, n as usize);
        Ok(str_::new(&String::from_utf8_lossy(name)).into_obj())
    }
}

/// The other side's certificate, given up when dropped.
struct Peer(P);

impl Peer {
    fn of(s: &Socket) -> Option<Peer> {
        // SAFETY: a live connection, which gives a share away.
        let raw = unsafe { (api().SSL_get1_peer_certificate)(s.raw) };
        (!raw.is_null()).then_some(Peer(raw))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // SAFETY: owned, and not used again.
        unsafe { (api().X509_free)(self.0) };
    }
}

fn getpeercert(s: &Socket, a: &[&Obj]) -> Result {
    args::expect("getpeercert", a, 0..=1)?;
    let binary = a.first().map_or(Ok(false), |o| args::to_bool(o))?;
    // SAFETY: a live connection.
    if unsafe { (api().SSL_is_init_finished)(s.raw) } == 0 {
        return raise!(ValueError, "handshake not done yet");
    }
    let Some(peer) = Peer::of(s) else {
        return Ok(none());
    };
    if binary {
        return Ok(certificate::der(peer.0)?.into_obj());
    }
    // SAFETY: a live connection and a live certificate.
    unsafe {
        match (api().SSL_get_verify_mode)(s.raw) & 1 {
            // What nobody has verified says nothing.
            0 => Ok(vm::types::dict::new().into_obj()),
            _ => certificate::info(peer.0),
        }
    }
}

/// Certificates as objects, None if there are none.
fn chain(raw: P, first: Option<Peer>) -> Result {
    if raw.is_null() {
        return Ok(none());
    }
    let mut out = Vec::new();
    if let Some(first) = first {
        out.push(certificate::make(first.0)?);
    }
    // SAFETY: a live list of live certificates.
    unsafe {
        for i in 0..(api().OPENSSL_sk_num)(raw) {
            out.push(certificate::make((api().OPENSSL_sk_value)(raw, i))?);
        }
    }
    Ok(list::from_vec(out).into_obj())
}

fn get_unverified_chain(s: &Socket) -> Result {
    // SAFETY: a live connection. A server's list lacks the client's own certificate.
    let raw = unsafe { (api().SSL_get_peer_cert_chain)(s.raw) };
    chain(raw, Peer::of(s).filter(|_| s.is_server()))
}

fn get_channel_binding(s: &Socket, [kind]: [Option<&Obj>; 1]) -> Result {
    let kind = match kind {
        Some(kind) => str_::text_argument("get_channel_binding", "cb_type", kind)?,
        None => "tls-unique",
    };
    if kind != "tls-unique" {
        return raise!(ValueError, "'{kind}' channel binding type not implemented");
    }
    let mut room = [0u8; 128];
    // SAFETY: a live connection and as much room as is said.
    let n = unsafe {
        let mine = ((api().SSL_session_reused)(s.raw) != 0) == s.is_server();
        let get = match mine {
            true => api().SSL_get_finished,
            false => api().SSL_get_peer_finished,
        };
        get(s.raw, room.as_mut_ptr().cast(), room.len())
    };
    match n {
        0 => Ok(none()),
        n => Ok(bytes::new(&room[..n]).into_obj()),
    }
}
