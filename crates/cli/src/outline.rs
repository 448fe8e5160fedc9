//! What a module has, decoded but not validated.

use crate::place::section_name;
use terrane_binary::{Body, Chunk, Decoder, Error, NAME_SECTION, Names, Payload, Result, add_payload};
use terrane_syntax::types::{CompType, GlobalType, MemType, SubType, TableType};
use terrane_syntax::{Custom, ExternIdx, Features, FuncIdx, ImportType, Module, TypeIdx};

/// A section of a module.
pub(crate) struct SectionRow {
    /// Where it begins, with its id.
    pub(crate) offset: usize,
    /// How many bytes it has, its id and its size included.
    pub(crate) size: usize,
    pub(crate) name: &'static str,
    /// What is in it.
    pub(crate) contents: String,
}

/// What a module has, as far as it could be decoded.
pub(crate) struct Outline<'a> {
    pub(crate) sections: Vec<SectionRow>,
    pub(crate) module: Module,
    pub(crate) bodies: Vec<Body<'a>>,
    /// Why it could not be decoded to its end.
    pub(crate) error: Option<Error>,
}

impl<'a> Outline<'a> {
    /// Decodes a module, up to the first byte that cannot be.
    pub(crate) fn new(binary: &'a [u8]) -> Self {
        let (sections, module, bodies) = (Vec::new(), Module::default(), Vec::new());
        let mut outline = Self { sections, module, bodies, error: None };
        outline.error = outline.decode(binary).err();
        outline
    }

    fn decode(&mut self, binary: &'a [u8]) -> Result {
        let mut decoder = Decoder::new(Features::all());
        loop {
            let offset = decoder.offset();
            let Chunk::Payload { payload, .. } = decoder.decode(&binary[offset..], true)? else {
                return Ok(());
            };
            match payload {
                Payload::End(_) => return Ok(()),
                Payload::Body(body) => {
                    if let Some(func) = self.module.funcs.get_mut(self.bodies.len()) {
                        func.body = body.range();
                    }
                    self.bodies.push(body);
                }
                payload => {
                    let end = match &payload {
                        Payload::Code { range, .. } => range.end,
                        _ => decoder.offset(),
                    };
                    let name = section_name(&payload).unwrap_or("header");
                    let contents = contents(&payload);
                    self.sections.push(SectionRow { offset, size: end - offset, name, contents });
                    add_payload(&mut self.module, payload)?;
                }
            }
        }
    }

    /// The name section, if there is one that can be read.
    pub(crate) fn names<'m>(customs: &'m [Custom]) -> Names<'m> {
        let section = customs.iter().find(|custom| custom.name == NAME_SECTION);
        section.and_then(|custom| Names::decode(&custom.bytes, custom.offset).ok()).unwrap_or_default()
    }
}

/// A number of things, the word for which is given for one.
pub(crate) fn count(n: usize, what: &str) -> String {
    match what.strip_suffix('y') {
        _ if n == 1 => format!("1 {what}"),
        Some(stem) => format!("{n} {stem}ies"),
        None => format!("{n} {what}s"),
    }
}

fn contents(payload: &Payload<'_>) -> String {
    let count = |n: u32, what: &str| count(n as usize, what);
    match payload {
        Payload::Types(section) => count(section.element_count(), "type"),
        // Also those in groups.
        Payload::Imports(section) => super::outline::count(section.clone().count(), "import"),
        Payload::Funcs(section) => count(section.element_count(), "function"),
        Payload::Tables(section) => count(section.element_count(), "table"),
        Payload::Mems(section) => count(section.element_count(), "memory"),
        Payload::Tags(section) => count(section.element_count(), "tag"),
        Payload::Globals(section) => count(section.element_count(), "global"),
        Payload::Exports(section) => count(section.element_count(), "export"),
        Payload::Start(x) => format!("function {x}"),
        Payload::Elems(section) => count(section.element_count(), "segment"),
        Payload::Datas(section) => count(section.element_count(), "segment"),
        Payload::DataCount(n) => count(*n, "data segment"),
        Payload::Code { count: n, .. } => count(*n, "body"),
        Payload::Custom(custom) => format!("{:?}", custom.name),
        _ => String::new(),
    }
}

