//! The validation of everything of a module but its function bodies.
//!
//! [Spec](https://webassembly.github.io/spec/core/valid/modules.html)

mod segment;
mod types;

use self::types::at_most;
use alloc::collections::BTreeSet;
use alloc::string::String;
use terrane_syntax::types::{ExternType, GlobalType, MemType, ModuleType, TableType, Types, ValType};
use terrane_syntax::{
    ConstExpr, Error, Export, ExternIdx, Feature, Features, FuncIdx, Global, Import, ImportType, Instr,
    Module, Table, TypeIdx, limits,
};

use crate::Result;
use crate::context::Context;
use crate::func::FuncAllocations;
use crate::invalid::{Invalid, Mismatch};

/// Validates a module but for its function bodies, and returns the context for those.
///
/// # Errors
/// If a part of the module is not valid. The offset is 0 for a part that does not record where it was.
///
/// # Examples
///
/// ```
/// use terrane_syntax::types::{MemType, Types};
/// use terrane_syntax::{Features, Module};
///
/// let module = Module { mems: vec![MemType::new(2, Some(1))], ..Module::default() };
/// let error = terrane_validation::check_module(&module, &mut Types::new(), Features::wasm3()).unwrap_err();
/// assert!(error.to_string().starts_with("size minimum must not be greater than maximum"));
/// ```
pub fn check_module(module: &Module, types: &mut Types, features: Features) -> Result<(Context, ModuleType)> {
    let mut v = ModuleValidator::new(features);
    module.types.iter().try_for_each(|rec| v.rec_type(0, types, rec))?;
    module.imports.iter().try_for_each(|import| v.import(0, import))?;
    module.funcs.iter().try_for_each(|func| v.func(0, func.ty))?;
    module.tables.iter().try_for_each(|table| v.table(0, table))?;
    module.mems.iter().try_for_each(|mt| v.mem(0, *mt))?;
    module.tags.iter().try_for_each(|ty| v.tag(0, *ty))?;
    module.globals.iter().try_for_each(|global| v.global(0, global))?;
    module.exports.iter().try_for_each(|export| v.export(0, export))?;
    module.start.map_or(Ok(()), |x| v.start(0, x))?;
    module.elems.iter().try_for_each(|elem| v.elem(0, elem))?;
    module.data_count.map_or(Ok(()), |n| v.data_count(0, n))?;
    let (context, ty) = v.finish();
    module.datas.iter().try_for_each(|data| context.check_data(0, data))?;
    Ok((context, ty))
}

/// Validates the sections of a module as they come, each item by itself, up to the code.
///
/// Items come in the order of the binary format. [`finish`](Self::finish) then gives the [`Context`] that
/// all function bodies are validated in, and with which [`Context::check_data`] validates data segments.
///
/// Each method takes the offset in bytes at which the item was found, for errors to bear; instructions
/// of constant expressions bear their own.
#[derive(Debug)]
pub struct ModuleValidator {
    context: Context,
    ty: ModuleType,
    export_names: BTreeSet<String>,
    allocations: FuncAllocations,
}

impl ModuleValidator {
    /// Begins a module that may use the given features.
    pub fn new(features: Features) -> Self {
        Self {
            context: Context::new(features),
            ty: ModuleType::default(),
            export_names: BTreeSet::new(),
            allocations: FuncAllocations::default(),
        }
    }

    /// The context so far.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The context for function bodies and data segments, and the type of the module.
    pub fn finish(self) -> (Context, ModuleType) {
        (self.context, self.ty)
    }

    /// An import.
    ///
    /// # Errors
    /// If its type is not [valid](https://webassembly.github.io/spec/core/valid/modules.html#imports).
    pub fn import(&mut self, offset: usize, import: &Import) -> Result {
        at(offset, too_many("imports", limits::IMPORTS, self.ty.imports.len()))?;
        at(offset, check_name(&import.module))?;
        at(offset, check_name(&import.name))?;
        let imports = &mut self.context.imports;
        match import.ty {
            ImportType::Func(_) | ImportType::FuncExact(_) => imports.funcs += 1,
            ImportType::Table(_) => imports.tables += 1,
            ImportType::Mem(_) => imports.mems += 1,
            ImportType::Global(_) => imports.globals += 1,
            ImportType::Tag(_) => imports.tags += 1,
        }
        let xt = at(offset, self.import_type(import.ty))?;
        self.ty.imports.push(xt);
        Ok(())
    }

