//! The loaded binary and libraries: their writable segments, and their shares of thread-local storage.
//!
//! What the loader protects after it has relocated a module counts as read-only: nothing of it was ever written by the program.

use core::ffi::{c_int, c_void};

/// The smallest page that the loader knows.
const OS_PAGE: usize = 4096;

/// A loaded binary or library.
pub struct Module {
    /// The writable segments, as start and length; unused places have length 0. What the loader makes read-only before any
    /// code runs is left out.
    pub writable: [(usize, usize); 8],
    /// Its number among the modules that have thread-local storage; 0 if it has none.
    pub tls_number: usize,
    /// The size of its thread-local storage in bytes.
    pub tls_size: usize,
    /// The calling thread's instance of it; 0 if there is none yet.
    pub tls_here: usize,
}

/// Calls `f` for each loaded module.
pub fn for_each_module(mut f: impl FnMut(&Module)) {
    let mut f: &mut dyn FnMut(&Module) = &mut f;
    // SAFETY: `visit` matches the signature and gets the closure that lives as long as the call.
    unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut f).cast()) };
}

unsafe extern "C" fn visit(info: *mut libc::dl_phdr_info, _: usize, f: *mut c_void) -> c_int {
    // SAFETY: the loader passes a valid description, and `for_each_module` the closure.
    let (info, f) = unsafe { (&*info, &mut *f.cast::<&mut dyn FnMut(&Module)>()) };
    let mut module = Module {
        writable: [(0, 0); 8],
        tls_number: info.dlpi_tls_modid,
        tls_size: 0,
        tls_here: info.dlpi_tls_data as usize,
    };
    let mut protected = (0, 0);
    let mut count = 0;
    for index in 0..info.dlpi_phnum as usize {
        // SAFETY: the table has so many entries.
        let segment = unsafe { &*info.dlpi_phdr.add(index) };
        let start = info.dlpi_addr as usize + segment.p_vaddr as usize;
        if segment.p_type == libc::PT_TLS {
            module.tls_size = segment.p_memsz as usize;
        }
        if segment.p_type == libc::PT_GNU_RELRO {
            // The loader protects whole pages.
            let end = (start + segment.p_memsz as usize) & !(OS_PAGE - 1);
            protected = (start, end);
        }
        let writable = segment.p_type == libc::PT_LOAD && segment.p_flags & libc::PF_W != 0;
        if writable && count < module.writable.len() {
            module.writable[count] = (start, segment.p_memsz as usize);
            count += 1;
        }
    }
    for range in &mut module.writable {
        *range = without(*range, protected);
    }
    f(&module);
    0
}

/// What is left of a range, given as start and length, behind a part at its beginning, given as start and end.
fn without(range: (usize, usize), part: (usize, usize)) -> (usize, usize) {
    let end = range.0 + range.1;
    if (range.0..end).contains(&part.0) && part.0 - range.0 < OS_PAGE && part.1 > range.0 {
        let start = part.1.min(end);
        return (start, end - start);
    }
    range
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_is_cut_out_by_whole_pages() {
        let cut = |range, hole| without(range, hole).collect::<Vec<_>>();
        assert_eq!(cut((0x1000, 0x5000), (0, 0)), [(0x1000, 0x5000)]);
        assert_eq!(cut((0x1000, 0x5000), (0x1000, 0x3010)), [(0x3000, 0x5000)]);
        assert_eq!(cut((0x1000, 0x5000), (0x1000, 0x5000)), []);
        assert_eq!(
            cut((0x1000, 0x5000), (0x2000, 0x3000)),
            [(0x1000, 0x2000), (0x3000, 0x5000)]
        );
        assert_eq!(cut((0x1000, 0x5000), (0x7000, 0x8000)), [(0x1000, 0x5000)]);
    }

    /// The kernel's own list is the check: each writable mapping of a file is named.
    #[test]
    fn every_writable_mapping_of_a_file_is_named() {
        let mut named = Vec::new();
        for_each_module(|module| {
            named.extend(module.writable.into_iter().filter(|range| range.1 != 0))
        });
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let mut checked = 0;
        for line in maps
            .lines()
            .filter(|line| line.contains(" rw-p ") && line.contains(" /"))
        {
            let (start, end) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
            let start = usize::from_str_radix(start, 16).unwrap();
            let end = usize::from_str_radix(end, 16).unwrap();
            let covered = |&(from, length): &(usize, usize)| from < end && from + length > start;
            assert!(named.iter().any(covered), "{line}");
            checked += 1;
        }
        assert!(checked >= 2);
    }
}
