//! Runs scripts on several threads.

use std::collections::VecDeque;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{panic, thread};
use terrane_spec_suite::Script;
use terrane_wast::{RunOptions, ScriptReport};

/// Scripts run on threads with this much stack: what a program has on its first thread.
const STACK: usize = 8 << 20;

/// Runs `scripts`, `jobs` at a time, and gives what came of each, in no order.
///
/// A script that takes longer than `timeout` is reported as failed and left to itself.
pub(super) fn run(
    scripts: Vec<Script>,
    options: RunOptions,
    jobs: Option<usize>,
    timeout: Duration,
) -> Vec<(ScriptReport, Duration)> {
    // Panics of scripts are caught and reported as failures: no need to print them as well.
    panic::set_hook(Box::new(|_| {}));
    let jobs = jobs.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from)).max(1);
    let queue = Arc::new(Mutex::new(VecDeque::from(scripts)));
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(script) = pop(&queue) {
                    let ran = run_one(script, options, timeout);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push(ran);
                }
            });
        }
    });
    let _ = panic::take_hook();
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn pop(queue: &Mutex<VecDeque<Script>>) -> Option<Script> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

/// Runs a script on a thread of its own, which is left behind if it takes too long.
fn run_one(script: Script, options: RunOptions, timeout: Duration) -> (ScriptReport, Duration) {
    let started = Instant::now();
    let path = script.path.clone();
    let (sender, receiver) = mpsc::channel();
    let spawned = thread::Builder::new().stack_size(STACK).spawn(move || {
        // Nobody listens any more if it took too long.
        let _ = sender.send(script.run(&options));
    });
    let report = match spawned {
        Ok(_) => receiver.recv_timeout(timeout).unwrap_or_else(|error| {
            let message = match error {
                RecvTimeoutError::Timeout => format!("still runs after {} s", timeout.as_secs()),
                RecvTimeoutError::Disconnected => "the runner itself panicked".to_owned(),
            };
            ScriptReport::failed(&path, "script", message)
        }),
        Err(error) => ScriptReport::failed(&path, "script", format!("no thread to run it: {error}")),
    };
    (report, started.elapsed())
}
