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
