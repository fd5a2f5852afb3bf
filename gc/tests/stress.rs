//! `--gc-stress=1` under the conservative manager: a collection at every allocation, in a process of its own.

#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "the toy runtime's objects"
)]

mod toy;

use toy::*;

#[test]
fn half_built_structures_survive_a_collection_at_every_allocation() {
    assert!(gc::init("conservative", Some(1), None));
    with_gil("conservative", || {
        gc::start_stress();
        let before = gc::get_stats()[2].collections;
        let kept = core::hint::black_box(list(&[]));
        for number in 0..200 {
            let (a, b) = (node(&MORTAL, number), node(&NODE, number + 1000));
            a.set(0, b.object());
            b.set(0, foreign(number, a.object(), b.object()).object());
            kept.append(a.object());
            if gc::is_requested() {
                gc::collect_pending(gc::NativeStack::Whole);
            }
        }
        assert!(gc::get_stats()[2].collections >= before + 600);
        gc::stop_stress();
        for (number, &item) in kept.items().iter().enumerate() {
            let a = as_node(item);
            let b = as_node(a.fields[0].get());
            let foreign = unsafe { &*b.fields[0].get().cast::<Foreign>() };
            assert_eq!(
                (a.number.get(), b.number.get(), foreign.number.get()),
                (number, number + 1000, number)
            );
            assert_eq!(foreign.body.get(), item);
        }
        assert_eq!(take_log().len(), 0);
    });
}
