//! Watching a guest: a tracer that draws the tree of its calls, and one that counts its instructions.
//!
//! ```text
//! cargo run --example tracer
//! ```

use terrane::{
    Config, Ending, Engine, HostCallee, Linker, Module, Opcode, OpcodeHistogram, Result, Store, TracePoint,
    Tracer,
};

const GUEST: &str = r#"(module
    (import "host" "log" (func $log (param i32)))
    (func $even (param $n i32) (result i32)
        (if (i32.eqz (local.get $n)) (then (return (i32.const 1))))
        (return_call $odd (i32.sub (local.get $n) (i32.const 1))))
    (func $odd (param $n i32) (result i32)
        (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
        (return_call $even (i32.sub (local.get $n) (i32.const 1))))
    (func $main (export "main")
        (call $log (call $even (i32.const 2)))))"#;

/// Draws calls, each as deep as it is.
#[derive(Default)]
struct Tree {
    text: String,
    depth: usize,
}

impl Tree {
    fn open(&mut self, name: &str) {
        self.text += &format!("{}{name}\n", "  ".repeat(self.depth));
        self.depth += 1;
    }
}

impl Tracer for Tree {
    fn call(&mut self, at: &TracePoint<'_>) {
        self.open(at.func_name().unwrap_or("?"));
    }

    fn returned(&mut self, _: &TracePoint<'_>, _: Ending) {
        self.depth -= 1;
    }

    fn host_call(&mut self, _: &TracePoint<'_>, callee: &HostCallee<'_>) {
        let (module, name) = callee.import().unwrap_or_default();
        self.open(&format!("{module}.{name}"));
    }

    fn host_returned(&mut self, _: &TracePoint<'_>, _: &HostCallee<'_>, _: bool) {
        self.depth -= 1;
    }
}

#[allow(clippy::print_stdout)]
fn main() -> Result<()> {
    // Code is compiled to be traced, or not: without this, tracing costs nothing.
    let engine = Engine::new(Config::new().tracing(true))?;
    let module = Module::new(&engine, GUEST)?;
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "log", |x: i32| println!("the guest says {x}"))?;
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module)?;
    let run = instance.get_typed_func::<(), ()>(&mut store, "main")?;

    store.set_tracer(Box::new(Tree::default()))?;
    run.call(&mut store, ())?;
    let tree: &mut Tree = store.tracer_mut().unwrap().downcast_mut().unwrap();
    println!("{}", tree.text);
    // A tail call ends its caller: none of the three is inside of another.
    assert_eq!(tree.text, "main\n  even\n  odd\n  even\n  host.log\n");
    assert_eq!(tree.depth, 0);

    store.set_tracer(Box::new(OpcodeHistogram::default()))?;
    run.call(&mut store, ())?;
    let histogram: &mut OpcodeHistogram = store.tracer_mut().unwrap().downcast_mut().unwrap();
    println!("{histogram}");
    let return_call = Opcode::byte(0x12);
    assert_eq!((return_call.text_name(), histogram.count(return_call)), (Some("return_call"), 2));
    Ok(())
}
