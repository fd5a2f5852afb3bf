//! Addresses: Python's tuples and paths on one side, C's structures on the other.

use core::mem::{MaybeUninit, offset_of};
use core::ptr;
use std::ffi::{CStr, CString};

use layout::*;

use vm::codecs;
use vm::err::{self, Result, exc, raise};
use vm::object::*;
use vm::protocol::buffer;
use vm::threads;
use vm::types::bytearray::ByteArrayExt as _;
use vm::types::bytes::{self, BytesExt as _};
use vm::types::int;
use vm::types::str_::{self, StrExt as _};
use vm::types::tuple::{self, TupleExt as _};

use super::gai_error;
use crate::posix::convert;

/// A C address of any family.
pub struct Address {
    storage: libc::sockaddr_storage,
    /// How much of it counts.
    pub len: libc::socklen_t,
}

/// How large any address may be.
pub const ROOM: usize = size_of::<libc::sockaddr_storage>();

impl Address {
    /// Room for an address, which a call fills in.
    pub fn empty() -> Address {
        Address {
            // SAFETY: all zero is an address of no family.
            storage: unsafe { MaybeUninit::zeroed().assume_init() },
            len: ROOM as libc::socklen_t,
        }
    }

    fn of<T: Copy>(value: T) -> Address {
        let mut a = Address::empty();
        debug_assert!(size_of::<T>() <= ROOM);
        // SAFETY: the storage is large enough and aligned for every kind of address.
        unsafe { ptr::write((&raw mut a.storage).cast::<T>(), value) };
        a.len = size_of::<T>() as libc::socklen_t;
        a
    }

    /// The address for C.
    pub fn as_ptr(&self) -> *const libc::sockaddr {
        (&raw const self.storage).cast()
    }

    /// The address for C to fill in.
    pub fn as_mut_ptr(&mut self) -> *mut libc::sockaddr {
        (&raw mut self.storage).cast()
    }

    /// The family.
    pub fn family(&self) -> i32 {
        i32::from(self.storage.ss_family)
    }

    fn cast<T>(&self) -> &T {
        // SAFETY: zeroed and large enough for every kind of address.
        unsafe { &*(&raw const self.storage).cast::<T>() }
    }
}

// ---- From Python ----

/// A host name: str, by IDNA if it is not ASCII, or bytes.
pub fn host_name(o: &Obj) -> Result<CString> {
    let name = if let Some(s) = o.downcast::<PyUnicodeObject>() {
        if s.is_ascii() {
            s.as_str()?.as_bytes().to_vec()
        } else {
            let encoded = match codecs::encode_to_bytes(s, Some("idna"), None) {
                Ok(encoded) => encoded,
                Err(_) => {
                    return Err(err::raise_from_current(
                        &exc::TypeError,
                        format_args!("encoding of hostname failed"),
                    ));
                }
            };
            bytes::build::slice_of(&encoded).unwrap_or(&[]).to_vec()
        }
    } else if let Some(b) = o.downcast::<PyBytesObject>() {
        b.as_slice().to_vec()
    } else if let Some(b) = o.downcast::<PyByteArrayObject>() {
        b.as_slice().to_vec()
    } else {
        return raise!(
            TypeError,
            "str, bytes or bytearray expected, not {}",
            o.tp_name()
        );
    };
    match CString::new(name) {
        Ok(name) => Ok(name),
        Err(_) => raise!(TypeError, "host name must not contain null character"),
    }
}

/// The results of `getaddrinfo`, freed when dropped.
pub struct Found(*mut libc::addrinfo);

impl Found {
    /// Looks a host and a service up.
    pub fn look_up(
        host: Option<&CStr>,
        service: Option<&CStr>,
        hints: &libc::addrinfo,
    ) -> Result<Found> {
        let mut first = ptr::null_mut();
        let text = |s: Option<&CStr>| s.map_or(ptr::null(), CStr::as_ptr) as usize;
        let (host, service, hints, at) = (
            text(host),
            text(service),
            &raw const *hints as usize,
            &raw mut first as usize,
        );
        // SAFETY: null or texts that end with NUL; the result is there to be written.
        let code = threads::allow(|| unsafe {
            libc::getaddrinfo(
                host as *const _,
                service as *const _,
                hints as *const _,
                at as *mut _,
            )
        });
        if code == 0 {
            Ok(Found(first))
        } else {
            Err(gai_error(code))
        }
    }

