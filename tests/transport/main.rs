//! REST transport: sessions, connections, TLS, retries and deadlines.

mod connections;
mod deadlines;
mod faults;
mod fence;
mod lists;
mod metrics;
mod session;
mod tls;
mod token;
