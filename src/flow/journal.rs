//! Journals: creation, records, removal, and the search for leftovers.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::digest;
use crate::error::{Error, Outcome, Result, Status};
use crate::flow::file::{self, Made, Opened, failed};
use crate::flow::record::{self, Event, Header, Unreadable};
use crate::flow::shared::SharedJournal;
use crate::flow::{Flow, Flows, SUFFIX};
use crate::local::Local;
use crate::maker::Maker;
use crate::scope::Scope;
use crate::timestamp;

/// Journal of one flow, which this process holds until it is dropped.
#[derive(Debug)]
pub struct Journal {
    pub(super) kept: Kept,
}

/// Where a journal is.
#[derive(Debug)]
pub(super) enum Kept {
    /// Flows are not journalled, or the journal is removed.
    Nowhere,
    /// In a file whose lock is held.
    OnDisk(OnDisk),
    /// In a store that several hosts share, with the checksum that its next line needs.
    Shared(Box<dyn SharedJournal>, String),
}

#[derive(Debug)]
pub(super) struct OnDisk {
    local: Local,
    path: Arc<Path>,
    file: Arc<File>,
    sum: String,
    /// The last record may be incomplete. Another record after it would damage the journal.
    torn: bool,
}

/// Result of beginning a flow.
#[derive(Debug)]
pub enum Begun {
    /// The flow can run.
    Ready(Journal),
    /// A dead process left a flow on the same object. It must be recovered first.
    Left(Box<Left>),
}

/// Flow that a dead process left.
#[derive(Debug)]
pub struct Left {
    pub(super) journal: Journal,
    pub(super) header: Header,
    pub(super) events: Vec<Value>,
}

/// Journal state of an object.
#[derive(Debug)]
pub enum LeftOn {
    /// There is no journal.
    Nothing,
    /// A live process holds the journal.
    Busy,
    /// A dead process left a flow on the object.
    Flow(Box<Left>),
}

