//! The instruction table, against that of `wasmparser`, which others wrote.

use super::Findings;
use std::collections::BTreeSet;
use wasmparser::{BinaryReader, OperatorsReader};

/// The proposals of `wasmparser` that the table does not have, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("acquire_release_atomics", "part of the next"),
    ("memory_control", "not beyond the proposal's first phase"),
    ("shared_everything_threads", "not beyond the proposal's first phase"),
    ("stack_switching", "come with the proposal, which is not built yet"),
];

/// Instructions that are named otherwise than in the text format: by us, and by `wasmparser`.
const RENAMED: &[(&str, &str)] = &[
    ("select(t)", "typedselect"),
    ("reftest", "reftestnonnull"),
    ("refcast", "refcastnonnull"),
    ("refcastdesceq", "refcastdesceqnonnull"),
];

/// A row of the table: variant, text name, opcode.
type Row = (&'static str, &'static str, &'static [u16]);

macro_rules! rows {
    ($($name:ident $text:literal [$($op:literal)+] $imms:tt => $rule:ident $args:tt: $feature:ident;)*) => {
        &[$((stringify!($name), $text, &[$($op),+])),*]
    };
}

/// Our table.
const ROWS: &[Row] = terrane_syntax::for_each_instr!(rows);

macro_rules! operators {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        &[$((stringify!($proposal), stringify!($op))),*]
    };
}

/// The operators of `wasmparser`, with the proposal of each.
const OPERATORS: &[(&str, &str)] = wasmparser::for_each_operator!(operators);

/// What differs: opcodes that only one of the two knows, or that they give to other instructions.
pub(super) fn check() -> Findings {
    let left_out: BTreeSet<String> = OPERATORS
        .iter()
        .filter(|(proposal, _)| LEFT_OUT.iter().any(|(name, _)| name == proposal))
        .map(|(_, op)| op.to_lowercase())
        .collect();
    let mut findings = Findings::new();
    let mut seen = BTreeSet::new();
    let single = (0..=0xff).filter(|byte| !(0xfb..=0xfe).contains(byte)).map(|byte| vec![byte]);
    let prefixed = (0xfb..=0xfe).flat_map(|prefix| (0..0x200).map(move |code| vec![prefix, code]));
    for opcode in single.chain(prefixed) {
        let ours = ROWS.iter().find(|row| row.2 == opcode).map(our_name);
        let theirs = their_name(&opcode).filter(|name| !left_out.contains(name));
        seen.extend(theirs.clone());
        if ours != theirs {
            let or_none = |name: Option<String>| name.unwrap_or_else(|| "nothing".to_owned());
            findings.push(format!(
                "opcode {opcode:02x?}: {} here, {} in wasmparser",
                or_none(ours),
                or_none(theirs)
            ));
        }
    }
    for (proposal, op) in OPERATORS {
        let name = op.to_lowercase();
        // The list form of a typed select is the same opcode.
        if !left_out.contains(&name) && !seen.contains(&name) && name != "typedselectmulti" {
            findings.push(format!(
                "{op} of the proposal {proposal} is in wasmparser, but was not found by its opcode"
            ));
        }
    }
    findings
}

/// The name in the form of `wasmparser`, in lower case.
fn our_name(row: &Row) -> String {
    let plain = row.1.replace(['.', '_'], "");
    let name = match row.0 {
        "SelectT" => "select(t)".to_owned(),
        variant if variant.ends_with("Null") && !plain.ends_with("null") => format!("{plain}nullable"),
        _ => plain,
    };
    RENAMED.iter().find(|(ours, _)| *ours == name).map_or(name, |(_, theirs)| (*theirs).to_owned())
}

/// What `wasmparser` reads at an opcode, in lower case.
fn their_name(opcode: &[u16]) -> Option<String> {
    // Some instructions may only stand in a certain block; some immediates may not be zero.
    let contexts: [&[u8]; 4] = [&[], &[0x02, 0x40], &[0x04, 0x40], &[0x06, 0x40]];
    let immediates: [&[u8]; 2] = [&[1, 0x7f, 0, 0], &[0; 24]];
    contexts.iter().flat_map(|context| immediates.iter().map(move |rest| (*context, *rest))).find_map(
        |(context, rest)| {
            let mut bytes = context.to_vec();
            bytes.push(opcode[0] as u8);
            opcode.get(1).into_iter().for_each(|code| unsigned_leb128(&mut bytes, *code));
            bytes.extend_from_slice(rest);
            let mut reader = OperatorsReader::new(BinaryReader::new(&bytes, 0));
            if !context.is_empty() {
                reader.read().ok()?;
            }
            let operator = format!("{:?}", reader.read().ok()?);
            let name = operator.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
            Some(name.to_lowercase())
        },
    )
}

fn unsigned_leb128(bytes: &mut Vec<u8>, mut value: u16) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_is_that_of_others() {
        assert_eq!(super::check(), Vec::<String>::new());
        assert!(super::ROWS.len() > 500);
    }
}
