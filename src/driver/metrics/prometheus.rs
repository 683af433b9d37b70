//! The Prometheus text format, version 0.0.4, of a snapshot.

use std::fmt::Write as _;

use crate::driver::metrics::snapshot::{Metrics, RESULTS};
use crate::driver::metrics::table::{METRICS, Value};
use crate::metrics::BOUNDS_US;
use crate::rest::RequestDurations;

impl Metrics {
    /// The snapshot in the Prometheus text format, version 0.0.4.
    pub fn prometheus(&self) -> String {
        let mut text = String::with_capacity(4096);
        for metric in METRICS {
            let (name, kind) = (metric.name, metric.kind.name());
            add(&mut text, &["# HELP ", name, " ", metric.help, "\n"]);
            add(&mut text, &["# TYPE ", name, " ", kind, "\n"]);
            match metric.value {
                Value::Number(value) => sample(&mut text, &[name], value(self)),
                Value::Results => {
                    for (result, count) in RESULTS.iter().zip(self.operations) {
                        sample(&mut text, &[name, "{result=\"", result, "\"}"], count);
                    }
                }
                Value::Durations => {
                    for durations in &self.durations {
                        histogram(&mut text, name, durations);
                    }
                }
            }
        }
        text
    }
}

fn histogram(text: &mut String, name: &str, found: &RequestDurations) {
    let (resource, verb) = (found.resource.name(), found.verb.name());
    let labels = ["{resource=\"", resource, "\",verb=\"", verb, "\""];
    let mut bound = String::new();
    let counts = found.durations.at_most.iter().zip(BOUNDS_US);
    let all = (&found.durations.count, u64::MAX);
    for (count, us) in counts.chain([all]) {
        bound.clear();
        match us {
            u64::MAX => bound.push_str("+Inf"),
            us => seconds(&mut bound, us),
        }
        add(text, &[name, "_bucket"]);
        add(text, &labels);
        sample(text, &[",le=\"", &bound, "\"}"], *count);
    }
    add(text, &[name, "_sum"]);
    add(text, &labels);
    add(text, &["} "]);
    seconds(text, found.durations.sum_us);
    add(text, &["\n", name, "_count"]);
    add(text, &labels);
    sample(text, &["}"], found.durations.count);
}

/// Ends a line with its value.
fn sample(text: &mut String, parts: &[&str], value: u64) {
    add(text, parts);
    // Writing to a String does not fail.
    let _ = writeln!(text, " {value}");
}

fn add(text: &mut String, parts: &[&str]) {
    parts.iter().for_each(|part| text.push_str(part));
}

/// Microseconds as seconds, exactly and without needless zeros.
fn seconds(text: &mut String, us: u64) {
    let (whole, part) = (us / 1_000_000, us % 1_000_000);
    let _ = write!(text, "{whole}");
    if part > 0 {
        let _ = write!(text, ".{part:06}");
        text.truncate(text.trim_end_matches('0').len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Durations;
    use crate::rest::{Method, Resource};

    #[test]
    fn seconds_are_exact() {
        for (us, wanted) in [
            (0, "0"),
            (1, "0.000001"),
            (5_000, "0.005"),
            (250_000, "0.25"),
            (10_000_000, "10"),
            (90_000_010, "90.00001"),
        ] {
            let mut text = String::new();
            seconds(&mut text, us);
            assert_eq!(text, wanted);
        }
    }

    #[test]
    fn the_text_has_every_metric_once_and_every_bucket() {
        let mut durations = Durations {
            count: 3,
            sum_us: 61_500_000,
            ..Durations::default()
        };
        durations.at_most[7..].fill(2);
        let metrics = Metrics {
            requests: 7,
            operations: [1, 2, 3, 4, 5, 6, 7],
            durations: vec![RequestDurations {
                resource: Resource::Lun,
                verb: Method::Post,
                durations,
            }],
            ..Metrics::default()
        };
        let text = metrics.prometheus();
        let (first, rest) = text.split_once("# HELP zfssa_request_duration").unwrap();
        assert!(first.ends_with("# TYPE zfssa_requests_total counter\nzfssa_requests_total 7\n"));
        let lines: Vec<&str> = rest.lines().skip(2).take(17).collect();
        let labels = "resource=\"lun\",verb=\"POST\"";
        let name = "zfssa_request_duration_seconds";
        assert_eq!(
            lines[0],
            format!("{name}_bucket{{{labels},le=\"0.005\"}} 0")
        );
        assert_eq!(lines[7], format!("{name}_bucket{{{labels},le=\"1\"}} 2"));
        assert_eq!(
            lines[13],
            format!("{name}_bucket{{{labels},le=\"+Inf\"}} 3")
        );
        assert_eq!(lines[14], format!("{name}_sum{{{labels}}} 61.5"));
        assert_eq!(lines[15], format!("{name}_count{{{labels}}} 3"));
        assert!(lines[16].starts_with("# HELP "));
        assert!(text.contains("zfssa_operations_total{result=\"unknown\"} 5\n"));
        for metric in METRICS {
            let head = format!("# TYPE {} {}\n", metric.name, metric.kind.name());
            assert_eq!(text.matches(&head).count(), 1, "{head}");
        }
    }
}
