//! One test for each fault of the front end that is worked around, so that a regression, or a mend upstream, shows.

use compiler::{Error, Mode, Options, compile};

fn code(source: &str) -> Vec<u8> {
    code_with(source, Options::default())
}

fn code_with(source: &str, options: Options) -> Vec<u8> {
    compile(source, "<test>", Mode::Exec, options, &mut |_| Ok(()))
        .unwrap_or_else(|error| panic!("{source}: {error:?}"))
}

fn contains(code: &[u8], part: &[u8]) -> bool {
    code.windows(part.len()).any(|window| window == part)
}

#[test]
fn annotation_functions_are_named_after_their_scope() {
    let code = code("class A:\n    def f(self) -> int: pass\n");
    assert!(contains(&code, b"A.__annotate__") && !contains(&code, b"A.f.__annotate__"));
}

#[test]
fn conditional_annotations_in_nested_classes_compile() {
    code("class A:\n    class B:\n        if 1:\n            x: int = 1\n");
    code(
        "class A:\n    def f():\n        class B:\n            'doc'\n            if 1:\n                x: int\n",
    );
    code(
        "from __future__ import annotations\nclass A:\n    class B:\n        if 1:\n            x: int\n",
    );
}

#[test]
fn dict_displays_may_mix_scopes() {
    code("def f():\n    {2: (x for x in y), lambda: 1: 1}\n");
}

#[test]
fn negative_powers_are_exact() {
    assert!(contains(&code("x = 10**-24"), &1e-24f64.to_le_bytes()));
}

#[test]
fn long_constant_displays_are_one_constant() {
    let elements = (0..40).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    // A tuple of 40 elements; LIST_APPEND is opcode 78.
    for source in [
        format!("for x in ({elements}): pass"),
        format!("x in [{elements}]"),
    ] {
        assert!(contains(&code(&source), &[b')' | 0x80, 40]), "{source}");
    }
}

#[test]
fn interpolations_keep_their_text() {
    assert!(
        contains(&code("t'{ spam = }'"), b" spam  = ")
            || contains(&code("t'{ spam = }'"), b" spam ")
    );
}

#[test]
fn stripped_docstrings_leave_a_pass() {
    let options = Options {
        optimize: 2,
        ..Options::default()
    };
    assert!(!contains(
        &code_with("def f():\n    'doc'\n", options),
        b"doc"
    ));
}

#[test]
fn deep_trees_do_not_overflow_the_stack() {
    let sums = format!("a{}", "+b".repeat(100_000));
    let result = compile(&sums, "<test>", Mode::Eval, Options::default(), &mut |_| {
        Ok(())
    });
    assert!(matches!(result, Err(Error::Recursion(_))));
    code(&format!("a{}", "+b".repeat(3000)));
}

#[test]
fn comprehension_variables_do_not_shadow_those_of_outer_functions() {
    code("def f(x):\n    def g():\n        [x for x in 'a']\n        return lambda: x\n");
}

#[test]
fn parts_that_are_not_evaluated_as_written_may_all_have_scopes() {
    code("def f(y):\n    (lambda: y).a = (x for x in y)\n    d[[i for i in y]]: int = lambda: y\n");
    code("for x[(i for i in n)] in [j for j in n]: pass\n");
    code("{(lambda: i): [v for v in i] for i in n}\n");
    code("class T(B([i for i in n])): pass\n[f for f in n]\n");
}

#[test]
fn literals_are_folded_by_the_rules_of_3_14() {
    assert!(contains(&code("x = 1.5 // 1.5"), &1f64.to_le_bytes()));
    assert!(contains(&code("x = -1 + -0j"), &(-0f64).to_le_bytes()));
}
