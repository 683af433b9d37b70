//! View of an engine's log: its lines, their source, the counts, and the screen.

mod line;
pub mod screen;
pub mod source;
pub mod tally;
