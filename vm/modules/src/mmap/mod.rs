//! `mmap`: files and plain memory as an array of bytes.
//!
//! Invariant: `data` is null when closed; while buffers are exported, the mapping neither moves nor goes.

mod items;
mod methods;

use core::cell::Cell;
use core::ptr;

use layout::*;

use vm::args::{self, Signature};
use vm::err::{self, Raised, Result, exc, raise};
use vm::method::*;
use vm::object::*;
use vm::types::type_::{self, TypeBuilder};
use vm::types::{int, module, str_};

use crate::posix::call;
use crate::posix::{convert, files, stat};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "mmap",
    methods: &[],
    exec,
};

#[rustfmt::skip]
static CONSTANTS: &[(&str, i64)] = &[
    ("ACCESS_COPY", 3), ("ACCESS_DEFAULT", 0), ("ACCESS_READ", 1), ("ACCESS_WRITE", 2), ("MADV_DODUMP", 17),
    ("MADV_DOFORK", 11), ("MADV_DONTDUMP", 16), ("MADV_DONTFORK", 10), ("MADV_DONTNEED", 4), ("MADV_FREE", 8),
    ("MADV_HUGEPAGE", 14), ("MADV_HWPOISON", 100), ("MADV_MERGEABLE", 12), ("MADV_NOHUGEPAGE", 15), ("MADV_NORMAL", 0),
    ("MADV_RANDOM", 1), ("MADV_REMOVE", 9), ("MADV_SEQUENTIAL", 2), ("MADV_UNMERGEABLE", 13), ("MADV_WILLNEED", 3),
    ("MAP_32BIT", 64), ("MAP_ANON", 32), ("MAP_ANONYMOUS", 32), ("MAP_DENYWRITE", 2048), ("MAP_EXECUTABLE", 4096),
    ("MAP_NORESERVE", 16384), ("MAP_POPULATE", 32768), ("MAP_PRIVATE", 2), ("MAP_SHARED", 1), ("MAP_STACK", 131_072),
    ("PROT_EXEC", 4), ("PROT_READ", 1), ("PROT_WRITE", 2),
];

fn exec(m: &Obj) -> Result<()> {
    if !has_flag(&MMAP, Py_TPFLAGS_READY) {
        define(&mut TypeBuilder::start(&MMAP, c"mmap.mmap"));
        type_::ready(&MMAP)?;
    }
    module::add(m, "mmap", MMAP.as_obj())?;
    module::add(m, "error", exc::OSError.as_obj())?;
    module::add_ints(m, CONSTANTS)?;
    // SAFETY: asks for a number.
    let page = int::from_i64(unsafe { libc::sysconf(libc::_SC_PAGESIZE) });
    module::add(m, "PAGESIZE", page.as_obj())?;
    module::add(m, "ALLOCATIONGRANULARITY", page.as_obj())
}

static MMAP: PyTypeObject = PyTypeObject::statically_declared();

/// How the program may use the mapping.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Default,
    Read,
    Write,
    Copy,
}

/// A mapping.
#[repr(C)]
struct Mmap {
    ob_base: PyObject,
    data: Cell<*mut u8>,
    size: Cell<usize>,
    pos: Cell<usize>,
    offset: Cell<i64>,
    exports: Cell<usize>,
    fd: Cell<i32>,
    access: Cell<Access>,
    flags: Cell<i32>,
    track_fd: Cell<bool>,
    weakreflist: Cell<*mut PyObject>,
}

impl Layout for Mmap {
    fn type_object() -> &'static PyTypeObject {
        &MMAP
    }
}

fn define(b: &mut TypeBuilder) {
    b.basicsize::<Mmap>()
        .destructible()
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
        .weaklistoffset(core::mem::offset_of!(Mmap, weakreflist))
        .generic_attributes()
        .tp_new(new)
        .tp_dealloc(dealloc)
        .tp_traverse(|_: &Mmap, _| Ok(()))
        .tp_repr(repr)
        .sq_length(items::length)
        .sq_item(items::item)
        .mp_length(items::length)
        .mp_subscript(items::subscript)
        .mp_ass_subscript(items::assign)
        .bf_getbuffer(getbuffer, Some(releasebuffer))
        .methods(methods::METHODS)
        .getset(GETSET);
}

static GETSET: &[PyGetSetDef] = &[getset!("closed", |m: &Mmap| Ok(m.data.get().is_null()))];

// ---- Life ----

