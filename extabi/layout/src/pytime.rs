//! `pytime.h`: time in nanoseconds.

pub type PyTime_t = i64;
