//! Modules.
//!
//! [Spec](https://webassembly.github.io/spec/core/binary/modules.html)

use alloc::vec::Vec;
use terrane_syntax::types::RefType;
use terrane_syntax::{
    ConstExpr, Custom, Data, DataMode, Elem, ElemItems, ElemMode, Export, ExternIdx, FuncIdx, Global, Import,
    ImportType, Instr, MemIdx, Module, Table, TableIdx, TypeIdx,
};

use super::{Encode, sized, unsigned, vec};
use crate::decoder::{MAGIC, VERSION};
use crate::imports::{ONE_MODULE, ONE_TYPE};
use crate::module::{FUNC, FUNC_EXACT, SectionKind};

/// Encodes a module, whose function bodies are the bytes of `source` at the ranges that the module has.
///
/// For a module that was decoded, `source` is what it was decoded from; for one that was put together,
/// its bodies ([`encode_body`](super::encode_body)) one behind the other. Numbers are encoded in the
/// fewest bytes, so a module that used more does not come back the same.
///
/// ```
/// use terrane_binary::{decode_module, encode_body, encode_module};
/// use terrane_syntax::types::{CompType, FuncType, RecType, SubType};
/// use terrane_syntax::{Features, Func, Instr, Module, TypeIdx};
///
/// let body = encode_body(&[], &[Instr::End {}]);
/// let mut module = Module::default();
/// let ty = CompType::Func(FuncType::new([], []));
/// module.types.push(RecType([SubType::plain(ty)].into()));
/// module.funcs.push(Func { ty: TypeIdx(0), body: 0..body.len() });
/// let bytes = encode_module(&module, &body);
///
/// let decoded = decode_module(&bytes, Features::wasm1())?;
/// assert_eq!(decoded.types, module.types);
/// assert_eq!(bytes[decoded.funcs[0].body.clone()], body);
/// # Ok::<(), terrane_binary::Error>(())
/// ```
///
/// # Panics
/// As [`Encode::encode`], or if a body's range is not inside `source`.
pub fn encode_module(module: &Module, source: &[u8]) -> Vec<u8> {
    encode(module, source, false)
}

/// The same, with imports that follow each other and have the first name in common in groups, which name it once.
///
/// Who reads that must know the feature [`CompactImports`](terrane_syntax::Feature::CompactImports).
///
/// # Panics
/// As [`encode_module`].
pub fn encode_module_compact(module: &Module, source: &[u8]) -> Vec<u8> {
    encode(module, source, true)
}

fn encode(module: &Module, source: &[u8], compact: bool) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    customs_after(module, None, &mut out);
    for kind in SectionKind::ALL {
        section(module, source, kind, compact, &mut out);
        customs_after(module, Some(kind), &mut out);
    }
    out
}

/// Appends the custom sections that stand behind the section `after`, or before all if there is none.
fn customs_after(module: &Module, after: Option<SectionKind>, out: &mut Vec<u8>) {
    let after = after.map(SectionKind::id);
    for Custom { name, bytes, .. } in module.customs.iter().filter(|custom| custom.after == after) {
        out.push(0);
        sized(out, |out| {
            name.encode(out);
            out.extend_from_slice(bytes);
        });
    }
}

/// Appends the section `kind`, unless it has nothing to say.
fn section(module: &Module, source: &[u8], kind: SectionKind, compact: bool, out: &mut Vec<u8>) {
    match kind {
        SectionKind::Type => vec_section(kind, &module.types, out),
        SectionKind::Import if compact => vec_section(kind, &groups(&module.imports), out),
        SectionKind::Import => vec_section(kind, &module.imports, out),
        SectionKind::Func => {
            let types: Vec<_> = module.funcs.iter().map(|func| func.ty).collect();
            vec_section(kind, &types, out);
        }
        SectionKind::Table => vec_section(kind, &module.tables, out),
        SectionKind::Mem => vec_section(kind, &module.mems, out),
        SectionKind::Tag => {
            let tags: Vec<_> = module.tags.iter().copied().map(Tag).collect();
            vec_section(kind, &tags, out);
        }
        SectionKind::Global => vec_section(kind, &module.globals, out),
        SectionKind::Export => vec_section(kind, &module.exports, out),
        SectionKind::Start => number_section(kind, module.start, out),
        SectionKind::Elem => vec_section(kind, &module.elems, out),
        SectionKind::DataCount => number_section(kind, module.data_count, out),
        SectionKind::Code => {
            let bodies: Vec<_> = module.funcs.iter().map(|func| Body(&source[func.body.clone()])).collect();
            vec_section(kind, &bodies, out);
        }
        SectionKind::Data => vec_section(kind, &module.datas, out),
    }
}

/// Appends a section that is a vector, unless it is empty.
fn vec_section<T: Encode>(kind: SectionKind, elements: &[T], out: &mut Vec<u8>) {
    if !elements.is_empty() {
        out.push(kind.id());
        sized(out, |out| vec(elements, out));
    }
}

/// Appends a section that is a single number, if there is one.
fn number_section(kind: SectionKind, number: Option<impl Encode>, out: &mut Vec<u8>) {
    if let Some(number) = number {
        out.push(kind.id());
        sized(out, |out| number.encode(out));
    }
}