    fn import_type(&mut self, ty: ImportType) -> Found<ExternType> {
        let context = &mut self.context;
        Ok(match ty {
            ImportType::Func(x) => {
                context.push_func(x)?;
                ExternType::Func(context.def(x)?)
            }
            ImportType::FuncExact(x) => {
                context.enabled(Feature::CustomDescriptors, "the import of a function of an exact type")?;
                context.exact_imports.insert(context.funcs.len() as u32);
                context.push_func(x)?;
                ExternType::FuncExact(context.def(x)?)
            }
            ImportType::Table(tt) => ExternType::Table(context.push_table(tt)?),
            ImportType::Mem(mt) => ExternType::Mem(context.push_mem(mt)?),
            ImportType::Global(gt) => {
                if gt.mutable {
                    context.enabled(Feature::MutableGlobal, "the import of a mutable global")?;
                }
                ExternType::Global(context.push_global(gt)?)
            }
            ImportType::Tag(x) => {
                context.push_tag(x)?;
                ExternType::Tag(context.def(x)?)
            }
        })
    }

    /// A function that the module defines, by its type.
    ///
    /// # Errors
    /// If there is no function type at that index.
    pub fn func(&mut self, offset: usize, ty: TypeIdx) -> Result {
        let defined = self.context.funcs.len() - self.context.imports.funcs;
        at(offset, too_many("functions", limits::FUNCS, defined))?;
        at(offset, self.context.push_func(ty))
    }

    /// A table that the module defines.
    ///
    /// # Errors
    /// If its type or its first element is not [valid].
    ///
    /// [valid]: https://webassembly.github.io/spec/core/valid/modules.html#tables
    pub fn table(&mut self, offset: usize, table: &Table) -> Result {
        let tt = at(offset, self.context.close_tabletype(table.ty))?;
        match &table.init {
            Some(init) => {
                at(
                    offset,
                    self.context.enabled(Feature::FunctionReferences, "a table with a first element"),
                )?;
                self.const_expr(init, ValType::Ref(tt.elem))?;
            }
            None if tt.elem.nullable => {}
            None => {
                let t = self.context.open(ValType::Ref(tt.elem));
                return at(offset, Err(Mismatch::NoDefault(t).into()));
            }
        }
        at(offset, self.context.push_table(table.ty)).map(|_| ())
    }

    /// A memory that the module defines.
    ///
    /// # Errors
    /// If its type is not [valid](https://webassembly.github.io/spec/core/valid/types.html#memory-types).
    pub fn mem(&mut self, offset: usize, mt: MemType) -> Result {
        at(offset, self.context.push_mem(mt)).map(|_| ())
    }

    /// A tag that the module defines, by its type.
    ///
    /// # Errors
    /// If there is no function type at that index, or it has results.
    pub fn tag(&mut self, offset: usize, ty: TypeIdx) -> Result {
        at(offset, self.context.push_tag(ty))
    }

    /// A global that the module defines.
    ///
    /// # Errors
    /// If its type or its first value is not [valid].
    ///
    /// [valid]: https://webassembly.github.io/spec/core/valid/modules.html#globals
    pub fn global(&mut self, offset: usize, global: &Global) -> Result {
        let t = at(offset, self.context.close_valtype(global.ty.val))?;
        self.const_expr(&global.init, t)?;
        at(offset, self.context.push_global(global.ty)).map(|_| ())
    }

    /// An export.
    ///
    /// # Errors
    /// If there is nothing at its index, or another export has its name.
    pub fn export(&mut self, offset: usize, export: &Export) -> Result {
        at(offset, too_many("exports", limits::EXPORTS, self.ty.exports.len()))?;
        at(offset, check_name(&export.name))?;
        let xt = at(offset, self.export_type(export.idx))?;
        if !self.export_names.insert(export.name.clone()) {
            return at(offset, Err(Invalid::DuplicateExport(export.name.clone())));
        }
        self.ty.exports.push(xt);
        Ok(())
    }

