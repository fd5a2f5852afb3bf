//! Folders: listing, the current one.

use layout::*;

use vm::err::Result;
use vm::method::*;
use vm::object::*;
use vm::types::{bytes, list};
use vm::{codecs, threads};

use super::call::{self, Status};
use super::files;
use super::path::Path;

/// Rows of the module's table.
pub static METHODS: &[PyMethodDef] = &[
    keywords!("listdir", listdir, "($module, /, path=None)"),
    noargs!("getcwd", getcwd, "($module, /)"),
    noargs!("getcwdb", getcwdb, "($module, /)"),
    keywords!("chdir", chdir, "($module, /, path)"),
    keywords!("fchdir", fchdir, "($module, /, fd)"),
    keywords!("chroot", chroot, "($module, /, path)"),
];

/// An open folder.
pub struct Dir {
    stream: *mut libc::DIR,
    /// Opened from a descriptor, whose position is then put back at the end.
    from_fd: bool,
}

/// What one entry of a folder says about itself.
pub struct Entry {
    /// The name.
    pub name: Vec<u8>,
    /// One of the `DT_` constants.
    pub kind: u8,
    /// The inode's number.
    pub inode: u64,
}

impl Dir {
    /// Opens the folder that a path or a descriptor names.
    pub fn open(path: &Path) -> Result<Dir> {
        let fd = match path.fd {
            Some(fd) => Some(files::duplicate(fd)?),
            None => None,
        };
        // SAFETY: the name ends with NUL; the descriptor is ours to give away.
        let opened = call::descriptor(|| unsafe {
            match fd {
                Some(fd) => libc::fdopendir(fd),
                None => libc::opendir(path.as_ptr()),
            }
        });
        if let (Err(_), Some(fd)) = (&opened, fd) {
            // SAFETY: nobody took it.
            unsafe { libc::close(fd) };
        }
        match opened {
            Ok(stream) => Ok(Dir {
                stream,
                from_fd: fd.is_some(),
            }),
            Err(code) => Err(path.error(code)),
        }
    }

    /// The next entry other than the folder itself and its parent.
    pub fn next(&mut self) -> Status<Option<Entry>> {
        threads::allow(|| {
            loop {
                // SAFETY: the stream is open; errno tells the end from an error; the entry lives until the next call.
                unsafe {
                    *libc::__errno_location() = 0;
                    let entry = libc::readdir(self.stream);
                    if entry.is_null() {
                        return match call::errno() {
                            0 => Ok(None),
                            code => Err(code),
                        };
                    }
                    let name = core::ffi::CStr::from_ptr((*entry).d_name.as_ptr()).to_bytes();
                    if name != b"." && name != b".." {
                        return Ok(Some(Entry {
                            name: name.to_vec(),
                            kind: (*entry).d_type,
                            inode: (*entry).d_ino,
                        }));
                    }
                }
            }
        })
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        // SAFETY: the stream is open and ours.
        unsafe {
            if self.from_fd {
                libc::rewinddir(self.stream);
            }
            libc::closedir(self.stream);
        }
    }
}

fn listdir(_: &Obj, [o]: [Option<&Obj>; 1]) -> Result<Ref<PyListObject>> {
    let path = Path::optional("listdir", o)?;
    let mut dir = Dir::open(&path)?;
    let names = list::empty();
    loop {
        match dir.next() {
            Ok(Some(entry)) => list::ListExt::try_push(&*names, path.answer(&entry.name)?)?,
            Ok(None) => return Ok(names),
            Err(code) => return Err(path.error(code)),
        }
    }
}

fn current() -> Result<Vec<u8>> {
    let mut room = vec![0u8; 1024];
    loop {
        let (p, n) = (room.as_mut_ptr() as usize, room.len());
        // SAFETY: `n` bytes are there to be written.
        match call::once(|| unsafe { libc::getcwd(p as *mut libc::c_char, n) }) {
            Ok(_) => {
                room.truncate(room.iter().position(|c| *c == 0).unwrap_or(0));
                return Ok(room);
            }
            Err(libc::ERANGE) => room.resize(n * 2, 0),
            Err(code) => return Err(call::raise(code)),
        }
    }
}

fn getcwd(_: &Obj) -> Result {
    codecs::fs_decode(&current()?)
}

fn getcwdb(_: &Obj) -> Result<Ref<PyBytesObject>> {
    bytes::try_new(&current()?)
}

fn chdir(_: &Obj, [o]: [Option<&Obj>; 1]) -> Result<()> {
    let path = Path::or_fd("chdir", "path", o.unwrap_or(NONE()))?;
    // SAFETY: the name ends with NUL.
    let done = call::once(|| unsafe {
        match path.fd {
            Some(fd) => libc::fchdir(fd),
            None => libc::chdir(path.as_ptr()),
        }
    });
    done.map(drop).map_err(|code| path.error(code))
}

fn fchdir(_: &Obj, [fd]: [Option<&Obj>; 1]) -> Result<()> {
    let fd = super::convert::fileno(fd.unwrap_or(NONE()))?;
    // SAFETY: changes the current folder.
    call::retry_or_raise(|| unsafe { libc::fchdir(fd) }).map(drop)
}

fn chroot(_: &Obj, [o]: [Option<&Obj>; 1]) -> Result<()> {
    let path = Path::name("chroot", "path", o.unwrap_or(NONE()))?;
    // SAFETY: the name ends with NUL.
    let done = call::once(|| unsafe { libc::chroot(path.as_ptr()) });
    done.map(drop).map_err(|code| path.error(code))
}
