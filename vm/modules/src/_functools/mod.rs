//! `_functools`: the native half of `functools`.

mod cmp_to_key;
mod lru_cache;
mod lru_list;
mod partial;
mod partial_call;
mod placeholder;
mod reduce;

use crate::prelude::*;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_functools",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    keywords!(
        "reduce",
        reduce::reduce,
        "($module, function, iterable, /, initial=<unrepresentable>)"
    ),
    keywords!("cmp_to_key", cmp_to_key::cmp_to_key, "($module, /, mycmp)"),
];

fn exec(m: &Obj) -> Result<()> {
    declare((
        &cmp_to_key::KEY,
        c"functools.KeyWrapper",
        cmp_to_key::define,
    ))?;
    declare((
        &lru_list::LINK,
        c"functools._lru_list_elem",
        lru_list::define,
    ))?;
    add_types(
        m,
        &[
            (
                &placeholder::PLACEHOLDER_TYPE,
                c"functools._PlaceholderType",
                placeholder::define,
            ),
            (&partial::PARTIAL, c"functools.partial", partial::define),
            (
                &lru_cache::LRU_CACHE,
                c"functools._lru_cache_wrapper",
                lru_cache::define,
            ),
        ],
    )?;
    module::add(m, "Placeholder", placeholder::placeholder())
}
