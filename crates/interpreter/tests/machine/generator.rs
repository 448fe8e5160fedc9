//! Random modules, shaped to meet what the lowering combines, moves and puts off.
//!
//! Everything is decided by a string of bytes: when it is used up, every choice is the first one, which is
//! the simplest. Programs end: every call, and every round of a loop, uses up some of global 0 and traps
//! when nothing is left.

mod func;
mod ops;
pub(crate) mod run;

use func::FuncGen;
use terrane_binary::{Encode, encode_module};
use terrane_syntax::types::{
    AddrType, CompType, FuncType, GlobalType, HeapType, Limits, MemType, RecType, RefType, SubType,
    TableType, ValType,
};
use terrane_syntax::{
    ConstExpr, Data, DataMode, Elem, ElemItems, ElemMode, Export, ExternIdx, F32Bits, F64Bits, Func, FuncIdx,
    Global, GlobalIdx, Import, ImportType, Instr, MemIdx, Module, Table, TableIdx, TagIdx, TypeIdx,
};

pub(crate) const EXNREF: ValType = ValType::Ref(RefType::null(HeapType::Exn));

pub(crate) const NUMBERS: [ValType; 5] =
    [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128];

/// Decisions, taken from bytes.
pub(crate) struct Choices<'a>(pub(crate) &'a [u8]);

impl Choices<'_> {
    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        let wide = if n > 256 { usize::from(self.byte()) << 8 } else { 0 };
        (wide | usize::from(self.byte())) % n
    }

    /// Not the simple way, in so many of 100 cases?
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) >= 100 - percent
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    pub(crate) fn u64(&mut self) -> u64 {
        (0..8).fold(0, |bits, _| bits << 8 | u64::from(self.byte()))
    }

    pub(crate) fn is_used_up(&self) -> bool {
        self.0.is_empty()
    }
}

/// What a module has, as far as its functions can tell.
#[derive(Clone, Default)]
pub(crate) struct Shape {
    pub(crate) types: Vec<FuncType>,
    pub(crate) funcs: Vec<TypeIdx>,
    pub(crate) globals: Vec<GlobalType>,
    pub(crate) mems: usize,
    /// The types of the functions in the table, as far as they are known.
    pub(crate) table: Vec<Option<TypeIdx>>,
    pub(crate) datas: usize,
    pub(crate) elems: usize,
    /// What exceptions of each tag carry.
    pub(crate) tags: Vec<TypeIdx>,
}

/// Operands and locals that every function has beside its own, so that slots have large numbers.
#[derive(Clone, Copy, Default)]
pub(crate) struct Padding {
    pub(crate) locals: u32,
    pub(crate) operands: u32,
}

/// The number of functions that every first module imports from `host`.
pub(crate) const HOST_FUNCS: usize = 3;

/// The size of every table.
const TABLE: usize = 8;

impl Shape {
    fn ty(&mut self, ft: FuncType) -> TypeIdx {
        let found = self.types.iter().position(|t| *t == ft);
        let i = found.unwrap_or_else(|| {
            self.types.push(ft);
            self.types.len() - 1
        });
        TypeIdx(i as u32)
    }

    pub(crate) fn func_type(&self, x: usize) -> &FuncType {
        &self.types[self.funcs[x].index()]
    }
}

/// A module, and what it has. One that is given `other` imports functions from it, and its memory and
/// table as well, under the names that exports have: `f`, `m`, `t` or `g` and the index.
pub(crate) fn module(c: &mut Choices<'_>, other: Option<&Shape>, padding: Padding) -> (Vec<u8>, Shape) {
    let mut shape = Shape::default();
    let mut module = Module::default();
    types(c, &mut shape);
    tags(c, &mut shape, &mut module, other);
    imports(c, &mut shape, &mut module, other);
    let imported = shape.funcs.len();
    for _ in 0..1 + c.below(5) {
        let ty = TypeIdx(c.below(shape.types.len()) as u32);
        shape.funcs.push(ty);
    }
    globals(c, &mut shape, &mut module);
    memories(c, &mut shape, &mut module);
    tables(c, &mut shape, &mut module);
    let mut source = Vec::new();
    for i in imported..shape.funcs.len() {
        let start = source.len();
        source.extend(FuncGen::new(c, &shape, i, padding).body());
        module.funcs.push(Func { ty: shape.funcs[i], body: start..source.len() });
    }
    let plain = |ft: &FuncType| RecType([SubType::plain(CompType::Func(ft.clone()))].into());
    module.types = shape.types.iter().map(plain).collect();
    exports(&shape, &mut module);
    (encode_module(&module, &source), shape)
}