    /// The results, one after the other.
    pub fn iter(&self) -> impl Iterator<Item = &libc::addrinfo> {
        let mut at = self.0;
        core::iter::from_fn(move || {
            // SAFETY: the list lives as long as self, and ends with null.
            let info = unsafe { at.as_ref() }?;
            at = info.ai_next;
            Some(info)
        })
    }
}

impl Drop for Found {
    fn drop(&mut self) {
        // SAFETY: what getaddrinfo has made, freed once.
        unsafe { libc::freeaddrinfo(self.0) };
    }
}

/// Hints for `getaddrinfo`.
pub fn hints(family: i32, kind: i32, protocol: i32, flags: i32) -> libc::addrinfo {
    // SAFETY: all zero means no wish.
    let mut h: libc::addrinfo = unsafe { MaybeUninit::zeroed().assume_init() };
    h.ai_family = family;
    h.ai_socktype = kind;
    h.ai_protocol = protocol;
    h.ai_flags = flags;
    h
}

/// The address of one of `getaddrinfo`'s results.
pub fn of_info(info: &libc::addrinfo) -> Address {
    let mut a = Address::empty();
    a.len = info.ai_addrlen.min(ROOM as libc::socklen_t);
    // SAFETY: the result says how long its address is.
    unsafe {
        ptr::copy_nonoverlapping(
            info.ai_addr.cast::<u8>(),
            a.as_mut_ptr().cast(),
            a.len as usize,
        )
    };
    a
}

/// The IP address of a host, of the family if that is not `AF_UNSPEC`; port 0.
pub fn resolve(name: &CStr, family: i32) -> Result<Address> {
    let text = name.to_bytes();
    if text.is_empty() {
        let found = Found::look_up(
            None,
            Some(c"0"),
            &hints(family, libc::SOCK_DGRAM, 0, libc::AI_PASSIVE),
        )?;
        let mut all = found.iter();
        let first = all.next().map(of_info);
        if all.next().is_some() {
            return raise!(OSError, "wildcard resolved to multiple address");
        }
        return first.map_or_else(|| raise!(OSError, "wildcard resolved to no address"), Ok);
    }
    if text == b"255.255.255.255" || text == b"<broadcast>" {
        if family != libc::AF_INET && family != libc::AF_UNSPEC {
            return raise!(OSError, "address family mismatched");
        }
        return Ok(inet(libc::INADDR_BROADCAST.to_be(), 0));
    }
    if family == libc::AF_INET || family == libc::AF_UNSPEC {
        let mut ip = 0u32;
        // SAFETY: the text ends with NUL; an IPv4 address is there to be written.
        if unsafe { inet_pton(libc::AF_INET, name.as_ptr(), (&raw mut ip).cast()) } > 0 {
            return Ok(inet(ip, 0));
        }
    }
    if (family == libc::AF_INET6 || family == libc::AF_UNSPEC) && !text.contains(&b'%') {
        let mut ip = [0u8; 16];
        // SAFETY: the text ends with NUL; an IPv6 address is there to be written.
        if unsafe { inet_pton(libc::AF_INET6, name.as_ptr(), ip.as_mut_ptr().cast()) } > 0 {
            return Ok(inet6(ip, 0, 0, 0));
        }
    }
    let found = Found::look_up(Some(name), None, &hints(family, 0, 0, 0))?;
    let first = found.iter().next().map(of_info);
    first.map_or_else(|| Err(gai_error(libc::EAI_NONAME)), Ok)
}

unsafe extern "C" {
    /// From the C library; declared here because the crate does not.
    pub fn inet_pton(family: i32, text: *const libc::c_char, to: *mut libc::c_void) -> i32;
}

