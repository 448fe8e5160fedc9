//! A whole module from its payloads.

use terrane_syntax::{Custom, Features, Func, Module};

use crate::decoder::{Payload, payloads};
use crate::error::Result;

/// Decodes the module that is `bytes`, all but its function bodies.
///
/// The bodies stay where they are; [`Body`](crate::Body) reads them at the ranges that the module has
/// for them, and only then is it known whether they are well-formed.
///
/// # Errors
/// [`Malformed`](crate::Malformed), at the first byte that cannot be.
///
/// ```
/// use terrane_binary::decode_module;
/// use terrane_syntax::Features;
///
/// let module = decode_module(b"\0asm\x01\0\0\0\x05\x03\x01\x00\x02", Features::wasm1())?;
/// assert_eq!(module.mems[0].limits.min, 2);
/// let error = decode_module(b"\0asm\x01\0\0\0\x05\x03\x01\x00", Features::wasm1()).unwrap_err();
/// assert!(error.to_string().starts_with("unexpected end"));
/// # Ok::<(), terrane_binary::Error>(())
/// ```
pub fn decode_module(bytes: &[u8], features: Features) -> Result<Module> {
    let mut module = Module::default();
    let mut bodies = 0;
    for payload in payloads(bytes, features) {
        match payload? {
            Payload::Body(body) => {
                module.funcs[bodies].body = body.range();
                bodies += 1;
            }
            payload => add_payload(&mut module, payload)?,
        }
    }
    Ok(module)
}

/// Adds to `module` what a payload other than [`Payload::Body`] brings: of a decoder's payloads in
/// turn, that makes the module. A body is left to the caller, who knows what is to become of it.
///
/// # Errors
/// [`Malformed`](crate::Malformed), if the payload is.
pub fn add_payload(module: &mut Module, payload: Payload<'_>) -> Result {
    match payload {
        Payload::Types(section) => extend(&mut module.types, section, |ty| ty),
        Payload::Imports(section) => extend(&mut module.imports, section, |import| import),
        Payload::Funcs(section) => extend(&mut module.funcs, section, |ty| Func { ty, body: 0..0 }),
        Payload::Tables(section) => extend(&mut module.tables, section, |table| table),
        Payload::Mems(section) => extend(&mut module.mems, section, |mem| mem),
        Payload::Tags(section) => extend(&mut module.tags, section, |tag| tag.0),
        Payload::Globals(section) => extend(&mut module.globals, section, |global| global),
        Payload::Exports(section) => extend(&mut module.exports, section, |export| export),
        Payload::Start(x) => {
            module.start = Some(x);
            Ok(())
        }
        Payload::Elems(section) => extend(&mut module.elems, section, |elem| elem),
        Payload::DataCount(n) => {
            module.data_count = Some(n);
            Ok(())
        }
        Payload::Datas(section) => extend(&mut module.datas, section, |data| data),
        Payload::Custom(custom) => {
            module.customs.push(Custom {
                name: custom.name.into(),
                bytes: custom.kept_bytes(),
                offset: custom.offset,
                after: custom.after.map(|kind| kind.id()),
            });
            Ok(())
        }
        Payload::Header | Payload::Code { .. } | Payload::Body(_) | Payload::End(_) => Ok(()),
    }
}

/// Appends the elements of a section to `list`, as what `make` makes of them.
fn extend<T, U>(
    list: &mut alloc::vec::Vec<U>,
    section: impl Iterator<Item = Result<(usize, T)>>,
    make: impl Fn(T) -> U,
) -> Result {
    for element in section {
        list.push(make(element?.1));
    }
    Ok(())
}
