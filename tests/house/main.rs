//! Rules for the source text of the project.

mod discipline;
mod layers;
mod words;
