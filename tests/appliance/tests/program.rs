//! The program and its admin port.

mod common;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use common::{LUNS, Rest};
use reqwest::Client;
use serde_json::{Value, json};

struct Program {
    child: Child,
    ready: Value,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(arguments: &[&str]) -> Program {
    let mut child = Command::new(env!("CARGO_BIN_EXE_zfssa-appliance"))
        .args(arguments)
        .arg("--exit-with-parent")
        .env("APPLIANCE_PASSWORD", "from the environment")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    Program {
        child,
        ready: serde_json::from_str(&line).unwrap(),
    }
}

struct Admin(Client, String);

impl Admin {
    /// With the client of the REST side, since reqwest wants a configuration of TLS even for plain HTTP.
    fn new(rest: &Rest, ready: &Value) -> Admin {
        Admin(
            rest.client.clone(),
            ready["admin"].as_str().unwrap().to_owned(),
        )
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let request = self
            .0
            .request(method.parse().unwrap(), format!("{}{path}", self.1));
        let request = if body.is_null() {
            request
        } else {
            request.body(body.to_string())
        };
        let answer = request.send().await.unwrap();
        (
            answer.status().as_u16(),
            serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default(),
        )
    }

    async fn get(&self, path: &str) -> Value {
        let (status, value) = self.call("GET", path, Value::Null).await;
        assert_eq!(status, 200, "{path}");
        value
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let (status, value) = self.call("POST", path, body).await;
        assert!(status == 200 || status == 204, "{path}: {status}");
        value
    }
}

#[test]
fn the_admin_port_does_what_the_handle_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (ca, ready) = (path("ca.pem"), path("ready"));
    let program = start(&[
        "--ca-file",
        &ca,
        "--ready-file",
        &ready,
        "--pool",
        "p1",
        "--pool",
        "pool-0",
        "--pool-size",
        "500g",
        "--user",
        "admin",
        "--password-env",
        "APPLIANCE_PASSWORD",
        "--cluster",
        "127.0.0.1:0",
        "--knobs",
        r#"{"first_lu_number": 5}"#,
    ]);
    let written: Value = serde_json::from_str(&std::fs::read_to_string(ready).unwrap()).unwrap();
    assert_eq!(written, program.ready);
    let mut rest = Rest::at(
        program.ready["url"].as_str().unwrap().to_owned(),
        &std::fs::read_to_string(&ca).unwrap(),
    );
    (rest.user, rest.password) = ("admin".to_owned(), "from the environment".to_owned());
    let admin = Admin::new(&rest, &program.ready);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        assert_eq!(rest.get("/api/storage/v1/pools/p1").await["pool"]["usage"]["total"], (500u64 << 30) as f64);
        let before = admin.get("/state").await;
        assert_eq!(rest.lun("a").await["assignednumber"], 5);
        assert_ne!(admin.get("/state").await, before);
        assert_eq!(admin.get("/trace").await[1]["path"], LUNS);
        admin.post("/trace/clear", Value::Null).await;
        assert_eq!(admin.get("/trace").await, json!([]));

        let faults = json!([{"method": "GET", "path": "luns", "kind": {"status": {"status": 500, "name": "ERR_X"}}}]);
        assert_eq!(admin.post("/faults", faults).await["faults"], json!([1]));
        assert_eq!(admin.post("/faults", json!({"kind": {"busy": {}}, "nth": 2})).await["faults"], json!([2]));
        rest.refused(500, "GET", LUNS, None).await;
        rest.refused(503, "GET", LUNS, None).await;
        assert_eq!(admin.get("/faults").await[0]["fired"], 1);
        assert_eq!(admin.call("DELETE", "/faults/2", Value::Null).await.0, 204);
        assert_eq!(admin.call("DELETE", "/faults/2", Value::Null).await.0, 404);
        assert_eq!(admin.call("DELETE", "/faults", Value::Null).await.0, 204);
        assert_eq!(admin.call("POST", "/faults", json!({"kind": "no such"})).await.0, 400);
        assert_eq!(admin.call("POST", "/faults", json!({"kind": "reset", "path": "("})).await.0, 400);

        assert_eq!(admin.post("/options", json!({"masked_number": -1})).await["masked_number"], -1);
        assert_eq!(admin.get("/options").await["first_lu_number"], 5, "the others stay");
        assert_eq!(admin.call("POST", "/options", json!({"colour": "red"})).await.0, 400);
        admin.post("/latency", json!({"get_ms": 1})).await;
        assert_eq!(admin.call("POST", "/latency", json!({"paths": [{"path": "(", "ms": 1}]})).await.0, 400);

