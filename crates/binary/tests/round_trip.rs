//! Decoding what was encoded gives back what there was.

mod common;
mod generate;

use common::{decode_all, decode_streaming};
use generate::{AnyModule, any_module, opener, rows};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use terrane_binary::{
    BranchHint, BranchHints, Encode, InstrReader, Names, Reader, SectionKind, encode_module,
    encode_module_compact,
};
use terrane_syntax::{
    ConstExpr, DataMode, ElemItems, ElemMode, Features, FuncIdx, Instr, MemArg, MemIdx, Module,
};

/// The module without offsets, which say where things were found.
fn without_offsets(mut module: Module) -> Module {
    let strip = |expr: &mut ConstExpr| *expr = ConstExpr::new(expr.instrs());
    module.funcs.iter_mut().for_each(|func| func.body = 0..func.body.len());
    module.tables.iter_mut().filter_map(|table| table.init.as_mut()).for_each(strip);
    module.globals.iter_mut().for_each(|global| strip(&mut global.init));
    module.customs.iter_mut().for_each(|custom| custom.offset = 0);
    for elem in &mut module.elems {
        if let ElemMode::Active { offset, .. } = &mut elem.mode {
            strip(offset);
        }
        if let ElemItems::Exprs(exprs) = &mut elem.items {
            exprs.iter_mut().for_each(strip);
        }
    }
    for data in &mut module.datas {
        if let DataMode::Active { offset, .. } = &mut data.mode {
            strip(offset);
        }
    }
    module
}

/// The position of a section in a module.
fn position(after: Option<u8>) -> Option<usize> {
    SectionKind::ALL.iter().position(|kind| Some(kind.id()) == after)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn modules(AnyModule { mut module, source } in any_module()) {
        module.customs.sort_by_key(|custom| position(custom.after));
        let bytes = encode_module(&module, &source);
        let decoded = decode_all(&bytes, Features::all()).unwrap();
        for (func, again) in module.funcs.iter().zip(&decoded.funcs) {
            prop_assert_eq!(&source[func.body.clone()], &bytes[again.body.clone()]);
        }
        for custom in &decoded.customs {
            prop_assert_eq!(&bytes[custom.offset..][..custom.bytes.len()], &*custom.bytes);
        }
        prop_assert_eq!(&encode_module(&decoded, &bytes), &bytes);
        // A custom section stands behind the last section that is there.
        let customs = decoded.customs.clone();
        for (custom, again) in module.customs.iter_mut().zip(customs) {
            prop_assert!(position(again.after) <= position(custom.after));
            custom.after = again.after;
        }
        prop_assert_eq!(without_offsets(decoded), without_offsets(module));
    }

    /// Imports in groups are the imports.
    #[test]
    fn compact_imports(AnyModule { mut module, source } in any_module(), same in any::<[bool; 8]>()) {
        for (i, same) in (1..module.imports.len()).zip(same) {
            if same {
                module.imports[i].module = module.imports[i - 1].module.clone();
            }
        }
        let bytes = encode_module_compact(&module, &source);
        prop_assert_eq!(decode_all(&bytes, Features::all()).unwrap().imports, module.imports);
    }

    #[test]
    fn branch_hints(hints in prop::collection::vec((any::<u32>(), prop::collection::vec(any::<(u32, bool)>(), 0..5)), 0..5)) {
        let hint = |(offset, likely)| BranchHint { offset, likely };
        let hints = BranchHints::new(
            hints.into_iter().map(|(func, hints)| (FuncIdx(func), hints.into_iter().map(hint).collect())),
        );
        let mut bytes = Vec::new();
        hints.encode(&mut bytes);
        prop_assert_eq!(BranchHints::decode(&bytes, 0).unwrap(), hints);
    }

    #[test]
    fn modules_that_arrive_bit_by_bit(AnyModule { module, source } in any_module(), step in 1_usize..40) {
        let bytes = encode_module(&module, &source);
        let at_once = decode_all(&bytes, Features::all()).unwrap();
        prop_assert_eq!(decode_streaming(&bytes, Features::all(), step).unwrap(), at_once);
    }

    #[test]
    fn names(names in generate::any_names()) {
        let mut bytes = Vec::new();
        names.encode(&mut bytes);
        prop_assert_eq!(Names::decode(&bytes, 0).unwrap(), names);
    }

    #[test]
    fn numbers_agree_with_leb128(bytes in prop::collection::vec(any::<u8>(), 0..12), n: u64) {
        let reader = Reader::new(&bytes, 0, Features::all());
        let within = |n: &u64| leb128::write::unsigned_len(*n) <= 10 && {
            let first = bytes.iter().position(|byte| *byte < 0x80);
            first.is_some_and(|at| at < 10)
        };
        let oracle = leb128::read::unsigned(&mut &bytes[..]).ok().filter(within);
        prop_assert_eq!(reader.clone().u64().ok(), oracle);
        let oracle = leb128::read::signed(&mut &bytes[..]).ok().filter(|n| within(&(*n as u64)));
        prop_assert_eq!(reader.clone().s64().ok(), oracle);

        let mut unsigned = Vec::new();
        leb128::write::unsigned(&mut unsigned, n).unwrap();
        let mut signed = Vec::new();
        leb128::write::signed(&mut signed, n as i64).unwrap();
        let read = |bytes| Reader::new(bytes, 0, Features::all());
        prop_assert_eq!(read(&unsigned).u64().ok(), Some(n));
        prop_assert_eq!(read(&signed).s64().ok(), Some(n as i64));
        prop_assert_eq!(read(&unsigned).u32().ok(), u32::try_from(n).ok());
        prop_assert_eq!(read(&signed).s32().ok(), i32::try_from(n as i64).ok());
        let s33 = (n as i64 >> 32 == 0 || n as i64 >> 32 == -1).then_some(n as i64);
        prop_assert_eq!(read(&signed).s33().ok(), s33);
    }
}

#[test]
fn every_alignment() {
    for align in 0..64 {
        for memory in [0, 1].map(MemIdx) {
            let instr = Instr::I32Load { m: MemArg { align, offset: 1 << 40, memory } };
            let mut bytes = Vec::new();
            instr.encode(&mut bytes);
            let mut instrs = InstrReader::new(Reader::new(&bytes, 0, Features::all()));
            assert_eq!(instrs.next().unwrap(), Some((0, instr)));
        }
    }
}

#[test]
fn every_instruction() {
    let mut runner = TestRunner::deterministic();
    for row in rows() {
        for _ in 0..20 {
            let instr = row.new_tree(&mut runner).unwrap().current();
            let mut bytes = Vec::new();
            let opener = opener(&instr);
            opener.iter().for_each(|opener| opener.encode(&mut bytes));
            let offset = bytes.len();
            instr.encode(&mut bytes);
            let reader = Reader::new(&bytes, 0, Features::all()).with_data_count(true);
            let mut instrs = InstrReader::new(reader);
            if opener.is_some() {
                instrs.next().unwrap();
            }
            assert_eq!(instrs.next().unwrap(), Some((offset, instr)));
            assert!(instrs.into_reader().is_at_end(), "{instr:?}");
        }
    }
}
