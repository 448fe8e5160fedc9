//! A collection between any two steps of passing values loses none.
//!
//! A module in front of the guest exports what that exports, but its runtime collects whenever it is used.

use crate::support::{Guest, Notes, linker};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use terrane::error::Context;
use terrane::{Engine, ExternType, Linker, Module, Mutability, Result, Store};
use terrane_assemblyscript::{AsCtx, AsInstance, Utf16};

/// Of the runtime: what is collected before, and after.
const EAGER: [(&str, bool, bool); 7] = [
    ("__new", true, false),
    ("__alloc", true, false),
    // What a call returned is nobody's until it is pinned.
    ("__pin", false, true),
    ("__unpin", true, true),
    ("__retain", true, true),
    ("__release", true, true),
    ("__setArgumentsLength", true, true),
];

/// The module in front of a guest.
fn front(guest: &Module) -> String {
    let (mut imports, mut rest) = (String::new(), String::new());
    for export in guest.exports() {
        let name = export.name();
        let import = format!("  (import \"guest\" {name:?} ");
        match export.ty() {
            ExternType::Func(ty) => {
                let list = |word: &str, types: Vec<String>| match types.is_empty() {
                    true => String::new(),
                    false => format!(" ({word} {})", types.join(" ")),
                };
                let params: Vec<String> = ty.params().map(|ty| ty.to_string()).collect();
                let results = list("result", ty.results().map(|ty| ty.to_string()).collect());
                let args: String = (0..params.len()).map(|i| format!(" (local.get {i})")).collect();
                let ty = list("param", params) + &results;
                writeln!(imports, "{import}(func ${name:?}{ty}))").unwrap();
                match EAGER.iter().find(|(eager, ..)| *eager == name) {
                    Some((_, before, after)) => {
                        let collect = |yes: &bool| if *yes { "(call $collect)" } else { "" };
                        let (before, after) = (collect(before), collect(after));
                        let call = format!("{before} (call ${name:?}{args}) {after}");
                        writeln!(rest, "  (func (export {name:?}){ty} {call})").unwrap();
                    }
                    None => writeln!(rest, "  (export {name:?} (func ${name:?}))").unwrap(),
                }
            }
            ExternType::Global(ty) => {
                let content = match ty.mutability() {
                    Mutability::Var => format!("(mut {})", ty.content()),
                    Mutability::Const => ty.content().to_string(),
                };
                writeln!(imports, "{import}(global ${name:?} {content}))").unwrap();
                writeln!(rest, "  (export {name:?} (global ${name:?}))").unwrap();
            }
            ExternType::Memory(_) => {
                writeln!(imports, "{import}(memory $memory 0))\n  (export {name:?} (memory $memory))")
                    .unwrap();
            }
            ExternType::Table(_) => {
                writeln!(imports, "{import}(table $table 0 funcref))\n  (export {name:?} (table $table))")
                    .unwrap();
            }
            ExternType::Tag(_) => {}
        }
    }
    format!(
        r#"(module
  {imports}
  (global $collections (export "collections") (mut i32) (i32.const 0))
  (func $collect
    (global.set $collections (i32.add (global.get $collections) (i32.const 1)))
    (call $"__collect"))
  {rest})"#
    )
}

/// Guests with a collector that can be told to collect.
fn collecting() -> impl Iterator<Item = Guest> {
    Guest::full().filter(|guest| {
        let has_memory = !guest.file.ends_with("/imports.wasm");
        has_memory && guest.minor() != 17 && !guest.file.ends_with("/stub.wasm")
    })
}

/// Runs something with each guest behind such a module.
fn each(test: impl Fn(&mut Store<AsCtx>, &AsInstance) -> Result<()>) -> Result<()> {
    assert!(collecting().count() > 15);
    for guest in collecting() {
        let engine = Engine::default();
        let mut store = Store::new(&engine, AsCtx::default());
        let module = guest.load(&engine);
        let behind = linker(&mut store, &Notes::default())?.instantiate(&mut store, &module)?;
        let mut linker = Linker::new(&engine);
        linker.instance(&mut store, "guest", behind)?;
        let front = Module::new(&engine, front(&module))?;
        let instance = AsInstance::instantiate(&mut store, &linker, &front)?;
        test(&mut store, &instance).with_context(|| guest.file.clone())?;
        instance.collect(&mut store)?;
        assert_eq!(instance.pinned(), 0, "{}", guest.file);
        assert!(instance.get::<i32>(&mut store, "collections")? > 0, "{}", guest.file);
    }
    Ok(())
}

