//! Who asks: passwords, sessions and persistent tokens.
//!
//! A session is known to the head that made it and to no other, so a takeover makes all sessions of the address that
//! moved worthless. It lives for the user's session timeout, counted from its last use.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use base64::Engine;
use hyper::header::{AUTHORIZATION, HeaderMap};
use serde_json::json;
use uuid::Uuid;

use crate::dialect::{Api, Release};
use crate::options::{Knobs, Options, User};
use crate::refusal::Refusal;
use crate::request::{Answer, Reply};
use crate::tokens::Token;

/// Begins every session token: whoever searches what was printed for it finds a token that leaked.
pub(crate) const TOKEN_WORD: &str = "CANARY";

/// The users, the sessions and the persistent tokens of one appliance.
pub(crate) struct Access {
    users: HashMap<String, User>,
    sessions: HashMap<String, Session>,
    pub(crate) tokens: Vec<Token>,
}

struct Session {
    user: String,
    head: usize,
    begun: Instant,
    used: Instant,
}

/// Who asks, as far as the request proved it.
#[derive(Clone)]
pub(crate) struct Caller {
    pub user: String,
    pub may_change: bool,
}

impl Caller {
    fn of(user: &User) -> Caller {
        Caller {
            user: user.name.clone(),
            may_change: user.may_change,
        }
    }
}

impl Session {
    fn is_alive(&self, knobs: &Knobs) -> bool {
        let since = if knobs.session_ttl_absolute {
            self.begun
        } else {
            self.used
        };
        since.elapsed() < Duration::from_millis(knobs.session_ttl_ms)
    }
}

impl Access {
    pub fn new(options: &Options) -> Access {
        let root = User {
            name: options.user.clone(),
            password: options.password.clone(),
            may_change: true,
        };
        let all = options.users.iter().cloned().chain([root]);
        Access {
            users: all.map(|user| (user.name.clone(), user)).collect(),
            sessions: HashMap::new(),
            tokens: Vec::new(),
        }
    }

    /// Who asks? Any one of the three kinds of credentials will do.
    pub fn authenticate(
        &mut self,
        headers: &HeaderMap,
        knobs: &Knobs,
        head: usize,
    ) -> Result<Caller, Refusal> {
        if let Some(token) = text(headers, "x-auth-session") {
            let expired = || match knobs.expired_status {
                401 => Refusal::unauthorized(),
                status => Refusal::other(
                    status,
                    "ERR_INTERNAL",
                    "internal error (the session is not known)",
                ),
            };
            let known = self.tokens.iter().find(|known| known.value == token);
            if let Some(known) = known {
                let user = self.users.get(&known.user).filter(|_| known.is_alive());
                return user.map(Caller::of).ok_or_else(expired);
            }
            let session = self
                .sessions
                .get_mut(token)
                .filter(|session| session.head == head)
                .ok_or_else(expired)?;
            if !session.is_alive(knobs) {
                self.sessions.remove(token);
                return Err(expired());
            }
            session.used = Instant::now();
            let user = self.users.get(&session.user).ok_or_else(expired)?;
            return Ok(Caller::of(user));
        }
        let (name, password) = credentials(headers).ok_or_else(Refusal::unauthorized)?;
        match self.users.get(&name) {
            Some(user) if user.password == password => Ok(Caller::of(user)),
            _ => Err(Refusal::unauthorized()),
        }
    }

    /// Makes a session and gives its token.
    pub fn log_in(
        &mut self,
        caller: &Caller,
        knobs: &Knobs,
        head: usize,
    ) -> Result<String, Refusal> {
        self.sessions.retain(|_, session| session.is_alive(knobs));
        if self.sessions.len() >= knobs.session_cap {
            return Err(Refusal::busy("too many sessions"));
        }
        let mut token = format!("{TOKEN_WORD}{}", Uuid::new_v4().simple());
        token.truncate(31);
        let now = Instant::now();
        let session = Session {
            user: caller.user.clone(),
            head,
            begun: now,
            used: now,
        };
        self.sessions.insert(token.clone(), session);
        Ok(token)
    }

    pub fn log_out(&mut self, headers: &HeaderMap) -> Answer {
        match text(headers, "x-auth-session").and_then(|token| self.sessions.remove(token)) {
            Some(_) => Reply::no_content(),
            None => Err(Refusal::unauthorized()),
        }
    }

    /// Forgets every session.
    pub fn expire(&mut self) {
        self.sessions.clear();
    }

    /// Every persistent token has expired.
    pub fn expire_tokens(&mut self) {
        self.tokens.iter_mut().for_each(Token::expire);
    }

    /// Forgets the sessions of a head that has gone down.
    pub fn head_down(&mut self, head: usize) {
        self.sessions.retain(|_, session| session.head != head);
    }

    /// How many sessions live.
    pub fn count(&self, knobs: &Knobs) -> usize {
        self.sessions
            .values()
            .filter(|session| session.is_alive(knobs))
            .count()
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// User and password of `Authorization: Basic` or of the pair of headers.
fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    if let (Some(user), Some(key)) = (text(headers, "x-auth-user"), text(headers, "x-auth-key")) {
        return Some((user.to_owned(), key.to_owned()));
    }
    let value = text(headers, AUTHORIZATION.as_str())?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = base64::engine::general_purpose::STANDARD
        .decode(encoded.trim())
        .ok()?;
    let (user, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// The services and their versions. A login wraps them in `access`, a GET does not.
pub(crate) fn services(host: &str, release: Release) -> Vec<serde_json::Value> {
    let version = if release == Release::Os88 {
        "2.0"
    } else {
        "1.0"
    };
    ["access", "hardware", "log", "san", "service", "storage", "system", "user"]
        .iter()
        .map(|name| {
            let major = &version[..1];
            json!({"version": version, "name": name, "uri": format!("https://{host}/api/{name}/v{major}")})
        })
        .collect()
}

/// The answer to a login.
pub(crate) fn welcome(
    token: String,
    name: Option<&str>,
    host: &str,
    api: Api,
    release: Release,
) -> Reply {
    let mut reply = Reply::new(201, "access", &json!({"services": services(host, release)}));
    reply = reply
        .with("X-Auth-Session", token)
        .with("X-Zfssa-Version", release.software_version());
    if api == Api::V2 || release == Release::Os88 {
        let made: String = Uuid::new_v4()
            .simple()
            .to_string()
            .chars()
            .take(8)
            .collect();
        reply = reply.with(
            "X-Auth-Name",
            name.map_or_else(|| format!("REST-{made}"), str::to_owned),
        );
    }
    reply
}
