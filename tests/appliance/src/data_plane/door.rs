//! The door between the front and one `tgtd`: the worker can hold it while it changes what is behind, and shut it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::{OwnedRwLockWriteGuard, RwLock, watch};

/// How long a write to `tgtd` may keep the worker waiting before the connections are cut.
const PATIENCE: Duration = Duration::from_secs(2);
/// Enough for the usual 64 KiB of data with its header.
const BUFFER: usize = 128 * 1024;

/// The front's connections to one `tgtd`.
pub(super) struct Door {
    /// Every write towards `tgtd` takes this for reading, so whoever has it for writing keeps new commands out.
    passage: Arc<RwLock<()>>,
    shut: watch::Sender<bool>,
    connections: AtomicUsize,
}

/// No command reaches `tgtd` for as long as this lives. Answers still come out.
pub(super) struct Held {
    _passage: OwnedRwLockWriteGuard<()>,
}

impl Door {
    pub(super) fn new() -> Arc<Door> {
        Arc::new(Door {
            passage: Arc::default(),
            shut: watch::Sender::new(false),
            connections: AtomicUsize::new(0),
        })
    }

    /// Keeps new commands out. `None`: a connection was stuck, so all of them have been cut for good, and the `tgtd`
    /// behind has to be given up.
    pub(super) fn hold(&self, runtime: &Handle) -> Option<Held> {
        let passage = runtime.block_on(async {
            tokio::time::timeout(PATIENCE, Arc::clone(&self.passage).write_owned())
                .await
                .ok()
        });
        if passage.is_none() {
            self.shut();
        }
        passage.map(|passage| Held { _passage: passage })
    }

    /// Cuts all connections, and those that are about to be made.
    pub(super) fn shut(&self) {
        self.shut.send_replace(true);
    }

    /// How many connections there are.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Counts a connection. The worker does that when it lets a login in, so that it does not take the `tgtd` away
    /// while the front connects to it.
    pub(super) fn enter(self: &Arc<Door>) -> Visit {
        self.connections.fetch_add(1, Ordering::SeqCst);
        Visit {
            door: Arc::clone(self),
        }
    }
}

/// One connection through a door.
pub(super) struct Visit {
    door: Arc<Door>,
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.door.connections.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Visit {
    /// Carries bytes both ways until one side ends or the door is shut. `first` has been read from the host already.
    pub(super) async fn carry(
        &self,
        host: &mut TcpStream,
        tgtd: &mut TcpStream,
        first: &[u8],
    ) -> io::Result<()> {
        let (mut from_host, mut to_host) = host.split();
        let (mut from_tgtd, mut to_tgtd) = tgtd.split();
        let mut shut = self.door.shut.subscribe();
        let up = async {
            let mut buffer = first.to_vec();
            let mut length = buffer.len();
            buffer.resize(BUFFER, 0);
            while length > 0 {
                let passage = self.door.passage.read().await;
                to_tgtd.write_all(&buffer[..length]).await?;
                drop(passage);
                length = from_host.read(&mut buffer).await?;
            }
            Ok(())
        };
        // An iSCSI connection is of no use with one direction, so the end of either is the end of both.
        tokio::select! {
            biased;
            _ = shut.wait_for(|shut| *shut) => Ok(()),
            done = up => done,
            done = tokio::io::copy(&mut from_tgtd, &mut to_host) => done.map(|_| ()),
        }
    }
}
