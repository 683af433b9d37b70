//! Description of the C ABI for machines: `docs/abi/zfssa.json`.
//!
//! The generators of the bindings, the tests and the check of the ABI read this file, so that none
//! of them parses C.

use serde::Serialize;
use zfssa::driver::{Changes, OPERATIONS};
use zfssa::error::{Outcome, Status};

use super::facts::{self, Facts, Role};
use super::model::{self, Model, TypeKind};

#[derive(Serialize)]
struct Description<'a> {
    about: &'a str,
    version: &'a str,
    abi: [&'a str; 2],
    constants: Vec<Constant<'a>>,
    types: Vec<Type<'a>>,
    structures: Vec<Structure<'a>>,
    functions: Vec<Function<'a>>,
    operations: Vec<Operation<'a>>,
    /// The slots of the function table, in its order.
    table: Vec<String>,
}

#[derive(Serialize)]
struct Constant<'a> {
    name: &'a str,
    value: i64,
    /// `status`, `outcome`, or the family, such as `log` of ZFSSA_LOG_OFF.
    family: String,
    doc: &'a str,
}

#[derive(Serialize)]
struct Type<'a> {
    name: &'a str,
    kind: &'static str,
    /// The number that it is another name of.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    returns: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parameters: Vec<Parameter<'a>>,
    doc: &'a str,
}

#[derive(Serialize)]
struct Structure<'a> {
    name: &'a str,
    /// `arguments`, `view`, `element` of an array that the caller fills, or `other`.
    role: &'static str,
    doc: &'a str,
    members: Vec<Member<'a>>,
}

#[derive(Serialize)]
struct Member<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    role: Role,
    #[serde(flatten)]
    facts: Facts,
    doc: &'a str,
}

#[derive(Serialize)]
struct Parameter<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    returns: &'a str,
    parameters: Vec<Parameter<'a>>,
    since: &'a str,
    doc: &'a str,
}

/// A function that starts an operation, with what the operation declares.
#[derive(Serialize)]
struct Operation<'a> {
    name: &'a str,
    function: &'a str,
    arguments: &'a str,
    /// NULL will do for the arguments.
    arguments_optional: bool,
    /// The function that shows the output, and the structure that it returns.
    accessor: Option<&'a str>,
    view: Option<&'a str>,
    changes: &'static str,
    errors: Vec<String>,
    /// Any status of the driver's class, not only those in `errors`.
    any_error: bool,
    outcomes: Vec<String>,
    requests: Vec<Requests>,
    locks: Vec<Lock>,
    journalled: Option<&'a str>,
}

#[derive(Serialize)]
struct Requests {
    #[serde(skip_serializing_if = "str::is_empty")]
    case: &'static str,
    requests: usize,
    depth: usize,
}

#[derive(Serialize)]
struct Lock {
    object: &'static str,
    shared: bool,
    /// Only for a lock under which no request is sent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    released_at_once: bool,
}

/// The text of the file.
pub fn description(model: &Model) -> String {
    let constant = |name: &str| {
        let found = model.constants.iter().find(|found| found.name == name);
        found.map_or("", |found| &found.value)
    };
    let description = Description {
        about: "The C ABI of libzfssa, written by ZFSSA_BLESS=1 cargo test --test header.",
        version: env!("CARGO_PKG_VERSION"),
        abi: [constant("ZFSSA_ABI_MAJOR"), constant("ZFSSA_ABI_MINOR")],
        constants: model.constants.iter().map(described_constant).collect(),
        types: model.types.iter().map(described_type).collect(),
        structures: model
            .structures
            .iter()
            .map(|structure| described_structure(model, structure))
            .collect(),
        functions: model.functions.iter().map(described_function).collect(),
        operations: model
            .functions
            .iter()
            .filter(|function| function.operation().is_some())
            .map(|function| described_operation(model, function))
            .collect(),
        table: super::generate::slots(),
    };
    one_line_each(&serde_json::to_string_pretty(&description).unwrap())
}

/// Puts every object and list that holds no other on one line, so that a change of one member is
/// a change of one line.
fn one_line_each(pretty: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut opened = None;
    for line in pretty.lines() {
        lines.push(line.to_owned());
        let end = line.trim_end_matches(',');
        if end.ends_with(['{', '[']) {
            opened = Some(lines.len() - 1);
        } else if end.trim_start().starts_with(['}', ']'])
            && let Some(start) = opened.take()
        {
            let inner: Vec<&str> = lines[start + 1..].iter().map(|line| line.trim()).collect();
            let joined = format!("{} {}", lines[start], inner.join(" "));
            lines.truncate(start);
            lines.push(joined);
        }
    }
    lines.join("\n") + "\n"
}

