//! Unmodified packages from PyPI: which there are (`packages.toml`), how they are fetched, and what is tried with each:
//! its import, the smoke program of its name, and its own test suite. Whoever runs them brings the interpreter.

mod catalogue;
mod store;
mod suite;
mod trial;

pub use catalogue::{Catalogue, Package, Tests};
pub use store::Store;
pub use suite::{Outcome, Tested};
pub use trial::{Trial, describe};
