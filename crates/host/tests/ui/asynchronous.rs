#![allow(unused)]

use terrane::host_module;

struct Exclusive;

#[host_module]
impl Exclusive {
    async fn waits(&mut self) {}
}

struct Mixed;

#[host_module]
impl Mixed {
    fn changes(&mut self) {}

    async fn free() {}

    async fn waits(&self) {}
}

fn main() {}
