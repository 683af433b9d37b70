//! The option table and what one option does.

use std::time::Duration;

use zfssa::config::{
    ApiVersion, Compression, DeleteWithClones, LockDir, Logbias, LunProperty, ManagePolicy,
    OPTIONS, OptionKind, OptionOrigin, OverSubscription, PropertyValue, TlsMode, find,
};

use super::{LEAST, errors, least, one_error, with};

/// The options of the driver that Cinder removed, with its defaults. A value
/// that differs from this list breaks somebody's upgrade.
const REFERENCE: &[(&str, Option<&str>)] = &[
    ("zfssa_pool", None),
    ("zfssa_project", None),
    ("zfssa_lun_volblocksize", Some("8k")),
    ("zfssa_lun_sparse", Some("false")),
    ("zfssa_lun_compression", Some("off")),
    ("zfssa_lun_logbias", Some("latency")),
    ("zfssa_initiator_group", None),
    ("zfssa_initiator", None),
    ("zfssa_initiator_user", None),
    ("zfssa_initiator_password", None),
    ("zfssa_initiator_config", None),
    ("zfssa_target_group", Some("tgt-grp")),
    ("zfssa_target_user", None),
    ("zfssa_target_password", None),
    ("zfssa_target_portal", None),
    ("zfssa_target_interfaces", None),
    // Differs on purpose: no default meant to wait for ever.
    ("zfssa_rest_timeout", Some("60")),
    ("zfssa_replication_ip", None),
    ("zfssa_enable_local_cache", Some("true")),
    ("zfssa_cache_project", Some("os-cinder-cache")),
    ("zfssa_manage_policy", Some("loose")),
];

#[test]
fn options_of_the_reference_keep_names_and_defaults() {
    for (name, default) in REFERENCE {
        let spec = find(name).unwrap_or_else(|| panic!("{name} is gone"));
        assert_eq!(spec.default, *default, "{name}");
        assert_eq!(spec.origin, OptionOrigin::Reference, "{name}");
    }
    let ours = OPTIONS
        .iter()
        .filter(|spec| spec.origin == OptionOrigin::Reference);
    assert_eq!(ours.count(), REFERENCE.len());
}

#[test]
fn rows_are_whole() {
    for spec in OPTIONS {
        let name = spec.name;
        assert_eq!(
            OPTIONS.iter().filter(|other| other.name == name).count(),
            1,
            "{name}"
        );
        assert!(spec.help.ends_with('.'), "{name}");
        assert!(!spec.help.contains("  "), "{name}");
        assert!(!(spec.required && spec.default.is_some()), "{name}");
        let listed = matches!(
            spec.kind,
            OptionKind::Choice | OptionKind::BlockSize | OptionKind::Url
        );
        // A path may have a word in its place.
        let listed = listed || name == "zfssa_lock_dir";
        assert_eq!(listed, !spec.choices.is_empty(), "{name}");
        assert_eq!(
            spec.kind == OptionKind::Integer,
            spec.min.is_some(),
            "{name}"
        );
        assert_eq!(spec.min.is_some(), spec.max.is_some(), "{name}");
        let carries_password = name.contains("password")
            || ["zfssa_initiator_config", "zfssa_migration_destinations"].contains(&name);
        assert_eq!(spec.secret, carries_password, "{name}");
        if let Some(instead) = spec.deprecated {
            assert!(find(instead).is_some(), "{name}");
        }
        let prefix = name.starts_with("zfssa_");
        assert_eq!(prefix, spec.origin != OptionOrigin::Cinder, "{name}");
    }
}

