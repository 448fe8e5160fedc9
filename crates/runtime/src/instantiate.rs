//! Instantiation: from a module and its imports to an instance.
//!
//! [Spec](https://webassembly.github.io/spec/core/exec/modules.html#instantiation)

use crate::link::{describe, matches};
use crate::{
    DataInst, ElemInst, ExternAddr, FuncAddr, FuncInst, GlobalAddr, Link, MemAddr, ModuleAddr, ModuleInst,
    RawVal, Ref, Store, TableAddr, Trap,
};
use std::any::Any;
use std::ptr::NonNull;
use std::sync::Arc;
use terrane_syntax::types::{ExternType, GlobalType, ModuleTypes, RefType, Resolve, TableType, ValType};
use terrane_syntax::{
    ConstExpr, DataMode, ElemItems, ElemMode, ExternIdx, FuncIdx, GlobalIdx, MemIdx, Module, TableIdx,
};

/// Why a module could not be instantiated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InstantiateError {
    /// Imports that cannot be satisfied: all of them.
    #[error("{}", .0.iter().map(Link::to_string).collect::<Vec<_>>().join("\n"))]
    Link(Vec<Link>),
    /// A segment does not fit, or there is no room for something.
    #[error(transparent)]
    Trap(#[from] Trap),
}

/// What instantiation needs from the layer that runs code.
pub trait Eval {
    /// The code of the function that the module defines at `i`, imports not counted.
    fn code(&self, i: usize) -> *const ();

    /// The value of a constant expression.
    ///
    /// # Errors
    /// If it needs memory that is not there.
    fn eval(&self, store: &mut Store, inst: NonNull<ModuleInst>, expr: &ConstExpr) -> Result<RawVal, Trap>;

    /// Are all active segments checked before the first of them is written, and is one that does not fit an
    /// error of linking, as in WebAssembly 1.0? Since bulk memory operations it is a trap, and what was written
    /// before it stays.
    fn checks_segments_first(&self) -> bool {
        false
    }
}

/// Makes an instance of a valid module. The start function is left to the caller.
///
/// `imports` are in the order in which the module declares them, `import_types` their closed types;
/// `types` knows what canonical types stand for. `code` is kept by the instance, so that the pointers that
/// its [`Eval::code`] gives may lead into it.
///
/// # Errors
/// [`InstantiateError::Link`] names every import that does not match; nothing has changed then.
/// [`InstantiateError::Trap`]: a segment did not fit. What was written by then stays written.
pub fn instantiate<E: Eval + Any + Send + Sync>(
    store: &mut Store,
    types: &impl Resolve,
    module: &Arc<Module>,
    module_types: &ModuleTypes,
    code: &Arc<E>,
    import_types: &[ExternType],
    imports: &[ExternAddr],
) -> Result<ModuleAddr, InstantiateError> {
    check_imports(store, types, module, import_types, imports)?;
    let instances = store.limiter().instances();
    if store.modules.len() >= instances {
        return Err(Trap::MemoryAllocationFailed.into());
    }
    let addr = ModuleAddr::from(store.modules.push(ModuleInst {
        addr: ModuleAddr(store.modules.len() as u32),
        module: module.clone(),
        code: code.clone(),
        funcs: Vec::new(),
        tables: Vec::new(),
        mems: Vec::new(),
        globals: Vec::new(),
        tags: Vec::new(),
        elems: Vec::new(),
        datas: module.datas.iter().map(|_| DataInst::default()).collect(),
        exports: Vec::new(),
    }));
    let spaces = Spaces { imports, tables: 0, mems: 0, globals: 0 };
    let mut instantiation = Instantiation { store, module, types: module_types, addr, eval: &**code, spaces };
    instantiation.import(imports);
    instantiation.alloc_funcs();
    instantiation.alloc_mems()?;
    instantiation.alloc_tags();
    instantiation.alloc_globals()?;
    instantiation.alloc_tables()?;
    instantiation.alloc_elems()?;
    instantiation.alloc_exports();
    if code.checks_segments_first() {
        instantiation.check_segments()?;
    }
    instantiation.init_tables()?;
    instantiation.init_mems()?;
    Ok(addr)
}

/// Every import that does not match, at once.
fn check_imports(
    store: &Store,
    types: &impl Resolve,
    module: &Module,
    import_types: &[ExternType],
    imports: &[ExternAddr],
) -> Result<(), InstantiateError> {
    let mut bad = Vec::new();
    if imports.len() != module.imports.len() {
        bad.push(Link::Arity { expected: module.imports.len(), found: imports.len() });
    }
    let given = imports.iter().map(Some).chain(std::iter::repeat(None));
    for ((import, expected), a) in module.imports.iter().zip(import_types).zip(given) {
        let found = a.map(|a| store.externtype(*a));
        if found.is_some_and(|found| matches(types, found, *expected)) {
            continue;
        }
        let (module, name, expected) =
            (import.module.clone(), import.name.clone(), describe(types, *expected));
        bad.push(match found {
            None => Link::Unknown { module, name, expected, nearest: None },
            Some(found) => Link::Incompatible { module, name, expected, found: describe(types, found) },
        });
    }
    if bad.is_empty() { Ok(()) } else { Err(InstantiateError::Link(bad)) }
}

