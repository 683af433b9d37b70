//! TCP proxy in front of a server, which a test can cut, stall, slow down, or rob of its answers.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

/// What becomes of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// They arrive.
    Open,
    /// Each piece arrives so much later.
    Slow(Duration),
    /// Requests arrive and answers never do; a connection that lost one is closed afterwards.
    AnswersLost,
    /// Nothing arrives, and connections stay.
    Stalled,
    /// Connections are closed, and new ones at once.
    Cut,
}

/// A proxy. It ends when it is dropped.
pub struct TcpProxy {
    pub port: u16,
    way: watch::Sender<Way>,
    runtime: Option<Runtime>,
}

impl TcpProxy {
    /// A proxy in front of a port of this machine.
    pub fn start(target: u16) -> TcpProxy {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("tcp-proxy")
            .enable_all()
            .build()
            .unwrap();
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        listener.set_nonblocking(true).unwrap();
        let (way, seen) = watch::channel(Way::Open);
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, target, seen.clone()));
            }
        });
        TcpProxy {
            port,
            way,
            runtime: Some(runtime),
        }
    }

    /// Changes what becomes of the bytes, of every connection.
    pub fn set(&self, way: Way) {
        self.way.send_replace(way);
    }
}

impl Drop for TcpProxy {
    fn drop(&mut self) {
        // Without a wait, since a test may drop it within a runtime of its own.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn carry(client: TcpStream, target: u16, mut way: watch::Receiver<Way>) {
    if *way.borrow_and_update() == Way::Cut {
        return;
    }
    let Ok(server) = TcpStream::connect(("127.0.0.1", target)).await else {
        return;
    };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let requests = pump(from_client, to_server, way.clone(), false);
    let answers = pump(from_server, to_client, way.clone(), true);
    // Both ends are dropped with the first that is closed.
    tokio::select! {
        () = requests => {}
        () = answers => {}
        _ = way.wait_for(|way| *way == Way::Cut) => {}
    }
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut way: watch::Receiver<Way>,
    answers: bool,
) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let now = way.wait_for(|way| *way != Way::Stalled).await;
        let Ok(now) = now.map(|now| *now) else {
            return;
        };
        match now {
            Way::AnswersLost if answers => {
                let over = way.wait_for(|way| *way != Way::AnswersLost);
                // What follows would begin in the middle of an answer.
                let _ = over.await;
                return;
            }
            Way::Slow(delay) => tokio::time::sleep(delay).await,
            _ => {}
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
