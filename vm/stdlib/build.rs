//! Freezes the standard library: compiles every module of it, and writes the blobs and the index that the crate includes.
//!
//! Code is stored as it is loaded, so that finding a module costs a search and nothing else; source is compressed file
//! by file, since only tracebacks and `inspect` ask for it. A file of `python/` is added to the library, or takes the
//! place of the file of that name.

use compiler::{Decoded, Mode, Options, compile, decode_source};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, thread};

/// What is left out: applications, and what only they use. They need a toolkit that is not there.
const LEFT_OUT: &[&str] = &[
    "idlelib",
    "tkinter",
    "turtledemo",
    "turtle.py",
    "_dummy_os.py",
    "_pycodecs.py",
];

/// Where the library as distributed names another implementation: (file, its text, ours). Each must match once.
const ADAPTED: &[(&str, &str, &str)] = &[
    // Frozen code is not in the folder that these names would start with.
    (
        "_strptime.py",
        "skip_file_prefixes=(os.path.dirname(__file__),)",
        "skip_file_prefixes=('<frozen ',)",
    ),
    // A timeout that is not a number is for `acquire` to refuse.
    (
        "threading.py",
        "                if timeout > 0:\n                    gotit = waiter.acquire(True, timeout)",
        "                if not timeout <= 0:\n                    gotit = waiter.acquire(True, timeout)",
    ),
    // As the C version words it, which other interpreters of the language have.
    (
        "_pydatetime.py",
        "cannot mix naive and timezone-aware time",
        "can't subtract offset-naive and offset-aware datetimes",
    ),
    (
        "site.py",
        "return 'RustPython' # XXX: RUSTPYTHON; for site-packages",
        "return 'Python'",
    ),
    (
        "site.py",
        "    # XXX: RUSTPYTHON\n    return f'{userbase}/lib/rustpython{",
        "    return f'{userbase}/lib/python{",
    ),
    (
        "sysconfig/__init__.py",
        "return 'RustPython'  # XXX: RUSTPYTHON; For site-packages",
        "return 'Python'",
    ),
];

/// What every start imports: code that lies side by side takes few pages of memory.
const STARTUP: &[&str] = &[
    "_collections_abc",
    "_sitebuiltins",
    "abc",
    "codecs",
    "encodings",
    "encodings.aliases",
    "encodings.utf_8",
    "genericpath",
    "importlib._bootstrap",
    "importlib._bootstrap_external",
    "linecache",
    "os",
    "posixpath",
    "site",
    "stat",
    "zipimport",
];

struct Source {
    name: String,
    path: String,
    is_package: bool,
    text: String,
}

fn main() {
    let own =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("python");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={}", own.display());
    let mut files = BTreeMap::new();
    collect(Path::new(rustpython_pylib::LIB_PATH), "", &mut files);
    collect(&own, "", &mut files);
    let (modules, data): (Vec<_>, Vec<_>) =
        files.iter().partition(|(path, _)| path.ends_with(".py"));
    let modules: Vec<Source> = modules
        .into_iter()
        .map(|(path, file)| read(path, file))
        .collect();
    let codes = compile_all(&modules);
    let mut out = Output::default();
    let mut rows: Vec<_> = modules.iter().zip(&codes).collect();
    rows.sort_by_key(|(module, _)| !STARTUP.contains(&module.name.as_str()));
    for (module, code) in rows {
        out.module(module, code);
    }
    for (path, file) in data {
        out.data(
            path,
            &fs::read(file).expect("a file of the library is readable"),
        );
    }
    out.write(&PathBuf::from(
        env::var_os("OUT_DIR").expect("cargo sets it"),
    ));
}

/// Every file to freeze, by its path relative to the library.
fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, PathBuf>) {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let entry = entry.expect("a folder of the library is readable");
        let name = entry
            .file_name()
            .into_string()
            .expect("names in the library are ASCII");
        let path = format!("{prefix}{name}");
        if LEFT_OUT.contains(&path.as_str()) || name == "__pycache__" || name == "test" {
            continue;
        }
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{path}/"), files);
        } else if name.ends_with(".py") || is_data(&path) {
            files.insert(path, entry.path());
        }
    }
}

