//! `scandir`: an iterator over a folder, and its entries, which remember what the folder and `stat` said.
//!
//! Invariant: an entry's answers never change: each kind of `stat` is made once.

use core::cell::{Cell, RefCell};

use layout::*;

use vm::err::{self, Raised, Result, exc};
use vm::method::*;
use vm::object::*;
use vm::protocol::object;
use vm::types::genericalias;
use vm::types::int;
use vm::types::str_;
use vm::types::structseq;
use vm::types::type_::{self, TypeBuilder};
use vm::warn;

use super::convert;
use super::dirs::{Dir, Entry};
use super::path::{self, Path};
use super::stat;

/// Rows of the module's table.
pub static METHODS: &[PyMethodDef] = &[keywords!("scandir", scandir, "($module, /, path=None)")];

static ITERATOR: PyTypeObject = PyTypeObject::statically_declared();
static ENTRY: PyTypeObject = PyTypeObject::statically_declared();

/// Adds the types.
pub fn add(m: &Obj) -> Result<()> {
    if !has_flag(&ENTRY, Py_TPFLAGS_READY) {
        define_iterator(&mut TypeBuilder::start(&ITERATOR, c"posix.ScandirIterator"));
        type_::ready(&ITERATOR)?;
        define_entry(&mut TypeBuilder::start(&ENTRY, c"posix.DirEntry"));
        type_::ready(&ENTRY)?;
    }
    vm::types::module::add(m, "DirEntry", ENTRY.as_obj())
}

// ---- The iterator ----

#[repr(C)]
struct Scandir {
    ob_base: PyObject,
    path: Path,
    dir: RefCell<Option<Dir>>,
}

impl Layout for Scandir {
    fn type_object() -> &'static PyTypeObject {
        &ITERATOR
    }
}

static ITERATOR_METHODS: &[PyMethodDef] = &[
    noargs!("__enter__", enter, ""),
    fastcall!("__exit__", exit, ""),
    noargs!("close", close, ""),
];

fn define_iterator(b: &mut TypeBuilder) {
    b.basicsize::<Scandir>()
        .destructible()
        .new_disallowed()
        .dealloc_drop::<Scandir>()
        .tp_traverse(|it: &Scandir, v| v.visit(&it.path.object))
        .tp_finalize(finalize)
        .iter_self()
        .tp_iternext(next)
        .methods(ITERATOR_METHODS);
    b.type_object().tp_dealloc.set(Some(dealloc));
}

unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: called once for an iterator that nobody refers to; its finalizer may bring it back.
    unsafe {
        if type_::subtype::finalize_before_dealloc(o) {
            return;
        }
        dealloc_drop::<Scandir>(o);
    }
}

fn scandir(_: &Obj, [o]: [Option<&Obj>; 1]) -> Result<Ref<Obj>> {
    let path = Path::optional("scandir", o)?;
    let dir = Dir::open(&path)?;
    let it = Scandir {
        ob_base: header(),
        path,
        dir: RefCell::new(Some(dir)),
    };
    Ok(create(&ITERATOR, it)?.into_obj())
}

fn next(it: &Scandir) -> Result<Option<Ref>> {
    // Taken out: another thread that comes by meanwhile finds the iterator exhausted.
    let Some(mut dir) = it.dir.borrow_mut().take() else {
        return Ok(None);
    };
    match dir.next() {
        Ok(None) => Ok(None),
        Ok(Some(entry)) => {
            *it.dir.borrow_mut() = Some(dir);
            new_entry(&it.path, &entry).map(Some)
        }
        Err(code) => Err(it.path.error(code)),
    }
}

fn close(it: &Scandir) -> Result<()> {
    drop(it.dir.borrow_mut().take());
    Ok(())
}

fn enter(it: &Scandir) -> Result {
    Ok(it.to_ref().into_obj())
}

fn exit(it: &Scandir, _: &[&Obj]) -> Result<()> {
    close(it)
}

fn finalize(it: &Scandir) {
    if it.dir.borrow().is_none() {
        return;
    }
    err::preserved(|| {
        let message = format!("unclosed scandir iterator {}", repr_lossy(it.as_obj()));
        if warn::warn_about(it.as_obj(), &exc::ResourceWarning, 1, &message).is_err() {
            if err::matches(&exc::Warning) {
                err::write_unraisable(Some(it.as_obj()), None);
            } else {
                err::clear();
            }
        }
        drop(it.dir.borrow_mut().take());
    });
}

// ---- Entries ----

#[repr(C)]
struct DirEntry {
    ob_base: PyObject,
    name: Cell<*mut PyObject>,
    path: Cell<*mut PyObject>,
    stat: Slot,
    lstat: Slot,
    inode: u64,
    kind: u8,
    /// The folder's descriptor, if it was given as one.
    dir_fd: i32,
}

impl Layout for DirEntry {
    fn type_object() -> &'static PyTypeObject {
        &ENTRY
    }
}

static ENTRY_METHODS: &[PyMethodDef] = &[
    keywords!("is_dir", is_dir, "($self, /, *, follow_symlinks=True)"),
    keywords!("is_file", is_file, "($self, /, *, follow_symlinks=True)"),
    noargs!("is_symlink", is_symlink, "($self, /)"),
    noargs!("is_junction", is_junction, "($self, /)"),
    keywords!("stat", entry_stat, "($self, /, *, follow_symlinks=True)"),
    noargs!("inode", inode, "($self, /)"),
    noargs!("__fspath__", fspath, "($self, /)"),
    class_method(o!("__class_getitem__", class_getitem, "($type, object, /)")),
];

