//! The `none` manager.

#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "the toy runtime's objects"
)]

mod toy;

use gc::Reason;
use toy::*;

#[test]
fn nothing_dies() {
    with_gil("none", || {
        let numbers: Vec<usize> = (1..=1000).collect();
        for &number in &numbers {
            let object = node(&MORTAL, number);
            object.set(0, object.object());
            decref(object.object());
        }
        assert_eq!(
            gc::collect(2, Reason::Manual, gc::NativeStack::Whole).collected,
            0
        );
        assert_eq!(live_nodes(), numbers);
        assert_eq!(take_log().len(), 0);
        assert!(!gc::facts().counts);
    });
}
