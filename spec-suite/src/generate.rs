//! Scripts too regular, or too large, to be written by hand. What they expect is computed here, not by an engine.

mod compare;
mod frames;
mod tries;

/// Why writing into a string does not fail.
const TAKES: &str = "a String takes all";

/// The generated scripts: name and text.
pub(crate) fn all() -> Vec<(String, String)> {
    let mut scripts = compare::scripts();
    scripts.push(("large_frames.wast".to_owned(), frames::script()));
    scripts.push(("many_tries.wast".to_owned(), tries::script()));
    scripts
}
