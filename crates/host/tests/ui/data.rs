#![allow(unused)]

use terrane::{Caller, host_module};

struct Module;

#[host_module]
impl Module {
    fn first(&self, caller: Caller<'_, String>) {}

    fn second(&self, caller: Caller<'_, Vec<u8>>) {}
}

fn main() {}
