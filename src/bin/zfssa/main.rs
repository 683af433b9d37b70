//! The command `zfssa`: a backend's set-up, check and daily operation from a terminal.

#![deny(unsafe_code)]

mod arguments;
mod backend;
mod commands;
mod exit;
mod form;
mod init;
mod interrupts;
mod log_lines;
mod output;
mod record;
mod run;
mod verify;
mod watch;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::prelude::*;

use arguments::{Arguments, Command};
use exit::Failure;
use run::Runner;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let is_for_people = arguments.output().is_for_people();
    if arguments.verbose {
        show_requests(is_for_people);
    }
    match dispatch(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(is_for_people),
    }
}

/// Prints the engine's events on standard error: as text for people, otherwise as lines of JSON.
/// They hold no secret.
fn show_requests(is_for_people: bool) {
    if !is_for_people {
        // Fails only where a subscriber is set already, of which there is none.
        let _ = tracing::dispatcher::set_global_default(log_lines::subscriber());
        return;
    }
    let engine = Targets::new().with_target("zfssa", LevelFilter::DEBUG);
    let lines = tracing_subscriber::fmt::layer()
        .with_target(false)
        .with_writer(std::io::stderr);
    tracing_subscriber::registry()
        .with(lines.with_filter(engine))
        .init();
}

fn dispatch(arguments: Arguments) -> Result<(), Failure> {
    let output = arguments.output();
    match arguments.command {
        Command::Completion { shell } => {
            let mut command = Arguments::command();
            clap_complete::generate(shell, &mut command, "zfssa", &mut std::io::stdout());
            Ok(())
        }
        Command::Man { directory } => clap_mangen::generate_to(Arguments::command(), &directory)
            .map_err(|error| Failure::local(directory.display(), error)),
        Command::Verify(verify) if verify.lists() => verify.list(&output),
        Command::Options { name } => commands::backend::options(name.as_deref(), &output),
        Command::Record(record) => runtime()?.block_on(record.run(&arguments.backend, &output)),
        Command::Watch(watch) => runtime()?.block_on(watch.run(&output)),
        Command::Init(init) => runtime()?.block_on(init.run(&arguments.backend, &output)),
        command => {
            // Questions are asked before the runtime handles signals, so that Ctrl-C ends them.
            let driver = arguments.backend.driver()?;
            let token_password = match &command {
                Command::Token { .. } => arguments.backend.password_for_token(&driver)?,
                _ => zfssa::secret::Secret::default(),
            };
            runtime()?.block_on(async {
                let runner = Runner::new(driver, output, arguments.call)?;
                let done = match command {
                    Command::Token { command } => command.run(&runner, token_password).await,
                    command => run_on_backend(command, &runner).await,
                };
                runner.log_out().await;
                done
            })
        }
    }
}

async fn run_on_backend(command: Command, runner: &Runner) -> Result<(), Failure> {
    match command {
        Command::Certificate => commands::backend::certificate(runner).await,
        Command::Setup => commands::backend::setup(runner).await,
        Command::Check => commands::backend::check(runner).await,
        Command::Stats => commands::backend::stats(runner).await,
        Command::Volume { command } => command.run(runner).await,
        Command::Snapshot { command } => command.run(runner).await,
        Command::Group { command } => command.run(runner).await,
        Command::Migrate(migrate) => migrate.run(runner).await,
        Command::Audit(audit) => audit.run(runner).await,
        Command::Recover(recover) => recover.run(runner).await,
        Command::Verify(verify) => verify.run(runner).await,
        Command::Cinder { command } => command.run(runner).await,
        Command::Completion { .. }
        | Command::Man { .. }
        | Command::Options { .. }
        | Command::Init(_)
        | Command::Watch(_)
        | Command::Record(_)
        | Command::Token { .. } => unreachable!("dispatch runs these"),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| Failure::local("the runtime", error))
}
