//! What holds for any text.

use std::fmt::Debug;

use proptest::prelude::*;
use zfssa::config::{ConfigBuilder, LunProperty, LunSpecs, OPTIONS, OptionKind, OptionSpec};

use super::least;

/// Stands in every secret; 12 to 16 characters, so that it passes as one.
const CANARY: &str = "CaNaRy-CaNaRy";

/// Text that is nearly the syntax of one of the readers, so that it gets deep
/// into them.
fn soup() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just("("),
        Just(")"),
        Just(","),
        Just(":"),
        Just("'"),
        Just("\""),
        Just("'''"),
        Just("\\"),
        Just("\n"),
        Just(" "),
        Just("#"),
        Just("="),
        Just("$"),
        Just("${"),
        Just(";"),
        Just("u"),
        Just("\\u12"),
        Just("\\ud83d"),
        Just("\\x"),
        Just("'iqn'"),
        Just("'iqn.2001-04.com.example:a'"),
        Just("None"),
        Just("é"),
        Just("0"),
        Just("[a]"),
        Just("san_ip"),
        Just("zfssa_pool"),
        Just("zfssa_initiator_config"),
        Just("%"),
    ];
    prop::collection::vec(word, 0..40).prop_map(|words| words.concat())
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), soup()]
}

/// A text that an option takes.
fn good(spec: &'static OptionSpec) -> BoxedStrategy<String> {
    let list = |item: &str| {
        let item = prop::string::string_regex(item).unwrap();
        prop::collection::btree_set(item, 1..4)
            .prop_map(|items| items.into_iter().collect::<Vec<_>>().join(","))
            .boxed()
    };
    let regex = |text: &str| prop::string::string_regex(text).unwrap().boxed();
    match spec.kind {
        OptionKind::Text => regex("[a-zA-Z0-9é]([a-zA-Z0-9 _@.-]{0,20}[a-z])?"),
        OptionKind::Name => regex("[a-zA-Z0-9][a-zA-Z0-9_.:-]{0,63}"),
        OptionKind::Secret => regex("[!-~]{12,16}"),
        OptionKind::Integer => (spec.min.unwrap()..=spec.max.unwrap())
            .prop_map(|n| n.to_string())
            .boxed(),
        OptionKind::Boolean => prop_oneof![Just("true"), Just("false")]
            .prop_map_into()
            .boxed(),
        OptionKind::Choice | OptionKind::BlockSize => prop::sample::select(spec.choices)
            .prop_map(str::to_owned)
            .boxed(),
        OptionKind::List => list("[a-z][a-z0-9]{0,9}"),
        OptionKind::Path => regex("/[a-zA-Z0-9_./ -]{0,20}[a-z]"),
        OptionKind::Host => prop_oneof![
            any::<std::net::Ipv4Addr>().prop_map(|a| a.to_string()),
            any::<std::net::Ipv6Addr>().prop_map(|a| a.to_string()),
            "[a-z][a-z0-9]{0,10}(\\.[a-z]{1,5}){0,3}",
        ]
        .boxed(),
        OptionKind::Portals => {
            list("((10\\.1\\.2\\.[1-9])|(\\[fd00::[1-9]\\])|[a-z]{2,9}):[1-9][0-9]{0,3}")
        }
        OptionKind::Fingerprints => list("[0-9a-f]{64}"),
        OptionKind::Ratio => {
            prop_oneof![Just("auto".to_owned()), "[1-9][0-9]{0,2}\\.[1-9]"].boxed()
        }
        other => unreachable!("{other:?} is not a value that can be had back"),
    }
}

/// An option whose value can be had back as text, and such a value.
fn option_and_value() -> impl Strategy<Value = (&'static OptionSpec, String)> {
    let lost = [
        "driver_ssl_cert_verify",
        "driver_ssl_cert_path",
        "zfssa_coordination_url",
        // Not every text is a prefix of keys.
        "zfssa_coordination_namespace",
    ];
    let names: Vec<_> = OPTIONS
        .iter()
        .filter(|spec| {
            spec.deprecated.is_none()
                && !lost.contains(&spec.name)
                && !matches!(
                    spec.kind,
                    OptionKind::InitiatorConfig | OptionKind::Destinations
                )
        })
        .collect();
    prop::sample::select(names).prop_flat_map(|spec| good(spec).prop_map(move |text| (spec, text)))
}

