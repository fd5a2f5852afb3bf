//! The compiler as the interpreter sees it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io::Write;
use std::sync::OnceLock;
use std::time::Instant;

use layout::PyCodeObject;
use vm::interp::Flow;
use vm::interp::compiled::handlers;
use vm::object::str_lossy;
use vm::tier::{Compiled, Tier};

use crate::compiler::compile;
use crate::listing;
use crate::memory::{Block, CodeMemory};
use crate::options::options;
use crate::runtime::{Shared, link};

/// How many guards of a function may fail before it is compiled anew.
const PATIENCE: u32 = 30;

struct Jit {
    memory: CodeMemory,
    shared: Shared,
    /// The versions of each code object, by its address: frames may be inside older ones.
    blocks: RefCell<HashMap<usize, Vec<Block>>>,
    compiled: Cell<usize>,
    refused: Cell<usize>,
    nanoseconds: Cell<u64>,
}

// SAFETY: used under the interpreter's lock only.
unsafe impl Sync for Jit {}
// SAFETY: as above.
unsafe impl Send for Jit {}

static JIT: OnceLock<Jit> = OnceLock::new();

/// Makes the interpreter use the compiler. Call it once the memory manager is chosen, before any code runs.
pub fn install() {
    let counts = gc::facts().counts;
    let handlers = if counts {
        handlers::<gc::RefCount>().map(|f| f as usize)
    } else {
        handlers::<gc::Conservative>().map(|f| f as usize)
    };
    let Some(memory) = CodeMemory::reserve() else {
        return;
    };
    let Some(shared) = link(&memory, handlers, counts) else {
        return;
    };
    let jit = Jit {
        memory,
        shared,
        blocks: RefCell::default(),
        compiled: Cell::new(0),
        refused: Cell::new(0),
        nanoseconds: Cell::new(0),
    };
    if JIT.set(jit).is_ok()
        && let Some(jit) = JIT.get()
    {
        vm::tier::install(jit, options().threshold);
    }
}

/// Prints what was compiled, if that was asked for.
pub fn report() {
    let (Some(jit), true) = (JIT.get(), options().stats) else {
        return;
    };
    eprintln!(
        "jit: compiled {} ({} refused), {} bytes of code, {:.1} ms",
        jit.compiled.get(),
        jit.refused.get(),
        jit.memory.used(),
        jit.nanoseconds.get() as f64 / 1e6
    );
    let mut failures: Vec<_> = vm::opcodes::OPCODES
        .iter()
        .filter_map(|row| Some((vm::tier::failures(u8::try_from(row.number).ok()?), row.name)))
        .filter(|(count, _)| *count > 0)
        .collect();
    failures.sort_unstable();
    for (count, name) in failures.iter().rev().take(10) {
        eprintln!("jit: {count} guards failed at {name}");
    }
}

impl Tier for Jit {
    fn compile(&self, code: &PyCodeObject, attempt: u32) -> Option<Box<Compiled>> {
        let begun = Instant::now();
        let made = self.make(code, attempt + 1 >= vm::tier::ATTEMPTS);
        let spent = begun.elapsed().as_nanos() as u64;
        self.nanoseconds.set(self.nanoseconds.get() + spent);
        let counter = if made.is_some() {
            &self.compiled
        } else {
            &self.refused
        };
        counter.set(counter.get() + 1);
        made
    }

    fn forget(&self, code: &PyCodeObject) {
        let address = core::ptr::from_ref(code) as usize;
        for block in self
            .blocks
            .borrow_mut()
            .remove(&address)
            .unwrap_or_default()
        {
            self.memory.release(block);
        }
    }

    unsafe fn enter(&self, registers: *mut u8, entry: u32) -> Flow {
        let place = self.memory.base() + entry as usize;
        // SAFETY: the shared code's entering routine has this signature.
        let enter: unsafe extern "C" fn(*mut u8, usize) -> Flow =
            unsafe { core::mem::transmute(self.shared.enter) };
        // SAFETY: the caller's.
        unsafe { enter(registers, place) }
    }
}

impl Jit {
    fn make(&self, code: &PyCodeObject, last: bool) -> Option<Box<Compiled>> {
        let output = compile(code, gc::facts().counts, last)?;
        let block = self.memory.place(&output.bytes)?;
        let address = core::ptr::from_ref(code) as usize;
        self.blocks
            .borrow_mut()
            .entry(address)
            .or_default()
            .push(block);
        let place = self.memory.base() + block.offset as usize;
        // SAFETY: a code object's name is a str.
        let name = unsafe { &*code.co_qualname.get().cast::<vm::object::Obj>() };
        let name = str_lossy(name);
        if options().dump.as_deref() == Some(&*name) {
            listing::print(code, &output, place, self.shared.table);
        }
        if options().perf {
            note_for_perf(place, output.bytes.len(), &name);
        }
        Some(Box::new(Compiled {
            start: place + output.entries.first().copied().flatten()?,
            version: code._co_instrumentation_version.get(),
            entries: output
                .entries
                .iter()
                .map(|at| at.map_or(0, |at| block.offset + at as u32))
                .collect(),
            patience: Cell::new(PATIENCE),
        }))
    }
}

/// Adds a function to the map in which `perf` looks up names.
fn note_for_perf(place: usize, len: usize, name: &str) {
    let path = format!("/tmp/perf-{}.map", std::process::id());
    let file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path);
    if let Ok(mut file) = file {
        let _ = writeln!(file, "{place:x} {len:x} py::{name}");
    }
}
