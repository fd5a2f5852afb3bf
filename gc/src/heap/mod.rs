//! The heap that every manager shares.
//!
//! `pages` reserves the range and its side tables, `runs` hands out pages, `spans` cuts them into cells and answers which
//! cell an address lies in, `classes` says which cell sizes exist, `lists` keeps the free cells of each, `alloc` is the
//! allocation path, `sweep` frees whatever is not marked, `buffers` and `objects` are the operations on what was allocated.
//! The heap frees what it is told to free, and never decides.

pub(crate) mod alloc;
pub(crate) mod bits;
pub(crate) mod buffers;
pub(crate) mod classes;
pub(crate) mod lists;
pub(crate) mod objects;
pub(crate) mod pages;
pub(crate) mod runs;
pub(crate) mod spans;
pub(crate) mod sweep;

pub use alloc::{
    InlineAllocation, allocate_buffer, allocate_object, allocate_unfilled, birth_refcnt,
    inline_allocation,
};
pub use buffers::{buffer_capacity, free_buffer, realloc_buffer};
pub(crate) use objects::for_each_typed;
pub use objects::{
    any_object, find_object, for_each_object, for_each_tracked, is_finalized, is_object,
    is_tracked, note_weakref, object_size, set_finalized, track, track_new, untrack,
};
pub use pages::Kind;
pub use sweep::{Usage, usage};
