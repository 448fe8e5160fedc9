//! Things by two names each.

use crate::store::StoreOpaque;
use crate::{Error, ErrorKind, Extern, LinkError, Module, Result};
use indexmap::IndexMap;
use std::fmt;
use std::sync::Arc;
use terrane_runtime::{Link, describe};
use terrane_syntax::types::{ExternType, match_externtype};

/// Things that imports can be given, by the first name and then by the second, in the order in which they came.
#[derive(Clone)]
pub(crate) struct Names<D>(IndexMap<Arc<str>, IndexMap<Arc<str>, D>>);

/// Something that an import can be given.
pub(crate) trait Item {
    /// What it is in a store, into which it is put if it is not there yet: for an import of type `expected`, if it is for
    /// one.
    ///
    /// # Errors
    /// If it cannot be made there.
    ///
    /// # Panics
    /// If it belongs to another store.
    fn item(&self, store: &mut StoreOpaque, expected: Option<ExternType>) -> Result<Extern>;
}

/// How many of a module's imports are given a hint, how many names are looked at for it, and how long they may be:
/// comparing them takes long, and guests choose them.
const HINTS: usize = 16;
const CANDIDATES: usize = 1000;
const LONGEST: usize = 64;

impl<D> Names<D> {
    pub(crate) fn new() -> Self {
        Self(IndexMap::new())
    }

    pub(crate) fn get(&self, module: &str, name: &str) -> Option<&D> {
        self.0.get(module)?.get(name)
    }

    /// All with that first name.
    pub(crate) fn module(&self, module: &str) -> Option<&IndexMap<Arc<str>, D>> {
        self.0.get(module)
    }

    /// Puts something in place of what has those names.
    pub(crate) fn insert(&mut self, module: &str, name: &str, item: D) {
        if !self.0.contains_key(module) {
            self.0.insert(module.into(), IndexMap::new());
        }
        self.0[module].insert(name.into(), item);
    }

    pub(crate) fn remove(&mut self, module: &str, name: &str) {
        if let Some(items) = self.0.get_mut(module) {
            items.shift_remove(name);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>, &D)> {
        self.0.iter().flat_map(|(module, items)| items.iter().map(move |(name, item)| (module, name, item)))
    }

    /// The names most like these, if any are at all: either the same two but for a few letters, or the same second
    /// one under another first one.
    pub(crate) fn nearest(&self, module: &str, name: &str) -> Option<(Arc<str>, Arc<str>)> {
        let all = self.iter().take(CANDIDATES).filter_map(|(other_module, other_name, _)| {
            let by_name = distance(name, other_name)?;
            // Any module will do for the right name, but one of about that name is better.
            let by_module = distance(module, other_module).or((by_name == 0).then_some(LONGEST))?;
            Some((by_name + by_module, other_module, other_name))
        });
        let (_, module, name) = all.min()?;
        Some((module.clone(), name.clone()))
    }

    /// All that is wrong with what a module would be given. `found` is of what type something is, if that can be told;
    /// what it cannot tell is not wrong.
    pub(crate) fn check(
        &self,
        module: &Module,
        mut found: impl FnMut(&D, ExternType) -> Option<ExternType>,
    ) -> Result<()> {
        let mut bad = Vec::new();
        for (import, expected) in module.syntax().imports.iter().zip(module.import_types()) {
            let given = self.get(&import.module, &import.name);
            let found = given.map(|item| found(item, *expected));
            let types = module.engine().types();
            let fits = |found| match_externtype(&*types, found, *expected);
            if found.is_some_and(|found| found.is_none_or(fits)) {
                continue;
            }
            let (module, name) = (import.module.clone(), import.name.clone());
            let expected = describe(&*types, *expected);
            bad.push(match found.flatten() {
                None => {
                    let nearest = (bad.len() < HINTS).then(|| self.nearest(&module, &name)).flatten();
                    Link::Unknown { module, name, expected, nearest: nearest.map(Box::new) }
                }
                Some(found) => Link::Incompatible { module, name, expected, found: describe(&*types, found) },
            });
        }
        if bad.is_empty() { Ok(()) } else { Err(ErrorKind::Link(LinkError(bad)).into()) }
    }
}

impl<D: Item> Names<D> {
    /// What a module is given, in the order of its imports.
    ///
    /// # Errors
    /// If something is missing: the error lists all that is wrong. Whether types match is for instantiation to say. Or if
    /// something cannot be made.
    pub(crate) fn resolve(&self, store: &mut StoreOpaque, module: &Module) -> Result<Vec<Extern>> {
        let imports = module.syntax().imports.iter();
        let found = imports.map(|import| self.get(&import.module, &import.name));
        match found.collect::<Option<Vec<_>>>() {
            Some(items) => items_of(store, module, items),
            None => Err(self.all_wrong(store, module)),
        }
    }

