//! Which scripts are expected to fail.

use serde::Deserialize;
use std::collections::BTreeMap;
use terrane_wast::ScriptReport;

/// The scripts that are expected to fail, and why: what stands in `expected.toml`.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    reasons: BTreeMap<String, String>,
}

/// The file: scripts, grouped by the reason for which they fail.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    expected: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    reason: String,
    scripts: Vec<String>,
}

/// Whether a script did what is expected of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It passed, as every script is to.
    Passed,
    /// It failed, as expected, for that reason.
    FailedAsExpected(String),
    /// It failed.
    Failed,
    /// It passed, although it is expected to fail, for that reason.
    PassedUnexpectedly(String),
}

impl Verdict {
    /// Is it as it should be?
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Passed | Self::FailedAsExpected(_))
    }
}

impl Expectations {
    /// What `expected.toml` says.
    ///
    /// # Errors
    /// If it is not of the right form; if a reason is missing; if a script stands there twice.
    pub fn load() -> Result<Self, String> {
        Self::parse(include_str!("../expected.toml")).map_err(|error| format!("expected.toml: {error}"))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut reasons = BTreeMap::new();
        for group in file.expected {
            if group.reason.trim().is_empty() {
                return Err(format!("no reason is given for {}", group.scripts.join(", ")));
            }
            for script in group.scripts {
                if let Some(other) = reasons.insert(script.clone(), group.reason.clone()) {
                    return Err(format!("{script} stands there twice: {other}, and {}", group.reason));
                }
            }
        }
        Ok(Self { reasons })
    }

    /// Why a script is expected to fail, if it is.
    pub fn reason(&self, script: &str) -> Option<&str> {
        self.reasons.get(script).map(String::as_str)
    }

    /// Whether a script did what is expected of it. One that cannot even be parsed never did.
    pub fn judge(&self, report: &ScriptReport) -> Verdict {
        match (self.reason(&report.name), report.is_success()) {
            (None, true) => Verdict::Passed,
            (Some(reason), false) if report.parsed => Verdict::FailedAsExpected(reason.to_owned()),
            (_, false) => Verdict::Failed,
            (Some(reason), true) => Verdict::PassedUnexpectedly(reason.to_owned()),
        }
    }

    /// The scripts that are expected to fail and are not among `paths`.
    pub fn unknown<'a>(&'a self, paths: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
        let known: std::collections::HashSet<&str> = paths.collect();
        self.reasons.keys().map(String::as_str).filter(|script| !known.contains(script)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPECTED: &str = "[[expected]]\nreason = \"later\"\nscripts = [\"a\", \"b\"]\n";

    #[track_caller]
    fn check(name: &str, parsed: bool, skipped: usize, verdict: Verdict) {
        let report =
            ScriptReport { name: name.to_owned(), passed: 3, skipped, parsed, ..ScriptReport::default() };
        assert_eq!(Expectations::parse(EXPECTED).unwrap().judge(&report), verdict);
    }

    #[test]
    fn verdicts() {
        check("c", true, 0, Verdict::Passed);
        check("c", true, 1, Verdict::Failed);
        check("a", true, 1, Verdict::FailedAsExpected("later".to_owned()));
        check("a", true, 0, Verdict::PassedUnexpectedly("later".to_owned()));
        check("a", false, 1, Verdict::Failed);
    }

    #[test]
    fn what_is_wrong_with_the_file_is_said() {
        assert!(Expectations::parse("[[expected]]\nscripts = [\"a\"]").unwrap_err().contains("reason"));
        let empty = "[[expected]]\nreason = \"\"\nscripts = [\"a\"]";
        assert_eq!(Expectations::parse(empty).unwrap_err(), "no reason is given for a");
        let twice = format!("{EXPECTED}[[expected]]\nreason = \"never\"\nscripts = [\"b\"]");
        assert_eq!(Expectations::parse(&twice).unwrap_err(), "b stands there twice: later, and never");
        assert!(Expectations::parse("[[unexpected]]").is_err());
    }

    #[test]
    fn entries_are_about_scripts_that_there_are() {
        let scripts = crate::scripts().unwrap();
        let unknown = Expectations::load().unwrap();
        let unknown = unknown.unknown(scripts.iter().map(|script| script.path.as_str()));
        assert_eq!(unknown, Vec::<&str>::new());
    }
}