static ENTRY_MEMBERS: &[PyMemberDef] = &[
    member!("name", DirEntry, name, _Py_T_OBJECT, Py_READONLY),
    member!("path", DirEntry, path, _Py_T_OBJECT, Py_READONLY),
];

fn define_entry(b: &mut TypeBuilder) {
    b.basicsize::<DirEntry>()
        .owns_memory()
        .new_disallowed()
        .tp_dealloc(dealloc_entry)
        .tp_traverse(|e: &DirEntry, v| {
            v.visit_ptr(e.name.get())?;
            v.visit_ptr(e.path.get())?;
            v.slot(&e.stat)?;
            v.slot(&e.lstat)
        })
        .tp_repr(repr)
        .methods(ENTRY_METHODS)
        .members(ENTRY_MEMBERS);
}

unsafe extern "C" fn dealloc_entry(o: *mut PyObject) {
    // SAFETY: called once for an entry that nobody refers to.
    unsafe {
        let e = &*o.cast::<DirEntry>();
        e.name.set_ref(None);
        e.path.set_ref(None);
        dealloc_drop::<DirEntry>(o);
    }
}

fn new_entry(folder: &Path, entry: &Entry) -> Result {
    let name = folder.answer(&entry.name)?;
    let path = if folder.fd.is_some() {
        name.clone()
    } else {
        let mut joined = folder.bytes().to_vec();
        if !joined.is_empty() && joined.last() != Some(&b'/') {
            joined.push(b'/');
        }
        joined.extend(&entry.name);
        path::answer(&joined, folder.wants_bytes())?
    };
    let e = DirEntry {
        ob_base: header(),
        name: Cell::new(name.into_raw()),
        path: Cell::new(path.into_raw()),
        stat: Slot::empty(),
        lstat: Slot::empty(),
        inode: entry.inode,
        kind: entry.kind,
        dir_fd: folder.fd.unwrap_or(libc::AT_FDCWD),
    };
    Ok(create(&ENTRY, e)?.into_obj())
}

fn repr(e: &DirEntry) -> Result {
    let name = object::repr(e.name.borrow_obj().unwrap_or(NONE()))?;
    Ok(str_::new(&format!("<DirEntry {}>", str_::to_string_lossy(&name))).into_obj())
}

fn fetch(e: &DirEntry, follow: bool) -> Result {
    let path = e.path.get_ref().unwrap_or_else(none);
    let name = convert::fs_string(&path)?;
    let dir_fd = e.dir_fd;
    // SAFETY: the name ends with NUL; the structure is there to be filled in.
    let st = stat::fill(|p| unsafe {
        libc::fstatat(
            dir_fd,
            name.as_ptr(),
            p,
            if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW },
        )
    });
    match st {
        Ok(st) => stat::to_object(&st),
        Err(code) => Err(err::errno(code, Some(&path))),
    }
}

fn get_lstat(e: &DirEntry) -> Result {
    if let Some(known) = e.lstat.get() {
        return Ok(known);
    }
    let st = fetch(e, false)?;
    e.lstat.set(Some(st.clone()));
    Ok(st)
}

fn get_stat(e: &DirEntry, follow: bool) -> Result {
    if !follow {
        return get_lstat(e);
    }
    if let Some(known) = e.stat.get() {
        return Ok(known);
    }
    let st = if is_symlink(e)? {
        fetch(e, true)?
    } else {
        get_lstat(e)?
    };
    e.stat.set(Some(st.clone()));
    Ok(st)
}

fn entry_stat(e: &DirEntry, [follow]: [Option<&Obj>; 1]) -> Result {
    get_stat(e, convert::flag(follow, true)?)
}

/// Whether `stat` says that the entry is of a kind (an `S_IF` constant).
fn stat_says(e: &DirEntry, follow: bool, kind: u32) -> Result<bool> {
    let st = match get_stat(e, follow) {
        Ok(st) => st,
        Err(raised) => {
            return if err::clear_if(&exc::FileNotFoundError) {
                Ok(false)
            } else {
                Err::<bool, Raised>(raised)
            };
        }
    };
    let mode = st
        .downcast::<PyTupleObject>()
        .and_then(|t| int::i64_of(&structseq::field(t, 0)));
    Ok(mode.is_some_and(|mode| mode as u32 & libc::S_IFMT == kind))
}

fn is_kind(e: &DirEntry, follow: bool, kind: u32, entry_kind: u8) -> Result<bool> {
    match e.kind {
        libc::DT_UNKNOWN => stat_says(e, follow, kind),
        libc::DT_LNK if follow => stat_says(e, true, kind),
        known => Ok(known == entry_kind),
    }
}

fn is_dir(e: &DirEntry, [follow]: [Option<&Obj>; 1]) -> Result<bool> {
    is_kind(e, convert::flag(follow, true)?, libc::S_IFDIR, libc::DT_DIR)
}

fn is_file(e: &DirEntry, [follow]: [Option<&Obj>; 1]) -> Result<bool> {
    is_kind(e, convert::flag(follow, true)?, libc::S_IFREG, libc::DT_REG)
}

fn is_symlink(e: &DirEntry) -> Result<bool> {
    is_kind(e, false, libc::S_IFLNK, libc::DT_LNK)
}

fn is_junction(_: &DirEntry) -> Result<bool> {
    Ok(false)
}

fn inode(e: &DirEntry) -> Result<u64> {
    Ok(e.inode)
}

fn fspath(e: &DirEntry) -> Result {
    Ok(e.path.get_ref().unwrap_or_else(none))
}

fn class_getitem(cls: &Obj, item: &Obj) -> Result {
    genericalias::class_getitem(cls, item)
}
