//! Compiles the variadic functions, which Rust cannot define.

fn main() {
    let files = ["src/varargs.c", "src/varargs_more.c"];
    for file in files {
        println!("cargo:rerun-if-changed={file}");
    }
    cc::Build::new()
        .files(files)
        .warnings(true)
        .compile("tandem_varargs");
}
