//! Client that forwards the requests of another client to the appliance, to record them.

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Method, Url};

use crate::error::{Error, Result, Status};
use crate::local::Local;
use crate::rest::Settings;
use crate::rest::pool::connection::client_builder;
use crate::rest::tls::client_config;
use crate::rest::tls::trust::Trust;

/// Headers of one connection alone, which must not be forwarded (RFC 9110, 7.6.1), and those that
/// each side computes itself.
const OF_ONE_CONNECTION: &[&str] = &[
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A client that sends requests as they are: without a login, a repetition or a limit of its own.
/// The appliance's certificate is verified as the settings say.
pub struct Forward {
    client: reqwest::Client,
    endpoint: String,
}

/// A request to forward.
pub struct ForwardedRequest {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub target: String,
    /// Headers of the client.
    pub headers: HeaderMap,
    /// The body, empty for none.
    pub body: Bytes,
}

/// The answer of the appliance.
pub struct ForwardedAnswer {
    /// The status.
    pub status: u16,
    /// Headers of the appliance.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

/// Reason that there is no answer. It names no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// No connection could be made, or the certificate was refused: nothing was sent.
    Connection,
    /// The time limit of a request ended.
    Timeout,
    /// The connection broke, or the answer was no HTTP.
    Lost,
}

impl NoAnswer {
    /// The reason as one word.
    pub fn name(self) -> &'static str {
        match self {
            NoAnswer::Connection => "connection",
            NoAnswer::Timeout => "timeout",
            NoAnswer::Lost => "lost",
        }
    }
}

impl Forward {
    /// A client for the appliance of the settings. Nothing is sent.
    ///
    /// # Errors
    ///
    /// `Config` when a setting is unusable, `Tls` when there is nothing to trust.
    pub fn new(settings: &Settings) -> Result<Forward> {
        let trust = Trust::new(settings.tls.clone())?;
        let config = client_config::trusting(&trust)?;
        let client = client_builder(config, &Local::default())
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.request_timeout)
            .build()
            .map_err(|error| {
                Error::new(Status::Internal, "the HTTP client cannot be built")
                    .with_cause(error.without_url())
            })?;
        Ok(Forward {
            client,
            endpoint: settings.endpoint(),
        })
    }

    /// Sends a request once and reads its answer, of any status, to the end.
    ///
    /// # Errors
    ///
    /// The reason that there is no answer. After any but [`NoAnswer::Connection`] the appliance may
    /// have carried the request out.
    pub async fn send(
        &self,
        request: ForwardedRequest,
    ) -> std::result::Result<ForwardedAnswer, NoAnswer> {
        // The target is a path, so that it cannot lead to another host.
        let mut url = Url::parse(&self.endpoint).map_err(|_| NoAnswer::Connection)?;
        let (path, query) = match request.target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (request.target.as_str(), None),
        };
        url.set_path(path);
        url.set_query(query);
        let mut sent = self.client.request(request.method, url);
        sent = sent.headers(of_the_message(request.headers));
        if !request.body.is_empty() {
            sent = sent.body(request.body);
        }
        let answer = sent.send().await.map_err(|error| no_answer(&error))?;
        let status = answer.status().as_u16();
        let headers = of_the_message(answer.headers().clone());
        let body = answer.bytes().await.map_err(|error| no_answer(&error))?;
        Ok(ForwardedAnswer {
            status,
            headers,
            body,
        })
    }
}

fn of_the_message(mut headers: HeaderMap) -> HeaderMap {
    for name in OF_ONE_CONNECTION {
        headers.remove(HeaderName::from_static(name));
    }
    headers
}

fn no_answer(error: &reqwest::Error) -> NoAnswer {
    if error.is_connect() {
        NoAnswer::Connection
    } else if error.is_timeout() {
        NoAnswer::Timeout
    } else {
        NoAnswer::Lost
    }
}
