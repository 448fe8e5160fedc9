//! Generators of modules, and of instructions from the table of them.

#![allow(dead_code, reason = "each file uses a part of it")]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::Union;
use terrane_binary::{IndirectNameMap, NameMap, Names, SectionKind, encode_body};
use terrane_syntax::types::*;
use terrane_syntax::*;

/// A generator of values of that type.
pub(crate) trait Sample: Sized + core::fmt::Debug + 'static {
    fn sample() -> BoxedStrategy<Self>;
}

macro_rules! impl_sample {
    ($($ty:ty: $strategy:expr;)*) => { $(
        impl Sample for $ty {
            fn sample() -> BoxedStrategy<Self> {
                $strategy.boxed()
            }
        }
    )* };
}

impl_sample! {
    u32: any::<u32>();
    i32: any::<i32>();
    i64: any::<i64>();
    bool: any::<bool>();
    TypeIdx: any::<u32>().prop_map(TypeIdx);
    FuncIdx: any::<u32>().prop_map(FuncIdx);
    TableIdx: (0..3_u32).prop_map(TableIdx);
    MemIdx: (0..3_u32).prop_map(MemIdx);
    GlobalIdx: any::<u32>().prop_map(GlobalIdx);
    TagIdx: any::<u32>().prop_map(TagIdx);
    ElemIdx: any::<u32>().prop_map(ElemIdx);
    DataIdx: any::<u32>().prop_map(DataIdx);
    LocalIdx: any::<u32>().prop_map(LocalIdx);
    LabelIdx: any::<u32>().prop_map(LabelIdx);
    FieldIdx: any::<u32>().prop_map(FieldIdx);
    LaneIdx: any::<u8>().prop_map(LaneIdx);
    F32Bits: any::<u32>().prop_map(F32Bits);
    F64Bits: any::<u64>().prop_map(F64Bits);
    V128Bits: any::<[u8; 16]>().prop_map(V128Bits);
    [LaneIdx; 16]: any::<[u8; 16]>().prop_map(|lanes| lanes.map(LaneIdx));
    ZeroByte: Just(ZeroByte);
    HeapType: prop_oneof![
        prop::sample::select(vec![
            HeapType::Any, HeapType::Eq, HeapType::I31, HeapType::Struct, HeapType::Array, HeapType::None,
            HeapType::Func, HeapType::NoFunc, HeapType::Extern, HeapType::NoExtern, HeapType::Exn,
            HeapType::NoExn,
        ]),
        TypeIdx::sample().prop_map(HeapType::Type),
    ];
    RefType: (any::<bool>(), HeapType::sample()).prop_map(|(nullable, heap)| RefType { nullable, heap });
    ValType: prop_oneof![
        prop::sample::select(vec![ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128]),
        RefType::sample().prop_map(ValType::Ref),
    ];
    BlockType: prop_oneof![
        Just(BlockType::Empty),
        ValType::sample().prop_map(BlockType::Value),
        TypeIdx::sample().prop_map(BlockType::Type),
    ];
    MemArg: (0..16_u32, any::<u64>(), MemIdx::sample())
        .prop_map(|(align, offset, memory)| MemArg { align, offset, memory });
    Catch: prop_oneof![
        (TagIdx::sample(), LabelIdx::sample()).prop_map(|(tag, label)| Catch::Catch { tag, label }),
        (TagIdx::sample(), LabelIdx::sample()).prop_map(|(tag, label)| Catch::CatchRef { tag, label }),
        LabelIdx::sample().prop_map(|label| Catch::CatchAll { label }),
        LabelIdx::sample().prop_map(|label| Catch::CatchAllRef { label }),
    ];
    BrCast: (LabelIdx::sample(), RefType::sample(), RefType::sample())
        .prop_map(|(l, rt1, rt2)| BrCast { l, rt1, rt2 });
    StorageType: prop_oneof![
        Just(StorageType::I8),
        Just(StorageType::I16),
        ValType::sample().prop_map(StorageType::Val),
    ];
    FieldType: (any::<bool>(), StorageType::sample())
        .prop_map(|(mutable, storage)| FieldType { mutable, storage });
    FuncType: (list(), list()).prop_map(|(params, results)| FuncType { params, results });
    CompType: prop_oneof![
        FuncType::sample().prop_map(CompType::Func),
        list().prop_map(CompType::Struct),
        FieldType::sample().prop_map(CompType::Array),
    ];
    SubType: (any::<bool>(), [(); 3].map(|()| prop::option::of(TypeIdx::sample())), CompType::sample())
        .prop_map(|(is_final, clauses, comp)| {
            let [supertype, describes, descriptor] = clauses.map(|x| x.map(HeapType::Type));
            SubType { is_final, supertype, describes, descriptor, comp }
        });
    RecType: list().prop_map(RecType);
    AddrType: prop_oneof![Just(AddrType::I32), Just(AddrType::I64)];
    Limits: (any::<u64>(), any::<Option<u64>>()).prop_map(|(min, max)| Limits { min, max });
    MemType: (AddrType::sample(), Limits::sample(), any::<bool>(), prop_oneof![Just(16), 0..64_u8]).prop_map(
        |(addr, limits, shared, page_size_log2)| MemType { addr, limits, shared, page_size_log2 }
    );
    TableType: (AddrType::sample(), Limits::sample(), RefType::sample())
        .prop_map(|(addr, limits, elem)| TableType { addr, limits, elem });
    GlobalType: (any::<bool>(), ValType::sample()).prop_map(|(mutable, val)| GlobalType { mutable, val });
    ConstExpr: vec(plain_instr(), 0..4).prop_map(ConstExpr::new);
    Import: (".*", ".*", ImportType::sample()).prop_map(|(module, name, ty)| Import { module: module.into(), name, ty });
    ImportType: prop_oneof![
        TypeIdx::sample().prop_map(ImportType::Func),
        TypeIdx::sample().prop_map(ImportType::FuncExact),
        TableType::sample().prop_map(ImportType::Table),
        MemType::sample().prop_map(ImportType::Mem),
        GlobalType::sample().prop_map(ImportType::Global),
        TypeIdx::sample().prop_map(ImportType::Tag),
    ];
    Table: (TableType::sample(), prop::option::of(ConstExpr::sample()))
        .prop_map(|(ty, init)| Table { ty, init });
    Global: (GlobalType::sample(), ConstExpr::sample()).prop_map(|(ty, init)| Global { ty, init });
    Export: (".*", ExternIdx::sample()).prop_map(|(name, idx)| Export { name, idx });
    ExternIdx: prop_oneof![
        FuncIdx::sample().prop_map(ExternIdx::Func),
        TableIdx::sample().prop_map(ExternIdx::Table),
        MemIdx::sample().prop_map(ExternIdx::Mem),
        GlobalIdx::sample().prop_map(ExternIdx::Global),
        TagIdx::sample().prop_map(ExternIdx::Tag),
    ];
    ElemMode: prop_oneof![
        Just(ElemMode::Passive),
        Just(ElemMode::Declarative),
        (TableIdx::sample(), ConstExpr::sample())
            .prop_map(|(table, offset)| ElemMode::Active { table, offset }),
    ];
    Elem: prop_oneof![
        (list(), ElemMode::sample()).prop_map(|(xs, mode)| {
            Elem { ty: RefType::non_null(HeapType::Func), items: ElemItems::Funcs(xs), mode }
        }),
        (RefType::sample(), list(), ElemMode::sample())
            .prop_map(|(ty, es, mode)| Elem { ty, items: ElemItems::Exprs(es), mode }),
    ];
    DataMode: prop_oneof![
        Just(DataMode::Passive),
        (MemIdx::sample(), ConstExpr::sample())
            .prop_map(|(memory, offset)| DataMode::Active { memory, offset }),
    ];
    Data: (vec(any::<u8>(), 0..20), DataMode::sample())
        .prop_map(|(init, mode)| Data { init: init.into(), mode });
    Custom: (".*", vec(any::<u8>(), 0..20), prop::option::of(prop::sample::select(&SectionKind::ALL[..])))
        .prop_map(|(name, bytes, after)| {
            Custom { name, bytes: bytes.into(), offset: 0, after: after.map(SectionKind::id) }
        });
}

