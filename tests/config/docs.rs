//! `docs/options.md` is made from the option table.

use std::fmt::Write;

use zfssa::config::{LunProperty, OPTIONS, OptionOrigin, OptionSpec};

/// The words around the list of options.
const FRAME: &str = include_str!("options.md.in");

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/options.md");

fn page() -> String {
    let mut table = String::from("| option | default | what it takes |\n| --- | --- | --- |\n");
    let mut list = String::new();
    for spec in OPTIONS {
        let default = match spec.default {
            Some(text) => format!("`{text}`"),
            None if spec.required => "required".into(),
            None => "none".into(),
        };
        let takes = spec.allowed().replace('|', "\\|");
        writeln!(table, "| [`{0}`](#{0}) | {default} | {takes} |", spec.name).unwrap();
        list += &entry(spec, &default);
    }
    FRAME
        .replace("@TABLE@\n", &table)
        .replace("@SPECS@\n", &extra_specs())
        .replace("@OPTIONS@\n", list.trim_start())
}

fn extra_specs() -> String {
    let mut table =
        String::from("| extra spec | option | retype | clone |\n| --- | --- | --- | --- |\n");
    for spec in OPTIONS {
        let name = match spec.name {
            "zfssa_delete_with_clones" => "delete_with_clones",
            name => match name.strip_prefix("zfssa_lun_") {
                Some(name) => name,
                None => continue,
            },
        };
        let optional = LunProperty::ALL.iter();
        let optional = optional.copied().find(|one| one.option() == spec.name);
        let fixed = name == "volblocksize" || optional.is_some_and(LunProperty::is_fixed);
        let new_data = ["compression", "dedup", "copies"].contains(&name);
        let (retype, clone) = match (fixed, new_data) {
            (true, _) => ("not in place", "of its source"),
            (_, true) => ("in place, for data written from then on", "of its type"),
            _ => ("in place", "of its type"),
        };
        let option = format!("[`{0}`](#{0})", spec.name);
        writeln!(table, "| `zfssa:{name}` | {option} | {retype} | {clone} |").unwrap();
    }
    table
}

fn entry(spec: &OptionSpec, default: &str) -> String {
    let mut facts = vec![
        match spec.origin {
            OptionOrigin::Cinder => "standard Cinder option",
            OptionOrigin::Reference => "of the former driver",
            _ => "new",
        }
        .to_owned(),
    ];
    facts.push(if spec.required {
        "required".into()
    } else {
        format!("default {default}")
    });
    if let Some(unit) = spec.unit {
        facts.push(format!("in {unit}"));
    }
    if spec.secret {
        facts.push("secret".into());
    }
    if let Some(instead) = spec.deprecated {
        facts.push(format!("deprecated, use [`{instead}`](#{instead})"));
    }
    facts.push(format!("since {}", spec.since));
    format!(
        "\n### {}\n\n{}\n\n- {}\n- takes {}\n",
        spec.name,
        spec.help,
        facts.join(" · "),
        spec.allowed()
    )
}

#[test]
fn the_page_is_up_to_date() {
    let page = page();
    if std::env::var_os("ZFSSA_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(PATH, &page).unwrap();
    }
    let found = std::fs::read_to_string(PATH).unwrap_or_default();
    assert!(
        found == page,
        "docs/options.md differs from the option table; run the tests with ZFSSA_BLESS=1"
    );
}
