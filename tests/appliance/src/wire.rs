//! The connection under the HTTP layer, where answers can be cut short and connections reset.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// What a fault wants of its connection.
#[derive(Default)]
pub(crate) struct Control {
    /// Close with RST instead of FIN.
    reset: AtomicBool,
    truncating: AtomicBool,
    truncate: Mutex<Option<Truncate>>,
}

/// Where the next answer ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Truncate {
    /// Within the header lines.
    Headers,
    /// So many bytes into the body.
    Body(usize),
}

impl Control {
    pub fn reset(&self) {
        self.reset.store(true, Ordering::Release);
    }

    pub fn truncate(&self, at: Truncate) {
        *self.truncate.lock().unwrap_or_else(|e| e.into_inner()) = Some(at);
        self.truncating.store(true, Ordering::Release);
    }
}

/// A TLS connection that obeys a [`Control`].
pub(crate) struct Wire {
    stream: TlsStream<TcpStream>,
    control: Arc<Control>,
    /// How much of a truncated answer has still to go out.
    left: Option<usize>,
}

impl Wire {
    pub fn new(stream: TlsStream<TcpStream>, control: Arc<Control>) -> Wire {
        Wire {
            stream,
            control,
            left: None,
        }
    }

    /// How many of these bytes may be written.
    fn allowed(&mut self, bytes: &[u8]) -> usize {
        if self.left.is_none() {
            let at = *self
                .control
                .truncate
                .lock()
                .unwrap_or_else(|e| e.into_inner());
            let head = bytes
                .windows(4)
                .position(|four| four == b"\r\n\r\n")
                .map_or(bytes.len(), |at| at + 4);
            self.left = Some(match at {
                None => usize::MAX,
                Some(Truncate::Headers) => head / 2,
                Some(Truncate::Body(length)) => head + length,
            });
        }
        self.left.map_or(bytes.len(), |left| left.min(bytes.len()))
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if !self.control.truncating.load(Ordering::Acquire) {
            return Pin::new(&mut self.stream).poll_write(cx, buf);
        }
        match self.allowed(buf) {
            0 => match Pin::new(&mut self.stream).poll_flush(cx) {
                Poll::Ready(Ok(())) => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
                other => other.map_ok(|()| 0),
            },
            allowed => {
                let written = Pin::new(&mut self.stream).poll_write(cx, &buf[..allowed]);
                if let (Poll::Ready(Ok(written)), Some(left)) = (&written, self.left.as_mut()) {
                    *left -= written;
                }
                written
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.control.reset.load(Ordering::Acquire) {
            // With no time to linger, closing sends RST.
            let _ = self.stream.get_ref().0.set_zero_linger();
        }
    }
}
