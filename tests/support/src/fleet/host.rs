//! A host of a fleet, as the test has it: its process, and the calls that it runs.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::SOCKET;
use crate::child_process::ChildProcess;
use crate::only_test;

/// Time that a call has, leases that run out included.
const PATIENCE: Duration = Duration::from_secs(120);

/// Why a call failed, or why a driver was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The name of the status, such as `DEADLINE`; empty if the host died.
    pub status: String,
    /// The name of the outcome, such as `NONE`.
    pub outcome: String,
    pub message: String,
}

type Waiting = Arc<Mutex<Option<HashMap<u64, Sender<Result<Value, Failure>>>>>>;

/// A process with a driver. Dropping it kills the process.
pub struct Host {
    process: ChildProcess,
    requests: UnixStream,
    waiting: Waiting,
    last_id: u64,
}

impl Host {
    /// Starts a process of this test binary, whose test `child` of `module` calls
    /// [`child`](super::child), and makes a driver with these options there.
    pub fn start(module: &str, options: &[(String, String)]) -> Result<Host, Failure> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("host");
        let listener = UnixListener::bind(&path).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(only_test(module, "child"))
            .env(SOCKET, &path)
            .stdin(Stdio::null());
        if std::env::var_os("ZFSSA_TEST_TRACE").is_none() {
            command.stdout(Stdio::null());
        }
        let process = ChildProcess::start(&mut command).unwrap();
        let (socket, _) = listener.accept().unwrap();
        let waiting: Waiting = Arc::new(Mutex::new(Some(HashMap::new())));
        let answers = BufReader::new(socket.try_clone().unwrap());
        let mut host = Host {
            process,
            requests: socket,
            waiting: waiting.clone(),
            last_id: 0,
        };
        let made = host.wait_for(0);
        writeln!(host.requests, "{}", json!(options)).unwrap();
        std::thread::spawn(move || {
            for line in answers.lines().map_while(Result::ok) {
                deliver(&waiting, &line);
            }
            // No answer comes any more.
            *waiting.lock().unwrap() = None;
        });
        made.wait()?;
        Ok(host)
    }

    /// Begins a call: the members of a JSON object, `call` among them.
    pub fn begin(&mut self, mut call: Value) -> Pending {
        self.last_id += 1;
        call["id"] = self.last_id.into();
        let pending = self.wait_for(self.last_id);
        // A host that was killed has closed the socket: the call is answered with that.
        let _ = writeln!(self.requests, "{call}");
        pending
    }

    /// Runs a call to its end.
    pub fn call(&mut self, call: Value) -> Result<Value, Failure> {
        self.begin(call).wait()
    }

    fn wait_for(&self, id: u64) -> Pending {
        let (sender, receiver) = channel();
        if let Some(waiting) = self.waiting.lock().unwrap().as_mut() {
            waiting.insert(id, sender);
        }
        Pending {
            receiver,
            result: None,
        }
    }

    /// Kills the process with SIGKILL: calls that wait fail.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Stops the process with SIGSTOP.
    pub fn stop(&self) {
        self.process.stop();
    }

    /// Continues the stopped process.
    pub fn go_on(&self) {
        self.process.go_on();
    }

    /// Ends the process as a program ends: its calls end, then its driver.
    pub fn end(mut self) {
        self.requests.shutdown(std::net::Shutdown::Write).unwrap();
        let ended = crate::until_blocking(|| !self.process.runs());
        assert!(ended, "the host does not end");
    }
}

fn deliver(waiting: &Waiting, line: &str) {
    let mut answer: Value = serde_json::from_str(line).unwrap();
    let id = answer["id"].as_u64().unwrap();
    let result = match answer.get("error") {
        Some(error) => {
            let text = |name: &str| error[name].as_str().unwrap().to_owned();
            Err(Failure {
                status: text("status"),
                outcome: text("outcome"),
                message: text("message"),
            })
        }
        None => Ok(answer["ok"].take()),
    };
    let sender = waiting
        .lock()
        .unwrap()
        .as_mut()
        .and_then(|all| all.remove(&id));
    // The test may have dropped the call.
    let _ = sender.expect("a call").send(result);
}

/// A call that was begun.
pub struct Pending {
    receiver: Receiver<Result<Value, Failure>>,
    result: Option<Result<Value, Failure>>,
}

impl Pending {
    /// Whether it ended.
    pub fn is_over(&mut self) -> bool {
        if self.result.is_none() {
            self.result = self.receiver.try_recv().ok();
        }
        self.result.is_some()
    }

    /// Waits for its end.
    pub fn wait(self) -> Result<Value, Failure> {
        if let Some(result) = self.result {
            return result;
        }
        match self.receiver.recv_timeout(PATIENCE) {
            Ok(result) => result,
            Err(RecvTimeoutError::Disconnected) => Err(Failure {
                status: String::new(),
                outcome: String::new(),
                message: "the host is dead".to_owned(),
            }),
            Err(RecvTimeoutError::Timeout) => panic!("the call does not end"),
        }
    }
}
