//! `patchlevel.h`: the version of CPython whose ABI this is.

pub const PY_RELEASE_LEVEL_ALPHA: u32 = 10;
pub const PY_RELEASE_LEVEL_BETA: u32 = 11;
pub const PY_RELEASE_LEVEL_GAMMA: u32 = 12;
pub const PY_RELEASE_LEVEL_FINAL: u32 = 15;
pub const PY_MAJOR_VERSION: u32 = 3;
pub const PY_MINOR_VERSION: u32 = 14;
pub const PY_MICRO_VERSION: u32 = 10;
pub const PY_RELEASE_LEVEL: u32 = 15;
pub const PY_RELEASE_SERIAL: u32 = 0;
pub const PY_VERSION_HEX: u32 = 0x30e0af0;
