//! The machine and the system: names, limits, load, time used, random bytes.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use layout::*;

use vm::err::{self, Result, raise};
use vm::method::*;
use vm::object::*;
use vm::types::{bytes, float, module, str_, structseq, tuple};
use vm::{codecs, signals, threads};

use super::call;
use super::constants;
use super::convert;
use super::files;
use super::tree;

/// Rows of the module's table.
pub static METHODS: &[PyMethodDef] = &[
    noargs!("uname", uname, "($module, /)"),
    noargs!("times", times, "($module, /)"),
    noargs!("getloadavg", getloadavg, "($module, /)"),
    noargs!("cpu_count", cpu_count, "($module, /)"),
    fastcall!("sysconf", sysconf, "($module, name, /)"),
    fastcall!("confstr", confstr, "($module, name, /)"),
    fastcall!("strerror", strerror, "($module, code, /)"),
    o!("urandom", urandom, "($module, size, /)"),
    keywords!("getrandom", getrandom, "($module, /, size, flags=0)"),
    noargs!("ctermid", ctermid, "($module, /)"),
    noargs!(
        "_is_inputhook_installed",
        is_inputhook_installed,
        "($module, /)"
    ),
    noargs!("_inputhook", inputhook, "($module, /)"),
];

static UNAME_RESULT: PyTypeObject = PyTypeObject::statically_declared();
static TIMES_RESULT: PyTypeObject = PyTypeObject::statically_declared();

/// Adds the types.
pub fn add(m: &Obj) -> Result<()> {
    if !has_flag(&UNAME_RESULT, Py_TPFLAGS_READY) {
        let fields = &["sysname", "nodename", "release", "version", "machine"];
        structseq::init_type(&UNAME_RESULT, "posix.uname_result", fields, 5, true)?;
        let fields = &[
            "user",
            "system",
            "children_user",
            "children_system",
            "elapsed",
        ];
        structseq::init_type(&TIMES_RESULT, "posix.times_result", fields, 5, true)?;
    }
    module::add(m, "uname_result", UNAME_RESULT.as_obj())?;
    module::add(m, "times_result", TIMES_RESULT.as_obj())
}

fn uname(_: &Obj) -> Result {
    let mut u = MaybeUninit::<libc::utsname>::zeroed();
    // SAFETY: the structure is there to be filled in, with texts that end with NUL.
    unsafe {
        call::quick(libc::uname(u.as_mut_ptr()))?;
        let u = u.assume_init();
        let mut values = Vec::new();
        for field in [&u.sysname, &u.nodename, &u.release, &u.version, &u.machine] {
            values.push(files::decoded(CStr::from_ptr(field.as_ptr()))?);
        }
        structseq::new(&UNAME_RESULT, values)
    }
}

fn times(_: &Obj) -> Result {
    let mut t = MaybeUninit::<libc::tms>::zeroed();
    // SAFETY: the structure is there to be filled in.
    let (elapsed, t, ticks) = unsafe {
        let elapsed = call::quick(libc::times(t.as_mut_ptr()))?;
        (
            elapsed,
            t.assume_init(),
            libc::sysconf(libc::_SC_CLK_TCK) as f64,
        )
    };
    let ticks_of = [
        t.tms_utime,
        t.tms_stime,
        t.tms_cutime,
        t.tms_cstime,
        elapsed,
    ];
    structseq::new(
        &TIMES_RESULT,
        ticks_of
            .into_iter()
            .map(|n| float::new(n as f64 / ticks).into_obj())
            .collect(),
    )
}

fn getloadavg(_: &Obj) -> Result {
    let mut loads = [0f64; 3];
    // SAFETY: three numbers are there to be written.
    if unsafe { libc::getloadavg(loads.as_mut_ptr(), 3) } != 3 {
        return raise!(OSError, "Load averages are unobtainable");
    }
    Ok(tuple::from_array(loads.map(|x| float::new(x).into_obj())).into_obj())
}

fn cpu_count(_: &Obj) -> Result<Option<i64>> {
    if let Some(n) = vm::sys::config::cpu_count() {
        return Ok(Some(n));
    }
    // SAFETY: asks for a number.
    let n = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_ONLN) };
    Ok((n > 0).then_some(n))
}

fn sysconf(_: &Obj, args: &[&Obj]) -> Result<i64> {
    vm::args::expect("sysconf", args, 1..=1)?;
    let name = tree::limit(args[0], constants::SYSCONF)?;
    // SAFETY: asks for a number.
    tree::ask_limit(|| unsafe { libc::sysconf(name) }).map_err(call::raise)
}

fn confstr(_: &Obj, args: &[&Obj]) -> Result<Option<Ref>> {
    vm::args::expect("confstr", args, 1..=1)?;
    let name = tree::limit(args[0], constants::CONFSTR)?;
    let mut room = vec![0u8; 255];
    // SAFETY: the thread's own errno; room for as many bytes as said.
    let ask = |room: &mut Vec<u8>| unsafe {
        *libc::__errno_location() = 0;
        libc::confstr(name, room.as_mut_ptr().cast(), room.len())
    };
    let mut n = ask(&mut room);
    if n > room.len() {
        room.resize(n, 0);
        n = ask(&mut room);
    }
    if n == 0 {
        return match call::errno() {
            0 => Ok(None),
            code => Err(call::raise(code)),
        };
    }
    codecs::fs_decode(&room[..n - 1]).map(Some)
}

fn strerror(_: &Obj, args: &[&Obj]) -> Result {
    vm::args::expect("strerror", args, 1..=1)?;
    let code = convert::int(args[0])?;
    Ok(str_::new(&err::strerror(code)).into_obj())
}

/// Fills a block with random bytes from the system.
pub fn fill_random(room: &mut [u8]) -> Result<()> {
    let mut done = 0;
    while done < room.len() {
        let rest = &mut room[done..];
        let (p, n) = (rest.as_mut_ptr() as usize, rest.len());
        match threads::allow(|| {
            // SAFETY: `n` bytes are there to be written.
            call::status(unsafe { libc::getrandom(p as *mut libc::c_void, n, 0) })
        }) {
            Ok(n) => done += n as usize,
            Err(libc::EINTR) => signals::check()?,
            Err(code) => return Err(call::raise(code)),
        }
    }
    Ok(())
}

fn urandom(_: &Obj, size: &Obj) -> Result<Ref<PyBytesObject>> {
    let size = convert::size(size)?;
    if size < 0 {
        return raise!(ValueError, "negative argument not allowed");
    }
    let mut room = vec![0; size as usize];
    fill_random(&mut room)?;
    bytes::try_new(&room)
}

fn getrandom(_: &Obj, [size, flags]: [Option<&Obj>; 2]) -> Result<Ref<PyBytesObject>> {
    let size = convert::size(size.unwrap_or(NONE()))?;
    let flags = convert::int_or(flags, 0)? as u32;
    if size < 0 {
        return Err(convert::invalid());
    }
    // SAFETY: `n` bytes are there to be written.
    files::read_bytes(size as usize, |p, n| unsafe {
        libc::getrandom(p.cast(), n, flags)
    })?
    .map_err(call::raise)
}

fn ctermid(_: &Obj) -> Result {
    let mut room = [0; 64];
    // SAFETY: room for L_ctermid bytes.
    unsafe {
        libc::ctermid(room.as_mut_ptr());
        files::decoded(CStr::from_ptr(room.as_ptr()))
    }
}

fn is_inputhook_installed(_: &Obj) -> Result<bool> {
    Ok(false)
}

fn inputhook(_: &Obj) -> Result<i32> {
    Ok(0)
}
