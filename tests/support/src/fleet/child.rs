//! Host program: one driver in a process of its own, which runs calls as JSON lines of a socket.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use zfssa::config::ConfigBuilder;
use zfssa::driver::{
    Audit, Call, CheckForSetupError, CreateSnapshot, DeleteVolume, DoSetup, Driver, ExtendVolume,
    GetVolume, GetVolumeStats, InitializeConnection, ListVolumes, MigrateVolume, Operation,
    Recover, TerminateConnection, Timeout,
};
use zfssa::error::{Error, Result};

use super::SOCKET;
use crate::trace_everything;

/// Time for the end of the session, and of the lease in etcd.
const LOGGING_OUT: Duration = Duration::from_secs(10);

/// What a process of a host does: the body of a test of its binary. Without the socket in the
/// environment it does nothing.
pub fn child() {
    let Ok(socket) = std::env::var(SOCKET) else {
        return;
    };
    trace_everything();
    let socket = UnixStream::connect(socket).unwrap();
    let mut lines = BufReader::new(socket.try_clone().unwrap()).lines();
    let answers = Arc::new(Mutex::new(socket));
    // Nothing comes when the test ended before.
    let Some(Ok(options)) = lines.next() else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let driver = runtime.block_on(async { driver(&options) });
    let driver = match driver {
        Ok(driver) => {
            answer(&answers, 0, Ok(Value::Null));
            driver
        }
        Err(failure) => return answer(&answers, 0, Err(failure)),
    };
    let mut calls = Vec::new();
    for line in lines.map_while(std::io::Result::ok) {
        let request: Value = serde_json::from_str(&line).unwrap();
        let (driver, answers) = (driver.clone(), answers.clone());
        calls.push(runtime.spawn(async move {
            let id = request["id"].as_u64().unwrap();
            let result = call(&driver, &request).await;
            answer(&answers, id, result.map_err(|error| failure(&error)));
        }));
    }
    // The test has closed the socket, or is gone: calls end, and the driver after them.
    runtime.block_on(async {
        for call in calls {
            let _ = call.await;
        }
        driver.log_out(LOGGING_OUT).await;
    });
}

fn driver(options: &str) -> std::result::Result<Driver, Value> {
    let options: Vec<(String, String)> = serde_json::from_str(options).unwrap();
    let config = ConfigBuilder::from_pairs(options).build();
    let config = config.map_err(
        |errors| json!({"status": "CONFIG", "outcome": "NONE", "message": errors.to_string()}),
    )?;
    Driver::new(config).map_err(|error| failure(&error))
}

fn failure(error: &Error) -> Value {
    json!({
        "status": error.status().name(),
        "outcome": error.outcome().name(),
        "message": error.to_string(),
    })
}

fn answer(answers: &Mutex<UnixStream>, id: u64, result: std::result::Result<Value, Value>) {
    let line = match result {
        Ok(value) => json!({"id": id, "ok": value}),
        Err(failure) => json!({"id": id, "error": failure}),
    };
    // The test may be gone.
    let _ = writeln!(answers.lock().unwrap(), "{line}");
}

async fn call(driver: &Driver, request: &Value) -> Result<Value> {
    let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
    let volume = || text("volume");
    let run = Run { driver, request };
    match request["call"].as_str().unwrap() {
        "do_setup" => run.this(DoSetup {}).await,
        "check_for_setup_error" => run.this(CheckForSetupError::default()).await,
        "get_volume_stats" => run.this(GetVolumeStats {}).await,
        "get_volume" => {
            let get = GetVolume { name: volume() };
            run.this(get).await
        }
        "list_volumes" => run.this(ListVolumes::default()).await,
        "create_volume" => run.this(crate::volume(&volume())).await,
        "delete_volume" => {
            let delete = DeleteVolume { name: volume() };
            run.this(delete).await
        }
        "extend_volume" => {
            let extend = ExtendVolume {
                name: volume(),
                size_gib: request["size_gib"].as_u64().unwrap(),
            };
            run.this(extend).await
        }
        "create_snapshot" => {
            let create = CreateSnapshot {
                volume: volume(),
                name: text("snapshot"),
            };
            run.this(create).await
        }
        "initialize_connection" => {
            let attach = InitializeConnection {
                volume: volume(),
                initiator: text("initiator"),
                host_name: text("host_name"),
                exclusive: request["exclusive"].as_bool().unwrap_or_default(),
                ..InitializeConnection::default()
            };
            run.this(attach).await
        }
        "terminate_connection" => {
            let detach = TerminateConnection {
                volume: volume(),
                initiator: text("initiator").as_str().into(),
                still_attached: Some(Vec::new()),
            };
            run.this(detach).await
        }
        "migrate_volume" => {
            let migrate = MigrateVolume {
                name: volume(),
                location_info: text("location_info").as_str().into(),
                ..MigrateVolume::default()
            };
            run.this(migrate).await
        }
        "audit" => run.this(Audit::default()).await,
        "recover" => run.this(Recover::default()).await,
        other => panic!("no call {other}"),
    }
}

struct Run<'a> {
    driver: &'a Driver,
    request: &'a Value,
}

impl Run<'_> {
    /// Runs an operation with the request's id and timeout.
    async fn this<O: Operation>(&self, operation: O) -> Result<Value> {
        let timeout = match self.request["timeout_ms"].as_u64() {
            Some(timeout) => Timeout::After(Duration::from_millis(timeout)),
            None => Timeout::Configured,
        };
        let call = Call {
            timeout,
            operation_id: self.request["operation_id"].as_str().map(str::to_owned),
            ..Call::default()
        };
        let output = self.driver.run(operation, &self.driver.scope(call)).await?;
        Ok(serde_json::to_value(&output).unwrap())
    }
}
