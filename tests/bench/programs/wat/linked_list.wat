;; A queue of 10,000 elements, to which n more are added, one leaving for each that comes: live space stays as it is.
(module
  (type $link (struct (field $value i64) (field $next (mut (ref null $link)))))

  (func (export "run") (param $n i32) (result i64)
    (local $head (ref null $link)) (local $tail (ref null $link)) (local $new (ref null $link))
    (local $i i32) (local $sum i64)
    (local.set $head (local.tee $tail (struct.new_default $link)))
    (loop $more
      (local.set $new (struct.new $link (i64.extend_i32_u (local.get $i)) (ref.null none)))
      (struct.set $link $next (local.get $tail) (local.get $new))
      (local.set $tail (local.get $new))
      (if (i32.gt_u (local.get $i) (i32.const 10000))
        (then
          (local.set $sum (i64.add (local.get $sum) (struct.get $link $value (local.get $head))))
          (local.set $head (struct.get $link $next (local.get $head)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $sum)))
