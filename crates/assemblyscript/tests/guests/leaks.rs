//! Values that go in and out take no memory for good.

use crate::support::Guest;
use terrane::{Result, Store};
use terrane_assemblyscript::{AsCtx, AsInstance, Managed};

/// How many strings go in, and out: a million where the code is optimised.
const STRINGS: usize = if cfg!(debug_assertions) { 1_000 } else { 1_000_000 };

/// How often anything else is done.
const TIMES: usize = if cfg!(debug_assertions) { 200 } else { 20_000 };

/// Guests with a runtime that frees.
fn freeing() -> impl Iterator<Item = Guest> {
    Guest::full().filter(|guest| !guest.file.ends_with("/stub.wasm"))
}

fn pages(store: &mut Store<AsCtx>, instance: &AsInstance) -> Result<i32> {
    instance.call(store, "pagesOfMemory", ())
}

/// Does something so many times; the memory does not grow after half of them.
fn steady(
    guest: &Guest,
    count: usize,
    mut step: impl FnMut(&mut Store<AsCtx>, &AsInstance, usize) -> Result<()>,
) -> Result<()> {
    let (mut store, instance) = guest.instance()?;
    let mut before = 0;
    for i in 0..count {
        if i == count / 2 {
            before = pages(&mut store, &instance)?;
        }
        step(&mut store, &instance, i)?;
        // This runtime collects only when it is told to.
        if guest.file.ends_with("/minimal.wasm") && i % 50 == 0 {
            instance.collect(&mut store)?;
        }
    }
    let after = pages(&mut store, &instance)?;
    assert!(after <= before + 1, "{}: {before} pages have become {after}", guest.file);
    assert_eq!(instance.pinned(), 0, "{}", guest.file);
    Ok(())
}

#[test]
fn strings_in_and_out() -> Result<()> {
    for guest in freeing() {
        let is_one_of_many = ["/debug.wasm", "/imports.wasm"].iter().any(|end| guest.file.ends_with(end));
        let count = if is_one_of_many { TIMES } else { STRINGS };
        steady(&guest, count, |store, instance, i| {
            let text = format!("string number {i}, of which nothing is to be left");
            let joined: String = instance.call(store, "joinStrings", (&text, "!"))?;
            assert!(joined.len() == text.len() + 1 && joined.starts_with(&text));
            Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn nested_arrays_in_and_out() -> Result<()> {
    for guest in freeing() {
        steady(&guest, TIMES, |store, instance, i| {
            let rows = vec![vec![format!("row {i}"), "a".to_owned()], vec![], vec!["b".to_owned()]];
            instance.call::<_, ()>(&mut *store, "holdRows", &rows)?;
            assert_eq!(instance.call::<_, Vec<Vec<String>>>(store, "rowsHeld", ())?, rows);
            Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn handles_that_are_dropped() -> Result<()> {
    for guest in freeing() {
        steady(&guest, TIMES, |store, instance, i| {
            let text: Managed<String> = instance.make(&mut *store, &format!("{i} is a number"))?;
            let same: Managed<String> = instance.call(&mut *store, "echoString", &text)?;
            assert_eq!(same, text);
            drop(text);
            assert_eq!(same.read(&mut *store)?, format!("{i} is a number"));
            Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn what_fails_half_way() -> Result<()> {
    for guest in freeing() {
        steady(&guest, TIMES, |store, instance, _| {
            // The result cannot be read as what it is said to be.
            let error = instance.call::<_, Vec<i32>>(store, "splitWords", "three small words").unwrap_err();
            assert!(error.to_string().contains("expected an array of i32"), "{error}");
            Ok(())
        })?;
    }
    Ok(())
}
