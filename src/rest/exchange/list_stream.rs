//! Lists that are handed over element by element while the answer arrives.
//!
//! An answer with every LUN of a project has some 100 MB where there are 100,000. Only the element
//! that is arriving is kept; its size, its nesting and the number of elements have bounds, the
//! answer as a whole has none.

use serde_json::value::RawValue;

use crate::error::{Error, Status};

/// Longest element, in bytes. A LUN with all its properties has about 1,500.
const LONGEST_ELEMENT: usize = 1 << 20;

/// Part of a member's name that is kept, in bytes. It is longer than the name of any list, so a
/// longer name is never taken for one.
const KEPT_OF_NAME: usize = 256;

/// Deepest nesting of arrays and objects.
const DEEPEST: u32 = 64;

/// Receiver of a list.
pub trait ListSink: Send {
    /// Member of the envelope that holds the list.
    fn key(&self) -> &'static str;

    /// Forgets the elements so far: the request is sent again.
    fn restart(&mut self);

    /// Receives an element.
    fn element(&mut self, json: &RawValue);
}

/// Position in the envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before `{`.
    Envelope,
    /// After `{`: a member or `}`.
    FirstMember,
    /// After a comma between members.
    Member,
    /// In the name of a member; true after a backslash.
    Name(bool),
    /// After the name: `:`.
    Colon,
    /// Before the value of a member.
    Value,
    /// In a value that is not the list.
    Skipped,
    /// After `[`: an element or `]`.
    FirstElement,
    /// After a comma between elements.
    Element,
    /// In an element.
    Inside,
    /// After an element: a comma or `]`.
    AfterElement,
    /// After the value of a member: a comma or `}`.
    AfterMember,
    /// After the envelope.
    End,
}

/// Position in a value.
#[derive(Clone, Copy, Debug, Default)]
struct Nesting {
    depth: u32,
    /// One bit for each level: set for an object.
    objects: u64,
    in_string: bool,
    escaped: bool,
    /// A number, `true`, `false` or `null`, which ends where the next token begins.
    scalar: bool,
}

/// Effect of a byte on a value.
enum Step {
    Goes,
    /// The value ends with this byte.
    Ends,
    /// The value ended before this byte.
    Ended,
}

impl Nesting {
    fn step(&mut self, byte: u8) -> std::result::Result<Step, &'static str> {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => {
                    self.in_string = false;
                    return Ok(self.closed());
                }
                _ => {}
            }
            return Ok(Step::Goes);
        }
        if self.scalar && self.depth == 0 && is_end_of_scalar(byte) {
            return Ok(Step::Ended);
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => {
                if self.depth == DEEPEST {
                    return Err("it is nested too deeply");
                }
                self.objects = self.objects << 1 | u64::from(byte == b'{');
                self.depth += 1;
            }
            b'}' | b']' => {
                let is_object = self.objects & 1 == 1;
                if self.depth == 0 || is_object != (byte == b'}') {
                    return Err("its brackets do not match");
                }
                self.objects >>= 1;
                self.depth -= 1;
                return Ok(self.closed());
            }
            _ => self.scalar = true,
        }
        Ok(Step::Goes)
    }

    fn closed(&self) -> Step {
        match self.depth {
            0 => Step::Ends,
            _ => Step::Goes,
        }
    }
}

fn is_end_of_scalar(byte: u8) -> bool {
    is_space(byte) || matches!(byte, b',' | b']' | b'}')
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Reader of one answer.
pub(in crate::rest) struct ListReader<'a> {
    sink: &'a mut dyn ListSink,
    most: usize,
    count: usize,
    state: State,
    nesting: Nesting,
    /// The name of the member, or the element, as far as it has arrived.
    text: Vec<u8>,
    has_list: bool,
}

/// Why an answer holds no list.
pub(in crate::rest) enum Unusable {
    /// The answer is not the JSON that was expected; another attempt may help.
    Json(&'static str),
    /// Another attempt would end the same way.
    Final(Error),
}

impl From<&'static str> for Unusable {
    fn from(reason: &'static str) -> Unusable {
        Unusable::Json(reason)
    }
}

impl<'a> ListReader<'a> {
    /// A reader of an answer with at most `most` elements.
    pub(in crate::rest) fn new(sink: &'a mut dyn ListSink, most: usize) -> ListReader<'a> {
        sink.restart();
        ListReader {
            sink,
            most,
            count: 0,
            state: State::Envelope,
            nesting: Nesting::default(),
            text: Vec::new(),
            has_list: false,
        }
    }

    /// Member of the envelope that holds the list.
    pub(in crate::rest) fn key(&self) -> &'static str {
        self.sink.key()
    }

