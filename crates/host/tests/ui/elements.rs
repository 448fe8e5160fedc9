#![allow(unused)]

use terrane::host_module;

struct NotPlain {
    _name: String,
}

struct Module;

#[host_module]
impl Module {
    fn slice(&self, elements: &[NotPlain]) {}
}

fn main() {}