fn val_type(c: &mut Choices<'_>) -> ValType {
    if c.chance(5) { ValType::FUNCREF } else { NUMBERS[c.pick(&[0, 0, 0, 1, 1, 2, 3, 4])] }
}

fn types(c: &mut Choices<'_>, shape: &mut Shape) {
    shape.ty(FuncType::new([], []));
    shape.ty(FuncType::new([ValType::I32], [ValType::I32]));
    for _ in 0..6 {
        let params: Vec<_> = (0..c.below(4)).map(|_| val_type(c)).collect();
        let results: Vec<_> = (0..c.pick(&[0, 1, 1, 2, 3])).map(|_| val_type(c)).collect();
        shape.ty(FuncType::new(params, results));
    }
}

/// Tags, and for each one the types of the blocks to which what it carries is branched.
fn tags(c: &mut Choices<'_>, shape: &mut Shape, module: &mut Module, other: Option<&Shape>) {
    if let Some(other) = other {
        for (i, ty) in other.tags.iter().enumerate() {
            let ty = shape.ty(other.types[ty.index()].clone());
            shape.tags.push(ty);
            let name = format!("e{i}");
            module.imports.push(Import { module: "other".into(), name, ty: ImportType::Tag(ty) });
        }
    }
    let params: Vec<_> = (0..1 + c.below(4)).map(|_| val_type(c)).collect();
    for params in [vec![], vec![ValType::I32], params] {
        let ty = shape.ty(FuncType::new(params, []));
        shape.tags.push(ty);
        module.tags.push(ty);
    }
    for ty in shape.tags.clone() {
        let mut results = shape.types[ty.index()].params.to_vec();
        shape.ty(FuncType::new([], results.clone()));
        results.push(EXNREF);
        shape.ty(FuncType::new([], results));
    }
}

fn imports(c: &mut Choices<'_>, shape: &mut Shape, module: &mut Module, other: Option<&Shape>) {
    let mut import = |from: &str, name: String, ty: ImportType| {
        module.imports.push(Import { module: from.into(), name, ty });
    };
    let fuel = GlobalType { mutable: true, val: ValType::I32 };
    let Some(other) = other else {
        for i in 0..HOST_FUNCS {
            let ty = TypeIdx(c.below(shape.types.len()) as u32);
            shape.funcs.push(ty);
            import("host", format!("h{i}"), ImportType::Func(ty));
        }
        import("host", "g0".into(), ImportType::Global(fuel));
        shape.globals.push(fuel);
        return;
    };
    for (i, ty) in other.funcs.iter().enumerate() {
        let ty = shape.ty(other.types[ty.index()].clone());
        shape.funcs.push(ty);
        import("other", format!("f{i}"), ImportType::Func(ty));
    }
    import("other", "g0".into(), ImportType::Global(fuel));
    shape.globals.push(fuel);
    if other.mems > 0 && c.chance(50) {
        import("other", "m0".into(), ImportType::Mem(MemType::new(1, Some(3))));
        shape.mems += 1;
    }
    if c.chance(60) {
        import("other", "t0".into(), ImportType::Table(table_type()));
        shape.table = vec![None; TABLE];
    }
}

fn globals(c: &mut Choices<'_>, shape: &mut Shape, module: &mut Module) {
    let own = [
        ValType::I32,
        ValType::I64,
        ValType::F32,
        ValType::F64,
        ValType::V128,
        ValType::FUNCREF,
        ValType::I32,
    ];
    for (i, val) in own.into_iter().enumerate() {
        let init = match val {
            ValType::I32 if c.chance(50) => {
                vec![Instr::I32Const { c: i32::from(c.byte()) }, Instr::I32Const { c: -7 }, Instr::I32Mul {}]
            }
            ValType::Ref(_) => vec![Instr::RefFunc { x: FuncIdx(0) }],
            _ => vec![ops::constant(c, val)],
        };
        let ty = GlobalType { mutable: i != own.len() - 1, val };
        module.globals.push(Global { ty, init: ConstExpr::new(init) });
        shape.globals.push(ty);
    }
}

fn memories(c: &mut Choices<'_>, shape: &mut Shape, module: &mut Module) {
    let first = if shape.mems == 0 && !c.chance(5) { 1 } else { 0 };
    for _ in 0..first + usize::from(c.chance(20)) {
        module.mems.push(MemType::new(1, Some(3)));
        shape.mems += 1;
    }
    let bytes: bytes::Bytes = (0..32_u8).map(|i| i.wrapping_mul(37) ^ c.byte()).collect();
    module.datas.push(Data { init: bytes.clone(), mode: DataMode::Passive });
    for memory in 0..shape.mems as u32 {
        let offset = ConstExpr::new([Instr::I32Const { c: 16 }]);
        let mode = DataMode::Active { memory: MemIdx(memory), offset };
        module.datas.push(Data { init: bytes.clone(), mode });
    }
    shape.datas = module.datas.len();
    module.data_count = Some(shape.datas as u32);
}

