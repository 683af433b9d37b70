//! The program with `--replay`, started as a user would.

mod common;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use common::Rest;
use serde_json::{Value, json};

const TRACE: &str = r#"{"zfssa_trace":1,"zfssa":"1.0.0","identified":false}
{"number":1,"at_ms":0,"took_ms":0,"method":"GET","target":"/api/a","request":{},"answer":{"status":200,"headers":{"content-type":"application/json"},"body":{"a":1}}}
{"number":2,"at_ms":1,"took_ms":0,"method":"GET","target":"/api/b","request":{},"answer":{"status":200,"body":{"b":1}}}
"#;

/// A program that answers from a trace. It ends with the test.
struct Program {
    child: Child,
    rest: Rest,
}

impl Program {
    fn start(folder: &std::path::Path) -> Program {
        let (trace, ca) = (folder.join("trace"), folder.join("ca.pem"));
        std::fs::write(&trace, TRACE).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_zfssa-appliance"))
            .arg("--replay")
            .arg(&trace)
            .arg("--ca-file")
            .arg(&ca)
            .arg("--exit-with-parent")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let ca_pem = std::fs::read_to_string(&ca).unwrap();
        let rest = Rest::at(ready["url"].as_str().unwrap().to_owned(), &ca_pem);
        Program { child, rest }
    }

    /// Ends it; its exit code and what it reported.
    fn end(mut self) -> (Option<i32>, String) {
        // SAFETY: plain numbers. The child has not been waited for, so the number is still its own.
        let sent = unsafe { libc::kill(self.child.id() as libc::pid_t, libc::SIGTERM) };
        assert_eq!(sent, 0);
        let mut report = String::new();
        let mut errors = self.child.stderr.take().unwrap();
        errors.read_to_string(&mut report).unwrap();
        (self.child.wait().unwrap().code(), report)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn exchanges_that_were_not_asked_for_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path());
    assert_eq!(program.rest.get("/api/b").await, json!({"b": 1}));
    let (code, report) = program.end();
    assert_eq!(
        (code, report.as_str()),
        (Some(0), "not asked for: 1 GET /api/a\n")
    );
}

#[tokio::test]
async fn a_request_that_is_not_in_the_trace_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path());
    for path in ["/api/a", "/api/b"] {
        program.rest.get(path).await;
    }
    let body = json!({"name": "n", "chapsecret": "hush"});
    let (status, fault) = program.rest.call("POST", "/api/a", Some(body)).await;
    assert_eq!(status, 500);
    assert_eq!(fault["fault"]["name"], "ERR_NOT_IN_TRACE");
    let (code, report) = program.end();
    assert_eq!(code, Some(1), "{report}");
    assert!(
        report.starts_with("not in the trace: POST /api/a {\"name\":\"n\""),
        "{report}"
    );
    assert!(!report.contains("hush"), "{report}");
    assert!(
        report.ends_with("zfssa-appliance: 1 requests are not in the trace\n"),
        "{report}"
    );
}
