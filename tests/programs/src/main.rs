//! Runs the programs of `programs.toml` in other engines than ours, and times engines beside each other.

// A command prints, that is what it is for.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use anyhow::Result;
use clap::Parser;
use std::process::ExitCode;
use std::time::Duration;
use terrane_programs::{CommandLine, Program, Times, check, check_and_time, programs};

/// Programs as they are found in the wild, in several engines.
///
/// An engine is NAME=COMMAND, where COMMAND is what a program's options, its file and its arguments are put behind, as for
/// `terrane run`; `engines/` has such commands for others.
#[derive(Parser)]
#[command(bin_name = "cargo xtask programs", max_term_width = 100)]
struct Options {
    /// Only programs with one of these texts in their names.
    #[arg(long, value_name = "TEXT", global = true)]
    only: Vec<String>,
    #[command(subcommand)]
    task: Task,
}

#[derive(clap::Subcommand)]
enum Task {
    /// Compares what comes out of them in an engine with what is expected.
    Check {
        /// The engine, word for word.
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Times them in several engines, in turn: the processor's seconds, medians, in all and until the first output. An
    /// engine from which comes out what is not expected gets no time.
    Times {
        /// How often each is run.
        #[arg(long, default_value_t = 3)]
        runs: usize,
        /// Leave out steps that take less than so many seconds in the first engine.
        #[arg(long, default_value_t = 0.0)]
        least: f64,
        /// The engines; the first is the one that the others are compared with.
        #[arg(required = true, value_name = "NAME=COMMAND", value_parser = engine)]
        engines: Vec<(String, CommandLine)>,
    },
}

fn engine(text: &str) -> Result<(String, CommandLine), String> {
    match text.split_once('=') {
        Some((name, command)) if !command.trim().is_empty() => {
            Ok((name.to_owned(), CommandLine::new(command.split_whitespace())))
        }
        _ => Err("expected NAME=COMMAND, for example terrane=target/release/terrane run".to_owned()),
    }
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all is as expected.
fn run(options: &Options) -> Result<bool> {
    let is_meant =
        |name: &str| options.only.is_empty() || options.only.iter().any(|part| name.contains(part.as_str()));
    let (mut chosen, mut is_good) = (Vec::new(), true);
    for program in programs()?.into_iter().filter(|program| is_meant(&program.name)) {
        match program.missing() {
            Some(file) => {
                eprintln!("{}: {file} is not in the cache: run tests/fetch.sh", program.name);
                is_good = false;
            }
            None => chosen.push(program),
        }
    }
    match &options.task {
        Task::Check { command } => {
            let engine = CommandLine::new(command);
            for program in &chosen {
                let wrong = check(program, &engine)?;
                println!("{}: {}", program.name, if wrong.is_empty() { "ok" } else { "FAILED" });
                wrong.iter().for_each(|text| println!("    {text}"));
                is_good &= wrong.is_empty();
            }
        }
        Task::Times { runs, least, engines } => {
            let names = engines.iter().map(|(name, _)| format!(" {name} | to first output | "));
            println!("| program |{}", names.collect::<String>().trim_end());
            println!("|---|{}", "---:|".repeat(2 * engines.len()));
            for program in &chosen {
                time(program, engines, *runs, Duration::from_secs_f64(*least))?;
            }
        }
    }
    Ok(is_good)
}

/// Prints a row of times for each step of a program.
fn time(program: &Program, engines: &[(String, CommandLine)], runs: usize, least: Duration) -> Result<()> {
    // By engine, then by run: the times of all steps that went well.
    let mut times: Vec<Vec<Vec<Times>>> = vec![Vec::new(); engines.len()];
    for _ in 0..runs {
        for (times, (_, engine)) in times.iter_mut().zip(engines) {
            let mut steps = Vec::new();
            let wrong = check_and_time(program, engine, &mut steps)?;
            if !wrong.is_empty() {
                steps.pop();
            }
            times.push(steps);
        }
    }
    for index in 0..program.steps.len() {
        let medians: Vec<Option<Times>> = times.iter().map(|runs| median(runs, index)).collect();
        if medians[0].is_none_or(|times| times.all < least) {
            continue;
        }
        let cells = medians.iter().map(|times| cell(*times, medians[0]));
        println!("| {} {index} |{}", program.name, cells.collect::<String>().trim_end());
    }
    Ok(())
}

/// The medians of a step's times, if it went well each time.
fn median(runs: &[Vec<Times>], step: usize) -> Option<Times> {
    let mut runs: Vec<Times> = runs.iter().map(|steps| steps.get(step).copied()).collect::<Option<_>>()?;
    runs.sort_by_key(|times| times.all);
    let all = runs[runs.len() / 2].all;
    runs.sort_by_key(|times| times.first_output);
    Some(Times { all, first_output: runs[runs.len() / 2].first_output })
}

/// Two cells: a step's times, and how the first engine's compare with them.
fn cell(times: Option<Times>, first: Option<Times>) -> String {
    let show = |time: Option<Duration>, first: Option<Duration>| match (time, first) {
        (Some(time), Some(first)) => {
            let (time, first) = (time.as_secs_f64(), first.as_secs_f64());
            format!(" {time:.3} ({:.2}) | ", first / time)
        }
        _ => " – | ".to_owned(),
    };
    show(times.map(|t| t.all), first.map(|t| t.all))
        + show(times.and_then(|t| t.first_output), first.and_then(|t| t.first_output)).trim_start()
        + " "
}
