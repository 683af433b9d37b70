//! Secrets in freed memory, alone in its process because the allocator looks at every block.
//!
//! From a `cinder.conf` to a configuration and its end, and from a token file to a request, no block
//! that is freed holds a secret.

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use support::transport::{pools, scope, settings};
use zfssa::config::{ConfigBuilder, TlsMode};
use zfssa::rest::{Authentication, Request, Rest, Settings};
use zfssa::secret::Secret;

/// All secrets here begin like this. Split, so that the constant itself is no find.
const WORD: [&[u8]; 2] = [b"CANARY", b"wiped"];

static FOUND: AtomicUsize = AtomicUsize::new(0);
static FREED: AtomicUsize = AtomicUsize::new(0);

struct Looking;

fn look(block: &[u8]) {
    let [first, second] = WORD;
    FREED.fetch_add(1, Ordering::Relaxed);
    let length = first.len() + second.len();
    let is_word = |part: &[u8]| part.starts_with(first) && part.ends_with(second);
    if block.windows(length).any(is_word) {
        FOUND.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: every call goes to the system's allocator unchanged, but that a block which grows is
// always moved, so that the old one is seen.
unsafe impl GlobalAlloc for Looking {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc`. Zeroed, so that every byte of a block
        // can be looked at.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the block has this layout and was zeroed when it was made.
        unsafe {
            look(std::slice::from_raw_parts(pointer, layout.size()));
            System.dealloc(pointer, layout);
        }
    }
}

#[global_allocator]
static ALLOCATOR: Looking = Looking;

/// In the program itself, so that reading it frees nothing. `$name` is the second initiator.
macro_rules! conf {
    ($name:literal) => {
        concat!(
            "[DEFAULT]\n",
            "stored = CANARYwiped-stored-elsewhere\n",
            "[zfssa]\n",
            "san_ip = 192.0.2.10\n",
            "san_login = cinder\n",
            "san_password = $stored\n",
            "zfssa_pool = pool-0\n",
            "zfssa_project = cinder\n",
            "zfssa_initiator_config = {'compute': [\n",
            " {'iqn': 'iqn.1994-05.org.example:a', 'user': 'a', 'password': 'CANARYwiped1'},\n",
            " {'iqn': '",
            $name,
            "', 'user': 'b', 'password': 'CANARY' 'wiped2'}],\n",
            " 'other': [\n",
            " {'iqn': 'iqn.1994-05.org.example:c', 'user': 'c', 'password': 'CANARYwiped3'}]}\n",
            "zfssa_target_user = target\n",
            "zfssa_target_password = CANARYwiped-4\n",
            "zfssa_target_portal = 198.51.100.1:3260\n",
            "zfssa_target_interfaces = ixgbe0\n",
        )
    };
}

const CONF: &str = conf!("iqn.1994-05.org.example:b");
const BAD: &str = conf!("no name");

#[test]
fn no_freed_memory_holds_a_secret() {
    let (found, freed) = found_by(|| {
        let mut builder = ConfigBuilder::new();
        builder.load_cinder_conf(CONF, "zfssa", "cinder.conf");
        let config = builder.build().expect("a good configuration");
        assert_eq!(config.initiator_groups.len(), 2);
        drop((builder, config));
        // What is wrong with a value frees it as well.
        let bad = ConfigBuilder::from_cinder_conf(BAD, "zfssa").build();
        assert!(bad.is_err());
    });
    assert!(freed > 100, "{freed} blocks are no configuration");
    assert_eq!(found, 0, "of {freed} blocks that were freed");

    // A token on its way from its file into a request that cannot be sent.
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("token");
    std::fs::write(&file, format!("{}{}-6\n", "CANARY", "wiped")).expect("a token file");
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("a mode");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime");
    let (found, freed) = found_by(|| {
        let settings = Settings {
            authentication: Authentication::TokenFile(file),
            max_attempts: 1,
            ..settings(closed_port(), TlsMode::Insecure)
        };
        let answer = runtime.block_on(async {
            let rest = Rest::new(settings).expect("a client");
            rest.call(&scope(), &Request::get(pools())).await
        });
        assert_eq!(answer.unwrap_err().status(), zfssa::Status::Connect);
        // The threads that read the file end with the client.
        drop(runtime);
    });
    assert!(freed > 100, "{freed} blocks are no request");
    assert_eq!(found, 0, "of {freed} blocks that were freed");

    // The search itself finds something.
    let (found, _) = found_by(|| drop(CONF.to_owned()));
    assert_eq!(found, 1);
    let (found, _) = found_by(|| drop(Secret::new("CANARYwiped-5")));
    assert_eq!(found, 0);
}

/// A port at which nothing listens.
fn closed_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address").port()
}

/// How many blocks with a secret were freed meanwhile, and how many blocks.
fn found_by(work: impl FnOnce()) -> (usize, usize) {
    let count = || (FOUND.load(Ordering::Relaxed), FREED.load(Ordering::Relaxed));
    let before = count();
    work();
    let after = count();
    (after.0 - before.0, after.1 - before.1)
}
