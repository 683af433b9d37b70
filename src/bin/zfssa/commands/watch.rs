//! Live view of the engine's log, which hosts write as JSON lines.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use crate::exit::Failure;
use crate::interrupts::Interrupts;
use crate::output::Output;
use crate::watch::screen::{Screen, text};
use crate::watch::source::{Found, Source};
use crate::watch::tally::Tally;

/// Time between two pictures on a terminal.
const PICTURE: Duration = Duration::from_millis(500);

/// The log, and how often it is summed up.
#[derive(Args)]
pub struct Watch {
    /// File with the log, which is followed when it is rotated; `-` or none for standard input.
    file: Option<PathBuf>,
    /// Where the result goes to no terminal: prints a summary each time, and follows the file.
    /// Without it, one summary at the end of the lines.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    interval: Option<u64>,
}

impl Watch {
    pub async fn run(self, output: &Output) -> Result<(), Failure> {
        let mut screen = match output.is_for_people() {
            true => Screen::new(),
            false => None,
        };
        let name = self.file.as_deref().map(|file| file.display().to_string());
        let name = name.unwrap_or_else(|| "standard input".to_owned());
        let unreadable = |error: std::io::Error| Failure::local(&name, error);
        let follows = screen.is_some() || self.interval.is_some();
        let mut source = Source::open(self.file.as_deref(), follows).map_err(unreadable)?;
        let mut interrupts = Interrupts::new().map_err(|e| Failure::local("signals", e))?;
        let period = match (&screen, self.interval) {
            (Some(_), _) => Some(PICTURE),
            (None, seconds) => seconds.map(Duration::from_secs),
        };
        let mut tally = Tally::default();
        let mut ticks = period.map(|period| interval_at(Instant::now() + period, period));
        if let Some(ticks) = &mut ticks {
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        }
        loop {
            tokio::select! {
                found = source.read(&mut tally) => {
                    if found.map_err(unreadable)? == Found::End {
                        break;
                    }
                }
                () = next(ticks.as_mut()) => show(&tally, screen.as_mut(), output)?,
                () = interrupts.next() => break,
            }
        }
        show(&tally, screen.as_mut(), output)
    }
}

/// Waits for the next picture, and forever if there is none before the end.
async fn next(ticks: Option<&mut Interval>) {
    match ticks {
        Some(ticks) => drop(ticks.tick().await),
        None => std::future::pending().await,
    }
}

fn show(tally: &Tally, screen: Option<&mut Screen>, output: &Output) -> Result<(), Failure> {
    let summary = tally.summary();
    match screen {
        Some(screen) => screen
            .draw(&text(&summary))
            .map_err(|error| Failure::local("the terminal", error)),
        None => output.show(&summary, || text(&summary)),
    }
}
