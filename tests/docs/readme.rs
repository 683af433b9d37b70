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

/// The Markdown files of the tree, apart from what was built.
fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if !name.starts_with('.') && !["target", "build"].contains(&name) {
                pages(&path, found);
            }
        } else if name.ends_with(".md") {
            found.push(path);
        }
    }
}

/// The commands of a page: the lines of its blocks, those that a backslash continues as one, and
/// the code in its text.
fn commands(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    let mut found = Vec::new();
    let mut inside = false;
    for line in joined.lines() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
        } else if inside {
            found.push(line.trim().to_owned());
        } else {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

/// Why a command cannot work before a release: it names something of this project in an index.
fn needs_a_release(command: &str) -> Option<&'static str> {
    let has = |words: &[&str]| words.iter().any(|word| command.contains(word));
    let ours = has(&["zfssa"]);
    let from_the_tree = has(&[
        "$wheel",
        "build_wheel.sh",
        "./",
        "--path",
        "-replace",
        "build/",
    ]);
    let named = [
        (has(&["pip install", "pipx ", "uv add", "uv pip"]), "PyPI"),
        (has(&["cargo add", "cargo install"]), "crates.io"),
        (has(&["go get", "go install"]), "the Go proxy"),
        (has(&["apt install", "apt-get install"]), "a Debian archive"),
        (
            has(&["docker pull", "docker run", "podman "]),
            "a registry of images",
        ),
        (
            has(&["git clone", "--git ", "curl -L", "wget "]),
            "a host of repositories",
        ),
    ];
    let index = named.into_iter().find(|(asked, _)| *asked)?.1;
    (ours && !from_the_tree).then_some(index)
}

/// Until there is a release. Then this test goes, and the pages name what was published.
#[test]
fn each_command_works_from_a_checkout() {
    let mut found = Vec::new();
    pages(Path::new(env!("CARGO_MANIFEST_DIR")), &mut found);
    assert!(found.len() > 10, "there are no pages: {found:?}");
    let mut wrong = Vec::new();
    for page in found {
        let text = std::fs::read_to_string(&page).unwrap();
        for command in commands(&text) {
            if let Some(index) = needs_a_release(&command) {
                wrong.push(format!("{}: `{command}` needs {index}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_command_that_needs_a_release_is_found() {
    let page = "Run `pip install zfssa`.\n\n```sh\ngo get \\\n    example.org/zfssa\ncargo add zfssa --path x\n```\n";
    let found: Vec<_> = commands(page)
        .iter()
        .filter_map(|command| needs_a_release(command))
        .collect();
    assert_eq!(found, ["PyPI", "the Go proxy"]);
}
