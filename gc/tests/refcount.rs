//! The `refcount` manager, and the heap under it.

#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "the toy runtime's objects"
)]

mod toy;

use gc::{Collected, Kind, Reason};
use std::collections::HashMap;
use toy::*;

fn with(test: impl FnOnce()) {
    with_gil("refcount", test);
}

fn collect() -> Collected {
    gc::collect(2, Reason::Manual, gc::NativeStack::Whole)
}

#[test]
fn objects_of_all_sizes_are_aligned_zeroed_and_apart() {
    with(|| {
        let mut objects = Vec::new();
        for round in 0..3 {
            for size in (16..600)
                .step_by(24)
                .chain([1000, 5000, 33_000, 70_000, 2_000_000])
            {
                for prefix in [0, 8, 16] {
                    let object = gc::allocate_object(size, prefix, Kind::Plain);
                    let address = object as usize;
                    assert_eq!(address % 16, 0);
                    assert!(gc::object_size(object) >= size);
                    let bytes = unsafe {
                        core::slice::from_raw_parts_mut(
                            (address - prefix) as *mut u8,
                            size + prefix,
                        )
                    };
                    assert!(
                        bytes[..prefix]
                            .iter()
                            .chain(&bytes[prefix + 4..])
                            .all(|&byte| byte == 0)
                    );
                    bytes[..prefix].fill(round + 1);
                    bytes[prefix + 16..].fill(round + 1);
                    objects.push((object, size, prefix, round));
                }
            }
        }
        for (object, size, prefix, round) in objects {
            let address = object as usize;
            for inside in [
                address - prefix,
                address,
                address + size / 2,
                address + size - 1,
            ] {
                assert_eq!(gc::find_object(inside), Some(object));
            }
            assert_eq!(gc::is_object(address), Some(object));
            assert_eq!(gc::is_object(address + 8), None);
            let bytes = unsafe {
                core::slice::from_raw_parts((address - prefix) as *const u8, size + prefix)
            };
            assert!(
                bytes[..prefix]
                    .iter()
                    .chain(&bytes[prefix + 16..])
                    .all(|&byte| byte == round + 1)
            );
            unsafe { gc::free_object(object) };
            assert_eq!(gc::find_object(address), None);
        }
        assert_eq!(gc::find_object(0), None);
        assert_eq!(gc::find_object(usize::MAX), None);
    });
}

#[test]
fn buffers_grow_and_shrink_with_their_content() {
    with(|| {
        let mut buffer = core::ptr::null_mut::<u8>();
        let mut filled = 0;
        for size in [10, 100, 1000, 10_000, 100_000, 1_000_000, 50, 3] {
            buffer = unsafe { gc::realloc_buffer(buffer, size) };
            assert!(gc::buffer_capacity(buffer) >= size);
            let kept = filled.min(size);
            let bytes = unsafe { core::slice::from_raw_parts_mut(buffer, size) };
            assert!(bytes[..kept].iter().all(|&byte| byte == 7));
            assert!(bytes[kept..].iter().all(|&byte| byte == 0));
            bytes.fill(7);
            filled = gc::buffer_capacity(buffer).min(size);
            assert_eq!(gc::find_object(buffer as usize), None);
        }
        unsafe { gc::free_buffer(buffer) };
    });
}

#[test]
fn a_big_buffer_grows_where_it_is_if_it_can() {
    with(|| {
        let mut buffer = gc::allocate_buffer(1 << 20);
        let mut moves = 0;
        for megabytes in 2..100 {
            let grown = unsafe { gc::realloc_buffer(buffer, megabytes << 20) };
            moves += usize::from(grown != buffer);
            buffer = grown;
            let last = unsafe { buffer.add((megabytes << 20) - 1) };
            assert_eq!(unsafe { last.replace(1) }, 0);
        }
        assert!(moves < 3, "{moves}");
        let small = unsafe { gc::realloc_buffer(buffer, 40_000) };
        assert_eq!(small, buffer);
        assert!(gc::buffer_capacity(small) < 60_000);
        let beyond = small as usize + (1 << 20);
        assert_eq!(gc::find_object(beyond), None);
        unsafe { gc::free_buffer(small) };
    });
}

