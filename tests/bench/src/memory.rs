//! What instances and loaded modules cost in memory, and instances in time.
//!
//! Resident memory is a property of a process, so each number comes from a process of its own: this program starts
//! itself with `--child`. That counts what C allocates and what is mapped, which a counting allocator would not see.

use std::process::Command;
use std::{env, fs};

use crate::engines::{Mode, Peer};
use crate::gc;
use crate::measure::{Lane, interleave, time};
use crate::module::{self, Wasm};
use crate::options::Options;
use crate::startup::wasmparser_validate;
use crate::table::{Cell, Row, Table, Unit};
use crate::{Result, progress};

/// How many instances are alive when their memory is taken.
const INSTANCES: u32 = 500;

/// The time to instantiate a loaded module, store included.
pub(crate) fn instantiation(peers: &[&Peer], options: &Options) -> Result<Table> {
    let mut table = Table::new(
        "Instantiation",
        "A store and an instance of a module that is loaded already, and their end.",
        Unit::Microseconds,
        peers.iter().map(|peer| peer.name.to_owned()).collect(),
        "wasmi",
    );
    if peers.iter().any(|peer| peer.name == "wasm3") {
        table.notes.push("wasm3 parses and compiles the module again for each instance".to_owned());
    }
    let repeats: u32 = if options.quick { 20 } else { 200 };
    for wasm in module::small()?.into_iter().chain([module::calls()?, module::suite()?]) {
        progress(&format!("instantiation: {}", wasm.name));
        let mut lanes: Vec<Option<Lane<'_>>> = Vec::new();
        for peer in peers {
            let engine = (peer.open)(peer.modes[0])?;
            let loaded = engine.load(&wasm)?;
            lanes.push(Some(Box::new(move || {
                // The engine must outlive its module.
                let _ = &engine;
                time(|| (0..repeats).try_for_each(|_| loaded.instantiate().map(drop)))
            })));
        }
        table.push_times(&wasm.name, wasm.size(), repeats, interleave(options.rounds(), lanes));
    }
    Ok(table)
}

/// Resident memory for each live instance.
pub(crate) fn instances(peers: &[&Peer]) -> Result<Table> {
    let mut table = Table::new(
        "Memory of an instance",
        "Resident memory for each of 500 live instances, each in a store of its own; run was called once in each.",
        Unit::Kibibytes,
        peers.iter().map(|peer| peer.name.to_owned()).collect(),
        "wasmi",
    );
    progress("memory of an instance");
    let mut cells = Vec::new();
    for peer in peers {
        cells.push(asked(&mut table, peer.name, "calls", &["instances", peer.name])?);
    }
    table.rows.push(Row { name: "calls".to_owned(), detail: "1 page".to_owned(), cells });
    Ok(table)
}

/// Peak resident memory while validating and while loading large modules.
pub(crate) fn loading(peers: &[&Peer], options: &Options) -> Result<Table> {
    let (mut modules, note) = module::real()?;
    modules.retain(|wasm| options.wants(&wasm.name) && !options.quick);
    let mut columns = vec!["wasmparser".to_owned()];
    columns.extend(peers.iter().map(|peer| peer.name.to_owned()));
    let mut table = Table::new(
        "Memory of a large module",
        "Peak of resident memory over what the process had before, which includes the module's bytes.",
        Unit::Mebibytes,
        columns,
        "wasmi",
    );
    for wasm in &modules {
        load_rows(&mut table, wasm, peers)?;
    }
    table.notes.extend(note);
    Ok(table.without_empty_columns())
}

