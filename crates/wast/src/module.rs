//! Modules of a script, and why they are refused.

use crate::message;
use crate::script::{Outcome, Script};
use std::fmt;
use terrane::{ErrorKind, Instance, Module};
use wast::core::ModuleKind;
use wast::{QuoteWat, Wat};

/// Why a module was refused.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Its text is none.
    Text(wast::Error),
    /// The engine refused it.
    Engine(terrane::Error),
}

/// Where in its life a module is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Malformed,
    Invalid,
    Link,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "malformed",
            Self::Invalid => "invalid",
            Self::Link => "unlinkable",
        })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(error) => write!(f, "the text cannot be parsed: {}", error.message()),
            Self::Engine(error) => error.fmt(f),
        }
    }
}

impl Refusal {
    fn stage(&self) -> Option<Stage> {
        match self {
            Self::Text(_) => Some(Stage::Malformed),
            Self::Engine(error) => match error.kind() {
                ErrorKind::Malformed(_) => Some(Stage::Malformed),
                ErrorKind::Invalid(_) => Some(Stage::Invalid),
                ErrorKind::Link(_) => Some(Stage::Link),
                _ => None,
            },
        }
    }

    /// Was the module refused at that stage, with that message?
    pub(crate) fn expect(&self, stage: Stage, expected: &str) -> Outcome {
        let found = self.to_string();
        if self.stage() == Some(stage) && message::matches(expected, &found) {
            return Ok(());
        }
        let found_stage = self.stage().map_or_else(String::new, |stage| format!("{stage}: "));
        Err(format!("expected {stage}: {expected}, found {found_stage}{found}"))
    }
}

/// Does the module stand in the script as bytes, not as text?
pub(crate) fn is_binary(module: &QuoteWat<'_>) -> bool {
    match module {
        QuoteWat::Wat(Wat::Module(module)) => matches!(module.kind, ModuleKind::Binary(_)),
        _ => false,
    }
}

/// A module as bytes.
pub(crate) fn encode(module: &mut QuoteWat<'_>) -> Result<Vec<u8>, Refusal> {
    module.encode().map_err(Refusal::Text)
}

impl<'a> Script<'_, 'a> {
    /// Decodes, validates and, if that is the mode, compiles a module.
    pub(crate) fn compile(&self, module: &mut QuoteWat<'a>) -> Result<Module, Refusal> {
        Module::from_binary(&self.engine, &encode(module)?).map_err(Refusal::Engine)
    }

    /// Instantiates a module with what has been registered.
    pub(crate) fn instantiate(&mut self, module: &Module) -> terrane::Result<Instance> {
        self.linker.instantiate(&mut self.store, module)
    }
}
