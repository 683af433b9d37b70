//! Real iSCSI behind the simulated LUNs, on an ordinary machine: no kernel module, no privileges.
//!
//! ```text
//! host (libiscsi, qemu, open-iscsi)
//!   │  one public portal, the appliance's own target IQNs
//! front        reads the names in the login request, answers discovery itself
//!   │  bytes as they are
//! tgtd         one process per target and initiator, in user space: what is not presented is not in it
//!   │
//! files        sparse, one per LUN and snapshot; copies share extents where the file system can
//! ```
//!
//! `tgtd` masks by target and not by LUN. A process for each initiator makes masking a matter of which process a login
//! reaches, and leaves every target with its public name, so that nothing on the wire has to be rewritten. A process
//! is started at the first login of its initiator (some 20 ms) and ends with the data plane.
//!
//! What changes bytes or views does so between commands: the front keeps new ones back, the worker waits until `tgtd`
//! sleeps. So a snapshot is of one moment, and a host that is busy sees an LU grow without an error.
//!
//! # For hosts
//!
//! ```text
//! iscsi-ls -s -i INITIATOR iscsi://127.0.0.1:PORT
//! iscsi-inq -i INITIATOR iscsi://127.0.0.1:PORT/TARGET/LU
//! qemu-img convert -n -f raw IMAGE --target-image-opts \
//!     driver=iscsi,transport=tcp,portal=127.0.0.1:PORT,target=TARGET,lun=LU,initiator-name=INITIATOR
//! ```
//!
//! With CHAP, and without a secret among the arguments: `LIBISCSI_CHAP_USERNAME` and `LIBISCSI_CHAP_PASSWORD` in the
//! environment of `iscsi-ls` and `iscsi-inq` (`LIBISCSI_CHAP_TARGET_USERNAME` and `…_PASSWORD` to have the target
//! prove itself too), and `--object secret,id=chap,file=FILE` with `user=NAME,password-secret=chap` for `qemu-img` and
//! `qemu-io`.
//!
//! # Limits
//!
//! - LU number 0 is `tgtd`'s controller in every view, so LUNs have 1 to 16383. `libiscsi` (and QEMU with it) wants a
//!   number above 255 as it is on the wire, with 16384 added for the flat addressing.
//! - Reservations hold among the sessions of one initiator, not between initiators: the processes do not know each
//!   other.
//! - Appliances that share a data plane share its portal, and discovery there shows the targets of all of them.
//! - Discovery has no CHAP. An initiator may offer it, but one that wants the target's proof there is disappointed.

mod admission;
mod discovery;
mod door;
mod files;
mod front;
mod janitor;
mod options;
mod pdu;
mod programs;
mod tgtd;
mod threads;
mod view;
mod worker;

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use janitor::Janitor;
pub use options::DataPlaneArguments;
use programs::Programs;
use worker::{Job, Worker};

use crate::storage::{DataPlane, LunBytes, Presentation};

/// How a data plane is set up.
#[derive(Clone, Debug)]
pub struct DataPlaneOptions {
    /// Where the directory for the bytes is made; it must be there. `None`: the system's temporary directory.
    /// Data planes with the same one can replicate to each other, from process to process too.
    pub directory: Option<PathBuf>,
    /// The iSCSI portal. Port 0 chooses a free one.
    pub portal: SocketAddr,
}

impl Default for DataPlaneOptions {
    fn default() -> DataPlaneOptions {
        DataPlaneOptions {
            directory: None,
            portal: (Ipv4Addr::LOCALHOST, 0).into(),
        }
    }
}

/// A data plane of `tgtd` processes. It ends when it is dropped, and leaves no process and no file.
#[derive(Debug)]
pub struct TgtdDataPlane {
    jobs: Sender<Job>,
    portal: SocketAddr,
    directory: PathBuf,
    worker: Mutex<Option<JoinHandle<io::Result<()>>>>,
}

impl TgtdDataPlane {
    /// Starts a data plane. It blocks until `tgtd` has proved that it runs here, some 20 ms.
    ///
    /// An error of kind `NotFound` names the packages that are missing.
    pub fn start(options: DataPlaneOptions) -> io::Result<Arc<TgtdDataPlane>> {
        let programs = Programs::find()?;
        let listener = TcpListener::bind(options.portal).map_err(|e| {
            io::Error::new(
                e.kind(),
                format!("the iSCSI portal {} cannot be opened: {e}", options.portal),
            )
        })?;
        listener.set_nonblocking(true)?;
        let portal = listener.local_addr()?;
        let parent = options.directory.unwrap_or_else(std::env::temp_dir);
        let directory = tempfile::Builder::new()
            .prefix(files::PREFIX)
            .tempdir_in(&parent)
            .map_err(|e| {
                io::Error::new(
                    e.kind(),
                    format!(
                        "no directory for the data plane can be made in {}: {e}",
                        parent.display()
                    ),
                )
            })?;
        let path = directory.path().to_owned();
        let janitor = Janitor::watch(&path)?;
        let (jobs, inbox) = mpsc::channel();
        let (started, start) = mpsc::channel();
        let for_front = jobs.clone();
        let worker = thread::Builder::new()
            .name("data-plane".to_owned())
            .spawn(move || {
                let (worker, runtime) = match set_up(programs, &directory, listener, for_front) {
                    Ok(parts) => parts,
                    Err(error) => {
                        let _ = started.send(Err(error));
                        return directory.close();
                    }
                };
                let _ = started.send(Ok(()));
                work(worker, runtime, &inbox, directory, janitor)
            })?;
        let plane = TgtdDataPlane {
            jobs,
            portal,
            directory: path,
            worker: Mutex::new(Some(worker)),
        };
        start.recv().map_err(io::Error::other)??;
        Ok(Arc::new(plane))
    }