#[test]
fn freed_memory_serves_other_sizes() {
    with(|| {
        for size in [64, 128, 320, 48, 20_000, 64] {
            let buffers: Vec<_> = (0..(40 << 20) / size)
                .map(|_| gc::allocate_buffer(size))
                .collect();
            buffers
                .iter()
                .for_each(|&buffer| unsafe { gc::free_buffer(buffer) });
        }
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let peak = status
            .lines()
            .find(|line| line.starts_with("VmHWM"))
            .unwrap();
        let kilobytes: usize = peak.split_whitespace().nth(1).unwrap().parse().unwrap();
        assert!(kilobytes < 200_000, "{peak}");
    });
}

#[test]
fn a_cycle_dies_and_what_is_held_from_outside_lives() {
    with(|| {
        let kept = node(&NODE, 1);
        let (a, b) = (node(&NODE, 2), node(&NODE, 3));
        a.set(0, b.object());
        b.set(0, a.object());
        b.set(1, kept.object());
        let held = node(&NODE, 4);
        held.set(0, held.object());
        decref(a.object());
        decref(b.object());
        assert_eq!(live_nodes(), [1, 2, 3, 4]);
        assert_eq!(
            collect(),
            Collected {
                collected: 2,
                uncollectable: 0
            }
        );
        assert_eq!(live_nodes(), [1, 4]);
        assert_eq!(kept.header.ob_refcnt.get(), 1);
        held.set(0, core::ptr::null_mut());
        decref(held.object());
        decref(kept.object());
        assert_eq!(live_nodes(), []);
    });
}

#[test]
fn generations_age_and_collect_what_they_hold() {
    with(|| {
        let cycle = |number| {
            let object = node(&NODE, number);
            object.set(0, object.object());
            object
        };
        let a = cycle(1);
        gc::collect(0, Reason::Manual, gc::NativeStack::Whole);
        let b = cycle(2);
        gc::collect(1, Reason::Manual, gc::NativeStack::Whole);
        let count = |generation| {
            let mut count = 0;
            gc::for_each_tracked(Some(generation), |_| count += 1);
            count
        };
        assert_eq!((count(0), count(1), count(2)), (0, 0, 2));
        let c = cycle(3);
        [a, b, c].iter().for_each(|object| decref(object.object()));
        assert_eq!(
            gc::collect(0, Reason::Manual, gc::NativeStack::Whole).collected,
            1
        );
        assert_eq!(
            gc::collect(1, Reason::Manual, gc::NativeStack::Whole).collected,
            0
        );
        assert_eq!(live_nodes(), [1, 2]);
        assert_eq!(collect().collected, 2);
    });
}

#[test]
fn thresholds_ask_for_a_collection_at_the_next_boundary() {
    with(|| {
        collect();
        requests();
        gc::set_threshold([Some(50), Some(10), Some(10)]);
        for _ in 0..60 {
            let object = node(&NODE, 9);
            object.set(0, object.object());
            decref(object.object());
        }
        assert_eq!(requests(), 1);
        assert_eq!(live_nodes().len(), 60);
        gc::collect_pending(gc::NativeStack::Whole);
        assert_eq!(live_nodes().len(), 0);
        assert_eq!(gc::get_count()[..2], [0, 1]);
        gc::disable();
        (0..60).for_each(|_| decref(node(&NODE, 9).object()));
        gc::enable();
        assert_eq!(requests(), 0);
        gc::set_threshold([Some(2000), None, None]);
    });
}

#[test]
fn weakrefs_of_a_cycle_are_cleared_before_its_finalizers() {
    with(|| {
        let (a, b) = (node(&MORTAL, 1), node(&MORTAL, 2));
        a.set(0, b.object());
        b.set(0, a.object());
        weakref(a.object(), 11);
        decref(a.object());
        decref(b.object());
        assert_eq!(collect().collected, 2);
        assert_eq!(take_log(), ["callback 11", "del 1", "del 2"]);
    });
}

