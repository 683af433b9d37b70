//! Who gets what: the presentations of all appliances, asked for one initiator at one target.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::pdu::LoginStatus;
use crate::storage::{Chap, Presentation, TargetView};

/// The largest LU number that has a place in the flat addressing of REPORT LUNS.
const LAST_LU: u32 = 0x3fff;

/// What one initiator gets at one target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Admission {
    /// LUN GUIDs by LU number.
    pub(super) luns: BTreeMap<u32, String>,
    /// What the initiator has to prove.
    pub(super) initiator_chap: Option<Chap>,
    /// What the target proves if it is asked to.
    pub(super) target_chap: Option<Chap>,
}

/// The presentations of all appliances that use the data plane, by appliance.
#[derive(Default)]
pub(super) struct Presentations(BTreeMap<String, Presentation>);

impl Presentations {
    /// Takes in what an appliance presents now. What cannot be served with `tgtd` is left out, and the error says why.
    pub(super) fn replace(&mut self, mut presentation: Presentation) -> io::Result<()> {
        let mut complaints = Vec::new();
        let Presentation {
            targets,
            initiator_chap,
            ..
        } = &mut presentation;
        targets.retain(|iqn, target| servable(iqn, target, initiator_chap, &mut complaints));
        self.0.insert(presentation.appliance.clone(), presentation);
        match complaints.is_empty() {
            true => Ok(()),
            false => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                complaints.join("; "),
            )),
        }
    }

    /// The IQNs of all targets, each once.
    pub(super) fn targets(&self) -> Vec<String> {
        let all = self
            .0
            .values()
            .flat_map(|presentation| presentation.targets.keys().cloned());
        all.collect::<BTreeSet<String>>().into_iter().collect()
    }

    /// What `initiator` gets at `target`, or why it may not log in.
    pub(super) fn admit(&self, target: &str, initiator: &str) -> Result<Admission, LoginStatus> {
        let mut refusal = LoginStatus::TargetNotFound;
        let mut admitted: Option<Admission> = None;
        // The heads of a cluster share their targets, and one of them has the pool: so an appliance that shows
        // something goes before one that does not.
        for presentation in self.0.values() {
            let Some(view) = look_up(&presentation.targets, target) else {
                continue;
            };
            match admit(presentation, view, initiator) {
                Ok(admission) if admitted.as_ref().is_none_or(|other| other.luns.is_empty()) => {
                    admitted = Some(admission);
                }
                Ok(_) => {}
                Err(status) => refusal = status,
            }
        }
        admitted.ok_or(refusal)
    }
}

fn admit(
    presentation: &Presentation,
    target: &TargetView,
    initiator: &str,
) -> Result<Admission, LoginStatus> {
    let own = target.views.iter().find(|(name, _)| {
        name.as_deref()
            .is_some_and(|name| same_name(name, initiator))
    });
    let luns = own
        .map(|(_, luns)| luns)
        .or_else(|| target.views.get(&None));
    let mut admission = Admission {
        luns: luns.into_iter().flatten().cloned().collect(),
        ..Admission::default()
    };
    if target.requires_chap {
        let chap =
            look_up(&presentation.initiator_chap, initiator).ok_or(LoginStatus::Forbidden)?;
        admission.initiator_chap = Some(chap.clone());
        admission.target_chap.clone_from(&target.target_chap);
    }
    Ok(admission)
}

/// iSCSI names are compared without regard to case (RFC 7143, 4.2.7.2).
fn same_name(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

fn look_up<'a, T>(map: &'a BTreeMap<String, T>, name: &str) -> Option<&'a T> {
    map.iter()
        .find(|(key, _)| same_name(key, name))
        .map(|(_, value)| value)
}

/// Can `tgtd` serve this target? Numbers that it cannot have are removed, and what is wrong is added to `complaints`.
///
/// To leave out is to show less, never more.
fn servable(
    iqn: &str,
    target: &mut TargetView,
    initiators: &BTreeMap<String, Chap>,
    complaints: &mut Vec<String>,
) -> bool {
    for luns in target.views.values_mut() {
        luns.retain(|(number, _)| {
            let possible = (1..=LAST_LU).contains(number);
            if !possible {
                complaints.push(format!(
                    "LU number {number} at target {iqn}: the data plane has 1 to {LAST_LU}, since tgtd keeps 0 for itself"
                ));
            }
            possible
        });
    }
    let before = complaints.len();
    if !is_name(iqn) {
        complaints.push(format!(
            "{iqn:?} is no iSCSI name that the data plane can serve"
        ));
    }
    if target.requires_chap {
        for chap in initiators.values().chain(&target.target_chap) {
            // Name and secret are separated by a comma on their way to tgtd.
            if chap.user.is_empty() || chap.user.contains([',', '\0']) || chap.secret.contains('\0')
            {
                complaints.push(format!(
                    "CHAP name {:?} at target {iqn}: tgtd takes none that is empty or has a comma",
                    chap.user
                ));
            }
        }
        let ours = target.target_chap.as_ref();
        if let Some(ours) = ours.filter(|o| {
            initiators
                .values()
                .any(|i| i.user == o.user && i.secret != o.secret)
        }) {
            complaints.push(format!(
                "CHAP name {:?} at target {iqn}: initiator and target have it with different secrets, tgtd cannot",
                ours.user
            ));
        }
    }
    complaints.len() == before
}

