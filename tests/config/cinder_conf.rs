//! `cinder.conf` as oslo.config reads it.

use zfssa::config::{Config, ConfigBuilder, ConfigErrors};

use super::one_error;

/// A section as an operator of the former driver has it.
const CONF: &str = r#"[DEFAULT]
enabled_backends = zfssa-1,lvm
san_login = not-applied
my_net = 198.51.100

[lvm]
zfssa_nonsense = of another backend

[backend_defaults]
zfssa_target_group = shared-grp
zfssa_lun_compression = nonsense, but overridden

[zfssa-1]
# the appliance
volume_driver = cinder.volume.drivers.zfssa.zfssaiscsi.ZFSSAISCSIDriver
volume_backend_name = zfssa
san_ip: 192.0.2.10
san_login = root
san_login = cinder
san_password = "pa$$word "
zfssa_pool=pool-0
zfssa_project = cinder
zfssa_lun_sparse = True
; the hosts
zfssa_initiator_config = {
    'compute': [
        # first
        {'iqn': 'iqn.1994-05.com.redhat:one', 'user': '', 'password': ''},
        {'iqn': 'iqn.1994-05.com.redhat:two', 'user': '', 'password': ''}]}
zfssa_target_portal = ${my_net}.1:3260,${my_net}.2:3260
zfssa_target_interfaces = ixgbe0,
    ixgbe1
zfssa_lun_compression = gzip
unknown_of_another_driver = $nowhere
"#;

#[track_caller]
fn read(text: &str, section: &str) -> Config {
    let made = ConfigBuilder::from_cinder_conf(text, section).build();
    made.unwrap_or_else(|errors| panic!("{errors}"))
}

fn errors(text: &str, section: &str) -> ConfigErrors {
    ConfigBuilder::from_cinder_conf(text, section)
        .build()
        .unwrap_err()
}

/// `CONF` with one line more in the backend's section.
fn plus(line: &str) -> String {
    format!("{CONF}{line}\n")
}

#[test]
fn a_section_of_the_former_driver() {
    let config = read(CONF, "zfssa-1");
    assert_eq!(config.appliance.to_string(), "192.0.2.10:215");
    assert_eq!(config.login, "cinder", "the last of a repeated key");
    assert_eq!(
        config.credentials.password().unwrap().expose(),
        "pa$word ",
        "quotes keep the blank"
    );
    assert_eq!(config.target_group, "shared-grp", "from [backend_defaults]");
    assert_eq!(config.initiator_groups[0].initiators.len(), 2);
    assert_eq!(config.target_interfaces, ["ixgbe0", "ixgbe1"]);
    let portals: Vec<_> = config
        .target_portals
        .iter()
        .map(|p| p.host.as_str())
        .collect();
    assert_eq!(portals, ["198.51.100.1", "198.51.100.2"]);
    assert!(config.lun.sparse);
    assert_eq!(config.volume_backend_name.as_deref(), Some("zfssa"));
    // Windows' line ends and a byte order mark change nothing.
    let windows = format!("\u{feff}{}", CONF.replace('\n', "\r\n"));
    assert_eq!(read(&windows, "zfssa-1"), config);
    assert_eq!(read(CONF, "ZFSSA-1"), config, "section names have no case");
}

#[test]
fn the_default_section_of_old_installations() {
    let text = CONF
        .replace("[DEFAULT]", "[other]")
        .replace("[zfssa-1]", "[DEFAULT]\nmy_net = 198.51.100");
    let config = read(&text, "DEFAULT");
    assert_eq!(config.target_group, "tgt-grp", "no shared section there");
}

#[test]
fn errors_carry_file_and_line() {
    let line = CONF.lines().count() + 1;
    let mut builder = ConfigBuilder::new();
    builder.load_cinder_conf(
        &plus("zfssa_lun_logbias = fast"),
        "zfssa-1",
        "/etc/cinder.conf",
    );
    let found = builder.build().unwrap_err();
    one_error(
        &found,
        "zfssa_lun_logbias",
        &format!("/etc/cinder.conf:{line}: zfssa_lun_logbias = fast"),
    );
}

#[test]
fn a_misspelt_option_of_ours_is_an_error() {
    let found = errors(&plus("zfssa_initiator_pasword = canary"), "zfssa-1");
    one_error(
        &found,
        "zfssa_initiator_pasword",
        "did you mean `zfssa_initiator_password`?",
    );
    assert!(!found.to_string().contains("canary"));
}

#[test]
fn a_missing_section_is_told() {
    one_error(
        &errors(CONF, "zfsa-1").0.remove(0).into(),
        "",
        "did you mean `zfssa-1`?",
    );
}

#[test]
fn a_reference_to_a_password_does_not_show_it() {
    for conf in [
        "zfssa_lun_logbias = $san_password",
        "zfssa_lun_logbias = x${zfssa-1.san_password}",
        "zfssa_lun_logbias = $other\nother = $san_password",
        // The line break before it was lost.
        "zfssa_lun_logbias = latency$san_password = hunter2canary",
    ] {
        let found = errors(&plus(conf), "zfssa-1");
        let shown = format!("{found:?} {found}");
        assert!(shown.contains("zfssa_lun_logbias"), "{shown}");
        assert!(
            !shown.contains("canary") && !shown.contains("pa$word"),
            "{shown}"
        );
    }
}

