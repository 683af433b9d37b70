//! Run of one operation: its plan, question, progress and cancellation.

use std::io::IsTerminal as _;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use zfssa::ops::{Operation, Progress, ProgressStep};
use zfssa::{Call, Driver, Timeout};

use crate::exit::Failure;
use crate::interrupts::Interrupts;
use crate::output::Output;

/// Longest wait for the log-out.
pub const LOG_OUT: Duration = Duration::from_secs(2);

/// How an operation is run.
#[derive(Args)]
pub struct CallArguments {
    /// Time limit of the operation in seconds; by default zfssa_operation_timeout.
    #[arg(long, global = true, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: Option<u64>,
    /// Says what would be changed, and changes nothing.
    #[arg(long, global = true)]
    dry_run: bool,
    /// Answers each question with yes.
    #[arg(long, short, global = true)]
    yes: bool,
    /// Id of the operation: a repeated call with the same id finds what the first one made.
    #[arg(long, global = true, value_name = "ID")]
    operation_id: Option<String>,
    /// Trace context of the caller, as in the header traceparent of W3C Trace Context: each request
    /// to the appliance is in this trace.
    #[arg(long, global = true, value_name = "VALUE", env = "TRACEPARENT")]
    traceparent: Option<String>,
}

/// Runs operations on a backend as the command line wants.
pub struct Runner {
    driver: Driver,
    output: Output,
    call: CallArguments,
    interrupts: tokio::sync::Mutex<Interrupts>,
}

impl Runner {
    /// Needs a tokio runtime, whose signals it takes.
    pub fn new(driver: Driver, output: Output, call: CallArguments) -> Result<Runner, Failure> {
        let interrupts = Interrupts::new().map_err(|error| Failure::local("signals", error))?;
        Ok(Runner {
            driver,
            output,
            call,
            interrupts: tokio::sync::Mutex::new(interrupts),
        })
    }

    pub fn driver(&self) -> &Driver {
        &self.driver
    }

    pub async fn log_out(&self) {
        self.driver.log_out(LOG_OUT).await;
    }

    /// Prints a result.
    pub fn show(
        &self,
        value: &impl Serialize,
        for_people: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        self.output.show(value, for_people)
    }

    /// Runs an operation that changes nothing, and prints its result.
    pub async fn read<O: Operation>(
        &self,
        operation: O,
        for_people: impl FnOnce(&O::Output) -> String,
    ) -> Result<(), Failure> {
        let result = self.run(operation).await?;
        self.show(&result, || for_people(&result))
    }

    /// Runs an operation that changes something, and prints its result. With `--dry-run` it prints
    /// the plan, such as `create volume a`, and returns `None`.
    pub async fn change<O: Operation>(
        &self,
        plan: &str,
        operation: O,
        for_people: impl FnOnce(&O::Output) -> String,
    ) -> Result<Option<O::Output>, Failure> {
        if self.is_dry(plan)? {
            return Ok(None);
        }
        let result = self.run(operation).await?;
        self.show(&result, || for_people(&result))?;
        Ok(Some(result))
    }

    /// The same after a question, for a change that loses something.
    pub async fn confirmed_change<O: Operation>(
        &self,
        plan: &str,
        question: &str,
        operation: O,
        for_people: impl FnOnce(&O::Output) -> String,
    ) -> Result<Option<O::Output>, Failure> {
        if self.is_dry(plan)? {
            return Ok(None);
        }
        self.confirm(question)?;
        self.change(plan, operation, for_people).await
    }

    /// Whether a change is only to be described, as `--dry-run` asks. `plan` is the change as text,
    /// such as `create volume a`.
    pub fn is_dry(&self, plan: &str) -> Result<bool, Failure> {
        self.is_dry_in(&self.driver.config().project, plan)
    }

    /// The same for a change in another project than that of the volumes.
    pub fn is_dry_in(&self, project: &str, plan: &str) -> Result<bool, Failure> {
        if !self.call.dry_run {
            return Ok(false);
        }
        let config = self.driver.config();
        let plan = Plan {
            would: plan,
            appliance: &config.appliance.host,
            pool: &config.pool,
            project,
        };
        self.output.show(&plan, || {
            format!(
                "would {plan} in project {project} of pool {pool} on {appliance}; nothing was \
                 changed",
                plan = plan.would,
                project = plan.project,
                pool = plan.pool,
                appliance = plan.appliance,
            )
        })?;
        Ok(true)
    }

