//! Lists in the appliance's answers, read element by element.
//!
//! One element that cannot be read, such as another user's LUN with a property of a strange form,
//! must not hide all others. It must not vanish either: a list without it could make a deletion
//! look safe, or a volume look lost. So a [`List`] keeps readable and unreadable elements apart,
//! and returns the readable ones only to a caller that states what the others mean to it.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, DeserializeOwned, Deserializer, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::appliance::json;
use crate::appliance::project_ref::ProjectRef;
use crate::error::{Error, Result, Status};
use crate::rest::ListSink;

/// Element of a list.
pub trait Element: DeserializeOwned {
    /// Kind of object, for messages.
    const KIND: &'static str;
    /// The property that names it.
    const NAME: &'static str = "name";

    /// Its name.
    fn name(&self) -> &str;

    /// Reason that the element is unusable although all of it can be read.
    fn flaw(&self) -> Option<String> {
        None
    }
}

/// Elements of a list, and those that could not be read.
#[derive(Clone, Debug)]
pub struct List<T> {
    read: Vec<T>,
    odd: Vec<Odd>,
}

/// An element of a list that could not be read.
#[derive(Clone)]
pub struct Odd {
    pub(super) kind: &'static str,
    name: Option<String>,
    /// The property and the reason.
    pub(super) fault: String,
    /// The whole of it.
    shown: Value,
}

impl fmt::Debug for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words())
    }
}

impl Odd {
    /// The element and the reason, for messages.
    pub fn words(&self) -> String {
        let (kind, fault) = (self.kind, &self.fault);
        match &self.name {
            Some(name) => format!("{kind} {name} cannot be read: {fault}"),
            None => format!("a {kind} without a name that can be read: {fault}"),
        }
    }

    /// Its name, if it can be read.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether a property may be this text, without regard to case: it is, or it is missing or no
    /// text.
    pub fn may_be(&self, property: &str, text: &str) -> bool {
        match self.shown.get(property) {
            Some(Value::String(shown)) => shown.eq_ignore_ascii_case(text),
            _ => true,
        }
    }

    /// A property that can be read as text.
    pub fn text(&self, property: &str) -> Option<&str> {
        self.shown.get(property)?.as_str()
    }

    /// Whether it may be called so.
    pub fn may_be_called(&self, name: &str) -> bool {
        self.name.as_deref().is_none_or(|own| own == name)
    }

    /// Whether it may be in a project.
    pub fn may_be_in(&self, place: ProjectRef<'_>) -> bool {
        self.may_be("pool", place.pool) && self.may_be("project", place.project)
    }

    /// Whether its properties show that this library made it, or that it is managed.
    pub fn is_marked(&self) -> bool {
        let says = |property: &str| self.shown.get(property).unwrap_or(&Value::Null);
        let mark = self.text("custom:zfssa_operation");
        let managed = says("custom:cinder_managed");
        mark.is_some_and(|mark| !mark.is_empty())
            || managed.as_bool() == Some(true)
            || managed.as_str().is_some_and(|word| {
                let yes = ["true", "yes", "on"];
                yes.iter().any(|yes| word.eq_ignore_ascii_case(yes))
            })
    }

    /// The error of an operation that needs it.
    pub fn error(&self) -> Error {
        Error::new(
            Status::Protocol,
            format!("{}; correct it on the appliance", self.words()),
        )
    }
}

impl<T> List<T> {
    /// All elements, for a caller that needs every one.
    ///
    /// # Errors
    ///
    /// `Protocol`, naming an element that could not be read and its property.
    pub fn whole(self) -> Result<Vec<T>> {
        self.unless(|_| true)
    }

    /// The readable elements, unless an unreadable one matters.
    ///
    /// # Errors
    ///
    /// `Protocol`, naming an element that could not be read and matters, and its property.
    pub fn unless(self, matters: impl Fn(&Odd) -> bool) -> Result<Vec<T>> {
        match self.odd.iter().find(|odd| matters(odd)) {
            Some(odd) => Err(odd.error()),
            None => Ok(self.read),
        }
    }

    /// The readable elements, for a caller that does not need the others.
    pub fn readable(self) -> Vec<T> {
        self.read
    }

    /// Readable and unreadable elements.
    pub fn parts(self) -> (Vec<T>, Vec<Odd>) {
        (self.read, self.odd)
    }

    /// What was not read.
    pub(super) fn odd(&self) -> &[Odd] {
        &self.odd
    }

