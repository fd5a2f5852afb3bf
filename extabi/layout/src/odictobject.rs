//! `odictobject.h`: `OrderedDict`, which extensions see as a pointer only.

opaque!(PyODictObject);
