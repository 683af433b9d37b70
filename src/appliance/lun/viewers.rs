//! Presentation of a LUN: the initiator groups that may access it.

use crate::appliance::changes::rewrite::{Proof, Rewritten, RewrittenList};
use crate::appliance::client::{Appliance, read_member};
use crate::appliance::lun::change::LunChange;
use crate::appliance::lun::presentation::Presentation;
use crate::appliance::lun::{Lun, lun_path};
use crate::appliance::project_ref::ProjectRef;
use crate::error::{Error, Outcome, Result, Status};
use crate::rest::{Request, Response};
use crate::scope::Scope;

/// Computes the wanted groups of a LUN from its present state; `None` if it has them already.
pub type Wanted<'a> = &'a (dyn Fn(&Lun) -> Result<Option<Vec<String>>> + Send + Sync);

struct Viewers<'a> {
    appliance: &'a Appliance,
    place: ProjectRef<'a>,
    name: &'a str,
    guid: &'a str,
    wanted: Wanted<'a>,
}

impl RewrittenList for Viewers<'_> {
    type Object = Lun;

    async fn look(&self, scope: &Scope) -> Result<Lun> {
        self.appliance.lun(scope, self.place, self.name).await
    }

    fn next(&self, now: &Lun) -> Result<Option<Request>> {
        if now.guid != self.guid {
            return Err(Error::new(
                Status::StateChanged,
                format!(
                    "volume {} was the LUN {} and is {} now",
                    self.name, self.guid, now.guid
                ),
            ));
        }
        let Some(groups) = (self.wanted)(now)? else {
            return Ok(None);
        };
        let change = LunChange {
            initiator_groups: Some(Presentation::to(groups)),
            ..LunChange::default()
        };
        let path = lun_path(self.place, self.name)?;
        Ok(Some(Request::put_once(path, &change)))
    }

    fn read(&self, answer: &Response) -> Result<Lun> {
        read_member("lun")(answer)
    }

    fn lost(&self) -> Error {
        Error::new(
            Status::StateChanged,
            format!(
                "the presentation of volume {} is changed by another host at the same time, \
                 again and again; call again",
                self.name
            ),
        )
        .with_outcome(Outcome::Unknown)
    }
}

impl Appliance {
    /// Changes the presentation of a LUN that was read just before. `wanted` is computed again from
    /// the present state of the LUN before every request, so that concurrent changes by other hosts
    /// are kept.
    pub async fn change_viewers(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        lun: Lun,
        wanted: Wanted<'_>,
    ) -> Result<Rewritten<Lun>> {
        let list = Viewers {
            appliance: self,
            place,
            name: &lun.name.clone(),
            guid: &lun.guid.clone(),
            wanted,
        };
        self.rewrite(scope, &list, Some(lun), Proof::Answer).await
    }
}
