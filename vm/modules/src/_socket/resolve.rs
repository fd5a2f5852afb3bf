//! Names of hosts, services and protocols.

use core::ffi::CStr;
use core::{mem, ptr};
use std::ffi::CString;

use layout::*;

use vm::err::{Result, raise};
use vm::object::*;
use vm::threads;
use vm::types::int::IntExt as _;
use vm::types::tuple::TupleExt as _;
use vm::types::{int, list, str_, tuple};
use vm::{args, err};

use super::address::Address;
use super::gai_error;
use crate::posix::convert;

/// The resolver's answer, given back to C at the end.
struct Found(*mut libc::addrinfo);

impl Drop for Found {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the resolver's own list, freed once.
            unsafe { libc::freeaddrinfo(self.0) };
        }
    }
}

impl Found {
    fn entries(&self) -> impl Iterator<Item = &libc::addrinfo> {
        // SAFETY: a list that ends with null, alive as long as this.
        let mut at = unsafe { self.0.as_ref() };
        core::iter::from_fn(move || {
            let entry = at?;
            // SAFETY: see above.
            at = unsafe { entry.ai_next.as_ref() };
            Some(entry)
        })
    }
}

fn look_up(host: Option<&CStr>, port: Option<&CStr>, hints: libc::addrinfo) -> Result<Found> {
    let text = |s: Option<&CStr>| s.map_or(ptr::null(), CStr::as_ptr) as usize;
    let (host, port) = (text(host), text(port));
    let mut found = Found(ptr::null_mut());
    let target = &raw mut found.0 as usize;
    let hints = &raw const hints as usize;
    // SAFETY: C strings or null in, a list out; all stay in place until the call returns.
    let code = threads::allow(|| unsafe {
        libc::getaddrinfo(
            host as *const _,
            port as *const _,
            hints as *const _,
            target as *mut _,
        )
    });
    if code != 0 {
        Err(gai_error(code))
    } else {
        Ok(found)
    }
}

fn hints(family: i32, kind: i32, proto: i32, flags: i32) -> libc::addrinfo {
    // SAFETY: all zero asks for anything.
    let mut h: libc::addrinfo = unsafe { mem::zeroed() };
    (h.ai_family, h.ai_socktype, h.ai_protocol, h.ai_flags) = (family, kind, proto, flags);
    h
}

/// The first address of a host in a family; an empty name is any address.
pub fn first(host: &CStr, family: i32) -> Result<Address> {
    let empty = host.is_empty();
    let kind = if empty { libc::SOCK_DGRAM } else { 0 };
    let flags = if empty { libc::AI_PASSIVE } else { 0 };
    let found = look_up(
        (!empty).then_some(host),
        empty.then_some(c"0"),
        hints(family, kind, 0, flags),
    )?;
    match found.entries().next() {
        // SAFETY: an entry has its address.
        Some(e) if e.ai_family == family => Ok(unsafe { Address::copied(e.ai_addr, e.ai_addrlen) }),
        Some(_) => raise!(OSError, "unsupported address family"),
        None => Err(gai_error(libc::EAI_NONAME)),
    }
}

/// `gethostbyname(host)`
pub fn gethostbyname(_: &Obj, name: &Obj) -> Result {
    let found = first(&super::host(name)?, libc::AF_INET)?.object()?;
    match found.downcast::<PyTupleObject>() {
        Some(pair) => Ok(pair.items()[0].clone()),
        None => Ok(found),
    }
}

/// `gethostname()`
pub fn gethostname(_: &Obj) -> Result {
    let mut name = [0u8; 1024];
    // SAFETY: there is room, and the last byte stays NUL.
    let status = unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len() - 1) };
    crate::posix::call::quick(status)?;
    let end = name.iter().position(|c| *c == 0).unwrap_or(0);
    vm::codecs::fs_decode(&name[..end])
}

fn service(o: Option<&Obj>) -> Result<Option<CString>> {
    let Some(o) = o.filter(|o| !o.is_none()) else {
        return Ok(None);
    };
    if let Some(n) = o.downcast::<PyLongObject>() {
        return match n.to_i64() {
            Some(n) => convert::c_string(n.to_string().into_bytes()).map(Some),
            None => raise!(OverflowError, "Python int too large to convert to C long"),
        };
    }
    match o.downcast::<PyUnicodeObject>() {
        Some(s) => convert::c_string(str_::StrExt::as_str(s)?.as_bytes().to_vec()).map(Some),
        None if o.downcast::<PyBytesObject>().is_some() => super::host(o).map(Some),
        None => raise!(OSError, "Int or String expected"),
    }
}

