//! Where a program spends its instructions.

use crate::failure::{Failure, report};
use inferno::flamegraph;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

/// How many instructions were executed under each stack of functions: a tree, of which a node is a stack.
pub(crate) struct Profile {
    nodes: Vec<Node>,
    current: usize,
    /// How many functions are under way.
    depth: usize,
}

/// So many functions of a stack are told apart: what is deeper counts for the last of them. Runaway recursion would
/// make lines whose lengths add up to the square of its depth.
const DEEPEST: usize = 500;

/// A function, called by the functions above it.
struct Node {
    name: Arc<str>,
    caller: usize,
    callees: HashMap<Arc<str>, usize>,
    /// Instructions of this function itself.
    count: u64,
}

impl Node {
    fn new(name: Arc<str>, caller: usize) -> Self {
        Self { name, caller, callees: HashMap::new(), count: 0 }
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self { nodes: vec![Node::new("".into(), 0)], current: 0, depth: 0 }
    }
}

impl Profile {
    /// An instruction is executed.
    pub(crate) fn count(&mut self) {
        self.nodes[self.current].count += 1;
    }

    /// A function begins.
    pub(crate) fn enter(&mut self, name: Arc<str>) {
        self.depth += 1;
        if self.depth > DEEPEST {
            return;
        }
        let (caller, next) = (self.current, self.nodes.len());
        self.current = *self.nodes[caller].callees.entry(name.clone()).or_insert(next);
        if self.current == next {
            self.nodes.push(Node::new(name, caller));
        }
    }

    /// The innermost function ends.
    pub(crate) fn leave(&mut self) {
        if self.depth <= DEEPEST {
            self.current = self.nodes[self.current].caller;
        }
        self.depth -= 1;
    }

    /// A line for each stack: functions with semicolons between them, outermost first, and how many instructions.
    fn folded(&self) -> Vec<String> {
        let counted = (1..self.nodes.len()).filter(|i| self.nodes[*i].count > 0);
        let mut lines: Vec<_> =
            counted.map(|i| format!("{} {}", self.stack(i), self.nodes[i].count)).collect();
        lines.sort_unstable();
        lines
    }

    fn stack(&self, mut i: usize) -> String {
        let mut names = Vec::new();
        while i != 0 {
            // Semicolons and line ends are the format's own.
            names.push(self.nodes[i].name.replace([';', '\n', '\r'], "_"));
            i = self.nodes[i].caller;
        }
        names.reverse();
        names.join(";")
    }
}

/// Where a profile goes to.
#[derive(Clone)]
pub(crate) struct Output {
    file: PathBuf,
    format: Format,
}

#[derive(Clone, Copy)]
enum Format {
    /// A flame graph.
    Svg,
    Folded,
}

impl Output {
    /// The argument of `--profile`.
    pub(crate) fn parse(arg: &str) -> Result<Self, String> {
        let file = PathBuf::from(arg);
        let format = match file.extension().and_then(|extension| extension.to_str()) {
            Some("svg") => Format::Svg,
            Some("folded") => Format::Folded,
            _ => return Err("expected a name that ends in .svg or .folded".to_owned()),
        };
        Ok(Self { file, format })
    }

    /// Writes the profile.
    pub(crate) fn write(&self, profile: &Profile) -> Result<(), Failure> {
        let lines = profile.folded();
        let bytes = match self.format {
            Format::Folded => lines.iter().fold(String::new(), |mut text, line| {
                writeln!(text, "{line}").expect("a string takes all");
                text
            }),
            Format::Svg if lines.is_empty() => {
                report("note: no instruction was executed, so there is no flame graph");
                return Ok(());
            }
            Format::Svg => flame_graph(&lines).map_err(|error| self.failed(&*error))?,
        };
        fs::write(&self.file, bytes).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &dyn std::error::Error) -> Failure {
        Failure::Usage(format!("{}: the profile cannot be written: {error}", self.file.display()))
    }
}

fn flame_graph(lines: &[String]) -> Result<String, Box<dyn std::error::Error>> {
    let mut options = flamegraph::Options::default();
    options.count_name = "instructions".to_owned();
    options.title = "Instructions executed".to_owned();
    // Colours by the names, and so the same with every run.
    options.hash = true;
    let mut svg = Vec::new();
    flamegraph::from_lines(&mut options, lines.iter().map(String::as_str), &mut svg)?;
    Ok(String::from_utf8(svg)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_are_folded() {
        let mut profile = Profile::default();
        for name in ["main", "a;b", "main", "c"] {
            profile.enter(name.into());
            profile.count();
            if name != "main" {
                profile.leave();
                profile.count();
                profile.leave();
            }
        }
        assert_eq!(profile.folded(), ["main 4", "main;a_b 1", "main;c 1"]);
        let svg = flame_graph(&profile.folded()).unwrap();
        assert!(svg.contains("<title>main;") || svg.contains("<title>main ("), "{svg}");
        assert!(svg.contains("4 instructions") || svg.contains("6 instructions"), "{svg}");
    }

    #[test]
    fn deep_stacks_are_cut() {
        let mut profile = Profile::default();
        for _ in 0..10 * DEEPEST {
            profile.enter("f".into());
            profile.count();
        }
        for _ in 0..10 * DEEPEST - 1 {
            profile.leave();
        }
        profile.count();
        let lines = profile.folded();
        assert_eq!((lines.len(), lines[0].as_str()), (DEEPEST, "f 2"));
        assert!(lines.last().unwrap().ends_with(&format!(";f {}", 9 * DEEPEST + 1)));
    }

    #[test]
    fn the_name_says_the_format() {
        assert!(Output::parse("a/b.svg").is_ok_and(|output| matches!(output.format, Format::Svg)));
        assert!(Output::parse("b.folded").is_ok_and(|output| matches!(output.format, Format::Folded)));
        assert!(Output::parse("b.txt").is_err() && Output::parse("svg").is_err());
    }
}
