//! Journals that several hosts can recover: what the engine needs of their store.

use std::fmt::Debug;
use std::path::PathBuf;

use futures_util::future::BoxFuture;

use crate::error::Result;
use crate::scope::Scope;

/// Store of the journals of one backend, shared by its hosts. A journal has one holder at a time; a
/// host that dies holds none any more after a while.
pub trait SharedJournals: Debug + Send + Sync {
    /// Creates a journal with its first records and holds it; `None` if there is one of that name.
    /// After an error, none will be created late.
    fn create<'a>(
        &'a self,
        scope: &'a Scope,
        name: &'a str,
        text: String,
    ) -> BoxFuture<'a, Result<Option<Box<dyn SharedJournal>>>>;

    /// Takes a journal that no host holds.
    fn open<'a>(&'a self, scope: &'a Scope, name: &'a str) -> BoxFuture<'a, Result<SharedOpened>>;

    /// Whether a journal exists, held or not.
    fn exists<'a>(&'a self, scope: &'a Scope, name: &'a str) -> BoxFuture<'a, Result<bool>>;

    /// Names of all journals, with those that were set aside.
    fn names<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<Vec<String>>>;

    /// Place of a journal, for messages.
    fn place(&self, name: &str) -> PathBuf;
}

/// A journal that this process holds, until it is dropped. Each change fails if the process does
/// not hold it any more.
pub trait SharedJournal: Debug + Send + Sync {
    /// Place of the journal, for messages.
    fn place(&self) -> PathBuf;

    /// Adds a record. It is durable when this returns; one that outlasts the scope may still be
    /// added later, so that none can follow it.
    fn append<'a>(&'a mut self, scope: &'a Scope, line: &'a str) -> BoxFuture<'a, Result<()>>;

    /// Removes the journal.
    fn remove<'a>(&'a mut self, scope: &'a Scope) -> BoxFuture<'a, Result<()>>;

    /// Renames the journal to a name that ends in `suffix`; returns its new place.
    fn rename<'a>(
        &'a mut self,
        scope: &'a Scope,
        suffix: &'a str,
    ) -> BoxFuture<'a, Result<PathBuf>>;
}

/// Result of taking a journal.
#[derive(Debug)]
pub enum SharedOpened {
    /// This process holds it now; its text.
    Ours(Box<dyn SharedJournal>, Vec<u8>),
    /// Another one holds it; who, and for how long at most if it is dead.
    Busy(String),
    /// There is no such journal.
    Absent,
}
