//! Rollback of a LUN to a snapshot.

use crate::appliance::changes::late::Kind;
use crate::appliance::changes::read_back::{PAUSE, ROUNDS, may_come_late};
use crate::appliance::client::Appliance;
use crate::appliance::lun::lun_path;
use crate::appliance::project_ref::ProjectRef;
use crate::appliance::snapshot::snapshot_path;
use crate::error::{Outcome, Result};
use crate::rest::Request;
use crate::scope::Scope;

impl Appliance {
    /// Reverts a LUN to a snapshot, its size included. This destroys newer snapshots and their
    /// clones: check for them first.
    ///
    /// The appliance does not show whether the revert was made. An unanswered request may still
    /// take effect later and destroy data that was written after a success. So the revert is sent
    /// again only when the previous request is over: the appliance answered it with a fault, or its
    /// longest delay has passed. If the scope ends before that, the outcome is unknown.
    pub async fn roll_back_lun(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        lun: &str,
        snapshot: &str,
    ) -> Result<()> {
        let path = snapshot_path(place, lun, snapshot)?.fixed("rollback");
        let object = lun_path(place, lun)?;
        let request = Request::put_empty(path);
        // An earlier call may have sent a revert without getting an answer.
        self.outlast(scope, Kind::Change, &object).await?;
        let mut round = 1;
        loop {
            let error = match self.rest.call(scope, &request).await {
                Ok(_) => return Ok(()),
                Err(error) => error,
            };
            // A refusal now does not prove that the first attempt did nothing.
            let error = match round {
                1 => error,
                _ => error.with_outcome(Outcome::Unknown),
            };
            let late = may_come_late(&error);
            if late {
                self.late.note(&request);
            }
            if error.outcome() != Outcome::Unknown || round == ROUNDS {
                return Err(error);
            }
            if late {
                if let Err(stopped) = self.outlast(scope, Kind::Change, &object).await {
                    return Err(error.joined_by(stopped));
                }
            } else if scope.sleep(PAUSE * round).await.is_err() {
                return Err(error);
            }
            round += 1;
        }
    }
}
