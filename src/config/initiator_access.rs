//! Initiator options: the hosts that may attach, and their CHAP accounts.

use super::input::Input;
use super::values;
use super::values::iscsi_name;
use crate::built_in_groups::{DEFAULT_GROUP, MASK_ALL};
use crate::config::config::{Chap, Initiator, InitiatorGroup};
use crate::config::values::initiator_config::{self, SecretFlaw};

const CONFIG: &str = "zfssa_initiator_config";
const GROUP: &str = "zfssa_initiator_group";
const INITIATORS: &str = "zfssa_initiator";
const USER: &str = "zfssa_initiator_user";
const PASSWORD: &str = "zfssa_initiator_password";
const REGISTER: &str = "zfssa_register_hosts";
const UNREGISTER: &str = "zfssa_unregister_hosts";

/// Combined value of the initiator options.
pub(super) struct Access {
    pub(super) groups: Vec<InitiatorGroup>,
    pub(super) group: Option<String>,
    pub(super) default_group: bool,
    pub(super) register_hosts: bool,
    pub(super) unregister_hosts: bool,
    pub(super) registered_chap: Option<Chap>,
}

/// Reads `zfssa_initiator_config`, or the older options where it is not set.
/// `None` only where an error has been recorded.
pub(super) fn read(input: &mut Input<'_>) -> Option<Access> {
    let group = input.optional(GROUP, |_, text| match values::name(text)? {
        MASK_ALL => Err("is the group that hides volumes from every host".into()),
        name => Ok(name.to_owned()),
    });
    let default_group = matches!(&group, Some(Some(name)) if name == DEFAULT_GROUP);
    if default_group {
        input.warnings.push(format!(
            "{GROUP} = {DEFAULT_GROUP}: volumes of a host that is in no group are shown to \
             every host that reaches the target"
        ));
    }
    let named = group.map(|name| name.filter(|name| name != DEFAULT_GROUP));
    let (register, unregister) = (input.boolean(REGISTER), input.boolean(UNREGISTER));
    let registers = register == Some(true);
    if registers && default_group {
        input.error(
            REGISTER,
            format!(
                "is set, and so is {GROUP} = {DEFAULT_GROUP}, which gives a host that is in no \
                 group its volumes through the built-in group"
            ),
            "set one of the two",
        );
    }
    if unregister == Some(true) && register == Some(false) {
        input.warnings.push(format!(
            "{UNREGISTER} is not used, since {REGISTER} is not set"
        ));
    }
    let one_group = input.given(CONFIG).is_none()
        && input.given(INITIATORS).is_some()
        && matches!(named, Some(Some(_)));
    let account = if registers || one_group {
        chap(input, USER, PASSWORD)
    } else {
        Some(None)
    };
    let groups = match input.document(CONFIG) {
        Some(document) => {
            let read = document.and_then(initiator_config::read);
            for name in [INITIATORS, USER, PASSWORD] {
                let used = registers && name != INITIATORS;
                if input.given(name).is_some() && !used {
                    input
                        .warnings
                        .push(format!("{name} is not used, since {CONFIG} is set"));
                }
            }
            match read {
                Ok(groups) => Some(groups),
                Err(problems) => {
                    for (problem, remedy) in problems {
                        input.error(CONFIG, problem, remedy);
                    }
                    None
                }
            }
        }
        None => older(
            input,
            named.as_ref().map(Option::as_deref),
            default_group || registers,
            account.as_ref(),
        ),
    };
    Some(Access {
        groups: groups?,
        group: named?,
        default_group,
        register_hosts: register?,
        unregister_hosts: unregister? && registers,
        registered_chap: account?.filter(|_| registers),
    })
}

/// The options that preceded `zfssa_initiator_config`: one group.
///
/// The former driver refused to start when both group and initiators were
/// missing, though its message speaks of a group without initiators. The former
/// is kept, since then no host may attach. The latter worked and is a group
/// that the operator keeps on the appliance. `others_attach` says whether hosts
/// in no group may attach as well.
fn older(
    input: &mut Input<'_>,
    named: Option<Option<&str>>,
    others_attach: bool,
    account: Option<&Option<Chap>>,
) -> Option<Vec<InitiatorGroup>> {
    let given = input.given(INITIATORS).is_some();
    match named? {
        Some(group) if given => {
            let group = group.to_owned();
            let names = input.items(INITIATORS, name, "holds no initiator");
            let (chap, names) = (account?, names?);
            let initiators = names
                .into_iter()
                .map(|iqn| Initiator {
                    iqn,
                    chap: chap.clone(),
                })
                .collect();
            return Some(vec![InitiatorGroup {
                name: group,
                initiators,
            }]);
        }
        Some(group) => input.warnings.push(format!(
            "no initiators are given, so the group {GROUP} = {group} must be kept on the appliance"
        )),
        None if given => input.warnings.push(format!(
            "{INITIATORS} is not used without a group of its own; set {GROUP} to a name other \
             than {DEFAULT_GROUP}"
        )),
        None if others_attach || input.failed(CONFIG) => {}
        None => {
            let remedy =
                format!("set {CONFIG}, {REGISTER}, or {GROUP} to a group that is on the appliance");
            input.error(
                CONFIG,
                "is not set, so no host could attach a volume",
                remedy,
            );
            return None;
        }
    }
    Some(Vec::new())
}

fn name(text: &str) -> Result<String, String> {
    match iscsi_name::check(text) {
        Ok(()) => Ok(text.to_owned()),
        Err(problem) => Err(format!("holds a name that {problem}")),
    }
}

/// A CHAP account out of two options; `None` only where an error has been
/// recorded.
pub(super) fn chap(
    input: &mut Input<'_>,
    user: &'static str,
    secret: &'static str,
) -> Option<Option<Chap>> {
    let name = input.optional(user, |_, text| values::line(text).map(str::to_owned));
    let key = input.optional(secret, |_, text| {
        match initiator_config::chap_secret(text) {
            Ok(()) => Ok(text.into()),
            Err(SecretFlaw::Length) => Err("is not 12 to 16 characters long".into()),
            Err(SecretFlaw::Character) => Err("holds a character outside printable ASCII".into()),
        }
    });
    match (name?, key?) {
        (Some(user), Some(secret)) => Some(Some(Chap { user, secret })),
        (None, None) => Some(None),
        (Some(_), None) => {
            input.error(
                secret,
                format!("is not set, though {user} is"),
                "set both or neither",
            );
            None
        }
        (None, Some(_)) => {
            input.error(
                user,
                format!("is not set, though {secret} is"),
                "set both or neither",
            );
            None
        }
    }
}
