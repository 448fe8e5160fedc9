(assert_returm)
