//! Statics with one value for each process: a forked child gets its own.
//!
//! A forked child inherits the memory of its parent but none of its threads, and perhaps locks that
//! some thread held at that moment and that no thread will ever release. So each static of this
//! kind has one value for each process: the child makes its own at the first use, and never locks
//! the inherited one, which it leaks on purpose.

use std::sync::atomic::{AtomicU32, Ordering};

use once_cell::race::{OnceBool, OnceBox};

/// How many forks lie between the process that loaded the library and this one.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// Runs in the child between fork() and its return: one atomic addition, nothing else.
extern "C" fn after_fork_in_child() {
    if canary!("fork-not-noticed") {
        return;
    }
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// The number of forks so far; differs between a parent and its child.
pub(in crate::ffi) fn forks() -> u32 {
    FORKS.load(Ordering::Relaxed)
}

/// Makes sure that forks are counted.
fn count_forks() {
    static HOOKED: OnceBool = OnceBool::new();
    HOOKED.get_or_init(|| {
        // SAFETY: the handler is a function of this library, which is never unmapped
        // (`-z nodelete`), and it does nothing that is not async-signal-safe.
        unsafe { libc::pthread_atfork(None, None, Some(after_fork_in_child)) };
        true
    });
}

/// A value that every process has once, made at the first use and never freed.
///
/// The cells are `once_cell::race`, which never blocks: a thread that loses the race for the first
/// use drops what it made. `OnceLock` would block, and a fork during the first use would leave its
/// lock held in the child forever.
pub(in crate::ffi) struct PerProcess<T> {
    make: fn(Option<&T>) -> T,
    first: OnceBox<Generation<T>>,
}

/// The value of one process, and that of its child, if this process is a child's parent.
struct Generation<T> {
    forks: u32,
    value: T,
    next: OnceBox<Generation<T>>,
}

impl<T> PerProcess<T> {
    /// `make` gets the value of the nearest parent process that had one. It must not take a
    /// lock in it.
    pub(in crate::ffi) const fn new(make: fn(Option<&T>) -> T) -> Self {
        PerProcess {
            make,
            first: OnceBox::new(),
        }
    }

    /// The value of this process.
    pub(in crate::ffi) fn get(&'static self) -> &'static T {
        let mut cell = &self.first;
        let mut inherited = None;
        loop {
            let generation = cell.get_or_init(|| {
                count_forks();
                Box::new(Generation {
                    forks: forks(),
                    value: (self.make)(inherited),
                    next: OnceBox::new(),
                })
            });
            if generation.forks == forks() {
                return &generation.value;
            }
            inherited = Some(&generation.value);
            cell = &generation.next;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    /// Types that block the thread that waits for them: in a forked child for ever, if a thread of
    /// the parent held them.
    const BLOCKING: [&str; 7] = [
        "OnceLock", "LazyLock", "Lazy", "OnceCell", "Once", "Mutex", "RwLock",
    ];

    fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }

    /// The types of the statics of a source file.
    fn statics(text: &str) -> impl Iterator<Item = &str> {
        let starts = text.match_indices("static ").filter(|(at, _)| {
            let before = text[..*at].rsplit('\n').next().unwrap().trim();
            before.is_empty()
                || before == "pub"
                || before.starts_with("pub(") && before.ends_with(')')
        });
        starts.filter_map(|(at, _)| text[at..].split_once(": ")?.1.split(" = ").next())
    }

    #[test]
    fn no_static_blocks_a_forked_child() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let (mut files, mut seen) = (Vec::new(), 0);
        sources(&root, &mut files);
        for path in files {
            let text = fs::read_to_string(&path).unwrap();
            for kind in statics(&text) {
                seen += 1;
                let mut words = kind.split(|c: char| !c.is_alphanumeric());
                let blocks = words.any(|word| BLOCKING.contains(&word));
                assert!(
                    !blocks || kind.starts_with("PerProcess<"),
                    "{}: a static {kind} may be locked for ever after a fork: use OnceBox or \
                     PerProcess",
                    path.display()
                );
            }
        }
        assert!(seen > 10, "{seen} statics are not all");
    }

    #[test]
    fn all_threads_get_one_value() {
        static VALUE: PerProcess<u32> = PerProcess::new(|_| 7);
        let threads: Vec<_> = (0..8)
            .map(|_| std::thread::spawn(|| std::ptr::from_ref(VALUE.get()).addr()))
            .collect();
        let seen: std::collections::HashSet<usize> = threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect();
        assert_eq!(seen.len(), 1);
    }

    /// A child begins where its parent stopped, and the parent's own value stays.
    #[test]
    fn a_forked_child_gets_its_own_value() {
        static VALUE: PerProcess<u32> = PerProcess::new(|inherited| inherited.map_or(1, |n| n + 1));
        assert_eq!(*VALUE.get(), 1);
        // SAFETY: the child reads atomics and its exit code is a number; the allocation for its
        // value is made after glibc's own handlers reset the allocator.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let own = *VALUE.get();
            // SAFETY: ends the child without running handlers of the parent.
            unsafe { libc::_exit(own as i32) };
        }
        let mut status = 0;
        // SAFETY: the place for the status is a local.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
        assert_eq!(libc::WEXITSTATUS(status), 2);
        assert_eq!(*VALUE.get(), 1);
    }
}
