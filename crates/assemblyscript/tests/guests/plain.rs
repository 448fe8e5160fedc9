//! Modules that export no runtime: what needs none works, and all else says what is missing.

use crate::support::Guest;
use terrane::Result;
use terrane_assemblyscript::{AsError, Function, Utf16};

fn plain() -> impl Iterator<Item = Guest> {
    Guest::all().into_iter().filter(Guest::is_plain)
}

#[test]
fn numbers_and_strings_that_come_out() -> Result<()> {
    assert!(plain().count() >= 10);
    for guest in plain() {
        let (mut store, instance) = guest.instance()?;
        assert!(!instance.has_runtime(), "{}", guest.file);
        assert_eq!(instance.call::<_, u32>(&mut store, "echoU32", u32::MAX)?, u32::MAX);
        assert_eq!(instance.call::<_, i8>(&mut store, "echoI8", -128_i8)?, -128);
        assert_eq!(instance.call::<_, i64>(&mut store, "negateI64", i64::MAX)?, -i64::MAX);
        assert_eq!(instance.call::<_, i32>(&mut store, "sumOptional", 1)?, 111);
        assert_eq!(instance.get::<i32>(&mut store, "Color.Blue")?, 6);
        assert_eq!(instance.enumeration(&mut store, "Color")?["Green"], 5);
        assert_eq!(instance.get::<String>(&mut store, "greeting")?, "Hello, wörld 🌍");
        assert_eq!(instance.call::<_, String>(&mut store, "emptyString", ())?, "");
        assert_eq!(instance.call::<_, Utf16>(&mut store, "loneSurrogates", ())?.0, [0xd83d, 0x78, 0xdc00]);
        assert_eq!(
            instance.call::<_, Option<String>>(&mut store, "noString", true)?.as_deref(),
            Some("some")
        );
        assert_eq!(instance.call::<_, Option<String>>(&mut store, "noString", false)?, None);
    }
    Ok(())
}

#[test]
fn strings_cannot_go_in() -> Result<()> {
    for guest in plain() {
        let (mut store, instance) = guest.instance()?;
        let error = instance.call::<_, i32>(&mut store, "lengthOf", "four").unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(AsError::NoRuntime { .. })), "{}: {error:#}", guest.file);
        // Nothing is broken by that.
        assert_eq!(instance.call::<_, i32>(&mut store, "count", ())?, 1);
    }
    Ok(())
}

#[test]
fn functions_come_out_if_there_is_a_table() -> Result<()> {
    for guest in plain() {
        let (mut store, instance) = guest.instance()?;
        // From 0.14 on a function is an object, which cannot be kept without a runtime.
        let function = instance.call::<_, Function<(i32, i32), i32>>(&mut store, "getFunction", true);
        match function {
            Ok(times) => {
                assert!(guest.has_table(), "{}", guest.file);
                assert_eq!(times.call(&mut store, (6, 7))?, 42, "{}", guest.file);
                assert_eq!(
                    instance.call::<_, i32>(&mut store, "apply", (times, 5, 6))?,
                    30,
                    "{}",
                    guest.file
                );
            }
            Err(error) => {
                let reason: &AsError = error.downcast_ref().unwrap();
                assert!(
                    matches!(reason, AsError::NoTable | AsError::NoRuntime { .. }),
                    "{}: {error:#}",
                    guest.file
                );
                assert!(!guest.has_table() || guest.minor() >= 14, "{}: {error:#}", guest.file);
            }
        }
    }
    Ok(())
}