fn pages() -> Vec<Vec<Vec<Utf16>>> {
    let text = |i: usize| Utf16::from(format!("word number {i}"));
    (0..4).map(|i| (0..i).map(|j| (0..=j).map(|k| text(i * 100 + j * 10 + k)).collect()).collect()).collect()
}

#[test]
fn nested_arrays_go_in() -> Result<()> {
    let expected: String = pages()
        .iter()
        .map(|page| {
            let line =
                |words: &Vec<Utf16>| words.iter().map(Utf16::to_string).collect::<Vec<_>>().join(" ") + "\n";
            page.iter().map(line).collect::<String>() + "-\n"
        })
        .collect();
    each(|store, instance| {
        for _ in 0..10 {
            assert_eq!(instance.call::<_, String>(&mut *store, "concatPages", pages())?, expected);
        }
        Ok(())
    })
}

#[test]
fn what_a_guest_holds_stays() -> Result<()> {
    each(|store, instance| {
        let rows: Vec<Vec<String>> = (0..20).map(|i| (0..i).map(|j| format!("{i}.{j}")).collect()).collect();
        instance.call::<_, ()>(&mut *store, "holdRows", &rows)?;
        for _ in 0..3 {
            assert_eq!(instance.call::<_, i32>(&mut *store, "churn", 200)?, 1890);
            assert_eq!(instance.call::<_, Vec<Vec<String>>>(&mut *store, "rowsHeld", ())?, rows);
        }
        Ok(())
    })
}

#[test]
fn nested_arrays_and_maps_come_out() -> Result<()> {
    each(|store, instance| {
        let pages: Vec<Vec<Vec<String>>> = instance.call(&mut *store, "splitPages", "a b\nc\n-\nd e f")?;
        assert_eq!(pages, [vec![vec!["a", "b"], vec!["c"]], vec![vec!["d", "e", "f"]]]);
        let lists: BTreeMap<i64, Vec<String>> = instance.call(&mut *store, "makeLists", 3)?;
        assert_eq!(lists[&(2 << 40)], ["0", "1"]);
        Ok(())
    })
}

#[test]
fn maps_and_sets_go_in() -> Result<()> {
    each(|store, instance| {
        let scores: BTreeMap<String, i32> = (0..40).map(|i| (format!("player {i}"), i)).collect();
        let handle = instance.make(&mut *store, &scores)?;
        let mut names: Vec<String> = instance.call(&mut *store, "scoreNames", &handle)?;
        names.sort();
        assert!(names.iter().eq(scores.keys()));
        assert!(instance.call::<_, bool>(&mut *store, "removeScore", (&handle, "player 7"))?);
        assert_eq!(handle.read(&mut *store)?.len(), 39);
        let names: BTreeSet<String> = scores.into_keys().collect();
        let handle = instance.make(&mut *store, &names)?;
        assert!(instance.call::<_, bool>(&mut *store, "hasName", (&handle, "player 39"))?);
        assert_eq!(handle.read(&mut *store)?, names);
        Ok(())
    })
}

#[test]
fn several_arguments_at_once() -> Result<()> {
    each(|store, instance| {
        let words: Vec<String> = (0..30).map(|i| format!("w{i}")).collect();
        let joined: String = instance.call(&mut *store, "joinAll", (&words, ", "))?;
        assert_eq!(joined, words.join(", "));
        let greeting: String = instance.call(&mut *store, "greet", ("Ann", "Good day", 2))?;
        assert_eq!(greeting, "Good day, Ann;Good day, Ann;");
        Ok(())
    })
}
