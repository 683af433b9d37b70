//! Persistent API tokens of a user (REST API v2, service `user`).
//!
//! Oracle documents (RESTful API Guide OS8.8, "Manage Tokens" and "User Service Commands"): the
//! addresses; that a creation needs user name and password; its body, where `preserve` makes a
//! token persistent and then needs `expiration`, in seconds; its answer, with the token's value in
//! the header `X-Auth-Session` and nowhere later; and that a token is deleted by its id. Both heads
//! of a cluster know a persistent token.
//!
//! Inferred, and not seen on an appliance: the key `tokens` of the list, and that its elements have
//! the properties of a single token. Not documented: the longest life of a token, whether names
//! must be unique, and whether a token can create another. So the engine sends the password, and
//! creates each token under a name of its own.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use crate::appliance::client::Appliance;
use crate::appliance::json;
use crate::appliance::list::{Element, List};
use crate::error::{Error, Outcome, Result, Status};
use crate::rest::{Path, Request, Service};
use crate::scope::Scope;
use crate::secret::Secret;

/// A token as the appliance shows it, without its value.
#[derive(Clone, Debug, Deserialize)]
pub struct ApiToken {
    /// Its id, a UUID.
    pub id: String,
    /// The name that its creator chose.
    #[serde(default, rename = "name", deserialize_with = "json::text")]
    pub chosen_name: String,
    /// When it expires, such as `2020-04-30T03:20:31Z`.
    #[serde(default, deserialize_with = "json::text")]
    pub expiration: String,
}

impl Element for ApiToken {
    const KIND: &'static str = "API token";
    // Several tokens may have one name.
    const NAME: &'static str = "id";

    fn name(&self) -> &str {
        &self.id
    }
}

fn tokens(user: &str) -> Result<Path> {
    let users = Path::new(Service::User).fixed("users").name(user)?;
    Ok(users.fixed("preferences/tokens"))
}

impl Appliance {
    /// The tokens of a user.
    ///
    /// # Errors
    ///
    /// `RestUnavailable` where the appliance has no tokens.
    pub async fn api_tokens(&self, scope: &Scope, user: &str) -> Result<List<ApiToken>> {
        let listed = self.list(scope, tokens(user)?, "tokens").await;
        listed.map_err(|error| match error.is_not_found() {
            true => error
                .with_status(Status::RestUnavailable)
                .with_context(format!(
                    "{}: has no API tokens of user {user:?}: they came with OS8.8 and API v2; \
                     check the version of its software",
                    self.rest.endpoint()
                )),
            false => error,
        })
    }

    /// Creates a persistent token, and returns it with its value, which the appliance shows this
    /// once. After a lost answer the outcome is `Unknown`, and the value is lost.
    pub async fn create_api_token(
        &self,
        scope: &Scope,
        user: &str,
        name: &str,
        life: Duration,
    ) -> Result<(ApiToken, Secret)> {
        let body = json!({"name": name, "preserve": true, "expiration": life.as_secs()});
        let request = Request::post(tokens(user)?, &body);
        let answer = self.rest.call(scope, &request).await?;
        let unusable = |error: Error| {
            error
                .with_context(request.to_string())
                .with_outcome(Outcome::Unknown)
        };
        let token = json::member(answer.body(), "token").map_err(unusable)?;
        let value = answer.session().ok_or_else(|| {
            let problem = "the answer has no header X-Auth-Session with the token";
            unusable(Error::new(Status::Protocol, problem))
        })?;
        Ok((token, value))
    }

    /// Revokes a token. One that does not exist is revoked.
    pub async fn delete_api_token(&self, scope: &Scope, user: &str, id: &str) -> Result<()> {
        let request = Request::delete(tokens(user)?.name(id)?);
        let mut answer = self.rest.call(scope, &request).await;
        if let Err(lost) = &answer
            && lost.outcome() == Outcome::Unknown
        {
            // Deleting it twice is the same as once.
            let again = self.rest.call(scope, &request).await;
            answer = again.map_err(|error| match error.is_not_found() {
                true => error,
                false => lost.clone().joined_by(error),
            });
        }
        match answer {
            // A token that is wrongly taken for revoked would stay valid unnoticed.
            Err(error) if error.is_not_found() => {
                let (tokens, odd) = self.api_tokens(scope, user).await?.parts();
                let is_there = tokens.iter().any(|token| token.id == id)
                    || odd.iter().any(|odd| odd.may_be("id", id));
                if is_there { Err(error) } else { Ok(()) }
            }
            answer => answer.map(drop),
        }
    }
}
