//! What the API can do, with a guest of a current compiler.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use terrane::{Caller, Engine, Linker, Module, Result, Store};
use terrane_assemblyscript::{
    Abort, AsCtx, AsCtxBuilder, AsError, AsInstance, AsInstanceBuilder, Clock, ConsoleLevel, Era, Function,
    Managed, TypedArray, Utf16, Value, add_to_linker, func_wrap,
};

type Lines = Arc<Mutex<Vec<String>>>;

struct Noon;

impl Clock for Noon {
    fn now(&mut self) -> f64 {
        43_200_000.5
    }

    fn monotonic(&mut self) -> f64 {
        1.0
    }
}

fn instance_with(ctx: AsCtx) -> (Store<AsCtx>, AsInstance) {
    instance_of(&AsInstance::builder(), ctx)
}

fn instance_of(builder: &AsInstanceBuilder, ctx: AsCtx) -> (Store<AsCtx>, AsInstance) {
    let engine = Engine::default();
    let module = Module::from_file(&engine, "guests/tour.wasm").unwrap();
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |ctx: &mut AsCtx| ctx).unwrap();
    func_wrap(&mut linker, "tour", "ask", |_: &mut Caller<'_, AsCtx>, question: String| {
        Ok(vec![question, "Yes.".to_owned()])
    })
    .unwrap();
    let mut store = Store::new(&engine, ctx);
    let instance = builder.instantiate(&mut store, &linker, &module).unwrap();
    (store, instance)
}

fn instance() -> (Store<AsCtx>, AsInstance) {
    instance_with(AsCtx::default())
}

#[test]
fn strings() -> Result<()> {
    let (mut store, instance) = instance();
    let store = &mut store;
    assert_eq!(instance.era(), Era::V0_24);
    assert!(instance.has_runtime());
    let greeting: String = instance.call(&mut *store, "greet", "Wörld 🌍")?;
    assert_eq!(greeting, "Hello, Wörld 🌍!");
    let half = Utf16(vec![0x41, 0xd83c]);
    let greeting: Utf16 = instance.call(&mut *store, "greet", &half)?;
    assert_eq!(greeting.0.len(), 10);
    let error = instance.call::<_, String>(&mut *store, "greet", half).unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(AsError::LoneSurrogate { index: 8, unit: 0xd83c, .. })));
    let talk: String = instance.call(&mut *store, "interview", "Is it easy?")?;
    assert_eq!(talk, "Is it easy? Yes.");
    assert_eq!(instance.get::<String>(&mut *store, "VERSION")?, "1.2");
    assert_eq!(instance.pinned(), 0);
    Ok(())
}

#[test]
fn arrays() -> Result<()> {
    let (mut store, instance) = instance();
    assert_eq!(instance.call::<_, i32>(&mut store, "sum", vec![1, 2, 39])?, 42);
    assert_eq!(instance.call::<_, i32>(&mut store, "sum", [1, 2, 3].as_slice())?, 6);
    assert_eq!(instance.call::<_, Vec<String>>(&mut store, "words", "a bb c")?, ["a", "bb", "c"]);
    let rows = vec![vec![1.0, 2.0], vec![3.0, 4.0]];
    let columns: Vec<Vec<f64>> = instance.call(&mut store, "transpose", rows)?;
    assert_eq!(columns, [[1.0, 3.0], [2.0, 4.0]]);
    let names = ["anna", "bob"];
    assert_eq!(instance.call::<_, Option<String>>(&mut store, "find", (names, "b"))?.as_deref(), Some("bob"));
    assert_eq!(instance.call::<_, Option<String>>(&mut store, "find", (names, "c"))?, None);
    assert_eq!(instance.pinned(), 0);
    Ok(())
}