        rest.send("POST", "/api/access/v1", None).await;
        let stats = admin.get("/stats").await;
        assert_eq!((&stats["sessions"], &stats["logins"]), (&json!(1), &json!(1)));
        admin.post("/sessions/expire", Value::Null).await;
        assert_eq!(admin.get("/stats").await["sessions"], 0);
        admin.post("/release", Value::Null).await;
        admin.post("/takeover", Value::Null).await;
        assert_eq!(admin.call("POST", "/takeover", Value::Null).await.0, 409);
        admin.post("/failback", Value::Null).await;

        let rotated = admin.post("/certificate/rotate", Value::Null).await;
        assert_eq!(rotated["ca_pem"], std::fs::read_to_string(&ca).unwrap());
        assert_ne!(rotated["certificate_sha256"], program.ready["certificate_sha256"]);
        admin.post("/trace/size", json!(0)).await;
        // The connections were reset by the failback, and the old CA does not vouch for the certificate.
        let rest = Rest {
            user: rest.user.clone(),
            password: rest.password.clone(),
            ..Rest::at(rest.url.clone(), rotated["ca_pem"].as_str().unwrap())
        };
        rest.send("POST", "/api/access/v1", None).await;
        assert_eq!(admin.get("/stats").await["sessions"], 1);
        admin.post("/reset", Value::Null).await;
        assert_eq!(admin.get("/stats").await["sessions"], 0);
        let mut after = admin.get("/state").await;
        let mut before = before;
        for state in [&mut before, &mut after] {
            // Projects are made anew, with another id.
            for pool in state["pools"].as_object_mut().unwrap().values_mut() {
                pool["projects"]["default"]["id"].take();
            }
        }
        assert_eq!(after, before);
    });
}

#[test]
fn it_has_the_knobs_of_a_profile() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (ca, profile) = (path("ca.pem"), path("profile.json"));
    let text =
        json!({"format": 1, "software": "x", "knobs": {"release": "OS8.8", "first_lu_number": 5}});
    std::fs::write(&profile, text.to_string()).unwrap();
    let knobs = |further: &[&str]| {
        let arguments = ["--profile", &profile, "--ca-file", &ca];
        let program = start(&[&arguments[..], further].concat());
        let rest = Rest::at(
            program.ready["url"].as_str().unwrap().to_owned(),
            &std::fs::read_to_string(&ca).unwrap(),
        );
        let admin = Admin::new(&rest, &program.ready);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(admin.get("/options"))
    };
    let plain = knobs(&[]);
    assert_eq!(
        (&plain["release"], &plain["first_lu_number"]),
        (&json!("OS8.8"), &json!(5))
    );
    assert_eq!(plain["expired_status"], 401);
    let other = knobs(&["--knobs", r#"{"first_lu_number": 7}"#, "--release", "OS8.7"]);
    assert_eq!(
        (&other["release"], &other["first_lu_number"]),
        (&json!("OS8.7"), &json!(7))
    );
    std::fs::write(&profile, r#"{"format": 1, "knobs": {"colour": 1}}"#).unwrap();
    let refused = Command::new(env!("CARGO_BIN_EXE_zfssa-appliance"))
        .args(["--profile", &profile])
        .output()
        .unwrap();
    let text = String::from_utf8(refused.stderr).unwrap();
    assert!(
        !refused.status.success() && text.contains("colour"),
        "{text}"
    );
}

#[test]
fn it_ends_cleanly_on_a_signal() {
    for signal in [libc::SIGTERM, libc::SIGINT] {
        let mut program = start(&[]);
        // SAFETY: the child is ours and has not been waited for, so the id is its own.
        assert_eq!(unsafe { libc::kill(program.child.id() as i32, signal) }, 0);
        assert!(program.child.wait().unwrap().success());
    }
}

#[test]
fn what_it_cannot_use_it_says() {
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_zfssa-appliance"))
            .args(arguments)
            .output()
            .unwrap();
        (
            output.status.success(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    for (arguments, word) in [
        (&["--pool-size", "big"][..], "1TiB"),
        (
            &["--password-file", "/nonexistent/file"],
            "/nonexistent/file",
        ),
        (&["--knobs", "{\"colour\": 1}"], "--knobs"),
        (&["--profile", "/no/such/profile"], "/no/such/profile"),
        (&["--listen", "203.0.113.7:1"], "address"),
    ] {
        let (success, text) = run(arguments);
        assert!(!success && text.contains(word), "{arguments:?}: {text}");
    }
}
