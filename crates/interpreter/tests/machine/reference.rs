//! A reference: a plain stack machine over the instructions as they are read, slow and simple.

mod code;
mod exception;
mod exec;
mod numeric;
mod vector;

use crate::engine::{Engine, FEATURES, Instance, Outcome, Word, comparable, message, sum, uncaught};
use code::Code;
use exception::Stop;

use std::collections::HashMap;
use std::rc::Rc;
use terrane_binary::decode_module;
use terrane_runtime::Trap;
use terrane_syntax::types::{CompType, FuncType, ValType};
use terrane_syntax::{ConstExpr, DataMode, ElemItems, ElemMode, ExternIdx, ImportType, Instr, Module};

const PAGE: usize = 1 << 16;

enum Kind {
    Host { calls: Option<&'static str> },
    Wasm { instance: Instance, code: Code },
}

pub(crate) struct Func {
    ft: FuncType,
    kind: Kind,
}

#[derive(Clone)]
struct Memory {
    bytes: Vec<u8>,
    max: u64,
}

/// References are an index of `funcs` plus one, or 0.
struct Table {
    elems: Vec<u64>,
    max: u64,
}

struct ModuleInstance {
    types: Vec<FuncType>,
    funcs: Vec<usize>,
    tables: Vec<usize>,
    mems: Vec<usize>,
    globals: Vec<usize>,
    tags: Vec<usize>,
    elems: Vec<Vec<u64>>,
    datas: Vec<bytes::Bytes>,
    exports: HashMap<String, ExternIdx>,
}

/// The store and all that is in it.
#[derive(Default)]
pub(crate) struct Reference {
    funcs: Vec<Rc<Func>>,
    mems: Vec<Memory>,
    tables: Vec<Table>,
    globals: Vec<(ValType, Word)>,
    /// What exceptions of each tag carry.
    tags: Vec<Vec<ValType>>,
    /// Tag and payload.
    exns: Vec<(usize, Vec<Word>)>,
    modules: Vec<ModuleInstance>,
}

impl Reference {
    fn import(&mut self, instance: &mut ModuleInstance, module: &str, name: &str, ty: ImportType) {
        if module == "other" {
            let from = &self.modules[0];
            match from.exports[name] {
                ExternIdx::Func(x) => instance.funcs.push(from.funcs[x.index()]),
                ExternIdx::Table(x) => instance.tables.push(from.tables[x.index()]),
                ExternIdx::Mem(x) => instance.mems.push(from.mems[x.index()]),
                ExternIdx::Global(x) => instance.globals.push(from.globals[x.index()]),
                ExternIdx::Tag(x) => instance.tags.push(from.tags[x.index()]),
            }
            return;
        }
        match ty {
            ImportType::Func(ty) => {
                let kind = Kind::Host { calls: (name == "h2").then_some("f4") };
                instance.funcs.push(self.funcs.len());
                self.funcs.push(Rc::new(Func { ft: instance.types[ty.index()].clone(), kind }));
            }
            ImportType::Global(ty) => {
                instance.globals.push(self.globals.len());
                self.globals.push((ty.val, 0));
            }
            _ => panic!("the host has no {ty:?}"),
        }
    }

    /// Allocates what a module defines.
    fn alloc(&mut self, instance: &mut ModuleInstance, module: &Module, bytes: &[u8]) {
        for func in &module.funcs {
            let kind = Kind::Wasm { instance: self.modules.len(), code: Code::new(bytes, func.body.clone()) };
            instance.funcs.push(self.funcs.len());
            self.funcs.push(Rc::new(Func { ft: instance.types[func.ty.index()].clone(), kind }));
        }
        for table in &module.tables {
            let limits = table.ty.limits;
            let max = limits.max.unwrap_or(10_000_000);
            instance.tables.push(self.tables.len());
            self.tables.push(Table { elems: vec![0; limits.min as usize], max });
        }
        for ty in &module.mems {
            let bytes = vec![0; ty.limits.min as usize * PAGE];
            instance.mems.push(self.mems.len());
            self.mems.push(Memory { bytes, max: ty.limits.max.unwrap_or(1 << 16) });
        }
        for ty in &module.tags {
            instance.tags.push(self.tags.len());
            self.tags.push(instance.types[ty.index()].params.to_vec());
        }
        for global in &module.globals {
            let value = self.constant(instance, &global.init);
            instance.globals.push(self.globals.len());
            self.globals.push((global.ty.val, value));
        }
        for elem in &module.elems {
            let refs = match &elem.items {
                ElemItems::Funcs(xs) => xs.iter().map(|x| instance.funcs[x.index()] as u64 + 1).collect(),
                ElemItems::Exprs(exprs) => exprs.iter().map(|e| self.constant(instance, e) as u64).collect(),
            };
            instance.elems.push(refs);
        }
        instance.datas.extend(module.datas.iter().map(|data| data.init.clone()));
    }

