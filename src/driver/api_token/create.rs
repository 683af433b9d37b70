//! Creation of a persistent API token, and the file that it is written to.
//!
//! The steps are in an order in which a crash loses no token that is in use: the new token is
//! written next to the token file and proven to work, then the file is replaced, and only then the
//! former tokens are revoked. What a crash leaves on the appliance is a token of the same name that
//! no program has, and the next call revokes it.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::appliance::{ApiToken, Appliance};
use crate::config::Credentials;
use crate::driver::api_token::draft::Draft;
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, budget};
use crate::driver::operation::Operation;
use crate::error::{Error, Outcome, Result, Status};
use crate::local::Local;
use crate::rest::{ApiVersion, Authentication, Rest, Settings};
use crate::scope::Scope;
use crate::secret::Secret;

/// The longest name, without the suffix that the engine adds.
const LONGEST_NAME: usize = 48;
/// Hexadecimal digits of that suffix.
const SUFFIX: usize = 8;
/// Life of a token, in seconds: a minute to ten years.
const LIFE: std::ops::RangeInclusive<u64> = 60..=315_360_000;
/// How often a token is asked for when answers are lost.
const ATTEMPTS: u32 = 3;

/// Creates a persistent API token of the user `san_login`, writes it into a file, and revokes the
/// tokens of the same name that it replaces.
///
/// The token works for `zfssa_token_file`, of this driver or of another program.
///
/// # Errors
///
/// `InvalidArgument`; `LocalIo` when the file cannot be written; `Again` when another call replaces
/// the same file; `Unauthenticated` when the appliance refuses the password or the new token;
/// `RestUnavailable` when it has no API v2. Before the file is replaced, a failure revokes the new
/// token (`RolledBack`), and the former tokens stay valid. `Partial`: the new token is in the file,
/// and the error names the former tokens that are still valid.
#[derive(Clone, Debug, Default)]
pub struct CreateApiToken {
    /// Name of the token on the appliance, 1 to 48 characters of letters, digits, `_` and `-`. The
    /// engine adds `-` and eight hexadecimal digits. Use another name for each token file: a call
    /// revokes every other token of its name.
    pub name: String,
    /// How long the token is valid, 60 to 315,360,000 seconds. The appliance may allow less; its
    /// limit is not documented.
    pub lifetime: Duration,
    /// Path of the file, absolute; empty: that of `zfssa_token_file`.
    pub token_file: String,
    /// Password of the user; empty: `san_password`. The appliance makes a token for a user name and
    /// password only, so it is required where the backend itself has a token.
    pub password: Secret,
    /// Whether the former tokens of the name stay valid, until they expire or the next call.
    pub keep_former: bool,
}

/// A token that was created. Its value is in the file only.
#[derive(Clone, Debug, Serialize)]
pub struct CreatedApiToken {
    /// Its id on the appliance, a UUID.
    pub id: String,
    /// Its name there, with the engine's suffix.
    pub name: String,
    /// When it expires, as the appliance says it, such as `2020-04-30T03:20:31Z`; empty if it does
    /// not.
    pub expiration: String,
    /// Path of the file that holds it.
    pub token_file: String,
    /// Names of the former tokens that were revoked.
    pub revoked: Vec<String>,
}

impl Operation for CreateApiToken {
    const NAME: &'static str = "create_api_token";
    const CONTRACT: Contract = Contract::of(Changes::Several)
        .budgets(&[budget("first", 3, 3), budget("rotation", 4, 4)])
        .depth_reason(
            "the former tokens are listed before a new one is created; it is proven to work before \
             it replaces the token file, and the former ones are revoked after that",
        );
    type Output = CreatedApiToken;

    fn resource(&self) -> String {
        self.name.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<CreatedApiToken> {
        self.check_name()?;
        self.check_lifetime()?;
        let target = self.target(driver)?;
        let user = driver.config().login.clone();
        let admin = self.administrator(driver)?;
        let local = &driver.0.local;
        // Before the token is made, which would be lost if the file could not be written.
        let draft = local.file(scope, move || Draft::begin(&target)).await??;
        let issuer = Issuer {
            driver,
            scope,
            admin: &admin,
            user: &user,
            request: &self,
        };
        let former = issuer.of_this_name().await?;
        let (token, value, lost) = issuer.create().await?;
        let placed = issuer.place(draft, value).await;
        let token_file = match placed {
            Ok(Placed::Durably(path)) => path,
            Ok(Placed::InDoubt(error)) => return Err(issuer.keep_both(&token, error)),
            Err(error) => return Err(issuer.give_up(&token, lost, error).await),
        };
        let mut revoked = Vec::new();
        if !self.keep_former {
            revoked = issuer.revoke_former(&token, former, lost).await?;
        }
        Ok(CreatedApiToken {
            id: token.id,
            name: token.chosen_name,
            expiration: token.expiration,
            token_file,
            revoked,
        })
    }
}

impl CreateApiToken {
    fn check_name(&self) -> Result<()> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let length = 1..=LONGEST_NAME;
        if length.contains(&self.name.len()) && self.name.bytes().all(fits) {
            return Ok(());
        }
        let allowed = format!("give 1 to {LONGEST_NAME} letters, digits, `_` and `-`");
        Err(Error::invalid_argument(
            "name",
            format!("{:?}", self.name),
            &allowed,
        ))
    }

