//! How the executable is linked.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

/// What the executable offers to extension modules, and where it takes the place of the C library.
const EXPORTS: &[&str] = &[
    "Py*",
    "PY_*",
    "_Py*",
    "*alloc*",
    "*memalign*",
    "*free*",
    "str*dup",
    "realpath",
    "_Zn*",
    "_Zd*",
];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for pattern in EXPORTS {
        argument(&format!("-Wl,--export-dynamic-symbol={pattern}"));
    }
    // At a fixed address, tables of pointers are right as they lie in the file: nothing is relocated at start-up, and of
    // the megabytes of tables only the pages that are read take memory.
    argument("-no-pie");
    argument(&format!("-Wl,-T,{}", order_startup()));
}

fn argument(argument: &str) {
    println!("cargo:rustc-link-arg-bins={argument}");
}

/// A linker script that puts the functions which run at start-up side by side: the kernel maps a file by 64 KiB at a time.
fn order_startup() -> String {
    const NAMES: &str = "startup.order";
    println!("cargo:rerun-if-changed={NAMES}");
    let names = fs::read_to_string(NAMES).expect("the list of functions is in the package");
    let mut script = "SECTIONS {\n  .text : {\n".to_owned();
    for name in names.lines() {
        writeln!(script, "    *(.text.{name}* .text.unlikely.{name}*)").expect("a string grows");
    }
    script.push_str("    *(.text .text.*)\n  }\n}\nINSERT BEFORE .fini;\n");
    let folder = env::var("OUT_DIR").expect("cargo sets it");
    let path = Path::new(&folder).join("startup.ld");
    fs::write(&path, script).expect("the folder takes a file");
    path.display().to_string()
}
