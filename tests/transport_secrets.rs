//! Secrets in events and errors of the transport, alone in its process: events that a test on
//! another thread meets first would be missed by this test's subscriber.
//!
//! Whatever goes wrong and however much is logged, no secret is in it.

use std::fmt::Debug;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex};

use serde_json::json;
use support::transport::*;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber, span};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use zfssa::rest::{Authentication, Path, Request, Service, Settings};
use zfssa_appliance::{Appliance, Fault, FaultKind};

const CHAP: &str = "CANARY-in-a-cage";
/// What every secret holds, session tokens too, and its forms in Base64 at the three offsets.
const WORDS: [&str; 4] = ["CANARY", "Q0FOQVJZ", "NBTkFSW", "DQU5BUl"];

/// Keeps everything that any library says through `tracing`.
#[derive(Clone, Default)]
struct Everything(Arc<Mutex<Vec<String>>>);

impl Visit for Everything {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let line = format!("{}={value:?}", field.name());
        self.0.lock().unwrap().push(line);
    }
}

impl<S: Subscriber> Layer<S> for Everything {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let target = event.metadata().target().to_owned();
        self.0.lock().unwrap().push(target);
        event.record(&mut self.clone());
    }

    fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        attributes.record(&mut self.clone());
    }
}

/// What is told of a token from a file: refused, unusable and in use.
async fn with_a_token(
    appliance: &Appliance,
    settings: &Settings,
    request: &Request,
) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    let settings = Settings {
        authentication: Authentication::TokenFile(file.clone()),
        ..settings.clone()
    };
    let rest = rest(&settings);
    let good = appliance.add_token("root", "test", std::time::Duration::from_secs(3600));
    let mut told = vec![format!("{settings:?}")];
    let contents = [
        good.clone(),
        "CANARY-unknown".to_owned(),
        format!("{good} {good}"),
        good.repeat(100),
    ];
    for content in contents {
        std::fs::write(&file, content).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        for kind in [
            None,
            Some(FaultKind::unauthorized()),
            Some(FaultKind::internal()),
        ] {
            if let Some(kind) = kind {
                appliance.faults().push(Fault::new(kind).forever());
            }
            let result = rest.call(&scope(), request).await;
            told.push(format!("{result:?}"));
            if let Err(error) = result {
                told.push(format!("{error} {:?}", error.causes()));
            }
            appliance.faults().clear();
        }
    }
    told
}

#[tokio::test]
async fn secrets_are_in_no_event_and_in_no_error() {
    let everything = Everything::default();
    let subscriber = tracing_subscriber::registry().with(everything.clone());
    let _guard = tracing::subscriber::set_default(subscriber);

    let (appliance, mut settings) = appliance().await;
    settings.max_attempts = 2;
    let rest = rest(&settings);
    let mut told = vec![format!("{settings:?} {rest:?}")];
    let body = json!({"initiator": "iqn.1993-08.org.debian:01:a", "alias": "a",
        "chapuser": "u", "chapsecret": CHAP});
    let initiators = Path::new(Service::San).fixed("iscsi/initiators");
    let request = Request::post(initiators.clone(), &body);
    let kinds = [
        None,
        Some(FaultKind::Reset),
        Some(FaultKind::internal()),
        Some(FaultKind::unauthorized()),
        Some(FaultKind::Busy { retry_after: None }),
        Some(FaultKind::Garbage),
        Some(FaultKind::status(400, "ERR_INVALID_ARG")),
    ];
    for kind in kinds {
        for path in ["/san", "/access"] {
            if let Some(kind) = &kind {
                let fault = Fault::new(kind.clone()).on("POST", path);
                appliance.faults().push(fault.forever());
            }
            let result = rest.call(&scope(), &request).await;
            told.push(format!("{request:?} {result:?}"));
            if let Err(error) = result {
                told.push(format!("{error} {:?}", error.causes()));
            }
            appliance.faults().clear();
            appliance.expire_sessions();
        }
    }
    // What cannot be read is described without quoting it.
    let initiator = initiators.selector("alias", "a").unwrap();
    let _ = rest.call(&scope(), &request).await;
    if let Ok(answer) = rest.call(&scope(), &Request::get(initiator)).await {
        told.push(format!("{:?} {answer:?}", answer.json::<Vec<u8>>()));
    }
    rest.log_out(&scope()).await;
    told.extend(with_a_token(&appliance, &settings, &request).await);

    let events = everything.0.lock().unwrap();
    assert!(events.iter().any(|line| line == "zfssa::rest"));
    assert!(events.iter().any(|line| line.contains("iscsi/initiators")));
    for line in told.iter().chain(events.iter()) {
        for word in WORDS {
            assert!(!line.contains(word), "{word}: {line}");
        }
    }
}
