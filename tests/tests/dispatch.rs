//! Guests use no native stack: however many instructions run, however deep the guest calls itself, the host's
//! stack stays where it was.

use std::thread;
use terrane::{Config, Engine, Func, Instance, Module, Result, Store};

/// What the thread that runs the guest gets. A handler that left anything on the stack, be it one word per
/// dispatch or per call, would overflow it at once.
const SMALL_STACK: usize = 128 << 10;

/// Compiles `text` here and runs its `run` on a thread with a small stack.
fn on_a_small_stack(text: &str, argument: i32) -> Result<i64> {
    let engine = Engine::default();
    let module = Module::new(&engine, text)?;
    let guest = move || {
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        instance.get_typed_func::<i32, i64>(&mut store, "run")?.call(&mut store, argument)
    };
    thread::Builder::new().stack_size(SMALL_STACK).spawn(guest).expect("a thread").join().expect("no panic")
}

/// Every turn goes through some forty instructions of all kinds: at least a billion dispatches in 50 million
/// turns, even where two or three instructions are one dispatch.
const KINDS: &str = r#"(module
    (memory 1)
    (table funcref (elem $double $triple))
    (global $g (mut i32) (i32.const 1))
    (type $unary (func (param i32) (result i32)))
    (func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))
    (func $triple (type $unary) (i32.mul (local.get 0) (i32.const 3)))
    (func $tail (type $unary) (return_call $double (local.get 0)))
    (func (export "run") (param $n i32) (result i64)
        (local $i i32) (local $x i32) (local $sum i64) (local $f f64) (local $s f32)
        (loop $again
            (local.set $x (i32.xor (i32.load (i32.and (local.get $i) (i32.const 0xfffc))) (local.get $i)))
            (i32.store8 (i32.and (local.get $x) (i32.const 0xffff)) (local.get $i))
            (local.set $x (call $tail (local.get $x)))
            (local.set $x (call_indirect (type $unary) (local.get $x) (i32.and (local.get $i) (i32.const 1))))
            (global.set $g (i32.add (global.get $g) (i32.rotl (local.get $x) (i32.const 5))))
            (local.set $f (f64.add (f64.mul (local.get $f) (f64.const 0.5)) (f64.convert_i32_s (local.get $x))))
            (local.set $s (f32.sub (f32.demote_f64 (local.get $f)) (local.get $s)))
            (block $two (block $one (block $zero
                (br_table $zero $one $two (i32.and (local.get $i) (i32.const 3))))
                (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $x)))))
                (local.set $sum (i64.sub (local.get $sum) (i64.const 7))))
            (if (f64.lt (local.get $f) (f64.const 0)) (then (local.set $f (f64.neg (local.get $f)))))
            (local.set $x (select (local.get $x) (global.get $g) (i64.eqz (local.get $sum))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
        (i64.add (local.get $sum)
            (i64.add (i64.extend_i32_s (global.get $g)) (i64.reinterpret_f64 (local.get $f)))))
)"#;

/// The function of `KINDS` in Rust.
fn kinds(n: u32) -> i64 {
    let mut memory = vec![0u8; 1 << 16];
    let (mut g, mut sum, mut f) = (1i32, 0i64, 0f64);
    for i in 0..n {
        let at = (i & 0xfffc) as usize;
        let word = u32::from_le_bytes(memory[at..at + 4].try_into().expect("four bytes"));
        let mut x = word ^ i;
        memory[(x & 0xffff) as usize] = i as u8;
        x = x.wrapping_mul(2).wrapping_mul(2 + (i & 1));
        g = g.wrapping_add(x.rotate_left(5).cast_signed());
        f = f * 0.5 + f64::from(x.cast_signed());
        if i & 3 == 0 {
            sum = sum.wrapping_add(i64::from(x));
        }
        if i & 3 <= 1 {
            sum = sum.wrapping_sub(7);
        }
        if f < 0.0 {
            f = -f;
        }
    }
    sum.wrapping_add(i64::from(g)).wrapping_add(f.to_bits().cast_signed())
}

#[test]
fn a_billion_dispatches_on_a_small_stack() {
    const TURNS: i32 = 50_000_000;
    // What `kinds(50_000_000)` returns; computing it here would take longer than the guest does.
    const EXPECTED: i64 = 4_739_585_870_086_702_108;
    assert_eq!(on_a_small_stack(KINDS, TURNS).unwrap(), EXPECTED);
}

