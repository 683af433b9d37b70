//! Probe of sessions: the refusal of a dead one, and how many there may be.

use zfssa::rest::{Authentication, Path, Request, Service};

use crate::verify::answer::Trouble;
use crate::verify::client::single;
use crate::verify::examination::Examination;
use crate::verify::probes::service::version;

/// How many sessions are opened at once, in addition to that of the run.
const SESSIONS: usize = 8;

const TOKEN: &str = "the backend has a token, and no password to log in with";

pub fn has_password(run: &Examination) -> bool {
    matches!(run.settings.authentication, Authentication::Session(_))
}

/// Uses a session after its logout.
pub async fn dead_session(run: &mut Examination) -> Result<(), Trouble> {
    const NAME: &str = "expired_status";
    if !has_password(run) {
        run.findings.not_probed(NAME, TOKEN);
        return Ok(());
    }
    let scope = &run.client.scope;
    let rest = single(&run.settings)?;
    let alive = rest.observe(scope, &version()).await?.status;
    let log_out = Request::delete(Path::new(Service::Access));
    let ended = rest.observe(scope, &log_out).await?.status;
    let dead = rest.observe(scope, &version()).await?.status;
    let seen = format!("GET {alive}, logout {ended}, GET {dead}");
    match dead >= 400 && alive < 300 && ended < 300 {
        true => run.findings.observed(NAME, dead, seen),
        false => run.findings.undetermined(NAME, seen),
    }
    Ok(())
}

/// Opens several sessions at once.
pub async fn cap(run: &mut Examination) -> Result<(), Trouble> {
    const NAME: &str = "session_cap";
    if !has_password(run) {
        run.findings.not_probed(NAME, TOKEN);
        return Ok(());
    }
    let scope = run.client.scope.clone();
    let mut open = Vec::new();
    let mut refused = None;
    while open.len() < SESSIONS && refused.is_none() {
        let rest = single(&run.settings)?;
        match rest.observe(&scope, &version()).await {
            Ok(_) => open.push(rest),
            Err(error) => refused = Some(error),
        }
    }
    for rest in &open {
        rest.log_out(&scope.detached()).await;
    }
    // The session of the run itself counts, too.
    let most = open.len() + 1;
    match refused {
        None => {
            let seen = format!("more than {most} at once");
            run.findings.undetermined(NAME, seen);
        }
        Some(error) if error.http_status() == Some(503) => {
            let seen = format!("a login was answered 503 while this run had {most}");
            run.findings.observed(NAME, most, seen);
        }
        Some(error) => return Err(error.into()),
    }
    Ok(())
}
