//! What tracers are told.

use std::panic::{AssertUnwindSafe, catch_unwind};
use terrane::{
    Branch, Caller, CompilationMode, Config, CountingTracer, Ending, Engine, Error, Extern, Func, HostCallee,
    Instance, MemoryAccess, Module, Opcode, OpcodeHistogram, Result, Store, Suspend, Throw, TracePoint,
    Tracer, Trap, Val,
};

/// Writes a line for each event, indented by how many functions are under way.
#[derive(Default)]
struct Recorder {
    lines: Vec<String>,
    /// Are instructions left out?
    terse: bool,
}

impl Recorder {
    fn line(&mut self, at: &TracePoint<'_>, text: &str) {
        self.lines.push(format!("{}{text}", "  ".repeat(at.depth() - 1)));
    }
}

fn name(at: &TracePoint<'_>) -> String {
    at.func_name().map_or_else(|| format!("#{}", at.func_index()), str::to_owned)
}

impl Tracer for Recorder {
    fn instruction(&mut self, at: &TracePoint<'_>, opcode: Opcode) {
        assert_eq!(at.instruction(|instr| instr.opcode()), Some(opcode));
        if !self.terse {
            self.line(at, opcode.text_name().unwrap());
        }
    }

    fn call(&mut self, at: &TracePoint<'_>) {
        self.line(at, &format!("{} {{", name(at)));
    }

    fn returned(&mut self, at: &TracePoint<'_>, ending: Ending) {
        self.line(at, &format!("}} {} {ending:?}", name(at)));
    }

    fn host_call(&mut self, at: &TracePoint<'_>, callee: &HostCallee<'_>) {
        self.line(at, &format!("host {:?} {{", callee.import()));
    }

    fn host_returned(&mut self, at: &TracePoint<'_>, _: &HostCallee<'_>, returned: bool) {
        self.line(at, &format!("}} host {returned}"));
    }

    fn branch(&mut self, at: &TracePoint<'_>, branch: Branch) {
        let label = branch.label.map_or_else(String::new, |l| format!(" to {l}"));
        self.line(at, &format!("= {}{label}", if branch.taken { "taken" } else { "not taken" }));
    }

    fn memory_access(&mut self, at: &TracePoint<'_>, access: MemoryAccess) {
        let MemoryAccess { memory, address, len, kind, .. } = access;
        self.line(at, &format!("= {kind:?} {len} at {memory}:{address}"));
    }

    fn throw(&mut self, at: &TracePoint<'_>, throw: Throw) {
        self.line(at, &format!("= thrown, caught: {}", throw.caught));
    }

    fn trap(&mut self, at: Option<&TracePoint<'_>>, trap: Trap) {
        match at {
            Some(at) => self.line(at, &format!("= trap: {trap}")),
            None => self.lines.push(format!("trap: {trap}")),
        }
    }
}

fn engine() -> Engine {
    Engine::new(Config::new().tracing(true)).unwrap()
}

fn store(terse: bool) -> Store<()> {
    let mut store = Store::new(&engine(), ());
    store.set_tracer(Box::new(Recorder { terse, ..Recorder::default() })).unwrap();
    store
}

fn instance<T>(store: &mut Store<T>, text: &str, imports: &[Extern]) -> Instance {
    let module = Module::new(store.engine(), text).unwrap();
    Instance::new(store, &module, imports).unwrap()
}

/// Calls `run` of an instance.
fn run<T>(store: &mut Store<T>, instance: Instance) -> Result<()> {
    let func = instance.get_func(&mut *store, "run").unwrap();
    let mut results = vec![Val::I32(0); func.ty(&*store).results().len()];
    func.call(store, &[], &mut results)
}

/// The lines so far.
#[track_caller]
fn check<T>(store: &mut Store<T>, expected: &str) {
    let recorder: &mut Recorder = store.tracer_mut().unwrap().downcast_mut().unwrap();
    let expected: Vec<&str> =
        expected.lines().map(|line| line.strip_prefix("        ").unwrap_or("")).collect();
    let lines = std::mem::take(&mut recorder.lines);
    assert_eq!(lines, expected[1..expected.len() - 1], "\n{}", lines.join("\n"));
}

