//! Bindings are written for what every compiler declares.

use crate::support::{Guest, eras};
use std::fs;
use terrane_assemblyscript::bindgen;

#[test]
fn for_every_declaration() {
    let guests: Vec<Guest> = Guest::all().into_iter().filter(|guest| guest.types).collect();
    assert!(guests.len() >= 3);
    for guest in guests {
        let path = eras().join(&guest.file);
        let module = fs::read(&path).unwrap();
        let declarations = fs::read_to_string(path.with_extension("d.ts")).unwrap();
        let file = bindgen::generate("guest", &module, &declarations)
            .unwrap_or_else(|error| panic!("{}: {error:#}", guest.file));
        for expected in [
            "pub fn join_strings(&self, store: impl AsContextMut, a: &str, b: &str) -> Result<String>",
            "pub fn no_string(&self, store: impl AsContextMut, yes: bool) -> Result<Option<String>>",
            "pub fn rows_held(&self, store: impl AsContextMut) -> Result<Vec<Vec<String>>>",
            "pub fn half_u64(&self, store: impl AsContextMut, x: u64) -> Result<u64>",
            "pub fn set_counter(&self, store: impl AsContextMut, value: i32) -> Result<()>",
            "pub struct Item {",
            "pub big: i64,",
            "pub enum Color {",
        ] {
            assert!(file.contains(expected), "{}: no `{expected}` in\n{file}", guest.file);
        }
    }
}
