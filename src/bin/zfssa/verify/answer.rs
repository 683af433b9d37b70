//! Answer of the appliance to one request of a probe, whether it accepted or refused it.

use std::fmt;

use serde_json::Value;
use zfssa::rest::Response;
use zfssa::{Error, Status};

/// An answer of any status.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// Fault name of a refusal.
    pub fault: Option<String>,
    /// Body of a success.
    pub body: Value,
}

/// Reason that a probe ended without a value. Its text holds no address and no name of the site.
pub enum Trouble {
    /// The engine failed.
    Engine(Box<Error>),
    /// The appliance answered in a way that no probe expects.
    Unexpected(String),
}

impl Answer {
    pub fn of(response: &Response) -> Result<Answer, Error> {
        let body = match response.body().trim_ascii() {
            [] => Value::Null,
            _ => response.json()?,
        };
        Ok(Answer {
            status: response.status(),
            fault: None,
            body,
        })
    }

    /// The refusal that an error reports.
    pub fn refusal(error: &Error) -> Option<Answer> {
        let status = error.http_status().filter(|status| *status >= 300)?;
        Some(Answer {
            status,
            fault: error.fault().map(str::to_owned),
            body: Value::Null,
        })
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The object in the body, such as `lun`, of a success.
    pub fn object(self, key: &str, request: &str) -> Result<Value, Trouble> {
        if !self.is_success() {
            return Err(Trouble::Unexpected(format!("{request}: {self}")));
        }
        match self.body {
            Value::Object(mut body) => body.remove(key),
            _ => None,
        }
        .ok_or_else(|| Trouble::Unexpected(format!("{request}: the answer has no {key}")))
    }

    /// Whether it is the refusal of the same kind.
    pub fn is_like(&self, other: &Answer) -> bool {
        self.status == other.status && self.fault == other.fault
    }
}

/// Status and fault name, such as `409 ERR_OBJECT_EXISTS`. The prose is left out, since it may name
/// objects of the site.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            Some(fault) => write!(f, "{} {fault}", self.status),
            None => write!(f, "{}", self.status),
        }
    }
}

impl Trouble {
    /// Whether an error means that no further probe may run.
    pub fn is_end_of(error: &Error) -> bool {
        matches!(
            error.status(),
            Status::Cancelled | Status::Shutdown | Status::Deadline
        )
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Engine(error) => {
                write!(f, "{}", error.status().name())?;
                match Answer::refusal(error) {
                    Some(refusal) => write!(f, " ({refusal})"),
                    None => Ok(()),
                }
            }
            Trouble::Unexpected(text) => f.write_str(text),
        }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        Trouble::Engine(Box::new(error))
    }
}
