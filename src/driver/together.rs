//! Concurrent execution of several futures.

use std::future::Future;
use std::pin::Pin;
use std::task::Poll;

/// A running future, and then its output.
enum Slot<F: Future> {
    Running(Pin<Box<F>>),
    Done(F::Output),
}

/// Runs futures concurrently and returns their outputs in order. All of them run to their end, also
/// if others fail.
pub(super) async fn all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output>
where
    F::Output: Unpin,
{
    let mut slots: Vec<Slot<F>> = futures
        .into_iter()
        .map(|future| Slot::Running(Box::pin(future)))
        .collect();
    std::future::poll_fn(|context| {
        let mut running = false;
        for slot in &mut slots {
            if let Slot::Running(future) = slot {
                match future.as_mut().poll(context) {
                    Poll::Ready(output) => *slot = Slot::Done(output),
                    Poll::Pending => running = true,
                }
            }
        }
        if running {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    })
    .await;
    let outputs = slots.into_iter().filter_map(|slot| match slot {
        Slot::Done(output) => Some(output),
        Slot::Running(_) => None,
    });
    outputs.collect()
}

#[cfg(test)]
mod tests {
    use super::all;
    use std::time::Duration;
    use tokio::time::{Instant, sleep};

    #[tokio::test(start_paused = true)]
    async fn all_run_at_once_and_answer_in_order() {
        let start = Instant::now();
        let outputs = all((1..=5).rev().map(|number| async move {
            sleep(Duration::from_secs(number)).await;
            number
        }))
        .await;
        assert_eq!(outputs, [5, 4, 3, 2, 1]);
        assert_eq!(start.elapsed(), Duration::from_secs(5));
        assert!(all(Vec::<std::future::Ready<()>>::new()).await.is_empty());
    }
}
