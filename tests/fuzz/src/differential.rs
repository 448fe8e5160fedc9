//! One module in two engines.

mod shrink;

pub use shrink::shrink;

use crate::engine::terrane::Terrane;
use crate::engine::wasmtime::Wasmtime;
use crate::generate::{self, Shape};
use crate::outcome::{Ending, Kind, Machine, Type, Value};
use crate::random::Random;
use std::fmt;
use terrane::{Config, Feature, Features};

/// What both engines run.
pub fn features() -> Features {
    Config::supported_features()
        .without(Feature::LegacyExceptions)
        .without(Feature::CompactImports)
        .without(Feature::CustomDescriptors)
        .without(Feature::StackSwitching)
}

/// A module, and how it is called.
#[derive(Clone, Debug)]
pub struct Case {
    /// What the module is made of.
    pub bytes: Vec<u8>,
    /// May it trap?
    pub traps: bool,
    /// What its functions are called with.
    args: Random,
}

/// What was compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Modules that were made.
    pub modules: u64,
    /// Of those, modules that could not be compared to the end: a limit was reached that engines have of their own.
    pub inconclusive: u64,
    /// Calls that ended the same way.
    pub calls: u64,
    /// Of those, calls that returned.
    pub returned: u64,
    /// Of those, calls that threw an exception.
    pub threw: u64,
    /// Memories, globals and tables that ended with the same contents.
    pub states: u64,
}

impl Counts {
    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: Self) {
        self.modules += other.modules;
        self.inconclusive += other.inconclusive;
        self.calls += other.calls;
        self.returned += other.returned;
        self.threw += other.threw;
        self.states += other.states;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { modules, inconclusive, calls, returned, threw, states } = self;
        write!(
            f,
            "{modules} modules ({inconclusive} inconclusive), {calls} calls ({returned} returned, {threw} threw), \
             {states} memories, globals and tables"
        )
    }
}

/// Where two engines differ.
#[derive(Clone, Debug)]
pub struct Difference {
    /// What was done.
    pub step: String,
    /// What came of it here.
    pub ours: String,
    /// What came of it in the other engine.
    pub theirs: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:\n  terrane:  {}\n  wasmtime: {}", self.step, self.ours, self.theirs)
    }
}

/// How a comparison ended before its end.
enum Stop {
    Limit,
    Difference(Difference),
}

impl Case {
    /// Case `case` of a run with seed `seed`.
    pub fn new(seed: u64, case: u64) -> Self {
        let mut random = Random::new(seed, case);
        let traps = random.below(2) == 0;
        let length = 100 + random.below(6_000);
        Self { bytes: random.bytes(length), traps, args: random }
    }

    /// The module, if there are bytes enough for one.
    pub fn module(&self) -> Option<Vec<u8>> {
        generate::module(&self.bytes, Shape { features: features(), traps: self.traps })
    }

    /// Runs the case in both engines.
    ///
    /// # Errors
    /// The first difference.
    pub fn run(&self) -> Result<Counts, Box<Difference>> {
        let Some(module) = self.module() else { return Ok(Counts::default()) };
        run(&module, &self.args)
    }
}

/// Runs a module in both engines, calling its functions with numbers out of `args`.
///
/// # Errors
/// The first difference.
pub fn run(module: &[u8], args: &Random) -> Result<Counts, Box<Difference>> {
    let mut counts = Counts { modules: 1, ..Counts::default() };
    match compare(module, &mut args.clone(), &mut counts) {
        Ok(()) => Ok(counts),
        Err(Stop::Limit) => Ok(Counts { inconclusive: 1, ..counts }),
        Err(Stop::Difference(difference)) => Err(Box::new(difference)),
    }
}

fn compare(module: &[u8], random: &mut Random, counts: &mut Counts) -> Result<(), Stop> {
    let (mut ours, mut theirs) = match (Terrane::new(module), Wasmtime::new(module)) {
        (Ok(ours), Ok(theirs)) => (ours, theirs),
        (ours, theirs) => {
            let done = |ending: Option<Ending>| ending.unwrap_or_else(|| Ending::Returned(Vec::new()));
            return same_ending("instantiation", done(ours.err()), done(theirs.err()));
        }
    };
    let exports = ours.exports();
    same("exports", &format!("{exports:?}"), &format!("{:?}", theirs.exports()))?;
    for (name, kind) in &exports {
        let Kind::Func(params) = kind else { continue };
        let args: Option<Vec<Value>> = params.iter().map(|ty| argument(*ty, random)).collect();
        let Some(args) = args else { continue };
        let (ours, theirs) = (ours.call(name, &args), theirs.call(name, &args));
        let (returned, threw) = (matches!(ours, Ending::Returned(_)), ours == Ending::Threw);
        same_ending(&format!("call of {name:?} with {args:x?}"), ours, theirs)?;
        counts.calls += 1;
        counts.returned += u64::from(returned);
        counts.threw += u64::from(threw);
    }
    for (name, kind) in &exports {
        if !matches!(kind, Kind::Func(_)) {
            let (ours, theirs) = (ours.state(name), theirs.state(name));
            if ours != theirs {
                same(&format!("state of {name:?}"), &ours.to_string(), &theirs.to_string())?;
            }
            counts.states += 1;
        }
    }
    Ok(())
}

/// A value of that type, small as a rule. `None` for references that cannot be null.
fn argument(ty: Type, random: &mut Random) -> Option<Value> {
    let word = match random.below(3) {
        0 => random.word(),
        1 => random.word() % 64,
        _ => u64::MAX << random.below(64),
    };
    Some(match ty {
        Type::I32 => Value::I32(word as i32),
        Type::I64 => Value::I64(word as i64),
        Type::F32 => Value::F32((word as i32 as f32).to_bits()),
        Type::F64 => Value::F64((word as i64 as f64).to_bits()),
        Type::V128 => Value::V128(u128::from(word) << 64 | u128::from(random.word())),
        Type::Ref { nullable: true } => Value::Null,
        Type::Ref { nullable: false } => return None,
    })
}

fn same_ending(step: &str, ours: Ending, theirs: Ending) -> Result<(), Stop> {
    match (&ours, &theirs) {
        (Ending::Refused(_), _) | (_, Ending::Refused(_)) => {}
        // What is left behind differs as well.
        (Ending::Limit(_), _) | (_, Ending::Limit(_)) => return Err(Stop::Limit),
        _ if ours == theirs => return Ok(()),
        _ => {}
    }
    same(step, &ours.to_string(), &theirs.to_string())
}

fn same(step: &str, ours: &str, theirs: &str) -> Result<(), Stop> {
    let [ours, theirs] = [ours, theirs].map(str::to_owned);
    if ours == theirs {
        Ok(())
    } else {
        Err(Stop::Difference(Difference { step: step.to_owned(), ours, theirs }))
    }
}
