//! Guests use no native stack: however many instructions run, however deep the guest calls itself, the host's
//! stack stays where it was.

use std::thread;
use terrane::{Engine, Instance, Module, Result, Store};

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
