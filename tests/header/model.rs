//! Model of the C ABI: the constants, types, structures and functions that `src/ffi` exports.
//!
//! The declarations are cbindgen's, the comments are those of the Rust items. `generate.rs` lays
//! the header out from this model, and `description.rs` writes it for machines.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cbindgen::{Builder, Config};
use syn::{Attribute, Expr, Item, Lit, Meta};
use zfssa::error::{Outcome, Status};

use super::{layout, read, repository, sources_below};

/// All that the header declares.
#[derive(Default)]
pub struct Model {
    pub constants: Vec<Constant>,
    pub types: Vec<Type>,
    pub structures: Vec<Structure>,
    pub functions: Vec<Function>,
}

/// A macro with a number.
pub struct Constant {
    pub name: String,
    pub value: String,
    pub doc: String,
}

/// A type that is no structure with members.
pub struct Type {
    pub name: String,
    pub kind: TypeKind,
    pub doc: String,
}

pub enum TypeKind {
    /// An object, known by its handle.
    Opaque,
    /// Another name of a number, which is given.
    Number(String),
    /// A function of the host, or NULL.
    Callback {
        returns: String,
        parameters: Vec<Parameter>,
    },
}

pub struct Structure {
    pub name: String,
    pub doc: String,
    pub members: Vec<Member>,
}

pub struct Member {
    pub name: String,
    /// As C spells it: `const char *const *`.
    pub kind: String,
    pub doc: String,
}

pub struct Parameter {
    pub name: String,
    pub kind: String,
}

pub struct Function {
    pub name: String,
    pub returns: String,
    pub parameters: Vec<Parameter>,
    pub doc: String,
    /// The version that introduced it, such as 1.0.
    pub since: String,
    /// The accessor of the operation's output, where the function starts one that has any.
    pub result: Option<String>,
    /// The file that exports it, below `src/ffi`.
    pub file: String,
    /// The statements of its body, as Rust has them.
    pub body: syn::Block,
}

impl Model {
    /// Reads `src/ffi`.
    pub fn read() -> Model {
        let exported = Exported::read();
        let mut model = Model::default();
        for declaration in declarations(&exported) {
            model.add(&declaration, &exported);
        }
        model.constants.extend(numbers());
        model.types.push(Type {
            name: "zfssa_vtable_t".to_owned(),
            kind: TypeKind::Opaque,
            doc: exported.doc("zfssa_vtable_t"),
        });
        model.sort();
        model
    }

    pub fn structure(&self, name: &str) -> Option<&Structure> {
        self.structures.iter().find(|found| found.name == name)
    }

    /// The names of all items.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let constants = self.constants.iter().map(|item| item.name.as_str());
        let types = self.types.iter().map(|item| item.name.as_str());
        let structures = self.structures.iter().map(|item| item.name.as_str());
        let functions = self.functions.iter().map(|item| item.name.as_str());
        constants.chain(types).chain(structures).chain(functions)
    }

    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|found| found.name == name)
    }

    /// Puts the items into the order of the header.
    fn sort(&mut self) {
        let laid = layout::lay_out(self)
            .into_iter()
            .flat_map(|group| group.items);
        let places: BTreeMap<String, usize> = laid.zip(0..).collect();
        // Those of the function table come last.
        let place = |name: &str| places.get(name).copied().unwrap_or(usize::MAX);
        self.constants.sort_by_key(|item| place(&item.name));
        self.types.sort_by_key(|item| place(&item.name));
        self.structures.sort_by_key(|item| place(&item.name));
        self.functions.sort_by_key(|item| place(&item.name));
    }

    /// Adds one declaration as cbindgen writes it.
    fn add(&mut self, declaration: &str, exported: &Exported) {
        let text = squeeze(declaration);
        if let Some(constant) = text.strip_prefix("#define ") {
            let (name, value) = constant.split_once(' ').unwrap();
            self.constants.push(Constant {
                name: name.to_owned(),
                value: value.to_owned(),
                doc: exported.doc(name),
            });
            return;
        }
        let text = text.strip_suffix(';').expect("the end of a declaration");
        if let Some(definition) = text.strip_prefix("typedef ") {
            if let Some((head, body)) = definition.split_once(" { ") {
                let name = head.strip_prefix("struct ").unwrap();
                let (body, _) = body.rsplit_once('}').unwrap();
                self.structures.push(exported.structure(name, body));
            } else {
                self.types.push(exported.defined(definition));
            }
        } else {
            self.functions.push(exported.function(text));
        }
    }
}

impl Type {
    /// The parameters of a callback.
    pub fn parameters(&self) -> Option<&[Parameter]> {
        match &self.kind {
            TypeKind::Callback { parameters, .. } => Some(parameters),
            _ => None,
        }
    }
}

