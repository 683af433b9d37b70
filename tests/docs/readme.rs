//! What the README shows works as it stands.

use std::path::{Path, PathBuf};

use support::host_programs::{Link, build, command, printed};
use support::{Fixture, POOL, PROJECT, options_at, path_text};

/// The fenced blocks of a language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let open = format!("```{language}\n");
    text.split(open.as_str())
        .skip(1)
        .map(|rest| rest.split("\n```").next().unwrap())
        .collect()
}

/// The page of C is built as it stands, but for the path of its configuration, and run.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_c_runs() {
    const CONFIGURATION: &str = "/etc/cinder/cinder.conf";
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let pages = blocks(&readme, "c");
    assert_eq!(pages.len(), 1, "the README shows so many pages of C");
    assert_eq!(pages[0].matches(CONFIGURATION).count(), 1);

    let bench = Fixture::ready().await;
    let mut section = "[zfssa]\n".to_owned();
    for (name, value) in options_at(bench.appliance.port(), bench.ca.path()) {
        section += &format!("{name} = {}\n", value.replace('\n', " "));
    }
    let configuration = bench.dir.path().join("cinder.conf");
    std::fs::write(&configuration, section).unwrap();
    let source = bench.dir.path().join("page.c");
    let page = pages[0].replace(CONFIGURATION, path_text(&configuration));
    std::fs::write(&source, page).unwrap();

    let (said, again) = tokio::task::spawn_blocking(move || {
        let program = build("cc", "c11", &source, Link::Shared);
        // A second time the volume is its own, as large as it asks for.
        (
            printed(&mut command(&program)),
            printed(&mut command(&program)),
        )
    })
    .await
    .unwrap();
    assert_eq!(said, "volume-0001 has 10737418240 bytes\n");
    assert_eq!(again, said);
    let luns = &bench.state()["pools"][POOL]["projects"][PROJECT]["luns"];
    assert_eq!(luns.as_object().unwrap().len(), 1);
}

/// The other pages are those of the hosts' own READMEs, whose tests compile and run them.
#[test]
fn each_page_of_another_host_is_the_tested_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let readme = read("README.md");
    for (language, tested) in [
        ("go", "bindings/go/README.md"),
        ("python", "bindings/python/README.md"),
        ("ini", "bindings/python/README.md"),
        ("json", "examples/go/zfssa-csi/README.md"),
        ("console", "examples/go/zfssa-csi/README.md"),
    ] {
        let pages = blocks(&readme, language);
        assert!(!pages.is_empty(), "the README shows no {language}");
        let there = read(tested);
        for page in pages {
            let same = blocks(&there, language).contains(&page);
            assert!(same, "{tested} has another page of {language} than\n{page}");
        }
    }
}

#[test]
fn the_two_commands_are_in_the_makefile() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let makefile = std::fs::read_to_string(root.join("Makefile")).unwrap();
    for target in ["demo", "test"] {
        assert!(readme.contains(&format!("make {target}")));
        assert!(makefile.contains(&format!("\n{target}:")));
    }
}