#[test]
fn what_a_billion_dispatches_compute() {
    for turns in [1, 2, 100, 100_000] {
        assert_eq!(on_a_small_stack(KINDS, turns).unwrap(), kinds(turns.cast_unsigned()));
    }
}

#[test]
fn deep_recursion_on_a_small_stack() {
    // Far deeper than the native stack has bytes per call.
    let text = r#"(module
        (func $down (param i32) (result i64)
            (if (result i64) (i32.eqz (local.get 0))
                (then (i64.const 0))
                (else (i64.add (i64.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))))
        (func (export "run") (param i32) (result i64) (local i32)
            (loop
                (drop (call $down (local.get 0)))
                (local.set 1 (i32.add (local.get 1) (i32.const 1)))
                (br_if 0 (i32.lt_u (local.get 1) (i32.const 1000))))
            (call $down (local.get 0))))"#;
    assert_eq!(on_a_small_stack(text, 900).unwrap(), 900);
}

#[test]
fn tail_calls_on_a_small_stack() {
    let text = r#"(module
        (type $t (func (param i32 i64) (result i64)))
        (table funcref (elem $odd))
        (func $even (type $t)
            (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
            (return_call_indirect (type $t)
                (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.const 1)) (i32.const 0)))
        (func $odd (type $t)
            (if (i32.eqz (local.get 0)) (then (return (i64.const -1))))
            (return_call $even (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.const 1))))
        (func (export "run") (param i32) (result i64) (call $even (local.get 0) (i64.const 0))))"#;
    assert_eq!(on_a_small_stack(text, 20_000_000).unwrap(), 20_000_000);
}

// ---- every instruction in a loop ----------------------------------------------------------------------

/// Enough turns for a word left per turn to overflow the small stack twice.
const TURNS: i32 = 40_000;

/// Every row of the table of instructions: text name, rule, the rule's arguments.
fn rows() -> Vec<(&'static str, &'static str, Vec<String>)> {
    macro_rules! rows {
        ($($name:ident $text:literal $op:tt $imms:tt => $rule:ident $args:tt: $feature:ident;)*) => {
            [$(($text, stringify!($rule), stringify!($args))),*]
        };
    }
    let words = |args: &str| {
        args.split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect()
    };
    terrane_syntax::for_each_instr!(rows)
        .into_iter()
        .map(|(text, rule, args)| (text, rule, words(args)))
        .collect()
}

/// Uses of the scalar instruction, if it is one: with operands in locals, constants, and just computed.
fn uses(text: &str, rule: &str, args: &[String]) -> Vec<String> {
    let operand = |ty: &str, kind: usize| match (kind, ty.starts_with('i')) {
        (0, _) => format!("(local.get ${ty})"),
        (1, _) => format!("({ty}.const 1)"),
        (_, true) => format!("({ty}.rotl (local.get ${ty}) ({ty}.const 0))"),
        (_, false) => format!("({ty}.abs (local.get ${ty}))"),
    };
    let address = |kind| operand("i32", kind);
    let (params, result): (Vec<&str>, &str) = match (rule, args) {
        ("unop" | "const_", [t]) => (vec![t], t),
        ("testop", [t]) => (vec![t], "i32"),
        ("binop", [t]) => (vec![t, t], t),
        ("relop", [t]) => (vec![t, t], "i32"),
        ("cvtop", [from, to]) => (vec![from], to),
        ("load", [t]) | ("load_pack", [t, _]) => {
            return (0..3).map(|k| format!("(local.set ${t}2 ({text} offset=8 {}))", address(k))).collect();
        }
        ("store", [t]) | ("store_pack", [t, _]) => {
            let pairs = (0..9).map(|k| (address(k % 3), operand(t, k / 3)));
            return pairs.map(|(at, value)| format!("({text} offset=8 {at} {value})")).collect();
        }
        _ => return Vec::new(),
    };
    if rule == "const_" {
        return vec![format!("(local.set ${result}2 ({text} 1))")];
    }
    let kinds = 3usize.pow(params.len() as u32);
    let operands = (0..kinds).map(|k| {
        let each = params.iter().enumerate().map(|(i, ty)| operand(ty, k / 3usize.pow(i as u32) % 3));
        each.collect::<Vec<_>>().join(" ")
    });
    operands
        .flat_map(|operands| {
            let value = format!("({text} {operands})");
            let set = format!("(local.set ${result}2 {value})");
            // A condition is used where it is computed, too.
            let branch = format!("(block (br_if 0 {value}))(if {value} (then nop))");
            if result == "i32" { vec![set, branch] } else { vec![set] }
        })
        .collect()
}

