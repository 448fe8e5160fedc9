//! The section of branch hints: which way conditional branches will likely go.
//!
//! [Proposal](https://github.com/WebAssembly/branch-hinting)

use alloc::vec::Vec;
use terrane_syntax::{Features, FuncIdx, Instr};

use crate::body::Body;
use crate::error::{Malformed, Result};
use crate::reader::{Decode, Reader};

/// The name of the custom section that holds branch hints.
pub const BRANCH_HINT_SECTION: &str = "metadata.code.branch_hint";

/// The hint for one branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BranchHint {
    /// Where its instruction begins, in bytes from the start of the function's locals.
    pub offset: u32,
    /// Will it likely be taken? Of an `if`, its first arm.
    pub likely: bool,
}

/// What a section of branch hints says: the hints of functions, both in ascending order.
///
/// ```
/// use terrane_binary::BranchHints;
/// use terrane_syntax::FuncIdx;
///
/// let hints = BranchHints::decode(b"\x01\x05\x01\x07\x01\x01", 0)?;
/// assert!(hints.get(FuncIdx(5)).iter().all(|hint| hint.offset == 7 && hint.likely));
/// # Ok::<(), terrane_binary::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BranchHints(pub(crate) Vec<(FuncIdx, Vec<BranchHint>)>);

impl BranchHints {
    /// These hints, sorted; of several for one branch the first stays.
    pub fn new(hints: impl IntoIterator<Item = (FuncIdx, Vec<BranchHint>)>) -> Self {
        let mut hints: Vec<_> = hints.into_iter().collect();
        hints.sort_by_key(|(func, _)| *func);
        hints.dedup_by_key(|(func, _)| *func);
        for (_, hints) in &mut hints {
            hints.sort_by_key(|hint| hint.offset);
            hints.dedup_by_key(|hint| hint.offset);
        }
        Self(hints)
    }

    /// Decodes the contents of a section of branch hints, which stand at `offset` in a module.
    ///
    /// # Errors
    /// [`Malformed`]. As any custom section, one that is malformed is ignored, not the module refused.
    pub fn decode(bytes: &[u8], offset: usize) -> Result<Self> {
        let mut r = Reader::new(bytes, offset, Features::all());
        let mut hints: Vec<(FuncIdx, Vec<BranchHint>)> = Vec::new();
        for _ in 0..r.len()? {
            let at = r.offset();
            let func: FuncIdx = r.read()?;
            if let Some((last, _)) = hints.last().filter(|(last, _)| *last >= func) {
                return r.fail_at(at, Malformed::HintOrder { found: func.0, last: last.0 });
            }
            hints.push((func, func_hints(&mut r)?));
        }
        r.finish()?;
        Ok(Self(hints))
    }

    /// The hints for the branches of a function.
    pub fn get(&self, func: FuncIdx) -> &[BranchHint] {
        let at = self.0.binary_search_by_key(&func, |(func, _)| *func);
        at.map_or(&[], |at| &self.0[at].1)
    }

    /// The functions that have hints, with them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (FuncIdx, &[BranchHint])> {
        self.0.iter().map(|(func, hints)| (*func, &**hints))
    }

    /// Does each hint for `func`, whose body that is, stand at a conditional branch?
    ///
    /// # Errors
    /// [`Malformed::HintTarget`] for the first that does not; or what is malformed about the body.
    pub fn check(&self, func: FuncIdx, body: Body<'_>) -> Result {
        let start = body.range().start;
        let mut instrs = body.instrs()?;
        let mut hints = self.get(func).iter().peekable();
        while let Some(hint) = hints.peek() {
            let Some((at, instr)) = instrs.next()? else {
                return Err(crate::Error::new(Malformed::HintTarget(hint.offset), start));
            };
            if at - start < hint.offset as usize {
                continue;
            }
            if at - start > hint.offset as usize || !matches!(instr, Instr::BrIf { .. } | Instr::If { .. }) {
                return Err(crate::Error::new(Malformed::HintTarget(hint.offset), at));
            }
            hints.next();
        }
        Ok(())
    }
}

fn func_hints(r: &mut Reader<'_>) -> Result<Vec<BranchHint>> {
    let mut hints: Vec<BranchHint> = Vec::new();
    for _ in 0..r.len()? {
        let at = r.offset();
        let hint: BranchHint = r.read()?;
        if let Some(last) = hints.last().filter(|last| last.offset >= hint.offset) {
            return r.fail_at(at, Malformed::HintOrder { found: hint.offset, last: last.offset });
        }
        hints.push(hint);
    }
    Ok(hints)
}

impl Decode<'_> for BranchHint {
    fn decode(r: &mut Reader<'_>) -> Result<Self> {
        let offset = r.u32()?;
        let at = r.offset();
        match (r.u32()?, r.byte()?) {
            (1, value @ (0 | 1)) => Ok(Self { offset, likely: value == 1 }),
            (size, value) => r.fail_at(at, Malformed::Hint { size, value }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn check(bytes: &[u8], expected: &str) {
        assert_eq!(BranchHints::decode(bytes, 0).unwrap_err().to_string(), expected);
    }

    #[test]
    fn what_is_malformed() {
        check(b"\x01\x05\x01\x07\x02\x01", "malformed branch hint: 2 bytes that begin with 1 (at byte 0x4)");
        check(b"\x01\x05\x01\x07\x01\x02", "malformed branch hint: 1 bytes that begin with 2 (at byte 0x4)");
        check(b"\x02\x05\x00\x05\x00", "malformed branch hints: 5 does not come after 5 (at byte 0x3)");
        check(
            b"\x01\x05\x02\x07\x01\x00\x07\x01\x00",
            "malformed branch hints: 7 does not come after 7 (at byte 0x6)",
        );
        assert!(BranchHints::decode(b"\x01\x05\x01\x07\x01", 0).is_err());
        assert!(BranchHints::decode(b"\x00\x00", 0).is_err());
    }

    #[test]
    fn hints_are_for_conditional_branches() {
        // No locals; (block (br_if 0 (i32.const 0)))
        let bytes = b"\x00\x02\x40\x41\x00\x0D\x00\x0B\x0B";
        let body = || Body::new(bytes, 0..bytes.len(), Features::all(), true);
        let check = |offset| {
            let hints = BranchHints::new([(FuncIdx(3), alloc::vec![BranchHint { offset, likely: false }])]);
            hints.check(FuncIdx(3), body())
        };
        assert!(check(5).is_ok());
        for offset in [0, 1, 3, 4, 6, 7, 8, 100] {
            let text = alloc::format!("malformed branch hint: no conditional branch at {offset}");
            assert!(check(offset).unwrap_err().to_string().starts_with(&text));
        }
        assert!(BranchHints::default().check(FuncIdx(0), body()).is_ok());
    }
}
