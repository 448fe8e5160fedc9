//! Protected code in great numbers: nested, in a row, and in frames whose slots need more than 16 bits.

use super::TAKES;
use std::fmt::Write;

/// How deep blocks nest, and how many follow each other.
const MANY: usize = 1000;

pub(crate) fn script() -> String {
    let mut out = String::from(
        ";; A thousand blocks that catch, one in the other and one behind the other; large frames.\n",
    );
    new(&mut out);
    legacy(&mut out);
    far(&mut out);
    out
}

/// A function of type `[i32] -> [i32]` in a module with a tag `[i32]`.
fn module(out: &mut String, body: impl FnOnce(&mut String)) {
    out.push_str("\n(module\n(tag $t (param i32)) (tag $other)\n");
    out.push_str("(func $throw (param i32) local.get 0 throw $t)\n");
    out.push_str("(func (export \"f\") (param i32) (result i32)\n");
    body(out);
    out.push_str("))\n");
}

fn expect(out: &mut String, arg: usize, result: usize) {
    writeln!(out, "(assert_return (invoke \"f\" (i32.const {arg})) (i32.const {result}))").expect(TAKES);
}

/// Every level but the outermost catches another tag: the exception passes all of them.
fn new(out: &mut String) {
    module(out, |out| {
        out.push_str("block $h (result i32)\ntry_table (catch $t $h)\n");
        for _ in 0..MANY {
            out.push_str("block try_table (catch $other 0)\n");
        }
        out.push_str("local.get 0\ncall $throw\n");
        for _ in 0..MANY {
            out.push_str("end end\n");
        }
        out.push_str("end\nunreachable\nend\n");
    });
    expect(out, 7, 7);
    // Every one of a row catches, and goes on with one more.
    module(out, |out| {
        for _ in 0..MANY {
            out.push_str(
                "block (result i32) try_table (catch $t 0) local.get 0 call $throw end unreachable end\n",
            );
            out.push_str("i32.const 1 i32.add local.set 0\n");
        }
        out.push_str("local.get 0\n");
    });
    expect(out, 5, 5 + MANY);
}

/// Every level catches and throws again, from its handler; then every one delegates to the outermost.
fn legacy(out: &mut String) {
    module(out, |out| {
        for _ in 0..MANY {
            out.push_str("try (result i32)\n");
        }
        out.push_str("local.get 0\ncall $throw\ni32.const 0\n");
        for level in 1..MANY {
            out.push_str(if level % 2 == 0 {
                "catch_all rethrow 0 end\n"
            } else {
                "catch $t i32.const 1 i32.add throw $t end\n"
            });
        }
        out.push_str("catch $t end\n");
    });
    expect(out, 7, 7 + MANY / 2);
    module(out, |out| {
        out.push_str("try (result i32)\n");
        for _ in 0..MANY {
            out.push_str("try (result i32)\n");
        }
        out.push_str("local.get 0\ncall $throw\ni32.const 0\n");
        for level in (0..MANY).rev() {
            writeln!(out, "delegate {level}").expect(TAKES);
        }
        out.push_str("catch $t end\n");
    });
    expect(out, 9, 9);
}

/// The slots for what is caught have large numbers.
fn far(out: &mut String) {
    for locals in [40_000_usize, 49_990] {
        module(out, |out| {
            writeln!(out, "(local {})", "i64 ".repeat(locals)).expect(TAKES);
            for _ in 0..15_600 {
                out.push_str("local.get 0\n");
            }
            out.push_str(
                "local.get 0
                try (param i32) (result i32)
                    block (param i32) (result i32 exnref)
                        try_table (param i32) (result i32) (catch_ref $t 0)
                            i32.const 3 i32.add throw $t
                        end
                        unreachable
                    end
                    throw_ref
                catch $t
                    i32.const 10 i32.add
                    try (param i32) (result i32)
                        throw $t
                    catch $t
                        drop
                        rethrow 0
                    end
                catch_all
                    unreachable
                end
                return\n",
            );
        });
        writeln!(out, "(assert_exception (invoke \"f\" (i32.const 1)))").expect(TAKES);
    }
}
