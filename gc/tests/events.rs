//! The events that `--gc-stats` writes.

#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "the toy runtime's objects"
)]

mod toy;

use gc::Reason;
use toy::*;

#[test]
fn collections_cascades_and_the_end_are_written() {
    let path = std::env::temp_dir().join(format!("tandem-gc-events-{}", std::process::id()));
    let file = std::fs::File::create(&path).unwrap();
    assert!(gc::init("refcount", None, Some(file)));
    with_gil("refcount", || {
        let kept = list(&[]);
        for number in 0..5000 {
            let object = node(&NODE, number);
            kept.append(object.object());
            decref(object.object());
        }
        let cycle = node(&NODE, 1);
        cycle.set(0, cycle.object());
        decref(cycle.object());
        gc::collect(1, Reason::Manual, gc::NativeStack::Whole);
        assert!(gc::is_recording());
        gc::cascade_begin();
        decref(kept.object());
        gc::cascade_end();
        gc::cascade_begin();
        decref(node(&NODE, 2).object());
        gc::cascade_end();
        gc::finish();
    });
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    for part in [
        "\"event\":\"collection\"",
        "\"manager\":\"refcount\"",
        "\"generation\":1",
        "\"reason\":\"manual\"",
        "\"objects_before\":5002",
        "\"objects_after\":5001",
        "\"collected\":1",
    ] {
        assert!(lines[0].contains(part), "{part} in {}", lines[0]);
    }
    assert!(lines[1].contains("\"event\":\"cascade\"") && lines[1].contains("\"objects\":5001"));
    assert!(lines[2].contains("\"event\":\"summary\"") && lines[2].contains("\"collections\":1"));
    assert!(
        lines
            .iter()
            .all(|line| line.starts_with('{') && line.ends_with('}'))
    );
}
