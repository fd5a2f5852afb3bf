//! `_pickle`: the pickler and the unpickler, and `PickleBuffer`.
//!
//! The pickler writes to a buffer of its own, in frames, and hands that to the file's `write`; the unpickler reads from the
//! bytes that it was given or that the file answered with. No borrow of what either keeps in Rust is held while Python
//! code runs.

mod buffer;
mod errors;
mod find;
mod load;
mod load_objects;
mod memo;
mod memo_proxy;
mod opcodes;
mod output;
mod own_hook;
mod pickler;
mod reader;
mod save;
mod save_containers;
mod save_global;
mod save_reduce;
mod unpickler;

use crate::imported::imported;
use crate::prelude::*;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_pickle",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    keywords!(
        "dump",
        pickler::dump_to_file,
        "($module, /, obj, file, protocol=None, *, fix_imports=True,\n     buffer_callback=None)"
    ),
    keywords!(
        "dumps",
        pickler::dumps,
        "($module, /, obj, protocol=None, *, fix_imports=True,\n      buffer_callback=None)"
    ),
    keywords!(
        "load",
        unpickler::load_from_file,
        "($module, /, file, *, fix_imports=True, encoding='ASCII',\n     errors='strict', buffers=())"
    ),
    keywords!(
        "loads",
        unpickler::loads,
        "($module, data, /, *, fix_imports=True, encoding='ASCII',\n      errors='strict', buffers=())"
    ),
];

imported! {
    DISPATCH_TABLE = "copyreg" "dispatch_table";
    EXTENSION_REGISTRY = "copyreg" "_extension_registry";
    INVERTED_REGISTRY = "copyreg" "_inverted_registry";
    EXTENSION_CACHE = "copyreg" "_extension_cache";
    NAME_MAPPING = "_compat_pickle" "NAME_MAPPING";
    IMPORT_MAPPING = "_compat_pickle" "IMPORT_MAPPING";
    REVERSE_NAME_MAPPING = "_compat_pickle" "REVERSE_NAME_MAPPING";
    REVERSE_IMPORT_MAPPING = "_compat_pickle" "REVERSE_IMPORT_MAPPING";
    PARTIAL = "functools" "partial";
    CODECS_ENCODE = "codecs" "encode";
    ESCAPE_DECODE = "_codecs" "escape_decode";
    GETATTR = "builtins" "getattr";
}

/// The highest protocol.
pub const HIGHEST_PROTOCOL: u8 = 5;
/// The protocol of pickles that ask for none.
pub const DEFAULT_PROTOCOL: u8 = 5;

fn exec(m: &Obj) -> Result<()> {
    errors::add(m)?;
    declare((
        &memo_proxy::PICKLER_MEMO,
        c"_pickle.PicklerMemoProxy",
        memo_proxy::define_pickler,
    ))?;
    declare((
        &memo_proxy::UNPICKLER_MEMO,
        c"_pickle.UnpicklerMemoProxy",
        memo_proxy::define_unpickler,
    ))?;
    add_types(
        m,
        &[
            (&PyPickleBuffer_Type, c"pickle.PickleBuffer", buffer::define),
            (&pickler::PICKLER, c"_pickle.Pickler", pickler::define),
            (
                &unpickler::UNPICKLER,
                c"_pickle.Unpickler",
                unpickler::define,
            ),
        ],
    )
}
