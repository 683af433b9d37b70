//! Reader of `zfssa_migration_destinations`: accounts on other appliances.

use crate::secret::Secret;

use crate::config::config::{Destination, Endpoint};
use crate::config::values;
use crate::config::values::addresses;
use crate::config::values::dict_reader::{DictReader, Document, FieldRules, Problem};
use crate::config::values::python_literal::{Literal, Value};

/// Default port of an appliance's REST service.
pub const REST_PORT: u16 = 215;

const REMEDY: &str = "write {'address': {'login': '…', 'password': '…'}}";

/// The fields of an account.
const FIELDS: FieldRules<2> = FieldRules {
    keys: ["login", "password"],
    use_keys: "use the keys `login` and `password`",
    may_be_empty: false,
    use_text: "put a text that is not empty into quotes",
};

/// Reads `zfssa_migration_destinations`.
pub(in crate::config) fn read(document: Document<'_>) -> Result<Vec<Destination>, Vec<Problem>> {
    let mut reader = Reader(DictReader::new(document.text));
    let destinations = reader.destinations(document.root);
    reader.0.finish(destinations)
}

struct Reader<'a>(DictReader<'a>);

impl Reader<'_> {
    fn destinations(&mut self, tree: Literal) -> Vec<Destination> {
        let Value::Dict(entries) = tree.value else {
            let what = format!("is {}, not a dictionary of addresses", tree.value.kind());
            self.0.problem(tree.at, what, REMEDY);
            return Vec::new();
        };
        let mut found: Vec<Destination> = Vec::new();
        for (key, account) in entries {
            // Checked before the address is shown anywhere: a text that is not followed by an
            // account may be a password that lost its place.
            let at = account.at;
            let Value::Dict(fields) = account.value else {
                let what = format!("has {} where an account belongs", account.value.kind());
                self.0.problem(at, what, REMEDY);
                continue;
            };
            let Some(appliance) = self.address(&key) else {
                continue;
            };
            if found
                .iter()
                .any(|other| other.appliance.host == appliance.host)
            {
                let what = format!("lists the address `{}` twice", appliance.host);
                self.0.problem(key.at, what, "give each appliance once");
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
            self.0.problem(key.at, what, "put the address into quotes");
            return None;
        };
        match addresses::endpoint(text, REST_PORT) {
            Ok(endpoint) => Some(endpoint),
            Err(problem) => {
                let what = format!("has an address that {problem}");
                let remedy = "write `host` or `host:port`, an IPv6 address in brackets";
                self.0.problem(key.at, what, remedy);
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
        let owner = format!("the address `{appliance}`");
        let (whole, [login, password]) = self.0.fields(&owner, entries, &FIELDS);
        if !whole {
            return None;
        }
        let (Some(login), Some(password)) = (login, password) else {
            let what = format!("has the address `{appliance}` without login and password");
            self.0.problem(at, what, REMEDY);
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
            self.0.problem(at, what, REMEDY);
        }
        if login_problem.is_some() || password_problem.is_some() {
            return None;
        }
        Some((login.to_string(), Secret::from(password)))
    }
}
