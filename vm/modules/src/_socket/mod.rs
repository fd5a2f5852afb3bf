//! `_socket`: the operating system's sockets. `socket` itself is the library's Python.
//!
//! [`sock`] is the type, [`address`] turns addresses into objects and back, [`resolve`] looks names up.
//! Missing by name: `sendmsg`, `recvmsg` and their control messages, and the families that are not IP or Unix.

mod address;
mod resolve;
mod sock;

use core::sync::atomic::{AtomicI64, Ordering};

use layout::*;

use vm::err::{self, Raised, Result, exc};
use vm::method::*;
use vm::object::*;
use vm::protocol::object;
use vm::types::bytes::{self, BytesExt as _};
use vm::types::type_::{self, TypeBuilder};
use vm::types::{int, module, tuple};

use crate::posix::call;
use crate::posix::convert;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_socket",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    fastcall!(
        "socketpair",
        socketpair,
        "($module, family=AF_UNIX, type=SOCK_STREAM, proto=0, /)"
    ),
    o!("close", close, "($module, fd, /)"),
    o!("dup", dup, "($module, fd, /)"),
    noargs!("getdefaulttimeout", get_default_timeout, "($module, /)"),
    o!(
        "setdefaulttimeout",
        set_default_timeout,
        "($module, timeout, /)"
    ),
    noargs!("gethostname", resolve::gethostname, "($module, /)"),
    o!(
        "gethostbyname",
        resolve::gethostbyname,
        "($module, host, /)"
    ),
    keywords!(
        "getaddrinfo",
        resolve::getaddrinfo,
        "($module, host, port, family=0, type=0, proto=0, flags=0)"
    ),
    fastcall!(
        "getnameinfo",
        resolve::getnameinfo,
        "($module, sockaddr, flags, /)"
    ),
    fastcall!(
        "getservbyname",
        resolve::getservbyname,
        "($module, servicename, protocolname=None, /)"
    ),
    fastcall!(
        "getservbyport",
        resolve::getservbyport,
        "($module, port, protocolname=None, /)"
    ),
    o!(
        "getprotobyname",
        resolve::getprotobyname,
        "($module, name, /)"
    ),
    o!("inet_aton", inet_aton, "($module, ip_addr, /)"),
    o!("inet_ntoa", inet_ntoa, "($module, packed_ip, /)"),
    fastcall!(
        "inet_pton",
        inet_pton,
        "($module, address_family, ip_string, /)"
    ),
    fastcall!(
        "inet_ntop",
        inet_ntop,
        "($module, address_family, packed_ip, /)"
    ),
    o!("htons", swap16, "($module, x, /)"),
    o!("ntohs", swap16, "($module, x, /)"),
    o!("htonl", swap32, "($module, x, /)"),
    o!("ntohl", swap32, "($module, x, /)"),
];

macro_rules! constants {
    ($($name:ident)*) => { &[$((stringify!($name), libc::$name as i64)),*] };
}

