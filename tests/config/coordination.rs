//! Options of the coordination with other hosts.

use crate::*;

const URL: (&str, &str) = ("zfssa_coordination_url", "etcd://a,b:1,[::1]:2,a:2379");
const TLS_URL: (&str, &str) = ("zfssa_coordination_url", "etcds://a");

#[test]
fn members_and_namespace_have_their_defaults() {
    let config = with(&[URL]).unwrap();
    let shown = |name| config.option_text(name).unwrap();
    assert_eq!(shown("zfssa_coordination_url"), "etcd://a:2379,b:1,[::1]:2");
    assert_eq!(
        shown("zfssa_coordination_namespace"),
        format!("zfssa/{}", config.appliance)
    );
    assert_eq!(shown("zfssa_coordination_ttl"), "180");
    assert!(with(&[]).unwrap().coordination.is_none());
}

#[test]
fn options_that_contradict_each_other_are_refused_by_name() {
    let namespace = "zfssa_coordination_namespace";
    for (options, name, words) in [
        (
            vec![URL, ("zfssa_coordination_user", "u")],
            "zfssa_coordination_password",
            "required",
        ),
        (
            vec![URL, ("zfssa_coordination_password", "canary")],
            "zfssa_coordination_user",
            "required",
        ),
        (
            vec![TLS_URL, ("zfssa_coordination_cert_file", "/c")],
            "zfssa_coordination_key_file",
            "required",
        ),
        (
            vec![TLS_URL, ("zfssa_coordination_key_file", "/k")],
            "zfssa_coordination_cert_file",
            "required",
        ),
        (
            vec![URL, ("zfssa_coordination_ca_file", "/c")],
            "zfssa_coordination_url",
            "etcds://",
        ),
        (
            vec![URL, ("zfssa_coordination_ttl", "122")],
            "zfssa_coordination_ttl",
            "at least 123",
        ),
        (
            vec![URL, ("zfssa_rest_timeout", "118")],
            "zfssa_coordination_ttl",
            "at least 181",
        ),
        (vec![URL, (namespace, "a//b")], namespace, "prefix"),
        (vec![URL, (namespace, "a b")], namespace, "prefix"),
    ] {
        let found = errors(&options);
        one_error(&found, name, words);
        assert!(!found.to_string().contains("canary"), "{found}");
    }
    with(&[URL, ("zfssa_coordination_ttl", "123")]).unwrap();
}

#[test]
fn what_has_no_effect_or_shows_a_password_is_warned_of() {
    let unused = with(&[("zfssa_coordination_ttl", "60")]).unwrap();
    let plain = with(&[
        URL,
        ("zfssa_coordination_user", "u"),
        ("zfssa_coordination_password", "canary"),
    ]);
    let plain = plain.unwrap();
    for (config, words) in [(&unused, "is not used"), (&plain, "has no TLS")] {
        let found = config.warnings.join("\n");
        assert!(found.contains(words), "{found}");
        assert!(!format!("{config:?}").contains("canary"));
    }
}
