//! The `conservative` manager.
//!
//! What must live is exact. What must die is not: a stale word may keep an object, so these tests make many and allow for a
//! few, and make them in frames that are overwritten afterwards.

#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "the toy runtime's objects"
)]

mod toy;

use core::cell::{Cell, RefCell};
use gc::{Collected, Kind, Reason};
use layout::PyObject;
use std::collections::HashMap;
use std::sync::mpsc;
use toy::*;

const MANY: usize = 1000;
const FEW: usize = 20;

fn with(test: impl FnOnce()) {
    with_gil("conservative", || {
        test();
        in_dead_frames(|| {});
        collect();
        take_log();
    });
}

#[inline(never)]
fn collect() -> Collected {
    gc::collect(2, Reason::Manual, gc::NativeStack::Whole)
}

/// How many of the nodes numbered from `first` on, `MANY` of them, live.
fn survivors(first: usize) -> usize {
    live_nodes()
        .iter()
        .filter(|&&number| (first..first + MANY).contains(&number))
        .count()
}

/// The log's lines about numbers in the thousand from `first` on, relative to it: what other tests left may die at any time.
fn log_of(first: usize) -> Vec<String> {
    let relative = |line: String| {
        let (word, rest) = line.split_once(' ')?;
        let (number, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let number = number.parse::<usize>().ok()?.checked_sub(first)?;
        (number < MANY).then(|| format!("{word} {number} {rest}").trim_end().to_owned())
    };
    take_log().into_iter().filter_map(relative).collect()
}

/// Plays `scene` with numbers from `first` on, several times if need be, until the log is `expected`: a stale word may keep
/// an object in one try, but hardly in all.
fn assert_logged(first: usize, scene: impl Fn(usize), expected: impl Fn(&[String]) -> bool) {
    let mut logs = Vec::new();
    for first in (first..first + 10 * MANY).step_by(MANY) {
        in_dead_frames(|| scene(first));
        collect();
        let log = log_of(first);
        if expected(&log) {
            return;
        }
        logs.push(log);
    }
    panic!("{logs:?}");
}

/// Makes nodes numbered from `first` on, and passes each to `f`.
fn make(first: usize, mut f: impl FnMut(*mut PyObject)) {
    in_dead_frames(|| (first..first + MANY).for_each(|number| f(node(&NODE, number).object())));
}

#[test]
fn objects_are_born_immortal() {
    with(|| {
        let object = node(&NODE, 1);
        assert_eq!(object.header.ob_refcnt.get(), 3 << 30);
        decref(object.object());
        assert_eq!(object.number.get(), 1);
    });
}

#[test]
fn garbage_dies_cyclic_or_not() {
    with(|| {
        make(1_000_000, |object| as_node(object).set(0, object));
        assert_eq!(survivors(1_000_000), MANY);
        let collected = collect();
        assert!(survivors(1_000_000) < FEW);
        assert!(collected.collected > MANY - FEW);
    });
}

#[test]
fn the_stack_and_its_interior_pointers_keep_objects() {
    with(|| {
        let object = core::hint::black_box(node(&NODE, 2_000_000));
        let inside = core::hint::black_box(&raw const node(&NODE, 2_000_001).fields[2]);
        collect();
        assert_eq!(survivors(2_000_000), 2);
        core::hint::black_box((object, inside));
    });
}

#[test]
fn native_memory_keeps_objects_as_deep_as_it_is_nested() {
    with(|| {
        let mut kept: Vec<Box<Vec<*mut PyObject>>> = Vec::new();
        make(3_000_000, |object| {
            kept.push(Box::new(vec![core::ptr::null_mut(), object]))
        });
        collect();
        assert_eq!(survivors(3_000_000), MANY);
        let table: HashMap<usize, *mut PyObject> = kept
            .drain(..)
            .enumerate()
            .map(|(at, held)| (at, held[1]))
            .collect();
        collect();
        assert_eq!(survivors(3_000_000), MANY);
        drop(core::hint::black_box(table));
    });
}

thread_local! {
    static LOCAL: RefCell<Vec<*mut PyObject>> = const { RefCell::new(Vec::new()) };
    static DIRECT: [Cell<usize>; MANY] = const { [const { Cell::new(0) }; MANY] };
}

static STATIC: gc::Gil<RefCell<Vec<*mut PyObject>>> = gc::Gil::new(RefCell::new(Vec::new()));
static BIG: gc::Gil<[Cell<usize>; 20_000]> = gc::Gil::new([const { Cell::new(0) }; 20_000]);

#[test]
fn statics_and_thread_locals_keep_objects() {
    with(|| {
        make(4_000_000, |object| {
            match as_node(object).number.get() % 4 {
                0 => LOCAL.with_borrow_mut(|kept| kept.push(object)),
                1 => STATIC.borrow_mut().push(object),
                2 => BIG[as_node(object).number.get() - 4_000_000].set(object as usize),
                _ => DIRECT.with(|words| {
                    words[as_node(object).number.get() - 4_000_000].set(object as usize);
                }),
            };
        });
        in_dead_frames(|| {
            collect();
        });
        assert_eq!(survivors(4_000_000), MANY);
        LOCAL.with_borrow_mut(Vec::clear);
        DIRECT.with(|words| words.iter().for_each(|word| word.set(0)));
        STATIC.borrow_mut().clear();
        BIG.iter().for_each(|word| word.set(0));
        LOCAL.take();
        STATIC.take();
        in_dead_frames(|| {});
        collect();
        assert!(survivors(4_000_000) < FEW);
    });
}

#[test]
fn lists_keep_items_and_detached_buffers_do_too() {
    with(|| {
        let kept = core::hint::black_box(list(&[]));
        make(5_000_000, |object| kept.append(object));
        collect();
        assert_eq!(survivors(5_000_000), MANY);
        let items = core::hint::black_box(kept.items.replace(core::ptr::null_mut()));
        kept.length.set(0);
        collect();
        assert_eq!(
            survivors(5_000_000),
            MANY,
            "a running sort holds the buffer alone"
        );
        kept.items.set(items);
        collect();
        kept.items.set(core::ptr::null_mut());
        core::hint::black_box(kept);
    });
}

#[test]
fn foreign_objects_are_scanned_whole_and_deallocated() {
    with(|| {
        let mut kept = Vec::new();
        in_dead_frames(|| {
            for number in 6_000_000..6_000_000 + MANY / 2 {
                let body = node(&NODE, number).object();
                let native = node(&NODE, number + MANY / 2).object();
                kept.push(foreign(number, body, native).object());
            }
        });
        collect();
        assert_eq!(survivors(6_000_000), MANY);
        assert_eq!(log_of(6_000_000).len(), 0);
        drop(core::mem::take(&mut kept));
        in_dead_frames(|| {});
        collect();
        assert!(log_of(6_000_000).len() > MANY / 2 - FEW);
        assert!(survivors(6_000_000) < 2 * FEW);
    });
}

#[test]
fn an_extension_may_keep_the_memory_of_the_dead() {
    with(|| {
        hoard(true);
        in_dead_frames(|| {
            for number in 7_000_000..7_000_050 {
                foreign(number, core::ptr::null_mut(), core::ptr::null_mut());
            }
        });
        collect();
        hoard(false);
        assert!(log_of(7_000_000).len() > 50 - FEW);
        let again = take_hoarded();
        collect();
        assert_eq!(gc::find_object(again as usize), Some(again));
        assert_eq!(
            log_of(7_000_000).len(),
            0,
            "the hoarded are not deallocated again"
        );
        unsafe { gc::reinit(again) };
        let object = unsafe { &*again.cast::<Foreign>() };
        object.number.set(1);
        object.native.set(unsafe { libc::calloc(8, 8).cast() });
        collect();
        assert_eq!(object.number.get(), 1);
    });
}

#[test]
fn alone_finalizers_come_first_and_owners_before_what_they_own() {
    let scene = |first| {
        let (owner, owned) = (node(&MORTAL, first + 1), node(&MORTAL, first + 2));
        owner.set(0, owned.object());
        weakref(owner.object(), first + 11);
        weakref(owned.object(), first + 12);
    };
    let order = ["del 1 weak", "del 2 weak", "callback 11", "callback 12"];
    with(|| assert_logged(20_000_000, scene, |log| log == order));
}

#[test]
fn in_cycles_weakrefs_come_first() {
    let scene = |first| {
        let (a, b) = (node(&MORTAL, first + 1), node(&MORTAL, first + 2));
        let c = node(&MORTAL, first + 3);
        a.set(0, b.object());
        b.set(0, a.object());
        b.set(1, c.object());
        weakref(a.object(), first + 11);
        weakref(c.object(), first + 13);
    };
    let expected = |log: &[String]| {
        log.len() == 5
            && log[..2].iter().all(|line| line.starts_with("callback"))
            && log[2..]
                .iter()
                .all(|line| line.starts_with("del") && !line.ends_with("weak"))
            && log[4] == "del 3"
    };
    with(|| assert_logged(21_000_000, scene, expected));
}

#[test]
fn the_resurrected_live_with_what_they_refer_to() {
    let scene = |first| {
        let (a, b) = (node(&MORTAL, first + 1), node(&MORTAL, first + 2));
        a.set(0, b.object());
        weakref(b.object(), first + 12);
        resurrect(first + 1);
    };
    with(|| {
        let lived = Cell::new(0);
        let expected = |log: &[String]| {
            let object = take_resurrected();
            if log != ["del 1", "del 2 weak"] {
                return false;
            }
            let (a, b) = (as_node(object), as_node(as_node(object).fields[0].get()));
            assert_eq!(a.number.get() + 1, b.number.get());
            lived.set(b.number.get());
            true
        };
        assert_logged(23_000_000, scene, expected);
        in_dead_frames(|| {});
        collect();
        collect();
        let log = log_of(lived.get() - 2);
        assert!(
            log.is_empty() || log == ["callback 12"],
            "no finalizer runs twice: {log:?}"
        );
    });
}

#[test]
fn collections_inside_allocations_put_rites_off() {
    with(|| {
        gc::collect_pending(gc::NativeStack::Whole);
        in_dead_frames(|| {
            (9_000_000..9_000_050).for_each(|number| {
                node(&MORTAL, number);
            })
        });
        requests();
        allocate_until_collected();
        assert_eq!(requests(), 1);
        assert_eq!(log_of(9_000_000).len(), 0);
        gc::collect_pending(gc::NativeStack::Whole);
        assert!(log_of(9_000_000).len() > 50 - FEW);
    });
}

/// Allocates until that has led to a collection.
fn allocate_until_collected() {
    let first = gc::get_stats()[2].collections;
    while gc::get_stats()[2].collections == first {
        gc::allocate_object(512, 0, Kind::Plain);
    }
}

#[test]
fn finalizers_that_collect_keep_the_rest_of_the_dead() {
    let scene = |first| {
        for number in first..first + 3 {
            let (owner, owned) = (node(&MORTAL, number), node(&MORTAL, number + 10));
            owner.set(0, owned.object());
            owned.set(0, node(&NODE, number + 20).object());
            let foreign = foreign(number + 30, owned.object(), owner.object());
            owned.set(1, foreign.object());
        }
    };
    let count = |log: &[String], word| log.iter().filter(|line| line.starts_with(word)).count();
    with(|| {
        set_chore(Some(allocate_until_collected));
        assert_logged(22_000_000, scene, |log| {
            count(log, "del ") == 6 && count(log, "dealloc ") == 3
        });
        set_chore(None);
    });
}

#[test]
fn reading_a_weakref_spares_the_condemned() {
    with(|| {
        in_dead_frames(|| {
            for number in 0..50 {
                let object = node(&MORTAL, 9_500_000 + number);
                weakref(object.object(), 9_500_500 + number);
            }
        });
        allocate_until_collected();
        let read = core::hint::black_box(read_weakref(9_500_510).unwrap());
        gc::collect_pending(gc::NativeStack::Whole);
        assert_eq!(log_of(9_500_000).len(), 0);
        assert_eq!(as_node(read).number.get(), 9_500_010);
        collect();
        assert_eq!(as_node(read).number.get(), 9_500_010);
        assert!(log_of(9_500_000).len() > 2 * (50 - FEW));
    });
}

#[test]
fn other_threads_are_scanned_where_they_wait() {
    with(|| {
        let (say, hear) = mpsc::channel();
        let (go, wait) = mpsc::channel::<()>();
        let worker = std::thread::spawn(move || {
            let thread = gc::register_thread();
            let held: Vec<_> = (0..MANY)
                .map(|at| node(&NODE, 10_000_000 + at).object())
                .collect();
            let direct = core::hint::black_box(node(&NODE, 11_000_000));
            DIRECT.with(|words| words[1].set(node(&NODE, 12_000_000).object() as usize));
            gc::publish(thread);
            say.send(()).unwrap();
            wait.recv().unwrap();
            gc::resume(thread);
            assert!(
                held.iter()
                    .enumerate()
                    .all(|(at, &object)| as_node(object).number.get() == 10_000_000 + at)
            );
            assert_eq!(direct.number.get(), 11_000_000);
            assert_eq!(
                as_node(DIRECT.with(|words| words[1].get()) as *mut PyObject)
                    .number
                    .get(),
                12_000_000
            );
            gc::unregister_thread(thread);
        });
        hear.recv().unwrap();
        collect();
        assert_eq!(survivors(10_000_000), MANY);
        assert_eq!((survivors(11_000_000), survivors(12_000_000)), (1, 1));
        go.send(()).unwrap();
        worker.join().unwrap();
    });
}

#[test]
fn what_a_thread_held_when_it_gave_the_lock_up_is_no_root_later() {
    with(|| {
        let thread = gc::register_thread();
        in_dead_frames(|| {
            let held: [_; 64] = core::array::from_fn(|at| node(&NODE, 17_000_000 + at));
            core::hint::black_box(&held);
            gc::publish(thread);
            gc::resume(thread);
        });
        collect();
        assert!(survivors(17_000_000) < FEW);
    });
}

#[test]
fn native_calls_that_somebody_vouches_for_hold_nothing() {
    #[inline(never)]
    fn collect_below(address: usize) {
        let held: [_; 64] = core::array::from_fn(|at| node(&NODE, 18_000_100 + at));
        core::hint::black_box(&held);
        gc::collect(2, Reason::Manual, gc::NativeStack::Above(address));
        core::hint::black_box(&held);
    }
    with(|| {
        let held = core::hint::black_box([node(&NODE, 18_000_000)]);
        collect_below(held.as_ptr() as usize);
        let survivors = live_nodes();
        assert!(survivors.contains(&18_000_000));
        let below = |number: &&usize| (18_000_100..18_000_164).contains(*number);
        assert!(survivors.iter().filter(below).count() < FEW);
        core::hint::black_box(held);
    });
}

#[test]
fn requested_collections_age_what_they_examine() {
    with(|| {
        let object = core::hint::black_box(node(&NODE, 19_000_000).object());
        let generation = || {
            (0..gc::GENERATIONS).find(|&index| {
                let mut found = false;
                gc::for_each_tracked(Some(index), |other| found |= other == object);
                found
            })
        };
        for (collected, older) in [(0, 1), (0, 1), (1, 2), (2, 2)] {
            gc::collect(collected, Reason::Manual, gc::NativeStack::Whole);
            assert_eq!(generation(), Some(older));
        }
    });
}

static CONTEXTS: gc::Gil<Cell<[*mut libc::ucontext_t; 2]>> =
    gc::Gil::new(Cell::new([core::ptr::null_mut(); 2]));

extern "C" fn collect_elsewhere() {
    let own = core::hint::black_box(node(&NODE, 13_000_001));
    collect();
    assert_eq!(own.number.get(), 13_000_001);
    let [back, here] = CONTEXTS.get();
    unsafe { libc::swapcontext(here, back) };
}

#[test]
fn a_collection_on_another_stack_sees_both() {
    with(|| unsafe {
        let held = core::hint::black_box(node(&NODE, 13_000_000));
        let mut contexts: [libc::ucontext_t; 2] = core::mem::zeroed();
        let size = 1 << 20;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let stack = libc::mmap(core::ptr::null_mut(), size, access, kind, -1, 0);
        let [back, there] = &mut contexts;
        libc::getcontext(there);
        there.uc_stack.ss_sp = stack;
        there.uc_stack.ss_size = size;
        CONTEXTS.set([&raw mut *back, &raw mut *there]);
        libc::makecontext(there, collect_elsewhere, 0);
        libc::swapcontext(back, there);
        assert_eq!(survivors(13_000_000), 2);
        assert_eq!(held.number.get(), 13_000_000);
        libc::munmap(stack, size);
    });
}

type Hide = unsafe extern "C" fn(i32, *mut PyObject);
type Shown = unsafe extern "C" fn(i32) -> *mut PyObject;

/// Compiles and opens the library that hides references. It stays open.
fn open_hiding_library() -> (Hide, Shown) {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/native/hide.cc");
    let library = std::env::temp_dir().join(format!("tandem-gc-hide-{}.so", std::process::id()));
    let built = std::process::Command::new("c++")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(source)
        .status();
    assert!(built.expect("a C++ compiler").success());
    let name = std::ffi::CString::new(library.to_str().unwrap()).unwrap();
    unsafe {
        let handle = libc::dlopen(name.as_ptr(), libc::RTLD_NOW);
        assert!(!handle.is_null());
        std::fs::remove_file(&library).unwrap();
        let hide = libc::dlsym(handle, c"hide".as_ptr());
        let shown = libc::dlsym(handle, c"shown".as_ptr());
        (
            core::mem::transmute::<*mut libc::c_void, Hide>(hide),
            core::mem::transmute::<*mut libc::c_void, Shown>(shown),
        )
    }
}

const PLACES: usize = 6;

/// Hides a new node in each place of the calling thread.
fn hide_all(hide: Hide, first: usize) {
    in_dead_frames(|| {
        for place in 0..PLACES {
            unsafe { hide(place as i32, node(&NODE, first + place).object()) };
        }
    });
}

fn assert_shown(shown: Shown, first: usize) {
    for place in 0..PLACES {
        assert_eq!(
            as_node(unsafe { shown(place as i32) }).number.get(),
            first + place
        );
    }
}

#[test]
fn libraries_opened_late_keep_objects_in_all_their_places() {
    with(|| {
        let (hide, shown) = open_hiding_library();
        hide_all(hide, 14_000_000);
        collect();
        assert_eq!(survivors(14_000_000), PLACES);
        assert_shown(shown, 14_000_000);
        let (say, hear) = mpsc::channel();
        let (go, wait) = mpsc::channel::<()>();
        let worker = std::thread::spawn(move || {
            let thread = gc::register_thread();
            hide_all(hide, 14_500_000);
            gc::publish(thread);
            say.send(()).unwrap();
            wait.recv().unwrap();
            gc::resume(thread);
            assert_shown(shown, 14_500_000);
            (0..PLACES).for_each(|place| unsafe { hide(place as i32, core::ptr::null_mut()) });
            gc::unregister_thread(thread);
        });
        hear.recv().unwrap();
        in_dead_frames(|| {});
        collect();
        assert_eq!(survivors(14_500_000), PLACES);
        assert!(
            survivors(14_000_000) >= 2,
            "this thread's own are still there"
        );
        go.send(()).unwrap();
        worker.join().unwrap();
        (0..PLACES).for_each(|place| unsafe { hide(place as i32, core::ptr::null_mut()) });
        in_dead_frames(|| {});
        collect();
        assert!(survivors(14_000_000) + survivors(14_500_000) < PLACES);
    });
}

#[test]
fn growth_of_native_memory_alone_triggers_collections() {
    with(|| {
        collect();
        let first = gc::get_stats()[2].collections;
        for number in 0..8_000 {
            let object = foreign(number, core::ptr::null_mut(), core::ptr::null_mut());
            unsafe {
                libc::free(object.native.get().cast());
                object.native.set(libc::calloc(1, 32 << 10).cast());
            }
            if gc::is_requested() {
                gc::collect_pending(gc::NativeStack::Whole);
            }
        }
        assert!(gc::get_stats()[2].collections > first + 1);
        take_log();
    });
}

#[test]
fn random_graphs_never_lose_what_is_reachable() {
    with(|| {
        let mut random = Random(0x1234_5678_9ABC);
        let mut roots: Vec<*mut PyObject> = vec![core::ptr::null_mut(); 16];
        let mut shadow_roots = [0; 16];
        let mut shadow: HashMap<usize, [usize; FIELDS]> = HashMap::new();
        for step in 1..8_000 {
            let at = random.below(16);
            match random.below(8) {
                0..=2 => {
                    roots[at] =
                        node(if random.below(3) == 0 { &MORTAL } else { &NODE }, step).object();
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
                    roots[at] = as_node(roots[at]).fields[field].get();
                    shadow_roots[at] = shadow[&shadow_roots[at]][field];
                }
                _ if random.below(10) == 0 => {
                    collect();
                }
                _ => {}
            }
            if step % 500 == 0 {
                collect();
                let alive = reachable(&shadow_roots, &shadow);
                let live = live_nodes();
                assert!(
                    alive
                        .iter()
                        .all(|number| live.binary_search(number).is_ok())
                );
                for (&root, number) in roots.iter().zip(shadow_roots) {
                    assert_eq!(
                        if root.is_null() {
                            0
                        } else {
                            as_node(root).number.get()
                        },
                        number
                    );
                }
            }
        }
        let all = shadow.len();
        drop(roots);
        in_dead_frames(|| {});
        collect();
        let left = live_nodes()
            .iter()
            .filter(|&&number| number < 20_000)
            .count();
        assert!(left < all / 10, "{left} of {all}");
    });
}
