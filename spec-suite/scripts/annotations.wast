;; Annotations in the text: those that nobody knows are passed over wherever they stand, and those that stand for custom
;; sections change nothing in what the module does.

(module (@vendor.note "anything" (nested (@deeper) "parens" 1 2.5 $id ,;{}[]))
  (@custom "first" (before first) "\00\01\02")
  (@custom "last" (after last) "text")
  (@custom "again" "one name, two sections")
  (@custom "again" "one name, two sections")
  (memory (@unknown) 1 (@unknown 2) 1)
  (func $f (@name "a name that no identifier could be") (export "add") (param (@z) i32 i32) (result i32)
    (i32.add (@here) (local.get 0) (@and) (local.get (@even) 1))))
(assert_return (invoke "add" (i32.const 40) (i32.const 2)) (i32.const 42))

;; Hints which way a branch goes, right and wrong ones: the branch goes where its condition says.
(module
  (func (export "likely") (param i32) (result i32)
    (block
      (@metadata.code.branch_hint "\01") (br_if 0 (local.get 0))
      (return (i32.const 1)))
    (i32.const 2))
  (func (export "unlikely") (param i32) (result i32)
    (@metadata.code.branch_hint "\00")
    (if (result i32) (local.get 0) (then (i32.const 3)) (else (i32.const 4))))
  (func (export "in_loop") (param $n i32) (result i32)
    (local $i i32)
    (loop $more
      (local.set $i (i32.add (local.get $i) (i32.const 2)))
      (@metadata.code.branch_hint "\01")
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $i)))
(assert_return (invoke "likely" (i32.const 0)) (i32.const 1))
(assert_return (invoke "likely" (i32.const 1)) (i32.const 2))
(assert_return (invoke "unlikely" (i32.const 0)) (i32.const 4))
(assert_return (invoke "unlikely" (i32.const 1)) (i32.const 3))
(assert_return (invoke "in_loop" (i32.const 10)) (i32.const 20))

;; An annotation has a name right behind the `@`, and ends where its parentheses do.
(assert_malformed (module quote "(module (@ x))") "empty annotation id")
(assert_malformed (module quote "(module (@x)") "unclosed")
(assert_malformed (module quote "(module (@x \"unclosed))") "unclosed")