    /// Number of elements, readable or not.
    pub fn len(&self) -> usize {
        self.read.len() + self.odd.len()
    }

    /// Whether the list is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The wanted element, if the list has it.
    ///
    /// # Errors
    ///
    /// `Protocol` if no readable element is the wanted one and an unreadable one may be.
    pub fn find(self, is: impl Fn(&T) -> bool, may_be: impl Fn(&Odd) -> bool) -> Result<Option<T>> {
        match self.read.into_iter().find(is) {
            None => match self.odd.iter().find(|odd| may_be(odd)) {
                Some(odd) => Err(odd.error()),
                None => Ok(None),
            },
            found => Ok(found),
        }
    }
}

impl<T: Element> List<T> {
    /// All names, also of unreadable elements that have one.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let odd = self.odd.iter().filter_map(Odd::name);
        self.read.iter().map(T::name).chain(odd)
    }

    /// The name of every element, in the order of [`List::described`]; `None` for an unreadable
    /// one without a name.
    pub fn names_or_none(&self) -> impl Iterator<Item = Option<&str>> {
        let odd = self.odd.iter().map(Odd::name);
        self.read.iter().map(|one| Some(one.name())).chain(odd)
    }

    /// Every element by its name, and the reason for each unreadable one.
    pub fn described(&self) -> impl Iterator<Item = String> {
        let read = self.read.iter();
        let read = read.map(|one| format!("{} {}", T::KIND, one.name()));
        read.chain(self.odd.iter().map(Odd::words))
    }

    /// Whether every element has this name; false if one cannot be read.
    pub fn is_all(&self, name: &str) -> bool {
        self.odd.is_empty() && self.read.iter().all(|one| one.name() == name)
    }

    /// Whether an element has this name.
    ///
    /// # Errors
    ///
    /// `Protocol` if no element has it and the name of one cannot be read.
    pub fn has(&self, name: &str) -> Result<bool> {
        if self.names().any(|one| one == name) {
            return Ok(true);
        }
        match self.odd.iter().find(|odd| odd.name.is_none()) {
            Some(odd) => Err(odd.error()),
            None => Ok(false),
        }
    }
}

impl<U> List<U> {
    /// Adds what `keep` makes of an element, or the element as unreadable.
    fn add<T: Element>(&mut self, raw: &RawValue, keep: impl FnOnce(T) -> Option<U>) {
        match serde_json::from_str::<T>(raw.get()) {
            Ok(read) => match read.flaw() {
                None => self.read.extend(keep(read)),
                Some(flaw) => self.odd.push(odd::<T>(raw, flaw)),
            },
            Err(error) => self.odd.push(odd::<T>(raw, json::fault_of(raw, &error))),
        }
    }
}

/// A list that arrives element by element, of which each is kept as `keep` makes it.
pub(super) struct Arriving<T, U, F> {
    key: &'static str,
    keep: F,
    pub(super) list: List<U>,
    element: PhantomData<fn(T)>,
}

impl<T, U, F: FnMut(T) -> Option<U>> Arriving<T, U, F> {
    pub(super) fn new(key: &'static str, keep: F) -> Arriving<T, U, F> {
        Arriving {
            key,
            keep,
            list: List::default(),
            element: PhantomData,
        }
    }
}

impl<T, U, F> ListSink for Arriving<T, U, F>
where
    T: Element,
    U: Send,
    F: FnMut(T) -> Option<U> + Send,
{
    fn key(&self) -> &'static str {
        self.key
    }

    fn restart(&mut self) {
        self.list = List::default();
    }

    fn element(&mut self, json: &RawValue) {
        self.list.add(json, &mut self.keep);
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(read: Vec<T>) -> Self {
        List {
            read,
            odd: Vec::new(),
        }
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl<'de, T: Element> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Elements<T>(PhantomData<T>);
        impl<'de, T: Element> Visitor<'de> for Elements<T> {
            type Value = List<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a list, of which each element is a {}", T::KIND)
            }
            fn visit_seq<A: SeqAccess<'de>>(
                self,
                mut elements: A,
            ) -> std::result::Result<List<T>, A::Error> {
                let mut list = List::default();
                // A reference into the answer: no element is copied.
                while let Some(raw) = elements.next_element::<&RawValue>()? {
                    list.add(raw, Some);
                }
                Ok(list)
            }
        }
        deserializer
            .deserialize_seq(Elements(PhantomData))
            .map_err(de::Error::custom)
    }
}

