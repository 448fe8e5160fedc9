//! The clauses of types that describe one another.
//!
//! [Spec](https://github.com/WebAssembly/custom-descriptors)

use terrane_syntax::types::{CompType, HeapType, RecType, SubType, match_heaptype};
use terrane_syntax::{Feature, TypeIdx};

use super::{Context, Found, Invalid};

/// The type in `rec`, which begins at index `first`, that a clause names.
fn named(first: usize, rec: &RecType, clause: HeapType) -> Option<(TypeIdx, &SubType)> {
    let HeapType::Type(x) = clause else { return None };
    Some((x, rec.0.get(x.index().checked_sub(first)?)?))
}

impl Context {
    /// The clauses of a group that comes next: on structures, inside the group, and agreeing with each other.
    pub(super) fn check_clauses(&self, rec: &RecType) -> Found {
        let first = self.types.len();
        for (i, st) in rec.0.iter().enumerate() {
            let x = TypeIdx((first + i) as u32);
            if let Some(described) = st.describes {
                self.check_describes(first, rec, (x, st), described)?;
            }
            if let Some(descriptor) = st.descriptor {
                self.check_descriptor(first, rec, (x, st), descriptor)?;
            }
        }
        Ok(())
    }

    fn check_describes(
        &self,
        first: usize,
        rec: &RecType,
        (x, st): (TypeIdx, &SubType),
        described: HeapType,
    ) -> Found {
        self.enabled(Feature::CustomDescriptors, "a type that describes another")?;
        if !matches!(st.comp, CompType::Struct(_)) {
            return Err(Invalid::DescribedNoStruct(x));
        }
        let Some((y, other)) = named(first, rec, described) else {
            return Err(Invalid::DescribedOutside(x));
        };
        if y >= x {
            return Err(Invalid::DescribedForward { ty: x, described: y });
        }
        match other.descriptor {
            Some(HeapType::Type(z)) if z == x => Ok(()),
            _ => Err(Invalid::DescribedByOther { ty: x, described: y }),
        }
    }

    fn check_descriptor(
        &self,
        first: usize,
        rec: &RecType,
        (x, st): (TypeIdx, &SubType),
        descriptor: HeapType,
    ) -> Found {
        self.enabled(Feature::CustomDescriptors, "a type with a descriptor")?;
        if !matches!(st.comp, CompType::Struct(_)) {
            return Err(Invalid::DescriptorNoStruct(x));
        }
        let Some((y, other)) = named(first, rec, descriptor) else {
            return Err(Invalid::DescriptorOutside(x));
        };
        match other.describes {
            Some(HeapType::Type(z)) if z == x => Ok(()),
            _ => Err(Invalid::DescriptorOfOther { ty: x, descriptor: y }),
        }
    }

    /// The clauses of the type at `x` match those of its declared supertype: one describes if the other does, and
    /// what has a descriptor has subtypes with descriptors below it.
    pub(super) fn check_clauses_match(&self, x: TypeIdx, sup: TypeIdx) -> Found {
        let (sub, super_) = (&self.ty(x)?.sub, &self.ty(sup)?.sub);
        let matches = |ht1, ht2| match_heaptype(&self.types, ht1, ht2);
        match (sub.describes, super_.describes) {
            (None, None) => {}
            (Some(ht1), Some(ht2)) if matches(ht1, ht2) => {}
            (Some(ht1), Some(_)) => return Err(Invalid::DescribedMismatch(self.open_heaptype(ht1))),
            _ => return Err(Invalid::SubType { sub: x, sup }),
        }
        match (sub.descriptor, super_.descriptor) {
            (_, None) => Ok(()),
            (Some(ht1), Some(ht2)) if matches(ht1, ht2) => Ok(()),
            (Some(ht1), Some(_)) => Err(Invalid::DescriptorMismatch(self.open_heaptype(ht1))),
            (None, Some(_)) => Err(Invalid::SubType { sub: x, sup }),
        }
    }
}