    fn export_type(&mut self, idx: ExternIdx) -> Found<ExternType> {
        let context = &mut self.context;
        Ok(match idx {
            ExternIdx::Func(x) => {
                let ty = context.func(x)?;
                context.refs.insert(x.0);
                let dt = context.def(ty)?;
                match context.func_ref(x, dt).heap.is_exact() {
                    true => ExternType::FuncExact(dt),
                    false => ExternType::Func(dt),
                }
            }
            ExternIdx::Table(x) => ExternType::Table(*context.table(x)?),
            ExternIdx::Mem(x) => ExternType::Mem(*context.mem(x)?),
            ExternIdx::Global(x) => {
                let gt = *context.global(x)?;
                if gt.mutable {
                    context.enabled(Feature::MutableGlobal, "the export of a mutable global")?;
                }
                ExternType::Global(gt)
            }
            ExternIdx::Tag(x) => ExternType::Tag(context.def(context.tag(x)?)?),
        })
    }

    /// The start function.
    ///
    /// # Errors
    /// If there is no such function, or it takes or returns something.
    pub fn start(&mut self, offset: usize, x: FuncIdx) -> Result {
        at(offset, self.context.func(x))?;
        match self.context.func_type(x) {
            Some(ft) if !ft.params.is_empty() || !ft.results.is_empty() => {
                at(offset, Err(Invalid::StartFunction(alloc::format!("{ft}"))))
            }
            _ => Ok(()),
        }
    }

    /// The number of data segments, announced before the code.
    ///
    /// # Errors
    /// If there are too many, or bulk memory operations are off.
    pub fn data_count(&mut self, offset: usize, n: u32) -> Result {
        at(offset, self.context.enabled(Feature::BulkMemory, "a data count section"))?;
        at(offset, at_most("data segments", limits::DATA_SEGMENTS, n as usize))?;
        self.context.data_count = Some(n);
        Ok(())
    }

    /// An error unless the expression is constant and gives one value of type `t`. The functions that it
    /// refers to count as declared.
    fn const_expr(&mut self, expr: &ConstExpr, t: ValType) -> Result {
        for instr in expr.instrs() {
            if let Instr::RefFunc { x } = instr
                && x.index() < self.context.funcs.len()
            {
                self.context.refs.insert(x.0);
            }
        }
        self.context.const_expr(expr, t.into(), &mut self.allocations)
    }
}

/// What a look-up gives, before its failure is placed.
type Found<T = ()> = core::result::Result<T, Invalid>;

/// Places a failure.
fn at<T>(offset: usize, found: Found<T>) -> Result<T> {
    found.map_err(|kind| Error::new(kind, offset))
}

/// An error unless one more than `count` is allowed.
fn too_many(what: &'static str, max: usize, count: usize) -> Found {
    if count < max {
        return Ok(());
    }
    Err(Invalid::TooMany { what, max: max as u64, found: count as u64 + 1 })
}

/// An error if a name is too long.
fn check_name(name: &str) -> Found {
    at_most("bytes in a name", limits::NAME_SIZE, name.len())
}

/// Types that are checked and appended to the context.
impl Context {
    fn push_func(&mut self, ty: TypeIdx) -> Found {
        self.signature(ty)?;
        self.funcs.push(ty);
        Ok(())
    }

    fn push_table(&mut self, tt: TableType) -> Found<TableType> {
        too_many("tables", limits::TABLES, self.tables.len())?;
        if !self.tables.is_empty() && !self.features.contains(Feature::ReferenceTypes) {
            return Err(Invalid::MultipleTables);
        }
        let tt = self.close_tabletype(tt)?;
        self.tables.push(tt);
        Ok(tt)
    }

    fn push_mem(&mut self, mt: MemType) -> Found<MemType> {
        too_many("memories", limits::MEMS, self.mems.len())?;
        self.check_memtype(mt)?;
        if !self.mems.is_empty() && !self.features.contains(Feature::MultiMemory) {
            return Err(Invalid::MultipleMemories);
        }
        self.mems.push(mt);
        Ok(mt)
    }

    fn push_global(&mut self, gt: GlobalType) -> Found<GlobalType> {
        too_many("globals", limits::GLOBALS, self.globals.len())?;
        let gt = GlobalType { val: self.close_valtype(gt.val)?, ..gt };
        self.globals.push(gt);
        Ok(gt)
    }

