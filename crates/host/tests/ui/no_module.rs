#![allow(unused)]

use terrane::{Engine, Linker};

struct NoModule;

fn main() {
    Linker::<()>::new(&Engine::default()).host_module(NoModule).unwrap();
}
