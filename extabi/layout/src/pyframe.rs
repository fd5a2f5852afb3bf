//! `pyframe.h`: the kinds of code that an interpreter frame may run.

constants! {
    PyUnstable_EXECUTABLE_KIND_SKIP: usize = 0;
    PyUnstable_EXECUTABLE_KIND_PY_FUNCTION: usize = 1;
    PyUnstable_EXECUTABLE_KIND_BUILTIN_FUNCTION: usize = 3;
    PyUnstable_EXECUTABLE_KIND_METHOD_DESCRIPTOR: usize = 4;
    PyUnstable_EXECUTABLE_KINDS: usize = 5;
}