#[test]
fn collections() -> Result<()> {
    let (mut store, instance) = instance();
    let counts: BTreeMap<String, i32> = instance.call(&mut store, "count", "to be or not to be")?;
    assert_eq!(
        counts,
        BTreeMap::from([("be", 2), ("not", 1), ("or", 1), ("to", 2)].map(|(k, v)| (k.into(), v)))
    );
    for len in [0, 1, 4, 5, 100] {
        let counts: HashMap<String, i32> = (0..len).map(|i| (format!("word {i}"), i)).collect();
        let total: i32 = instance.call(&mut store, "total", (&counts, "more"))?;
        assert_eq!(total, (0..len).sum::<i32>() + 2000);
    }
    let set: BTreeSet<u8> = instance.call(&mut store, "distinct", vec![3_u8, 1, 3, 255])?;
    assert_eq!(set, BTreeSet::from([1, 3, 255]));
    let set: HashSet<u8> = (0..200).collect();
    let set = instance.make(&mut store, &set)?;
    for (number, expected) in [(0_u8, true), (199, true), (200, false)] {
        assert_eq!(instance.call::<_, bool>(&mut store, "has", (&set, number))?, expected);
    }
    assert_eq!(set.read(&mut store)?.len(), 200);
    Ok(())
}

#[test]
fn views_are_live() -> Result<()> {
    let (mut store, instance) = instance();
    let pixels: Managed<TypedArray<u8>> = instance.call(&mut store, "pixels", ())?;
    pixels.view(&mut store)?[7] = 200;
    assert_eq!(instance.call::<_, u8>(&mut store, "brightest", ())?, 200);
    assert_eq!(pixels.read(&mut store)?[7], 200);
    let wrong: Managed<TypedArray<u32>> = pixels.cast();
    assert!(matches!(wrong.view(&mut store).unwrap_err().downcast_ref(), Some(AsError::WrongClass { .. })));
    Ok(())
}

#[test]
fn functions_and_optional_arguments() -> Result<()> {
    let (mut store, instance) = instance();
    let add: Function<(i32, i32), i32> = instance.call(&mut store, "adder", ())?;
    assert_eq!(add.call(&mut store, (40, 2))?, 42);
    assert_eq!(instance.call::<_, i32>(&mut store, "apply", (&add, 1, 2))?, 3);
    assert_eq!(instance.call::<_, i32>(&mut store, "power", (3,))?, 9);
    assert_eq!(instance.call::<_, i32>(&mut store, "power", (3, 4))?, 81);
    let power = instance.func::<(i32, i32), i32>(&mut store, "power")?;
    assert_eq!(power.call(&mut store, (2, 10))?, 1024);
    Ok(())
}

#[test]
fn globals_and_enumerations() -> Result<()> {
    let (mut store, instance) = instance();
    let colors = instance.enumeration(&mut store, "Color")?;
    assert_eq!(
        colors.iter().map(|(k, v)| (k.as_str(), *v)).collect::<Vec<_>>(),
        [("Red", 0), ("Green", 5), ("Blue", 6)]
    );
    assert_eq!(instance.call::<_, i32>(&mut store, "next", colors["Green"])?, 6);
    instance.set(&mut store, "volume", 0.75)?;
    assert_eq!(instance.get::<f64>(&mut store, "volume")?, 0.75);
    let error = instance.set(&mut store, "POINT", 7_u32).unwrap_err();
    assert_eq!(error.to_string(), "`POINT`: it is constant");
    let error = instance.get::<f32>(&mut store, "volume").unwrap_err();
    assert_eq!(error.to_string(), "`volume`: expected a global of type f32, found f64");
    Ok(())
}

#[test]
fn the_environment() -> Result<()> {
    let lines = Lines::default();
    let (traced, logged) = (lines.clone(), lines.clone());
    let ctx = AsCtxBuilder::new()
        .trace(move |message, numbers| traced.lock().unwrap().push(format!("{message} {numbers:?}")))
        .console(move |level: ConsoleLevel, text| logged.lock().unwrap().push(format!("{level:?} {text}")))
        .clock(Noon)
        .random(|bytes: &mut [u8]| bytes.fill(0x80))
        .build();
    let (mut store, instance) = instance_with(ctx);
    instance.call::<_, ()>(&mut store, "talk", ())?;
    assert_eq!(
        *lines.lock().unwrap(),
        ["numbers [1.5, -2.0]", "Log to the console", "Error Assertion failed: one is more"]
    );
    assert_eq!(instance.call::<_, i64>(&mut store, "now", ())?, 43_200_000);
    let first: f64 = instance.call(&mut store, "roll", ())?;
    assert!((0.0..1.0).contains(&first));

    let error = instance.call::<_, ()>(&mut store, "fail", "nothing works").unwrap_err();
    let abort: &Abort = error.downcast_ref().unwrap();
    assert_eq!(abort.to_string(), "abort: nothing works at tour.ts:135:3");
    assert!(error.backtrace().is_some());
    Ok(())
}

