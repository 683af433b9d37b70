//! How long the appliance takes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use regex::Regex;
use serde::{Deserialize, Serialize};

/// Milliseconds by method, and by path where that is said. A real appliance needs some hundred for a read and ten to
/// twenty thousand for the creation of a LUN.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Latency {
    /// For GET.
    pub get_ms: u64,
    /// For POST, logins too.
    pub post_ms: u64,
    /// For PUT.
    pub put_ms: u64,
    /// For DELETE.
    pub delete_ms: u64,
    /// Exceptions; the first that matches counts.
    pub paths: Vec<PathLatency>,
    /// Wait after the work is done, not before.
    pub after_work: bool,
}

/// A latency for some paths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathLatency {
    /// The method, or any.
    #[serde(default)]
    pub method: Option<String>,
    /// A regular expression that path and query, as sent, have to match somewhere.
    pub path: String,
    /// Milliseconds.
    pub ms: u64,
}

impl Latency {
    /// The same for every method.
    pub fn every(ms: u64) -> Latency {
        Latency {
            get_ms: ms,
            post_ms: ms,
            put_ms: ms,
            delete_ms: ms,
            ..Latency::default()
        }
    }
}

#[derive(Default)]
struct Compiled {
    table: Latency,
    paths: Vec<Regex>,
}

/// The latency in force.
#[derive(Default)]
pub(crate) struct LatencyTable {
    on: AtomicBool,
    inner: RwLock<Arc<Compiled>>,
}

impl LatencyTable {
    pub fn set(&self, table: Latency) -> Result<(), String> {
        let paths = table
            .paths
            .iter()
            .map(|path| Regex::new(&path.path))
            .collect::<Result<Vec<_>, _>>();
        let paths = paths.map_err(|error| error.to_string())?;
        self.on
            .store(table != Latency::default(), Ordering::Release);
        *self.inner.write().unwrap_or_else(|e| e.into_inner()) =
            Arc::new(Compiled { table, paths });
        Ok(())
    }

    /// How long this request takes before and after its work.
    pub fn of(&self, method: &str, path: &str) -> (Option<Duration>, Option<Duration>) {
        if !self.on.load(Ordering::Acquire) {
            return (None, None);
        }
        let compiled = self.inner.read().unwrap_or_else(|e| e.into_inner()).clone();
        let table = &compiled.table;
        let special = table
            .paths
            .iter()
            .zip(&compiled.paths)
            .find(|(row, regex)| {
                row.method
                    .as_deref()
                    .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
                    && regex.is_match(path)
            });
        let ms = match (special, method) {
            (Some((row, _)), _) => row.ms,
            (None, "GET" | "HEAD") => table.get_ms,
            (None, "POST") => table.post_ms,
            (None, "PUT") => table.put_ms,
            (None, _) => table.delete_ms,
        };
        let wait = (ms > 0).then(|| Duration::from_millis(ms));
        if table.after_work {
            (None, wait)
        } else {
            (wait, None)
        }
    }
}
