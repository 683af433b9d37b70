//! Options in TOML.

use zfssa::config::{Config, ConfigBuilder, ConfigErrors};

use super::one_error;

const TEXT: &str = r#"
[appliances.one]
san_ip = "2001:db8::1"
san_api_port = 0x1_00
san_password = 'p4ssw0rd'
zfssa_pool = "pool-0"
zfssa_project = "cinder"
zfssa_lun_sparse = true
zfssa_lun_volblocksize = 8192
zfssa_target_portal = ["192.0.2.1", "[2001:db8::2]:3260"]
zfssa_target_interfaces = ["ixgbe0", "ixgbe1"]
max_over_subscription_ratio = 1.5

[appliances.one.zfssa_initiator_config]
compute = [
    { iqn = "iqn.1994-05.com.redhat:one" },
    { iqn = "iqn.1994-05.com.redhat:two", user = 'a"b\c', password = "twelve \"ch/s" },
]
"#;

#[track_caller]
fn read(text: &str, section: Option<&str>) -> Config {
    ConfigBuilder::from_toml(text, section)
        .build()
        .unwrap_or_else(|errors| panic!("{errors}"))
}

fn errors(text: &str, section: Option<&str>) -> ConfigErrors {
    ConfigBuilder::from_toml(text, section).build().unwrap_err()
}

#[test]
fn typed_values() {
    let config = read(TEXT, Some("appliances.one"));
    assert_eq!(config.appliance.to_string(), "[2001:db8::1]:256");
    assert_eq!(config.lun.volblocksize, 8192);
    assert!(config.lun.sparse);
    assert_eq!(config.target_portals.len(), 2);
    assert_eq!(config.target_interfaces, ["ixgbe0", "ixgbe1"]);
    assert_eq!(
        config.option_text("max_over_subscription_ratio").as_deref(),
        Some("1.5")
    );
    let hosts = &config.initiator_groups[0].initiators;
    assert_eq!(hosts[0].chap, None);
    let chap = hosts[1].chap.as_ref().unwrap();
    assert_eq!(
        (chap.user.as_str(), chap.secret.expose()),
        ("a\"b\\c", "twelve \"ch/s")
    );
}

#[test]
fn strings_do_as_well_and_so_does_the_top_level() {
    let text = TEXT
        .replace("[appliances.one]", "")
        .replace("appliances.one.", "")
        .replace("= true", "= 'True'")
        .replace("= 8192", "= '8k'")
        .replace(r#"["ixgbe0", "ixgbe1"]"#, "'ixgbe0,ixgbe1'");
    assert_eq!(read(&text, None), read(TEXT, Some("appliances.one")));
}

#[test]
fn errors_carry_their_line() {
    for (from, to, option, words) in [
        (
            "= 8192",
            "= 9000",
            "zfssa_lun_volblocksize",
            "configuration:9: zfssa_lun_volblocksize = 9000",
        ),
        (
            "= true",
            "= [true]",
            "zfssa_lun_sparse",
            "cannot be array here",
        ),
        (
            "= true",
            "= 2026-01-01",
            "zfssa_lun_sparse",
            "cannot be datetime here",
        ),
        (
            "\"ixgbe1\"",
            "7",
            "zfssa_target_interfaces",
            "cannot be array here",
        ),
        (
            "\"ixgbe1\"",
            "\"a,b\"",
            "zfssa_target_interfaces",
            "cannot be array here",
        ),
        (
            "zfssa_lun_sparse",
            "zfssa_lun_spars",
            "zfssa_lun_spars",
            "did you mean `zfssa_lun_sparse`?",
        ),
        (
            "max_over",
            "colour = 1\nmax_over",
            "colour",
            "is not an option",
        ),
        (
            "{ iqn = \"iqn.1994-05.com.redhat:one\" }",
            "{ iqn = 1 }",
            "zfssa_initiator_config",
            "`iqn` is a number or a truth value (line 16, column ",
        ),
    ] {
        assert!(TEXT.contains(from));
        let found = errors(&TEXT.replacen(from, to, 1), Some("appliances.one"));
        one_error(&found, option, words);
        assert!(
            found.0[0]
                .location
                .as_ref()
                .is_some_and(|at| at.line.is_some()),
            "{found}"
        );
    }
}

#[test]
fn a_missing_table_is_told() {
    let found = errors(TEXT, Some("appliances.won"));
    assert!(found.to_string().contains("did you mean `one`?"), "{found}");
    assert!(errors(TEXT, Some("")).to_string().contains("has no table"));
}

#[test]
fn text_that_is_no_toml_is_not_quoted() {
    for text in [
        "san_password = canary",
        "san_password = \"canary",
        "canary",
        "[a]\nb=1\nb=2",
    ] {
        let found = errors(text, None);
        assert!(found.to_string().contains("is not TOML"), "{found}");
        assert!(!found.to_string().contains("canary"), "{found}");
    }
}

#[test]
fn files() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("zfssa.toml");
    std::fs::write(&path, TEXT).unwrap();
    let mut builder = ConfigBuilder::new();
    assert!(
        builder
            .load_toml_file(&path, Some("appliances.one"))
            .build()
            .is_ok()
    );
}
