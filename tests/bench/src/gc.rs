//! Programs that allocate: how long an allocation takes, all that the program does with the object and its collection
//! included, and how much memory the process needs at most.

use crate::engines::Peer;
use crate::execution::{lane, names, start};
use crate::measure::interleave;
use crate::memory::{asked, peak_of};
use crate::options::Options;
use crate::programs::{GC_PROGRAMS, Program};
use crate::table::{Row, Table, Unit};
use crate::{Result, progress};

/// The engines that have garbage collection.
const ENGINES: &[&str] = &["terrane", "pulley", "cranelift"];

fn collectors<'a>(peers: &[&'a Peer]) -> Vec<&'a Peer> {
    peers.iter().copied().filter(|peer| ENGINES.contains(&peer.name)).collect()
}

/// Times every program that allocates.
pub(crate) fn times(peers: &[&Peer], options: &Options) -> Result<Table> {
    let peers = collectors(peers);
    let about = "One allocation, with what the program does with the object, and collections.";
    let mut table = Table::new("Garbage collection", about, Unit::Nanoseconds, names(&peers), "pulley");
    for program in GC_PROGRAMS.iter().filter(|program| options.wants(program.name)) {
        progress(&format!("garbage collection: {}", program.name));
        let (n, wasm) = (program.n(options.quick), program.wasm()?);
        let Some(first) = peers.first() else { continue };
        let sum = start(first, &wasm)?.run(n)?;
        let lanes = peers.iter().map(|peer| Some(lane(start(peer, &wasm), n, Some(sum)))).collect();
        let count = allocations(program, n, sum);
        let times = interleave(options.rounds(), lanes);
        table.push_times(program.name, format!("{count} objects"), count, times);
    }
    Ok(table)
}

/// How many objects a run makes.
fn allocations(program: &Program, n: i32, sum: i64) -> u32 {
    // The sum of the trees is the count of their nodes; the list has one more element than it is told to make.
    let count = if program.name == "binary_trees" { sum } else { i64::from(n) + 1 };
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The peak of resident memory while every program runs once.
pub(crate) fn memory(peers: &[&Peer], options: &Options) -> Result<Table> {
    let peers = collectors(peers);
    let about = "Peak of resident memory over what the process had before, while the program runs once.";
    let mut table =
        Table::new("Memory of garbage collection", about, Unit::Mebibytes, names(&peers), "pulley");
    for program in GC_PROGRAMS.iter().filter(|program| options.wants(program.name)) {
        progress(&format!("memory of garbage collection: {}", program.name));
        let n = program.n(options.quick).to_string();
        let cells = peers
            .iter()
            .map(|peer| asked(&mut table, peer.name, program.name, &["gc", peer.name, program.name, &n]))
            .collect::<Result<_>>()?;
        table.rows.push(Row { name: program.name.to_owned(), detail: format!("n = {n}"), cells });
    }
    Ok(table)
}

/// What a process of its own does for [`memory`].
pub(crate) fn peak(peer: &Peer, program: &str, n: &str) -> Result<u64> {
    let program = GC_PROGRAMS.iter().find(|known| known.name == program).ok_or("no program of that name")?;
    let mut instance = start(peer, &program.wasm()?)?;
    let n = n.parse()?;
    peak_of(|| instance.run(n))
}
