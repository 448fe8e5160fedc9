//! Structures and arrays: made by the guest and read by the host, and the other way round.

use terrane_portable::binary;
use wasm::{
    ArrayRef, ArrayRefPre, ArrayType, Config, Engine, FieldType, Instance, Module, Mutability, Result, RootScope,
    Rooted, StorageType, Store, StructRef, StructRefPre, StructType, Val, ValType,
};

pub(crate) fn main() -> Result<()> {
    let mut config = Config::new();
    config.wasm_function_references(true).wasm_gc(true);
    let engine = Engine::new(&config)?;
    let mut store = Store::new(&engine, ());
    let module = Module::new(
        &engine,
        binary(
            r#"(module
                (type $point (struct (field $x (mut i32)) (field $y i32)))
                (type $bytes (array (mut i8)))
                (func (export "point") (param i32 i32) (result (ref $point))
                    (struct.new $point (local.get 0) (local.get 1)))
                (func (export "sum") (param (ref $bytes)) (result i32) (local $i i32) (local $sum i32)
                    (loop $next
                        (local.set $sum
                            (i32.add (local.get $sum) (array.get_u $bytes (local.get 0) (local.get $i))))
                        (local.set $i (i32.add (local.get $i) (i32.const 1)))
                        (br_if $next (i32.lt_u (local.get $i) (array.len (local.get 0)))))
                    (local.get $sum)))"#,
        ),
    )?;
    let instance = Instance::new(&mut store, &module, &[])?;

    // By the guest.
    let point = instance.get_func(&mut store, "point").expect("it is exported");
    let mut results = [Val::null_any_ref()];
    point.call(&mut store, &[Val::I32(3), Val::I32(4)], &mut results)?;
    let object = results[0].unwrap_anyref().copied().expect("not null");
    let object: Rooted<StructRef> = object.unwrap_struct(&store)?;
    assert_eq!(object.field(&mut store, 1)?.unwrap_i32(), 4);
    object.set_field(&mut store, 0, Val::I32(30))?;
    assert_eq!(object.field(&mut store, 0)?.unwrap_i32(), 30);
    assert!(object.set_field(&mut store, 1, Val::I32(0)).is_err());
    let fields: Vec<_> = object.fields(&mut store)?.map(|val| val.unwrap_i32()).collect();
    assert_eq!(fields, [30, 4]);

    // By the host, of types that are the same as the guest's.
    let bytes = ArrayType::new(&engine, FieldType::new(Mutability::Var, StorageType::I8));
    let pre = ArrayRefPre::new(&mut store, bytes);
    let sum = instance.get_func(&mut store, "sum").expect("it is exported");
    for _ in 0..100 {
        let mut scope = RootScope::new(&mut store);
        let array = ArrayRef::new_fixed(&mut scope, &pre, &[Val::I32(1), Val::I32(200), Val::I32(3)])?;
        assert_eq!(array.len(&scope)?, 3);
        let mut results = [Val::I32(0)];
        sum.call(&mut scope, &[array.into()], &mut results)?;
        assert_eq!(results[0].unwrap_i32(), 204);
    }
    let i32s = FieldType::new(Mutability::Var, StorageType::ValType(ValType::I32));
    let pair = StructType::new(&engine, [i32s.clone(), i32s])?;
    let pre = StructRefPre::new(&mut store, pair);
    let pair = StructRef::new(&mut store, &pre, &[Val::I32(1), Val::I32(2)])?;
    store.gc(None)?;
    assert_eq!(pair.field(&mut store, 1)?.unwrap_i32(), 2);
    Ok(())
}
