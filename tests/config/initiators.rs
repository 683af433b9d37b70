//! `zfssa_initiator_config` and the options that it replaced.

use zfssa::config::{ConfigErrors, InitiatorGroup};

use super::{errors, least, one_error, with};

const OPTION: &str = "zfssa_initiator_config";

#[track_caller]
fn read(text: &str) -> Vec<InitiatorGroup> {
    with(&[(OPTION, text)])
        .unwrap_or_else(|errors| panic!("{errors}"))
        .initiator_groups
}

/// `group/iqn/user/secret` of each initiator, which is easy to compare.
fn flat(groups: &[InitiatorGroup]) -> Vec<String> {
    let one = |group: &InitiatorGroup| {
        let name = group.name.clone();
        group
            .initiators
            .iter()
            .map(move |initiator| {
                let chap = initiator.chap.as_ref();
                let (user, secret) =
                    chap.map_or(("", ""), |chap| (chap.user.as_str(), chap.secret.expose()));
                format!("{name}/{}/{user}/{secret}", initiator.iqn)
            })
            .collect::<Vec<_>>()
    };
    groups.iter().flat_map(one).collect()
}

#[track_caller]
fn refused(text: &str) -> ConfigErrors {
    let found = errors(&[(OPTION, text)]);
    assert!(
        found.0.iter().all(|error| error.option == OPTION),
        "{found}"
    );
    assert!(
        found
            .0
            .iter()
            .all(|error| error.value.as_deref() == Some("***")),
        "{found}"
    );
    found
}

#[test]
fn the_form_of_the_reference() {
    let groups = read(
        "{'test-init-grp1': [{'iqn': 'iqn.1-x', 'user': '', 'password': ''}]}"
            .replace("iqn.1-x", "iqn.2001-04.com.example:a")
            .as_str(),
    );
    assert_eq!(
        flat(&groups),
        ["test-init-grp1/iqn.2001-04.com.example:a//"]
    );
}

#[test]
fn everything_that_python_writes() {
    let groups = read(
        "{ # two groups\n\
         u'a': (\n\
           {'iqn': 'iqn.2001-04.com.'\n\
                   \"example:a\",       # joined\n\
            'user': None, 'password': r'',},\n\
         ),\n\
         '''default''': [{\"iqn\": 'eui.02004567A425678D', 'user': ('us' 'er'),\n\
            'password': 'p\\x61ss\\'\\u0077\\157rd\\q!1',}],\n\
         }",
    );
    assert_eq!(
        flat(&groups),
        [
            "a/iqn.2001-04.com.example:a//",
            "default/eui.02004567A425678D/user/pass'word\\q!1"
        ]
    );
    assert!(groups[1].is_default());
    assert!(!groups[0].is_default());
}

#[test]
fn the_same_in_json() {
    let groups = read(
        r#"{"a": [{"iqn": "iqn.2001-04.com.example:a", "user": null, "password": null},
                  {"iqn": "naa.52004567BA64678D", "user": "\u00fcser \ud83d\ude00",
                   "password": "twelve \"chars\""}]}"#,
    );
    assert_eq!(
        flat(&groups),
        [
            "a/iqn.2001-04.com.example:a//",
            "a/naa.52004567BA64678D/üser 😀/twelve \"chars\""
        ]
    );
}

