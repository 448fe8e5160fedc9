//! Random programs give what the reference gives.

use crate::engine::{Setup, Terrane};
use crate::generator::Padding;
use crate::generator::run::Program;
use crate::reference::Reference;
use crate::setups;
use proptest::prelude::*;
use terrane_interpreter::CodeConfig;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

/// What decides about a program.
fn decisions() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 100..2500)
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn programs_do_what_the_reference_does(bytes in decisions(), setup in 0..6_usize) {
        let program = Program::new(&bytes, Padding::default());
        let setup = setups().nth(setup).expect("there are six");
        let expected = program.trace(&mut Reference::default());
        prop_assert_eq!(program.trace(&mut Terrane::new(setup)), expected);
    }
}

proptest! {
    #![proptest_config(config(10))]

    /// The numbers of slots are around those that do not fit 16 bits.
    #[test]
    fn large_frames_change_nothing(bytes in decisions(), locals in 49_900..49_940_u32, more in 0..80_u32) {
        let code = CodeConfig { tracing: more % 2 == 0, ..CodeConfig::default() };
        let setup = Setup { code, stack: 1 << 28, ..Setup::default() };
        let padding = Padding { locals, operands: 15_580 + more };
        let expected = Program::new(&bytes, Padding::default()).trace(&mut Terrane::new(setup));
        prop_assert_eq!(Program::new(&bytes, padding).trace(&mut Terrane::new(setup)), expected);
    }
}