fn inet(ip: u32, port: u16) -> Address {
    Address::of(libc::sockaddr_in {
        sin_family: libc::AF_INET as libc::sa_family_t,
        sin_port: port.to_be(),
        sin_addr: libc::in_addr { s_addr: ip },
        sin_zero: [0; 8],
    })
}

fn inet6(ip: [u8; 16], port: u16, flow: u32, scope: u32) -> Address {
    Address::of(libc::sockaddr_in6 {
        sin6_family: libc::AF_INET6 as libc::sa_family_t,
        sin6_port: port.to_be(),
        sin6_flowinfo: flow.to_be(),
        sin6_addr: libc::in6_addr { s6_addr: ip },
        sin6_scope_id: scope,
    })
}

fn tuple_of<'a>(o: &'a Obj, caller: &str, family: &str) -> Result<&'a [Ref]> {
    match o.downcast::<PyTupleObject>() {
        Some(t) => Ok(t.items()),
        None => raise!(
            TypeError,
            "{caller}(): {family} address must be tuple, not {:.500}",
            o.tp_name()
        ),
    }
}

fn port(o: &Obj, caller: &str) -> Result<u16> {
    let n = convert::int(o);
    match n {
        Ok(n) => match u16::try_from(n) {
            Ok(n) => Ok(n),
            Err(_) => raise!(OverflowError, "{caller}(): port must be 0-65535."),
        },
        Err(_) if err::clear_if(&exc::OverflowError) => {
            raise!(OverflowError, "{caller}(): port must be 0-65535.")
        }
        Err(raised) => Err(raised),
    }
}

/// A C `unsigned int`, wrapped as the argument parser does.
fn uint(o: Option<&Ref>) -> Result<u32> {
    o.map_or(Ok(0), |o| convert::uint_wrapped(o))
}

/// The C address of a socket of `family` and `protocol` for what the program gave; `caller` is for messages.
pub fn from_object(family: i32, protocol: i32, o: &Obj, caller: &str) -> Result<Address> {
    match family {
        libc::AF_INET => {
            let [host, port_object] = tuple_of(o, caller, "AF_INET")? else {
                return raise!(TypeError, "AF_INET address must be a pair (host, port)");
            };
            let host = host_name(host)?;
            let port = port(port_object, caller)?;
            let found = resolve(&host, libc::AF_INET)?;
            Ok(inet(
                found.cast::<libc::sockaddr_in>().sin_addr.s_addr,
                port,
            ))
        }
        libc::AF_INET6 => {
            let items = tuple_of(o, caller, "AF_INET6")?;
            if !(2..=4).contains(&items.len()) {
                return raise!(
                    TypeError,
                    "AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])"
                );
            }
            let host = host_name(&items[0])?;
            let port = port(&items[1], caller)?;
            let (flow, scope) = (uint(items.get(2))?, uint(items.get(3))?);
            if flow > 0xf_ffff {
                return raise!(OverflowError, "{caller}(): flowinfo must be 0-1048575.");
            }
            let found = resolve(&host, libc::AF_INET6)?;
            Ok(inet6(
                found.cast::<libc::sockaddr_in6>().sin6_addr.s6_addr,
                port,
                flow,
                scope,
            ))
        }
        libc::AF_UNIX => unix(o),
        libc::AF_NETLINK => {
            let [pid, groups] = tuple_of(o, caller, "AF_NETLINK")? else {
                return raise!(TypeError, "AF_NETLINK address must be a pair (pid, groups)");
            };
            // SAFETY: all zero is a netlink address; the padding is private.
            let mut a: libc::sockaddr_nl = unsafe { MaybeUninit::zeroed().assume_init() };
            a.nl_family = libc::AF_NETLINK as libc::sa_family_t;
            a.nl_pid = convert::uint_wrapped(pid)?;
            a.nl_groups = convert::uint_wrapped(groups)?;
            Ok(Address::of(a))
        }
        libc::AF_PACKET => packet(o, caller),
        libc::AF_VSOCK => {
            let [cid, port] = tuple_of(o, caller, "AF_VSOCK")? else {
                return raise!(
                    TypeError,
                    "{caller}(): AF_VSOCK address must be a pair (CID, port)"
                );
            };
            // SAFETY: all zero is a vsock address; the padding is private.
            let mut a: libc::sockaddr_vm = unsafe { MaybeUninit::zeroed().assume_init() };
            a.svm_family = libc::AF_VSOCK as libc::sa_family_t;
            a.svm_cid = convert::uint_wrapped(cid)?;
            a.svm_port = convert::uint_wrapped(port)?;
            Ok(Address::of(a))
        }
        libc::AF_CAN => can(o, protocol, caller),
        libc::AF_ALG => algorithm(o, caller),
        _ => raise!(OSError, "{caller}(): bad family"),
    }
}

