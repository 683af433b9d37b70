//! Probe of initiator groups, presentation and LU numbers.

use serde_json::{Value, json};
use zfssa::appliance::{DEFAULT_GROUP, MASK_ALL};
use zfssa::rest::{Method, Path, Service};

use crate::verify::answer::Trouble;
use crate::verify::examination::{Examination, first_number, groups_of};
use crate::verify::probes::service::serves_v2;
use crate::verify::scratch::groups;

/// A LUN in the run's initiator group, and its snapshot.
pub const PRESENTED: (&str, &str) = ("verify-presented", "verify-snapshot");

/// The groups of the appliance, and the run's own with an initiator that no host has.
pub async fn initiator_groups(run: &mut Examination) -> Result<(), Trouble> {
    let listed = run.get(groups()).await?.object("groups", "GET groups")?;
    for (name, group) in [
        ("default_group_listed", DEFAULT_GROUP),
        ("mask_group_listed", MASK_ALL),
    ] {
        let mut names = listed.as_array().into_iter().flatten();
        let is_listed = names.any(|one| one["name"] == group);
        let seen = match is_listed {
            true => "in the list",
            false => "not in the list",
        };
        run.findings.observed(name, is_listed, seen);
    }
    let [initiator, _] = run.scratch.initiator_names();
    let answer = run.scratch.create_group(&run.client, &[&initiator]).await?;
    let seen = format!("POST answered {answer}");
    if answer.status == 409 {
        let text = "a group with the name of this run exists, and this run did not create it";
        return Err(Trouble::Unexpected(text.to_owned()));
    }
    run.findings
        .observed("group_of_unknown_initiator", answer.is_success(), seen);
    if !answer.is_success() {
        let empty = run.scratch.create_group(&run.client, &[]).await?;
        empty.object("group", "POST group")?;
    }
    let again = run.scratch.create_group(&run.client, &[&initiator]).await?;
    run.note_refusal("group_exists", &again, Method::Post);
    Ok(())
}

/// Refuses to work with an initiator group that is not the run's own.
pub fn need_group(run: &Examination) -> Result<(), Trouble> {
    match run.scratch.owns_group() {
        true => Ok(()),
        false => Err(Trouble::Unexpected("this run has no group".to_owned())),
    }
}

/// A LUN that the run's group would see.
pub async fn presented(run: &mut Examination) -> Result<(), Trouble> {
    need_group(run)?;
    let group = run.scratch.name.clone();
    let (name, snapshot) = PRESENTED;
    let lun = run.lun(name, &json!({ "initiatorgroup": group })).await?;
    match first_number(&lun).and_then(|number| u32::try_from(number).ok()) {
        Some(number) => {
            let seen = "assignednumber in a new group";
            run.findings.observed("first_lu_number", number, seen);
        }
        None => {
            let seen = "the LUN has no assignednumber";
            run.findings.undetermined("first_lu_number", seen);
        }
    }
    let is_list = lun["assignednumber"].is_array();
    let seen = match is_list {
        true => "assignednumber is a list",
        false => "assignednumber is a number",
    };
    run.findings.observed("number_always_list", is_list, seen);
    let release = match (lun["initiatorgroup"].is_string(), serves_v2(run).await?) {
        (true, _) => "2013.1.2",
        (false, true) => "OS8.8",
        (false, false) => "OS8.7",
    };
    run.findings
        .observed("release", release, "the shapes of a LUN, and v2");
    run.snapshot(name, snapshot).await?;
    Ok(())
}

/// Clones of a LUN that a group would see.
pub async fn clones(run: &mut Examination) -> Result<(), Trouble> {
    const INHERITS: &str = "clone_inherits_initiatorgroup";
    const IGNORES: &str = "clone_ignores_presentation";
    let group = run.scratch.name.clone();
    let clone = run
        .clone_lun(PRESENTED, "verify-inherits", &json!({}))
        .await?;
    let (is_inherited, is_masked) = (
        groups_of(&clone) == [group.as_str()],
        groups_of(&clone) == [MASK_ALL],
    );
    match (is_inherited, is_masked) {
        (true, _) => run.findings.observed(INHERITS, true, "it has the group"),
        (_, true) => run.findings.observed(INHERITS, false, "it is masked"),
        _ => run
            .findings
            .undetermined(INHERITS, "it has other groups than its origin"),
    }
    let wanted = json!({ "initiatorgroup": MASK_ALL, "nodestroy": true });
    let clone = run.clone_lun(PRESENTED, "verify-masked", &wanted).await?;
    let (is_masked, is_protected) = (groups_of(&clone) == [MASK_ALL], clone["nodestroy"] == true);
    let yes = |is: bool| if is { "yes" } else { "no" };
    let seen = format!(
        "masked: {}, nodestroy: {}",
        yes(is_masked),
        yes(is_protected)
    );
    match (is_masked, is_protected) {
        (true, true) => run.findings.observed(IGNORES, false, seen),
        (false, false) => run.findings.observed(IGNORES, true, seen),
        // A clone that inherits no group is masked in any case.
        (true, false) if !is_inherited => run.findings.observed(IGNORES, true, seen),
        _ => run.findings.undetermined(IGNORES, seen),
    }
    Ok(())
}

/// Deletion of the run's group while LUNs name it.
pub async fn group_in_use(run: &mut Examination) -> Result<(), Trouble> {
    const NAME: &str = "groups_in_use_stay";
    need_group(run)?;
    let answer = run.delete(run.scratch.group()?).await?;
    let after = run.get(run.scratch.group()?).await?;
    let seen = format!("DELETE answered {answer}");
    match (answer.is_success(), after.status == 404) {
        (true, true) => run.findings.observed(NAME, false, seen),
        (false, false) => run.findings.observed(NAME, true, seen),
        _ => {
            let seen = format!("{seen}, then GET {after}");
            run.findings.undetermined(NAME, seen);
        }
    }
    Ok(())
}

/// State of the targets.
pub async fn targets(run: &mut Examination) -> Result<(), Trouble> {
    const NAME: &str = "target_state";
    let targets = Path::new(Service::San).fixed("iscsi/targets");
    let targets = run.get(targets).await?.object("targets", "GET targets")?;
    let targets = targets.as_array().cloned().unwrap_or_default();
    let states: Vec<&Value> = targets.iter().map(|target| &target["state"]).collect();
    match states.as_slice() {
        [] => run.findings.not_probed(NAME, "there is no target"),
        [first, rest @ ..] if first.is_string() && rest.iter().all(|state| state == first) => {
            let seen = format!("{} targets", states.len());
            run.findings.observed(NAME, (*first).clone(), seen);
        }
        _ => {
            let seen = format!("{} targets differ, or show no state", states.len());
            run.findings.undetermined(NAME, seen);
        }
    }
    Ok(())
}
