//! What the command line says of the compiler.

use std::sync::OnceLock;

#[derive(Clone, Debug)]
pub struct Options {
    /// How often code is entered, or its loops turn, before it is compiled.
    pub threshold: u32,
    /// Print what was compiled when the program ends.
    pub stats: bool,
    /// Print the machine code of functions of this name.
    pub dump: Option<String>,
    /// Write a map for `perf`.
    pub perf: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            threshold: 100,
            stats: false,
            dump: None,
            perf: false,
        }
    }
}

static OPTIONS: OnceLock<Options> = OnceLock::new();

/// Sets the options, once, before the runtime starts.
pub fn configure(options: Options) {
    let _ = OPTIONS.set(options);
}

pub fn options() -> &'static Options {
    OPTIONS.get_or_init(Options::default)
}