#[test]
fn lock_files_are_usual_and_switched_off_by_a_word_alone() {
    const NAME: &str = "zfssa_lock_dir";
    let lock_dir = |value: &str| with(&[(NAME, value)]).unwrap();
    assert_eq!(lock_dir("none").lock_dir, LockDir::Nowhere);
    assert_eq!(lock_dir("none").option_text(NAME).unwrap(), "none");
    assert_eq!(lock_dir("/a/b").lock_dir, LockDir::At("/a/b".into()));
    assert_eq!(with(&[]).unwrap().option_text(NAME), None);
    for bad in ["locks", "None", "off"] {
        one_error(&errors(&[(NAME, bad)]), NAME, "or `none`");
    }
}

/// Coordination, with requests so short that each time to live is long enough.
const COORDINATED: [(&str, &str); 3] = [
    ("zfssa_coordination_url", "etcd://h"),
    ("zfssa_rest_timeout", "1"),
    ("zfssa_late_request_timeout", "1"),
];

#[test]
fn every_number_takes_its_bounds_and_nothing_beyond() {
    for spec in OPTIONS
        .iter()
        .filter(|spec| spec.kind == OptionKind::Integer)
    {
        let (min, max) = (spec.min.unwrap(), spec.max.unwrap());
        for good in [min, max] {
            let good = good.to_string();
            let mut options = vec![(spec.name, good.as_str())];
            if ["zfssa_coordination_ttl", "zfssa_max_connections_total"].contains(&spec.name) {
                options.extend(COORDINATED);
            }
            let config = with(&options).unwrap();
            assert_eq!(config.option_text(spec.name), Some(good));
        }
        for bad in [min - 1, max + 1, i64::MIN, i64::MAX] {
            let found = errors(&[(spec.name, &bad.to_string())]);
            one_error(&found, spec.name, &format!("from {min} to {max}"));
        }
        for bad in ["x", "1.5", "0x10", "99999999999999999999", "1 2"] {
            one_error(&errors(&[(spec.name, bad)]), spec.name, bad);
        }
    }
}

#[test]
fn every_choice_is_taken_in_any_case() {
    for spec in OPTIONS
        .iter()
        .filter(|spec| spec.kind == OptionKind::Choice)
    {
        for choice in spec.choices {
            if spec.name == "zfssa_tls_mode" && matches!(*choice, "ca" | "pin") {
                continue; // needs a second option
            }
            let choice_in_capitals = choice.to_uppercase();
            let mut given = vec![(spec.name, choice_in_capitals.as_str())];
            if spec.name == "zfssa_lun_encryption" {
                given.push(("zfssa_lun_keyname", "k"));
            }
            let config = with(&given).unwrap();
            assert_eq!(config.option_text(spec.name).as_deref(), Some(*choice));
        }
        one_error(
            &errors(&[(spec.name, "nonsense")]),
            spec.name,
            spec.choices[0],
        );
    }
}

#[test]
fn booleans_are_those_of_cinder() {
    for (text, value) in [
        ("True", true),
        ("true", true),
        ("YES", true),
        ("on", true),
        ("1", true),
        ("False", false),
        ("no", false),
        ("Off", false),
        ("0", false),
    ] {
        assert_eq!(
            with(&[("zfssa_lun_sparse", text)]).unwrap().lun.sparse,
            value,
            "{text}"
        );
    }
    one_error(
        &errors(&[("zfssa_lun_sparse", "maybe")]),
        "zfssa_lun_sparse",
        "`true` or `false`",
    );
}

#[test]
fn block_sizes_in_every_spelling() {
    for (text, bytes) in [
        ("512", 512),
        ("1k", 1024),
        ("8k", 8192),
        ("8K", 8192),
        ("8kb", 8192),
        ("8192", 8192),
        ("128k", 131_072),
        ("1m", 1_048_576),
        ("1024k", 1_048_576),
    ] {
        let config = with(&[("zfssa_lun_volblocksize", text)]).unwrap();
        assert_eq!(config.lun.volblocksize, bytes, "{text}");
    }
    for text in [
        "256", "9k", "3000", "2m", "k", "+8k", "-8k", "8 k", "8g", "4194312k", "b",
    ] {
        one_error(
            &errors(&[("zfssa_lun_volblocksize", text)]),
            "zfssa_lun_volblocksize",
            "128k",
        );
    }
}

