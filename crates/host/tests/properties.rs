//! Values and bytes arrive as they were sent, whatever they are.

use proptest::prelude::*;
use terrane::{Engine, Func, FuncType, Instance, Memory, MemoryType, Module, Store, Val, ValType};

fn val() -> impl Strategy<Value = Val> {
    prop_oneof![
        any::<i32>().prop_map(Val::I32),
        any::<i64>().prop_map(Val::I64),
        any::<u32>().prop_map(Val::F32),
        any::<u64>().prop_map(Val::F64),
        Just(Val::null_func_ref()),
        Just(Val::null_extern_ref()),
    ]
}

fn type_of(val: &Val) -> ValType {
    match val {
        Val::I32(_) => ValType::I32,
        Val::I64(_) => ValType::I64,
        Val::F32(_) => ValType::F32,
        Val::F64(_) => ValType::F64,
        Val::FuncRef(_) => ValType::FUNCREF,
        _ => ValType::EXTERNREF,
    }
}

/// A guest whose `f` hands its arguments on to the host, in reverse order, and returns what it gets.
fn reversing(store: &mut Store<()>, types: &[ValType]) -> Func {
    let engine = store.engine().clone();
    let reversed = || types.iter().rev().cloned();
    let identity =
        Func::new(&mut *store, FuncType::new(&engine, reversed(), reversed()), |_, params, results| {
            results.copy_from_slice(params);
            Ok(())
        });
    let list = |keyword: &str, types: &mut dyn Iterator<Item = ValType>| {
        types.map(|t| format!("({keyword} {t})")).collect::<String>()
    };
    let params = list("param", &mut types.iter().cloned());
    let (host_params, results) = (list("param", &mut reversed()), list("result", &mut reversed()));
    let gets: String = (0..types.len()).rev().map(|i| format!("(local.get {i})")).collect();
    let text = format!(
        r#"(module (import "" "f" (func $f {host_params} {results}))
            (func (export "f") {params} {results} (call $f {gets})))"#
    );
    let module = Module::new(&engine, text).expect("a valid module");
    let instance = Instance::new(&mut *store, &module, &[identity.into()]).expect("the import fits");
    instance.get_func(&*store, "f").expect("it is exported")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn values_arrive(vals in prop::collection::vec(val(), 0..40)) {
        let mut store = Store::new(&Engine::default(), ());
        let types: Vec<_> = vals.iter().map(type_of).collect();
        let f = reversing(&mut store, &types);
        let mut results = vec![Val::I32(0); vals.len()];
        f.call(&mut store, &vals, &mut results).unwrap();
        for (sent, found) in vals.iter().rev().zip(&results) {
            prop_assert_eq!(format!("{sent:?}"), format!("{found:?}"));
        }
    }

    #[test]
    fn bytes_arrive_or_are_refused_whole(
        writes in prop::collection::vec((0usize..200_000, prop::collection::vec(any::<u8>(), 0..100)), 0..20),
    ) {
        const SIZE: usize = 2 << 16;
        let mut store = Store::new(&Engine::default(), ());
        let memory = Memory::new(&mut store, MemoryType::new(2, Some(2))).unwrap();
        let mut expected = vec![0; SIZE];
        for (at, bytes) in writes {
            let inside = at + bytes.len() <= SIZE;
            prop_assert_eq!(memory.write(&mut store, at, &bytes).is_ok(), inside);
            let mut back = vec![0; bytes.len()];
            prop_assert_eq!(memory.read(&store, at, &mut back).is_ok(), inside);
            if inside {
                prop_assert_eq!(&back, &bytes);
                expected[at..at + bytes.len()].copy_from_slice(&bytes);
            }
        }
        prop_assert_eq!(memory.data(&store), &expected[..]);
        let mut rest = [0; 8];
        prop_assert!(memory.read(&store, usize::MAX - 3, &mut rest).is_err());
    }
}
