//! The exchanges of a trace, and the search for the one that answers a request.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::replay::ReplayReport;
use crate::replay::template::{Bindings, Placeholders};
use crate::trace::masked;

/// The version of the format.
const FORMAT: u32 = 1;

/// The fault name of a request that the trace does not have.
pub(super) const NOT_IN_TRACE: &str = "ERR_NOT_IN_TRACE";

#[derive(Deserialize)]
struct Head {
    zfssa_trace: u32,
    identified: bool,
}

#[derive(Deserialize)]
struct Exchange {
    number: u64,
    method: String,
    target: String,
    request: Message,
    answer: Option<RecordedAnswer>,
    failure: Option<String>,
}

#[derive(Default, Deserialize)]
struct Message {
    #[serde(default)]
    headers: Map<String, Value>,
    body: Option<Value>,
    omitted_bytes: Option<usize>,
}

#[derive(Deserialize)]
struct RecordedAnswer {
    status: u16,
    #[serde(flatten)]
    message: Message,
}

/// A trace that is read, with the exchanges that were used.
pub(super) struct Book {
    exchanges: Vec<(Exchange, bool)>,
    placeholders: Placeholders,
    bindings: Bindings,
    answered: usize,
    not_in_trace: Vec<String>,
}

/// What the server sends.
pub(super) enum Played {
    /// An answer with headers and a body.
    Answer(u16, Vec<(String, String)>, Vec<u8>),
    /// The connection ends without an answer, as it did when the trace was recorded.
    NoAnswer,
}

impl Book {
    /// Reads a trace. A last line without its end was not written to its end, and is left out.
    pub fn parse(text: &str) -> Result<Book, String> {
        let complete = text.rfind('\n').map_or("", |end| &text[..end]);
        let mut lines = complete.lines();
        let head: Head = serde_json::from_str(lines.next().unwrap_or_default())
            .map_err(|error| format!("line 1 is no head of a trace: {error}"))?;
        if head.zfssa_trace != FORMAT {
            return Err(format!(
                "has format {}, and this program reads format {FORMAT}",
                head.zfssa_trace
            ));
        }
        let mut exchanges = Vec::new();
        for (index, line) in lines.enumerate() {
            let exchange: Exchange = serde_json::from_str(line)
                .map_err(|error| format!("line {} is no exchange: {error}", index + 2))?;
            if exchange.answer.is_none() == exchange.failure.is_none() {
                let problem = "has no answer and no failure, or both";
                return Err(format!("line {} {problem}", index + 2));
            }
            exchanges.push((exchange, false));
        }
        // They were written in the order of their answers.
        exchanges.sort_by_key(|(exchange, _)| exchange.number);
        Ok(Book {
            exchanges,
            placeholders: Placeholders::new(head.identified),
            bindings: Bindings::default(),
            answered: 0,
            not_in_trace: Vec::new(),
        })
    }

