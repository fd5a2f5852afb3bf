//! Options of sockets.

use layout::*;

use vm::args;
use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::{buffer, number};
use vm::types::{bytes, int};

use super::socket::Socket;
use crate::posix::call::{self, Status};
use crate::posix::convert;

pub static METHODS: &[PyMethodDef] = &[
    fastcall!("getsockopt", getsockopt, ""),
    fastcall!("setsockopt", setsockopt, ""),
];

/// An option that is a number.
pub fn int_option(fd: i32, level: i32, name: i32) -> Status<i32> {
    let mut value = 0i32;
    let mut len = size_of::<i32>() as libc::socklen_t;
    // SAFETY: value and length are there to be written.
    call::status(unsafe { libc::getsockopt(fd, level, name, (&raw mut value).cast(), &mut len) })?;
    Ok(value)
}

fn getsockopt(s: &Socket, args: &[&Obj]) -> Result {
    args::expect("getsockopt", args, 2..=3)?;
    let (level, name) = (convert::int(args[0])?, convert::int(args[1])?);
    let len = convert::int_or(args.get(2).copied(), 0)?;
    if len == 0 {
        let value = int_option(s.fd(), level, name).map_err(call::raise)?;
        return Ok(int::from_i64(i64::from(value)).into_obj());
    }
    if !(1..=1024).contains(&len) {
        return raise!(OSError, "getsockopt buflen out of range");
    }
    let mut room = [0u8; 1024];
    let mut len = len as libc::socklen_t;
    // SAFETY: as much room as said; the length is there to be written.
    call::quick(unsafe {
        libc::getsockopt(s.fd(), level, name, room.as_mut_ptr().cast(), &mut len)
    })?;
    Ok(bytes::try_new(&room[..len as usize])?.into_obj())
}

fn setsockopt(s: &Socket, args: &[&Obj]) -> Result<()> {
    if !(3..=4).contains(&args.len()) || (args.len() == 4 && !args[2].is_none()) {
        return raise!(
            TypeError,
            "setsockopt() takes exactly 3 arguments ({} given)",
            args.len()
        );
    }
    let (level, name) = (convert::int(args[0])?, convert::int(args[1])?);
    let fd = s.fd();
    if args.len() == 4 {
        let len = convert::uint_wrapped(args[3])?;
        // SAFETY: no value, only a length.
        return call::quick(unsafe { libc::setsockopt(fd, level, name, core::ptr::null(), len) })
            .map(drop);
    }
    if number::is_index(args[2]) {
        if let Ok(value) = convert::int(args[2]) {
            let len = size_of::<i32>() as libc::socklen_t;
            // SAFETY: a number is there to be read.
            let done = unsafe { libc::setsockopt(fd, level, name, (&raw const value).cast(), len) };
            return call::quick(done).map(drop);
        }
        vm::err::clear();
    }
    let view = buffer::simple(args[2])?;
    let data = view.bytes();
    // SAFETY: the view keeps the value in place.
    let done = unsafe {
        libc::setsockopt(
            fd,
            level,
            name,
            data.as_ptr().cast(),
            data.len() as libc::socklen_t,
        )
    };
    call::quick(done).map(drop)
}