fn unix(o: &Obj) -> Result<Address> {
    let path = if let Some(s) = o.downcast::<PyUnicodeObject>() {
        codecs::fs_encode(s)?
    } else {
        buffer::simple(o)?.bytes().to_vec()
    };
    // SAFETY: all zero is a unix address.
    let mut a: libc::sockaddr_un = unsafe { MaybeUninit::zeroed().assume_init() };
    a.sun_family = libc::AF_UNIX as libc::sa_family_t;
    // A name that starts with NUL lives outside the file system and may fill all the room.
    let is_abstract = path.first() == Some(&0);
    if path.len() > a.sun_path.len() || (!is_abstract && path.len() == a.sun_path.len()) {
        return raise!(OSError, "AF_UNIX path too long");
    }
    for (to, from) in a.sun_path.iter_mut().zip(&path) {
        *to = *from as libc::c_char;
    }
    let mut a = Address::of(a);
    a.len = (offset_of!(libc::sockaddr_un, sun_path) + path.len() + usize::from(!is_abstract))
        as libc::socklen_t;
    Ok(a)
}

/// The number of a network interface, 0 for an empty name.
fn interface(name: &CStr) -> Result<u32> {
    if name.is_empty() {
        return Ok(0);
    }
    // SAFETY: the name ends with NUL.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(err::last_os_error(None)),
        n => Ok(n),
    }
}

fn packet(o: &Obj, caller: &str) -> Result<Address> {
    let items = tuple_of(o, caller, "AF_PACKET")?;
    if !(2..=5).contains(&items.len()) {
        return raise!(
            TypeError,
            "AF_PACKET address must be a tuple of two to five elements (ifname, protonumber[, pkttype[, hatype[, haddr]]])"
        );
    }
    let name = convert::text(caller, "", &items[0])?;
    let protocol = convert::int(&items[1])?;
    let Ok(protocol) = u16::try_from(protocol) else {
        return raise!(OverflowError, "{caller}(): proto must be 0-65535.");
    };
    // SAFETY: all zero is a packet address.
    let mut a: libc::sockaddr_ll = unsafe { MaybeUninit::zeroed().assume_init() };
    a.sll_family = libc::AF_PACKET as u16;
    a.sll_protocol = protocol.to_be();
    a.sll_ifindex = interface(&name)? as i32;
    a.sll_pkttype = items.get(2).map_or(Ok(0), |o| convert::int(o))? as u8;
    a.sll_hatype = items.get(3).map_or(Ok(0), |o| convert::int(o))? as u16;
    if let Some(hardware) = items.get(4) {
        let view = buffer::simple(hardware)?;
        let data = view.bytes();
        if data.len() > a.sll_addr.len() {
            return raise!(ValueError, "Hardware address must be 8 bytes or less");
        }
        a.sll_addr[..data.len()].copy_from_slice(data);
        a.sll_halen = data.len() as u8;
    }
    Ok(Address::of(a))
}