#[test]
fn instructions_branches_and_accesses() {
    let mut store = store(false);
    let module = instance(
        &mut store,
        r#"(module
            (memory 1) (memory 1)
            (func (export "run") (local i32)
                (local.set 0 (i32.const 8))
                (i32.store offset=4 (local.get 0) (i32.load8_u (i32.add (local.get 0) (i32.const 1))))
                (loop $again
                    (local.set 0 (i32.sub (local.get 0) (i32.const 4)))
                    (br_if $again (local.get 0)))
                (if (local.get 0) (then (unreachable)))
                (block (block (br_table 0 1 1 (i32.const 9))))
                (memory.copy 1 0 (i32.const 1) (i32.const 2) (i32.const 3))
                (v128.store 1 (i32.const 16) (v128.const i64x2 0 0))))"#,
        &[],
    );
    run(&mut store, module).unwrap();
    check(
        &mut store,
        "
        #0 {
        i32.const
        local.set
        local.get
        local.get
        i32.const
        i32.add
        i32.load8_u
        = Load 1 at 0:9
        i32.store
        = Store 4 at 0:12
        loop
        local.get
        i32.const
        i32.sub
        local.set
        local.get
        br_if
        = taken to 0
        local.get
        i32.const
        i32.sub
        local.set
        local.get
        br_if
        = not taken to 0
        local.get
        if
        = not taken
        block
        block
        i32.const
        br_table
        = taken to 1
        i32.const
        i32.const
        i32.const
        memory.copy
        = Load 3 at 0:2
        = Store 3 at 1:1
        i32.const
        v128.const
        v128.store
        = Store 16 at 1:16
        } #0 Return
        ",
    );
}

#[test]
fn branches_with_operands_go_where_they_say() {
    let mut store = store(true);
    let module = instance(
        &mut store,
        r#"(module
            (type $s (struct))
            (func $pick (param i32) (result i32)
                (i32.add (i32.const 1)
                    (block $l (result i32) (drop (br_if $l (i32.const 7) (local.get 0))) (i32.const 8))))
            (func $kind (param anyref) (result i32)
                (block $null
                    (block $struct (result (ref $s))
                        (br_on_null $null (local.get 0))
                        (br_on_cast $struct (ref any) (ref $s))
                        (return (i32.const 3)))
                    (return (i32.const 2)))
                (i32.const 1))
            (func $leave (param i32) (result i32) (br_if 0 (i32.const 5) (local.get 0)))
            (func $else (param i32) (result i32)
                (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 2))))
            (func (export "run") (result i32 i32 i32 i32 i32 i32 i32 i32)
                (call $pick (i32.const 0)) (call $pick (i32.const 1))
                (call $kind (ref.null any)) (call $kind (struct.new $s)) (call $kind (ref.i31 (i32.const 0)))
                (call $leave (i32.const 1))
                (call $else (i32.const 1)) (call $else (i32.const 0))))"#,
        &[],
    );
    let func = module.get_typed_func::<(), (i32, i32, i32, i32, i32, i32, i32, i32)>(&store, "run").unwrap();
    assert_eq!(func.call(&mut store, ()).unwrap(), (9, 8, 1, 2, 3, 5, 1, 2));
    check(
        &mut store,
        "
        #4 {
          pick {
          = not taken to 0
          } pick Return
          pick {
          = taken to 0
          } pick Return
          kind {
          = taken to 1
          } kind Return
          kind {
          = not taken to 1
          = taken to 0
          } kind Return
          kind {
          = not taken to 1
          = not taken to 0
          } kind Return
          leave {
          = taken to 0
          } leave Return
          else {
          = taken
          } else Return
          else {
          = not taken
          } else Return
        } #4 Return
        ",
    );
}

#[test]
fn atomic_accesses() {
    let mut store = store(true);
    let module = instance(
        &mut store,
        r#"(module (memory 1 1 shared)
            (func (export "run")
                (i64.atomic.store (i32.const 8) (i64.const 5))
                (drop (i32.atomic.rmw16.add_u offset=2 (i32.const 8) (i32.const 1)))
                (drop (i64.atomic.rmw.cmpxchg (i32.const 8) (i64.const 5) (i64.const 6)))
                (drop (memory.atomic.wait32 (i32.const 8) (i32.const 99) (i64.const 0)))
                (memory.fill (i32.const 3) (i32.const 1) (i32.const 0))))"#,
        &[],
    );
    run(&mut store, module).unwrap();
    check(
        &mut store,
        "
        #0 {
        = Store 8 at 0:8
        = Update 2 at 0:10
        = Update 8 at 0:8
        = Load 4 at 0:8
        = Store 0 at 0:3
        } #0 Return
        ",
    );
}

