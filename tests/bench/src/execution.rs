//! How long the kernels run, and the way from guest to host and back.

use crate::engines::{Instance, Peer, host_function};
use crate::measure::{Lane, interleave, time};
use crate::module;
use crate::options::Options;
use crate::programs::PROGRAMS;
use crate::table::{Table, Unit};
use crate::{Result, progress};

/// Times every kernel on every engine.
pub(crate) fn kernels(peers: &[&Peer], options: &Options) -> Result<Table> {
    let mut table = Table::new(
        "Execution",
        "One call of run(n): the median of all rounds, and its ratio to wasmi's.",
        Unit::Milliseconds,
        names(peers),
        "wasmi",
    );
    for program in PROGRAMS.iter().filter(|program| options.wants(program.name)) {
        progress(&format!("execution: {}", program.name));
        let n = program.n(options.quick);
        let wasm = program.wasm()?;
        let mut checksum = None;
        let mut instances = Vec::new();
        for peer in peers {
            let first = start(peer, &wasm).and_then(|mut instance| {
                let sum = instance.run(n)?;
                Ok((instance, sum))
            });
            instances.push(match first {
                Ok((_, sum)) if *checksum.get_or_insert(sum) != sum => {
                    return Err(format!(
                        "{} disagrees on {}: {sum}, not {checksum:?}",
                        peer.name, program.name
                    )
                    .into());
                }
                Ok((instance, _)) => Ok(instance),
                Err(error) => Err(error),
            });
        }
        let lanes = instances.into_iter().map(|instance| Some(lane(instance, n, checksum))).collect();
        table.push_times(program.name, format!("n = {n}"), 1, interleave(options.rounds(), lanes));
    }
    Ok(table)
}

/// A lane that runs an instance and checks its sum; of an engine that failed, one that fails.
pub(crate) fn lane<'a>(instance: Result<Box<dyn Instance>>, n: i32, checksum: Option<i64>) -> Lane<'a> {
    match instance {
        Ok(mut instance) => Box::new(move || {
            let mut sum = 0;
            let taken = time(|| {
                sum = instance.run(n)?;
                Ok(())
            })?;
            if Some(sum) != checksum {
                return Err(format!("the sum changed from {checksum:?} to {sum}").into());
            }
            Ok(taken)
        }),
        Err(error) => {
            let text = error.to_string();
            Box::new(move || Err(text.clone().into()))
        }
    }
}

/// Times calls from the guest to a typed closure of the host, and typed calls from the host to the guest.
pub(crate) fn calls(peers: &[&Peer], options: &Options) -> Result<Table> {
    let mut table = Table::new(
        "Host calls",
        "One call of a function i32 -> i32 and its return, in a loop.",
        Unit::Nanoseconds,
        names(peers),
        "wasmi",
    );
    let wasm = module::calls()?;
    let count: u32 = if options.quick { 100_000 } else { 1_000_000 };
    let guest_to_host = peers.iter().map(|peer| {
        let expected = (0..count).fold(0, |x, _| host_function(x));
        lane(start(peer, &wasm), count as i32, Some(i64::from(expected)))
    });
    let host_to_guest = peers.iter().map(|peer| -> Lane<'_> {
        let mut instance = start(peer, &wasm);
        Box::new(move || match &mut instance {
            Ok(instance) => time(|| instance.step(count)),
            Err(error) => Err(error.to_string().into()),
        })
    });
    let detail = format!("{count} calls");
    progress("calls");
    let times = interleave(options.rounds(), guest_to_host.map(Some).collect());
    table.push_times("guest to host", detail.clone(), count, times);
    let times = interleave(options.rounds(), host_to_guest.map(Some).collect());
    table.push_times("host to guest", detail, count, times);
    Ok(table)
}

pub(crate) fn start(peer: &Peer, wasm: &module::Wasm) -> Result<Box<dyn Instance>> {
    (peer.open)(peer.modes[0])?.load(wasm)?.instantiate()
}

pub(crate) fn names(peers: &[&Peer]) -> Vec<String> {
    peers.iter().map(|peer| peer.name.to_owned()).collect()
}
