//! Journals in a store that several hosts share: creation, and taking those of dead hosts.

use crate::error::Result;
use crate::flow::file::SET_ASIDE;
use crate::flow::journal::{Begun, Finding, Journal, Kept, Left, file_name, under_way};
use crate::flow::record::{self, Unreadable};
use crate::flow::shared::SharedOpened;
use crate::flow::{Flows, SUFFIX, SharedStore};
use crate::scope::Scope;

impl Flows {
    /// Creates a journal with its first records.
    pub(super) async fn create_shared(
        &self,
        scope: &Scope,
        shared: &SharedStore,
        object: &str,
        text: String,
        sum: String,
    ) -> Result<Begun> {
        let name = file_name(object, &shared.backend);
        // The name becomes free when a leftover is removed meanwhile.
        for _ in 0..3 {
            let created = shared.journals.create(scope, &name, text.clone()).await?;
            if let Some(journal) = created {
                return Ok(Begun::Ready(Journal {
                    kept: Kept::Shared(journal, sum),
                }));
            }
            match self.open_shared(scope, shared, &name).await? {
                Ok(Some(left)) => return Ok(Begun::Left(Box::new(left))),
                Ok(None) | Err(Finding::SetAside { .. }) => {}
                Err(_) => break,
            }
        }
        Err(under_way(object))
    }

    /// Takes the journal of a host that should be dead; `None` if it is gone or empty.
    pub(super) async fn open_shared(
        &self,
        scope: &Scope,
        shared: &SharedStore,
        name: &str,
    ) -> Result<std::result::Result<Option<Left>, Finding>> {
        let path = shared.journals.place(name);
        let (mut journal, bytes) = match shared.journals.open(scope, name).await? {
            SharedOpened::Ours(journal, bytes) => (journal, bytes),
            SharedOpened::Absent => return Ok(Ok(None)),
            SharedOpened::Busy(owner) => {
                let owner = Some(owner);
                return Ok(Err(Finding::Busy { path, owner }));
            }
        };
        let damage = match record::read(&bytes) {
            Ok(text) if text.header.backend != shared.backend => {
                let backend = text.header.backend.to_string();
                return Ok(Err(Finding::OtherBackend { path, backend }));
            }
            Ok(text) if text.length == bytes.len() => {
                return Ok(Ok(Some(Left {
                    journal: Journal {
                        kept: Kept::Shared(journal, text.sum),
                    },
                    header: text.header,
                    events: text.events,
                })));
            }
            // The store adds whole records.
            Ok(_) => "its last record is incomplete".to_owned(),
            Err(Unreadable::Empty) => "it holds no record".to_owned(),
            Err(Unreadable::Newer(format)) => {
                let reason =
                    format!("it has the format {format}, of a later release; update libzfssa");
                return Ok(Err(Finding::Failed { path, reason }));
            }
            Err(Unreadable::Damaged(reason)) => reason,
        };
        let suffix = format!("{SUFFIX}{SET_ASIDE}");
        let finding = match journal.rename(scope, &suffix).await {
            Ok(path) => Finding::SetAside {
                path,
                reason: damage,
            },
            Err(error) => Finding::Failed {
                path,
                reason: error.message().to_owned(),
            },
        };
        tracing::warn!(?finding, "journal skipped");
        Ok(Err(finding))
    }
}
