//! The table of packages, `packages.toml`: one entry for each, by the name that PyPI knows it under.

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What every suite runs under.
const RUNNER: &str = "pytest";

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Package {
    #[serde(skip)]
    pub name: String,
    pub version: String,
    /// The SHA-256 of the wheel, in hexadecimal.
    pub wheel: String,
    /// Other packages of the table that it needs.
    #[serde(default)]
    pub needs: Vec<String>,
    /// The module to import where it is not the package's name.
    pub import: Option<String>,
    /// There for those that need it, and not tried by itself.
    #[serde(default)]
    pub support: bool,
    /// Its files belong inside another's folder: they are found in one installation alone.
    #[serde(default)]
    pub shares: bool,
    pub tests: Option<Tests>,
}

/// A package's own test suite, and how pytest runs it.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Tests {
    /// The SHA-256 of the source distribution, for packages whose wheel has no tests.
    pub sdist: Option<String>,
    /// Files and folders of the source distribution that the tests consist of.
    #[serde(default)]
    pub files: Vec<String>,
    pub arguments: Vec<String>,
    /// Packages that only the tests need.
    #[serde(default)]
    pub needs: Vec<String>,
}

pub struct Catalogue {
    folder: PathBuf,
    packages: BTreeMap<String, Package>,
}

impl Catalogue {
    /// Reads `packages.toml` in `folder`, which also has the smoke programs.
    pub fn read(folder: &Path) -> Result<Catalogue> {
        let path = folder.join("packages.toml");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        Catalogue::parse(folder, &text).with_context(|| path.display().to_string())
    }

    fn parse(folder: &Path, text: &str) -> Result<Catalogue> {
        let mut packages: BTreeMap<String, Package> = toml::from_str(text)?;
        for (name, package) in &mut packages {
            package.name.clone_from(name);
        }
        let catalogue = Catalogue {
            folder: folder.to_owned(),
            packages,
        };
        for package in catalogue.packages.values() {
            let of_tests = package.tests.iter().flat_map(|tests| &tests.needs);
            for need in package.needs.iter().chain(of_tests) {
                ensure!(
                    catalogue.packages.contains_key(need),
                    "{} needs {need}, which is not there",
                    package.name
                );
            }
        }
        Ok(catalogue)
    }

    /// The packages of these names, or all that are tried.
    pub fn chosen(&self, names: &[String]) -> Result<Vec<&Package>> {
        if names.is_empty() {
            return Ok(self.packages.values().filter(|p| !p.support).collect());
        }
        let named = names.iter().map(|name| self.get(name));
        named.collect()
    }

    fn get(&self, name: &str) -> Result<&Package> {
        match self.packages.get(name) {
            Some(package) => Ok(package),
            None => bail!("{name} is not in packages.toml"),
        }
    }

    /// Packages and all that they need, each once.
    pub fn closure<'a>(
        &'a self,
        packages: impl IntoIterator<Item = &'a Package>,
    ) -> Vec<&'a Package> {
        let mut found: Vec<&Package> = Vec::new();
        let mut waiting: Vec<&Package> = packages.into_iter().collect();
        waiting.reverse();
        while let Some(package) = waiting.pop() {
            if !found.iter().any(|known| known.name == package.name) {
                found.push(package);
                let needs = package.needs.iter().rev();
                waiting.extend(needs.filter_map(|need| self.packages.get(need)));
            }
        }
        found
    }

    /// All that a package's own tests need, the package first.
    pub fn test_closure<'a>(&'a self, package: &'a Package) -> Result<Vec<&'a Package>> {
        let mut roots = vec![package, self.get(RUNNER)?];
        for need in package.tests.iter().flat_map(|tests| &tests.needs) {
            roots.push(self.get(need)?);
        }
        Ok(self.closure(roots))
    }

    /// The program that tries a package, where there is one.
    pub fn smoke(&self, package: &Package) -> Option<PathBuf> {
        let program = format!("smoke/smoke_{}.py", package.name);
        Some(self.folder.join(program)).filter(|path| path.is_file())
    }

    /// Holds the pytest plugin that keeps the record.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Package {
    pub fn module(&self) -> String {
        let module = || self.name.replace('-', "_");
        self.import.clone().unwrap_or_else(module)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = r#"
        [a-b]
        version = "1"
        wheel = "00"
        support = true
        [c]
        version = "2"
        wheel = "ff"
        needs = ["a-b"]
        import = "see"
        tests = { arguments = ["x"], needs = ["d"] }
        [d]
        version = "3"
        wheel = "aa"
        needs = ["a-b", "c"]
        [pytest]
        version = "4"
        wheel = "bb"
        support = true
    "#;

    fn names(packages: &[&Package]) -> Vec<String> {
        packages.iter().map(|p| p.name.clone()).collect()
    }

    #[test]
    fn entries_are_read() {
        let all = Catalogue::parse(Path::new(""), TABLE).expect("a table");
        assert_eq!(names(&all.chosen(&[]).expect("all")), ["c", "d"]);
        let c = all.get("c").expect("c is there");
        assert_eq!(c.module(), "see");
        assert_eq!(all.get("a-b").expect("a-b is there").module(), "a_b");
        assert_eq!(names(&all.closure([c])), ["c", "a-b"]);
        let tests = all.test_closure(c).expect("all are there");
        assert_eq!(names(&tests), ["c", "a-b", "pytest", "d"]);
    }

    #[test]
    fn wrong_entries_are_refused() {
        let wrong = |text| Catalogue::parse(Path::new(""), text).is_err();
        assert!(wrong("[a]\nversion = '1'\n"));
        assert!(wrong("[a]\nversion = '1'\nwheel = '0'\nneeds = ['b']\n"));
        assert!(wrong("[a]\nversion = '1'\nwheel = '0'\nneed = []\n"));
    }

    #[test]
    fn the_projects_own_table_is_sound() {
        let all = Catalogue::read(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("a table");
        for package in all.packages.values() {
            assert_eq!(package.wheel.len(), 64, "{}", package.name);
            all.test_closure(package).expect("pytest is there");
        }
    }
}
