//! Generated bindings: they are as expected, they compile, and they do what they say.

#[allow(dead_code, unreachable_pub)]
#[rustfmt::skip]
mod records;
#[allow(dead_code, unreachable_pub)]
#[rustfmt::skip]
mod tour;

use records::{Records, Sign, Vec3};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::{env, fs};
use terrane::{Engine, Linker, Module, Result, Store};
use terrane_assemblyscript::{ArrayBuffer, AsCtx, StaticArray, TypedArray, add_to_linker, bindgen};
use tour::{Color, Tour};

/// The file that is generated is the one that this test has as a module; `BLESS=1` makes it so.
fn check_golden(name: &str) {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("guests");
    let module = fs::read(guests.join(name).with_extension("wasm")).unwrap();
    let declarations = fs::read_to_string(guests.join(name).with_extension("d.ts")).unwrap();
    let generated = bindgen::generate(name, &module, &declarations).unwrap();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bindgen").join(name).with_extension("rs");
    if env::var_os("BLESS").is_some() {
        fs::write(&golden, &generated).unwrap();
    }
    let expected = fs::read_to_string(golden).unwrap();
    for (i, (generated, expected)) in generated.lines().zip(expected.lines()).enumerate() {
        assert_eq!(generated, expected, "line {} of {name}.rs", i + 1);
    }
    assert_eq!(generated.len(), expected.len(), "{name}.rs");
}

#[test]
fn files_are_as_expected() {
    check_golden("tour");
    check_golden("records");
}

fn linked(name: &str) -> (Store<AsCtx>, Linker<AsCtx>, Module) {
    let engine = Engine::default();
    let module = Module::from_file(&engine, format!("guests/{name}.wasm")).unwrap();
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |ctx: &mut AsCtx| ctx).unwrap();
    linker.define_unknown_imports_as_traps(&module).unwrap();
    (Store::new(&engine, AsCtx::default()), linker, module)
}

#[test]
fn functions_and_globals() -> Result<()> {
    let (mut store, linker, module) = linked("tour");
    let tour = Tour::instantiate(&mut store, &linker, &module)?;
    assert_eq!(tour.greet(&mut store, "you")?, "Hello, you!");
    assert_eq!(tour.words(&mut store, "a b")?, ["a", "b"]);
    assert_eq!(tour.power(&mut store, 3, None)?, 9);
    assert_eq!(tour.power(&mut store, 3, Some(3))?, 27);
    let add = tour.adder(&mut store)?;
    assert_eq!(tour.apply(&mut store, &add, 1, 2)?, 3);
    let counts = tour.count(&mut store, "a b a")?;
    assert_eq!(counts, HashMap::from([("a".to_owned(), 2), ("b".to_owned(), 1)]));
    let shape = tour.square(&mut store, "box", 0.0, 0.0, 3.0)?;
    assert_eq!(tour.area(&mut store, &shape)?, 9.0);
    assert_eq!(tour.next(&mut store, Color::Green as i32)?, Color::Blue as i32);
    assert_eq!(tour.version(&mut store)?, "1.2");
    tour.set_volume(&mut store, 0.25)?;
    assert_eq!(tour.volume(&mut store)?, 0.25);
    Ok(())
}

#[test]
fn records_and_classes() -> Result<()> {
    let (mut store, linker, module) = linked("records");
    let records = Records::instantiate(&mut store, &linker, &module)?;
    let vec3 = |x: f64, next: Option<Box<Vec3>>| Vec3 {
        x,
        y: 2.0,
        tag: "tag".to_owned(),
        next,
        small: 200,
        numbers: StaticArray(vec![1, -2]),
        bytes: ArrayBuffer(vec![7]),
        big: 1 << 40,
        typed: TypedArray(vec![65535]),
    };
    let list = vec3(1.0, Some(Box::new(vec3(5.0, None))));
    let turned = records.turn(&mut store, &list, -2)?;
    assert_eq!(turned, Vec3 { x: -2.0, y: 1.0, big: -2 << 40, ..list.clone() });
    assert_eq!(records.length(&mut store, Some(Some(&list)))?, 2);
    assert_eq!(records.length(&mut store, Some(None))?, 0);
    assert_eq!(records.length(&mut store, None)?, 0);

    let counter = records.new_counter(&mut store)?;
    assert_eq!(records.count(&mut store, &counter)?, 4);
    assert_eq!(records.count(&mut store, &counter)?, 5);
    let lengths = records.lengths(&mut store)?;
    let names = [Some("abc".to_owned()), None];
    assert_eq!(records.each(&mut store, &names, &lengths)?, [3, -1]);
    let bytes = TypedArray(vec![0, 15, 255]);
    assert_eq!(records.clamp(&mut store, &bytes, 0, None, Some(1))?.0, [10, 15, 20]);
    assert_eq!(records.clamp(&mut store, &bytes, 0, Some(1), None)?.0, [1, 15, 20]);
    assert_eq!(records.clamp(&mut store, &bytes, 0, Some(1), Some(16))?.0, [1, 15, 16]);
    let deep = HashMap::from([(1, HashSet::from(["a".to_owned(), "b".to_owned()])), (-2, HashSet::new())]);
    assert_eq!(records.deep(&mut store, &deep)?, deep);
    records.r#move(&mut store)?;
    assert_eq!(records.list(&mut store)?, [1, 1]);
    records.set_list(&mut store, &[7, 8])?;
    assert_eq!(records.list(&mut store)?, [7, 8]);
    assert_eq!(Sign::Positive, Sign::Plus);
    assert_eq!(Sign::Minus as i32, -1);
    Ok(())
}

#[test]
fn declarations_of_another_build() {
    let module = fs::read("guests/tour.wasm").unwrap();
    let declarations = fs::read_to_string("guests/records.d.ts").unwrap();
    let error = bindgen::generate("tour", &module, &declarations).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the declarations have `turn`, which the module does not export: are they of another build?"
    );
    let error = bindgen::generate("tour", &module, "/** @returns `~lib/array/Array<i32` */").unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1 of the declarations: expected a type of AssemblyScript: `/** @returns `~lib/array/Array<i32` */`"
    );
}
