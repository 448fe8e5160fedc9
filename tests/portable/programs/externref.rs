//! Values of the host that guests hold: in globals, tables and functions.

use terrane_portable::binary;
use wasm::{Config, Engine, ExternRef, Instance, Module, OwnedRooted, Ref, RootScope, Rooted, Result, Store};

pub(crate) fn main() -> Result<()> {
    let mut config = Config::new();
    config.wasm_reference_types(true);
    let engine = Engine::new(&config)?;
    let mut store = Store::new(&engine, ());
    let module = Module::new(
        &engine,
        binary(
            r#"(module
                (table (export "table") 10 externref)
                (global (export "global") (mut externref) (ref.null extern))
                (func (export "same") (param externref) (result externref) (local.get 0)))"#,
        ),
    )?;
    let instance = Instance::new(&mut store, &module, &[])?;
    let externref = ExternRef::new(&mut store, "Hello, World!")?;
    let data = externref.data(&store)?.expect("data of the host").downcast_ref::<&'static str>();
    assert_eq!(data, Some(&"Hello, World!"));

    let table = instance.get_table(&mut store, "table").expect("it is exported");
    table.set(&mut store, 3, Ref::Extern(Some(externref)))?;
    let element = table.get(&mut store, 3).expect("inside the table");
    let element = *element.unwrap_extern().expect("not null");
    assert!(Rooted::ref_eq(&store, &element, &externref)?);
    assert!(table.get(&mut store, 4).expect("inside the table").is_null());

    let global = instance.get_global(&mut store, "global").expect("it is exported");
    global.set(&mut store, externref.into())?;
    assert!(global.get(&mut store).unwrap_externref().is_some());

    let same =
        instance.get_typed_func::<Option<Rooted<ExternRef>>, Option<Rooted<ExternRef>>>(&mut store, "same")?;
    let back = same.call(&mut store, Some(externref))?.expect("not null");
    assert!(Rooted::ref_eq(&store, &back, &externref)?);
    assert!(same.call(&mut store, None)?.is_none());

    // One that outlives the scope in which it was made.
    let kept: OwnedRooted<ExternRef> = {
        let mut scope = RootScope::new(&mut store);
        let short = ExternRef::new(&mut scope, 5_u32)?;
        short.to_owned_rooted(&mut scope)?
    };
    store.gc(None)?;
    assert_eq!(kept.data(&store)?.expect("data of the host").downcast_ref::<u32>(), Some(&5));
    Ok(())
}
