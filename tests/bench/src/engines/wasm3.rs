//! Wasm3, compiled from its C sources: best by Clang (`CC=clang`), whose `musttail` gives it tail calls without growth of the stack.
//!
//! It checks a function's body when it compiles it, so it has no mode that validates first and lowers later. Its
//! module is parsed once more for each instance; `load` does not yet compile, in either mode.

use wasm3x::{
    CompilationMode, Config, Engine, Error, FuncType, Instance, Linker, Module, Store, TypedFunc, ValType,
};

use super::{Mode, Peer, STUB, failed, host_function, is_host_function};
use crate::Result;
use crate::module::{Import, NumType, Wasm};

pub(super) fn peer() -> Peer {
    let tails = if wasm3x::has_guaranteed_tail_calls() { "with" } else { "without" };
    Peer {
        name: "wasm3",
        version: concat!("Wasm3 0.9.0 (wasm3x ", env!("VERSION_WASM3X"), ")"),
        settings: format!("default stack, built {tails} guaranteed tail calls"),
        modes: &[Mode::Eager, Mode::Lazy],
        open: |mode| Ok(Box::new(Wasm3(engine(mode)))),
        validate: None,
    }
}

fn engine(mode: Mode) -> Engine {
    let mut config = Config::default();
    config.compilation_mode(match mode {
        Mode::Eager => CompilationMode::Eager,
        Mode::LazyLowering | Mode::Lazy => CompilationMode::Lazy,
    });
    Engine::new(&config)
}

struct Wasm3(Engine);

impl super::Engine for Wasm3 {
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
    let ty = FuncType::new(params.iter().map(valtype), results.iter().map(valtype));
    linker.func_new(module, name, ty, |_, _, _| Err(Error::new(STUB))).map_err(failed)?;
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
        let instance = self.linker.instantiate_and_start(&mut store, &self.module).map_err(failed)?;
        Ok(Box::new(Live { run: None, step: None, instance, store }))
    }
}

struct Live {
    run: Option<TypedFunc<i32, i64>>,
    step: Option<TypedFunc<i32, i32>>,
    instance: Instance,
    store: Store<()>,
}

impl super::Instance for Live {
    fn run(&mut self, n: i32) -> Result<i64> {
        let run = match &self.run {
            Some(run) => run,
            None => self.run.insert(self.instance.get_typed_func(&self.store, "run").map_err(failed)?),
        };
        run.call(&mut self.store, n).map_err(failed)
    }

    fn step(&mut self, times: u32) -> Result<i32> {
        let step = match &self.step {
            Some(step) => step,
            None => self.step.insert(self.instance.get_typed_func(&self.store, "step").map_err(failed)?),
        };
        let mut x = 1;
        for _ in 0..times {
            x = step.call(&mut self.store, x).map_err(failed)?;
        }
        Ok(x)
    }
}
