//! Line of the log: a record of the engine as JSON.

use serde::Deserialize;

/// The members that are read; docs/command.md describes them. Others may be there.
#[derive(Deserialize)]
pub struct Line {
    pub time: Option<String>,
    pub msg: String,
    pub target: String,
    pub operation: Option<String>,
    pub resource: Option<String>,
    pub operation_id: Option<String>,
    pub request: Option<String>,
    pub status: Option<u16>,
    pub milliseconds: Option<u64>,
    pub failure: Option<String>,
    pub error: Option<String>,
}

impl Line {
    /// A record of the engine; `None` for a line of anything else.
    pub fn parse(text: &[u8]) -> Option<Line> {
        let line: Line = serde_json::from_slice(text).ok()?;
        let is_ours = line.target == "zfssa" || line.target.starts_with("zfssa::");
        is_ours.then_some(line)
    }

    /// Status and outcome of a failed operation, from `text (STATUS, outcome OUTCOME)`.
    pub fn status_and_outcome(&self) -> Option<(&str, &str)> {
        let error = self.error.as_deref()?.strip_suffix(')')?;
        let (_, end) = error.rsplit_once(" (")?;
        end.split_once(", outcome ")
    }

    /// Kind of object that the request is about, with the method, such as `GET luns`.
    pub fn kind_of_request(&self) -> Option<String> {
        let request = self.request.as_deref()?;
        let Some((method, path)) = request
            .split_once(' ')
            .filter(|(method, _)| is_method(method))
        else {
            // Such as the login.
            return Some(request.to_owned());
        };
        let path = path.split('?').next().unwrap_or(path);
        Some(format!("{method} {}", collection(path)))
    }
}

fn is_method(word: &str) -> bool {
    ["GET", "POST", "PUT", "DELETE"].contains(&word)
}

/// The collection in a path, without the names of objects: `storage/pools/p/projects/c/luns/a` is
/// about `luns`.
fn collection(path: &str) -> &str {
    let mut parts = path.split('/');
    let service = parts.next().unwrap_or_default();
    let mut kind = service;
    if service == "san" {
        // The protocol comes before the collection.
        parts.next();
    }
    while let Some(part) = parts.next() {
        kind = part;
        // The name of an object.
        parts.next();
    }
    kind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_about_the_last_collection() {
        let kind = |request: &str| {
            let text = serde_json::json!({"msg": "", "target": "zfssa", "request": request});
            Line::parse(text.to_string().as_bytes())
                .unwrap()
                .kind_of_request()
                .unwrap()
        };
        for (request, expected) in [
            ("GET storage/pools/p/projects/c/luns/a", "GET luns"),
            ("POST storage/pools/p/projects/c/luns", "POST luns"),
            (
                "PUT storage/pools/p/projects/c/luns/a/snapshots/s",
                "PUT snapshots",
            ),
            ("GET storage/pools/p", "GET pools"),
            ("GET storage/schema?limit=1", "GET schema"),
            ("GET san/iscsi/initiator-groups/g", "GET initiator-groups"),
            ("GET system/version", "GET version"),
            ("the login", "the login"),
        ] {
            assert_eq!(kind(request), expected);
        }
    }

    #[test]
    fn lines_of_other_programs_are_none_of_the_engines() {
        for text in [
            "",
            "panic: a text",
            "[]",
            r#"{"time":"2026-01-01T00:00:00Z","msg":"call","method":"NodeStage"}"#,
            r#"{"msg":"answered","target":"hyper::client"}"#,
            r#"{"msg":"answered","target":"zfssable"}"#,
            r#"{"msg":1,"target":"zfssa"}"#,
        ] {
            assert!(Line::parse(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn status_and_outcome_end_an_error() {
        let line = |error: &str| {
            let text = serde_json::json!({"msg": "failed", "target": "zfssa", "error": error});
            Line::parse(text.to_string().as_bytes()).unwrap()
        };
        let failed = line("volume a (a copy) is busy (VOLUME_BUSY, outcome REJECTED)");
        assert_eq!(
            failed.status_and_outcome(),
            Some(("VOLUME_BUSY", "REJECTED"))
        );
        assert_eq!(line("no form").status_and_outcome(), None);
    }
}