#[test]
fn finalizers_run_once_and_may_resurrect() {
    with(|| {
        let (a, b) = (node(&MORTAL, 1), node(&NODE, 2));
        a.set(0, b.object());
        b.set(0, a.object());
        decref(a.object());
        decref(b.object());
        resurrect(1);
        assert_eq!(collect().collected, 0);
        assert_eq!(live_nodes(), [1, 2]);
        decref(take_resurrected());
        assert_eq!(collect().collected, 2);
        assert_eq!(take_log(), ["del 1"]);
        assert_eq!(live_nodes(), []);
    });
}

#[test]
fn legacy_finalizers_make_a_cycle_uncollectable() {
    with(|| {
        let (a, b) = (node(&LEGACY, 1), node(&NODE, 2));
        a.set(0, b.object());
        b.set(0, a.object());
        decref(b.object());
        let a = a.object();
        decref(a);
        assert_eq!(
            collect(),
            Collected {
                collected: 0,
                uncollectable: 2
            }
        );
        assert_eq!(garbage(), [1]);
        as_node(a).set(0, core::ptr::null_mut());
        assert_eq!(live_nodes(), []);
    });
}

#[test]
fn the_permanent_generation_is_left_alone() {
    with(|| {
        let a = node(&NODE, 1);
        a.set(0, a.object());
        gc::freeze();
        assert_eq!(gc::get_freeze_count(), 1);
        decref(a.object());
        assert_eq!(collect().collected, 0);
        gc::unfreeze();
        assert_eq!(gc::get_freeze_count(), 0);
        assert_eq!(collect().collected, 1);
    });
}

#[test]
fn lists_keep_their_items_and_die_with_them() {
    with(|| {
        let items: Vec<_> = (1..=1000)
            .map(|number| node(&NODE, number).object())
            .collect();
        let list = list(&items);
        as_node(items[0]).set(0, list.object());
        items.iter().for_each(|&item| decref(item));
        collect();
        assert_eq!(live_nodes().len(), 1000);
        decref(list.object());
        assert_eq!(collect().collected, 1001);
        assert_eq!(live_nodes(), []);
    });
}

#[test]
fn random_graphs_lose_exactly_what_is_unreachable() {
    with(|| {
        let mut random = Random(0x9E37_79B9);
        let mut roots = [core::ptr::null_mut(); 16];
        let mut shadow_roots = [0; 16];
        let mut shadow: HashMap<usize, [usize; FIELDS]> = HashMap::new();
        for step in 1..20_000 {
            let at = random.below(16);
            match random.below(8) {
                0..=2 => {
                    let new = node(if random.below(3) == 0 { &MORTAL } else { &NODE }, step);
                    decref(core::mem::replace(&mut roots[at], new.object()));
                    shadow_roots[at] = step;
                    shadow.insert(step, [0; FIELDS]);
                }
                3..=5 => {
                    let (from, field) = (random.below(16), random.below(FIELDS));
                    if shadow_roots[from] != 0 {
                        as_node(roots[from]).set(field, roots[at]);
                        shadow.get_mut(&shadow_roots[from]).unwrap()[field] = shadow_roots[at];
                    }
                }
                6 if shadow_roots[at] != 0 => {
                    let field = random.below(FIELDS);
                    let target = as_node(roots[at]).fields[field].get();
                    decref(core::mem::replace(&mut roots[at], incref(target)));
                    shadow_roots[at] = shadow[&shadow_roots[at]][field];
                }
                _ => {
                    gc::collect(random.below(3), Reason::Manual, gc::NativeStack::Whole);
                }
            }
            if step % 500 == 0 {
                collect();
                let alive = reachable(&shadow_roots, &shadow);
                assert_eq!(live_nodes(), alive);
                shadow.retain(|number, _| alive.binary_search(number).is_ok());
            }
        }
        roots.iter().for_each(|&root| decref(root));
        collect();
        assert_eq!(live_nodes(), []);
    });
}
