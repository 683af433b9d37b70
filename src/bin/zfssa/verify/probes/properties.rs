//! Probe of the properties of LUNs: which of them the software lacks, and which it ignores.

use serde_json::{Value, json};
use zfssa::rest::Method;

use crate::verify::answer::{Answer, Trouble};
use crate::verify::examination::Examination;

const LUN: &str = "verify-properties";

/// Each property with two values, as JSON. The one that the LUN does not have is set.
const PROPERTIES: &[(&str, &str, &str)] = &[
    ("checksum", r#""sha256""#, r#""fletcher2""#),
    ("compression", r#""lzjb""#, r#""gzip""#),
    ("copies", "2", "1"),
    ("exported", "false", "true"),
    ("fixednumber", "true", "false"),
    ("logbias", r#""throughput""#, r#""latency""#),
    ("maxblocksize", "131072", "262144"),
    ("readlimit", "1048576", "2097152"),
    ("secondarycache", r#""none""#, r#""metadata""#),
    ("snaplabel", r#""verify""#, r#""verify2""#),
    ("status", r#""offline""#, r#""online""#),
    ("writecache", "true", "false"),
    ("writelimit", "1048576", "2097152"),
    // Never changed on a LUN that exists: the refusal shows whether the software knows it.
    ("encryption", r#""aes-128-ccm""#, r#""off""#),
    ("keyname", r#""verify""#, r#""verify2""#),
    ("keystore", r#""local""#, r#""okm""#),
];

/// Properties that a release lacks, which its knob implies.
fn implied(release: &str) -> &'static [&'static str] {
    match release {
        "2013.1.2" => &[
            "encryption",
            "keystore",
            "keyname",
            "readlimit",
            "writelimit",
        ],
        "OS8.7" => &["readlimit"],
        _ => &[],
    }
}

/// What became of the change of a property.
enum Change {
    Made,
    Ignored,
    Unknown,
    Refused,
}

pub async fn changes(run: &mut Examination) -> Result<(), Trouble> {
    run.lun(LUN, &json!({})).await?;
    let path = run.scratch.lun(LUN)?;
    let unknown = json!({ "zfssaverifynone": "a" });
    let unknown = run.put(path.clone(), &unknown).await?;
    run.note_refusal("property_unknown", &unknown, Method::Put);
    let invalid = json!({ "compression": "zfssaverifynone" });
    let invalid = run.put(path, &invalid).await?;
    run.note_refusal("value_invalid", &invalid, Method::Put);
    let (mut lacks, mut ignored, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for (name, first, second) in PROPERTIES {
        let values = [first, second].map(|text| serde_json::from_str(text).unwrap_or_default());
        match change(run, name, values, [&unknown, &invalid]).await? {
            Change::Made => {}
            Change::Ignored => ignored.push(*name),
            Change::Unknown => lacks.push(*name),
            Change::Refused => refused.push(*name),
        }
    }
    let number = PROPERTIES.len();
    let names = |names: &[&str]| match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    };
    let seen = format!("ignored of {number}: {}", names(&ignored));
    run.findings.observed("passes_over", json!(ignored), seen);
    let seen = format!(
        "unknown of {number}: {}; refused: {}",
        names(&lacks),
        names(&refused)
    );
    let release = run.findings.value("release").and_then(Value::as_str);
    let Some(implied) = release.map(implied) else {
        let seen = format!("{seen}; the release is not known");
        run.findings.undetermined("lacks", seen);
        return Ok(());
    };
    let known: Vec<&str> = implied
        .iter()
        .copied()
        .filter(|name| !lacks.contains(name))
        .collect();
    let seen = match known.is_empty() {
        true => seen,
        // No knob adds a property to a release.
        false => format!("{seen}; known, unlike in the release: {}", names(&known)),
    };
    lacks.retain(|name| !implied.contains(name));
    run.findings.observed("lacks", json!(lacks), seen);
    Ok(())
}

async fn change(
    run: &Examination,
    name: &str,
    values: [Value; 2],
    [unknown, invalid]: [&Answer; 2],
) -> Result<Change, Trouble> {
    let before = run.read_lun(LUN).await?;
    let value = values.into_iter().find(|value| !same(value, &before[name]));
    let value = value.unwrap_or_default();
    let answer = run
        .put(run.scratch.lun(LUN)?, &json!({ name: value }))
        .await?;
    if answer.is_success() {
        let after = run.read_lun(LUN).await?;
        return Ok(match same(&value, &after[name]) {
            true => Change::Made,
            false => Change::Ignored,
        });
    }
    // Where the refusal of an unknown property is like any other, its absence decides.
    let is_distinct = !unknown.is_success() && !unknown.is_like(invalid);
    let is_unknown = match is_distinct {
        true => answer.is_like(unknown),
        false => before.get(name).is_none(),
    };
    Ok(match is_unknown {
        true => Change::Unknown,
        false => Change::Refused,
    })
}

/// Whether two values are the same; version 1 prints some numbers as reals.
fn same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}
