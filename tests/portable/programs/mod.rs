//! The programs. Each is written against `wasm`, which is one crate or the other.

/// Each is a module with a `main`, and a test that runs it.
macro_rules! programs {
    ($($name:ident)*) => { $(
        mod $name;

        #[test]
        fn $name() -> wasm::Result<()> {
            $name::main()
        }
    )* };
}

programs! {
    hello
    memory
    linking
    fuel
    interrupt
    externref
    multi_value
    multi_memory
    threads
    gc
}
