//! Sending and receiving plain bytes.

use layout::*;

use vm::args;
use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::buffer;
use vm::signals;
use vm::types::bytes;
use vm::types::{int, tuple};

use super::address::{self, Address};
use super::socket::Socket;
use super::wait::{self, Deadline, For};
use crate::posix::convert;

pub static METHODS: &[PyMethodDef] = &[
    fastcall!("recv", recv, ""),
    keywords!("recv_into", recv_into, "($self, buffer, nbytes=0, flags=0)"),
    fastcall!("recvfrom", recvfrom, ""),
    keywords!(
        "recvfrom_into",
        recvfrom_into,
        "($self, buffer, nbytes=0, flags=0)"
    ),
    fastcall!("send", send, ""),
    fastcall!("sendall", sendall, ""),
    fastcall!("sendto", sendto, ""),
];

fn given(o: Option<&Obj>) -> &Obj {
    o.unwrap_or(NONE())
}

fn check_count(name: &str, args: &[&Obj], most: usize) -> Result<()> {
    let how = match args.len() {
        0 => "at least 1 argument",
        n if n > most => "at most 2 arguments",
        _ => return Ok(()),
    };
    raise!(TypeError, "{name}() takes {how} ({} given)", args.len())
}

/// A size that must not be negative.
fn size(o: &Obj, function: &str) -> Result<usize> {
    match usize::try_from(args::to_isize(o)?) {
        Ok(n) => Ok(n),
        Err(_) => raise!(ValueError, "negative buffersize in {function}"),
    }
}

/// Receives at most `len` bytes as an object.
fn receive(len: usize, mut f: impl FnMut(*mut u8) -> Result<isize>) -> Result<Ref<PyBytesObject>> {
    if len <= 8192 {
        let mut room = [0u8; 8192];
        let n = f(room.as_mut_ptr())?;
        return bytes::try_new(&room[..n as usize]);
    }
    let mut at = core::ptr::null_mut();
    let made = bytes::try_build(len, |room| at = room.as_mut_ptr())?;
    let n = f(at)? as usize;
    if n == len {
        return Ok(made);
    }
    // SAFETY: the call has written `n` bytes, and nobody else has seen the object.
    bytes::try_new(unsafe { core::slice::from_raw_parts(at, n) })
}

/// Receives once into memory that stays in place.
fn receive_once(s: &Socket, at: *mut u8, len: usize, flags: i32) -> Result<isize> {
    if len == 0 {
        return Ok(0);
    }
    let at = at as usize;
    // SAFETY: the callers give as much room as they say.
    wait::with_timeout(s, For::Reading, |fd| unsafe {
        libc::recv(fd, at as *mut libc::c_void, len, flags)
    })
}

fn receive_from(s: &Socket, at: *mut u8, len: usize, flags: i32) -> Result<(isize, Address)> {
    let mut a = Address::empty();
    let (at, p, l) = (
        at as usize,
        a.as_mut_ptr() as usize,
        &raw mut a.len as usize,
    );
    // SAFETY: the callers give as much room as they say; address and length are there to be written.
    let n = wait::with_timeout(s, For::Reading, |fd| unsafe {
        libc::recvfrom(
            fd,
            at as *mut libc::c_void,
            len,
            flags,
            p as *mut _,
            l as *mut _,
        )
    })?;
    Ok((n, a))
}

fn recv(s: &Socket, args: &[&Obj]) -> Result<Ref<PyBytesObject>> {
    check_count("recv", args, 2)?;
    let len = size(args[0], "recv")?;
    let flags = convert::int_or(args.get(1).copied(), 0)?;
    receive(len, |at| receive_once(s, at, len, flags))
}

/// How much is wanted of a buffer: all of it for 0.
fn wanted(nbytes: Option<&Obj>, room: usize, function: &str, too_much: &str) -> Result<usize> {
    let n = nbytes.map_or(Ok(0), |o| size(o, function))?;
    if n > room {
        return raise!(ValueError, "{too_much}");
    }
    Ok(if n == 0 { room } else { n })
}

