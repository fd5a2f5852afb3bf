//! `Blob`: a value of a table, read and written in place.

use core::cell::Cell;
use core::ffi::c_int;
use core::ptr;

use libsqlite3_sys as ffi;

use super::connection::Connection;
use super::errors::misuse;
use super::{c_positional, c_text};
use crate::codec::bytes_of;
use modules::prelude::*;
use vm::threads;
use vm::types::int::IntExt as _;
use vm::types::{bytes, slice};

/// `sqlite3.Blob`.
#[repr(C)]
pub struct Blob {
    ob_base: PyObject,
    connection: Slot,
    /// The library's handle, null once it is closed.
    raw: Cell<*mut ffi::sqlite3_blob>,
    offset: Cell<c_int>,
}

static_type!(Blob, BLOB);

static METHODS: &[PyMethodDef] = &[
    noargs!("close", close, "($self, /)"),
    fastcall!("read", read, "($self, length=-1, /)"),
    fastcall!("seek", seek, "($self, offset, origin=0, /)"),
    noargs!("tell", tell, "($self, /)"),
    o!("write", write, "($self, data, /)"),
    noargs!("__enter__", enter, "($self, /)"),
    fastcall!("__exit__", exit, "($self, type, val, tb, /)"),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Blob>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .destructible()
        .dealloc_drop::<Blob>()
        .tp_traverse(|b: &Blob, v: &mut Visitor| v.slot(&b.connection))
        .new_disallowed()
        .mp_length(|b: &Blob| {
            b.check()?;
            Ok(b.size() as usize)
        })
        .mp_subscript(subscript)
        .mp_ass_subscript(assign)
        .methods(METHODS);
}

impl Drop for Blob {
    fn drop(&mut self) {
        if let Some(c) = self
            .connection
            .borrow()
            .and_then(|o| o.downcast::<Connection>())
        {
            c.blobs.borrow_mut().retain(|blob| !ptr::eq(*blob, self));
        }
        self.release();
    }
}

/// `blobopen(table, column, rowid, /, *, readonly=False, name='main')`.
pub fn open(c: &Connection, [table, column, row, readonly, name]: [Option<&Obj>; 5]) -> Result {
    let table = c_positional("blobopen", "argument 1", required(table))?;
    let column = c_positional("blobopen", "argument 2", required(column))?;
    let Some(row) = number::index_int(required(row))?.to_i64() else {
        return raise!(
            OverflowError,
            "Python int too large to convert to SQLite INTEGER"
        );
    };
    let readonly = readonly.map_or(Ok(false), args::to_bool)?;
    let name = match name {
        Some(name) => c_text("blobopen", "name", name)?,
        None => c"main".to_owned(),
    };
    c.check()?;
    let db = c.db.get();
    let mut raw = ptr::null_mut();
    // SAFETY: an open database, valid names, and room for the handle.
    let code = threads::allow(|| unsafe {
        ffi::sqlite3_blob_open(
            db,
            name.as_ptr(),
            table.as_ptr(),
            column.as_ptr(),
            row,
            (!readonly).into(),
            &mut raw,
        )
    });
    c.answer(code)?;
    let blob = create(
        &BLOB,
        Blob {
            ob_base: header(),
            connection: holding(c.as_obj()),
            raw: Cell::new(raw),
            offset: Cell::new(0),
        },
    )?;
    c.blobs.borrow_mut().push(ptr::from_ref(&*blob));
    Ok(blob.into_obj())
}

impl Blob {
    /// Closes the handle.
    pub fn release(&self) {
        let raw = self.raw.replace(ptr::null_mut());
        if !raw.is_null() {
            // SAFETY: owned, and not used again.
            threads::allow(|| unsafe { ffi::sqlite3_blob_close(raw) });
        }
    }

    fn connection(&self) -> &Connection {
        // SAFETY: only connections are stored here.
        unsafe { held(&self.connection).cast() }
    }

    fn check(&self) -> Result<()> {
        self.connection().check()?;
        match self.raw.get().is_null() {
            true => misuse(format_args!("Cannot operate on a closed blob.")),
            false => Ok(()),
        }
    }

    fn size(&self) -> c_int {
        // SAFETY: an open blob.
        unsafe { ffi::sqlite3_blob_bytes(self.raw.get()) }
    }

    fn read_at(&self, offset: c_int, length: usize) -> Result<Vec<u8>> {
        let mut out = vec![0; length];
        let (raw, at) = (self.raw.get(), out.as_mut_ptr());
        // SAFETY: an open blob and room for as many bytes.
        let code = threads::allow(|| unsafe {
            ffi::sqlite3_blob_read(raw, at.cast(), length as c_int, offset)
        });
        self.answer(code)?;
        Ok(out)
    }

    fn write_at(&self, offset: c_int, data: &[u8]) -> Result<()> {
        if data.len() > (self.size() - offset) as usize {
            return raise!(ValueError, "data longer than blob");
        }
        let raw = self.raw.get();
        // SAFETY: an open blob and valid bytes.
        let code = threads::allow(|| unsafe {
            ffi::sqlite3_blob_write(raw, data.as_ptr().cast(), data.len() as c_int, offset)
        });
        self.answer(code)
    }

    fn answer(&self, code: c_int) -> Result<()> {
        self.connection().answer(code)
    }