/// What has to stand beside an option for it to be allowed.
fn companions(name: &str, value: &str) -> Vec<(&'static str, String)> {
    let pin = || "0".repeat(64);
    match (name, value) {
        ("zfssa_target_user", _) => vec![("zfssa_target_password", CANARY.into())],
        ("zfssa_target_password", _) => vec![("zfssa_target_user", "u".into())],
        ("zfssa_lun_encryption", _) => vec![("zfssa_lun_keyname", "k".into())],
        ("zfssa_initiator_user", _) => vec![
            ("zfssa_initiator_password", CANARY.into()),
            ("zfssa_register_hosts", "true".into()),
        ],
        ("zfssa_initiator_password", _) => vec![
            ("zfssa_initiator_user", "u".into()),
            ("zfssa_register_hosts", "true".into()),
        ],
        ("zfssa_unregister_hosts", _) => vec![("zfssa_register_hosts", "true".into())],
        ("zfssa_tls_pins", _) => vec![("zfssa_tls_mode", "pin".into())],
        ("zfssa_tls_mode", "pin") => vec![("zfssa_tls_pins", pin())],
        ("zfssa_tls_mode", "ca") => vec![("zfssa_tls_ca_file", "/ca.pem".into())],
        ("zfssa_token_file", _) => vec![("san_password", String::new())],
        (name, _)
            if name.starts_with("zfssa_coordination_") || name == "zfssa_max_connections_total" =>
        {
            let partner = match name {
                "zfssa_coordination_user" => ("zfssa_coordination_password", CANARY),
                "zfssa_coordination_password" => ("zfssa_coordination_user", "u"),
                "zfssa_coordination_cert_file" => ("zfssa_coordination_key_file", "/key.pem"),
                "zfssa_coordination_key_file" => ("zfssa_coordination_cert_file", "/cert.pem"),
                _ => ("zfssa_late_request_timeout", "1"),
            };
            let url = ("zfssa_coordination_url", "etcds://h:2379".to_owned());
            let short = ("zfssa_rest_timeout", "1".to_owned());
            vec![url, short, (partner.0, partner.1.to_owned())]
        }
        _ => vec![],
    }
}

#[track_caller]
fn no_canary(what: &dyn Debug, shown: &str) {
    for text in [format!("{what:?}"), format!("{what:#?}"), shown.to_owned()] {
        assert!(!text.contains("CaNaRy"), "{text}");
    }
}

/// Everything that a builder shows of itself.
#[track_caller]
fn shows_no_canary(builder: &ConfigBuilder) {
    no_canary(builder, "");
    match builder.build() {
        Ok(config) => {
            let texts = OPTIONS
                .iter()
                .filter_map(|spec| config.option_text(spec.name));
            no_canary(&config, &texts.collect::<Vec<_>>().join("\n"));
        }
        Err(errors) => no_canary(&errors, &errors.to_string()),
    }
}

const CONF: &str = "[zfssa]
san_ip = 192.0.2.1
san_password = CaNaRy-CaNaRy
zfssa_pool = p
zfssa_project = q
zfssa_target_portal = 192.0.2.1
zfssa_target_interfaces = e0
zfssa_target_user = u
zfssa_target_password = CaNaRy-CaNaRy
zfssa_initiator_config = {'g': [
    {'iqn': 'iqn.2001-04.com.example:a', 'user': 'u', 'password': 'CaNaRy-CaNaRy'}],
    'default': [{'iqn': 'eui.02004567A425678D', 'user': 'v', 'password': 'CaNaRy-CaNaRy'}]}
";

const TOML: &str = "[zfssa]
san_ip = '192.0.2.1'
san_password = 'CaNaRy-CaNaRy'
zfssa_pool = 'p'
zfssa_project = 'q'
zfssa_target_portal = ['192.0.2.1']
zfssa_target_interfaces = 'e0'
zfssa_target_user = 'u'
zfssa_target_password = 'CaNaRy-CaNaRy'
[zfssa.zfssa_initiator_config]
g = [{ iqn = 'eui.02004567A425678D', user = 'v', password = 'CaNaRy-CaNaRy' }]
";

