//! Default directory for lock files.
//!
//! All processes of a user on a host must use the same directory, so the candidates are tried
//! always in the same order. Other users can write to the parents of some candidates (`/run/lock`,
//! the directory of temporary files) and could plant a link or a directory there. So a candidate
//! that is not a directory of this user, or is writable by others, is not used.

use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

/// Directory for this user's lock files, created if it is missing; the error explains why there is
/// none.
pub fn usual_directory() -> Result<PathBuf, String> {
    let user = geteuid().as_raw();
    let runtime = std::env::var_os("XDG_RUNTIME_DIR");
    first_usable(&candidates(user, runtime, &std::env::temp_dir()), user)
}

fn candidates(user: u32, runtime: Option<OsString>, temporary: &Path) -> Vec<PathBuf> {
    let own = format!("zfssa-{user}");
    let runtime = runtime.map(PathBuf::from).filter(|path| path.is_absolute());
    [
        Some(PathBuf::from("/run/lock")),
        runtime,
        Some(temporary.to_owned()),
    ]
    .into_iter()
    .flatten()
    .map(|parent| parent.join(&own))
    .collect()
}

fn first_usable(candidates: &[PathBuf], user: u32) -> Result<PathBuf, String> {
    let mut problems = Vec::new();
    for directory in candidates {
        match prepare(directory, user) {
            Ok(()) => return Ok(directory.clone()),
            Err(problem) => problems.push(format!("{}: {problem}", directory.display())),
        }
    }
    Err(problems.join("; "))
}

/// Creates a directory that only this user can write, or checks that an existing one is.
fn prepare(directory: &Path, user: u32) -> Result<(), String> {
    match DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(error.to_string());
        }
        _ => {}
    }
    // The link itself, not its target.
    let found = fs::symlink_metadata(directory).map_err(|error| error.to_string())?;
    if !found.is_dir() {
        return Err("is no directory".to_owned());
    }
    if found.uid() != user {
        return Err(format!("belongs to the user {}", found.uid()));
    }
    if found.mode() & 0o022 != 0 {
        return Err(format!(
            "can be written by others (mode {:o})",
            found.mode() & 0o7777
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    fn me() -> u32 {
        geteuid().as_raw()
    }

    #[test]
    fn the_order_is_always_the_same() {
        let found = candidates(7, Some("/run/user/7".into()), Path::new("/tmp"));
        let paths: Vec<_> = found.iter().map(|path| path.to_str().unwrap()).collect();
        assert_eq!(
            paths,
            ["/run/lock/zfssa-7", "/run/user/7/zfssa-7", "/tmp/zfssa-7"]
        );
        let relative = candidates(7, Some("here".into()), Path::new("/tmp"));
        assert_eq!(relative.len(), 2);
    }

    #[test]
    fn what_others_prepared_is_not_used() {
        let ground = tempfile::tempdir().unwrap();
        let at = |name: &str| ground.path().join(name);
        fs::create_dir(at("elsewhere")).unwrap();
        symlink(at("elsewhere"), at("link")).unwrap();
        fs::write(at("file"), "").unwrap();
        fs::create_dir(at("open")).unwrap();
        fs::set_permissions(at("open"), fs::Permissions::from_mode(0o777)).unwrap();
        let bad = [at("link"), at("file"), at("open"), at("absent/below")];
        let words = first_usable(&bad, me()).unwrap_err();
        for part in [
            "link: is no directory",
            "file: is no directory",
            "mode 777",
            "below: No such",
        ] {
            assert!(words.contains(part), "{words}");
        }
        let of_another = prepare(&at("elsewhere"), me() + 1).unwrap_err();
        assert!(of_another.contains("belongs to the user"), "{of_another}");
        let mut with_good = bad.to_vec();
        with_good.push(at("good"));
        assert_eq!(first_usable(&with_good, me()).unwrap(), at("good"));
        let mode = fs::metadata(at("good")).unwrap().mode() & 0o777;
        assert_eq!(mode, 0o700);
        // The next process uses the same directory.
        assert_eq!(first_usable(&with_good, me()).unwrap(), at("good"));
    }
}