    fn constant(&self, instance: &ModuleInstance, expr: &ConstExpr) -> Word {
        let mut stack = Vec::new();
        for instr in expr.instrs() {
            match instr {
                Instr::I32Const { c } => stack.push(Word::from(c as u32)),
                Instr::I64Const { c } => stack.push(Word::from(c as u64)),
                Instr::F32Const { z } => stack.push(z.0.into()),
                Instr::F64Const { z } => stack.push(z.0.into()),
                Instr::V128Const { c } => stack.push(Word::from_le_bytes(c.0)),
                Instr::RefNull { .. } => stack.push(0),
                Instr::RefFunc { x } => stack.push(instance.funcs[x.index()] as Word + 1),
                Instr::GlobalGet { x } => stack.push(self.globals[instance.globals[x.index()]].1),
                _ => assert!(numeric::numeric(instr, &mut stack).expect("none of them traps")),
            }
        }
        stack.pop().expect("valid code")
    }

    /// Runs the active segments.
    fn init(&mut self, i: Instance, module: &Module) -> Result<(), Trap> {
        for (k, elem) in module.elems.iter().enumerate() {
            if let ElemMode::Active { table, offset } = &elem.mode {
                let at = self.constant(&self.modules[i], offset) as u64;
                let refs = self.modules[i].elems[k].clone();
                let table = &mut self.tables[self.modules[i].tables[table.index()]];
                exec::copy(&mut table.elems, at, &refs, 0, refs.len() as u64)
                    .ok_or(Trap::OutOfBoundsTableAccess)?;
            }
            if elem.mode != ElemMode::Passive {
                self.modules[i].elems[k].clear();
            }
        }
        for (k, data) in module.datas.iter().enumerate() {
            if let DataMode::Active { memory, offset } = &data.mode {
                let at = self.constant(&self.modules[i], offset) as u64;
                let mem = &mut self.mems[self.modules[i].mems[memory.index()]];
                exec::copy(&mut mem.bytes, at, &data.init, 0, data.init.len() as u64)
                    .ok_or(Trap::OutOfBoundsMemoryAccess)?;
                self.modules[i].datas[k] = Default::default();
            }
        }
        Ok(())
    }

    fn find(&self, instance: Instance, name: &str) -> ExternIdx {
        self.modules[instance].exports[name]
    }
}

impl Engine for Reference {
    fn instantiate(&mut self, bytes: &[u8]) -> Result<(), String> {
        let module = decode_module(bytes, FEATURES).map_err(|error| error.to_string())?;
        let plain = |comp: &CompType| match comp {
            CompType::Func(ft) => ft.clone(),
            _ => panic!("only functions"),
        };
        let mut instance = ModuleInstance {
            types: module.types.iter().flat_map(|rec| rec.0.iter().map(|sub| plain(&sub.comp))).collect(),
            funcs: Vec::new(),
            tables: Vec::new(),
            mems: Vec::new(),
            globals: Vec::new(),
            tags: Vec::new(),
            elems: Vec::new(),
            datas: Vec::new(),
            exports: module.exports.iter().map(|export| (export.name.clone(), export.idx)).collect(),
        };
        for import in &module.imports {
            self.import(&mut instance, &import.module, &import.name, import.ty);
        }
        self.alloc(&mut instance, &module, bytes);
        self.modules.push(instance);
        self.init(self.modules.len() - 1, &module).map_err(message)
    }

    fn call(&mut self, instance: Instance, name: &str, args: &[Word]) -> Outcome {
        let ExternIdx::Func(x) = self.find(instance, name) else { panic!("{name} is no function") };
        let func = self.modules[instance].funcs[x.index()];
        let results = self.invoke(func, args.to_vec(), None).map_err(|stop| match stop {
            Stop::Trap(trap) => message(trap),
            Stop::Exception(exn) => {
                let (tag, payload) = &self.exns[exn];
                uncaught(*tag, &self.tags[*tag], payload)
            }
        })?;
        let ts = self.funcs[func].ft.results.iter();
        Ok(ts.zip(results).map(|(t, bits)| comparable(*t, bits)).collect())
    }

    fn set_fuel(&mut self, fuel: u32) {
        self.globals[self.modules[0].globals[0]].1 = fuel.into();
    }

    fn global(&mut self, instance: Instance, name: &str) -> Word {
        let ExternIdx::Global(x) = self.find(instance, name) else { panic!("{name} is no global") };
        let (t, bits) = self.globals[self.modules[instance].globals[x.index()]];
        comparable(t, bits)
    }

    fn memory(&mut self, instance: Instance, name: &str) -> u64 {
        let ExternIdx::Mem(x) = self.find(instance, name) else { panic!("{name} is no memory") };
        sum(&self.mems[self.modules[instance].mems[x.index()]].bytes)
    }

    fn table(&mut self, instance: Instance) -> Vec<bool> {
        self.tables[self.modules[instance].tables[0]].elems.iter().map(|r| *r != 0).collect()
    }
}
