//! The Prometheus text format, version 0.0.4, of a snapshot.

use std::fmt::Write as _;

use crate::driver::metrics::snapshot::{Metrics, RESULTS};
use crate::driver::metrics::table::{METRICS, Value};
use crate::metrics::{BOUNDS_US, Durations};

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
                    for found in &self.durations {
                        let (resource, verb) = (found.resource.name(), found.verb.name());
                        let labels = format!("resource=\"{resource}\",verb=\"{verb}\"");
                        histogram(&mut text, name, &labels, &found.durations);
                    }
                }
                Value::LockWaits => histogram(&mut text, name, "", &self.lock_waits.durations),
                Value::Seconds(us) => {
                    if let Some(us) = us(self) {
                        add(&mut text, &[name, " "]);
                        seconds(&mut text, us);
                        text.push('\n');
                    }
                }
            }
        }
        text
    }
}

/// Adds a histogram with labels, which may be none.
fn histogram(text: &mut String, name: &str, labels: &str, found: &Durations) {
    let comma = if labels.is_empty() { "" } else { "," };
    let braces = if labels.is_empty() {
        ["", ""]
    } else {
        ["{", "}"]
    };
    let mut bound = String::new();
    let counts = found.at_most.iter().zip(BOUNDS_US);
    let all = (&found.count, u64::MAX);
    for (count, us) in counts.chain([all]) {
        bound.clear();
        match us {
            u64::MAX => bound.push_str("+Inf"),
            us => seconds(&mut bound, us),
        }
        add(text, &[name, "_bucket{", labels, comma]);
        sample(text, &["le=\"", &bound, "\"}"], *count);
    }
    add(text, &[name, "_sum", braces[0], labels, braces[1], " "]);
    seconds(text, found.sum_us);
    add(text, &["\n", name, "_count", braces[0], labels, braces[1]]);
    sample(text, &[], found.count);
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
    use crate::coordination::CoordinationMetrics;
    use crate::lock::LockWaits;
    use crate::rest::{Method, RequestDurations, Resource};

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
        assert!(!text.contains("\nzfssa_coordination_lease_remaining_seconds"));
        for metric in METRICS {
            let head = format!("# TYPE {} {}\n", metric.name, metric.kind.name());
            assert_eq!(text.matches(&head).count(), 1, "{head}");
        }
    }

    #[test]
    fn waits_for_locks_and_the_lease_are_in_the_text() {
        let mut durations = Durations {
            count: 2,
            sum_us: 1_500_000,
            ..Durations::default()
        };
        durations.at_most[0] = 1;
        durations.at_most[1..].fill(2);
        let metrics = Metrics {
            lock_waits: LockWaits {
                durations,
                contended: 1,
            },
            coordination: Some(CoordinationMetrics {
                lease_remaining_us: 29_250_000,
                leases_lost: 3,
                requests: 40,
                requests_failed: 5,
            }),
            connections_share: 6,
            connections_wanted: 8,
            ..Metrics::default()
        };
        let text = metrics.prometheus();
        for line in [
            "zfssa_lock_wait_seconds_bucket{le=\"0.005\"} 1",
            "zfssa_lock_wait_seconds_bucket{le=\"+Inf\"} 2",
            "zfssa_lock_wait_seconds_sum 1.5",
            "zfssa_lock_wait_seconds_count 2",
            "zfssa_locks_contended_total 1",
            "zfssa_coordination_lease_remaining_seconds 29.25",
            "zfssa_coordination_leases_lost_total 3",
            "zfssa_coordination_requests_total 40",
            "zfssa_coordination_requests_failed_total 5",
            "zfssa_connections_share 6",
            "zfssa_connections_wanted 8",
        ] {
            assert!(text.contains(&format!("\n{line}\n")), "{line} in {text}");
        }
    }
}