/// The index spaces of a module: imports first, then what it defines.
pub(crate) struct Spaces<'m> {
    types: Vec<&'m SubType>,
    funcs: Vec<TypeIdx>,
    tables: Vec<TableType>,
    mems: Vec<MemType>,
    globals: Vec<GlobalType>,
    tags: Vec<TypeIdx>,
}

impl<'m> Spaces<'m> {
    pub(crate) fn new(module: &'m Module) -> Self {
        let types = module.types.iter().flat_map(|rec| rec.0.iter()).collect();
        let (funcs, tables, mems, globals, tags) = Default::default();
        let mut spaces = Self { types, funcs, tables, mems, globals, tags };
        for import in &module.imports {
            match import.ty {
                ImportType::Func(ty) | ImportType::FuncExact(ty) => spaces.funcs.push(ty),
                ImportType::Table(tt) => spaces.tables.push(tt),
                ImportType::Mem(mt) => spaces.mems.push(mt),
                ImportType::Global(gt) => spaces.globals.push(gt),
                ImportType::Tag(ty) => spaces.tags.push(ty),
            }
        }
        spaces.funcs.extend(module.funcs.iter().map(|func| func.ty));
        spaces.tables.extend(module.tables.iter().map(|table| table.ty));
        spaces.mems.extend(&module.mems);
        spaces.globals.extend(module.globals.iter().map(|global| global.ty));
        spaces.tags.extend(&module.tags);
        spaces
    }

    /// The type of a function, as text.
    pub(crate) fn func(&self, x: FuncIdx) -> String {
        self.funcs.get(x.index()).map_or_else(|| "?".to_owned(), |ty| self.func_type(*ty))
    }

    /// How many parameters a function has.
    pub(crate) fn param_count(&self, x: FuncIdx) -> usize {
        let ty = self.funcs.get(x.index()).and_then(|ty| self.types.get(ty.index()));
        match ty.map(|ty| &ty.comp) {
            Some(CompType::Func(ft)) => ft.params.len(),
            _ => 0,
        }
    }

    /// A function's type, as text: that it is one is not known before validation.
    fn func_type(&self, x: TypeIdx) -> String {
        match self.types.get(x.index()).map(|ty| &ty.comp) {
            Some(CompType::Func(ft)) => ft.to_string(),
            _ => format!("type {x}"),
        }
    }

    /// The type of an import, as text.
    pub(crate) fn import(&self, ty: ImportType) -> String {
        match ty {
            ImportType::Func(ty) => format!("func {}", self.func_type(ty)),
            ImportType::FuncExact(ty) => format!("func (exact {})", self.func_type(ty)),
            ImportType::Table(tt) => tt.to_string(),
            ImportType::Mem(mt) => mt.to_string(),
            ImportType::Global(gt) => gt.to_string(),
            ImportType::Tag(ty) => format!("tag {}", self.func_type(ty)),
        }
    }

    /// The type of an export, as text.
    pub(crate) fn export(&self, idx: ExternIdx) -> String {
        let ty = match idx {
            ExternIdx::Func(x) => self.funcs.get(x.index()).copied().map(ImportType::Func),
            ExternIdx::Table(x) => self.tables.get(x.index()).copied().map(ImportType::Table),
            ExternIdx::Mem(x) => self.mems.get(x.index()).copied().map(ImportType::Mem),
            ExternIdx::Global(x) => self.globals.get(x.index()).copied().map(ImportType::Global),
            ExternIdx::Tag(x) => self.tags.get(x.index()).copied().map(ImportType::Tag),
        };
        ty.map_or_else(|| "?".to_owned(), |ty| self.import(ty))
    }

    /// How many functions there are, imports included.
    pub(crate) fn func_count(&self) -> usize {
        self.funcs.len()
    }
}