fn table_type() -> TableType {
    let limits = Limits { min: TABLE as u64, max: Some(TABLE as u64 + 4) };
    TableType { addr: AddrType::I32, limits, elem: RefType::FUNCREF }
}

fn tables(c: &mut Choices<'_>, shape: &mut Shape, module: &mut Module) {
    if shape.table.is_empty() {
        module.tables.push(Table { ty: table_type(), init: None });
        shape.table = vec![None; TABLE];
    }
    let first = c.below(4);
    let funcs: Box<[FuncIdx]> =
        (first..TABLE - 1).map(|_| FuncIdx(c.below(shape.funcs.len()) as u32)).collect();
    for (i, x) in funcs.iter().enumerate() {
        shape.table[first + i] = Some(shape.funcs[x.index()]);
    }
    let offset = ConstExpr::new([Instr::I32Const { c: first as i32 }]);
    let mode = ElemMode::Active { table: TableIdx(0), offset };
    module.elems.push(Elem { ty: RefType::FUNCREF, items: ElemItems::Funcs(funcs), mode });
    let all = (0..shape.funcs.len() as u32).map(FuncIdx).collect();
    module.elems.push(Elem { ty: RefType::FUNCREF, items: ElemItems::Funcs(all), mode: ElemMode::Passive });
    shape.elems = module.elems.len();
}

fn exports(shape: &Shape, module: &mut Module) {
    let mut export = |name: String, idx: ExternIdx| module.exports.push(Export { name, idx });
    for i in 0..shape.funcs.len() as u32 {
        export(format!("f{i}"), ExternIdx::Func(FuncIdx(i)));
    }
    for i in 0..shape.globals.len() as u32 {
        export(format!("g{i}"), ExternIdx::Global(GlobalIdx(i)));
    }
    for i in 0..shape.mems as u32 {
        export(format!("m{i}"), ExternIdx::Mem(MemIdx(i)));
    }
    for i in 0..shape.tags.len() as u32 {
        export(format!("e{i}"), ExternIdx::Tag(TagIdx(i)));
    }
    export("t0".into(), ExternIdx::Table(TableIdx(0)));
}

/// Appends an instruction to code.
fn push(code: &mut Vec<u8>, instr: Instr<'_>) {
    instr.encode(code);
}

/// A constant of a type, often at an edge.
pub(crate) fn number(c: &mut Choices<'_>, t: ValType) -> u64 {
    let edges = [
        0,
        1,
        2,
        3,
        7,
        8,
        31,
        32,
        63,
        64,
        100,
        255,
        1000,
        0x7fff,
        0x8000,
        0xffff,
        0x1_0000,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_fffe,
        0xffff_ffff,
        0x1_0000_0000,
        i64::MAX as u64,
        i64::MIN as u64,
    ];
    let bits = match c.below(10) {
        0..5 => c.pick(&edges),
        5..8 => c.pick(&edges).wrapping_neg(),
        8 => i64::from(c.byte() as i8) as u64,
        _ => c.u64(),
    };
    match t {
        ValType::I32 => bits & 0xffff_ffff,
        ValType::F32 => u64::from(float32(c, bits).0),
        ValType::F64 => float64(c, bits).0,
        _ => bits,
    }
}

fn float32(c: &mut Choices<'_>, bits: u64) -> F32Bits {
    match c.below(8) {
        0..4 => F32Bits((bits as i64 as f32).to_bits()),
        4 => F32Bits((bits as i64 as f32 / 3.0).to_bits()),
        5 => F32Bits(c.pick(&[0x8000_0000, 0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 1, 0x7f7f_ffff])),
        _ => F32Bits(bits as u32),
    }
}

fn float64(c: &mut Choices<'_>, bits: u64) -> F64Bits {
    match c.below(8) {
        0..4 => F64Bits((bits as i64 as f64).to_bits()),
        4 => F64Bits((bits as i64 as f64 / 3.0).to_bits()),
        5 => F64Bits(c.pick(&[1 << 63, 0x7ff0 << 48, 0xfff0 << 48, 0x7ff8 << 48, 1, !0 >> 12])),
        _ => F64Bits(bits),
    }
}
