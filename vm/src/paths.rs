//! Where the installation lies: `sys.prefix`, and what `sys.path` starts with.
//!
//! A virtual environment is a folder with a `pyvenv.cfg` next to the executable or above it, as CPython has it. The standard
//! library is in the binary, so nothing else needs to be found.

use std::path::{Path, PathBuf};

use crate::runtime::Config;

/// What `pyvenv.cfg` calls the folder of the interpreter that the environment was made from.
const HOME: &str = "home";

/// The entries of `sys.path` after `PYTHONPATH`: `site` adds those of packages.
pub fn library_paths(_: &Config) -> Vec<String> {
    Vec::new()
}

/// `sys.prefix`: the environment's folder, or the installation's.
pub fn prefix(c: &Config) -> String {
    match environment(c) {
        Some((folder, _)) => text(&folder),
        None => base_prefix(c),
    }
}

/// `sys.base_prefix`: the installation's folder.
pub fn base_prefix(c: &Config) -> String {
    let executable = Path::new(&c.executable);
    let installed = match environment(c) {
        Some((_, Some(home))) => return parent(&home),
        _ => std::fs::canonicalize(executable).unwrap_or_else(|_| executable.to_path_buf()),
    };
    installed
        .parent()
        .map_or_else(|| "/usr/local".to_owned(), parent)
}

/// `sys._base_executable`: the executable of the installation.
pub fn base_executable(c: &Config) -> String {
    let executable = Path::new(&c.executable);
    match environment(c) {
        Some((_, Some(home))) => {
            let name = executable.file_name().unwrap_or_default();
            let same = home.join(name);
            if same.exists() {
                return text(&same);
            }
            std::fs::canonicalize(executable).map_or_else(|_| text(&same), |p| text(&p))
        }
        _ => c.executable.clone(),
    }
}

fn parent(folder: &Path) -> String {
    text(folder.parent().unwrap_or(Path::new("/")))
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The environment that the executable is in: its folder, and the `home` that its configuration names.
fn environment(c: &Config) -> Option<(PathBuf, Option<PathBuf>)> {
    let bin = Path::new(&c.executable).parent()?;
    let (folder, file) = [Some(bin), bin.parent()]
        .into_iter()
        .flatten()
        .map(|folder| (folder, folder.join("pyvenv.cfg")))
        .find(|(_, file)| file.is_file())?;
    let settings = std::fs::read_to_string(file).ok()?;
    let home = settings.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        key.trim()
            .eq_ignore_ascii_case(HOME)
            .then(|| PathBuf::from(value.trim()))
    });
    // The configuration next to the executable is that of the folder above it.
    let prefix = if folder == bin {
        bin.parent().unwrap_or(bin)
    } else {
        folder
    };
    Some((prefix.to_path_buf(), home))
}
