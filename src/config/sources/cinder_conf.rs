//! Reader of a backend's section of `cinder.conf`.

use std::collections::HashSet;

use crate::config::did_you_mean::did_you_mean;
use crate::config::error::{ConfigError, Location, printable};
use crate::config::gathered::{Gathered, Strictness};
use crate::config::options;
use crate::config::sources::oslo_ini::{Ini, Item};
use crate::config::sources::oslo_substitution::{Flaw, substitute};
use crate::sorting::sort_by;

/// Section of the options that a backend's own section does not set.
const SHARED: &str = "backend_defaults";

/// See `ConfigBuilder::load_cinder_conf`.
pub(in crate::config) fn load(gathered: &mut Gathered, text: &str, section: &str, source: &str) {
    let at = |line| {
        Some(Location {
            file: printable(source),
            line,
        })
    };
    let ini = match Ini::read(text) {
        Ok(ini) => ini,
        Err(flaws) => {
            for flaw in flaws {
                let remedy = "write `key = value`, `[section]`, or a comment that begins with `#`";
                gathered.fail(ConfigError::new("", flaw.problem, remedy).at(at(Some(flaw.line))));
            }
            return;
        }
    };
    let Some(own) = ini.items(section) else {
        let problem = format!("has no section `[{}]`", printable(section));
        let remedy = did_you_mean(section, ini.names());
        gathered.fail(ConfigError::new("", problem, remedy).at(at(None)));
        return;
    };
    // The old kind of installation, a single backend in [DEFAULT], knows no
    // shared section.
    let shared = ini
        .items(SHARED)
        .filter(|_| section != "DEFAULT")
        .unwrap_or_default();
    // If a key is repeated, the last value holds, and the section's own value
    // before the shared one; the others need not even be readable.
    let mut seen = HashSet::new();
    let mut chosen: Vec<_> = own
        .iter()
        .rev()
        .map(|item| (item, [section, SHARED, "DEFAULT"]))
        .chain(
            shared
                .iter()
                .rev()
                .map(|item| (item, [SHARED, "DEFAULT", "DEFAULT"])),
        )
        .filter(|(item, _)| seen.insert(&item.key))
        .collect();
    sort_by(&mut chosen, |(a, _), (b, _)| a.line.cmp(&b.line));
    for (item, scope) in chosen {
        take(gathered, &ini, &scope, item, at(Some(item.line)));
    }
}

fn take(
    gathered: &mut Gathered,
    ini: &Ini,
    scope: &[&str],
    item: &Item,
    location: Option<Location>,
) {
    let Some(spec) = options::find(&item.key) else {
        gathered.put(&item.key, &item.value, location, Strictness::OurPrefix);
        return;
    };
    let (problem, remedy) = match substitute(ini, scope, &item.value) {
        Ok(value) => {
            gathered.put(&item.key, &value.text, location, Strictness::OurPrefix);
            if value.secret {
                gathered.hide(spec);
            }
            return;
        }
        // What follows the dollar sign may be the end of a password.
        Err(Flaw::Unknown(_)) if spec.secret => (
            "refers with `$` to something that this file does not set".to_owned(),
            "write `$$` for a dollar sign",
        ),
        Err(Flaw::Unknown(name)) => (
            format!(
                "refers to `${}`, which this file does not set",
                printable(&name)
            ),
            "set it, or write `$$` for a dollar sign",
        ),
        Err(Flaw::Circle) => (
            "refers to itself, directly or by way of others".to_owned(),
            "break the circle",
        ),
        Err(Flaw::TooLong) => (
            "is too long with its references replaced".to_owned(),
            "write it out",
        ),
    };
    gathered.fail(
        ConfigError::new(&item.key, problem, remedy)
            .value_of(spec, &item.value)
            .at(location),
    );
}
