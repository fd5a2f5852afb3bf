//! `patchlevel.h`: the version of CPython whose ABI this is.

constants! {
    PY_RELEASE_LEVEL_ALPHA: u32 = 10;
    PY_RELEASE_LEVEL_BETA: u32 = 11;
    PY_RELEASE_LEVEL_GAMMA: u32 = 12;
    PY_RELEASE_LEVEL_FINAL: u32 = 15;
    PY_MAJOR_VERSION: u32 = 3;
    PY_MINOR_VERSION: u32 = 14;
    PY_MICRO_VERSION: u32 = 10;
    PY_RELEASE_LEVEL: u32 = 15;
    PY_RELEASE_SERIAL: u32 = 0;
    PY_VERSION_HEX: u32 = 0x30e0af0;
}
