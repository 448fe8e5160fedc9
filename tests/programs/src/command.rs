//! Programs that another process runs.

use crate::{Ending, Engine, Outcome, Run};
use anyhow::{Context, Result};
use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What a process ends with if its guest trapped: as if `SIGABRT` had ended it.
const TRAPPED: i32 = 128 + 6;

/// A command that takes options, a module and the module's arguments as `terrane run` does.
#[derive(Clone, Debug)]
pub struct CommandLine {
    words: Vec<String>,
}

impl CommandLine {
    /// The command of these words, of which the first is a program.
    pub fn new(words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { words: words.into_iter().map(Into::into).collect() }
    }

    fn arguments(run: &Run<'_>) -> Vec<String> {
        let Run { step, work } = run;
        let mut words = Vec::new();
        let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
        for dir in &step.dirs {
            let access = if dir.host.is_work() { "" } else { ":ro" };
            option("--dir", format!("{}::{}{access}", dir.host.path(work).display(), dir.guest));
        }
        for (name, value) in &step.env {
            option("--env", format!("{name}={value}"));
        }
        for (name, module) in &step.preload {
            option("--preload", format!("{name}={}", module.path(work).display()));
        }
        if step.allow_unknown_imports {
            words.push("--allow-unknown-imports".to_owned());
        }
        words.push(step.module.path(work).display().to_string());
        words.extend(step.args.iter().cloned());
        words
    }
}

impl Engine for CommandLine {
    fn run(&self, run: &Run<'_>) -> Result<Outcome> {
        let stdin = match &run.step.stdin {
            Some(path) => File::open(path).with_context(|| path.display().to_string())?.into(),
            None => Stdio::null(),
        };
        let began = Instant::now();
        let mut child = Command::new(&self.words[0])
            .args(&self.words[1..])
            .args(Self::arguments(run))
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("`{}` cannot be run", self.words[0]))?;
        let errors = child.stderr.take().map(|pipe| thread::spawn(move || read(pipe, began)));
        let (stdout, first_output) = child.stdout.take().map(|pipe| read(pipe, began)).transpose()?.unwrap_or_default();
        let (stderr, _) = match errors {
            Some(thread) => thread.join().expect("reading does not panic")?,
            None => Default::default(),
        };
        let ending = match child.wait()?.code() {
            Some(TRAPPED) | None => Ending::Trap,
            Some(code) => Ending::Exit(code),
        };
        Ok(Outcome { ending, stdout, stderr, first_output })
    }
}

/// All that comes through a pipe, and when the first of it came.
fn read(mut pipe: impl Read, began: Instant) -> Result<(Vec<u8>, Option<Duration>)> {
    let mut bytes = vec![0];
    let first = pipe.read(&mut bytes)?;
    let at = (first > 0).then(|| began.elapsed());
    bytes.truncate(first);
    pipe.read_to_end(&mut bytes)?;
    Ok((bytes, at))
}
