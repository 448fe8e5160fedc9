//! The host module that scripts import from: `spectest`.

use terrane::{
    Feature, Global, GlobalType, Linker, Memory, MemoryType, Mutability, Ref, RefType, Result, SharedMemory,
    Store, Table, TableType, Val, ValType,
};

/// Defines `spectest` with everything that the official suite's host offers.
///
/// What it prints goes nowhere.
pub(crate) fn define(linker: &mut Linker<()>, store: &mut Store<()>) -> Result<()> {
    functions(linker)?;
    let globals = [
        ("global_i32", ValType::I32, Val::from(666i32)),
        ("global_i64", ValType::I64, Val::from(666i64)),
        ("global_f32", ValType::F32, Val::from(666.6f32)),
        ("global_f64", ValType::F64, Val::from(666.6f64)),
    ];
    for (name, ty, val) in globals {
        let global = Global::new(&mut *store, GlobalType::new(ty, Mutability::Const), val)?;
        linker.define(&mut *store, "spectest", name, global)?;
    }
    let table = Table::new(&mut *store, TableType::new(RefType::FUNCREF, 10, Some(20)), Ref::Func(None))?;
    linker.define(&mut *store, "spectest", "table", table)?;
    let memory = Memory::new(&mut *store, MemoryType::new(1, Some(2)))?;
    linker.define(&mut *store, "spectest", "memory", memory)?;
    let features = store.engine().features();
    if features.contains(Feature::Memory64) {
        let ty = TableType::new64(RefType::FUNCREF, 10, Some(20));
        let table = Table::new(&mut *store, ty, Ref::Func(None))?;
        linker.define(&mut *store, "spectest", "table64", table)?;
    }
    if features.contains(Feature::Threads) {
        let memory = SharedMemory::new(store.engine(), MemoryType::shared(1, 2))?;
        linker.define(&mut *store, "spectest", "shared_memory", memory)?;
    }
    Ok(())
}

fn functions(linker: &mut Linker<()>) -> Result<()> {
    linker.func_wrap("spectest", "print", || {})?;
    linker.func_wrap("spectest", "print_i32", |_: i32| {})?;
    linker.func_wrap("spectest", "print_i64", |_: i64| {})?;
    linker.func_wrap("spectest", "print_f32", |_: f32| {})?;
    linker.func_wrap("spectest", "print_f64", |_: f64| {})?;
    linker.func_wrap("spectest", "print_i32_f32", |_: i32, _: f32| {})?;
    linker.func_wrap("spectest", "print_f64_f64", |_: f64, _: f64| {})?;
    Ok(())
}