    /// Reads a part of the answer.
    pub(in crate::rest) fn read(&mut self, part: &[u8]) -> std::result::Result<(), Unusable> {
        let mut at = 0;
        while at < part.len() {
            at = match self.state {
                State::Inside => self.inside(part, at)?,
                State::Skipped => self.skipped(part, at)?,
                _ => at + usize::from(self.between(part[at])?),
            };
        }
        Ok(())
    }

    /// Checks that the answer was complete.
    pub(in crate::rest) fn finish(self) -> std::result::Result<(), Unusable> {
        match (self.state, self.has_list) {
            (State::End, true) => Ok(()),
            (State::End, false) => Err("it has no such member".into()),
            _ => Err("it ends early".into()),
        }
    }

    /// Reads on in an element, from a position. Returns the position behind it.
    fn inside(&mut self, part: &[u8], from: usize) -> std::result::Result<usize, Unusable> {
        let (mut at, mut end) = (from, None);
        while at < part.len() && end.is_none() {
            match self.nesting.step(part[at])? {
                Step::Goes => at += 1,
                Step::Ends => {
                    at += 1;
                    end = Some(at);
                }
                Step::Ended => end = Some(at),
            }
        }
        if self.text.len() + (at - from) > LONGEST_ELEMENT {
            return Err("an element is too long".into());
        }
        let piece = &part[from..at];
        if end.is_none() {
            self.text.extend_from_slice(piece);
            return Ok(at);
        }
        self.count += 1;
        if self.count > self.most {
            return Err(Unusable::Final(Error::new(
                Status::Protocol,
                format!(
                    "the list `{}` has more than {} elements: raise zfssa_max_list_items",
                    self.sink.key(),
                    self.most
                ),
            )));
        }
        // An element that arrived in one piece is not copied.
        let text = match self.text.is_empty() {
            true => piece,
            false => {
                self.text.extend_from_slice(piece);
                &self.text
            }
        };
        let element = serde_json::from_slice(text).map_err(|_| "an element is not JSON")?;
        self.sink.element(element);
        self.text.clear();
        self.state = State::AfterElement;
        Ok(at)
    }

    /// The same for a value that is not needed.
    fn skipped(&mut self, part: &[u8], from: usize) -> std::result::Result<usize, Unusable> {
        for (at, byte) in part.iter().enumerate().skip(from) {
            match self.nesting.step(*byte)? {
                Step::Goes => {}
                Step::Ends => {
                    self.state = State::AfterMember;
                    return Ok(at + 1);
                }
                Step::Ended => {
                    self.state = State::AfterMember;
                    return Ok(at);
                }
            }
        }
        Ok(part.len())
    }

    /// Reads a byte between values. False if it begins a value, which reads it again.
    fn between(&mut self, byte: u8) -> std::result::Result<bool, Unusable> {
        if let State::Name(escaped) = self.state {
            self.state = match byte {
                b'"' if !escaped => State::Colon,
                b'\\' if !escaped => State::Name(true),
                _ => State::Name(false),
            };
            if self.state != State::Colon && self.text.len() < KEPT_OF_NAME {
                self.text.push(byte);
            }
            return Ok(true);
        }
        if is_space(byte) {
            return Ok(true);
        }
        self.state = match (self.state, byte) {
            (State::Envelope, b'{') => State::FirstMember,
            (State::FirstMember | State::Member, b'"') => {
                self.text.clear();
                State::Name(false)
            }
            (State::FirstMember, b'}') => State::End,
            (State::Colon, b':') => State::Value,
            (State::Value, _) if self.text == self.sink.key().as_bytes() => {
                self.text.clear();
                match byte {
                    b'[' if !self.has_list => self.has_list = true,
                    b'[' => return Err("it has the member twice".into()),
                    _ => return Err("it is not a list".into()),
                }
                State::FirstElement
            }
            (State::Value, b',' | b'}' | b']' | b':') => return Err("a value is missing".into()),
            (State::Value, _) => {
                self.text.clear();
                self.nesting = Nesting::default();
                self.state = State::Skipped;
                return Ok(false);
            }
            (State::FirstElement, b']') => State::AfterMember,
            (State::FirstElement | State::Element, b',' | b'}' | b']' | b':') => {
                return Err("an element is missing".into());
            }
            (State::FirstElement | State::Element, _) => {
                self.nesting = Nesting::default();
                self.state = State::Inside;
                return Ok(false);
            }
            (State::AfterElement, b',') => State::Element,
            (State::AfterElement, b']') => State::AfterMember,
            (State::AfterMember, b',') => State::Member,
            (State::AfterMember, b'}') => State::End,
            _ => return Err("it is not JSON".into()),
        };
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Luns(Vec<String>);

    impl ListSink for Luns {
        fn key(&self) -> &'static str {
            "luns"
        }
        fn restart(&mut self) {
            self.0.clear();
        }
        fn element(&mut self, json: &RawValue) {
            self.0.push(json.get().to_owned());
        }
    }