/// A module around the body of a loop.
fn looping(body: &str) -> String {
    format!(
        r#"(module
            (import "host" "wasm" (func $foreign (param i32) (result i32)))
            (import "host" "host" (func $host (param i32) (result i32)))
            (import "host" "memory" (memory $other 1))
            (import "host" "global" (global $theirs (mut i64)))
            (memory $m 1) (memory $n 1)
            (table $t 10 funcref) (table $u 10 10 funcref)
            (global $g (mut i32) (i32.const 1)) (global $d (mut f64) (f64.const 1))
            (type $unary (func (param i32) (result i32)))
            (elem $e func $same $same) (data $bytes "some bytes")
            (elem (table $t) (i32.const 0) func $same $foreign $host)
            (func $same (type $unary) (local.get 0))
            (func $two (param i32) (result i32 i64) (local.get 0) (i64.const 2))
            (func $tail_same (type $unary) (return_call $same (local.get 0)))
            (func $tail_foreign (type $unary) (return_call $foreign (local.get 0)))
            (func $tail_host (type $unary) (return_call $host (local.get 0)))
            (func $tail_table (type $unary) (return_call_indirect $t (type $unary) (local.get 0) (local.get 0)))
            (func (export "run") (param $n i32) (result i64)
                (local $i32 i32) (local $i64 i64) (local $f32 f32) (local $f64 f64)
                (local $i322 i32) (local $i642 i64) (local $f322 f32) (local $f642 f64)
                (local.set $i32 (i32.const 1)) (local.set $i64 (i64.const 1))
                (local.set $f32 (f32.const 1.5)) (local.set $f64 (f64.const 1.5))
                (loop $again
                    {body}
                    (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                    (br_if $again (local.get $n)))
                (i64.const 42)))"#
    )
}

/// Runs the module on a small stack, beside another instance that it imports from.
fn loops_on_a_small_stack(engine: &Engine, body: &str) {
    let host = r#"(module (func (export "wasm") (param i32) (result i32) (local.get 0))
        (memory (export "memory") 1) (global (export "global") (mut i64) (i64.const 5)))"#;
    let host = Module::new(engine, host).unwrap();
    let module = Module::new(engine, looping(body)).unwrap_or_else(|error| panic!("{body}: {error}"));
    let mut store = Store::new(engine, ());
    // An error where fuel does not count.
    let _ = store.set_fuel(1 << 40);
    let guest = move || {
        let host = Instance::new(&mut store, &host, &[])?;
        let import = |store: &mut Store<()>, name| host.get_export(store, name).expect("an export");
        let imports = [
            import(&mut store, "wasm"),
            Func::wrap(&mut store, |x: i32| x).into(),
            import(&mut store, "memory"),
            import(&mut store, "global"),
        ];
        let instance = Instance::new(&mut store, &module, &imports)?;
        instance.get_typed_func::<i32, i64>(&mut store, "run")?.call(&mut store, TURNS)
    };
    let thread = thread::Builder::new().stack_size(SMALL_STACK).name(body.to_owned()).spawn(guest);
    assert_eq!(thread.expect("a thread").join().expect("no panic").unwrap(), 42, "{body}");
}

#[test]
fn every_scalar_instruction_on_a_small_stack() {
    let engine = Engine::default();
    let mut instructions = 0;
    for (text, rule, args) in rows() {
        // An instruction's uses share a loop.
        let uses = uses(text, rule, &args);
        if !uses.is_empty() && !args.contains(&"v128".to_owned()) {
            loops_on_a_small_stack(&engine, &uses.join("\n"));
            instructions += 1;
        }
    }
    // Arithmetic, comparisons, conversions, constants and accesses of 1.0 and 2.0.
    assert_eq!(instructions, 163);
}

