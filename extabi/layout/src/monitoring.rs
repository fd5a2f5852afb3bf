//! `monitoring.h`: the events of `sys.monitoring`.

use core::ffi::c_int;

constants! {
    PY_MONITORING_EVENT_PY_START: c_int = 0;
    PY_MONITORING_EVENT_PY_RESUME: c_int = 1;
    PY_MONITORING_EVENT_PY_RETURN: c_int = 2;
    PY_MONITORING_EVENT_PY_YIELD: c_int = 3;
    PY_MONITORING_EVENT_CALL: c_int = 4;
    PY_MONITORING_EVENT_LINE: c_int = 5;
    PY_MONITORING_EVENT_INSTRUCTION: c_int = 6;
    PY_MONITORING_EVENT_JUMP: c_int = 7;
    PY_MONITORING_EVENT_BRANCH_LEFT: c_int = 8;
    PY_MONITORING_EVENT_BRANCH_RIGHT: c_int = 9;
    PY_MONITORING_EVENT_STOP_ITERATION: c_int = 10;
    PY_MONITORING_EVENT_RAISE: c_int = 11;
    PY_MONITORING_EVENT_EXCEPTION_HANDLED: c_int = 12;
    PY_MONITORING_EVENT_PY_UNWIND: c_int = 13;
    PY_MONITORING_EVENT_PY_THROW: c_int = 14;
    PY_MONITORING_EVENT_RERAISE: c_int = 15;
    PY_MONITORING_EVENT_C_RETURN: c_int = 16;
    PY_MONITORING_EVENT_C_RAISE: c_int = 17;
    PY_MONITORING_EVENT_BRANCH: c_int = 18;
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyMonitoringState {
    pub active: u8,
    pub opaque: u8,
}

layouts! {
    PyMonitoringState: 2 {
        active: 0,
        opaque: 1,
    }
}
