//! What allocation and collection cost under the conservative manager.

#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "the toy runtime's objects"
)]

#[path = "../tests/toy/mod.rs"]
mod toy;

use core::hint::black_box;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use gc::{Kind, Reason};
use toy::{NODE, Node, list, node};

const BATCH: usize = 1000;

fn allocation(c: &mut Criterion) {
    toy::start("conservative");
    let mut group = c.benchmark_group("allocate");
    group.throughput(Throughput::Elements(BATCH as u64));
    let tp = (&raw const NODE).cast_mut();
    group.bench_function("unfilled 32 bytes", |b| {
        b.iter(|| {
            for _ in 0..BATCH {
                black_box(gc::allocate_unfilled(24, Kind::Plain, tp));
            }
        })
    });
    for size in [32, 64, 256, 2048] {
        group.bench_function(format!("zeroed {size} bytes"), |b| {
            b.iter(|| {
                for _ in 0..BATCH {
                    let object = gc::allocate_object(black_box(size), 0, Kind::Plain);
                    unsafe { (*object).ob_type.set(tp) };
                    black_box(object);
                }
            })
        });
    }
    group.bench_function("buffer and free", |b| {
        b.iter(|| {
            for _ in 0..BATCH {
                let buffer = black_box(gc::allocate_buffer(black_box(88)));
                unsafe { gc::free_buffer(buffer) };
            }
        })
    });
    group.finish();
}

/// A binary tree; returns its root.
fn tree(depth: usize) -> &'static Node {
    let root = node(&NODE, depth);
    if depth > 0 {
        root.set(0, tree(depth - 1).object());
        root.set(1, tree(depth - 1).object());
    }
    root
}

fn collection(c: &mut Criterion) {
    toy::start("conservative");
    let mut group = c.benchmark_group("collect");
    group.sample_size(20);
    group.bench_function("nothing", |b| {
        b.iter(|| gc::collect(2, Reason::Manual, gc::NativeStack::Whole))
    });
    group.bench_function("100,000 dead nodes", |b| {
        b.iter_batched(
            || {
                (0..100_000).for_each(|number| {
                    black_box(node(&NODE, number));
                })
            },
            |()| gc::collect(2, Reason::Manual, gc::NativeStack::Whole),
            BatchSize::PerIteration,
        )
    });
    for depth in [16, 19] {
        let kept = black_box(list(&[tree(depth).object()]));
        group.throughput(Throughput::Elements(2 << depth));
        group.bench_function(format!("a tree of depth {depth}"), |b| {
            b.iter(|| gc::collect(2, Reason::Manual, gc::NativeStack::Whole))
        });
        black_box(kept.items());
    }
    group.finish();
}

criterion_group!(benches, allocation, collection);
criterion_main!(benches);
