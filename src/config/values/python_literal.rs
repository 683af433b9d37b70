//! Reader of Python literals and JSON, as far as configuration needs them.
//!
//! The former driver read `zfssa_initiator_config` with Python's
//! `ast.literal_eval`, so all that it takes must be taken: both quotes and
//! triple ones, prefixes `u` and `r`, neighbouring strings that join, tuples,
//! comments, trailing commas. JSON differs in its words `true`, `false` and
//! `null`, which are read too, and in the escape `\/`, which means one
//! character in JSON and two in Python; it is refused, since either reading
//! could make a wrong password.
//!
//! The text holds passwords. So every string is built in a buffer of its final
//! size, wiped when dropped, and no error quotes the text.

use zeroize::Zeroizing;

/// Deepest nesting that is read. Our values need three levels.
const DEEPEST: usize = 16;

/// A value, and the byte of the text at which it begins.
#[derive(Clone)]
pub(in crate::config) struct Literal {
    pub(in crate::config) value: Value,
    pub(in crate::config) at: usize,
}

/// A byte of the text as "line 3, column 7", both counted from 1, the columns
/// in characters. Only errors ask for it, since it reads all of the text.
pub(in crate::config) fn place(text: &str, at: usize) -> String {
    let before = &text[..at];
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let (line, column) = (
        before.matches('\n').count() + 1,
        before[start..].chars().count() + 1,
    );
    format!("line {line}, column {column}")
}

/// What a literal is. Dictionaries keep their order and their duplicates.
#[derive(Clone)]
pub(in crate::config) enum Value {
    Text(Zeroizing<String>),
    /// A list or a tuple.
    List(Vec<Literal>),
    Dict(Vec<(Literal, Literal)>),
    /// `None` or `null`.
    Nothing,
    /// A number or a boolean, which no option uses.
    Other,
}

impl Value {
    /// The value's kind, for errors.
    pub(in crate::config) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Dict(_) => "a dictionary",
            Self::Nothing => "nothing (`None` or `null`)",
            Self::Other => "a number or a truth value",
        }
    }
}

/// Error in the text, and its position.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::config) struct Flaw {
    pub(in crate::config) at: usize,
    pub(in crate::config) problem: &'static str,
}

