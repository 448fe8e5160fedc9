//! The interpreter's handlers, disassembled: each must go on to the next by a jump, and the ones that run all the time
//! must need no stack frame. Only release builds for x86-64 are looked at.

use super::Findings;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Where the handlers are.
const MODULE: &str = "terrane_interpreter::exec::";

/// The handlers that run all the time: they must need no stack frame, call nothing, and end in a jump.
const HOT: &[&str] = &[
    "aggregate::array_get",
    "aggregate::array_len",
    "aggregate::array_set",
    "aggregate::struct_get",
    "aggregate::struct_new",
    "aggregate::struct_set",
    "call::call",
    "call::call_import",
    "call::call_indirect",
    "call::call_ref",
    "call::ret",
    "call::ret_value",
    "call::return_call",
    "control::br",
    "control::br_table",
    "memory::load",
    "memory::load_plus",
    "memory::load_scaled",
    "memory::load_sum",
    "memory::store",
    "numeric::add_two",
    "numeric::br_rel",
    "numeric::br_step",
    "numeric::op1",
    "numeric::op2",
    "parametric::copy",
    "parametric::copy_far",
    "parametric::copy_imm",
    "parametric::copy_reg",
    "parametric::copy_two",
    "parametric::copy_vector",
    "parametric::copy_wide",
    "parametric::select",
    "parametric::zero_one",
    "reference::br_on_cast",
    "reference::ref_as_non_null",
    "reference::ref_cast",
    "reference::ref_test",
    "variable::global_get",
    "variable::global_get_op",
    "variable::global_set",
    "variable::global_set_op",
    "vector::br_test",
    "vector::constant",
    "vector::extract",
    "vector::op3",
    "vector::permute_fast",
    "vector::shift",
    "vector::shuffle_fast",
    "vector::swizzle_fast",
];

/// Hot handlers with a frame nevertheless: how many instances at most, and why.
const EXCEPTIONS: &[(&str, usize, &str)] = &[
    ("aggregate::struct_new", 4, "copies fields in a loop"),
    ("call::return_call", 1, "moves arguments in a loop"),
    ("numeric::op2", 8, "i64x2.mul multiplies in integer registers"),
];

/// Functions that may call through a pointer: what they call is no handler.
const CALLS: &[&str] =
    &["call::call_host", "call::resumed", "call::enter_slow", "memory::grow", "table::grow"];

/// At least this many functions must be found, or the disassembly is not of the interpreter.
const AT_LEAST: usize = 500;

/// Disassembles `binary`, or this program, and looks at the handlers.
pub(super) fn check(binary: Option<&Path>) -> Result<Findings, String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut objdump = Command::new("objdump");
    objdump.args(["--disassemble", "--no-show-raw-insn", "--demangle"]).arg(binary.unwrap_or(&this));
    let output = objdump.output().map_err(|error| format!("objdump (of the package binutils): {error}"))?;
    if !output.status.success() {
        return Err(format!("objdump: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let functions = functions(&text);
    if functions.len() < AT_LEAST {
        let count = functions.len();
        return Err(format!(
            "only {count} functions of {MODULE} are in the program, at least {AT_LEAST} should be"
        ));
    }
    Ok(findings(&functions))
}

/// A function of the module: its name without the module and parameters, and its instructions.
struct Function<'a> {
    name: &'a str,
    instructions: Vec<&'a str>,
}

/// The functions in the output of `objdump` that are in [`MODULE`].
fn functions(text: &str) -> Vec<Function<'_>> {
    let mut functions: Vec<Function<'_>> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if let Some(symbol) = line.strip_suffix(">:").and_then(|line| line.split_once(" <")) {
            inside = symbol.1.starts_with(MODULE);
            if inside {
                let name = &symbol.1[MODULE.len()..];
                let end = name.find('<').map_or(name.len(), |at| name[..at].trim_end_matches("::").len());
                functions.push(Function { name: &name[..end], instructions: Vec::new() });
            }
        } else if inside
            && let (Some(function), Some((_, instruction))) = (functions.last_mut(), line.split_once(":\t"))
        {
            function.instructions.push(instruction.trim());
        }
    }
    functions
}

fn findings(functions: &[Function<'_>]) -> Findings {
    let mut findings = Findings::new();
    let mut framed: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for function in functions {
        let name = function.name;
        if HOT.contains(&name)
            && let Some(instruction) =
                function.instructions.iter().find(|instruction| needs_a_frame(instruction))
        {
            framed.entry(name).or_insert((0, instruction)).0 += 1;
        }
        if let Some(call) = function.instructions.iter().find(|instruction| calls_a_pointer(instruction))
            && !CALLS.contains(&name)
        {
            findings.push(format!("{name} may go on by a call: {call}"));
        }
    }
    for (name, (count, instruction)) in framed {
        let most = EXCEPTIONS.iter().find(|exception| exception.0 == name).map_or(0, |exception| exception.1);
        if count > most {
            findings
                .push(format!("{name}: {count} instances need a stack frame, and {most} may: {instruction}"));
        }
    }
    findings
}

/// Does it save a register, make room on the stack, or call?
fn needs_a_frame(instruction: &str) -> bool {
    instruction.starts_with("push")
        || instruction.starts_with("call")
        || instruction.starts_with("sub ") && instruction.ends_with(",%rsp")
}

/// Is it a call of an address in a register or in memory? One that the linker resolves, relative to `rip`, is a call
/// by name.
fn calls_a_pointer(instruction: &str) -> bool {
    instruction.strip_prefix("call").is_some_and(|call| call.contains('*') && !call.contains("(%rip)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, instructions: &[&str], expected: &[&str]) {
        let mut text = format!("00001 <terrane_interpreter::exec::{name}>:\n");
        instructions.iter().for_each(|instruction| text.push_str(&format!("   1:\t{instruction}\n")));
        text.push_str("00002 <another>:\n   2:\tpush   %rbx\n");
        assert_eq!(findings(&functions(&text)), expected);
    }

    #[test]
    fn handlers_that_jump_are_fine() {
        check("numeric::op1<A, B>", &["mov    (%rdi),%rax", "jmp    *%rax"], &[]);
        check(
            "memory::memory_copy",
            &["push   %rbx", "call   1 <memmove>", "pop    %rbx", "jmp    *%rax"],
            &[],
        );
        check("call::call_host", &["push   %rbx", "call   *0x18(%rax)", "pop    %rbx", "jmp    *%rax"], &[]);
    }

    #[test]
    fn frames_and_calls_are_found() {
        let frame = "numeric::op1: 1 instances need a stack frame, and 0 may: ";
        for instruction in ["push   %rbx", "sub    $0x18,%rsp", "call   1 <roundf>", "call   *0x10(%rip)"] {
            check("numeric::op1<A, B>", &[instruction, "jmp    *%rax"], &[&format!("{frame}{instruction}")]);
        }
        let calls = "table::table_get may go on by a call: call   *(%rdi)";
        check("table::table_get", &["call   *(%rdi)", "ret"], &[calls]);
    }
}
