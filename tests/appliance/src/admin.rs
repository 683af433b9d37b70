//! The admin port: plain HTTP on the loopback.

use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::core::Core;

pub(crate) async fn serve(core: Arc<Core>, listener: TcpListener, mut stop: watch::Receiver<bool>) {
    let app: Router = Router::new().with_state(core);
    let stopped = async move {
        let _ = stop.changed().await;
    };
    let _ = axum::serve(listener, app)
        .with_graceful_shutdown(stopped)
        .await;
}
