//! Compiles the variadic functions, which Rust cannot define.

fn main() {
    println!("cargo:rerun-if-changed=src/varargs.c");
    cc::Build::new()
        .file("src/varargs.c")
        .warnings(true)
        .compile("tandem_varargs");
}
