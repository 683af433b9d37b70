//! REST client of a run of `zfssa verify`, which remembers whether a change is in doubt.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use zfssa::rest::{ApiVersion, Request, Rest, Settings};
use zfssa::scope::Scope;
use zfssa::{Config, Error, Outcome};

use crate::verify::answer::Answer;

/// Longest time of one request, and of the removal of one object.
const ROLLBACK: Duration = Duration::from_secs(120);

/// Requests to the appliance under one scope. Clones share the doubt.
#[derive(Clone)]
pub struct Client {
    pub rest: Rest,
    pub scope: Scope,
    doubt: Arc<AtomicBool>,
}

/// Settings of the backend for API v1, whose shapes the facts are about.
pub fn settings(config: &Config) -> Settings {
    Settings {
        api_version: ApiVersion::V1,
        ..config.into()
    }
}

/// The same settings for requests that are sent once, and a session of its own.
pub fn single(settings: &Settings) -> Result<Rest, Error> {
    Rest::new(Settings {
        max_attempts: 1,
        ..settings.clone()
    })
}

impl Client {
    /// A client whose requests end after `timeout` or with `cancel`.
    pub fn new(
        settings: &Settings,
        timeout: Option<Duration>,
        cancel: CancellationToken,
    ) -> Result<Client, Error> {
        let shutdown = CancellationToken::new();
        Ok(Client {
            rest: Rest::new(settings.clone())?,
            scope: Scope::new("verify", timeout, ROLLBACK, cancel, shutdown),
            doubt: Arc::default(),
        })
    }

    /// The same client for the removal, which no cancellation ends.
    pub fn for_removal(&self) -> Client {
        Client {
            scope: self.scope.detached(),
            ..self.clone()
        }
    }

    /// Sends a request; a refusal is an answer, too. A change without an answer is an error, and is
    /// remembered.
    pub async fn ask(&self, request: &Request) -> Result<Answer, Error> {
        let answer = match self.rest.call(&self.scope, request).await {
            Ok(response) => Answer::of(&response),
            Err(error) => Err(error),
        };
        let error = match answer {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        if error.outcome() == Outcome::Unknown {
            self.doubt.store(true, Ordering::Relaxed);
        }
        Answer::refusal(&error).ok_or(error)
    }

    /// Whether a change may still be carried out.
    pub fn has_doubt(&self) -> bool {
        self.doubt.load(Ordering::Relaxed)
    }

    /// The same; the next call is about later changes.
    pub fn take_doubt(&self) -> bool {
        self.doubt.swap(false, Ordering::Relaxed)
    }
}
