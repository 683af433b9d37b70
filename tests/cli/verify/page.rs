//! Table of the facts in docs/command.md.

use serde_json::Value;
use support::page::check_part;

use crate::bench::Bench;

const PAGE: &str = "docs/command.md";
const BEGIN: &str = "<!-- verify -->\n";
const END: &str = "<!-- /verify -->";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_table_of_the_page_is_that_of_the_command() {
    let bench = Bench::raw().await;
    let rows = bench.done(&["verify", "--list", "--output", "json"]);
    let rows: Vec<Value> = serde_json::from_str(&rows).unwrap();
    let mut table = "| name | kind | simulator | probe | value |\n\
                     | --- | --- | --- | --- | --- |\n"
        .to_owned();
    for row in &rows {
        let text = |key: &str| row[key].as_str().unwrap();
        let (probe, reading) = match row["probed"] == true {
            true => (text("probe"), text("reading")),
            false => ("not probed", text("probe")),
        };
        let (name, kind, default) = (text("name"), text("kind"), &row["default"]);
        table += &format!("| `{name}` | {kind} | `{default}` | {probe} | {reading} |\n");
    }
    check_part(PAGE, BEGIN, END, &table);
}
