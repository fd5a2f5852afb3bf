//! Socket addresses: Python's tuples, strings and bytes, and C's structures.

use core::mem;
use std::net::{Ipv4Addr, Ipv6Addr};

use layout::*;

use vm::err::{Result, raise};
use vm::object::*;
use vm::types::bytes;
use vm::types::tuple::TupleExt as _;
use vm::types::{int, str_, tuple};

use super::resolve;
use crate::posix::convert;

/// C's structure and how much of it is used.
pub struct Address {
    storage: libc::sockaddr_storage,
    pub len: libc::socklen_t,
}

/// What goes before the characters of a Unix address.
const PATH_AT: usize = mem::offset_of!(libc::sockaddr_un, sun_path);

impl Address {
    /// Room for any address.
    pub fn room() -> Address {
        Address {
            // SAFETY: all zero is an address of no family.
            storage: unsafe { mem::zeroed() },
            len: mem::size_of::<libc::sockaddr_storage>() as libc::socklen_t,
        }
    }

    /// A copy of an address that C has.
    ///
    /// # Safety
    ///
    /// `from` has `len` bytes, which are an address.
    pub unsafe fn copied(from: *const libc::sockaddr, len: libc::socklen_t) -> Address {
        let mut a = Address::room();
        a.len = len.min(a.len);
        // SAFETY: as required; cut to the room there is.
        unsafe {
            core::ptr::copy_nonoverlapping(from.cast::<u8>(), a.raw().cast(), a.len as usize);
        }
        a
    }

    fn of<T>(value: T) -> Address {
        let len = mem::size_of::<T>() as libc::socklen_t;
        // SAFETY: the structure has its size.
        unsafe { Address::copied((&raw const value).cast(), len) }
    }

    /// For C to read or to fill in.
    pub fn raw(&mut self) -> *mut libc::sockaddr {
        (&raw mut self.storage).cast()
    }

    /// The structure as one family's.
    ///
    /// # Safety
    ///
    /// It is of that family.
    unsafe fn as_structure<T: Copy>(&self) -> T {
        // SAFETY: the storage has room for every family's structure, and is aligned for it.
        unsafe { *(&raw const self.storage).cast::<T>() }
    }

    /// The address as Python has it.
    pub fn object(&self) -> Result {
        if self.len == 0 {
            return Ok(NONE().new_ref());
        }
        match i32::from(self.storage.ss_family) {
            libc::AF_INET => {
                // SAFETY: its family says so.
                let a: libc::sockaddr_in = unsafe { self.as_structure() };
                let host = Ipv4Addr::from(u32::from_be(a.sin_addr.s_addr)).to_string();
                Ok(
                    tuple::pair(str_::new(&host).as_obj(), port_object(a.sin_port).as_obj())
                        .into_obj(),
                )
            }
            libc::AF_INET6 => {
                // SAFETY: its family says so.
                let a: libc::sockaddr_in6 = unsafe { self.as_structure() };
                let host = Ipv6Addr::from(a.sin6_addr.s6_addr).to_string();
                Ok(tuple::from_array([
                    str_::new(&host).into_obj(),
                    port_object(a.sin6_port),
                    int::from_i64(i64::from(u32::from_be(a.sin6_flowinfo))).into_obj(),
                    int::from_i64(i64::from(a.sin6_scope_id)).into_obj(),
                ])
                .into_obj())
            }
            libc::AF_UNIX => self.path(),
            family => {
                // SAFETY: what is used of the storage is filled in.
                let raw = unsafe {
                    core::slice::from_raw_parts(
                        (&raw const self.storage).cast::<u8>(),
                        self.len as usize,
                    )
                };
                let data = bytes::new(raw.get(2..).unwrap_or(&[]));
                Ok(
                    tuple::pair(int::from_i64(i64::from(family)).as_obj(), data.as_obj())
                        .into_obj(),
                )
            }
        }
    }

    /// The path of a Unix address: a str, or bytes if it is abstract.
    fn path(&self) -> Result {
        // SAFETY: its family says so.
        let a: libc::sockaddr_un = unsafe { self.as_structure() };
        let used = (self.len as usize)
            .saturating_sub(PATH_AT)
            .min(a.sun_path.len());
        let path: Vec<u8> = a.sun_path[..used].iter().map(|c| *c as u8).collect();
        match path.first() {
            Some(0) => Ok(bytes::new(&path).into_obj()),
            _ => {
                let end = path.iter().position(|c| *c == 0).unwrap_or(path.len());
                vm::codecs::fs_decode(&path[..end])
            }
        }
    }
}