/// A few values.
fn list<T: Sample>() -> BoxedStrategy<Box<[T]>> {
    vec(T::sample(), 0..4).prop_map(Into::into).boxed()
}

/// A list that an instruction borrows. A test's memory may as well be given back at its end.
macro_rules! impl_sample_list {
    ($($ty:ty)*) => { $(
        impl Sample for &'static [$ty] {
            fn sample() -> BoxedStrategy<Self> {
                vec(<$ty>::sample(), 0..4).prop_map(|list| &*list.leak()).boxed()
            }
        }
    )* };
}

impl_sample_list!(LabelIdx ValType Catch);

macro_rules! samples {
    ($($name:ident $text:literal $op:tt { $($imm:ident: $ty:ty),* }
        => $rule:ident $args:tt: $feature:ident;)*) => {
        /// For each row of the table, instructions of that row.
        pub(crate) fn rows<'a>() -> Vec<BoxedStrategy<Instr<'a>>>
        where
            'a: 'static,
        {
            vec![$(
                (Just(()), $(<$ty as Sample>::sample()),*)
                    .prop_map(|((), $($imm),*)| Instr::$name { $($imm),* })
                    .boxed()
            ),*]
        }
    };
}
terrane_syntax::for_each_instr!(samples);

/// What must be open for the instruction to stand behind it.
pub(crate) fn opener(instr: &Instr<'_>) -> Option<Instr<'static>> {
    let bt = BlockType::Empty;
    match instr {
        Instr::Else {} => Some(Instr::If { bt }),
        Instr::Catch { .. } | Instr::CatchAll {} | Instr::Delegate { .. } => Some(Instr::Try { bt }),
        _ => None,
    }
}

/// An instruction that opens or closes no block and borrows no list.
fn plain_instr() -> BoxedStrategy<Instr<'static>> {
    let plain = |instr: &Instr<'_>| {
        let structured = "block loop if else end try catch catch_all delegate try_table br_table select";
        !structured.split(' ').any(|name| name == instr.text_name())
    };
    Union::new(rows()).prop_filter("plain", plain).boxed()
}

