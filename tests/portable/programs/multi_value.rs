//! Functions with several results, of guests and of the host.

use terrane_portable::binary;
use wasm::{Engine, Func, FuncType, Instance, Module, Result, Store, Val, ValType};

pub(crate) fn main() -> Result<()> {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let module = Module::new(
        &engine,
        binary(
            r#"(module
                (import "" "f" (func $f (param i32 i64) (result i64 i32)))
                (func $g (export "g") (param i32 i64) (result i64 i32) (call $f (local.get 0) (local.get 1)))
                (func (export "round_trip_many")
                    (param i64 i64 i64 i64 i64) (result i64 i64 i64 i64 i64)
                    (local.get 4) (local.get 3) (local.get 2) (local.get 1) (local.get 0)))"#,
        ),
    )?;
    let ty = FuncType::new(&engine, [ValType::I32, ValType::I64], [ValType::I64, ValType::I32]);
    let dynamic = Func::new(&mut store, ty, |_, args, results| {
        results[0] = Val::I64(args[1].unwrap_i64() + 1);
        results[1] = Val::I32(args[0].unwrap_i32() + 1);
        Ok(())
    });
    let typed = Func::wrap(&mut store, |a: i32, b: i64| -> Result<(i64, i32)> { Ok((b + 1, a + 1)) });
    for f in [dynamic, typed] {
        let instance = Instance::new(&mut store, &module, &[f.into()])?;
        let g = instance.get_func(&mut store, "g").expect("it is exported");
        let mut results = vec![Val::I32(0); g.ty(&store).results().len()];
        g.call(&mut store, &[Val::I32(1), Val::I64(3)], &mut results)?;
        assert_eq!((results[0].unwrap_i64(), results[1].unwrap_i32()), (4, 2));
        assert_eq!(g.typed::<(i32, i64), (i64, i32)>(&store)?.call(&mut store, (5, 6))?, (7, 6));
        assert!(g.typed::<(i32, i64), i64>(&store).is_err());

        type Five = (i64, i64, i64, i64, i64);
        let many = instance.get_typed_func::<Five, Five>(&mut store, "round_trip_many")?;
        assert_eq!(many.call(&mut store, (0, 1, 2, 3, 4))?, (4, 3, 2, 1, 0));
    }
    Ok(())
}