fn port_object(port: u16) -> Ref {
    int::from_i64(i64::from(u16::from_be(port))).into_obj()
}

/// The address that `o` is for a socket of `family`; `function` is for messages.
pub fn from_object(function: &str, family: i32, o: &Obj) -> Result<Address> {
    match family {
        libc::AF_INET => internet(function, o),
        libc::AF_INET6 => internet6(function, o),
        libc::AF_UNIX => unix(o),
        _ => raise!(OSError, "{function}(): bad family"),
    }
}

fn parts<'a>(
    function: &str,
    (family, shape): (&str, &str),
    counts: core::ops::RangeInclusive<usize>,
    o: &'a Obj,
) -> Result<&'a [Ref]> {
    let Some(t) = o.downcast::<PyTupleObject>() else {
        return raise!(
            TypeError,
            "{function}(): {family} address must be tuple, not {}",
            o.tp_name()
        );
    };
    if !counts.contains(&t.items().len()) {
        return raise!(
            TypeError,
            "{function}(): {family} address must be a {shape}"
        );
    }
    Ok(t.items())
}

fn port(function: &str, o: &Obj) -> Result<u16> {
    match u16::try_from(vm::args::to_i32(o)?) {
        Ok(port) => Ok(port.to_be()),
        Err(_) => raise!(OverflowError, "{function}(): port must be 0-65535."),
    }
}

fn internet(function: &str, o: &Obj) -> Result<Address> {
    let items = parts(function, ("AF_INET", "pair (host, port)"), 2..=2, o)?;
    let host = super::host(&items[0])?;
    let port = port(function, &items[1])?;
    let mut found = match host.to_bytes() {
        b"<broadcast>" => {
            // SAFETY: all zero is an address.
            let mut a: libc::sockaddr_in = unsafe { mem::zeroed() };
            a.sin_family = libc::AF_INET as u16;
            a.sin_addr.s_addr = u32::MAX;
            a
        }
        // SAFETY: of the family that was asked for.
        _ => unsafe { resolve::first(&host, libc::AF_INET)?.as_structure() },
    };
    found.sin_port = port;
    Ok(Address::of(found))
}

fn internet6(function: &str, o: &Obj) -> Result<Address> {
    let shape = "tuple (host, port[, flowinfo[, scopeid]])";
    let items = parts(function, ("AF_INET6", shape), 2..=4, o)?;
    let host = super::host(&items[0])?;
    let port = port(function, &items[1])?;
    // SAFETY: of the family that was asked for.
    let mut found: libc::sockaddr_in6 =
        unsafe { resolve::first(&host, libc::AF_INET6)?.as_structure() };
    found.sin6_port = port;
    if let Some(flow) = items.get(2) {
        let flow = convert::uint(flow)?;
        if flow > 0xf_ffff {
            return raise!(OverflowError, "{function}(): flowinfo must be 0-1048575.");
        }
        found.sin6_flowinfo = flow.to_be();
    }
    if let Some(scope) = items.get(3) {
        found.sin6_scope_id = convert::uint(scope)?;
    }
    Ok(Address::of(found))
}

fn unix(o: &Obj) -> Result<Address> {
    let path = match o.downcast::<PyUnicodeObject>() {
        Some(s) => vm::codecs::fs_encode(s)?,
        None => super::packed(o)?,
    };
    // SAFETY: all zero is an address.
    let mut a: libc::sockaddr_un = unsafe { mem::zeroed() };
    a.sun_family = libc::AF_UNIX as u16;
    let is_abstract = path.first() == Some(&0);
    let room = a.sun_path.len() - usize::from(!is_abstract);
    if path.len() > room {
        return raise!(OSError, "AF_UNIX path too long");
    }
    for (to, from) in a.sun_path.iter_mut().zip(&path) {
        *to = *from as core::ffi::c_char;
    }
    let mut address = Address::of(a);
    address.len = (PATH_AT + path.len() + usize::from(!is_abstract)) as libc::socklen_t;
    Ok(address)
}
