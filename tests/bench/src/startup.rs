//! From bytes to an instance, in each mode; decoding and validation alone.

use wasmparser::{Validator, WasmFeatures};

use crate::engines::{Mode, Peer};
use crate::measure::{Lane, interleave, time};
use crate::module::{self, Wasm};
use crate::options::Options;
use crate::table::{Table, Unit, throughput};
use crate::{Result, progress};

/// wasmtime's compiler takes minutes for larger modules: it compiles them only with `--slow`.
const COMPILERS_LIMIT: usize = 5_000_000;

/// The modules to start, and what to say of those that are missing.
fn modules(options: &Options) -> Result<(Vec<Wasm>, Option<String>)> {
    let (real, note) = module::real()?;
    let mut modules = vec![module::suite()?];
    modules.extend(real);
    modules
        .retain(|wasm| options.wants(&wasm.name) && !(options.quick && wasm.bytes.len() > COMPILERS_LIMIT));
    Ok((modules, note))
}

/// A table for each mode, and the throughput of the eager one.
pub(crate) fn startup(peers: &[&Peer], options: &Options) -> Result<Vec<Table>> {
    let (modules, note) = modules(options)?;
    let mut tables = Vec::new();
    for mode in Mode::ALL {
        let mut table = Table::new(
            &format!("Start-up, {}", mode.name()),
            "Bytes to instance in an engine that is there already; the median of all rounds, and its ratio to wasmi's.",
            Unit::Milliseconds,
            peers.iter().map(|peer| peer.name.to_owned()).collect(),
            "wasmi",
        );
        for wasm in &modules {
            progress(&format!("start-up, {}: {}", mode.name(), wasm.name));
            let lanes =
                peers.iter().map(|peer| start_lane(peer, mode, wasm, options)).collect::<Result<_>>()?;
            table.push_times(&wasm.name, wasm.size(), 1, interleave(options.rounds(), lanes));
        }
        table.notes.extend(note.clone());
        if modules.iter().any(|wasm| wasm.bytes.len() > COMPILERS_LIMIT)
            && !options.slow
            && mode == Mode::Eager
        {
            table.notes.push("pulley and cranelift compile modules above 5 MB only with --slow".to_owned());
        }
        let table = table.without_empty_columns();
        if mode == Mode::Eager {
            let sizes: Vec<usize> = modules.iter().map(|wasm| wasm.bytes.len()).collect();
            tables.push(throughput(&table, &sizes));
            tables.insert(0, table);
        } else {
            tables.push(table);
        }
    }
    Ok(tables)
}

fn start_lane<'a>(peer: &Peer, mode: Mode, wasm: &'a Wasm, options: &Options) -> Result<Option<Lane<'a>>> {
    let compiles = matches!(peer.name, "pulley" | "cranelift");
    if !peer.modes.contains(&mode) || compiles && wasm.bytes.len() > COMPILERS_LIMIT && !options.slow {
        return Ok(None);
    }
    let open = peer.open;
    Ok(Some(Box::new(move || {
        // A fresh engine each time, since some keep what they compiled for as long as they live.
        let engine = open(mode)?;
        time(|| {
            let module = engine.load(wasm)?;
            let instance = module.instantiate()?;
            Ok((instance, module))
        })
    })))
}

/// Decoding and validating without compiling, beside wasmparser's validator on one thread.
pub(crate) fn validation(peers: &[&Peer], options: &Options) -> Result<Vec<Table>> {
    let (modules, note) = modules(options)?;
    let mut columns = vec!["wasmparser".to_owned()];
    columns.extend(peers.iter().filter(|peer| peer.validate.is_some()).map(|peer| peer.name.to_owned()));
    let mut table = Table::new(
        "Decode and validate",
        "Bytes to a verdict, nothing kept, on one thread; the median of all rounds, and its ratio to wasmparser's.",
        Unit::Milliseconds,
        columns,
        "wasmparser",
    );
    for wasm in &modules {
        progress(&format!("validation: {}", wasm.name));
        let mut lanes: Vec<Option<Lane<'_>>> =
            vec![Some(Box::new(|| time(|| wasmparser_validate(&wasm.bytes))))];
        for validate in peers.iter().filter_map(|peer| peer.validate) {
            lanes.push(Some(Box::new(move || time(|| validate(&wasm.bytes)))));
        }
        table.push_times(&wasm.name, wasm.size(), 1, interleave(options.rounds(), lanes));
    }
    table.notes.extend(note);
    let sizes: Vec<usize> = modules.iter().map(|wasm| wasm.bytes.len()).collect();
    Ok(vec![throughput(&table, &sizes), table].into_iter().rev().collect())
}

/// wasmparser's validator with the features of WebAssembly 2.0 and those that wasmi has by default.
pub(crate) fn wasmparser_validate(bytes: &[u8]) -> Result<()> {
    let features = WasmFeatures::WASM2
        | WasmFeatures::TAIL_CALL
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::MULTI_MEMORY;
    Validator::new_with_features(features).validate_all(bytes)?;
    Ok(())
}
