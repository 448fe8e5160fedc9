//! The name section.
//!
//! [Spec](https://webassembly.github.io/spec/core/appendix/custom.html#name-section)

use alloc::vec::Vec;
use terrane_syntax::Features;

use crate::error::{Malformed, Result};
use crate::reader::{Decode, Reader};

/// The name of the custom section that holds names.
pub const NAME_SECTION: &str = "name";

/// Names by index, in ascending order.
///
/// [Spec](https://webassembly.github.io/spec/core/appendix/custom.html#name-maps)
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameMap<'a>(Vec<(u32, &'a str)>);

/// Names by two indices, in ascending order: of locals by function, of fields by type.
///
/// [Spec](https://webassembly.github.io/spec/core/appendix/custom.html#indirect-name-maps)
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndirectNameMap<'a>(Vec<(u32, NameMap<'a>)>);

macro_rules! impl_map {
    ($map:ident, $value:ty) => {
        impl<'a> $map<'a> {
            /// The map with these entries, sorted; of entries with the same index the first stays.
            pub fn new(entries: impl IntoIterator<Item = (u32, $value)>) -> Self {
                let mut entries: Vec<_> = entries.into_iter().collect();
                entries.sort_by_key(|entry| entry.0);
                entries.dedup_by_key(|entry| entry.0);
                Self(entries)
            }

            /// The entries, in the order of their indices.
            pub fn iter(&self) -> impl ExactSizeIterator<Item = &(u32, $value)> {
                self.0.iter()
            }

            /// Is there no entry?
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }

            fn find(&self, index: u32) -> Option<&$value> {
                let at = self.0.binary_search_by_key(&index, |entry| entry.0).ok()?;
                Some(&self.0[at].1)
            }
        }

        impl<'a> Decode<'a> for $map<'a> {
            fn decode(r: &mut Reader<'a>) -> Result<Self> {
                let mut entries: Vec<(u32, $value)> = Vec::new();
                for _ in 0..r.len()? {
                    let offset = r.offset();
                    let found = r.u32()?;
                    if let Some(&(last, _)) = entries.last().filter(|last| last.0 >= found) {
                        return r.fail_at(offset, Malformed::NameOrder { found, last });
                    }
                    entries.push((found, r.read()?));
                }
                Ok(Self(entries))
            }
        }
    };
}

impl_map!(NameMap, &'a str);
impl_map!(IndirectNameMap, NameMap<'a>);

impl<'a> NameMap<'a> {
    /// The name of the thing of that index.
    pub fn get(&self, index: u32) -> Option<&'a str> {
        self.find(index).copied()
    }
}

impl<'a> IndirectNameMap<'a> {
    /// The names inside the thing of that index.
    pub fn get(&self, index: u32) -> Option<&NameMap<'a>> {
        self.find(index)
    }
}

impl<'a> Decode<'a> for &'a str {
    fn decode(r: &mut Reader<'a>) -> Result<Self> {
        r.name()
    }
}

macro_rules! define_names {
    ($($(#[$doc:meta])* $id:literal $field:ident: $ty:ty;)*) => {
        /// What a name section says.
        ///
        /// ```
        /// use terrane_binary::Names;
        ///
        /// let names = Names::decode(b"\x00\x02\x01m\x01\x04\x01\x07\x01f", 0)?;
        /// assert_eq!(names.module, Some("m"));
        /// assert_eq!(names.funcs.get(7), Some("f"));
        /// # Ok::<(), terrane_binary::Error>(())
        /// ```
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Names<'a> {
            /// Of the module.
            pub module: Option<&'a str>,
            $($(#[$doc])* pub $field: $ty),*
        }

        impl<'a> Names<'a> {
            /// Adds the subsection of number `id`. Later ones may come to exist: they are passed over.
            fn add(&mut self, id: u8, r: &mut Reader<'a>) -> Result {
                match id {
                    0 => self.module = Some(r.read()?),
                    $($id => self.$field = r.read()?,)*
                    _ => return r.bytes(r.left()).map(|_| ()),
                }
                Ok(())
            }

            /// Hands the number of each subsection that is not empty to `subsection`, with its map.
            #[cfg(feature = "encode")]
            pub(crate) fn maps(&self, mut subsection: impl FnMut(u8, &dyn crate::encode::Encode)) {
                $(if !self.$field.is_empty() {
                    subsection($id, &self.$field);
                })*
            }
        }
    };
}

define_names! {
    /// Of functions.
    1 funcs: NameMap<'a>;
    /// Of locals, by function.
    2 locals: IndirectNameMap<'a>;
    /// Of labels, by function.
    3 labels: IndirectNameMap<'a>;
    /// Of types.
    4 types: NameMap<'a>;
    /// Of tables.
    5 tables: NameMap<'a>;
    /// Of memories.
    6 mems: NameMap<'a>;
    /// Of globals.
    7 globals: NameMap<'a>;
    /// Of element segments.
    8 elems: NameMap<'a>;
    /// Of data segments.
    9 datas: NameMap<'a>;
    /// Of fields, by type.
    10 fields: IndirectNameMap<'a>;
    /// Of tags.
    11 tags: NameMap<'a>;
}

impl<'a> Names<'a> {
    /// Decodes the contents of a name section, which stand at `offset` in a module.
    ///
    /// # Errors
    /// [`Malformed`]. The spec asks that a malformed name section be ignored, not the module refused.
    pub fn decode(bytes: &'a [u8], offset: usize) -> Result<Self> {
        let mut names = Self::default();
        let mut r = Reader::new(bytes, offset, Features::all());
        while !r.is_at_end() {
            let id = r.byte()?;
            let len = r.len()?;
            let mut subsection = r.sub(len)?;
            names.add(id, &mut subsection)?;
            subsection.finish()?;
        }
        Ok(names)
    }
}