fn described_constant(constant: &model::Constant) -> Constant<'_> {
    let value = constant.value.trim_matches(['(', ')']);
    let mut words = constant.name.split('_').skip(1);
    let family = match words.next() {
        Some("E" | "OK") => "status".to_owned(),
        Some("EV") => "event".to_owned(),
        word => word.unwrap_or_default().to_lowercase(),
    };
    Constant {
        name: &constant.name,
        value: value
            .parse()
            .unwrap_or_else(|_| panic!("{}", constant.name)),
        family,
        doc: &constant.doc,
    }
}

fn described_type(of: &model::Type) -> Type<'_> {
    let mut described = Type {
        name: &of.name,
        kind: "opaque",
        number: None,
        returns: None,
        parameters: Vec::new(),
        doc: &of.doc,
    };
    match &of.kind {
        TypeKind::Opaque => {}
        TypeKind::Number(number) => {
            described.kind = "number";
            described.number = Some(number);
        }
        TypeKind::Callback {
            returns,
            parameters,
        } => {
            described.kind = "callback";
            described.returns = Some(returns);
            described.parameters = described_parameters(parameters);
        }
    }
    described
}

fn described_parameters(parameters: &[model::Parameter]) -> Vec<Parameter<'_>> {
    let described = parameters.iter().map(|parameter| Parameter {
        name: &parameter.name,
        kind: &parameter.kind,
    });
    described.collect()
}

fn described_structure<'a>(model: &'a Model, structure: &'a model::Structure) -> Structure<'a> {
    let members = structure.members.iter().map(|member| Member {
        name: &member.name,
        kind: &member.kind,
        role: facts::role(structure, member),
        facts: facts::facts(model, structure, member),
        doc: &member.doc,
    });
    Structure {
        name: &structure.name,
        role: role_of(model, &structure.name),
        doc: &structure.doc,
        members: members.collect(),
    }
}

fn role_of(model: &Model, structure: &str) -> &'static str {
    let pointer = format!("const {structure} *");
    let array = format!("const {structure} *const *");
    let within = |filled: bool, kind: &str| {
        let owners = model
            .structures
            .iter()
            .filter(|owner| owner.name.ends_with("_args_t") == filled);
        owners
            .flat_map(|owner| &owner.members)
            .any(|member| member.kind == kind)
    };
    let shown = model
        .functions
        .iter()
        .any(|function| function.view() == Some(structure));
    match () {
        _ if structure.ends_with("_args_t") => "arguments",
        _ if within(true, &pointer) => "element",
        _ if shown || within(false, &pointer) || within(false, &array) => "view",
        _ => "other",
    }
}

fn described_function(function: &model::Function) -> Function<'_> {
    Function {
        name: &function.name,
        returns: &function.returns,
        parameters: described_parameters(&function.parameters),
        since: &function.since,
        doc: &function.doc,
    }
}

fn described_operation<'a>(model: &'a Model, function: &'a model::Function) -> Operation<'a> {
    let name = function.operation().unwrap();
    let described = OPERATIONS.iter().find(|described| described.name == name);
    let described = described.unwrap_or_else(|| panic!("{name} declares nothing"));
    let contract = &described.contract;
    let arguments = format!("{}_args_t", function.name);
    let arguments = model
        .structure(&arguments)
        .unwrap_or_else(|| panic!("there is no {arguments}"));
    let accessor = function.result.as_deref().map(|name| {
        let accessor = model.function(name);
        accessor.unwrap_or_else(|| panic!("{}: there is no {name}()", function.name))
    });
    let any_error = contract.errors == Status::ALL;
    let errors = contract.errors.iter().filter(|_| !any_error);
    Operation {
        name,
        function: &function.name,
        arguments: &arguments.name,
        arguments_optional: arguments.doc.contains("`args` may be NULL"),
        accessor: accessor.map(|accessor| accessor.name.as_str()),
        view: accessor.and_then(model::Function::view),
        changes: match contract.changes {
            Changes::Nothing => "nothing",
            Changes::One => "one",
            Changes::Several => "several",
        },
        errors: errors
            .map(|error| format!("ZFSSA_E_{}", error.name()))
            .collect(),
        any_error,
        outcomes: contract.outcomes().iter().map(outcome).collect(),
        requests: contract
            .budgets
            .iter()
            .map(|budget| Requests {
                case: budget.case,
                requests: budget.requests,
                depth: budget.depth,
            })
            .collect(),
        locks: contract
            .locks
            .iter()
            .map(|lock| Lock {
                object: lock.what,
                shared: !lock.alone,
                released_at_once: lock.released_at_once,
            })
            .collect(),
        journalled: contract.journalled,
    }
}

fn outcome(outcome: &Outcome) -> String {
    format!("ZFSSA_OUTCOME_{}", outcome.name())
}
