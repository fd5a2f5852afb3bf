//! `refcount.h`: the counts that mean immortal.

constants! {
    _Py_STATICALLY_ALLOCATED_FLAG: u16 = 4;
    _Py_IMMORTAL_FLAGS: u16 = 1;
    _Py_IMMORTAL_INITIAL_REFCNT: u32 = 0xc0000000;
    _Py_IMMORTAL_MINIMUM_REFCNT: u32 = 0x80000000;
    _Py_STATIC_IMMORTAL_INITIAL_REFCNT: u64 = 0x50000c0000000;
}
