#![allow(unused)]

use std::cell::Cell;
use std::rc::Rc;
use terrane::host_module;

struct NotSync {
    count: Cell<u32>,
}

#[host_module]
impl NotSync {
    fn count(&self) -> u32 {
        self.count.get()
    }
}


struct NotSend {
    count: Rc<u32>,
}

#[host_module]
impl NotSend {
    fn count(&mut self) -> u32 {
        *self.count
    }
}

fn main() {}
