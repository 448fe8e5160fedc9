//! Options that several commands have.

use crate::failure::Failure;
use clap::{Args, ValueEnum};
use terrane::{CompilationMode, Config, Engine, Feature, Features};

/// What modules may use.
#[derive(Args)]
pub(crate) struct FeatureOptions {
    /// What modules may use: wasm1, wasm2, or single features on top of WebAssembly 1.0, separated by commas. Without
    /// it, all that can be run.
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
    /// The features that are given, if any are.
    pub(crate) fn features(&self) -> Option<Features> {
        if self.features.is_empty() {
            return None;
        }
        let all = |all, some: &Features| some.difference(all).fold(all, Features::with);
        Some(self.features.iter().fold(Features::wasm1(), all))
    }

    /// An engine with these features, and otherwise as `config` says.
    pub(crate) fn engine(&self, config: &mut Config) -> Result<Engine, Failure> {
        if let Some(features) = self.features() {
            config.features(features);
        }
        Engine::new(config).map_err(|error| Failure::Usage(error.to_string()))
    }
}

/// When functions are validated and compiled to internal code.
#[derive(Clone, Copy, Default, ValueEnum)]
pub(crate) enum Mode {
    /// All before the program starts.
    #[default]
    Eager,
    /// Validated before the program starts, compiled at the first call.
    LazyLowering,
    /// Both at the first call.
    Lazy,
}

impl From<Mode> for CompilationMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Eager => Self::Eager,
            Mode::LazyLowering => Self::LazyLowering,
            Mode::Lazy => Self::Lazy,
        }
    }
}

impl From<Mode> for terrane_wast::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Eager => Self::Eager,
            Mode::LazyLowering => Self::LazyLowering,
            Mode::Lazy => Self::Lazy,
        }
    }
}