fn writable(function: &str, o: Option<&Obj>) -> Result<buffer::Buffer> {
    let o = given(o);
    match buffer::get(o, PyBUF_WRITABLE) {
        Ok(view) => Ok(view),
        Err(_) => {
            vm::err::clear();
            raise!(
                TypeError,
                "{function}() argument 1 must be read-write bytes-like object, not {:.50}",
                o.tp_name()
            )
        }
    }
}

fn recv_into(s: &Socket, [target, nbytes, flags]: [Option<&Obj>; 3]) -> Result<isize> {
    let mut view = writable("recv_into", target)?;
    let flags = convert::int_or(flags, 0)?;
    let room = view.bytes_mut();
    let len = wanted(
        nbytes,
        room.len(),
        "recv_into",
        "buffer too small for requested bytes",
    )?;
    receive_once(s, room.as_mut_ptr(), len, flags)
}

fn recvfrom(s: &Socket, args: &[&Obj]) -> Result {
    check_count("recvfrom", args, 2)?;
    let len = size(args[0], "recvfrom")?;
    let flags = convert::int_or(args.get(1).copied(), 0)?;
    let mut from = Address::empty();
    let data = receive(len, |at| {
        let (n, a) = receive_from(s, at, len, flags)?;
        from = a;
        Ok(n)
    })?;
    Ok(tuple::from_array([data.into_obj(), address::to_object(&from, s.protocol())?]).into_obj())
}

fn recvfrom_into(s: &Socket, [target, nbytes, flags]: [Option<&Obj>; 3]) -> Result {
    let mut view = writable("recvfrom_into", target)?;
    let flags = convert::int_or(flags, 0)?;
    let room = view.bytes_mut();
    let too_much = "nbytes is greater than the length of the buffer";
    let len = wanted(nbytes, room.len(), "recvfrom_into", too_much)?;
    let (n, from) = receive_from(s, room.as_mut_ptr(), len, flags)?;
    let n = int::from_isize(n).into_obj();
    Ok(tuple::from_array([n, address::to_object(&from, s.protocol())?]).into_obj())
}

fn send(s: &Socket, args: &[&Obj]) -> Result<isize> {
    check_count("send", args, 2)?;
    let view = buffer::simple(args[0])?;
    let flags = convert::int_or(args.get(1).copied(), 0)?;
    let data = view.bytes();
    // SAFETY: the view keeps the bytes in place.
    wait::with_timeout(s, For::Writing, |fd| unsafe {
        libc::send(fd, data.as_ptr().cast(), data.len(), flags)
    })
}

fn sendall(s: &Socket, args: &[&Obj]) -> Result<()> {
    check_count("sendall", args, 2)?;
    let view = buffer::simple(args[0])?;
    let flags = convert::int_or(args.get(1).copied(), 0)?;
    let mut rest = view.bytes();
    // One timeout for all of it.
    let deadline = Deadline::new(s.timeout());
    loop {
        // SAFETY: the view keeps the bytes in place.
        let n = wait::by_deadline(s, For::Writing, &deadline, |fd| unsafe {
            libc::send(fd, rest.as_ptr().cast(), rest.len(), flags)
        })?;
        rest = &rest[n as usize..];
        if rest.is_empty() {
            return Ok(());
        }
        signals::check()?;
    }
}

fn sendto(s: &Socket, args: &[&Obj]) -> Result<isize> {
    let (flags, to) = match args {
        [_, to] => (0, *to),
        [data, flags, to] => {
            drop(buffer::simple(data)?);
            (convert::int(flags)?, *to)
        }
        _ => {
            return raise!(
                TypeError,
                "sendto() takes 2 or 3 arguments ({} given)",
                args.len()
            );
        }
    };
    let view = buffer::simple(args[0])?;
    let a = s.address(to, "sendto")?;
    let data = view.bytes();
    // SAFETY: the view keeps the bytes in place; an address as long as said.
    wait::with_timeout(s, For::Writing, |fd| unsafe {
        libc::sendto(
            fd,
            data.as_ptr().cast(),
            data.len(),
            flags,
            a.as_ptr(),
            a.len,
        )
    })
}
