#![allow(unused)]

use std::collections::HashMap;
use terrane::host_module;

struct Module;

#[host_module]
impl Module {
    fn map(&self, first: i32, map: HashMap<i32, i32>) {}

    fn bytes(&self, bytes: Option<i32>) {}
}

#[host_module(name = "references")]
impl Module {
    fn text(&self, text: &mut str) {}

    fn numbers(&self, numbers: &mut [i32]) {}

    fn number(&self, n: &u32) {}

    fn caller(&self, n: i32, caller: terrane::Caller) {}
}

fn main() {}
