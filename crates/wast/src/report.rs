//! What came of a script.

use std::fmt;

/// What came of a script: the number of directives that held, and what was wrong with the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScriptReport {
    /// The name that the script was run under.
    pub name: String,
    /// How many directives held.
    pub passed: usize,
    /// The directives that did not hold.
    pub failures: Vec<Failure>,
    /// How many directives were not carried out, because one before them panicked.
    pub skipped: usize,
    /// Could the script be parsed? If not, the one failure says why.
    pub parsed: bool,
    /// What `assert_return` found, one after the other, floats and vectors with their bits; empty unless it was to be
    /// kept.
    pub results: Vec<String>,
}

impl ScriptReport {
    /// The report of a script that did not come to its end, for a reason that has no place in it.
    pub fn failed(name: &str, directive: &'static str, message: String) -> Self {
        Self {
            name: name.to_owned(),
            failures: vec![Failure { line: 0, column: 0, directive, message }],
            ..Self::default()
        }
    }

    /// Did every directive hold?
    pub fn is_success(&self) -> bool {
        self.parsed && self.failures.is_empty() && self.skipped == 0
    }
}

/// `passed`, `failed` and `skipped` as the runners print them.
pub fn count_directives(passed: usize, failed: usize, skipped: usize) -> String {
    format!("{passed} passed, {failed} failed, {skipped} skipped")
}

impl fmt::Display for ScriptReport {
    /// A line with the counts, and one for each failure.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = count_directives(self.passed, self.failures.len(), self.skipped);
        write!(f, "{}: {counts}", self.name)?;
        for failure in &self.failures {
            write!(f, "\n    {}:{failure}", self.name)?;
        }
        Ok(())
    }
}

/// A directive that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The line in the script, from 1; 0 if the failure has no place in it.
    pub line: usize,
    /// The column in that line, from 1.
    pub column: usize,
    /// Which kind of directive, for example `assert_return`.
    pub directive: &'static str,
    /// What was expected, and what was found.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.line, self.column, self.directive, self.message)
    }
}
