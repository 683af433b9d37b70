//! Replay of a trace: an HTTPS server that answers from recorded exchanges.
//!
//! `zfssa record` writes a trace, and docs/command.md describes its format. A request is answered with the first
//! recorded exchange of the same method, path, query and body that was not used yet, so that requests which the client
//! sends at the same time may arrive in another order. A placeholder in the place of a secret, or of what the client
//! makes up, stands for any text; from then on the answers have that text in its place.

mod server;
mod template;
mod trace;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::core::lock;
use crate::options::TlsOptions;
use crate::tls;
use trace::Book;

/// What to replay, and where.
#[derive(Clone, Debug)]
pub struct ReplayOptions {
    /// The file of the trace.
    pub trace: PathBuf,
    /// Where to listen; port 0 chooses a free one.
    pub listen: SocketAddr,
    /// The certificate.
    pub tls: TlsOptions,
}

/// A server that answers from a trace. Dropping it ends the server.
pub struct Replay {
    address: SocketAddr,
    ca_pem: String,
    certificate_sha256: String,
    book: Arc<Mutex<Book>>,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
}

/// How the requests of a client and the exchanges of a trace differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayReport {
    /// Requests that were answered from the trace.
    pub answered: usize,
    /// Requests that the trace does not have, or not so often: method, path and body with secrets masked.
    pub not_in_trace: Vec<String>,
    /// Exchanges of the trace that no request asked for: number, method and path.
    pub not_asked_for: Vec<String>,
}

impl Replay {
    /// Reads the trace and begins to listen, in the runtime of the caller.
    pub async fn start(options: ReplayOptions) -> std::io::Result<Replay> {
        let shown = options.trace.display().to_string();
        let text = std::fs::read_to_string(&options.trace)
            .map_err(|error| std::io::Error::new(error.kind(), format!("{shown}: {error}")))?;
        let book = Book::parse(&text)
            .map_err(|error| std::io::Error::other(format!("{shown}: {error}")))?;
        let identity = tls::make(&options.tls)?;
        let listener = TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let book = Arc::new(Mutex::new(book));
        let (stop, stopped) = watch::channel(false);
        let server = server::serve(listener, identity.config, book.clone(), stopped);
        Ok(Replay {
            address,
            ca_pem: identity.ca_pem,
            certificate_sha256: identity.sha256,
            book,
            stop,
            server: tokio::spawn(server),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate of the CA.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// SHA-256 of the server's certificate: hexadecimal with colons.
    pub fn certificate_sha256(&self) -> &str {
        &self.certificate_sha256
    }

    /// What was asked so far.
    pub fn report(&self) -> ReplayReport {
        lock(&self.book).report()
    }

    /// Ends the server; what was asked until then.
    pub async fn stop(mut self) -> ReplayReport {
        self.stop.send_replace(true);
        // It ends by itself; a panic of it shows in the report as requests without an answer.
        let _ = (&mut self.server).await;
        self.report()
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        self.server.abort();
    }
}