/// Longest quotation of a property's error.
const LONGEST: usize = 200;

fn odd<T: Element>(raw: &RawValue, fault: String) -> Odd {
    unreadable(T::KIND, T::NAME, raw, fault)
}

/// Apart from [`odd`], so that it is compiled once and not for each kind of element.
fn unreadable(kind: &'static str, named_by: &str, raw: &RawValue, fault: String) -> Odd {
    let shown: Value = serde_json::from_str(raw.get()).unwrap_or(Value::Null);
    let name = shown.get(named_by).and_then(Value::as_str);
    Odd {
        kind,
        name: name.filter(|name| !name.is_empty()).map(str::to_owned),
        fault: fault.chars().take(LONGEST).collect(),
        shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::appliance::{Lun, LunSnapshot};

    fn luns(text: &str) -> List<Lun> {
        json::borrowed(format!(r#"{{"luns":{text}}}"#).as_bytes(), "luns").unwrap()
    }

    #[test]
    fn one_element_that_cannot_be_read_hides_no_other() {
        let list = luns(
            r#"[{"name":"a","volsize":1},
                {"name":"b"},
                {"name":"c","volsize":1,"custom:cinder_managed":"n/a"},
                null,
                {"name":"d","volsize":2}]"#,
        );
        let words: Vec<String> = list.odd.iter().map(Odd::words).collect();
        assert!(
            words[0].contains("LUN b ") && words[0].contains("volsize"),
            "{words:?}"
        );
        assert!(
            words[1].contains("LUN c ") && words[1].contains("custom:cinder_managed"),
            "{words:?}"
        );
        assert!(words[2].contains("a LUN without a name"), "{words:?}");
        let error = list.clone().whole().unwrap_err();
        assert_eq!(error.status(), Status::Protocol);
        assert!(error.message().contains("LUN b"), "{error}");
        let names: Vec<String> = list.readable().into_iter().map(|lun| lun.name).collect();
        assert_eq!(names, ["a", "d"]);
    }

    #[test]
    fn what_may_matter_is_told_by_what_can_be_read() {
        let (_, odd) = luns(
            r#"[{"name":"a","pool":"p","project":"q","custom:zfssa_operation":"x"},
                {"name":"b","pool":"p","project":null,"custom:cinder_managed":true},
                {"name":"c","pool":"p","project":"r","custom:cinder_managed":"n/a"},
                {"name":7}]"#,
        )
        .parts();
        let place = ProjectRef {
            pool: "p",
            project: "q",
        };
        let told: Vec<_> = odd
            .iter()
            .map(|odd| {
                (
                    odd.may_be_in(place),
                    odd.is_marked(),
                    odd.may_be_called("a"),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                (true, true, true),
                (true, true, false),
                (false, false, false),
                (true, false, true)
            ]
        );
    }

    #[test]
    fn null_says_as_little_as_nothing() {
        let (luns, odd) = luns(
            r#"[{"name":"a","volsize":1,"compression":null,"targetgroup":null,"lunguid":null,
                 "space_data":null,"origin":"","pool":null,"project":null,"logbias":null,
                 "volblocksize":null,"sparse":null,"nodestroy":null,"initiatorgroup":null,
                 "assignednumber":null,"creation":null,"status":null,"custom:image_id":null}]"#,
        )
        .parts();
        assert!(odd.is_empty(), "{odd:?}");
        assert_eq!((luns[0].used, luns[0].guid.as_str()), (0, ""));
        assert_eq!(luns[0].origin, None);
        let body = br#"{"snapshots":[{"name":"s","numclones":null,"creation":null,"share":null,
                        "space_unique":null,"pool":null,"project":null}]}"#;
        let snapshots: List<LunSnapshot> = json::borrowed(body, "snapshots").unwrap();
        let snapshots = snapshots.whole().unwrap();
        assert!(snapshots[0].may_have_clones(), "a count that is not said");
        assert!(!snapshots[0].is_of_project(), "a LUN that is not said");
    }

    #[test]
    fn what_is_no_list_is_not_an_empty_one() {
        for text in ["null", "{}", "\"\""] {
            let body = format!(r#"{{"luns":{text}}}"#);
            let list = json::borrowed::<List<Lun>>(body.as_bytes(), "luns");
            assert!(list.is_err(), "{text}");
        }
    }
}
