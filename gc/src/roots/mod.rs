//! Where roots lie: thread stacks and registers, thread-local storage, data segments.
//!
//! This folder knows ranges of memory; what to do with the words in them is the collector's business.

pub mod segments;
pub mod stale;
pub mod threads;
pub mod tls;
