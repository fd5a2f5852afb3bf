//! Extended attributes of files.

use layout::*;

use vm::err::Result;
use vm::method::*;
use vm::object::*;
use vm::protocol::buffer;
use vm::types::bytes;
use vm::types::list::{self, ListExt as _};

use super::call::{self, Status};
use super::convert;
use super::path::{self, Path};

/// Rows of the module's table.
pub static METHODS: &[PyMethodDef] = &[
    keywords!(
        "getxattr",
        getxattr,
        "($module, /, path, attribute, *, follow_symlinks=True)"
    ),
    keywords!(
        "setxattr",
        setxattr,
        "($module, /, path, attribute, value, flags=0, *, follow_symlinks=True)"
    ),
    keywords!(
        "removexattr",
        removexattr,
        "($module, /, path, attribute, *, follow_symlinks=True)"
    ),
    keywords!(
        "listxattr",
        listxattr,
        "($module, /, path=None, *, follow_symlinks=True)"
    ),
];

fn given(o: Option<&Obj>) -> &Obj {
    o.unwrap_or(NONE())
}

/// What a call fills in, whose size only the next try knows.
fn grown(f: impl Fn(*mut u8, usize) -> isize) -> Status<Vec<u8>> {
    for size in [128, 65536] {
        let mut room = vec![0u8; size];
        let p = room.as_mut_ptr() as usize;
        match call::once(|| f(p as *mut u8, size)) {
            Ok(n) => {
                room.truncate(n as usize);
                return Ok(room);
            }
            Err(libc::ERANGE) => {}
            Err(code) => return Err(code),
        }
    }
    Err(libc::ERANGE)
}

fn getxattr(_: &Obj, [path, attribute, follow]: [Option<&Obj>; 3]) -> Result<Ref<PyBytesObject>> {
    let path = Path::or_fd("getxattr", "path", given(path))?;
    let name = Path::name("getxattr", "attribute", given(attribute))?;
    let follow = convert::flag(follow, true)?;
    path::check_follow("getxattr", &path, follow)?;
    // SAFETY: the names end with NUL; as much room as said.
    let value = grown(|p, n| unsafe {
        match path.fd {
            Some(fd) => libc::fgetxattr(fd, name.as_ptr(), p.cast(), n),
            None if follow => libc::getxattr(path.as_ptr(), name.as_ptr(), p.cast(), n),
            None => libc::lgetxattr(path.as_ptr(), name.as_ptr(), p.cast(), n),
        }
    });
    bytes::try_new(&value.map_err(|code| path.error(code))?)
}

fn setxattr(_: &Obj, [path, attribute, value, flags, follow]: [Option<&Obj>; 5]) -> Result<()> {
    let path = Path::or_fd("setxattr", "path", given(path))?;
    let name = Path::name("setxattr", "attribute", given(attribute))?;
    let value = buffer::simple(given(value))?;
    let flags = convert::int_or(flags, 0)?;
    let follow = convert::flag(follow, true)?;
    path::check_follow("setxattr", &path, follow)?;
    let data = value.bytes();
    // SAFETY: the names end with NUL; the view keeps the value in place.
    let done = call::once(|| unsafe {
        let (p, n) = (data.as_ptr().cast(), data.len());
        match path.fd {
            Some(fd) => libc::fsetxattr(fd, name.as_ptr(), p, n, flags),
            None if follow => libc::setxattr(path.as_ptr(), name.as_ptr(), p, n, flags),
            None => libc::lsetxattr(path.as_ptr(), name.as_ptr(), p, n, flags),
        }
    });
    done.map(drop).map_err(|code| path.error(code))
}

fn removexattr(_: &Obj, [path, attribute, follow]: [Option<&Obj>; 3]) -> Result<()> {
    let path = Path::or_fd("removexattr", "path", given(path))?;
    let name = Path::name("removexattr", "attribute", given(attribute))?;
    let follow = convert::flag(follow, true)?;
    path::check_follow("removexattr", &path, follow)?;
    // SAFETY: the names end with NUL.
    let done = call::once(|| unsafe {
        match path.fd {
            Some(fd) => libc::fremovexattr(fd, name.as_ptr()),
            None if follow => libc::removexattr(path.as_ptr(), name.as_ptr()),
            None => libc::lremovexattr(path.as_ptr(), name.as_ptr()),
        }
    });
    done.map(drop).map_err(|code| path.error(code))
}

fn listxattr(_: &Obj, [path, follow]: [Option<&Obj>; 2]) -> Result<Ref<PyListObject>> {
    let path = Path::optional("listxattr", path)?;
    let follow = convert::flag(follow, true)?;
    path::check_follow("listxattr", &path, follow)?;
    // SAFETY: the name ends with NUL; as much room as said.
    let names = grown(|p, n| unsafe {
        match path.fd {
            Some(fd) => libc::flistxattr(fd, p.cast(), n),
            None if follow => libc::listxattr(path.as_ptr(), p.cast(), n),
            None => libc::llistxattr(path.as_ptr(), p.cast(), n),
        }
    });
    let names = names.map_err(|code| path.error(code))?;
    let all = list::empty();
    for name in names.split(|c| *c == 0).filter(|name| !name.is_empty()) {
        all.try_push(path::answer(name, false)?)?;
    }
    Ok(all)
}
