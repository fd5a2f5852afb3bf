//! Numbers and addresses without a socket: byte order, IP addresses as text, sizes of messages, network interfaces.

use std::ffi::CStr;

use layout::*;

use vm::args;
use vm::codecs;
use vm::err::{self, Result, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::{buffer, number};
use vm::types::int::{self, IntExt as _};
use vm::types::list::{self, ListExt as _};
use vm::types::{bytes, tuple};

use super::address;
use crate::posix::convert;

pub static METHODS: &[PyMethodDef] = &[
    o!("htons", htons, "($module, integer, /)"),
    o!("htonl", htonl, "($module, integer, /)"),
    o!("ntohs", htons, "($module, integer, /)"),
    o!("ntohl", htonl, "($module, integer, /)"),
    o!("inet_aton", inet_aton, "($module, ip_addr, /)"),
    o!("inet_ntoa", inet_ntoa, "($module, packed_ip, /)"),
    fastcall!("inet_pton", inet_pton, ""),
    fastcall!("inet_ntop", inet_ntop, ""),
    fastcall!("CMSG_LEN", cmsg_len_of, ""),
    fastcall!("CMSG_SPACE", cmsg_space_of, ""),
    noargs!("if_nameindex", if_nameindex, "($self, /)"),
    o!("if_nametoindex", if_nametoindex, "($module, oname, /)"),
    o!("if_indextoname", if_indextoname, "($module, if_index, /)"),
];

// ---- Byte order ----

fn unsigned(o: &Obj, bits: u32) -> Result<u32> {
    let n = number::index_int(o)?;
    if n.is_negative() {
        return raise!(ValueError, "Cannot convert negative int");
    }
    match n.to_i64().filter(|n| *n < 1 << bits) {
        Some(n) => Ok(n as u32),
        None => raise!(OverflowError, "Python int too large for C uint{bits}_t"),
    }
}

fn htons(_: &Obj, o: &Obj) -> Result<i64> {
    Ok(i64::from((unsigned(o, 16)? as u16).to_be()))
}

fn htonl(_: &Obj, o: &Obj) -> Result<i64> {
    Ok(i64::from(unsigned(o, 32)?.to_be()))
}

// ---- IP addresses ----

unsafe extern "C" {
    #[link_name = "inet_aton"]
    fn inet_aton_(text: *const libc::c_char, to: *mut libc::in_addr) -> i32;
}

fn inet_aton(_: &Obj, o: &Obj) -> Result<Ref<PyBytesObject>> {
    let text = convert::text("inet_aton", "", o)?;
    // The C library takes anything behind a space.
    let mut ip = libc::in_addr { s_addr: 0 };
    // SAFETY: the text ends with NUL; an address is there to be written.
    if unsafe { inet_aton_(text.as_ptr(), &mut ip) } == 0 {
        return raise!(OSError, "illegal IP address string passed to inet_aton");
    }
    bytes::try_new(&ip.s_addr.to_ne_bytes())
}

fn inet_ntoa(_: &Obj, o: &Obj) -> Result<String> {
    let view = buffer::simple(o)?;
    match view.bytes() {
        [a, b, c, d] => Ok(format!("{a}.{b}.{c}.{d}")),
        _ => raise!(OSError, "packed IP wrong length for inet_ntoa"),
    }
}

fn inet_pton(_: &Obj, args: &[&Obj]) -> Result<Ref<PyBytesObject>> {
    args::expect("inet_pton", args, 2..=2)?;
    let family = convert::int(args[0])?;
    let text = convert::text("inet_pton", " 2", args[1])?;
    let mut packed = [0u8; 16];
    // SAFETY: the text ends with NUL; room for the longest address.
    match unsafe { address::inet_pton(family, text.as_ptr(), packed.as_mut_ptr().cast()) } {
        -1 => Err(err::last_os_error(None)),
        0 => raise!(OSError, "illegal IP address string passed to inet_pton"),
        _ if family == libc::AF_INET => bytes::try_new(&packed[..4]),
        _ if family == libc::AF_INET6 => bytes::try_new(&packed),
        _ => raise!(OSError, "unknown address family"),
    }
}

fn inet_ntop(_: &Obj, args: &[&Obj]) -> Result<String> {
    args::expect("inet_ntop", args, 2..=2)?;
    let family = convert::int(args[0])?;
    let view = buffer::simple(args[1])?;
    let packed = view.bytes();
    let wrong_length = || raise!(ValueError, "invalid length of packed IP address string");
    match family {
        libc::AF_INET => match <[u8; 4]>::try_from(packed) {
            Ok(ip) => Ok(core::net::Ipv4Addr::from(ip).to_string()),
            Err(_) => wrong_length(),
        },
        libc::AF_INET6 => match <[u8; 16]>::try_from(packed) {
            Ok(ip) => Ok(core::net::Ipv6Addr::from(ip).to_string()),
            Err(_) => wrong_length(),
        },
        _ => raise!(ValueError, "unknown address family {family}"),
    }
}

// ---- Sizes of ancillary data ----

/// The size of an ancillary item with its head.
fn cmsg_len(len: usize) -> Option<usize> {
    let head = size_of::<libc::cmsghdr>();
    (len <= i32::MAX as usize - head).then_some(head + len)
}

/// The room that an ancillary item takes among others.
pub fn cmsg_space(len: usize) -> Option<usize> {
    let head = size_of::<libc::cmsghdr>();
    (len <= i32::MAX as usize - head - 8).then_some(head + len.next_multiple_of(size_of::<usize>()))
}

fn size_by(name: &str, args: &[&Obj], f: fn(usize) -> Option<usize>) -> Result<usize> {
    args::expect(name, args, 1..=1)?;
    let len = usize::try_from(args::to_isize(args[0])?).ok();
    match len.and_then(f) {
        Some(size) => Ok(size),
        None => raise!(OverflowError, "{name}() argument out of range"),
    }
}

fn cmsg_len_of(_: &Obj, args: &[&Obj]) -> Result<usize> {
    size_by("CMSG_LEN", args, cmsg_len)
}

fn cmsg_space_of(_: &Obj, args: &[&Obj]) -> Result<usize> {
    size_by("CMSG_SPACE", args, cmsg_space)
}

// ---- Network interfaces ----

fn if_nameindex(_: &Obj) -> Result<Ref<PyListObject>> {
    let all = list::empty();
    // SAFETY: a table that ends with an empty row, freed afterwards; names end with NUL.
    unsafe {
        let table = libc::if_nameindex();
        if table.is_null() {
            return Err(err::last_os_error(None));
        }
        let mut row = table;
        let mut done = Ok(());
        while done.is_ok() && (*row).if_index != 0 && !(*row).if_name.is_null() {
            done = codecs::fs_decode(CStr::from_ptr((*row).if_name).to_bytes()).and_then(|name| {
                let index = int::from_i64(i64::from((*row).if_index)).into_obj();
                all.try_push(tuple::from_array([index, name]).into_obj())
            });
            row = row.add(1);
        }
        libc::if_freenameindex(table);
        done?;
    }
    Ok(all)
}

fn if_nametoindex(_: &Obj, name: &Obj) -> Result<i64> {
    let name = convert::fs_string(name)?;
    // SAFETY: the name ends with NUL.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(err::last_os_error(None)),
        index => Ok(i64::from(index)),
    }
}

fn if_indextoname(_: &Obj, index: &Obj) -> Result {
    let index = convert::uint(index)?;
    let mut name = [0; libc::IF_NAMESIZE];
    // SAFETY: room for a name, which ends with NUL.
    unsafe {
        if libc::if_indextoname(index, name.as_mut_ptr()).is_null() {
            return Err(err::last_os_error(None));
        }
        codecs::fs_decode(CStr::from_ptr(name.as_ptr()).to_bytes())
    }
}