    fn check_lifetime(&self) -> Result<()> {
        let seconds = self.lifetime.as_secs();
        if LIFE.contains(&seconds) {
            return Ok(());
        }
        let allowed = format!("give {} to {} seconds", LIFE.start(), LIFE.end());
        Err(Error::invalid_argument("lifetime", seconds, &allowed))
    }

    fn target(&self, driver: &Driver) -> Result<PathBuf> {
        let path = match (&driver.config().credentials, self.token_file.as_str()) {
            (Credentials::TokenFile(path), "") => path.clone(),
            (_, given) => PathBuf::from(given),
        };
        if path.is_absolute() {
            return Ok(path);
        }
        let given = format!("{:?}", self.token_file);
        let allowed = "give an absolute path, or set zfssa_token_file";
        Err(Error::invalid_argument("token_file", given, allowed))
    }

    /// The appliance, with the password in each request: a session is not enough for a creation.
    fn administrator(&self, driver: &Driver) -> Result<Appliance> {
        let own = driver.config().credentials.password();
        let password = match (self.password.is_empty(), own) {
            (false, _) => self.password.clone(),
            (true, Some(own)) => own.clone(),
            (true, None) => {
                let allowed = format!(
                    "give the password of user {:?}, since the appliance makes a token for a user \
                     name and password only",
                    driver.config().login
                );
                return Err(Error::invalid_argument("password", "empty", &allowed));
            }
        };
        let settings = Settings {
            authentication: Authentication::EachRequest(password),
            api_version: ApiVersion::V2,
            ..driver.config().into()
        };
        client(driver, settings)
    }

    /// Whether a token has this name and a suffix of the engine.
    fn is_named(&self, token: &ApiToken) -> bool {
        let suffix = token
            .chosen_name
            .strip_prefix(&self.name)
            .and_then(|rest| rest.strip_prefix('-'));
        suffix.is_some_and(|suffix| {
            suffix.len() == SUFFIX && suffix.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    }
}

fn client(driver: &Driver, settings: Settings) -> Result<Appliance> {
    let counters = driver.appliance().rest().counters().clone();
    let rest = Rest::on(settings, driver.0.local.clone(), counters)?;
    Ok(driver.appliance().behind(rest))
}

/// One run of the operation.
struct Issuer<'a> {
    driver: &'a Driver,
    scope: &'a Scope,
    /// The appliance, by password.
    admin: &'a Appliance,
    user: &'a str,
    request: &'a CreateApiToken,
}

impl Issuer<'_> {
    /// The tokens with the name of this one and a suffix of the engine. A token that cannot be read
    /// may have another name, and stays.
    async fn of_this_name(&self) -> Result<Vec<ApiToken>> {
        let (tokens, _) = self.admin.api_tokens(self.scope, self.user).await?.parts();
        let named = tokens
            .into_iter()
            .filter(|token| self.request.is_named(token));
        Ok(named.collect())
    }

    /// A new token with its value, and the names of those whose answers were lost.
    async fn create(&self) -> Result<(ApiToken, Secret, Vec<String>)> {
        let mut failed: Option<Error> = None;
        let mut lost = Vec::new();
        for _ in 0..ATTEMPTS {
            let suffix = uuid::Uuid::new_v4().simple().to_string();
            let name = format!("{}-{}", self.request.name, &suffix[..SUFFIX]);
            let life = self.request.lifetime;
            let made = self
                .admin
                .create_api_token(self.scope, self.user, &name, life);
            let error = match made.await {
                Ok((token, value)) => return Ok((token, value, lost)),
                Err(error) => error,
            };
            let in_doubt = error.outcome() == Outcome::Unknown;
            let error = match failed.take() {
                Some(before) => before.joined_by(error),
                None => error,
            };
            if !in_doubt {
                return Err(error);
            }
            // The value is lost with the answer, so the token is of no use, whether it was made or
            // will be made. Another name tells the next one from it.
            failed = Some(error.with_left_behind([left(&name)]));
            lost.push(name);
        }
        Err(failed.unwrap_or_else(|| Error::new(Status::Internal, "no API token was asked for")))
    }