/// The files that modules of the library open.
fn is_data(path: &str) -> bool {
    [
        "ensurepip/_bundled/",
        "venv/scripts/common/",
        "venv/scripts/posix/",
        "pydoc_data/",
    ]
    .iter()
    .any(|folder| path.starts_with(folder))
        || path == "PSF-LICENSE"
}

fn read(path: &str, file: &Path) -> Source {
    let bytes = fs::read(file).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut text = match decode_source(&bytes, None) {
        Ok(Decoded::Text(text)) => text.into_owned(),
        other => panic!("{path} is not text: {other:?}"),
    };
    for (_, theirs, ours) in ADAPTED.iter().filter(|(adapted, ..)| *adapted == path) {
        assert_eq!(
            text.matches(theirs).count(),
            1,
            "{path} has changed: {theirs:?}"
        );
        text = text.replace(theirs, ours);
    }
    let stem = path.trim_end_matches(".py");
    let package = stem.strip_suffix("/__init__");
    Source {
        name: package.unwrap_or(stem).replace('/', "."),
        path: path.to_owned(),
        is_package: package.is_some(),
        text,
    }
}

fn compile_all(modules: &[Source]) -> Vec<Vec<u8>> {
    let workers = thread::available_parallelism().map_or(1, |n| n.get());
    let share = modules.len().div_ceil(workers);
    thread::scope(|scope| {
        let parts: Vec<_> = modules
            .chunks(share)
            .map(|part| scope.spawn(|| part.iter().map(compile_one).collect::<Vec<_>>()))
            .collect();
        parts
            .into_iter()
            .flat_map(|part| part.join().expect("modules compile"))
            .collect()
    })
}

fn compile_one(module: &Source) -> Vec<u8> {
    let filename = format!("<frozen {}>", module.name);
    compile(
        &module.text,
        &filename,
        Mode::Exec,
        Options::default(),
        &mut |_| Ok(()),
    )
    .unwrap_or_else(|error| panic!("{}: {error:?}", module.path))
}

#[derive(Default)]
struct Output {
    code: Vec<u8>,
    packed: Vec<u8>,
    modules: BTreeMap<String, String>,
    data: String,
}

impl Output {
    fn module(&mut self, module: &Source, code: &[u8]) {
        let start = self.code.len();
        self.code.extend_from_slice(code);
        let row = format!(
            "    Row {{ name: {:?}, path: {:?}, is_package: {}, code: ({start}, {}), source: {} }},\n",
            module.name,
            module.path,
            module.is_package,
            self.code.len(),
            self.pack(module.text.as_bytes()),
        );
        self.modules.insert(module.name.clone(), row);
    }

    fn data(&mut self, path: &str, bytes: &[u8]) {
        let place = self.pack(bytes);
        let _ = writeln!(self.data, "    ({path:?}, {place}),");
    }

    fn pack(&mut self, bytes: &[u8]) -> String {
        let start = self.packed.len();
        self.packed.extend(lz4_flex::block::compress(bytes));
        format!(
            "Packed {{ start: {start}, end: {}, size: {} }}",
            self.packed.len(),
            bytes.len()
        )
    }

    fn write(self, folder: &Path) {
        // The index is searched by name, so it is in the order of names, which is not that of paths.
        let rows: String = self.modules.into_values().collect();
        let index = format!(
            "static MODULES: &[Row] = &[\n{rows}];\nstatic DATA: &[(&str, Packed)] = &[\n{}];\n",
            self.data
        );
        for (name, bytes) in [
            ("code.bin", &self.code[..]),
            ("packed.bin", &self.packed[..]),
            ("index.rs", index.as_bytes()),
        ] {
            fs::write(folder.join(name), bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}
