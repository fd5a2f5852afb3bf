//! `_stat`: what the bits of a file's mode mean.

use layout::*;

use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::types::{int, module};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_stat",
    methods: METHODS,
    exec,
};

const FORMAT: u32 = 0o170_000;

/// A function that tells one kind of file; 0 is a kind that this system does not have.
macro_rules! is_kind {
    ($name:literal, $kind:expr) => {
        o!(
            $name,
            |_: &Obj, mode: &Obj| Ok(to_mode(mode)? & FORMAT == $kind && $kind != 0),
            "($self, object, /)"
        )
    };
}

static METHODS: &[PyMethodDef] = &[
    is_kind!("S_ISDIR", 0o040_000),
    is_kind!("S_ISCHR", 0o020_000),
    is_kind!("S_ISBLK", 0o060_000),
    is_kind!("S_ISREG", 0o100_000),
    is_kind!("S_ISFIFO", 0o010_000),
    is_kind!("S_ISLNK", 0o120_000),
    is_kind!("S_ISSOCK", 0o140_000),
    is_kind!("S_ISDOOR", 0),
    is_kind!("S_ISPORT", 0),
    is_kind!("S_ISWHT", 0),
    o!(
        "S_IMODE",
        |_: &Obj, mode: &Obj| Ok(to_mode(mode)? & 0o7777),
        "($self, object, /)"
    ),
    o!(
        "S_IFMT",
        |_: &Obj, mode: &Obj| Ok(to_mode(mode)? & FORMAT),
        "($self, object, /)"
    ),
    o!("filemode", filemode, "($self, object, /)"),
];

fn exec(m: &Obj) -> Result<()> {
    module::add_ints(m, CONSTANTS)
}

fn to_mode(o: &Obj) -> Result<u32> {
    let Some(n) = o.downcast::<PyLongObject>() else {
        return raise!(
            TypeError,
            "'{}' object cannot be interpreted as an integer",
            o.tp_name()
        );
    };
    let Some(n) = int::to_u64(n) else {
        if int::IntExt::is_negative(n) {
            return raise!(
                OverflowError,
                "can't convert negative value to unsigned int"
            );
        }
        return raise!(
            OverflowError,
            "Python int too large to convert to C unsigned long"
        );
    };
    match u32::try_from(n) {
        Ok(n) => Ok(n),
        Err(_) => raise!(OverflowError, "mode out of range"),
    }
}

/// A mode as `ls -l` shows it.
fn filemode(_: &Obj, mode: &Obj) -> Result<String> {
    let mode = to_mode(mode)?;
    let kind = match mode & FORMAT {
        0o100_000 => '-',
        0o040_000 => 'd',
        0o120_000 => 'l',
        0o060_000 => 'b',
        0o020_000 => 'c',
        0o010_000 => 'p',
        0o140_000 => 's',
        _ => '?',
    };
    let mut out = String::from(kind);
    let execute = [(0o4000, 's', 'S'), (0o2000, 's', 'S'), (0o1000, 't', 'T')];
    for (i, (special, with, without)) in execute.into_iter().enumerate() {
        let bits = mode >> (6 - 3 * i);
        out.push(if bits & 4 != 0 { 'r' } else { '-' });
        out.push(if bits & 2 != 0 { 'w' } else { '-' });
        out.push(match (mode & special != 0, bits & 1 != 0) {
            (true, true) => with,
            (true, false) => without,
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    Ok(out)
}

static CONSTANTS: &[(&str, i64)] = &[
    ("S_IFDIR", 0o40000),
    ("S_IFCHR", 0o20000),
    ("S_IFBLK", 0o60000),
    ("S_IFREG", 0o100000),
    ("S_IFIFO", 0o10000),
    ("S_IFLNK", 0o120000),
    ("S_IFSOCK", 0o140000),
    ("S_IFDOOR", 0),
    ("S_IFPORT", 0),
    ("S_IFWHT", 0),
    ("S_ISUID", 0o4000),
    ("S_ISGID", 0o2000),
    ("S_ISVTX", 0o1000),
    ("S_ENFMT", 0o2000),
    ("S_IREAD", 0o400),
    ("S_IWRITE", 0o200),
    ("S_IEXEC", 0o100),
    ("S_IRWXU", 0o700),
    ("S_IRUSR", 0o400),
    ("S_IWUSR", 0o200),
    ("S_IXUSR", 0o100),
    ("S_IRWXG", 0o70),
    ("S_IRGRP", 0o40),
    ("S_IWGRP", 0o20),
    ("S_IXGRP", 8),
    ("S_IRWXO", 7),
    ("S_IROTH", 4),
    ("S_IWOTH", 2),
    ("S_IXOTH", 1),
    ("UF_SETTABLE", 0xffff),
    ("UF_NODUMP", 1),
    ("UF_IMMUTABLE", 2),
    ("UF_APPEND", 4),
    ("UF_OPAQUE", 8),
    ("UF_NOUNLINK", 0x10),
    ("UF_COMPRESSED", 0x20),
    ("UF_TRACKED", 0x40),
    ("UF_DATAVAULT", 0x80),
    ("UF_HIDDEN", 0x8000),
    ("SF_SETTABLE", 0xffff0000),
    ("SF_ARCHIVED", 0x10000),
    ("SF_IMMUTABLE", 0x20000),
    ("SF_APPEND", 0x40000),
    ("SF_NOUNLINK", 0x100000),
    ("SF_SNAPSHOT", 0x200000),
    ("SF_FIRMLINK", 0x800000),
    ("SF_DATALESS", 0x40000000),
    ("ST_MODE", 0),
    ("ST_INO", 1),
    ("ST_DEV", 2),
    ("ST_NLINK", 3),
    ("ST_UID", 4),
    ("ST_GID", 5),
    ("ST_SIZE", 6),
    ("ST_ATIME", 7),
    ("ST_MTIME", 8),
    ("ST_CTIME", 9),
];
