//! The proposals beyond WebAssembly 1.0, as a set.

use core::fmt;

macro_rules! define_features {
    ($($(#[$doc:meta])* $name:ident $text:literal)*) => {
        /// A part of WebAssembly that a module may or may not use.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Feature { $($(#[$doc])* $name),* }

        impl Feature {
            /// Every feature there is, in order of age.
            pub const ALL: &'static [Feature] = &[$(Feature::$name),*];

            /// The proposal's customary name, for example `"multi-memory"`.
            pub fn name(self) -> &'static str {
                match self { $(Feature::$name => $text),* }
            }
        }
    };
}

define_features! {
    /// WebAssembly as first standardised.
    Mvp "mvp"
    /// Mutable globals may be imported and exported.
    MutableGlobal "mutable-global"
    /// Sign-extension instructions.
    SignExtension "sign-extension"
    /// Conversions from floats that saturate instead of trapping.
    SaturatingFloatToInt "saturating-float-to-int"
    /// Several results, and blocks with parameters.
    MultiValue "multi-value"
    /// Bulk memory and table operations, passive segments.
    BulkMemory "bulk-memory"
    /// `funcref` and `externref`, several tables.
    ReferenceTypes "reference-types"
    /// 128-bit vectors.
    Simd "simd"
    /// Vector instructions whose result may depend on the machine.
    RelaxedSimd "relaxed-simd"
    /// `return_call` and its kin.
    TailCall "tail-call"
    /// Arithmetic in constant expressions.
    ExtendedConst "extended-const"
    /// More than one memory.
    MultiMemory "multi-memory"
    /// Typed function references.
    FunctionReferences "function-references"
    /// Structures, arrays and their types.
    Gc "gc"
    /// Exceptions with `try_table`.
    Exceptions "exceptions"
    /// 64-bit memories and tables.
    Memory64 "memory64"
    /// Shared memories and atomic accesses.
    Threads "threads"
    /// Exceptions as first shipped: `try`, `catch`, `delegate`, `rethrow`.
    LegacyExceptions "legacy-exceptions"
    /// 128-bit integer arithmetic on pairs.
    WideArithmetic "wide-arithmetic"
    /// Pages of one byte.
    CustomPageSizes "custom-page-sizes"
    /// Import sections that name a module once.
    CompactImports "compact-imports"
    /// Descriptors of structure types.
    CustomDescriptors "custom-descriptors"
    /// Switching between stacks of execution.
    StackSwitching "stack-switching"
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of [`Feature`]s.
///
/// ```
/// use terrane_syntax::{Feature, Features};
/// let features = Features::wasm1().with(Feature::MultiMemory);
/// assert!(features.contains(Feature::MultiMemory));
/// assert!(!features.contains(Feature::Simd));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Features(u64);

impl Features {
    /// WebAssembly 1.0, which counts mutable globals among its features.
    pub const fn wasm1() -> Self {
        Self(1 << Feature::Mvp as u64 | 1 << Feature::MutableGlobal as u64)
    }

    /// WebAssembly 2.0.
    pub const fn wasm2() -> Self {
        Self::wasm1()
            .with(Feature::SignExtension)
            .with(Feature::SaturatingFloatToInt)
            .with(Feature::MultiValue)
            .with(Feature::BulkMemory)
            .with(Feature::ReferenceTypes)
            .with(Feature::Simd)
    }

    /// WebAssembly 3.0.
    pub const fn wasm3() -> Self {
        Self::wasm2()
            .with(Feature::RelaxedSimd)
            .with(Feature::TailCall)
            .with(Feature::ExtendedConst)
            .with(Feature::MultiMemory)
            .with(Feature::FunctionReferences)
            .with(Feature::Gc)
            .with(Feature::Exceptions)
            .with(Feature::Memory64)
    }

    /// Everything that this project knows of.
    pub const fn all() -> Self {
        Self((1 << Feature::ALL.len()) - 1)
    }

    /// Nothing beyond what the set's methods then add.
    pub const fn empty() -> Self {
        Self(0)
    }

    /// Is `feature` in the set?
    #[inline]
    pub const fn contains(self, feature: Feature) -> bool {
        self.0 & (1 << feature as u64) != 0
    }

    /// The set with `feature` added.
    #[must_use]
    pub const fn with(self, feature: Feature) -> Self {
        Self(self.0 | (1 << feature as u64))
    }

    /// The set with `feature` taken out.
    #[must_use]
    pub const fn without(self, feature: Feature) -> Self {
        Self(self.0 & !(1 << feature as u64))
    }

    /// What is in both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The features that are in this set and not in `other`, oldest first.
    pub fn difference(self, other: Self) -> impl Iterator<Item = Feature> {
        Feature::ALL.iter().copied().filter(move |f| self.contains(*f) && !other.contains(*f))
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.difference(Self::empty())).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_grow() {
        assert_eq!(Features::wasm1().difference(Features::wasm2()).count(), 0);
        assert_eq!(Features::wasm2().difference(Features::wasm3()).count(), 0);
        assert_eq!(Features::wasm3().difference(Features::all()).count(), 0);
        assert_eq!(Features::all().difference(Features::empty()).count(), Feature::ALL.len());
    }
}
