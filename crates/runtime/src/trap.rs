//! Traps: what ends an execution that went wrong.
//!
//! [Spec](https://webassembly.github.io/spec/core/intro/overview.html#trap)

/// Declares [`Trap`] and [`Trap::ALL`] from one list: documentation, name, code, message.
macro_rules! define_trap {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $message:literal;)*) => {
        /// Why an execution trapped.
        ///
        /// It displays as the words that the official test suite uses. The discriminant is the trap's code:
        /// it never changes, it is never 0, and a code once given is never given again.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum Trap {
            $($(#[$doc])* #[error($message)] $name = $code,)*
        }

        impl Trap {
            /// All of them, by ascending code.
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

define_trap! {
    /// An `unreachable` was reached.
    Unreachable = 1, "unreachable";
    /// An access to a memory, or to a data segment, outside its bounds.
    OutOfBoundsMemoryAccess = 2, "out of bounds memory access";
    /// An access to a table, or to an element segment, outside its bounds.
    OutOfBoundsTableAccess = 3, "out of bounds table access";
    /// An indirect call through an index outside the table.
    UndefinedElement = 4, "undefined element";
    /// An indirect call through a null element.
    UninitializedElement = 5, "uninitialized element";
    /// An indirect call of a function that has another type than the call says.
    IndirectCallTypeMismatch = 6, "indirect call type mismatch";
    /// An integer division by zero, or the remainder of one.
    IntegerDivideByZero = 7, "integer divide by zero";
    /// A result which the integer type cannot represent.
    IntegerOverflow = 8, "integer overflow";
    /// NaN converted to an integer.
    InvalidConversionToInteger = 9, "invalid conversion to integer";
    /// Calls nested deeper than the configured depth or stack size.
    CallStackExhausted = 10, "call stack exhausted";
    /// A null where a reference was needed.
    NullReference = 11, "null reference";
    /// A null where a function was needed.
    NullFunctionReference = 12, "null function reference";
    /// A null where a structure was needed.
    NullStructureReference = 13, "null structure reference";
    /// A null where an array was needed.
    NullArrayReference = 14, "null array reference";
    /// A null where an unboxed integer was needed.
    NullI31Reference = 15, "null i31 reference";
    /// A null where an exception was needed.
    NullExceptionReference = 16, "null exception reference";
    /// A null where a custom descriptor was needed.
    NullDescriptorReference = 17, "null descriptor reference";
    /// A cast to a type that the value does not have.
    CastFailure = 18, "cast failure";
    /// A cast to a custom descriptor that the value does not have.
    DescriptorCastFailure = 19, "descriptor cast failure";
    /// An access to an array outside its bounds.
    OutOfBoundsArrayAccess = 20, "out of bounds array access";
    /// An atomic access to an address that is not a multiple of its size.
    UnalignedAtomic = 21, "unaligned atomic";
    /// A wait on a memory which no other thread can see.
    ExpectedSharedMemory = 22, "expected shared memory";
    /// The fuel given to the execution is used up.
    AllFuelConsumed = 23, "all fuel consumed";
    /// The execution was interrupted from outside.
    Interrupt = 24, "interrupt";
    /// The heap of structures and arrays is at its limit, and a collection did not help.
    OutOfMemory = 25, "out of memory";
    /// The host refused the memory that an instance or an object needs.
    MemoryAllocationFailed = 26, "memory allocation failed";
}

/// Constants for traps by the names that Wasmtime has for them, where these differ: also for patterns.
macro_rules! wasmtime_names {
    ($($theirs:ident = $ours:ident;)*) => {
        /// Wasmtime's names.
        #[allow(non_upper_case_globals)]
        impl Trap {
            $(#[doc = concat!("[`", stringify!($ours), "`](Self::", stringify!($ours), ") as Wasmtime calls it.")]
            pub const $theirs: Self = Self::$ours;)*
        }
    };
}

wasmtime_names! {
    UnreachableCodeReached = Unreachable;
    MemoryOutOfBounds = OutOfBoundsMemoryAccess;
    TableOutOfBounds = OutOfBoundsTableAccess;
    IndirectCallToNull = UninitializedElement;
    BadSignature = IndirectCallTypeMismatch;
    IntegerDivisionByZero = IntegerDivideByZero;
    BadConversionToInteger = InvalidConversionToInteger;
    StackOverflow = CallStackExhausted;
    ArrayOutOfBounds = OutOfBoundsArrayAccess;
    HeapMisaligned = UnalignedAtomic;
    AtomicWaitNonSharedMemory = ExpectedSharedMemory;
    OutOfFuel = AllFuelConsumed;
}

impl Trap {
    /// The code: at least 1.
    #[inline]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The trap whose [code](Self::code) that is, if any.
    ///
    /// ```
    /// # use terrane_runtime::Trap;
    /// assert_eq!(Trap::from_code(7), Some(Trap::IntegerDivideByZero));
    /// assert_eq!(Trap::from_code(0), None);
    /// ```
    pub const fn from_code(code: u8) -> Option<Self> {
        // Codes are consecutive from 1, as the assertion below ensures.
        if code >= 1 && code as usize <= Self::ALL.len() { Some(Self::ALL[code as usize - 1]) } else { None }
    }
}

const _: () = {
    let mut i = 0;
    while i < Trap::ALL.len() {
        assert!(Trap::ALL[i] as usize == i + 1);
        i += 1;
    }
};

#[cfg(test)]
mod tests {
    use super::Trap;
    use std::{collections::BTreeSet, string::ToString};

    #[test]
    fn codes_round_trip() {
        let known: Vec<Trap> = (0..=u8::MAX).filter_map(Trap::from_code).collect();
        assert_eq!(known, Trap::ALL);
        for trap in known {
            assert_eq!(Trap::from_code(trap.code()), Some(trap));
        }
    }

    #[test]
    fn names_of_wasmtime_are_patterns() {
        for trap in [Trap::AllFuelConsumed, Trap::Interrupt] {
            assert_eq!(matches!(trap, Trap::OutOfFuel), trap == Trap::AllFuelConsumed);
        }
    }

    #[test]
    fn messages_differ() {
        let messages: BTreeSet<String> = Trap::ALL.iter().map(ToString::to_string).collect();
        assert_eq!(messages.len(), Trap::ALL.len());
    }

    #[test]
    fn a_result_with_a_trap_is_no_larger_than_a_word() {
        assert_eq!(size_of::<Option<Trap>>(), 1);
        assert_eq!(size_of::<Result<u32, Trap>>(), 8);
    }
}
