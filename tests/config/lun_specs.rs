//! Extra specs of volume types.

use zfssa::config::{Compression, Logbias, LunProperties, LunSpecs};

use super::least;

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
fn what_is_not_said_stays() {
    let none: [(&str, &str); 0] = [];
    assert_eq!(defaults().with_extra_specs(&none).unwrap(), defaults());
    let foreign = [
        ("volume_backend_name", "zfs"),
        ("hpe:sparse", "x"),
        ("multiattach", "<is> True"),
    ];
    assert_eq!(defaults().with_extra_specs(&foreign).unwrap(), defaults());
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
