//! What is to be seen of what a guest does.

use super::Host;
use crate::failure::Failure;
use crate::profile::Output;
use crate::trace::{Kind, Names, Watch};
use clap::Args;
use terrane::{Error, Store};

#[derive(Args)]
#[command(next_help_heading = "Watching it")]
pub(super) struct Watching {
    /// Write a line to the standard error for everything that the program does, or for events of these kinds.
    #[arg(long, value_enum, value_name = "KINDS", num_args = 0..=1, require_equals = true, value_delimiter = ',',
          default_missing_value = "all")]
    trace: Option<Vec<Kind>>,
    /// Write where the program spends its instructions, by stacks of functions: a flame graph if the name ends in
    /// .svg, lines for other tools if it ends in .folded.
    #[arg(long, value_name = "FILE", value_parser = Output::parse)]
    profile: Option<Output>,
}

impl Watching {
    pub(super) fn is_on(&self) -> bool {
        self.trace.is_some() || self.profile.is_some()
    }

    pub(super) fn start(&self, store: &mut Store<Host>, names: &Names) -> Result<(), Error> {
        if !self.is_on() {
            return Ok(());
        }
        let watch = Watch::new(self.trace.as_deref(), self.profile.is_some(), names.clone());
        store.set_tracer(Box::new(watch))
    }

    /// Writes what is to be known of a program that has ended.
    pub(super) fn finish(&self, store: &mut Store<Host>) -> Result<(), Failure> {
        let watch = store.take_tracer().and_then(|tracer| tracer.downcast::<Watch>().ok());
        match (watch.and_then(|watch| watch.into_profile()), &self.profile) {
            (Some(profile), Some(output)) => output.write(&profile),
            _ => Ok(()),
        }
    }
}