/// A function body in the code section.
struct Body<'a>(&'a [u8]);

impl Encode for Body<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
}

/// The type of a tag.
struct Tag(TypeIdx);

impl Encode for Tag {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(0);
        self.0.encode(out);
    }
}

impl Encode for Import {
    fn encode(&self, out: &mut Vec<u8>) {
        (&*self.module).encode(out);
        self.name.encode(out);
        self.ty.encode(out);
    }
}

/// Imports of one module, as one element of the section.
struct Group<'m>(&'m [Import]);

/// Imports that follow each other and have the first name in common.
fn groups(imports: &[Import]) -> Vec<Group<'_>> {
    imports.chunk_by(|a, b| a.module == b.module).map(Group).collect()
}

/// An import in a group: its second name, its type.
struct Item<'m>(&'m Import);

impl Encode for Item<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.name.encode(out);
        self.0.ty.encode(out);
    }
}

impl Encode for Group<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        let [first, rest @ ..] = self.0 else { return };
        if rest.is_empty() {
            return first.encode(out);
        }
        (&*first.module).encode(out);
        "".encode(out);
        if rest.iter().all(|import| import.ty == first.ty) {
            out.push(ONE_TYPE);
            first.ty.encode(out);
            vec(&self.0.iter().map(|import| &*import.name).collect::<Vec<_>>(), out);
        } else {
            out.push(ONE_MODULE);
            vec(&self.0.iter().map(Item).collect::<Vec<_>>(), out);
        }
    }
}

/// Appends an external kind, then what it is a kind of.
fn external(kind: u8, value: &impl Encode, out: &mut Vec<u8>) {
    out.push(kind);
    value.encode(out);
}

impl Encode for ImportType {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            ImportType::Func(x) => external(0, x, out),
            ImportType::FuncExact(x) => external(FUNC_EXACT, x, out),
            ImportType::Table(ty) => external(1, ty, out),
            ImportType::Mem(ty) => external(2, ty, out),
            ImportType::Global(ty) => external(3, ty, out),
            ImportType::Tag(x) => external(4, &Tag(*x), out),
        }
    }
}

impl Encode for ExternIdx {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            ExternIdx::Func(x) => external(0, x, out),
            ExternIdx::Table(x) => external(1, x, out),
            ExternIdx::Mem(x) => external(2, x, out),
            ExternIdx::Global(x) => external(3, x, out),
            ExternIdx::Tag(x) => external(4, x, out),
        }
    }
}

impl Encode for Export {
    fn encode(&self, out: &mut Vec<u8>) {
        self.name.encode(out);
        self.idx.encode(out);
    }
}

impl Encode for Table {
    fn encode(&self, out: &mut Vec<u8>) {
        if self.init.is_some() {
            out.extend_from_slice(&[0x40, 0]);
        }
        self.ty.encode(out);
        self.init.iter().for_each(|init| init.encode(out));
    }
}

impl Encode for Global {
    fn encode(&self, out: &mut Vec<u8>) {
        self.ty.encode(out);
        self.init.encode(out);
    }
}

/// The flags of an element segment: not active; has a table, or is declarative; holds expressions.
const NOT_ACTIVE: u32 = 1;
const EXPLICIT: u32 = 2;
const EXPRS: u32 = 4;

impl Encode for Elem {
    fn encode(&self, out: &mut Vec<u8>) {
        // Functions of any type but that of functions are written as expressions.
        let exprs = self.ty != FUNC || matches!(self.items, ElemItems::Exprs(_));
        let short = if exprs { RefType::FUNCREF } else { FUNC };
        let mode = match self.mode {
            ElemMode::Passive => NOT_ACTIVE,
            ElemMode::Declarative => NOT_ACTIVE | EXPLICIT,
            ElemMode::Active { table: TableIdx(0), .. } if self.ty == short => 0,
            ElemMode::Active { .. } => EXPLICIT,
        };
        unsigned(u64::from(mode | if exprs { EXPRS } else { 0 }), out);
        if let ElemMode::Active { table, offset } = &self.mode {
            if mode == EXPLICIT {
                table.encode(out);
            }
            offset.encode(out);
        }
        match mode {
            0 => {}
            _ if exprs => self.ty.encode(out),
            _ => out.push(0),
        }
        elem_items(&self.items, exprs, out);
    }
}

fn elem_items(items: &ElemItems, exprs: bool, out: &mut Vec<u8>) {
    match items {
        ElemItems::Exprs(es) => vec(es, out),
        ElemItems::Funcs(xs) if !exprs => vec(xs, out),
        ElemItems::Funcs(xs) => {
            let ref_func = |x: &FuncIdx| ConstExpr::new([Instr::RefFunc { x: *x }]);
            vec(&xs.iter().map(ref_func).collect::<Vec<_>>(), out);
        }
    }
}

impl Encode for Data {
    fn encode(&self, out: &mut Vec<u8>) {
        match &self.mode {
            DataMode::Passive => out.push(1),
            DataMode::Active { memory: MemIdx(0), offset } => {
                out.push(0);
                offset.encode(out);
            }
            DataMode::Active { memory, offset } => {
                out.push(2);
                memory.encode(out);
                offset.encode(out);
            }
        }
        self.init.encode(out);
    }
}
