//! Persistent API tokens: `/api/user/v2/users/USER/preferences/tokens`.
//!
//! Documented by Oracle (RESTful API Guide OS8.8, "Manage Tokens" and "User Service Commands"): the paths, that a
//! creation needs user name and password, its body and answer with the value in `X-Auth-Session`, that `preserve` needs
//! an `expiration` in seconds, that a token is found by its value (`?token=`) or its id, and that persistent tokens are
//! known to both heads. Inferred: the key `tokens` of the list and what an element has in it, 204 for a deletion, that
//! names need not be unique, and that somebody else's tokens are refused as any other lack of an authorization. Tokens
//! that do not persist are made by a login here, not by this service.

use std::time::{Duration, SystemTime};

use hyper::Method;
use hyper::header::HeaderMap;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::access::{Access, Caller, TOKEN_WORD};
use crate::options::Knobs;
use crate::refusal::Refusal;
use crate::request::{Answer, Query, Reply};

/// A persistent token.
pub(crate) struct Token {
    pub value: String,
    pub user: String,
    pub shown: ShownToken,
    expires: SystemTime,
}

/// What the appliance shows of a persistent token: everything but its value.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ShownToken {
    /// The id, a UUID.
    pub id: String,
    /// The name.
    pub name: String,
    /// When it expires, in the form of RFC 3339.
    pub expiration: String,
}

impl Token {
    pub fn is_alive(&self) -> bool {
        SystemTime::now() < self.expires
    }

    pub fn expire(&mut self) {
        self.expires = SystemTime::UNIX_EPOCH;
    }

    fn new(user: &str, name: String, life: Duration) -> Token {
        let mut value = format!("{TOKEN_WORD}{}", Uuid::new_v4().simple());
        value.truncate(31);
        let expires = SystemTime::now() + life;
        let shown = OffsetDateTime::from(expires).replace_nanosecond(0);
        let expiration = shown.map(|time| time.format(&Rfc3339).unwrap_or_default());
        Token {
            value,
            user: user.to_owned(),
            shown: ShownToken {
                id: Uuid::new_v4().to_string(),
                name,
                expiration: expiration.unwrap_or_default(),
            },
            expires,
        }
    }

    fn json(&self) -> Value {
        let ShownToken {
            id,
            name,
            expiration,
        } = &self.shown;
        json!({
            "href": format!("/api/user/v2/users/{}/preferences/tokens/{id}", self.user),
            "name": name,
            "token_username": self.user,
            "preserve": true,
            "expiration": expiration,
            "id": id,
        })
    }
}

/// A request for the tokens of a user.
pub(crate) struct TokenRequest<'a> {
    pub method: &'a Method,
    pub headers: &'a HeaderMap,
    pub path: &'a [&'a str],
    pub query: Query<'a>,
    pub body: Map<String, Value>,
    pub caller: &'a Caller,
}

impl Access {
    pub fn token_request(&mut self, request: TokenRequest<'_>, knobs: &Knobs) -> Answer {
        let ["users", user, "preferences", "tokens", rest @ ..] = request.path else {
            return Err(Refusal::no_path());
        };
        let refused = |why: &str| {
            Refusal::other(
                knobs.unauthorized_status,
                "ERR_DENIED",
                format!("operation denied ({why})"),
            )
        };
        if *user != request.caller.user {
            return Err(refused("these are the tokens of another user"));
        }
        let mine = |token: &&Token| token.user == *user && token.is_alive();
        match (request.method.as_str(), rest) {
            ("GET", []) => {
                let wanted = request.query.get("token");
                let tokens = self.tokens.iter().filter(mine);
                let tokens = tokens.filter(|token| wanted.is_none_or(|value| value == token.value));
                Reply::ok("tokens", &tokens.map(Token::json).collect::<Vec<_>>())
            }
            ("GET", [id]) => {
                let token = self
                    .tokens
                    .iter()
                    .filter(mine)
                    .find(|token| token.shown.id == *id);
                let token = token.ok_or_else(|| Refusal::not_found("token", id))?;
                Reply::ok("token", &token.json())
            }
            ("POST", []) => {
                if request.headers.contains_key("x-auth-session") {
                    return Err(refused("user name and password are required"));
                }
                self.create_token(user, request.body)
            }
            ("DELETE", [id]) => {
                let before = self.tokens.len();
                self.tokens
                    .retain(|token| token.user != *user || token.shown.id != *id);
                match before - self.tokens.len() {
                    0 => Err(Refusal::not_found("token", id)),
                    _ => Reply::no_content(),
                }
            }
            (_, [] | [_]) => Err(Refusal::method()),
            _ => Err(Refusal::no_path()),
        }
    }

    fn create_token(&mut self, user: &str, mut body: Map<String, Value>) -> Answer {
        let preserve = body.shift_remove("preserve");
        if preserve.as_ref().and_then(Value::as_bool) != Some(true) {
            return Err(Refusal::invalid(
                "the simulator makes persistent tokens only",
            ));
        }
        let seconds = match body.shift_remove("expiration") {
            None => return Err(Refusal::missing("expiration")),
            Some(value) => value
                .as_u64()
                .filter(|seconds| *seconds > 0)
                .ok_or_else(|| Refusal::bad_value("expiration", &value, "a number of seconds"))?,
        };
        let name = match body.shift_remove("name") {
            None => format!("REST-{}", &Uuid::new_v4().simple().to_string()[..8]),
            Some(Value::String(name)) => name,
            Some(value) => return Err(Refusal::bad_value("name", &value, "a text")),
        };
        if let Some(unknown) = body.keys().next() {
            return Err(Refusal::unknown(unknown));
        }
        let token = Token::new(user, name, Duration::from_secs(seconds));
        let reply = Reply::new(201, "token", &token.json()).with("X-Auth-Session", &token.value);
        self.tokens.push(token);
        Ok(reply)
    }

    /// Makes a token without a request, and gives its value.
    pub fn add_token(&mut self, user: &str, name: &str, life: Duration) -> String {
        let token = Token::new(user, name.to_owned(), life);
        let value = token.value.clone();
        self.tokens.push(token);
        value
    }

    /// The token of this value, if it lives.
    pub fn find_token(&self, value: &str) -> Option<ShownToken> {
        let token = self.tokens.iter().find(|token| token.value == value);
        token
            .filter(|token| token.is_alive())
            .map(|token| token.shown.clone())
    }

    /// The tokens that live.
    pub fn shown_tokens(&self) -> Vec<ShownToken> {
        let alive = self.tokens.iter().filter(|token| token.is_alive());
        alive.map(|token| token.shown.clone()).collect()
    }
}