fn load_rows(table: &mut Table, wasm: &Wasm, peers: &[&Peer]) -> Result<()> {
    progress(&format!("memory: {}", wasm.name));
    let mut validated =
        vec![asked(table, "wasmparser", &wasm.name, &["validate", "wasmparser", &wasm.name])?];
    for peer in peers {
        validated.push(match peer.validate {
            Some(_) => asked(table, peer.name, &wasm.name, &["validate", peer.name, &wasm.name])?,
            None => None,
        });
    }
    table.rows.push(Row { name: format!("{}, validated", wasm.name), detail: wasm.size(), cells: validated });
    for mode in Mode::ALL {
        let mut cells = vec![None];
        for peer in peers {
            let compiles = matches!(peer.name, "pulley" | "cranelift");
            cells.push(if peer.modes.contains(&mode) && !compiles {
                asked(table, peer.name, &wasm.name, &["load", peer.name, &wasm.name, mode.name()])?
            } else {
                None
            });
        }
        table.rows.push(Row { name: format!("{}, {}", wasm.name, mode.name()), detail: wasm.size(), cells });
    }
    Ok(())
}

/// Starts this program again to do one thing, and reads the bytes it needed. A failure becomes a note.
pub(crate) fn asked(table: &mut Table, engine: &str, name: &str, task: &[&str]) -> Result<Option<Cell>> {
    let output = Command::new(env::current_exe()?).arg("--child").args(task).output()?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let scale = if table.unit == Unit::Kibibytes { 1024.0 } else { 1024.0 * 1024.0 };
    match stdout.trim().parse::<f64>() {
        Ok(bytes) if output.status.success() => Ok(Some(Cell { value: bytes / scale, samples: Vec::new() })),
        _ => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            table.notes.push(format!(
                "{engine} cannot do {name}: {}",
                stderr.lines().next().unwrap_or("it crashed")
            ));
            Ok(None)
        }
    }
}

/// The other side of [`asked`]: does the task and returns the bytes.
pub(crate) fn child(peers: &[Peer], task: &[String]) -> Result<u64> {
    let task: Vec<&str> = task.iter().map(String::as_str).collect();
    let peer = |name: &str| peers.iter().find(|peer| peer.name == name).ok_or("no engine of that name");
    match task[..] {
        ["instances", name] => bytes_per_instance(peer(name)?),
        ["validate", "wasmparser", module] => {
            let wasm = module::by_name(module)?;
            peak_of(|| wasmparser_validate(&wasm.bytes))
        }
        ["validate", name, module] => {
            let wasm = module::by_name(module)?;
            let validate = peer(name)?.validate.ok_or("it cannot only validate")?;
            peak_of(|| validate(&wasm.bytes))
        }
        ["load", name, module, mode] => {
            let wasm = module::by_name(module)?;
            let engine = (peer(name)?.open)(Mode::by_name(mode).ok_or("no mode of that name")?)?;
            peak_of(|| {
                let module = engine.load(&wasm)?;
                let instance = module.instantiate()?;
                Ok((instance, module))
            })
        }
        ["gc", name, program, n] => gc::peak(peer(name)?, program, n),
        _ => Err("no such task".into()),
    }
}

fn bytes_per_instance(peer: &Peer) -> Result<u64> {
    let wasm = module::calls()?;
    let engine = (peer.open)(peer.modes[0])?;
    let module = engine.load(&wasm)?;
    // The first pays for what all share.
    let mut alive = vec![module.instantiate()?];
    alive[0].run(1)?;
    let before = status("VmRSS:")?;
    for _ in 0..INSTANCES {
        let mut instance = module.instantiate()?;
        instance.run(1)?;
        alive.push(instance);
    }
    let after = status("VmRSS:")?;
    drop(alive);
    Ok(after.saturating_sub(before) / u64::from(INSTANCES))
}

/// How far resident memory rises above its present height while `f` runs.
pub(crate) fn peak_of<T>(f: impl FnOnce() -> Result<T>) -> Result<u64> {
    // Forgets the peak so far; where that is refused, the peak was hardly above the present height anyway.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let before = status("VmRSS:")?;
    let result = f()?;
    let peak = status("VmHWM:")?;
    drop(result);
    Ok(peak.saturating_sub(before))
}

/// A line of `/proc/self/status`, in bytes.
fn status(key: &str) -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")
        .map_err(|e| format!("memory is measured on Linux only: {e}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(key)).ok_or("the kernel does not say")?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes * 1024)
}