    /// Asks before something is lost; an answer of no is a failure.
    pub fn confirm(&self, question: &str) -> Result<(), Failure> {
        match self.asks(question)? {
            true => Ok(()),
            false => Err(Failure::Local("nothing was changed".to_owned())),
        }
    }

    /// Asks a question. Without a terminal there is no answer, so `--yes` is needed.
    pub fn asks(&self, question: &str) -> Result<bool, Failure> {
        if self.call.yes {
            return Ok(true);
        }
        if !std::io::stdin().is_terminal() {
            return Err(Failure::usage(format!(
                "{question} There is no terminal to answer: give --yes"
            )));
        }
        Ok(dialoguer::Confirm::new()
            .with_prompt(question)
            .default(false)
            .interact()?)
    }

    /// Runs an operation. Ctrl-C cancels it: the steps that were made are rolled back.
    pub async fn run<O: Operation>(&self, operation: O) -> Result<O::Output, Failure> {
        let traceparent = self.call.traceparent.as_deref();
        let traceparent = traceparent.filter(|text| !text.is_empty());
        let cancel = CancellationToken::new();
        let bar = progress_bar();
        let call = Call {
            timeout: match self.call.timeout {
                Some(seconds) => Timeout::After(Duration::from_secs(seconds)),
                None => Timeout::Configured,
            },
            cancel: cancel.clone(),
            operation_id: self.call.operation_id.clone(),
            progress: reported_on(bar.clone()),
            traceparent: traceparent.map(str::parse).transpose()?,
        };
        let scope = self.driver.scope(call);
        let run = self.driver.run(operation, &scope);
        let said = [
            "cancelled; rolling back",
            "still rolling back; if this process is killed, run `zfssa recover`",
        ];
        let done = self.until_done(run, &cancel, &bar, said).await;
        bar.finish_and_clear();
        Ok(done?)
    }

    /// Waits for the end of some work, which Ctrl-C cancels by the token. `said` is printed at the
    /// first and at each further Ctrl-C.
    async fn until_done<T>(
        &self,
        work: impl Future<Output = T>,
        cancel: &CancellationToken,
        bar: &ProgressBar,
        said: [&str; 2],
    ) -> T {
        tokio::pin!(work);
        let mut interrupts = self.interrupts.lock().await;
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = interrupts.next() => {
                    let said = said[usize::from(cancel.is_cancelled())];
                    bar.suspend(|| eprintln!("zfssa: {said}"));
                    cancel.cancel();
                }
            }
        }
    }

    /// Runs work of several steps. It gets a token that Ctrl-C cancels, and a function that shows
    /// the present step; it must end with the removal of what it created.
    pub async fn run_steps<T>(
        &self,
        said: [&str; 2],
        work: impl AsyncFnOnce(CancellationToken, &dyn Fn(&str, usize, usize)) -> T,
    ) -> T {
        let cancel = CancellationToken::new();
        let bar = progress_bar();
        let step = |name: &str, done: usize, total: usize| {
            bar.set_message(name.to_owned());
            bar.set_length(total.max(1) as u64);
            bar.set_position(done as u64);
        };
        let work = work(cancel.clone(), &step);
        let done = self.until_done(work, &cancel, &bar, said).await;
        bar.finish_and_clear();
        done
    }

    /// Id of the operation, if the command line has one.
    pub fn operation_id(&self) -> Option<&str> {
        self.call.operation_id.as_deref()
    }

    /// Time limit of the operation, if the command line has one.
    pub fn timeout(&self) -> Option<Duration> {
        self.call.timeout.map(Duration::from_secs)
    }
}

/// A change that `--dry-run` describes.
#[derive(Serialize)]
struct Plan<'a> {
    would: &'a str,
    appliance: &'a str,
    pool: &'a str,
    project: &'a str,
}

/// A bar on standard error, invisible where that is no terminal.
fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {wide_bar} {percent}%") {
        bar.set_style(style);
    }
    bar
}

fn reported_on(bar: ProgressBar) -> Progress {
    Progress::told_to(move |step: &ProgressStep| {
        bar.set_message(step.name.clone());
        bar.set_length(step.total.max(1));
        bar.set_position(step.done);
    })
}