static CONSTANTS: &[(&str, i64)] = constants! {
    AF_UNSPEC AF_UNIX AF_INET AF_INET6 AF_NETLINK AF_PACKET AF_VSOCK AF_CAN AF_BLUETOOTH AF_ALG AF_TIPC
    SOCK_STREAM SOCK_DGRAM SOCK_RAW SOCK_RDM SOCK_SEQPACKET SOCK_CLOEXEC SOCK_NONBLOCK
    SOL_SOCKET SO_DEBUG SO_REUSEADDR SO_REUSEPORT SO_KEEPALIVE SO_DONTROUTE SO_BROADCAST SO_LINGER SO_OOBINLINE SO_SNDBUF
    SO_RCVBUF SO_SNDLOWAT SO_RCVLOWAT SO_SNDTIMEO SO_RCVTIMEO SO_ERROR SO_TYPE SO_PASSCRED SO_PEERCRED SO_PEERSEC
    SO_ACCEPTCONN SO_BINDTODEVICE SO_PRIORITY SO_MARK SO_DOMAIN SO_PROTOCOL SO_INCOMING_CPU
    SOMAXCONN SCM_RIGHTS SCM_CREDENTIALS
    MSG_OOB MSG_PEEK MSG_DONTROUTE MSG_DONTWAIT MSG_EOR MSG_TRUNC MSG_CTRUNC MSG_WAITALL MSG_ERRQUEUE MSG_NOSIGNAL
    MSG_CMSG_CLOEXEC MSG_CONFIRM MSG_MORE MSG_FASTOPEN
    IPPROTO_IP IPPROTO_ICMP IPPROTO_IGMP IPPROTO_TCP IPPROTO_UDP IPPROTO_IPV6 IPPROTO_ICMPV6 IPPROTO_RAW IPPROTO_SCTP
    IP_TOS IP_TTL IP_OPTIONS IP_HDRINCL IP_RECVTOS IP_MULTICAST_IF IP_MULTICAST_TTL IP_MULTICAST_LOOP IP_ADD_MEMBERSHIP
    IP_DROP_MEMBERSHIP IP_TRANSPARENT
    IPV6_V6ONLY IPV6_UNICAST_HOPS IPV6_MULTICAST_IF IPV6_MULTICAST_HOPS IPV6_MULTICAST_LOOP IPV6_RECVTCLASS IPV6_TCLASS
    TCP_NODELAY TCP_MAXSEG TCP_CORK TCP_KEEPIDLE TCP_KEEPINTVL TCP_KEEPCNT TCP_SYNCNT TCP_LINGER2 TCP_DEFER_ACCEPT
    TCP_WINDOW_CLAMP TCP_INFO TCP_QUICKACK TCP_FASTOPEN TCP_CONGESTION TCP_USER_TIMEOUT
    SHUT_RD SHUT_WR SHUT_RDWR
    AI_PASSIVE AI_CANONNAME AI_NUMERICHOST AI_NUMERICSERV AI_V4MAPPED AI_ALL AI_ADDRCONFIG
    NI_NUMERICHOST NI_NUMERICSERV NI_NOFQDN NI_NAMEREQD NI_DGRAM NI_MAXHOST
    EAI_AGAIN EAI_BADFLAGS EAI_FAIL EAI_FAMILY EAI_MEMORY EAI_NODATA EAI_NONAME EAI_OVERFLOW EAI_SERVICE EAI_SOCKTYPE
    EAI_SYSTEM
};

/// Addresses that are numbers in host order, which C has as macros.
static ADDRESSES: &[(&str, i64)] = &[
    ("INADDR_ANY", 0),
    ("INADDR_BROADCAST", 0xffff_ffff),
    ("INADDR_LOOPBACK", 0x7f00_0001),
    ("INADDR_UNSPEC_GROUP", 0xe000_0000),
    ("INADDR_ALLHOSTS_GROUP", 0xe000_0001),
    ("INADDR_MAX_LOCAL_GROUP", 0xe000_00ff),
    ("INADDR_NONE", 0xffff_ffff),
    ("NI_MAXSERV", 32),
    ("IPPORT_RESERVED", 1024),
    ("IPPORT_USERRESERVED", 5000),
];

static GAIERROR: PyTypeObject = PyTypeObject::statically_declared();
static HERROR: PyTypeObject = PyTypeObject::statically_declared();

fn exec(m: &Obj) -> Result<()> {
    for (tp, name) in [(&GAIERROR, c"socket.gaierror"), (&HERROR, c"socket.herror")] {
        if !has_flag(tp, Py_TPFLAGS_READY) {
            TypeBuilder::start(tp, name).base(&exc::OSError);
            type_::ready(tp)?;
        }
    }
    module::add(m, "error", exc::OSError.as_obj())?;
    module::add(m, "timeout", exc::TimeoutError.as_obj())?;
    module::add(m, "gaierror", GAIERROR.as_obj())?;
    module::add(m, "herror", HERROR.as_obj())?;
    module::add(m, "has_ipv6", TRUE())?;
    for (name, value) in CONSTANTS.iter().chain(ADDRESSES) {
        module::add(m, name, int::from_i64(*value).as_obj())?;
    }
    sock::add(m)
}

