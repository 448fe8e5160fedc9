//! The import section, with groups of imports that share what they have in common.
//!
//! [Proposal](https://github.com/WebAssembly/compact-import-section)

use alloc::sync::Arc;
use alloc::vec::{self, Vec};
use core::ops::Range;
use terrane_syntax::{Feature, Import, ImportType};

use crate::error::Result;
use crate::reader::{Decode, Reader};
use crate::section::Section;

/// In place of the type of an import without a name: a group of imports of one module follows.
pub(crate) const ONE_MODULE: u8 = 0x7F;
/// The same: a group of imports of one module and one type.
pub(crate) const ONE_TYPE: u8 = 0x7E;

/// The import section, as an iterator over the imports, also those in groups.
///
/// Gives what [`Section`] does.
#[derive(Clone, Debug)]
pub struct ImportSection<'a> {
    section: Section<'a, Group<'a>>,
    /// The imports of the last group that was read.
    group: Option<(Arc<str>, vec::IntoIter<Item<'a>>)>,
}

/// Imports that stand in the section as one.
#[derive(Clone, Debug)]
enum Group<'a> {
    One(Import),
    Several(Arc<str>, Vec<Item<'a>>),
}

/// An import of a group: its byte offset, its second name, its type.
type Item<'a> = (usize, &'a str, ImportType);

impl<'a> ImportSection<'a> {
    /// The section whose contents are what is left of `reader`.
    ///
    /// # Errors
    /// [`Malformed`](crate::Malformed), if the number of elements is.
    pub(crate) fn new(reader: Reader<'a>) -> Result<Self> {
        Ok(Self { section: Section::new(reader)?, group: None })
    }

    /// How many elements the section says it has, a group of imports being one.
    pub fn element_count(&self) -> u32 {
        self.section.element_count()
    }

    /// Where the section's contents are in the module, in bytes.
    pub fn range(&self) -> Range<usize> {
        self.section.range()
    }
}

impl Iterator for ImportSection<'_> {
    type Item = Result<(usize, Import)>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((module, items)) = &mut self.group {
                if let Some((offset, name, ty)) = items.next() {
                    return Some(Ok((offset, Import { module: module.clone(), name: name.into(), ty })));
                }
                self.group = None;
            }
            match self.section.next()? {
                Ok((offset, Group::One(import))) => return Some(Ok((offset, import))),
                Ok((_, Group::Several(module, items))) => self.group = Some((module, items.into_iter())),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl<'a> Decode<'a> for Group<'a> {
    fn decode(r: &mut Reader<'a>) -> Result<Self> {
        let (module, name) = (r.name()?, r.name()?);
        let kind = r.peek().filter(|_| name.is_empty() && r.has(Feature::CompactImports));
        match kind {
            Some(ONE_MODULE) => {
                r.byte()?;
                let items = r.vec(|r| Ok((r.offset(), r.name()?, r.read()?)))?;
                Ok(Self::Several(module.into(), items.into()))
            }
            Some(ONE_TYPE) => {
                r.byte()?;
                let ty = r.read()?;
                let items = r.vec(|r| Ok((r.offset(), r.name()?, ty)))?;
                Ok(Self::Several(module.into(), items.into()))
            }
            _ => Ok(Self::One(Import { module: module.into(), name: name.into(), ty: r.read()? })),
        }
    }
}
