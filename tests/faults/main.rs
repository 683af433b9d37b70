//! Faults of the appliance and of the process: at every request of an operation, and under load.

mod answers;
mod api_token;
mod deferred;
mod groups;
mod hosts;
mod image;
mod keeping;
mod kill;
mod kill_migration;
mod life;
mod matrix;
mod migration;
mod model;
mod model_hosts;
