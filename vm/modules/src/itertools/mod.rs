//! `itertools`: lazy iterators. One file for each type.
//!
//! An iterator whose source has ended lets go of it where CPython does, and stays at its end.

mod accumulate;
mod batched;
mod chain;
mod combinations;
mod compress;
mod count;
mod cycle;
mod filter;
mod groupby;
mod indices;
mod islice;
mod pairwise;
mod permutations;
mod product;
mod repeat;
mod replacement;
mod starmap;
mod tee;
mod zip_longest;

use crate::prelude::*;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "itertools",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[fastcall!("tee", tee::tee, "($module, iterable, n=2, /)")];

static TYPES: &[TypeRow] = &[
    (
        &accumulate::ACCUMULATE,
        c"itertools.accumulate",
        accumulate::define,
    ),
    (&batched::BATCHED, c"itertools.batched", batched::define),
    (&chain::CHAIN, c"itertools.chain", chain::define),
    (
        &combinations::COMBINATIONS,
        c"itertools.combinations",
        combinations::define,
    ),
    (&compress::COMPRESS, c"itertools.compress", compress::define),
    (&count::COUNT, c"itertools.count", count::define),
    (&cycle::CYCLE, c"itertools.cycle", cycle::define),
    (
        &filter::DROPWHILE,
        c"itertools.dropwhile",
        filter::define_dropwhile,
    ),
    (
        &filter::FILTERFALSE,
        c"itertools.filterfalse",
        filter::define_filterfalse,
    ),
    (
        &filter::TAKEWHILE,
        c"itertools.takewhile",
        filter::define_takewhile,
    ),
    (&groupby::GROUPBY, c"itertools.groupby", groupby::define),
    (
        &groupby::GROUPER,
        c"itertools._grouper",
        groupby::define_grouper,
    ),
    (&islice::ISLICE, c"itertools.islice", islice::define),
    (&pairwise::PAIRWISE, c"itertools.pairwise", pairwise::define),
    (
        &permutations::PERMUTATIONS,
        c"itertools.permutations",
        permutations::define,
    ),
    (&product::PRODUCT, c"itertools.product", product::define),
    (&repeat::REPEAT, c"itertools.repeat", repeat::define),
    (
        &replacement::WITH_REPLACEMENT,
        c"itertools.combinations_with_replacement",
        replacement::define,
    ),
    (&starmap::STARMAP, c"itertools.starmap", starmap::define),
    (&tee::TEE, c"itertools._tee", tee::define),
    (&tee::DATA, c"itertools._tee_dataobject", tee::define_data),
    (
        &zip_longest::ZIP_LONGEST,
        c"itertools.zip_longest",
        zip_longest::define,
    ),
];

fn exec(m: &Obj) -> Result<()> {
    add_types(m, TYPES)
}

/// What all these types share: traversal of `$slot`s, deallocation, being their own iterators.
macro_rules! iterator {
    ($b:expr, $layout:ident, [$($slot:ident),*], $next:expr) => {
        $b.basicsize::<$layout>()
            .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE)
            .dealloc_drop::<$layout>()
            .tp_traverse(|it: &$layout, v: &mut Visitor| {
                $(v.slot(&it.$slot)?;)*
                Ok(())
            })
            .generic_attributes()
            .iter_self()
            .tp_iternext($next)
    };
}
use iterator;