/// Journal file that cannot be recovered now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "finding")]
pub enum Finding {
    /// A live process works on it.
    Busy {
        /// The file.
        path: PathBuf,
        /// The host and process, of a journal that hosts share.
        #[serde(skip_serializing_if = "Option::is_none")]
        owner: Option<String>,
    },
    /// It belongs to another backend, which recovers it when it is set up.
    OtherBackend {
        /// The file.
        path: PathBuf,
        /// `appliance pool/project`.
        backend: String,
    },
    /// It is damaged or not a journal, and was renamed.
    SetAside {
        /// Its new name.
        path: PathBuf,
        /// Its defect.
        reason: String,
    },
    /// It could not be read, or renamed.
    Failed {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl Left {
    /// The kind of flow: [`Flow::KIND`].
    pub fn kind(&self) -> &str {
        &self.header.flow
    }

    /// Object of the flow.
    pub fn object(&self) -> &str {
        &self.header.object
    }

    /// Id of the operation that began it.
    pub fn operation(&self) -> &str {
        &self.header.operation
    }

    /// The attempt that began it.
    pub fn maker(&self) -> Maker {
        let attempt = self.header.attempt.as_deref();
        Maker::of(self.header.operation.as_str(), attempt)
    }

    /// The parameters and the recorded results of the steps.
    pub fn state<F: serde::de::DeserializeOwned>(&self) -> Result<F> {
        let last = self
            .events
            .iter()
            .rev()
            .find_map(|event| event.get("state"));
        let state = last.unwrap_or(&self.header.state);
        serde_json::from_value(state.clone()).map_err(|error| {
            Error::new(
                Status::LocalIo,
                format!(
                    "{}: its state does not fit this release: {error}",
                    self.name()
                ),
            )
        })
    }

    /// Path of the journal, for messages.
    pub fn name(&self) -> String {
        self.journal.name()
    }
}

impl Journal {
    /// No-op journal: no state directory is configured.
    pub(super) fn none() -> Journal {
        Journal {
            kept: Kept::Nowhere,
        }
    }

    pub(super) fn name(&self) -> String {
        match &self.kept {
            Kept::OnDisk(on_disk) => format!("journal {}", on_disk.path.display()),
            Kept::Shared(journal, _) => format!("journal {}", journal.place().display()),
            Kept::Nowhere => "journal in memory".to_owned(),
        }
    }

    /// Whether the journal survives the process.
    pub(super) fn survives(&self) -> bool {
        !matches!(self.kept, Kept::Nowhere)
    }

    /// Adds a record, which is durable when this returns. A write that outlasts the scope may still complete, so
    /// no further record is accepted after it.
    pub(super) async fn append(&mut self, scope: &Scope, event: &Event) -> Result<()> {
        match &mut self.kept {
            Kept::OnDisk(on_disk) => {
                let (line, sum) = record::line(&on_disk.sum, event).map_err(spoilt)?;
                on_disk.write(scope, line, sum).await
            }
            Kept::Shared(journal, sum) => {
                let (line, next) = record::line(sum, event).map_err(spoilt)?;
                journal.append(scope, &line).await?;
                *sum = next;
                Ok(())
            }
            Kept::Nowhere => Ok(()),
        }
    }

    /// Removes the journal of a finished flow.
    pub(super) async fn close(&mut self, scope: &Scope) -> Result<()> {
        if canary!("journal-not-closed") {
            return Ok(());
        }
        match &mut self.kept {
            Kept::OnDisk(on_disk) => {
                let path = on_disk.path.clone();
                let remove = move || file::remove(&path);
                let removed = on_disk.local.file(scope, remove).await?;
                removed.map_err(|error| failed(&on_disk.path, "removed", &error))?;
            }
            Kept::Shared(journal, _) => journal.remove(scope).await?,
            Kept::Nowhere => {}
        }
        self.kept = Kept::Nowhere;
        Ok(())
    }
}

impl OnDisk {
    /// Apart from [`Journal::append`], so that it is compiled once and not for each flow.
    async fn write(&mut self, scope: &Scope, line: String, sum: String) -> Result<()> {
        if self.torn {
            let error = std::io::Error::other("an earlier record could not be written");
            return Err(failed(&self.path, "written", &error));
        }
        if let Some(stop) = scope.stopped() {
            return Err(stop.error(Outcome::None));
        }
        let file = self.file.clone();
        self.torn = true;
        let write = move || file::append(&file, line.as_bytes());
        let written = self.local.file(scope, write).await?;
        written.map_err(|error| failed(&self.path, "written", &error))?;
        self.torn = false;
        self.sum = sum;
        Ok(())
    }
}

/// Error of a record that cannot be written as JSON.
fn spoilt(error: String) -> Error {
    Error::new(Status::Internal, format!("a flow's state: {error}"))
}

impl Flows {
    /// Creates the journal of a flow, with its parameters, before the first step.
    ///
    /// Fails with the status busy if a live process has a flow on the same object, and with local
    /// I/O if the journal cannot be created. No request was sent then.
    pub async fn begin<W, F>(&self, scope: &Scope, flow: &F) -> Result<Begun>
    where
        W: Sync + ?Sized,
        F: Flow<W>,
    {
        let path = self.path(flow.object());
        if self.shared.is_none() && path.is_none() {
            return Ok(Begun::Ready(Journal::none()));
        }
        let state = serde_json::to_value(flow).map_err(|error| spoilt(error.to_string()))?;
        let header = self.header(scope, F::KIND, flow.object(), state);
        let (mut text, mut sum) = record::line("", &header).map_err(spoilt)?;
        if let Some(step) = flow.first() {
            let step = record::name_of(step);
            let (begin, next) = record::line(&sum, &Event::Begin { step }).map_err(spoilt)?;
            text.push_str(&begin);
            sum = next;
        }
        match (&self.shared, path) {
            (Some(shared), _) => {
                self.create_shared(scope, shared, flow.object(), text, sum)
                    .await
            }
            (None, Some(path)) => self.create(scope, flow.object(), path, text, sum).await,
            (None, None) => Ok(Begun::Ready(Journal::none())),
        }
    }

    fn header(&self, scope: &Scope, flow: &str, object: &str, state: Value) -> Header {
        Header {
            zfssa_flow: record::FORMAT,
            flow: flow.to_owned(),
            object: object.to_owned(),
            operation: scope.id().to_owned(),
            attempt: scope.maker().attempt().map(str::to_owned),
            backend: match &self.shared {
                Some(shared) => shared.backend.clone(),
                None => self.backend.clone(),
            },
            began: timestamp::text(timestamp::now()),
            state,
        }
    }

    /// Creates a journal with its first records. Apart from [`Flows::begin`], so that it is compiled
    /// once and not for each flow.
    async fn create(
        &self,
        scope: &Scope,
        object: &str,
        path: PathBuf,
        text: String,
        sum: String,
    ) -> Result<Begun> {
        let path: Arc<Path> = path.into();
        // The name becomes free when a leftover is removed meanwhile, or turns out to be empty.
        for _ in 0..3 {
            let (at, text) = (path.clone(), text.clone());
            let make = move || file::create(&at, text.as_bytes());
            let made = self.local.file(scope, make).await?;
            let made = made.map_err(|error| failed(&path, "made", &error))?;
            if let Some(file) = made.and_then(Made::keep) {
                return Ok(Begun::Ready(Journal {
                    kept: Kept::OnDisk(OnDisk {
                        local: self.local.clone(),
                        path,
                        file: Arc::new(file),
                        sum,
                        torn: false,
                    }),
                }));
            }
            match self.open(scope, path.to_path_buf()).await? {
                Ok(Some(left)) => return Ok(Begun::Left(Box::new(left))),
                Ok(None) => {}
                Err(Finding::Busy { .. }) => break,
                // The file was renamed and logged.
                Err(Finding::SetAside { .. }) => {}
                Err(Finding::OtherBackend { path, .. } | Finding::Failed { path, .. }) => {
                    return Err(Error::new(
                        Status::LocalIo,
                        format!("{} blocks the journal of this object", path.display()),
                    ));
                }
            }
        }
        Err(under_way(object))
    }

    /// Journal state of an object. Files that are not journals of this backend are ignored.
    pub async fn left_on(&self, scope: &Scope, object: &str) -> Result<LeftOn> {
        if let Some(shared) = &self.shared {
            let name = file_name(object, &shared.backend);
            match self.open_shared(scope, shared, &name).await? {
                Ok(Some(left)) => return Ok(LeftOn::Flow(Box::new(left))),
                Err(Finding::Busy { .. }) => return Ok(LeftOn::Busy),
                _ => {}
            }
        }
        let Some(path) = self.path(object) else {
            return Ok(LeftOn::Nothing);
        };
        Ok(match self.open(scope, path).await? {
            Ok(Some(left)) => LeftOn::Flow(Box::new(left)),
            Err(Finding::Busy { .. }) => LeftOn::Busy,
            _ => LeftOn::Nothing,
        })
    }

    /// Renames the journal of a flow in doubt, so that a new flow can begin on its object. Recovery
    /// finds it under the new name.
    pub async fn step_aside(&self, scope: &Scope, object: &str) -> Result<()> {
        let mut left = match self.left_on(scope, object).await? {
            LeftOn::Flow(left) => left,
            LeftOn::Nothing | LeftOn::Busy => return Ok(()),
        };
        let aside = match &mut left.journal.kept {
            Kept::Shared(journal, _) => journal.rename(scope, SUFFIX).await?,
            Kept::OnDisk(on_disk) => {
                let path = on_disk.path.clone();
                let from = path.clone();
                let rename = move || {
                    let aside = file::step_aside(&from, SUFFIX);
                    // Keeps the lock until the file has its new name.
                    drop(left);
                    aside
                };
                let aside = self.local.file(scope, rename).await?;
                aside.map_err(|error| failed(&path, "renamed", &error))?
            }
            Kept::Nowhere => return Ok(()),
        };
        tracing::info!(journal = %aside.display(), "journal in doubt renamed for a new operation");
        Ok(())
    }

    /// Whether an object has a journal, of a live or a dead process.
    pub async fn has_journal(&self, scope: &Scope, object: &str) -> Result<bool> {
        if let Some(shared) = &self.shared {
            let name = file_name(object, &shared.backend);
            if shared.journals.exists(scope, &name).await? {
                return Ok(true);
            }
        }
        let Some(path) = self.path(object) else {
            return Ok(false);
        };
        let at = path.clone();
        let there = self.local.file(scope, move || at.try_exists()).await?;
        there.map_err(|error| failed(&path, "look at", &error))
    }

    /// Flows that dead processes left, and findings about the other files.
    pub async fn left(&self, scope: &Scope) -> Result<(Vec<Left>, Vec<Finding>)> {
        let (mut left, mut findings) = (Vec::new(), Vec::new());
        if let Some(shared) = &self.shared {
            let names = shared.journals.names(scope).await?;
            for name in names.iter().filter(|name| name.ends_with(SUFFIX)) {
                match self.open_shared(scope, shared, name).await? {
                    Ok(Some(flow)) => left.push(flow),
                    Ok(None) => {}
                    Err(finding) => findings.push(finding),
                }
            }
        }
        let Some(directory) = self.directory.clone() else {
            return Ok((left, findings));
        };
        let journals = self.listed(scope, directory, |name| name.ends_with(SUFFIX));
        for path in journals.await? {
            match self.open(scope, path).await? {
                Ok(Some(flow)) => left.push(flow),
                Ok(None) => {}
                Err(finding) => findings.push(finding),
            }
        }
        Ok((left, findings))
    }

    /// Journal files that were set aside, now or earlier.
    pub async fn set_aside(&self, scope: &Scope) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        if let Some(shared) = &self.shared {
            let names = shared.journals.names(scope).await?;
            let aside = names.iter().filter(|name| name.contains(file::SET_ASIDE));
            found.extend(aside.map(|name| shared.journals.place(name)));
        }
        if let Some(directory) = self.directory.clone() {
            let files = self.listed(scope, directory, |name| name.contains(file::SET_ASIDE));
            found.extend(files.await?);
        }
        Ok(found)
    }

    #[cfg(test)]
    pub(super) fn path_of(&self, object: &str) -> PathBuf {
        self.path(object).unwrap_or_default()
    }

    fn path(&self, object: &str) -> Option<PathBuf> {
        let directory = self.directory.as_ref()?;
        Some(directory.join(file_name(object, &self.backend)))
    }

    /// Opens the journal of a process that should be dead; `None` if it is gone or empty.
    async fn open(
        &self,
        scope: &Scope,
        path: PathBuf,
    ) -> Result<std::result::Result<Option<Left>, Finding>> {
        let (own, local) = (self.backend.clone(), self.local.clone());
        let look = move || open(path, &own, local);
        let opened = self.local.file(scope, look).await?;
        if let Err(finding @ (Finding::SetAside { .. } | Finding::Failed { .. })) = &opened {
            tracing::warn!(?finding, "journal file skipped");
        }
        Ok(opened)
    }

    async fn listed(
        &self,
        scope: &Scope,
        directory: PathBuf,
        wanted: fn(&str) -> bool,
    ) -> Result<Vec<PathBuf>> {
        let at = directory.clone();
        let listed = self.local.file(scope, move || file::list(&at, wanted));
        listed
            .await?
            .map_err(|error| failed(&directory, "read", &error))
    }
}

fn open(
    path: PathBuf,
    own: &crate::flow::Backend,
    local: Local,
) -> std::result::Result<Option<Left>, Finding> {
    let fail = |path: &Path, error: std::io::Error| Finding::Failed {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let file = match file::open(&path) {
        Ok(Opened::Ours(file)) => file,
        Ok(Opened::Busy) => return Err(Finding::Busy { path, owner: None }),
        Ok(Opened::Absent) => return Ok(None),
        Err(error) => return Err(fail(&path, error)),
    };
    let bytes = file::read(&file).map_err(|error| fail(&path, error))?;
    let set_aside = |reason: String| match file::set_aside(&path) {
        Ok(path) => Finding::SetAside { path, reason },
        Err(error) => fail(&path, error),
    };
    match record::read(&bytes) {
        Ok(text) if text.header.backend != *own && !canary!("foreign-journal-taken") => {
            let backend = &text.header.backend;
            Err(Finding::OtherBackend {
                path,
                backend: backend.to_string(),
            })
        }
        Ok(text) => {
            if text.length < bytes.len() {
                file::cut(&file, text.length).map_err(|error| fail(&path, error))?;
            }
            Ok(Some(Left {
                journal: Journal {
                    kept: Kept::OnDisk(OnDisk {
                        local,
                        path: path.into(),
                        file: Arc::new(file),
                        sum: text.sum,
                        torn: false,
                    }),
                },
                header: text.header,
                events: text.events,
            }))
        }
        Err(Unreadable::Empty) => match file::remove(&path) {
            Ok(()) => Ok(None),
            Err(error) => Err(fail(&path, error)),
        },
        Err(Unreadable::Newer(format)) => Err(Finding::Failed {
            path,
            reason: format!("it has the format {format}, of a later release; update libzfssa"),
        }),
        Err(Unreadable::Damaged(reason)) => Err(set_aside(reason)),
    }
}

/// Error of a flow on whose object another one works.
pub(super) fn under_way(object: &str) -> Error {
    Error::new(
        Status::Busy,
        format!("another operation on {object} is under way in this or another process"),
    )
}

/// File name of a journal: the object's name, as far as its characters allow, and a digest of
/// backend and object.
pub(super) fn file_name(object: &str, backend: &crate::flow::Backend) -> String {
    let parts = [
        backend.appliance.as_str(),
        backend.pool.as_str(),
        backend.project.as_str(),
        object,
    ];
    let parts = parts.iter().flat_map(|part| [part.as_bytes(), &[0]]);
    let digits = digest::short_hex(parts, 12);
    let fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let plain: String = object
        .chars()
        .take(80)
        .map(|c| if fit(c) { c } else { '_' })
        .collect();
    format!("{plain}.{digits}{SUFFIX}")
}