    /// Writes the token, proves that it works, and replaces the token file.
    ///
    /// # Errors
    ///
    /// The token file is as it was.
    async fn place(&self, draft: Draft, value: Secret) -> Result<Placed> {
        let local = &self.driver.0.local;
        let written = local.file(self.scope, move || {
            let mut draft = draft;
            draft.write(&value).map(|()| draft)
        });
        let draft = written.await??;
        let settings = Settings {
            authentication: Authentication::TokenFile(draft.path().to_owned()),
            ..self.driver.config().into()
        };
        let proof = client(self.driver, settings)?.version(self.scope).await;
        if !canary!("token-not-proven") {
            proof.map_err(|error| error.with_context("the new API token does not work"))?;
        }
        replace(local, self.scope, draft).await
    }

    /// Error of a token that is in its file now and may not be after a crash. Neither the new nor a
    /// former token is revoked, since either may be the one that the file holds then.
    fn keep_both(&self, new: &ApiToken, error: Error) -> Error {
        error
            .with_context(format!(
                "API token {} may be in its file, which may hold the former one again after a \
                 crash of the host: call again",
                new.chosen_name
            ))
            .with_outcome(Outcome::Partial)
            .with_left_behind([left(&new.chosen_name)])
    }

    /// Revokes the new token after a failure before the token file was replaced.
    async fn give_up(&self, new: &ApiToken, lost: Vec<String>, error: Error) -> Error {
        let scope = if canary!("cancelled-token-left") {
            self.scope.clone()
        } else {
            self.scope.for_rollback()
        };
        scope.count_rollback();
        let revoked = self
            .admin
            .delete_api_token(&scope, self.user, &new.id)
            .await;
        let outcome = error.outcome().worse(Outcome::RolledBack);
        let error = error
            .with_outcome(outcome)
            .with_left_behind(lost.iter().map(|name| left(name)));
        match revoked {
            Ok(()) => error,
            Err(failure) => error
                .joined_by(failure.with_context("revoking the new API token failed"))
                .with_left_behind([left(&new.chosen_name)]),
        }
    }

    /// Revokes the tokens that the new one replaces, and returns their names. A token that another
    /// call created meanwhile is none of them.
    async fn revoke_former(
        &self,
        new: &ApiToken,
        mut former: Vec<ApiToken>,
        lost: Vec<String>,
    ) -> Result<Vec<String>> {
        let mut failed: Option<Error> = None;
        let mut fail = |error: Error, names: &[String]| {
            let error = error.with_left_behind(names.iter().map(|name| left(name)));
            failed = Some(match failed.take() {
                Some(before) => before.joined_by(error),
                None => error,
            });
        };
        if !lost.is_empty() && !canary!("lost-token-not-revoked") {
            match self.of_this_name().await {
                Ok(now) => {
                    former.extend(
                        now.into_iter()
                            .filter(|token| lost.contains(&token.chosen_name)),
                    );
                }
                Err(error) => fail(error, &lost),
            }
        }
        let mut revoked = Vec::new();
        for token in former {
            let gone = self
                .admin
                .delete_api_token(self.scope, self.user, &token.id);
            match gone.await {
                Ok(()) => revoked.push(token.chosen_name),
                Err(error) => fail(error, &[token.chosen_name]),
            }
        }
        match failed {
            None => Ok(revoked),
            Some(error) => Err(error
                .with_context(format!(
                    "API token {} is in its file, and a former one may still be valid: call \
                     again, or revoke it on the appliance",
                    new.chosen_name
                ))
                .with_outcome(Outcome::Partial)),
        }
    }
}

/// Replaces the token file by the draft. The caller must learn whether the file was replaced, so no
/// cancellation ends this.
async fn replace(local: &Local, scope: &Scope, draft: Draft) -> Result<Placed> {
    let path = draft.target().display().to_string();
    let scope = if canary!("token-file-replaced-unseen") {
        scope.clone()
    } else {
        scope.for_rollback()
    };
    match local.file(&scope, move || draft.publish()).await {
        Ok(published) => Ok(match published? {
            Ok(()) => Placed::Durably(path),
            Err(error) => Placed::InDoubt(error),
        }),
        Err(error) => Ok(Placed::InDoubt(error)),
    }
}

/// What became of the token file.
enum Placed {
    /// It holds the new token, also after a crash of the host. Its path.
    Durably(String),
    /// It may hold the new token.
    InDoubt(Error),
}

/// A token that is left on the appliance, in the words of an error.
fn left(name: &str) -> String {
    format!("API token {name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_util::sync::CancellationToken;

    /// A call that is cancelled when its token works and the file is about to be replaced.
    #[tokio::test]
    async fn a_cancelled_call_knows_whether_the_file_was_replaced() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("token");
        let mut draft = Draft::begin(&path).unwrap();
        draft.write(&Secret::new("token")).unwrap();
        let cancel = CancellationToken::new();
        cancel.cancel();
        let shutdown = CancellationToken::new();
        let minute = Duration::from_secs(60);
        let scope = Scope::new("test", None, minute, cancel, shutdown);
        let local = Local::default();
        local.hold_files().unwrap();
        let placed = replace(&local, &scope, draft).await.unwrap();
        assert!(matches!(placed, Placed::Durably(_)));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "token\n");
    }
}
