//! Good arguments, bad texts, and what a call must come to.

use super::description::{Function, Parameter, Structure};

/// Texts that may hold control characters: what is free text, and what is read as a file's name
/// or content, of which validation tells.
pub(super) const FREE_TEXTS: &[&str] = &["message", "value", "path", "toml", "conf"];

/// An expression of C for a good argument, given the objects that `PREPARE` makes.
pub(super) fn good(function: &Function, parameter: &Parameter) -> String {
    let kind = parameter.kind.as_str();
    match kind {
        "zfssa_error_t **" => "&err".to_owned(),
        "zfssa_ticket_t *" => "&ticket".to_owned(),
        "zfssa_ticket_t" => "echo(driver, 0, NULL)".to_owned(),
        "zfssa_result_t **" => "&got".to_owned(),
        "zfssa_config_t **" => "&new_config".to_owned(),
        "zfssa_driver_t **" => "&new_driver".to_owned(),
        "zfssa_queue_t **" => "&new_queue".to_owned(),
        "zfssa_metrics_t **" => "&new_metrics".to_owned(),
        "zfssa_event_t *" => "events".to_owned(),
        "zfssa_config_t *" | "const zfssa_config_t *" => "config".to_owned(),
        "zfssa_driver_t *" => "driver".to_owned(),
        "zfssa_queue_t *" => "queue".to_owned(),
        "zfssa_result_t *" | "const zfssa_result_t *" => "result".to_owned(),
        "zfssa_error_t *" | "const zfssa_error_t *" => "error".to_owned(),
        "zfssa_metrics_t *" | "const zfssa_metrics_t *" => "metrics".to_owned(),
        "const zfssa_call_t *" => "&call".to_owned(),
        "uint64_t *" => "&length".to_owned(),
        "uint32_t *" => "&count".to_owned(),
        "int32_t *" => "&fd".to_owned(),
        "void *" => "NULL".to_owned(),
        "const char *" => match parameter.name.as_str() {
            "name" => "\"zfssa_pool\"".to_owned(),
            "section" if function.name.ends_with("_toml") => "NULL".to_owned(),
            _ => "\"value\"".to_owned(),
        },
        _ if kind.ends_with("_args_t *") => "&args".to_owned(),
        _ if parameter.name == "event_size" => "(uint32_t)sizeof *events".to_owned(),
        _ if parameter.name == "max" => "8".to_owned(),
        _ if parameter.name == "abi_major" => "ZFSSA_ABI_MAJOR".to_owned(),
        _ if kind.starts_with("uint") || kind.starts_with("int") || kind.ends_with("status_t") => {
            "0".to_owned()
        }
        _ if kind.ends_with("outcome_t") => "0".to_owned(),
        _ if !kind.contains('*') && kind.starts_with("zfssa_") => "0".to_owned(),
        _ => panic!(
            "{}: what is a good {kind} {}?",
            function.name, parameter.name
        ),
    }
}

/// Pointers that the header allows to be NULL, by name or by function and name.
pub(super) fn may_be_null(function: &str, parameter: &Parameter, structures: &[Structure]) -> bool {
    let optional_arguments = parameter.name == "args" && {
        let name = format!("{function}_args_t");
        let own = structures.iter().find(|structure| structure.name == name);
        // All members optional: the operations that take everything from the configuration.
        own.is_none_or(|structure| !structure.members.iter().any(|member| member.required))
    };
    matches!(
        parameter.name.as_str(),
        "err" | "call" | "length" | "function" | "context" | "drop"
    ) || (function == "zfssa_config_set" && parameter.name == "value")
        || (function.ends_with("_toml") && parameter.name == "section")
        || optional_arguments
        || function.ends_with("_free")
}

/// What a call must come to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Whatever the header allows.
    Any,
    Refused,
    /// Refused as a ticket that stands for nothing.
    Stale,
    Accepted,
}

impl Wanted {
    pub(super) fn refused(when: bool) -> Wanted {
        if when { Wanted::Refused } else { Wanted::Any }
    }

    pub(super) fn in_c(self) -> &'static str {
        match self {
            Wanted::Any => "ANY",
            Wanted::Refused => "REFUSED",
            Wanted::Stale => "STALE",
            Wanted::Accepted => "ACCEPTED",
        }
    }
}

