//! What must not compile, and what the compiler says of it: `TRYBUILD=overwrite` writes that down anew.

#[test]
fn compile_errors_point_at_what_is_wrong() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