    fn push_tag(&mut self, ty: TypeIdx) -> Found {
        too_many("tags", limits::TAGS, self.tags.len())?;
        if !self.features.contains(Feature::LegacyExceptions) {
            self.enabled(Feature::Exceptions, "a tag")?;
        }
        match self.signature(ty)?.results.len() {
            0 => self.tags.push(ty),
            n => return Err(Invalid::TagResults(n)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::tests::{check, check_with};
    use alloc::string::ToString;
    use terrane_syntax::types::{CompType, FuncType, RecType, RefType, SubType};

    #[test]
    fn functions_tags_and_start_have_function_types() {
        check(
            "(type $t (func (param i32))) (import \"a\" \"b\" (func (type $t))) (func (type $t)) (tag (type $t))",
            "",
        );
        check("(type $s (struct)) (func (type $s))", "type mismatch: expected a function type, found type 0");
        check("(func (type 3))", "unknown type 3: there are 0");
        check("(import \"\" \"\" (func (type 3)))", "unknown type 3: there are 0");
        check("(tag (result i32))", "non-empty tag result type: 1 results");
        check("(import \"\" \"\" (tag (result i32 i32)))", "non-empty tag result type: 2 results");
        check("(func $f) (start $f)", "");
        check(
            "(func $f (param i32)) (start $f)",
            "start function: expected type [] -> [], found [i32] -> []",
        );
        check(
            "(func $f (result i32) (i32.const 0)) (start $f)",
            "start function: expected type [] -> [], found [] -> [i32]",
        );
        check("(start 1)", "unknown function 1: there are 0");
    }

    #[test]
    fn exports_exist_and_have_different_names() {
        check(
            "(func) (memory 1) (table 1 funcref) (global i32 (i32.const 0)) (tag) (export \"a\" (func 0)) (export \"b\" (memory 0)) (export \"c\" (table 0)) (export \"d\" (global 0)) (export \"e\" (tag 0))",
            "",
        );
        check(
            "(func) (memory 1) (export \"a\" (func 0)) (export \"a\" (memory 0))",
            "duplicate export name: \"a\"",
        );
        check("(export \"a\" (func 0))", "unknown function 0: there are 0");
        check("(export \"a\" (table 0))", "unknown table 0: there are 0");
        check("(export \"a\" (memory 0))", "unknown memory 0: there are 0");
        check("(export \"a\" (global 0))", "unknown global 0: there are 0");
        check("(export \"a\" (tag 0))", "unknown tag 0: there are 0");
    }

    #[test]
    fn tables_and_globals_start_with_a_value() {
        check("(table 1 funcref) (table 1 1 externref) (func $f) (table 1 (ref func) (ref.func $f))", "");
        check(
            "(table 1 (ref func))",
            "type mismatch: expected a type with a default value, found (ref func)",
        );
        check("(table 1 (ref func) (ref.null func))", "type mismatch: expected (ref func), found funcref");
        check("(table 1 funcref (i32.const 0))", "type mismatch: expected funcref, found i32");
        check("(global (ref func) (ref.null func))", "type mismatch: expected (ref func), found funcref");
        check("(global (ref 5) (unreachable))", "unknown type 5: there are 0");
    }

    #[test]
    fn older_versions_have_one_of_each() {
        let check = |fields, expected| check_with(Features::wasm1(), fields, expected);
        check("(memory 1) (memory 1)", "multiple memories: more than one needs the feature multi-memory");
        check(
            "(table 1 funcref) (table 1 funcref)",
            "multiple tables: more than one needs the feature reference-types",
        );
        check(
            "(func (result i32 i32) (unreachable))",
            "invalid result arity: expected at most 1 result, found 2",
        );
    }

    /// `add` can be called `max` times, and the next time fails.
    #[track_caller]
    fn check_limit(max: usize, mut add: impl FnMut() -> Result) {
        for i in 0..max {
            add().unwrap_or_else(|error| panic!("{i}: {error}"));
        }
        let error = add().unwrap_err();
        let expected = std::format!("expected at most {max}, found {}", max + 1);
        let message = error.kind().to_string();
        assert!(message.starts_with("too many ") && message.ends_with(&expected), "{message}");
    }

    #[test]
    fn parts_of_a_module_are_not_too_many() {
        let rec = |ft| RecType([SubType::plain(CompType::Func(ft))].into());
        let mut types = Types::new();
        let mut v = ModuleValidator::new(Features::all());
        check_limit(limits::TYPES, || v.rec_type(0, &mut types, &rec(FuncType::default())));
        check_limit(limits::FUNCS, || v.func(0, TypeIdx(0)));
        let limits = terrane_syntax::types::Limits { min: 0, max: None };
        let ty = TableType { addr: Default::default(), limits, elem: RefType::FUNCREF };
        check_limit(limits::TABLES, || v.table(0, &Table { ty, init: None }));
        check_limit(limits::MEMS, || v.mem(0, MemType::new(0, None)));
        check_limit(limits::TAGS, || v.tag(0, TypeIdx(0)));
        let ty = GlobalType { mutable: false, val: ValType::I32 };
        let init = ConstExpr::new([Instr::I32Const { c: 0 }]);
        check_limit(limits::GLOBALS, || v.global(0, &Global { ty, init: init.clone() }));
        let mut name = 0;
        check_limit(limits::EXPORTS, || {
            name += 1;
            v.export(0, &Export { name: name.to_string(), idx: ExternIdx::Func(FuncIdx(0)) })
        });
        let mut v = ModuleValidator::new(Features::all());
        v.rec_type(0, &mut types, &rec(FuncType::default())).unwrap();
        let import = Import { module: "m".into(), name: "n".into(), ty: ImportType::Func(TypeIdx(0)) };
        check_limit(limits::IMPORTS, || v.import(0, &import));
        v.data_count(0, limits::DATA_SEGMENTS as u32).unwrap();
        let error = v.data_count(0, limits::DATA_SEGMENTS as u32 + 1).unwrap_err();
        assert!(error.to_string().starts_with("too many data segments"), "{error}");
    }

    #[test]
    fn parts_of_types_and_bodies_are_not_too_many() {
        let check = |open: &str, item: &str, close, max: usize, what| {
            let fields = |n| [open, &item.repeat(n), close].concat();
            check(&fields(max), "");
            let found = max + 1;
            check(&fields(found), &std::format!("too many {what}: expected at most {max}, found {found}"));
        };
        check("(type (func (param ", "i32 ", ")))", limits::PARAMS, "parameters");
        check("(type (func (result ", "i32 ", ")))", limits::RESULTS, "results");
        check("(type (struct ", "(field i32)", "))", limits::STRUCT_FIELDS, "fields of a structure");
        check("(func (local ", "i32 ", "))", limits::LOCALS as usize, "locals");
        check("(func (export \"", "n", "\"))", limits::NAME_SIZE, "bytes in a name");
    }

    #[test]
    fn contexts_are_shared_between_threads() {
        fn check<T: Send + Sync>() {}
        check::<Context>();
        check::<Error<Invalid>>();
    }

    #[test]
    fn the_type_of_a_module_is_closed_and_in_order() {
        let import = |name: &str, ty| Import { module: "m".into(), name: name.into(), ty };
        let ft = FuncType::new([ValType::I32], []);
        let module = Module {
            types: [RecType([SubType::plain(CompType::Func(ft))].into())].into(),
            imports: [
                import("a", ImportType::Func(TypeIdx(0))),
                import("b", ImportType::Mem(MemType::new(1, None))),
            ]
            .into(),
            exports: [Export { name: "c".into(), idx: ExternIdx::Func(FuncIdx(0)) }].into(),
            ..Module::default()
        };
        let (context, ty) = check_module(&module, &mut Types::new(), Features::wasm1()).unwrap();
        let def = context.types().def(TypeIdx(0)).unwrap();
        assert_eq!(ty.imports, [ExternType::Func(def), ExternType::Mem(MemType::new(1, None))]);
        assert_eq!(ty.exports, [ExternType::Func(def)]);
        assert!(context.is_declared_ref(FuncIdx(0)));
        assert_eq!((context.imports().funcs, context.imports().mems), (1, 1));
    }
}
