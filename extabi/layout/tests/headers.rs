//! Compares every struct and constant of this crate with CPython's own headers, by compiling a C program that prints what
//! the headers say. The program is written from the tables that the compile-time assertions use, so nothing escapes it.
//!
//! `PYTHON_HEADERS` names the folder of `Python.h`; `TANDEM_ALLOW_MISSING_HEADERS` lets the test pass without one.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const INCLUDES: &str = "\
#define Py_BUILD_CORE 1
#include <Python.h>
#include <structmember.h>
#include <datetime.h>
#include <frameobject.h>
#include <stddef.h>
#include <stdio.h>
";

#[test]
fn layouts_and_constants_are_those_of_the_headers() {
    let Some(headers) = headers() else { return };
    let expected = expected();
    let program = program(&expected);
    let printed = run(&program, &headers);

    let wrong: Vec<String> = expected
        .iter()
        .zip(printed.lines())
        .filter(|((_, ours), theirs)| ours.to_string() != *theirs)
        .map(|((expression, ours), theirs)| format!("{expression}: {ours} here, {theirs} in C"))
        .collect();
    assert_eq!(printed.lines().count(), expected.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn headers() -> Option<PathBuf> {
    let default = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../.peers/usr/include/python3.14"
    );
    let path = std::env::var_os("PYTHON_HEADERS").map_or(PathBuf::from(default), PathBuf::from);
    if path.join("Python.h").exists() {
        return Some(path);
    }
    let complaint = format!("no Python.h in {}: set PYTHON_HEADERS", path.display());
    assert!(
        std::env::var_os("TANDEM_ALLOW_MISSING_HEADERS").is_some(),
        "{complaint}"
    );
    eprintln!("SKIPPED: {complaint}");
    None
}

/// C expressions and the values they must have.
fn expected() -> Vec<(String, i128)> {
    let mut rows = Vec::new();
    for layout in layout::ALL_LAYOUTS.iter().copied().flatten() {
        rows.push((format!("sizeof({})", layout.name), layout.size as i128));
        for (field, offset) in layout.fields {
            rows.push((
                format!("offsetof({}, {field})", layout.name),
                *offset as i128,
            ));
        }
    }
    for constant in layout::ALL_CONSTANTS.iter().copied().flatten() {
        rows.push((constant.name.to_string(), constant.value));
    }
    rows
}

fn program(expected: &[(String, i128)]) -> String {
    let mut c = format!("{INCLUDES}\nint main(void) {{\n");
    for (expression, value) in expected {
        // 64-bit constants with the top bit set are unsigned in both languages; all others fit the signed type.
        let (format, cast) = if *value > i64::MAX as i128 {
            ("%llu", "unsigned long long")
        } else {
            ("%lld", "long long")
        };
        writeln!(c, "    printf(\"{format}\\n\", ({cast})({expression}));").unwrap();
    }
    c.push_str("}\n");
    c
}

fn run(program: &str, headers: &Path) -> String {
    let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("headers");
    // Debian's pyconfig.h includes another one by a path that starts at the include folder. That folder may hold the
    // headers of another libc too, so it must not be searched itself: only this one link into it.
    let multiarch = work.join("x86_64-linux-gnu");
    std::fs::create_dir_all(&multiarch).unwrap();
    let link = multiarch.join("python3.14");
    let _ = std::fs::remove_file(&link);
    std::os::unix::fs::symlink(headers.join("../x86_64-linux-gnu/python3.14"), &link).unwrap();

    let source = work.join("headers.c");
    let binary = work.join("headers");
    std::fs::write(&source, program).unwrap();
    let compiled = Command::new("cc")
        .args(["-w", "-std=c11", "-D_GNU_SOURCE", "-o"])
        .arg(&binary)
        .arg(&source)
        .arg("-I")
        .arg(&work)
        .arg("-I")
        .arg(headers)
        .output()
        .expect("cc");
    assert!(
        compiled.status.success(),
        "{}",
        String::from_utf8_lossy(&compiled.stderr)
    );
    String::from_utf8(Command::new(&binary).output().unwrap().stdout).unwrap()
}
