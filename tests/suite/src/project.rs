//! Where things are: the repository, its test data, the reference installation, and the folder for outputs.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

pub struct Project {
    root: PathBuf,
    peers: PathBuf,
}

impl Project {
    /// The workspace around the running package (cargo says where), or around the current folder.
    pub fn find(peers: &Path) -> Result<Project> {
        let start = match std::env::var_os("CARGO_MANIFEST_DIR") {
            Some(package) => PathBuf::from(package),
            None => std::env::current_dir().context("no current folder")?,
        };
        let is_root = |folder: &&Path| folder.join("tests/suite/driver.py").is_file();
        match start.ancestors().find(is_root) {
            Some(root) => Ok(Project {
                root: root.to_owned(),
                peers: root.join(peers),
            }),
            None => bail!("{} is not in Tandem's repository", start.display()),
        }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn programs(&self) -> PathBuf {
        self.root.join("tests/programs")
    }

    pub fn wheels(&self) -> PathBuf {
        self.root.join("tests/wheels")
    }

    /// Where fetched packages are kept, for all programs of the workspace.
    pub fn wheel_store(&self) -> PathBuf {
        self.root.join("target/wheels")
    }

    pub fn ext(&self) -> PathBuf {
        self.root.join("tests/ext")
    }

    /// The folders of CPython's headers: the second holds what the first leaves to the machine's architecture.
    pub fn reference_headers(&self) -> Result<[PathBuf; 2]> {
        Ok([
            self.peer("usr/include/python3.14")?,
            self.peer("usr/include")?,
        ])
    }

    /// The tables of C API symbols.
    pub fn symbols(&self) -> PathBuf {
        self.root.join("extabi/symbols")
    }

    pub fn conformance(&self) -> PathBuf {
        self.root.join("tests/conformance")
    }

    pub fn driver(&self) -> PathBuf {
        self.root.join("tests/suite/driver.py")
    }

    /// A file under target/suite.
    pub fn output(&self, name: &str) -> PathBuf {
        self.root.join("target/suite").join(name)
    }

    pub fn reference(&self) -> Result<PathBuf> {
        self.peer("bin/cpython314")
    }

    /// The folder that holds CPython's `test` package.
    pub fn reference_library(&self) -> Result<PathBuf> {
        self.peer("usr/lib/python3.14")
    }

    fn peer(&self, name: &str) -> Result<PathBuf> {
        let path = self.peers.join(name);
        if !path.exists() {
            bail!(
                "{} is missing: run scripts/fetch-reference first",
                path.display()
            );
        }
        Ok(path)
    }
}