impl Function {
    /// The operation that this function starts: the function's name without its prefix.
    pub fn operation(&self) -> Option<&str> {
        let kinds: Vec<&str> = self.parameters.iter().map(|p| p.kind.as_str()).collect();
        match kinds[..] {
            [
                "zfssa_driver_t *",
                _,
                "const zfssa_call_t *",
                "zfssa_ticket_t *",
                "zfssa_error_t **",
            ] => self.name.strip_prefix("zfssa_"),
            _ => None,
        }
    }

    /// The structure that this accessor of a result shows; `None` for other functions.
    pub fn view(&self) -> Option<&str> {
        let view = self.returns.strip_prefix("const ")?.strip_suffix(" *")?;
        let is_view = self.name.starts_with("zfssa_result_") && view.starts_with("zfssa_");
        is_view.then_some(view)
    }
}

/// The exported items of `src/ffi` as Rust has them, by their names in C.
#[derive(Default)]
struct Exported {
    files: Vec<PathBuf>,
    docs: BTreeMap<String, String>,
    members: BTreeMap<String, Vec<(String, String)>>,
    functions: BTreeMap<String, (String, syn::Block)>,
    types: Vec<String>,
}

impl Exported {
    fn read() -> Exported {
        let mut exported = Exported::default();
        let root = repository("src/ffi");
        let mut paths = sources_below(&root);
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
        paths.sort();
        for path in paths {
            let source = read(&path);
            let file = syn::parse_file(&source)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let inside = path.strip_prefix(&root).unwrap().to_str().unwrap();
            let before = exported.docs.len();
            for item in file.items {
                exported.add(item, inside);
            }
            if exported.docs.len() > before {
                exported.files.push(path);
            }
        }
        exported
    }

    fn add(&mut self, item: Item, file: &str) {
        let (name, attributes) = match &item {
            Item::Const(item) => (item.ident.to_string(), &item.attrs),
            Item::Type(item) => (item.ident.to_string(), &item.attrs),
            Item::Struct(item) => (item.ident.to_string(), &item.attrs),
            Item::Fn(item) if item.sig.abi.is_some() => (item.sig.ident.to_string(), &item.attrs),
            _ => return,
        };
        if !name.starts_with("zfssa_") && !name.starts_with("ZFSSA_") {
            return;
        }
        let doc = doc(attributes);
        match item {
            Item::Type(_) => self.types.push(name.clone()),
            Item::Struct(item) => {
                self.types.push(name.clone());
                let members = item.fields.iter().filter_map(|field| {
                    let member = field.ident.as_ref()?.to_string();
                    Some((member, self::doc(&field.attrs)))
                });
                self.members.insert(name.clone(), members.collect());
            }
            Item::Fn(item) => {
                let function = (file.to_owned(), *item.block);
                self.functions.insert(name.clone(), function);
            }
            _ => {}
        }
        let earlier = self.docs.insert(name.clone(), doc);
        assert!(earlier.is_none(), "{name} is exported twice");
    }

    fn doc(&self, name: &str) -> String {
        let found = self.docs.get(name);
        let doc = found.unwrap_or_else(|| panic!("cbindgen found {name}, and this test did not"));
        assert!(!doc.is_empty(), "{name} has no comment");
        doc.clone()
    }

    fn structure(&self, name: &str, body: &str) -> Structure {
        let docs = &self.members[name];
        let members: Vec<Member> = body
            .split(';')
            .filter_map(declarator)
            .zip(docs)
            .map(|(Parameter { name, kind }, (rust, doc))| {
                assert_eq!(&name, rust);
                let doc = doc.clone();
                Member { name, kind, doc }
            })
            .collect();
        assert_eq!(members.len(), docs.len(), "{name}");
        Structure {
            name: name.to_owned(),
            doc: self.doc(name),
            members,
        }
    }

    /// A type, from the text after `typedef`.
    fn defined(&self, definition: &str) -> Type {
        let (name, kind) = if let Some((returns, rest)) = definition.split_once(" (*") {
            let (name, parameters) = rest.split_once(")(").unwrap();
            let returns = returns.to_owned();
            let parameters = parameters.strip_suffix(')').unwrap();
            let parameters = parameters.split(',').filter_map(declarator).collect();
            let kind = TypeKind::Callback {
                returns,
                parameters,
            };
            (name.to_owned(), kind)
        } else {
            let Parameter { name, kind } = declarator(definition).unwrap();
            let opaque = kind == name;
            let kind = match opaque {
                true => TypeKind::Opaque,
                false => TypeKind::Number(kind),
            };
            (name, kind)
        };
        let doc = self.doc(&name);
        Type { name, kind, doc }
    }

