//! The standard library, compiled and built in, so that a bare machine needs nothing but the binary.
//!
//! Serves the frozen importer, which asks for a module by its dotted name and gets the marshal bytes of its code where
//! they lie in the binary, and tracebacks and `inspect`, which ask for source. The library is CPython's `Lib` as the
//! `rustpython-pylib` crate distributes it; `build.rs` names what is left out and what is adapted.
//!
//! Invariant: tables are sorted by name, and nothing is unpacked before it is asked for.

struct Packed {
    start: usize,
    end: usize,
    size: usize,
}

struct Row {
    name: &'static str,
    path: &'static str,
    is_package: bool,
    code: (usize, usize),
    source: Packed,
}

include!(concat!(env!("OUT_DIR"), "/index.rs"));
static CODE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/code.bin"));
static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/packed.bin"));

/// Names under which the import system's own modules are also known.
const ALIASES: [(&str, &str); 2] = [
    ("_frozen_importlib", "importlib._bootstrap"),
    (
        "_frozen_importlib_external",
        "importlib._bootstrap_external",
    ),
];

/// A module of the library.
#[derive(Clone, Copy)]
pub struct Module {
    row: &'static Row,
}

impl Module {
    /// The dotted name, which is also the one in the code's file name, `<frozen NAME>`.
    pub fn name(self) -> &'static str {
        self.row.name
    }

    /// The path of the source relative to the library's folder, as `json/__init__.py`.
    pub fn path(self) -> &'static str {
        self.row.path
    }

    pub fn is_package(self) -> bool {
        self.row.is_package
    }

    /// The code object, in marshal form without a header.
    pub fn code(self) -> &'static [u8] {
        &CODE[self.row.code.0..self.row.code.1]
    }

    /// The source text, as it was compiled.
    pub fn source(self) -> String {
        String::from_utf8(unpack(&self.row.source)).expect("the library's source is UTF-8")
    }
}

/// Finds a module by its dotted name or alias.
pub fn find(name: &str) -> Option<Module> {
    let name = ALIASES
        .iter()
        .find_map(|(alias, name_of)| (*alias == name).then_some(*name_of))
        .unwrap_or(name);
    let at = MODULES.binary_search_by(|row| row.name.cmp(name)).ok()?;
    Some(Module { row: &MODULES[at] })
}

/// Every module, in the order of names.
pub fn modules() -> impl ExactSizeIterator<Item = Module> {
    MODULES.iter().map(|row| Module { row })
}

/// A data file that a module opens, by its path relative to the library's folder.
pub fn data(path: &str) -> Option<Vec<u8>> {
    let at = DATA.binary_search_by(|(name, _)| (*name).cmp(path)).ok()?;
    Some(unpack(&DATA[at].1))
}

/// The paths of all data files.
pub fn data_paths() -> impl ExactSizeIterator<Item = &'static str> {
    DATA.iter().map(|(path, _)| *path)
}

fn unpack(packed: &Packed) -> Vec<u8> {
    lz4_flex::block::decompress(&PACKED[packed.start..packed.end], packed.size)
        .expect("packed by the build")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_modules_packages_and_aliases() {
        let json = find("json").expect("json is there");
        assert!(json.is_package() && json.path() == "json/__init__.py");
        assert_eq!(json.code()[0], b'c');
        assert!(json.source().contains("def dumps"));
        assert!(!find("json.decoder").expect("a submodule").is_package());
        let bootstrap = find("_frozen_importlib").expect("an alias");
        assert_eq!(bootstrap.name(), "importlib._bootstrap");
        assert!(
            find("zipimport").is_some()
                && find("test.support").is_none()
                && find("nonsense").is_none()
        );
    }

    #[test]
    fn tables_are_sorted() {
        assert!(MODULES.is_sorted_by(|a, b| a.name < b.name));
        assert!(DATA.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn data_files_unpack() {
        let wheel = data_paths()
            .find(|path| path.ends_with(".whl"))
            .expect("the bundled installer");
        assert!(data(wheel).expect("it is listed").starts_with(b"PK"));
    }
}
