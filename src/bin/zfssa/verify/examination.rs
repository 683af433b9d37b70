//! State of a run of `zfssa verify`, and the requests that its probes share.

use std::time::Duration;

use serde_json::{Value, json};
use zfssa::appliance::MASK_ALL;
use zfssa::rest::{Method, Path, Request, Settings};

use crate::verify::answer::{Answer, Trouble};
use crate::verify::client::Client;
use crate::verify::probes::data::Data;
use crate::verify::report::Findings;
use crate::verify::scratch::Scratch;

/// Size of the LUNs, which are thin.
pub const SIZE: u64 = 64 << 20;

/// A run.
pub struct Examination {
    pub client: Client,
    pub settings: Settings,
    pub scratch: Scratch,
    pub findings: Findings,
    /// Time for which sessions are left idle, if they are examined.
    pub session_wait: Option<Duration>,
    /// Settings of a user who may change nothing, if there is one.
    pub restricted: Option<Settings>,
    /// Way to the data of LUNs, if they are examined.
    pub data: Option<Data>,
}

impl Examination {
    pub async fn get(&self, path: Path) -> Result<Answer, Trouble> {
        Ok(self.client.ask(&Request::get(path)).await?)
    }

    pub async fn post(&self, path: Path, body: &Value) -> Result<Answer, Trouble> {
        Ok(self.client.ask(&Request::post(path, body)).await?)
    }

    pub async fn put(&self, path: Path, body: &Value) -> Result<Answer, Trouble> {
        Ok(self.client.ask(&Request::put(path, body)).await?)
    }

    pub async fn delete(&self, path: Path) -> Result<Answer, Trouble> {
        Ok(self.client.ask(&Request::delete(path)).await?)
    }

    /// Creates a masked thin LUN with further properties.
    pub async fn post_lun(&self, name: &str, further: &Value) -> Result<Answer, Trouble> {
        let mut body = json!({
            "name": name,
            "volsize": SIZE,
            "sparse": true,
            "initiatorgroup": MASK_ALL,
        });
        merge(&mut body, further);
        self.post(self.scratch.luns()?, &body).await
    }

    /// The same, which must succeed; returns the LUN as it is read afterwards.
    pub async fn lun(&self, name: &str, further: &Value) -> Result<Value, Trouble> {
        let made = self.post_lun(name, further).await?;
        made.object("lun", "POST LUN")?;
        self.read_lun(name).await
    }

    pub async fn read_lun(&self, name: &str) -> Result<Value, Trouble> {
        self.get(self.scratch.lun(name)?)
            .await?
            .object("lun", "GET LUN")
    }

    /// Takes a snapshot, which must succeed; returns it as it is read afterwards.
    pub async fn snapshot(&self, lun: &str, name: &str) -> Result<Value, Trouble> {
        let body = json!({ "name": name });
        let taken = self.post(self.scratch.snapshots(lun)?, &body).await?;
        taken.object("snapshot", "POST snapshot")?;
        self.read_snapshot(lun, name).await
    }

    pub async fn read_snapshot(&self, lun: &str, name: &str) -> Result<Value, Trouble> {
        self.get(self.scratch.snapshot(lun, name)?)
            .await?
            .object("snapshot", "GET snapshot")
    }

    /// Clones a snapshot of a LUN to a LUN of the scratch project, with further properties.
    pub async fn put_clone(
        &self,
        (lun, snapshot): (&str, &str),
        name: &str,
        further: &Value,
    ) -> Result<Answer, Trouble> {
        let mut body = json!({ "share": name, "project": self.scratch.name });
        merge(&mut body, further);
        let path = self.scratch.snapshot(lun, snapshot)?.fixed("clone");
        self.put(path, &body).await
    }

    /// The same, which must succeed; returns the clone as it is read afterwards.
    pub async fn clone_lun(
        &self,
        origin: (&str, &str),
        name: &str,
        further: &Value,
    ) -> Result<Value, Trouble> {
        let made = self.put_clone(origin, name, further).await?;
        made.object("lun", "PUT clone")?;
        self.read_lun(name).await
    }

    /// Whether a clone of this run is the only dependent of a snapshot, so that a deletion that
    /// takes the clones along destroys nothing else.
    pub async fn has_only_dependent(
        &self,
        (lun, snapshot): (&str, &str),
        clone: &str,
    ) -> Result<bool, Trouble> {
        let path = self.scratch.snapshot(lun, snapshot)?.fixed("dependents");
        let listed = self.get(path).await?;
        let listed = listed.object("dependents", "GET dependents")?;
        let own = |one: &Value| one["share"] == clone && one["project"] == *self.scratch.name;
        Ok(listed
            .as_array()
            .is_some_and(|all| all.len() == 1 && all.iter().all(own)))
    }

    /// Notes the refusal of a request; a success is a value, too.
    pub fn note_refusal(&mut self, name: &str, answer: &Answer, method: Method) {
        let seen = format!("{} answered {answer}", method.name());
        self.findings.observed(name, answer.to_string(), seen);
    }
}

fn merge(body: &mut Value, further: &Value) {
    if let (Value::Object(body), Value::Object(further)) = (body, further) {
        body.extend(further.clone());
    }
}

/// The first LU number of `assignednumber`, which is a number or a list.
pub fn first_number(lun: &Value) -> Option<i64> {
    let number = match &lun["assignednumber"] {
        Value::Array(numbers) => numbers.first()?,
        number => number,
    };
    number.as_i64()
}

/// The names in `initiatorgroup`, which is a text or a list.
pub fn groups_of(lun: &Value) -> Vec<&str> {
    match &lun["initiatorgroup"] {
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        name => name.as_str().into_iter().collect(),
    }
}
