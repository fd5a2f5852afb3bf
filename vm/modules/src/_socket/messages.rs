//! Messages with ancillary data: descriptors, credentials, and what protocols say beside the bytes.

use core::mem::MaybeUninit;
use core::ptr;

use layout::*;

use vm::args;
use vm::err::{self, Result, exc, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::{buffer, object};
use vm::types::tuple::{self, TupleExt as _};
use vm::types::{bytes, int, list};

use super::address::{self, Address};
use super::numbers;
use super::socket::Socket;
use super::wait::{self, For};
use crate::posix::convert;

pub static METHODS: &[PyMethodDef] = &[
    fastcall!("recvmsg", recvmsg, ""),
    fastcall!("recvmsg_into", recvmsg_into, ""),
    fastcall!("sendmsg", sendmsg, ""),
    keywords!(
        "sendmsg_afalg",
        sendmsg_afalg,
        "($self, msg=(), *, op, iv=None, assoclen=None, flags=0)"
    ),
];

/// The items of an argument that has to be iterable.
fn items(o: &Obj, message: &str) -> Result<Vec<Ref>> {
    let it = match object::iter(o) {
        Err(_) if err::clear_if(&exc::TypeError) => return raise!(TypeError, "{message}"),
        other => other?,
    };
    let mut all = Vec::new();
    while let Some(item) = object::next(&it)? {
        all.push(item);
    }
    Ok(all)
}

fn iovec(data: &[u8]) -> libc::iovec {
    libc::iovec {
        iov_base: data.as_ptr().cast_mut().cast(),
        iov_len: data.len(),
    }
}

fn message() -> libc::msghdr {
    // SAFETY: all zero is a message of nothing.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

// ---- Receiving ----

fn ancillary_size(o: Option<&&Obj>) -> Result<usize> {
    let n = o.map_or(Ok(0), |o| args::to_isize(o))?;
    if n < 0 || n > i32::MAX as isize {
        return raise!(ValueError, "invalid ancillary data buffer length");
    }
    Ok(n as usize)
}

/// The ancillary items of a received message. Descriptors in items that are cut off are closed with the error.
fn ancillary(msg: &libc::msghdr) -> Result<Ref<PyListObject>> {
    let all = list::empty();
    // SAFETY: the kernel has filled the room in, as long as the message now says.
    unsafe {
        let end = msg.msg_control as usize + msg.msg_controllen;
        let mut at = if msg.msg_controllen > 0 {
            libc::CMSG_FIRSTHDR(msg)
        } else {
            ptr::null_mut()
        };
        while let Some(head) = at.as_ref() {
            let data = libc::CMSG_DATA(at);
            let claimed = head.cmsg_len.saturating_sub(data as usize - at as usize);
            let len = claimed.min(end.saturating_sub(data as usize));
            let data = bytes::try_new(core::slice::from_raw_parts(data, len))?;
            let number = |n: i32| int::from_i64(i64::from(n)).into_obj();
            let item = tuple::from_array([
                number(head.cmsg_level),
                number(head.cmsg_type),
                data.into_obj(),
            ]);
            list::ListExt::try_push(&*all, item.into_obj())?;
            if len < claimed {
                break;
            }
            at = libc::CMSG_NXTHDR(msg, at);
        }
    }
    Ok(all)
}

/// Receives a message; `data` is made of the number of bytes received.
fn receive(
    s: &Socket,
    vectors: &mut [libc::iovec],
    ancillary_size: usize,
    flags: i32,
    data: impl FnOnce(usize) -> Result,
) -> Result {
    let mut from = Address::empty();
    let mut control = vec![0u64; ancillary_size.div_ceil(8)];
    let mut msg = message();
    msg.msg_name = from.as_mut_ptr().cast();
    msg.msg_namelen = from.len;
    msg.msg_iov = vectors.as_mut_ptr();
    msg.msg_iovlen = vectors.len();
    if ancillary_size > 0 {
        msg.msg_control = control.as_mut_ptr().cast();
        msg.msg_controllen = ancillary_size;
    }
    let p = &raw mut msg as usize;
    // SAFETY: all that the message names is there, and stays in place.
    let n = wait::with_timeout(s, For::Reading, |fd| unsafe {
        libc::recvmsg(fd, p as *mut libc::msghdr, flags | libc::MSG_CMSG_CLOEXEC)
    })?;
    let items = ancillary(&msg)?;
    from.len = msg.msg_namelen;
    Ok(tuple::from_array([
        data(n as usize)?,
        items.into_obj(),
        int::from_i64(i64::from(msg.msg_flags & !libc::MSG_CMSG_CLOEXEC)).into_obj(),
        address::to_object(&from, s.protocol())?,
    ])
    .into_obj())
}

fn recvmsg(s: &Socket, args: &[&Obj]) -> Result {
    args::expect("recvmsg", args, 1..=3)?;
    let len = args::to_isize(args[0])?;
    let ancillary_object = args.get(1);
    let flags = convert::int_or(args.get(2).copied(), 0)?;
    if len < 0 {
        return raise!(ValueError, "negative buffer size in recvmsg()");
    }
    let ancillary = ancillary_size(ancillary_object)?;
    let mut room = Vec::new();
    if room.try_reserve_exact(len as usize).is_err() {
        return Err(err::no_memory());
    }
    room.resize(len as usize, 0u8);
    let mut vectors = [iovec(&room)];
    receive(s, &mut vectors, ancillary, flags, |n| {
        Ok(bytes::try_new(&room[..n])?.into_obj())
    })
}

fn recvmsg_into(s: &Socket, args: &[&Obj]) -> Result {
    args::expect("recvmsg_into", args, 1..=3)?;
    let targets = items(args[0], "recvmsg_into() argument 1 must be an iterable")?;
    let mut views = Vec::with_capacity(targets.len());
    for target in &targets {
        match buffer::get(target, PyBUF_WRITABLE) {
            Ok(view) => views.push(view),
            Err(_) => {
                err::clear();
                return raise!(
                    TypeError,
                    "recvmsg_into() argument 1 must be an iterable of single-segment read-write buffers"
                );
            }
        }
    }
    let ancillary = ancillary_size(args.get(1))?;
    let flags = convert::int_or(args.get(2).copied(), 0)?;
    let mut vectors: Vec<libc::iovec> = views.iter().map(|view| iovec(view.bytes())).collect();
    receive(s, &mut vectors, ancillary, flags, |n| {
        Ok(int::from_usize(n).into_obj())
    })
}

// ---- Sending ----

/// One ancillary item to be sent.
struct Item {
    level: i32,
    kind: i32,
    data: Vec<u8>,
}

fn item(o: &Obj) -> Result<Item> {
    let what = "[sendmsg() ancillary data items]() argument must be";
    let Some(t) = o.downcast::<PyTupleObject>() else {
        return raise!(TypeError, "{what} 3-item tuple, not {:.50}", o.tp_name());
    };
    let [level, kind, data] = t.items() else {
        return raise!(
            TypeError,
            "{what} tuple of length 3, not {}",
            t.items().len()
        );
    };
    Ok(Item {
        level: convert::int(level)?,
        kind: convert::int(kind)?,
        data: buffer::simple(data)?.bytes().to_vec(),
    })
}

/// C's block of ancillary items.
fn block(items: &[Item]) -> Result<Vec<u64>> {
    let mut size = 0usize;
    for item in items {
        let Some(space) = numbers::cmsg_space(item.data.len()) else {
            return raise!(OSError, "ancillary data item too large");
        };
        size += space;
        if size > i32::MAX as usize {
            return raise!(OSError, "too much ancillary data");
        }
    }
    let mut room = vec![0u64; size.div_ceil(8)];
    let mut msg = message();
    msg.msg_control = room.as_mut_ptr().cast();
    msg.msg_controllen = size;
    // SAFETY: the room is zeroed and as large as all the items together.
    unsafe {
        let mut at = libc::CMSG_FIRSTHDR(&msg);
        for item in items {
            let Some(head) = at.as_mut() else {
                return raise!(RuntimeError, "unexpected NULL result from CMSG_NXTHDR()");
            };
            head.cmsg_level = item.level;
            head.cmsg_type = item.kind;
            head.cmsg_len = libc::CMSG_LEN(item.data.len() as u32) as usize;
            ptr::copy_nonoverlapping(item.data.as_ptr(), libc::CMSG_DATA(at), item.data.len());
            at = libc::CMSG_NXTHDR(&msg, at);
        }
    }
    Ok(room)
}

fn send(
    s: &Socket,
    data: &[buffer::Buffer],
    items: &[Item],
    flags: i32,
    to: Option<&Address>,
) -> Result<isize> {
    let mut vectors: Vec<libc::iovec> = data.iter().map(|view| iovec(view.bytes())).collect();
    let mut control = block(items)?;
    let mut msg = message();
    msg.msg_iov = vectors.as_mut_ptr();
    msg.msg_iovlen = vectors.len();
    if let Some(to) = to {
        msg.msg_name = to.as_ptr().cast_mut().cast();
        msg.msg_namelen = to.len;
    }
    if !items.is_empty() {
        msg.msg_control = control.as_mut_ptr().cast();
        msg.msg_controllen = items
            .iter()
            .filter_map(|item| numbers::cmsg_space(item.data.len()))
            .sum();
    }
    let p = &raw const msg as usize;
    // SAFETY: all that the message names is there, and stays in place.
    wait::with_timeout(s, For::Writing, |fd| unsafe {
        libc::sendmsg(fd, p as *const libc::msghdr, flags)
    })
}

fn buffers(o: &Obj, message: &str) -> Result<Vec<buffer::Buffer>> {
    items(o, message)?
        .iter()
        .map(|item| buffer::simple(item))
        .collect()
}

fn sendmsg(s: &Socket, args: &[&Obj]) -> Result<isize> {
    args::expect("sendmsg", args, 1..=4)?;
    let flags = convert::int_or(args.get(2).copied(), 0)?;
    let to = match args.get(3).filter(|o| !o.is_none()) {
        Some(o) => Some(s.address(o, "sendmsg")?),
        None => None,
    };
    let data = buffers(args[0], "sendmsg() argument 1 must be an iterable")?;
    let extra = match args.get(1) {
        Some(o) => items(o, "sendmsg() argument 2 must be an iterable")?,
        None => Vec::new(),
    };
    let extra = extra.iter().map(|o| item(o)).collect::<Result<Vec<_>>>()?;
    send(s, &data, &extra, flags, to.as_ref())
}

/// Sends to an algorithm of the kernel's, with what to do as ancillary items.
fn sendmsg_afalg(s: &Socket, [msg, op, iv, assoclen, flags]: [Option<&Obj>; 5]) -> Result<isize> {
    if s.family() != libc::AF_ALG {
        return raise!(OSError, "algset is only supported for AF_ALG");
    }
    let op = convert::int(op.unwrap_or(NONE()))?;
    if op < 0 {
        return raise!(TypeError, "Invalid or missing argument 'op'");
    }
    let flags = convert::int_or(flags, 0)?;
    let item = |kind: i32, data: Vec<u8>| Item {
        level: libc::SOL_ALG,
        kind,
        data,
    };
    let mut extra = vec![item(libc::ALG_SET_OP, (op as u32).to_ne_bytes().to_vec())];
    if let Some(iv) = iv.filter(|iv| !iv.is_none()) {
        let view = buffer::simple(iv)?;
        let mut data = (view.bytes().len() as u32).to_ne_bytes().to_vec();
        data.extend_from_slice(view.bytes());
        extra.push(item(libc::ALG_SET_IV, data));
    }
    if let Some(len) = assoclen.filter(|len| !len.is_none()) {
        let len = convert::int(len)?;
        if len < 0 {
            return raise!(TypeError, "assoclen must be positive");
        }
        extra.push(item(
            libc::ALG_SET_AEAD_ASSOCLEN,
            (len as u32).to_ne_bytes().to_vec(),
        ));
    }
    let data = match msg {
        Some(msg) => buffers(msg, "sendmsg_afalg() argument 1 must be an iterable")?,
        None => Vec::new(),
    };
    send(s, &data, &extra, flags, None)
}