/// Reads one literal that takes up the whole text.
pub(in crate::config) fn read(text: &str) -> Result<Literal, Flaw> {
    let mut reader = Reader { text, at: 0 };
    let literal = reader.value(0)?;
    reader.skip();
    match reader.peek() {
        None => Ok(literal),
        Some(_) => Err(reader.flaw("more text after the end of the value")),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self, c: char) {
        self.at += c.len_utf8();
    }

    /// Spaces, line breaks and comments.
    fn skip(&mut self) {
        while let Some(c) = self.peek() {
            if c == '#' {
                self.at += self.rest().find('\n').unwrap_or(self.rest().len());
            } else if c.is_ascii_whitespace() || c == '\x0b' {
                self.bump(c);
            } else {
                return;
            }
        }
    }

    fn flaw(&self, problem: &'static str) -> Flaw {
        Flaw {
            at: self.at,
            problem,
        }
    }

    fn value(&mut self, depth: usize) -> Result<Literal, Flaw> {
        self.skip();
        if depth > DEEPEST {
            return Err(self.flaw("values are nested too deeply"));
        }
        let at = self.at;
        let value = match self.peek() {
            None => return Err(self.flaw("a value is missing")),
            Some('{') => self.dict(depth)?,
            Some('[') => self.list(']', depth)?,
            Some('(') => self.list(')', depth)?,
            Some('"' | '\'') => self.texts()?,
            Some(c) if c.is_ascii_digit() || matches!(c, '-' | '+' | '.') => self.number(),
            Some(c) if c.is_ascii_alphabetic() => self.word()?,
            Some(_) => return Err(self.flaw("this is not the beginning of a value")),
        };
        Ok(Literal { value, at })
    }

    fn dict(&mut self, depth: usize) -> Result<Value, Flaw> {
        self.bump('{');
        let mut entries = Vec::new();
        loop {
            self.skip();
            if self.peek() == Some('}') {
                self.bump('}');
                return Ok(Value::Dict(entries));
            }
            let key = self.value(depth + 1)?;
            self.skip();
            if self.peek() != Some(':') {
                return Err(self.flaw("`:` is missing after a key"));
            }
            self.bump(':');
            let value = self.value(depth + 1)?;
            entries.push((key, value));
            self.comma('}')?;
        }
    }

    fn list(&mut self, end: char, depth: usize) -> Result<Value, Flaw> {
        self.at += 1;
        let mut items = Vec::new();
        let mut comma = false;
        loop {
            self.skip();
            if self.peek() == Some(end) {
                self.bump(end);
                // In Python `(x)` is just x; only a comma makes a tuple of one.
                if end == ')' && items.len() == 1 && !comma {
                    return Ok(items.remove(0)).map(|item: Literal| item.value);
                }
                return Ok(Value::List(items));
            }
            items.push(self.value(depth + 1)?);
            comma = self.comma(end)?;
        }
    }

    /// A comma, or the end that makes one needless.
    fn comma(&mut self, end: char) -> Result<bool, Flaw> {
        self.skip();
        match self.peek() {
            Some(',') => {
                self.bump(',');
                Ok(true)
            }
            Some(c) if c == end => Ok(false),
            Some(_) => Err(self.flaw("`,` or a closing bracket is missing")),
            None => Err(self.flaw("a closing bracket is missing")),
        }
    }

    fn number(&mut self) -> Value {
        let end = self
            .rest()
            .find(|c: char| !c.is_ascii_alphanumeric() && !"+-._".contains(c));
        self.at += end.unwrap_or(self.rest().len());
        Value::Other
    }

    fn word(&mut self) -> Result<Value, Flaw> {
        let end = self
            .rest()
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let (word, after) = self.rest().split_at(end.unwrap_or(self.rest().len()));
        if after.starts_with(['"', '\'']) {
            return self.texts();
        }
        let value = match word {
            "None" | "null" => Value::Nothing,
            "True" | "False" | "true" | "false" => Value::Other,
            _ => return Err(self.flaw("a word without quotes")),
        };
        self.at += word.len();
        Ok(value)
    }

    /// One string, or several neighbours that Python joins.
    fn texts(&mut self) -> Result<Value, Flaw> {
        let mut joined = self.one_text()?;
        loop {
            self.skip();
            let start = self
                .rest()
                .trim_start_matches(|c: char| c.is_ascii_alphabetic());
            let prefix = self.rest().len() - start.len();
            if prefix > 2 || !start.starts_with(['"', '\'']) {
                return Ok(Value::Text(joined));
            }
            let next = self.one_text()?;
            crate::secret::append(&mut joined, &next);
        }
    }

    fn one_text(&mut self) -> Result<Zeroizing<String>, Flaw> {
        let quote = self.rest().find(['"', '\'']).unwrap_or(0);
        let raw = match self.rest()[..quote].to_ascii_lowercase().as_str() {
            "" | "u" => false,
            "r" => true,
            "b" | "br" | "rb" => return Err(self.flaw("bytes, where text is expected")),
            _ => return Err(self.flaw("a string of a kind that is not a literal")),
        };
        self.at += quote;
        let opening = self.at;
        let one = &self.rest()[..1];
        let triple = [one; 3].concat();
        let mark = if self.rest().starts_with(&triple) {
            triple.as_str()
        } else {
            one
        };
        self.at += mark.len();
        let unclosed = Flaw {
            at: opening,
            problem: "a string that is not closed",
        };
        // Find the end first, so that the buffer never grows: what is read is
        // never longer than what is written.
        let body = self.rest();
        let mut end = 0;
        while !body[end..].starts_with(mark) {
            match body[end..].chars().next() {
                None => return Err(unclosed),
                Some('\n') if mark.len() == 1 => return Err(unclosed),
                Some('\\') => {
                    let escaped = body[end + 1..].chars().next();
                    end += 1 + escaped.map_or(0, char::len_utf8);
                }
                Some(c) => end += c.len_utf8(),
            }
        }
        let mut out = Zeroizing::new(String::with_capacity(end));
        let stop = self.at + end;
        while self.at < stop {
            match self.peek() {
                Some('\\') if !raw => self.escape(&mut out)?,
                Some(c) => {
                    self.bump(c);
                    out.push(c);
                }
                None => break,
            }
        }
        self.at = stop + mark.len();
        Ok(out)
    }

    /// One escape sequence, from its backslash on.
    fn escape(&mut self, out: &mut Zeroizing<String>) -> Result<(), Flaw> {
        let flaw = self.flaw("an escape sequence that is not a character");
        let slash = self.flaw("`\\/` differs between Python and JSON; write `/`");
        let named = self.flaw("a character by its name; write the character itself");
        self.bump('\\');
        let Some(c) = self.peek() else {
            return Err(flaw);
        };
        let plain = match c {
            '\\' | '\'' | '"' => c,
            'a' => '\x07',
            'b' => '\x08',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            '\n' => {
                self.bump(c);
                return Ok(());
            }
            '0'..='7' => {
                let digits = self
                    .rest()
                    .bytes()
                    .take(3)
                    .take_while(|b| (b'0'..=b'7').contains(b));
                let length = digits.count();
                return self.code(length, 8, out).ok_or(flaw);
            }
            'x' | 'u' | 'U' => {
                self.bump(c);
                let length = [2, 4, 8][usize::from(c != 'x') + usize::from(c == 'U')];
                return self.code(length, 16, out).ok_or(flaw);
            }
            '/' => return Err(slash),
            'N' => return Err(named),
            // Python keeps the backslash of an escape that it does not know.
            _ => {
                out.push('\\');
                c
            }
        };
        self.bump(c);
        out.push(plain);
        Ok(())
    }

    /// A character by its number. JSON writes one above U+FFFF as a pair of
    /// surrogates.
    fn code(&mut self, length: usize, radix: u32, out: &mut Zeroizing<String>) -> Option<()> {
        let number = |text: &str| {
            let digits = text.get(..length)?;
            // `from_str_radix` alone would take a sign.
            digits
                .bytes()
                .all(|b| b.is_ascii_hexdigit())
                .then_some(())?;
            u32::from_str_radix(digits, radix).ok()
        };
        let mut code = number(self.rest())?;
        self.at += length;
        if (0xd800..0xdc00).contains(&code) && length == 4 {
            let low = number(self.rest().strip_prefix("\\u")?)?;
            (0xdc00..0xe000).contains(&low).then_some(())?;
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            self.at += 2 + length;
        }
        out.push(char::from_u32(code)?);
        Some(())
    }
}