/// A module, and the bytes where its function bodies are.
#[derive(Clone, Debug)]
pub(crate) struct AnyModule {
    pub(crate) module: Module,
    pub(crate) source: Vec<u8>,
}

/// Locals, and instructions with a final `end`.
fn any_body() -> BoxedStrategy<Vec<u8>> {
    (vec((0..1000_u32, ValType::sample()), 0..3), vec(plain_instr(), 0..8))
        .prop_map(|(locals, mut instrs)| {
            instrs.push(Instr::End {});
            encode_body(&locals, &instrs)
        })
        .boxed()
}

fn few<T: Sample>() -> BoxedStrategy<Vec<T>> {
    vec(T::sample(), 0..3).boxed()
}

/// A module that is well-formed, if hardly ever valid.
pub(crate) fn any_module() -> BoxedStrategy<AnyModule> {
    let first = (few(), few(), vec((TypeIdx::sample(), any_body()), 0..3), few(), few(), few(), few());
    // Bodies may need a data count section, so there is one whenever there is a body.
    let second = (few(), prop::option::of(FuncIdx::sample()), few(), few(), few(), any::<bool>());
    (first, second)
        .prop_map(|(first, second)| {
            let (types, imports, bodies, tables, mems, tags, globals) = first;
            let (exports, start, elems, datas, customs, counted) = second;
            let mut source = Vec::new();
            let mut funcs = Vec::new();
            for (ty, body) in bodies {
                let start = source.len();
                source.extend(body);
                funcs.push(Func { ty, body: start..source.len() });
            }
            let datas: Vec<Data> = datas;
            let data_count = (counted || !funcs.is_empty()).then_some(datas.len() as u32);
            let module = Module {
                types,
                imports,
                funcs,
                tables,
                mems,
                tags,
                globals,
                exports,
                start,
                elems,
                data_count,
                datas,
                customs,
            };
            AnyModule { module, source }
        })
        .boxed()
}

fn any_name() -> BoxedStrategy<&'static str> {
    ".{0,5}".prop_map(|name| &*name.leak()).boxed()
}

fn name_map() -> BoxedStrategy<NameMap<'static>> {
    vec((any::<u32>(), any_name()), 0..4).prop_map(NameMap::new).boxed()
}

fn indirect_name_map() -> BoxedStrategy<IndirectNameMap<'static>> {
    vec((any::<u32>(), name_map()), 0..4).prop_map(IndirectNameMap::new).boxed()
}

/// The contents of a name section.
pub(crate) fn any_names() -> BoxedStrategy<Names<'static>> {
    let indirect = (indirect_name_map(), indirect_name_map(), indirect_name_map());
    let direct = (name_map(), name_map(), name_map(), name_map(), name_map());
    let more = (name_map(), name_map(), name_map());
    (prop::option::of(any_name()), indirect, direct, more)
        .prop_map(|(module, (locals, labels, fields), (funcs, types, tables, mems, globals), more)| {
            let (elems, datas, tags) = more;
            Names { module, funcs, locals, labels, types, tables, mems, globals, elems, datas, fields, tags }
        })
        .boxed()
}
