//! Recovery of interrupted operations.

use clap::Args;
use zfssa::ops::{self, Recovered};

use crate::exit::Failure;
use crate::output::rows;
use crate::run::Runner;

/// Finishes or rolls back the operations of dead processes.
#[derive(Args)]
pub struct Recover {
    /// Id of an operation whose process is dead and whose journal may be lost; may be repeated.
    #[arg(long = "operation", value_name = "ID")]
    operations: Vec<String>,
}

impl Recover {
    pub async fn run(self, runner: &Runner) -> Result<(), Failure> {
        let plan = "finish or roll back the operations of dead processes";
        let operations = self.operations;
        let row = |one: &Recovered| {
            [
                one.operation.clone(),
                one.flow.clone(),
                one.object.clone(),
                one.message.clone(),
            ]
        };
        let heads = ["OPERATION", "KIND", "OBJECT", "RESULT"];
        runner
            .change(plan, ops::Recover { operations }, |report| {
                rows(heads, report.recovered.iter().map(row), "nothing was left")
            })
            .await
            .map(drop)
    }
}