#[test]
fn defaults_are_typed() {
    let config = least().build().unwrap();
    assert_eq!(config.appliance.to_string(), "192.0.2.10:215");
    assert_eq!(config.login, "admin");
    assert_eq!(config.credentials.password().unwrap().expose(), "p4ssw0rd");
    assert!(config.local_cache);
    assert_eq!(config.cache_project, "os-cinder-cache");
    assert_eq!(config.lun.volblocksize, 8192);
    assert!(!config.lun.sparse);
    assert_eq!(config.lun.compression, Compression::Off);
    assert_eq!(config.lun.logbias, Logbias::Latency);
    let optional: Vec<_> = config.lun.optional.iter().collect();
    let local = PropertyValue::Word("local".to_owned());
    assert_eq!(optional, [(LunProperty::Keystore, &local)]);
    assert_eq!(config.initiator_group.as_deref(), Some("compute"));
    assert!(!config.default_group);
    assert!(!config.register_hosts);
    assert!(!config.unregister_hosts);
    assert_eq!(config.registered_chap, None);
    assert_eq!(config.target_group, "tgt-grp");
    assert_eq!(config.target_chap, None);
    assert_eq!(config.target_portals[0].to_string(), "198.51.100.1:3260");
    assert_eq!(config.manage_policy, ManagePolicy::Loose);
    assert_eq!(config.delete_with_clones, DeleteWithClones::Refuse);
    assert_eq!(config.tls, TlsMode::System { ca_file: None });
    assert_eq!(config.api_version, ApiVersion::Auto);
    assert_eq!(config.timeouts.connect, Duration::from_secs(10));
    assert_eq!(config.timeouts.request, Duration::from_secs(60));
    assert_eq!(config.timeouts.operation, Duration::from_secs(600));
    assert_eq!(config.timeouts.rollback, Duration::from_secs(120));
    assert_eq!(config.timeouts.late_request, Duration::from_secs(60));
    assert_eq!(config.limits.max_connections, 16);
    assert_eq!(config.limits.max_in_flight, 65_536);
    assert_eq!(config.limits.max_attempts, 5);
    assert_eq!(config.limits.worker_threads, 1);
    assert_eq!(
        config.max_over_subscription_ratio,
        OverSubscription::Ratio(20.0)
    );
    assert_eq!(config.state_dir, None);
    assert_eq!(config.lock_dir, LockDir::Usual);
    assert!(!config.online_extend);
}

#[test]
fn each_required_option_is_missed() {
    let required: Vec<_> = OPTIONS.iter().filter(|spec| spec.required).collect();
    assert_eq!(
        required.len(),
        LEAST.len() - 2,
        "and zfssa_initiator_group and san_password, which have rivals"
    );
    for spec in required {
        one_error(
            &least().unset(spec.name).build().unwrap_err(),
            spec.name,
            "is required",
        );
        // An empty value is none.
        one_error(&errors(&[(spec.name, " ")]), spec.name, "is required");
    }
    let errors = zfssa::config::ConfigBuilder::new().build().unwrap_err();
    assert_eq!(errors.0.len(), LEAST.len(), "all at once:\n{errors}");
}

#[test]
fn an_empty_value_means_the_default() {
    let given: Vec<_> = OPTIONS
        .iter()
        .filter(|spec| !spec.required && spec.name != "san_password")
        .map(|spec| (spec.name, ""))
        .collect();
    let config = with(&given).map(|_| ()).unwrap_err();
    // All but the password and the group, which the least configuration needs.
    one_error(&config, "zfssa_initiator_config", "no host could attach");
    let given: Vec<_> = given
        .into_iter()
        .filter(|(name, _)| *name != "zfssa_initiator_group")
        .collect();
    assert_eq!(with(&given).unwrap(), least().build().unwrap());
}