/// The addresses behind an instance's index spaces: those of imports, and then those from some address on.
struct Spaces<'a> {
    imports: &'a [ExternAddr],
    tables: usize,
    mems: usize,
    globals: usize,
}

impl Spaces<'_> {
    fn table(&self, x: TableIdx) -> TableAddr {
        let table = |a: &ExternAddr| if let ExternAddr::Table(a) = a { Some(*a) } else { None };
        self.find(x.index(), table, self.tables)
    }

    fn mem(&self, x: MemIdx) -> MemAddr {
        let mem = |a: &ExternAddr| if let ExternAddr::Mem(a) = a { Some(*a) } else { None };
        self.find(x.index(), mem, self.mems)
    }

    fn global(&self, x: GlobalIdx) -> GlobalAddr {
        let global = |a: &ExternAddr| if let ExternAddr::Global(a) = a { Some(*a) } else { None };
        self.find(x.index(), global, self.globals)
    }

    /// The address at `i`: of an import of some kind, or of what is the instance's own, from `first` on.
    fn find<A: From<usize>>(&self, i: usize, kind: impl Fn(&ExternAddr) -> Option<A>, first: usize) -> A {
        let mut imported = 0;
        for a in self.imports.iter().filter_map(kind) {
            if imported == i {
                return a;
            }
            imported += 1;
        }
        A::from(first + i - imported)
    }
}

/// An instantiation under way.
struct Instantiation<'a, E> {
    store: &'a mut Store,
    module: &'a Module,
    types: &'a ModuleTypes,
    addr: ModuleAddr,
    eval: &'a E,
    spaces: Spaces<'a>,
}

