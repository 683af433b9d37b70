//! Probe of a session's life: how long it lives, and from when on.
//!
//! Several sessions are left idle, each for another time, and are used once: the age at which one
//! was accepted is a lower bound of the lifetime, the age at which one was refused an upper bound.
//! Another session is used at each step. If it is refused although the pause before its last use
//! was shorter than the lower bound, the life is counted from the login.

use std::time::{Duration, Instant};

use zfssa::rest::Rest;

use crate::verify::answer::Trouble;
use crate::verify::client::single;
use crate::verify::examination::Examination;
use crate::verify::probes::access::has_password;
use crate::verify::probes::service::version;

/// How many sessions are left idle.
const STEPS: u32 = 16;

const LIFE: &str = "session_ttl_ms";
const START: &str = "session_ttl_absolute";

/// A session, and the times between which it began.
struct Session {
    rest: Rest,
    sent: Instant,
    answered: Instant,
}

async fn log_in(run: &Examination) -> Result<Session, Trouble> {
    let rest = single(&run.settings)?;
    let sent = Instant::now();
    rest.observe(&run.client.scope, &version()).await?;
    Ok(Session {
        rest,
        sent,
        answered: Instant::now(),
    })
}

/// Uses a session; returns whether it was accepted.
async fn is_accepted(run: &Examination, session: &Session) -> Result<bool, Trouble> {
    let answer = session.rest.observe(&run.client.scope, &version()).await?;
    Ok(answer.status < 400)
}

pub async fn life(run: &mut Examination) -> Result<(), Trouble> {
    let wait = match run.session_wait {
        Some(wait) if has_password(run) => wait,
        Some(_) => {
            for name in [LIFE, START] {
                let reason = "the backend has a token, and no password to log in with";
                run.findings.not_probed(name, reason);
            }
            return Ok(());
        }
        None => {
            for name in [LIFE, START] {
                let reason = "needs --session-wait with a time longer than the lifetime";
                run.findings.not_probed(name, reason);
            }
            return Ok(());
        }
    };
    let mut idle = Vec::new();
    for _ in 0..STEPS {
        idle.push(log_in(run).await?);
    }
    let busy = log_in(run).await?;
    let watched = watch(run, &idle, &busy, wait / STEPS).await;
    for session in idle.iter().chain([&busy]) {
        session.rest.log_out(&run.client.scope.detached()).await;
    }
    watched
}

async fn watch(
    run: &mut Examination,
    idle: &[Session],
    busy: &Session,
    step: Duration,
) -> Result<(), Trouble> {
    let mut accepted = Duration::ZERO;
    let mut refused = None;
    // The longest possible pause before the use that was refused.
    let mut pause = None;
    let mut last = busy.sent;
    for session in idle {
        run.client.scope.sleep(step).await?;
        if pause.is_none() {
            use_again(run, busy, &mut last, &mut pause).await?;
        }
        let sent = Instant::now();
        match is_accepted(run, session).await? {
            true => accepted = accepted.max(sent - session.answered),
            false => {
                refused = Some(session.sent.elapsed());
                break;
            }
        }
    }
    let Some(most) = refused else {
        let seen = format!("more than {} ms", accepted.as_millis());
        run.findings.undetermined(LIFE, seen.clone());
        run.findings.undetermined(START, seen);
        return Ok(());
    };
    let value = most.as_millis() as u64 + 1;
    let seen = format!("more than {} ms, at most {value} ms", accepted.as_millis());
    run.findings.observed(LIFE, value, seen);
    while pause.is_none() && last.saturating_duration_since(busy.answered) <= most {
        run.client.scope.sleep(step).await?;
        use_again(run, busy, &mut last, &mut pause).await?;
    }
    match pause {
        None => run
            .findings
            .observed(START, false, "a session in use outlived an idle one"),
        Some(pause) if pause <= accepted => {
            let seen = format!("refused after a pause of {} ms", pause.as_millis());
            run.findings.observed(START, true, seen);
        }
        Some(pause) => {
            let seen = format!("refused after a pause of {} ms", pause.as_millis());
            run.findings.undetermined(START, seen);
        }
    }
    Ok(())
}

async fn use_again(
    run: &Examination,
    busy: &Session,
    last: &mut Instant,
    pause: &mut Option<Duration>,
) -> Result<(), Trouble> {
    let sent = Instant::now();
    match is_accepted(run, busy).await? {
        true => *last = sent,
        false => *pause = Some(last.elapsed()),
    }
    Ok(())
}
