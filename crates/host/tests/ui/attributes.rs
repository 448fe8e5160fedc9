#![allow(unused)]

use terrane::host_module;

struct Module;

#[host_module(nmae = "x")]
impl Module {}

#[host_module(name = 3)]
impl Module {}

#[host_module]
impl Module {
    #[name(x)]
    fn name(&self) {}

    #[memory = 1]
    fn memory(&self) {}

    #[memory("first")]
    fn index(&self) {}

    fn number(&self, #[memory(1)] number: i32) {}

    fn other(&self, #[rename(1)] text: &str) {}

    #[memory(2)]
    fn nothing(&self, number: i32) {}
}

#[host_module]
impl Clone for Module {
    fn clone(&self) -> Self {
        Self
    }
}

#[host_module]
impl dyn std::fmt::Debug {}

fn main() {}