    /// An index from either end.
    fn index(&self, key: &Obj) -> Result<c_int> {
        let i = number::index_isize(key, Some(&exc::IndexError))?;
        let size = self.size() as isize;
        let i = if i < 0 { i + size } else { i };
        match (0..size).contains(&i) {
            true => Ok(i as c_int),
            false => raise!(IndexError, "Blob index out of range"),
        }
    }
}

fn close(b: &Blob) -> Result<()> {
    b.connection().check()?;
    b.release();
    Ok(())
}

fn read(b: &Blob, a: &[&Obj]) -> Result {
    args::expect("read", a, 0..=1)?;
    let length = a.first().map_or(Ok(-1), |o| args::to_i32(o))?;
    b.check()?;
    let left = b.size() - b.offset.get();
    let length = if length < 0 { left } else { length.min(left) };
    if length == 0 {
        return Ok(bytes::empty().into_obj());
    }
    let data = b.read_at(b.offset.get(), length as usize)?;
    b.offset.set(b.offset.get() + length);
    Ok(bytes::new(&data).into_obj())
}

fn write(b: &Blob, data: &Obj) -> Result<()> {
    let data = bytes_of(data)?;
    b.check()?;
    b.write_at(b.offset.get(), data.bytes())?;
    b.offset.set(b.offset.get() + data.bytes().len() as c_int);
    Ok(())
}

fn seek(b: &Blob, a: &[&Obj]) -> Result<()> {
    args::expect("seek", a, 1..=2)?;
    let offset = args::to_i32(a[0])?;
    let origin = a.get(1).map_or(Ok(0), |o| args::to_i32(o))?;
    b.check()?;
    let from = match origin {
        0 => 0,
        1 => b.offset.get(),
        2 => b.size(),
        _ => {
            return raise!(
                ValueError,
                "'origin' should be os.SEEK_SET, os.SEEK_CUR, or os.SEEK_END"
            );
        }
    };
    let Some(to) = from.checked_add(offset) else {
        return raise!(OverflowError, "seek offset results in offset overflow");
    };
    match (0..=b.size()).contains(&to) {
        true => Ok(b.offset.set(to)),
        false => raise!(ValueError, "offset out of blob range"),
    }
}

fn tell(b: &Blob) -> Result<c_int> {
    b.check()?;
    Ok(b.offset.get())
}

fn enter(b: &Blob) -> Result {
    b.check()?;
    Ok(b.as_obj().new_ref())
}

fn exit(b: &Blob, a: &[&Obj]) -> Result<bool> {
    args::expect("__exit__", a, 3..=3)?;
    b.check()?;
    b.release();
    Ok(false)
}

fn check_step(indices: slice::SliceIndices) -> Result<()> {
    match indices.step < 0 {
        true => raise!(
            ValueError,
            "Blob doesn't support slices with a negative step"
        ),
        false => Ok(()),
    }
}

fn subscript(b: &Blob, key: &Obj) -> Result {
    b.check()?;
    if number::is_index(key) {
        let data = b.read_at(b.index(key)?, 1)?;
        return Ok(int::small(data[0]).new_ref());
    }
    if key.is::<PySliceObject>() {
        // SAFETY: just checked.
        let indices = slice::unpack(unsafe { key.cast() }, b.size() as usize)?;
        if indices.len == 0 {
            return Ok(bytes::empty().into_obj());
        }
        check_step(indices)?;
        let data = b.read_at(
            indices.start as c_int,
            (indices.stop - indices.start) as usize,
        )?;
        let picked: Vec<u8> = data.into_iter().step_by(indices.step as usize).collect();
        return Ok(bytes::new(&picked).into_obj());
    }
    raise!(TypeError, "Blob indices must be integers")
}

fn assign(b: &Blob, key: &Obj, value: Option<&Obj>) -> Result<()> {
    b.check()?;
    if number::is_index(key) {
        let Some(value) = value else {
            return raise!(TypeError, "Blob doesn't support item deletion");
        };
        let Some(n) = value.downcast::<PyLongObject>() else {
            return raise!(
                TypeError,
                "'{}' object cannot be interpreted as an integer",
                value.tp_name()
            );
        };
        let i = b.index(key)?;
        return match n.to_i64().map(u8::try_from) {
            Some(Ok(byte)) => b.write_at(i, &[byte]),
            _ => raise!(ValueError, "byte must be in range(0, 256)"),
        };
    }
    if !key.is::<PySliceObject>() {
        return raise!(TypeError, "Blob indices must be integers");
    }
    let Some(value) = value else {
        return raise!(TypeError, "Blob doesn't support slice deletion");
    };
    // SAFETY: just checked.
    let indices = slice::unpack(unsafe { key.cast() }, b.size() as usize)?;
    if indices.len == 0 {
        return Ok(());
    }
    check_step(indices)?;
    let data = bytes_of(value)?;
    if data.bytes().len() != indices.len {
        return raise!(IndexError, "Blob slice assignment is wrong size");
    }
    let start = indices.start as c_int;
    let mut all = b.read_at(start, (indices.stop - indices.start) as usize)?;
    let places = all.iter_mut().step_by(indices.step as usize);
    for (place, byte) in places.zip(data.bytes()) {
        *place = *byte;
    }
    b.write_at(start, &all)
}