/// Raises `gaierror` for a code of the resolver.
#[cold]
fn gai_error(code: i32) -> Raised {
    if code == libc::EAI_SYSTEM {
        return err::last_os_error(None);
    }
    // SAFETY: the C library's texts are static.
    let text = unsafe { core::ffi::CStr::from_ptr(libc::gai_strerror(code)) };
    let text = vm::types::str_::new(&text.to_string_lossy());
    let args = tuple::pair(int::from_i64(i64::from(code)).as_obj(), text.as_obj());
    err::set_object(&GAIERROR, args.as_obj())
}

// ---- Timeouts ----

/// The timeout of new sockets, in nanoseconds; -1 blocks.
static DEFAULT_TIMEOUT: AtomicI64 = AtomicI64::new(-1);

fn default_timeout() -> i64 {
    DEFAULT_TIMEOUT.load(Ordering::Relaxed)
}

fn timeout_object(ns: i64) -> Ref {
    if ns < 0 {
        return NONE().new_ref();
    }
    vm::types::float::new(ns as f64 / 1e9).into_obj()
}

fn timeout_from(o: &Obj) -> Result<i64> {
    if o.is_none() {
        return Ok(-1);
    }
    let ns = vm::time::from_seconds(o, vm::time::Round::Up)?;
    if ns < 0 {
        return err::raise!(ValueError, "Timeout value out of range");
    }
    Ok(ns)
}

fn get_default_timeout(_: &Obj) -> Result {
    Ok(timeout_object(default_timeout()))
}

fn set_default_timeout(_: &Obj, o: &Obj) -> Result<()> {
    DEFAULT_TIMEOUT.store(timeout_from(o)?, Ordering::Relaxed);
    Ok(())
}

// ---- Descriptors ----

fn close(_: &Obj, fd: &Obj) -> Result<()> {
    let fd = convert::int(fd)?;
    // SAFETY: closes what the caller says is its own.
    match call::once(|| unsafe { libc::close(fd) }) {
        Err(code) if code != libc::ECONNRESET => Err(call::raise(code)),
        _ => Ok(()),
    }
}

fn dup(_: &Obj, fd: &Obj) -> Result<i32> {
    let fd = convert::int(fd)?;
    // SAFETY: asks for a descriptor.
    call::quick(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) })
}

fn socketpair(_: &Obj, args: &[&Obj]) -> Result {
    vm::args::expect("socketpair", args, 0..=3)?;
    let given = |i: usize, default| convert::int_or(args.get(i).copied(), default);
    let (family, kind, proto) = (
        given(0, libc::AF_UNIX)?,
        given(1, libc::SOCK_STREAM)?,
        given(2, 0)?,
    );
    let mut fds = [-1; 2];
    // SAFETY: there is room for two descriptors.
    call::quick(unsafe {
        libc::socketpair(family, kind | libc::SOCK_CLOEXEC, proto, fds.as_mut_ptr())
    })?;
    let a = sock::new_for(fds[0], family, kind, proto);
    let b = sock::new_for(fds[1], family, kind, proto);
    Ok(tuple::from_array([a?, b?]).into_obj())
}

// ---- Numbers and addresses ----

fn swap16(_: &Obj, x: &Obj) -> Result<i64> {
    let n = object_int(x)?;
    match u16::try_from(n) {
        Ok(n) => Ok(i64::from(n.to_be())),
        Err(_) if n < 0 => err::raise!(
            OverflowError,
            "can't convert negative Python int to C 16-bit unsigned integer"
        ),
        Err(_) => err::raise!(
            OverflowError,
            "Python int too large to convert to C 16-bit unsigned integer"
        ),
    }
}

fn swap32(_: &Obj, x: &Obj) -> Result<i64> {
    match u32::try_from(object_int(x)?) {
        Ok(n) => Ok(i64::from(n.to_be())),
        Err(_) => err::raise!(OverflowError, "int larger than 32 bits"),
    }
}

