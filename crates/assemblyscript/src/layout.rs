//! What compilers of an era lay out where: one table, and how to tell the eras apart.

use terrane::Module;

/// The compilers that lay out objects, type information and the runtime's exports in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Era {
    /// 0.9.
    V0_9,
    /// 0.10 to 0.16: there are static arrays.
    V0_10,
    /// 0.17: `__new` in the place of `__alloc`.
    V0_17,
    /// 0.18 to 0.22: a tracing collector, objects are pinned, not retained.
    V0_18,
    /// 0.23: type information without base classes.
    V0_23,
    /// 0.24 to 0.28: `Object` has class id 0.
    V0_24,
}

/// How an object is kept alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeping {
    /// References are counted: `__retain`, `__release`. What a call returns is retained already.
    Counted,
    /// Unreachable objects are collected, unless pinned: `__pin`, `__unpin`, once each.
    Traced,
}

/// Where things are in the memory of a module of an era.
#[derive(Debug)]
pub(crate) struct Layout {
    pub era: Era,
    /// Versions, as a person reads them.
    pub versions: &'static str,
    pub keeping: Keeping,
    /// The runtime's exports: makes an object, keeps it, lets it go.
    pub alloc: &'static str,
    pub keep: &'static str,
    pub release: &'static str,
    /// Bytes of an entry of the type information: with the base class, or without.
    pub rtti_entry: u32,
    /// Class ids.
    pub array_buffer: u32,
    pub string: u32,
    /// Bits of static arrays; 0 if there are none.
    pub static_array: u32,
    /// How far the bits above those of arrays are shifted from where 0.9 has them.
    pub shift: u32,
    /// Are function values pointers to objects? `None`: in some of these versions.
    pub function_objects: Option<bool>,
}

/// All eras, the oldest first.
pub(crate) static LAYOUTS: [Layout; 6] = [
    Layout {
        era: Era::V0_9,
        versions: "0.9",
        keeping: Keeping::Counted,
        alloc: "__alloc",
        keep: "__retain",
        release: "__release",
        rtti_entry: 8,
        array_buffer: 0,
        string: 1,
        static_array: 0,
        shift: 0,
        function_objects: Some(false),
    },
    Layout {
        era: Era::V0_10,
        versions: "0.10 to 0.16",
        alloc: "__alloc",
        function_objects: None,
        ..LAYOUT_0_17
    },
    LAYOUT_0_17,
    LAYOUT_0_18,
    Layout { era: Era::V0_23, versions: "0.23", rtti_entry: 4, ..LAYOUT_0_18 },
    Layout {
        era: Era::V0_24,
        versions: "0.24 to 0.28",
        rtti_entry: 4,
        array_buffer: 1,
        string: 2,
        ..LAYOUT_0_18
    },
];

const LAYOUT_0_17: Layout = Layout {
    era: Era::V0_17,
    versions: "0.17",
    keeping: Keeping::Counted,
    alloc: "__new",
    keep: "__retain",
    release: "__release",
    rtti_entry: 8,
    array_buffer: 0,
    string: 1,
    static_array: 1 << 2,
    shift: 1,
    function_objects: Some(true),
};

const LAYOUT_0_18: Layout = Layout {
    era: Era::V0_18,
    versions: "0.18 to 0.22",
    keeping: Keeping::Traced,
    keep: "__pin",
    release: "__unpin",
    ..LAYOUT_0_17
};

impl Era {
    pub(crate) fn layout(self) -> &'static Layout {
        &LAYOUTS[self as usize]
    }

    /// The versions of the compiler, as a person reads them.
    ///
    /// ```
    /// assert_eq!(terrane_assemblyscript::Era::V0_18.versions(), "0.18 to 0.22");
    /// ```
    pub fn versions(self) -> &'static str {
        self.layout().versions
    }

    /// The era of a module, as far as its exports tell, without looking into a memory: `None` if it exports no runtime.
    ///
    /// Between 0.9 and 0.10, and from 0.18 on, the type information in the memory tells more, to an instance.
    pub fn of_module(module: &Module) -> Option<Self> {
        Self::detect(|name| module.get_export(name).is_some(), |_| None)
    }

    /// The era by the exports, and by the words of the type information after their number.
    pub(crate) fn detect(has: impl Fn(&str) -> bool, word: impl Fn(u32) -> Option<u32>) -> Option<Self> {
        // What has no pointers in it, a buffer or a string, is said to have none by this bit, from 0.10 on.
        const PLAIN: Option<u32> = Some(1 << 5);
        let candidates: Vec<Self> = LAYOUTS
            .iter()
            .filter(|layout| [layout.alloc, layout.keep, layout.release].into_iter().all(&has))
            .map(|layout| layout.era)
            .collect();
        // A second word of that kind is the next class, not a base.
        let bare = word(1) == PLAIN;
        Some(match *candidates.first()? {
            Self::V0_9 if word(0) == PLAIN => Self::V0_10,
            Self::V0_18 if bare && word(2) == PLAIN => Self::V0_24,
            Self::V0_18 if bare => Self::V0_23,
            // Nothing to look at: as compilers are today.
            Self::V0_18 if word(0).is_none() => Self::V0_24,
            era => era,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(exports: &[&str], words: &[u32]) -> Option<Era> {
        Era::detect(|name| exports.contains(&name), |i| words.get(i as usize).copied())
    }

    #[test]
    fn eras_are_told_apart() {
        let old = ["__alloc", "__retain", "__release"];
        assert_eq!(detect(&old, &[0x10, 0, 0x10, 0]), Some(Era::V0_9));
        assert_eq!(detect(&old, &[0x20, 0, 0x20, 0]), Some(Era::V0_10));
        assert_eq!(detect(&["__new", "__retain", "__release"], &[0x20, 0]), Some(Era::V0_17));
        let new = ["__new", "__pin", "__unpin"];
        assert_eq!(detect(&new, &[0x20, 0, 0x20, 0, 0]), Some(Era::V0_18));
        assert_eq!(detect(&new, &[0x20, 0x20, 0, 0]), Some(Era::V0_23));
        assert_eq!(detect(&new, &[0x20, 0x20, 0x20, 0]), Some(Era::V0_24));
        assert_eq!(detect(&new, &[]), Some(Era::V0_24));
        assert_eq!(detect(&["memory"], &[0x20, 0x20, 0x20, 0]), None);
    }

    #[test]
    fn layouts_are_in_order() {
        for (i, layout) in LAYOUTS.iter().enumerate() {
            assert_eq!(layout.era as usize, i);
        }
    }
}
