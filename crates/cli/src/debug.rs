//! Where in a language's source code is from, as DWARF says it.

use addr2line::{Context, Location};
use gimli::{Dwarf, EndianSlice, LittleEndian, SectionId};
use std::borrow::Cow;
use terrane::Module;
use terrane_binary::{Payload, payloads};
use terrane_syntax::Features;

/// What a module knows of its sources.
pub(crate) struct DebugInfo<'m> {
    context: Context<EndianSlice<'m, LittleEndian>>,
    /// Where the contents of the code section begin in the module: DWARF counts from there.
    code: usize,
}

/// A function of the source, as it was written.
#[derive(Default)]
pub(crate) struct Symbol {
    /// Its name, if it is known.
    pub(crate) name: Option<String>,
    /// File, line and column, as far as they are known.
    pub(crate) place: Option<String>,
}

impl<'m> DebugInfo<'m> {
    /// What a module has with it, if it has anything.
    pub(crate) fn new(module: &'m Module) -> Option<Self> {
        let section = |id: SectionId| module.custom_sections(id.name()).next();
        section(SectionId::DebugInfo)?;
        let load =
            |id| Ok::<_, gimli::Error>(EndianSlice::new(section(id).unwrap_or_default(), LittleEndian));
        let context = Context::from_dwarf(Dwarf::load(load).ok()?).ok()?;
        let code = payloads(module.binary(), Features::all()).find_map(|payload| match payload {
            Ok(Payload::Code { range, .. }) => Some(range.start),
            _ => None,
        })?;
        Some(Self { context, code })
    }

    /// The functions that an instruction is in, by its offset in the module: first those that are inlined, the innermost
    /// first, then the one that they are inlined into. None if that is not known.
    pub(crate) fn symbols(&self, offset: usize) -> Vec<Symbol> {
        let mut symbols = Vec::new();
        let Some(address) = offset.checked_sub(self.code) else { return symbols };
        let frames = self.context.find_frames(address as u64).skip_all_loads();
        let Ok(mut frames) = frames else { return symbols };
        // What can be read of it is better than nothing.
        while let Ok(Some(frame)) = frames.next() {
            let name =
                frame.function.as_ref().and_then(|name| Some(demangle(&name.raw_name().ok()?).into_owned()));
            symbols.push(Symbol { name, place: frame.location.as_ref().and_then(place) });
        }
        symbols
    }
}

fn place(location: &Location<'_>) -> Option<String> {
    let mut place = location.file?.to_owned();
    // A 0 says that there is none.
    for number in [location.line, location.column] {
        match number {
            Some(number) if number > 0 => place += &format!(":{number}"),
            _ => break,
        }
    }
    Some(place)
}

/// A name as it was written, if it is one that a compiler of Rust or C++ has mangled.
pub(crate) fn demangle(name: &str) -> Cow<'_, str> {
    if let Ok(rust) = rustc_demangle::try_demangle(name) {
        return format!("{rust:#}").into();
    }
    let symbol = name.starts_with("_Z").then(|| cpp_demangle::Symbol::new(name).ok()).flatten();
    symbol.and_then(|symbol| symbol.demangle().ok()).map_or(name.into(), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_demangled() {
        for (name, expected) in [
            ("main", "main"),
            ("_ZN5shape6Circle4areaEdi", "shape::Circle::area(double, int)"),
            ("_ZN4core6option13unwrap_failed17h0123456789abcdefE", "core::option::unwrap_failed"),
            ("_RNvCs4fqI2P2rA04_5hello4main", "hello::main"),
            ("_Z", "_Z"),
            ("_Zebra", "_Zebra"),
            ("", ""),
        ] {
            assert_eq!(demangle(name), expected);
        }
    }
}
