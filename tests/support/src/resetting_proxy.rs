//! A proxy that now and then resets all of its connections at once.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread;

/// A proxy in front of a port of this machine. It ends with the process.
pub struct Resetting {
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    target: u16,
    /// How many pieces come from clients between two resets.
    every: usize,
    pieces: AtomicUsize,
    resets: AtomicUsize,
    clients: Mutex<Vec<Weak<TcpStream>>>,
}

impl Resetting {
    pub fn start(target: u16, every: usize) -> Resetting {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            target,
            every,
            pieces: AtomicUsize::new(0),
            resets: AtomicUsize::new(0),
            clients: Mutex::default(),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                accepting.clone().carry(client);
            }
        });
        Resetting { port, shared }
    }

    /// How many connections were reset.
    pub fn resets(&self) -> usize {
        self.shared.resets.load(Ordering::Relaxed)
    }
}

impl Shared {
    fn carry(self: Arc<Self>, client: TcpStream) {
        let server = TcpStream::connect(("127.0.0.1", self.target)).unwrap();
        let (client, server) = (Arc::new(client), Arc::new(server));
        self.clients.lock().unwrap().push(Arc::downgrade(&client));
        let (back_from, back_to) = (Arc::clone(&server), Arc::clone(&client));
        thread::spawn(move || {
            pump(&back_from, &back_to, || true);
            let _ = back_to.shutdown(Shutdown::Both);
        });
        thread::spawn(move || {
            pump(&client, &server, || self.passes());
            let _ = server.shutdown(Shutdown::Both);
        });
    }

    /// Whether a piece goes on to the appliance; it does not when it is the one at which all
    /// connections are reset.
    fn passes(&self) -> bool {
        let pieces = self.pieces.fetch_add(1, Ordering::Relaxed) + 1;
        if !pieces.is_multiple_of(self.every) {
            return true;
        }
        let clients = std::mem::take(&mut *self.clients.lock().unwrap());
        for client in clients.iter().filter_map(Weak::upgrade) {
            reset(&client);
            self.resets.fetch_add(1, Ordering::Relaxed);
        }
        false
    }
}

fn pump(mut from: &TcpStream, mut to: &TcpStream, passes: impl Fn() -> bool) {
    let mut buffer = [0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if !passes() || to.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
}

/// Ends a connection and resets it: the peer, which was told of the end, gets EPIPE and SIGPIPE
/// at its next write.
fn reset(stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    // SAFETY: all zero is an address of the family AF_UNSPEC, with which connect() only resets
    // the connection of a socket that `stream` keeps open.
    unsafe {
        let nowhere: libc::sockaddr = std::mem::zeroed();
        libc::connect(
            stream.as_raw_fd(),
            &nowhere,
            size_of_val(&nowhere) as libc::socklen_t,
        );
    }
}
