//! What stands at a byte of a module.

use std::fmt;
use terrane_binary::{Body, Chunk, Decoder, NAME_SECTION, Names, Payload};
use terrane_syntax::{Features, ImportType};

/// What stands at a byte of a module.
pub(crate) enum Place {
    /// A section, or the header.
    Section(&'static str),
    /// The body of a function.
    Func {
        /// Its index, imports counted.
        index: usize,
        /// Its place among the functions that the module defines.
        defined: usize,
        name: Option<String>,
        /// Which of its instructions it is, and its text.
        instr: Option<(usize, String)>,
    },
}

impl Place {
    /// The place of the function among those that the module defines, and that of the instruction in it.
    pub(crate) fn instr(&self) -> Option<(usize, usize)> {
        match self {
            Self::Func { defined, instr: Some((instr, _)), .. } => Some((*defined, *instr)),
            _ => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Section(name) => write!(f, "the {name} section"),
            Self::Func { index, name, instr, .. } => {
                write!(f, "function {index}")?;
                name.iter().try_for_each(|name| write!(f, " ${name}"))?;
                instr.iter().try_for_each(|(_, text)| write!(f, ", at `{text}`"))
            }
        }
    }
}

/// What stands at a byte of a module, which may well be malformed.
pub(crate) fn find(binary: &[u8], offset: usize) -> Option<Place> {
    let mut decoder = Decoder::new(Features::all());
    let (mut imported, mut defined) = (0, 0);
    let mut place = None;
    loop {
        let start = decoder.offset();
        let Ok(Chunk::Payload { payload, .. }) = decoder.decode(&binary[start..], true) else { break };
        let is_here = (start..decoder.offset()).contains(&offset);
        match &payload {
            Payload::End(_) => break,
            Payload::Imports(section) => {
                let imports = section.clone().filter_map(Result::ok);
                imported = imports
                    .filter(|(_, import)| matches!(import.ty, ImportType::Func(_) | ImportType::FuncExact(_)))
                    .count();
            }
            Payload::Body(body) => {
                if is_here {
                    let instr = instr_at(*body, offset);
                    place = Some(Place::Func { index: imported + defined, defined, name: None, instr });
                }
                defined += 1;
            }
            Payload::Custom(custom) if custom.name == NAME_SECTION => {
                if let (Some(Place::Func { index, name, .. }), Ok(names)) =
                    (&mut place, Names::decode(custom.bytes, custom.offset))
                {
                    *name = names.funcs.get(*index as u32).map(str::to_owned);
                }
            }
            _ => {}
        }
        if is_here && place.is_none() {
            place = section_name(&payload).map(Place::Section);
        }
    }
    place
}

/// The instruction of a body that the byte at `offset` is in, if it can be read: its place in the body, and its text.
fn instr_at(body: Body<'_>, offset: usize) -> Option<(usize, String)> {
    let mut instrs = body.instrs().ok()?;
    for i in 0.. {
        let start = instrs.offset();
        let text = instrs.next().ok()??.1.to_string();
        if (start..instrs.offset()).contains(&offset) {
            return Some((i, text));
        }
    }
    None
}

/// The name of the section that a payload is, if it is one.
pub(crate) fn section_name(payload: &Payload<'_>) -> Option<&'static str> {
    Some(match payload {
        Payload::Types(_) => "type",
        Payload::Imports(_) => "import",
        Payload::Funcs(_) => "function",
        Payload::Tables(_) => "table",
        Payload::Mems(_) => "memory",
        Payload::Tags(_) => "tag",
        Payload::Globals(_) => "global",
        Payload::Exports(_) => "export",
        Payload::Start(_) => "start",
        Payload::Elems(_) => "element",
        Payload::DataCount(_) => "data count",
        Payload::Code { .. } => "code",
        Payload::Datas(_) => "data",
        Payload::Custom(_) => "custom",
        _ => return None,
    })
}
