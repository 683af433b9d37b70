//! Accounts on other appliances: `zfssa_migration_destinations`.

use zeroize::Zeroizing;

use crate::secret::Secret;

use crate::config::config::{Destination, Endpoint};
use crate::config::did_you_mean::nearest;
use crate::config::values;
use crate::config::values::addresses;
use crate::config::values::python_literal::{self, Literal, Value};

/// The port of an appliance's REST service, where nothing else is said.
pub const REST_PORT: u16 = 215;

/// The keys of a destination.
const KEYS: [&str; 2] = ["login", "password"];

const REMEDY: &str = "write {'address': {'login': '…', 'password': '…'}}";

/// A problem and its remedy.
type Problem = (String, String);

/// Reads `zfssa_migration_destinations`.
///
/// No problem quotes the text, since any part of it may be a password that stands in the wrong
/// place; only what passes as an address is shown, beside the line and column.
pub(in crate::config) fn read(text: &str) -> Result<Vec<Destination>, Vec<Problem>> {
    let tree = python_literal::read(text).map_err(|flaw| {
        let place = python_literal::place(text, flaw.at);
        vec![(
            format!("cannot be read at {place}: {}", flaw.problem),
            "write it as a Python literal or as JSON".into(),
        )]
    })?;
    let mut reader = Reader {
        text,
        problems: Vec::new(),
    };
    let destinations = reader.destinations(tree);
    if reader.problems.is_empty() {
        Ok(destinations)
    } else {
        Err(reader.problems)
    }
}

struct Reader<'a> {
    text: &'a str,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn problem(&mut self, at: usize, what: String, remedy: impl Into<String>) {
        let place = python_literal::place(self.text, at);
        self.problems
            .push((format!("{what} ({place})"), remedy.into()));
    }

    fn destinations(&mut self, tree: Literal) -> Vec<Destination> {
        let Value::Dict(entries) = tree.value else {
            let what = format!("is {}, not a dictionary of addresses", tree.value.kind());
            self.problem(tree.at, what, REMEDY);
            return Vec::new();
        };
        let mut found: Vec<Destination> = Vec::new();
        for (key, account) in entries {
            // Checked before the address is shown anywhere: a text that is not followed by an
            // account may be a password that lost its place.
            let at = account.at;
            let Value::Dict(fields) = account.value else {
                let what = format!("has {} where an account belongs", account.value.kind());
                self.problem(at, what, REMEDY);
                continue;
            };
            let Some(appliance) = self.address(&key) else {
                continue;
            };
            if found
                .iter()
                .any(|other| other.appliance.host == appliance.host)
            {
                let what = format!("gives the address `{}` twice", appliance.host);
                self.problem(key.at, what, "give each appliance once");
                continue;
            }
            if let Some((login, password)) = self.account(&appliance, at, fields) {
                found.push(Destination {
                    appliance,
                    login,
                    password,
                });
            }
        }
        found
    }

    fn address(&mut self, key: &Literal) -> Option<Endpoint> {
        let Value::Text(text) = &key.value else {
            let what = format!("has {} where an address belongs", key.value.kind());
            self.problem(key.at, what, "put the address into quotes");
            return None;
        };
        match addresses::endpoint(text, REST_PORT) {
            Ok(endpoint) => Some(endpoint),
            Err(problem) => {
                let what = format!("has an address that {problem}");
                let remedy = "write `host` or `host:port`, an IPv6 address in brackets";
                self.problem(key.at, what, remedy);
                None
            }
        }
    }

    fn account(
        &mut self,
        appliance: &Endpoint,
        at: usize,
        entries: Vec<(Literal, Literal)>,
    ) -> Option<(String, Secret)> {
        let mut fields: [Option<Zeroizing<String>>; 2] = Default::default();
        let mut whole = true;
        for (key, value) in entries {
            whole &= self.field(appliance, key, value, &mut fields);
        }
        if !whole {
            return None;
        }
        let [login, password] = fields;
        let (Some(login), Some(password)) = (login, password) else {
            let what = format!("has the address `{appliance}` without login and password");
            self.problem(at, what, REMEDY);
            return None;
        };
        let login_problem = values::login(&login)
            .err()
            .map(|problem| ("login", problem));
        let password_problem = values::line(&password)
            .err()
            .map(|problem| ("password", problem));
        for (key, problem) in login_problem.iter().chain(&password_problem) {
            let what = format!("has the address `{appliance}` whose `{key}` {problem}");
            self.problem(at, what, REMEDY);
        }
        if login_problem.is_some() || password_problem.is_some() {
            return None;
        }
        Some((login.to_string(), Secret::from(password)))
    }

    /// Takes one field of an account; `false` when it is wrong.
    fn field(
        &mut self,
        appliance: &Endpoint,
        key: Literal,
        value: Literal,
        fields: &mut [Option<Zeroizing<String>>; 2],
    ) -> bool {
        let Value::Text(name) = &key.value else {
            let what = format!(
                "has the address `{appliance}` with {} as a key",
                key.value.kind()
            );
            self.problem(key.at, what, "use the keys `login` and `password`");
            return false;
        };
        let Some(index) = KEYS.iter().position(|known| *known == name.as_str()) else {
            let remedy = match nearest(name, KEYS) {
                Some(known) => format!("did you mean `{known}`?"),
                None => "use the keys `login` and `password`".into(),
            };
            let what = format!("has the address `{appliance}` with an unknown key");
            self.problem(key.at, what, remedy);
            return false;
        };
        let known = KEYS[index];
        if fields[index].is_some() {
            let what = format!("has the address `{appliance}` with `{known}` twice");
            self.problem(key.at, what, "give it once");
            return false;
        }
        match value.value {
            Value::Text(text) if !text.is_empty() => {
                fields[index] = Some(text);
                true
            }
            other => {
                let kind = other.kind();
                let what = format!("has the address `{appliance}` whose `{known}` is {kind}");
                self.problem(value.at, what, "put a text that is not empty into quotes");
                false
            }
        }
    }
}
