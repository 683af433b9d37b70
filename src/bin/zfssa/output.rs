//! Results on standard output: tables for people, JSON and YAML for programs.

use std::io::Write as _;

use clap::ValueEnum;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use crate::exit::Failure;

/// Format of a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For people: sizes in GiB, times as ages.
    #[default]
    Table,
    /// The result with the members of the Rust type: sizes in bytes, times in UTC.
    Json,
    /// The same as YAML.
    Yaml,
}

/// Where results go, and in which format.
pub struct Output {
    format: OutputFormat,
}

impl Output {
    pub fn new(format: OutputFormat) -> Output {
        Output { format }
    }

    /// Prints a result: the text in the format for people, the value in the others.
    pub fn show(
        &self,
        value: &impl Serialize,
        for_people: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        let unreadable = |error: &dyn std::fmt::Display| Failure::local("the result", error);
        let text = match self.format {
            OutputFormat::Table => for_people(),
            OutputFormat::Json => {
                serde_json::to_string_pretty(value).map_err(|e| unreadable(&e))?
            }
            OutputFormat::Yaml => serde_saphyr::to_string(value).map_err(|e| unreadable(&e))?,
        };
        let mut out = std::io::stdout().lock();
        match writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()) {
            // The reader, such as `head`, has enough.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            written => written.map_err(|error| Failure::local("standard output", error)),
        }
    }

    /// Whether results are for people.
    pub fn is_for_people(&self) -> bool {
        self.format == OutputFormat::Table
    }
}

/// A table with a row for each object; a sentence if there is none.
pub fn rows<const N: usize>(
    heads: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
    none: &str,
) -> String {
    let mut table = bare_table();
    table.set_header(heads);
    table.add_rows(rows);
    match table.is_empty() {
        true => none.to_owned(),
        false => table.trim_fmt(),
    }
}

/// The properties of one object, one a line.
pub fn properties<'a>(properties: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let mut table = bare_table();
    let properties = properties.into_iter();
    table.add_rows(properties.map(|(name, value)| [name.to_owned(), value]));
    table.trim_fmt()
}

fn bare_table() -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table
}