#[test]
fn an_indented_line_does_not_show_its_password() {
    let found = errors(
        &plus("zfssa_lun_logbias = latency\n  san_password = canary"),
        "zfssa-1",
    );
    one_error(&found, "zfssa_lun_logbias", "***");
    assert!(!found.to_string().contains("canary"));
    let found = errors(&plus("zfssa_target_password hunter=canary"), "zfssa-1");
    one_error(
        &found,
        "zfssa_target_password…",
        "is not the name of an option",
    );
    assert!(!found.to_string().contains("hunter"), "{found}");
}

#[test]
fn lines_that_cannot_be_read_are_told_without_being_quoted() {
    for (line, words) in [
        ("canary", "neither `=` nor `:`"),
        ("= canary", "has no key"),
        ("[canary", "not a section"),
        ("[]", "not a section"),
        ("\n  canary", "continues no value"),
    ] {
        let found = errors(&plus(line), "zfssa-1");
        assert!(found.to_string().contains(words), "{line}: {found}");
        assert!(
            found.0[0]
                .location
                .as_ref()
                .is_some_and(|at| at.line.is_some())
        );
        assert!(!found.to_string().contains("canary"), "{found}");
    }
    let found = errors("san_ip = 192.0.2.1\n[a]\n", "a");
    assert!(
        found
            .to_string()
            .contains("cinder.conf:1: is before the first section"),
        "{found}"
    );
}

#[test]
fn references() {
    for (line, want) in [
        ("volume_backend_name = a${zfssa_pool}b", "apool-0b"),
        (
            "volume_backend_name = $lvm.zfssa_nonsense",
            "of another backend",
        ),
        (
            "volume_backend_name = $zfssa_cache_project",
            "os-cinder-cache",
        ),
        (
            "volume_backend_name = \\$x $$y $ 5$ ${a b} $",
            "$x $y $ 5$ ${a b} $",
        ),
        (
            "volume_backend_name = [$volume_driver_x]\nvolume_driver_x = $zfssa_pool",
            "[pool-0]",
        ),
        ("volume_backend_name = $my_net", "198.51.100"),
        ("volume_backend_name = $twice\ntwice = a\ntwice = b", "b"),
    ] {
        let config = read(&plus(line), "zfssa-1");
        assert_eq!(config.volume_backend_name.as_deref(), Some(want), "{line}");
    }
    for (line, words) in [
        // As in oslo.config, a dot belongs to the name.
        ("zfssa_cache_project = $my_net.2", "`$my_net.2`, which"),
        (
            "zfssa_cache_project = $nowhere",
            "`$nowhere`, which this file does not set",
        ),
        (
            "zfssa_cache_project = $zfssa_cache_project",
            "refers to itself",
        ),
        (
            "zfssa_cache_project = $ping\nping = $pong\npong = $ping",
            "refers to itself",
        ),
    ] {
        one_error(
            &errors(&plus(line), "zfssa-1"),
            "zfssa_cache_project",
            words,
        );
    }
    one_error(
        &errors(&plus("zfssa_pool = $nowhere"), "zfssa-1"),
        "zfssa_pool",
        "which this file",
    );
    // What follows the dollar sign may be half a password.
    let found = errors(&plus("zfssa_target_password = secr$canary"), "zfssa-1");
    one_error(
        &found,
        "zfssa_target_password",
        "write `$$` for a dollar sign",
    );
    assert!(!found.to_string().contains("canary"));
}

#[test]
fn references_cannot_fill_the_memory_or_take_for_ever() {
    for leaf in ["xxxxxxxxxx", ""] {
        let mut text = plus("zfssa_cache_project = $a0$a0");
        for i in 0..14 {
            text += &format!("a{i} = {}\n", format!("$a{}", i + 1).repeat(40));
        }
        text += &format!("a14 = {leaf}\n");
        let found = errors(&text, "zfssa-1");
        one_error(&found, "zfssa_cache_project", "too long");
    }
    let mut text = plus("zfssa_cache_project = $a$a$a$a");
    text += &format!("a = {}\n", "x".repeat(300_000));
    one_error(&errors(&text, "zfssa-1"), "zfssa_cache_project", "too long");
}

#[test]
fn later_sources_override_earlier_ones() {
    let mut builder = ConfigBuilder::from_cinder_conf(CONF, "zfssa-1");
    builder.set("zfssa_pool", "pool-1");
    assert_eq!(builder.build().unwrap().pool, "pool-1");
    builder.load_cinder_conf(CONF, "zfssa-1", "again");
    assert_eq!(builder.build().unwrap().pool, "pool-0");
}

#[test]
fn files() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cinder.conf");
    std::fs::write(&path, CONF).unwrap();
    let mut builder = ConfigBuilder::new();
    assert!(
        builder
            .load_cinder_conf_file(&path, "zfssa-1")
            .build()
            .is_ok()
    );
    std::fs::write(&path, b"[a]\nb = \xff").unwrap();
    for path in [path.as_path(), dir.path(), &dir.path().join("none")] {
        let mut builder = ConfigBuilder::new();
        let found = builder
            .load_cinder_conf_file(path, "zfssa-1")
            .build()
            .unwrap_err();
        assert!(
            found.to_string().starts_with(&path.display().to_string()),
            "{found}"
        );
    }
}