/// Handles of C, by their types.
pub(super) const HANDLES: &[(&str, &str)] = &[
    ("zfssa_config_t *", "config"),
    ("zfssa_driver_t *", "driver"),
    ("zfssa_queue_t *", "queue"),
    ("zfssa_result_t *", "result"),
    ("zfssa_error_t *", "error"),
    ("zfssa_metrics_t *", "metrics"),
];

pub(super) fn handle_of(parameter: &Parameter) -> Option<&'static str> {
    let kind = parameter.kind.trim_start_matches("const ");
    let found = HANDLES.iter().find(|(handle, _)| *handle == kind);
    found.map(|(_, object)| *object)
}

/// Whether a call ends the object, so that it cannot be one of many.
pub(super) fn consumes(function: &Function) -> bool {
    function.name.ends_with("_free") || function.name == "zfssa_driver_close"
}

/// Functions that do not take the arguments that are good for the others, and why.
pub(super) fn takes_no_good_arguments(function: &str) -> bool {
    const EXCEPTIONS: &[(&str, &str)] = &[
        (
            "zfssa_ticket_wait",
            "it need not be over when it only looks",
        ),
        ("zfssa_transfer_finish", "an echo has no image"),
        (
            "zfssa_driver_close",
            "it need not be over when it does not wait",
        ),
    ];
    EXCEPTIONS.iter().any(|(name, _)| *name == function)
}

/// Arrays that a function takes only together with another member, and why.
pub(super) fn takes_no_good_array(function: &str, array: &str) -> bool {
    const EXCEPTIONS: &[(&str, &str, &str)] = &[(
        "zfssa_terminate_connection",
        "still_attached",
        "together with a flag that says what it means",
    )];
    EXCEPTIONS
        .iter()
        .any(|(name, member, _)| *name == function && array.starts_with(member))
}

/// Whether a function's result is how the call went.
pub(super) fn gives_status(function: &Function) -> bool {
    function.result == "zfssa_status_t" && function.name != "zfssa_result_status"
}

/// The comparison that holds for the value of a function that cannot fail.
pub(super) fn right_value(function: &Function, wanted: Wanted) -> &'static str {
    let takes_handle = function.parameters.iter().any(|p| handle_of(p).is_some());
    match (function.name.as_str(), wanted) {
        ("zfssa_result_status", Wanted::Refused) => "== ZFSSA_E_INVALID_ARGUMENT",
        (_, Wanted::Refused) => "== 0",
        // Never NULL, whatever the number.
        _ if !takes_handle && function.result == "const char *" => "!= NULL",
        // All types of values compare with 0; with it, any value is right.
        _ => "!= 0 || 1",
    }
}

/// Texts whose NULL means no more than an empty text does, and why. Any other that may be NULL is
/// refused when it is empty, so that nothing wide is asked for by mistake.
pub(super) fn says_nothing_when_empty(member: &str) -> bool {
    const EXCEPTIONS: &[(&str, &str)] = &[
        ("message", "NULL is an empty message"),
        (
            "value",
            "an option's value is what it is, and is judged with the others",
        ),
        ("toml", "it is a file without options"),
        ("conf", "it is a file without options"),
        ("location_info", "either is a reason to decline"),
        ("status", "an empty one is no status that migrates"),
        ("vendor_name", "an empty one is not Oracle"),
        ("storage_protocol", "an empty one is not iSCSI"),
    ];
    EXCEPTIONS.iter().any(|(name, _)| *name == member)
}

/// Texts that a member or element may not be, as expressions of C.
pub(super) fn bad_texts(member: &Parameter) -> Vec<(&'static str, &'static str)> {
    let mut bad = vec![("in bad UTF-8", r#""\xff\xfe""#)];
    if !FREE_TEXTS.contains(&member.name.as_str()) {
        bad.push(("with control characters", r#""a\r\nb\x01""#));
    }
    if member.required {
        bad.push(("NULL", "NULL"));
    }
    if !(member.may_be_empty || says_nothing_when_empty(&member.name)) {
        bad.push(("empty", r#""""#));
    }
    bad
}
