//! `genobject.h`: generators, which extensions see as pointers only.

opaque!(PyGenObject);
opaque!(PyCoroObject);
opaque!(PyAsyncGenObject);