#[test]
fn traps_unwind_all_calls() {
    let mut store = store(true);
    let module = instance(
        &mut store,
        r#"(module
            (memory 1)
            (func $load (drop (i64.load offset=0xffffffff (i32.const -1))))
            (func $middle (call $load))
            (func (export "run") (call $middle)))"#,
        &[],
    );
    run(&mut store, module).unwrap_err();
    check(
        &mut store,
        "
        #2 {
          middle {
            load {
            = Load 8 at 0:8589934590
            = trap: out of bounds memory access
            } load Unwind
          } middle Unwind
        } #2 Unwind
        ",
    );
}

#[test]
fn tail_calls_end_their_caller_when_the_callee_begins() {
    let mut store = store(true);
    let host = Func::wrap(&mut store, || ());
    let module = instance(
        &mut store,
        r#"(module
            (import "env" "host" (func $host))
            (type $f (func))
            (table funcref (elem $last $host))
            (func $last)
            (func $middle (return_call_indirect (type $f) (i32.const 0)))
            (func $to_host (return_call_indirect (type $f) (i32.const 1)))
            (func $to_nothing (return_call_indirect (type $f) (i32.const 2)))
            (func $first (return_call $middle))
            (func (export "run") (call $first) (call $to_host) (return_call $to_nothing)))"#,
        &[host.into()],
    );
    run(&mut store, module).unwrap_err();
    check(
        &mut store,
        r#"
        #6 {
          first {
          } first TailCall
          middle {
          } middle TailCall
          last {
          } last Return
          to_host {
          host Some(("env", "host")) {
          } host true
          } to_host TailCall
        } #6 TailCall
        to_nothing {
        = trap: undefined element
        } to_nothing Unwind
        "#,
    );
}

#[test]
fn exceptions_unwind_up_to_who_catches_them() {
    let mut store = store(true);
    let module = instance(
        &mut store,
        r#"(module
            (tag $e (param i32))
            (func $throw (throw $e (i32.const 1)))
            (func $middle (call $throw))
            (func $catch (result i32)
                (block $handler (result i32)
                    (try_table (catch $e $handler) (call $middle))
                    (i32.const 0)))
            (func (export "run") (drop (call $catch)) (call $throw)))"#,
        &[],
    );
    run(&mut store, module).unwrap_err();
    check(
        &mut store,
        "
        #3 {
          catch {
            middle {
              throw {
              = thrown, caught: true
              } throw Unwind
            } middle Unwind
          } catch Return
          throw {
          = thrown, caught: false
          } throw Unwind
        } #3 Unwind
        ",
    );
}