/// `getaddrinfo(host, port, family=0, type=0, proto=0, flags=0)`
pub fn getaddrinfo(
    _: &Obj,
    [host, port, family, kind, proto, flags]: [Option<&Obj>; 6],
) -> Result<Ref<PyListObject>> {
    let host = match host.filter(|o| !o.is_none()) {
        Some(o)
            if o.downcast::<PyUnicodeObject>().is_none()
                && o.downcast::<PyBytesObject>().is_none() =>
        {
            return raise!(TypeError, "getaddrinfo() argument 1 must be string or None");
        }
        Some(o) => Some(super::host(o)?),
        None => None,
    };
    let port = service(port)?;
    let n = |o| convert::int_or(o, 0);
    let wanted = hints(n(family)?, n(kind)?, n(proto)?, n(flags)?);
    let found = look_up(host.as_deref(), port.as_deref(), wanted)?;
    let mut entries = Vec::new();
    for e in found.entries() {
        let canonical = if e.ai_canonname.is_null() {
            str_::new("")
        } else {
            // SAFETY: a C string of the list.
            str_::new(&unsafe { CStr::from_ptr(e.ai_canonname) }.to_string_lossy())
        };
        // SAFETY: an entry has its address.
        let address = unsafe { Address::copied(e.ai_addr, e.ai_addrlen) }.object()?;
        let number = |n: i32| int::from_i64(i64::from(n)).into_obj();
        let row = [
            number(e.ai_family),
            number(e.ai_socktype),
            number(e.ai_protocol),
            canonical.into_obj(),
            address,
        ];
        entries.push(tuple::from_array(row).into_obj());
    }
    Ok(list::from_vec(entries))
}

/// `getnameinfo(sockaddr, flags)`
pub fn getnameinfo(_: &Obj, argv: &[&Obj]) -> Result {
    args::expect("getnameinfo", argv, 2..=2)?;
    let flags = convert::int(argv[1])?;
    let Some(t) = argv[0].downcast::<PyTupleObject>() else {
        return raise!(TypeError, "getnameinfo() argument 1 must be a tuple");
    };
    if !(2..=4).contains(&t.items().len()) {
        return raise!(TypeError, "getnameinfo(): illegal sockaddr argument");
    }
    let host = super::host(&t.items()[0])?;
    let wanted = hints(libc::AF_UNSPEC, libc::SOCK_DGRAM, 0, libc::AI_NUMERICHOST);
    let family = {
        let found = look_up(Some(&host), Some(c"0"), wanted)?;
        found
            .entries()
            .next()
            .map_or(libc::AF_INET, |e| e.ai_family)
    };
    if family == libc::AF_INET && t.items().len() != 2 {
        return raise!(OSError, "IPv4 sockaddr must be 2 tuple");
    }
    let mut address = super::address::from_object("getnameinfo", family, argv[0])?;
    let (mut name, mut service) = ([0u8; 1025], [0u8; 32]);
    let (at, len) = (address.raw() as usize, address.len);
    let (name_at, service_at) = (name.as_mut_ptr() as usize, service.as_mut_ptr() as usize);
    // SAFETY: an address in, two C strings out, in the room there is.
    let code = threads::allow(|| unsafe {
        libc::getnameinfo(
            at as *const _,
            len,
            name_at as *mut _,
            1025,
            service_at as *mut _,
            32,
            flags,
        )
    });
    if code != 0 {
        return Err(gai_error(code));
    }
    let text = |s: &[u8]| {
        let end = s.iter().position(|c| *c == 0).unwrap_or(s.len());
        vm::codecs::fs_decode(&s[..end])
    };
    Ok(tuple::pair(&*text(&name)?, &*text(&service)?).into_obj())
}

fn protocol(argv: &[&Obj]) -> Result<Option<CString>> {
    argv.get(1)
        .map(|o| convert::text("getservbyname", "argument 2", o))
        .transpose()
}

/// `getservbyname(servicename[, protocolname])`
pub fn getservbyname(_: &Obj, argv: &[&Obj]) -> Result<i32> {
    args::expect("getservbyname", argv, 1..=2)?;
    let name = convert::text("getservbyname", "argument 1", argv[0])?;
    let proto = protocol(argv)?;
    // SAFETY: C strings or null; the answer is read while the lock keeps other threads of Python out.
    let found = unsafe {
        libc::getservbyname(
            name.as_ptr(),
            proto.as_ref().map_or(ptr::null(), |p| p.as_ptr()),
        )
        .as_ref()
    };
    match found {
        Some(entry) => Ok(i32::from(u16::from_be(entry.s_port as u16))),
        None => raise!(OSError, "service/proto not found"),
    }
}

/// `getservbyport(port[, protocolname])`
pub fn getservbyport(_: &Obj, argv: &[&Obj]) -> Result<String> {
    args::expect("getservbyport", argv, 1..=2)?;
    let Ok(port) = u16::try_from(convert::int(argv[0])?) else {
        return raise!(OverflowError, "getservbyport: port must be 0-65535.");
    };
    let proto = protocol(argv)?;
    // SAFETY: see above.
    let found = unsafe {
        libc::getservbyport(
            i32::from(port.to_be()),
            proto.as_ref().map_or(ptr::null(), |p| p.as_ptr()),
        )
        .as_ref()
    };
    match found {
        // SAFETY: a C string.
        Some(entry) => Ok(unsafe { CStr::from_ptr(entry.s_name) }
            .to_string_lossy()
            .into_owned()),
        None => raise!(OSError, "port/proto not found"),
    }
}

/// `getprotobyname(name)`
pub fn getprotobyname(_: &Obj, name: &Obj) -> Result<i32> {
    let name = convert::text("getprotobyname", "argument 1", name)?;
    // SAFETY: see above.
    match unsafe { libc::getprotobyname(name.as_ptr()).as_ref() } {
        Some(entry) => Ok(entry.p_proto),
        None => Err(err::new(
            &err::exc::OSError,
            format_args!("protocol not found"),
        )),
    }
}
