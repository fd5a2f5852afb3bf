//! Fetched packages, unpacked. The host python's pip fetches a file once, and it is used only if its digest is the
//! recorded one.

use crate::catalogue::Package;
use anyhow::{Context, Result, ensure};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

pub struct Store {
    folder: PathBuf,
}

impl Store {
    pub fn at(folder: PathBuf) -> Store {
        Store { folder }
    }

    /// Those of `packages` that are not there yet.
    pub fn missing<'a>(&self, packages: &[&'a Package]) -> Vec<&'a Package> {
        let absent = packages.iter().filter(|p| !self.unpacked(p).exists());
        absent.copied().collect()
    }

    /// Where a wheel's contents are.
    pub fn unpacked(&self, package: &Package) -> PathBuf {
        self.folder
            .join(format!("{}-{}", package.name, package.version))
    }

    /// What `PYTHONPATH` must say for these packages to be found.
    pub fn search_path(&self, packages: &[&Package], more: Option<&Path>) -> Result<OsString> {
        let mut folders: Vec<PathBuf> = match packages.iter().any(|package| package.shares) {
            true => vec![self.installation(packages)?],
            false => packages.iter().map(|p| self.unpacked(p)).collect(),
        };
        folders.extend(more.map(Path::to_owned));
        Ok(std::env::join_paths(folders)?)
    }

    /// One folder with the files of all, which are links to the unpacked ones.
    fn installation(&self, packages: &[&Package]) -> Result<PathBuf> {
        let (first, count) = (self.unpacked(packages[0]), packages.len());
        let name = first.file_name().unwrap_or_default().to_string_lossy();
        let place = self.folder.join(format!("{name}-and-{}", count - 1));
        if !place.exists() {
            let folder = tempfile::tempdir_in(&self.folder)?;
            let made = folder.path().join("made");
            for package in packages {
                link_all(&self.unpacked(package), &made)?;
            }
            settle(&made, &place)?;
        }
        Ok(place)
    }

    /// Fetches a wheel and unpacks it.
    pub fn fetch(&self, package: &Package) -> Result<()> {
        let what = || format!("{} {}", package.name, package.version);
        let download = self
            .download(package, &package.wheel, wheel_options())
            .with_context(what)?;
        let unpacked = download.path().join("unpacked");
        let mut unzip = python();
        unzip.args(["-m", "zipfile", "-e"]);
        unzip.arg(only_file(download.path(), "whl")?).arg(&unpacked);
        ensure!(unzip.status()?.success(), "the wheel cannot be unpacked");
        settle(&unpacked, &self.unpacked(package))
    }

    /// The folder of the unpacked source distribution, which is fetched if it is not there.
    pub fn source(&self, package: &Package, sha256: &str) -> Result<PathBuf> {
        let place = self
            .folder
            .join(format!("{}-{}-source", package.name, package.version));
        if !place.exists() {
            let what = || format!("the source of {} {}", package.name, package.version);
            let options = vec![
                format!("--no-binary={}", package.name),
                "--ignore-requires-python".to_owned(),
            ];
            let download = self.download(package, sha256, options).with_context(what)?;
            let unpacked = download.path().join("unpacked");
            let mut untar = python();
            untar.args(["-m", "tarfile", "-e"]);
            untar.arg(only_file(download.path(), "gz")?).arg(&unpacked);
            ensure!(untar.status()?.success(), "the source cannot be unpacked");
            settle(&unpacked, &place)?;
        }
        // All that a source distribution has lies in one folder.
        let mut entries = std::fs::read_dir(&place)?.filter_map(|entry| Some(entry.ok()?.path()));
        entries
            .find(|path| path.is_dir())
            .context("an empty source distribution")
    }

    /// A folder with the file that pip fetched. pip refuses one whose digest is another.
    fn download(
        &self,
        package: &Package,
        sha256: &str,
        options: Vec<String>,
    ) -> Result<tempfile::TempDir> {
        std::fs::create_dir_all(&self.folder)?;
        let folder = tempfile::tempdir_in(&self.folder)?;
        let requirement = folder.path().join("requirement.txt");
        let line = format!(
            "{}=={} --hash=sha256:{sha256}\n",
            package.name, package.version
        );
        std::fs::write(&requirement, line)?;
        let mut pip = python();
        pip.args(["-m", "pip", "download", "--quiet", "--no-deps"])
            .args(["--disable-pip-version-check", "--require-hashes"])
            .args(options)
            .arg("--dest")
            .arg(folder.path())
            .arg("--requirement")
            .arg(&requirement);
        let output = pip.output().context("cannot run python3")?;
        ensure!(
            output.status.success(),
            "pip: {}",
            child::tail(&output.stderr, 5)
        );
        Ok(folder)
    }
}

/// Puts a finished folder in its place, unless another process was faster.
fn settle(made: &Path, place: &Path) -> Result<()> {
    match std::fs::rename(made, place) {
        Err(_) if place.is_dir() => Ok(()),
        result => Ok(result?),
    }
}

fn link_all(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            link_all(&entry.path(), &target)?;
        } else if !target.exists() {
            std::fs::hard_link(entry.path(), target)?;
        }
    }
    Ok(())
}

fn only_file(folder: &Path, extension: &str) -> Result<PathBuf> {
    let mut files = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path()));
    files
        .find(|path| path.extension().is_some_and(|e| e == extension))
        .with_context(|| format!("pip has fetched no .{extension} file"))
}

fn python() -> Command {
    Command::new("python3")
}

fn wheel_options() -> Vec<String> {
    let fixed = ["--python-version", "3.14", "--only-binary=:all:"].map(str::to_owned);
    let platforms = PLATFORMS.iter().map(|tag| format!("--platform={tag}"));
    fixed.into_iter().chain(platforms).collect()
}

/// The tags of wheels for this machine, as pip wants them: one by one.
const PLATFORMS: [&str; 14] = [
    "manylinux1_x86_64",
    "manylinux2010_x86_64",
    "manylinux2014_x86_64",
    "manylinux_2_5_x86_64",
    "manylinux_2_12_x86_64",
    "manylinux_2_17_x86_64",
    "manylinux_2_24_x86_64",
    "manylinux_2_26_x86_64",
    "manylinux_2_27_x86_64",
    "manylinux_2_28_x86_64",
    "manylinux_2_31_x86_64",
    "manylinux_2_34_x86_64",
    "manylinux_2_35_x86_64",
    "linux_x86_64",
];
