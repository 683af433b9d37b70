//! The C programs of `tests/c`, compiled as a C host would be, each case a process of its own.
//!
//! A program run without arguments lists its cases, and run with one of them says nothing and
//! ends with 0, or says what failed.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Longest time of one case.
const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn echo() {
    run("echo");
}

/// Compiles a program and runs all of its cases.
fn run(program: &str) {
    let program = compile(program);
    let list = Command::new(&program)
        .env("LD_LIBRARY_PATH", library())
        .output()
        .unwrap();
    let cases = String::from_utf8(list.stdout).unwrap();
    assert!(!cases.is_empty(), "{} lists no cases", program.display());
    let failures: Vec<String> = cases
        .lines()
        .filter_map(|case| failure(&program, case))
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What a case has to say, unless all is well.
fn failure(program: &Path, case: &str) -> Option<String> {
    let said = tempfile::NamedTempFile::new().unwrap();
    let mut child = Command::new(program)
        .arg(case)
        .env("LD_LIBRARY_PATH", library())
        .stdin(Stdio::null())
        .stdout(said.reopen().unwrap())
        .stderr(said.reopen().unwrap())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let ended = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break if status.success() {
                None
            } else {
                Some(status.to_string())
            };
        }
        if start.elapsed() > LIMIT {
            child.kill().unwrap();
            child.wait().unwrap();
            break Some(format!("did not end within {} seconds", LIMIT.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let said = fs::read_to_string(said.path()).unwrap();
    ended.map(|how| format!("{case}: {how}\n{said}"))
}

/// Compiles `tests/c/<name>.c` against the shared library.
fn compile(name: &str) -> PathBuf {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("c-{name}"));
    let output = Command::new("cc")
        .args([
            "-std=gnu11",
            "-g",
            "-O1",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-pthread",
            "-o",
        ])
        .arg(&program)
        .arg(repository.join(format!("tests/c/{name}.c")))
        .arg("-I")
        .arg(repository.join("include"))
        .arg("-L")
        .arg(library())
        .args(["-lzfssa", "-ldl"])
        .output()
        .expect("a C compiler");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    program
}

/// A directory with the shared library of this build, under the names by which it is linked and
/// loaded.
fn library() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lib");
        fs::create_dir_all(&directory).unwrap();
        let built = built();
        for name in ["libzfssa.so", "libzfssa.so.1"] {
            let link = directory.join(name);
            let _ = fs::remove_file(&link);
            symlink(&built, link).unwrap();
        }
        directory
    })
}

/// Cargo puts the library that tests are built with beside them.
fn built() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let deps = test.parent().unwrap();
    [
        deps.join("libzfssa.so"),
        deps.parent().unwrap().join("libzfssa.so"),
    ]
    .into_iter()
    .filter(|path| path.exists())
    .max_by_key(|path| fs::metadata(path).and_then(|data| data.modified()).unwrap())
    .expect("libzfssa.so beside the tests; cargo build makes it")
}
