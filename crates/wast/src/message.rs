//! Comparing messages with those that scripts expect.

/// Does a message say what a script expects it to?
///
/// It does if it begins with the expected words: behind them it may go on with details. What a script
/// expects may also be other words for the same thing, of an older or newer version of the suite.
pub(crate) fn matches(expected: &str, found: &str) -> bool {
    found.starts_with(expected)
        || EQUIVALENTS.iter().any(|e| e.expected == expected && found.starts_with(e.found))
}

/// Two ways to say the same.
struct Equivalent {
    /// What some version of the suite says.
    expected: &'static str,
    /// How our message begins.
    found: &'static str,
    /// Why they are the same. It is for readers, and tests see that it is there.
    #[cfg_attr(not(test), allow(dead_code, reason = "it documents the entry"))]
    reason: &'static str,
}

/// The words of the suite for which ours, those of its latest version, are others.
const EQUIVALENTS: &[Equivalent] = &[
    Equivalent {
        expected: "invalid UTF-8 encoding",
        found: "malformed UTF-8 encoding",
        reason: "renamed in the suite of 2.0: a wrong encoding is malformed, not invalid",
    },
    Equivalent {
        expected: "invalid mutability",
        found: "malformed mutability",
        reason: "renamed in the suite of 2.0: a wrong flag is malformed, not invalid",
    },
    Equivalent {
        expected: "invalid section id",
        found: "malformed section id",
        reason: "renamed in the suite of 2.0: a wrong number is malformed, not invalid",
    },
    Equivalent {
        expected: "zero flag expected",
        found: "zero byte expected",
        reason: "renamed in the suite of 2.0",
    },
    Equivalent {
        expected: "junk after last section",
        found: "unexpected content after last section",
        reason: "renamed in the suite of 2.0",
    },
    Equivalent {
        expected: "unexpected end of section or function",
        found: "length out of bounds",
        reason: "a length beyond the end has words of its own since the suite of 2.0",
    },
    Equivalent {
        expected: "unexpected end",
        found: "length out of bounds",
        reason: "a length beyond the end has words of its own since the suite of 2.0",
    },
    Equivalent {
        expected: "unexpected end",
        found: "malformed elements segment kind",
        reason: "a missing segment ends the section, or is read from what follows it",
    },
    Equivalent {
        expected: "invalid value type",
        found: "malformed elements segment kind",
        reason: "a missing segment, again, in the words of the suite of 1.0",
    },
    Equivalent {
        expected: "invalid value type",
        found: "length out of bounds",
        reason: "one target too many in a br_table, read as what follows it in the suite of 1.0",
    },
    Equivalent {
        expected: "malformed storage type",
        found: "section size mismatch",
        reason: "the index behind the prefix of an exact type is unsigned, so that the prefix is one too",
    },
    Equivalent {
        expected: "type mismatch: instruction requires [i32] but stack has []",
        found: "type mismatch: expected i32, found nothing",
        reason: "the reference interpreter's words for what the suite calls a type mismatch elsewhere",
    },
    Equivalent {
        expected: "type mismatch: instruction requires [i32] but stack has [i64]",
        found: "type mismatch: expected i32, found i64",
        reason: "the same for an operand of another type",
    },
    Equivalent {
        expected: "global is immutable",
        found: "immutable global",
        reason: "renamed in the suite of 3.0, where fields and arrays can be immutable too",
    },
    Equivalent {
        expected: "uninitialized element 2",
        found: "uninitialized element",
        reason: "a few traps are expected with the index, most without; ours is always without",
    },
    Equivalent {
        expected: "uninitialized element 7",
        found: "uninitialized element",
        reason: "a few traps are expected with the index, most without; ours is always without",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_may_follow() {
        assert!(matches("unknown import", "unknown import: `a` `b` must be a function"));
        assert!(!matches("unknown import", "incompatible import type"));
        assert!(!matches("unknown import: `a`", "unknown import"));
    }

    #[test]
    fn equivalents_differ_and_have_reasons() {
        for e in EQUIVALENTS {
            assert!(!e.found.starts_with(e.expected), "{} needs no entry", e.expected);
            assert!(!e.reason.is_empty());
        }
    }
}