#[test]
fn objects_by_type_information() -> Result<()> {
    let (mut store, instance) = instance();
    let read = |store: &mut Store<AsCtx>, name: &str, text: &str| -> Result<Value> {
        let object: Managed = instance.call(&mut *store, name, text)?;
        instance.read_value(store, object.pointer())
    };
    assert_eq!(read(&mut store, "words", "a b")?.to_string(), r#"["a", "b"]"#);
    assert_eq!(read(&mut store, "count", "a b a")?.to_string(), r#"Map {"a" => 2, "b" => 1}"#);
    assert_eq!(read(&mut store, "greet", "you")?, Value::String("Hello, you!".into()));
    Ok(())
}

#[test]
fn handles_keep_objects() -> Result<()> {
    let (mut store, instance) = instance();
    let words: Managed<Vec<String>> = instance.call(&mut store, "words", "kept and safe")?;
    let again = words.clone();
    assert_eq!(instance.pinned(), 1);
    for _ in 0..100 {
        instance.call::<_, String>(&mut store, "greet", "garbage")?;
    }
    instance.collect(&mut store)?;
    assert_eq!(words.read(&mut store)?, ["kept", "and", "safe"]);
    drop(words);
    instance.collect(&mut store)?;
    assert_eq!(again.read(&mut store)?.len(), 3);
    again.release(&mut store)?;
    assert_eq!(instance.pinned(), 0);
    Ok(())
}

#[test]
fn handles_are_of_one_instance() -> Result<()> {
    let (mut store, instance) = instance();
    let (mut other_store, other) = self::instance();
    let words: Managed<Vec<String>> = instance.call(&mut store, "words", "mine")?;
    let foreign = |error: terrane::Error| matches!(error.downcast_ref(), Some(AsError::Foreign { .. }));
    assert!(foreign(words.read(&mut other_store).unwrap_err()));
    assert!(foreign(other.call::<_, Option<String>>(&mut other_store, "find", (&words, "m")).unwrap_err()));
    assert!(foreign(instance.call::<_, i32>(&mut other_store, "sum", vec![1]).unwrap_err()));
    drop(store);
    assert!(foreign(words.read(&mut other_store).unwrap_err()));
    Ok(())
}

#[test]
fn errors_say_what_is_wrong() -> Result<()> {
    let (mut store, instance) = instance();
    let mut error =
        |name: &str| instance.call::<_, String>(&mut store, name, ("a", 1)).unwrap_err().to_string();
    assert_eq!(error("greett"), "the module exports no function `greett`");
    assert_eq!(error("Greet"), "the module exports no function `Greet`; did you mean `greet`?");
    assert_eq!(error("greet"), "`greet`: the function is [i32] -> [i32], but is used as [i32 i32] -> [i32]");
    let error = instance.call::<_, Vec<f32>>(&mut store, "words", "a").unwrap_err().to_string();
    assert!(error.starts_with("expected an array of f32 at 0x"), "{error}");
    assert!(error.ends_with(", an array of objects"), "{error}");
    let error = instance.call::<_, i32>(&mut store, "sum", [1_u16].as_slice()).unwrap_err().to_string();
    assert_eq!(error, "the module has no class for an array of u16: no function of it takes one");
    let error = instance.read::<String>(&mut store, 12).unwrap_err().to_string();
    assert_eq!(error, "no object at 0xc: an object is at a multiple of 16, but not at zero");
    Ok(())
}

#[test]
fn a_collection_at_every_step() -> Result<()> {
    let (mut store, instance) = instance_of(AsInstance::builder().collect_often(true), AsCtx::default());
    for _ in 0..3 {
        let rows: Vec<Vec<f64>> = (0..6).map(|i| vec![f64::from(i); 5]).collect();
        let columns: Vec<Vec<f64>> = instance.call(&mut store, "transpose", rows)?;
        assert_eq!(columns, vec![[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]; 5]);
        let counts: HashMap<String, i32> = (0..20).map(|i| (format!("word {i}"), i)).collect();
        let kept = instance.make(&mut store, &counts)?;
        assert_eq!(instance.call::<_, i32>(&mut store, "total", (&counts, "more"))?, 190 + 2000);
        assert_eq!(kept.read(&mut store)?, counts);
    }
    Ok(())
}