/// A module that calls the host, which calls a second one, which calls the host.
fn nested(store: &mut Store<()>, inner: impl Fn() -> Result<()> + Send + Sync + 'static) -> Instance {
    let inner = Func::wrap(&mut *store, inner);
    let second = r#"(module (import "b" "inner" (func $inner)) (func $second (export "run") (call $inner)))"#;
    let second = instance(store, second, &[inner.into()]);
    let second = second.get_typed_func::<(), ()>(&*store, "run").unwrap();
    let outer = Func::wrap(&mut *store, move |mut caller: Caller<'_, ()>| second.call(&mut caller, ()));
    let first = r#"(module (import "a" "outer" (func $outer)) (func $first (export "run") (call $outer)))"#;
    instance(store, first, &[outer.into()])
}

#[test]
fn the_host_between_guests() {
    let mut store = store(true);
    let first = nested(&mut store, || Ok(()));
    run(&mut store, first).unwrap();
    check(
        &mut store,
        r#"
        first {
        host Some(("a", "outer")) {
          second {
          host Some(("b", "inner")) {
          } host true
          } second Return
        } host true
        } first Return
        "#,
    );
    let first = nested(&mut store, || Err(Error::msg("no")));
    assert_eq!(run(&mut store, first).unwrap_err().to_string(), "no");
    let failed = r#"
        first {
        host Some(("a", "outer")) {
          second {
          host Some(("b", "inner")) {
          } host false
          } second Unwind
        } host false
        } first Unwind
        "#;
    check(&mut store, failed);
    let first = nested(&mut store, || panic!("on purpose"));
    let panic = catch_unwind(AssertUnwindSafe(|| run(&mut store, first))).unwrap_err();
    assert_eq!(*panic.downcast::<&str>().unwrap(), "on purpose");
    check(
        &mut store,
        &failed
            .replace("} second", "= trap: unreachable\n          } second")
            .replace("        } first", "        = trap: unreachable\n        } first"),
    );
}

#[test]
fn suspended_calls_go_on_where_they_stopped() {
    let mut store = store(true);
    let wait = Func::wrap(&mut store, || Err::<i32, _>(Suspend::new(())));
    let module = instance(
        &mut store,
        r#"(module
            (import "env" "wait" (func $wait (result i32)))
            (func $inner (result i32) (call $wait))
            (func (export "run") (result i32) (call $inner)))"#,
        &[wait.into()],
    );
    let func = module.get_typed_func::<(), i32>(&store, "run").unwrap();
    let mut first = func.call_resumable(&mut store, ()).unwrap().suspended().unwrap();
    let second = func.call_resumable(&mut store, ()).unwrap().suspended().unwrap();
    let begin = r#"
        #2 {
          inner {
          host Some(("env", "wait")) {"#;
    check(&mut store, &format!("{begin}{begin}\n        "));
    // What is dropped ends without a word.
    drop(second);
    assert_eq!(first.resume(&mut store, &[Val::I32(7)]).unwrap(), Some(7));
    check(
        &mut store,
        "
          } host true
          } inner Return
        } #2 Return
        ",
    );
    let mut third = func.call_resumable(&mut store, ()).unwrap().suspended().unwrap();
    let error = third.resume_with_error(&mut store, Error::msg("no")).unwrap_err();
    assert_eq!(error.to_string(), "no");
    let end = "          } host false\n          } inner Unwind\n        } #2 Unwind\n        ";
    check(&mut store, &format!("{begin}\n{end}"));
}

#[test]
fn start_functions_and_empty_ones() {
    let mut store = store(false);
    instance(&mut store, "(module (func $start) (start $start))", &[]);
    check(&mut store, "\n        start {\n        } start Return\n        ");
}

#[test]
fn no_room_for_the_first_function() {
    let mut config = Config::new();
    let engine = Engine::new(config.tracing(true).max_wasm_stack(64)).unwrap();
    let mut store = Store::new(&engine, ());
    store.set_tracer(Box::new(Recorder::default())).unwrap();
    let locals = "i64 ".repeat(100);
    let module = instance(&mut store, &format!("(module (func (export \"run\") (local {locals})))"), &[]);
    run(&mut store, module).unwrap_err();
    check(&mut store, "\n        trap: call stack exhausted\n        ");
}

/// Panics at the `n`th event.
struct Bomb(u32);

impl Bomb {
    fn tick(&mut self) {
        assert_ne!(self.0, 0, "called again");
        self.0 -= 1;
        if self.0 == 0 {
            panic!("bomb");
        }
    }
}

impl Tracer for Bomb {
    fn instruction(&mut self, _: &TracePoint<'_>, _: Opcode) {
        self.tick();
    }

    fn call(&mut self, _: &TracePoint<'_>) {
        self.tick();
    }

    fn returned(&mut self, _: &TracePoint<'_>, _: Ending) {
        self.tick();
    }

    fn host_call(&mut self, _: &TracePoint<'_>, _: &HostCallee<'_>) {
        self.tick();
    }

    fn host_returned(&mut self, _: &TracePoint<'_>, _: &HostCallee<'_>, _: bool) {
        self.tick();
    }

    fn branch(&mut self, _: &TracePoint<'_>, _: Branch) {
        self.tick();
    }

    fn memory_access(&mut self, _: &TracePoint<'_>, _: MemoryAccess) {
        self.tick();
    }

    fn throw(&mut self, _: &TracePoint<'_>, _: Throw) {
        self.tick();
    }

    fn trap(&mut self, _: Option<&TracePoint<'_>>, _: Trap) {
        self.tick();
    }
}

/// All kinds of events, a tail call to the host and an exception of it among them.
const EVERYTHING: &str = r#"(module
    (import "" "host" (func $host))
    (import "" "throw" (func $throw))
    (memory 1)
    (func $tail (return_call $host))
    (func $tail_throw (return_call $throw))
    (func (export "run")
        (i32.store (i32.const 0) (i32.const 1))
        (if (i32.load (i32.const 0)) (then (call $tail)))
        (block $caught (try_table (catch_all $caught) (call $tail_throw)))
        (block $caught (try_table (catch_all $caught) (call $throw)))
        (unreachable)))"#;