    fn function(&self, prototype: &str) -> Function {
        let (head, parameters) = prototype.split_once('(').unwrap();
        let Parameter { name, kind } = declarator(head).unwrap();
        let parameters = parameters.strip_suffix(')').unwrap();
        let (file, body) = self.functions[&name].clone();
        let mut doc = self.doc(&name);
        let since = cut(&mut doc, "Since 1.")
            .map_or_else(|| "1.0".to_owned(), |minor| format!("1.{minor}"));
        let result = cut(&mut doc, "Result: ");
        let result = result.and_then(|words| Some(words.strip_suffix("()")?.to_owned()));
        Function {
            returns: kind,
            parameters: parameters.split(',').filter_map(declarator).collect(),
            doc,
            since,
            result,
            file,
            body,
            name,
        }
    }
}

/// The text of an item's comment: paragraphs on a line each, with an empty line between them.
fn doc(attributes: &[Attribute]) -> String {
    let mut text = String::new();
    for attribute in attributes {
        let Meta::NameValue(meta) = &attribute.meta else {
            continue;
        };
        let Expr::Lit(literal) = &meta.value else {
            continue;
        };
        let Lit::Str(line) = &literal.lit else {
            continue;
        };
        if !meta.path.is_ident("doc") {
            continue;
        }
        match line.value().trim() {
            "" => text.push_str("\n\n"),
            line => {
                if !text.is_empty() && !text.ends_with('\n') {
                    text.push(' ');
                }
                text.push_str(line);
            }
        }
    }
    text.trim().to_owned()
}

/// The numbers of statuses and outcomes, from their tables.
fn numbers() -> Vec<Constant> {
    let number = |name: String, value: String, doc: &str| Constant {
        name,
        value,
        doc: doc.to_owned(),
    };
    let mut numbers = vec![number("ZFSSA_OK".to_owned(), "0".to_owned(), "Success.")];
    numbers.extend(Status::ALL.iter().map(|status| {
        let name = format!("ZFSSA_E_{}", status.name());
        number(name, format!("({})", status.code()), status.description())
    }));
    numbers.extend(Outcome::ALL.iter().map(|outcome| {
        let name = format!("ZFSSA_OUTCOME_{}", outcome.name());
        number(name, outcome.code().to_string(), outcome.description())
    }));
    numbers
}

/// Cuts the sentence that begins so out of a comment; the rest of the sentence, without its dot.
fn cut(doc: &mut String, start: &str) -> Option<String> {
    let at = doc.find(start)?;
    let length = doc[at..].find(". ").map_or(doc.len() - at, |dot| dot + 2);
    let sentence: String = doc.drain(at..at + length).collect();
    doc.truncate(doc.trim_end().len());
    let sentence = sentence.trim().trim_end_matches('.');
    Some(sentence.strip_prefix(start)?.to_owned())
}

/// What cbindgen writes of the exported items, one declaration each.
fn declarations(exported: &Exported) -> Vec<String> {
    let mut config = Config::from_file(repository("cbindgen.toml")).unwrap();
    // Objects without members, which are known by their handles only.
    config.export.include = exported.types.clone();
    // The function table, whose type is made of the prototypes of all functions.
    config.export.exclude = vec!["zfssa_vtable_t".to_owned(), "Slot".to_owned()];
    config.documentation = false;
    let mut builder = Builder::new().with_config(config);
    for file in &exported.files {
        builder = builder.with_src(file);
    }
    let bindings = builder.generate().unwrap_or_else(|error| panic!("{error}"));
    let mut text = Vec::new();
    bindings.write(&mut text);
    let text = String::from_utf8(text).unwrap();
    let mut found = Vec::new();
    let mut open = String::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        open.push_str(line);
        open.push('\n');
        let whole = line.starts_with('#') || !line.starts_with(' ') && line.ends_with(';');
        // The last parameter of a function is on an indented line.
        let prototype = !open.starts_with("typedef") && line.ends_with(");");
        if whole || prototype {
            found.push(std::mem::take(&mut open));
        }
    }
    assert!(open.is_empty(), "cbindgen's output ends within: {open}");
    found
}

/// `const char *name` as a type and a name.
fn declarator(text: &str) -> Option<Parameter> {
    let text = text.trim();
    if text.is_empty() || text == "void" {
        return None;
    }
    let at = text.rfind([' ', '*']).unwrap() + 1;
    Some(Parameter {
        kind: text[..at].trim().to_owned(),
        name: text[at..].to_owned(),
    })
}

/// Text with single blanks, and without the keyword that a typedef makes superfluous.
fn squeeze(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.replace("( ", "(").replace(" )", ")");
    if let Some(definition) = text.strip_prefix("typedef struct ")
        && (definition.contains(" { ") || !definition.contains('('))
    {
        let definition = definition.replace("struct ", "");
        return match definition.contains(" { ") {
            true => format!("typedef struct {definition}"),
            false => format!("typedef {definition}"),
        };
    }
    text.replace("struct ", "")
}
