//! tinywasm with the features `std` and `parser` only: without its default `canonicalize-nans`, which costs time, and
//! without its parallel parser, since all engines here compile on one thread. Its optimiser is on, its stacks are as
//! by default. It has one mode, eager.

use tinywasm::types::{FuncType, WasmType};
use tinywasm::{
    Error, FuncContext, FunctionTyped, HostFunction, Imports, Module, ModuleInstance, Store, parse_bytes,
};

use super::{Mode, Peer, STUB, failed, host_function, is_host_function};
use crate::Result;
use crate::module::{Import, NumType, Wasm};

pub(super) fn peer() -> Peer {
    Peer {
        name: "tinywasm",
        version: concat!("tinywasm ", env!("VERSION_TINYWASM")),
        settings: "features std and parser, one thread".to_owned(),
        modes: &[Mode::Eager],
        open: |_| Ok(Box::new(TinyWasm)),
        validate: None,
    }
}

struct TinyWasm;

impl super::Engine for TinyWasm {
    fn load(&self, wasm: &Wasm) -> Result<Box<dyn super::Module>> {
        let module = parse_bytes(&wasm.bytes).map_err(failed)?;
        Ok(Box::new(Loaded { module, imports: wasm.imports.clone() }))
    }
}

struct Loaded {
    module: Module,
    imports: Vec<Import>,
}

impl super::Module for Loaded {
    fn instantiate(&self) -> Result<Box<dyn super::Instance>> {
        let mut store = Store::default();
        let mut imports = Imports::new();
        for import in &self.imports {
            define(&mut store, &mut imports, import);
        }
        let instance =
            ModuleInstance::instantiate(&mut store, &self.module, Some(imports)).map_err(failed)?;
        Ok(Box::new(Live { store, instance, run: None, step: None }))
    }
}

fn define(store: &mut Store, imports: &mut Imports, import: &Import) {
    let Import { module, name, params, results } = import;
    let function = if is_host_function(module, name) {
        HostFunction::from(store, |_: FuncContext<'_>, x: i32| Ok(host_function(x)))
    } else {
        let params: Vec<_> = params.iter().map(wasm_type).collect();
        let results: Vec<_> = results.iter().map(wasm_type).collect();
        HostFunction::from_untyped(store, &FuncType::new(&params, &results), |_, _| {
            Err(Error::Other(STUB.into()))
        })
    };
    imports.define(module, name, function);
}

fn wasm_type(t: &NumType) -> WasmType {
    match t {
        NumType::I32 => WasmType::I32,
        NumType::I64 => WasmType::I64,
        NumType::F32 => WasmType::F32,
        NumType::F64 => WasmType::F64,
    }
}

struct Live {
    store: Store,
    instance: ModuleInstance,
    run: Option<FunctionTyped<i32, i64>>,
    step: Option<FunctionTyped<i32, i32>>,
}

impl super::Instance for Live {
    fn run(&mut self, n: i32) -> Result<i64> {
        let run = match &self.run {
            Some(run) => run,
            None => self.run.insert(self.instance.func(&self.store, "run").map_err(failed)?),
        };
        run.call(&mut self.store, n).map_err(failed)
    }

    fn step(&mut self, times: u32) -> Result<i32> {
        let step = match &self.step {
            Some(step) => step,
            None => self.step.insert(self.instance.func(&self.store, "step").map_err(failed)?),
        };
        let mut x = 1;
        for _ in 0..times {
            x = step.call(&mut self.store, x).map_err(failed)?;
        }
        Ok(x)
    }
}
