//! Commands of the documentation that would need a release. `tests/snippets` runs the code blocks.

use std::path::{Path, PathBuf};

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
