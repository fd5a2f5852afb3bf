//! Typesets a paper with the data of a record.
//!
//!     tandem-paper FOLDER DATA.json OUT.pdf
//!
//! FOLDER holds `paper.typ`, which reads the data as `data.json`.

use anyhow::{Context, Result, bail};
use std::path::Path;
use typst_as_lib::TypstEngine;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, data, out] = arguments.as_slice() else {
        bail!("usage: tandem-paper FOLDER DATA.json OUT.pdf");
    };
    let pdf = typeset(Path::new(folder), Path::new(data))?;
    std::fs::write(out, pdf).with_context(|| format!("cannot write {out}"))
}

fn typeset(folder: &Path, data: &Path) -> Result<Vec<u8>> {
    let text = |name: &str| {
        let path = folder.join(name);
        std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let data = std::fs::read(data).with_context(|| format!("cannot read {}", data.display()))?;
    let references = text("references.yml")?.into_bytes();
    let engine = TypstEngine::builder()
        .main_file(text("paper.typ")?)
        .fonts(typst_assets::fonts())
        .with_static_file_resolver([("data.json", data), ("references.yml", references)])
        .build();
    let document: typst_layout::PagedDocument = match engine.compile().output {
        Ok(document) => document,
        Err(error) => bail!("the paper does not compile: {error}"),
    };
    let pdf = typst_pdf::pdf(&document, &Default::default());
    pdf.map_err(|errors| anyhow::anyhow!("no PDF: {errors:?}"))
}
