//! How the executable is linked.

fn main() {
    // Extension modules find the C API in it.
    println!("cargo:rustc-link-arg-bins=-Wl,--export-dynamic");
    // At a fixed address, tables of pointers are right as they lie in the file: nothing is relocated at start-up, and of
    // the megabytes of tables only the pages that are read take memory.
    println!("cargo:rustc-link-arg-bins=-no-pie");
    println!("cargo:rerun-if-changed=build.rs");
}
