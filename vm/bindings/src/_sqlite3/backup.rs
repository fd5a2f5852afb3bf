//! Copies of whole databases: to another connection, to bytes and from them.

use core::ffi::{CStr, c_int, c_uint};
use core::{ptr, slice};

use libsqlite3_sys as ffi;

use super::c_text;
use super::connection::{CONNECTION, Connection};
use super::errors::{self, OPERATIONAL};
use crate::codec::{bytes_of, type_in_message};
use modules::prelude::*;
use vm::threads;
use vm::types::bytes;

/// The name of a database within a connection.
fn schema(function: &str, name: Option<&Obj>) -> Result<std::ffi::CString> {
    match name {
        Some(name) => c_text(function, "name", name),
        None => Ok(c"main".to_owned()),
    }
}

/// `backup(target, *, pages=-1, progress=None, name='main', sleep=0.25)`.
pub fn backup(
    c: &Connection,
    [target, pages, progress, name, sleep]: [Option<&Obj>; 5],
) -> Result<()> {
    let target = required(target);
    let Some(target) = target.downcast::<Connection>() else {
        return raise!(
            TypeError,
            "backup() argument 'target' must be {}, not {}",
            type_name(&CONNECTION),
            type_in_message(target)
        );
    };
    let pages = pages.map_or(Ok(-1), args::to_i32)?;
    let name = schema("backup", name)?;
    let sleep = (sleep.map_or(Ok(0.25), args::to_f64)? * 1000.0) as c_int;
    c.check()?;
    target.check()?;
    if ptr::eq(c, target) {
        return raise!(ValueError, "target cannot be the same connection instance");
    }
    let progress = progress.filter(|o| !o.is_none());
    if progress.is_some_and(|o| !proto::is_callable(o)) {
        return raise!(TypeError, "progress argument must be a callable");
    }
    let pages = if pages == 0 { -1 } else { pages };
    let to = target.db.get();
    let from = c.db.get();
    // SAFETY: two open databases and valid names.
    let raw = threads::allow(|| unsafe {
        ffi::sqlite3_backup_init(to, c"main".as_ptr(), from, name.as_ptr())
    });
    if raw.is_null() {
        return Err(target.error());
    }
    let copied = copy(raw, pages, sleep, progress);
    // SAFETY: begun, and not used again.
    let code = threads::allow(|| unsafe { ffi::sqlite3_backup_finish(raw) });
    let last = copied?;
    match (code, last) {
        (ffi::SQLITE_OK, ffi::SQLITE_DONE | ffi::SQLITE_OK) => Ok(()),
        (ffi::SQLITE_OK, last) => Err(errors::raise_code(last, last, &words(last))),
        (ffi::SQLITE_NOMEM, _) => Err(err::no_memory()),
        // SAFETY: an open database.
        _ => Err(unsafe { errors::of_database(to) }),
    }
}

fn words(code: c_int) -> String {
    // SAFETY: takes any number, and answers with a static text.
    let text = unsafe { CStr::from_ptr(ffi::sqlite3_errstr(code)) };
    text.to_string_lossy().into_owned()
}

/// Copies page by page; answers with the last step's code.
fn copy(
    raw: *mut ffi::sqlite3_backup,
    pages: c_int,
    sleep: c_int,
    progress: Option<&Obj>,
) -> Result<c_int> {
    loop {
        // SAFETY: a backup under way.
        let code = threads::allow(|| unsafe { ffi::sqlite3_backup_step(raw, pages) });
        if let Some(progress) = progress {
            // SAFETY: a backup under way.
            let (remaining, all) = unsafe {
                (
                    ffi::sqlite3_backup_remaining(raw),
                    ffi::sqlite3_backup_pagecount(raw),
                )
            };
            let numbers = [code, remaining, all].map(|n| int::from_i64(n.into()).into_obj());
            call::call(progress, &numbers.each_ref().map(|n| &**n))?;
        }
        match code {
            ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => {
                // SAFETY: takes any number.
                threads::allow(|| unsafe { ffi::sqlite3_sleep(sleep) });
            }
            ffi::SQLITE_OK => {}
            code => return Ok(code),
        }
    }
}

/// `serialize(*, name='main')`.
pub fn serialize(c: &Connection, [name]: [Option<&Obj>; 1]) -> Result {
    let name = schema("serialize", name)?;
    c.check()?;
    let db = c.db.get();
    let mut size = 0;
    let shared = ffi::SQLITE_SERIALIZE_NOCOPY as c_uint;
    // SAFETY: an open database, a valid name, and room for the size.
    let (data, copied) = unsafe {
        // A database in memory can be looked at where it is.
        let there = ffi::sqlite3_serialize(db, name.as_ptr(), &mut size, shared);
        match there.is_null() {
            false => (there, false),
            true => {
                let at = &mut size;
                let copy = threads::allow(|| ffi::sqlite3_serialize(db, name.as_ptr(), at, 0));
                (copy, true)
            }
        }
    };
    if data.is_null() {
        return Err(OPERATIONAL.raise(format_args!(
            "unable to serialize '{}'",
            name.to_string_lossy()
        )));
    }
    // SAFETY: as many bytes as the library says.
    let out = bytes::try_new(unsafe { slice::from_raw_parts(data, size as usize) });
    if copied {
        // SAFETY: the library's copy, which is ours to give up.
        unsafe { ffi::sqlite3_free(data.cast()) };
    }
    Ok(out?.into_obj())
}

/// `deserialize(data, /, *, name='main')`.
pub fn deserialize(c: &Connection, [data, name]: [Option<&Obj>; 2]) -> Result<()> {
    let data = match str_::of(required(data)) {
        Some(text) => {
            use vm::types::str_::StrExt as _;
            text.as_str()?.as_bytes().to_vec()
        }
        None => bytes_of(required(data))?.to_vec(),
    };
    let name = schema("deserialize", name)?;
    c.check()?;
    let db = c.db.get();
    let size = data.len() as i64;
    let flags =
        (ffi::SQLITE_DESERIALIZE_FREEONCLOSE | ffi::SQLITE_DESERIALIZE_RESIZEABLE) as c_uint;
    // SAFETY: room of the library's own, filled and given to it.
    let code = unsafe {
        let room = ffi::sqlite3_malloc64(data.len() as u64).cast::<u8>();
        if room.is_null() {
            return Err(err::no_memory());
        }
        ptr::copy_nonoverlapping(data.as_ptr(), room, data.len());
        threads::allow(|| ffi::sqlite3_deserialize(db, name.as_ptr(), room, size, size, flags))
    };
    c.answer(code)
}
