//! wasmi, the yardstick: default features and `simd` (dispatch by tail calls where the target has them), default limits.

use wasmi::{
    CompilationMode, Config, Engine, Func, FuncType, Instance, Linker, Module, Store, TypedFunc, ValType,
};

use super::{Mode, Peer, STUB, failed, host_function, is_host_function};
use crate::Result;
use crate::module::{Import, NumType, Wasm};

pub(super) fn peer() -> Peer {
    Peer {
        name: "wasmi",
        version: concat!("wasmi ", env!("VERSION_WASMI")),
        settings: "default features and `simd`, default limits".to_owned(),
        modes: &[Mode::Eager, Mode::LazyLowering, Mode::Lazy],
        open: |mode| Ok(Box::new(Wasmi(engine(mode)))),
        validate: Some(|bytes| Module::validate(&engine(Mode::Eager), bytes).map_err(failed)),
    }
}

fn engine(mode: Mode) -> Engine {
    let mut config = Config::default();
    config.compilation_mode(match mode {
        Mode::Eager => CompilationMode::Eager,
        Mode::LazyLowering => CompilationMode::LazyTranslation,
        Mode::Lazy => CompilationMode::Lazy,
    });
    Engine::new(&config)
}

struct Wasmi(Engine);

impl super::Engine for Wasmi {
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
    linker.func_new(module, name, ty, |_, _, _| Err(wasmi::Error::new(STUB))).map_err(failed)?;
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
        Ok(Box::new(Live { store, instance, run: None, step: None }))
    }
}

struct Live {
    store: Store<()>,
    instance: Instance,
    run: Option<TypedFunc<i32, i64>>,
    step: Option<TypedFunc<i32, i32>>,
}

impl Live {
    fn export(&self, name: &str) -> Result<Func> {
        self.instance
            .get_func(&self.store, name)
            .ok_or_else(|| format!("no exported function `{name}`").into())
    }
}

impl super::Instance for Live {
    fn run(&mut self, n: i32) -> Result<i64> {
        let run = match self.run {
            Some(run) => run,
            None => *self.run.insert(self.export("run")?.typed(&self.store).map_err(failed)?),
        };
        run.call(&mut self.store, n).map_err(failed)
    }

    fn step(&mut self, times: u32) -> Result<i32> {
        let step = match self.step {
            Some(step) => step,
            None => *self.step.insert(self.export("step")?.typed(&self.store).map_err(failed)?),
        };
        let mut x = 1;
        for _ in 0..times {
            x = step.call(&mut self.store, x).map_err(failed)?;
        }
        Ok(x)
    }
}