#[test]
fn unknown_options_are_told_with_the_nearest_name() {
    for (given, meant) in [
        ("zfssa_pol", "zfssa_pool"),
        ("zfssa_tls_cafile", "zfssa_tls_ca_file"),
        ("zfssa-pool", "zfssa_pool"),
        ("zfssa_target_portals", "zfssa_target_portal"),
        ("san_pasword", "san_password"),
    ] {
        one_error(
            &errors(&[(given, "canary")]),
            given,
            &format!("did you mean `{meant}`?"),
        );
        assert!(!errors(&[(given, "canary")]).to_string().contains("canary"));
    }
    one_error(&errors(&[("colour", "red")]), "colour", "docs/options.md");
}

#[test]
fn standard_cinder_options_are_passed_over() {
    let config = with(&[
        ("volume_driver", "zfssa_cinder.driver.ZFSSAISCSIDriver"),
        ("san_thin_provision", "True"),
        ("chap_username", "x"),
        ("use_chap_auth", "False"),
        ("replication_device", ""),
    ])
    .unwrap();
    assert_eq!(config.warnings, least().build().unwrap().warnings);
    for (name, value) in [
        ("use_chap_auth", "True"),
        ("replication_device", "backend_id:b"),
        ("zfssa_nfs_share", "s"),
        ("zfssa_pools", "pool-0,pool-1"),
    ] {
        let config = with(&[(name, value)]).unwrap();
        assert!(
            config.warnings.iter().any(|warning| warning.contains(name)),
            "{name}"
        );
    }
}

#[test]
fn texts_that_would_break_a_request_are_refused() {
    for (name, value, words) in [
        ("san_login", "root:x", "colon"),
        ("san_login", "ro\r\not", "control character"),
        ("san_password", "pass\nword", "control character"),
        ("san_ip", "https://zfs", "URL"),
        ("san_ip", "zfs:215", "has a port"),
        ("zfssa_pool", "pool/0", "character that names cannot have"),
        ("zfssa_project", "-x", "begin with a letter"),
        ("zfssa_target_interfaces", "ixgbe0, ix gbe1", "holds a name"),
        ("zfssa_target_interfaces", " , ", "holds no interface"),
        ("zfssa_target_portal", "2001:db8::1", "without brackets"),
        ("zfssa_state_dir", "var/lib", "not an absolute path"),
        (
            "max_over_subscription_ratio",
            "inf",
            "neither `auto` nor a number",
        ),
        ("max_over_subscription_ratio", "0.5", "less than 1"),
        ("zfssa_coordination_url", "etcd://u:canary@h", "***"),
        ("zfssa_coordination_url", "zk://h:2379", "scheme"),
        (
            "zfssa_initiator_group",
            "com.sun.ms.vss.hg.maskAll",
            "hides volumes",
        ),
    ] {
        let found = errors(&[(name, value)]);
        one_error(&found, name, words);
        assert!(!found.to_string().contains(['\n', '\r']), "{found}");
        assert!(!found.to_string().contains("canary"), "{found}");
    }
    one_error(
        &errors(&[("zfssa_pool", &"p".repeat(65))]),
        "zfssa_pool",
        "64",
    );
}

#[test]
fn lists_are_trimmed_and_free_of_repeats() {
    let config = with(&[
        ("zfssa_target_interfaces", " ixgbe0 ,, ixgbe1,ixgbe0,"),
        (
            "zfssa_target_portal",
            "192.0.2.1, [2001:db8::1]:860 ,192.0.2.1:3260",
        ),
    ])
    .unwrap();
    assert_eq!(config.target_interfaces, ["ixgbe0", "ixgbe1"]);
    let portals: Vec<_> = config
        .target_portals
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(portals, ["192.0.2.1:3260", "[2001:db8::1]:860"]);
}