    /// The iSCSI portal that hosts use.
    pub fn portal(&self) -> SocketAddr {
        self.portal
    }

    /// Where the bytes are: `lun-GUID` for each LUN, `snapshot-ID` for each snapshot.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Ends all sessions and processes and removes all files. It blocks until that is done.
    pub fn stop(&self) -> io::Result<()> {
        let worker = self
            .worker
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(worker) = worker else {
            return Ok(());
        };
        // A worker that has ended already takes no jobs.
        let _ = self.jobs.send(Job::Stop);
        worker
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the data plane's worker panicked")))
    }

    fn tell(&self, job: Job) {
        // Nobody listens after the end. Whoever asks `settled` is told.
        let _ = self.jobs.send(job);
    }
}

fn set_up(
    programs: Programs,
    directory: &TempDir,
    listener: TcpListener,
    jobs: Sender<Job>,
) -> io::Result<(Worker, Runtime)> {
    // A runtime of its own: the worker waits for the front, and must never wait for whoever told it what to do.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("data-plane-front")
        .enable_all()
        .build()?;
    let worker = Worker::new(programs, directory.path(), runtime.handle().clone())?;
    let entered = runtime.enter();
    let listener = tokio::net::TcpListener::from_std(listener)?;
    drop(entered);
    runtime.spawn(front::serve(listener, jobs));
    Ok((worker, runtime))
}

fn work(
    worker: Worker,
    runtime: Runtime,
    inbox: &Receiver<Job>,
    directory: TempDir,
    janitor: Janitor,
) -> io::Result<()> {
    // Moved in, so that all processes have ended before their files go.
    worker.run(inbox);
    drop(runtime);
    let removed = directory.close();
    drop(janitor);
    removed
}

impl Drop for TgtdDataPlane {
    fn drop(&mut self) {
        // Who wants to know how it went calls `stop`.
        let _ = self.stop();
    }
}

impl DataPlane for TgtdDataPlane {
    fn lun_created(&self, lun: &LunBytes) {
        self.tell(Job::Created(lun.clone()));
    }

    fn lun_resized(&self, guid: &str, volsize: u64) {
        self.tell(Job::Resized {
            guid: guid.to_owned(),
            size: volsize,
        });
    }

    fn lun_deleted(&self, guid: &str) {
        self.tell(Job::Deleted(guid.to_owned()));
    }

    fn snapshot_taken(&self, lun: &str, snapshot: &str) {
        self.tell(Job::SnapshotTaken {
            lun: lun.to_owned(),
            snapshot: snapshot.to_owned(),
        });
    }

    fn snapshot_deleted(&self, snapshot: &str) {
        self.tell(Job::SnapshotDeleted(snapshot.to_owned()));
    }

    fn cloned(&self, snapshot: &str, clone: &LunBytes) {
        self.tell(Job::Cloned {
            snapshot: snapshot.to_owned(),
            clone: clone.clone(),
        });
    }

    fn rolled_back(&self, lun: &str, snapshot: &str) {
        self.tell(Job::RolledBack {
            lun: lun.to_owned(),
            snapshot: snapshot.to_owned(),
        });
    }

    fn replicated(&self, source_snapshot_or_lun: &str, copy: &LunBytes) {
        self.tell(Job::Replicated {
            source: source_snapshot_or_lun.to_owned(),
            copy: copy.clone(),
        });
    }

    fn presentation_changed(&self, presentation: &Presentation) {
        self.tell(Job::Presented(presentation.clone()));
    }

    fn settled(&self) -> Pin<Box<dyn Future<Output = io::Result<()>> + Send + '_>> {
        // Told now and not at the first poll: what counts is what came before this call.
        let (reply, answer) = oneshot::channel();
        self.tell(Job::Settle(reply));
        Box::pin(async move {
            answer
                .await
                .unwrap_or_else(|_| Err(io::Error::other("the data plane has stopped")))
        })
    }
}