#[test]
fn every_other_instruction_on_a_small_stack() {
    let bodies = [
        "(local.set $i322 (call $same (local.get $i32)))",
        "(local.set $i322 (call $foreign (local.get $i32)))",
        "(local.set $i322 (call $host (local.get $i32)))",
        "(call $two (local.get $i32)) (local.set $i642) (local.set $i322)",
        "(local.set $i322 (call $tail_same (i32.const 7)))",
        "(local.set $i322 (call $tail_foreign (i32.const 7)))",
        "(local.set $i322 (call $tail_host (i32.const 7)))",
        "(drop (call $tail_table (i32.const 0))) (drop (call $tail_table (i32.const 1))) (drop (call $tail_table (i32.const 2)))",
        "(drop (call_indirect $t (type $unary) (i32.const 7) (i32.const 0)))",
        "(drop (call_indirect $t (type $unary) (i32.const 7) (local.get $i32)))",
        "(drop (call_indirect $t (type $unary) (i32.const 7) (i32.add (local.get $i32) (i32.const 1))))",
        "(block (block (br_table 0 1 0 (local.get $i32))))
         (block (block (br_table 0 1 (i32.and (local.get $n) (i32.const 3)))))",
        "(block (br 0)) (block (br_if 0 (local.get $n))) (if (i32.and (local.get $n) (i32.const 1)) (then) (else (nop)))",
        "(local.set $i322 (select (local.get $n) (i32.const 2) (local.get $i32)))
         (local.set $i642 (select (i64.const 1) (local.get $i64) (i64.eqz (local.get $i64))))
         (local.set $f322 (select (local.get $f32) (f32.const 2) (local.get $n)))
         (local.set $f642 (select (f64.const 1) (local.get $f64) (f64.lt (local.get $f64) (f64.const 1))))
         (drop (select (result funcref) (ref.func $same) (ref.null func) (local.get $n)))",
        "(global.set $g (i32.add (global.get $g) (i32.const 1))) (global.set $d (f64.add (global.get $d) (local.get $f64)))
         (global.set $theirs (i64.add (global.get $theirs) (i64.const 1)))",
        "(drop (local.tee $i322 (i32.mul (local.get $n) (local.get $n)))) (drop (local.tee $f642 (local.get $f64)))",
        "(drop (memory.size $m)) (drop (memory.size $other)) (drop (memory.grow $m (i32.const 0)))
         (drop (memory.grow $n (i32.const 70000)))",
        "(memory.fill $m (i32.const 0) (i32.const 1) (i32.const 10)) (memory.copy $m $m (i32.const 0) (i32.const 1) (i32.const 10))
         (memory.copy $m $other (i32.const 0) (i32.const 1) (i32.const 10)) (memory.init $bytes (i32.const 0) (i32.const 0) (i32.const 4))",
        "(drop (i32.load $n (i32.const 4))) (i64.store $other (local.get $i32) (i64.load $n offset=3 (local.get $i32)))",
        "(data.drop $bytes) (elem.drop $e)",
        "(table.set $t (i32.const 4) (table.get $t (i32.const 0))) (drop (table.get $t (local.get $i32))) (drop (table.size $u))
         (drop (table.grow $t (ref.null func) (i32.const 0))) (drop (table.grow $u (ref.func $same) (i32.const 1)))",
        "(table.fill $u (i32.const 0) (ref.func $same) (i32.const 10)) (table.copy $u $t (i32.const 1) (i32.const 0) (i32.const 5))
         (table.copy $u $u (i32.const 1) (i32.const 0) (i32.const 5)) (table.init $u $e (i32.const 0) (i32.const 0) (i32.const 2))",
        "(drop (ref.is_null (ref.func $same))) (drop (ref.is_null (table.get $u (i32.const 9)))) (drop (ref.null extern))",
    ];
    let configs = [
        Config::new(),
        Config::new().epoch_interruption(true).max_call_depth(Some(1000)).clone(),
        Config::new().consume_fuel(true).clone(),
    ];
    for config in configs {
        let engine = Engine::new(&config).unwrap();
        for body in bodies {
            loops_on_a_small_stack(&engine, body);
        }
    }
}
