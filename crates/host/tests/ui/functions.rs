#![allow(unused)]

use std::sync::Arc;
use terrane::{Caller, host_module};

struct Module;

#[host_module]
impl Module {
    fn by_value(self) {}

    fn by_arc(self: Arc<Self>) {}

    unsafe fn dangerous(&self) {}

    fn generic<T: Copy>(&self, x: T) {}

    fn both(&self, caller: Caller<'_, ()>, bytes: &mut [u8]) {}

    fn two(&self, caller: Caller<'_, ()>, other: Caller<'_, ()>) {}

    #[name = "two"]
    fn same(&self) {}

    #[name = "taken"]
    fn first(&self) {}

    fn taken(&self) {}

    #[rustfmt::skip]
    fn many(&self, a: &str, b: &str, c: &str, d: &str, e: &str, f: &str, g: &str, h: &str, last: i32) {}
}

fn main() {}