static SIGNATURE: Signature = Signature::new(
    "mmap",
    "(fileno, length, flags=MAP_SHARED, prot=PROT_WRITE|PROT_READ, access=ACCESS_DEFAULT, offset=0, *, trackfd=True)",
);

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let [fd, length, flags, prot, access, offset, track_fd] = SIGNATURE.bind(args, kwargs)?;
    let fd = convert::int(fd.unwrap_or(NONE()))?;
    let length = args::to_isize(length.unwrap_or(NONE()))?;
    let both = libc::PROT_WRITE | libc::PROT_READ;
    let mut flags = convert::int_or(flags, libc::MAP_SHARED)?;
    let mut prot = convert::int_or(prot, both)?;
    let access = convert::int_or(access, 0)?;
    let offset = offset.map_or(Ok(0), convert::offset)?;
    let track_fd = convert::flag(track_fd, true)?;
    if length < 0 {
        return raise!(OverflowError, "memory mapped length must be positive");
    }
    if offset < 0 {
        return raise!(OverflowError, "memory mapped offset must be positive");
    }
    if access != 0 && (flags != libc::MAP_SHARED || prot != both) {
        return raise!(
            ValueError,
            "mmap can't specify both access and flags, prot."
        );
    }
    let access = match access {
        0 if prot & both == both => Access::Default,
        0 if prot & libc::PROT_WRITE != 0 => Access::Write,
        0 => Access::Read,
        1 => {
            prot = libc::PROT_READ;
            Access::Read
        }
        2 => Access::Write,
        3 => {
            flags = libc::MAP_PRIVATE;
            Access::Copy
        }
        _ => return raise!(ValueError, "mmap invalid access parameter."),
    };
    let size = if fd == -1 {
        length as usize
    } else {
        size_in_file(fd, length as usize, offset)?
    };
    let o = type_alloc(tp, 0)?;
    // SAFETY: mmap or a subclass.
    let m = unsafe { o.cast::<Mmap>() };
    m.fd.set(-1);
    m.size.set(size);
    m.offset.set(offset);
    m.access.set(access);
    m.track_fd.set(track_fd);
    if fd == -1 {
        flags |= libc::MAP_ANONYMOUS;
    } else if track_fd {
        m.fd.set(files::duplicate(fd)?);
    }
    m.flags.set(flags);
    let at = call::once(|| {
        // SAFETY: a new mapping at a place of the system's choice.
        let at = unsafe { libc::mmap(ptr::null_mut(), size, prot, flags, fd, offset) };
        if at == libc::MAP_FAILED {
            ptr::null_mut()
        } else {
            at.cast::<u8>()
        }
    });
    m.data.set(at.map_err(call::raise)?);
    Ok(o)
}

/// How much of a regular file there is to map: the length asked for, or all of it for 0.
fn size_in_file(fd: i32, length: usize, offset: i64) -> Result<usize> {
    let st = stat::of_fd(fd).map_err(call::raise)?;
    if st.st_mode & libc::S_IFMT != libc::S_IFREG {
        return Ok(length);
    }
    if length == 0 {
        if st.st_size == 0 {
            return raise!(ValueError, "cannot mmap an empty file");
        }
        if offset >= st.st_size {
            return raise!(ValueError, "mmap offset is greater than file size");
        }
        return Ok((st.st_size - offset) as usize);
    }
    if offset > st.st_size || ((st.st_size - offset) as usize) < length {
        return raise!(ValueError, "mmap length is greater than file size");
    }
    Ok(length)
}

impl Mmap {
    /// Gives everything back to the system.
    fn release(&self) {
        let (fd, data) = (self.fd.replace(-1), self.data.replace(ptr::null_mut()));
        // SAFETY: both are ours, and given back once.
        vm::threads::allow(|| unsafe {
            if fd >= 0 {
                libc::close(fd);
            }
            if !data.is_null() {
                libc::munmap(data.cast(), self.size.get());
            }
        });
    }

    fn check(&self) -> Result<()> {
        if self.data.get().is_null() {
            Err(closed())
        } else {
            Ok(())
        }
    }

    /// The bytes. They must not be held across anything that runs Python.
    fn bytes(&self) -> Result<&[u8]> {
        self.check()?;
        // SAFETY: the mapping is there as long as `data` says so.
        Ok(unsafe { core::slice::from_raw_parts(self.data.get(), self.size.get()) })
    }

    fn check_writable(&self) -> Result<()> {
        if self.access.get() == Access::Read {
            return raise!(TypeError, "mmap can't modify a readonly memory map.");
        }
        Ok(())
    }

    /// Copies bytes into the mapping, where there is room for them.
    fn put(&self, at: usize, data: &[u8]) {
        debug_assert!(at + data.len() <= self.size.get());
        // SAFETY: within the mapping, which may be what the data is a part of.
        unsafe { ptr::copy(data.as_ptr(), self.data.get().add(at), data.len()) };
    }
}

#[cold]
fn closed() -> Raised {
    err::new(&exc::ValueError, format_args!("mmap closed or invalid"))
}

unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: called once for a mapping that nobody refers to.
    unsafe {
        gc::untrack(o);
        vm::types::weakref::clear_weakrefs(&*o);
        (*o.cast::<Mmap>()).release();
        free_builtin(o);
    }
}

unsafe extern "C" fn getbuffer(
    o: *mut PyObject,
    view: *mut Py_buffer,
    flags: core::ffi::c_int,
) -> core::ffi::c_int {
    // SAFETY: called with a mapping and a view to fill in; the mapping stays while it is exported.
    unsafe {
        let m = &*o.cast::<Mmap>();
        if m.check().is_err() {
            return -1;
        }
        let readonly = m.access.get() == Access::Read;
        let status = vm::protocol::buffer::fill_info(
            view,
            Some(m.as_obj()),
            m.data.get(),
            m.size.get(),
            readonly,
            flags,
        );
        if status == 0 {
            m.exports.set(m.exports.get() + 1);
        }
        status
    }
}

unsafe extern "C" fn releasebuffer(o: *mut PyObject, _: *mut Py_buffer) {
    // SAFETY: called with a mapping.
    let exports = unsafe { &(*o.cast::<Mmap>()).exports };
    exports.set(exports.get() - 1);
}

fn repr(m: &Mmap) -> Result {
    let name = m.as_obj().tp_name();
    if m.data.get().is_null() {
        return Ok(str_::new(&format!("<{name} closed=True>")).into_obj());
    }
    let access = match m.access.get() {
        Access::Default => "ACCESS_DEFAULT",
        Access::Read => "ACCESS_READ",
        Access::Write => "ACCESS_WRITE",
        Access::Copy => "ACCESS_COPY",
    };
    let text = format!(
        "<{name} closed=False, access={access}, length={}, pos={}, offset={}>",
        m.size.get(),
        m.pos.get(),
        m.offset.get()
    );
    Ok(str_::new(&text).into_obj())
}
