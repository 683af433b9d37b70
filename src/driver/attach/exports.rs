//! Cinder's export operations, which send no request: the appliance presents a LUN when a host is
//! attached, so there is nothing to prepare.

use serde::Serialize;

use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, budget};
use crate::driver::operation::Operation;
use crate::error::Result;
use crate::scope::Scope;

/// Prepares a volume for attachment. The appliance needs nothing: no request is sent.
#[derive(Clone, Debug, Default)]
pub struct CreateExport {
    /// The LUN's name.
    pub volume: String,
}

/// Counterpart of [`CreateExport`]. No request is sent.
#[derive(Clone, Debug, Default)]
pub struct RemoveExport {
    /// The LUN's name.
    pub volume: String,
}

/// Called by Cinder for each volume in use at start. No request is sent.
#[derive(Clone, Debug, Default)]
pub struct EnsureExport {
    /// The LUN's name.
    pub volume: String,
}

/// An operation that had nothing to do.
#[derive(Clone, Debug, Serialize)]
pub struct Nothing {}

impl Operation for CreateExport {
    const NAME: &'static str = "create_export";
    const CONTRACT: Contract = Contract::of(Changes::Nothing).budgets(&[budget("", 0, 0)]);
    type Output = Nothing;

    fn resource(&self) -> String {
        self.volume.clone()
    }

    async fn run(self, _driver: &Driver, _scope: &Scope) -> Result<Nothing> {
        Ok(Nothing {})
    }
}

impl Operation for RemoveExport {
    const NAME: &'static str = "remove_export";
    const CONTRACT: Contract = Contract::of(Changes::Nothing).budgets(&[budget("", 0, 0)]);
    type Output = Nothing;

    fn resource(&self) -> String {
        self.volume.clone()
    }

    async fn run(self, _driver: &Driver, _scope: &Scope) -> Result<Nothing> {
        Ok(Nothing {})
    }
}

impl Operation for EnsureExport {
    const NAME: &'static str = "ensure_export";
    const CONTRACT: Contract = Contract::of(Changes::Nothing).budgets(&[budget("", 0, 0)]);
    type Output = Nothing;

    fn resource(&self) -> String {
        self.volume.clone()
    }

    async fn run(self, _driver: &Driver, _scope: &Scope) -> Result<Nothing> {
        Ok(Nothing {})
    }
}
