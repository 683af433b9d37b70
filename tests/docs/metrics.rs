//! The table of metrics in docs/metrics.md, and the dashboard of packaging/grafana.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use support::page::check_part;
use support::repository;
use zfssa::driver::{METRICS, MetricKind};

const DOCS: &str = "docs/metrics.md";
const DASHBOARD: &str = "packaging/grafana/zfssa.json";
const BEGIN: &str = "<!-- metrics: made by `ZFSSA_BLESS=1 cargo test --test docs` -->\n";
const END: &str = "<!-- /metrics -->\n";

/// Metrics that the dashboard does not show, and why.
const NOT_SHOWN: &[(&str, &str)] = &[("zfssa_logouts_total", "a driver logs out once, at its end")];

#[test]
fn the_docs_have_the_table() {
    let mut wanted =
        "\n| metric | kind | labels | meaning |\n| --- | --- | --- | --- |\n".to_owned();
    for metric in METRICS {
        let labels = metric.labels().iter().map(|label| format!("`{label}`"));
        let labels = labels.collect::<Vec<_>>().join(", ");
        let (name, kind, help) = (metric.name, metric.kind.name(), metric.help);
        wanted.push_str(&format!("| `{name}` | {kind} | {labels} | {help} |\n"));
    }
    wanted.push('\n');
    check_part(DOCS, BEGIN, END, &wanted);
}

/// The texts of all members `expr`: the queries of panels.
fn queries(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(query) if name == "expr" => found.push(query.clone()),
                    _ => queries(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| queries(item, found)),
        _ => {}
    }
}

/// The names of series in a query: words that begin as ours do.
fn series(query: &str) -> BTreeSet<&str> {
    let words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("zfssa_")).collect()
}

#[test]
fn the_dashboard_queries_metrics_of_the_table_and_shows_all_of_them() {
    let dashboard: Value =
        serde_json::from_slice(&fs::read(repository(DASHBOARD)).unwrap()).unwrap();
    let mut found = Vec::new();
    queries(&dashboard, &mut found);
    let used: BTreeSet<&str> = found.iter().flat_map(|query| series(query)).collect();
    let mut unknown = used.clone();
    for metric in METRICS {
        let ends = match metric.kind {
            MetricKind::Histogram => ["_bucket", "_sum", "_count"].as_slice(),
            _ => &[""],
        };
        let names = ends.iter().map(|end| format!("{}{end}", metric.name));
        let shown = names.filter(|name| unknown.remove(name.as_str())).count() > 0;
        let excepted = NOT_SHOWN.iter().any(|(name, _)| *name == metric.name);
        assert_ne!(shown, excepted, "{} is shown: {shown}", metric.name);
    }
    assert!(unknown.is_empty(), "in no table: {unknown:?}");
}

/// A counter by itself says when the process began; its rate or increase says what happens.
#[test]
fn the_dashboard_shows_counters_by_their_growth() {
    let dashboard: Value =
        serde_json::from_slice(&fs::read(repository(DASHBOARD)).unwrap()).unwrap();
    let mut found = Vec::new();
    queries(&dashboard, &mut found);
    assert!(found.len() >= 10, "{found:?}");
    for query in found {
        for name in series(&query) {
            let gauge = METRICS
                .iter()
                .any(|metric| metric.name == name && metric.kind == MetricKind::Gauge);
            let grown = ["rate(", "increase("]
                .iter()
                .any(|function| query.contains(&format!("{function}{name}")));
            assert_eq!(grown, !gauge, "{query}");
        }
    }
}

#[test]
fn the_dashboard_can_be_imported() {
    let dashboard: Value =
        serde_json::from_slice(&fs::read(repository(DASHBOARD)).unwrap()).unwrap();
    assert_eq!(dashboard["uid"], "zfssa");
    assert!(dashboard["id"].is_null(), "an id belongs to one Grafana");
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<u64> = panels
        .iter()
        .map(|panel| panel["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids.len(), panels.len());
    for panel in panels {
        let title = panel["title"].as_str().unwrap();
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{title}");
        assert!(!panel["targets"].as_array().unwrap().is_empty(), "{title}");
        let place = &panel["gridPos"];
        let right = place["x"].as_u64().unwrap() + place["w"].as_u64().unwrap();
        assert!(right <= 24, "{title}");
    }
}
