//! Picture of the counts: as text, and drawn in place on a terminal.

use std::io;

use console::{Term, truncate_str};

use crate::output::rows;
use crate::watch::tally::Summary;

/// The counts for people.
pub fn text(summary: &Summary) -> String {
    let time = |time: &Option<String>| time.clone().unwrap_or_else(|| "-".to_owned());
    let operations = summary.operations.iter().map(|one| {
        let failed = one.failed.iter();
        let failed = failed.map(|f| format!("{} {} ({})", f.count, f.status, f.outcome));
        let failed: Vec<String> = failed.collect();
        let (under_way, done) = (one.under_way.to_string(), one.done.to_string());
        [
            one.operation.clone(),
            under_way,
            done,
            crate::form::list(failed),
        ]
    });
    let requests = summary.requests.iter().map(|one| {
        [
            one.request.clone(),
            one.count.to_string(),
            format!("{:.1}", one.per_second),
            format!("{:.0} ms", one.mean_ms),
            format!("{} ms", one.longest_ms),
            one.unanswered.to_string(),
        ]
    });
    let faults = summary.faults.iter();
    let faults = faults.map(|one| format!("{} {}", one.count, one.fault));
    let errors = summary.last_errors.iter().map(|one| {
        let about = format!("{} {}", one.operation, one.resource);
        format!("{} {}: {}\n", one.time, about.trim_end(), one.error)
    });
    let heads = ["OPERATION", "UNDER WAY", "DONE", "FAILED"];
    let request_heads = [
        "REQUEST",
        "COUNT",
        "PER SECOND",
        "MEAN",
        "LONGEST",
        "UNANSWERED",
    ];
    let text = format!(
        "{} lines, {} of them skipped, from {} to {}\n\n{}\n\n{}\n\n\
         retries: {}; not repeated: {}; appliance busy: {}\nfaults: {}\n{}",
        summary.lines,
        summary.skipped,
        time(&summary.first),
        time(&summary.last),
        rows(heads, operations, "no operation"),
        rows(request_heads, requests, "no request"),
        summary.retries,
        summary.limits.not_repeated,
        summary.limits.busy,
        crate::form::list(faults),
        errors.collect::<String>(),
    );
    // A name in the log must not steer the terminal.
    text.replace(|c: char| c.is_control() && c != '\n', "?")
}

/// A terminal on which each picture takes the place of the former one.
pub struct Screen {
    terminal: Term,
    lines: usize,
}

impl Screen {
    /// The terminal of standard output; `None` if that is none.
    pub fn new() -> Option<Screen> {
        let terminal = Term::stdout();
        let is_terminal = terminal.is_term();
        is_terminal.then_some(Screen { terminal, lines: 0 })
    }

    /// Draws a picture. Lines are cut at the width, and those below the height are left out.
    pub fn draw(&mut self, text: &str) -> io::Result<()> {
        let (height, width) = self.terminal.size();
        let most = usize::from(height).saturating_sub(1).max(1);
        let lines: Vec<_> = text
            .lines()
            .take(most)
            .map(|line| truncate_str(line, usize::from(width), "…"))
            .collect();
        self.terminal.move_cursor_up(self.lines)?;
        self.terminal.clear_to_end_of_screen()?;
        self.terminal.write_line(&lines.join("\n"))?;
        self.lines = lines.len();
        Ok(())
    }
}
