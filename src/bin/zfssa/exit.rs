//! Exit codes and error messages of the command.

use std::fmt;
use std::process::ExitCode;

use zfssa::{Error, Outcome};

/// Reason that a command did not succeed.
pub enum Failure {
    /// The command line or the configuration is wrong.
    Usage(String),
    /// A file or the terminal failed, or the user said no.
    Local(String),
    /// A command that was run failed with this exit code, and has reported why.
    Reported(u8),
    /// The operation failed.
    Operation(Box<Error>),
}

impl Failure {
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::Usage(message.into())
    }

    pub fn local(object: impl fmt::Display, error: impl fmt::Display) -> Failure {
        Failure::Local(format!("{object}: {error}"))
    }

    /// Prints the failure on standard error, with what became of the appliance: as text for
    /// people, otherwise as one line of JSON.
    pub fn report(&self, is_for_people: bool) -> ExitCode {
        match self {
            Failure::Reported(_) => {}
            _ if !is_for_people => eprintln!("{}", self.json()),
            Failure::Usage(message) | Failure::Local(message) => eprintln!("zfssa: {message}"),
            Failure::Operation(error) => {
                eprintln!("zfssa: {}: {error}", error.status().name());
                eprintln!("{}", error.outcome().description());
                for left in error.left_behind() {
                    eprintln!("left: {left}");
                }
            }
        }
        ExitCode::from(self.code())
    }

    /// `{"error": {...}}`. Status and outcome are null where no operation failed.
    fn json(&self) -> serde_json::Value {
        let (status, outcome, message, left) = match self {
            Failure::Usage(message) | Failure::Local(message) => {
                (None, None, message.clone(), &[][..])
            }
            Failure::Reported(_) => (None, None, String::new(), &[][..]),
            Failure::Operation(error) => (
                Some(error.status().name()),
                Some(error.outcome().name()),
                error.to_string(),
                error.left_behind(),
            ),
        };
        serde_json::json!({
            "error": {
                "status": status,
                "outcome": outcome,
                "message": message,
                "left": left,
                "exit_code": self.code(),
            }
        })
    }

    fn code(&self) -> u8 {
        match self {
            Failure::Local(_) => 1,
            Failure::Usage(_) => 2,
            Failure::Reported(code) => *code,
            Failure::Operation(error) => code_of(error.status().code(), error.outcome()),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Operation(Box::new(error))
    }
}

impl From<dialoguer::Error> for Failure {
    fn from(error: dialoguer::Error) -> Failure {
        Failure::local("the terminal", error)
    }
}

/// The class of a status as the tens, from 1, and the outcome as the ones.
fn code_of(status: i32, outcome: Outcome) -> u8 {
    let class = (-status) / 100 + 1;
    let code = class * 10 + outcome.code() as i32;
    u8::try_from(code).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_and_outcomes_have_a_digit_each() {
        use zfssa::Status;
        for (status, outcome, code) in [
            (Status::InvalidArgument, Outcome::None, 10),
            (Status::Cancelled, Outcome::RolledBack, 14),
            (Status::VolumeNotFound, Outcome::None, 40),
            (Status::VolumeBusy, Outcome::Rejected, 41),
        ] {
            assert_eq!(code_of(status.code(), outcome), code, "{status:?}");
        }
        for status in Status::ALL {
            let code = code_of(status.code(), Outcome::Partial);
            assert!((15..=45).contains(&code), "{status:?}: {code}");
        }
    }
}
