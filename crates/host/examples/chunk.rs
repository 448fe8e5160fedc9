//! Cuts a file into content-defined chunks with a guest that others wrote: the npm package `rabin-wasm`, whose one
//! import is AssemblyScript's `env.abort`.
//!
//! ```text
//! cargo run --example chunk -- README.md
//! ```
//!
//! A chunk ends where the last 64 bytes have a certain fingerprint, so an insertion moves the cuts near it and no
//! others: that is how deduplicating backups and IPFS cut files. Without a file, it cuts its own module.

use terrane::{Caller, Engine, Error, Extern, Instance, Linker, Memory, Module, Result, Store};

const GUEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/guests/rabin/rabin.wasm");

/// Cuts where 8 bits of the fingerprint are zero, so every 256 bytes or so after the shortest chunk.
const BITS: i32 = 8;
const SHORTEST: i32 = 256;
const LONGEST: i32 = 4096;
const WINDOW: i32 = 64;

#[allow(clippy::print_stdout)]
fn main() -> Result<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| GUEST.to_owned());
    let bytes = std::fs::read(&path).map_err(|error| Error::msg(format!("{path}: {error}")))?;
    let mut chunker = Chunker::new()?;
    let mut rest = &bytes[..];
    for length in chunker.cut(&bytes)? {
        let (chunk, after) = rest.split_at(length);
        println!("{:>10}  {length:>6} bytes  {}", bytes.len() - rest.len(), preview(chunk));
        rest = after;
    }
    Ok(())
}

/// The first characters of a chunk, those that can be shown.
fn preview(chunk: &[u8]) -> String {
    chunk.iter().take(40).map(|b| if b.is_ascii_graphic() { char::from(*b) } else { '·' }).collect()
}

/// The guest, and what of it is called.
struct Chunker {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
}

impl Chunker {
    fn new() -> Result<Self> {
        let engine = Engine::default();
        let module = Module::from_file(&engine, GUEST)?;
        let mut linker = Linker::new(&engine);
        linker.func_wrap("env", "abort", abort)?;
        let mut store = Store::new(&engine, ());
        let instance = linker.instantiate(&mut store, &module)?;
        let memory = instance
            .get_memory(&mut store, "memory")
            .ok_or_else(|| Error::msg("the guest exports no memory"))?;
        Ok(Self { store, instance, memory })
    }

    /// The lengths of the chunks of `bytes`, which together are all of them.
    fn cut(&mut self, bytes: &[u8]) -> Result<Vec<usize>> {
        let new = self
            .instance
            .get_typed_func::<(i32, i32, i32, i32, i32), i32>(&mut self.store, "Rabin#constructor")?;
        let fingerprint =
            self.instance.get_typed_func::<(i32, i32, i32), i32>(&mut self.store, "Rabin#fingerprint")?;

        let most = bytes.len() / SHORTEST as usize + 1;
        let input = self.new_array("Uint8Array_ID", bytes)?;
        let lengths = self.new_array("Int32Array_ID", &vec![0; 4 * most])?;
        let chunker = new.call(&mut self.store, (0, BITS, SHORTEST, LONGEST, WINDOW))?;
        let lengths = fingerprint.call(&mut self.store, (chunker, input, lengths))?;

        let start = self.word(lengths as usize + 4)? as usize;
        let mut chunks = Vec::new();
        for i in 0..most {
            match self.word(start + 4 * i)? {
                0 => break,
                length => chunks.push(length as usize),
            }
        }
        // What comes after the last cut is a chunk too.
        let last = bytes.len() - chunks.iter().sum::<usize>();
        chunks.extend(Some(last).filter(|length| *length > 0));
        Ok(chunks)
    }

    /// A typed array in the guest: a header of (buffer, start, length in bytes), of the class whose id the
    /// guest exports as `class`.
    fn new_array(&mut self, class: &str, bytes: &[u8]) -> Result<i32> {
        let store = &mut self.store;
        let alloc = self.instance.get_typed_func::<(i32, i32), i32>(&mut *store, "__alloc")?;
        let retain = self.instance.get_typed_func::<i32, i32>(&mut *store, "__retain")?;
        let id = self
            .instance
            .get_global(&mut *store, class)
            .and_then(|global| global.get(&mut *store).i32())
            .ok_or_else(|| Error::msg("the guest exports no class ids"))?;
        let length = i32::try_from(bytes.len()).map_err(|_| Error::msg("the file is too large"))?;
        let buffer = alloc.call(&mut *store, (length, 0))?;
        let header = alloc.call(&mut *store, (12, id))?;
        retain.call(&mut *store, buffer)?;
        retain.call(&mut *store, header)?;
        self.memory.write(&mut *store, buffer as usize, bytes)?;
        for (i, field) in [buffer, buffer, length].into_iter().enumerate() {
            self.memory.write(&mut *store, header as usize + 4 * i, &field.to_le_bytes())?;
        }
        Ok(header)
    }

    fn word(&self, at: usize) -> Result<u32> {
        let mut word = [0; 4];
        self.memory.read(&self.store, at, &mut word)?;
        Ok(u32::from_le_bytes(word))
    }
}

/// What AssemblyScript calls when it gives up: pointers to two strings of UTF-16, and a position.
fn abort(mut caller: Caller<'_, ()>, message: u32, file: u32, line: u32, column: u32) -> Result<()> {
    let memory = caller.get_export("memory").and_then(Extern::into_memory);
    let string = |pointer: u32| {
        let bytes = memory.as_ref()?.data(&caller);
        let at = pointer as usize;
        let length = bytes.get(at.checked_sub(4)?..at)?.try_into().map(u32::from_le_bytes).ok()?;
        let units = bytes.get(at..)?.get(..length as usize)?.chunks_exact(2);
        Some(
            char::decode_utf16(units.map(|u| u16::from_le_bytes([u[0], u[1]]))).flatten().collect::<String>(),
        )
    };
    let text = |pointer| string(pointer).unwrap_or_else(|| "?".to_owned());
    Err(Error::msg(format!("aborted: {} ({}:{line}:{column})", text(message), text(file))))
}
