//! Reader of `zfssa_initiator_config`: initiator groups and CHAP accounts.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use zeroize::Zeroizing;

use crate::built_in_groups::MASK_ALL;
use crate::config::config::{Chap, Initiator, InitiatorGroup};
use crate::config::values;
use crate::config::values::dict_reader::{DictReader, Document, FieldRules, Problem};
use crate::config::values::iscsi_name;
use crate::config::values::python_literal::{Literal, Value};
use crate::secret::Secret;

/// The fields of an initiator.
const FIELDS: FieldRules<3> = FieldRules {
    keys: ["iqn", "user", "password"],
    use_keys: "use the keys `iqn`, `user` and `password`",
    may_be_empty: true,
    use_text: "put it into quotes",
};

/// Reads `zfssa_initiator_config`.
pub(in crate::config) fn read(document: Document<'_>) -> Result<Vec<InitiatorGroup>, Vec<Problem>> {
    let mut reader = Reader {
        dict: DictReader::new(document.text),
        seen: BTreeMap::new(),
    };
    let groups = reader.groups(document.root);
    reader.dict.finish(groups)
}

/// First occurrence of an initiator.
struct Seen {
    at: usize,
    /// The groups that it is in so far.
    groups: Vec<String>,
    chap: Option<Chap>,
}

struct Reader<'a> {
    dict: DictReader<'a>,
    /// Initiators so far, folded to small letters.
    seen: BTreeMap<String, Seen>,
}

impl Reader<'_> {
    fn groups(&mut self, tree: Literal) -> Vec<InitiatorGroup> {
        let Value::Dict(entries) = tree.value else {
            let what = format!("is {}, not a dictionary of groups", tree.value.kind());
            self.dict
                .problem(tree.at, what, "write {'group': [{'iqn': '…'}]}");
            return Vec::new();
        };
        let mut groups: Vec<InitiatorGroup> = Vec::new();
        for (key, list) in entries {
            // Checked before the name is shown anywhere: a text that is not
            // followed by a list may be a password that lost its place.
            let Value::List(items) = list.value else {
                let what = format!(
                    "has {} where the list of a group belongs",
                    list.value.kind()
                );
                self.dict
                    .problem(list.at, what, "write 'group': [{'iqn': '…'}]");
                continue;
            };
            let Some(name) = self.group_name(&key) else {
                continue;
            };
            if groups.iter().any(|group| group.name == name) {
                let what = format!("lists the group `{name}` twice");
                self.dict
                    .problem(key.at, what, "put its initiators into one list");
                continue;
            }
            if items.is_empty() {
                let what = format!("has no initiator in the group `{name}`");
                self.dict
                    .problem(list.at, what, "add one or remove the group");
            }
            let initiators = items
                .into_iter()
                .filter_map(|item| self.initiator(&name, item))
                .collect();
            groups.push(InitiatorGroup { name, initiators });
        }
        groups
    }

    fn group_name(&mut self, key: &Literal) -> Option<String> {
        let Value::Text(name) = &key.value else {
            let what = format!("has {} where the name of a group belongs", key.value.kind());
            self.dict.problem(key.at, what, "put the name into quotes");
            return None;
        };
        match values::name(name) {
            Err(problem) => {
                let what = format!("has a group whose name {problem}");
                self.dict
                    .problem(key.at, what, "use letters, digits, `_`, `.`, `:` and `-`");
                None
            }
            Ok(MASK_ALL) => {
                let what = format!("has the group `{MASK_ALL}`, which hides volumes");
                self.dict.problem(key.at, what, "use another name");
                None
            }
            Ok(name) => Some(name.to_owned()),
        }
    }

    fn initiator(&mut self, group: &str, item: Literal) -> Option<Initiator> {
        let whose = format!("an initiator of the group `{group}`");
        let Value::Dict(entries) = item.value else {
            let what = format!("has {} in place of {whose}", item.value.kind());
            self.dict.problem(
                item.at,
                what,
                "write {'iqn': '…', 'user': '…', 'password': '…'}",
            );
            return None;
        };
        let (whole, [iqn, user, password]) = self.dict.fields(&whose, entries, &FIELDS);
        let Some(iqn) = iqn.filter(|iqn| !iqn.is_empty()) else {
            // With a field that could not be read, this would be one too many.
            if whole {
                let what = format!("has {whose} without `iqn`");
                self.dict.problem(item.at, what, "add its iSCSI name");
            }
            return None;
        };
        if let Err(problem) = iscsi_name::check(&iqn) {
            let what = format!("has {whose} whose `iqn` {problem}");
            self.dict
                .problem(item.at, what, "write the initiator's iSCSI name");
            return None;
        }
        if !whole {
            return None;
        }
        match chap(user.unwrap_or_default(), password.unwrap_or_default()) {
            Ok(chap) => {
                self.see(group, &iqn, item.at, chap.as_ref());
                Some(Initiator {
                    iqn: iqn.to_string(),
                    chap,
                })
            }
            Err(problem) => {
                let what = format!("has the initiator `{}`, which {problem}", *iqn);
                self.dict
                    .problem(item.at, what, "give both `user` and `password`, or neither");
                None
            }
        }
    }

    /// Records an initiator. It may be in several groups, as on the appliance,
    /// and has one account.
    fn see(&mut self, group: &str, iqn: &str, at: usize, chap: Option<&Chap>) {
        let seen = self.seen.entry(iqn.to_ascii_lowercase());
        let seen = match seen {
            Entry::Vacant(free) => {
                free.insert(Seen {
                    at,
                    groups: vec![group.to_owned()],
                    chap: chap.cloned(),
                });
                return;
            }
            Entry::Occupied(seen) => seen.into_mut(),
        };
        let first = self.dict.place(seen.at);
        let in_group = seen.groups.iter().any(|other| other == group);
        seen.groups.push(group.to_owned());
        if in_group {
            let what = format!("lists the initiator `{iqn}` twice, first at {first}");
            self.dict.problem(at, what, "give it once in each group");
        } else if seen.chap.as_ref() != chap {
            let what =
                format!("lists the initiator `{iqn}` with another CHAP account than at {first}");
            self.dict.problem(
                at,
                what,
                "give it the same `user` and `password` in each group",
            );
        }
    }
}

