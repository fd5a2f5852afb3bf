//! `critical_section.h`: critical sections, which do nothing in a build with a GIL.

opaque!(PyCriticalSection);
opaque!(PyCriticalSection2);
