//! Extra specs of volume types.

use zfssa::config::{
    Compression, DeleteWithClones, Logbias, LunProperties, LunProperty, LunSpecs, OptionKind,
    PropertyValue, find,
};

use super::{errors, least, one_error, with};

fn defaults() -> LunProperties {
    least().build().unwrap().lun
}

#[test]
fn specs_replace_the_defaults() {
    let lun = defaults()
        .with_extra_specs(&[
            ("zfssa:volblocksize", "64k"),
            ("zfssa:sparse", "<is> True"),
            ("zfssa:compression", "LZ4"),
            ("zfssa:logbias", "throughput"),
        ])
        .unwrap();
    assert_eq!(lun.volblocksize, 65_536);
    assert!(lun.sparse);
    assert_eq!(lun.compression, Compression::Lz4);
    assert_eq!(lun.logbias, Logbias::Throughput);
}

#[test]
fn the_policy_of_a_type_is_its_own_or_none() {
    for (text, policy) in [
        ("refuse", Some(DeleteWithClones::Refuse)),
        ("Defer", Some(DeleteWithClones::Defer)),
        (" ", None),
    ] {
        let lun = defaults().with_extra_specs(&[("zfssa:delete_with_clones", text)]);
        assert_eq!(lun.unwrap().delete_with_clones, policy, "{text}");
    }
    // The option is no default of the LUN: a volume without a policy follows it later, too.
    let deferring = with(&[("zfssa_delete_with_clones", "defer")]).unwrap();
    assert_eq!(deferring.lun.delete_with_clones, None);
    let wrong = LunSpecs::parse(&[("zfssa:delete_with_clones", "cascade")]);
    let line = wrong.unwrap_err().to_string();
    let begins = line.starts_with("zfssa:delete_with_clones = cascade: ");
    let spec = find("zfssa_delete_with_clones").unwrap();
    assert!(begins && line.contains(&spec.allowed()), "{line}");
}

#[test]
fn what_is_not_said_stays() {
    // The default key store is of no use without encryption, so it is left out.
    let unchanged = LunSpecs::default().over(&defaults());
    let none: [(&str, &str); 0] = [];
    assert_eq!(defaults().with_extra_specs(&none).unwrap(), unchanged);
    let foreign = [
        ("volume_backend_name", "zfs"),
        ("hpe:sparse", "x"),
        ("multiattach", "<is> True"),
    ];
    assert_eq!(defaults().with_extra_specs(&foreign).unwrap(), unchanged);
    assert_eq!(
        LunSpecs::parse(&[("zfssa:sparse", " ")]).unwrap(),
        LunSpecs::default()
    );
}

#[test]
fn truth_in_every_form() {
    for (text, value) in [
        ("True", true),
        ("<is> True", true),
        ("<is>true", true),
        ("<is> False", false),
        ("0", false),
    ] {
        let specs = LunSpecs::parse(&[("zfssa:sparse", text)]).unwrap();
        assert_eq!(specs.sparse, Some(value), "{text}");
    }
}

#[test]
fn errors_name_key_value_and_what_is_allowed() {
    let errors = LunSpecs::parse(&[
        ("zfssa:volblocksize", "9k"),
        ("zfssa:compresion", "off"),
        ("zfssa:sparse", "perhaps"),
        ("zfssa:nonsense_of_a_key", "1"),
        ("zfssa:logbias", "latency"),
        ("zfssa:logbias", "latency"),
    ])
    .unwrap_err();
    let lines: Vec<_> = errors.to_string().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 5, "{errors}");
    assert!(lines[0].starts_with("zfssa:volblocksize = 9k: ") && lines[0].contains("`128k`"));
    assert!(lines[1].contains("did you mean `zfssa:compression`?"));
    assert!(lines[2].contains("`true` or `false`"));
    assert!(lines[3].contains("known are `zfssa:volblocksize`"));
    assert!(lines[4].contains("twice"));
}

#[test]
fn every_property_has_an_option_and_an_extra_spec_with_the_same_values() {
    for property in LunProperty::ALL {
        let spec = find(property.option()).unwrap();
        let good: Vec<String> = match spec.kind {
            OptionKind::Boolean => vec!["true".to_owned(), "false".to_owned()],
            OptionKind::Integer => [spec.min, spec.max]
                .map(|n| n.unwrap().to_string())
                .to_vec(),
            OptionKind::Choice => spec
                .choices
                .iter()
                .map(|&choice| choice.to_owned())
                .collect(),
            _ => vec!["a key".to_owned()],
        };
        for text in good {
            let specs = LunSpecs::parse(&[(property.extra_spec(), text.as_str())]).unwrap();
            let value = specs.optional.get(*property).unwrap();
            assert_eq!(value.to_string(), text);
            let mut given = vec![(property.option(), text.as_str())];
            if *property == LunProperty::Encryption {
                given.push(("zfssa_lun_keyname", "a key"));
            }
            let config = with(&given).unwrap();
            assert_eq!(config.lun.optional.get(*property), Some(value));
            assert_eq!(config.option_text(property.option()), Some(text));
        }
        if spec.kind == OptionKind::Text {
            continue;
        }
        for bad in ["perhaps", "-1", "4.5", "99999999999999999999"] {
            let found = LunSpecs::parse(&[(property.extra_spec(), bad)]).unwrap_err();
            let line = found.to_string();
            let begin = format!("{} = {bad}: ", property.extra_spec());
            assert!(
                line.starts_with(&begin) && line.contains(&spec.allowed()),
                "{line}"
            );
            one_error(&errors(&[(property.option(), bad)]), property.option(), bad);
        }
    }
}

#[test]
fn a_key_goes_with_encryption() {
    let encrypting = with(&[
        ("zfssa_lun_encryption", "aes-128-ccm"),
        ("zfssa_lun_keyname", "k"),
    ]);
    let encrypting = encrypting.unwrap().lun;
    let word = |text: &str| Some(PropertyValue::Word(text.to_owned()));
    let get = |lun: &LunProperties, property| lun.optional.get(property).cloned();
    let open = encrypting
        .with_extra_specs(&[("zfssa:encryption", "off")])
        .unwrap();
    assert_eq!(get(&open, LunProperty::Keyname), None);
    assert_eq!(get(&open, LunProperty::Keystore), None);
    let other = encrypting
        .with_extra_specs(&[("zfssa:keyname", "l")])
        .unwrap();
    assert_eq!(get(&other, LunProperty::Keyname), word("l"));
    assert_eq!(get(&other, LunProperty::Encryption), word("aes-128-ccm"));
    // The key of the types that encrypt.
    let keyed = with(&[("zfssa_lun_keyname", "k")]).unwrap().lun;
    let none: [(&str, &str); 0] = [];
    assert!(keyed.with_extra_specs(&none).unwrap().optional.is_empty());
    let chosen = keyed.with_extra_specs(&[("zfssa:encryption", "aes-256-gcm")]);
    let chosen = chosen.unwrap();
    assert_eq!(get(&chosen, LunProperty::Keyname), word("k"));
    assert_eq!(get(&chosen, LunProperty::Keystore), word("local"));
    let without = [("zfssa_lun_encryption", "aes-128-ccm")];
    one_error(
        &errors(&without),
        "zfssa_lun_encryption",
        "zfssa_lun_keyname",
    );
}