#[test]
fn an_initiator_without_chap_needs_only_its_name() {
    assert_eq!(
        read("{'a': [{'iqn': 'eui.02004567A425678D'}]}")[0].initiators[0].chap,
        None
    );
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    for (text, words) in [
        ("{'a': [", "line 1, column 8: a value is missing"),
        (
            "{'a': [{'iqn': 'x}]}",
            "column 16: a string that is not closed",
        ),
        ("{'a'\n: [}]", "line 2, column 4"),
        ("{'a' [1]}", "`:` is missing"),
        ("{'a': [1 2]}", "`,` or a closing bracket is missing"),
        ("{'a': [1", "a closing bracket is missing"),
        ("{'a': []} x", "more text after the end"),
        ("{a: []}", "a word without quotes"),
        ("{'a': [b'x']}", "bytes"),
        ("{'a': [f'x']}", "not a literal"),
        (r"{'a': ['\/']}", "write `/`"),
        (r"{'a': ['\N{BULLET}']}", "by its name"),
        (r"{'a': ['\xg1']}", "escape sequence"),
        (r"{'a': ['\ud83d']}", "escape sequence"),
        ("{'a': [open('x')]}", "a word without quotes"),
        ("~", "not the beginning of a value"),
        ("[]", "is a list, not a dictionary"),
        ("None", "is nothing"),
    ] {
        let found = refused(text);
        assert!(found.to_string().contains(words), "{text}: {found}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(refused(&deep).to_string().contains("too deeply"));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let a = "'iqn': 'iqn.2001-04.com.example:a'";
    for (text, words) in [
        (
            "{'a': {'iqn': 'x'}}".to_owned(),
            "where the list of a group belongs (line 1, column 7)",
        ),
        (
            "{1: []}".into(),
            "a number or a truth value where the name of a group",
        ),
        ("{'-a': []}".into(), "group whose name does not begin"),
        ("{'com.sun.ms.vss.hg.maskAll': []}".into(), "hides volumes"),
        ("{'a': []}".into(), "no initiator in the group `a`"),
        (
            format!("{{'a': [{{{a}}}], 'a': []}}"),
            "the group `a` twice",
        ),
        (
            "{'a': ['x']}".into(),
            "a text in place of an initiator of the group `a`",
        ),
        ("{'a': [{}]}".into(), "without `iqn` (line 1, column 8)"),
        ("{'a': [{'iqn': ''}]}".into(), "without `iqn`"),
        (
            "{'a': [{'iqn': 'host1'}]}".into(),
            "`iqn` does not begin with",
        ),
        ("{'a': [{'iqn': 7}]}".into(), "`iqn` is a number"),
        ("{'a': [{1: 'x'}]}".into(), "as a key"),
        (format!("{{'a': [{{{a}, {a}}}]}}"), "with `iqn` twice"),
        (
            format!(
                "{{'a': [{{{a}}}, {{{}}}]}}",
                a.to_uppercase().replace("IQN'", "iqn'")
            ),
            "`IQN.2001-04.COM.EXAMPLE:A` twice, first at line 1, column 8",
        ),
        (
            format!("{{'a': [{{{a}}}], 'b': [{{{a}, 'user': 'u', 'password': '123456789012'}}]}}"),
            "another CHAP account than at line 1, column 8",
        ),
        (
            format!("{{'a': [{{{a}, 'user': 'u'}}]}}"),
            "a CHAP user without a secret",
        ),
        (
            format!("{{'a': [{{{a}, 'password': '123456789012'}}]}}"),
            "a CHAP secret without a user",
        ),
        (
            format!("{{'a': [{{{a}, 'user': 'u', 'password': '12345678901'}}]}}"),
            "12 to 16",
        ),
        (
            format!("{{'a': [{{{a}, 'user': 'u', 'password': '12345678901234567'}}]}}"),
            "12 to 16",
        ),
        (
            format!("{{'a': [{{{a}, 'user': 'u', 'password': '123456789é12'}}]}}"),
            "printable ASCII",
        ),
        (
            format!("{{'a': [{{{a}, 'user': 'u\\n', 'password': '123456789012'}}]}}"),
            "control",
        ),
        (
            format!("{{'a': [{{{a}, 'passwrd': 'canary'}}]}}"),
            "did you mean `password`?",
        ),
        (
            format!("{{'a': [{{{a}, 'canary': 'canary'}}]}}"),
            "use the keys `iqn`",
        ),
    ] {
        let found = refused(&text);
        assert_eq!(found.0.len(), 1, "{text}: {found}");
        assert!(found.to_string().contains(words), "{text}: {found}");
        assert!(!found.to_string().contains("canary"), "{text}: {found}");
    }
}

#[test]
fn an_initiator_may_be_in_several_groups() {
    let a = "'iqn': 'iqn.2001-04.com.example:a', 'user': 'u', 'password': '123456789012'";
    let groups = read(&format!("{{'a': [{{{a}}}], 'b': [{{{a}}}]}}"));
    assert_eq!(
        flat(&groups),
        [
            "a/iqn.2001-04.com.example:a/u/123456789012",
            "b/iqn.2001-04.com.example:a/u/123456789012"
        ]
    );
}

#[test]
fn all_problems_of_the_text_come_together() {
    let found = refused("{'a': [{'iqn': 'x'}, {}], '': [], 'b': 1}");
    assert_eq!(found.0.len(), 4, "{found}");
}

const OLD: [(&str, &str); 4] = [
    (
        "zfssa_initiator",
        "iqn.2001-04.com.example:a, iqn.2001-04.com.example:b",
    ),
    ("zfssa_initiator_group", "hosts"),
    ("zfssa_initiator_user", "user"),
    ("zfssa_initiator_password", "twelve chars"),
];

#[test]
fn the_older_options_make_one_group() {
    let config = with(&OLD).unwrap();
    assert_eq!(
        flat(&config.initiator_groups),
        [
            "hosts/iqn.2001-04.com.example:a/user/twelve chars",
            "hosts/iqn.2001-04.com.example:b/user/twelve chars"
        ]
    );
    assert!(
        config
            .warnings
            .iter()
            .any(|w| w.contains("zfssa_initiator is deprecated"))
    );
    one_error(&errors(&OLD[..3]), "zfssa_initiator_password", "is not set");
    one_error(
        &errors(&[OLD[1], ("zfssa_initiator", "host1")]),
        "zfssa_initiator",
        "`iqn.`",
    );
}

#[test]
fn the_newer_option_wins() {
    let mut pairs = OLD.to_vec();
    pairs[0].1 = "not even a name";
    pairs.push((OPTION, "{'new': [{'iqn': 'eui.02004567A425678D'}]}"));
    let config = with(&pairs).unwrap();
    assert_eq!(
        flat(&config.initiator_groups),
        ["new/eui.02004567A425678D//"]
    );
    assert_eq!(config.initiator_group.as_deref(), Some("hosts"));
    assert!(
        config
            .warnings
            .iter()
            .any(|w| w.contains("zfssa_initiator is not used"))
    );
}

const REGISTER: (&str, &str) = ("zfssa_register_hosts", "true");

#[test]
fn registered_hosts_have_the_account_of_the_older_options() {
    let groups = (OPTION, "{'new': [{'iqn': 'eui.02004567A425678D'}]}");
    let config = with(&[groups, OLD[2], OLD[3], REGISTER]).unwrap();
    assert_eq!(
        flat(&config.initiator_groups),
        ["new/eui.02004567A425678D//"]
    );
    let account = config.registered_chap.as_ref().unwrap();
    assert_eq!(
        (account.user.as_str(), account.secret.expose()),
        ("user", "twelve chars")
    );
    assert_eq!(config.warnings, Vec::<String>::new());
    assert_eq!(config.option_text(OLD[2].0).as_deref(), Some("user"));
    assert_eq!(config.option_text(OLD[3].0).as_deref(), Some("***"));
    // The group that the older options make has it, too.
    let config = with(&[OLD[0], OLD[1], OLD[2], OLD[3], REGISTER]).unwrap();
    assert_eq!(config.initiator_groups.len(), 1);
    assert!(config.registered_chap.is_some());
    // Half an account is found once, and none is read where no host is registered.
    one_error(&errors(&[groups, OLD[2], REGISTER]), OLD[3].0, "is not set");
    let config = with(&[groups, OLD[2]]).unwrap();
    assert!(config.warnings[0].contains("zfssa_initiator_user is not used"));
    assert_eq!(config.registered_chap, None);
}

#[test]
fn hosts_that_are_registered_need_not_be_known() {
    let config = with(&[("zfssa_initiator_group", ""), REGISTER]).unwrap();
    assert!(config.register_hosts && config.initiator_groups.is_empty());
    let found = errors(&[("zfssa_initiator_group", "default"), REGISTER]);
    one_error(&found, REGISTER.0, "zfssa_initiator_group = default");
}

#[test]
fn hosts_that_are_not_registered_are_not_unregistered() {
    let unregister = ("zfssa_unregister_hosts", "true");
    assert!(with(&[REGISTER, unregister]).unwrap().unregister_hosts);
    let config = with(&[unregister]).unwrap();
    assert!(!config.unregister_hosts);
    let warned = |warning: &String| warning.contains("zfssa_unregister_hosts is not used");
    assert!(config.warnings.iter().any(warned), "{:?}", config.warnings);
}

#[test]
fn the_built_in_group_is_a_fallback_and_never_made() {
    for extra in [&[][..], &OLD[..1]] {
        let mut pairs = extra.to_vec();
        pairs.push(("zfssa_initiator_group", "default"));
        let config = with(&pairs).unwrap();
        assert!(config.default_group);
        assert_eq!(
            (config.initiator_group, config.initiator_groups.len()),
            (None, 0)
        );
        assert!(config.warnings.iter().any(|w| w.contains("every host")));
    }
}

#[test]
fn initiators_without_a_group_are_a_warning() {
    let mut builder = least();
    builder
        .unset("zfssa_initiator_group")
        .set("zfssa_initiator", "iqn.2001-04.com.example:a");
    let config = builder.build().unwrap();
    assert!(config.initiator_groups.is_empty());
    assert!(
        config
            .warnings
            .iter()
            .any(|w| w.contains("not used without a group"))
    );
}

#[test]
fn nobody_who_may_attach_is_an_error() {
    let found = least().unset("zfssa_initiator_group").build().unwrap_err();
    one_error(&found, OPTION, "no host could attach");
}
