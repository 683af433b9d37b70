//! Table of the facts that `zfssa verify` examines, with the simulator's value of each.
//!
//! The report, `zfssa verify --list` and the table in docs/command.md all follow from it. A knob has
//! the name of the simulator's knob (`tests/appliance/src/options.rs`), so that its value goes into
//! a profile; a fact has no knob, and its value is what the simulator always does.

use serde::Serialize;
use serde_json::Value;

/// Whether the simulator can be set to the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A knob of the simulator: its value goes into the profile.
    Knob,
    /// Fixed behaviour of the simulator: a difference is reported only.
    Fact,
}

/// A fact of the REST API that is not certain.
pub struct Row {
    pub name: &'static str,
    pub kind: Kind,
    /// The simulator's value without a profile, as JSON.
    default: &'static str,
    /// Requests that examine it; the reason where nothing examines it.
    pub probe: &'static str,
    /// How the answers lead to a value; empty where nothing examines it.
    pub reading: &'static str,
}

/// A row as `--list` shows it.
#[derive(Serialize)]
pub struct ShownRow {
    name: &'static str,
    kind: Kind,
    default: Value,
    probed: bool,
    probe: &'static str,
    reading: &'static str,
}

impl Row {
    /// The simulator's value without a profile.
    pub fn default(&self) -> Value {
        serde_json::from_str(self.default).unwrap_or_default()
    }

    /// Whether requests examine it.
    pub fn is_probed(&self) -> bool {
        !self.reading.is_empty()
    }

    pub fn shown(&self) -> ShownRow {
        ShownRow {
            name: self.name,
            kind: self.kind,
            default: self.default(),
            probed: self.is_probed(),
            probe: self.probe,
            reading: self.reading,
        }
    }
}

const fn knob(
    name: &'static str,
    default: &'static str,
    probe: &'static str,
    reading: &'static str,
) -> Row {
    Row {
        name,
        kind: Kind::Knob,
        default,
        probe,
        reading,
    }
}

/// A knob that cannot be examined safely, with the reason.
const fn unprobed(name: &'static str, default: &'static str, reason: &'static str) -> Row {
    knob(name, default, reason, "")
}

const fn fact(
    name: &'static str,
    default: &'static str,
    probe: &'static str,
    reading: &'static str,
) -> Row {
    Row {
        kind: Kind::Fact,
        ..knob(name, default, probe, reading)
    }
}

const LOAD: &str = "needs so many requests at a time that other hosts would wait";
const TAKEOVER: &str = "needs a takeover, which interrupts every host";
const PEER: &str = "needs a second appliance that receives an update";
const ANSWERED: &str = "status, and the fault name of a refusal";
const GUARDED: &str = "the clone is deleted, or status and fault name of the refusal";
const REFUSED: &str = "status and fault name of the refusal";

/// Beginning of the names of the facts about data.
pub const OF_DATA: &str = "data_";

/// The row of a name.
pub fn find(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == name)
}

