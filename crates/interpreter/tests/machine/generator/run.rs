//! Programs of one or two modules, and what can be seen of their runs.

use super::{Choices, NUMBERS, Padding, Shape, module, number};
use crate::engine::{Engine, Word};
use terrane_syntax::types::ValType;

/// Modules and the calls to make.
#[derive(Clone)]
pub(crate) struct Program {
    pub(crate) modules: Vec<(Vec<u8>, Shape)>,
    calls: Vec<(usize, String, Vec<Word>, u32)>,
}

impl Program {
    pub(crate) fn new(bytes: &[u8], padding: Padding) -> Self {
        let mut c = Choices(bytes);
        let two = c.chance(40);
        let calls_from = c.u64();
        let first = module(&mut c, None, padding);
        let mut modules = vec![first];
        if two {
            let second = module(&mut c, Some(&modules[0].1), padding);
            modules.push(second);
        }
        let calls = calls(&modules, calls_from);
        Self { modules, calls }
    }

    /// Runs it, and notes how each call ends and what the state is then.
    pub(crate) fn trace(&self, engine: &mut impl Engine) -> Vec<String> {
        let mut trace = Vec::new();
        for (bytes, _) in &self.modules {
            if let Err(message) = engine.instantiate(bytes) {
                trace.push(format!("instantiation: {message}"));
                return trace;
            }
        }
        for (instance, name, args, fuel) in &self.calls {
            engine.set_fuel(*fuel);
            let outcome = engine.call(*instance, name, args);
            trace.push(format!("{instance}.{name}{args:x?}: {outcome:x?}"));
            trace.push(self.state(engine));
        }
        trace
    }

    fn state(&self, engine: &mut impl Engine) -> String {
        let mut state = String::new();
        for (instance, (_, shape)) in self.modules.iter().enumerate() {
            let globals: Vec<_> =
                (0..shape.globals.len()).map(|i| engine.global(instance, &format!("g{i}"))).collect();
            let mems: Vec<_> = (0..shape.mems).map(|i| engine.memory(instance, &format!("m{i}"))).collect();
            let table = engine.table(instance);
            state += &format!("  globals {globals:x?} memories {mems:x?} table {table:?}");
        }
        state
    }
}

/// Two calls of every function, with arguments at the edges.
fn calls(modules: &[(Vec<u8>, Shape)], seed: u64) -> Vec<(usize, String, Vec<Word>, u32)> {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    };
    let mut calls = Vec::new();
    for (instance, (_, shape)) in modules.iter().enumerate() {
        for i in 0..2 * shape.funcs.len() {
            let ft = shape.func_type(i / 2);
            let arg = |t: &ValType| {
                let bytes: Vec<u8> = (0..4).flat_map(|_| next().to_le_bytes()).collect();
                match t {
                    ValType::V128 => {
                        let mut c = Choices(&bytes);
                        Word::from(number(&mut c, ValType::I64)) << 64
                            | Word::from(number(&mut c, ValType::I64))
                    }
                    t if NUMBERS.contains(t) => number(&mut Choices(&bytes), *t).into(),
                    _ => 0,
                }
            };
            let args = ft.params.iter().map(arg).collect();
            calls.push((instance, format!("f{}", i / 2), args, 20 + next() as u32 % 100));
        }
    }
    calls
}
