//! The loaded binary and libraries: their writable segments, and their shares of thread-local storage.

use core::ffi::{c_int, c_void};

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
    // SAFETY: the table has so many entries.
    let segments = unsafe { core::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum as usize) };
    let range = |segment: &libc::Elf64_Phdr| {
        let start = info.dlpi_addr as usize + segment.p_vaddr as usize;
        (start, start + segment.p_memsz as usize)
    };
    let of_kind = |kind| {
        segments
            .iter()
            .filter(move |segment| segment.p_type == kind)
    };
    if let Some(storage) = of_kind(libc::PT_TLS).next() {
        module.tls_size = storage.p_memsz as usize;
    }
    let frozen = of_kind(libc::PT_GNU_RELRO).next().map_or((0, 0), range);
    let writable = of_kind(libc::PT_LOAD)
        .filter(|segment| segment.p_flags & libc::PF_W != 0)
        .flat_map(|segment| without(range(segment), frozen));
    for (place, (start, end)) in module.writable.iter_mut().zip(writable) {
        *place = (start, end - start);
    }
    f(&module);
    0
}

/// What is left of a range of addresses, as start and end, without the whole pages of another.
fn without(
    (start, end): (usize, usize),
    (hole_start, hole_end): (usize, usize),
) -> impl Iterator<Item = (usize, usize)> {
    const SYSTEM_PAGE: usize = 4096;
    let hole_end = hole_end / SYSTEM_PAGE * SYSTEM_PAGE;
    let before = (start, end.min(hole_start));
    let after = (start.max(hole_end), end);
    let apart = hole_end <= start || end <= hole_start;
    let parts = if apart {
        [(start, end), (0, 0)]
    } else {
        [before, after]
    };
    parts.into_iter().filter(|(start, end)| start < end)
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