/// Every row: first the knobs in the simulator's order, then the facts.
pub const ROWS: &[Row] = &[
    knob(
        "release",
        r#""OS8.7""#,
        "reads a LUN with one initiator group, and the version by API v2",
        "`initiatorgroup` is a text: 2013.1.2; v2 answers: OS8.8; otherwise OS8.7",
    ),
    knob(
        "number_always_list",
        "false",
        "reads a LUN with one initiator group by API v1",
        "`assignednumber` is a list: true; a number: false",
    ),
    knob(
        "legacy_fault_bodies",
        "false",
        "reads a LUN that does not exist",
        "the fault has `name`: false; its `message` is the name: true",
    ),
    knob(
        "chunked",
        "false",
        "reads the version",
        "`Transfer-Encoding` in the answer: true",
    ),
    knob(
        "clock_behind_s",
        "0",
        "creates the scratch project",
        "`creation` against the clock of this host, in seconds; 0 if they agree or it is ahead",
    ),
    knob(
        "session_ttl_ms",
        "900000",
        "with --session-wait: leaves sessions idle for different times, then uses each once",
        "the age at which a session is refused: at most the value, and more than the age of the \
         oldest session that was accepted",
    ),
    knob(
        "session_ttl_absolute",
        "false",
        "with --session-wait: uses one session all the time",
        "it is refused although it was never idle for the lifetime: true",
    ),
    knob(
        "expired_status",
        "401",
        "uses a session after its logout",
        "status of the refusal",
    ),
    knob(
        "session_cap",
        "1000",
        "logs in eight times at once, and logs out",
        "a login is answered 503: the sessions of this run until then; sessions of other programs \
         count too",
    ),
    knob(
        "rest_enabled",
        "true",
        "reads the version",
        "503 with the password in the request: false",
    ),
    knob("rest_present", "true", "logs in", "404 at the login: false"),
    knob(
        "unauthorized_status",
        "403",
        "with --restricted: changes the scratch project as a user who may not",
        "status of the refusal",
    ),
    knob(
        "lacks",
        "[]",
        "changes each property of a LUN, and one that no software has",
        "refused like the one that no software has: the name is listed, unless the release \
         implies it",
    ),
    knob(
        "passes_over",
        "[]",
        "changes each property of a LUN, and reads it",
        "a success without the change: the name is listed",
    ),
    unprobed(
        "keys",
        r#"["local:key-1","local:key-2"]"#,
        "the names of keys identify the site",
    ),
    knob(
        "pool_status",
        r#""online""#,
        "reads the pool",
        "its `status`",
    ),
    knob(
        "target_state",
        r#""online""#,
        "reads the targets",
        "`state`, if all of them have the same",
    ),
    knob(
        "cascade",
        r#""silent""#,
        "deletes a snapshot that has a clone, both in the scratch project",
        "the clone is deleted, too: silent; ERR_CONFIRM_REQUIRED: confirm_required",
    ),
    knob(
        "numclones_lag_ms",
        "0",
        "deletes a clone, and reads its snapshot until `numclones` is 0",
        "0 at once: 0; otherwise the time since the deletion was sent",
    ),
    knob(
        "snapshot_type",
        "true",
        "reads a snapshot",
        "it has a `type`: true",
    ),
    knob(
        "clone_inherits_initiatorgroup",
        "true",
        "clones a LUN with an initiator group, and names none",
        "the clone has the group: true; it is masked: false",
    ),
    knob(
        "clone_ignores_presentation",
        "false",
        "clones with `initiatorgroup` and `nodestroy`",
        "the clone has neither: true; both: false",
    ),
    knob(
        "masked_number",
        "0",
        "creates a masked LUN",
        "its `assignednumber`",
    ),
    knob(
        "first_lu_number",
        "1",
        "presents a LUN to a new initiator group",
        "its `assignednumber`",
    ),
    knob(
        "groups_in_use_stay",
        "true",
        "deletes an initiator group of this run while a LUN names it",
        "refused: true; deleted: false",
    ),
    knob(
        "refuse_shrink",
        "false",
        "makes a LUN smaller",
        "refused: true; smaller: false",
    ),
    knob(
        "written_percent",
        "0",
        "reads a new thin LUN",
        "`space_data` in percent of `volsize`",
    ),
    knob(
        "no_space_status",
        "400",
        "creates a thick LUN that is larger than the quota of the scratch project",
        "status of the refusal",
    ),
    knob(
        "no_space_name",
        r#""ERR_INVALID_ARG""#,
        "creates a thick LUN that is larger than the quota of the scratch project",
        "fault name of the refusal",
    ),
    knob(
        "flat_actions",
        "true",
        "creates a replication action to a target that does not exist",
        "404, 405 or 501: false; another refusal: true",
    ),
    unprobed("replication_ms", "0", PEER),
    unprobed("replication_start_lag_ms", "0", PEER),
    unprobed("replication_unsure_looks", "0", PEER),
    unprobed("replication_result", r#""success""#, PEER),
    unprobed("max_concurrent", "0", LOAD),
    unprobed("workers", "0", LOAD),
    unprobed("retry_after", "null", LOAD),
    unprobed("takeover_resets", "true", TAKEOVER),
    unprobed("takeover_outage_ms", "0", TAKEOVER),
    fact(
        "lun_exists",
        r#""409 ERR_OBJECT_EXISTS""#,
        "creates a LUN of a name that is taken",
        REFUSED,
    ),
    fact(
        "lun_absent",
        r#""404 ERR_NOT_FOUND""#,
        "reads a LUN that does not exist",
        REFUSED,
    ),
    fact(
        "delete_absent",
        r#""404 ERR_NOT_FOUND""#,
        "deletes a LUN that does not exist",
        REFUSED,
    ),
    fact(
        "property_unknown",
        r#""400 ERR_UNKNOWN_ARG""#,
        "changes a property of a LUN that no software has",
        REFUSED,
    ),
    fact(
        "value_invalid",
        r#""400 ERR_INVALID_ARG""#,
        "sets `compression` to a text that no software has",
        REFUSED,
    ),
    fact(
        "size_missing",
        r#""400 ERR_MISSING_ARG""#,
        "creates a LUN without a size",
        REFUSED,
    ),
    fact(
        "name_longest",
        "64",
        "creates LUNs with names of 64 and 65 characters",
        "the longest that is accepted; 65 means 65 or more",
    ),
    fact(
        "name_with_space",
        r#""400 ERR_INVALID_ARG""#,
        "creates a LUN with a space in its name",
        REFUSED,
    ),
    fact(
        "nodestroy_delete",
        r#""403 ERR_DENIED""#,
        "deletes a LUN with `nodestroy`",
        REFUSED,
    ),
    fact(
        "sizes_are_real",
        "true",
        "reads a LUN by API v1",
        "`volsize` has a decimal point: true",
    ),
    fact(
        "page_limit",
        "true",
        "reads a list of several LUNs with `limit=1`",
        "one element: true; all: false",
    ),
    fact(
        "filesystem_read",
        r#""404 ERR_NOT_FOUND""#,
        "reads a LUN by the path of filesystems",
        REFUSED,
    ),
    fact(
        "filesystem_change",
        r#""202""#,
        "changes a LUN by the path of filesystems",
        ANSWERED,
    ),
    fact(
        "snapshot_type_text",
        r#""manual""#,
        "reads a snapshot",
        "its `type`",
    ),
    fact(
        "snapshot_exists",
        r#""409 ERR_OBJECT_EXISTS""#,
        "takes a snapshot of a name that is taken",
        REFUSED,
    ),
    fact(
        "origin_members",
        r#"["collection","pool","project","share","snapshot"]"#,
        "reads a clone",
        "the members of `origin`",
    ),
    fact(
        "clone_block_size",
        r#""400 ERR_INVALID_ARG""#,
        "clones with `volblocksize`",
        REFUSED,
    ),
    fact(
        "clone_exists",
        r#""409 ERR_OBJECT_EXISTS""#,
        "clones to a name that is taken",
        REFUSED,
    ),
    fact(
        "dependents_lag",
        "false",
        "reads the dependents of a snapshot after its clone was deleted",
        "the clone is still listed: true",
    ),
    fact(
        "rollback_newer",
        r#""destroyed""#,
        "rolls a LUN back over a newer snapshot, both of this run",
        "the newer snapshot is deleted: destroyed; otherwise status and fault name",
    ),
    fact(
        "size_as_text",
        "true",
        "creates a LUN with the size `64m`",
        "it has 64 MiB: true",
    ),
    fact(
        "time_form",
        r#""99999999T99:99:99""#,
        "reads a LUN by API v1",
        "`creation`, each digit as 9",
    ),
    fact(
        "custom_unknown",
        r#""400 ERR_UNKNOWN_ARG""#,
        "sets a custom property that the schema lacks",
        REFUSED,
    ),
    fact(
        "unset_inherits",
        "true",
        "sets a property of a LUN, and unsets it",
        "`source` is not local afterwards: true",
    ),
    fact(
        "snapshot_rename",
        r#""202""#,
        "renames a snapshot",
        ANSWERED,
    ),
    fact(
        "lun_rename",
        r#""202""#,
        "renames a LUN that has a clone",
        ANSWERED,
    ),
    fact(
        "origin_follows_rename",
        "true",
        "reads a clone after its origin was renamed",
        "`origin` has the new name: true",
    ),
    fact(
        "clone_size",
        r#""snapshot""#,
        "clones a snapshot of a LUN that has grown since",
        "size of the snapshot, or of the LUN",
    ),
    fact(
        "delete_with_snapshot",
        r#""204""#,
        "deletes a LUN that has a snapshot",
        ANSWERED,
    ),
    fact(
        "delete_snapshot_of_guarded",
        r#""403 ERR_DENIED""#,
        "deletes a snapshot that has a clone with `nodestroy`",
        GUARDED,
    ),
    fact(
        "delete_lun_of_guarded",
        r#""403 ERR_DENIED""#,
        "deletes a LUN whose snapshot has a clone with `nodestroy`",
        GUARDED,
    ),
    fact(
        "delete_lun_of_clone",
        r#""the clone is deleted""#,
        "deletes a LUN whose snapshot has a clone",
        GUARDED,
    ),
    fact(
        "group_of_unknown_initiator",
        "true",
        "creates an initiator group with an initiator that is not registered",
        "accepted: true",
    ),
    fact(
        "group_exists",
        r#""409 ERR_OBJECT_EXISTS""#,
        "creates an initiator group of a name that is taken",
        REFUSED,
    ),
    fact(
        "default_group_listed",
        "true",
        "reads the initiator groups",
        "`default` is listed: true",
    ),
    fact(
        "mask_group_listed",
        "false",
        "reads the initiator groups",
        "`com.sun.ms.vss.hg.maskAll` is listed: true",
    ),
    fact(
        "data_login",
        r#""accepted""#,
        "with --data: logs in to the backend's target as the initiator of the group",
        "accepted, or the status of the refusal",
    ),
    fact(
        "data_number",
        "true",
        "with --data: reads the list of LUNs over iSCSI",
        "the LUN has the number of `assignednumber`: true",
    ),
    fact(
        "data_identifier",
        "true",
        "with --data: reads page 0x83 of vital product data",
        "its NAA identifier is `lunguid`: true",
    ),
    fact(
        "data_serial",
        "true",
        "with --data: reads page 0x80 of vital product data",
        "the serial number is `lunguid`: true",
    ),
    fact(
        "data_capacity",
        "true",
        "with --data: reads the capacity",
        "it is `volsize`: true",
    ),
    fact(
        "data_block_size",
        "512",
        "with --data: reads the capacity",
        "bytes of a logical block",
    ),
    fact(
        "data_physical_block_size",
        "4096",
        "with --data: reads the capacity",
        "bytes of a physical block",
    ),
    fact(
        "data_thin",
        "true",
        "with --data: reads the capacity of a thin LUN",
        "thin provisioning is reported: true",
    ),
    fact(
        "data_unwritten_zero",
        "true",
        "with --data: reads blocks that were never written",
        "all bytes are 0: true",
    ),
    fact(
        "data_read_back",
        "true",
        "with --data: writes both ends of a LUN, and reads them in another session",
        "the same bytes: true",
    ),
    fact(
        "data_clone",
        "true",
        "with --data: writes, takes a snapshot, writes again, and reads a clone",
        "the clone has the bytes of before the snapshot: true",
    ),
    fact(
        "data_origin_of_clone",
        "true",
        "with --data: reads the origin of that clone",
        "the bytes of after the snapshot: true",
    ),
    fact(
        "data_rolled_back",
        r#""the bytes of the snapshot""#,
        "with --data: rolls the LUN back, and reads it",
        "its bytes, or status and fault name of the refusal",
    ),
    fact(
        "data_chap_missing",
        r#""login status 0x0201""#,
        "with --data: logs in without an account, where the target asks for CHAP",
        "accepted, or the status of the refusal",
    ),
    fact(
        "data_chap_wrong",
        r#""login status 0x0201""#,
        "with --data: logs in with another secret, where the target asks for CHAP",
        "accepted, or the status of the refusal",
    ),
    fact(
        "data_chap_target",
        r#""the target did not prove its identity""#,
        "with --data: asks the target for the proof of another secret, where it has an account",
        "accepted, or the refusal of this host",
    ),
    fact(
        "data_other_login",
        r#""accepted""#,
        "with --data: logs in as an initiator in no group",
        "accepted, or the status of the refusal",
    ),
    fact(
        "data_other_sees",
        "false",
        "with --data: reads the list of LUNs as that initiator",
        "the LUN is in it: true",
    ),
    fact(
        "data_second_host",
        "true",
        "with --data: adds that initiator to the group, writes as the first one, and reads as the second",
        "the same bytes: true",
    ),
    fact(
        "data_grown",
        "true",
        "with --data: makes the LUN larger, and reads the capacity in the same session",
        "the new size: true",
    ),
    fact(
        "data_grown_sense",
        r#""good""#,
        "with --data: the same",
        "sense key, code and qualifier of the first answer, if it is a unit attention",
    ),
    fact(
        "data_masked_sense",
        r#""5/25/00""#,
        "with --data: masks the LUN, and tests it in the same session",
        "good, or sense key, code and qualifier, or the end of the session",
    ),
    fact(
        "data_masked_login",
        r#""accepted""#,
        "with --data: logs in again after that",
        "accepted, or the status of the refusal",
    ),
    fact(
        "data_masked_sees",
        "false",
        "with --data: reads the list of LUNs after that login",
        "the LUN is in it: true",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_sound() {
        for (at, row) in ROWS.iter().enumerate() {
            let default: Result<Value, _> = serde_json::from_str(row.default);
            assert!(default.is_ok(), "{}: {}", row.name, row.default);
            assert!(!row.probe.is_empty(), "{}", row.name);
            assert!(row.kind == Kind::Knob || row.is_probed(), "{}", row.name);
            let first = ROWS.iter().position(|other| other.name == row.name);
            assert_eq!(first, Some(at), "{} is in the table twice", row.name);
        }
    }
}
