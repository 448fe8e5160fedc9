#![allow(unused)]

use terrane::host_module;

struct Module;

#[host_module]
impl Module {
    fn text(&self) -> String {
        String::new()
    }

    fn fails(&self) -> Result<i32, String> {
        Ok(1)
    }
}

fn main() {}