fn can(o: &Obj, protocol: i32, caller: &str) -> Result<Address> {
    let items = tuple_of(o, caller, "AF_CAN")?;
    // SAFETY: all zero is a CAN address.
    let mut a: libc::sockaddr_can = unsafe { MaybeUninit::zeroed().assume_init() };
    a.can_family = libc::AF_CAN as libc::sa_family_t;
    let wanted = match protocol {
        libc::CAN_ISOTP => 3,
        libc::CAN_J1939 => 4,
        libc::CAN_RAW | libc::CAN_BCM => 1,
        _ => return raise!(OSError, "{caller}(): unsupported CAN protocol"),
    };
    if items.len() != wanted {
        return raise!(
            TypeError,
            "AF_CAN address must be a tuple of {wanted} elements"
        );
    }
    let name = convert::fs_string(&items[0])?;
    if name.as_bytes().len() >= libc::IF_NAMESIZE {
        return raise!(OSError, "AF_CAN interface name too long");
    }
    a.can_ifindex = interface(&name)? as i32;
    match protocol {
        libc::CAN_ISOTP => {
            a.can_addr.tp.rx_id = convert::uint_wrapped(&items[1])?;
            a.can_addr.tp.tx_id = convert::uint_wrapped(&items[2])?;
        }
        libc::CAN_J1939 => {
            a.can_addr.j1939.name = convert::u64(&items[1])?;
            a.can_addr.j1939.pgn = convert::uint_wrapped(&items[2])?;
            a.can_addr.j1939.addr = convert::uint_wrapped(&items[3])? as u8;
        }
        _ => {}
    }
    Ok(Address::of(a))
}

fn algorithm(o: &Obj, caller: &str) -> Result<Address> {
    let items = tuple_of(o, caller, "AF_ALG")?;
    let [kind, name, rest @ ..] = items else {
        return raise!(
            TypeError,
            "AF_ALG address must have two to four elements (type, name[, feat[, mask]])"
        );
    };
    let (kind, name) = (
        convert::text(caller, "", kind)?,
        convert::text(caller, "", name)?,
    );
    // SAFETY: all zero is an address of this family.
    let mut a: libc::sockaddr_alg = unsafe { MaybeUninit::zeroed().assume_init() };
    a.salg_family = libc::AF_ALG as u16;
    if kind.as_bytes().len() >= a.salg_type.len() {
        return raise!(ValueError, "AF_ALG type too long.");
    }
    if name.as_bytes().len() >= a.salg_name.len() {
        return raise!(ValueError, "AF_ALG name too long.");
    }
    a.salg_type[..kind.as_bytes().len()].copy_from_slice(kind.as_bytes());
    a.salg_name[..name.as_bytes().len()].copy_from_slice(name.as_bytes());
    a.salg_feat = uint(rest.first())?;
    a.salg_mask = uint(rest.get(1))?;
    Ok(Address::of(a))
}

// ---- To Python ----

fn number(n: impl Into<i64>) -> Ref {
    int::from_i64(n.into()).into_obj()
}

/// An IP address as text.
pub fn ip_text(a: &Address) -> Result {
    let mut room = [0; libc::NI_MAXHOST as usize];
    // SAFETY: an address as long as said, and room for a name.
    let code = unsafe {
        libc::getnameinfo(
            a.as_ptr(),
            a.len,
            room.as_mut_ptr(),
            room.len() as libc::socklen_t,
            ptr::null_mut(),
            0,
            libc::NI_NUMERICHOST,
        )
    };
    if code != 0 {
        return Err(gai_error(code));
    }
    // SAFETY: a text that ends with NUL was written.
    let text = unsafe { CStr::from_ptr(room.as_ptr()) };
    Ok(str_::new(&text.to_string_lossy()).into_obj())
}

