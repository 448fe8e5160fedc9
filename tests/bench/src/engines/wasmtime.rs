//! wasmtime twice: its portable interpreter Pulley (Cranelift compiles to Pulley's bytecode) and native code by Cranelift.
//!
//! Both with Cranelift's default `opt-level` (speed), on-demand allocation of instances, and without the features
//! `parallel-compilation` (one thread, as all others) and `async`; with garbage collection, by the collector that it
//! chooses by default. Cranelift catches accesses out of bounds by
//! guard pages, as by default; Pulley checks them.

use wasmtime::{Config, Engine, FuncType, Instance, Linker, Module, Store, Strategy, TypedFunc, ValType};

use super::{Mode, Peer, STUB, failed, host_function, is_host_function};
use crate::Result;
use crate::module::{Import, NumType, Wasm};

const VERSION: &str = concat!("wasmtime ", env!("VERSION_WASMTIME"));

pub(super) fn pulley() -> Peer {
    Peer {
        name: "pulley",
        version: VERSION,
        settings: "target pulley64, opt-level speed, one thread".to_owned(),
        modes: &[Mode::Eager],
        open: |_| Ok(Box::new(Wasmtime(engine(Some("pulley64"))?))),
        validate: None,
    }
}

pub(super) fn cranelift() -> Peer {
    Peer {
        name: "cranelift",
        version: VERSION,
        settings: "native code, opt-level speed, one thread".to_owned(),
        modes: &[Mode::Eager],
        open: |_| Ok(Box::new(Wasmtime(engine(None)?))),
        validate: Some(|bytes| Module::validate(&engine(None)?, bytes).map_err(failed)),
    }
}

fn engine(target: Option<&str>) -> Result<Engine> {
    let mut config = Config::new();
    config.strategy(Strategy::Cranelift);
    config.wasm_function_references(true).wasm_gc(true).wasm_exceptions(true);
    if let Some(target) = target {
        config.target(target).map_err(failed)?;
    }
    Engine::new(&config).map_err(failed)
}

struct Wasmtime(Engine);

impl super::Engine for Wasmtime {
    fn load(&self, wasm: &Wasm) -> Result<Box<dyn super::Module>> {
        let module = Module::new(&self.0, &wasm.bytes).map_err(failed)?;
        let mut linker = Linker::new(&self.0);
        for import in &wasm.imports {
            define(&mut linker, import)?;
        }
        Ok(Box::new(Loaded { module, linker }))
    }
}

fn define(linker: &mut Linker<()>, import: &Import) -> Result<()> {
    let Import { module, name, params, results } = import;
    if is_host_function(module, name) {
        linker.func_wrap(module, name, host_function).map_err(failed)?;
        return Ok(());
    }
    let ty = FuncType::new(linker.engine(), params.iter().map(valtype), results.iter().map(valtype));
    linker.func_new(module, name, ty, |_, _, _| Err(wasmtime::Error::msg(STUB))).map_err(failed)?;
    Ok(())
}

fn valtype(t: &NumType) -> ValType {
    match t {
        NumType::I32 => ValType::I32,
        NumType::I64 => ValType::I64,
        NumType::F32 => ValType::F32,
        NumType::F64 => ValType::F64,
    }
}

struct Loaded {
    module: Module,
    linker: Linker<()>,
}

impl super::Module for Loaded {
    fn instantiate(&self) -> Result<Box<dyn super::Instance>> {
        let mut store = Store::new(self.module.engine(), ());
        let instance = self.linker.instantiate(&mut store, &self.module).map_err(failed)?;
        Ok(Box::new(Live { store, instance, run: None, step: None }))
    }
}

struct Live {
    store: Store<()>,
    instance: Instance,
    run: Option<TypedFunc<i32, i64>>,
    step: Option<TypedFunc<i32, i32>>,
}

impl super::Instance for Live {
    fn run(&mut self, n: i32) -> Result<i64> {
        let run = match &self.run {
            Some(run) => run,
            None => self.run.insert(self.instance.get_typed_func(&mut self.store, "run").map_err(failed)?),
        };
        run.call(&mut self.store, n).map_err(failed)
    }

    fn step(&mut self, times: u32) -> Result<i32> {
        let step = match &self.step {
            Some(step) => step,
            None => self.step.insert(self.instance.get_typed_func(&mut self.store, "step").map_err(failed)?),
        };
        let mut x = 1;
        for _ in 0..times {
            x = step.call(&mut self.store, x).map_err(failed)?;
        }
        Ok(x)
    }
}
