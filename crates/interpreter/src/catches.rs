//! What a function catches, and where: a table beside its code that is read only while an exception looks for
//! its handler. Entering a protected region costs nothing.

/// No region, no clause, no tag.
const NONE: u32 = u32::MAX;

/// The protected regions of a function. Positions are in words of code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Catches {
    /// Where another region begins to be the innermost one, in order.
    bounds: Vec<Bound>,
    regions: Vec<Region>,
    clauses: Vec<Clause>,
}

/// A protected region, by its number in the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RegionIdx(u32);

/// A list of clauses whose target is not known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unbound(u32);

#[derive(Clone, Copy, Debug)]
struct Bound {
    at: u32,
    innermost: u32,
}

#[derive(Clone, Debug)]
struct Region {
    /// Where an exception goes on that no clause catches.
    outer: u32,
    /// Its clauses, linked, in order.
    first: u32,
    last: u32,
}

/// What to do with an exception.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clause {
    /// The tag's index, or `NONE` for all exceptions.
    tag: u32,
    next: u32,
    /// Where to go on; until that is known, the next clause with the same target.
    target: u32,
    /// The first slot for what it carries, if that is wanted.
    pub(crate) payload: Option<u32>,
    /// The slot for the exception itself, if that is wanted.
    pub(crate) exn: Option<u32>,
}

impl RegionIdx {
    /// Not in any region: what is thrown leaves the function.
    pub(crate) const NONE: Self = Self(NONE);
}

impl Unbound {
    pub(crate) const EMPTY: Self = Self(NONE);

    pub(crate) fn is_empty(self) -> bool {
        self == Self::EMPTY
    }
}

impl Clause {
    /// A clause for one tag, or for all exceptions.
    pub(crate) fn new(tag: Option<u32>, payload: Option<u32>, exn: Option<u32>) -> Self {
        Self { tag: tag.unwrap_or(NONE), next: NONE, target: NONE, payload, exn }
    }

    /// Where to go on.
    pub(crate) fn target(&self) -> usize {
        self.target as usize
    }
}

impl Catches {
    pub(crate) fn clear(&mut self) {
        self.bounds.clear();
        self.regions.clear();
        self.clauses.clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.regions.is_empty()
    }

    /// A new region inside another one.
    pub(crate) fn region(&mut self, outer: RegionIdx) -> RegionIdx {
        self.regions.push(Region { outer: outer.0, first: NONE, last: NONE });
        RegionIdx(self.regions.len() as u32 - 1)
    }

    /// From the position `at` on, `region` is the innermost.
    pub(crate) fn begin(&mut self, at: u32, region: RegionIdx) {
        self.bounds.push(Bound { at, innermost: region.0 });
    }

    /// What `region` does not catch goes on in `outer`.
    pub(crate) fn delegate(&mut self, region: RegionIdx, outer: RegionIdx) {
        self.regions[region.0 as usize].outer = outer.0;
    }

    /// Adds a clause that goes on at `target`.
    pub(crate) fn add(&mut self, region: RegionIdx, clause: Clause, target: u32) {
        let i = self.clauses.len() as u32;
        self.clauses.push(Clause { target, ..clause });
        let region = &mut self.regions[region.0 as usize];
        match std::mem::replace(&mut region.last, i) {
            NONE => region.first = i,
            last => self.clauses[last as usize].next = i,
        }
    }

    /// Adds a clause whose target is that of the clauses in `list`; the list with it.
    pub(crate) fn add_unbound(&mut self, region: RegionIdx, clause: Clause, list: Unbound) -> Unbound {
        self.add(region, clause, list.0);
        Unbound(self.clauses.len() as u32 - 1)
    }

    /// The clauses in `list` go on at `target`.
    pub(crate) fn bind(&mut self, list: Unbound, target: u32) {
        let mut i = list.0;
        while i != NONE {
            i = std::mem::replace(&mut self.clauses[i as usize].target, target);
        }
    }

    /// The same for code that begins `by` words later.
    pub(crate) fn shifted(&self, by: u32) -> Self {
        let mut shifted = self.clone();
        shifted.bounds.iter_mut().for_each(|bound| bound.at += by);
        shifted.clauses.iter_mut().for_each(|clause| clause.target += by);
        shifted
    }

    /// The clause that catches what is thrown at a position: the first one that catches all or a tag that
    /// `is_tag`, from the innermost region outwards.
    pub(crate) fn find(&self, at: usize, is_tag: impl Fn(usize) -> bool) -> Option<&Clause> {
        let after = self.bounds.partition_point(|bound| bound.at as usize <= at);
        let mut region = self.bounds.get(after.checked_sub(1)?)?.innermost;
        while region != NONE {
            let Region { outer, first, .. } = self.regions[region as usize];
            let mut i = first;
            while i != NONE {
                let clause = &self.clauses[i as usize];
                if clause.tag == NONE || is_tag(clause.tag as usize) {
                    return Some(clause);
                }
                i = clause.next;
            }
            region = outer;
        }
        None
    }
}
