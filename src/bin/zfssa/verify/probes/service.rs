//! Probe of the REST service itself: whether it answers, and in which form.

use serde_json::{Value, json};
use zfssa::rest::{ApiVersion, Authentication, Path, Request, Rest, Service, Settings};
use zfssa::{Error, Status};

use crate::verify::answer::{Answer, Trouble};
use crate::verify::client::single;
use crate::verify::examination::Examination;

pub fn version() -> Request {
    Request::get(Path::new(Service::System).fixed("version"))
}

/// Logs in and reads the version; returns the object `version`. An error means that no other probe
/// can run.
pub async fn reach(run: &mut Examination) -> Result<Value, Error> {
    let error = match run.client.rest.call(&run.client.scope, &version()).await {
        Ok(answer) => {
            run.findings.observed("rest_present", true, "logged in");
            run.findings
                .observed("rest_enabled", true, "read the version");
            let mut body: Value = answer.json()?;
            return Ok(body["version"].take());
        }
        Err(error) => error,
    };
    match error.http_status() {
        Some(404) if error.status() == Status::RestUnavailable => {
            run.findings
                .observed("rest_present", false, "POST answered 404");
        }
        Some(503) => {
            run.findings.observed("rest_present", true, "answered 503");
            if without_session(run).await == Some(503) {
                run.findings.observed(
                    "rest_enabled",
                    false,
                    "503, also with the password in the request",
                );
            }
        }
        _ => {}
    }
    Err(error)
}

/// Status of a request without a session, which no other session can keep from being answered.
async fn without_session(run: &Examination) -> Option<u16> {
    let authentication = match &run.settings.authentication {
        Authentication::Session(password) => Authentication::EachRequest(password.clone()),
        other => other.clone(),
    };
    let settings = Settings {
        authentication,
        ..run.settings.clone()
    };
    let rest = single(&settings).ok()?;
    let answer = rest.observe(&run.client.scope, &version()).await.ok()?;
    Some(answer.status)
}

/// Form of the answers.
pub async fn form(run: &mut Examination) -> Result<(), Trouble> {
    let answer = run
        .client
        .rest
        .observe(&run.client.scope, &version())
        .await?;
    let seen = match answer.chunked {
        true => "Transfer-Encoding in the answer",
        false => "no Transfer-Encoding in the answer",
    };
    run.findings.observed("chunked", answer.chunked, seen);
    let absent = Request::get(run.scratch.lun("verify-absent")?);
    let answer = run.client.rest.observe(&run.client.scope, &absent).await?;
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let fault = &body["fault"];
    let is_name = |text: &Value| text.as_str().is_some_and(|text| text.starts_with("ERR_"));
    let has_name = is_name(&fault["name"]) || is_name(&fault["Name"]);
    match (has_name, is_name(&fault["message"])) {
        (true, _) => run
            .findings
            .observed("legacy_fault_bodies", false, "the fault has a name"),
        (false, true) => {
            let seen = "the name is the message of the fault";
            run.findings.observed("legacy_fault_bodies", true, seen);
        }
        (false, false) => {
            let seen = format!("{}: the fault has no name", answer.status);
            run.findings.undetermined("legacy_fault_bodies", seen);
        }
    }
    Ok(())
}

/// Whether the software serves version 2 of the API.
pub async fn serves_v2(run: &Examination) -> Result<bool, Trouble> {
    let rest = Rest::new(Settings {
        api_version: ApiVersion::V2,
        max_attempts: 1,
        ..run.settings.clone()
    })?;
    let answer = rest.observe(&run.client.scope, &version()).await;
    rest.log_out(&run.client.scope.detached()).await;
    match answer {
        Ok(answer) => Ok((200..300).contains(&answer.status)),
        // A release without version 2 has no login there.
        Err(error) if error.http_status() == Some(404) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Status of a change by a user who may change nothing.
pub async fn authorization(run: &mut Examination) -> Result<(), Trouble> {
    const NAME: &str = "unauthorized_status";
    let Some(settings) = &run.restricted else {
        run.findings
            .not_probed(NAME, "needs --restricted with the profile of such a user");
        return Ok(());
    };
    let rest = single(settings)?;
    let change = Request::put(run.scratch.project()?, &json!({ "compression": "off" }));
    let answer = rest.observe(&run.client.scope, &change).await;
    rest.log_out(&run.client.scope.detached()).await;
    let status = answer?.status;
    let answer = Answer {
        status,
        fault: None,
        body: Value::Null,
    };
    match status {
        401 | 403 => {
            let seen = format!("PUT answered {answer}");
            run.findings.observed(NAME, status, seen);
        }
        _ => {
            let seen = format!("PUT answered {answer}: the user may change projects");
            run.findings.undetermined(NAME, seen);
        }
    }
    Ok(())
}
