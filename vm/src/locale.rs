//! The C library's locale at start-up: text is UTF-8 even where nobody has said so.

use core::ffi::CStr;

/// Takes over the environment's character type; plain "C" becomes "C.UTF-8", for this process and its children
/// (PEP 538).
pub fn init() {
    // SAFETY: one thread runs; the answers are the C library's own texts.
    unsafe {
        let chosen = libc::setlocale(libc::LC_CTYPE, c"".as_ptr());
        let is_plain =
            chosen.is_null() || matches!(CStr::from_ptr(chosen).to_bytes(), b"C" | b"POSIX");
        let has_all = std::env::var_os("LC_ALL").is_some_and(|v| !v.is_empty());
        let refused = std::env::var_os("PYTHONCOERCECLOCALE").is_some_and(|v| v == "0");
        if !is_plain || has_all || refused {
            return;
        }
        for name in [c"C.UTF-8", c"C.utf8", c"UTF-8"] {
            if !libc::setlocale(libc::LC_CTYPE, name.as_ptr()).is_null() {
                libc::setenv(c"LC_CTYPE".as_ptr(), name.as_ptr(), 1);
                return;
            }
        }
    }
}