    fn read(text: &str, size: usize) -> std::result::Result<Vec<String>, String> {
        let mut luns = Luns::default();
        let mut reader = ListReader::new(&mut luns, 5);
        let why = |unusable| match unusable {
            Unusable::Json(reason) => reason.to_owned(),
            Unusable::Final(error) => error.message().to_owned(),
        };
        for part in text.as_bytes().chunks(size) {
            reader.read(part).map_err(why)?;
        }
        reader.finish().map_err(why)?;
        Ok(luns.0)
    }

    #[test]
    fn elements_are_the_same_wherever_the_answer_is_cut() {
        let text = r#" {"a":{"luns":[9]},"b" : [1,[2]], "c":"\"]}", "d":-1.5e3,
            "luns" : [ {"name":"a,]}\\\"{", "n":[{}]} ,1, "x]" , null,[ ] ] , "e":true } "#;
        let wanted = [
            r#"{"name":"a,]}\\\"{", "n":[{}]}"#,
            "1",
            r#""x]""#,
            "null",
            "[ ]",
        ];
        for size in 1..=text.len() {
            assert_eq!(read(text, size).unwrap(), wanted, "{size}");
        }
        assert!(read(r#"{"luns":[]}"#, 3).unwrap().is_empty());
    }

    #[test]
    fn an_answer_without_a_whole_list_is_refused() {
        for text in [
            "",
            "{",
            "[]",
            "{}",
            r#"{"luns":1}"#,
            r#"{"luns":{}}"#,
            r#"{"luns":null}"#,
            r#"{"luns":["#,
            r#"{"luns":[1"#,
            r#"{"luns":[1,"#,
            r#"{"luns":[1]"#,
            r#"{"luns":[1,]}"#,
            r#"{"luns":[,1]}"#,
            r#"{"luns":[1 2]}"#,
            r#"{"luns":[1}}"#,
            r#"{"luns":[{]}]}"#,
            r#"{"luns":[1]}}"#,
            r#"{"luns":[{"name":}]}"#,
            r#"{"luns":[1"x"]}"#,
            r#"{"luns":[nul]}"#,
            r#"{"luns":[1]},"#,
            r#"{"luns":[1],"luns":[2]}"#,
            r#"{"luns":[1],}"#,
            r#"{"a":,"luns":[1]}"#,
            r#"{"a":[},"luns":[1]}"#,
            r#"{"a" 1,"luns":[1]}"#,
            r#"{a:1,"luns":[1]}"#,
            "<html>",
        ] {
            for size in [1, 3, 100] {
                assert!(read(text, size).is_err(), "{text}");
            }
        }
    }

    #[test]
    fn number_size_and_nesting_of_elements_have_bounds() {
        let error = read(r#"{"luns":[1,2,3,4,5,6]}"#, 4).unwrap_err();
        assert!(
            error.contains("more than 5 elements: raise zfssa_max_list_items"),
            "{error}"
        );
        let long = format!(r#"{{"luns":["{}"]}}"#, "x".repeat(LONGEST_ELEMENT));
        assert!(read(&long, 1000).unwrap_err().contains("too long"));
        let depth = DEEPEST as usize;
        let deep = |depth| format!(r#"{{"luns":[{}{}]}}"#, "[".repeat(depth), "]".repeat(depth));
        assert_eq!(read(&deep(depth), 7).unwrap().len(), 1);
        assert!(read(&deep(depth + 1), 7).unwrap_err().contains("nested"));
    }

    #[test]
    fn another_member_may_have_a_name_of_any_length() {
        let name = "n".repeat(2 * KEPT_OF_NAME);
        let mut luns = Luns::default();
        let mut reader = ListReader::new(&mut luns, 5);
        for part in [r#"{""#, &name, r#"":1,"luns":[2]}"#] {
            assert!(reader.read(part.as_bytes()).is_ok());
            assert!(reader.text.len() <= KEPT_OF_NAME);
        }
        assert!(reader.finish().is_ok());
        assert_eq!(luns.0, ["2"]);
    }
}
