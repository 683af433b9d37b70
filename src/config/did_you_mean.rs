//! Suggestions for misspelt names: "did you mean …?"

/// Names longer than this are not compared: the comparison is quadratic, and no
/// option name is near that long.
const LONGEST: usize = 64;

/// The known name closest to `given` by edit distance; `None` beyond a third of
/// its length.
pub(super) fn nearest<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    if given.chars().count() > LONGEST {
        return None;
    }
    let given = given.to_lowercase().replace('-', "_");
    // The option names share a prefix, which would make any two of them similar
    // by a relative measure. So edits are counted, a third of the name at most.
    let limit = (given.len() / 3).max(2);
    known
        .into_iter()
        .map(|name| {
            (
                strsim::damerau_levenshtein(&given, &name.replace('-', "_")),
                name,
            )
        })
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// A remedy for an unknown name: the nearest known one, or a list of all when
/// there are few.
pub(super) fn did_you_mean<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> String {
    if let Some(name) = nearest(given, known.clone()) {
        return format!("did you mean `{name}`?");
    }
    let all: Vec<_> = known.into_iter().map(|name| format!("`{name}`")).collect();
    match all.len() {
        0 => "remove it".into(),
        1..=16 => format!("known are {}", all.join(", ")),
        _ => "remove it; docs/options.md lists every option".into(),
    }
}
