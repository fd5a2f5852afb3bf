//! `posix`: the system calls behind `os`.
//!
//! Each file is one subject with its rows of the module's table. What may block is called without the global lock and
//! again after a signal (`call`); arguments are converted in the order and with the messages of CPython (`convert`,
//! `path`).

pub mod call;
mod constants;
pub mod convert;
mod dirs;
mod environ;
mod events;
pub mod files;
mod ids;
mod names;
pub mod path;
pub mod process;
mod scandir;
mod sched;
mod spawn;
pub mod stat;
mod system;
mod terminal;
mod tree;
mod xattr;

use layout::*;

use vm::err::Result;
use vm::method::*;
use vm::object::*;
use vm::types::{cfunction, list, module, str_};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "posix",
    methods: &[],
    exec,
};

static TABLES: &[&[PyMethodDef]] = &[
    names::METHODS,
    stat::METHODS,
    files::METHODS,
    dirs::METHODS,
    scandir::METHODS,
    tree::METHODS,
    environ::METHODS,
    ids::METHODS,
    system::METHODS,
    process::METHODS,
    spawn::METHODS,
    sched::METHODS,
    terminal::METHODS,
    xattr::METHODS,
    events::METHODS,
];

/// What `os` asks to know which functions take descriptors and folders.
static HAVE: &[&str] = &[
    "EVENTFD",
    "TIMERFD_CREATE",
    "FACCESSAT",
    "FCHDIR",
    "FCHMOD",
    "FCHMODAT",
    "FCHOWN",
    "FCHOWNAT",
    "FEXECVE",
    "FDOPENDIR",
    "FPATHCONF",
    "FSTATAT",
    "FSTATVFS",
    "FTRUNCATE",
    "FUTIMENS",
    "FUTIMES",
    "FUTIMESAT",
    "LINKAT",
    "LCHOWN",
    "LSTAT",
    "LUTIMES",
    "MEMFD_CREATE",
    "MKDIRAT",
    "MKFIFOAT",
    "MKNODAT",
    "OPENAT",
    "READLINKAT",
    "RENAMEAT",
    "SYMLINKAT",
    "UNLINKAT",
    "UTIMENSAT",
    "PTSNAME_R",
];

fn exec(m: &Obj) -> Result<()> {
    let name = str_::intern_str("posix");
    for table in TABLES {
        cfunction::add_functions(m, table, name)?;
    }
    constants::add(m)?;
    environ::add(m)?;
    stat::add(m)?;
    files::add(m)?;
    scandir::add(m)?;
    system::add(m)?;
    process::add(m)?;
    sched::add(m)?;
    module::add(m, "error", vm::err::exc::OSError.as_obj())?;
    let have = HAVE
        .iter()
        .map(|name| str_::new(&format!("HAVE_{name}")).into_obj())
        .collect();
    module::add(m, "_have_functions", list::from_vec(have).as_obj())
}