fn object_int(x: &Obj) -> Result<i64> {
    vm::args::to_i64(x)
}

fn inet_aton(_: &Obj, text: &Obj) -> Result<Ref<PyBytesObject>> {
    let name = convert::text("inet_aton", "argument 1", text)?;
    let mut found = libc::in_addr { s_addr: 0 };
    // SAFETY: a C string in, one address out.
    if unsafe { inet_aton_c(name.as_ptr(), &mut found) } == 0 {
        return err::raise!(OSError, "illegal IP address string passed to inet_aton");
    }
    Ok(bytes::new(&found.s_addr.to_ne_bytes()))
}

unsafe extern "C" {
    #[link_name = "inet_aton"]
    fn inet_aton_c(name: *const core::ffi::c_char, found: *mut libc::in_addr) -> i32;
}

fn packed(o: &Obj) -> Result<Vec<u8>> {
    Ok(vm::protocol::buffer::simple(o)?.bytes().to_vec())
}

fn inet_ntoa(_: &Obj, o: &Obj) -> Result<String> {
    match <[u8; 4]>::try_from(packed(o)?) {
        Ok(octets) => Ok(std::net::Ipv4Addr::from(octets).to_string()),
        Err(_) => err::raise!(OSError, "packed IP wrong length"),
    }
}

fn inet_pton(_: &Obj, args: &[&Obj]) -> Result<Ref<PyBytesObject>> {
    vm::args::expect("inet_pton", args, 2..=2)?;
    let family = convert::int(args[0])?;
    let name = convert::text("inet_pton", "argument 2", args[1])?;
    let text = name.to_str().unwrap_or("");
    let octets = match family {
        libc::AF_INET => text
            .parse::<std::net::Ipv4Addr>()
            .ok()
            .map(|a| a.octets().to_vec()),
        libc::AF_INET6 => text
            .parse::<std::net::Ipv6Addr>()
            .ok()
            .map(|a| a.octets().to_vec()),
        _ => return Err(call::raise(libc::EAFNOSUPPORT)),
    };
    match octets {
        Some(octets) => Ok(bytes::new(&octets)),
        None => err::raise!(OSError, "illegal IP address string passed to inet_pton"),
    }
}

fn inet_ntop(_: &Obj, args: &[&Obj]) -> Result<String> {
    vm::args::expect("inet_ntop", args, 2..=2)?;
    let octets = packed(args[1])?;
    let text = match convert::int(args[0])? {
        libc::AF_INET => {
            <[u8; 4]>::try_from(octets).map(|o| std::net::Ipv4Addr::from(o).to_string())
        }
        libc::AF_INET6 => {
            <[u8; 16]>::try_from(octets).map(|o| std::net::Ipv6Addr::from(o).to_string())
        }
        family => return err::raise!(ValueError, "unknown address family {family}"),
    };
    match text {
        Ok(text) => Ok(text),
        Err(_) => err::raise!(ValueError, "invalid length of packed IP address string"),
    }
}

/// A host as C wants it: a str as IDNA unless it is ASCII, or bytes as they are.
fn host(o: &Obj) -> Result<std::ffi::CString> {
    if let Some(s) = o.downcast::<PyUnicodeObject>() {
        if let Some(text) = vm::types::str_::StrExt::try_str(s).filter(|text| text.is_ascii()) {
            return convert::c_string(text.as_bytes().to_vec());
        }
        let encoded = vm::codecs::registry::encode(o, "idna", None)?;
        return host(&encoded);
    }
    match o.downcast::<PyBytesObject>() {
        Some(b) => convert::c_string(b.as_slice().to_vec()),
        None if object::is_instance(o, PyByteArrayObject::type_object().as_obj())? => {
            convert::c_string(packed(o)?)
        }
        None => err::raise!(
            TypeError,
            "str, bytes or bytearray expected, not {}",
            o.tp_name()
        ),
    }
}
