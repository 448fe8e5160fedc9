//! Programs that another process runs.

use crate::{Ending, Engine, Outcome, Run, Times, cpu};
use anyhow::{Context, Result};
use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;

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
        let began = cpu::Began::now();
        let mut child = Command::new(&self.words[0])
            .args(&self.words[1..])
            .args(Self::arguments(run))
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("`{}` cannot be run", self.words[0]))?;
        let (output, errors) = (child.stdout.take(), child.stderr.take());
        let errors = thread::spawn(move || read(errors, || ()));
        let (stdout, first_output) = read(output, || began.until_now(&child))?;
        let (stderr, _) = errors.join().expect("reading does not panic")?;
        let ending = match child.wait()?.code() {
            Some(TRAPPED) | None => Ending::Trap,
            Some(code) => Ending::Exit(code),
        };
        Ok(Outcome { ending, stdout, stderr, times: Times { first_output, all: began.until_ended() } })
    }
}

/// All that comes through a pipe, and what `first` said when the first of it came.
fn read<T>(pipe: Option<impl Read>, first: impl FnOnce() -> T) -> Result<(Vec<u8>, Option<T>)> {
    let mut pipe = pipe.expect("it was asked for");
    let mut bytes = vec![0];
    let count = pipe.read(&mut bytes)?;
    let at = (count > 0).then(first);
    bytes.truncate(count);
    pipe.read_to_end(&mut bytes)?;
    Ok((bytes, at))
}
