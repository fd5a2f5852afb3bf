//! Unpacks the database of docstrings, so that looking one up reads no more than its own pages of the binary.

use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let text = xz::decode_all(rustpython_doc::BLOB).expect("the database unpacks");
    let text = String::from_utf8(text).expect("docstrings are UTF-8");
    let folder = env::var_os("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&folder).join("docs.txt"), text).expect("the folder takes a file");
}
