//! Requests that nobody is answered and that are carried out later, as an appliance does that goes on working when its
//! client has gone.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::core::{Core, lock};
use crate::exchange::{self, Arrival, Held};
use crate::trace::Exchange;

/// The requests that wait to be carried out.
#[derive(Default)]
pub(crate) struct Late(Mutex<Vec<Waiting>>);

struct Waiting {
    /// How many requests may still arrive before it; `None` for no bound.
    requests: Option<u64>,
    go: oneshot::Sender<()>,
    done: oneshot::Receiver<()>,
}

impl Late {
    /// A request has arrived: those that are due before it are carried out first, in their order.
    pub async fn arrived(&self) {
        let due: Vec<Waiting> = {
            let mut waiting = lock(&self.0);
            if waiting.is_empty() {
                return;
            }
            let (due, left) = waiting
                .drain(..)
                .partition(|one: &Waiting| one.requests == Some(0));
            *waiting = left;
            for one in waiting.iter_mut() {
                one.requests = one.requests.map(|requests| requests - 1);
            }
            due
        };
        for one in due {
            // One that was released or forgotten meanwhile is over as well.
            let _ = one.go.send(());
            let _ = one.done.await;
        }
    }
}

/// Carries a request out when it is due. Its exchange is in the trace when that is over.
pub(crate) fn carry_out_late(
    core: &Arc<Core>,
    arrival: Arrival,
    exchange: Option<Exchange>,
    requests: Option<u64>,
    ms: Option<u64>,
) {
    let (go, due) = oneshot::channel();
    let (done, ended) = oneshot::channel();
    let waiting = Waiting {
        requests,
        go,
        done: ended,
    };
    lock(&core.late.0).push(waiting);
    let core = core.clone();
    // It is held from now on, and not from when the task first runs.
    let held = exchange::hold(&core);
    tokio::spawn(async move {
        let held = held.until(ms.map(Duration::from_millis), async {
            // Dropped when the appliance is reset: then it is never due.
            if due.await.is_err() {
                std::future::pending().await
            }
        });
        let mut exchange = exchange;
        if held.await == Held::GoesOn {
            let knobs = core.knobs();
            let answered = exchange::answer(&core, &knobs, &arrival).await;
            if let Some(exchange) = &mut exchange {
                exchange.committed = answered.committed;
                exchange.error = answered.error;
            }
        }
        if let Some(mut exchange) = exchange {
            exchange.ended_us = core.trace.micros();
            core.trace.push(exchange);
        }
        let _ = done.send(());
    });
}
