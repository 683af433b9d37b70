//! Bad structures: their size, their members, their arrays.

use std::fmt::Write as _;

use super::arguments::{Wanted, bad_texts};
use super::description::{Parameter, Structure, named};

/// Good values for the members that must be there.
pub(super) fn filled(variable: &str, structure: &Structure) -> String {
    let mut text = String::new();
    for member in &structure.members {
        if member.required {
            let _ = writeln!(text, "    {variable}.{} = \"x\";", member.name);
        } else if member.name == "size_gib" {
            let _ = writeln!(text, "    {variable}.size_gib = 1;");
        } else if member.name == "image_virtual_size" {
            let _ = writeln!(text, "    {variable}.image_virtual_size = 1;");
        }
    }
    text
}

/// One thing that is wrong about a structure, or right.
pub(super) struct Case {
    pub(super) what: String,
    pub(super) wanted: Wanted,
    /// Statements that make it so.
    pub(super) fill: String,
}

/// The bad values of a structure that begins with its size.
pub(super) fn bad_structures(
    structures: &[Structure],
    variable: &str,
    structure: &Structure,
) -> Vec<Case> {
    let mut bad = Vec::new();
    for size in ["0", "1", "3", "7"] {
        bad.push(Case {
            what: format!("size {size}"),
            wanted: Wanted::Refused,
            fill: format!("{variable}.size = {size};"),
        });
    }
    // A structure of a later version, with something in the part that is not known here.
    bad.push(Case {
        what: "a tail that asks for something".to_owned(),
        wanted: Wanted::Refused,
        fill: format!(
            "struct {{ __typeof__({variable}) known; uint64_t more; }} later; \
             memset(&later, 0, sizeof later); later.known = {variable}; later.more = 1; \
             later.known.size = sizeof later;"
        ),
    });
    bad.extend(bad_members(structures, variable, structure));
    bad
}

/// The bad values of a structure's members.
pub(super) fn bad_members(
    structures: &[Structure],
    variable: &str,
    structure: &Structure,
) -> Vec<Case> {
    let mut bad = Vec::new();
    let mut add = |what: String, wanted: Wanted, fill: String| {
        bad.push(Case { what, wanted, fill });
    };
    let refused = Wanted::Refused;
    for member in &structure.members {
        let name = &member.name;
        let place = format!("{variable}.{name}");
        match member.kind.as_str() {
            "const char *" => {
                for (words, value) in bad_texts(member) {
                    let fill = format!("{place} = {value};");
                    add(format!("{name} {words}"), refused, fill);
                }
            }
            "uint32_t" if name == "flags" || name == "reserved" => {
                let fill = format!("{place} = 0x80000000u;");
                add(format!("{name} unknown"), refused, fill);
            }
            "uint32_t" if name.ends_with("_count") => {
                let fill = format!("{place} = 3;");
                add(format!("{name} without the array"), refused, fill);
                // With an array, so that it is the number that is refused.
                let array = name.trim_end_matches("_count");
                let fill = format!(
                    "{place} = UINT32_MAX; {variable}.{array} = (const void *)\"a few bytes\";"
                );
                add(format!("{name} beyond all"), refused, fill);
            }
            "uint64_t" | "int64_t" if name == "size_gib" || name == "timeout_ms" => {
                let fill = format!("{place} = INT64_MAX;");
                add(format!("{name} huge"), Wanted::Any, fill);
                let fill = format!("{place} = (int64_t)-2;");
                add(format!("{name} odd"), Wanted::Any, fill);
            }
            _ => {}
        }
        let count = format!("{name}_count");
        if structure.members.iter().any(|other| other.name == count) {
            for case in bad_elements(structures, variable, member) {
                add(case.what, case.wanted, case.fill);
            }
        }
    }
    bad
}

/// Arrays of two with everything that can be wrong about the second, and one that is good.
pub(super) fn bad_elements(
    structures: &[Structure],
    variable: &str,
    array: &Parameter,
) -> Vec<Case> {
    let name = &array.name;
    let items = format!("{}_{name}", variable.replace(['.', '[', ']'], "_"));
    let link = format!("{variable}.{name} = {items}; {variable}.{name}_count = 2;");
    let kind = array.kind.strip_prefix("const ").unwrap_or(&array.kind);
    if kind == "char *const *" {
        let element = Parameter {
            kind: "const char *".to_owned(),
            name: name.clone(),
            required: true,
            may_be_empty: false,
        };
        let mut cases: Vec<Case> = bad_texts(&element)
            .into_iter()
            .map(|(words, value)| Case {
                what: format!("{name}[1] {words}"),
                wanted: Wanted::Refused,
                fill: format!("const char *const {items}[2] = {{\"x\", {value}}}; {link}"),
            })
            .collect();
        cases.push(Case {
            what: format!("{name} with good elements"),
            wanted: Wanted::Accepted,
            fill: format!("const char *const {items}[2] = {{\"x\", \"y\"}}; {link}"),
        });
        return cases;
    }
    let element = kind.trim_end_matches(" *");
    let element =
        named(structures, element).unwrap_or_else(|| panic!("what is in {name}: {kind}?"));
    let second = format!("{items}[1]");
    let good = format!(
        "{} {items}[2]; memset({items}, 0, sizeof {items}); {link}\n{}{}",
        element.name,
        filled(&format!("{items}[0]"), element),
        filled(&second, element)
    );
    let mut cases = vec![Case {
        what: format!("{name} with good elements"),
        wanted: Wanted::Accepted,
        fill: good.clone(),
    }];
    for case in bad_members(structures, &second, element) {
        cases.push(Case {
            what: format!("{name}[1].{}", case.what),
            wanted: case.wanted,
            fill: format!("{good}{}", case.fill),
        });
    }
    cases
}
