//! The HTML page of a comparison or a record.

use crate::figure::{self, Figure};
use crate::grid::{self, Grid};
use crate::record::Machine;
use crate::results::Results;
use anyhow::Result;
use minijinja::value::Serde;
use minijinja::{Environment, Value, context};
use serde::Serialize;

/// What a page says of one experiment.
#[derive(Serialize)]
pub struct Section {
    pub name: String,
    pub title: String,
    pub question: String,
    pub tables: Vec<Grid>,
    pub figures: Vec<Figure>,
    /// Peers that are not installed and the like.
    pub notes: Vec<String>,
}

impl Section {
    pub fn of(results: &Results, notes: Vec<String>) -> Result<Section> {
        let plan = results.plan;
        let tables: Result<Vec<Grid>> = plan
            .tables
            .iter()
            .map(|table| grid::of(table, results))
            .collect();
        let mut figures = Vec::new();
        for plot in &plan.plots {
            figures.extend(figure::of(plot, results)?);
        }
        let (drawn, empty): (Vec<Figure>, Vec<Figure>) =
            figures.into_iter().partition(|figure| !figure.empty);
        let nothing = empty
            .iter()
            .map(|figure| format!("Nothing to draw for “{}”.", figure.title));
        Ok(Section {
            name: plan.name.clone(),
            title: plan.title.clone(),
            question: plan.question.clone(),
            tables: tables?,
            figures: drawn,
            notes: notes.into_iter().chain(nothing).collect(),
        })
    }

    pub fn to_text(&self) -> String {
        let tables: Vec<String> = self.tables.iter().map(Grid::to_text).collect();
        tables.join("\n")
    }
}

/// The whole page, which needs no other file.
pub fn html(title: &str, machine: &Machine, sections: &[Section]) -> Result<String> {
    let mut environment = Environment::new();
    environment.add_template("page.html", include_str!("../templates/page.html"))?;
    let page = environment.get_template("page.html")?;
    Ok(page.render(context! {
        title,
        machine => Value::from(Serde(machine)),
        sections => Value::from(Serde(sections)),
    })?)
}

/// A page of plain text.
pub fn text(title: &str, text: &str) -> Result<String> {
    let mut environment = Environment::new();
    environment.add_template("text.html", include_str!("../templates/text.html"))?;
    let page = environment.get_template("text.html")?;
    Ok(page.render(context! { title, text })?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;
    use crate::record::{Cell, Kind, Pause, Run, Sample};
    use std::collections::BTreeMap;
    use std::path::Path;
    use std::process::Command;

    fn machine() -> Machine {
        Machine {
            date: "2026-01-01".to_owned(),
            processor: "a processor".to_owned(),
            cores: 2,
            memory_bytes: 1 << 34,
            system: "Linux".to_owned(),
            load: 0.5,
            subjects: BTreeMap::from([("refcount".to_owned(), "3.14 <b>".to_owned())]),
            commit: "abc".to_owned(),
            quick: true,
        }
    }

    fn run(workload: &str, subject: &str, round: usize) -> Run {
        let wall_s = 1.0 + round as f64 + subject.len() as f64;
        Run {
            cell: Cell {
                workload: workload.to_owned(),
                parameters: BTreeMap::new(),
            },
            subject: subject.to_owned(),
            round,
            ending: if workload == "splay" && subject == "none" {
                "crash: SIGSEGV"
            } else {
                "ok"
            }
            .to_owned(),
            output: 1,
            wall_s,
            user_s: wall_s,
            system_s: 0.0,
            peak_bytes: 1 << 24,
            resident: (0..20)
                .map(|ms| Sample {
                    ms: ms * 50,
                    bytes: u64::from(ms) << 20,
                })
                .collect(),
            pauses: vec![Pause {
                start_ns: 1_000_000,
                pause_ns: 2_000_000,
                kind: Kind::Cascade,
            }],
            observed: true,
            collections: 0,
            values: BTreeMap::new(),
            series: BTreeMap::new(),
        }
    }

    /// The page of made-up runs for one of the project's plans.
    fn page(plan: &str) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("plans")
            .join(plan)
            .with_extension("toml");
        let plan = Plan::read(&path).expect("a plan");
        let mut runs = Vec::new();
        for workload in &plan.workloads {
            for subject in ["refcount", "none", "cpython"] {
                runs.extend((0..2).map(|round| run(&workload.name, subject, round)));
            }
        }
        let section =
            Section::of(&Results::new(&plan, &runs), vec!["a note".to_owned()]).expect("drawn");
        html("A title", &machine(), &[section]).expect("rendered")
    }

    #[test]
    fn a_failure_is_shown_as_what_it_was() {
        let page = page("memory");
        assert!(page.contains("class=\"failed\""));
        assert!(page.contains("crash: SIGSEGV"));
        assert!(page.contains("3.14 &lt;b&gt;"), "versions are text");
    }

    /// Opens the page in Chromium: plots have a size, nothing lies outside the page's width, a click sorts, no error.
    #[test]
    #[ignore = "needs Chromium"]
    fn a_browser_shows_the_page() {
        const CHECK: &str = r#"<script>
            const faults = [];
            window.onerror = message => faults.push(message);
            addEventListener("load", () => {
                const plots = [...document.querySelectorAll("figure svg")];
                if (plots.length < 3) faults.push("plots: " + plots.length);
                for (const plot of plots) {
                    const box = plot.getBoundingClientRect();
                    if (box.width < 200 || box.height < 100) faults.push("a plot of no size");
                    if (box.right > innerWidth) faults.push("a plot beyond the edge");
                    if (!plot.querySelector("rect, polyline, circle")) faults.push("an empty plot");
                }
                const table = document.querySelector("table");
                const value = () => Number(table.tBodies[0].rows[0].cells[1].dataset.value);
                const button = table.querySelectorAll("th button")[1];
                button.click(); const least = value();
                button.click(); const most = value();
                if (!(least <= most)) faults.push("a click does not sort");
                if (document.documentElement.scrollWidth > innerWidth) faults.push("the page is too wide");
                document.title = "checked: " + faults.join("; ");
            });
        </script></body>"#;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("page.html");
        std::fs::write(&path, page("memory").replace("</body>", CHECK)).expect("written");
        for width in [390, 1200] {
            let profile = folder.path().join("profile");
            let output = Command::new("chromium")
                .args([
                    "--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-quic",
                    "--no-first-run",
                ])
                .args([
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                ])
                .arg(format!("--window-size={width},900"))
                .arg(format!("--user-data-dir={}", profile.display()))
                .arg("--dump-dom")
                .arg(format!("file://{}", path.display()))
                .output()
                .expect("chromium runs");
            let page = String::from_utf8_lossy(&output.stdout);
            assert!(
                page.contains("<title>checked: </title>"),
                "{}",
                page.lines()
                    .find(|line| line.contains("<title>"))
                    .unwrap_or("no page")
            );
        }
    }
}
