//! What allocation, freeing and the collection of cycles cost where references are counted.

#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "the toy runtime's objects"
)]

#[path = "../tests/toy/mod.rs"]
mod toy;

use core::hint::black_box;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use gc::{Kind, Reason};
use toy::{NODE, decref, node};

const BATCH: usize = 1000;

fn allocation(c: &mut Criterion) {
    toy::start("refcount");
    let tp = (&raw const NODE).cast_mut();
    let mut group = c.benchmark_group("allocate and free");
    group.throughput(Throughput::Elements(BATCH as u64));
    group.bench_function("one at a time", |b| {
        b.iter(|| {
            for _ in 0..BATCH {
                let object = black_box(gc::allocate_unfilled(24, Kind::Plain, tp));
                unsafe { gc::free_object(object) };
            }
        })
    });
    group.bench_function("tracked", |b| {
        b.iter(|| {
            for _ in 0..BATCH {
                let object = black_box(gc::allocate_unfilled(56, Kind::Plain, tp));
                gc::track_new(object);
                gc::untrack(object);
                unsafe { gc::free_object(object) };
            }
        })
    });
    group.bench_function("all, then all", |b| {
        let mut objects = Vec::with_capacity(BATCH);
        b.iter(|| {
            objects.extend((0..BATCH).map(|_| gc::allocate_unfilled(24, Kind::Plain, tp)));
            objects
                .drain(..)
                .for_each(|object| unsafe { gc::free_object(object) });
        })
    });
    group.finish();
}

/// So many pairs of nodes that refer to each other, and to nothing else.
fn cycles(pairs: usize) {
    for number in 0..pairs {
        let (a, b) = (node(&NODE, number), node(&NODE, number));
        a.set(0, b.object());
        b.set(0, a.object());
        decref(a.object());
        decref(b.object());
    }
}

fn collection(c: &mut Criterion) {
    toy::start("refcount");
    gc::disable();
    let mut group = c.benchmark_group("collect");
    for (name, generation, pairs) in [("young cycles", 0, 1000), ("old cycles", 2, 100_000)] {
        group.throughput(Throughput::Elements(2 * pairs as u64));
        group.sample_size(20);
        group.bench_function(name, |b| {
            b.iter_batched(
                || cycles(pairs),
                |()| gc::collect(generation, Reason::Manual, gc::NativeStack::Whole),
                BatchSize::PerIteration,
            )
        });
    }
    group.finish();
}

criterion_group!(benches, allocation, collection);
criterion_main!(benches);
