//! Objects that are shown otherwise than they are: with a property of a strange form, or without one.
//!
//! Appliances differ by release and by what others wrote into them, so a client meets objects that it cannot read. Only
//! the JSON that goes out is touched; the object stays what it is.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::core::lock;
use crate::request::Reply;

/// How one object is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Odd {
    /// `lun`, `snapshot`, `dependent`, `pool`, `project`, `filesystem`, `initiator`, `initiator_group`, `target`,
    /// `target_group`, `replication_target`, `replication_source`, `action`, `package` or `property`.
    pub kind: String,
    /// Its name: of a snapshot also `LUN@NAME`, of a dependent the clone's name, of an initiator its iSCSI name, of a
    /// target its alias, of a replication target its label, of an action or package its id.
    pub name: String,
    /// An object: these properties replace its own or are added. Anything else stands in the place of the whole object.
    #[serde(default = "nothing")]
    pub set: Value,
    /// Properties that are left out.
    #[serde(default)]
    pub without: Vec<String>,
}

fn nothing() -> Value {
    Value::Object(Map::new())
}

/// The property that names an object of a kind.
fn name_of(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "lun" | "snapshot" | "pool" | "project" | "filesystem" | "initiator_group"
        | "target_group" | "replication_source" => "name",
        "dependent" => "share",
        "initiator" => "initiator",
        "target" => "alias",
        "replication_target" => "label",
        "action" | "package" => "id",
        "property" => "property",
        _ => return None,
    })
}

/// The kind of what an answer has under a key.
fn kind_of(key: &str, path: &[&str]) -> Option<&'static str> {
    let within = |part: &str| path.contains(&part);
    Some(match key {
        "lun" | "luns" => "lun",
        "snapshot" | "snapshots" => "snapshot",
        "dependents" => "dependent",
        "pool" | "pools" => "pool",
        "project" | "projects" => "project",
        "filesystems" => "filesystem",
        "initiator" | "initiators" => "initiator",
        "group" | "groups" if within("initiator-groups") => "initiator_group",
        "group" | "groups" => "target_group",
        "target" | "targets" if within("replication") => "replication_target",
        "target" | "targets" => "target",
        "source" | "sources" => "replication_source",
        "action" | "actions" => "action",
        "property" | "properties" | "schema" => "property",
        _ => return None,
    })
}

/// The objects that are shown otherwise.
#[derive(Default)]
pub(crate) struct Oddities(Mutex<Vec<Odd>>);

impl Oddities {
    pub fn add(&self, odd: Odd) -> Result<(), String> {
        if name_of(&odd.kind).is_none() {
            return Err(format!("there is no kind {:?}", odd.kind));
        }
        lock(&self.0).push(odd);
        Ok(())
    }

    pub fn clear(&self) {
        lock(&self.0).clear();
    }

    pub fn all(&self) -> Vec<Odd> {
        lock(&self.0).clone()
    }

    /// Shows what an answer holds as it is to be shown. `path` is that of the request.
    pub fn dress(&self, path: &[&str], reply: &mut Reply) {
        let odd = lock(&self.0);
        if odd.is_empty() {
            return;
        }
        let Ok(Value::Object(mut body)) = serde_json::from_slice(&reply.body) else {
            return;
        };
        for (key, value) in &mut body {
            let Some(kind) = kind_of(key, path) else {
                continue;
            };
            if let Some(Value::Array(packages)) = value.get_mut("packages") {
                dress_all(&odd, "package", packages);
            }
            match value {
                Value::Array(list) => dress_all(&odd, kind, list),
                one => dress_one(&odd, kind, one),
            }
        }
        reply.body = Value::Object(body).to_string().into_bytes();
    }
}

fn dress_all(odd: &[Odd], kind: &str, list: &mut [Value]) {
    list.iter_mut().for_each(|one| dress_one(odd, kind, one));
}

fn dress_one(odd: &[Odd], kind: &str, object: &mut Value) {
    let text = |object: &Value, key: &str| object[key].as_str().map(str::to_owned);
    let Some(name) = name_of(kind).and_then(|key| text(object, key)) else {
        return;
    };
    let long = text(object, "share").map(|share| format!("{share}@{name}"));
    let mine = odd
        .iter()
        .filter(|odd| odd.kind == kind && (odd.name == name || Some(&odd.name) == long.as_ref()));
    for odd in mine {
        match (&odd.set, &mut *object) {
            (Value::Object(set), Value::Object(object)) => {
                object.extend(set.clone());
                object.retain(|key, _| !odd.without.contains(key));
            }
            (other, object) => *object = other.clone(),
        }
    }
}
