//! Names of hosts, services and protocols.

use core::mem::MaybeUninit;
use core::ptr;
use std::ffi::{CStr, CString};

use layout::*;

use vm::args;
use vm::codecs;
use vm::err::{self, Result, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::number;
use vm::threads;
use vm::types::bytes::{self, BytesExt as _};
use vm::types::int;
use vm::types::list::{self, ListExt as _};
use vm::types::str_::StrExt as _;
use vm::types::tuple::{self, TupleExt as _};

use super::address::{self, Address, Found, hints};
use super::{gai_error, host_error};
use crate::posix::convert;

pub static METHODS: &[PyMethodDef] = &[
    keywords!(
        "getaddrinfo",
        getaddrinfo,
        "($module, host, port, family=0, type=0, proto=0, flags=0)"
    ),
    fastcall!("getnameinfo", getnameinfo, ""),
    fastcall!("gethostbyname", gethostbyname, ""),
    fastcall!("gethostbyname_ex", gethostbyname_ex, ""),
    fastcall!("gethostbyaddr", gethostbyaddr, ""),
    fastcall!("getservbyname", getservbyname, ""),
    fastcall!("getservbyport", getservbyport, ""),
    fastcall!("getprotobyname", getprotobyname, ""),
    noargs!("gethostname", gethostname, "($self, /)"),
    fastcall!("sethostname", sethostname, ""),
];

fn number_object(n: i32) -> Ref {
    int::from_i64(i64::from(n)).into_obj()
}

// ---- getaddrinfo and getnameinfo ----

/// The service argument: a number, a name, or nothing.
fn service(o: &Obj) -> Result<Option<CString>> {
    let text = if o.is_none() {
        return Ok(None);
    } else if o.is::<PyLongObject>() {
        str_lossy(o).into_bytes()
    } else if let Some(s) = o.downcast::<PyUnicodeObject>() {
        s.as_str()?.as_bytes().to_vec()
    } else if let Some(b) = o.downcast::<PyBytesObject>() {
        b.as_slice().to_vec()
    } else {
        return raise!(OSError, "Int or String expected");
    };
    // What C would see of it.
    let end = text.iter().position(|c| *c == 0).unwrap_or(text.len());
    Ok(CString::new(&text[..end]).ok())
}

fn host(o: &Obj) -> Result<Option<CString>> {
    let text = if o.is_none() {
        return Ok(None);
    } else if let Some(s) = o.downcast::<PyUnicodeObject>() {
        let encoded = codecs::encode_to_bytes(s, Some("idna"), None)?;
        bytes::build::slice_of(&encoded).unwrap_or(&[]).to_vec()
    } else if let Some(b) = o.downcast::<PyBytesObject>() {
        b.as_slice().to_vec()
    } else {
        return raise!(TypeError, "getaddrinfo() argument 1 must be string or None");
    };
    let end = text.iter().position(|c| *c == 0).unwrap_or(text.len());
    Ok(CString::new(&text[..end]).ok())
}

fn getaddrinfo(_: &Obj, given: [Option<&Obj>; 6]) -> Result<Ref<PyListObject>> {
    let [host_object, port, family, kind, protocol, flags] = given;
    let (family, kind) = (convert::int_or(family, 0)?, convert::int_or(kind, 0)?);
    let (protocol, flags) = (convert::int_or(protocol, 0)?, convert::int_or(flags, 0)?);
    let host = host(host_object.unwrap_or(NONE()))?;
    let service = service(port.unwrap_or(NONE()))?;
    let found = Found::look_up(
        host.as_deref(),
        service.as_deref(),
        &hints(family, kind, protocol, flags),
    )?;
    let all = list::empty();
    for info in found.iter() {
        let name = if info.ai_canonname.is_null() {
            vm::types::str_::empty().into_obj()
        } else {
            // SAFETY: a text that ends with NUL.
            codecs::fs_decode(unsafe { CStr::from_ptr(info.ai_canonname) }.to_bytes())?
        };
        let row = tuple::from_array([
            number_object(info.ai_family),
            number_object(info.ai_socktype),
            number_object(info.ai_protocol),
            name,
            address::to_object(&address::of_info(info), protocol)?,
        ]);
        all.try_push(row.into_obj())?;
    }
    Ok(all)
}

fn getnameinfo(_: &Obj, args: &[&Obj]) -> Result {
    args::expect("getnameinfo", args, 2..=2)?;
    let flags = convert::int(args[1])?;
    let Some(sockaddr) = args[0].downcast::<PyTupleObject>() else {
        return raise!(TypeError, "getnameinfo() argument 1 must be a tuple");
    };
    let parts = sockaddr.items();
    let illegal = || {
        err::new(
            &err::exc::TypeError,
            format_args!("getnameinfo(): illegal sockaddr argument"),
        )
    };
    if !(2..=4).contains(&parts.len())
        || !parts[0].is::<PyUnicodeObject>()
        || !number::is_index(&parts[1])
    {
        return Err(illegal());
    }
    let host = convert::text("getnameinfo", " 1", &parts[0])?;
    let port = convert::int(&parts[1])?;
    let more = |i: usize| parts.get(i).map_or(Ok(0), |o| convert::uint_wrapped(o));
    let (flow, scope) = (more(2)?, more(3)?);
    if flow > 0xf_ffff {
        return raise!(OverflowError, "getnameinfo(): flowinfo must be 0-1048575.");
    }
    let port = CString::new(port.to_string()).unwrap_or_default();
    let wishes = hints(libc::AF_UNSPEC, libc::SOCK_DGRAM, 0, libc::AI_NUMERICHOST);
    let found = Found::look_up(Some(&host), Some(&port), &wishes)?;
    let mut results = found.iter();
    let Some(info) = results.next() else {
        return Err(gai_error(libc::EAI_NONAME));
    };
    if results.next().is_some() {
        return raise!(OSError, "sockaddr resolved to multiple addresses");
    }
    let mut a = address::of_info(info);
    match info.ai_family {
        libc::AF_INET if parts.len() != 2 => {
            return raise!(OSError, "IPv4 sockaddr must be 2 tuple");
        }
        libc::AF_INET6 => {
            // SAFETY: the family says what the address is.
            let v6 = unsafe { &mut *a.as_mut_ptr().cast::<libc::sockaddr_in6>() };
            v6.sin6_flowinfo = flow.to_be();
            v6.sin6_scope_id = scope;
        }
        _ => {}
    }
    name_of(&a, flags)
}

/// The names of a host and a service.
fn name_of(a: &Address, flags: i32) -> Result {
    let (mut host, mut service) = ([0; libc::NI_MAXHOST as usize], [0; 32]);
    let (h, s) = (host.as_mut_ptr() as usize, service.as_mut_ptr() as usize);
    // SAFETY: an address as long as said; as much room as said.
    let code = threads::allow(|| unsafe {
        libc::getnameinfo(
            a.as_ptr(),
            a.len,
            h as *mut _,
            libc::NI_MAXHOST,
            s as *mut _,
            32,
            flags,
        )
    });
    if code != 0 {
        return Err(gai_error(code));
    }
    // SAFETY: texts that end with NUL were written.
    let texts = unsafe {
        [
            CStr::from_ptr(host.as_ptr()),
            CStr::from_ptr(service.as_ptr()),
        ]
    };
    let [host, service] = texts.map(|text| codecs::fs_decode(text.to_bytes()));
    Ok(tuple::from_array([host?, service?]).into_obj())
}

// ---- The older look-ups ----

fn name_argument(function: &str, args: &[&Obj]) -> Result<CString> {
    args::expect(function, args, 1..=1)?;
    let o = args[0];
    if !o.is::<PyUnicodeObject>() && !o.is::<PyBytesObject>() && !o.is::<PyByteArrayObject>() {
        return raise!(
            TypeError,
            "{function}() argument 1 must be str, bytes or bytearray, not {:.50}",
            o.tp_name()
        );
    }
    address::host_name(o)
}

fn gethostbyname(_: &Obj, args: &[&Obj]) -> Result {
    let name = name_argument("gethostbyname", args)?;
    address::ip_text(&address::resolve(&name, libc::AF_INET)?)
}

/// What the C library knows of a host, copied out of its room.
struct Host {
    name: CString,
    aliases: Vec<CString>,
    addresses: Vec<Vec<u8>>,
    family: i32,
}

unsafe extern "C" {
    fn gethostbyname_r(
        name: *const libc::c_char,
        host: *mut libc::hostent,
        room: *mut libc::c_char,
        len: usize,
        result: *mut *mut libc::hostent,
        error: *mut i32,
    ) -> i32;
    fn gethostbyaddr_r(
        address: *const libc::c_void,
        address_len: libc::socklen_t,
        family: i32,
        host: *mut libc::hostent,
        room: *mut libc::c_char,
        len: usize,
        result: *mut *mut libc::hostent,
        error: *mut i32,
    ) -> i32;
}

/// Calls one of the above with enough room, without the global lock.
fn look_up(
    f: impl Fn(*mut libc::hostent, *mut libc::c_char, usize, *mut *mut libc::hostent, *mut i32) -> i32,
) -> Result<Host> {
    let found = threads::allow(|| {
        let mut room = vec![0 as libc::c_char; 16384];
        loop {
            let mut host = MaybeUninit::<libc::hostent>::zeroed();
            let (mut result, mut error) = (ptr::null_mut(), 0);
            let code = f(
                host.as_mut_ptr(),
                room.as_mut_ptr(),
                room.len(),
                &mut result,
                &mut error,
            );
            if code == libc::ERANGE && room.len() < 1 << 20 {
                let wanted = room.len() * 2;
                room.resize(wanted, 0);
                continue;
            }
            // SAFETY: null, or the structure just filled in, whose texts and tables lie in the room.
            return unsafe { result.as_ref().map(|h| copied(h)) }.ok_or(error);
        }
    });
    found.map_err(host_error)
}

/// # Safety
/// As the C library fills it in.
unsafe fn copied(h: &libc::hostent) -> Host {
    // SAFETY: texts end with NUL, tables with null; addresses are as long as said.
    unsafe {
        let table = |mut at: *mut *mut libc::c_char| {
            let mut rows = Vec::new();
            while !at.is_null() && !(*at).is_null() {
                rows.push(*at);
                at = at.add(1);
            }
            rows
        };
        Host {
            name: CStr::from_ptr(h.h_name).to_owned(),
            aliases: table(h.h_aliases)
                .into_iter()
                .map(|text| CStr::from_ptr(text).to_owned())
                .collect(),
            addresses: table(h.h_addr_list)
                .into_iter()
                .map(|at| {
                    core::slice::from_raw_parts(at.cast::<u8>(), h.h_length as usize).to_vec()
                })
                .collect(),
            family: h.h_addrtype,
        }
    }
}

impl Host {
    fn to_object(&self) -> Result {
        let aliases = list::empty();
        for alias in &self.aliases {
            aliases.try_push(codecs::fs_decode(alias.to_bytes())?)?;
        }
        let addresses = list::empty();
        for packed in &self.addresses {
            let text = match (self.family, &packed[..]) {
                (libc::AF_INET, &[a, b, c, d]) => core::net::Ipv4Addr::new(a, b, c, d).to_string(),
                (libc::AF_INET6, packed) => match <[u8; 16]>::try_from(packed) {
                    Ok(ip) => core::net::Ipv6Addr::from(ip).to_string(),
                    Err(_) => return raise!(OSError, "unsupported address family"),
                },
                _ => return raise!(OSError, "unsupported address family"),
            };
            addresses.try_push(vm::types::str_::new(&text).into_obj())?;
        }
        let name = codecs::fs_decode(self.name.to_bytes())?;
        Ok(tuple::from_array([name, aliases.into_obj(), addresses.into_obj()]).into_obj())
    }
}

fn gethostbyname_ex(_: &Obj, args: &[&Obj]) -> Result {
    let name = name_argument("gethostbyname_ex", args)?;
    // The errors of the newer look-up are the better ones.
    address::resolve(&name, libc::AF_INET)?;
    // SAFETY: the name ends with NUL; the rest is as `look_up` gives it.
    look_up(|host, room, len, result, error| unsafe {
        gethostbyname_r(name.as_ptr(), host, room, len, result, error)
    })?
    .to_object()
}

fn gethostbyaddr(_: &Obj, args: &[&Obj]) -> Result {
    let name = name_argument("gethostbyaddr", args)?;
    let a = address::resolve(&name, libc::AF_UNSPEC)?;
    let family = a.family();
    // SAFETY: the family says what the address is.
    let (at, len) = unsafe {
        match family {
            libc::AF_INET => (
                &raw const (*a.as_ptr().cast::<libc::sockaddr_in>()).sin_addr as usize,
                4,
            ),
            libc::AF_INET6 => (
                &raw const (*a.as_ptr().cast::<libc::sockaddr_in6>()).sin6_addr as usize,
                16,
            ),
            _ => return raise!(OSError, "unsupported address family"),
        }
    };
    // SAFETY: an address as long as said; the rest is as `look_up` gives it.
    look_up(|host, room, room_len, result, error| unsafe {
        gethostbyaddr_r(
            at as *const libc::c_void,
            len,
            family,
            host,
            room,
            room_len,
            result,
            error,
        )
    })?
    .to_object()
}

// ---- Services and protocols ----

fn optional_text(function: &str, o: Option<&&Obj>) -> Result<Option<CString>> {
    o.map(|o| convert::text(function, " 2", o)).transpose()
}

fn pointer(text: &Option<CString>) -> *const libc::c_char {
    text.as_ref().map_or(ptr::null(), |text| text.as_ptr())
}

fn getservbyname(_: &Obj, args: &[&Obj]) -> Result<i64> {
    args::expect("getservbyname", args, 1..=2)?;
    let name = convert::text("getservbyname", " 1", args[0])?;
    let protocol = optional_text("getservbyname", args.get(1))?;
    // SAFETY: null or texts that end with NUL; the answer is read before the lock is given up.
    match unsafe { libc::getservbyname(name.as_ptr(), pointer(&protocol)).as_ref() } {
        Some(service) => Ok(i64::from(u16::from_be(service.s_port as u16))),
        None => raise!(OSError, "service/proto not found"),
    }
}

fn getservbyport(_: &Obj, args: &[&Obj]) -> Result {
    args::expect("getservbyport", args, 1..=2)?;
    let port = convert::int(args[0])?;
    let protocol = optional_text("getservbyport", args.get(1))?;
    let Ok(port) = u16::try_from(port) else {
        return raise!(OverflowError, "getservbyport: port must be 0-65535.");
    };
    // SAFETY: null or a text that ends with NUL; the answer is copied before the lock is given up.
    match unsafe { libc::getservbyport(i32::from(port.to_be()), pointer(&protocol)).as_ref() } {
        // SAFETY: a text that ends with NUL.
        Some(service) => codecs::fs_decode(unsafe { CStr::from_ptr(service.s_name) }.to_bytes()),
        None => raise!(OSError, "port/proto not found"),
    }
}

fn getprotobyname(_: &Obj, args: &[&Obj]) -> Result<i32> {
    args::expect("getprotobyname", args, 1..=1)?;
    let name = convert::text("getprotobyname", " 1", args[0])?;
    // SAFETY: the name ends with NUL; the answer is read before the lock is given up.
    match unsafe { libc::getprotobyname(name.as_ptr()).as_ref() } {
        Some(protocol) => Ok(protocol.p_proto),
        None => raise!(OSError, "protocol not found"),
    }
}

// ---- This host ----

fn gethostname(_: &Obj) -> Result {
    let mut room = [0; 1024];
    let p = room.as_mut_ptr() as usize;
    // SAFETY: as much room as said, less one for the NUL.
    crate::posix::call::once_or_raise(|| unsafe { libc::gethostname(p as *mut _, 1023) })?;
    // SAFETY: a text that ends with NUL.
    codecs::fs_decode(unsafe { CStr::from_ptr(room.as_ptr()) }.to_bytes())
}

fn sethostname(_: &Obj, args: &[&Obj]) -> Result<()> {
    args::expect("sethostname", args, 1..=1)?;
    let name = match args[0].downcast::<PyBytesObject>() {
        Some(b) => b.as_slice().to_vec(),
        None => convert::fs_string(args[0])?.into_bytes(),
    };
    // SAFETY: as many bytes as said.
    crate::posix::call::quick(unsafe { libc::sethostname(name.as_ptr().cast(), name.len()) })
        .map(drop)
}