/// A text with a stretch cut out and another put in, anywhere but within the
/// canaries and the names of options: a canary in the place of a name is not a
/// secret any more.
fn damaged(text: &'static str) -> impl Strategy<Value = String> {
    (0..text.len(), 0usize..3, "[\\[\\]{}'\"=:,$\\\\#\n a]{0,2}").prop_filter_map(
        "within a canary",
        move |(at, length, new)| {
            let end = (at + length).min(text.len());
            let mut damaged = text.to_owned();
            damaged.replace_range(at..end, &new);
            (damaged.matches(CANARY).count() == text.matches(CANARY).count()).then_some(damaged)
        },
    )
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(text in any_text(), section in any_text()) {
        let _ = ConfigBuilder::from_toml(&text, None).build();
        let _ = ConfigBuilder::from_toml(&text, Some(&section)).build();
        let _ = ConfigBuilder::from_cinder_conf(&text, &section).build();
        let _ = ConfigBuilder::from_cinder_conf(&format!("[a]\n{text}"), "a").build();
        let value = text.replace('\n', "\n ");
        let conf = format!("[a]\nzfssa_initiator_config = {value}");
        let _ = ConfigBuilder::from_cinder_conf(&conf, "a").build();
    }

    #[test]
    fn no_value_makes_an_option_panic(text in any_text(), key in any_text()) {
        for spec in OPTIONS {
            if let Err(errors) = least().set(spec.name, &text).build() {
                let lines = errors.to_string();
                prop_assert_eq!(lines.lines().count(), errors.0.len(), "{}", lines);
            }
        }
        let _ = least().set(&key, &text).build();
        let _ = LunSpecs::parse(&[(format!("zfssa:{key}"), &text), ("zfssa:sparse".into(), &text)]);
        for property in LunProperty::ALL {
            let spec = [(property.extra_spec(), &text)];
            if let Err(errors) = LunSpecs::parse(&spec) {
                prop_assert!(errors.to_string().starts_with(property.extra_spec()), "{}", errors);
            }
            let _ = least().build().unwrap().lun.with_extra_specs(&spec);
        }
    }

    #[test]
    fn a_value_can_be_had_back((spec, text) in option_and_value()) {
        // The default group shows as a warning and the projects must differ.
        prop_assume!(!["cinder", "os-cinder-cache"].contains(&text.as_str()));
        let mut builder = least();
        builder.set(spec.name, &text);
        for (name, value) in companions(spec.name, &text) {
            builder.set(name, &value);
        }
        let config = builder.build().map_err(|errors| TestCaseError::fail(errors.to_string()))?;
        let shown = config.option_text(spec.name);
        if spec.secret {
            prop_assert_eq!(shown.as_deref(), Some("***"));
        } else {
            prop_assert_eq!(shown.as_ref(), Some(&text), "{}", spec.name);
            builder.set(spec.name, &shown.unwrap());
            prop_assert_eq!(builder.build().unwrap(), config);
        }
    }

    #[test]
    fn secrets_are_never_shown(
        conf in damaged(CONF),
        toml in damaged(TOML),
        (spec, text) in (prop::sample::select(OPTIONS), any_text()),
    ) {
        shows_no_canary(&ConfigBuilder::from_cinder_conf(&conf, "zfssa"));
        shows_no_canary(&ConfigBuilder::from_toml(&toml, Some("zfssa")));
        let mut builder = ConfigBuilder::from_cinder_conf(CONF, "zfssa");
        shows_no_canary(builder.set(spec.name, &text));
        for secret in OPTIONS.iter().filter(|spec| spec.secret) {
            shows_no_canary(least().set(secret.name, &format!("{text}{CANARY}")));
        }
    }
}

/// The canaries sing: were they shown, the test above would fail.
#[test]
fn the_undamaged_texts_hold_the_canaries() {
    for builder in [
        ConfigBuilder::from_cinder_conf(CONF, "zfssa"),
        ConfigBuilder::from_toml(TOML, Some("zfssa")),
    ] {
        let config = builder.build().unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(config.credentials.password().unwrap().expose(), CANARY);
        assert_eq!(config.target_chap.unwrap().secret.expose(), CANARY);
        let initiator = &config.initiator_groups[0].initiators[0];
        assert_eq!(initiator.chap.as_ref().unwrap().secret.expose(), CANARY);
    }
}
