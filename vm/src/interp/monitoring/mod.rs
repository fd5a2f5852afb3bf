//! Monitoring: what tools (`sys.monitoring`, and on top of it `sys.settrace` and `sys.setprofile`) see of running code.
//!
//! An instruction that a tool wants to hear of is replaced in the code by one marker; a table of the code keeps the
//! original and the tools. So code that nobody watches pays nothing, and a location that its tools have disabled is put
//! back. Invariant: a code object whose instrumentation version is the thread's has exactly the markers that the tools'
//! present events ask for; function entry checks the version.

pub mod event;
pub mod execute;
pub mod fire;
pub mod legacy;
pub mod lines;
pub mod module;
pub mod sites;
pub mod tools;

pub use execute::{Then, instrumented};
pub use fire::{handled, raised, reraised, thrown, unwound};
pub use sites::{forget, instrument, original_opcode};
