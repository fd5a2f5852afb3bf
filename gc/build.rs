//! Compiles the shim that asks mimalloc for block bounds, against the headers of the mimalloc that is linked.

fn main() {
    let include =
        std::env::var("DEP_MIMALLOC_INCLUDE_DIR").expect("libmimalloc-sys names its headers");
    println!("cargo:rerun-if-changed=src/native/blocks.c");
    cc::Build::new()
        .file("src/native/blocks.c")
        .include(include)
        .define("NDEBUG", None)
        .define("MI_DEBUG", "0")
        .flag_if_supported("-ftls-model=initial-exec")
        .compile("tandem_native_blocks");
}