/// What the program sees of an address; `protocol` is the socket's.
pub fn to_object(a: &Address, protocol: i32) -> Result {
    if a.len == 0 {
        return Ok(none()); // No address: an unconnected pair, for example.
    }
    match a.family() {
        libc::AF_INET => {
            let port = u16::from_be(a.cast::<libc::sockaddr_in>().sin_port);
            Ok(tuple::from_array([ip_text(a)?, number(port)]).into_obj())
        }
        libc::AF_INET6 => {
            let v6 = a.cast::<libc::sockaddr_in6>();
            let parts = [
                u16::from_be(v6.sin6_port).into(),
                u32::from_be(v6.sin6_flowinfo),
                v6.sin6_scope_id,
            ];
            let [port, flow, scope] = parts.map(number);
            Ok(tuple::from_array([ip_text(a)?, port, flow, scope]).into_obj())
        }
        libc::AF_UNIX => {
            let path = a.cast::<libc::sockaddr_un>().sun_path.map(|c| c as u8);
            let len = (a.len as usize)
                .saturating_sub(offset_of!(libc::sockaddr_un, sun_path))
                .min(path.len());
            if len > 0 && path[0] == 0 {
                return Ok(bytes::try_new(&path[..len])?.into_obj());
            }
            let end = path
                .iter()
                .position(|c| *c == 0)
                .unwrap_or(path.len())
                .min(len);
            codecs::fs_decode(&path[..end])
        }
        libc::AF_NETLINK => {
            let nl = a.cast::<libc::sockaddr_nl>();
            Ok(tuple::from_array([number(nl.nl_pid), number(nl.nl_groups)]).into_obj())
        }
        libc::AF_VSOCK => {
            let vm = a.cast::<libc::sockaddr_vm>();
            Ok(tuple::from_array([number(vm.svm_cid), number(vm.svm_port)]).into_obj())
        }
        libc::AF_PACKET => {
            let ll = a.cast::<libc::sockaddr_ll>();
            let mut name = [0; libc::IF_NAMESIZE];
            if ll.sll_ifindex != 0 {
                // SAFETY: room for a name.
                unsafe { libc::if_indextoname(ll.sll_ifindex as u32, name.as_mut_ptr()) };
            }
            // SAFETY: empty, or a text that ends with NUL.
            let name = unsafe { CStr::from_ptr(name.as_ptr()) };
            let hardware = &ll.sll_addr[..usize::from(ll.sll_halen).min(ll.sll_addr.len())];
            Ok(tuple::from_array([
                codecs::fs_decode(name.to_bytes())?,
                number(u16::from_be(ll.sll_protocol)),
                number(ll.sll_pkttype),
                number(ll.sll_hatype),
                bytes::try_new(hardware)?.into_obj(),
            ])
            .into_obj())
        }
        libc::AF_CAN => can_object(a.cast::<libc::sockaddr_can>(), protocol),
        family => {
            // SAFETY: as many bytes as the address has, behind its family.
            let data = unsafe {
                let at = a
                    .as_ptr()
                    .cast::<u8>()
                    .add(offset_of!(libc::sockaddr, sa_data));
                let len = (a.len as usize).saturating_sub(offset_of!(libc::sockaddr, sa_data));
                core::slice::from_raw_parts(at, len.min(ROOM - offset_of!(libc::sockaddr, sa_data)))
            };
            Ok(tuple::from_array([number(family), bytes::try_new(data)?.into_obj()]).into_obj())
        }
    }
}

fn can_object(a: &libc::sockaddr_can, protocol: i32) -> Result {
    let mut name = [0; libc::IF_NAMESIZE];
    if a.can_ifindex != 0 {
        // SAFETY: room for a name.
        unsafe { libc::if_indextoname(a.can_ifindex as u32, name.as_mut_ptr()) };
    }
    // SAFETY: empty, or a text that ends with NUL.
    let name = codecs::fs_decode(unsafe { CStr::from_ptr(name.as_ptr()) }.to_bytes())?;
    // SAFETY: the protocol says which part of the union counts; all are integers.
    unsafe {
        Ok(match protocol {
            libc::CAN_ISOTP => tuple::from_array([
                name,
                number(a.can_addr.tp.rx_id),
                number(a.can_addr.tp.tx_id),
            ])
            .into_obj(),
            libc::CAN_J1939 => tuple::from_array([
                name,
                int::from_u64(a.can_addr.j1939.name).into_obj(),
                number(a.can_addr.j1939.pgn),
                number(a.can_addr.j1939.addr),
            ])
            .into_obj(),
            _ => tuple::from_array([name]).into_obj(),
        })
    }
}