    #[cold]
    fn all_wrong(&self, store: &mut StoreOpaque, module: &Module) -> Error {
        let found = |item: &D, expected| {
            let addr = item.item(store, Some(expected)).ok()?.bring(store);
            Some(store.runtime.externtype(addr))
        };
        self.check(module, found).expect_err("something is missing")
    }
}

/// What the imports of a module are in a store, of which `items` are given to them in order.
///
/// # Errors
/// If something cannot be made.
pub(super) fn items_of<D: Item>(
    store: &mut StoreOpaque,
    module: &Module,
    items: impl IntoIterator<Item = D>,
) -> Result<Vec<Extern>> {
    let imports = module.syntax().imports.iter().zip(module.import_types());
    let items = items.into_iter().zip(imports).map(|(item, (import, expected))| {
        item.item(store, Some(*expected)).map_err(|error| {
            error.context(format_args!("the import `{}` `{}` cannot be made", import.module, import.name))
        })
    });
    items.collect()
}

impl<D: Item> Item for &D {
    fn item(&self, store: &mut StoreOpaque, expected: Option<ExternType>) -> Result<Extern> {
        D::item(self, store, expected)
    }
}

impl<D> fmt::Debug for Names<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|(module, items)| (module, items.keys().collect::<Vec<_>>()));
        f.debug_map().entries(names).finish()
    }
}

/// The one among some names that is most like this one, if one is at all.
pub(crate) fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let all = names.take(CANDIDATES).filter_map(|other| Some((distance(name, other)?, other)));
    all.min().map(|(_, name)| name)
}

/// How many letters differ, if that is few enough for a slip of the fingers.
fn distance(a: &str, b: &str) -> Option<usize> {
    if a == b {
        return Some(0);
    }
    let longest = a.len().max(b.len());
    let few = a.chars().count() / 3;
    if longest > LONGEST || a.len().abs_diff(b.len()) > 4 * few {
        return None;
    }
    let distance = strsim::damerau_levenshtein(&a.to_lowercase(), &b.to_lowercase());
    (distance <= few).then_some(distance.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest(names: &[(&str, &str)], module: &str, name: &str) -> Option<String> {
        let mut all = Names::new();
        names.iter().for_each(|(module, name)| all.insert(module, name, ()));
        all.nearest(module, name).map(|(module, name)| format!("{module}.{name}"))
    }

    #[test]
    fn names_that_may_be_meant() {
        let names = [("env", "memory"), ("env", "log"), ("wasi", "fd_write"), ("js", "log"), ("a", "x")];
        for (module, name, expected) in [
            ("env", "memry", Some("env.memory")),
            ("env", "Memory", Some("env.memory")),
            ("evn", "log", Some("env.log")),
            ("environment", "memory", Some("env.memory")),
            ("wasi_snapshot_preview1", "fd_write", Some("wasi.fd_write")),
            ("wasi", "fd_wirte", Some("wasi.fd_write")),
            ("env", "fd_read", None),
            ("other", "memry", None),
            ("a", "y", None),
            ("a", "X", Some("a.x")),
            ("", "", None),
        ] {
            assert_eq!(nearest(&names, module, name).as_deref(), expected, "{module} {name}");
        }
    }

    #[test]
    fn long_names_are_not_compared() {
        let (long, other) = ("x".repeat(LONGEST + 1), "x".repeat(LONGEST));
        assert_eq!(nearest(&[("m", &other)], "m", &long), None);
        assert_eq!(nearest(&[("m", &other)], "m", &other[1..]), Some(format!("m.{other}")));
    }
}
