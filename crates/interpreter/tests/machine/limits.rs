//! What bounds a run: the stack, the depth of calls, fuel, interruption.

use crate::encode;
use crate::engine::{Engine, Outcome, Setup, Terrane, Word};
use terrane_interpreter::{CodeConfig, ExecError};

const RECURSION: &str = r#"(module
    (import "host" "h2" (func $reenter (param i32) (result i32)))
    (import "host" "h0" (func $none))
    (func $down (export "f0") (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
        (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
    (func $host (export "f1") (result i32) (drop (call $reenter (i32.const 0))) (i32.const 5))
    (func (export "f4") (call $none) (drop (call $reenter (i32.const 1))))
    (func (export "f5") (param i32) (result i32)
        (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 0)))"#;

fn machine(setup: Setup) -> Terrane {
    let mut machine = Terrane::new(setup);
    machine.instantiate(&encode(RECURSION)).expect("it is valid");
    machine
}

fn exhausted() -> Outcome {
    Err("call stack exhausted".into())
}

#[test]
fn deep_recursion_traps_and_leaves_the_stack_usable() {
    for stack in [64, 1000, 4096, 1 << 20] {
        let mut machine = machine(Setup { stack, ..Setup::default() });
        for _ in 0..3 {
            assert_eq!(machine.call(0, "f0", &[1 << 31]), exhausted());
        }
        let depth = stack as Word / 100;
        assert_eq!(machine.call(0, "f0", &[depth]), Ok(vec![depth + 1]), "{stack}");
    }
}

#[test]
fn every_stack_size_ends_in_a_trap_or_a_result() {
    // Among them those where a frame, or the slots of a call to the host, just fit.
    for stack in 8..400 {
        let mut machine = machine(Setup { stack, ..Setup::default() });
        for name in ["f1", "f4"] {
            let outcome = machine.call(0, name, &[]);
            let fits = outcome.is_ok() || outcome == exhausted() || outcome == Err("unreachable".into());
            assert!(fits, "{stack}: {outcome:?}");
        }
    }
}

#[test]
fn the_depth_of_calls_is_bounded() {
    let code = CodeConfig { max_call_depth: Some(10), ..CodeConfig::default() };
    let mut machine = machine(Setup { code, ..Setup::default() });
    for _ in 0..3 {
        assert_eq!(machine.call(0, "f0", &[9]), Ok(vec![10]));
        assert_eq!(machine.call(0, "f0", &[10]), exhausted());
    }
}

#[test]
fn tail_calls_are_no_deeper() {
    let code = CodeConfig { max_call_depth: Some(3), ..CodeConfig::default() };
    let mut machine = Terrane::new(Setup { code, ..Setup::default() });
    let text = r#"(module (table 1 funcref) (elem (i32.const 0) $down)
        (func $down (param i32) (result i32)
            (if (i32.eqz (local.get 0)) (then (return (call $leaf))))
            (if (i32.and (local.get 0) (i32.const 1)) (then (return_call $down (i32.sub (local.get 0) (i32.const 1)))))
            (return_call_indirect (param i32) (result i32) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))
        (func $leaf (result i32) (i32.const 7))
        (func (export "f0") (param i32) (result i32) (call $down (local.get 0))))"#;
    machine.instantiate(&encode(text)).expect("it is valid");
    assert_eq!(machine.call(0, "f0", &[10_000]), Ok(vec![7]));
}

#[test]
fn fuel_is_used_up() {
    let code = CodeConfig { consume_fuel: true, ..CodeConfig::default() };
    let mut machine = machine(Setup { code, ..Setup::default() });
    machine.thread.set_fuel(1000);
    assert_eq!(machine.call(0, "f5", &[20]), Ok(vec![0]));
    let used = 1000 - machine.thread.fuel();
    assert!((20..200).contains(&used), "{used}");
    machine.thread.set_fuel(used);
    assert_eq!(machine.call(0, "f5", &[20]), Ok(vec![0]));
    assert_eq!(machine.thread.fuel(), 0);
    machine.thread.set_fuel(used - 1);
    assert!(machine.call(0, "f5", &[20]).is_err());
    machine.thread.set_fuel(10_000);
    assert!(machine.call(0, "f5", &[0]).is_err(), "four thousand million rounds");
}

#[test]
fn a_run_is_interrupted() {
    let code = CodeConfig { interruptible: true, ..CodeConfig::default() };
    let mut machine = machine(Setup { code, ..Setup::default() });
    machine.thread.interrupt_handle().interrupt();
    let error = machine.invoke(0, "f5", &[0]).expect_err("it would take long");
    assert!(matches!(error, ExecError::Trap { .. }), "{error:?}");
    assert_eq!(machine.call(0, "f5", &[3]), Ok(vec![0]), "once");
    machine.thread.set_deadline(0);
    assert!(machine.call(0, "f5", &[3]).is_err());
}

#[test]
fn slots_beyond_16_bits_are_reached() {
    // 49,000 locals and 20,000 operands below those that are used.
    let below = "local.get 1 ".repeat(20_000);
    let text = format!(
        "(module (memory 1) (func $add (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
        (func (export \"f0\") (param i32 i64) (result i32) (local {locals}) {below}
            block (result i32)
                (i32.store (i32.const 0) (i32.mul (local.get 0) (i32.const 3)))
                (memory.fill (i32.const 4) (i32.const 1) (i32.const 4))
                (local.set 40000 (i64.extend_i32_u (call $add (i32.load (i32.const 0)) (i32.load (i32.const 4)))))
                (i32.wrap_i64 (local.get 40000)) (local.get 0)
                (br_if 0 (i32.sub (local.get 0) (i32.const 7)) (i32.eq (local.get 0) (i32.const 5)))
                i32.add i32.sub
            end
            return))",
        locals = "i64 ".repeat(49_000),
    );
    let code = CodeConfig { consume_fuel: true, ..CodeConfig::default() };
    for setup in [Setup::default(), Setup { code, ..Setup::default() }] {
        let mut machine = Terrane::new(setup);
        machine.instantiate(&encode(&text)).expect("it is valid");
        assert_eq!(machine.call(0, "f0", &[5, 9]), Ok(vec![0xffff_fffe]), "the branch");
        assert_eq!(machine.call(0, "f0", &[4, 9]), Ok(vec![0x0101_010c]), "the end of the block");
    }
}