/// A CHAP account of a user and a secret; none when both are empty.
///
/// The problem is a clause that follows the account's owner.
pub(in crate::config) fn chap(
    user: Zeroizing<String>,
    secret: Zeroizing<String>,
) -> Result<Option<Chap>, &'static str> {
    match (user.is_empty(), secret.is_empty()) {
        (true, true) => return Ok(None),
        (false, true) => return Err("has a CHAP user without a secret"),
        (true, false) => return Err("has a CHAP secret without a user"),
        (false, false) => {}
    }
    values::line(&user).map_err(|_| "has a CHAP user with a control character in it")?;
    chap_secret(&secret).map_err(|flaw| match flaw {
        SecretFlaw::Character => "has a CHAP secret with a character outside printable ASCII",
        SecretFlaw::Length => "has a CHAP secret that is not 12 to 16 characters long",
    })?;
    Ok(Some(Chap {
        user: user.to_string(),
        secret: Secret::from(secret),
    }))
}

/// Why a text is no CHAP secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) enum SecretFlaw {
    Character,
    Length,
}

/// The appliance takes CHAP secrets of 12 to 16 characters and nothing else.
pub(in crate::config) fn chap_secret(secret: &str) -> Result<(), SecretFlaw> {
    if !secret.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        Err(SecretFlaw::Character)
    } else if !(12..=16).contains(&secret.len()) {
        Err(SecretFlaw::Length)
    } else {
        Ok(())
    }
}
