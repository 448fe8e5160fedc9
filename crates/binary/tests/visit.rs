//! A visitor is handed what the reader would give one by one.

mod generate;

use generate::any_module;
use proptest::prelude::*;
use terrane_binary::{Body, Error, InstrReader, Reader};
use terrane_syntax::types::{BlockType, HeapType, ValType};
use terrane_syntax::*;

/// Why visiting ended early.
#[derive(Debug)]
enum Stop {
    Malformed(Error),
    Refused(usize),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Malformed(error)
    }
}

/// What the visitor below refuses with.
struct Refused(usize);

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Stop::Refused(refused.0)
    }
}

/// Writes down what it is handed, up to so many instructions.
struct Record {
    most: usize,
    seen: Vec<(usize, String)>,
}

macro_rules! define_record {
    ($($name:ident $text:literal $op:tt { $($imm:ident: $ty:ty),* }
        => $rule:ident $args:tt: $feature:ident;)*) => {
        #[allow(non_snake_case, reason = "the names are those of the variants")]
        impl<'a> Visit<'a> for Record {
            type Output = Result<(), Refused>;
            $(
                fn $name(&mut self, offset: usize, $($imm: $ty),*) -> Self::Output {
                    if self.seen.len() == self.most {
                        return Err(Refused(offset));
                    }
                    self.seen.push((offset, format!("{:?}", Instr::$name { $($imm),* })));
                    Ok(())
                }
            )*
        }
    };
}
for_each_instr!(define_record);

fn visit(instrs: InstrReader<'_>, most: usize) -> (Record, Result<(), Stop>) {
    let mut record = Record { most, seen: Vec::new() };
    let result = instrs.visit(&mut record);
    (record, result)
}

fn reader(bytes: &[u8]) -> InstrReader<'_> {
    InstrReader::new(Reader::new(bytes, 0, Features::all()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]

    #[test]
    fn visited_as_read(generate::AnyModule { module, source } in any_module()) {
        for func in &module.funcs {
            let body = Body::new(&source, func.body.clone(), Features::all(), true);
            let mut expected = Vec::new();
            let mut instrs = body.instrs().unwrap();
            while let Some((offset, instr)) = instrs.next().unwrap() {
                expected.push((offset, format!("{instr:?}")));
            }
            let (record, result) = visit(body.instrs().unwrap(), usize::MAX);
            prop_assert!(result.is_ok());
            prop_assert_eq!(record.seen, expected);
        }
    }
}

#[test]
fn a_visitor_can_refuse() {
    let (record, result) = visit(reader(&[0x01, 0x41, 0x05, 0x1A, 0x0B]), 2);
    assert!(matches!(result, Err(Stop::Refused(3))));
    assert_eq!(record.seen.len(), 2);
}

#[test]
fn malformed_instructions_end_the_visit() {
    for (bytes, expected) in [
        (&[0x01, 0x0B, 0x01][..], "section size mismatch"),
        (&[0x01, 0x01], "unexpected end"),
        (&[0x01, 0x05, 0x0B], "END opcode expected, found else"),
        (&[0x01, 0xFF, 0x0B], "illegal opcode ff"),
        (&[0x01, 0xFC, 0x7F, 0x0B], "illegal opcode fc 7f"),
    ] {
        let (_, result) = visit(reader(bytes), usize::MAX);
        let Err(Stop::Malformed(error)) = result else { panic!("{result:?}") };
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}
