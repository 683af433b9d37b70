//! Compiles C programs as a C host would and runs their cases, each a process of its own.
//!
//! A program run without arguments lists its cases, and run with one of them ends with 0, or
//! says what failed.
//!
//! With `ZFSSA_TEST_CC`, the compiler for another machine or C library, `ZFSSA_TEST_LOADER` is the
//! command that starts its programs here, such as QEMU: `packaging/cross/test` sets both.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use crate::{repository, scratch};

/// Longest time of one case; memory checkers are slow.
const LIMIT: Duration = Duration::from_secs(300);

/// The engine's threads keep memory until the process ends, which is no leak.
const ASAN_OPTIONS: &str = "detect_leaks=0:abort_on_error=0:exitcode=99";

/// Compiles a program and runs all of its cases.
pub fn run(program: &str) {
    run_source(&repository(format!("tests/c/{program}.c")));
}

/// Compiles a source and runs all of its cases.
pub fn run_source(source: &Path) {
    let program = compile(source);
    let list = command_of(&program).output().unwrap();
    let cases = String::from_utf8(list.stdout).unwrap();
    assert!(!cases.is_empty(), "{} lists no cases", program.display());
    let ended = Mutex::new(Vec::new());
    let cases = Mutex::new(cases.lines());
    let next = || cases.lock().unwrap().find(|case| runs_here(case));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(case) = next() {
                    let end = run_case(&program, case);
                    ended.lock().unwrap().push(end);
                }
            });
        }
    });
    let mut failures = Vec::new();
    for End { case, wrong, said } in ended.into_inner().unwrap() {
        match wrong {
            // What good cases say is searched for secrets.
            None => println!("{case}: ok\n{said}"),
            Some(how) => failures.push(format!("{case}: {how}\n{said}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// How a case ended.
struct End {
    case: String,
    wrong: Option<String>,
    said: String,
}

fn run_case(program: &Path, case: &str) -> End {
    let said = tempfile::NamedTempFile::new().unwrap();
    let mut child = command(program, case)
        .arg(case)
        .env("ASAN_OPTIONS", ASAN_OPTIONS)
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
    End {
        case: case.to_owned(),
        wrong: ended,
        said: String::from_utf8_lossy(&fs::read(said.path()).unwrap()).into_owned(),
    }
}

/// Whether a case can run under the tool at hand: none that asks the kernel for signal masks can
/// under a runner such as valgrind, which keeps the masks of threads to itself.
fn runs_here(case: &str) -> bool {
    let masks = case.starts_with("masks") && std::env::var_os("ZFSSA_TEST_RUNNER").is_some();
    if masks {
        println!("skipped under this tool: {case}");
    }
    !masks
}

/// A program, under `ZFSSA_TEST_RUNNER` (such as valgrind with its options) where that is set.
///
/// Cases that fork run under `ZFSSA_TEST_RUNNER_OF_FORKS`: what the threads of the parent held is
/// lost to a child, and the library leaves it so on purpose.
fn command(program: &Path, case: &str) -> Command {
    let variable = if case.starts_with("fork") {
        "ZFSSA_TEST_RUNNER_OF_FORKS"
    } else {
        "ZFSSA_TEST_RUNNER"
    };
    started_by(
        &[options(variable), options("ZFSSA_TEST_LOADER")].concat(),
        program,
    )
}

/// A program as the last argument of other words, or alone if there are none.
fn started_by(words: &[String], program: &Path) -> Command {
    let Some((first, arguments)) = words.split_first() else {
        return Command::new(program);
    };
    let mut command = Command::new(first);
    command.args(arguments).arg(program);
    command
}

/// A compiled program, with what it needs to find the library.
pub fn command_of(program: &Path) -> Command {
    let mut command = started_by(&options("ZFSSA_TEST_LOADER"), program);
    command
        .env("ASAN_OPTIONS", ASAN_OPTIONS)
        .env("LD_LIBRARY_PATH", library());
    command
}

/// Compiles a source of C, with the further options of `ZFSSA_TEST_CFLAGS`, and links it with the
/// shared library and what `ZFSSA_TEST_LDFLAGS` names.
pub fn compile(source: &Path) -> PathBuf {
    let name = source.file_stem().unwrap().to_str().unwrap();
    let program = scratch().join(format!("c-{}-{name}", std::process::id()));
    let object = program.with_extension("o");
    let compiled = Command::new(compiler())
        .args(["-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror"])
        .args(["-pthread", "-c", "-o"])
        .arg(&object)
        .arg(source)
        .args(options("ZFSSA_TEST_CFLAGS"))
        .arg("-I")
        .arg(repository("tests/c"))
        .arg("-I")
        .arg(repository("include"))
        .output();
    succeeded(&compiled.expect("a C compiler"));
    let linked = Command::new(compiler())
        .args(["-pthread", "-o"])
        .args([&program, &object])
        .args(options("ZFSSA_TEST_LDFLAGS"))
        .arg("-L")
        .arg(library())
        .args(["-Wl,--as-needed", "-lzfssa", "-ldl"])
        .output();
    succeeded(&linked.expect("a linker"));
    program
}

fn compiler() -> String {
    std::env::var("ZFSSA_TEST_CC").unwrap_or_else(|_| "cc".to_owned())
}

/// The words of a variable.
fn options(variable: &str) -> Vec<String> {
    let value = std::env::var(variable).unwrap_or_default();
    value.split_whitespace().map(str::to_owned).collect()
}

fn succeeded(output: &Output) {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A directory with the shared library of this build, under the names by which it is linked and
/// loaded.
pub fn library() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let name = format!("lib-{}", std::process::id());
        let directory = scratch().join(name);
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

/// The library of `ZFSSA_TEST_LIBRARY`, or the one that cargo puts beside the tests.
fn built() -> PathBuf {
    if let Some(path) = std::env::var_os("ZFSSA_TEST_LIBRARY") {
        return PathBuf::from(path);
    }
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