/// Is it a name of the characters that iSCSI names are made of? What comes from the wire ends up in `tgtadm`'s
/// arguments, so this is asked of initiators too.
pub(super) fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '_');
    !name.is_empty() && name.len() <= 223 && name.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chap(user: &str) -> Chap {
        Chap {
            user: user.to_owned(),
            secret: format!("secret of {user}"),
        }
    }

    fn presentation() -> Presentation {
        let view = TargetView {
            views: BTreeMap::from([
                (None, vec![(1, "D".to_owned())]),
                (
                    Some("iqn.a".to_owned()),
                    vec![(1, "D".to_owned()), (2, "A".to_owned())],
                ),
                (Some("iqn.masked".to_owned()), vec![]),
            ]),
            target_chap: Some(chap("target")),
            ..TargetView::default()
        };
        Presentation {
            appliance: "one".to_owned(),
            targets: BTreeMap::from([
                ("iqn.open".to_owned(), view.clone()),
                (
                    "iqn.chap".to_owned(),
                    TargetView {
                        requires_chap: true,
                        ..view
                    },
                ),
            ]),
            initiator_chap: BTreeMap::from([("iqn.a".to_owned(), chap("a"))]),
        }
    }

    fn presentations() -> Presentations {
        let mut presentations = Presentations::default();
        presentations.replace(presentation()).unwrap();
        presentations
    }

    #[test]
    fn an_entry_of_its_own_hides_what_all_others_see() {
        let all = presentations();
        assert_eq!(all.admit("iqn.open", "iqn.A").unwrap().luns.len(), 2);
        assert_eq!(
            all.admit("iqn.open", "iqn.other").unwrap().luns,
            BTreeMap::from([(1, "D".to_owned())])
        );
        assert!(all.admit("iqn.open", "iqn.masked").unwrap().luns.is_empty());
        assert_eq!(
            all.admit("iqn.none", "iqn.a"),
            Err(LoginStatus::TargetNotFound)
        );
    }

    #[test]
    fn chap_matters_where_the_target_requires_it() {
        let all = presentations();
        assert_eq!(all.admit("iqn.open", "iqn.a").unwrap().initiator_chap, None);
        let admission = all.admit("iqn.chap", "iqn.a").unwrap();
        assert_eq!(
            (admission.initiator_chap, admission.target_chap),
            (Some(chap("a")), Some(chap("target")))
        );
        assert_eq!(
            all.admit("iqn.chap", "iqn.other"),
            Err(LoginStatus::Forbidden)
        );
    }

    #[test]
    fn the_head_that_has_the_pool_answers_for_a_shared_target() {
        let mut all = presentations();
        let mut idle = presentation();
        idle.appliance = "another".to_owned();
        idle.targets
            .values_mut()
            .for_each(|target| target.views.clear());
        all.replace(idle).unwrap();
        assert_eq!(all.admit("iqn.open", "iqn.a").unwrap().luns.len(), 2);
        assert_eq!(all.targets(), ["iqn.chap", "iqn.open"]);
    }

    #[test]
    fn what_tgtd_cannot_serve_is_left_out_and_reported() {
        let mut zero = presentation();
        zero.targets
            .get_mut("iqn.open")
            .unwrap()
            .views
            .insert(None, vec![(0, "D".to_owned()), (1, "E".to_owned())]);
        let mut all = presentations();
        all.replace(zero).unwrap_err();
        assert_eq!(
            all.admit("iqn.open", "iqn.other").unwrap().luns,
            BTreeMap::from([(1, "E".to_owned())])
        );

        let mut shared = presentation();
        shared.initiator_chap.insert(
            "iqn.b".to_owned(),
            Chap {
                user: "target".to_owned(),
                secret: "x".to_owned(),
            },
        );
        let mut comma = presentation();
        comma.initiator_chap.insert("iqn.b".to_owned(), chap("a,b"));
        for bad in [shared, comma] {
            let mut all = presentations();
            all.replace(bad).unwrap_err();
            assert_eq!(
                all.admit("iqn.chap", "iqn.a"),
                Err(LoginStatus::TargetNotFound)
            );
            all.admit("iqn.open", "iqn.a").unwrap();
        }
    }
}
