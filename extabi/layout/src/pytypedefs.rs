//! `pytypedefs.h`: structs that extensions see as pointers only.

opaque!(PyFrameObject);
opaque!(PyInterpreterState);