fn everything(store: &mut Store<()>) -> Instance {
    let host = Func::wrap(&mut *store, || ());
    let tag = r#"(module (tag $t) (func (export "run") (throw $t)))"#;
    let thrower = instance(store, tag, &[]).get_typed_func::<(), ()>(&*store, "run").unwrap();
    let throw = Func::wrap(&mut *store, move |mut caller: Caller<'_, ()>| thrower.call(&mut caller, ()));
    instance(store, EVERYTHING, &[host.into(), throw.into()])
}

#[test]
fn a_tracer_that_panics_ends_the_guest() {
    let mut store = store(false);
    let module = everything(&mut store);
    run(&mut store, module).unwrap_err();
    let recorder = store.take_tracer().unwrap().downcast::<Recorder>().ok().unwrap();
    let events = recorder.lines.len() as u32;
    assert!(events > 40, "{}", recorder.lines.join("\n"));
    // The call goes on with the panic, wherever it was; what is left of the store can be used.
    for n in 1..=events {
        store.set_tracer(Box::new(Bomb(n))).unwrap();
        let panic = catch_unwind(AssertUnwindSafe(|| run(&mut store, module))).unwrap_err();
        assert_eq!(*panic.downcast::<&str>().unwrap(), "bomb", "at event {n}");
    }
    store.set_tracer(Box::new(Recorder::default())).unwrap();
    run(&mut store, module).unwrap_err();
    let again = store.take_tracer().unwrap().downcast::<Recorder>().ok().unwrap();
    assert_eq!(again.lines, recorder.lines);
}

#[test]
fn lazy_code_tells_the_same() {
    let mut lines = Vec::new();
    for mode in [CompilationMode::Eager, CompilationMode::LazyLowering, CompilationMode::Lazy] {
        let engine = Engine::new(Config::new().tracing(true).compilation_mode(mode)).unwrap();
        let mut store = Store::new(&engine, ());
        store.set_tracer(Box::new(Recorder::default())).unwrap();
        let module = everything(&mut store);
        run(&mut store, module).unwrap_err();
        lines.push(store.take_tracer().unwrap().downcast::<Recorder>().ok().unwrap().lines);
    }
    assert_eq!(lines[0], lines[1]);
    assert_eq!(lines[0], lines[2]);
}

#[test]
fn counters_agree() {
    let mut store = Store::new(&engine(), ());
    let module = everything(&mut store);
    store.set_tracer(Box::new(CountingTracer::default())).unwrap();
    run(&mut store, module).unwrap_err();
    let counts = *store.take_tracer().unwrap().downcast::<CountingTracer>().ok().unwrap();
    assert_eq!((counts.calls, counts.returns), (5, 5));
    assert_eq!((counts.tail_calls, counts.unwinds), (1, 4));
    assert_eq!((counts.host_calls, counts.host_returns), (3, 3));
    assert_eq!((counts.throws, counts.traps), (4, 1));
    assert_eq!((counts.memory_accesses, counts.branches, counts.branches_taken), (2, 1, 1));
    store.set_tracer(Box::new(OpcodeHistogram::default())).unwrap();
    run(&mut store, module).unwrap_err();
    let histogram = store.take_tracer().unwrap().downcast::<OpcodeHistogram>().ok().unwrap();
    assert_eq!(histogram.total(), counts.instructions);
    assert_eq!(histogram.count(Opcode::byte(0x12)), 2);
    assert_eq!(histogram.count(Opcode::byte(0x6A)), 0);
}

#[test]
fn tracing_must_be_configured() {
    let mut store = Store::new(&Engine::default(), ());
    let error = store.set_tracer(Box::new(CountingTracer::default())).unwrap_err();
    assert_eq!(error.to_string(), "tracing is not configured: see Config::tracing");
    assert!(store.take_tracer().is_none() && store.tracer_mut().is_none());
}

#[test]
fn without_a_tracer_traced_code_does_what_it_does() {
    let mut store = Store::new(&engine(), ());
    let module = everything(&mut store);
    let error = run(&mut store, module).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Trap::Unreachable));
    assert_eq!(error.backtrace().unwrap().frames().len(), 1);
}
