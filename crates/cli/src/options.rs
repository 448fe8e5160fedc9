//! Options that several commands have.

use crate::failure::{Failure, Outcome};
use clap::{Args, ValueEnum};
use terrane::{CompilationMode, Config, Engine, Feature, Features};

/// What modules may use.
#[derive(Args)]
pub(crate) struct FeatureOptions {
    /// What modules may use: names of features or wasm1, wasm2, wasm3, separated by commas [default: everything that
    /// can be run].
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = parse_features)]
    features: Vec<Features>,
}

fn parse_features(name: &str) -> Result<Features, String> {
    match name {
        "wasm1" => Ok(Features::wasm1()),
        "wasm2" => Ok(Features::wasm2()),
        "wasm3" => Ok(Features::wasm3()),
        _ => match Feature::ALL.iter().find(|feature| feature.name() == name) {
            Some(feature) => Ok(Features::empty().with(*feature)),
            None => {
                let names: Vec<&str> = Feature::ALL.iter().map(|feature| feature.name()).collect();
                Err(format!("there are wasm1, wasm2, wasm3, and the features {}", names.join(", ")))
            }
        },
    }
}

impl FeatureOptions {
    /// The features that are on.
    pub(crate) fn features(&self) -> Features {
        if self.features.is_empty() {
            return Config::supported_features();
        }
        self.features
            .iter()
            .fold(Features::wasm1(), |all, some| some.difference(all).fold(all, Features::with))
    }

    /// An engine with these features.
    pub(crate) fn engine(&self, config: &mut Config) -> Outcome<Engine> {
        Engine::new(config.features(self.features())).map_err(|error| Failure::Usage(error.to_string()))
    }
}

/// When functions are validated and compiled.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Mode {
    /// Both when the module is loaded.
    Eager,
    /// Both at their first call.
    Lazy,
    /// Validated when the module is loaded, compiled at their first call.
    LazyLowering,
}

impl From<Mode> for CompilationMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Eager => Self::Eager,
            Mode::Lazy => Self::Lazy,
            Mode::LazyLowering => Self::LazyLowering,
        }
    }
}

impl From<Mode> for terrane_wast::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Eager => Self::Eager,
            Mode::Lazy => Self::Lazy,
            Mode::LazyLowering => Self::LazyLowering,
        }
    }
}