impl<E: Eval> Instantiation<'_, E> {
    fn inst(&mut self) -> &mut ModuleInst {
        self.store.module_mut(self.addr)
    }

    fn eval(&mut self, expr: &ConstExpr) -> Result<RawVal, Trap> {
        let inst = self.store.module_ptr(self.addr);
        self.eval.eval(self.store, inst, expr)
    }

    fn close(&self, t: ValType) -> ValType {
        self.types.close_valtype(t).expect("valid")
    }

    fn close_ref(&self, rt: RefType) -> RefType {
        self.types.close_reftype(rt).expect("valid")
    }

    fn import(&mut self, imports: &[ExternAddr]) {
        for a in imports {
            match *a {
                ExternAddr::Func(a) => self.push_func(a),
                ExternAddr::Table(a) => self.push_table(a),
                ExternAddr::Mem(a) => self.push_mem(a),
                ExternAddr::Global(a) => self.push_global(a),
                ExternAddr::Tag(a) => self.inst().tags.push(a),
            }
        }
    }

    fn push_func(&mut self, a: FuncAddr) {
        let func = self.store.func_ptr(a);
        self.inst().funcs.push(func);
    }

    fn push_table(&mut self, a: TableAddr) {
        let table = self.store.table_ptr(a);
        self.inst().tables.push(table);
    }

    fn push_mem(&mut self, a: MemAddr) {
        let mem = self.store.mem_ptr(a);
        self.inst().mems.push(mem);
    }

    fn push_global(&mut self, a: GlobalAddr) {
        let global = self.store.global_ptr(a);
        self.inst().globals.push(global);
    }

    fn alloc_funcs(&mut self) {
        let first = self.store.funcs.len();
        let imported = self.inst().funcs.len();
        let instance = self.store.module_ptr(self.addr).as_ptr();
        let types: &ModuleTypes = self.types;
        let block = self.module.funcs.iter().enumerate().map(|(i, func)| {
            let info = types.get(func.ty).expect("valid");
            let x = FuncIdx((imported + i) as u32);
            // SAFETY: *type-kept*: the instance has just been given these types.
            unsafe { FuncInst::of_guest(info, FuncAddr::from(first + i), instance, self.eval.code(i), x) }
        });
        let block = block.collect();
        let new = self.store.funcs.extend(block);
        // SAFETY: instances live as long as the store, and nobody else refers to this one.
        unsafe { (*instance).funcs.extend_from_slice(new) };
    }

    fn alloc_mems(&mut self) -> Result<(), Trap> {
        self.spaces.mems = self.store.mems.len();
        for ty in &self.module.mems {
            let a = self.store.alloc_mem(*ty)?;
            self.push_mem(a);
        }
        Ok(())
    }

    fn alloc_tags(&mut self) {
        for ty in &self.module.tags {
            let info = self.types.get(*ty).expect("valid");
            let a = self.store.alloc_tag(info.def, info.as_func().expect("valid"));
            self.inst().tags.push(a);
        }
    }

    fn alloc_globals(&mut self) -> Result<(), Trap> {
        self.spaces.globals = self.store.globals.len();
        for global in &self.module.globals {
            let value = self.eval(&global.init)?;
            let ty = GlobalType { val: self.close(global.ty.val), ..global.ty };
            let a = self.store.alloc_global(ty, value);
            self.push_global(a);
        }
        Ok(())
    }

    fn alloc_tables(&mut self) -> Result<(), Trap> {
        self.spaces.tables = self.store.tables.len();
        for table in &self.module.tables {
            let init = match &table.init {
                Some(expr) => self.eval(expr)?.as_ref(),
                None => Ref::NULL,
            };
            let ty = TableType { elem: self.close_ref(table.ty.elem), ..table.ty };
            let a = self.store.alloc_table(ty, init)?;
            self.push_table(a);
        }
        Ok(())
    }

    fn alloc_elems(&mut self) -> Result<(), Trap> {
        for (i, elem) in self.module.elems.iter().enumerate() {
            let inst = self.inst();
            match &elem.items {
                ElemItems::Funcs(xs) => {
                    let refs = xs.iter().map(|x| Ref::func(inst.funcs[x.index()])).collect();
                    inst.elems.push(ElemInst { refs });
                }
                ElemItems::Exprs(exprs) => {
                    // In place from the start: what one expression makes must survive the next one.
                    inst.elems.push(ElemInst { refs: vec![Ref::NULL; exprs.len()].into() });
                    for (k, expr) in exprs.iter().enumerate() {
                        let r = self.eval(expr)?.as_ref();
                        self.inst().elems[i].refs[k] = r;
                    }
                }
            }
        }
        Ok(())
    }

    fn alloc_exports(&mut self) {
        let inst = self.store.module(self.addr);
        let exports = self.module.exports.iter().map(|export| match export.idx {
            // SAFETY: functions live as long as the store, and none is ever changed.
            ExternIdx::Func(x) => ExternAddr::Func(unsafe { inst.funcs[x.index()].as_ref() }.addr),
            ExternIdx::Table(x) => ExternAddr::Table(self.spaces.table(x)),
            ExternIdx::Mem(x) => ExternAddr::Mem(self.spaces.mem(x)),
            ExternIdx::Global(x) => ExternAddr::Global(self.spaces.global(x)),
            ExternIdx::Tag(x) => ExternAddr::Tag(inst.tags[x.index()]),
        });
        let exports = exports.collect();
        self.inst().exports = exports;
    }

    /// Do all active segments fit?
    ///
    /// [Spec](https://www.w3.org/TR/wasm-core-1/#instantiation%E2%91%A1)
    fn check_segments(&mut self) -> Result<(), InstantiateError> {
        let fits = |d: u64, n: usize, size: u64| d.checked_add(n as u64).is_some_and(|end| end <= size);
        let mut bad = Vec::new();
        for (i, elem) in self.module.elems.iter().enumerate() {
            if let ElemMode::Active { table, offset } = &elem.mode {
                let d = self.eval(offset)?.word();
                let size = self.store.table(self.spaces.table(*table)).size();
                if !fits(d, elem.items.len(), size) {
                    bad.push(Link::Elem { segment: i, offset: d, len: elem.items.len(), size });
                }
            }
        }
        for (i, data) in self.module.datas.iter().enumerate() {
            if let DataMode::Active { memory, offset } = &data.mode {
                let d = self.eval(offset)?.word();
                let size = self.store.mem(self.spaces.mem(*memory)).len() as u64;
                if !fits(d, data.init.len(), size) {
                    bad.push(Link::Data { segment: i, offset: d, len: data.init.len(), size });
                }
            }
        }
        if bad.is_empty() { Ok(()) } else { Err(InstantiateError::Link(bad)) }
    }

    /// Runs the active element segments, and drops them and the declarative ones.
    fn init_tables(&mut self) -> Result<(), Trap> {
        for (i, elem) in self.module.elems.iter().enumerate() {
            if let ElemMode::Active { table, offset } = &elem.mode {
                let d = self.eval(offset)?.word();
                self.init_table(*table, d, i)?;
            }
            if elem.mode != ElemMode::Passive {
                self.inst().elems[i] = ElemInst::default();
            }
        }
        Ok(())
    }

    fn init_table(&mut self, table: TableIdx, d: u64, i: usize) -> Result<(), Trap> {
        let refs = std::mem::take(&mut self.inst().elems[i].refs);
        self.store.table_mut(self.spaces.table(table)).init(d, &refs, 0, refs.len() as u64)
    }

    /// Runs the active data segments, and drops them.
    fn init_mems(&mut self) -> Result<(), Trap> {
        for (i, data) in self.module.datas.iter().enumerate() {
            if let DataMode::Active { memory, offset } = &data.mode {
                let d = self.eval(offset)?.word();
                self.init_mem(*memory, d, &data.init)?;
                self.inst().datas[i].dropped = true;
            }
        }
        Ok(())
    }

    fn init_mem(&mut self, memory: MemIdx, d: u64, bytes: &[u8]) -> Result<(), Trap> {
        self.store.mem_mut(self.spaces.mem(memory)).init(d, bytes, 0, bytes.len() as u64)
    }
}