    /// The answer to a request. `body` is that of the request, empty for none.
    pub fn play(&mut self, method: &str, target: &str, body: &[u8]) -> Played {
        let value = match body.trim_ascii() {
            [] => None,
            body => serde_json::from_slice::<Value>(body).ok(),
        };
        let placeholders = &self.placeholders;
        let bindings = &self.bindings;
        let found = self
            .exchanges
            .iter_mut()
            .filter(|(_, used)| !used)
            .find_map(|(exchange, used)| {
                if exchange.method != method {
                    return None;
                }
                let mut bindings = bindings.clone();
                let is_same = placeholders.matches(&exchange.target, target, &mut bindings)
                    && match (&exchange.request, &value) {
                        (
                            Message {
                                omitted_bytes: Some(bytes),
                                ..
                            },
                            None,
                        ) => *bytes == body.len(),
                        (
                            Message {
                                body: Some(template),
                                ..
                            },
                            Some(value),
                        ) => placeholders.matches_value(template, value, &mut bindings),
                        (Message { body: None, .. }, None) => body.trim_ascii().is_empty(),
                        _ => false,
                    };
                is_same.then_some((exchange, used, bindings))
            });
        let Some((exchange, used, bindings)) = found else {
            return self.refuse(method, target, body);
        };
        *used = true;
        self.answered += 1;
        self.bindings = bindings;
        let Some(answer) = &exchange.answer else {
            return Played::NoAnswer;
        };
        let fill = |text: &str| self.placeholders.filled(text, &self.bindings);
        let headers = answer
            .message
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), fill(value.as_str()?))));
        let headers = headers.collect();
        let body = match (&answer.message.body, answer.message.omitted_bytes) {
            (Some(body), _) => {
                let body = self.placeholders.filled_value(body, &self.bindings);
                body.to_string().into_bytes()
            }
            // Not JSON, as it was.
            (None, Some(bytes)) => vec![b'?'; bytes],
            (None, None) => Vec::new(),
        };
        Played::Answer(answer.status, headers, body)
    }

    fn refuse(&mut self, method: &str, target: &str, body: &[u8]) -> Played {
        let path = target.split('?').next().unwrap_or(target);
        // A query may hold a token.
        let mut named = match path.len() == target.len() {
            true => format!("{method} {path}"),
            false => format!("{method} {path}?…"),
        };
        if let Some(body) = masked(body) {
            named = format!("{named} {body}");
        }
        let message = format!("the trace does not have the request, or not so often: {named}");
        self.not_in_trace.push(named);
        let fault = json!({"fault": {"code": 500, "name": NOT_IN_TRACE, "message": message}});
        let json = ("content-type".to_owned(), "application/json".to_owned());
        Played::Answer(500, vec![json], fault.to_string().into_bytes())
    }

    pub fn report(&self) -> ReplayReport {
        let unused = self.exchanges.iter().filter(|(_, used)| !used);
        ReplayReport {
            answered: self.answered,
            not_in_trace: self.not_in_trace.clone(),
            not_asked_for: unused
                .map(|(one, _)| format!("{} {} {}", one.number, one.method, one.target))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = r#"{"zfssa_trace":1,"zfssa":"1.0.0","identified":false}
{"number":2,"at_ms":0,"took_ms":0,"method":"GET","target":"/a?x=1","request":{},"answer":{"status":200,"body":{"n":2,"m":"MASKED-marker-1"}}}
{"number":1,"at_ms":0,"took_ms":0,"method":"GET","target":"/a?x=1","request":{},"answer":{"status":200,"body":{"n":1}}}
{"number":3,"at_ms":0,"took_ms":0,"method":"POST","target":"/b","request":{"body":{"mark":"MASKED-marker-1","chapsecret":"MASKED-secret-1","n":1.0}},"answer":{"status":201,"headers":{"x-auth-session":"MASKED-session-1"},"body":{"mark":"MASKED-marker-1"}}}
{"number":4,"at_ms":0,"took_ms":0,"method":"GET","target":"/c","request":{},"failure":"lost"}
{"number":5,"at_ms":0,"took_ms":0,"method":"GET","target":"/half","req"#;

    fn json(played: Played) -> (u16, Value) {
        match played {
            Played::Answer(status, _, body) => (status, serde_json::from_slice(&body).unwrap()),
            Played::NoAnswer => panic!("no answer"),
        }
    }

    #[test]
    fn each_request_has_its_own_order_and_masks_stand_for_any_text() {
        let mut book = Book::parse(TRACE).unwrap();
        let body = br#"{"n":1.0,"mark":"op/1","chapsecret":"another"}"#;
        assert_eq!(
            json(book.play("POST", "/b", body)),
            (201, json!({"mark": "op/1"}))
        );
        assert_eq!(
            json(book.play("GET", "/a?x=1", b"")),
            (200, json!({"n": 1}))
        );
        let second = json!({"n": 2, "m": "op/1"});
        assert_eq!(json(book.play("GET", "/a?x=1", b"")), (200, second));
        assert_eq!(book.report().not_asked_for, ["4 GET /c"]);
        assert!(matches!(book.play("GET", "/c", b""), Played::NoAnswer));
        assert_eq!(book.report().answered, 4);
        assert_eq!(book.report().not_asked_for, Vec::<String>::new());
    }

    #[test]
    fn a_request_that_is_not_in_the_trace_is_named_without_secrets() {
        let mut book = Book::parse(TRACE).unwrap();
        let body = br#"{"n":2.0,"mark":"op/1","chapsecret":"hush"}"#;
        let (status, fault) = json(book.play("POST", "/b", body));
        assert_eq!(
            (status, &fault["fault"]["name"]),
            (500, &json!(NOT_IN_TRACE))
        );
        for (method, target, body) in [
            ("GET", "/a", &b""[..]),
            ("GET", "/a?x=2", b""),
            ("PUT", "/a?x=1", b""),
            ("GET", "/a?x=1", b"{}"),
            ("POST", "/b", b""),
            ("GET", "/half", b""),
        ] {
            assert_eq!(
                json(book.play(method, target, body)).0,
                500,
                "{method} {target}"
            );
        }
        let report = book.report();
        assert_eq!((report.answered, report.not_in_trace.len()), (0, 7));
        let first = r#"POST /b {"n":2.0,"mark":"op/1","chapsecret":"***"}"#;
        assert_eq!(report.not_in_trace[0], first);
    }

    #[test]
    fn a_placeholder_has_one_text_only() {
        let trace = TRACE.replace(
            "\"GET\",\"target\":\"/c\"",
            "\"GET\",\"target\":\"/MASKED-marker-1\"",
        );
        let mut book = Book::parse(&trace).unwrap();
        let body = br#"{"n":1.0,"mark":"op","chapsecret":"another"}"#;
        assert_eq!(json(book.play("POST", "/b", body)).0, 201);
        assert_eq!(json(book.play("GET", "/other", b"")).0, 500);
        assert!(matches!(book.play("GET", "/op", b""), Played::NoAnswer));
    }

    #[test]
    fn another_format_is_refused() {
        for (text, problem) in [
            ("", "line 1 is no head"),
            ("{\"zfssa_trace\":2,\"identified\":true}\n", "has format 2"),
            (
                "{\"zfssa_trace\":1,\"identified\":true}\n{}\n",
                "line 2 is no exchange",
            ),
        ] {
            let refused = Book::parse(text).err().unwrap();
            assert!(refused.starts_with(problem), "{refused}");
        }
    }
}
